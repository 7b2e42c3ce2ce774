"""What callers rely on: the whole API, durability, imports, speed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Role, Status, Verb
from loci.errors import InputError
from loci.geometry import Box
from loci.memory import Knowledge, Memory


def test_importing_memory_loads_nothing_heavy() -> None:
    """Neither torch, open3d, pybullet, rerun nor networkx comes with it."""
    code = (
        "import sys, loci.memory; heavy = {'torch', 'open3d', 'pybullet', 'rerun', 'networkx', 'PIL', 'openai'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert out.stdout.strip() == "[]"


def test_written_says_who_is_who(stage) -> None:
    """One id per detection, in their order; ids count up from o1; changes carry the event that logged them."""
    stage.kitchen()
    written = stage.look()
    assert sorted(written.ids) == ["o1", "o2", "o3", "o4", "o5"]
    assert [c.kind for c in written.changes] == ["appeared"] * 5
    assert written.seq == max(c.seq for c in written.changes)
    for change in written.changes:
        assert stage.memory.event(change.seq).kind == "appeared"


def test_ack_after_commit_and_after_actions(stage) -> None:
    """Commit returns what is durable; an action's begin and end are durable at once."""
    stage.kitchen()
    written = stage.look()
    ack = stage.memory.commit()
    assert ack >= written.seq
    assert ack == stage.memory.ack
    action = stage.memory.begin_action(Decision(Verb.PICK, written.ids[0]), stage.now)
    assert stage.memory.ack == stage.memory.stats()["events"]
    ended = stage.memory.end_action(action, Outcome(Status.TIMED_OUT, "", stage.now, stage.now + 1))
    assert ended.ack == stage.memory.stats()["events"]
    assert ended.ack >= ended.seq


def test_episodes_goals_actions_notes(stage) -> None:
    """An episode with its actions, in order, with outcomes; what was open is closed."""
    stage.kitchen()
    stage.looks(3)
    memory = stage.memory
    episode = memory.begin_episode("tidy up", stage.now)
    goal = memory.begin_subgoal("get the mug", stage.now)
    first = memory.begin_action(Decision(Verb.PICK, stage.ids["mug"], why="it is asked for", subgoal=goal), stage.now)
    memory.end_action(first, Outcome(Status.OUT_OF_REACH, "0.3 m too far", stage.now, stage.now + 2))
    second = memory.begin_action(Decision(Verb.NAVIGATE, stage.ids["table"]), stage.now + 2)
    memory.end_action(second, Outcome(Status.SUCCEEDED, "", stage.now + 2, stage.now + 5))
    memory.end_subgoal(goal, "failed", stage.now + 5)
    memory.note("decision", "gave up", stage.now + 5, refs=(first,))
    memory.end_episode(episode, "failed", stage.now + 6)
    (record,) = memory.episodes()
    assert (record.id, record.instruction, record.status, record.ended) == ("e1", "tidy up", "failed", stage.now + 6)
    assert [(a.id, a.verb, a.status) for a in record.actions] == [
        ("a1", "pick", "out_of_reach"), ("a2", "navigate", "succeeded"),
    ]  # fmt: skip
    assert record.actions[0].touched == (stage.ids["mug"],)
    assert [e.payload["note"]["text"] for e in memory.events() if e.kind == "note.decision"] == ["gave up"]
    assert memory.now == stage.now + 6


