"""Furniture into rooms: groups side by side along the walls, free of the doors and with room to stand before each front."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import Box, rotation_z, transform
from .catalogue import ABOVE, BEFORE, FURNITURE, IN_THE_MIDDLE, OPPOSITE, ROOMS
from .house import Door, Furniture, Room
from .house_stairs import Rect, Stairs, raised

FROM_WALL = 0.06  # metres from a wall's middle to the back of what stands against it
_SIDE = 0.02  # metres between neighbours of one group
_BEFORE = 0.55  # metres of free floor before a front
_PASSAGE = 0.75  # metres of free floor inside a door
TWO_LEAVES = 1.1  # metres of width from which a piece has two doors
_ROUND = 0.5  # metres of free floor around a table in the middle
_DRAWS = 6


@dataclass(frozen=True, eq=False)
class Placed:
    """A piece of class ``kind`` in its box; ``front`` is the floor before it that has to stay free."""

    kind: str
    box: Box
    body: Rect
    front: Rect | None


def furnish(
    rooms: Sequence[Room], doors: Sequence[Door], rng: np.random.Generator, stairs: Sequence[Stairs] = ()
) -> tuple[Furniture, ...]:
    """Furniture for all rooms, numbered by class: as complete as a few draws of each room make it."""
    count: Counter[str] = Counter()
    pieces = []
    for room in rooms:
        draws = []
        for _ in range(_DRAWS):
            draws.append(_Room(room, doors, rng, stairs).fill())
            if len(draws[-1]) == sum(len(g) for g in ROOMS[room.kind]):
                break
        for placed in max(draws, key=len):
            count[placed.kind] += 1
            name = f"{placed.kind.replace(' ', '-')}-{count[placed.kind]}"
            pieces.append(Furniture(name, placed.kind, room.id, raised(placed.box, room.level)))
    return tuple(pieces)


class _Room:
    """One room while it is furnished, as if its floor were at height 0."""

    def __init__(
        self, room: Room, doors: Sequence[Door], rng: np.random.Generator, stairs: Sequence[Stairs] = ()
    ) -> None:
        self.room, self.rng = room, rng
        self.placed: list[Placed] = []
        self.keep_free = [z for d in doors if room.id in d.rooms for z in _door_zone(d, room)]
        self.keep_free += [z for s in stairs if room.id in s.rooms for z in _stair_zone(s, room)]
        x0, y0, x1, y1 = room.bounds
        self.walls = (
            ((x0, y0), 0.0, x1 - x0),
            ((x1, y0), np.pi / 2, y1 - y0),
            ((x1, y1), np.pi, x1 - x0),
            ((x0, y1), -np.pi / 2, y1 - y0),
        )

    def fill(self) -> list[Placed]:
        for group in ROOMS[self.room.kind]:
            first = group[0]
            if first in ABOVE:
                self._above(first)
            elif self._special(first):
                continue
            elif not self._group(group) and len(group) > 1:
                for kind in group:
                    self._group((kind,))
        return self.placed

    def _special(self, kind: str) -> bool:
        """Before or opposite another piece, or in the middle of the room; False if it has no such place, or none is free."""
        if kind in BEFORE:
            return self._before(kind)
        if kind in OPPOSITE:
            return self._opposite(kind)
        return kind in IN_THE_MIDDLE and self._middle(kind)

    # --- ways to place ------------------------------------------------------------------------------------------------
    def _group(self, kinds: Sequence[str]) -> bool:
        """Side by side from a start drawn by chance, around a corner if need be."""
        sizes = [self._size(k) for k in kinds]
        starts = [(w, float(s)) for w in range(4) for s in np.arange(FROM_WALL, self.walls[w][2] - 0.4, 0.15)]
        corners = [(w, FROM_WALL) for w in range(4)]
        order = [starts[i] for i in self.rng.permutation(len(starts))]
        if len(kinds) > 2 and kinds[1] != "bed":
            order = [corners[i] for i in self.rng.permutation(4)] + order
        for wall, along in order:
            run = self._run(kinds, sizes, wall, along)
            if run is not None:
                self.placed += run
                return True
        return False

    def _run(
        self, kinds: Sequence[str], sizes: Sequence[Sequence[float]], wall: int, along: float
    ) -> list[Placed] | None:
        run: list[Placed] = []
        turned = 0
        for kind, size in zip(kinds, sizes, strict=True):
            if along + size[0] + FROM_WALL > self.walls[wall][2] and run and not turned and "bed" not in kinds:
                wall, along, turned = (wall + 1) % 4, FROM_WALL + sizes[len(run) - 1][1] + _SIDE, 1
            piece = self._at(kind, size, wall, along)
            if not self._free(piece, run):
                return None
            run.append(piece)
            along += size[0] + _SIDE
        return run

    def _at(self, kind: str, size: Sequence[float], wall: int, along: float) -> Placed:
        (cx, cy), yaw, _ = self.walls[wall]
        R = rotation_z(yaw)
        mount = FURNITURE[kind].mount
        local = np.array([along + size[0] / 2, FROM_WALL + size[1] / 2, mount + size[2] / 2])
        return _placed(
            kind, Box(transform(R, np.array([cx, cy, 0.0]) + R @ local), np.array(size)), _before(kind, size[0])
        )

    def _above(self, kind: str) -> bool:
        for below in self.placed:
            if below.kind == ABOVE[kind]:
                size = self._size(kind)
                b = below.box
                y = -b.size[1] / 2 + size[1] / 2
                shift = (b.size[0] - size[0]) / 2
                x = float(self.rng.uniform(-shift, shift)) if shift > 0 else 0.0
                center = b.center + b.T_ref_box[:3, :3] @ (x, y, 0.0)
                center[2] = FURNITURE[kind].mount + size[2] / 2
                box = Box(transform(b.T_ref_box[:3, :3], center), np.array(size))
                self.placed.append(Placed(kind, box, _rect(box), None))
                return True
        return False

    def _before(self, kind: str) -> bool:
        for other in self.placed:
            if other.kind == BEFORE[kind]:
                size = self._size(kind)
                b = other.box
                center = b.center + b.T_ref_box[:3, :3] @ (0.0, b.size[1] / 2 + 0.4 + size[1] / 2, 0.0)
                center[2] = size[2] / 2
                box = Box(transform(b.T_ref_box[:3, :3], center), np.array(size))
                piece = Placed(kind, box, _rect(box), None)
                rest = [p for p in self.placed if p is not other]
                if self._inside(piece) and not self._hits(
                    piece.body, rest, (*self.keep_free, *(p.front for p in rest if p.front is not None))
                ):
                    self.placed.append(piece)
                    return True
        return False

    def _opposite(self, kind: str) -> bool:
        """Against the wall that a sofa looks at, as nearly in the middle of its view as there is room."""
        for other in self.placed:
            if other.kind == OPPOSITE[kind]:
                size = self._size(kind)
                yaw = float(np.arctan2(other.box.T_ref_box[1, 0], other.box.T_ref_box[0, 0]))
                wall = next(i for i in range(4) if np.cos(self.walls[i][1] - yaw) < -0.9)
                (cx, cy), angle, length = self.walls[wall]
                middle = float((rotation_z(angle).T @ (other.box.center - (cx, cy, 0.0)))[0])
                for shift in (0.0, 0.2, -0.2, 0.4, -0.4, 0.7, -0.7, 1.0, -1.0):
                    along = middle + shift - size[0] / 2
                    if along < FROM_WALL or along + size[0] + FROM_WALL > length:
                        continue
                    piece = self._at(kind, size, wall, along)
                    if self._free(piece, []):
                        self.placed.append(piece)
                        return True
        return False

    def _middle(self, kind: str) -> bool:
        size = self._size(kind)
        x0, y0, x1, y1 = self.room.bounds
        for _ in range(60):
            yaw = np.pi / 2 * int(self.rng.integers(4))
            center = (*self.rng.uniform((x0 + 1.0, y0 + 1.0), (x1 - 1.0, y1 - 1.0)), size[2] / 2)
            box = Box(transform(rotation_z(yaw), center), np.array(size))
            body = _rect(box)
            around = (body[0] - _ROUND, body[1] - _ROUND, body[2] + _ROUND, body[3] + _ROUND)
            piece = Placed(kind, box, body, None)
            if (
                self._inside(piece)
                and not self._hits(around, self.placed, ())
                and not self._hits(body, [], (*self.keep_free, *_fronts_of(self.placed)))
            ):
                self.placed.append(piece)
                return True
        return False

    # --- room ---------------------------------------------------------------------------------------------------------
    def _size(self, kind: str) -> tuple[float, float, float]:
        w, d, h = FURNITURE[kind].size
        if kind == "bed" and self.room.kind != "bedroom":
            w = 1.0
        if kind in ("counter", "shelf", "wardrobe", "desk", "sofa", "table"):
            w = float(np.round(w * self.rng.uniform(0.85, 1.15), 2))
        return (w, d, h)

    def _free(self, piece: Placed, also: Sequence[Placed]) -> bool:
        if not self._inside(piece):
            return False
        others = [*self.placed, *also]
        if self._hits(piece.body, others, (*self.keep_free, *_fronts_of(others))):
            return False
        return piece.front is None or not self._hits(piece.front, others, ())

    def _inside(self, piece: Placed) -> bool:
        x0, y0, x1, y1 = self.room.bounds
        b = piece.body
        return b[0] > x0 + 0.05 and b[1] > y0 + 0.05 and b[2] < x1 - 0.05 and b[3] < y1 - 0.05

    def _hits(self, rect: Rect, others: Sequence[Placed], zones: Sequence[Rect]) -> bool:
        return any(_overlap(rect, o.body) for o in others) or any(_overlap(rect, z) for z in zones)


def _fronts_of(pieces: Sequence[Placed]) -> list[Rect]:
    return [p.front for p in pieces if p.front is not None]


def _before(kind: str, width: float) -> float:
    """Metres of free floor before a front: enough to stand there, and for a door to swing."""
    cls = FURNITURE[kind]
    if not cls.opens or cls.slides or kind == "laundry basket":
        return _BEFORE
    if kind == "dishwasher":
        return cls.size[2]  # its door comes down
    return max(_BEFORE, (width / 2 if width > TWO_LEAVES else width) + 0.1)


def _placed(kind: str, box: Box, before: float) -> Placed:
    front = Box(
        box.T_ref_box @ transform(t=(0.0, (box.size[1] + before) / 2, 0.0)), np.array([box.size[0], before, 1.0])
    )
    return Placed(kind, box, _rect(box), _rect(front))


def _rect(box: Box) -> Rect:
    lower, upper = box.bounds()
    return (float(lower[0]), float(lower[1]), float(upper[0]), float(upper[1]))


def _overlap(a: Rect, b: Rect, slack: float = 0.005) -> bool:
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack


def _door_zone(door: Door, room: Room) -> Iterator[Rect]:
    """The floor inside a door, on this room's side."""
    (x, y), half = door.at, door.width / 2 + 0.05
    x0, y0, _, y1 = room.bounds
    if abs(y - y0) < 0.01 or abs(y - y1) < 0.01:
        inward = 1.0 if abs(y - y0) < 0.01 else -1.0
        yield (x - half, min(y, y + inward * _PASSAGE), x + half, max(y, y + inward * _PASSAGE))
    else:
        inward = 1.0 if abs(x - x0) < 0.01 else -1.0
        yield (min(x, x + inward * _PASSAGE), y - half, max(x, x + inward * _PASSAGE), y + half)


def _stair_zone(stairs: Stairs, room: Room) -> Iterator[Rect]:
    """The floor under stairs, or the hole above them with its rails, and the floor before them."""
    x0, y0, x1, y1 = stairs.outline
    yield (x0 - 0.1, y0 - 0.1, x1 + 0.1, y1 + 0.1)
    yield stairs.free(upper=room.id == stairs.rooms[1])
