"""A segmenter for bare depth: large planes are taken away, what stands out is split into things. No labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contracts import RGBDFrame, Role, Segment
from ..errors import ConfigError
from ..geometry import F64
from .clusters import Outline, absorb, creases, necks, outlines, spread
from .planes import F32, I32, NOISE, Mask, Plane, components, find_planes, steps, surface_normals

WORKING_WIDTH = 320  # pixels; wider frames are read at every second, third … pixel
THING = {"thing": 1.0}
LEVEL = np.cos(np.radians(12))  # a support is at most this far from horizontal
UPRIGHT = np.sin(np.radians(20))


@dataclass(frozen=True)
class GeometricSegmenter:
    """Finds floor, walls, supports and things by shape alone; the world's z axis has to point up.

    Planes of at least ``plane_area`` m² are floor (STRUCTURE; at most ``floor_height`` metres above z = 0), horizontal
    surfaces (FURNITURE), walls and other planes (STRUCTURE). Pieces between them (see ``clusters``) are things if they
    are ``smallest`` to ``largest`` metres long, rise ``relief`` metres from what they lie on, have ``min_pixels``
    pixels at working resolution (320 wide), stand out from what is behind them and are not mostly hidden; where one is
    longer than ``mostly_seen``, the image border may cut a fifth of its outline. Everything else is in no segment.
    Deterministic.
    """

    plane_area: float = 0.25
    floor_height: float = 0.15
    smallest: float = 0.04
    relief: float = 0.03
    largest: float = 0.75
    min_pixels: int = 60
    mostly_seen: float = 0.3
    max_hidden: float = 0.35
    min_figure: float = 0.5
    neck_from: float = 1.8
    exhaustive: bool = False  # pixels in no segment may well belong to something

    def __post_init__(self) -> None:
        if not (0 < self.smallest < self.largest and self.plane_area > 0 and self.min_pixels > 0):
            raise ConfigError(f"{self} is not usable: 0 < smallest < largest, plane_area and min_pixels above 0")

    def segment(self, frame: RGBDFrame) -> Sequence[Segment]:
        """Planes, largest first, then things in raster order. Depth shadows and the robot's own body are in none."""
        stride = max(1, frame.depth.shape[1] // WORKING_WIDTH)
        z = frame.depth if frame.body_mask is None else np.where(frame.body_mask, np.float32(0), frame.depth)
        small = np.ascontiguousarray(z[::stride, ::stride])
        cloud = _cloud(frame, small, stride)
        right, down = steps(small)
        normals = surface_normals(cloud, right, down, 3)
        up = np.asarray(frame.T_world_cam[2, :3], dtype=np.float64)
        planes = find_planes(cloud, normals, right, down, self.plane_area)
        flat = np.zeros(small.shape, bool)
        support = np.zeros(small.shape, bool)
        for plane in planes:
            flat |= plane.mask
            if plane.normal @ up > LEVEL:
                support |= plane.mask
        free = (small > 0) & ~flat
        core = necks(free & ~creases(cloud, normals, 3), small, self.neck_from)
        labels = spread(components(core, right, down), free, right, down, 4)
        world = cloud @ frame.T_world_cam[:3, :3].T.astype(np.float32)
        labels = absorb(labels, world, self.min_pixels)
        out = [self._plane(p, frame, up, stride, z) for p in planes]
        rise = _rise(cloud, planes)
        for n in self._things(labels, small, world, support, flat & ~support, rise, right, down):
            out.append(Segment(_full(labels == n, stride, z), THING, Role.OBJECT))
        return out

    def _plane(self, plane: Plane, frame: RGBDFrame, up: F64, stride: int, z: F32) -> Segment:
        tilt = float(plane.normal @ up)
        mask = _full(plane.mask, stride, z)
        if tilt > LEVEL:
            height = plane.offset + float(frame.T_world_cam[2, 3])  # of a level plane: n · p = up · p
            if height < self.floor_height:
                return Segment(mask, {"floor": 1.0}, Role.STRUCTURE)
            return Segment(mask, {"surface": 1.0}, Role.FURNITURE)
        return Segment(mask, {"wall" if abs(tilt) < UPRIGHT else "plane": 1.0}, Role.STRUCTURE)

    def _things(
        self, labels: I32, z: F32, world: F32, support: Mask, wall: Mask, rise: F32, right: Mask, down: Mask
    ) -> list[int]:
        """The labels that are things."""
        outline = outlines(labels, z)
        resting = _contacts(labels, support, right, down)
        leaning = _contacts(labels, wall, right, down)
        counts = np.bincount(labels.ravel())
        out = []
        for n in np.flatnonzero(counts >= self.min_pixels):
            if n == 0 or outline.hidden()[n] > self.max_hidden:
                continue
            if _figure(outline, resting, leaning, int(n)) < self.min_figure:
                continue
            at = labels == n
            sigma = NOISE.sigma(float(np.median(z[at])))
            if float(np.percentile(rise[at], 90)) < self.relief + sigma:
                continue  # paper on a table, the rim of a plane
            size = _extent(world[at])
            if size[0] > self.mostly_seen and outline.cut[n] > 0.2:
                continue  # too little of something large is in the image
            if not (self.smallest <= size[0] <= self.largest and size[1] >= max(self.smallest / 2, 4 * sigma)):
                continue
            out.append(int(n))
        return out


def _figure(outline: Outline, resting: NDArray[np.int64], leaning: NDArray[np.int64], n: int) -> float:
    """Share of a label's border that makes it a thing: in front of something, or resting on a support.

    Against it speak what is nearer and contact with walls. Contact with other pieces says nothing: things stand on
    things.
    """
    figure = int(outline.front[n] + resting[n])
    return figure / max(figure + int(outline.behind[n] + leaning[n]), 1)


def _cloud(frame: RGBDFrame, z: F32, stride: int) -> F32:
    camera = frame.camera
    u = (np.arange(z.shape[1], dtype=np.float32) * stride - np.float32(camera.cx)) / np.float32(camera.fx)
    v = (np.arange(z.shape[0], dtype=np.float32) * stride - np.float32(camera.cy)) / np.float32(camera.fy)
    return np.stack([z * u[None, :], z * v[:, None], z], axis=-1)


def _rise(cloud: F32, planes: Sequence[Plane]) -> F32:
    """Distance (H, W) in metres of each pixel from the nearest of the large planes."""
    out = np.full(cloud.shape[:2], np.inf, np.float32)
    for plane in planes:
        near = np.abs(cloud @ plane.normal.astype(np.float32) - np.float32(plane.offset))
        np.minimum(out, near, out=out)
    return out


def _full(mask: Mask, stride: int, z: F32) -> Mask:
    """A mask at working resolution as one of the frame's size, on pixels with a reading."""
    if stride > 1:
        mask = np.repeat(np.repeat(mask, stride, axis=0), stride, axis=1)[: z.shape[0], : z.shape[1]]
    return mask & (z > 0)


def _contacts(labels: I32, support: Mask, right: Mask, down: Mask) -> NDArray[np.int64]:
    """How many border pixel pairs of each label (n + 1,) touch a support."""
    n = int(labels.max()) + 1
    out = np.zeros(n, np.int64)
    pairs = (
        (labels[:, :-1], support[:, 1:], right),
        (labels[:, 1:], support[:, :-1], right),
        (labels[:-1], support[1:], down),
        (labels[1:], support[:-1], down),
    )
    for mine, theirs, joined in pairs:
        out += np.bincount(mine[theirs & joined], minlength=n)
    return out


def _extent(points: F32) -> NDArray[np.float64]:
    """Extents (3,) m of ``points`` (N, 3) along their principal axes, longest first, 2 % trimmed at each end."""
    p = points.astype(np.float64)
    p -= p.mean(axis=0)
    _, axes = np.linalg.eigh(p.T @ p)
    low, high = np.percentile(p @ axes, [2, 98], axis=0)
    return np.sort(high - low)[::-1]
