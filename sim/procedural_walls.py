"""Floors, walls and stairs of a house as URDF: walls with gaps and lintels where doors are, the entrance with a door leaf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..geometry import F64
from .house import OUTSIDE, House, Room
from .house_stairs import STOREY, Rect, Stairs, without
from .textures import write_texture
from .urdf import Color, Urdf, Vec3

THICK = 0.1  # metres
HEIGHT = 2.5
_LINTEL = 2.05  # metres, height of a door
_TILED = ("kitchen", "bathroom")
_PAINT: tuple[Color, ...] = ((0.92, 0.90, 0.85), (0.88, 0.90, 0.87), (0.90, 0.88, 0.90), (0.87, 0.89, 0.92))

Interval = tuple[float, float]


def write_floor(room: Room, folder: Path, holes: Sequence[Rect] = (), thick: float = THICK) -> Path:
    """One room's floor, planks or tiles, its top at the room's level, with holes where stairs come up; ``thick`` metres."""
    urdf = Urdf(f"floor_{room.id.replace(' ', '_')}", folder)
    skin = write_texture("tiles" if room.kind in _TILED else "planks", folder)
    link, tiles = urdf.link("body"), 1.0 if room.kind not in _TILED else 1.5
    for x0, y0, x1, y1 in without(room.bounds, list(holes)):
        size = (x1 - x0, y1 - y0, thick)
        link.box(size, ((x0 + x1) / 2, (y0 + y1) / 2, room.level - thick / 2), texture=skin, tiles=tiles)
        if thick > THICK:  # what is a floor above is a ceiling below
            under = ((x0 + x1) / 2, (y0 + y1) / 2, room.level - thick - 0.004)
            link.box((size[0], size[1], 0.008), under, (0.95, 0.95, 0.93), solid=False)
    return urdf.write()


def write_stairs(stairs: Stairs, house: House, folder: Path) -> Path:
    """The steps, solid down to the floor, and the rails around the hole above."""
    urdf = Urdf(stairs.id.replace(" ", "_"), folder)
    link, oak = urdf.link("body"), write_texture("oak", folder)
    lower, upper = (next(r for r in house.rooms if r.id == name) for name in stairs.rooms)
    for step in stairs.steps(lower.level):
        link.box(_vec(step.size), _vec(step.center), texture=oak, tiles=1.0)
    for rail in stairs.rails(upper.level, upper.bounds):
        link.box(_vec(rail.size), _vec(rail.center), (0.93, 0.92, 0.90))
    return urdf.write()


def write_walls(house: House, folder: Path) -> Iterator[Path]:
    """One file for each straight line of walls."""
    floor_of = {room.id: room.floor for room in house.rooms}
    for number, ((floor, axis, at), spans) in enumerate(sorted(_lines(house).items())):
        urdf = Urdf(f"wall_{number}", folder)
        link = urdf.link("body")
        color = _PAINT[number % len(_PAINT)]
        z = floor * STOREY
        doors = [
            d for d in house.doors
            if abs(d.at[1 - axis] - at) < 0.06 and floor in (floor_of.get(d.rooms[0]), floor_of.get(d.rooms[1]))
        ]  # fmt: skip
        gaps = sorted((d.at[axis] - d.width / 2, d.at[axis] + d.width / 2) for d in doors)
        for start, end in spans:
            for a, b in _without(start - THICK / 2, end + THICK / 2, gaps):
                link.box(*_slab(axis, at, (a, b), (z, z + HEIGHT)), color)
            for a, b in gaps:
                if start <= a and b <= end:
                    link.box(*_slab(axis, at, (a, b), (z + _LINTEL, z + HEIGHT)), color)
        for door in doors:
            if OUTSIDE in door.rooms:
                span = (door.at[axis] - door.width / 2, door.at[axis] + door.width / 2)
                link.box(*_slab(axis, at, span, (z, z + _LINTEL), 0.05), (0.42, 0.28, 0.18))
        yield urdf.write()


def _lines(house: House) -> dict[tuple[int, int, float], list[Interval]]:
    """(floor, axis along which it runs, coordinate) → the stretches of wall on that line, joined."""
    edges: dict[tuple[int, int, float], list[Interval]] = {}
    for room in house.rooms:
        x0, y0, x1, y1 = room.bounds
        for axis, at, span in ((0, y0, (x0, x1)), (0, y1, (x0, x1)), (1, x0, (y0, y1)), (1, x1, (y0, y1))):
            edges.setdefault((room.floor, axis, round(at, 3)), []).append(span)
    return {line: list(_joined(sorted(spans))) for line, spans in edges.items()}


def _joined(spans: list[Interval]) -> Iterator[Interval]:
    start, end = spans[0]
    for a, b in spans[1:]:
        if a > end + 0.01:
            yield (start, end)
            start, end = a, b
        end = max(end, b)
    yield (start, end)


def _without(start: float, end: float, gaps: list[Interval]) -> Iterator[Interval]:
    for a, b in gaps:
        if start < a < end:
            yield (start, a)
            start = b
    if end - start > 0.01:
        yield (start, end)


def _slab(
    axis: int, at: float, span: Interval, rise: Interval, thick: float = THICK
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Size and middle of a piece of wall."""
    long, middle, high = span[1] - span[0], (span[0] + span[1]) / 2, rise[1] - rise[0]
    z = (rise[0] + rise[1]) / 2
    if axis == 0:
        return (long, thick, high), (middle, at, z)
    return (thick, long, high), (at, middle, z)


def _vec(v: F64) -> Vec3:
    return (float(v[0]), float(v[1]), float(v[2]))
