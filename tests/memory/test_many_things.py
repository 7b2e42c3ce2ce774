"""Things are read when they are needed: what that must not change, and that indexes say what a look at everything would."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.errors import DamagedMemory, InputError
from loci.launch.speed_world import CAMERA, LENGTH, StoreRoom
from loci.memory import Memory, nodes, things
from loci.memory.vectors import Vectors
from loci.memory.vocabulary import matches

ROOM = StoreRoom(60, 3)


def life(memory: Memory, room: StoreRoom = ROOM) -> None:
    """Two rounds of the tables; in the second every switch is the other way round."""
    for visit in (0, 1):
        for station in range(room.stations):
            room.look(memory, station, memory.now + 2.0, visit)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store room of 60 things and three tables, written and closed."""
    path = tmp_path_factory.mktemp("room") / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        life(memory)
    return path


def test_every_thing_is_known_once(path: Path) -> None:
    with Memory.open(path, read_only=True) as memory:
        assert memory.stats()["things"] == ROOM.objects + ROOM.stations == len(memory.things())
        assert memory.stats()["furnitures"] == ROOM.stations
        assert memory.stats()["points"] == sum(len(t.points_world) for t in memory.things())


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=12, deadline=None)
def test_a_box_holds_what_a_look_at_everything_finds(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = rng.uniform(-1.5, 4.0, 3) * (1, 1, 0.2)
    high = low + rng.uniform(0.0, 3.0, 3)
    with Memory.open(path, read_only=True) as memory:
        brief = memory.names_within(low, high)
        right = [n.id for n in memory._world.nodes.values() if (n.lower <= high).all() and (n.upper >= low).all()]
        assert brief == memory.names_within(low, high) == [(id, memory.get(id).label) for id in right]
        assert [t.id for t in memory.within(low, high)] == right


def test_a_noun_means_what_a_look_at_everything_finds(path: Path) -> None:
    with Memory.open(path, read_only=True) as memory:
        for word in (*ROOM.labels[:40], "table", "mug", "o7"):
            right = [n for n in memory._world.nodes.values() if n.id == word or matches(word, n.label) == 1.0]
            meant = things.meant(memory._world, word)
            assert {n.id for n in meant} >= {n.id for n in right}
            assert things.known(memory._world, word) == len(right)


@pytest.mark.parametrize("most", [4, 30])
def test_how_many_copies_there_is_room_for_changes_no_answer(
    tmp_path: Path, monkeypatch, path: Path, most: int
) -> None:
    """With room for a few only, things are let go and read again; what matters only within a run may be forgotten with them."""
    monkeypatch.setattr(nodes, "MOST", most)
    with Memory.open(tmp_path / "few.db", clock=lambda: 0.0) as memory:
        life(memory)
        assert len(memory._world.nodes.made()) <= 2 * most + len(memory._world.nodes.busy()) + ROOM.stations * 21
        said = [(t.id, t.label, t.place, t.states.keys(), t.sightings) for t in memory.things()]
    with Memory.open(path, read_only=True) as memory:
        assert [(t.id, t.label, t.place, t.states.keys(), t.sightings) for t in memory.things()] == said


def test_questions_in_between_change_nothing(tmp_path: Path, monkeypatch) -> None:
    """Copies are let go by what was written, not by what was asked: the log is the same."""
    monkeypatch.setattr(nodes, "MOST", 8)
    dumps = []
    for curious in (False, True):
        with Memory.open(tmp_path / f"{curious}.db", clock=lambda: 0.0) as memory:
            memory._store._log._salt = bytes
            for visit in (0, 1):
                for station in range(ROOM.stations):
                    ROOM.look(memory, station, memory.now + 6.0, visit)
                    if curious:
                        memory.where("table")
                        memory.things()
                        memory.recall(f"where is the {ROOM.labels[visit]}?", 300)
            memory.short_term.load([])
            dumps.append([line for line in memory.dump() if '"resident"' not in line])
    assert dumps[0] == dumps[1]


def test_what_is_expected_in_view_is_what_is_there(path: Path) -> None:
    with Memory.open(path, read_only=True) as memory:
        seen = {e.id for e in memory.expected(CAMERA, ROOM.pose(1), memory.now)}
        on = {t.id for t in memory.things() if np.linalg.norm(t.box_world.center[:2] - ROOM.center(1)[:2]) < 0.7}
        assert on <= seen


# --- by appearance ------------------------------------------------------------------------------------------------------
@given(st.integers(0, 2**32 - 1), st.integers(1, 15))
@settings(max_examples=12, deadline=None)
def test_the_nearest_by_appearance_are_exact(path: Path, seed: int, count: int) -> None:
    asked = np.random.default_rng(seed).normal(size=LENGTH).astype(np.float32)
    with Memory.open(path, read_only=True) as memory:
        having = [t for t in memory.things() if t.appearance.size == LENGTH]
        looks = np.array([t.appearance for t in having], dtype=np.float64)
        cosines = looks @ asked.astype(np.float64) / np.linalg.norm(looks, axis=1) / np.linalg.norm(asked)
        right = [having[i].id for i in np.argsort(-cosines, kind="stable")[:count]]
        found = memory.similar(asked, count)
        assert [id for id, _ in found] == right
        assert [c for _, c in found] == pytest.approx(sorted(cosines, reverse=True)[:count], abs=1e-3)


def test_filters_come_first(path: Path) -> None:
    asked = ROOM.things(0)[3][0]
    with Memory.open(path, read_only=True) as memory:
        label = ROOM.labels[ROOM.things(0)[0][0]]
        assert {memory.get(id).label for id, _ in memory.similar(asked, 50, label=label)} == {label}
        low, high = ROOM.center(0) - 0.7, ROOM.center(0) + 0.7
        assert {id for id, _ in memory.similar(asked, 500, lower=low, upper=high)} == {
            t.id for t in memory.within(low, high) if t.appearance.size
        }
        assert memory.similar(asked[:5]) == []
        for bad in (np.full(LENGTH, np.nan), np.zeros((2, 2))):
            with pytest.raises(InputError, match="a finite vector"):
                memory.similar(bad)
        with pytest.raises(InputError, match="both corners"):
            memory.similar(asked, lower=low)


def look_and_fail(memory: Memory) -> None:
    """A write that is undone."""
    with contextlib.suppress(InputError), memory._store.transaction():
        ROOM.look(memory, 1, 5.0, 0)
        memory._store.append("", 5.0, {})


def test_vectors_follow_writes_merges_and_rollbacks(tmp_path: Path) -> None:
    asked = ROOM.things(2)[3][4]
    with Memory.open(tmp_path / "m.db") as memory:
        ROOM.look(memory, 0, 1.0, 0)
        assert memory.similar(asked, 100)
        ROOM.look(memory, 2, 3.0, 0)
        fresh = Vectors(memory._store.db)
        row = np.asarray(asked, dtype=np.float32)
        followed, read = (dict(v.nearest(row, 60)) for v in (memory._world.projection.vectors, fresh))
        assert followed == pytest.approx(read)
        before = memory.similar(asked, 100)
        look_and_fail(memory)
        assert dict(memory.similar(asked, 100)) == pytest.approx(dict(before))


def test_a_flipped_bit_in_a_vector_is_no_answer(tmp_path: Path, path: Path) -> None:
    copy = tmp_path / "m.db"
    copy.write_bytes(path.read_bytes())
    with Memory.open(copy) as memory:
        query = "SELECT rowid, body FROM clouds WHERE name = 'appearance' LIMIT 1 OFFSET 9"
        rowid, body = memory._store.db.execute(query).fetchone()
        changed = bytearray(body)
        changed[len(body) // 2] ^= 4
        memory._store.db.execute("UPDATE clouds SET body = ? WHERE rowid = ?", (bytes(changed), rowid))
        with pytest.raises(DamagedMemory, match="appearance was altered"):
            memory.similar(ROOM.things(0)[3][0])


# --- every belief against the log ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE changes SET text = 'the cat did it' WHERE n = 0 AND seq = (SELECT min(seq) FROM changes)",
        "UPDATE traits SET label = 'dog' WHERE num = 5",
        "UPDATE names SET p = 0.5 WHERE num = 5",
        "DELETE FROM names WHERE num = 5",
        "UPDATE boxes SET x1 = x1 + 3 WHERE num = 5",
        "DELETE FROM things WHERE num = 5",
        "UPDATE usual SET count = count + 1",
        "UPDATE coverage SET share = share / 2",
        "UPDATE counters SET value = value + 1 WHERE key = 'things'",
    ],
)
def test_a_deep_look_finds_what_has_no_digest(tmp_path: Path, path: Path, statement: str) -> None:
    copy = tmp_path / "m.db"
    copy.write_bytes(path.read_bytes())
    with Memory.open(copy, read_only=True) as memory:
        assert memory.verify(deep=True).ok
    with Memory.open(copy) as memory:
        assert memory._store.db.execute(statement).rowcount > 0
        memory._store.db.commit()
        assert not memory._store.verify(deep=True).ok
