"""Where things are and where they can go in an iTHOR scene: what holds what, and free spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..geometry import F64
from . import ithor_rules as rules

if TYPE_CHECKING:
    from .ithor_world import IthorWorld, Thing

FULL = 1.5
"""A place takes no more when the footprints on it add up to that share of its own."""
FLOATING = 0.08
"""A spoon that high above the bottom of a sink, metres, is held by something that it leans in, as near."""


def settle(world: IthorWorld) -> None:
    """Say of every loose thing what it lies in or on."""
    places = _Places(world)
    for id, thing in world.things.items():
        if "pick" in thing.base.affords:
            thing.parent = _find_parent(world, id, places)


def _find_parent(world: IthorWorld, id: str, places: _Places) -> str | None:
    """The smallest receptacle that a thing lies in or on; what the metadata says is taken where it still fits."""
    thing = world.things[id]
    holding = [p for p in places.holding(thing) if p != id]
    said = [p for p in thing.base.parents if p in holding]
    found = said or [p for p in holding if "receptacle" in world.things[p].base.affords]
    found = [p for p in found if world.things[p].type != "Floor"] or found
    best = min(found, key=lambda p: (world.things[p].box_world.volume, p), default=None)
    return best if said else _leaning_in(world, thing, best) or best


def _leaning_in(world: IthorWorld, thing: Thing, place: str | None) -> str | None:
    """The cup that a spoon leans in which seems to float beside it over the bottom of a sink."""
    if place is None or world.things[place].type not in rules.CLEANS_IN or thing.type not in rules.LEANING:
        return None
    low, center = float(thing.box_world.bounds()[0][2]), thing.box_world.center
    if low < world.things[place].box_world.bounds()[0][2] + FLOATING:
        return None
    gaps = {
        i: float(np.linalg.norm(t.box_world.center[:2] - center[:2]))
        for i, t in world.things.items()
        if t.type in rules.MOVABLE_RECEPTACLES and t.box_world.contains(center, FLOATING)
    }
    return min(gaps, key=lambda i: (gaps[i], i), default=None)


class _Places:
    """Every thing of a world as a place for others, all asked at once."""

    def __init__(self, world: IthorWorld) -> None:
        things = world.things.values()
        self.ids = list(world.things)
        boxes = [t.box_world for t in things]
        self._R = np.array([b.T_ref_box[:3, :3] for b in boxes])
        self._centers, self._halves = np.array([b.center for b in boxes]), np.array([b.size / 2 for b in boxes])
        bounds = np.array([b.bounds() for b in boxes])
        self._low, self._high = bounds[:, 0, 2], bounds[:, 1, 2]
        # what has a door holds nothing on its top
        self._above = np.array(
            [0.02 if "open" in a and "pick" not in a else 0.12 for a in (t.base.affords for t in things)]
        )
        # a plate or a bowl holds only what stands in it, not what lies beside it under its rim
        self._most = np.array(
            [b.volume if "pick" in t.base.affords else np.inf for b, t in zip(boxes, things, strict=True)]
        )

    def holding(self, thing: Thing) -> list[str]:
        """The places over which a thing is, at a height at which they would hold it."""
        box = thing.box_world
        gap = box.center - self._centers
        gap[:, 2] = 0.0
        over = (np.abs(np.einsum("mji,mj->mi", self._R, gap)) <= self._halves + 0.02).all(axis=1)
        low = float(box.bounds()[0][2])
        fits = (
            over & (self._low - 0.05 <= box.center[2]) & (low <= self._high + self._above) & (self._most > box.volume)
        )
        return [self.ids[k] for k in np.flatnonzero(fits).tolist()]


def free_spot(world: IthorWorld, place: Thing, thing: Thing) -> F64 | None:
    """Centre for a thing on or in a place: the free cell nearest to its middle; None when everything is taken."""
    box, size = place.box_world, thing.box_world.size
    inside = place.base.affords & {"open"} or place.type in rules.CLEANS_IN | rules.MOVABLE_RECEPTACLES
    lift = (-box.size[2] / 2 + 0.02 if inside else box.size[2] / 2) + size[2] / 2
    if place.type in rules.MOVABLE_RECEPTACLES:
        return np.asarray(box.center + np.array([0.0, 0.0, lift]))
    if inside and (np.sort(size) > np.sort(box.size) + 0.1).any():
        return None  # would not go in whichever way it is turned
    half = np.maximum(box.size[:2] / 2 - np.minimum(size[:2], box.size[:2]) / 2, 0.0)
    axes = [np.unique(np.concatenate([np.arange(0.0, h + 1e-9, 0.05), -np.arange(0.0, h + 1e-9, 0.05)])) for h in half]
    cells = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    cells = cells[np.argsort(np.linalg.norm(cells, axis=1), kind="stable")]
    taken = [t.box_world for i, t in world.things.items() if t.parent == place.base.id and i not in world.broken_out]
    spots = np.column_stack([cells, np.full(len(cells), lift)]) @ box.T_ref_box[:3, :3].T + box.center
    middles, sizes = np.array([[b.center[:2], b.size[:2]] for b in taken]).reshape(-1, 2, 2).transpose(1, 0, 2)
    apart = np.abs(spots[:, None, :2] - middles) > (size[:2] + sizes) / 2
    free = np.flatnonzero(apart.any(axis=2).all(axis=1))
    if len(free):
        return np.asarray(spots[free[0]])
    # Things are smaller than the boxes around them: a place is full when the boxes cover it, not when no cell is left.
    area = float(np.prod(size[:2])) + sum(float(np.prod(b.size[:2])) for b in taken)
    return np.asarray(box.center + np.array([0.0, 0.0, lift])) if area < FULL * float(np.prod(box.size[:2])) else None


def standing_point(world: IthorWorld, id: str) -> F64 | None:
    """(x, y, yaw) of the best place to stand: ALFRED's view pose where one is known, else the nearest grid point."""
    center = world.things[id].box_world.center
    for key in (id, *world.holder(id)):
        if key in world.scene.views:
            x, y, yaw, _ = world.scene.views[key]
            if world.floor_distance(id, np.array([x, y])) <= world.reach:
                return np.array([x, y, yaw])
    box = world.things[id].box_world
    for known in (True, False):  # the free floor is only worked out where the known grid does not do
        grid = world.scene.standing if known else world.free_floor
        if len(grid):
            gaps = box.distance(np.column_stack([grid, np.full(len(grid), center[2])]))
            x, y = grid[int(np.argmin(gaps))]
            if gaps.min() <= world.reach:
                return np.array([x, y, np.arctan2(center[1] - y, center[0] - x)])
    return None


