"""Takes one thing out of a recording, from some frame on: what stood behind it shows instead. For tests and benchmarks.

The thing stands on something level. Its pixels get the depth of that surface where the ray meets it, else that of what is
next to them in the same row and farther away; colour is drawn across from both sides.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contracts import RGBDFrame
from ..geometry import F64, Box, apply, inverse
from ..perception.recording import Recording, RecordingWriter

MARGIN = 0.025  # metres around the thing's box that go with it
ABOVE = 0.008  # metres above the surface from where on a point belongs to the thing
SPILL = 4  # pixels around it with mixed depth
HALO = 16  # pixels around it in the colour image, whose registration to depth may be poor

Mask = NDArray[np.bool_]


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


def without(frame: RGBDFrame, box: Box, T_level_world: F64) -> RGBDFrame:
    """The frame without the thing; the frame itself where the thing is not in view."""
    T = T_level_world @ frame.T_world_cam
    points = apply(T, frame.camera.cloud(frame.depth))
    known = frame.depth > 0
    plane = _support(points[known], box)
    height = points[..., 0] * plane[0] + points[..., 1] * plane[1] + plane[2]
    taller = Box(box.T_ref_box, box.size + 2 * MARGIN)
    thing = known & taller.contains(points) & (points[..., 2] > height + ABOVE)
    if thing.sum() < 20:
        return frame
    thing = _grown(_with_holes(thing, known), SPILL)
    depth = _behind(frame, points, thing, plane, T)
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


def _behind(frame: RGBDFrame, points: F64, thing: Mask, plane: F64, T: F64) -> NDArray[np.float32]:
    """Depth (H, W) with the thing's pixels filled."""
    depth = frame.depth.copy()
    v, u = np.nonzero(thing)
    rays = frame.camera.backproject(np.stack([u, v], axis=-1), np.ones(len(u))) @ T[:3, :3].T
    n = np.array([-plane[0], -plane[1], 1.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (plane[2] - n @ T[:3, 3]) / (rays @ n)
    hit = T[:3, 3] + rays * z[:, None]
    on_surface = (z > 0) & _covered(points, frame.depth > 0, thing, plane, hit)
    depth[v[on_surface], u[on_surface]] = z[on_surface]
    rest = np.zeros_like(thing)
    rest[v[~on_surface], u[~on_surface]] = True
    return _from_the_row(depth, rest, thing)


def _covered(points: F64, known: Mask, thing: Mask, plane: F64, hit: F64) -> Mask:
    """Whether the surface reaches to where the rays ``hit`` (N, 3) it: its bounds in the frame, without the thing."""
    height = points[..., 0] * plane[0] + points[..., 1] * plane[1] + plane[2]
    surface = points[known & ~thing & (np.abs(points[..., 2] - height) < 0.015)]
    cell = 0.05
    taken = {(int(x), int(y)) for x, y in np.floor(surface[:, :2] / cell)}
    xs = {k[0] for k in taken}
    span = {x: [y for a, y in taken if a == x] for x in xs}
    cells = np.floor(np.nan_to_num(hit[:, :2], posinf=1e6, neginf=-1e6) / cell).astype(np.int64)
    return np.array([x in span and min(span[x]) <= y <= max(span[x]) for x, y in cells.tolist()], dtype=np.bool_)


def _from_the_row(depth: NDArray[np.float32], rest: Mask, thing: Mask) -> NDArray[np.float32]:
    """Pixels that see past the surface take the farther of the nearest readings left and right of the thing."""
    out = depth.copy()
    for v in np.flatnonzero(rest.any(axis=1)):
        free = np.flatnonzero(~thing[v] & (depth[v] > 0))
        for u in np.flatnonzero(rest[v]):
            i = int(np.searchsorted(free, u))
            sides = free[max(0, i - 1) : i + 1]
            out[v, u] = depth[v, sides].max() if len(sides) else 0.0
    return out


def _painted(rgb: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    """Colour drawn across the mask, row by row, between what is left and right of it."""
    out = rgb.copy()
    for v in np.flatnonzero(mask.any(axis=1)):
        inside, free = np.flatnonzero(mask[v]), np.flatnonzero(~mask[v])
        if len(free):
            for c in range(3):
                out[v, inside, c] = np.interp(inside, free, rgb[v, free, c])
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
