"""What cannot be in a house, in words: unknown classes, furniture in walls or in other furniture, things without a home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..geometry import Box
from .catalogue import FURNITURE, ROOMS, THINGS
from .house import OUTSIDE, Door, House, Room
from .house_slots import slots

_SLACK = 0.01  # metres


def lint(house: House) -> list[str]:
    """Every fault that is found, one sentence each; empty for a house that one can live in."""
    return [*_ids(house), *_rooms(house), *_doors(house), *_furniture(house), *_things(house)]


def _ids(house: House) -> Iterator[str]:
    names = [
        *house.members,
        *(r.id for r in house.rooms),
        *(f.id for f in house.furniture),
        *(t.id for t in house.things),
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
        elif f.kind in FURNITURE and not _on_its_feet(f.kind, f.box_world):
            yield f"furniture {f.id!r} is at the wrong height: its underside belongs at {FURNITURE[f.kind].mount} m"
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


def _on_its_feet(kind: str, box: Box) -> bool:
    return abs(float(box.center[2] - box.size[2] / 2) - FURNITURE[kind].mount) < 0.05


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
