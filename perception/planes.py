"""Planes in a depth image: surface normals, and large flat regions grown over a grid of small cells.

The cell grid follows Proença & Gao (CAPE, IROS 2018): fit a plane to each small square of pixels by its moments, grow
regions over squares that agree, then decide per pixel near those squares. Nothing here is random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64
from .noise import DepthNoise

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Mask = NDArray[np.bool_]

NOISE = DepthNoise()
CELL = 8  # pixels along one side of a cell
LEAST_CELLS = 4
SAME_NORMAL = np.cos(np.radians(16))  # cells of one plane differ by noise only
COPLANAR = np.cos(np.radians(8))  # two regions of one plane, apart in the image


def depth_noise(z: NDArray[np.floating]) -> F32:
    """Standard deviation (m) of a depth reading (...,) at ``z`` metres, as float32."""
    return np.asarray(NOISE.sigma(np.asarray(z)), dtype=np.float32)


def jump_limit(z: NDArray[np.floating]) -> F32:
    """Depth step (m) between neighbouring pixels at ``z`` metres above which they lie on different surfaces."""
    return np.asarray(0.012 + 2.2 * depth_noise(z), dtype=np.float32)


def box_sum(image: F32, radius: int) -> F32:
    """Sum over the (2 ``radius`` + 1)² window around each pixel of ``image`` (C, H, W); the outside counts as 0."""
    r, (h, w) = radius, image.shape[1:]
    padded = np.pad(image, ((0, 0), (r, r), (r, r)))
    rows = padded[:, :h].copy()
    for k in range(1, 2 * r + 1):  # a few shifted sums are faster than running totals, which need double precision
        rows += padded[:, k : k + h]
    out = rows[:, :, :w].copy()
    for k in range(1, 2 * r + 1):
        out += rows[:, :, k : k + w]
    return out


def steps(z: F32) -> tuple[Mask, Mask]:
    """Where a pixel of ``z`` (H, W) and its right, its lower neighbour lie on one surface: masks (H, W-1), (H-1, W)."""
    ok = z > 0
    limit = jump_limit(z)
    right = ok[:, :-1] & ok[:, 1:] & (np.abs(z[:, 1:] - z[:, :-1]) < np.minimum(limit[:, 1:], limit[:, :-1]))
    down = ok[:-1] & ok[1:] & (np.abs(z[1:] - z[:-1]) < np.minimum(limit[1:], limit[:-1]))
    return right, down


def surface_normals(cloud: F32, right: Mask, down: Mask, radius: int) -> F32:
    """Unit normals (H, W, 3) that face the camera, from ``cloud`` (H, W, 3); 0 where there are too few neighbours.

    Tangents are averaged over the window only across pairs of pixels that lie on one surface (``steps``), so that the
    normals do not bend at depth edges.
    """
    h, w = cloud.shape[:2]
    p = np.ascontiguousarray(np.moveaxis(cloud, -1, 0))
    tangents = np.zeros((8, h, w), np.float32)
    np.multiply(p[:, :, 1:] - p[:, :, :-1], right, out=tangents[0:3, :, :-1])
    np.multiply(p[:, 1:] - p[:, :-1], down, out=tangents[3:6, :-1])
    tangents[6, :, :-1], tangents[7, :-1] = right, down
    s = box_sum(tangents, radius)
    (ax, ay, az), (bx, by, bz) = s[3:6], s[0:3]  # down × right faces the camera
    n = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
    length = np.sqrt((n**2).sum(axis=0))
    good = (np.minimum(s[6], s[7]) >= 2 * radius + 1) & (p[2] > 0) & (length > 0)
    n *= np.where(good, 1 / np.where(good, length, 1), 0)
    return np.ascontiguousarray(np.moveaxis(n, 0, -1), dtype=np.float32)


def components(inside: Mask, right: Mask, down: Mask) -> I32:
    """Labels (H, W) int32 of the 4-connected pieces of ``inside``, numbered from 1 in raster order; 0 is outside.

    ``right`` (H, W-1) and ``down`` (H-1, W) say which neighbours may be joined. Works on runs of pixels: those that
    touch are united by passing the smallest number along (pointer jumping), a few vectorised rounds.
    """
    h, w = inside.shape
    starts = inside.copy()
    starts[:, 1:] &= ~(inside[:, :-1] & right)
    run = np.where(inside, np.cumsum(starts.ravel()).reshape(h, w), 0)
    linked = inside[1:] & inside[:-1] & down
    pairs = np.unique(run[:-1][linked].astype(np.int64) * (run.max() + 1) + run[1:][linked])
    a, b = pairs // (run.max() + 1), pairs % (run.max() + 1)
    parent = np.arange(run.max() + 1)
    while len(a):
        low = np.minimum(parent[a], parent[b])
        before = parent.copy()
        np.minimum.at(parent, parent[a], low)
        np.minimum.at(parent, parent[b], low)
        np.minimum.at(parent, a, low)
        np.minimum.at(parent, b, low)
        parent = parent[parent]
        if (parent == before).all():
            break
    roots, number = np.unique(parent[1:], return_inverse=True)
    table = np.concatenate([[0], number + 1]) if len(roots) else np.zeros(1, int)
    return np.asarray(table[run], dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat region: ``normal`` (3,) facing the camera and ``offset`` (n · p = offset, m), both in the camera frame.

    ``mask`` (H, W) are its pixels, ``area`` (m²) what is seen of it.
    """

    normal: F64
    offset: float
    mask: Mask
    area: float


