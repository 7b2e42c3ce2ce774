"""What a memory may be told of a house beforehand: that it is a building, which floors it has, and where its rooms are."""

from __future__ import annotations

from typing import Protocol

from .house import House
from .house_stairs import STOREY

Corners = tuple[tuple[float, float, float], tuple[float, float, float]]
_FLOORS = {-1: "basement", 0: "ground floor", 1: "upper floor"}
_BELOW, _ABOVE = 0.15, 0.15  # metres of slab that still belong to a floor, below and above the room


class TakesAreas(Protocol):
    """What ``tell`` needs of a memory."""

    def add_area(
        self, kind: str, label: str, *, parent: str | None = ..., map_id: str | None = ..., box: Corners | None = ...
    ) -> str: ...


def floor_name(floor: int) -> str:
    """How people call a floor."""
    return _FLOORS.get(floor, f"floor {floor}")


def tell(memory: TakesAreas, house: House, map_id: str = "house") -> dict[str, str]:
    """Tell ``memory`` of the building, its floors and its rooms in the map ``map_id``; returns room → id of its area.

    The patrolling robot's map is "house", its height 0 the ground floor's.
    """
    building = memory.add_area("building", "house")
    x0, y0 = (min(r.bounds[i] for r in house.rooms) for i in (0, 1))
    x1, y1 = (max(r.bounds[i] for r in house.rooms) for i in (2, 3))
    ids: dict[str, str] = {}
    for floor in house.floors:
        low, high = floor * STOREY - _BELOW, (floor + 1) * STOREY - _ABOVE
        box: Corners = ((x0, y0, low), (x1, y1, high))
        id = memory.add_area("floor", floor_name(floor), parent=building, map_id=map_id, box=box)
        for room in (r for r in house.rooms if r.floor == floor):
            a, b, c, d = room.bounds
            ids[room.id] = memory.add_area("room", room.id, parent=id, box=((a, b, low), (c, d, high)))
    return ids