def test_object_reports_make_things() -> None:
    """A tracker without pixels: things, a furniture class by its name, placement from boxes, movement."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:

        def report(stamp: float, label: str, low, high, track: int) -> str:
            written = memory.write(ObjectReport(stamp, "r", "m", {label: 0.9}, Box.from_bounds(low, high), track=track))
            return written.ids[0]

        table = report(0.0, "table", [0, 0, 0], [1, 1, 0.8], 1)
        mug = report(0.1, "mug", [0.4, 0.4, 0.8], [0.5, 0.5, 0.9], 2)
        assert memory.get(table).role is Role.FURNITURE
        assert memory.get(mug).place.id == table
        for i in range(4):
            assert report(0.5 + i / 2, "mug", [0.7, 0.4, 0.8], [0.8, 0.5, 0.9], 2) == mug
        assert memory.get(mug).box_world.center == pytest.approx([0.75, 0.45, 0.85])


def test_things_are_read_only_snapshots(stage) -> None:
    """What was handed out does not change afterwards, and cannot be changed."""
    stage.kitchen()
    stage.looks(3)
    before = stage.memory.get(stage.ids["mug"])
    with pytest.raises(ValueError, match="read-only"):
        before.points_world[0] = 0
    sightings = before.sightings
    stage.looks(3)
    assert before.sightings == sightings
    assert stage.memory.get(stage.ids["mug"]).sightings > sightings
    assert len(before.points_world) <= 512
    assert before.points_world.dtype == np.float32
    assert before.colors.shape == before.points_world.shape


def test_path_keyframes_stats(stage) -> None:
    """The robot's path by steps, pictures of new views only, counts."""
    stage.kitchen()
    stage.looks(5, keyframe=True)
    memory = stage.memory
    assert len(memory.robot_path()) == 1
    (info,) = memory.keyframes()
    assert set(info.ids) == set(stage.ids.values())
    assert info.camera == stage.camera
    assert info.T_world_cam == pytest.approx(stage.T_world_cam)
    assert memory.keyframe(info.seq).depth_thumb.shape == (60, 80)
    stats = memory.stats()
    assert (stats["things"], stats["objects"], stats["furnitures"], stats["keyframes"]) == (5, 3, 2, 1)


def test_empty_memory_answers() -> None:
    """Every question has an answer before anything was seen."""
    with Memory.open(":memory:") as memory:
        assert memory.things() == []
        assert memory.held() is None
        for answer in (memory.where("mug"), memory.state("fridge"), memory.contents("table"), memory.history("mug")):
            assert answer.knowledge is Knowledge.UNKNOWN
        assert memory.count("mug").value == ("0",)
        assert memory.changed_since(0.0).value == ()
        assert [c.label for c in memory.places_to_look("mug")] == ["somewhere unknown"]
        assert memory.recall("where is the mug").tokens > 0
        assert memory.commit() == memory.ack


def test_wrong_use_is_explained(tmp_path: Path) -> None:
    """No file to read, no budget, a closed memory."""
    with pytest.raises(InputError, match=r"missing\.db"):
        Memory.open(tmp_path / "missing.db", read_only=True)
    memory = Memory.open(tmp_path / "m.db")
    with pytest.raises(InputError, match="budget of 0"):
        memory.recall("mug", budget=0)
    memory.close()
    memory.close()
    with pytest.raises(InputError, match="closed"):
        memory.commit()


def test_a_frame_is_quick(stage) -> None:
    """Twenty detections among a hundred things: a few milliseconds (the bound leaves room for a busy machine)."""
    stage.add("table", "table", (2.5, 0, 0.4), (4, 6, 0.8), role=Role.FURNITURE)
    labels = ["mug", "apple", "plate", "bowl", "milk", "can", "book", "sponge", "orange", "banana"]
    for n in range(100):
        i, j = divmod(n, 10)
        stage.add(f"t{n}", labels[(i + j) % 10], (1 + 0.35 * i, -2.2 + 0.45 * j, 0.85), (0.08, 0.08, 0.1), on="table",
                  color=n % 7)  # fmt: skip
    stage.looks(3)
    spent = []
    write = stage.memory.write

    def timed(batch):
        start = time.thread_time()
        written = write(batch)
        spent.append(time.thread_time() - start)
        return written

    stage.memory.write = timed
    for k in range(25):
        names = {f"t{i}" for i in range(3 * k, 3 * k + 19)} | {"table"}
        stage.look(dt=0.1, only=lambda p, names=names: p.name in names)
    assert len(stage.memory.things()) == 101
    assert np.median(spent) < 0.02
