"""What is left of a depth image between the large planes, in pieces with one convex surface each.

A piece ends at depth steps and at concave creases, where one thing stands on or against another; convex edges belong to
one thing (Stein et al., Object Partitioning using Local Convexity, CVPR 2014).
"""

from __future__ import annotations

import numpy as np

from .planes import F32, I32, Mask, jump_limit

UNDER = 0.1  # metres below a piece that still belong to it
SLACK = 0.02  # metres around it
RIM = 0.02  # metres by which the near and the far rim of a vessel may differ in height


def creases(cloud: F32, normals: F32, reach: int) -> Mask:
    """Pixels (H, W) on a concave crease: the normals ``reach`` pixels to both sides lean towards each other.

    The angle that counts as a crease grows with depth, as the normals' noise does: 25° near, 45° at 3 m.
    """
    out = np.zeros(cloud.shape[:2], bool)
    k = reach
    for dv, du in ((0, k), (k, 0), (k, k), (k, -k)):
        a, b, centre = _pairs(cloud.shape[0], cloud.shape[1], dv, du)
        pa, pb, na, nb = cloud[a], cloud[b], normals[a], normals[b]
        z = np.maximum(pa[..., 2], pb[..., 2])
        apart = pb - pa
        gap = np.abs(apart[..., 2])
        bend = ((nb - na) * apart).sum(-1)
        cosine = (na * nb).sum(-1)
        limit = np.cos(np.radians(np.clip(15 + 10 * z, 25, 50)))
        known = (pa[..., 2] > 0) & (pb[..., 2] > 0) & (na[..., 2] != 0) & (nb[..., 2] != 0)
        out[centre] |= known & (bend < 0) & (cosine < limit) & (gap < 4 * jump_limit(z))
    return out


def _pairs(h: int, w: int, dv: int, du: int) -> tuple[tuple[slice, slice], tuple[slice, slice], tuple[slice, slice]]:
    """Slices of the pixels at -(dv, du) and +(dv, du) around a centre, and of the centre."""
    m = abs(du)
    rows = (slice(0, h - 2 * dv), slice(2 * dv, h), slice(dv, h - dv))
    left, right, mid = slice(0, w - 2 * m), slice(2 * m, w), slice(m, w - m)
    return (rows[0], left if du >= 0 else right), (rows[1], right if du >= 0 else left), (rows[2], mid)


def necks(inside: Mask, z: F32, beyond: float) -> Mask:
    """``inside`` (H, W) less its thin parts: two pixels at each edge, where depth ``z`` is more than ``beyond`` metres.

    Far away, creases drown in noise; things that stand in a row on a shelf hang together by its narrow front.
    """
    far = z > beyond
    out = inside
    for _ in range(2):
        thin = out.copy()
        thin[1:] &= out[:-1]
        thin[:-1] &= out[1:]
        thin[:, 1:] &= out[:, :-1]
        thin[:, :-1] &= out[:, 1:]
        out = np.where(far, thin, out)
    return np.asarray(out)


def spread(labels: I32, free: Mask, right: Mask, down: Mask, rounds: int) -> I32:
    """Labels grown ``rounds`` pixels into ``free`` pixels across neighbours that may be joined (the cut creases)."""
    out = labels.copy()
    for _ in range(rounds):
        open_ = free & (out == 0)
        new = np.zeros_like(out)
        new[:, 1:] = np.maximum(new[:, 1:], np.where(right, out[:, :-1], 0))
        new[:, :-1] = np.maximum(new[:, :-1], np.where(right, out[:, 1:], 0))
        new[1:] = np.maximum(new[1:], np.where(down, out[:-1], 0))
        new[:-1] = np.maximum(new[:-1], np.where(down, out[1:], 0))
        out[open_] = new[open_]
    return out


