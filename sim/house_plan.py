"""A house drawn from a seed: rooms around a hall or a living room, doors, and the things that live in the furniture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from ..errors import ConfigError
from .catalogue import ROOM_ORDER, THINGS
from .house import DOOR_WIDTH, OUTSIDE, Door, Furniture, House, Item, Room
from .house_file import from_json, to_json
from .house_furnish import furnish
from .house_slots import Lying, find_spot, lying, slots
from .house_stairs import Stairs
from .house_storeys import two_floors

_WEIGHT = {"living room": 1.35, "kitchen": 1.2, "bedroom": 1.1, "dining room": 1.1, "study": 0.9, "bathroom": 0.72}
_NAMES = ("Ada", "Ben", "Cleo", "Dan")
_WALL_END = 0.75  # metres from a corner to the middle of a door at least


def generate(seed: int, rooms: int = 5, members: int = 2, floors: int = 1) -> House:
    """A house drawn from ``seed`` with 3 to 8 rooms and 1 to 4 members; ``ConfigError`` outside these.

    With two ``floors``: 5 to 8 rooms, and a landing on top.
    """
    if not 3 <= rooms <= 8:
        raise ConfigError(f"a house of {rooms} rooms cannot be drawn: 3 to 8")
    if not 1 <= members <= len(_NAMES):
        raise ConfigError(f"a house of {members} members cannot be drawn: 1 to {len(_NAMES)}")
    if seed < 0:
        raise ConfigError(f"seed {seed} is not usable; it has to be 0 or more")
    if floors not in (1, 2):
        raise ConfigError(f"a house of {floors} floors cannot be drawn: 1 or 2")
    rng = np.random.default_rng([seed, rooms, members] if floors == 1 else [seed, rooms, members, floors])
    kinds = list(ROOM_ORDER[:rooms])
    plan, doors, stairs = _floor_plan(kinds, rng) if floors == 1 else _storeys(kinds, rng)
    furniture = furnish(plan, doors, rng, stairs)
    names = _NAMES[:members]
    things = tuple(_things(plan, furniture, names, rng))
    house = House(seed, tuple(plan), tuple(doors), furniture, things, names, stairs)
    return from_json(to_json(house))  # so that a house and its file are the same to the last bit


# --- rooms ----------------------------------------------------------------------------------------------------------------
def _floor_plan(kinds: list[str], rng: np.random.Generator) -> tuple[list[Room], list[Door], tuple[Stairs, ...]]:
    """Rows of rooms on one or both sides of the room that connects them; then mirrored and turned by chance."""
    spine = "hall" if "hall" in kinds else "living room"
    first, second = _rows([k for k in kinds if k != spine], spine == "hall", rng)
    width = max(sum(_WEIGHT.get(k, 1.0) for k in row) for row in (first, second)) * rng.uniform(3.5, 3.9)
    width = round(max(width, 6.5), 1)
    deep = round(float(rng.uniform(1.5, 1.9)) if spine == "hall" else float(rng.uniform(4.0, 4.6)), 1)
    depths = [round(float(rng.uniform(3.6, 4.4)), 1) if row else 0.0 for row in (first, second)]
    plan: list[Room] = []
    doors: list[Door] = []
    for row, y0, y1, wall in (
        (first, 0.0, depths[0], depths[0]),
        (second, depths[0] + deep, depths[0] + deep + depths[1], depths[0] + deep),
    ):
        total = sum(_WEIGHT.get(k, 1.0) for k in row)
        x = 0.0
        for i, kind in enumerate(row):
            end = width if i == len(row) - 1 else round(x + width * _WEIGHT.get(kind, 1.0) / total, 2)
            plan.append(Room(kind, kind, (x, y0, end, y1)))
            doors.append(Door((kind, spine), (_door_at(x, end, rng), wall)))
            x = end
    plan.append(Room(spine, spine, (0.0, depths[0], width, depths[0] + deep)))
    doors.append(Door((spine, OUTSIDE), (0.0, round(depths[0] + deep / 2, 2))))
    doors += _side_doors(plan, rng)
    return _turned(plan, doors, (), rng)


def _storeys(kinds: list[str], rng: np.random.Generator) -> tuple[list[Room], list[Door], tuple[Stairs, ...]]:
    """Two floors, mirrored and turned by chance."""
    plan, doors, stairs = two_floors(kinds, rng)
    return _turned(plan, doors, (stairs,), rng)


def _rows(others: list[str], both: bool, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """The rooms of the two sides, about equally wide, in an order drawn by chance."""
    shuffled = [others[i] for i in rng.permutation(len(others))]
    if not both:
        return shuffled, []
    total = sum(_WEIGHT.get(k, 1.0) for k in shuffled)
    choices = [c for n in range(1, len(shuffled)) for c in combinations(shuffled, n)]
    best = min(choices, key=lambda c: abs(total / 2 - sum(_WEIGHT.get(k, 1.0) for k in c)))
    return list(best), [k for k in shuffled if k not in best]


def _door_at(x0: float, x1: float, rng: np.random.Generator) -> float:
    return round(float(rng.uniform(x0 + _WALL_END, x1 - _WALL_END)), 2)


def _side_doors(plan: list[Room], rng: np.random.Generator) -> Iterator[Door]:
    """Kitchen and dining room, when they are neighbours, have a door between them."""
    rooms = {r.id: r.bounds for r in plan}
    if "kitchen" in rooms and "dining room" in rooms:
        a, b = rooms["kitchen"], rooms["dining room"]
        if a[1] == b[1] and (a[2] == b[0] or b[2] == a[0]):
            x = a[2] if a[2] == b[0] else a[0]
            yield Door(("kitchen", "dining room"), (x, _door_at(a[1], a[3], rng)))


def _turned(
    plan: list[Room], doors: list[Door], stairs: tuple[Stairs, ...], rng: np.random.Generator
) -> tuple[list[Room], list[Door], tuple[Stairs, ...]]:
    flip_x, flip_y, swap = (bool(rng.integers(2)) for _ in range(3))
    width, depth = max(r.bounds[2] for r in plan), max(r.bounds[3] for r in plan)

    def at(x: float, y: float) -> tuple[float, float]:
        x, y = (round(width - x, 2) if flip_x else x), (round(depth - y, 2) if flip_y else y)
        return (y, x) if swap else (x, y)

    rooms = []
    for r in plan:
        (x0, y0), (x1, y1) = at(r.bounds[0], r.bounds[1]), at(r.bounds[2], r.bounds[3])
        rooms.append(Room(r.id, r.kind, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), r.floor))
    moved = tuple(Stairs(s.id, s.rooms, at(*s.foot), at(*s.head), s.width) for s in stairs)
    return rooms, [Door(d.rooms, at(*d.at), DOOR_WIDTH) for d in doors], moved


# --- things ---------------------------------------------------------------------------------------------------------------
def _things(
    plan: list[Room], furniture: tuple[Furniture, ...], members: tuple[str, ...], rng: np.random.Generator
) -> Iterator[Item]:
    """Each class has a usual home in this house; some of its things live elsewhere. Only what fits beside the rest is there."""
    kind_of = {r.id: r.kind for r in plan}
    there: dict[str, list[Lying]] = {f.id: [] for f in furniture}
    for kind, cls in THINGS.items():
        homes = [(f, w) for f in furniture if (w := _weight(cls.homes, f.kind, kind_of[f.room])) > 0]
        if not homes:
            continue
        weights = np.array([w for _, w in homes])
        usual = homes[int(rng.choice(len(homes), p=weights / weights.sum()))][0]
        owners = members if cls.personal else ("",) * int(rng.integers(cls.count[0], cls.count[1] + 1))
        number = 0
        for owner in owners:
            odd = homes[int(rng.choice(len(homes), p=weights / weights.sum()))][0]
            color = str(rng.choice(cls.colors))
            for home in (usual, odd) if rng.random() < 0.85 else (odd, usual):
                levels = slots(home.kind, home.box_world.size.tolist(), kind)
                spot = find_spot(home.box_world, levels, cls.size, there[home.id], rng)
                if spot is not None:
                    number += 1
                    there[home.id].append(lying(home.box_world, spot[1]))
                    yield Item(f"{kind.replace(' ', '-')}-{number}", kind, color, home.id, cls.size, owner)
                    break


def _weight(homes: Mapping[str, float], kind: str, room: str) -> float:
    """How much a class likes to live in furniture of ``kind`` in a room of kind ``room``."""
    return float(homes.get(kind, homes.get(f"{kind}@{room}", 0.0)))
