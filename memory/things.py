"""Working copies as records for others: what is known of a thing, how, and whether it could be in a view."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..contracts import Expected, Role
from ..errors import InputError
from ..geometry import F64, PinholeCamera, inverse
from .finder import MOST_OF_A_CLASS
from .node import Node
from .nodes import STRAYS
from .rates import KEPT_IN
from .records import Knowledge, Place, Thing
from .spatial import enclosing
from .vocabulary import matches
from .world import World

_T = TypeVar("_T", bound=np.generic)

_COUNTED = (Role.OBJECT, Role.FURNITURE, Role.PART)
_LIKELY = 0.25  # probability from which a class that is not the most likely one is thought of
JUST_NOW = 3.0  # seconds; a look that fresh counts as "now"
FAR = 8.0  # metres beyond which nothing is expected to be recognised
_STALE = 0.5  # metres around what is in view: whether a box shows is decided by the planes of the view, which are wider


def knowledge_of(world: World, node: Node) -> Knowledge:
    """How the thing's place is known right now."""
    if node.presence.absent:
        return Knowledge.ABSENT
    fresh = world.now - node.last_seen <= JUST_NOW
    if node.held is not None:
        return Knowledge.SEEN if fresh else Knowledge.BELIEVED
    if node.believed is not None or (node.last_seen < world.now and enclosing(world, node.id) is not None):
        return Knowledge.BELIEVED
    return Knowledge.SEEN if fresh else Knowledge.UNOBSERVED


def existence_of(world: World, node: Node) -> float:
    """Probability that the thing is still where it is believed to be, with the time since it was looked at."""
    p = node.presence.probability
    if not node.small or node.held is not None:
        return p
    age = max(0.0, world.now - max(node.last_seen, node.believed or 0.0))
    slower = KEPT_IN if enclosing(world, node.id) is not None else 1.0
    pace = world.projection.rates.pace(node.label, node.moves, node.last_seen - node.first_seen)
    return p * pace.stays(age / slower)


def place_of(world: World, id: str) -> Place | None:
    """The thing's place (of a part: the furniture it belongs to)."""
    fact = world.fact(id) or world.fact(id, "whole")
    return None if fact is None else Place(fact.predicate, fact.object, world.label(fact.object))


def thing(world: World, node: Node) -> Thing:
    """The record of a thing; its arrays are read-only copies."""
    kept = world.projection.plain.get(node.id, {})
    return Thing(
        id=node.id,
        role=node.role,
        label=node.label,
        labels=dict(node.labels),
        box_world=node.box,
        points_world=_frozen(node.points),
        colors=_frozen(node.colors),
        appearance=_frozen(node.appearance),
        states=dict(node.states),
        place=place_of(world, node.id),
        existence=existence_of(world, node),
        knowledge=knowledge_of(world, node),
        first_seen=node.first_seen,
        last_seen=node.last_seen,
        last_looked=node.last_looked,
        sightings=node.sightings,
        sigma=math.hypot(node.sigma, node.rest),
        alike=tuple(sorted(map(world.resolve, node.alike), key=lambda i: int(i[1:]))) if node.alike else (),
        evidence=tuple(seq for seq, _ in kept.get("evidence", ())),
        map_id=node.map,
        link=node.link,
    )


def find(world: World, text: str, role: Role | None = None, most: int | None = None, bare: bool = False) -> list[Node]:
    """Things that a noun phrase may mean, best first: id, label, synonym, then what was seen last.

    Of more than ``most`` only the best, and those that are in short-term memory. ``bare``: see ``Nodes.some``.
    """
    own = world.node(text.strip())
    if own is not None:
        return [own]
    limit = None if most is None else max(most, MOST_OF_A_CLASS)
    ranked = sorted(_fitting(world, text, _LIKELY, limit), key=lambda row: row[:4])
    if most is not None and len(ranked) > most:
        near = set(world.short_term.resident())
        ranked = [row for i, row in enumerate(ranked) if i < most or f"o{row[3]}" in near]
    found = world.nodes.some((f"o{num}" for _, _, _, num in ranked), bare=bare)
    return [n for n in found if role in (None, n.role)]


