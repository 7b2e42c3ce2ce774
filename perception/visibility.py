"""What a frame says of the things that memory expects in it: seen, seen through, occluded, or out of view.

Each expected thing is asked about by points of its surface. A point's ray is compared with the depth that was measured
along it, with a tolerance from depth noise, camera pose and the thing's size. Rays as evidence for absence follow Khronos
(Schmid et al. 2024), whose fixed 8 cm and 30 cm are too coarse for a mug on a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contracts import Expected, Role, Verdict, Visibility
from ..geometry import F64, Box, apply, inverse
from .kinds import HOLLOW
from .lifting import Lifted
from .view import I64, View

POINTS = 64  # of an expected thing, asked about
LEAST = 5  # informative points below which a frame says nothing of a thing
SLACK = 0.006  # metres: how well remembered points lie on the surface
LATERAL = 0.02  # metres across the view by which thing and camera may be off without the evidence being wrong
FAR = 10.0  # metres: beyond, depth says too little

AGREE, THROUGH, BEHIND, UNSURE, OUTSIDE, BLIND = 1, 2, 3, 4, 5, 6


def judge(
    view: View, things: Sequence[Lifted], expected: Sequence[Expected], exhaustive: bool
) -> tuple[list[Visibility], dict[str, float]]:
    """Verdicts in the order of ``expected``, and for each piece of furniture the visible share of where things may be.

    ``things`` are the frame's detections. With ``exhaustive`` segments, pixels of furniture or structure where an object
    should be count against the object.
    """
    if not expected:
        return [], {}
    clouds = [_surface(e) for e in expected]
    places = [i for i, e in enumerate(expected) if e.role is Role.FURNITURE]
    grids = [room(expected[i].label, expected[i].box_world) for i in places]
    asked = _Rays.of(view, expected, clouds)
    votes = _votes(view, asked, expected, exhaustive)
    ends = np.cumsum([len(c) for c in clouds])
    hits = _hits(view, things, asked, votes)
    verdicts = []
    for e, c, end in zip(expected, clouds, ends, strict=True):
        mine = slice(int(end) - len(c), int(end))
        detection = _explain(e, things, asked, votes, hits, mine, 0.5 if exhaustive else 0.25)
        verdicts.append(_verdict(e, votes[mine], detection))
    return verdicts, dict(zip((expected[i].id for i in places), _visible_shares(view, grids), strict=True))


# --- points to ask about ------------------------------------------------------------------------------------------------
def _surface(thing: Expected) -> F64:
    """At most ``POINTS`` world points (N, 3) of a thing; of its box when too few were ever seen.

    The lowest layer of an object is left out: where it touches its support, the support would answer in its place.
    """
    points = np.asarray(thing.points_world, dtype=np.float64).reshape(-1, 3)
    if len(points) < 2 * LEAST:
        axis = np.linspace(-0.4, 0.4, 4)
        grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        return apply(thing.box_world.T_ref_box, grid * thing.box_world.size)
    if thing.role is Role.OBJECT:
        low, high = thing.box_world.bounds()
        upper = points[points[:, 2] > low[2] + min(0.015, 0.3 * float(high[2] - low[2]))]
        points = upper if len(upper) >= 2 * LEAST else points
    return points[np.linspace(0, len(points) - 1, min(len(points), POINTS)).astype(np.int64)]


def room(label: str, box: Box) -> F64:
    """World points (N, 3) where things of a place may be: a grid in a hollow kind's box, just above the top of others."""
    if label.lower() in HOLLOW:
        a, b = np.linspace(-0.36, 0.36, 5), np.linspace(-0.3, 0.3, 4)
        grid = np.stack(np.meshgrid(a, a, b, indexing="ij"), axis=-1).reshape(-1, 3) * box.size
    else:
        a = np.linspace(-0.46, 0.46, 10)
        grid = np.stack([*np.meshgrid(a, a, indexing="ij"), np.full((10, 10), 0.5)], axis=-1).reshape(-1, 3) * box.size
        grid[:, 2] += 0.02
    return apply(box.T_ref_box, grid)


# --- rays ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Rays:
    """Expected points as the camera sees them: thing (M,), pixel (M,), depth z (M,), measured d (M,), tolerance (M,)."""

    thing: I64
    u: I64
    v: I64
    z: F64
    measured: F64
    tolerance: F64
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, view: View, expected: Sequence[Expected], clouds: Sequence[F64]) -> _Rays:
        thing = np.repeat(np.arange(len(clouds)), [len(c) for c in clouds])
        u, v, z, inside = project(view, np.concatenate(clouds))
        measured = np.where(inside, view.frame.depth[v, u], 0.0).astype(np.float64)
        sizes = np.array([float(np.sort(e.box_world.size)[1]) for e in expected])
        noise = np.hypot(view.sigma(np.maximum(z, 0.0)), SLACK)
        # A big thing's remembered surface is never known to the centimetre, and small errors of pose tilt it.
        tolerance = 3 * noise + 0.01 * np.minimum(sizes, 2.0)[thing]
        return cls(thing, u, v, z, measured, tolerance, inside)


