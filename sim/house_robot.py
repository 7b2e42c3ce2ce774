"""The mobile manipulator in a house: the kitchen's body and skills, and a first look that goes through all rooms."""

from __future__ import annotations

import numpy as np

from ..contracts import Action, Status, Target, Verb
from ..geometry import F64, Box, PinholeCamera
from .body import FOOTPRINT
from .control import Control, Motion
from .house_explore import explore
from .navigation import FloorPlan
from .one_action import Failed
from .procedural import HouseWorld
from .robot import KitchenRobot
from .skill_look import look_at
from .skill_navigate import drive_to, fold
from .skill_pick import look
from .skill_place import stand_before

_PIECE, _LOW = 0.45, 1.05  # metres: wider is furniture, and lower is looked down on
_NEAR = 0.36  # metres from it that the robot's middle can be
_SIDES = 2  # of a piece that are looked at for its handle
_FROM = np.array(
    [(d, aside) for aside in (0.0, 0.2, -0.2, 0.4, -0.4, 0.6, -0.6) for d in (0.85, 0.95, 0.75, 1.1, 0.65, 0.55)]
)
"""Metres (K, 2) from the middle of a side, out of it and along it, to look at it from, the best first."""


class HouseRobot(KitchenRobot):
    """``KitchenRobot`` in a ``HouseWorld``. It is given no floor plan: the first look around goes wherever its map shows
    a way to what it has not seen (``explorer`` False: it turns on the spot as in a kitchen). It drives on wheels: it stays on
    the floor where it starts, which is height 0 of its map; the map of another floor has another ``map_id``."""

    time_limit = 600.0
    """Simulated seconds for one action: getting to know eight rooms takes minutes."""

    def __init__(
        self, world: HouseWorld, *, seed: int = 0, camera: PinholeCamera | None = None, explorer: bool = True
    ) -> None:
        self.map_id = f"house-{world.house.seed}" + (f"-floor-{world.floor}" if world.floor else "")
        super().__init__(world, seed=seed, camera=camera)
        self._explorer = explorer

    def _skill(self, action: Action) -> Motion:
        if action.verb is Verb.LOOK and action.target is None and not self._surveyed and self._explorer:
            self._surveyed = True
            return explore(self._control)
        if action.verb is Verb.LOOK and action.target is not None and _looked_down_on(action.target):
            return look_down(self._control, action.target)
        if action.verb in (Verb.OPEN, Verb.CLOSE) and action.target is not None and action.target.handle_world is None:
            return _look_for_handle(self._control, action.target)
        return super()._skill(action)


def _looked_down_on(target: Target) -> bool:
    """Is it furniture whose top is below the camera: a worktop, a sink?"""
    return max(target.box_world.size[:2]) > _PIECE and float(target.box_world.bounds()[1][2]) < _LOW


def look_down(control: Control, target: Target) -> Motion:
    """A look as at anything, and from as near as can be along the top: what lies in a sink is small, and behind its rim."""
    yield from look_at(control, target)
    box = target.box_world
    try:
        yield from drive_to(control, stand_before(control, box, None, away=_NEAR))
    except Failed as failure:
        if failure.status is not Status.BLOCKED:
            raise
        control.body.freeze()  # it was looked at from where there is room
        return
    axis = int(np.argmax(box.size[:2]))
    along = box.T_ref_box[:3, axis] * box.size[axis] / 4
    for point in (box.center - along, box.center + along):
        yield from look(control, np.array([*point[:2], box.bounds()[1][2] - 0.1]))


def _look_for_handle(control: Control, target: Target) -> Motion:
    """A handle is a few pixels from across a room: look at the front from before it, so that whoever asked may ask again.

    Which side is the front cannot be told from the box of a piece; the wide sides that somebody can stand before are looked
    at, and of a tall piece the lower and the upper half.
    """
    yield from fold(control)
    box, seen = target.box_world, 0
    low, high = box.bounds()
    heights = np.unique(
        np.clip([low[2] + 0.35, (low[2] + high[2]) / 2, 1.25], low[2] + 0.1, max(high[2] - 0.1, low[2] + 0.1))
    )
    for stand, face_xy in stands(control, box):
        try:
            yield from drive_to(control, stand)
        except Failed as failure:
            if failure.status is not Status.BLOCKED:
                raise
            control.body.freeze()
            continue
        seen += 1
        for z in heights:
            yield from look(control, np.array([*face_xy, z]))
        if seen == _SIDES:
            break
    if not seen:
        raise Failed(Status.BLOCKED, f"there is no place before the {target.label} to look for its handle from")
    raise Failed(
        Status.NOT_THERE, f"no handle of the {target.label} was known; it was looked at from before it just now"
    )


def stands(control: Control, box: Box) -> list[tuple[F64, F64]]:
    """Places (x, y, yaw) to look at the sides of ``box`` from, and the middle (2,) of each side: the likeliest front first."""
    control.scan()
    plan = FloorPlan(control.voxels, control.body.base_pose())
    found: list[tuple[float, F64, F64]] = []
    for axis in (0, 1):
        for sign in (-1.0, 1.0):
            out = sign * box.T_ref_box[:2, axis]
            side = box.center[:2] + out * box.size[axis] / 2
            at = side + _FROM[:, :1] * out + _FROM[:, 1:] * np.array([-out[1], out[0]])
            free = (plan.room(at) >= FOOTPRINT + 0.02) & plan.known(at) & np.isfinite(plan.cost(at))
            free &= ~plan.walled(at, side)
            if free.any():
                best = at[int(np.argmax(free))]
                narrow = 1.0 - float(box.size[1 - axis] / max(box.size[:2].max(), 1e-6))
                pose = np.array([*best, np.arctan2(*(side - best)[::-1])])
                found.append((narrow + 0.1 * float(plan.cost(best)), pose, side))
    return [(pose, side) for _, pose, side in sorted(found, key=lambda f: f[0])]