def _fitting(world: World, text: str, least: float, most: int | None) -> list[tuple[bool, float, float, int]]:
    """(gone, −fit, −last seen, number) of everything that a noun phrase may mean, as it is known now; by classes that are not
    the most likely one from a probability of ``least``; ``most`` things of each class.
    """
    fits = world.projection.finder.fits(text)
    if not fits:
        return []
    found: dict[int, tuple[bool, float, float, int]] = {}
    for num, label, absent, seen, name, p in world.projection.finder.traits_of(fits, least, most):
        fit = fits.get(label) or 0.5 * p * fits[name]
        if num not in found or -fit < found[num][1]:
            found[num] = (bool(absent), -fit, -seen, num)
    for node in world.nodes.busy():  # what is known of them may not be in the tables yet
        found.pop(node.number, None)
        fit = matches(text, node.label)
        if fit == 0.0:
            others = [p * fits[k] for k, p in node.labels.items() if p >= least and k in fits]
            fit = 0.5 * max(others, default=0.0)
        if fit > 0:
            found[node.number] = (node.presence.absent, -fit, -node.last_seen, node.number)
    return list(found.values())


def known(world: World, text: str) -> int:
    """How many things are called by the class that a noun phrase fits best."""
    if world.node(text.strip()) is not None:
        return 1
    finder = world.projection.finder
    fits = finder.fits(text)
    for best in sorted(set(fits.values()), reverse=True):
        labels = [label for label, fit in fits.items() if fit == best]
        if (count := finder.count(labels)) > 0:
            return count
    return 0


def named(world: World, labels: Collection[str], most: int) -> list[Node]:
    """Things that are called by one of ``labels``: there before gone, of these the last seen first; at most ``most``."""
    nums = world.projection.finder.newest(labels, most)
    busy = [n for n in world.nodes.busy() if n.label in labels]
    found = {n.id: n for n in [*world.nodes.some(f"o{num}" for num in nums), *busy] if n.label in labels}
    return sorted(found.values(), key=lambda n: (n.presence.absent, -n.last_seen, n.number))[:most]


def meant(world: World, text: str, most: int | None = None) -> list[Node]:
    """Of the things that ``find`` gives those that are called by the very word, if there are any: where some are called
    notebooks and others books, a book is not a notebook. Failing that its singular, then synonyms, then what shares a word.
    """
    nodes = find(world, text, most=most, bare=True)
    if len(nodes) < 2 or world.node(text.strip()) is not None:
        return nodes
    fits = [matches(text, n.label) for n in nodes]
    best = max(fits)
    return [n for n, fit in zip(nodes, fits, strict=True) if fit >= best] if best > 0 else nodes


def expected(world: World, camera: PinholeCamera, T_world_cam: F64) -> list[Expected]:
    """Things that would show in this view if they are where they are believed to be and nothing hides them.

    Left out: what is held, what is shut in a container, and what is known to be gone.
    """
    seen = _frustum(camera) @ T_world_cam[:3, :3].T + T_world_cam[:3, 3]
    around = world.near(seen.min(axis=0) - _STALE, seen.max(axis=0) + _STALE, bare=True)
    nodes = [n for n in around if n.held is None and not (n.presence.absent and n.small)]
    if not nodes:
        return []
    T = inverse(T_world_cam)
    low, high = np.array([n.lower for n in nodes]), np.array([n.upper for n in nodes])
    pick = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=bool)
    corners = np.where(pick[None], high[:, None], low[:, None]) @ T[:3, :3].T + T[:3, 3]
    x, y, z = corners[..., 0], corners[..., 1], corners[..., 2]
    left, right = -(camera.cx + 0.5) / camera.fx, (camera.width - 0.5 - camera.cx) / camera.fx
    up, down = -(camera.cy + 0.5) / camera.fy, (camera.height - 0.5 - camera.cy) / camera.fy
    # a box is outside if all its corners are outside one and the same plane of the frustum
    outside = (
        (z <= 0.05).all(1)
        | (x < left * z).all(1)
        | (x > right * z).all(1)
        | (y < up * z).all(1)
        | (y > down * z).all(1)
    )
    shown = [nodes[i] for i in np.flatnonzero(~outside & (z.min(axis=1) <= FAR)).tolist()]
    world.nodes.some(n.id for n in shown if n.origin is not None)
    world.projection.open.prepare(n.id for n in shown)
    shut: dict[tuple[str, str], bool] = {}  # by place: what shares one is shut away together
    found = []
    for n in shown:
        fact = world.fact(n.id)
        place = (fact.predicate, fact.object) if fact is not None else ("", "")
        if place not in shut:
            shut[place] = enclosing(world, n.id) is not None
        if not shut[place]:
            found.append(Expected(n.id, n.role, n.label, n.box, n.points))
    return found


