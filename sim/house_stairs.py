"""Stairs between two floors as data: a straight flight, its steps, the opening above it and the rails around that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import F64, Box

STOREY = 2.8
"""Metres from one floor to the next: 2.5 m of room, and the slab."""
RISE = 0.2  # metres, of one step
FREE = 0.8
"""Metres of free floor before the first step and after the last one."""
_RAIL = 0.06  # metres, thickness
_GAP = 0.2  # metres of floor between the hole and a wall from which a rail is needed
RAIL_HEIGHT = 0.9

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True)
class Stairs:
    """A straight flight from the room ``rooms[0]`` up to ``rooms[1]``, one floor higher.

    ``foot`` (x, y) is the middle of the first step's edge, ``head`` of the upper floor's edge; ``width`` in metres. They run
    along x or along y. What is above them is open: the floor of the upper room has a hole of the flight's outline.
    """

    id: str
    rooms: tuple[str, str]
    foot: tuple[float, float]
    head: tuple[float, float]
    width: float = 0.9

    @property
    def length(self) -> float:
        """Metres on the floor plan."""
        return float(np.hypot(self.head[0] - self.foot[0], self.head[1] - self.foot[1]))

    @property
    def way(self) -> float:
        """Metres that one walks on it."""
        return float(np.hypot(self.length, STOREY))

    @property
    def up(self) -> tuple[float, float]:
        """Direction (x, y) of the way up, of length 1."""
        d = self.length
        return ((self.head[0] - self.foot[0]) / d, (self.head[1] - self.foot[1]) / d)

    @property
    def outline(self) -> Rect:
        """The floor that it takes below, and the hole above."""
        return self.along(0.0, self.length)

    @property
    def footprint(self) -> Box:
        """Its outline as a box one metre high, for distances on the floor plan."""
        x0, y0, x1, y1 = self.outline
        return Box.from_bounds((x0, y0, 0.0), (x1, y1, 1.0))

    def along(self, start: float, end: float) -> Rect:
        """The rectangle of the flight's width between two distances from its foot, metres."""
        (ux, uy), half = self.up, self.width / 2
        a = (self.foot[0] + start * ux, self.foot[1] + start * uy)
        b = (self.foot[0] + end * ux, self.foot[1] + end * uy)
        wide, deep = half * abs(uy), half * abs(ux)
        return (
            round(min(a[0], b[0]) - wide, 6), round(min(a[1], b[1]) - deep, 6),
            round(max(a[0], b[0]) + wide, 6), round(max(a[1], b[1]) + deep, 6),
        )  # fmt: skip

    def free(self, upper: bool) -> Rect:
        """The floor before the first step, or on the upper floor after the last one, that has to stay free."""
        return self.along(self.length, self.length + FREE) if upper else self.along(-FREE, 0.0)

    def steps(self, level: float) -> list[Box]:
        """The steps as solid blocks on the lower floor at height ``level``, lowest first. One more step leads upstairs."""
        risers = round(STOREY / RISE)
        tread = self.length / (risers - 1)
        found = []
        for i in range(risers - 1):
            x0, y0, x1, y1 = self.along(i * tread, (i + 1) * tread)
            found.append(Box.from_bounds((x0, y0, level), (x1, y1, level + (i + 1) * STOREY / risers)))
        return found

    def rails(self, level: float, bounds: Rect) -> list[Box]:
        """The rails around the hole in the upper floor at height ``level``, but along walls of the room (``bounds``)."""
        x0, y0, x1, y1 = self.outline
        (ux, uy), t = self.up, _RAIL
        beyond: dict[tuple[int, int], tuple[float, Rect]] = {  # side → floor between it and the wall, and its rail
            (-1, 0): (x0 - bounds[0], (x0 - t, y0, x0, y1)),
            (1, 0): (bounds[2] - x1, (x1, y0, x1 + t, y1)),
            (0, -1): (y0 - bounds[1], (x0, y0 - t, x1, y0)),
            (0, 1): (bounds[3] - y1, (x0, y1, x1, y1 + t)),
        }
        found = []
        for (nx, ny), (gap, (a, b, c, d)) in beyond.items():
            if nx * ux + ny * uy < 0.5 and gap > _GAP:  # neither the open end nor along a wall
                found.append(Box.from_bounds((a, b, level), (c, d, level + RAIL_HEIGHT)))
        return found


def without(rect: Rect, holes: list[Rect]) -> list[Rect]:
    """``rect`` less the holes, as rectangles that do not overlap."""
    parts = [rect]
    for hx0, hy0, hx1, hy1 in holes:
        cut = []
        for x0, y0, x1, y1 in parts:
            if hx0 >= x1 or hx1 <= x0 or hy0 >= y1 or hy1 <= y0:
                cut.append((x0, y0, x1, y1))
                continue
            a, b, c, d = max(x0, hx0), max(y0, hy0), min(x1, hx1), min(y1, hy1)
            cut += [(x0, y0, x1, b), (x0, d, x1, y1), (x0, b, a, d), (c, b, x1, d)]
        parts = [p for p in cut if p[2] - p[0] > 1e-6 and p[3] - p[1] > 1e-6]
    return parts


def overlap(a: Rect, b: Rect, slack: float = 0.01) -> bool:
    """Do two rectangles share floor?"""
    return min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > slack


def rect_of(box: Box) -> Rect:
    """A box's outline on the floor plan."""
    lower, upper = box.bounds()
    return (float(lower[0]), float(lower[1]), float(upper[0]), float(upper[1]))


def raised(box: Box, dz: float) -> Box:
    """A box ``dz`` metres higher; the same one for 0."""
    if dz == 0.0:
        return box
    T: F64 = np.array(box.T_ref_box)
    T[2, 3] += dz
    return Box(T, box.size)