def standing(world: IthorWorld) -> F64:
    """Standing points (N, 2) of the scene; and, as ``standing_point`` has them, free floor near furniture that none reaches,
    because the known points belong to another arrangement of the room."""
    known = world.scene.standing
    if not len(known):
        return world.free_floor
    more: list[F64] = []
    for thing in world.things.values():
        wanted = thing.base.affords & {"receptacle", "open", "toggle"} and "pick" not in thing.base.affords
        if wanted and _gaps(thing, known).min() > world.reach:
            more.append(world.free_floor[_gaps(thing, world.free_floor) <= world.reach])
    return np.unique(np.concatenate([known, *more]), axis=0) if any(len(m) for m in more) else known


def _gaps(thing: Thing, spots: F64) -> F64:
    """Metres on the floor plan from spots (N, 2) to the nearest point of a thing."""
    box = thing.box_world
    return box.distance(np.column_stack([spots, np.full(len(spots), box.center[2])]))


def free_floor(world: IthorWorld) -> F64:
    """Standing points (N, 2) by the boxes alone: for scenes whose known grid belongs to another arrangement."""
    lo, hi = world.scene.bounds.bounds()
    axes = [np.arange(lo[k] + 0.25, hi[k] - 0.2, 0.25) for k in (0, 1)]
    cells = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    free = np.ones(len(cells), dtype=bool)
    for thing in world.things.values():
        bottom, top = (b[2] for b in thing.base.box_world.bounds())
        if "pick" not in thing.base.affords and thing.type != "Floor" and bottom < 1.2 and top > 0.2:
            spots = np.column_stack([cells, np.full(len(cells), thing.base.box_world.center[2])])
            free &= thing.base.box_world.distance(spots) > 0.2
    return np.asarray(cells[free])


def let_go(world: IthorWorld, thing: Thing) -> None:
    """What is in the hand, with everything in or on it, comes to lie on what is below."""
    place, top = _landing(world, thing)
    z = float(thing.box_world.center[2])
    for member in world.carried():
        world.shift(member, np.array([0.0, 0.0, top + thing.box_world.size[2] / 2 - z]))
    thing.parent, world.hand = place, None


def _landing(world: IthorWorld, thing: Thing) -> tuple[str | None, float]:
    """What is below a thing in the hand, the floor at last, and the height of its top, metres."""
    x, y, z = thing.box_world.center
    low = world.scene.body - 0.9
    below = {
        i: float(t.box_world.bounds()[1][2])
        for i, t in world.things.items()
        if "receptacle" in t.base.affords and t.type != "Floor" and i not in world.carried()
        if t.box_world.contains([x, y, t.box_world.center[2]]) and t.box_world.bounds()[1][2] <= z
    }
    place = max(below, key=lambda i: (below[i], i), default=None)
    top = low if place is None else below[place]
    if place is None:
        place = next((i for i, t in world.things.items() if t.type == "Floor"), None)
    return place, top
