"""Would the arm hit what the robot has seen? Spheres around the arm against points of the depth camera and the map."""

from __future__ import annotations

import numpy as np

from ..geometry import F64, BoolArray, Box
from . import arm
from .body import HEAD_X, HEAD_Z, planar
from .voxels import VoxelMap

_FINE = 0.022  # metres between the points that are kept of a depth cloud
_COARSE_SLACK = 0.035  # a voxel's centre may be this far from the surface that filled it

# (link frame a, link frame b, share of the way, radius): spheres on the line between two frames of ``arm.link_frames``.
_LIMBS = (
    (1, 3, 0.55, 0.075),
    (1, 3, 1.0, 0.080),
    (3, 5, 0.35, 0.075),
    (3, 5, 0.65, 0.065),
    (5, 5, 0.0, 0.065),
    (6, 6, 0.0, 0.055),
    (7, 7, 0.0, 0.045),
)
# (y, z, radius) in the hand frame; the last four are the fingers, whose y depends on the opening.
_PALM = tuple((y, 0.035, 0.034) for y in (-0.08, -0.04, 0.0, 0.04, 0.08))
_FINGERS = ((-1.0, 0.075, 0.012), (-1.0, 0.104, 0.012), (1.0, 0.075, 0.012), (1.0, 0.104, 0.012))
RADII = np.array([limb[3] for limb in _LIMBS] + [s[2] for s in _PALM + _FINGERS])
"""Radius of every sphere of ``spheres``, metres."""
N_LIMBS = len(_LIMBS)
_HEAD_RADIUS = 0.17


def spheres(q: F64, T_world_foot: F64, opening: float = 0.08) -> F64:
    """Centres (N, S, 3) in the world of the spheres around arms at ``q`` (N, 7) on feet (N, 4, 4)."""
    frames = np.asarray(T_world_foot)[:, None] @ arm.link_frames(q)
    centers = [frames[:, a, :3, 3] + share * (frames[:, b, :3, 3] - frames[:, a, :3, 3]) for a, b, share, _ in _LIMBS]
    hand = frames[:, 7]
    for point in _hand_points(opening):
        centers.append(hand[:, :3, :3] @ point + hand[:, :3, 3])
    return np.stack(centers, axis=1)


def hand_spheres(T_world_tcp: F64, opening: float = 0.08) -> F64:
    """Centres (N, 9, 3) of the palm's and fingers' spheres alone (radii ``RADII[N_LIMBS:]``) for grasp centres (N, 4, 4)."""
    points = _hand_points(opening) - np.array([0.0, 0.0, arm.TCP_OFFSET])
    T = np.asarray(T_world_tcp)
    return np.asarray(points @ np.swapaxes(T[:, :3, :3], 1, 2) + T[:, None, :3, 3])


def _hand_points(opening: float) -> F64:
    """Centres (9, 3) of the palm's and fingers' spheres in the hand frame."""
    fingers = [(0.0, side * (opening / 2 + 0.010), z) for side, z, _ in _FINGERS]
    return np.array([(0.0, y, z) for y, z, _ in _PALM] + fingers)


class Obstacles:
    """Points that the arm has to keep away from: ``fine`` ones from the camera, coarse ones from the map."""

    def __init__(
        self, cloud: F64, voxels: VoxelMap, around: F64, ignore: Box | None = None, reach: float = 1.1
    ) -> None:
        lower, upper = around - reach, around + reach
        near = cloud[((cloud > lower) & (cloud < upper) & (cloud[:, 2:] > 0.03)).all(axis=1)] if len(cloud) else cloud
        self.fine = _thinned(near)
        self.coarse = voxels.points(lower, upper)
        self.coarse = self.coarse[self.coarse[:, 2] > 0.05]
        if ignore is not None:
            self.fine = self.fine[~ignore.contains(self.fine, 0.015)]
            self.coarse = self.coarse[~ignore.contains(self.coarse, 0.06)]

    def hits(self, centers: F64, radii: F64, limbs: int) -> BoolArray:
        """True (N,) where a sphere of ``centers`` (N, S, 3) holds a point; the first ``limbs`` also heed the map."""
        out = np.zeros(len(centers), dtype=np.bool_)
        for points, count, slack in ((self.fine, centers.shape[1], 0.0), (self.coarse, limbs, _COARSE_SLACK)):
            if len(points) and count and len(centers):
                c = centers[:, :count]
                room = float(radii[:count].max())
                around = (points > c.min(axis=(0, 1)) - room) & (points < c.max(axis=(0, 1)) + room)
                points = points[around.all(axis=1)]
                far = (
                    np.einsum("nsi,nsi->ns", c, c)[..., None] - 2 * c @ points.T + np.einsum("pi,pi->p", points, points)
                )
                out |= (far < (radii[:count, None] - slack) ** 2).any(axis=(1, 2))
        return out


def hits_head(centers: F64, base: F64) -> BoolArray:
    """True (N,) where limbs come too near the robot's own head, for a base at (x, y, yaw)."""
    head = (planar(base) @ np.array([HEAD_X, 0.0, HEAD_Z, 1.0]))[:3]
    return np.asarray((np.linalg.norm(centers[:, :N_LIMBS] - head, axis=-1) < _HEAD_RADIUS).any(axis=1))


def _thinned(points: F64) -> F64:
    """One point per small voxel."""
    if len(points) == 0:
        return points
    keys = np.floor(points / _FINE).astype(np.int64)
    code = (keys[:, 0] * 100003 + keys[:, 1]) * 100003 + keys[:, 2]
    _, first = np.unique(code, return_index=True)
    return np.asarray(points[np.sort(first)])
