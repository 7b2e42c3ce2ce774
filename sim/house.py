"""A house as data: rooms, doors, furniture and things, drawn by ``house_plan`` or read by ``house_file``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..geometry import Box
from .house_stairs import STOREY, Stairs, raised

DOOR_WIDTH = 0.9
OUTSIDE = "outside"
"""Where the entrance door leads, and where people and what they take along are while they are out."""


@dataclass(frozen=True)
class Room:
    """A rectangle of floor: ``bounds`` (x0, y0, x1, y1) in metres, on floor 0 (the ground) or above."""

    id: str
    kind: str
    bounds: tuple[float, float, float, float]
    floor: int = 0

    @property
    def center(self) -> tuple[float, float]:
        """Middle of the floor."""
        x0, y0, x1, y1 = self.bounds
        return ((x0 + x1) / 2, (y0 + y1) / 2)

    @property
    def level(self) -> float:
        """Height of its floor in metres."""
        return self.floor * STOREY


@dataclass(frozen=True)
class Door:
    """An opening between two rooms (or a room and ``outside``), its middle ``at`` (x, y) on the wall between them."""

    rooms: tuple[str, str]
    at: tuple[float, float]
    width: float = DOOR_WIDTH


@dataclass(frozen=True, eq=False)
class Furniture:
    """A piece of furniture; ``kind`` is a class of the catalogue. Its box's y axis points out of its front."""

    id: str
    kind: str
    room: str
    box_world: Box


@dataclass(frozen=True)
class Item:
    """A movable thing, its looks, and the furniture where it lives."""

    id: str
    kind: str
    color: str
    home: str
    size: tuple[float, float, float]
    owner: str = ""


@dataclass(frozen=True, eq=False)
class House:
    """A whole house. ``members`` are the people who live in it."""

    seed: int
    rooms: tuple[Room, ...]
    doors: tuple[Door, ...]
    furniture: tuple[Furniture, ...]
    things: tuple[Item, ...]
    members: tuple[str, ...]
    stairs: tuple[Stairs, ...] = ()

    @property
    def floors(self) -> tuple[int, ...]:
        """Numbers of the floors, lowest first."""
        return tuple(sorted({r.floor for r in self.rooms}))

    def level(self, room: str) -> float:
        """Height of a room's floor in metres."""
        return next(r.level for r in self.rooms if r.id == room)

    def flight(self, a: str, b: str) -> Stairs | None:
        """The stairs that join two rooms, if any do."""
        return next((s for s in self.stairs if {a, b} == set(s.rooms)), None)

    def seen_from(self, floor: int) -> House:
        """The same house with ``floor`` as number 0, at height 0: as someone has it who knows of no other ground."""
        if floor == 0:
            return self
        return replace(
            self,
            rooms=tuple(replace(r, floor=r.floor - floor) for r in self.rooms),
            furniture=tuple(replace(f, box_world=raised(f.box_world, -floor * STOREY)) for f in self.furniture),
        )

    @property
    def entrance(self) -> str:
        """The room that people come into from outside."""
        inside = [r for d in self.doors if OUTSIDE in d.rooms for r in d.rooms if r != OUTSIDE]
        return inside[0] if inside else self.rooms[-1].id

    def neighbours(self, room: str) -> tuple[str, ...]:
        """Rooms that share a door with ``room``, in the order of the doors; then those that stairs lead to."""
        ways = [*(d.rooms for d in self.doors), *(s.rooms for s in self.stairs)]
        return tuple(a if b == room else b for a, b in ways if room in (a, b) and OUTSIDE not in (a, b))

    def route(self, start: str, goal: str) -> tuple[str, ...]:
        """Rooms to walk through after ``start`` up to ``goal``, by the fewest doors and stairs; empty if there is no way, or
        none needed."""
        before = {start: start}
        queue = [start]
        for room in queue:
            for other in self.neighbours(room):
                if other not in before:
                    before[other] = room
                    queue.append(other)
        way: list[str] = []
        while goal in before and goal != start:
            way.append(goal)
            goal = before[goal]
        return tuple(reversed(way))