def project(view: View, points: F64) -> tuple[I64, I64, F64, NDArray[np.bool_]]:
    """Pixel columns and rows (M,), depths (M,) and "inside the image, at a usable range" (M,) of world points (M, 3)."""
    T = view.frame.T_world_cam
    uv, z = view.frame.camera.project((points - T[:3, 3]) @ T[:3, :3])
    height, width = view.owner.shape
    with np.errstate(invalid="ignore"):
        inside = (z > 0.05) & (z < FAR) & (uv > -0.5).all(axis=1) & (uv[:, 0] < width - 0.5) & (uv[:, 1] < height - 0.5)
    whole = np.rint(np.where(inside[:, None], uv, 0.0)).astype(np.int64)
    return whole[:, 0], whole[:, 1], z, inside


def _votes(view: View, rays: _Rays, expected: Sequence[Expected], exhaustive: bool) -> NDArray[np.int8]:
    """AGREE, THROUGH, BEHIND, UNSURE or OUTSIDE (M,) for every ray."""
    known = rays.inside & (rays.measured > 0)
    owner = np.where(rays.inside, view.owner[rays.v, rays.u], view.body + 1)
    roles = [*(s.role for s in view.segments)]
    is_object = np.array([r is Role.OBJECT for r in roles] + [False, False])
    is_scene = np.array([r in (Role.FURNITURE, Role.STRUCTURE) for r in roles] + [False, False])
    loose = np.array([e.role is Role.OBJECT for e in expected])[rays.thing]

    hit = _in_box(view, rays, expected)
    margin = np.maximum(rays.tolerance, 0.02)
    beyond = known & (rays.measured > rays.z + rays.tolerance)
    before = known & (rays.measured < rays.z - rays.tolerance)
    nearest, all_scene = _around(view, rays, expected, is_scene)
    # All around has to be empty too: at an outline, an error of a pixel or two lets the ray slip past a thing that is there.
    through = known & (nearest > rays.z + margin) & ~hit
    agree = known & hit
    if exhaustive:
        swept = loose & known & all_scene & ~before
        through = (through & loose & ~is_object[owner]) | (through & ~loose) | (through & beyond) | swept
        agree &= ~(loose & is_scene[owner])
    else:
        # A box holds air, too: behind a leaning book, under a chair. What lies beyond the surface seen before and near no
        # other part of it is not the thing, though it may lie in its box.
        hit &= (rays.measured <= rays.z + margin) | _at_surface(view, rays, expected, hit)
        through = known & (nearest > rays.z + margin) & ~hit
        agree = known & hit
        # Bare furniture or structure all around, clearly behind: evidence even where the thing's box reaches down to it.
        clear = rays.z + np.maximum(0.015 + 2 * view.noise.sigma(np.maximum(rays.z, 0.0)), rays.tolerance / 2)
        bare = loose & known & all_scene & (nearest > clear)
        through |= bare
        agree &= ~bare
    votes = np.full(len(rays.thing), UNSURE, dtype=np.int8)
    votes[known & (nearest < rays.z - rays.tolerance)] = BEHIND  # what is nearer hides a little more than it covers
    votes[agree] = AGREE
    votes[through & ~agree] = THROUGH
    on_body = owner == view.body
    votes[on_body & ~beyond & rays.inside] = BEHIND
    votes[rays.inside & (rays.measured <= 0)] = UNSURE if exhaustive else BLIND
    votes[~rays.inside] = OUTSIDE
    return votes


def _in_box(view: View, rays: _Rays, expected: Sequence[Expected]) -> NDArray[np.bool_]:
    """True (M,) where what the ray met lies in the expected thing's box, give or take the tolerance."""
    cam = view.frame.camera.backproject(np.stack([rays.u, rays.v], axis=-1), rays.measured)
    world = view.world(cam)
    to_box = np.array([inverse(e.box_world.T_ref_box) for e in expected])
    half = np.array([e.box_world.size / 2 for e in expected])
    T = to_box[rays.thing]
    local = np.einsum("mij,mj->mi", T[:, :3, :3], world) + T[:, :3, 3]
    return np.asarray((np.abs(local) <= half[rays.thing] + rays.tolerance[:, None]).all(axis=1))


