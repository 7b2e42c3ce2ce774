"""The planes of a scene, joined over the frames of a recording while its segments pass by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..contracts import RGBDFrame, Role, Segment, Segmenter
from ..geometry import F64, apply

SAME_TILT = np.cos(np.radians(12))
SAME_LEVEL = 0.08  # metres between two looks at one plane


@dataclass(frozen=True)
class MappedPlane:
    """A plane of the scene: ``kind`` (floor, surface, wall, plane), unit normal and offset (n · p, m) in the world."""

    kind: str
    normal: tuple[float, float, float]
    offset: float
    frames: int


class PlaneWatch:
    """A segmenter that passes another's segments on and keeps the planes among them, joined over the frames."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.segmenter = segmenter
        self.exhaustive = bool(getattr(segmenter, "exhaustive", False))
        self._found: list[tuple[str, F64, F64, int]] = []  # kind, normal, a point, frames

    def segment(self, frame: RGBDFrame) -> Sequence[Segment]:
        """The other segmenter's segments."""
        segments = self.segmenter.segment(frame)
        for kind, normal, point in _planes(frame, segments):
            self._add(kind, normal, point)
        return segments

    def planes(self, least: int = 3) -> Iterator[MappedPlane]:
        """Planes seen in at least ``least`` frames, most often seen first."""
        for kind, n, p, frames in sorted(self._found, key=lambda f: -f[3]):
            if frames >= least:
                yield MappedPlane(kind, (float(n[0]), float(n[1]), float(n[2])), float(n @ p), frames)

    def _add(self, kind: str, normal: F64, point: F64) -> None:
        for i, (kind2, normal2, point2, frames) in enumerate(self._found):
            if kind == kind2 and normal @ normal2 > SAME_TILT and abs(normal2 @ (point - point2)) < SAME_LEVEL:
                share = 1 / (frames + 1)
                mean = normal2 + share * (normal - normal2)
                self._found[i] = (kind, mean / np.linalg.norm(mean), point2 + share * (point - point2), frames + 1)
                return
        self._found.append((kind, normal, point, 1))


def _planes(frame: RGBDFrame, segments: Iterable[Segment]) -> Iterator[tuple[str, F64, F64]]:
    """Kind, world normal (facing the camera) and a world point of each flat segment of a frame."""
    width = frame.depth.shape[1]
    for segment in segments:
        if segment.role not in (Role.STRUCTURE, Role.FURNITURE) or not segment.labels:
            continue
        flat = np.flatnonzero(segment.mask)
        flat = flat[:: max(1, len(flat) // 400)]
        if len(flat) < 20:
            continue
        v, u = np.divmod(flat, width)
        cam = frame.camera.backproject(np.stack([u, v], axis=-1), frame.depth[v, u])
        points = apply(frame.T_world_cam, cam)
        mean = points.mean(axis=0)
        normal = np.linalg.svd(points - mean, full_matrices=False)[2][2]
        if normal @ (frame.T_world_cam[:3, 3] - mean) < 0:
            normal = -normal
        yield max(segment.labels, key=lambda k: segment.labels[k]), normal, mean
