"""What programs hand in by mistake: one clear error, and the memory is as it was."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from loci.contracts import Decision, Keyframe, ObjectReport, ObservationBatch, Outcome, Relation, Status, Verb
from loci.errors import InputError
from loci.geometry import Box, PinholeCamera
from loci.memory import Memory

BOX = Box.from_bounds((0.0, 0.0, 0.0), (0.1, 0.1, 0.1))
REPORT = ObjectReport(5.0, "robot", "map", {"mug": 0.9}, BOX)

REPORTS: list[dict[str, Any]] = [
    {"stamp": math.nan}, {"stamp": math.inf}, {"stamp": 1e300}, {"stamp": 1.7e12}, {"labels": {"mug": math.nan}},
    {"labels": {"mug": 5.0}}, {"labels": {"mug": -0.1}}, {"labels": {"mug": 0.7, "cup": 0.7}}, {"labels": {"": 0.9}},
    {"labels": {"\ud800": 0.9}}, {"labels": {"m\0g": 0.9}}, {"labels": {"m" * 3000: 0.9}}, {"labels": {7: 0.9}},
    {"states": {"openness": {"open": 7.0}}}, {"states": {"": {"open": 0.7}}}, {"sigma": -1.0}, {"sigma": math.nan},
    {"box_world": Box.from_bounds((1e7, 0.0, 0.0), (1e7 + 1, 1.0, 1.0))},
]  # fmt: skip


@pytest.mark.parametrize("wrong", REPORTS, ids=str)
def test_a_report_that_cannot_be(wrong: dict[str, Any]) -> None:
    """Nothing of it is kept, and memory goes on as if it had never come."""
    with Memory.open(":memory:") as memory, Memory.open(":memory:") as untouched:
        for told in (memory, untouched):
            told.write(dataclasses.replace(REPORT, labels={"shelf": 0.9}, stamp=1.0))
        with pytest.raises(InputError, match="report of"):
            memory.write(dataclasses.replace(REPORT, **wrong))
        assert memory.now == 1.0
        for told in (memory, untouched):
            told.write(REPORT)
        assert list(memory.dump()) == list(untouched.dump())


DETECTIONS: list[dict[str, Any]] = [
    {"labels": {"mug": math.nan}}, {"points_cam": np.full((4, 3), np.nan, np.float32)}, {"sigma": math.inf},
    {"appearance": np.array([math.inf, 0.0], np.float32)}, {"states": {"openness": {"open": -1.0}}},
]  # fmt: skip
FRAMES: list[dict[str, Any]] = [
    {"stamp": 1e300}, {"T_world_cam": np.eye(4) * math.nan}, {"relations": [Relation(7, "on", 0, 0.9)]},
    {"relations": [Relation(0, "on", -1, 0.9)]}, {"keyframe": Keyframe(b"GIF89a", np.zeros((60, 80), np.float16))},
]  # fmt: skip


@pytest.mark.parametrize("wrong", [*DETECTIONS, *FRAMES], ids=range(len(DETECTIONS) + len(FRAMES)))
def test_a_frame_that_cannot_be(stage, wrong: dict[str, Any]) -> None:
    """The message says which detection, if it is one's fault."""
    stage.kitchen()
    stage.looks(3)
    before, T = list(stage.memory.dump()), np.eye(4)
    seen = [stage.detection(prop, T) for prop in stage.props.values()]
    batch = ObservationBatch(
        stage.now + 1, "robot", "map", "f9", PinholeCamera.from_fov(1.0, 320, 240), T, np.eye(6), seen
    )
    if wrong in DETECTIONS:
        first, *others = batch.detections
        broken = dataclasses.replace(batch, detections=[dataclasses.replace(first, **wrong), *others])
    else:
        broken = dataclasses.replace(batch, **wrong)
    with pytest.raises(InputError, match="detection 0" if wrong in DETECTIONS else "frame"):
        stage.memory.write(broken)
    assert list(stage.memory.dump()) == before


DONE = Outcome(Status.SUCCEEDED, "", math.nan, math.nan)
CALLS: list[Callable[[Memory], Any]] = [
    lambda m: m.begin_episode(None, 1.0), lambda m: m.begin_episode("tidy", math.nan), lambda m: m.note("", "x", 1.0),
    lambda m: m.note("remark", 5, 1.0), lambda m: m.note("remark", "x", 1e300), lambda m: m.note("remark", "\ud800", 1.0),
    lambda m: m.begin_subgoal(None, 1.0), lambda m: m.begin_action(Decision(Verb.LOOK), 1.7e12),
    lambda m: m.end_action(m.begin_action(Decision(Verb.LOOK), 1.0), DONE), lambda m: m.where("mug", at=math.nan),
    lambda m: m.where("mug", at=1e18), lambda m: m.contents("mug", at=math.inf), lambda m: m.facts(at=math.nan),
    lambda m: m.within((0, 0), (1, 1)), lambda m: m.event(10**30), lambda m: m.forget(note=10**30),
    lambda m: m.forget(between=(1.0,)), lambda m: m.compact(math.nan), lambda m: m.recall("mug", math.nan),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_a_call_that_cannot_be(call: Callable[[Memory], Any]) -> None:
    """An ``InputError``, and memory answers afterwards."""
    with Memory.open(":memory:") as memory:
        memory.write(REPORT)
        with pytest.raises(InputError):
            call(memory)
        assert memory.find("mug")
        assert memory.learned() is not None
        assert memory.now == 5.0


def test_numbers_of_events_that_there_are_not() -> None:
    with Memory.open(":memory:") as memory:
        memory.write(REPORT)
        memory.commit()
        assert [e.seq for e in memory.events(-5)] == list(range(1, memory.stats()["events"] + 1))
        assert list(memory.events(10**30)) == []


def test_a_memory_that_was_closed_says_so() -> None:
    memory = Memory.open(":memory:")
    memory.close()
    for call in (lambda: memory.where("mug"), lambda: memory.write(REPORT), memory.stats, memory.things):
        with pytest.raises(InputError, match="was closed"):
            call()
    memory.close()