def find_planes(cloud: F32, normals: F32, right: Mask, down: Mask, min_area: float) -> list[Plane]:
    """Flat regions of at least ``min_area`` m² in ``cloud`` (H, W, 3), largest first; their masks do not overlap."""
    regions = _merge_coplanar(_grow(_Cells.of(cloud, right, down)))
    z = cloud[..., 2]
    pixel_area = _pixel_area(cloud, normals, right, down)
    band = 0.008 + 2.5 * depth_noise(z)
    h, w = z.shape
    taken = np.zeros((h, w), bool)
    planes: list[Plane] = []
    for normal, offset, cells in regions:
        core = _blow_up(cells, (h, w))
        if pixel_area[core].sum() < min_area / 4:
            continue
        distance = np.abs(cloud @ normal.astype(np.float32) - np.float32(offset))
        along = np.abs(normals @ normal.astype(np.float32))
        mask = ~taken & (z > 0) & (distance < band) & ((along > 0.75) | (distance < band / 2))
        pieces = components(mask, right, down)
        held = np.bincount(pieces[core], minlength=int(pieces.max()) + 1) > 0
        mask &= held[pieces]  # pixels of the plane further off belong to it only if they hang together with its cells
        area = float(pixel_area[mask].sum())
        if area >= min_area:
            taken |= mask
            planes.append(Plane(normal, offset, mask, area))
    return sorted(planes, key=lambda p: -p.area)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Moments of each cell: ``count`` (R, C), ``first`` (R, C, 3), ``second`` (R, C, 3, 3), and its own plane."""

    count: NDArray[np.float64]
    first: F64
    second: F64
    normal: F64
    rms: NDArray[np.float64]
    limit: NDArray[np.float64]
    flat: Mask

    @classmethod
    def of(cls, cloud: F32, right: Mask, down: Mask) -> _Cells:
        rows, cols = cloud.shape[0] // CELL, cloud.shape[1] // CELL
        p = cloud[: rows * CELL, : cols * CELL].astype(np.float64)
        p = p.reshape(rows, CELL, cols, CELL, 3).swapaxes(1, 2).reshape(rows, cols, CELL * CELL, 3)
        count = (p[..., 2] > 0).sum(axis=2).astype(np.float64)
        first = p.sum(axis=2)
        second = np.einsum("rcni,rcnj->rcij", p, p)
        value, vector = np.linalg.eigh(_covariance(count, first, second))
        normal = vector[..., 0]
        mean = first / np.maximum(count, 1)[..., None]
        normal = normal * np.where((normal * mean).sum(-1) > 0, -1.0, 1.0)[..., None]
        rms = np.sqrt(np.maximum(value[..., 0], 0))
        limit = 0.003 + 1.5 * depth_noise(mean[..., 2]).astype(np.float64)
        flat = (count >= 0.7 * CELL * CELL) & (rms < limit)
        return cls(count, first, second, normal, rms, limit, flat)


def _covariance(count: NDArray[np.float64], first: F64, second: F64) -> F64:
    n = np.maximum(count, 1)
    mean = first / n[..., None]
    return np.asarray(second / n[..., None, None] - mean[..., :, None] * mean[..., None, :])


def _fit(count: float, first: F64, second: F64) -> tuple[F64, float]:
    mean = first / count
    _, vector = np.linalg.eigh(second / count - np.outer(mean, mean))
    normal = vector[:, 0] * (-1.0 if vector[:, 0] @ mean > 0 else 1.0)
    return normal, float(normal @ mean)


_Region = tuple[F64, float, Mask]  # normal, offset, cells
_Moments = tuple[float, F64, F64, Mask]  # count, first and second moments, cells


def _grow(cells: _Cells) -> list[_Moments]:
    """Regions of flat cells; the flattest free cell is the next seed."""
    mean = cells.first / np.maximum(cells.count, 1)[..., None]
    free = _promising(cells, mean)
    cols = free.shape[1]
    order = np.argsort(np.where(free, cells.rms / cells.limit, np.inf), axis=None, kind="stable")
    out = []
    for seed in order[: int(free.sum())]:
        r0, c0 = divmod(int(seed), cols)
        if not free[r0, c0]:
            continue
        mask = np.zeros_like(free)
        mask[r0, c0], free[r0, c0] = True, False
        count, first, second = float(cells.count[r0, c0]), cells.first[r0, c0].copy(), cells.second[r0, c0].copy()
        normal, offset, fitted = cells.normal[r0, c0], float(cells.normal[r0, c0] @ mean[r0, c0]), count
        while True:  # ring by ring
            ring = _dilate(mask) & free
            ring &= (cells.normal @ normal > SAME_NORMAL) & (np.abs(mean @ normal - offset) < 1.5 * cells.limit)
            if not ring.any():
                break
            mask |= ring
            free &= ~ring
            count += float(cells.count[ring].sum())
            first += cells.first[ring].sum(axis=0)
            second += cells.second[ring].sum(axis=0)
            if count > 1.2 * fitted:
                (normal, offset), fitted = _fit(count, first, second), count
        if mask.sum() >= LEAST_CELLS:
            out.append((count, first, second, mask))
    return out


def _promising(cells: _Cells, mean: F64) -> Mask:
    """The flat cells with enough neighbours alike, and theirs, to make a region at all."""
    limit = 3 * cells.limit
    n = cells.normal

    def alike(a: tuple[slice, slice], b: tuple[slice, slice]) -> Mask:
        turn = (n[a] * n[b]).sum(-1) > SAME_NORMAL
        return np.asarray(turn & (np.abs(((mean[a] - mean[b]) * n[b]).sum(-1)) < limit[a]))

    every = slice(None)
    across = alike((every, slice(None, -1)), (every, slice(1, None)))
    along = alike((slice(None, -1), every), (slice(1, None), every))
    pieces = components(cells.flat, across, along)
    return np.asarray(cells.flat & (np.bincount(pieces.ravel())[pieces] >= LEAST_CELLS))


def _merge_coplanar(regions: list[_Moments]) -> list[_Region]:
    """Joins regions of one plane that something in front of it separates in the image; largest first."""
    merged: list[_Moments] = []
    fits: list[tuple[F64, float]] = []
    for count, first, second, mask in sorted(regions, key=lambda r: -r[0]):
        normal, offset = _fit(count, first, second)
        mean = first / count
        tolerance = 0.01 + 1.5 * NOISE.sigma(float(mean[2]))
        # a small region's own normal is worth little: it lies in the large one's plane or it does not
        angle = COPLANAR if mask.sum() >= 12 else SAME_NORMAL
        for i, (normal2, offset2) in enumerate(fits):
            if normal @ normal2 > angle and abs(mean @ normal2 - offset2) < tolerance:
                n2, f2, s2, m2 = merged[i]
                merged[i] = (n2 + count, f2 + first, s2 + second, m2 | mask)
                fits[i] = _fit(*merged[i][:3])
                break
        else:
            merged.append((count, first, second, mask))
            fits.append((normal, offset))
    order = sorted(range(len(merged)), key=lambda i: -merged[i][0])
    return [(*fits[i], merged[i][3]) for i in order]


def _dilate(mask: Mask) -> Mask:
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    out[:, 1:] |= mask[:, :-1]
    out[:, :-1] |= mask[:, 1:]
    return out


def _blow_up(cells: Mask, shape: tuple[int, int]) -> Mask:
    big = np.repeat(np.repeat(cells, CELL, axis=0), CELL, axis=1)
    out = np.zeros(shape, bool)
    out[: big.shape[0], : big.shape[1]] = big
    return out


def _pixel_area(cloud: F32, normals: F32, right: Mask, down: Mask) -> F32:
    """Surface area (m²) that each pixel (H, W) sees: footprint at its depth over the cosine to the ray."""
    z = cloud[..., 2]
    h, w = z.shape
    pitch = np.zeros((h, w), np.float32)
    rays = np.linalg.norm(cloud, axis=-1)
    cosine = np.abs((normals * cloud).sum(-1)) / np.maximum(rays, 1e-6)
    valid = z > 0
    if valid.any():
        # the metric distance between pixel centres at depth 1 is the same everywhere in a pinhole image
        x = np.divide(cloud[..., 0], z, out=np.zeros_like(z), where=valid)
        step = np.abs(np.diff(x, axis=1))[valid[:, 1:] & valid[:, :-1]]
        pitch = z * (float(np.median(step)) if len(step) else 0.0)
    return np.asarray(pitch**2 / np.maximum(cosine, 0.15) * (z / np.maximum(rays, 1e-6)), dtype=np.float32)
