"""Upright boxes that rays can hit, on Open3D's RaycastingScene (Embree)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
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
MARGIN = 0.85
"""Sample points keep that share of a face's half width from its middle."""
WORTH = 0.06
"""Faces narrower than half of this are not sampled where a thing has several parts, metres."""


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
        face = (hit["primitive_ids"].numpy() >> 1).view(np.int32)
        return t, np.minimum(
            face, 6 * (len(self.owners) - 1), out=face
        )  # what is missed has the greatest number there is

    def owners_hit(self, rays: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Distance (R,) and owner (R,), ``NOTHING`` where nothing is hit."""
        t, face = self.faces(rays)
        return t, self.owners[face // 6]

    def face_owners(self) -> NDArray[np.int32]:
        """Owner (6 N + 1,) of each face number."""
        return np.repeat(self.owners, 6)[: 6 * (len(self.owners) - 1) + 1]


def first_box(
    centers: F64, yaws: F64, halves: F64, eye: F64, rays: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Where rays (R, 3) from ``eye`` (3,) first enter one of M upright boxes of half size ``halves`` (M, 3): in lengths of the
    ray (R,), infinite where none is met, and which box it is (R,).

    For a few boxes that move: a ray scene would have to be built anew. Slab test in each box's frame (Kay & Kajiya 1986).
    """
    if not len(yaws) or not len(rays):
        return np.full(len(rays), np.inf, dtype=np.float32), np.zeros(len(rays), dtype=np.int64)
    c, s = np.cos(yaws).astype(np.float32)[:, None], np.sin(yaws).astype(np.float32)[:, None]
    x, y, z = (eye - centers).astype(np.float32).T[:, :, None]
    dx, dy, dz = rays.T + np.float32(1e-12)  # no ray is quite parallel to a side
    enter = leave = np.empty(0, dtype=np.float32)
    for k, (start, way) in enumerate(
        ((c * x + s * y, c * dx + s * dy), (c * y - s * x, c * dy - s * dx), (z, dz[None]))
    ):
        half = halves[:, k : k + 1].astype(np.float32)
        inverse = 1.0 / way
        middle, reach = -start * inverse, half * np.abs(inverse)
        enter = middle - reach if k == 0 else np.maximum(enter, middle - reach, out=enter)
        leave = middle + reach if k == 0 else np.minimum(leave, middle + reach, out=leave)
    np.copyto(enter, np.float32(np.inf), where=(enter > leave) | (enter <= 0))
    best = enter.argmin(axis=0)
    return enter[best, np.arange(len(rays))], best


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


def samples(parts: Parts) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points (N, 3) on the parts' faces, at most 0.3 m apart up to 12 × 12 a face, and the faces' normals (N, 3)."""
    points, normals = [], []
    for center, yaw, size in zip(parts.centers, parts.yaws, parts.sizes, strict=True):
        c, s = np.cos(yaw), np.sin(yaw)
        turned = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        counts = tuple(min(max(math.ceil(e / 0.3) + 1, 3), 12) for e in size.tolist())
        narrow = tuple(bool(e < 0.5 * WORTH and len(parts.yaws) > 1) for e in size.tolist())
        unit, outward = _unit_faces(counts, narrow)
        points.append(unit * (size / 2) @ turned + center)
        normals.append(outward @ turned)
    return np.concatenate(points).astype(np.float32), np.concatenate(normals).astype(np.float32)


@lru_cache(maxsize=512)
def _unit_faces(counts: tuple[int, ...], narrow: tuple[bool, ...]) -> tuple[F64, F64]:
    """Points (N, 3) on the faces of the cube from -1 to 1, so many along each axis, and normals; no narrow faces."""
    points, normals = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for axis in range(3):
        a, b = [k for k in range(3) if k != axis]
        if narrow[a] or narrow[b]:
            continue
        across = np.meshgrid(*(np.linspace(-MARGIN, MARGIN, counts[k]) for k in (a, b)))
        for sign in (-1.0, 1.0):
            face = np.zeros((counts[a] * counts[b], 3))
            face[:, a], face[:, b], face[:, axis] = across[0].ravel(), across[1].ravel(), sign
            points.append(face)
            normals.append(np.eye(3)[[axis] * len(face)] * sign)
    return np.concatenate(points), np.concatenate(normals)


@cache
def _open3d() -> Any:
    return import_module("open3d")
