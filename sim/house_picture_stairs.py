"""What a plan of one floor among several needs: the house cut down to it, its stairs, and the floors side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .house import House
from .house_canvas import INK, PAPER
from .house_stairs import Rect, Stairs, rect_of

if TYPE_CHECKING:
    from .house_picture import Plan

_TREAD = (226, 214, 194)
_WELL = (206, 200, 192)
_LINE = (150, 136, 116)


def one_floor(house: House, floor: int) -> House:
    """The rooms, doors and furniture of one floor, and the stairs that begin or end there."""
    rooms = tuple(r for r in house.rooms if r.floor == floor)
    names = {r.id for r in rooms}
    return replace(
        house,
        rooms=rooms,
        doors=tuple(d for d in house.doors if names & set(d.rooms)),
        furniture=tuple(f for f in house.furniture if f.room in names),
        stairs=tuple(s for s in house.stairs if names & set(s.rooms)),
    )


def draw_stairs(plan: Plan, stairs: Stairs) -> None:
    """The flight with its treads and an arrow along the way: up where it begins, down where it ends, there with its rails."""
    upper = all(r.id != stairs.rooms[0] for r in plan.house.rooms)
    plan.polygon(_corners(stairs.outline), _WELL if upper else _TREAD, _LINE, 0.015)
    treads = 13
    for i in range(1, treads):
        a, b, c, d = stairs.along(i * stairs.length / treads, i * stairs.length / treads)
        plan.line((a, b), (c, d), _LINE, 0.008)
    if upper:
        room = next(r for r in plan.house.rooms if r.id == stairs.rooms[1])
        for rail in stairs.rails(0.0, room.bounds):
            plan.polygon(_corners(rect_of(rail)), INK, None)
    (ux, uy), n = stairs.up, stairs.length
    ways = [(0.12, n - 0.25), (n - 0.12, 0.25)][upper]
    (x0, y0), (x1, y1) = ((stairs.foot[0] + w * ux, stairs.foot[1] + w * uy) for w in ways)
    plan.line((x0, y0), (x1, y1), INK, 0.015)
    tip = 0.13 if not upper else -0.13
    for side in (0.09, -0.09):
        plan.line((x1, y1), (x1 - tip * ux + side * uy, y1 - tip * uy + side * ux), INK, 0.015)
    middle = stairs.length / 2
    at = (stairs.foot[0] + middle * ux, stairs.foot[1] + middle * uy)
    plan.text(at[0], at[1], "down" if upper else "up", 0.14, INK, halo=_WELL if upper else _TREAD)


def side_by_side(pictures: Sequence[Any]) -> Any:
    """One picture of several, left to right."""
    from PIL import Image

    sheet: Any = Image.new("RGB", (sum(p.width for p in pictures), max(p.height for p in pictures)), PAPER)
    x = 0
    for picture in pictures:
        sheet.paste(picture, (x, 0))
        x += picture.width
    return sheet


def _corners(rect: Rect) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = rect
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
