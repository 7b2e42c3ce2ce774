"""A house as data: rooms, doors, furniture and things. Drawn from a seed, kept as JSON, linted.

The file form (``to_json``/``from_json``; the format is documented in docs/house.md):

    {"format": "loci-house-1", "seed": 3,
     "rooms":     [{"id": "kitchen", "kind": "kitchen", "bounds": [x0, y0, x1, y1], "floor": 0}],
     "doors":     [{"rooms": ["kitchen", "hall"], "at": [x, y], "width": 0.9}],
     "furniture": [{"id": "fridge-1", "class": "fridge", "room": "kitchen", "box": {"center", "quat_wxyz", "size"}}],
     "things":    [{"id": "mug-1", "class": "mug", "color": "red", "home": "cupboard-1", "size": [x, y, z], "owner": ""}]}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigError, InputError
from ..geometry import Box, rotation_z, transform
from .catalogue import FURNITURE, ROOM_ORDER, ROOMS, THINGS

FORMAT = "loci-house-1"
DOOR_WIDTH = 0.9
_DEPTH = 4.0  # metres, of a row of rooms
_PASSAGE = 1.4  # metres, width of the hall between the rows


@dataclass(frozen=True)
class Room:
    """A rectangle of floor: ``bounds`` (x0, y0, x1, y1) in metres."""

    id: str
    kind: str
    bounds: tuple[float, float, float, float]
    floor: int = 0

    @property
    def center(self) -> tuple[float, float]:
        """Middle of the floor."""
        x0, y0, x1, y1 = self.bounds
        return ((x0 + x1) / 2, (y0 + y1) / 2)


@dataclass(frozen=True)
class Door:
    """An opening between two rooms, its middle ``at`` (x, y)."""

    rooms: tuple[str, str]
    at: tuple[float, float]
    width: float = DOOR_WIDTH


@dataclass(frozen=True, eq=False)
class Furniture:
    """A piece of furniture; ``kind`` is a class of the catalogue."""

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
    """A whole house."""

    seed: int
    rooms: tuple[Room, ...]
    doors: tuple[Door, ...]
    furniture: tuple[Furniture, ...]
    things: tuple[Item, ...]
    members: tuple[str, ...]


def generate(seed: int, rooms: int = 5, members: int = 2) -> House:
    """A house drawn from ``seed`` with 3 to 8 rooms and 1 to 4 members; ``ConfigError`` outside these."""
    if not 3 <= rooms <= 8:
        raise ConfigError(f"a house of {rooms} rooms cannot be drawn: 3 to 8")
    if not 1 <= members <= 4:
        raise ConfigError(f"a house of {members} members cannot be drawn: 1 to 4")
    rng = np.random.default_rng([seed, rooms, members])
    kinds = list(ROOM_ORDER[:rooms])
    plan, doors = _floor_plan(kinds, rng)
    furniture = tuple(f for room in plan for f in _furnish(room, doors, rng))
    furniture = tuple(_numbered(furniture))
    names = tuple(("Ada", "Ben", "Cleo", "Dan")[:members])
    return House(seed, tuple(plan), tuple(doors), furniture, tuple(_things(furniture, names, rng)), names)


def _floor_plan(kinds: list[str], rng: np.random.Generator) -> tuple[list[Room], list[Door]]:
    """Two rows of rooms with a passage between them; every room has a door to the passage."""
    passage = "hall" if "hall" in kinds else "passage"
    others = [k for k in kinds if k != "hall"]
    first = others[: (len(others) + 1) // 2]
    rows = [(first, 0.0, _DEPTH), (others[len(first) :], _DEPTH + _PASSAGE, 2 * _DEPTH + _PASSAGE)]
    plan, doors, width = [], [], 0.0
    for row, y0, y1 in rows:
        x = 0.0
        for kind in row:
            wide = float(np.round(rng.uniform(3.2, 5.0), 2))
            room = Room(kind, kind, (x, y0, x + wide, y1))
            plan.append(room)
            door_y = y1 if y0 == 0.0 else y0
            doors.append(Door((kind, passage), (float(np.round(x + rng.uniform(0.35, 0.65) * wide, 2)), door_y)))
            x += wide
        width = max(width, x)
    plan.append(Room(passage, "hall", (0.0, _DEPTH, width, _DEPTH + _PASSAGE)))
    return plan, doors


def _furnish(room: Room, doors: list[Door], rng: np.random.Generator) -> Iterator[Furniture]:
    """Along the walls, one after another, clear of the doors; tables that find no wall stand in the middle."""
    x0, y0, x1, y1 = room.bounds
    mine = [d.at for d in doors if room.id in d.rooms]
    walls = [
        ((x0, y0), 0.0, x1 - x0),
        ((x1, y0), np.pi / 2, y1 - y0),
        ((x1, y1), np.pi, x1 - x0),
        ((x0, y1), -np.pi / 2, y1 - y0),
    ]
    placed: list[Box] = []
    for kind in ROOMS[room.kind]:
        size = np.array(FURNITURE[kind].size) * np.array([rng.uniform(0.9, 1.1), 1.0, 1.0])
        for wall in rng.permutation(4):
            box = _against(walls[wall], size, placed, mine, room, rng)
            if box is not None:
                break
        else:
            box = _in_the_middle(size, placed, room)
        if box is None and kind in ("microwave", "bathroom cabinet"):
            box = None  # hangs on the wall in a small room; left out
        if box is not None:
            placed.append(box)
            yield Furniture(kind, kind, room.id, box)


def _against(
    wall: tuple[tuple[float, float], float, float],
    size: np.ndarray[Any, np.dtype[np.float64]],
    placed: list[Box],
    doors: list[tuple[float, float]],
    room: Room,
    rng: np.random.Generator,
) -> Box | None:
    (cx, cy), yaw, length = wall
    R = rotation_z(yaw)
    steps = np.arange(size[0] / 2 + 0.05, length - size[0] / 2, 0.1)
    for along in rng.permutation(steps):
        center = np.array([cx, cy, 0.0]) + R @ np.array([along, size[1] / 2 + 0.02, size[2] / 2])
        box = Box(transform(R, center), size)
        if _free(box, placed, doors, room):
            return box
    return None


def _in_the_middle(size: np.ndarray[Any, np.dtype[np.float64]], placed: list[Box], room: Room) -> Box | None:
    x, y = room.center
    box = Box(transform(t=(x, y, size[2] / 2)), size)
    return box if _free(box, placed, [], room) else None


def _free(box: Box, placed: list[Box], doors: list[tuple[float, float]], room: Room) -> bool:
    lo, hi = box.bounds()
    x0, y0, x1, y1 = room.bounds
    if lo[0] < x0 - 0.01 or lo[1] < y0 - 0.01 or hi[0] > x1 + 0.01 or hi[1] > y1 + 0.01:
        return False
    if any(box.distance([x, y, box.center[2]]) < DOOR_WIDTH for x, y in doors):
        return False
    return not any(_overlap(box, other, 0.08) for other in placed)


def _overlap(a: Box, b: Box, gap: float) -> bool:
    (a0, a1), (b0, b1) = a.bounds(), b.bounds()
    return bool((a0[:2] < b1[:2] + gap).all() and (b0[:2] < a1[:2] + gap).all())


def _numbered(pieces: tuple[Furniture, ...]) -> Iterator[Furniture]:
    count: Counter[str] = Counter()
    for piece in pieces:
        count[piece.kind] += 1
        yield Furniture(f"{piece.kind.replace(' ', '-')}-{count[piece.kind]}", piece.kind, piece.room, piece.box_world)


def _things(furniture: tuple[Furniture, ...], members: tuple[str, ...], rng: np.random.Generator) -> Iterator[Item]:
    for kind, cls in THINGS.items():
        homes = [f for f in furniture if f.kind in cls.homes]
        if not homes:
            continue
        weights = np.array([cls.homes[f.kind] for f in homes])
        # this house's habit: one home of the class is the usual one, others are exceptions
        usual = homes[int(rng.choice(len(homes), p=weights / weights.sum()))]
        owners = members if cls.personal else ("",) * int(rng.integers(cls.count[0], cls.count[1] + 1))
        for i, owner in enumerate(owners):
            odd = homes[int(rng.choice(len(homes), p=weights / weights.sum()))]
            home = usual if rng.random() < 0.85 else odd
            color = str(rng.choice(cls.colors))
            yield Item(f"{kind.replace(' ', '-')}-{i + 1}", kind, color, home.id, cls.size, owner)


# --- the file form --------------------------------------------------------------------------------------------------------
def to_json(house: House) -> dict[str, Any]:
    """Plain data in the documented format."""
    return {
        "format": FORMAT,
        "seed": house.seed,
        "members": list(house.members),
        "rooms": [{"id": r.id, "kind": r.kind, "bounds": list(r.bounds), "floor": r.floor} for r in house.rooms],
        "doors": [{"rooms": list(d.rooms), "at": list(d.at), "width": d.width} for d in house.doors],
        "furniture": [
            {"id": f.id, "class": f.kind, "room": f.room, "box": f.box_world.to_dict()} for f in house.furniture
        ],
        "things": [
            {"id": t.id, "class": t.kind, "color": t.color, "home": t.home, "size": list(t.size), "owner": t.owner}
            for t in house.things
        ],
    }


def from_json(data: Any) -> House:
    """Inverse of ``to_json``; ``InputError`` with everything that is wrong."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        got = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise InputError(f"this is no house file: its format is {got!r}, expected {FORMAT!r}")
    try:
        house = House(
            int(data["seed"]),
            tuple(Room(r["id"], r["kind"], tuple(map(float, r["bounds"])), int(r["floor"])) for r in data["rooms"]),  # type: ignore[arg-type]
            tuple(Door((d["rooms"][0], d["rooms"][1]), (d["at"][0], d["at"][1]), d["width"]) for d in data["doors"]),
            tuple(Furniture(f["id"], f["class"], f["room"], Box.from_dict(f["box"])) for f in data["furniture"]),
            tuple(
                Item(t["id"], t["class"], t["color"], t["home"], tuple(t["size"]), t["owner"]) for t in data["things"]
            ),
            tuple(data["members"]),
        )
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise InputError(f"house file: {type(error).__name__} {error}; see docs/house.md for the format") from error
    faults = lint(house)
    if faults:
        raise InputError(
            "house file: " + "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        )
    return house


def load_house(path: Path | str) -> House:
    """Read a house file; ``InputError`` names the file and what is wrong."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"house file {path} cannot be read: {error}") from error
    try:
        return from_json(data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def lint(house: House) -> list[str]:
    """What cannot be in a house: unknown classes, furniture outside its room or in another piece, things without a home."""
    faults: list[str] = []
    rooms = {r.id: r for r in house.rooms}
    pieces = {f.id: f for f in house.furniture}
    for name, ids in (
        ("room", [r.id for r in house.rooms]),
        ("furniture", [f.id for f in house.furniture]),
        ("thing", [t.id for t in house.things]),
    ):
        faults += [f"{name} {i!r} is there twice" for i, n in Counter(ids).items() if n > 1]
    for door in house.doors:
        faults += [f"a door leads to the unknown room {r!r}" for r in door.rooms if r not in rooms]
    for f in house.furniture:
        if f.kind not in FURNITURE:
            faults.append(
                f"furniture {f.id!r} has the unknown class {f.kind!r}; there are {', '.join(sorted(FURNITURE))}"
            )
        if f.room not in rooms:
            faults.append(f"furniture {f.id!r} stands in the unknown room {f.room!r}")
        elif not _free(f.box_world, [], [], rooms[f.room]):
            faults.append(f"furniture {f.id!r} reaches out of {f.room!r}")
    for i, a in enumerate(house.furniture):
        faults += [
            f"furniture {a.id!r} and {b.id!r} stand in each other"
            for b in house.furniture[i + 1 :]
            if a.room == b.room and _overlap(a.box_world, b.box_world, -0.01)
        ]
    for t in house.things:
        if t.kind not in THINGS:
            faults.append(f"thing {t.id!r} has the unknown class {t.kind!r}; there are {', '.join(sorted(THINGS))}")
        if t.home not in pieces:
            faults.append(f"thing {t.id!r} lives in the unknown furniture {t.home!r}")
    return faults
