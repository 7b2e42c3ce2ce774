"""Picking: drive there, look, choose a grasp on what is seen, close the fingers, and bring it out."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from ..contracts import Status, Target
from ..geometry import F64
from .body import LIFT_RANGE, READY
from .collision import Obstacles
from .control import Control, Motion
from .grasps import Measured, carried, grasps, measure
from .grip import SQUEEZE
from .navigation import FloorPlan
from .one_action import Failed
from .reach import NoReach, Reach, plan_reach
from .skill_navigate import back_off, behind, drive_straight, drive_to, fold

_LOOK_FROM = 1.15  # metres: nearer than this, a look is good enough to grasp on
_ATTEMPTS = 3
_BEST = 120  # hands to look for a way with first
HELD_UP = (Status.BLOCKED, Status.OUT_OF_REACH)
"""How a way in ends that something unseen was in: from another stand it may be free."""
_CLOSED = 0.004  # an opening below this is a hand that closed on nothing


def pick(control: Control, target: Target) -> Motion:
    """Pick up the thing that ``target`` believes in. Ends with the arm tucked and a fresh look at where it was."""
    if control.grip.attached:
        raise Failed(Status.HANDS_FULL, "the hand already holds something")
    yield from go_and_look(control, target)
    reach, thing = yield from _take_hold(control, target)
    held = control.held
    try:
        yield from _bring_out(control, reach)
    except Failed as failure:
        if failure.status is Status.SLIPPED:  # torn off the tie, yet it may still be between the fingers
            caught = yield from _close(control, thing)
            if not caught:
                control.grip.release()
                raise
            control.held = held  # it lies in the hand as it did: where it was measured, it is not any more
        yield from fold(control)  # held up on the way, but it is in the hand: farther off, and once more
    yield from look(control, target.box_world.center)
    if not control.grip.attached:
        raise Failed(Status.SLIPPED, f"the {target.label} slipped out of the hand")


def look(control: Control, point: F64, fresh: bool = False) -> Motion:
    """Turn the head to ``point`` (3,) and take a frame."""
    yield from control.look_at(point)
    yield from control.wait(0.1)
    control.capture(fresh)


def go_and_look(control: Control, target: Target) -> Motion:
    """Get to where the target can be reached from, unless it is near already, and take a fresh look at it."""
    center = target.box_world.center
    if np.linalg.norm(control.body.base_pose()[:2] - center[:2]) > _LOOK_FROM:
        yield from fold(control)
        yield from go_near(control, target)
    yield from fold(control)
    yield from look(control, center, fresh=True)


def go_near(control: Control, target: Target) -> Motion:
    """Drive to a place from which the target can be reached, as far as belief and map can tell."""
    avoid: list[F64] = []
    for last in (False, True):
        reach = choose(control, target, believed(target), avoid)
        try:
            yield from drive_to(control, behind(reach.base, reach.back))
            break
        except Failed as failure:
            if last or failure.status is not Status.BLOCKED:
                raise
            avoid.append(reach.base)  # what was seen on the way may leave another place
            control.body.freeze()
    yield from control.look_at(target.box_world.center)


def believed(target: Target) -> Measured:
    """The belief about a thing in the shape of a measurement."""
    empty = np.zeros((0, 3))
    found = measure(empty, target.box_world, target.box_world.center + np.array([1.0, 0.0, 1.0]))
    assert found is not None
    return found


def choose(control: Control, target: Target, thing: Measured, avoid: Sequence[F64] = ()) -> Reach:
    """A stand and a grasp, or the failure that says why there is none; none near the stands (3,) in ``avoid``."""
    control.scan()
    here = control.body.base_pose()
    camera = control.body.T_world_cam()[:3, 3]
    plan = FloorPlan(control.voxels, here)
    obstacles = Obstacles(control.cloud, control.voxels, thing.center, ignore=target.box_world)
    hands = grasps(thing, camera)
    found = plan_reach(hands[:_BEST], plan, here, obstacles, avoid=avoid, more=hands[_BEST:])
    if isinstance(found, NoReach):
        if found.crowded:
            raise Failed(Status.BLOCKED, f"no free way for the arm to the {target.label}")
        raise Failed(Status.OUT_OF_REACH, f"the arm does not get to the {target.label}")
    return found


def approach(control: Control, reach: Reach) -> Motion:
    """Drive to behind the stand, unfold the arm there, drive up to the stand."""
    dock = behind(reach.base, reach.back)
    if np.linalg.norm(control.body.base_pose()[:2] - dock[:2]) > 0.02:
        yield from drive_to(control, dock)
    else:
        yield from drive_straight(control, dock)
    yield from control.unfold(reach.q_pre, reach.lift)
    yield from drive_straight(control, reach.base)


def withdraw(control: Control, reach: Reach) -> Motion:
    """Back out the way the hand came in, and fold the arm."""
    yield from control.move_line(reach.hand.T_pre)
    yield from drive_straight(control, behind(reach.base, reach.back))
    yield from control.tuck()


def _take_hold(control: Control, target: Target) -> Generator[None, None, tuple[Reach, Measured]]:
    """Measure it, reach for it, close; three times at most. The way of the hand, and what it holds now."""
    avoid: list[F64] = []
    for attempt in range(1, _ATTEMPTS + 1):
        thing = measure(control.cloud, target.box_world, control.body.T_world_cam()[:3, 3])
        if thing is None:
            raise Failed(Status.NOT_THERE, f"nothing stands where the {target.label} should be")
        reach = choose(control, target, thing, avoid)
        try:
            yield from approach(control, reach)
            if (yield from _grasp(control, reach, thing)):
                return reach, thing
            yield from withdraw(control, reach)
        except Failed as failure:
            if attempt == _ATTEMPTS or failure.status not in HELD_UP:
                raise
            avoid.append(reach.base)  # there is something that was not seen: another way in
            control.body.freeze()
            control.grip.release()
            yield from fold(control)
        yield from look(control, target.box_world.center, fresh=True)
    raise Failed(Status.NOT_THERE, f"the hand closed on nothing at the {target.label}")


def _grasp(control: Control, reach: Reach, thing: Measured) -> Generator[None, None, bool]:
    """Go in, close, tie. True once something is held."""
    control.grip.command(reach.hand.opening)
    yield from control.move_line(reach.hand.T, speed=0.22)
    held = yield from _close(control, thing)
    if not held:
        control.grip.release()
    return held


def _close(control: Control, thing: Measured) -> Generator[None, None, bool]:
    """Close the fingers where the hand is, and tie what is between them to it. True once something is held."""
    grip = control.grip
    grip.command(0.0, SQUEEZE)
    for _ in range(30):
        control.tick()
        yield
        if grip.touching():
            control.body.freeze()  # what presses on the table now would pull on the tie afterwards
            for _ in range(4):  # let the squeeze settle, so that the tie freezes no sliding
                control.tick()
                yield
            if grip.attach(handle=False):
                control.held = carried(thing, control.tcp())
                return True
        if control.body.width() < _CLOSED:
            break
    return False


def _ease(control: Control) -> Motion:
    """Hold what is strained in the fingers as it lies there."""
    for _ in range(3):
        if not control.grip.ease():
            return
        yield from control.wait(0.05)


def _bring_out(control: Control, reach: Reach) -> Motion:
    up = reach.hand.T.copy()
    up[2, 3] += 0.05
    yield from control.move_line(up)
    yield from _ease(control)
    out = reach.hand.T_pre.copy()
    out[2, 3] = max(out[2, 3], up[2, 3])
    yield from control.move_line(out)
    # away from the furniture first: folding sweeps what is held through the air that it was lifted out of
    yield from back_off(control, behind(reach.base, 0.0), (0.55, 0.48, 0.42, 0.36, reach.back))
    yield from control.move_arm(READY, lift=LIFT_RANGE[0])
    yield from control.tuck()
