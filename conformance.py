"""Conformance tests for implementers of the contracts: a robot, a segmenter, a policy, a memory of one's own.

Plain functions that need nothing but an installed Loci, for use from any test runner::

    from loci.conformance import check_robot

    def test_my_robot():
        check_robot(lambda: MyRobot(...))

A breach raises ``RobotError`` (robots) or ``AssertionError`` with a sentence that says what was promised and what was
found. What is checked is what the docstrings in ``loci.contracts`` promise, not how well the thing does its job.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from .conformance_memory import MemoryContract, MemoryLike, check_memory
from .contracts import (
    Action,
    Decision,
    Handle,
    Outcome,
    Policy,
    RGBDFrame,
    Robot,
    Role,
    Segmenter,
    Situation,
    Status,
    Verb,
)
from .errors import InstructionError, RobotError
from .geometry import is_rigid

__all__ = ["MemoryContract", "MemoryLike", "check_memory", "check_policy", "check_robot", "check_segmenter"]

MOST_POLLS = 20_000
"""Polls after which an action counts as one that never ends."""


def check_robot(robot_factory: Callable[[], Robot], looks: int = 1) -> None:
    """Raises ``RobotError`` where the robot made by ``robot_factory`` breaks the ``Robot`` contract.

    Makes the robot look around ``looks`` times, asks it for a verb that it does not have, starts two actions at once,
    cancels one, and closes it twice. Nothing is picked up.
    """
    robot = robot_factory()
    _require(isinstance(robot, Robot), f"{type(robot).__name__} lacks a member of the Robot protocol")
    try:
        _check_identity(robot)
        seen = _frames(robot)
        for _ in range(looks):
            outcome, frames = _run(robot, Action(Verb.LOOK))
            seen += frames
            if Verb.LOOK in robot.capabilities:
                _require(outcome.ok, f"looking around ended as {outcome.status}: {outcome.detail}")
                _require(bool(frames), "looking around brought no frame")
        _check_frames(robot, seen)
        _require(not _frames(robot), "frames() returned frames although nothing happened since the last call")
        _check_unsupported(robot)
        _check_busy(robot)
    finally:
        robot.close()
        robot.close()


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RobotError(message)


def _check_identity(robot: Robot) -> None:
    _require(bool(robot.robot_id) and isinstance(robot.robot_id, str), f"robot_id {robot.robot_id!r} is no name")
    _require(bool(robot.map_id) and isinstance(robot.map_id, str), f"map_id {robot.map_id!r} is no name")
    strange = [v for v in robot.capabilities if not isinstance(v, Verb)]
    _require(
        isinstance(robot.capabilities, frozenset) and not strange,
        f"capabilities has to be a frozenset of Verb, found {strange or type(robot.capabilities).__name__}",
    )
    own = {Verb.ASK, Verb.DONE} & robot.capabilities
    _require(not own, f"{sorted(own)} are for the planner, not for a body")


def _frames(robot: Robot) -> list[RGBDFrame]:
    frames = robot.frames()
    _require(isinstance(frames, Iterable), f"frames() returned {type(frames).__name__}, which cannot be iterated")
    return list(frames)


def _run(robot: Robot, action: Action) -> tuple[Outcome, list[RGBDFrame]]:
    """Carry an action out as the planner's loop does."""
    handle = robot.start(action)
    _require(isinstance(handle, Handle), f"start() returned {type(handle).__name__}, which lacks a member of Handle")
    frames: list[RGBDFrame] = []
    for _ in range(MOST_POLLS):
        ended = handle.poll()
        frames += _frames(robot)
        if ended:
            return _outcome(handle), frames
        _require(_refuses(handle.result), "result() has to raise RobotError while the action runs")
    raise RobotError(f"{action.verb} had not ended after {MOST_POLLS} polls")


def _outcome(handle: Handle) -> Outcome:
    outcome = handle.result()
    _require(isinstance(outcome, Outcome), f"result() returned {type(outcome).__name__}, not an Outcome")
    _require(isinstance(outcome.status, Status), f"an outcome's status has to be a Status, is {outcome.status!r}")
    _require(outcome.ended >= outcome.started, f"an action ended at {outcome.ended} before it began, {outcome.started}")
    _require(handle.poll(), "poll() has to stay True once the action has ended")
    return outcome


def _refuses(call: Callable[[], object]) -> bool:
    try:
        call()
    except RobotError:
        return True
    return False


def _check_frames(robot: Robot, frames: Sequence[RGBDFrame]) -> None:
    for frame in frames:
        _require(isinstance(frame, RGBDFrame), f"frames() held a {type(frame).__name__}")
        name = frame.pose_id or str(frame.stamp)
        _require(frame.robot_id == robot.robot_id, f"frame {name}: robot_id {frame.robot_id!r} is not the robot's own")
        _require(frame.map_id == robot.map_id, f"frame {name}: map_id {frame.map_id!r} is not the robot's own")
        _require(frame.T_world_base is None or is_rigid(frame.T_world_base), f"frame {name}: T_world_base is not rigid")
        if frame.gripper is not None:
            _require(frame.gripper.width >= 0, f"frame {name}: gripper width {frame.gripper.width} is negative")
            _require(is_rigid(frame.gripper.T_world_hand), f"frame {name}: the hand's pose is not rigid")
        if frame.segments is not None:
            present = set(np.unique(frame.segments.ids).tolist()) - {0}
            nameless = present - set(frame.segments.labels)
            _require(not nameless, f"frame {name}: segments {sorted(nameless)[:5]} have no label distribution")
    for a, b in pairwise(frames):
        _require(b.stamp >= a.stamp, f"frames have to come oldest first: {b.stamp} followed {a.stamp}")


