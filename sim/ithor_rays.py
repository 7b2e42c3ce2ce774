"""Upright boxes that rays can hit, on Open3D's RaycastingScene (Embree)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64
from .ithor_shapes import Parts

_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
_TRIANGLES = np.concatenate([_FACES[:, [0, 1, 2]], _FACES[:, [0, 2, 3]]], axis=1).reshape(12, 3)
LIGHT = np.array([0.78, 0.78, 0.66, 0.66, 0.5, 1.0])
"""Brightness of a box's six faces: sides, bottom, top."""
NOTHING = -1


class RayScene:
    """N boxes: ``vertices`` (8 N, 3) float32 as ``vertices_of`` gives them, and whose each is, ``owners`` (N,) int32."""

    def __init__(self, vertices: Sequence[NDArray[np.float32]], owners: NDArray[np.int32]) -> None:
        self.owners = np.concatenate([owners, np.full(1, NOTHING, dtype=np.int32)])
        n = len(owners)
        o3d = _open3d()
        triangles = (_TRIANGLES[None] + 8 * np.arange(n)[:, None, None]).reshape(-1, 3).astype(np.uint32)
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        if n:
            self._scene.add_triangles(o3d.core.Tensor(np.concatenate(vertices)), o3d.core.Tensor(triangles))

    def faces(self, rays: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """For rays (R, 6), origin and direction: distance (R,) in lengths of the direction, infinite where nothing is hit,
        and the face that is hit (R,): six a box, the first number after the last face where nothing is."""
        hit = self._scene.cast_rays(_open3d().core.Tensor(rays), nthreads=1)
        t = hit["t_hit"].numpy()
        face = (hit["primitive_ids"].numpy() >> 1).astype(np.int32)
        return t, np.where(np.isfinite(t), face, 6 * (len(self.owners) - 1))

    def owners_hit(self, rays: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Distance (R,) and owner (R,), ``NOTHING`` where nothing is hit."""
        t, face = self.faces(rays)
        return t, self.owners[face // 6]

    def face_owners(self) -> NDArray[np.int32]:
        """Owner (6 N + 1,) of each face number."""
        return np.repeat(self.owners, 6)[: 6 * (len(self.owners) - 1) + 1]


def vertices_of(parts: Parts) -> NDArray[np.float32]:
    """Corners (8 N, 3) of N boxes."""
    corners = _SIGNS[None] * parts.sizes[:, None] / 2
    c, s = np.cos(parts.yaws)[:, None], np.sin(parts.yaws)[:, None]
    x, y = c * corners[..., 0] - s * corners[..., 1], s * corners[..., 0] + c * corners[..., 1]
    vertices = np.stack([x, y, corners[..., 2]], axis=-1) + parts.centers[:, None]
    return np.asarray(vertices.reshape(-1, 3), dtype=np.float32)


def lit(color: F64, n: int) -> NDArray[np.uint8]:
    """Colours (6 n, 3) of the faces of n boxes of one colour (3,) in 0..255."""
    return np.tile((color * LIGHT[:, None]).astype(np.uint8), (n, 1))


@cache
def _open3d() -> Any:
    return import_module("open3d")
