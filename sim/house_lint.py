"""What cannot be in a house, in words: unknown classes, furniture in walls or in other furniture, things without a home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from ..geometry import Box
from .catalogue import FURNITURE, ROOMS, THINGS
from .house import OUTSIDE, Door, House, Room
from .house_slots import slots
from .house_stairs import FREE, Stairs, overlap, rect_of

_SLACK = 0.01  # metres
_SHORTEST, _LONGEST = 2.3, 6.0  # metres on the floor plan, of a flight of stairs


def lint(house: House) -> list[str]:
    """Every fault that is found, one sentence each; empty for a house that one can live in."""
    return [
        *_ids(house),
        *_rooms(house),
        *_doors(house),
        *_stairs(house),
        *_ways(house),
        *_furniture(house),
        *_things(house),
    ]


def _ids(house: House) -> Iterator[str]:
    names = [
        *house.members,
        *(r.id for r in house.rooms),
        *(f.id for f in house.furniture),
        *(t.id for t in house.things),
        *(s.id for s in house.stairs),
    ]
    for name, times in Counter(names).items():
        if not isinstance(name, str) or not name or name == OUTSIDE:
            yield f"{name!r} cannot be a name"
        elif times > 1:
            yield f"the name {name!r} is there {times} times"
    if not house.members:
        yield "nobody lives in it"


def _rooms(house: House) -> Iterator[str]:
    sound = []
    for room in house.rooms:
        if room.kind not in ROOMS:
            yield f"room {room.id!r} has the unknown kind {room.kind!r}; there are {', '.join(sorted(ROOMS))}"
        b = room.bounds
        if len(b) != 4 or not np.isfinite(b).all() or b[2] - b[0] < 1.0 or b[3] - b[1] < 1.0:
            yield f"room {room.id!r} has unusable bounds {list(b)}: x0, y0, x1, y1 in metres, at least 1 m apart"
        else:
            sound.append(room)
    for i, a in enumerate(sound):
        for b2 in sound[i + 1 :]:
            if a.floor == b2.floor and _shared(a.bounds, b2.bounds) > _SLACK:
                yield f"rooms {a.id!r} and {b2.id!r} overlap"
    if house.floors != tuple(range(len(house.floors))):
        yield f"the floors are numbered {list(house.floors)}: they count from 0, the ground floor, without a gap"


def _doors(house: House) -> Iterator[str]:
    rooms = {r.id: r for r in house.rooms}
    for door in house.doors:
        unknown = [r for r in door.rooms if r not in rooms and r != OUTSIDE]
        if unknown or door.rooms[0] == door.rooms[1]:
            yield f"a door leads from {door.rooms[0]!r} to {door.rooms[1]!r}: it takes two rooms of the house, or {OUTSIDE!r}"
        elif not (np.isfinite(door.at).all() and 0.6 <= door.width <= 2.0):
            yield f"the door between {door.rooms[0]!r} and {door.rooms[1]!r} has an unusable place or width {door.width}"
        else:
            for name in door.rooms:
                if name in rooms and not _on_wall(door, rooms[name]):
                    yield f"the door between {door.rooms[0]!r} and {door.rooms[1]!r} is not on a wall of {name!r}"
            on = [rooms[r].floor if r in rooms else 0 for r in door.rooms]
            if on[0] != on[1]:
                yield f"the door between {door.rooms[0]!r} and {door.rooms[1]!r} joins two floors: that takes stairs"


def _stairs(house: House) -> Iterator[str]:
    rooms = {r.id: r for r in house.rooms}
    for s in house.stairs:
        if any(r not in rooms for r in s.rooms):
            yield f"stairs {s.id!r} lead from {s.rooms[0]!r} to {s.rooms[1]!r}: it takes two rooms of the house"
        elif rooms[s.rooms[1]].floor != rooms[s.rooms[0]].floor + 1:
            yield f"stairs {s.id!r} lead from {s.rooms[0]!r} to {s.rooms[1]!r}, which is not one floor higher"
        elif fault := _shape(s):
            yield f"stairs {s.id!r} {fault}"
        else:
            yield from _room_for_stairs(house, s, rooms)
    for i, a in enumerate(house.stairs):
        for b in house.stairs[i + 1 :]:
            if set(a.rooms) & set(b.rooms) and not _shape(a) and not _shape(b) and overlap(a.outline, b.outline):
                yield f"stairs {a.id!r} and {b.id!r} overlap"


def _shape(s: Stairs) -> str:
    """What is wrong with a flight's own measures; empty if nothing is."""
    if not np.isfinite([*s.foot, *s.head, s.width]).all() or not 0.6 <= s.width <= 2.0:
        return f"have an unusable place or width {s.width}"
    if min(abs(s.foot[0] - s.head[0]), abs(s.foot[1] - s.head[1])) > 1e-3:
        return f"run from {list(s.foot)} to {list(s.head)}: neither along x nor along y"
    if not _SHORTEST <= s.length <= _LONGEST:
        return f"are {s.length:.2f} m long on the floor: {_SHORTEST} to {_LONGEST} m make steps that one can climb"
    return ""


