"""Several robots that act in one memory: whose an instruction, an action and a full hand is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loci.contracts import Decision, Gripper, Outcome, Status, Verb
from loci.geometry import transform
from loci.memory import Memory
from loci.memory.stream import RecordedMemory, export, replay


class As:
    """Stands before a memory for a stage: what the stage says comes from another robot."""

    def __init__(self, memory: Memory, robot_id: str) -> None:
        self.memory, self.robot_id = memory, robot_id

    def write(self, batch):
        found = [replace(d, track=d.track + 1000 * (self.robot_id != "robot")) for d in batch.detections]
        return self.memory.write(replace(batch, robot_id=self.robot_id, detections=found))

    def expected(self, camera, T, stamp):
        return self.memory.expected(camera, T, stamp)


def ok(start: float) -> Outcome:
    return Outcome(Status.SUCCEEDED, "", start, start + 1.0)


def pick_both(memory: Memory, new_stage) -> tuple[str, str]:
    """Tom is told to fetch the mug, the robot the apple; both reach out at the same time, and the robot is done first."""
    stage = new_stage(As(memory, "robot")).kitchen()
    for _ in range(3):
        stage.look()
    mug, apple = (memory.find(n)[0].id for n in ("mug", "apple"))
    toms = memory.begin_episode("bring the mug", stage.now, robot_id="tom")
    other = memory.begin_episode("bring the apple", stage.now)
    a = memory.begin_action(Decision(Verb.PICK, mug), stage.now, robot_id="tom")
    b = memory.begin_action(Decision(Verb.PICK, apple), stage.now, robot_id="robot")
    memory.end_action(b, ok(stage.now))
    memory.end_action(a, ok(stage.now))
    assert [e.id for e in memory.episodes()] == [toms, other]
    return mug, apple


def test_whose_an_instruction_an_action_and_a_hand_is(memory, new_stage) -> None:
    mug, apple = pick_both(memory, new_stage)
    tom, robot = memory.episodes()
    assert (tom.robot, [(a.robot, a.target) for a in tom.actions]) == ("tom", [("tom", mug)])
    assert (robot.robot, [(a.robot, a.target) for a in robot.actions]) == ("robot", [("robot", apple)])
    assert memory.held("tom").id == mug
    assert memory.held("robot").id == apple
    assert memory.held("ann") is None
    assert memory.where("mug").text == f"The mug ({mug}) is in the hand of tom."
    assert memory.where("apple").text == f"The apple ({apple}) is in the robot's hand."
    recalled = memory.recall("bring the mug", 500).text
    assert recalled.startswith(f"tom holds {mug} mug. Robot holds {apple} apple.\n{mug} mug; in the hand of tom;")
    said = memory.ask("what is in the robot's hand?")
    assert "Tom holds the mug" in said.text
    assert "The robot holds the apple" in said.text
    assert set(said.value) == {mug, apple}
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == list(memory.dump())
        assert [a.robot for e in again.episodes() for a in e.actions] == ["tom", "robot"]


def test_a_hand_that_closes_while_another_robot_picks_is_not_its_grasp(memory, new_stage) -> None:
    """The fingers of the robot press on something while Tom's action runs: nothing is taken for Tom's, or for it."""
    stage = new_stage(As(memory, "robot")).kitchen()
    for _ in range(3):
        stage.look()
    mug = memory.find("mug")[0].id
    memory.begin_action(Decision(Verb.PICK, mug), stage.now, robot_id="tom")
    stage.gripper = Gripper(0.03, True, transform(t=(0.3, 0.2, 0.9)))
    stage.look()
    assert memory.held() is None
    stage.memory = As(memory, "tom")
    stage.look()
    assert memory.held("tom").id == mug
    assert memory.held("robot") is None


def test_who_says_nothing_of_robots_finds_nothing_of_them(memory, new_stage) -> None:
    """One robot, never named: its log has no word of it, and one with a name of its own is known by its hand."""
    stage = new_stage(memory).kitchen()
    stage.gripper = Gripper(0.08, False, transform(t=(0, 0, 2)))
    stage.look()
    memory.begin_episode("bring the mug", stage.now)
    a = memory.begin_action(Decision(Verb.LOOK), stage.now)
    memory.end_action(a, ok(stage.now))
    assert all("robot" not in e.payload["act"] for e in memory.events() if "act" in e.payload)
    assert memory.episodes()[0].actions[0].robot == "robot"
    stage.memory = As(memory, "tom")
    stage.look()
    b = memory.begin_action(Decision(Verb.LOOK), stage.now)
    memory.end_action(b, ok(stage.now))
    assert [x.robot for x in memory.episodes()[0].actions] == ["robot", "tom"]


def test_through_the_stream(tmp_path: Path, new_stage) -> None:
    """Recorded and replayed; exported and replayed: each tells whose an act is."""
    stream = tmp_path / "s.jsonl"
    with RecordedMemory.record(tmp_path / "a.db", stream, clock=lambda: 0.0) as memory:
        pick_both(memory, new_stage)
        memory.begin_subgoal("carry it", memory.now, robot_id="tom")
        right, whose = list(memory.dump()), memory.episodes()
    assert '"robot":"tom"' in stream.read_text()
    with Memory.open(tmp_path / "b.db", clock=lambda: 0.0) as memory:
        replay(memory, stream, strict=True)
        assert list(memory.dump()) == right
        assert memory.episodes() == whose
        export(memory, tmp_path / "e.jsonl")
    with Memory.open(tmp_path / "c.db") as memory:
        replay(memory, tmp_path / "e.jsonl", strict=True)
        assert list(memory.dump()) == right


@pytest.mark.parametrize("kind", ["action.begin", "action", "episode.begin", "subgoal.begin"])
def test_a_line_may_say_whose_it_is(kind: str) -> None:
    from loci.memory.stream import decode_line, encode_line

    line = {"type": kind, "id": "x", "robot": "tom"}
    line |= {"stamp": 1.0} if kind != "action" else {"status": "succeeded", "started": 1.0, "ended": 2.0}
    line |= {"verb": "look"} if kind.startswith("action") else {"text": "look around"}
    assert decode_line(encode_line(decode_line(_text(line)))) == decode_line(_text(line))
    assert '"robot":"tom"' in encode_line(decode_line(_text(line)))


def _text(line: dict[str, object]) -> str:
    import json

    return json.dumps(line)
