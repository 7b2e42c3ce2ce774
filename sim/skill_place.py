"""Placing: look at the surface, choose a free spot, lower what is held until it rests, let go."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from ..contracts import Status, Target
from ..geometry import F64, Box
from .body import FOOTPRINT
from .collision import Obstacles
from .control import Control, Motion
from .grasps import Carried, before, hand_rotation
from .navigation import FloorPlan
from .one_action import Failed
from .reach import Hand, NoReach, Reach, plan_reach
from .skill_navigate import behind, drive_straight, drive_to, fold
from .skill_pick import HELD_UP, approach, look
from .spots import Spot, find_spots

_TURNS = ((0.0, 0.0), (-15.0, 0.06), (15.0, 0.06), (-30.0, 0.2), (25.0, 0.15), (35.0, 0.3))
"""Degrees by which a thing may be tilted against how it was picked up, and how much that is disliked."""
_STEP = 0.6  # metres between places that look at a thing from different sides
_LANDED = 14.0  # newtons more than the weight: it stands on something


def place(
    control: Control, target: Target, relation: str | None, position: tuple[float, float, float] | None
) -> Motion:
    """Set what is held down on or in ``target``, at ``position`` (world metres) if that is free."""
    held = control.held
    if not control.grip.attached or held is None:
        raise Failed(Status.HANDS_EMPTY, "there is nothing in the hand")
    inside = relation == "in" or (relation is None and target.handle_world is not None)
    wish = None if position is None else np.array(position[:2])
    yield from face(control, target.box_world, wish, inside, beside=seen_into(target) if inside else None)
    reach = yield from _get_there(control, target, held, wish, inside)
    yield from _set_down(control, reach)
    try:
        yield from control.move_line(reach.hand.T_pre)
        yield from drive_straight(control, behind(reach.base, reach.back))
        yield from control.tuck()
    except Failed:  # what was set down stands, however the arm comes out
        control.body.freeze()
        yield from fold(control)
    yield from look(control, reach.hand.T[:3, 3])


def _get_there(
    control: Control, target: Target, held: Carried, wish: F64 | None, inside: bool
) -> Generator[None, None, Reach]:
    """Bring the hand before a free spot: from another side, or from another stand, where the first was no good."""
    box, sides = target.box_world, [control.body.base_pose()]
    avoid: list[F64] = []
    for last in (False, False, True):
        try:
            spots = find_spots(control.cloud, box, inside, held.radius, held.height, wish, control.body.base_pose()[:2])
            if not spots:
                raise Failed(Status.OCCUPIED, f"no free spot was seen {'in' if inside else 'on'} the {target.label}")
            reach = _choose(control, target, held, spots, inside, avoid)
        except Failed as failure:
            if last or inside:
                raise
            yield from _another_side(control, box, wish, sides, failure)
            continue
        try:
            yield from approach(control, reach)
            return reach
        except Failed as failure:
            if last or failure.status not in HELD_UP:
                raise
            avoid.append(reach.base)
            control.body.freeze()
            yield from fold(control)
            yield from look(control, reach.hand.T[:3, 3], fresh=True)
    raise AssertionError("the last try returns or raises")


def _another_side(control: Control, box: Box, wish: F64 | None, sides: list[F64], failure: Failed) -> Motion:
    """Add a look from somewhere else than ``sides``; ``failure`` again where there is nowhere else."""
    try:
        goal = stand_before(control, box, wish, other_than=sides)
    except Failed:
        raise failure from None
    yield from drive_to(control, goal)
    sides.append(control.body.base_pose())
    point = box.center if wish is None else np.array([*wish, 0.0])
    yield from look(control, np.array([*point[:2], box.bounds()[1][2]]))


def seen_into(target: Target) -> F64 | None:
    """The direction (2,) in which to stand off as little as can be to look in; None for what has no handle.

    A drawer is looked into from its side, as its front hides the tray; a cabinet from before it, as its door may hide the
    inside from anywhere else.
    """
    out = front_of(target)
    tall = target.box_world.size[2] > 0.4
    return out if out is None or not tall else np.array([-out[1], out[0]])


def front_of(target: Target) -> F64 | None:
    """The direction (2,) out of the side of a piece of furniture that its handle is before, open or shut."""
    if target.handle_world is None:
        return None
    box = target.box_world
    local = box.T_ref_box[:3, :3].T @ (target.handle_world.center - box.center)
    axis = int(np.argmax(np.abs(local[:2]) - box.size[:2] / 2))
    return np.asarray(np.sign(local[axis]) * box.T_ref_box[:2, axis])


def face(control: Control, box: Box, wish: F64 | None, inside: bool, beside: F64 | None = None) -> Motion:
    """Stand before a piece of furniture, near ``wish`` (2,) if given, and look at it with the arm folded.

    ``beside`` (2,) is a direction in which to stand off from its middle as little as can be.
    """
    yield from fold(control)
    try:
        yield from drive_to(control, stand_before(control, box, wish, beside=beside))
    except Failed as failure:
        if failure.status is not Status.BLOCKED:
            raise
        yield from drive_to(
            control, stand_before(control, box, wish)
        )  # what was seen on the way may leave another place
    point = box.center.copy()
    if not inside:
        point[2] = box.bounds()[1][2]
    if wish is not None:
        point[:2] = wish
    yield from look(control, point, fresh=True)
    heading = point[:2] - control.body.base_pose()[:2]
    across = np.array([-heading[1], heading[0]]) / max(float(np.linalg.norm(heading)), 1e-6)
    if wish is None and not inside and float(np.abs(box.T_ref_box[:2, :2].T @ across) @ box.size[:2]) > 1.0:
        for side in (-0.45, 0.45):
            yield from look(control, np.array([*(point[:2] + side * across), point[2]]))


def stand_before(
    control: Control,
    box: Box,
    wish: F64 | None,
    away: float = 0.50,
    beside: F64 | None = None,
    other_than: Sequence[F64] = (),
) -> F64:
    """A base pose (x, y, yaw) on free floor about ``away`` metres from the box, near its middle or ``wish`` (2,).

    ``other_than``: places (2,) or (3,) that it has to be a good step away from.
    """
    control.scan()
    here = control.body.base_pose()
    plan = FloorPlan(control.voxels, here)
    aim = box.center[:2] if wish is None else wish
    radius, bearing = np.meshgrid(np.arange(0.4, 1.7, 0.08), np.arange(48) * np.pi / 24, indexing="ij")
    xy = (aim - np.stack([radius * np.cos(bearing), radius * np.sin(bearing)], axis=-1)).reshape(-1, 2)
    travel = plan.cost(xy)
    ok = np.isfinite(travel) & (plan.room(xy) >= FOOTPRINT + 0.04) & plan.known(xy)
    flat = np.concatenate([xy, np.full((len(xy), 1), box.center[2])], axis=1)
    R, half = box.T_ref_box[:3, :3], box.size / 2
    near = box.center + np.clip((flat - box.center) @ R, -half, half) @ R.T  # of the box, to each place
    ok &= ~plan.walled(xy, near[:, :2])  # the next room is no place before it
    for place in other_than:
        ok &= (np.linalg.norm(xy - place[:2], axis=1) > _STEP) & (box.distance(flat) < away + _STEP)
    if not ok.any():
        raise Failed(Status.BLOCKED, "no free floor in front of it")
    xy, travel, flat = xy[ok], travel[ok], flat[ok]
    gap = np.abs(box.distance(flat) - away)
    cost = 0.12 * travel + 1.5 * gap + 0.6 * np.linalg.norm(xy - aim, axis=1)
    if beside is not None:
        cost = cost + 1.5 * np.abs((xy - aim) @ beside)
    best = xy[int(np.argmin(cost))]
    return np.array([*best, np.arctan2(*(aim - best)[::-1])])


def _choose(
    control: Control, target: Target, held: Carried, spots: list[Spot], inside: bool, avoid: Sequence[F64]
) -> Reach:
    here = control.body.base_pose()
    plan = FloorPlan(control.voxels, here)
    crowded = False
    for spot in spots:
        obstacles = Obstacles(control.cloud, control.voxels, np.array([*spot.xy, spot.level]))
        hands = place_hands(spot, held, inside)
        found = plan_reach(hands, plan, here, obstacles, carried=held.points, carried_radius=0.012, avoid=avoid)
        if not isinstance(found, NoReach):
            return found
        crowded |= found.crowded
    if crowded:
        raise Failed(Status.BLOCKED, f"no free way for the arm to a spot {'in' if inside else 'on'} the {target.label}")
    raise Failed(Status.OUT_OF_REACH, f"the arm does not get to a free spot of the {target.label}")


def place_hands(spot: Spot, held: Carried, inside: bool) -> list[Hand]:
    """Hand poses that set the held thing down upright (or nearly) on ``spot``, from all sides."""
    out = []
    ways = ((0.23, 0.0, 0.0), (0.10, 0.05, 0.02), (0.06, 0.08, 0.04)) if inside else ((0.10, 0.04, 0.0),)
    for turn, dislike in _TURNS:
        pitch = held.pitch + np.deg2rad(turn)
        if not 0.1 < pitch < np.deg2rad(95):
            continue
        for azimuth in np.arange(16) * np.pi / 8:
            for flip in (False, True):
                T = np.eye(4)
                T[:3, :3] = hand_rotation(azimuth, pitch, flip)
                rise = 0.006 + held.radius * abs(float(np.sin(np.deg2rad(turn))))
                T[:3, 3] = (*spot.xy, spot.level + held.grip_height + rise)
                out += [Hand(T, before(T, up, back), dislike + extra) for up, back, extra in ways]
    return out


def _set_down(control: Control, reach: Reach) -> Motion:
    grip = control.grip
    loads: list[float] = []

    def landed() -> bool:
        loads.append(grip.load)
        return len(loads) > 6 and min(loads[-2:]) > loads[4] + _LANDED

    try:
        yield from control.move_line(reach.hand.T, speed=0.12, until=landed)
    except Failed as failure:
        if failure.status is not Status.SLIPPED or control.tcp()[2, 3] > reach.hand.T[2, 3] + 0.03:
            raise  # but what comes off the hand on touching down is down
    control.body.freeze()
    yield from control.wait(0.1)
    grip.release()
    control.held = None
    yield from control.wait(0.25)
