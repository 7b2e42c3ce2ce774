"""Getting to know a house: look around, drive to where most floor that was not looked at would come into view, again.

A next-best-view search on the robot's own map (Connolly, "The determination of next best views", 1985): what a place would
show is found by rays over the map's columns at the height of the camera, so tables are looked over and wardrobes are not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contracts import Status
from ..geometry import F64, BoolArray
from .body import FOOTPRINT
from .control import Control, Motion
from .navigation import FloorPlan
from .one_action import Failed
from .skill_look import PANS, sweep
from .skill_navigate import drive_to, fold
from .voxels import CELL, VoxelMap

_BLOCK = 4  # cells of the map along the edge of a cell here: the scanner's rays leave gaps in finer ones
_EDGE = _BLOCK * CELL
_SIGHT = (1.12, 1.48)  # metres above the floor between which something is in the camera's way
_FAR = 3.4  # metres within which a thing counts as looked at
_WORTH = 1.5  # square metres that a place has to show to be driven to
_TRIP = 2.0  # metres of driving that another look around costs, about
_MOST = 30  # looks around
_TILT = 0.24  # rad: from the floor at 2 m up to 2 m above it at 4 m


def explore(control: Control) -> Motion:
    """Look around in every room that can be reached; ends when no place would show much more."""
    yield from fold(control)
    looked = Looked(control.voxels)
    for _ in range(_MOST):
        ahead = float(control.body.target["head_pan"]) < 0
        yield from sweep(control, PANS if ahead else PANS[::-1], _TILT)  # from whichever end is nearer
        looked.add(control.body.base_pose()[:2])
        while (goal := looked.next_view(control.body.base_pose())) is not None:
            try:
                yield from drive_to(control, goal)
                break
            except Failed as failure:
                if failure.status is not Status.BLOCKED:
                    raise
                looked.give_up(goal[:2])
                control.body.freeze()
        else:
            return


class Looked:
    """Which floor of a map was looked at from nearby, and from where to see the rest."""

    def __init__(self, voxels: VoxelMap) -> None:
        self._map = voxels
        n = voxels.filled.shape[0] // _BLOCK
        self.seen: BoolArray = np.zeros((n, n), dtype=np.bool_)
        self._avoid: list[F64] = []

    def add(self, xy: F64) -> None:
        """The camera turned full circle at ``xy`` (2,)."""
        at, open_, _ = self._rays(np.asarray(xy)[None], 240)
        self.seen[tuple(at[open_].T)] = True

    def give_up(self, xy: F64) -> None:
        """There is no way to ``xy`` (2,) after all: nothing near it is proposed again."""
        self._avoid.append(np.array(xy))

    def gain(self, xy: F64) -> F64:
        """Square metres (N,) not looked at yet that would be in view from points (N, 2)."""
        at, open_, area = self._rays(xy, 60)
        fresh = open_ & ~self.seen[at[..., 0], at[..., 1]]
        return np.asarray((fresh * area).sum(axis=(1, 2)))

    def next_view(self, here: F64) -> F64 | None:
        """The pose (3,) that is most worth driving to from ``here`` (3,); None when none is."""
        plan = FloorPlan(self._map, here)
        n = self.seen.shape[0]
        grid = self._map.origin[:2] + (np.moveaxis(np.indices((n, n)), 0, -1)[::2, ::2].reshape(-1, 2) + 0.5) * _EDGE
        travel = plan.cost(grid)
        good = np.isfinite(travel) & (plan.room(grid) > FOOTPRINT + 0.06) & plan.known(grid)
        for bad in self._avoid:
            good &= np.linalg.norm(grid - bad, axis=1) > 0.5
        if not good.any():
            return None
        grid, travel = grid[good], travel[good]
        gain = self.gain(grid)
        worth = np.where(gain >= _WORTH, gain / (travel + _TRIP), 0.0)
        best = int(np.argmax(worth))
        return None if worth[best] == 0.0 else np.array([*grid[best], here[2]])

    def _rays(self, xy: F64, count: int) -> tuple[NDArray[np.int64], BoolArray, F64]:
        """Rays from points (N, 2): cells (N, count, S, 2), True (N, count, S) where in view, and each sample's m² (S,)."""
        low, high = (round(z / CELL) for z in _SIGHT)
        n = self.seen.shape[0]
        columns = self._map.filled[: n * _BLOCK, : n * _BLOCK, low:high].reshape(n, _BLOCK, n, _BLOCK, high - low)
        tall = np.asarray(columns.any(axis=(1, 3, 4)))
        angles = np.arange(count) * 2 * np.pi / count
        steps = np.arange(_EDGE, _FAR, _EDGE)
        way = steps[None, :, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)[:, None]
        at = np.floor((xy[:, None, None] + way - self._map.origin[:2]) / _EDGE).astype(np.int64)
        within = ((at >= 0) & (at < n)).all(axis=-1)
        at = np.clip(at, 0, n - 1)
        shut = np.logical_or.accumulate(tall[at[..., 0], at[..., 1]] | ~within, axis=2)
        return at, ~shut, steps * _EDGE * (2 * np.pi / count)
