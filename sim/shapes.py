"""Triangle meshes written as Wavefront OBJ text: boxes, lathed bodies, bent tubes. Metres, z up, outward normals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..geometry import F64


@dataclass(frozen=True, eq=False)
class Mesh:
    """``vertices`` (N, 3) and ``normals`` (N, 3) in metres, texture coordinates ``uvs`` (N, 2), ``faces`` (M, 3)."""

    vertices: F64
    uvs: F64
    normals: F64
    faces: NDArray[np.int64]

    def moved(self, offset: ArrayLike) -> Mesh:
        """The same mesh shifted by ``offset`` (3,) metres."""
        return Mesh(self.vertices + np.asarray(offset, dtype=np.float64), self.uvs, self.normals, self.faces)


def box(size: ArrayLike, tiles_per_metre: float | None = None) -> Mesh:
    """A box around the origin; each face carries the whole texture once, or repeats it ``tiles_per_metre`` times."""
    half = np.asarray(size, dtype=np.float64) / 2
    vertices: list[ArrayLike] = []
    uvs: list[ArrayLike] = []
    normals: list[ArrayLike] = []
    faces: list[tuple[int, int, int]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            n = np.zeros(3)
            n[axis] = sign
            up = np.array([0.0, 0.0, 1.0]) if axis < 2 else np.array([0.0, 1.0, 0.0])
            right = np.cross(up, n)
            extent = 2 * np.array([abs(right) @ half, abs(up) @ half])
            scale = extent * tiles_per_metre if tiles_per_metre else np.ones(2)
            start = len(vertices)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                vertices.append((n + a * right + b * up) * half)
                uvs.append(np.array([(a + 1) / 2, (b + 1) / 2]) * scale)
                normals.append(n)
            faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return Mesh(np.array(vertices), np.array(uvs), np.array(normals), np.array(faces))


def lathe(profile: Sequence[tuple[float, float]], sides: int = 24) -> Mesh:
    """A body of revolution about z: ``profile`` is (radius, z) in metres, walked so that the outside is on its right.

    Each band has its own normals, so that edges stay crisp; texture u runs around, v up along the profile.
    """
    angles = np.linspace(0.0, 2 * np.pi, sides + 1)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    lengths = np.r_[0.0, np.cumsum([np.hypot(*np.subtract(b, a)) for a, b in pairwise(profile)])]
    vertices: list[ArrayLike] = []
    uvs: list[ArrayLike] = []
    normals: list[ArrayLike] = []
    faces: list[tuple[int, int, int]] = []
    for i, ((r0, z0), (r1, z1)) in enumerate(pairwise(profile)):
        slope = np.array([z1 - z0, r0 - r1])
        slope = slope / (np.linalg.norm(slope) or 1.0)
        start = len(vertices)
        for k, (c, s) in enumerate(ring):
            for (r, z), v in (((r0, z0), lengths[i]), ((r1, z1), lengths[i + 1])):
                vertices.append((r * c, r * s, z))
                uvs.append((k / sides, v / lengths[-1]))
                normals.append((slope[0] * c, slope[0] * s, slope[1]))
        for k in range(sides):
            a = start + 2 * k
            if r0 > 0:
                faces.append((a, a + 2, a + 1))
            if r1 > 0:
                faces.append((a + 2, a + 3, a + 1))
    return Mesh(np.array(vertices), np.array(uvs), np.array(normals), np.array(faces))


def sphere(radius: float, dimple: float = 0.0, rings: int = 10, sides: int = 20) -> Mesh:
    """A sphere with smooth normals; ``dimple`` metres are pressed in at the top (an apple)."""
    polar = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)
    around = np.linspace(0.0, 2 * np.pi, sides + 1)
    lat, lon = np.meshgrid(polar, around, indexing="ij")
    normals = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    vertices = radius * normals
    vertices[..., 2] -= dimple * np.clip(lat / (np.pi / 2), 0, 1) ** 4
    uvs = np.stack([lon / (2 * np.pi), lat / np.pi + 0.5], axis=-1)
    return Mesh(vertices.reshape(-1, 3), uvs.reshape(-1, 2), normals.reshape(-1, 3), _grid_faces(rings + 1, sides + 1))


def tube(path: ArrayLike, radii: ArrayLike, sides: int = 8) -> Mesh:
    """A round tube along ``path`` (N, 3) with ``radii`` (N,); its ends shrink to a point."""
    points = np.asarray(path, dtype=np.float64)
    width = np.asarray(radii, dtype=np.float64)
    points = np.concatenate([points[:1], points, points[-1:]])
    width = np.r_[0.0, width, 0.0]
    tangents = np.gradient(points[1:-1], axis=0)
    tangents = np.concatenate([tangents[:1], tangents, tangents[-1:]])
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    span = points[-1] - points[0]
    bend = np.cross(points[len(points) // 2] - points[0], span)
    side = bend / np.linalg.norm(bend) if np.linalg.norm(bend) > 1e-9 else np.array([0.0, 1.0, 0.0])
    other = np.cross(tangents, side)
    angles = np.linspace(0.0, 2 * np.pi, sides + 1)
    normals = np.cos(angles)[None, :, None] * side + np.sin(angles)[None, :, None] * other[:, None, :]
    vertices = points[:, None, :] + width[:, None, None] * normals
    grid_u, grid_v = np.meshgrid(np.linspace(0, 1, len(points)), angles / (2 * np.pi), indexing="ij")
    uvs = np.stack([grid_v, grid_u], axis=-1).reshape(-1, 2)
    faces = _grid_faces(len(points), sides + 1)
    return Mesh(vertices.reshape(-1, 3), uvs, normals.reshape(-1, 3), faces)


def prism(polygon: Sequence[tuple[float, float]], length: float) -> Mesh:
    """A convex ``polygon`` in the (y, z) plane, counter-clockwise seen from +x, stretched over ``length`` along x."""
    flat = np.array([(0.0, y, z) for y, z in polygon])
    n = len(flat)
    vertices: list[ArrayLike] = []
    uvs: list[ArrayLike] = []
    normals: list[ArrayLike] = []
    faces: list[tuple[int, int, int]] = []
    for sign in (-1.0, 1.0):
        start = len(vertices)
        lo, hi = flat.min(axis=0), flat.max(axis=0)
        for point in flat:
            vertices.append(point + np.array((sign * length / 2, 0, 0)))
            uvs.append(((point - lo) / np.maximum(hi - lo, 1e-9))[1:])
            normals.append((sign, 0.0, 0.0))
        fan = [(start, start + i, start + i + 1) for i in range(1, n - 1)]
        faces += fan if sign > 0 else [(a, c, b) for a, b, c in fan]
    for i in range(n):
        a, b = flat[i], flat[(i + 1) % n]
        normal = np.array([0.0, b[2] - a[2], a[1] - b[1]])
        start = len(vertices)
        for point, v in ((a, 0.0), (b, 1.0)):
            for x, u in ((-length / 2, 0.0), (length / 2, 1.0)):
                vertices.append(point + np.array((x, 0, 0)))
                uvs.append(np.array((u, v)))
                normals.append(normal / np.linalg.norm(normal))
        faces += [(start, start + 2, start + 1), (start + 1, start + 2, start + 3)]
    return Mesh(np.array(vertices), np.array(uvs), np.array(normals), np.array(faces))


def rings(profile: Sequence[tuple[float, float]], thickness: float, count: int = 12) -> list[Mesh]:
    """Convex pieces of a flaring wall: for each band of ``profile`` (outer radius, z), ``count`` hulls around z.

    A physics engine takes hulls only; a bowl as one hull would be a lump that nothing can be put into.
    """
    pieces = []
    for (r0, z0), (r1, z1) in pairwise(profile):
        for k in range(count):
            angles = np.array([k, k + 1]) * 2 * np.pi / count
            corners = [
                (r * np.cos(a), r * np.sin(a), z)
                for r, z in ((r0 - thickness, z0), (r0, z0), (r1 - thickness, z1), (r1, z1))
                for a in angles
            ]
            pieces.append(hull(corners))
    return pieces


def hull(points: ArrayLike) -> Mesh:
    """A point set for a collision shape: the engine takes the convex hull of it; the faces only name all points."""
    p = np.asarray(points, dtype=np.float64)
    faces = np.array([(0, i, i + 1) for i in range(1, len(p) - 1)])
    return Mesh(p, np.zeros((len(p), 2)), np.tile([0.0, 0.0, 1.0], (len(p), 1)), faces)


def write_obj(path: Path, meshes: Sequence[Mesh], texture: Path | None = None) -> Path:
    """Write ``meshes`` as groups of one OBJ file, with a material file that shows ``texture`` if there is one."""
    lines = []
    if texture is not None:
        material = path.with_suffix(".mtl")
        material.write_text(f"newmtl skin\nKd 1 1 1\nmap_Kd {texture.name}\n")
        lines += [f"mtllib {material.name}", "usemtl skin"]
    start = 1
    for number, mesh in enumerate(meshes):
        lines.append(f"o piece{number}")
        lines += ["v {:.6f} {:.6f} {:.6f}".format(*v) for v in mesh.vertices]
        lines += ["vt {:.5f} {:.5f}".format(*t) for t in mesh.uvs]
        lines += ["vn {:.5f} {:.5f} {:.5f}".format(*n) for n in mesh.normals]
        lines += ["f " + " ".join(f"{i + start}/{i + start}/{i + start}" for i in face) for face in mesh.faces]
        start += len(mesh.vertices)
    path.write_text("\n".join(lines) + "\n")
    return path


def _grid_faces(rows: int, columns: int) -> NDArray[np.int64]:
    faces = []
    for i in range(rows - 1):
        for j in range(columns - 1):
            a, b = i * columns + j, (i + 1) * columns + j
            faces += [(a, a + 1, b + 1), (a, b + 1, b)]
    return np.array(faces)
