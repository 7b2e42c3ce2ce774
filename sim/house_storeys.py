"""The plan of a house of two floors: living below, sleeping above, and a straight flight in the hall that joins them.

Both floors have the same outline: a strip with the hall (above it the landing) and one more room at its end, and along it a row
of rooms that all have a door to the hall.
"""

from __future__ import annotations

import numpy as np

from ..errors import ConfigError
from .house import OUTSIDE, Door, Room
from .house_stairs import FREE, Stairs

BELOW = ("kitchen", "living room", "dining room")
_END = ("kitchen", "bathroom")  # what lies at the end of the hall, below and above
_SHARE = {"living room": 1.3, "dining room": 1.0, "bedroom": 1.5, "study": 1.0, "child's room": 1.0}
_RUN = 2.86  # metres of the flight: 13 treads of 0.22
_WIDTH = 0.9
_WALL = 0.05  # half a wall
_TOUCH = 1.5  # metres of wall that a room shares with the hall at least: a door and its corners
_CORNER = 0.75  # metres from a corner to the middle of a door


def two_floors(kinds: list[str], rng: np.random.Generator) -> tuple[list[Room], list[Door], Stairs]:
    """Rooms of both floors, ground floor first, their doors and the stairs. ``kinds`` has a hall; the landing comes on top."""
    if "hall" not in kinds:
        raise ConfigError("a house of two floors needs its hall: 5 to 8 rooms (the landing comes on top)")
    rows = [[k for k in kinds if k not in (*_END, "hall") and (k in BELOW) == low] for low in (True, False)]
    rows = [[row[i] for i in rng.permutation(len(row))] for row in rows]
    many = max(len(row) for row in rows)
    end = round(float(rng.uniform(4.2, 4.6)), 2)
    hall = round(2 * (FREE + 0.15) + _RUN + (0.0, 0.2, 2.2)[many - 1] + float(rng.uniform(0.0, 0.4)), 2)
    deep, strip = (round(float(rng.uniform(*span)), 2) for span in ((3.9, 4.4), (3.3, 3.6)))
    width, depth = round(hall + end, 2), round(deep + strip, 2)
    rooms: list[Room] = []
    doors: list[Door] = []
    for floor, row in enumerate(rows):
        spine = "landing" if floor else "hall"
        for kind, x0, x1 in _split(row, width, hall):
            rooms.append(Room(kind, kind, (x0, 0.0, x1, deep), floor))
            doors.append(Door((kind, spine), (_between(x0, min(x1, hall), rng), deep)))
        rooms.append(Room(_END[floor], _END[floor], (hall, deep, width, depth), floor))
        doors.append(Door((_END[floor], spine), (hall, _between(deep, depth - _WIDTH, rng))))
        rooms.append(Room(spine, spine, (0.0, deep, hall, depth), floor))
    doors.append(Door(("hall", OUTSIDE), (0.0, _between(deep, depth - _WIDTH, rng))))
    return rooms, doors, _flight(hall, depth, rng)


def _split(row: list[str], width: float, hall: float) -> list[tuple[str, float, float]]:
    """The row's rooms one after another from x = 0; each touches the hall, so the last one is the widest."""
    row = sorted(row, key=lambda k: _SHARE[k] > 1.0)  # the large one at the far end
    total = sum(_SHARE[k] for k in row)
    limit = hall - _TOUCH
    before = sum(_SHARE[k] for k in row[:-1])
    scale = min(width / total, limit / before) if before else 0.0
    found, x = [], 0.0
    for i, kind in enumerate(row):
        end = width if i == len(row) - 1 else round(x + scale * _SHARE[kind], 2)
        found.append((kind, x, end))
        x = end
    return found


def _between(low: float, high: float, rng: np.random.Generator) -> float:
    """Somewhere between two corners."""
    return round(float(rng.uniform(low + _CORNER, high - _CORNER)) if high - low > 2 * _CORNER else (low + high) / 2, 2)


def _flight(hall: float, depth: float, rng: np.random.Generator) -> Stairs:
    """Along the outer wall of the hall, up from either side."""
    spare = hall - _RUN - 2 * (FREE + 0.1)
    low = round(FREE + 0.1 + float(rng.uniform(0.0, max(spare, 0.0))), 2)
    ends = [(low, round(depth - _WALL - _WIDTH / 2, 2)), (round(low + _RUN, 2), round(depth - _WALL - _WIDTH / 2, 2))]
    if rng.integers(2):
        ends.reverse()
    return Stairs("stairs-1", ("hall", "landing"), ends[0], ends[1], _WIDTH)
