"""A segmenter for bare depth: large planes are taken away, what stands out is split into things. No labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contracts import RGBDFrame, Role, Segment
from ..errors import ConfigError
from ..geometry import F64
from .clusters import absorb, creases, necks, spread
from .figures import Ground, Limits, figures
from .planes import F32, I32, Mask, Plane, components, find_planes, steps, surface_normals

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
    max_unknown: float = 0.7
    min_figure: float = 0.5
    neck_from: float = 1.8
    exhaustive: bool = False  # pixels in no segment may well belong to something

    def __post_init__(self) -> None:
        if not (0 < self.smallest < self.largest and self.plane_area > 0 and self.min_pixels > 0):
            raise ConfigError(f"{self} is not usable: 0 < smallest < largest, plane_area and min_pixels above 0")

    def segment(self, frame: RGBDFrame) -> Sequence[Segment]:
        """Planes, largest first, then things in raster order. Depth shadows and the robot's own body are in none."""
        stride = max(1, frame.depth.shape[1] // WORKING_WIDTH)
        depth = frame.depth if frame.body_mask is None else np.where(frame.body_mask, np.float32(0), frame.depth)
        z = np.ascontiguousarray(depth[::stride, ::stride])
        cloud = _cloud(frame, z, stride)
        right, down = steps(z)
        normals = surface_normals(cloud, right, down, 3)
        up = np.asarray(frame.T_world_cam[2, :3], dtype=np.float64)
        planes = self.planes(cloud, normals, right, down)
        level = [p for p in planes if p.normal @ up > LEVEL]
        free = z > 0
        for plane in planes:
            free &= ~plane.mask
        world = cloud @ frame.T_world_cam[:3, :3].T.astype(np.float32)
        labels = absorb(self.pieces(cloud, normals, free, right, down), world, self.min_pixels)
        ground = Ground(z, cloud, world, right, down, level, [p for p in planes if p not in level])
        out = [self._plane(p, frame, up, stride, depth) for p in planes]
        for n in figures(labels, ground, self._limits()):
            out.append(Segment(_full(labels == n, stride, depth), THING, Role.OBJECT))
        return out

    def planes(self, cloud: F32, normals: F32, right: Mask, down: Mask) -> list[Plane]:
        """The large planes in ``cloud`` (H, W, 3), largest first; see ``planes``."""
        return find_planes(cloud, normals, right, down, self.plane_area)

    def pieces(self, cloud: F32, normals: F32, free: Mask, right: Mask, down: Mask) -> I32:
        """Labels (H, W) of the pieces that the pixels ``free`` (H, W) fall into, 0 = none; see ``clusters``."""
        z = cloud[..., 2]
        core = necks(free & ~creases(cloud, normals, 3), z, self.neck_from)
        return spread(components(core, right, down), free, right, down, 4)

    def _limits(self) -> Limits:
        return Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})

    def _plane(self, plane: Plane, frame: RGBDFrame, up: F64, stride: int, z: F32) -> Segment:
        tilt = float(plane.normal @ up)
        mask = _full(plane.mask, stride, z)
        if tilt > LEVEL:
            height = plane.offset + float(frame.T_world_cam[2, 3])  # of a level plane: n · p = up · p
            if height < self.floor_height:
                return Segment(mask, {"floor": 1.0}, Role.STRUCTURE)
            return Segment(mask, {"surface": 1.0}, Role.FURNITURE)
        return Segment(mask, {"wall" if abs(tilt) < UPRIGHT else "plane": 1.0}, Role.STRUCTURE)


def _cloud(frame: RGBDFrame, z: F32, stride: int) -> F32:
    camera = frame.camera
    u = (np.arange(z.shape[1], dtype=np.float32) * stride - np.float32(camera.cx)) / np.float32(camera.fx)
    v = (np.arange(z.shape[0], dtype=np.float32) * stride - np.float32(camera.cy)) / np.float32(camera.fy)
    return np.stack([z * u[None, :], z * v[:, None], z], axis=-1)


def _full(mask: Mask, stride: int, z: F32) -> Mask:
    """A mask at working resolution as one of the frame's size, on pixels with a reading."""
    if stride > 1:
        mask = np.repeat(np.repeat(mask, stride, axis=0), stride, axis=1)[: z.shape[0], : z.shape[1]]
    return mask & (z > 0)
