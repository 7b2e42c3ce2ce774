"""What a static thing looks like in full, from many partial looks: bounded points, and a box that only grows with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64, Box, rotation_z, transform
from .node import trusted_box

MAX_POINTS = 512
FINEST = 0.006  # metres
_CELLS = 2**20  # on each side of the origin that have a number of their own
_NUMBERS = np.array([1 << 42, 1 << 21, 1])
_TRIM = 1.5  # per cent at each end of each axis, against flying pixels


def fuse(
    points: NDArray[np.float32],
    colors: NDArray[np.uint8],
    more: NDArray[np.float32],
    more_colors: NDArray[np.uint8],
    voxel: float,
) -> tuple[NDArray[np.float32], NDArray[np.uint8], float, int]:
    """Both point sets on one voxel grid, older points first: (points (N ≤ 512, 3), colours, voxel edge, how many are new).

    The voxel edge grows until at most 512 cells are taken, so big things are kept coarsely and small ones finely.
    """
    old = len(points)
    both = np.concatenate([points, more])
    shades = np.concatenate([colors, more_colors])
    voxel = max(voxel, FINEST)
    while True:
        keep = _first_in_voxel(both, voxel)
        if len(keep) <= MAX_POINTS:
            break
        voxel *= max(1.05, (len(keep) / MAX_POINTS) ** 0.4)
    return both[keep], shades[keep], voxel, int((keep >= old).sum())


def _first_in_voxel(points: NDArray[np.float32], voxel: float) -> NDArray[np.intp]:
    cells = np.floor(points / voxel)
    far = not float(np.abs(cells).max()) < _CELLS
    whole = cells.astype(np.int64)
    key = (whole - whole.min(axis=0) if far else whole) @ _NUMBERS
    order = key.argsort(kind="stable")  # as np.unique with return_index, without its checks of what it was given
    ranked = key[order]
    first = np.ones(len(key), dtype=bool)
    np.not_equal(ranked[1:], ranked[:-1], out=first[1:])
    return np.sort(order[first])


def box_of(points: NDArray[np.float32], yaws: list[float], fallback: Box) -> Box:
    """Upright box of ``points`` (N, 3) with the best of the given headings (smallest volume, the first at a near tie)."""
    if len(points) < 8:
        return fallback
    best: tuple[float, Box] | None = None
    exact = np.asarray(points, dtype=np.float64)
    for yaw in yaws:
        R = rotation_z(yaw)
        q = exact @ R
        if len(q) >= 60:
            q.sort(axis=0)
            cut = max(1, round(len(q) * _TRIM / 100))
            lo, hi = q[cut - 1], q[-cut]
        else:
            lo, hi = q.min(axis=0), q.max(axis=0)
        x, y, z = (hi - lo + 0.01).tolist()
        volume = x * y * z
        if best is None or volume < 0.93 * best[0]:
            best = (volume, trusted_box(transform(R, R @ ((lo + hi) / 2)), hi - lo))
    assert best is not None
    return best[1]


def near_share(points: NDArray[np.float32], others: NDArray[np.float32], reach: float, sample: int = 64) -> float:
    """Share of ``points`` (N, 3) with one of ``others`` (M, 3) within ``reach`` metres, on at most ``sample`` points."""
    if len(points) == 0 or len(others) == 0:
        return 0.0
    some = points[:: max(1, len(points) // sample)]
    gaps: F64 = ((some[:, None, :].astype(np.float64) - others[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    return float((gaps <= reach * reach).mean())
