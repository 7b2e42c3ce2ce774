"""The robot's own obstacle map: voxels that range readings filled or cleared, and how much room the floor leaves.

Every reading is a ray: what it passed is empty, where it ended is filled. So a door that was opened or a chair that was
moved corrects itself as soon as it is seen again. The floor plan is the map's columns up to the robot's height. What is seen
below the floor (down a stairwell) is a hole in it: no free floor, until a ray ends on the floor there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64, BoolArray

CELL = 0.04
"""Edge of a voxel in metres."""
_FLOOR = 0.05  # readings below are the floor itself
_DROP = 3  # cells below the floor from which on a reading says that there is no floor
_BRINK = 8  # cells around a hole in which only floor that was touched counts as floor
_MAX_CLEARANCE = 16  # cells; distances beyond are not told apart


class VoxelMap:
    """Voxels around ``center`` (x, y) in the world, ``extent`` metres square and ``height`` metres high."""

    def __init__(self, center: tuple[float, float], extent: float = 10.0, height: float = 1.6) -> None:
        n = round(extent / CELL)
        self.origin = np.array([center[0] - extent / 2, center[1] - extent / 2, 0.0])
        self.filled: BoolArray = np.zeros((n, n, round(height / CELL)), dtype=np.bool_)
        self.seen: BoolArray = np.zeros((n, n), dtype=np.bool_)
        self.floor: BoolArray = np.zeros((n, n), dtype=np.bool_)
        self.hole: BoolArray = np.zeros((n, n), dtype=np.bool_)

    def integrate(self, start: F64, ends: F64, hit: BoolArray) -> None:
        """Add rays from ``start`` (3,) to ``ends`` (N, 3) in world metres; ``hit`` (N,) is False where nothing was met."""
        if len(ends) == 0:
            return
        way = ends - start
        length = np.linalg.norm(way, axis=1)
        steps = np.arange(0.25, max(float(length.max()), 0.3), CELL * 0.75)
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = way / np.maximum(length, 1e-9)[:, None]
        passed = steps[None, :] < (length - np.where(hit, 1.5 * CELL, 0.0))[:, None]
        rows, columns = np.nonzero(passed)
        free = self._index(start + unit[rows] * steps[columns, None])
        full = self._index(ends[hit])
        x, y, z = free[(free[:, 2] >= 0)].T
        inside = z < self.filled.shape[2]
        self.filled[x[inside], y[inside], z[inside]] = False
        self.seen[x, y] = True
        x, y, z = full[(full[:, 2] >= 0) & (full[:, 2] < self.filled.shape[2])].T
        self.filled[x, y, z] = True
        self.seen[x, y] = True
        x, y, z = full.T
        level = (z == -1) | (z == 0)
        self.floor[x[level], y[level]] = True
        self.hole[x[level], y[level]] = False
        for deep in (free[free[:, 2] < -_DROP], full[z < -_DROP]):
            self.hole[deep[:, 0], deep[:, 1]] = True
            self.floor[deep[:, 0], deep[:, 1]] = False

    def no_floor(self) -> BoolArray:
        """True (n, n) for holes and their brink: from afar the floor's edge hides where the hole begins."""
        if not self.hole.any():
            return self.hole
        near = self.hole.copy()
        for axis in (0, 1):
            wide = near.copy()
            for k in range(1, _BRINK + 1):
                wide |= np.roll(near, k, axis) | np.roll(near, -k, axis)
            near = wide
        return np.asarray(self.hole | (near & ~self.floor))

    def _index(self, points: F64) -> NDArray[np.int64]:
        """Voxel indices (M, 3) of the points (N, 3) that lie over the map; z may be out of range."""
        i = np.floor((points - self.origin) / CELL).astype(np.int64)
        n = self.filled.shape[0]
        return np.asarray(i[((i[:, :2] >= 0) & (i[:, :2] < n)).all(axis=1)])

    def points(self, lower: F64, upper: F64) -> F64:
        """Centres (N, 3) of the filled voxels between two corners (3,)."""
        lo = np.clip(np.floor((lower - self.origin) / CELL).astype(int), 0, self.filled.shape)
        hi = np.clip(np.ceil((upper - self.origin) / CELL).astype(int), 0, self.filled.shape)
        part = self.filled[lo[0] : hi[0], lo[1] : hi[1], lo[2] : hi[2]]
        return np.asarray((np.argwhere(part) + lo + 0.5) * CELL + self.origin)

    def clearance(self) -> F64:
        """Distance (n, n) in metres from each cell's centre to the nearest obstacle or hole; at most 0.64.

        Separable distance transform: nearest obstacle along x by dilation, then the best over offsets in y.
        """
        blocked: BoolArray = np.asarray(self.filled[:, :, round(_FLOOR / CELL) :].any(axis=2)) | self.no_floor()
        far = float(_MAX_CLEARANCE)
        along = np.where(blocked, 0.0, far)
        for k in range(1, _MAX_CLEARANCE):
            along[k:] = np.minimum(along[k:], np.where(blocked[:-k], k, far))
            along[:-k] = np.minimum(along[:-k], np.where(blocked[k:], k, far))
        squared = along**2
        best = squared.copy()
        for k in range(1, _MAX_CLEARANCE):
            best[:, k:] = np.minimum(best[:, k:], squared[:, :-k] + k * k)
            best[:, :-k] = np.minimum(best[:, :-k], squared[:, k:] + k * k)
        return np.asarray(np.sqrt(best) * CELL)

    def cell(self, xy: F64) -> NDArray[np.int64]:
        """Cell indices (..., 2) of world points (..., 2), clipped to the map."""
        i = np.floor((np.asarray(xy) - self.origin[:2]) / CELL).astype(np.int64)
        return np.asarray(np.clip(i, 0, self.filled.shape[0] - 1))
