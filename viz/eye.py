"""From where to look at a scene: an eye that has everything in its view and sees as many of the things as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..contracts import Role
from ..geometry import F64
from ..memory.records import Thing
from .cloud import FACINGS, WorldCloud, hidden_from

FOV_Y = np.deg2rad(55.0)  # vertical field of view of rerun's 3D views
ELEVATION = np.deg2rad(38.0)


@dataclass(frozen=True, eq=False)
class Eye:
    """``position`` and ``target`` (3,) metres, world; the image is ``aspect`` times as wide as high.

    ``hidden`` names the facings of the background cloud that would be in the way and are not drawn.
    """

    position: F64
    target: F64
    aspect: float = 1.6
    hidden: tuple[str, ...] = ()

    @property
    def direction(self) -> F64:
        """Unit vector (3,) from the target to the eye."""
        d = self.position - self.target
        return np.asarray(d / np.linalg.norm(d))

    def aside(self, share: float) -> Eye:
        """The same view with everything moved to the right by ``share`` of the picture's width, and a little smaller."""
        away = float(np.linalg.norm(self.position - self.target)) * (1 + 0.6 * share)
        left = -self.axes[0] * share * self.aspect * 2 * np.tan(FOV_Y / 2) * away
        return Eye(self.target + self.direction * away + left, self.target + left, self.aspect, self.hidden)

    @cached_property
    def axes(self) -> tuple[F64, F64, F64]:
        """Right, up and forward, unit vectors (3,) of the image."""
        forward = -self.direction
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        return right, np.cross(right, forward), forward

    def project(self, points: F64) -> tuple[F64, F64]:
        """Image positions (N, 2) of ``points`` (N, 3) in units of the image height, y up, origin in the middle; depths (N,)."""
        right, up, forward = self.axes
        q = np.asarray(points, dtype=np.float64) - self.position
        z = q @ forward
        scale = 2 * np.tan(FOV_Y / 2) * np.maximum(z, 1e-6)
        return np.stack([q @ right / scale, q @ up / scale], axis=-1), z


def framing(things: Sequence[Thing], cloud: WorldCloud | None, path: F64 | None = None) -> tuple[F64, F64]:
    """Lower and upper corner (3,), (3,) of what the picture has to show: the things, else the cloud, else 5 × 4 × 2 m."""
    boxes = [t.box_world.bounds() for t in things if t.role in (Role.OBJECT, Role.FURNITURE)]
    if boxes:
        lower, upper = np.min([b[0] for b in boxes], axis=0), np.max([b[1] for b in boxes], axis=0)
    elif cloud is not None and len(cloud):
        lower, upper = np.percentile(cloud.points, [2, 98], axis=0)
    else:
        return np.zeros(3), np.array([5.0, 4.0, 2.0])
    if path is not None and len(path):
        lower, upper = np.minimum(lower, path.min(axis=0)), np.maximum(upper, path.max(axis=0))
    return np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)


def fit(
    lower: F64, upper: F64, azimuth: float, aspect: float = 1.6, margin: float = 0.8, points: F64 | None = None
) -> Eye:
    """The eye at ``azimuth`` (radians, where it stands seen from the scene) nearest to a box that still has all of it."""
    if points is not None and len(points):
        corners = points
    else:
        corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (upper - lower) + lower
    level = np.cos(ELEVATION)
    d = np.array([np.cos(azimuth) * level, np.sin(azimuth) * level, np.sin(ELEVATION)])
    target = (lower + upper) / 2
    tall = np.tan(FOV_Y / 2) * margin
    eye = Eye(target + d, target, aspect)
    for _ in range(3):
        right, up, forward = eye.axes
        q = corners - target
        across, over, away = q @ right, q @ up, q @ forward
        distance = max(
            float((np.abs(across) / (tall * aspect) - away).max()), float((np.abs(over) / tall - away).max()), 0.5
        )
        eye = Eye(target + d * distance, target, aspect)
        seen, _ = eye.project(corners)
        middle = (seen.min(axis=0) + seen.max(axis=0)) / 2 * 2 * np.tan(FOV_Y / 2) * distance
        target = target + right * middle[0] + up * middle[1]
    position = target + d * distance
    return Eye(position, target, aspect, hidden_from(position, lower, upper))


