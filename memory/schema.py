"""The tables of a memory file, as numbered migrations: migration n brings a file from layout n - 1 to layout n.

A migration that was released is never edited; a change is a new one at the end.
"""

from __future__ import annotations

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

MIGRATIONS: tuple[str, ...] = (_LOG,)
"""Every migration in order; the file's ``user_version`` is how many of them it has been through."""

DIGESTED: dict[str, tuple[str, ...]] = {}
"""Belief tables whose rows carry ``row_digest`` of these columns (in this order) in a column ``digest``; see verify."""