def absorb(labels: I32, world: F32, min_pixels: int) -> I32:
    """Gives pieces to the larger one that they are part of: a mug's inside, a knob, the side of a box under its lid.

    ``world`` (H, W, 3) are the points with z up and the camera at the origin. A piece is part of another when it is next
    to it in the image and no larger there, and most of its points lie in the other's upright box, widened by ``SLACK`` and
    by ``UNDER`` below; or when it is the far wall of a vessel whose near wall the other is.
    """
    counts = np.bincount(labels.ravel())
    ends = np.cumsum(counts)
    order = np.argsort(labels.ravel(), kind="stable")
    flat = world.reshape(-1, 3)
    table = np.arange(len(counts))
    neighbours = _neighbours(labels)
    for big in sorted(neighbours, key=lambda n: (-counts[n], n)):
        if counts[big] < min_pixels or table[big] != big:
            continue
        lesser = [n for n in sorted(neighbours[big]) if table[n] == n and counts[n] <= counts[big]]
        if not lesser:
            continue
        near = flat[order[ends[big] - counts[big] : ends[big]]]
        own, facing = _upright(near, _principal(near)), _upright(near, _sight(near))
        for small in lesser:
            points = flat[order[ends[small] - counts[small] : ends[small]]]
            if _within(points, own) or _far_wall(points, facing):
                table[small] = big
    return np.asarray(table[labels], dtype=np.int32)


def _neighbours(labels: I32) -> dict[int, set[int]]:
    """Labels that come within two pixels of each other."""
    n = int(labels.max()) + 1
    pairs: set[int] = set()
    for a, b in ((labels[:, :-2], labels[:, 2:]), (labels[:-2], labels[2:])):
        touch = (a != b) & (a > 0) & (b > 0)
        pairs |= set(np.unique(a[touch].astype(np.int64) * n + b[touch]).tolist())
    out: dict[int, set[int]] = {}
    for pair in pairs:
        i, j = divmod(pair, n)
        out.setdefault(i, set()).add(j)
        out.setdefault(j, set()).add(i)
    return out


_Frame = tuple[F32, F32, F32]  # axes (3, 3) as columns, z up; lower and upper bounds (3,) along them


def _upright(points: F32, heading: F32) -> _Frame:
    """The upright box of ``points`` (N, 3) along a horizontal ``heading`` (2,), 2 % trimmed at each end."""
    axes = np.eye(3, dtype=np.float32)
    axes[:2, 0], axes[:2, 1] = heading, (-heading[1], heading[0])
    low, high = trimmed(points @ axes)
    return axes, low, high


def trimmed(values: F32) -> tuple[F32, F32]:
    """Lower and upper bounds (C,) of ``values`` (N, C) without 2 % at each end, from at most some 400 of them."""
    some = np.sort(values[:: max(1, len(values) // 400)], axis=0)
    cut = int(0.02 * len(some))
    return some[cut], some[-1 - cut]


def _principal(points: F32) -> F32:
    xy = points[:, :2] - points[:, :2].mean(axis=0)
    return np.asarray(np.linalg.eigh((xy.T @ xy).astype(np.float64))[1][:, 0], dtype=np.float32)


def _sight(points: F32) -> F32:
    """The horizontal direction in which the camera, at the origin, sees them."""
    away = points[:, :2].mean(axis=0)
    return np.asarray(away / max(float(np.linalg.norm(away)), 1e-6), dtype=np.float32)


def _within(points: F32, frame: _Frame) -> bool:
    axes, low, high = frame
    q = points @ axes
    inside = (q > low - np.array([SLACK, SLACK, UNDER], np.float32)) & (q < high + SLACK)
    return bool(inside.all(axis=1).mean() > 0.6)


def _far_wall(points: F32, frame: _Frame) -> bool:
    """Whether ``points`` are the far wall of a vessel as deep as it is wide, whose near wall has the box ``frame``."""
    axes, low, high = frame
    q = points @ axes
    if abs(float(trimmed(q[:, 2:])[1][0]) - float(high[2])) > RIM:
        return False
    width = float(high[1] - low[1])
    limit = high + np.array([max(0.0, width - float(high[0] - low[0])), 0, 0], np.float32)
    return bool(((q > low - SLACK / 2) & (q < limit + SLACK)).all(axis=1).mean() > 0.8)
