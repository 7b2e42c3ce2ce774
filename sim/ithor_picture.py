"""Pictures of boxes: colour, depth and what each pixel shows, from rays and without a renderer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import F64, PinholeCamera, transform
from .ithor_rays import RayScene

FAR = 20.0
"""AI2-THOR's far plane, metres."""


@dataclass(frozen=True, eq=False)
class Picture:
    """``rgb`` (H, W, 3) uint8; ``depth`` (H, W) float32 metres along the axis, 0 = none; ``index`` (H, W) int32 into ``ids``,
    -1 = walls; where it was taken from."""

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    index: NDArray[np.int32]
    ids: tuple[str, ...]
    camera: PinholeCamera
    T_world_cam: F64


@dataclass(frozen=True, eq=False)
class Model:
    """What a picture is taken of: N boxes in a ray scene, owner (6 N + 1,) and packed colour (6 N + 1,) of each face; the last
    of both are those of a ray that meets nothing."""

    scene: RayScene
    owners: NDArray[np.int32]
    colors: NDArray[np.uint32]

    @classmethod
    def of(cls, vertices: list[NDArray[np.float32]], owners: NDArray[np.int32], colors: NDArray[np.uint8]) -> Model:
        """From ``RayScene``'s arguments and the faces' colours (6 N, 3)."""
        scene = RayScene(vertices, owners)
        packed = np.zeros((len(colors) + 1, 4), dtype=np.uint8)
        packed[:-1, :3] = colors
        return cls(scene, scene.face_owners(), packed.view(np.uint32).ravel())


def pinhole(width: int, height: int, fov: float) -> PinholeCamera:
    """A camera of ``width`` × ``height`` pixels with a vertical field of view of ``fov`` degrees. ``InputError``."""
    if not (0 < width <= 4096 and 0 < height <= 4096 and 1 <= fov < 180):
        raise InputError(f"camera {width}×{height}, {fov}° is not usable: 1 to 4096 pixels, 1 to below 180 degrees")
    f = height / 2 / np.tan(np.deg2rad(fov) / 2)
    return PinholeCamera(float(f), float(f), (width - 1) / 2, (height - 1) / 2, width, height)


def camera_pose(x: float, y: float, eye: float, yaw: float, horizon: float) -> F64:
    """``T_world_cam`` (4, 4), OpenCV axes, of a camera at (x, y, eye) that looks along ``yaw`` and down by ``horizon``."""
    cy, sy, ch, sh = math.cos(yaw), math.sin(yaw), math.cos(horizon), math.sin(horizon)
    right, down, forward = (sy, -cy, 0.0), (-sh * cy, -sh * sy, -ch), (cy * ch, sy * ch, -sh)
    return transform(np.array([right, down, forward]).T, (x, y, eye))


def tint(kind: str, id: str) -> F64:
    """The colour (3,) in 0..255 of a thing: its class gives the hue, its id a shade of it."""
    a, b = crc32(kind.encode()), crc32(id.encode())
    hue = (a % 360) / 60.0
    value, vivid = 170.0 + b % 70, 0.35 + 0.5 * ((a >> 12) % 100) / 100
    x = np.array([abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4)])
    return np.asarray(value * (1 - vivid * (1 - np.clip(x, 0, 1))))


class Painter:
    """Takes pictures. Rays are sent for one pixel in four, and for all where faces meet: between four neighbours on one
    flat face, 1/depth is linear in the image, so that nothing is lost but what is narrower than two pixels."""

    def __init__(self) -> None:
        self._camera: PinholeCamera | None = None

    def paint(
        self, model: Model, ids: tuple[str, ...], camera: PinholeCamera, T_world_cam: F64, far: float = FAR
    ) -> Picture:
        """The picture from ``T_world_cam``, OpenCV axes, of what is nearer than ``far`` metres; owners number ``ids``."""
        t, face = self._filled(model.scene, camera, T_world_cam)
        lost = ~(t <= far)
        if lost.any():
            t[lost], face[lost] = 0.0, len(model.owners) - 1
        packed = model.colors.take(face).view(np.uint8).reshape(-1, 4)
        rgb = np.empty((*face.shape, 3), dtype=np.uint8)
        for k in range(3):
            rgb.reshape(-1, 3)[:, k] = packed[:, k]
        return Picture(rgb, t, model.owners.take(face), ids, camera, T_world_cam)

    def _filled(self, scene: RayScene, camera: PinholeCamera, T: F64) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Depth (H, W) and face (H, W) of every pixel."""
        h, w = (camera.height + 1) // 2, (camera.width + 1) // 2
        if self._camera != camera:
            self._aim(camera, h, w)
        R = T[:3, :3].T.astype(np.float32)
        self._rays[:, :3], self._rays[:, 3:] = T[:3, 3], self._coarse @ R
        t4, f4 = scene.faces(self._rays)
        t4, f4 = t4.reshape(h + 1, w + 1), f4.reshape(h + 1, w + 1)
        corner = f4[:-1, :-1]
        same = (corner == f4[1:, :-1]) & (corner == f4[:-1, 1:]) & (corner == f4[1:, 1:])
        near = 1 / t4
        across, down = (near[:-1, 1:] - near[:-1, :-1]) / 2, (near[1:, :-1] - near[:-1, :-1]) / 2
        inverse = np.empty((h, 2, w, 2), dtype=np.float32)
        inverse[:, 0, :, 0] = near[:-1, :-1]
        inverse[:, 0, :, 1] = near[:-1, :-1] + across
        inverse[:, 1, :, 0] = near[:-1, :-1] + down
        inverse[:, 1, :, 1] = inverse[:, 1, :, 0] + across
        with np.errstate(divide="ignore"):
            t = np.reciprocal(inverse, out=inverse).reshape(2 * h, 2 * w)
        fours = np.empty((h, 2, w, 2), dtype=np.int32)
        fours[:] = corner[:, None, :, None]
        face = fours.reshape(2 * h, 2 * w)
        rows, columns = np.nonzero(~same)
        rows = np.concatenate([2 * rows, 2 * rows + 1, 2 * rows + 1])
        columns = np.concatenate([2 * columns + 1, 2 * columns, 2 * columns + 1])
        if len(rows):
            rays = np.empty((len(rows), 6), dtype=np.float32)
            rays[:, :3], rays[:, 3:] = T[:3, 3], self._plane[rows, columns] @ R
            t[rows, columns], face[rows, columns] = scene.faces(rays)
        return t[: camera.height, : camera.width], face[: camera.height, : camera.width]

    def _aim(self, camera: PinholeCamera, h: int, w: int) -> None:
        """Directions through (2 h + 1) × (2 w + 1) pixels in the camera's frame, one metre along the axis long."""
        u, v = np.meshgrid(np.arange(2 * w + 1), np.arange(2 * h + 1))
        plane = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=-1)
        self._camera, self._plane = camera, plane.astype(np.float32)
        self._coarse = self._plane[::2, ::2].reshape(-1, 3)
        self._rays = np.empty((len(self._coarse), 6), dtype=np.float32)