def _frustum(camera: PinholeCamera) -> F64:
    """Corners (8, 3) of what is in view up to ``FAR``, in the camera frame."""
    left, right = -(camera.cx + 0.5) / camera.fx, (camera.width - 0.5 - camera.cx) / camera.fx
    up, down = -(camera.cy + 0.5) / camera.fy, (camera.height - 0.5 - camera.cy) / camera.fy
    return np.array([[x * z, y * z, z] for z in (0.05, FAR) for x in (left, right) for y in (up, down)])


def within(world: World, low: F64, high: F64) -> list[Node]:
    """Things whose bounds meet [low, high]: the R*Tree narrows down, doubles of the working copies decide."""
    found = world.near(low, high)
    world.projection.open.prepare(n.id for n in found)
    return found


def names_within(world: World, low: F64, high: F64) -> list[tuple[str, str]]:
    """(id, class) of the things whose bounds meet [low, high], in order of creation; only what is on the brink is read."""
    nodes = world.nodes
    found = {n.number: n.label for n in nodes.strays.values() if (n.lower <= high).all() and (n.upper >= low).all()}
    (a0, b0, c0), (a1, b1, c1) = lower, upper = low.tolist(), high.tolist()
    brink = 2e-5 * max(1.0, *map(abs, lower), *map(abs, upper))
    for num, label, x0, x1, y0, y1, z0, z1 in world.projection.finder.boxes(lower, upper, STRAYS):
        at_hand = nodes.at_hand(id := f"o{num}")
        if at_hand is None:  # then it is where the index has it
            overlap = min(x1 - a0, a1 - x0, y1 - b0, b1 - y0, z1 - c0, c1 - z0)
            if overlap >= brink:
                found[num] = label
            if abs(overlap) >= brink:
                continue
        if (n := at_hand or nodes.get(id)) is not None and (n.lower <= high).all() and (n.upper >= low).all():
            found[num] = n.label
    return [(f"o{num}", found[num]) for num in sorted(found)]


def counts(world: World) -> dict[str, int]:
    """How many things there are, of each role and gone, and how many points are kept of them."""
    table = world.projection.finder.roles()
    # an array is kept behind a head like ["<i2",[48,3]], whose first number begins at the eleventh byte
    points = world.store.db.execute(
        "SELECT coalesce(sum(CAST(CAST(substr(body, 11, 8) AS TEXT) AS INTEGER)), 0) FROM clouds WHERE name = 'points'"
    )
    return {
        "things": sum(n for _, _, n in table),
        **{f"{r.value}s": sum(n for role, _, n in table if role == r.value) for r in _COUNTED},
        "absent": sum(n for _, absent, n in table if absent),
        "points": int(points.fetchone()[0]),
    }


def similar(
    world: World,
    vector: NDArray[np.float32],
    count: int,
    label: str | None,
    lower: ArrayLike | None,
    upper: ArrayLike | None,
) -> list[tuple[str, float]]:
    """See ``Reading.similar``. ``InputError`` for a vector that is none, or half a box."""
    if vector.ndim != 1 or not np.isfinite(vector).all() or count < 1 or (lower is None) is not (upper is None):
        raise InputError(
            f"a vector {vector.shape}, {count} things, corners {lower!r} and {upper!r}: a finite vector (D,), at least one "
            "thing and both corners of a box or none are needed"
        )
    finder, among = world.projection.finder, None
    if label is not None:
        among = finder.called_only(label)
    if lower is not None:
        near = finder.within(np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64), 0.0)
        among = near if among is None else sorted(set(near) & set(among))
    return [(f"o{num}", cosine) for num, cosine in world.projection.vectors.nearest(vector, count, among)]


def _frozen(array: NDArray[_T]) -> NDArray[_T]:
    copy = array.copy()
    copy.setflags(write=False)
    return copy
