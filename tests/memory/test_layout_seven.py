"""A file of layout 6 (acts by their id, an index over the kinds of all events) is brought up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from loci.contracts import Decision, Outcome, Status, Verb
from loci.memory import Memory
from loci.memory.compaction import _tellings
from loci.memory.sums import SUMMED, _triggers, kept_as

OLD = """
CREATE TABLE acts_old (id TEXT PRIMARY KEY, kind TEXT NOT NULL, num INTEGER NOT NULL, parent TEXT, started REAL NOT NULL,
                       ended REAL, status TEXT, data TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
INSERT INTO acts_old SELECT * FROM acts ORDER BY id;
DROP TABLE acts;
ALTER TABLE acts_old RENAME TO acts;
CREATE INDEX acts_by_kind ON acts (kind, num);
CREATE INDEX acts_running ON acts (kind, num) WHERE ended IS NULL;
DROP INDEX events_told;
CREATE INDEX events_by_kind ON events (kind, seq);
"""


def _older(path: Path) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(OLD)
    for letter in "iud":
        db.execute(f"DROP TRIGGER sums_counters_{letter}")
    for name in ("counters", "acts"):
        for trigger in _triggers(name, SUMMED[name]):
            db.execute(trigger)
    db.execute("UPDATE sums SET tab = 'counters' WHERE tab = ?", (kept_as("counters"),))
    db.execute("PRAGMA user_version = 6")
    db.close()


def _live(memory: Memory, stamp: float) -> None:
    episode = memory.begin_episode("tidy up", stamp)
    for step in range(12):  # a10 comes before a2 in the alphabet
        id = memory.begin_action(Decision(Verb.LOOK, None, why=f"step {step}"), stamp + step)
        memory.end_action(id, Outcome(Status.SUCCEEDED, "", stamp + step, stamp + step + 0.5))
    memory.end_episode(episode, "done", stamp + 20)


def test_a_file_of_layout_six_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "six.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        _live(memory, 1.0)
        running = memory.begin_action(Decision(Verb.LOOK, None), 30.0)
        right, dump = memory.episodes(), list(memory.dump())
    _older(path)
    with Memory.open(path, clock=lambda: 0.0) as memory:
        assert memory.verify(deep=True).ok
        assert memory.episodes() == right
        assert list(memory.dump()) == dump
        memory.end_action(running, Outcome(Status.SUCCEEDED, "", 30.0, 31.0))
        _live(memory, 40.0)
        assert [a.id for a in memory._episodic.latest(3)] == ["a23", "a24", "a25"]
        assert memory.verify(deep=True).ok
    with Memory.open(path, read_only=True) as reader:
        assert len(reader.episodes()) == 2
        assert reader.verify(deep=True).ok


def test_what_the_log_tells_of_itself_has_an_index(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "told.db") as memory:
        _live(memory, 1.0)
        store = memory._store
        store.erase(3, 30.0, "asked for")
        query = "EXPLAIN QUERY PLAN SELECT seq FROM events WHERE kind = 'payload.erased'"
        assert "events_told" in str(store.db.raw(query).fetchall())
        assert list(_tellings(store, store.head[0])) == [store.head[0]]
