"""Looking: at one thing, or all around."""

from __future__ import annotations

import numpy as np

from ..contracts import Target
from ..geometry import F64
from .body import FOOTPRINT
from .control import Control, Motion
from .navigation import FloorPlan
from .skill_navigate import drive_to, fold
from .skill_pick import look
from .skill_place import seen_into, stand_before

FAR = 2.0
"""Metres from which a thing is looked at without driving nearer."""
PANS = np.deg2rad([-156, -104, -52, 0, 52, 104, 156])
"""Stops of the head on its way full circle."""
_TILT = 0.42


def look_at(control: Control, target: Target) -> Motion:
    """One good look at ``target``, from nearby, and a second one a little later."""
    yield from fold(control)
    box = target.box_world
    if box.distance(np.array([*control.body.base_pose()[:2], box.center[2]])) > FAR - 0.6:
        yield from drive_to(control, stand_before(control, box, None, away=0.7, beside=seen_into(target)))
    yield from look(control, box.center, fresh=True)
    yield from control.wait(0.1)
    control.capture()


def look_around(control: Control, first: bool) -> Motion:
    """Turn the head full circle; the ``first`` time also from a second place with a view of what the first one hid."""
    yield from fold(control)
    yield from sweep(control, PANS, _TILT)
    if first:
        goal = _vantage(control)
        if goal is not None:
            yield from drive_to(control, goal)
            yield from sweep(control, PANS, _TILT)


def sweep(control: Control, pans: F64, tilt: float) -> Motion:
    """Turn the head to each of ``pans`` in that order, ``tilt`` down (rad), with a frame at each stop; a scan at the end."""
    for pan in pans:
        yield from control.turn_head(float(pan), tilt)
        yield from control.wait(0.06)
        control.capture()
    control.scan()


def _vantage(control: Control) -> F64 | None:
    """A roomy place about as far from here as the free floor goes, heading back here."""
    here = control.body.base_pose()
    plan = FloorPlan(control.voxels, here)
    grid = here[:2] + np.stack(np.meshgrid(np.arange(-3, 3.1, 0.2), np.arange(-3, 3.1, 0.2)), axis=-1).reshape(-1, 2)
    travel = plan.cost(grid)
    good = np.isfinite(travel) & (plan.room(grid) > FOOTPRINT + 0.10) & plan.known(grid)
    away = np.linalg.norm(grid - here[:2], axis=1)
    good &= (away > 1.2) & (travel < 6.0)
    if not good.any():
        return None
    best = grid[good][int(np.argmax(away[good]))]
    return np.array([*best, np.arctan2(*(here[:2] - best)[::-1])])
