"""The geometric segmenter with Open3D's planes, Open3D's clusters or both in place of its own: to be measured against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import F64
from ..perception.geometric import GeometricSegmenter
from ..perception.planes import F32, I32, Mask, Plane, components, depth_noise

MOST_PLANES = 8
DRAWS = 200  # of RANSAC; the fewest with which the same planes are found in nearly all frames
VOXEL = 0.015  # metres, of the points that are clustered


@dataclass(frozen=True)
class Open3DSegmenter(GeometricSegmenter):
    """``plane_by``: "ransac" (``segment_plane``, again and again), "patches" (``detect_planar_patches``) or "cells" (our own).
    ``cluster_by``: "dbscan" (``cluster_dbscan``) or "creases" (our own). All else is as in ``GeometricSegmenter``.
    """

    plane_by: str = "ransac"
    cluster_by: str = "dbscan"
    eps: float = 0.03

    def planes(self, cloud: F32, normals: F32, right: Mask, down: Mask) -> list[Plane]:
        """See ``GeometricSegmenter``."""
        if self.plane_by == "cells":
            return super().planes(cloud, normals, right, down)
        found = _patches(cloud, normals) if self.plane_by == "patches" else _ransac(cloud)
        return _largest(found, cloud, normals, right, down, self.plane_area)

    def pieces(self, cloud: F32, normals: F32, free: Mask, right: Mask, down: Mask) -> I32:
        """See ``GeometricSegmenter``."""
        if self.cluster_by == "creases":
            return super().pieces(cloud, normals, free, right, down)
        import open3d as o3d

        labels = np.zeros(free.shape, np.int32)
        cells = np.floor(cloud[free] / VOXEL).astype(np.int64)
        _, first, back = np.unique(cells @ np.array([1 << 40, 1 << 20, 1]), return_index=True, return_inverse=True)
        if len(first):
            points = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(cloud[free][first].astype(np.float64)))
            labels[free] = np.asarray(points.cluster_dbscan(eps=self.eps, min_points=4))[back] + 1
        return labels


def _ransac(cloud: F32) -> list[tuple[F64, float]]:
    """Normals and offsets of the planes that hold most points, one after the other."""
    import open3d as o3d

    o3d.utility.random.seed(0)
    left = cloud[::2, ::2].reshape(-1, 3)
    left = left[left[:, 2] > 0].astype(np.float64)
    least = 0.01 * len(left)
    found: list[tuple[F64, float]] = []
    while len(found) < MOST_PLANES and len(left) > least + 3:
        points = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(left))
        (a, b, c, d), rows = points.segment_plane(0.02, 3, DRAWS)
        if len(rows) < least:
            break
        normal = np.array([a, b, c])
        found.append((normal, -d) if d > 0 else (-normal, d))
        left = np.delete(left, rows, axis=0)
    return found


def _patches(cloud: F32, normals: F32) -> list[tuple[F64, float]]:
    """The same from Open3D's patches (Araújo & Oliveira, Pattern Recognition 2020), fullest first."""
    import open3d as o3d

    p, n = cloud[::2, ::2].reshape(-1, 3), normals[::2, ::2].reshape(-1, 3)
    good = (p[:, 2] > 0) & (n[:, 2] != 0)
    points = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(p[good].astype(np.float64)))
    points.normals = o3d.utility.Vector3dVector(n[good].astype(np.float64))
    boxes = points.detect_planar_patches(
        normal_variance_threshold_deg=60, coplanarity_deg=75, outlier_ratio=0.75,
        min_plane_edge_length=0.3, min_num_points=0, search_param=o3d.geometry.KDTreeSearchParamKNN(knn=20),
    )  # fmt: skip
    found = []
    for box in sorted(boxes, key=lambda b: -float(np.prod(np.sort(b.extent)[1:]))):
        normal = np.asarray(box.R)[:, 2]
        offset = float(normal @ box.center)
        found.append((normal, offset) if offset < 0 else (-normal, -offset))
    return found


def _largest(
    found: list[tuple[F64, float]], cloud: F32, normals: F32, right: Mask, down: Mask, least: float
) -> list[Plane]:
    """The connected pixels of each plane, of at least ``least`` m²: planes go on behind things, and through the air."""
    z = cloud[..., 2]
    band = 0.008 + 2.5 * depth_noise(z)
    pixel = (z * float(np.median(np.abs(np.diff(cloud[..., 0] / np.maximum(z, 1e-6), axis=1))))) ** 2
    taken = np.zeros(z.shape, bool)
    planes: list[Plane] = []
    for normal, offset in found:
        along = np.abs(normals @ normal.astype(np.float32))
        mask = ~taken & (z > 0) & (np.abs(cloud @ normal - offset) < band) & (along > 0.75)
        area = pixel / np.maximum(along, 0.15)
        pieces = components(mask, right, down)
        sizes = np.bincount(pieces.ravel(), area.ravel())
        sizes[0] = 0.0
        mask = (sizes >= least / 4)[pieces]
        total = float(area[mask].sum())
        if total >= least:
            taken |= mask
            planes.append(Plane(normal, offset, mask, total))
    return sorted(planes, key=lambda p: -p.area)
