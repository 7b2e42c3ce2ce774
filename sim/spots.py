"""Free spots: where on or in a piece of furniture a thing of known size can be set down, from what the camera sees now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64, BoolArray, Box

_CELL = 0.02
_FLAT = 0.013  # metres that a level's points may lie off it
_WALL = 0.07  # an interior begins this far inside the furniture's hull: walls are thick and the belief is coarse


@dataclass(frozen=True, eq=False)
class Spot:
    """A place to set something down: (x, y) and the height of the surface, metres; lower cost is better."""

    xy: F64
    level: float
    cost: float


def find_spots(
    cloud: F64, box: Box, inside: bool, radius: float, height: float, near: F64 | None, viewer: F64, most: int = 8
) -> list[Spot]:
    """Free spots for a thing of ``radius`` and ``height`` on top of ``box`` or inside it, best first, well apart.

    ``near`` (2,) is a wished place; without one, roomy spots on the viewer's side are preferred (``viewer`` (2,)).
    """
    local = _footprint(cloud, box, -_WALL if inside else -0.01)
    level = find_level(local, box, inside)
    if level is None:
        return []
    region = _footprint(cloud, box, 0.10)
    origin = region[:, :2].min(axis=0) - 0.2
    shape = tuple(np.ceil((region[:, :2].max(axis=0) + 0.2 - origin) / _CELL).astype(int))
    flat = local[np.abs(local[:, 2] - level) < _FLAT]
    over = region[(region[:, 2] > level + 0.022) & (region[:, 2] < level + height + 0.06)]
    support = _cells(flat, origin, shape, 1)
    support = _closed(support)
    blocked = _cells(over, origin, shape, 2)
    spots: list[Spot] = []
    room = _room(blocked, 0.16)
    reach = round((radius + 0.01) / _CELL)
    share = _share(support, max(reach, 1))
    free = (share > 0.93) & (room > radius + 0.025) & support
    cells = np.argwhere(free)
    if len(cells) == 0:
        return []
    xy = origin + (cells + 0.5) * _CELL
    edge = _room(~support, 0.24)  # also away from the surface's edge, where a nudge would send it to the floor
    roomy = np.minimum(np.minimum(room, edge)[free] - radius, 0.10)
    if near is not None:
        cost = 2.0 * np.linalg.norm(xy - near, axis=1) - 0.3 * roomy
    else:
        cost = 0.25 * np.linalg.norm(xy - viewer, axis=1) - 1.5 * roomy
    for i in np.argsort(cost, kind="stable"):
        if all(np.linalg.norm(xy[i] - s.xy) > 0.09 for s in spots):
            spots.append(Spot(xy[i], level, float(cost[i] - cost.min())))
        if len(spots) == most:
            break
    return spots


def find_level(local: F64, box: Box, inside: bool) -> float | None:
    """Height of the surface to place on: the level that most points in the footprint share."""
    lower, upper = box.bounds()
    if inside:
        z = local[(local[:, 2] > lower[2] + 0.005) & (local[:, 2] < upper[2] - 0.05), 2]
    else:
        z = local[np.abs(local[:, 2] - upper[2]) < 0.06, 2]
    if len(z) < 30:
        return None
    counts, edges = np.histogram(z, bins=np.arange(z.min() - 0.01, z.max() + 0.02, 0.008))
    smooth = np.convolve(counts, [1, 1, 1], mode="same")
    peak = edges[int(smooth.argmax())] + 0.004
    close = z[np.abs(z - peak) < 0.015]
    return float(np.median(close)) if len(close) >= 30 else None


def _footprint(cloud: F64, box: Box, margin: float) -> F64:
    """Points whose (x, y) lie in the box's footprint, grown by ``margin`` (never shrunk to less than half)."""
    grown = np.maximum(box.size[:2] + 2 * margin, 0.5 * box.size[:2])
    flat = Box(box.T_ref_box, np.array([*grown, 20.0]))
    return cloud[flat.contains(cloud)]


def _cells(points: F64, origin: F64, shape: tuple[int, ...], least: int) -> BoolArray:
    count: NDArray[np.int64] = np.zeros(shape, dtype=np.int64)
    i = np.floor((points[:, :2] - origin) / _CELL).astype(int)
    np.add.at(count, (i[:, 0], i[:, 1]), 1)
    return np.asarray(count >= least)


def _closed(cells: BoolArray) -> BoolArray:
    """Single holes filled: far surfaces are sampled thinly."""
    n = sum(np.roll(cells, (dx, dy), (0, 1)).astype(int) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    return np.asarray(cells | (n >= 5))


def _room(blocked: BoolArray, most: float) -> F64:
    """Distance (metres, at most ``most``) of each cell from the nearest blocked one."""
    n = round(most / _CELL)
    out = np.full(blocked.shape, most)
    for dx in range(-n, n + 1):
        for dy in range(-n, n + 1):
            d = float(np.hypot(dx, dy)) * _CELL
            if d < most:
                out = np.where(np.roll(blocked, (dx, dy), (0, 1)), np.minimum(out, d), out)
    return out


def _share(cells: BoolArray, reach: int) -> F64:
    """Share of the disc of ``reach`` cells around each cell that is True."""
    total, n = np.zeros(cells.shape), 0
    for dx in range(-reach, reach + 1):
        for dy in range(-reach, reach + 1):
            if dx * dx + dy * dy <= reach * reach:
                total += np.roll(cells, (dx, dy), (0, 1))
                n += 1
    return total / n
