"""The tables of a memory file, as numbered migrations: migration n brings a file from layout n - 1 to layout n.

A migration that was released is never edited; a change is a new one at the end.
"""

from __future__ import annotations

from .sums import beside_acts as _sums_beside_acts
from .sums import migration as _sums

APPLICATION_ID = 0x4C6F6369  # "Loci" in ASCII, in the file's header

_LOG = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    stamp REAL NOT NULL,            -- world time, s
    recorded REAL NOT NULL,         -- record time, s
    payload_digest BLOB NOT NULL,   -- of salt + body
    digest BLOB NOT NULL            -- of the previous event's digest and all of the above
) STRICT;
CREATE INDEX events_by_kind ON events (kind, seq);
CREATE TABLE payloads (             -- apart from events, so that a payload can be erased and the chain still verifies
    seq INTEGER PRIMARY KEY,
    salt BLOB NOT NULL,
    body BLOB NOT NULL              -- canonical JSON, deflated where that is smaller
) STRICT;
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,           -- the event that brought it
    value REAL NOT NULL,            -- what it is worth keeping; the lowest goes first
    size INTEGER NOT NULL,
    body BLOB                       -- NULL once it was dropped to keep the budget; the log says so
) STRICT;
CREATE INDEX blobs_by_value ON blobs (kind, value, seq, size) WHERE body IS NOT NULL;
"""

_BELIEFS = """
CREATE TABLE things (
    id TEXT PRIMARY KEY,
    num INTEGER NOT NULL UNIQUE,
    label TEXT NOT NULL,
    role TEXT NOT NULL,
    merged TEXT,                    -- the thing that this one turned out to be
    data TEXT NOT NULL,             -- canonical JSON, see node.encode
    digest BLOB NOT NULL
) STRICT;
CREATE TABLE clouds (
    thing TEXT NOT NULL,
    name TEXT NOT NULL,             -- points, colors, appearance
    body BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (thing, name)
) STRICT;
CREATE VIRTUAL TABLE boxes USING rtree(num, x0, x1, y0, y1, z0, z1);
CREATE TABLE facts (
    num INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    predicate TEXT NOT NULL,
    object TEXT NOT NULL,
    family TEXT NOT NULL,           -- a newer fact of the same subject and family closes the older
    start REAL NOT NULL,            -- world time, s
    stop REAL,                      -- NULL while it holds
    cause TEXT NOT NULL,            -- an action's id, or exogenous
    seq INTEGER NOT NULL,           -- the event that began it
    stop_seq INTEGER,
    digest BLOB NOT NULL
) STRICT;
CREATE INDEX facts_by_subject ON facts (subject, family, start);
CREATE INDEX facts_by_object ON facts (object, start);
CREATE TABLE changes (
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    kind TEXT NOT NULL,
    thing TEXT NOT NULL,
    text TEXT NOT NULL,
    cause TEXT NOT NULL,
    stamp REAL NOT NULL,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_by_thing ON changes (thing, seq);
CREATE INDEX changes_by_stamp ON changes (stamp);
CREATE TABLE acts (                 -- episodes, sub-goals and actions
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    num INTEGER NOT NULL,
    parent TEXT,                    -- of an action: its sub-goal or episode
    started REAL NOT NULL,
    ended REAL,
    status TEXT,
    data TEXT NOT NULL,             -- canonical JSON
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT;
CREATE TABLE notes (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    refs TEXT NOT NULL,
    stamp REAL NOT NULL
) STRICT;
CREATE TABLE usual (
    label TEXT NOT NULL,
    place TEXT NOT NULL,            -- the place's label
    count INTEGER NOT NULL,
    PRIMARY KEY (label, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE habits (
    label TEXT PRIMARY KEY,
    moved INTEGER NOT NULL,
    vanished INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE coverage (
    place TEXT PRIMARY KEY,
    share REAL NOT NULL,            -- of the place that was really visible in recent looks
    stamp REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE keyframes (
    seq INTEGER PRIMARY KEY,
    stamp REAL NOT NULL,
    data TEXT NOT NULL              -- canonical JSON: camera, pose, robot pose, ids of what it shows
) STRICT;
CREATE TABLE path (
    num INTEGER PRIMARY KEY,
    stamp REAL NOT NULL,
    pose TEXT NOT NULL              -- canonical JSON: position (3), quaternion wxyz (4)
) STRICT;
CREATE TABLE resident (
    slot INTEGER PRIMARY KEY,       -- order in the short-term set, next to go first
    thing TEXT NOT NULL,
    pinned INTEGER NOT NULL
) STRICT;
CREATE TABLE counters (
    key TEXT PRIMARY KEY,
    value REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""

_REDACTIONS = """
CREATE TABLE redactions (           -- payloads that an erasure has replaced, see erasure
    seq INTEGER NOT NULL,
    by INTEGER NOT NULL,            -- the event that tells of it; the newest one's digest holds
    digest BLOB NOT NULL,           -- of the salt and the body that stand there now
    PRIMARY KEY (seq, by)
) STRICT, WITHOUT ROWID;
"""

_FINDING = """
CREATE TABLE traits (               -- what things are found by, of all that were not merged; follows from things
    num INTEGER PRIMARY KEY,
    role TEXT NOT NULL,
    label TEXT NOT NULL,
    absent INTEGER NOT NULL,
    first_seen REAL NOT NULL,
    last_seen REAL NOT NULL
) STRICT;
CREATE INDEX traits_by_label ON traits (label, absent);  -- not by last_seen, which changes all the time
CREATE INDEX traits_by_role ON traits (role);
CREATE INDEX traits_gone ON traits (num) WHERE absent = 1;
CREATE TABLE names (                -- every class that a thing may be, and how surely; follows from things
    label TEXT NOT NULL,
    num INTEGER NOT NULL,
    p REAL NOT NULL,
    PRIMARY KEY (label, num)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_by_thing ON names (num);
CREATE INDEX things_merged ON things (num) WHERE merged IS NOT NULL;
CREATE INDEX facts_open ON facts (object, num) WHERE stop IS NULL;
CREATE INDEX facts_held ON facts (num) WHERE stop IS NULL AND predicate = 'held_by';
CREATE INDEX acts_by_kind ON acts (kind, num);
CREATE INDEX acts_running ON acts (kind, num) WHERE ended IS NULL;
INSERT INTO traits
    SELECT num, role, label, json_extract(data, '$.absent'), json_extract(data, '$.first_seen'),
           json_extract(data, '$.last_seen') FROM things WHERE merged IS NULL;
INSERT INTO names
    SELECT e.key, t.num, e.value FROM things t, json_each(t.data, '$.labels') e
    WHERE t.merged IS NULL AND e.value >= 0.005;
"""

_SPACE = """
CREATE TABLE poses (                -- of cameras, that things were seen from; see poses
    num INTEGER PRIMARY KEY,
    pose_id TEXT NOT NULL,
    stamp REAL NOT NULL,            -- world time, s
    robot TEXT NOT NULL,
    map TEXT NOT NULL,
    pose TEXT NOT NULL,             -- canonical JSON: three rows of T_world_cam
    variance REAL NOT NULL          -- of the position along an axis, square metres
) STRICT;
CREATE INDEX poses_by_robot ON poses (robot, map, stamp);
CREATE TABLE areas (                -- buildings, floors and rooms; see maps
    id TEXT PRIMARY KEY,
    num INTEGER NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    parent TEXT,
    map TEXT,
    box TEXT                        -- canonical JSON: lower and upper corner, of a room
) STRICT;
"""

_FEWER_PAGES = """
DROP INDEX IF EXISTS events_by_kind;  -- a page for every event, and asked for a few kinds alone
CREATE INDEX IF NOT EXISTS events_told ON events (kind, seq)
    WHERE kind = 'forgotten' OR kind = 'blob.dropped' OR kind = 'payload.erased';
CREATE TABLE acts_anew (            -- as before, but with one index where there were two
    id TEXT NOT NULL,               -- follows from kind and num
    kind TEXT NOT NULL,
    num INTEGER NOT NULL,
    parent TEXT,
    started REAL NOT NULL,
    ended REAL,
    status TEXT,
    data TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (kind, num)
) STRICT;
INSERT INTO acts_anew SELECT * FROM acts ORDER BY seq;
DROP TABLE acts;                    -- with its triggers and indexes; its sums stay right, as its rows are the same
ALTER TABLE acts_anew RENAME TO acts;
CREATE INDEX acts_running ON acts (kind, num) WHERE ended IS NULL;
"""

MIGRATIONS: tuple[str, ...] = (
    _LOG,
    _BELIEFS,
    _REDACTIONS,
    _FINDING,
    _SPACE,
    _sums(),
    _FEWER_PAGES + _sums_beside_acts(),
)
"""Every migration in order; the file's ``user_version`` is how many of them it has been through."""

DIGESTED: dict[str, tuple[str, ...]] = {
    "things": ("id", "num", "label", "role", "merged", "data"),
    "clouds": ("thing", "name", "body"),
    "facts": ("num", "subject", "predicate", "object", "family", "start", "stop", "cause", "seq", "stop_seq"),
    "acts": ("id", "kind", "num", "parent", "started", "ended", "status", "data", "seq"),
}
"""Belief tables whose rows carry ``row_digest`` of these columns (in this order) in a column ``digest``; see verify."""
