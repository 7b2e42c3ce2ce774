"""Verdicts for producers who do not know what memory expects: from a depth image, or from boxes of which all was seen.

A depth image is judged coarsely: a thumbnail is enough, and where it cannot tell (a plate on a table) nothing is said.
Perception in ``loci.perception`` asks closer, with segments and noise models.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role, Verdict, Visibility
from ..geometry import F64, Box, apply, inverse
from .node import Node
from .spatial import enclosing
from .stream_lines import Sight
from .things import expected
from .vocabulary import CONTAINERS
from .world import World

POINTS = 64
LEAST = 5
SLACK = 0.015  # metres: how well remembered surfaces are known
DEPTH_NOISE = 0.0015  # metres at 1 m, growing with the square of the distance (structured light and stereo alike)
CLEARED = 0.6  # share of a thing's box that has to lie in what was cleared
_THERE = 0.1  # share of the smaller box that a detection has in common with a thing at its spot
_FRESH = 0.3  # seconds after a sighting in which a cleared box does not speak against it (reports and boxes come apart)


def derived(world: World, sight: Sight, told: set[str]) -> tuple[list[Visibility], dict[str, float]]:
    """Verdicts and coverage from ``sight.depth`` and ``sight.cleared``, for things about which nothing was ``told``."""
    verdicts: dict[str, Visibility] = {}
    coverage: dict[str, float] = {}
    if sight.depth is not None:
        _by_depth(world, sight, verdicts, coverage)
    if sight.cleared:
        _by_boxes(world, sight, verdicts, coverage)
    return [v for id, v in verdicts.items() if id not in told], coverage


# --- boxes of which all was seen ----------------------------------------------------------------------------------------
def _by_boxes(world: World, sight: Sight, verdicts: dict[str, Visibility], coverage: dict[str, float]) -> None:
    T, stamp = np.asarray(sight.batch.T_world_cam), sight.batch.stamp
    boxes = [d.box_cam.moved(T) for d in sight.batch.detections if d.role is Role.OBJECT]  # not what it is on or in
    for node in world.nodes.values():
        if node.role is Role.FURNITURE:
            share = _inside(room(node.label, node.box), sight.cleared)
            if share > 0:
                coverage[node.id] = max(share, coverage.get(node.id, 0.0))
        if not node.small or node.held is not None or stamp - node.last_seen < _FRESH:
            continue
        if enclosing(world, node.id) is not None or _occupied(node, boxes):
            continue
        share = _inside(_grid(node.box, 4), sight.cleared)
        if share >= CLEARED:
            verdicts[node.id] = Visibility(node.id, Verdict.SEEN_THROUGH, share)


def _inside(points: F64, boxes: Sequence[Box]) -> float:
    inside = np.zeros(len(points), dtype=np.bool_)
    for box in boxes:
        inside |= box.contains(points, 1e-6)
    return float(inside.mean())


def _occupied(node: Node, boxes: Sequence[Box]) -> bool:
    """Something was detected at the thing's spot: whether it is the thing, identity will say. To touch is not to be there."""
    for box in boxes:
        low, high = box.bounds()
        common = np.maximum(np.minimum(high, node.upper) - np.maximum(low, node.lower), 0.0)
        if np.prod(common) > _THERE * min(np.prod(node.upper - node.lower), np.prod(high - low)):
            return True
    return False


def _grid(box: Box, n: int) -> F64:
    axis = np.linspace(-0.45, 0.45, n)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    return apply(box.T_ref_box, grid * box.size)


def room(label: str, box: Box) -> F64:
    """World points (N, 3) where things of a place may be: in the box of a container, just above the top of others."""
    if label in CONTAINERS:
        return _grid(box, 5)
    axis = np.linspace(-0.46, 0.46, 8)
    grid = np.stack([*np.meshgrid(axis, axis, indexing="ij"), np.full((8, 8), 0.5)], axis=-1).reshape(-1, 3) * box.size
    grid[:, 2] += 0.03
    return apply(box.T_ref_box, grid)


