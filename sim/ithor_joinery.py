"""How an iTHOR scene's furniture fits together, inferred from boxes alone: what is let into what, and what stands where.

Metadata boxes overlap: a sink hangs in a counter and in the cupboard below it, drawers fill a dresser, an L-shaped counter's
box covers the floor inside the L. Taken as solids they would hide what AI2-THOR shows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..geometry import Box, transform
from .ithor_rules import CLEANS_IN
from .ithor_shapes import DOORS, TABLES, VESSELS, WALL
from .ithor_world import IthorWorld, Thing

OVERHANG = 0.03
"""How far a top reaches over the drawers below it, metres."""
AHEAD = 0.6
"""Depth of the free space before a drawer or a door, metres."""
SUNK = 0.06
"""Things sink at most as deep into what they lie on, metres."""
_FILLINGS = DOORS | {"Drawer", "Shelf"}


def supports(world: IthorWorld) -> dict[str, float]:
    """Height above its bottom on which a fixed receptacle's contents stand, where that is inside its box."""
    found: dict[str, float] = {}
    for thing in world.things.values():
        place = world.things.get(thing.parent or "")
        if place is None or place.base.affords & {"pick", "open"}:
            continue
        above = float(thing.box_world.bounds()[0][2] - place.box_world.bounds()[0][2])
        if above < place.box_world.size[2] - 0.03:
            id = place.base.id
            found[id] = min(found.get(id, above), max(above, 0.0))
    for id, thing in world.things.items():
        if thing.type in ("Sofa", "ArmChair", "Bed"):
            found.setdefault(id, 0.5 * float(thing.box_world.size[2]))
    return found


def holes_of(world: IthorWorld, thing: Thing) -> list[Box] | None:
    """What a table's or a dresser's box covers and it does not; None for what is no frame around other things.

    Basins let into it, places where the agent can stand, and the space before drawers and doors under its top.
    """
    box = thing.base.box_world
    if thing.base.affords & {"pick", "open"} or thing.type == "Floor":
        return None
    inner = [
        t for t in world.things.values() if t.type in _FILLINGS and t is not thing and _over(box, t.base.box_world)
    ]
    if thing.type not in TABLES and not any(box.contains(t.base.box_world.center) for t in inner):
        return None
    if thing.type == "ShelvingUnit":
        return None
    middle = float(box.center[2])
    holes = [t.box_world for t in world.things.values() if _is_basin(t) and _over(box, t.box_world)]
    points = world.scene.standing
    if len(points):
        inside = box.contains(np.column_stack([points, np.full(len(points), middle)]), -0.05)
        holes += [Box(transform(t=(x, y, middle)), np.array([0.3, 0.3, 1.0])) for x, y in points[inside]]
    top = float(box.bounds()[1][2])
    for one in inner:
        lower, upper = one.base.box_world.bounds()
        if one.type != "Shelf" and upper[2] <= top + 0.05 and lower[2] < top - 0.05:
            holes.append(_before(one.base.box_world, world.front(one.base.id)))
    return holes


def under_basins(world: IthorWorld, thing: Thing) -> Box:
    """The box of a cupboard or counter that ends below the basin that hangs into it; any other thing's own box."""
    box = thing.box_world
    if "pick" in thing.base.affords or thing.type in CLEANS_IN | TABLES | {"Floor"}:
        return box
    low, high = (float(b[2]) for b in box.bounds())
    for other in world.things.values():
        if _is_basin(other) and other is not thing:
            bottom = float(other.box_world.bounds()[0][2])
            if low + 0.1 < bottom < high and _overlap(box, other.box_world):
                size = np.array([*box.size[:2], bottom - low])
                return Box(transform(box.T_ref_box[:3, :3], (*box.center[:2], (low + bottom) / 2)), size)
    return box


def on_top(world: IthorWorld, thing: Thing, supports: Mapping[str, float]) -> Box:
    """The box of a loose thing, lifted out of the board that it lies on where the two boxes cut into each other."""
    box, place = thing.box_world, world.things.get(thing.parent or "")
    if place is None or place.base.affords & {"open", "pick"} or place.type in VESSELS:
        return box
    bottom, height = float(place.box_world.bounds()[0][2]), float(place.box_world.size[2])
    top = bottom + (WALL if place.type == "Shelf" else supports.get(place.base.id, height))
    sunk = top - float(box.bounds()[0][2])
    return box.moved(transform(t=(0, 0, sunk + 0.001))) if 0 < sunk < SUNK else box


def _is_basin(thing: Thing) -> bool:
    return thing.type in ("SinkBasin", "BathtubBasin")


def _over(box: Box, other: Box) -> bool:
    """True if the other's middle is within this one's footprint."""
    return bool(box.contains([*other.center[:2], box.center[2]]))


def _overlap(a: Box, b: Box) -> bool:
    (a0, a1), (b0, b1) = a.bounds(), b.bounds()
    return bool((np.minimum(a1, b1)[:2] - np.maximum(a0, b0)[:2] > 0.05).all())


def _before(box: Box, front: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Box:
    """The free space before the side that opens."""
    R = box.T_ref_box[:3, :3]
    axis = int(np.argmax(np.abs(R[:, :2].T @ front)))
    size = box.size.copy()
    size[axis] = AHEAD
    return Box(transform(R, box.center + front * (box.size[axis] / 2 + OVERHANG + AHEAD / 2)), size)