def _at_surface(view: View, rays: _Rays, expected: Sequence[Expected], asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True (M,) for those of the rays ``asked`` (M,) that met something near the thing's surface as it was seen before."""
    out = np.zeros(len(rays.thing), dtype=np.bool_)
    rows = np.flatnonzero(asked & (rays.measured > rays.z))
    met = view.world(view.frame.camera.backproject(np.stack([rays.u, rays.v], axis=-1)[rows], rays.measured[rows]))
    reach = np.maximum(0.02, 2 * np.hypot(view.sigma(rays.measured[rows]), SLACK))
    owner = rays.thing[rows]
    for i in np.unique(owner).tolist():
        mine = np.flatnonzero(owner == i)
        surface = expected[i].points_world.astype(np.float64)
        gaps = (
            ((met[mine, None, :] - surface[None]) ** 2).sum(axis=2).min(axis=1) if len(surface) else np.zeros(len(mine))
        )
        out[rows[mine]] = gaps <= reach[mine] ** 2
    return out


def _around(
    view: View, rays: _Rays, expected: Sequence[Expected], is_scene: NDArray[np.bool_]
) -> tuple[F64, NDArray[np.bool_]]:
    """The least depth (M,) measured around each ray's pixel, and whether all around is furniture or structure (M,).

    Around means: as far as the thing may be off sideways, for an object at most 0.3 of its own width.
    """
    height, width = view.owner.shape
    widths = [float(np.sort(e.box_world.size)[1]) if e.role is Role.OBJECT else 1.0 for e in expected]
    z = np.maximum(rays.z, 0.05)
    off = np.minimum(np.hypot(LATERAL, 2 * np.sqrt(view.pose_noise.variance(z))), 0.3 * np.array(widths)[rays.thing])
    radius = np.clip(np.rint(view.frame.camera.fx * off / z), 1, 12).astype(np.int64)
    nearest = np.full(len(z), np.inf)
    all_scene = np.ones(len(z), dtype=np.bool_)
    for du, dv in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7)):
        u = np.clip(rays.u + np.rint(du * radius).astype(np.int64), 0, width - 1)
        v = np.clip(rays.v + np.rint(dv * radius).astype(np.int64), 0, height - 1)
        d = view.frame.depth[v, u]
        nearest = np.minimum(nearest, np.where(d > 0, d, np.inf))
        all_scene &= is_scene[view.owner[v, u]]
    return nearest, all_scene


# --- verdicts -----------------------------------------------------------------------------------------------------------
def _hits(view: View, things: Sequence[Lifted], rays: _Rays, votes: NDArray[np.int8]) -> I64:
    """The index of the detection that each agreeing ray met (M,), −1 for none."""
    detection_of = np.full(len(view.segments) + 2, -1, dtype=np.int64)
    detection_of[[t.segment for t in things]] = np.arange(len(things))
    return np.where(votes == AGREE, detection_of[view.owner[rays.v, rays.u]], -1)


def _explain(
    thing: Expected,
    things: Sequence[Lifted],
    rays: _Rays,
    votes: NDArray[np.int8],
    hits: I64,
    part: slice,
    share: float,
) -> int | None:
    """The detection that a thing's agreeing rays met: of its role, and filling its box best. None if there is none.

    A detection of which less than ``share`` lies in the thing's box is another thing that reaches into it: an orange over
    the place where a plate was. It hides the spot, and its rays' votes (in ``votes[part]``) become BEHIND.
    """
    mine = hits[part]
    counts = np.bincount(mine[mine >= 0], minlength=1)
    found: list[tuple[float, int]] = []
    for j in np.flatnonzero(counts).tolist():
        if things[j].role is not thing.role:
            continue
        if thing.role is Role.OBJECT:
            margin = float(rays.tolerance[part][mine == j].mean())
            if float(thing.box_world.contains(things[j].points_world, margin).mean()) < share:
                votes[part][mine == j] = BEHIND
                continue
        found.append((int(counts[j]) * (0.2 + thing.box_world.iou(things[j].box_world)), -j))
    score, j = max(found, default=(0.0, 0))
    return -j if score > 0 and counts[-j] >= max(2, 0.15 * int((votes[part] == AGREE).sum())) else None


def _verdict(thing: Expected, votes: NDArray[np.int8], detection: int | None) -> Visibility:
    """Weigh the votes (N,) of one thing's rays."""
    total = len(votes)
    kinds = (AGREE, THROUGH, BEHIND, UNSURE, BLIND)
    agree, through, behind, unsure, blind = (int((votes == kind).sum()) for kind in kinds)
    shown = agree + through + behind + unsure + blind
    if shown < max(LEAST, 0.25 * total):
        return Visibility(thing.id, Verdict.OUT_OF_VIEW, 1 - shown / total)
    looked = agree + through + unsure  # neither hidden nor without a reading
    if through >= max(LEAST, 0.6 * looked, 0.25 * shown):
        return Visibility(thing.id, Verdict.SEEN_THROUGH, through / total)
    if agree >= max(3, 0.12 * shown) and agree >= through:
        return Visibility(thing.id, Verdict.SEEN, agree / total, detection)
    return Visibility(thing.id, Verdict.OCCLUDED, (behind + unsure + blind) / total)


def _visible_shares(view: View, grids: Sequence[F64]) -> list[float]:
    """For each grid of world points the share that the camera really saw, or saw through."""
    if not grids:
        return []
    u, v, z, inside = project(view, np.concatenate(grids))
    measured = view.frame.depth[v, u]
    tolerance = 3 * np.hypot(view.sigma(np.maximum(z, 0.0)), SLACK)
    seen = inside & (measured > 0) & (measured >= z - tolerance) & (view.owner[v, u] != view.body)
    ends = np.cumsum([len(g) for g in grids])
    return [float(seen[end - len(g) : end].mean()) for g, end in zip(grids, ends, strict=True)]
