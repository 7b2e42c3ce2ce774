"""Ways over the floor: shortest paths that keep away from obstacles, on the clearance of the robot's own map."""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..geometry import F64, BoolArray
from .body import FOOTPRINT
from .voxels import CELL, VoxelMap

ROOMY = 0.42
"""Metres of clearance that a path prefers: enough to turn with the arm tucked."""
_STRIDE = 2  # the search runs on every second cell
_HIGH = 1.52  # metres above the floor where only walls, tall cupboards and what hangs on walls is
_BELOW = (1.16, 1.24)  # metres: above what stands on counters, below what hangs over them: the arm reaches in there
_BESIDE = 0.12  # metres from a thing within which a wall is behind it
_UNSEEN = 4.0  # how much dearer a step over floor is that was never seen


class Floor:
    """The floor as it was known at one moment: how much room there is where."""

    def __init__(self, voxels: VoxelMap) -> None:
        self._map = voxels
        self._seen = voxels.seen
        self.clearance = voxels.clearance()

    def room(self, xy: F64) -> F64:
        """Clearance (...,) in metres at world points (..., 2)."""
        i = self._map.cell(xy)
        return np.asarray(self.clearance[i[..., 0], i[..., 1]])

    def known(self, xy: F64) -> BoolArray:
        """True (...,) where the floor was seen."""
        i = self._map.cell(xy)
        return np.asarray(self._seen[i[..., 0], i[..., 1]])

    def walled(self, xy: F64, to: F64) -> BoolArray:
        """True (N,) where a wall, or something as high, stands between points (N, 2) and ``to``, (2,) or (N, 2)."""
        filled = self._map.filled
        tall = _widened(filled[:, :, round(_HIGH / CELL) :].any(axis=2))
        tall &= _widened(filled[:, :, round(_BELOW[0] / CELL) : round(_BELOW[1] / CELL)].any(axis=2))
        way = np.asarray(xy) - to
        length = np.linalg.norm(way, axis=1)
        steps = np.arange(_BESIDE, max(float(length.max(initial=0.0)), _BESIDE) + CELL / 2, CELL / 2)
        along = way / np.maximum(length, 1e-9)[:, None]
        i = self._map.cell(np.reshape(to, (-1, 1, 2)) + steps[None, :, None] * along[:, None]) + 1
        return np.asarray((tall[i[..., 0], i[..., 1]] & (steps[None] < length[:, None])).any(axis=1))

    def free(self, path: F64, least: float = FOOTPRINT) -> bool:
        """True if the whole ``path`` (N, 2), but for its first steps, keeps ``least`` metres from obstacles."""
        dense = _dense(path)
        away = np.linalg.norm(dense - path[0], axis=1) > 0.15
        return bool((self.room(dense[away]) >= least).all())


class FloorPlan(Floor):
    """The floor, and the cost of reaching every place on it from ``start`` (x, y)."""

    def __init__(self, voxels: VoxelMap, start: F64) -> None:
        super().__init__(voxels)
        self._coarse = self.clearance[::_STRIDE, ::_STRIDE]
        seen = voxels.seen[::_STRIDE, ::_STRIDE]
        crowded = np.clip((ROOMY - self._coarse) / (ROOMY - FOOTPRINT), 0.0, 1.0)
        self._price = (1.0 + 3.0 * crowded) * np.where(seen, 1.0, _UNSEEN)
        self._start = np.array(start[:2], dtype=np.float64)
        self._cost, self._parent = self._search()

    def cost(self, xy: F64) -> F64:
        """Travel cost (...,), about metres, from the start to world points (..., 2); ``inf`` where there is no way."""
        i = self._map.cell(xy) // _STRIDE
        return np.asarray(self._cost[i[..., 0], i[..., 1]])

    def open_at(self, xy: F64) -> bool:
        """True if the base has room at ``xy`` (2,) and there is a way to it."""
        return bool(self.room(xy) >= FOOTPRINT and np.isfinite(self.cost(xy)))

    def path(self, goal: F64) -> F64 | None:
        """Waypoints (N ≥ 2, 2) from the start to ``goal`` (2,), straightened; None when there is no way."""
        goal = np.asarray(goal[:2], dtype=np.float64)
        i = tuple(int(v) for v in self._map.cell(goal) // _STRIDE)
        if not np.isfinite(self._cost[i]):
            return None
        cells = [i]
        size = self._parent.shape[1]
        while (parent := int(self._parent[cells[-1]])) >= 0:
            cells.append((parent // size, parent % size))
        points = self._map.origin[:2] + (np.array(cells[::-1]) * _STRIDE + 0.5) * CELL
        points = np.concatenate([self._start[None], points[1:-1], goal[None]])
        return self._straightened(points)

    def _straightened(self, points: F64) -> F64:
        """Cut corners where the straight line is as roomy as the way around."""
        room = self.room(points)
        out, i = [points[0]], 0
        while i < len(points) - 1:
            j = len(points) - 1
            while j > i + 1:
                line = _dense(points[[i, j]])
                need = min(float(room[i : j + 1].min()), ROOMY)
                if float(self.room(line).min()) >= need - 1e-9:
                    break
                j -= 1
            out.append(points[j])
            i = j
        return np.array(out)

    def _search(self) -> tuple[F64, NDArray[np.int64]]:
        """Dijkstra from the start over the whole floor."""
        passable = self._coarse >= FOOTPRINT
        start = tuple(int(v) for v in self._map.cell(self._start) // _STRIDE)
        cost = np.full(passable.shape, np.inf)
        cost[start] = 0.0
        # Where the robot stands is free by definition, though it may have docked closer than the footprint allows.
        near = np.hypot(*(np.indices(passable.shape) - np.array(start)[:, None, None])) * _STRIDE * CELL < 0.25
        passable = passable | (near & (self._coarse >= FOOTPRINT - 0.09))
        # Flat lists with a blocked border: a search over Python floats is several times faster than over array cells.
        size = passable.shape[1]
        passable[[0, -1]] = passable[:, [0, -1]] = False
        price = np.where(passable, self._price, np.inf).ravel().tolist()
        best = cost.ravel().tolist()
        origin = [-1] * len(best)
        step = _STRIDE * CELL
        moves = [(dx * size + dy, step * float(np.hypot(dx, dy))) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
        queue = [(0.0, start[0] * size + start[1])]
        while queue:
            so_far, i = heapq.heappop(queue)
            if so_far > best[i]:
                continue
            for offset, length in moves:
                total = so_far + length * price[i + offset]
                if total < best[i + offset]:
                    best[i + offset] = total
                    origin[i + offset] = i
                    heapq.heappush(queue, (total, i + offset))
        return np.array(best).reshape(passable.shape), np.array(origin).reshape(passable.shape)


def _widened(columns: ArrayLike) -> BoolArray:
    """``columns`` (N, N) in a frame of one cell, grown by one: a wall that was seen in passing has gaps of a cell."""
    cells = np.asarray(columns, dtype=np.bool_)
    n = len(cells)
    out: BoolArray = np.zeros((n + 2, n + 2), dtype=np.bool_)
    for dx in range(3):
        for dy in range(3):
            out[dx : dx + n, dy : dy + n] |= cells
    return out


def _dense(path: F64) -> F64:
    """Points (M, 2) every half cell along a polyline (N, 2)."""
    out = [path[:1]]
    for a, b in pairwise(path):
        n = max(int(np.ceil(float(np.linalg.norm(b - a)) / (CELL / 2))), 1)
        out.append(a + (b - a) * (np.arange(1, n + 1) / n)[:, None])
    return np.concatenate(out)
