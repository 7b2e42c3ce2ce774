"""Which pieces of a depth image are things: by what surrounds them, by their size, and by what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clusters import trimmed
from .planes import F32, I32, NOISE, Mask, Plane, jump_limit

I64 = NDArray[np.int64]
CUT = 0.2  # share of the outline along the image border
UNDER = 0.03  # metres above a surface that what carries it may reach


@dataclass(frozen=True)
class Limits:
    """What a piece has to be like to be a thing; see ``GeometricSegmenter``, which has the same fields."""

    smallest: float
    largest: float
    relief: float
    mostly_seen: float
    min_pixels: int
    max_hidden: float
    max_unknown: float
    min_figure: float


@dataclass(frozen=True, eq=False)
class Ground:
    """A depth image and its planes: ``z`` (H, W), ``cloud`` (H, W, 3) in the camera frame, ``world`` (H, W, 3) turned so
    that z is up, ``right`` and ``down`` from ``planes.steps``; ``level`` are the horizontal planes, ``other`` the rest."""

    z: F32
    cloud: F32
    world: F32
    right: Mask
    down: Mask
    level: Sequence[Plane]
    other: Sequence[Plane]


def figures(labels: I32, ground: Ground, limits: Limits) -> list[int]:
    """The labels (H, W; 0 = none) that are things, ascending."""
    n = int(labels.max()) + 1
    outline = outlines(labels, ground.z)
    resting = np.zeros(n, np.int64)
    carrying = np.full(n, -np.inf)  # height of the highest surface that each label touches
    for plane in ground.level:
        touch = contacts(labels, plane.mask, ground.right, ground.down)
        resting += touch
        carrying = np.where(touch >= 3, np.maximum(carrying, plane.offset), carrying)
    leaning = np.zeros(n, np.int64)
    for plane in ground.other:
        leaning += contacts(labels, plane.mask, ground.right, ground.down)
    rise = _rise(ground.cloud, [*ground.level, *ground.other])
    counts = np.bincount(labels.ravel())
    found = []
    for k in range(1, n):
        if counts[k] < limits.min_pixels or outline.hidden[k] > limits.max_hidden:
            continue
        if outline.unknown_share[k] > limits.max_unknown:
            continue
        # Against it speak what is nearer and contact with walls; contact with other pieces says nothing: things stand
        # on things.
        for_it = int(outline.front[k] + resting[k])
        if for_it < limits.min_figure * (for_it + int(outline.behind[k] + leaning[k])):
            continue
        at = labels == k
        if _is_a_body(ground, at, rise[at], float(outline.cut[k]), float(carrying[k]), limits):
            found.append(k)
    return found


def _is_a_body(ground: Ground, at: Mask, rise: F32, cut: float, carried: float, limits: Limits) -> bool:
    """Whether the pixels ``at`` (H, W) have a thing's size, and stand on something rather than carry it."""
    sigma = NOISE.sigma(float(np.median(ground.z[at])))
    if float(np.percentile(rise, 90)) < limits.relief + sigma:
        return False  # paper on a table, the rim of a plane
    points = ground.world[at]
    bottom, top = (float(v[0]) for v in trimmed(points[:, 2:]))
    if top < carried + UNDER:
        return False  # a table's leg: all of it lies below the surface that it touches
    if top - bottom < limits.relief + 3 * sigma:
        return False  # the edge of a shelf
    size = _extent(points)
    if size[0] > limits.mostly_seen and cut > CUT:
        return False  # too little of something large is in the image
    return bool(limits.smallest <= size[0] <= limits.largest and size[1] >= max(limits.smallest / 2, 4 * sigma))


@dataclass(frozen=True, eq=False)
class Outline:
    """What surrounds each label (0 … n).

    How many of its border pixel pairs are against something farther (``front``), something nearer (``behind``),
    something it touches (``touching``), or no reading (``unknown``); ``cut`` is the share of the outline along the
    image border.
    """

    front: NDArray[np.int64]
    behind: NDArray[np.int64]
    touching: NDArray[np.int64]
    unknown: NDArray[np.int64]
    cut: NDArray[np.float64]

    @property
    def hidden(self) -> NDArray[np.float64]:
        """Share (n + 1,) of the known border where something nearer cuts the label off."""
        known = self.front + self.behind + self.touching
        return np.asarray(self.behind / np.maximum(known, 1))

    @property
    def unknown_share(self) -> NDArray[np.float64]:
        """Share (n + 1,) of the border that adjoins pixels without a reading."""
        known = self.front + self.behind + self.touching
        return np.asarray(self.unknown / np.maximum(known + self.unknown, 1))


def outlines(labels: I32, z: F32) -> Outline:
    """Look across every border between two labels of ``labels`` (H, W) with the depths ``z`` (H, W)."""
    n = int(labels.max()) + 1
    front, behind, touching, unknown = (np.zeros(n, np.int64) for _ in range(4))
    limit = jump_limit(z)
    for axis in (0, 1):
        a = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        b = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        at = np.nonzero(labels[a] != labels[b])
        la, lb, za, zb = labels[a][at], labels[b][at], z[a][at], z[b][at]
        tol = np.maximum(limit[a][at], limit[b][at])
        for own, mine, theirs in ((la, za, zb), (lb, zb, za)):
            known = (mine > 0) & (theirs > 0)
            front += np.bincount(own[known & (theirs > mine + tol)], minlength=n)
            behind += np.bincount(own[known & (theirs < mine - tol)], minlength=n)
            touching += np.bincount(own[known & (np.abs(theirs - mine) <= tol)], minlength=n)
            unknown += np.bincount(own[~known], minlength=n)
    edge = np.zeros(n, np.int64)
    for border in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        edge += np.bincount(border, minlength=n)
    cut = edge / np.maximum(front + behind + touching + unknown + edge, 1)
    return Outline(front, behind, touching, unknown, cut)


def contacts(labels: I32, region: Mask, right: Mask, down: Mask) -> I64:
    """How many border pixel pairs of each label (n + 1,) touch ``region`` (H, W)."""
    n = int(labels.max()) + 1
    out = np.zeros(n, np.int64)
    pairs = (
        (labels[:, :-1], region[:, 1:], right),
        (labels[:, 1:], region[:, :-1], right),
        (labels[:-1], region[1:], down),
        (labels[1:], region[:-1], down),
    )
    for mine, theirs, joined in pairs:
        out += np.bincount(mine[theirs & joined], minlength=n)
    return out


def _rise(cloud: F32, planes: Sequence[Plane]) -> F32:
    """Distance (H, W) in metres of each pixel from the nearest of the large planes."""
    out = np.full(cloud.shape[:2], np.inf, np.float32)
    for plane in planes:
        near = np.abs(cloud @ plane.normal.astype(np.float32) - np.float32(plane.offset))
        np.minimum(out, near, out=out)
    return out


def _extent(points: F32) -> NDArray[np.float64]:
    """Extents (3,) m of ``points`` (N, 3) along their principal axes, longest first, 2 % trimmed at each end."""
    p = points.astype(np.float64)
    p -= p.mean(axis=0)
    _, axes = np.linalg.eigh(p.T @ p)
    low, high = trimmed(p @ axes)
    return np.asarray(np.sort(high - low)[::-1])
