"""From an image region with depth to a thing in space: points, an upright box, how sure its position is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role
from ..geometry import F64, Box
from .view import I64, Contacts, View

MAX_SAMPLES = 625  # pixels of a segment that are looked at; a 25 × 25 grid says enough of any shape
MAX_POINTS = 256  # points that a detection keeps
MIN_POINTS = 6  # fewer readings than this make no thing
TRIM = 0.8  # percent trimmed at each end of a box's axes: readings are noisy, extremes are the noisiest
HIDDEN_SHARE = 0.15  # of one side of its bounding box, behind something nearer: then the thing counts as cut
SENSOR_RANGE = 10.0  # metres; depth beyond it is too noisy to place anything


@dataclass(frozen=True, eq=False)
class Lifted:
    """A segment in space. Arrays are (N ≤ 256): ``points_cam`` (N, 3) float32, ``points_world`` (N, 3), ``colors`` (N, 3).

    ``box_world`` is upright and encloses the points; ``sigma`` metres; ``bbox`` u0, v0, u1, v1 half open.
    """

    segment: int
    role: Role
    points_cam: NDArray[np.float32]
    points_world: F64
    colors: NDArray[np.uint8]
    box_world: Box
    bbox: tuple[int, int, int, int]
    pixels: int
    sigma: float
    cut: bool


def lift(view: View, touching: Contacts) -> list[Lifted]:
    """Every segment of ``view`` that is not structure and has enough readings, in the order of the segments."""
    wanted = [i for i, s in enumerate(view.segments) if s.role is not Role.STRUCTURE and len(view.pixels[i])]
    if not wanted:
        return []
    width = view.owner.shape[1]
    chosen = [_sample(view.pixels[i], width) for i in wanted]
    flat = np.concatenate(chosen)
    depth = view.frame.depth.ravel()
    good = (depth[flat] > 0) & (depth[flat] < SENSOR_RANGE)
    good &= ~_flying(view, flat)
    v, u = np.divmod(flat, width)
    cam = view.frame.camera.backproject(np.stack([u, v], axis=-1), depth[flat])
    world = view.world(cam)
    rgb = view.frame.rgb.reshape(-1, 3)
    found = []
    start = 0
    for i, pixels in zip(wanted, chosen, strict=True):
        part = slice(start, start + len(pixels))
        start += len(pixels)
        keep = np.flatnonzero(good[part])
        keep = keep[_largest_depth_group(cam[part][keep, 2])]
        if len(keep) < MIN_POINTS:
            continue
        rows = keep + part.start
        chosen_rows, box = _box_and_points(world, rows, view.role(i))
        box = _with_pixel(box, float(np.median(cam[chosen_rows, 2])) / view.frame.camera.fx)
        found.append(_lifted(view, touching, i, box, cam[chosen_rows], world[chosen_rows], rgb[flat[chosen_rows]]))
    return found


def _lifted(
    view: View, touching: Contacts, i: int, box: Box, cam: F64, world: F64, colors: NDArray[np.uint8]
) -> Lifted:
    height, width = view.owner.shape
    u0, v0, u1, v1 = (int(x) for x in view.bbox[i])
    at_border = u0 == 0 or v0 == 0 or u1 == width or v1 == height
    sides = np.array([v1 - v0, u1 - u0, v1 - v0, u1 - u0])
    behind = bool((touching.hidden[i] >= np.maximum(2, HIDDEN_SHARE * sides)).any())
    sigma = float(view.sigma(np.array(np.median(cam[:, 2]))))
    return Lifted(
        i,
        view.role(i),
        cam.astype(np.float32),
        world,
        colors,
        box,
        (u0, v0, u1, v1),
        len(view.pixels[i]),
        sigma,
        at_border or behind,
    )


def _sample(pixels: I64, width: int) -> I64:
    """At most about ``MAX_SAMPLES`` of a segment's pixels, on a regular grid; all of a small or a very thin one."""
    if len(pixels) <= MAX_SAMPLES:
        return pixels
    step = int(np.ceil(np.sqrt(len(pixels) / MAX_SAMPLES)))
    on_row = pixels[(pixels // width) % step == 0]
    grid = on_row[(on_row % width) % step == 0]
    return grid if len(grid) >= MIN_POINTS * 4 else pixels[:: len(pixels) // MAX_SAMPLES + 1]


def _flying(view: View, flat: I64) -> NDArray[np.bool_]:
    """True (M,) for readings that hang in the air between a near and a far surface (mixed pixels at depth edges).

    Along a row or a column such a reading lies between its neighbours with a big step to both, while the surfaces beyond
    go on evenly; a plane at a flat angle steps as much everywhere. Thin things in front or behind step the same way on
    both sides and are kept.
    """
    height, width = view.owner.shape
    depth = view.frame.depth.ravel()
    z = depth[flat].astype(np.float64)
    v, u = np.divmod(flat, width)
    least = 0.01 + 3 * view.noise.sigma(z)
    flying = np.zeros(len(flat), dtype=np.bool_)
    for offset, inside in ((1, (u > 1) & (u < width - 2)), (width, (v > 1) & (v < height - 2))):
        near = (np.clip(flat + k * offset, 0, depth.size - 1) for k in (-2, -1, 1, 2))
        aa, a, b, bb = (depth[n].astype(np.float64) for n in near)
        before, after = z - a, b - z
        step = np.minimum(np.abs(before), np.abs(after))
        beyond = np.maximum(np.where(aa > 0, np.abs(a - aa), 0), np.where(bb > 0, np.abs(bb - b), 0))
        flying |= inside & (a > 0) & (b > 0) & (before * after > 0) & (step > least) & (beyond < step / 2)
    return flying


def _largest_depth_group(z: F64) -> NDArray[np.bool_]:
    """True for the readings (N,) in front of a wide gap in depth when few lie behind it: a mask that spills a little.

    At most 12 % of the readings may be dropped in this way, else the gap belongs to the thing (a chair's back and seat).
    """
    keep = np.ones(len(z), dtype=np.bool_)
    if len(z) < 2 * MIN_POINTS:
        return keep
    order = np.argsort(z, kind="stable")
    sorted_z = z[order]
    gaps = np.diff(sorted_z)
    first = int(np.ceil(0.88 * len(z)))
    tail = gaps[first - 1 :]
    if len(tail) and (wide := np.flatnonzero(tail > 0.08)).size:
        keep[order[first + int(wide[0]) :]] = False
    return keep


def _box_and_points(world: F64, rows: I64, role: Role) -> tuple[I64, Box]:
    """The upright box around the points ``world[rows]`` and the at most 256 rows in it to keep.

    Furniture is thinned to an even density first, as its near end has most of the pixels.
    """
    points = world[rows]
    if role is Role.FURNITURE:
        even = rows[_thin(points, MAX_POINTS)]
        box = Box.upright(world[even], TRIM)
        inside = even[box.contains(world[even], 1e-6)]
        return inside, box
    box = Box.upright(points, TRIM)
    inside = rows[box.contains(points, 1e-6)]
    return inside[:: -(-len(inside) // MAX_POINTS)], box


def _with_pixel(box: Box, footprint: float) -> Box:
    """The box, larger by half a pixel's ``footprint`` in metres: pixel centres span up to one less than the thing does."""
    return Box(box.T_ref_box, box.size + footprint / 2)


def _thin(points: F64, limit: int) -> I64:
    """Rows of at most ``limit`` of ``points`` (N, 3), spread evenly: the first one in each cube of a grid.

    The cubes grow until few enough are filled (their number falls about with the square of their edge on a surface).
    """
    if len(points) <= limit:
        return np.arange(len(points))
    low = points.min(axis=0)
    extent = points.max(axis=0) - low
    edge = max(float(np.sqrt(np.sort(extent)[1:].prod() / limit)), 1e-3)
    for _ in range(8):
        cell = ((points - low) / edge).astype(np.int64)
        key = (cell[:, 0] * 2048 + cell[:, 1]) * 2048 + cell[:, 2]
        _, first = np.unique(key, return_index=True)
        if len(first) <= limit:
            return np.sort(first)
        edge *= max(1.05, float(np.sqrt(len(first) / limit)))
    return np.sort(first)[:: len(first) // limit + 1]
