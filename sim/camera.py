"""A camera in the kitchen: colour, depth with sensor noise, and segments whose numbers change in every frame."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role, SegmentImage
from ..geometry import F64, PinholeCamera
from .bullet import pybullet, quiet
from .kitchen import Kitchen
from .recogniser import Recogniser

_GL_FROM_CV = np.diag([1.0, -1.0, -1.0, 1.0])
_NEAR, _FAR = 0.05, 12.0
_BODY_BITS = (1 << 24) - 1


@dataclass(frozen=True, eq=False)
class View:
    """One picture: ``rgb`` (H, W, 3) uint8, ``depth`` (H, W) float32 metres (0 = no reading), segments, and where the
    robot sees itself, ``body_mask`` (H, W) bool."""

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    segments: SegmentImage
    body_mask: NDArray[np.bool_]


@dataclass(eq=False)
class Camera:
    """Renders what a pinhole ``camera`` sees of ``world``.

    Depth is given between ``depth_range`` metres; with ``noisy`` it has the axial noise of a structured light sensor,
    σ = 0.0012 + 0.0019 (z − 0.4)² metres (Nguyen, Izadi & Lovell 2012). The renderer is the world's. Noise,
    segment numbers and the recogniser (by default the world's) draw from ``rng``, by default seeded by the world.
    """

    world: Kitchen
    camera: PinholeCamera
    depth_range: tuple[float, float] = (0.15, 6.0)
    noisy: bool = True
    recogniser: Recogniser | None = None
    rng: np.random.Generator | None = None
    _random: np.random.Generator = field(init=False, repr=False)
    _names: Recogniser = field(init=False, repr=False)
    _flags: dict[str, Any] = field(init=False, repr=False)
    _shift: tuple[float, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = self.rng if self.rng is not None else np.random.default_rng([self.world.seed, 7])
        self._names = self.recogniser if self.recogniser is not None else self.world.recogniser
        p = pybullet()
        tiny = self.world.renderer == "tiny"
        # TinyRenderer samples a pixel at its lower left corner (measured against rays), OpenGL in its middle
        self._shift = (-0.5, 0.5) if tiny else (0.0, 0.0)
        self._flags = {
            "renderer": p.ER_TINY_RENDERER if tiny else p.ER_BULLET_HARDWARE_OPENGL,
            "flags": p.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
            "shadow": 0,
            "lightDirection": [0.4, -0.9, 1.9],
            "lightAmbientCoeff": 0.62,
            "lightDiffuseCoeff": 0.45,
            "lightSpecularCoeff": 0.08,
        }

    def render(self, T_world_cam: F64, robot_body_ids: Collection[int] = ()) -> View:
        """The picture from ``T_world_cam`` (4, 4), OpenCV axes. Pixels of ``robot_body_ids`` are in no segment."""
        rgb, depth, mask = self._raw(T_world_cam)
        bodies = np.where(mask >= 0, mask & _BODY_BITS, -1)
        body_mask = np.isin(bodies, list(robot_body_ids)) if len(robot_body_ids) else np.zeros(mask.shape, dtype=bool)
        return View(rgb, depth, self._segments(mask, bodies, body_mask), body_mask)

    def _raw(self, T_world_cam: F64) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
        c = self.camera
        view = _GL_FROM_CV @ np.linalg.inv(T_world_cam)
        with quiet() if self.world.renderer == "egl" else nullcontext():  # OpenGL tells stdout who made it
            _, _, rgba, buffer, mask = pybullet().getCameraImage(
                c.width,
                c.height,
                viewMatrix=view.T.ravel().tolist(),
                projectionMatrix=_projection(c, *self._shift).T.ravel().tolist(),
                physicsClientId=self.world.client,
                **self._flags,
            )
        shape = (c.height, c.width)
        rgb = np.ascontiguousarray(np.asarray(rgba, dtype=np.uint8).reshape(*shape, 4)[..., :3])
        z = _FAR * _NEAR / (_FAR - (_FAR - _NEAR) * np.asarray(buffer, dtype=np.float64).reshape(shape))
        ids = np.asarray(mask, dtype=np.int64).reshape(shape)
        z[ids < 0] = 0.0
        if self.noisy:
            z = z + (0.0012 + 0.0019 * (z - 0.4) ** 2) * self._random.standard_normal(shape)
        z[(z < self.depth_range[0]) | (z > self.depth_range[1]) | (ids < 0)] = 0.0
        return rgb, z.astype(np.float32), ids

    def _segments(
        self, mask: NDArray[np.int64], bodies: NDArray[np.int64], body_mask: NDArray[np.bool_]
    ) -> SegmentImage:
        """Regions by body and link under fresh random numbers above every body id, with what the recogniser says."""
        values, inverse, counts = np.unique(mask, return_inverse=True, return_counts=True)
        numbers = np.zeros(len(values), dtype=np.int32)
        fresh = 1000 + self._random.permutation(9000)[: len(values)]
        labels: dict[int, dict[str, float]] = {}
        states: dict[int, dict[str, dict[str, float]]] = {}
        roles: dict[int, Role] = {}
        robot = set(np.unique(bodies[body_mask]).tolist())
        whole: dict[tuple[int, int], int] = {}
        for i, value in enumerate(values.tolist()):
            body, link = value & _BODY_BITS, (value >> 24) - 1
            if value < 0 or body in robot or (body, link) not in self.world.labels:
                continue
            number, pixels = int(fresh[i]), int(counts[i])
            one = self.world.parts_of.get((body, link), (body, link))
            if one in whole:
                numbers[i] = whole[one]
                continue
            whole[one] = number
            numbers[i] = number
            name, _ = self.world.labels[(body, link)]
            labels[number] = self._names.classify(name, pixels, self._random)
            roles[number] = self._names.role(labels[number])
            mover = self.world.opens.get((body, link), self.world.opens.get(one))
            states[number] = {}
            if mover is not None:
                states[number]["openness"] = self._names.openness(self.world.openness(mover), pixels, self._random)
        return SegmentImage(numbers[inverse].reshape(mask.shape), labels, states, roles)


def _projection(c: PinholeCamera, shift_u: float, shift_v: float) -> F64:
    """OpenGL projection (4, 4) of a pinhole camera whose pixel centres are at whole numbers.

    ``shift_u``, ``shift_v``: where in a pixel, relative to its centre, the renderer takes its sample.
    """
    near, far = _NEAR, _FAR
    P = np.zeros((4, 4))
    P[0, 0], P[0, 2] = 2 * c.fx / c.width, 1 - 2 * (c.cx + shift_u + 0.5) / c.width
    P[1, 1], P[1, 2] = 2 * c.fy / c.height, 2 * (c.cy + shift_v + 0.5) / c.height - 1
    P[2, 2], P[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
    P[3, 2] = -1.0
    return P
