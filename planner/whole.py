"""A piece of furniture as a whole: memory may know it in two halves, seen from two sides with the middle hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..contracts import Role
from ..geometry import Box
from ..memory.records import Thing
from .vocabulary import canonical

if TYPE_CHECKING:
    from ..memory import Memory

_GAP = 0.10  # metres between a door and the other half of what it belongs to
_FULL = 0.25  # metres: what is thinner one way is a side or a front of something, and no piece of its own


def whole(memory: Memory, thing: Thing) -> tuple[Box, Box | None]:
    """The box of ``thing`` with the other halves of it that memory knows, and the handle nearest to its middle, if any.

    Another half goes by the same name, touches it or its doors, and one of the two is too thin for a piece of its own.
    """
    parts = memory.parts(thing.id)
    box = thing.box_world
    if thing.role is Role.FURNITURE and not any(canonical(p.label) == "handle" for p in parts):
        for other in memory.things(Role.FURNITURE):
            if other.id != thing.id and _half(thing, other, parts):
                parts = [*parts, *memory.parts(other.id)]
                corners = [b.bounds() for b in (box, other.box_world)]
                box = Box.from_bounds(np.min([c[0] for c in corners], axis=0), np.max([c[1] for c in corners], axis=0))
    handles = [p for p in parts if canonical(p.label) == "handle"]
    handles.sort(key=lambda p: (float(p.box_world.distance(box.center)), p.id))
    return box, handles[0].box_world if handles else None


def _half(thing: Thing, other: Thing, parts: list[Thing]) -> bool:
    thin = min(float(t.box_world.size[:2].min()) for t in (thing, other)) < _FULL
    if not thin or canonical(thing.label) != canonical(other.label):
        return False
    return any(_between(box, other.box_world) <= _GAP for box in (thing.box_world, *(p.box_world for p in parts)))


def _between(a: Box, b: Box) -> float:
    """Distance in metres between the bounds of two boxes."""
    (a0, a1), (b0, b1) = a.bounds(), b.bounds()
    return float(np.linalg.norm(np.maximum(np.maximum(a0 - b1, b0 - a1), 0.0)))