def _check_unsupported(robot: Robot) -> None:
    missing = sorted(set(Verb) - robot.capabilities - {Verb.ASK, Verb.DONE})
    for verb in missing[:1]:
        outcome, _ = _run(robot, Action(verb))
        _require(
            outcome.status is Status.UNSUPPORTED,
            f"{verb} is none of the capabilities and has to end as unsupported, ended as {outcome.status}",
        )


def _check_busy(robot: Robot) -> None:
    handle = robot.start(Action(Verb.LOOK))
    _require(_refuses(lambda: robot.start(Action(Verb.LOOK))), "start() has to raise RobotError while an action runs")
    handle.cancel()
    for _ in range(MOST_POLLS):
        if handle.poll():
            break
    else:
        raise RobotError(f"a cancelled action had not ended after {MOST_POLLS} polls")
    status = _outcome(handle).status
    _require(status is Status.CANCELLED, f"a cancelled action has to end as cancelled, ended as {status}")
    _frames(robot)


def check_segmenter(segmenter: Segmenter, frames: Sequence[RGBDFrame]) -> None:
    """Raises ``AssertionError`` where ``segmenter`` breaks the ``Segmenter`` contract on one of ``frames``."""
    if not frames:
        raise AssertionError("a segmenter can only be checked on at least one frame")
    if not isinstance(segmenter, Segmenter):
        raise AssertionError(f"{type(segmenter).__name__} has no method segment(frame)")
    for frame in frames:
        before = frame.depth.copy(), frame.rgb.copy()
        segments = list(segmenter.segment(frame))
        name = f"frame {frame.pose_id or frame.stamp}"
        if not (np.array_equal(before[0], frame.depth) and np.array_equal(before[1], frame.rgb)):
            raise AssertionError(f"{name}: the segmenter changed the frame's arrays")
        shape = frame.depth.shape
        taken = np.zeros(shape, dtype=bool) if frame.body_mask is None else frame.body_mask.copy()
        what = "the robot's own body"
        for i, segment in enumerate(segments):
            mask = segment.mask
            if mask.shape != shape or mask.dtype != np.bool_:
                raise AssertionError(
                    f"{name}, segment {i}: the mask has to be {shape} bool, is {mask.shape} {mask.dtype}"
                )
            if not mask.any():
                raise AssertionError(f"{name}, segment {i}: the mask is empty")
            overlap = int((mask & taken).sum())
            if overlap:
                raise AssertionError(f"{name}, segment {i}: {overlap} pixels belong to {what} already")
            taken |= mask
            what = "another segment or the robot's own body"
            _check_distribution(f"{name}, segment {i}: labels", segment.labels)
            for attribute, values in segment.states.items():
                _check_distribution(f"{name}, segment {i}: state {attribute!r}", values)
            if not isinstance(segment.role, Role):
                raise AssertionError(f"{name}, segment {i}: role has to be a Role, is {segment.role!r}")


def _check_distribution(name: str, values: object) -> None:
    items = dict(values)  # type: ignore[call-overload]
    bad = {k: v for k, v in items.items() if not (math.isfinite(v) and 0 <= v <= 1)}
    if bad:
        raise AssertionError(f"{name}: probabilities have to be in [0, 1], found {bad}")
    total = sum(items.values())
    if total > 1 + 1e-6:
        raise AssertionError(f"{name}: probabilities sum to {total:.3f}, more than 1")


def check_policy(policy_factory: Callable[[], Policy], instruction: str = "Put the apple on the table.") -> None:
    """Raises ``AssertionError`` where a policy made by ``policy_factory`` breaks the ``Policy`` contract.

    It is shown ``instruction`` with an empty memory, twice the same (fresh) situation, and an instruction that makes no
    sense; it may refuse either with ``InstructionError`` and has to return a ``Decision`` otherwise.
    """
    policy = policy_factory()
    if not isinstance(policy, Policy):
        raise AssertionError(f"{type(policy).__name__} has no method decide(situation)")
    for text in (instruction, "Colourless green ideas sleep furiously."):
        situation = Situation(text, "Nothing is known yet.", (), None, frozenset(Verb), steps_left=10)
        try:
            decision = policy.decide(situation)
        except InstructionError:
            continue
        if not isinstance(decision, Decision):
            raise AssertionError(f"decide() returned {type(decision).__name__}, not a Decision, for {text!r}")
        if not isinstance(decision.verb, Verb):
            raise AssertionError(f"a decision's verb has to be a Verb, is {decision.verb!r}")
        if decision.position is not None and not np.isfinite(decision.position).all():
            raise AssertionError(f"a decision's position has to be three finite numbers, is {decision.position}")
