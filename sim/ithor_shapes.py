"""What the boxes of iTHOR's metadata stand for: shells, slabs, seats and solids that rays can hit.

Metadata gives one box per object, and a solid box hides what lies in it. Here a closed fridge is a solid, an open one a shell
with its door swung aside; a table is a slab on legs; a sofa ends at its seat; a sink has no lid. Each part is an upright box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..geometry import F64, Box, apply, inverse

DOORS = frozenset({"Fridge", "Cabinet", "Microwave", "Safe"})
VESSELS = frozenset({"SinkBasin", "Bathtub", "BathtubBasin", "Bowl", "Pot", "Pan", "Mug", "Cup", "GarbageCan", "Box"})
TABLES = frozenset({"CounterTop", "DiningTable", "CoffeeTable", "SideTable", "Desk", "Cart"})
CURTAINS = frozenset({"ShowerDoor", "ShowerCurtain", "Blinds"})
WALL = 0.02
"""Thickness of shells and slabs, metres."""
SLIDE = 0.8
"""How far a drawer comes out, as a share of its depth."""
GROUND = 0.05
"""How far below the floor the ground is, metres: the floor itself is an object."""
RIM = 0.3
"""Height of a sink's bowl below its rim, metres: its metadata box reaches to the floor."""
LEAVES = np.array([0.5, 0.5, 1.0])
"""Share of a plant's box that hides what is behind it: leaves leave gaps."""


@dataclass(frozen=True, eq=False)
class Parts:
    """N upright boxes: centres (N, 3), yaws (N,) and sizes (N, 3), metres and radians in the world."""

    centers: F64
    yaws: F64
    sizes: F64


def front_of(box: Box, standing: F64) -> F64:
    """Outward direction (3,) of the side that opens: the one nearest to where somebody can stand in front of it."""
    R, half = box.T_ref_box[:3, :3], box.size / 2
    best, front = np.inf, R[:, 0]
    for k, sign in ((0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)):
        out = R[:, k] * sign
        face = box.center + out * half[k]
        gaps = standing - face[:2]
        ahead = gaps @ out[:2] > 0.05
        if ahead.any():
            # straight in front counts more than far to one side
            across = np.abs(gaps[ahead] @ np.array([-out[1], out[0]]))
            reach = float((np.linalg.norm(gaps[ahead], axis=1) + across).min())
            if reach < best - 1e-6:
                best, front = reach, out
    return np.asarray(front)


def parts_of(
    kind: str,
    box: Box,
    *,
    is_open: bool,
    front: F64 | None = None,
    support: float | None = None,
    holes: Sequence[Box] | None = None,
) -> Parts:
    """The parts of a thing of AI2-THOR's type ``kind``. With ``holes`` it is a table:
    a top with these cut out (sinks, the inner corner of an L) and legs.

    ``front`` is the outward direction of its door; ``support`` the height above its bottom on which its contents stand, where
    they stand inside the box.
    """
    lo, hi = -box.size / 2, box.size / 2
    rows: list[tuple[F64, F64]]
    if kind in DOORS and is_open and front is not None:
        rows = _open_shell(box, lo, hi, front)
    elif kind == "Drawer" and is_open:
        rows = _vessel(lo, hi)
    elif kind == "Sink":
        rows = _vessel(np.array([lo[0], lo[1], max(lo[2], hi[2] - RIM)]), hi)[1:]
    elif kind in VESSELS or (kind == "LaundryHamper" and is_open):
        rows = _vessel(lo, hi)
    elif kind == "Shelf":
        rows = [(lo, np.array([hi[0], hi[1], min(lo[2] + WALL, hi[2])]))]
    elif kind == "ShelvingUnit":
        rows = _frame(lo, hi)
    elif holes is not None:
        rows = _table(lo, hi, hi[2] if support is None else lo[2] + support, [_cut(box, h) for h in holes])
    elif kind == "HousePlant":
        rows = [(lo * LEAVES, hi * LEAVES)]
    elif kind in CURTAINS and is_open:
        rows = [(lo, lo + (hi - lo) * np.where(np.arange(3) == int(np.argmax(box.size[:2])), 0.15, 1.0))]
    elif support is not None:
        rows = [(lo, np.array([hi[0], hi[1], lo[2] + max(support, 0.01)]))]
    else:
        rows = [(lo, hi)]
    lows, highs = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    centers = (lows + highs) / 2 @ box.T_ref_box[:3, :3].T + box.center
    return Parts(centers, np.full(len(rows), box.yaw), np.maximum(highs - lows, 1e-3))


def _vessel(lo: F64, hi: F64) -> list[tuple[F64, F64]]:
    """A bottom and four walls, without a lid."""
    t = np.minimum(WALL, 0.12 * (hi - lo))
    return [(lo, np.array([hi[0], hi[1], lo[2] + t[2]])), *_walls(lo, hi, t)]


