"""One detection, brought into the world frame: what identity and the working copies are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import Detection, Distribution, ObjectReport, ObservationBatch, Role
from ..geometry import F64, Box, rotation_z, transform
from .node import GENERIC, best_label, trusted_box
from .vocabulary import FURNITURE, canonical


@dataclass(eq=False)
class Look:
    """A detection in the world frame. ``index`` is its place in the batch; ``lower``, ``upper`` (3,) axis-aligned bounds.

    ``sure`` tells that one look is enough to believe in a new thing.
    """

    index: int
    track: int
    role: Role
    labels: dict[str, float]
    states: dict[str, Distribution]
    box: Box
    points: NDArray[np.float32]
    colors: NDArray[np.uint8]
    appearance: NDArray[np.float32]
    sigma: float
    cut: bool
    pixels: int
    sure: bool
    bounds: InitVar[tuple[F64, F64] | None] = None

    def __post_init__(self, bounds: tuple[F64, F64] | None) -> None:
        self.lower, self.upper = self.box.bounds() if bounds is None else bounds
        self.center = self.box.center
        self.label = best_label(self.labels)
        self.generic = self.label in GENERIC


LEVEL = 0.99996  # cosine of 0.5°
FINEST = 1e-4  # metres; what is kept of a thing is kept to a tenth of a millimetre
COARSE = 0.02  # metres of a look's position noise from which on points are not fused any more
SURE_SHARE = 0.4  # of the class distribution, on enough pixels
SURE_SHARE_FEW = 0.7  # on fewer
SURE_PIXELS = 40
ENOUGH_PIXELS = 150


def looks_of(batch: ObservationBatch) -> list[Look]:
    """All detections of a batch in the world frame (structure left out)."""
    detections = [(i, d) for i, d in enumerate(batch.detections) if d.role is not Role.STRUCTURE]
    if not detections:
        return []
    T = np.asarray(batch.T_world_cam, dtype=np.float64)
    cam = np.concatenate([d.points_cam.reshape(-1, 3) for _, d in detections]).astype(np.float64)
    clouds = (cam @ T[:3, :3].T + T[:3, 3]).astype(np.float32)
    boxes = _boxes(T, [d for _, d in detections])
    found, at = [], 0
    for (index, d), (box, *bounds) in zip(detections, boxes, strict=True):
        size = len(d.points_cam)
        found.append(_look(index, d, box, (bounds[0], bounds[1]), clouds[at : at + size]))
        at += size
    return found


def _boxes(T: F64, detections: Sequence[Detection]) -> list[tuple[Box, F64, F64]]:
    """``upright`` of each detection's box in the world with its bounds (3,), (3,): all at once, a tenth of the time."""
    turned = T @ np.array([d.box_cam.T_ref_box for d in detections])
    sizes = np.array([d.box_cam.size for d in detections], dtype=np.float64)
    yaws = np.arctan2(turned[:, 1, 0], turned[:, 0, 0])
    poses = np.zeros_like(turned)
    poses[:, 0, 0] = poses[:, 1, 1] = np.cos(yaws)
    poses[:, 1, 0] = np.sin(yaws)
    poses[:, 0, 1] = -poses[:, 1, 0]
    poses[:, 2, 2] = poses[:, 3, 3] = 1.0
    poses[:, :3, 3] = turned[:, :3, 3]
    half = (np.abs(poses[:, :3, :3]) @ sizes[:, :, None])[:, :, 0] / 2
    lower, upper = poses[:, :3, 3] - half, poses[:, :3, 3] + half
    found: list[tuple[Box, F64, F64]] = []
    for i, level in enumerate((turned[:, 2, 2] > LEVEL).tolist()):
        if level:  # a copy: what is kept of one must not keep all of them
            found.append((trusted_box(poses[i].copy(), sizes[i].copy()), lower[i], upper[i]))
        else:
            box = upright(turned[i], sizes[i])
            found.append((box, *box.bounds()))
    return found


def _needed(pixels: int) -> float:
    return SURE_SHARE if pixels >= ENOUGH_PIXELS else SURE_SHARE_FEW


def _look(index: int, d: Detection, box: Box, bounds: tuple[F64, F64], points: NDArray[np.float32]) -> Look:
    labels = {str(k): float(v) for k, v in d.labels.items()}
    look = Look(
        index=index,
        track=d.track,
        role=d.role,
        labels=labels,
        states={k: dict(v) for k, v in d.states.items()},
        box=box,
        points=points,
        colors=np.asarray(d.colors, dtype=np.uint8).reshape(-1, 3),
        appearance=np.asarray(d.appearance, dtype=np.float32),
        sigma=max(float(d.sigma), FINEST),
        cut=bool(d.cut),
        pixels=int(d.pixels),
        sure=False,
        bounds=bounds,
    )
    known = not look.generic and look.pixels >= SURE_PIXELS
    look.sure = known and labels.get(look.label, 0.0) >= _needed(d.pixels)
    return look


def look_of_report(report: ObjectReport) -> Look:
    """A report of a system without pixels as a look: eight corner points, no colour, no appearance."""
    labels = {str(k): float(v) for k, v in report.labels.items()}
    box = upright(report.box_world.T_ref_box, report.box_world.size)
    role = Role.FURNITURE if canonical(best_label(labels)) in FURNITURE else Role.OBJECT
    return Look(
        index=0, track=report.track, role=role, labels=labels,
        states={k: dict(v) for k, v in report.states.items()}, box=box,
        points=box.corners().astype(np.float32), colors=np.zeros((8, 3), np.uint8),
        appearance=np.zeros(0, np.float32), sigma=max(report.sigma, FINEST), cut=False, pixels=1000, sure=True,
    )  # fmt: skip


def upright(T_world_box: F64, size: Any) -> Box:
    """The box as it is if its z axis is the world's within 0.5°, else the axis-aligned box around it."""
    if T_world_box[2, 2] > LEVEL:
        yaw = float(np.arctan2(T_world_box[1, 0], T_world_box[0, 0]))
        return trusted_box(transform(rotation_z(yaw), T_world_box[:3, 3]), np.asarray(size, dtype=np.float64))
    half = np.abs(T_world_box[:3, :3]) @ np.asarray(size, dtype=np.float64) / 2
    center = T_world_box[:3, 3]
    return Box.from_bounds(center - half, center + half)
