"""One frame with its segments, as the rest of perception reads it: which segment owns each pixel, and what touches what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contracts import RGBDFrame, Role, Segment
from ..errors import InputError
from ..geometry import F64
from .noise import DepthNoise, PoseNoise

I64 = NDArray[np.int64]
CONTACT_STEP = 0.02  # metres between neighbouring pixels' depths that still count as touching, before noise


@dataclass(frozen=True, eq=False)
class View:
    """A frame and its segments.

    ``owner`` (H, W) int16 is the index of the segment that a pixel belongs to, ``len(segments)`` on the robot's own body,
    ``len(segments) + 1`` where there is none. ``pixels[i]`` are the flat indices of segment i in raster order,
    ``bbox[i]`` its u0, v0, u1, v1 (half open; all 0 for a segment whose every pixel another one took).
    """

    frame: RGBDFrame
    segments: Sequence[Segment]
    owner: NDArray[np.int16]
    pixels: Sequence[I64]
    bbox: I64
    noise: DepthNoise
    pose_noise: PoseNoise

    @classmethod
    def of(cls, frame: RGBDFrame, segments: Sequence[Segment], noise: DepthNoise) -> View:
        """Paint the masks (the body mask last, so that it wins). Raises ``InputError`` for a mask that does not fit."""
        shape, n = frame.depth.shape, len(segments)
        owner = np.full(shape, n + 1, dtype=np.int16)
        for i, segment in enumerate(segments):
            if segment.mask.shape != shape or segment.mask.dtype != np.bool_:
                raise InputError(
                    f"segment {i} has a mask {segment.mask.shape} {segment.mask.dtype}; it has to be {shape} bool"
                )
            owner[segment.mask] = i
        if frame.body_mask is not None:
            owner[frame.body_mask] = n
        flat = owner.ravel()
        ends = np.cumsum(np.bincount(flat, minlength=n + 2))
        order = np.argsort(flat, kind="stable")  # radix sort on 16 bits: one pass for all segments
        pixels = [order[(ends[i - 1] if i else 0) : ends[i]] for i in range(n)]
        bbox = np.zeros((n, 4), dtype=np.int64)
        columns = (order % shape[1]).astype(np.int32)
        for i, mine in enumerate(pixels):
            if len(mine):
                u = columns[ends[i] - len(mine) : ends[i]]
                bbox[i] = u.min(), mine[0] // shape[1], u.max() + 1, mine[-1] // shape[1] + 1
        return cls(frame, segments, owner, pixels, bbox, noise, PoseNoise.of(frame.pose_cov))

    @property
    def body(self) -> int:
        """The owner number of the robot's own body."""
        return len(self.segments)

    def role(self, segment: int) -> Role:
        """Role of a segment."""
        return self.segments[segment].role

    def sigma(self, z: F64) -> F64:
        """Standard deviation (...,) in metres of a surface at depth ``z`` (...,): depth noise and camera pose together."""
        return np.asarray(np.sqrt(self.noise.sigma(z) ** 2 + self.pose_noise.variance(z)))

    def world(self, points_cam: F64) -> F64:
        """Camera points (..., 3) in the world frame."""
        T = self.frame.T_world_cam
        return np.asarray(points_cam @ T[:3, :3].T + T[:3, 3])


@dataclass(frozen=True, eq=False)
class Contacts:
    """What the borders between segments say.

    ``touching[i, j]`` (n, n) counts neighbouring pixels of owners i and j that meet in space. ``hidden[i]`` (n, 4) counts
    pixels along the left, top, right and bottom limit of segment i's ``bbox`` beyond which something nearer hides the rest.
    """

    touching: I64
    hidden: I64


def contacts(view: View) -> Contacts:
    """Look at every pair of neighbouring pixels with different owners.

    A step in depth is judged against the step that the surfaces themselves make there, as a table seen at a flat angle
    steps by centimetres from pixel to pixel.
    """
    n = len(view.segments) + 2
    touching = np.zeros(n * n, dtype=np.int64)
    hidden = np.zeros((n, 4), dtype=np.int64)
    width = view.owner.shape[1]
    owner, depth = view.owner.ravel(), view.frame.depth.ravel()
    last = owner.size - 1
    for axis, step in ((0, 1), (1, width)):
        differ = owner[step:] != owner[:-step]
        if step == 1:
            differ[width - 1 :: width] = False  # the end of a row and the start of the next
        first = np.flatnonzero(differ)
        second = first + step
        a, b = depth[first].astype(np.float64), depth[second].astype(np.float64)
        before, after = depth[np.maximum(first - step, 0)], depth[np.minimum(second + step, last)]
        known = (a > 0) & (b > 0)
        slope = np.minimum(np.where(before > 0, np.abs(a - before), 0), np.where(after > 0, np.abs(after - b), 0))
        slack = CONTACT_STEP + 3 * view.noise.sigma(np.maximum(a, b)) + 2 * np.minimum(slope, 0.1)
        oa, ob = owner[first].astype(np.int64), owner[second].astype(np.int64)
        meets = known & (np.abs(a - b) <= slack)
        touching += np.bincount((oa * n + ob)[meets], minlength=n * n)
        for behind, whose, at, side in ((a > b + slack, oa, first, 2 + axis), (b > a + slack, ob, second, axis)):
            limit = _at_limit(view, whose[known & behind], at[known & behind], side)
            hidden[:, side] += np.bincount(limit, minlength=n)
    square = touching.reshape(n, n)
    return Contacts(square + square.T, hidden)


def _at_limit(view: View, whose: I64, at: I64, side: int) -> I64:
    """Those owners of the pixels ``at`` that lie along ``side`` (left, top, right, bottom) of their segment's bbox."""
    segment = whose < len(view.segments)
    whose, at = whose[segment], at[segment]
    width = view.owner.shape[1]
    where = at % width if side % 2 == 0 else at // width
    box = view.bbox[whose]
    margin = np.maximum(1, (box[:, side % 2 + 2] - box[:, side % 2]) // 12)
    near = where < box[:, side] + margin if side < 2 else where >= box[:, side] - margin
    return np.asarray(whose[near])