def best(
    things: Sequence[Thing], cloud: WorldCloud | None, path: F64 | None = None, aspect: float = 1.6,
    before: Eye | None = None,
) -> Eye:  # fmt: skip
    """The eye among 16 around the scene that sees most objects unhidden, and the fronts of the furniture.

    The side ``before`` looked from is kept unless another one is clearly better.
    """
    lower, upper = framing(things, cloud, path)
    angles = (np.arange(16) + 0.5) * np.pi / 8  # not along the axes: corners look better than elevations
    shown = [t.box_world.corners() for t in things if t.role in (Role.OBJECT, Role.FURNITURE)]
    extent = np.concatenate([*shown, path]) if shown and path is not None else None
    eyes = [fit(lower, upper, float(a), aspect, points=extent) for a in angles]
    if cloud is None or not len(cloud) or not things:
        return eyes[10]  # from the south-west, above
    points, weights = [], []
    for thing in things:
        some = thing.points_world[:: max(1, len(thing.points_world) // 48)]
        if len(some) and thing.role in (Role.OBJECT, Role.FURNITURE):
            points.append(some)
            weights.append(np.full(len(some), (1.0 if thing.role is Role.OBJECT else 0.4) / len(some)))
    if not points:
        return eyes[10]
    probes, weight = np.concatenate(points).astype(np.float64), np.concatenate(weights)
    fronts = _fronts(things, cloud)
    scores = [_visible(e, cloud, probes, weight) + 0.6 * _facing(e, *fronts) + 0.02 * _closeness(e) for e in eyes]
    if before is not None:
        old = int(np.argmax([float(e.direction @ before.direction) for e in eyes]))
        scores[old] += 0.1
    return eyes[int(np.argmax(scores))]


def _fronts(things: Sequence[Thing], cloud: WorldCloud) -> tuple[F64, F64]:
    """Points (N, 3) of the cloud on the upright faces of furniture, and which way they face (N, 3)."""
    near = np.zeros(len(cloud), dtype=bool)
    for thing in things:
        if thing.role is Role.FURNITURE:
            near |= thing.box_world.contains(cloud.points, margin=0.05)
    near &= cloud.facing >= 2  # neither up nor down
    normals = np.zeros((len(FACINGS), 3))
    normals[[2, 3, 4, 5], [0, 0, 1, 1]] = (1, -1, 1, -1)
    return cloud.points[near].astype(np.float64), normals[cloud.facing[near]]


def _facing(eye: Eye, points: F64, normals: F64) -> float:
    """Share of ``points`` (N, 3) whose surface, facing ``normals`` (N, 3), is turned towards the eye."""
    if not len(points):
        return 0.0
    return float((((eye.position - points) * normals).sum(axis=1) > 0).mean())


def _closeness(eye: Eye) -> float:
    return 1.0 / float(np.linalg.norm(eye.position - eye.target))


def _visible(eye: Eye, cloud: WorldCloud, probes: F64, weight: F64) -> float:
    """Weighted share of ``probes`` (N, 3) that no point of the drawn cloud hides, on a coarse depth buffer."""
    drawn = ~np.isin(cloud.facing, [FACINGS.index(f) for f in eye.hidden])
    rows, cols = 100, int(100 * eye.aspect)

    def cells(points: F64) -> tuple[np.ndarray, F64]:
        xy, z = eye.project(points)
        u = ((xy[:, 0] / eye.aspect + 0.5) * cols).astype(int).clip(0, cols - 1)
        v = ((0.5 - xy[:, 1]) * rows).astype(int).clip(0, rows - 1)
        return v * cols + u, z

    at, z = cells(cloud.points[drawn][::2].astype(np.float64))
    buffer = np.full(rows * cols, np.inf)
    np.minimum.at(buffer, at, z)
    probe_at, probe_z = cells(probes)
    clear = probe_z < buffer[probe_at] + 0.12
    return float((weight * clear).sum() / weight.sum())