# --- a depth image ------------------------------------------------------------------------------------------------------
class _Image:
    """A depth image (h, w), its camera and pose, asked about world points."""

    def __init__(self, sight: Sight, depth: NDArray[np.float32]) -> None:
        self.depth = depth.astype(np.float64)
        self.camera = sight.batch.camera.scaled(depth.shape[1], depth.shape[0])
        self.T_cam_world = inverse(sight.batch.T_world_cam)
        padded = np.pad(np.where(self.depth > 0, self.depth, np.inf), 1, constant_values=np.inf)
        h, w = depth.shape
        around = [padded[i : i + h, j : j + w] for i in range(3) for j in range(3)]
        self.nearest = np.minimum.reduce(around)

    def ask(self, points: F64) -> tuple[F64, F64, F64, F64]:
        """For each of ``points`` (N, 3): its depth z, the measured one (0: none or outside), the least around, tolerance."""
        uv, z = self.camera.project(apply(self.T_cam_world, points))
        h, w = self.depth.shape
        with np.errstate(invalid="ignore"):
            seen = (z > 0.05) & (uv > -0.5).all(axis=1) & (uv[:, 0] < w - 0.5) & (uv[:, 1] < h - 0.5)
        whole = np.rint(np.where(seen[:, None], uv, 0.0)).astype(np.int64)
        u, v = whole[:, 0], whole[:, 1]
        measured = np.where(seen, self.depth[v, u], 0.0)
        tolerance = SLACK + 3 * DEPTH_NOISE * z**2 + 0.5 * np.maximum(z, 0.0) / self.camera.fx
        return z, measured, np.where(seen, self.nearest[v, u], 0.0), tolerance


def _by_depth(world: World, sight: Sight, verdicts: dict[str, Visibility], coverage: dict[str, float]) -> None:
    assert sight.depth is not None
    image = _Image(sight, sight.depth)
    for thing in expected(world, sight.batch.camera, sight.batch.T_world_cam):
        if thing.role is Role.FURNITURE:
            z, measured, _, tolerance = image.ask(room(thing.label, thing.box_world))
            share = float(((measured > 0) & (measured >= z - tolerance)).mean())
            if share > 0:
                coverage[thing.id] = share
        elif thing.role is Role.OBJECT:
            verdict = _verdict(image, thing.id, thing.box_world, thing.points_world)
            if verdict is not None:
                verdicts[thing.id] = verdict


def _verdict(image: _Image, id: str, box: Box, points: NDArray[np.float32]) -> Visibility | None:
    """Seen through, occluded or plainly there; None where the image cannot tell."""
    cloud = points.astype(np.float64)
    cloud = cloud[np.linspace(0, len(cloud) - 1, POINTS).astype(np.int64)] if len(cloud) >= 2 * LEAST else _grid(box, 4)
    low, high = box.bounds()
    cloud = cloud[cloud[:, 2] >= low[2] + 0.4 * (high[2] - low[2])]  # lower down its support answers in its place
    if len(cloud) < LEAST:
        return None
    z, measured, nearest, tolerance = image.ask(cloud)
    known = measured > 0
    through = int((known & (nearest > z + tolerance)).sum())
    before = int((known & (measured < z - tolerance)).sum())
    agree = int((known & (np.abs(measured - z) <= tolerance)).sum())
    shown = int(known.sum())
    if shown < max(LEAST, 0.25 * len(cloud)):
        return None
    if through >= max(LEAST, 0.6 * (shown - before), 0.25 * shown):
        return Visibility(id, Verdict.SEEN_THROUGH, through / len(cloud))
    if before >= 0.5 * shown:
        return Visibility(id, Verdict.OCCLUDED, before / len(cloud))
    if agree >= 0.6 * shown and float(high[2] - low[2]) > 2 * float(tolerance.mean()):
        return Visibility(id, Verdict.SEEN, agree / len(cloud))
    return None
