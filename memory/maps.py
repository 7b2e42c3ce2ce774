"""Buildings, floors and rooms: what is above the things in the scene graph, and which of them a spot is in.

A map is a coordinate frame: its name comes with every frame and report, and things of different maps have nothing to do with
each other but for what a robot carries from one to the other. A floor is the part of a map (all of it, or between two
heights) that one can walk on; a room is a box on a floor. They are told, not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..geometry import F64
from . import codec
from .world import World

KINDS = {"building": "b", "floor": "f", "room": "r"}
"""Kinds of areas from the largest to the smallest, and what their ids begin with."""
Corners = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Area:
    """A building, floor or room: what it is part of, the map that it lies in, and its lower and upper corner in that map."""

    id: str
    kind: str
    label: str
    parent: str | None
    map_id: str | None
    box: Corners | None

    def has(self, map: str, spot: F64) -> bool:
        """Is a spot (3,) of a map in it?"""
        if self.map_id != map:
            return False
        return self.box is None or bool((spot >= self.box[0]).all() and (spot <= self.box[1]).all())


def areas(world: World) -> list[Area]:
    """All of them: buildings, then floors, then rooms, each in order of their making."""
    rows = world.store.db.execute("SELECT id, kind, label, parent, map, box FROM areas ORDER BY num").fetchall()
    found = [
        Area(id, kind, label, parent, map, None if box is None else _corners(codec.decode(box.encode())))
        for id, kind, label, parent, map, box in rows
    ]
    return sorted(found, key=lambda a: list(KINDS).index(a.kind))


def add_area(
    world: World, kind: str, label: str, parent: str | None, map: str | None, box: Corners | None, stamp: float
) -> str:
    """Note an area, within a write; returns its id. ``InputError`` for one that fits nowhere."""
    known = {a.id: a for a in areas(world)}
    if kind not in KINDS:
        raise InputError(f"an area of kind {kind!r}; one of {', '.join(KINDS)} is needed")
    above = known.get(parent) if parent is not None else None
    if parent is not None and above is None:
        raise InputError(f"{kind} {label!r}: there is no area {parent!r} that it could be part of")
    if above is not None and list(KINDS).index(above.kind) >= list(KINDS).index(kind):
        raise InputError(f"{kind} {label!r} cannot be part of {above.kind} {above.label!r} ({above.id})")
    map = map if map is not None or above is None else above.map_id
    if kind != "building" and map is None:
        raise InputError(f"{kind} {label!r}: the map that it lies in is needed")
    if kind == "room" and box is None:
        raise InputError(f"room {label!r}: its box is needed, to tell what is in it")
    plain = None
    if box is not None:
        low, high = (np.asarray(corner, dtype=np.float64) for corner in box)
        if low.shape != (3,) or high.shape != (3,) or not np.isfinite([low, high]).all() or (low > high).any():
            raise InputError(f"{kind} {label!r}: box {box} is no lower and upper corner (3,) each, in metres")
        plain = [low.tolist(), high.tolist()]
    num = int(world.projection.counters.get(f"areas.{kind}", 0)) + 1
    id = f"{KINDS[kind]}{num}"
    world.emit("area", stamp, extra={"areas": [[id, num, kind, label, parent, map, plain]]})
    return id


def innermost(among: Sequence[Area], map: str, spot: F64) -> Area | None:
    """The smallest area that a spot is in: a room before its floor; of two rooms the smaller one. Buildings have no bounds."""
    found = [a for a in among if a.kind != "building" and a.has(map, spot)]
    return min(found, key=lambda a: (-list(KINDS).index(a.kind), _volume(a.box), a.id)) if found else None


def _corners(row: list[list[float]]) -> Corners:
    (a, b, c), (d, e, f) = row
    return (a, b, c), (d, e, f)


def _volume(box: Corners | None) -> float:
    return float("inf") if box is None else float(np.prod(np.subtract(box[1], box[0])))
