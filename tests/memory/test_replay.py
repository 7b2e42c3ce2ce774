"""The laws of the log: replay is live, every prefix replays, reopening changes nothing, a quiet hour is small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Decision, Outcome, Status, Verb
from loci.errors import MemoryLocked
from loci.memory import Memory


def eventful(stage) -> None:
    """Appearances, a carry, a slip, a vanishing, a link, a closing, notes, an episode."""
    memory = stage.memory
    episode, goal = stage.pick_the_apple()
    apple = stage.props["apple"]
    memory.end_subgoal(goal, "done", stage.now)
    apple.visible = False
    stage.hand(tuple(apple.center), False)
    stage.looks(4)
    stage.blank(4.0)
    stage.props["mug"].center, stage.props["mug"].track = np.array([0.6, -0.6, 0.85]), 99
    stage.look(only=lambda p: p.name == "mug")
    stage.looks(8)
    action = memory.begin_action(Decision(Verb.CLOSE, stage.ids["fridge"]), stage.now)
    stage.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    stage.props["milk"].visible = False
    memory.end_action(action, Outcome(Status.SUCCEEDED, "", stage.now, stage.now))
    memory.note("search", "searched the fridge: sponge not found", stage.now, refs=("o5",))
    memory.end_episode(episode, "failed", stage.now)
    stage.looks(30, keyframe=True)


def test_replay_equals_live(stage) -> None:
    """All tables rebuilt from the log alone are the tables that live writing made."""
    eventful(stage)
    live = list(stage.memory.dump())
    with stage.memory.replay(":memory:") as again:
        assert list(again.dump()) == live


def test_replayed_things_equal_live_things(stage) -> None:
    """Not only the tables: the things handed out agree too."""
    eventful(stage)
    list(stage.memory.dump())
    with stage.memory.replay(":memory:") as again:
        for live, rebuilt in zip(stage.memory.things(), again.things(), strict=True):
            assert (live.id, live.label, live.place, live.knowledge) == (
                rebuilt.id, rebuilt.label, rebuilt.place, rebuilt.knowledge,
            )  # fmt: skip
            assert live.existence == pytest.approx(rebuilt.existence, abs=0.01)
            assert live.box_world.center == pytest.approx(rebuilt.box_world.center, abs=2e-4)
            assert live.points_world == pytest.approx(rebuilt.points_world, abs=5e-4)
            assert live.evidence == rebuilt.evidence


def test_every_prefix_replays(stage) -> None:
    """Stopped after any event, the log gives beliefs that can be opened and asked."""
    eventful(stage)
    last = stage.memory.stats()["events"]
    for upto in range(1, int(last) + 1, 3):
        with stage.memory.replay(":memory:", upto=upto) as part:
            assert part.stats()["events"] == upto
            assert part.where("mug").text
            part.verify()


def test_prefix_of_a_replay_is_the_state_at_that_time(stage) -> None:
    """Replaying up to an event gives what a memory that stopped there had."""
    stage.kitchen()
    stage.looks(6)
    then = list(stage.memory.dump())
    upto = int(stage.memory.stats()["events"])
    stage.props["apple"].visible = False
    stage.looks(8)
    with stage.memory.replay(":memory:", upto=upto) as past:
        assert list(past.dump()) == then


def test_reopening_changes_nothing(tmp_path: Path, new_stage) -> None:
    """Closed and opened again: the same dump, the same things, and the same thing recognised."""
    path = tmp_path / "m.db"
    memory = Memory.open(path, clock=lambda: 0.0)
    stage = new_stage(memory)
    eventful(stage)
    memory.short_term.pin(stage.ids["mug"])
    before, resident = list(memory.dump()), memory.short_term.resident()
    where = memory.where("mug").text
    memory.close()
    with Memory.open(path, clock=lambda: 0.0) as again:
        assert list(again.dump()) == before
        assert again.where("mug").text == where
        assert again.short_term.resident() == resident
        assert stage.ids["mug"] in again.short_term.pinned()
        stage.memory = again
        ids = dict(stage.ids)
        kinds = [c.kind for w in stage.looks(5) for c in w.changes]
        assert kinds == []
        assert stage.ids == ids


def test_same_input_same_memory(tmp_path: Path, new_stage) -> None:
    """Two runs with equal seeds dump equally, whatever the record clock says."""
    dumps = []
    for n in range(2):
        with Memory.open(tmp_path / f"{n}.db", clock=lambda n=n: 1000.0 * n) as memory:
            eventful(new_stage(memory, seed=5))
            dumps.append(list(memory.dump()))
    assert dumps[0] == dumps[1]


def test_quiet_hour_stays_small(tmp_path: Path, new_stage) -> None:
    """Nothing changes for an hour: under 1 MB of log, none of it news, two kilobytes a flush."""
    path = tmp_path / "quiet.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        stage = new_stage(memory)
        stage.kitchen()
        for i in range(15):
            stage.add(f"can {i}", "can", (0.1 + 0.15 * (i % 5), -0.7 + 0.12 * (i // 5), 0.86), (0.06, 0.06, 0.12),
                      on="table", color=i % 7)  # fmt: skip
        stage.looks(20, dt=1.0)
        memory.commit()
        size, events = path.stat().st_size, memory.stats()["events"]
        body = "SELECT sum(length(body)) FROM payloads"
        before = memory._store.db.execute(body).fetchone()[0]
        changes = [c for w in stage.looks(720, dt=5.0) for c in w.changes]
        memory.commit()
        grown = memory._store.db.execute(body).fetchone()[0] - before
        assert changes == []
        assert grown < 1_000_000
        assert memory.stats()["events"] - events <= 362
    assert path.stat().st_size - size < 2_000_000


def test_failed_write_leaves_no_trace(stage) -> None:
    """An exception in the middle of a write rolls back log, tables and working copies alike."""
    stage.kitchen()
    stage.looks(4)
    before = list(stage.memory.dump())
    world = stage.memory._world

    def fail() -> None:
        with stage.memory._writing():
            world.nodes[stage.ids["mug"]].presence.absent = True
            world.emit("vanished", stage.now, things=[world.nodes[stage.ids["mug"]]])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(stage.memory.dump()) == before
    assert stage.memory.get(stage.ids["mug"]).knowledge != "absent"


def test_reader_beside_the_writer_sees_what_was_committed(tmp_path: Path, new_stage) -> None:
    """A second writer is refused; a reader follows the writer's commits."""
    path = tmp_path / "m.db"
    with Memory.open(path) as memory:
        stage = new_stage(memory)
        stage.kitchen()
        stage.looks(3)
        memory.commit()
        with pytest.raises(MemoryLocked):
            Memory.open(path)
        with Memory.open(path, read_only=True) as reader:
            assert len(reader.things()) == 5
            stage.add("book", "book", (0.7, -0.6, 0.82), (0.2, 0.15, 0.04), on="table")
            stage.looks(2)
            memory.commit()
            assert reader.where("book").value == (stage.ids["table"],)
            live = list(memory.dump())
            memory.commit()
            assert list(reader.dump()) == live


def test_verify_after_everything(stage) -> None:
    """Chain and row digests hold; a flipped belief is found."""
    eventful(stage)
    stage.memory.commit()
    assert stage.memory.verify().ok
    db = stage.memory._store.db
    db.execute("UPDATE things SET label = 'hat' WHERE id = ?", (stage.ids["mug"],))
    assert not stage.memory.verify().ok