def _walls(lo: F64, hi: F64, t: F64) -> list[tuple[F64, F64]]:
    return [
        (lo, np.array([lo[0] + t[0], hi[1], hi[2]])),
        (np.array([hi[0] - t[0], lo[1], lo[2]]), hi),
        (lo, np.array([hi[0], lo[1] + t[1], hi[2]])),
        (np.array([lo[0], hi[1] - t[1], lo[2]]), hi),
    ]


def _open_shell(box: Box, lo: F64, hi: F64, front: F64) -> list[tuple[F64, F64]]:
    """Bottom, top and three walls; the fourth is the door, swung out by a quarter turn at one side of the opening."""
    t = np.full(3, WALL)
    out = box.T_ref_box[:3, :3].T @ front
    axis = int(np.argmax(np.abs(out[:2])))
    walls = _walls(lo, hi, t)
    del walls[2 * axis + (1 if out[axis] > 0 else 0)]
    across = 1 - axis
    width = min(float(hi[across] - lo[across]), 0.6)
    door_lo, door_hi = lo.copy(), hi.copy()
    door_hi[across] = lo[across] + WALL
    door_lo[axis], door_hi[axis] = (hi[axis], hi[axis] + width) if out[axis] > 0 else (lo[axis] - width, lo[axis])
    floor = (lo, np.array([hi[0], hi[1], lo[2] + WALL]))
    top = (np.array([lo[0], lo[1], hi[2] - WALL]), hi)
    return [floor, top, *walls, (door_lo, door_hi)]


def _frame(lo: F64, hi: F64) -> list[tuple[F64, F64]]:
    """The two short sides of a set of shelves."""
    t = np.full(3, WALL)
    walls = _walls(lo, hi, t)
    return walls[:2] if hi[0] - lo[0] >= hi[1] - lo[1] else walls[2:]


def _table(lo: F64, hi: F64, top: float, holes: list[tuple[F64, F64]]) -> list[tuple[F64, F64]]:
    low = max(top - 2 * WALL, float(lo[2]))
    slab = [(np.array([*a, low]), np.array([*b, top])) for a, b in _without(lo[:2], hi[:2], holes)]
    if top - lo[2] < 0.2:
        return slab
    leg = np.array([2 * WALL, 2 * WALL])
    for x in (lo[0], hi[0] - leg[0]):
        for y in (lo[1], hi[1] - leg[1]):
            if not any((a <= (x, y)).all() and (np.add(leg, (x, y)) <= b).all() for a, b in holes):
                slab.append((np.array([x, y, lo[2]]), np.array([x + leg[0], y + leg[1], top])))
    return slab


def _cut(box: Box, hole: Box) -> tuple[F64, F64]:
    """Bounds (2,), (2,) of a hole on the floor plan in the axes of ``box``."""
    local = apply(inverse(box.T_ref_box), hole.corners())[:, :2]
    return local.min(axis=0), local.max(axis=0)


def _without(lo: F64, hi: F64, holes: list[tuple[F64, F64]]) -> list[tuple[F64, F64]]:
    """Rectangles that cover lo…hi but for the holes: cells between the holes' edges, merged along x."""
    xs, ys = (np.unique(np.clip([lo[k], hi[k], *(e[k] for hole in holes for e in hole)], lo[k], hi[k])) for k in (0, 1))
    found: list[tuple[F64, F64]] = []
    for y0, y1 in pairwise(ys):
        start: float | None = None
        for x0, x1 in pairwise(xs):
            middle = ((x0 + x1) / 2, (y0 + y1) / 2)
            cut = any((a < middle).all() and (middle < b).all() for a, b in holes)
            if not cut and start is None:
                start = x0
            if start is not None and (cut or x1 == xs[-1]):
                found.append((np.array([start, y0]), np.array([x0 if cut else x1, y1])))
                start = None
    return found or [(lo, hi)]


def room(bounds: Box, floor: float) -> Parts:
    """Four walls, a ceiling and a ground just outside ``bounds``, from height ``floor`` on."""
    lo, hi = bounds.bounds()
    lo = np.array([lo[0], lo[1], floor])
    out_lo, out_hi = lo - WALL, hi + WALL
    rows = [
        (np.array([out_lo[0], out_lo[1], lo[2]]), np.array([lo[0], out_hi[1], hi[2]])),
        (np.array([hi[0], out_lo[1], lo[2]]), np.array([out_hi[0], out_hi[1], hi[2]])),
        (np.array([lo[0], out_lo[1], lo[2]]), np.array([hi[0], lo[1], hi[2]])),
        (np.array([lo[0], hi[1], lo[2]]), np.array([hi[0], out_hi[1], hi[2]])),
        (np.array([out_lo[0], out_lo[1], hi[2]]), out_hi),
        (out_lo - (0, 0, GROUND), np.array([out_hi[0], out_hi[1], lo[2] - GROUND])),
    ]
    lows, highs = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    return Parts((lows + highs) / 2, np.zeros(len(rows)), highs - lows)