def _room_for_stairs(house: House, s: Stairs, rooms: Mapping[str, Room]) -> Iterator[str]:
    """Within both rooms, with free floor before both ends, and with nothing on or under them."""
    for upper, name in enumerate(s.rooms):
        room, end = rooms[name], "last" if upper else "first"
        free = s.free(bool(upper))
        for rect, what in ((s.outline, "reach"), (free, f"need {FREE} m of floor before their {end} step and reach")):
            if not _inside(rect, room.bounds):
                yield f"stairs {s.id!r} {what} out of {name!r}"
        for door in house.doors:
            (x, y), half = door.at, door.width / 2
            if name in door.rooms and overlap((x - half, y - half, x + half, y + half), s.outline):
                yield f"the door between {door.rooms[0]!r} and {door.rooms[1]!r} leads onto stairs {s.id!r}"
        for f in house.furniture:
            if f.room == name and overlap(rect_of(f.box_world), s.outline):
                yield f"furniture {f.id!r} stands {'over the hole of' if upper else 'in'} stairs {s.id!r}"
            elif f.room == name and overlap(rect_of(f.box_world), free):
                yield f"furniture {f.id!r} stands in the way to stairs {s.id!r}"


def _ways(house: House) -> Iterator[str]:
    for room in house.rooms[1:]:
        if not house.route(house.rooms[0].id, room.id):
            yield f"no way leads from {house.rooms[0].id!r} to {room.id!r}"


def _furniture(house: House) -> Iterator[str]:
    rooms = {r.id: r for r in house.rooms}
    for f in house.furniture:
        if f.kind not in FURNITURE:
            yield f"furniture {f.id!r} has the unknown class {f.kind!r}; there are {', '.join(sorted(FURNITURE))}"
        if f.room not in rooms:
            yield f"furniture {f.id!r} stands in the unknown room {f.room!r}"
        elif not _within(f.box_world, rooms[f.room]):
            yield f"furniture {f.id!r} reaches out of {f.room!r}, into or through a wall"
        elif abs(f.box_world.T_ref_box[2, 2]) < 0.999:
            yield f"furniture {f.id!r} does not stand upright"
        elif f.kind in FURNITURE and not _on_its_feet(f.kind, f.box_world, rooms[f.room].level):
            height = rooms[f.room].level + FURNITURE[f.kind].mount
            yield f"furniture {f.id!r} is at the wrong height: its underside belongs at {height:g} m"
    for i, a in enumerate(house.furniture):
        for b in house.furniture[i + 1 :]:
            if a.room == b.room and _in_each_other(a.box_world, b.box_world):
                yield f"furniture {a.id!r} and {b.id!r} stand in each other"


def _things(house: House) -> Iterator[str]:
    pieces = {f.id: f for f in house.furniture}
    for t in house.things:
        if t.kind not in THINGS:
            yield f"thing {t.id!r} has the unknown class {t.kind!r}; there are {', '.join(sorted(THINGS))}"
        if len(t.size) != 3 or not np.isfinite(t.size).all() or not 0 < min(t.size) <= max(t.size) <= 2.0:
            yield f"thing {t.id!r} has the unusable size {list(t.size)}: three lengths in metres, above 0, at most 2"
        elif t.home not in pieces:
            yield f"thing {t.id!r} lives in the unknown furniture {t.home!r}"
        elif pieces[t.home].kind in FURNITURE and not _finds_room(
            t.kind, t.size, pieces[t.home].kind, pieces[t.home].box_world
        ):
            yield f"thing {t.id!r} does not fit into its home {t.home!r}"
        if t.owner and t.owner not in house.members:
            yield f"thing {t.id!r} belongs to {t.owner!r}, who does not live here"


# --- geometry -------------------------------------------------------------------------------------------------------------
def _shared(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Smaller edge of the rectangle that two rectangles share; negative when they are apart."""
    return min(min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))


def _on_wall(door: Door, room: Room) -> bool:
    (x, y), (x0, y0, x1, y1) = door.at, room.bounds
    along_x = min(abs(y - y0), abs(y - y1)) < 0.06 and x0 <= x - door.width / 2 and x + door.width / 2 <= x1
    along_y = min(abs(x - x0), abs(x - x1)) < 0.06 and y0 <= y - door.width / 2 and y + door.width / 2 <= y1
    return bool(along_x or along_y)


def _within(box: Box, room: Room) -> bool:
    lower, upper = box.bounds()
    x0, y0, x1, y1 = room.bounds
    return bool(
        lower[0] >= x0 - _SLACK and lower[1] >= y0 - _SLACK and upper[0] <= x1 + _SLACK and upper[1] <= y1 + _SLACK
    )


def _inside(rect: tuple[float, ...], bounds: tuple[float, ...]) -> bool:
    low = rect[0] >= bounds[0] - _SLACK and rect[1] >= bounds[1] - _SLACK
    return low and rect[2] <= bounds[2] + _SLACK and rect[3] <= bounds[3] + _SLACK


def _on_its_feet(kind: str, box: Box, level: float) -> bool:
    return abs(float(box.center[2] - box.size[2] / 2) - level - FURNITURE[kind].mount) < 0.05


def _in_each_other(a: Box, b: Box) -> bool:
    (a0, a1), (b0, b1) = a.bounds(), b.bounds()
    return bool((np.minimum(a1, b1) - np.maximum(a0, b0) > _SLACK).all())


def _finds_room(kind: str, size: tuple[float, float, float], home: str, box: Box) -> bool:
    w, d, h = size
    for slot in slots(home, box.size.tolist(), kind):
        x, y = slot.rect[2] - slot.rect[0], slot.rect[3] - slot.rect[1]
        if h <= slot.headroom and ((w <= x and d <= y) or (d <= x and w <= y)):
            return True
    return False
