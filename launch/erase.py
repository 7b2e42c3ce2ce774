"""Takes one thing out of a recording, from some frame on: what stood behind it shows instead. For tests and benchmarks.

A pixel of the thing gets the depth of the nearest large plane that goes on behind it (what it stands on, a wall), else
of what is next to the thing and not in front of it; where the sensor reads nothing all around it reads nothing there
either. Colour is drawn across from all sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contracts import RGBDFrame, Role, Segment, Segmenter
from ..geometry import F64, Box, apply, inverse
from ..perception.geometric import GeometricSegmenter
from ..perception.recording import Recording, RecordingWriter

MARGIN = 0.025  # metres around the thing's box that go with it
ABOVE = 0.008  # metres above the surface from where on a point belongs to the thing
SPILL = 4  # pixels around it with mixed depth
SHADOW = 16  # pixels beside it where it hides the sensor's light
HALO = 40  # pixels around it in the colour image, which may be poorly registered to depth
FRONT = 0.03  # metres by which something has to be nearer than the thing to be in front of it
STEP = 0.1  # metres between two readings from where on they are of two surfaces
RANGE = 8.0  # metres, of the sensor
LEAST = 20  # pixels
NEAR = 40  # pixels around it from which a plane's tilt is taken

Mask = NDArray[np.bool_]
F32 = NDArray[np.float32]


def erase(recording: Recording, box: Box, T_level_world: F64, start: int, out: Path) -> int:
    """Copy ``recording`` to the folder ``out`` without what is in ``box`` from frame number ``start`` on.

    ``box`` is upright in the levelled world (``T_level_world`` maps the recording's world to it). Returns in how many
    frames something was taken out.
    """
    writer = RecordingWriter(out)
    changed = 0
    for i in range(len(recording)):
        frame = recording.frame(i)
        if i >= start:
            emptied = without(frame, box, T_level_world)
            changed += emptied is not frame
            frame = emptied
        writer.write(frame)
    return changed


def without(frame: RGBDFrame, box: Box, T_level_world: F64, segmenter: Segmenter | None = None) -> RGBDFrame:
    """The frame without the thing; the frame itself where the thing is not in view.

    The thing is what lies in ``box`` above what it stands on, and the ``segmenter``'s segments that are mostly that: the
    box of a thing that was only seen in part is too small.
    """
    level = replace(frame, T_world_cam=T_level_world @ frame.T_world_cam)
    points = apply(level.T_world_cam, frame.camera.cloud(frame.depth))
    known = frame.depth > 0
    plane = _support(points[known], box)
    height = points[..., 0] * plane[0] + points[..., 1] * plane[1] + plane[2]
    taller = Box(box.T_ref_box, box.size + 2 * MARGIN)
    core = known & taller.contains(points) & (points[..., 2] > height + ABOVE)
    if core.sum() < LEAST:
        return frame
    segments = (segmenter if segmenter is not None else GeometricSegmenter()).segment(level)
    thing = core.copy()
    for segment in segments:
        if segment.role is Role.OBJECT and (segment.mask & core).sum() > 0.5 * segment.mask.sum():
            thing |= segment.mask
    thing = _with_holes(_grown(_with_holes(thing, known), SPILL), known)
    thing |= _grown(thing, SHADOW) & ~known
    depth = _behind(_Hole.of(level, points, thing, core), plane, segments)
    return replace(frame, depth=depth, rgb=_painted(frame.rgb, _grown(thing, HALO)))


def _with_holes(thing: Mask, known: Mask) -> Mask:
    """The thing with the pixels inside its outline that have no reading (a dark screen): they show what is behind, too."""
    rows = np.maximum.accumulate(thing, axis=1) & np.maximum.accumulate(thing[:, ::-1], axis=1)[:, ::-1]
    columns = np.maximum.accumulate(thing, axis=0) & np.maximum.accumulate(thing[::-1], axis=0)[::-1]
    return np.asarray(thing | (rows & columns & ~known))


def _support(points: F64, box: Box) -> F64:
    """The surface (3,) that the thing stands on, z = a x + b y + c, from what lies around its foot.

    Where too little of it is seen, the level of the box's lower side.
    """
    q = apply(inverse(box.T_ref_box), points)
    low = -box.size[2] / 2
    around = (np.abs(q[:, :2]) < box.size[:2] / 2 + 0.15).all(axis=1) & (np.abs(q[:, 2] - low) < 0.04)
    around &= (np.abs(q[:, :2]) > box.size[:2] / 2 + 0.02).any(axis=1)
    ring = points[around]
    for _ in range(3):
        if len(ring) < 100:
            return np.array([0.0, 0.0, box.center[2] - box.size[2] / 2])
        A = np.column_stack([ring[:, :2], np.ones(len(ring))])
        plane, *_ = np.linalg.lstsq(A, ring[:, 2], rcond=None)
        off = np.abs(A @ plane - ring[:, 2])
        ring = ring[off <= max(0.006, float(np.percentile(off, 80)))]
    return np.asarray(plane)


@dataclass(frozen=True, eq=False)
class _Hole:
    """The pixels to fill: ``thing`` (H, W), ``v`` and ``u`` (N,), their rays (N, 3) with z = 1 in the camera, in the world,
    and the depth ``own`` (N,) of the thing there. ``points`` (H, W, 3) are the frame's in the world."""

    frame: RGBDFrame
    points: F64
    thing: Mask
    v: NDArray[np.intp]
    u: NDArray[np.intp]
    rays: F64
    own: F64

    @classmethod
    def of(cls, frame: RGBDFrame, points: F64, thing: Mask, core: Mask) -> _Hole:
        v, u = np.nonzero(thing)
        uv = np.stack([u, v], axis=-1)
        rays = frame.camera.backproject(uv, np.ones(len(u))) @ frame.T_world_cam[:3, :3].T
        own = np.where(core, frame.depth, np.median(frame.depth[core]))[v, u].astype(np.float64)
        return cls(frame, points, thing, v, u, rays, own)


def _behind(hole: _Hole, support: F64, segments: Sequence[Segment]) -> F32:
    """Depth (H, W) with the hole filled."""
    nearest, bounds = _on_support(hole, support), np.full(len(hole.v), np.nan)
    for segment in segments:
        if segment.role in (Role.FURNITURE, Role.STRUCTURE):
            hit, covered = _on_plane(hole, segment.mask & ~hole.thing)
            nearest = np.fmin(nearest, np.where(covered, hit, np.nan))
            if segment.role is Role.STRUCTURE:
                bounds = np.fmin(bounds, np.where(hit > hole.own + STEP, hit, np.nan))  # they end where they meet
    beside = _beside(hole)
    filled = np.where(np.isfinite(nearest), nearest, np.where((beside > 0) & np.isfinite(bounds), bounds, beside))
    depth = hole.frame.depth.copy()
    depth[hole.v, hole.u] = np.round(filled, 3)
    return depth


def _on_support(hole: _Hole, plane: F64) -> F64:
    """Depth (N,) at which the rays meet the surface that the thing stands on; NaN where it does not reach that far."""
    T, points = hole.frame.T_world_cam, hole.points
    n = np.array([-plane[0], -plane[1], 1.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (plane[2] - n @ T[:3, 3]) / (hole.rays @ n)
    hit = T[:3, 3] + hole.rays * z[:, None]
    height = points[..., 0] * plane[0] + points[..., 1] * plane[1] + plane[2]
    surface = points[(hole.frame.depth > 0) & ~hole.thing & (np.abs(points[..., 2] - height) < 0.015)]
    cell = 0.05
    span: dict[int, list[int]] = {}
    for x, y in {(int(x), int(y)) for x, y in np.floor(surface[:, :2] / cell)}:
        span.setdefault(x, []).append(y)
    cells = np.floor(np.nan_to_num(hit[:, :2], posinf=1e6, neginf=-1e6) / cell).astype(np.int64)
    covered = np.array([x in span and min(span[x]) <= y <= max(span[x]) for x, y in cells.tolist()], dtype=np.bool_)
    return np.where(covered & (z > hole.own - FRONT) & (z < RANGE), z, np.nan)


def _on_plane(hole: _Hole, mask: Mask) -> tuple[F64, Mask]:
    """Depth (N,) at which the rays meet the plane whose pixels are ``mask`` (H, W), NaN in front of the thing or where nothing
    of the plane is near; and whether the plane is seen on both sides of there (N,)."""
    rows = np.maximum.accumulate(mask, axis=1) & np.maximum.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    columns = np.maximum.accumulate(mask, axis=0) & np.maximum.accumulate(mask[::-1], axis=0)[::-1]
    covered = (rows | columns)[hole.v, hole.u]
    around = _grown(hole.thing, NEAR) & mask  # of a floor that bends, what is near by
    if around.sum() < 10 * LEAST:
        return np.full(len(hole.v), np.nan), covered
    points = hole.points[around]
    mean = points.mean(axis=0)
    normal = np.linalg.eigh((points - mean).T @ (points - mean))[1][:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (normal @ (mean - hole.frame.T_world_cam[:3, 3])) / (hole.rays @ normal)
    return np.where((z > hole.own - FRONT) & (z < RANGE), z, np.nan), covered


def _beside(hole: _Hole) -> F64:
    """Depth (N,) from the first pixels left, right, above and below the hole; 0 where most of them have no reading.

    What is in front of the thing does not count. Of two surfaces the farther one goes on behind.
    """
    depth = hole.frame.depth.astype(np.float64)
    z, far = (np.empty((4, len(hole.v))) for _ in range(2))
    for k, (v, u, steps) in enumerate(_edges(hole.thing, hole.v, hole.u)):
        z[k] = np.where(steps > 0, depth[v, u], np.nan)
        z[k][(z[k] > 0) & (z[k] < hole.own - FRONT)] = np.nan
        far[k] = np.maximum(steps, 1)
    weight = np.where(np.isnan(z), 0.0, 1.0 / far)
    blind = (weight * (np.nan_to_num(z) <= 0)).sum(axis=0) >= 0.5 * weight.sum(axis=0)
    read = np.where(np.nan_to_num(z) > 0, z, -np.inf)
    weight = np.where(read >= read.max(axis=0) - STEP, weight, 0.0)
    weight[~np.isfinite(read)] = 0.0
    total = weight.sum(axis=0)
    mean = (weight * np.where(weight > 0, z, 0.0)).sum(axis=0) / np.maximum(total, 1e-12)
    return np.where(blind | (total <= 0), 0.0, mean)


def _edges(hole: Mask, v: NDArray[np.intp], u: NDArray[np.intp]) -> list[tuple[NDArray[np.intp], ...]]:
    """For the pixels (N,) of a hole the first pixel beyond it to the left, right, above and below: (v, u, how far away), far
    0 where the image ends first."""
    h, w = hole.shape
    rows, columns = np.mgrid[0:h, 0:w]
    left = np.maximum.accumulate(np.where(hole, -1, columns), axis=1)[v, u]
    right = np.minimum.accumulate(np.where(hole, w, columns)[:, ::-1], axis=1)[:, ::-1][v, u]
    above = np.maximum.accumulate(np.where(hole, -1, rows), axis=0)[v, u]
    below = np.minimum.accumulate(np.where(hole, h, rows)[::-1], axis=0)[::-1][v, u]
    out: list[tuple[NDArray[np.intp], ...]] = []
    for column in (left, right):
        inside = (column >= 0) & (column < w)
        out.append((v, np.where(inside, column, 0), np.where(inside, np.abs(column - u), 0)))
    for row in (above, below):
        inside = (row >= 0) & (row < h)
        out.append((np.where(inside, row, 0), u, np.where(inside, np.abs(row - v), 0)))
    return out


def _painted(rgb: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    """Colour drawn across the mask between what is left, right, above and below, the nearer the stronger."""
    v, u = np.nonzero(mask)
    total, colour = np.zeros(len(v)), np.zeros((len(v), 3))
    for row, column, far in _edges(mask, v, u):
        weight = np.where(far > 0, 1.0 / np.maximum(far, 1), 0.0)
        total += weight
        colour += weight[:, None] * rgb[row, column]
    out = rgb.copy()
    out[v, u] = np.rint(colour / np.maximum(total, 1e-12)[:, None])
    return out


def _grown(mask: Mask, radius: int) -> Mask:
    out = mask.copy()
    for _ in range(radius):
        wide = out.copy()
        wide[1:] |= out[:-1]
        wide[:-1] |= out[1:]
        wide[:, 1:] |= out[:, :-1]
        wide[:, :-1] |= out[:, 1:]
        out = wide
    return out
