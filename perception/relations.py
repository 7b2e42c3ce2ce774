"""How things stand to each other in one frame: on, in, near, part of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..contracts import Distribution, Expected, Relation, Role, Verdict, Visibility
from ..geometry import F64, Box, apply, inverse
from .kinds import HAS_PARTS, HINGED, HOLDS, HOLLOW, best_kind
from .lifting import Lifted
from .view import I64

NEAR = 0.3  # metres between things on one support
LEAST = 0.2  # score below which a relation is not worth saying
PART_GAP = 0.12  # metres between a part and what it belongs to, at most
EXPECTED_FACTOR = 0.9  # what is seen now counts a little more than what is only remembered


@dataclass(frozen=True, eq=False)
class _Body:
    """A thing that relations are about: a detection (``key`` is its index) or an expected piece of furniture (its id)."""

    key: int | str
    role: Role
    kind: str
    box: Box
    lower: F64
    upper: F64
    points: F64
    cut: bool
    sigma: float
    segment: int  # −1 for an expected thing

    @cached_property
    def limits(self) -> tuple[list[float], list[float]]:
        """``lower`` and ``upper`` as plain numbers, which compare faster than arrays of three."""
        return self.lower.tolist(), self.upper.tolist()

    @cached_property
    def volume(self) -> float:
        return self.box.volume

    @property
    def weight(self) -> float:
        return 1.0 if isinstance(self.key, int) else EXPECTED_FACTOR


def relate(
    things: Sequence[Lifted],
    labels: Sequence[Distribution],
    expected: Sequence[Expected],
    visibility: Sequence[Visibility],
    touching: I64,
) -> list[Relation]:
    """Relations of the detections ``things`` (with their class distributions) among themselves and to expected furniture.

    Every object gets at most one place: the smallest container that it is in, else the support that it stands on best.
    ``near`` is said once for each pair on the same support, the smaller index first. Parts get what they belong to; a
    handle on a door that is in view belongs to what the door belongs to. ``touching`` is ``Contacts.touching``.
    """
    bodies = _bodies(things, labels, expected, visibility)
    objects = [b for b in bodies if b.role is Role.OBJECT]
    relations: list[Relation] = []
    support: dict[int | str, int | str] = {}
    for thing in objects:
        place = _place(thing, [b for b in bodies if b.role is not Role.PART and b is not thing], touching)
        if place is not None:
            relations.append(place)
            support[thing.key] = place.object
    relations += _near(objects, support)
    return relations + _part_of(bodies)


def _bodies(
    things: Sequence[Lifted],
    labels: Sequence[Distribution],
    expected: Sequence[Expected],
    visibility: Sequence[Visibility],
) -> list[_Body]:
    """All detections, each with the remembered extent of its furniture when it is cut, and furniture not detected now."""
    verdicts: Mapping[str, Visibility] = {v.id: v for v in visibility}
    furniture = [e for e in expected if e.role is Role.FURNITURE and e.id in verdicts]
    remembered = {verdicts[e.id].detection: e for e in furniture if verdicts[e.id].detection is not None}
    bodies = []
    for i, (t, distribution) in enumerate(zip(things, labels, strict=True)):
        box, kind, memory = t.box_world, best_kind(distribution), remembered.get(i)
        if memory is not None:  # many looks know a piece's kind and extent better than this one
            kind = memory.label.lower()
            box = Box.upright(np.concatenate([box.corners(), memory.box_world.corners()])) if t.cut else box
        bodies.append(_Body(i, t.role, kind, box, *box.bounds(), t.points_world, t.cut, t.sigma, t.segment))
    seen = list(bodies)
    for e in furniture:
        verdict, kind = verdicts[e.id], e.label.lower()
        if verdict.detection is not None or verdict.verdict is Verdict.SEEN_THROUGH:
            continue
        lower, upper = e.box_world.bounds()
        twin = any(b.kind == kind and bool((b.lower <= upper).all() and (b.upper >= lower).all()) for b in seen)
        if not twin:  # else it is the same piece, seen now, with a drawer pulled out perhaps
            points = np.asarray(e.points_world, dtype=np.float64).reshape(-1, 3)
            bodies.append(_Body(e.id, e.role, kind, e.box_world, lower, upper, points, False, 0.02, -1))
    return bodies


# --- on and in ----------------------------------------------------------------------------------------------------------
def _place(thing: _Body, others: Sequence[_Body], touching: I64) -> Relation | None:
    """The one place of an object, or None."""
    over = [b for b in others if _xy_overlap(thing, b)]
    inside = [(b.volume, j, s) for j, b in enumerate(over) if (s := _inside(thing, b) * b.weight) >= 0.5]
    if inside:
        _, j, score = min(inside)
        return Relation(int(thing.key), "in", over[j].key, round(score, 3))
    standing = [(_stands_on(thing, b, touching) * b.weight, -j) for j, b in enumerate(over)]
    score, j = max(standing, default=(0.0, 0))
    return Relation(int(thing.key), "on", over[-j].key, round(score, 3)) if score >= LEAST else None


def _xy_overlap(a: _Body, b: _Body, margin: float = 0.03) -> bool:
    (ax0, ay0, _), (ax1, ay1, _), (bx0, by0, _), (bx1, by1, _) = a.limits[0], a.limits[1], b.limits[0], b.limits[1]
    return ax0 <= bx1 + margin and ay0 <= by1 + margin and ax1 >= bx0 - margin and ay1 >= by0 - margin


def _inside(thing: _Body, container: _Body) -> float:
    """How far ``thing`` is in ``container``, 0 … 1: its middle within the footprint, its bottom well below the rim."""
    if container.kind not in (HOLLOW if container.role is Role.FURNITURE else HOLDS):
        return 0.0
    if float(np.prod(container.box.size[:2])) < float(np.prod(thing.box.size[:2])):
        return 0.0
    height = float(container.box.size[2])
    rim = float(container.upper[2]) - max(0.015, 0.15 * height)
    bottom = float(thing.lower[2])
    if not float(container.lower[2]) - 0.04 <= bottom <= rim:
        return 0.0
    grid = np.stack(np.meshgrid(*[np.array([-0.4, 0.0, 0.4])] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    local = apply(inverse(container.box.T_ref_box), apply(thing.box.T_ref_box, grid * thing.box.size))
    half = container.box.size / 2
    flat = np.asarray((np.abs(local[:, :2]) <= half[:2] + 0.01).all(axis=1))
    if not flat[13]:  # the middle of the 3 × 3 × 3
        return 0.0
    deep = flat & (local[:, 2] <= half[2] + 0.01) & (local[:, 2] >= -half[2] - 0.04)
    return 0.5 + 0.5 * float(deep.mean())


def _stands_on(thing: _Body, support: _Body, touching: I64) -> float:
    """How well ``thing`` stands on ``support``, 0 … 1: its bottom at the top of what lies under its footprint."""
    gap = min((float(thing.lower[2]) - top for top in _tops(thing, support)), key=abs, default=None)
    if gap is None:
        return 0.0
    tolerance = 0.015 + 2 * max(thing.sigma, support.sigma)
    if gap > 0 and thing.cut:  # its lower part may be hidden
        tolerance += 0.05
    level = float(np.exp(-0.5 * (gap / tolerance) ** 2))
    corners = np.array([[x, y, 0.0] for x in (-0.35, 0.0, 0.35) for y in (-0.35, 0.0, 0.35)]) * thing.box.size
    local = apply(inverse(support.box.T_ref_box), apply(thing.box.T_ref_box, corners))
    under = float((np.abs(local[:, :2]) <= support.box.size[:2] / 2 + 0.02).all(axis=1).mean())
    score = level * min(1.0, 1.5 * under)
    if thing.segment >= 0 and support.segment >= 0 and not thing.cut and not touching[thing.segment, support.segment]:
        score *= 0.7  # they do not even meet in the image
    return score if support.role is Role.FURNITURE or under >= 0.5 else 0.0


def _tops(thing: _Body, support: _Body) -> list[float]:
    """Heights at which the support may carry the thing: its points under and around the footprint, and its box's top.

    A fridge has points under the footprint on its roof (few, seen at a flat angle) and on its shelves; none is left out.
    """
    bottom, half = float(thing.lower[2]), thing.box.size[:2] / 2
    local = np.abs(apply(inverse(thing.box.T_ref_box), support.points)[:, :2]) - half
    heights = support.points[:, 2]
    low = heights <= bottom + 0.05
    tops = [float(support.upper[2])] if _xy_overlap(thing, support, 0.0) else []
    for reach in (0.03, 0.08, 0.14):
        below = np.sort(heights[low & (local <= reach).all(axis=1)])
        if len(below) >= 2:
            tops.append(float(below[int(0.9 * (len(below) - 1))]))
    return tops


# --- near and part of ---------------------------------------------------------------------------------------------------
def _near(objects: Sequence[_Body], support: Mapping[int | str, int | str]) -> list[Relation]:
    relations = []
    placed = [b for b in objects if b.key in support]
    for n, a in enumerate(placed):
        for b in placed[n + 1 :]:
            if support[a.key] != support[b.key]:
                continue
            sides = zip(*a.limits, *b.limits, strict=True)
            gap = math.hypot(*(max(a0 - b1, b0 - a1, 0.0) for a0, a1, b0, b1 in sides))
            if gap < NEAR:
                relations.append(Relation(int(a.key), "near", b.key, round(1 - gap / NEAR, 3)))
    return relations


def _part_of(bodies: Sequence[_Body]) -> list[Relation]:
    """Doors first, then handles, which belong to what the door that they touch belongs to."""
    hosts = [b for b in bodies if b.role is Role.FURNITURE]
    doors = [b for b in bodies if b.role is Role.PART and b.kind == "door"]
    whole: dict[int | str, tuple[_Body, float]] = {}
    relations = []
    for door in doors:
        host = _nearest(door, [b for b in hosts if b.kind in HINGED]) or _nearest(door, hosts)
        if host is not None:
            whole[door.key] = host
            relations.append(Relation(int(door.key), "part_of", host[0].key, round(host[1], 3)))
    for part in bodies:
        if part.role is not Role.PART or part.kind == "door":
            continue
        carriers = [b for b in hosts if b.kind in HAS_PARTS] + [d for d in doors if d.key in whole]
        host = _nearest(part, carriers) or _nearest(part, hosts)
        if host is None:
            continue
        score = host[1]
        if host[0].role is Role.PART:
            score, host = min(score, whole[host[0].key][1]), whole[host[0].key]
        relations.append(Relation(int(part.key), "part_of", host[0].key, round(score, 3)))
    return relations


def _nearest(part: _Body, hosts: Sequence[_Body]) -> tuple[_Body, float] | None:
    """The host nearest to a part and how surely it is the one, by the distance of each one's points from the other's box.

    Of hosts that are about as near, the one whose box is smallest wins: a drawer rather than the counter around it.
    """
    found: list[tuple[float, int, _Body, float]] = []
    for n, host in enumerate(hosts):
        bounds = np.maximum(np.maximum(part.lower - host.upper, host.lower - part.upper), 0.0)
        if float(np.linalg.norm(bounds)) > PART_GAP:
            continue
        gap = float(host.box.distance(part.points).min())
        if len(host.points):
            gap = max(gap, float(part.box.distance(host.points).min()) - 0.05)  # points of the host are some cm apart
        if gap <= PART_GAP:
            found.append((gap, n, host, (1 - gap / PART_GAP) * host.weight))
    if not found:
        return None
    least = min(f[0] for f in found)
    _, _, host, score = min((f for f in found if f[0] <= least + 0.02), key=lambda f: (f[2].volume, f[1]))
    return host, max(score, 0.05)
