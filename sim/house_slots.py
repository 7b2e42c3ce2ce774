"""Where in and on furniture things may stand: shelves, table tops, trays; and how a free spot is found there.

All is in the host's own frame: origin in the middle of its box, x along the wall, y out of its front, z up; metres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..geometry import F64, Box, rotation_z, transform
from .catalogue import FURNITURE, THINGS

_EDGE = 0.02  # metres kept free at the rim of a surface
_GAP = 0.01  # metres between two things
_TRIES = 24
_TURN = 0.12  # radians: how crooked people put things down

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True)
class Slot:
    """One level that things stand on: its rectangle, the height ``z`` of its floor and the room above it.

    ``relation`` says how people would put it: "on" or "in". On a ``pile`` things may lie on each other.
    """

    relation: str
    rect: Rect
    z: float
    headroom: float
    pile: bool


@dataclass(frozen=True)
class Lying:
    """What already lies at a host: the bounds of its box in the host's frame."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]


def slots(kind: str, size: Sequence[float], content: str = "") -> tuple[Slot, ...]:
    """The levels of a piece of furniture, or of a thing that holds things, of class ``kind`` and outer ``size``.

    ``content``: the class of thing to be put there; a piece with both an inside and a top keeps some classes inside.
    """
    w, d, h = (float(s) for s in size)
    if kind in THINGS:
        return (_carrier(kind, w, d, h),)
    cls = FURNITURE[kind]
    found: list[Slot] = []
    inner = (-w / 2 + cls.wall, -d / 2 + cls.wall, w / 2 - cls.wall, d / 2 - cls.wall)
    heights = [*cls.boards, h - cls.wall]
    relation = "in" if cls.inside else "on"
    for low, high in pairwise(heights):
        found.append(Slot(relation, inner, low - h / 2, high - low - 0.03, cls.pile))
    if cls.on_top:
        rim = (-w / 2 + _EDGE, -d / 2 + _EDGE + cls.back, w / 2 - _EDGE, d / 2 - _EDGE)
        top = Slot("on", rim, h / 2, 0.45, False)
        if cls.inside and content and content not in cls.keeps:
            return (top,)
        if not (cls.inside and content):
            found.append(top)
    return tuple(found)


def _carrier(kind: str, w: float, d: float, h: float) -> Slot:
    rect = (-w / 2 + 0.01, -d / 2 + 0.01, w / 2 - 0.01, d / 2 - 0.01)
    if kind == "tray":
        return Slot("on", rect, -h / 2 + 0.01, 0.35, False)
    return Slot("in", rect, -h / 2 + 0.01, h + 0.1, True)


def lying(host: Box, box: Box) -> Lying:
    """Bounds of ``box`` in the frame of ``host``, both in the world."""
    R = host.T_ref_box[:3, :3]
    center = R.T @ (box.center - host.center)
    half = np.abs(R.T @ box.T_ref_box[:3, :3]) @ box.size / 2
    lower, upper = (center - half).tolist(), (center + half).tolist()
    return Lying((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))


def find_spot(
    host: Box, levels: Sequence[Slot], size: Sequence[float], there: Sequence[Lying], rng: np.random.Generator
) -> tuple[str, Box] | None:
    """A free spot for a thing of ``size``: (relation, box in the world); None where a fair number of tries found none."""
    w, d, h = (float(s) for s in size)
    usable = [s for s in levels if h <= s.headroom and _fits(s.rect, w, d)]
    if not usable:
        return None
    areas = np.array([(s.rect[2] - s.rect[0]) * (s.rect[3] - s.rect[1]) for s in usable])
    for attempt in range(_TRIES):
        slot = usable[int(rng.choice(len(usable), p=areas / areas.sum()))]
        placed = _place(slot, (w, d, h), there, rng, pile=slot.pile and attempt >= _TRIES // 2)
        if placed is not None:
            x, y, z, yaw = placed
            local = transform(rotation_z(yaw), (x, y, z + h / 2 + 0.001))
            return slot.relation, Box(host.T_ref_box @ local, np.array((w, d, h)))
    return None


def _fits(rect: Rect, w: float, d: float) -> bool:
    x, y = rect[2] - rect[0], rect[3] - rect[1]
    return (w <= x and d <= y) or (d <= x and w <= y)


def _place(
    slot: Slot, size: tuple[float, float, float], there: Sequence[Lying], rng: np.random.Generator, pile: bool
) -> tuple[float, float, float, float] | None:
    """One try: (x, y, height of the underside, yaw) or None."""
    x0, y0, x1, y1 = slot.rect
    yaw = float(rng.integers(4)) * np.pi / 2 + float(rng.uniform(-_TURN, _TURN))
    c, s = abs(np.cos(yaw)), abs(np.sin(yaw))
    half_x, half_y = (c * size[0] + s * size[1]) / 2, (s * size[0] + c * size[1]) / 2
    if 2 * half_x > x1 - x0 or 2 * half_y > y1 - y0:  # only straight
        yaw = 0.0 if size[0] <= x1 - x0 and size[1] <= y1 - y0 else np.pi / 2
        half_x, half_y = (size[0] / 2, size[1] / 2) if yaw == 0.0 else (size[1] / 2, size[0] / 2)
    if 2 * half_x > x1 - x0 or 2 * half_y > y1 - y0:
        return None
    x = float(rng.uniform(x0 + half_x, x1 - half_x))
    y = float(rng.uniform(y0 + half_y, y1 - half_y))
    z = slot.z
    for other in _below((x - half_x, y - half_y, x + half_x, y + half_y), slot, there):
        if not pile:
            return None
        z = max(z, other.upper[2])
    return (x, y, z, yaw) if z + size[2] <= slot.z + slot.headroom else None


def _below(rect: Rect, slot: Slot, there: Sequence[Lying]) -> Iterator[Lying]:
    """What lies on this level under or too near the rectangle."""
    for other in there:
        if slot.z - 0.02 <= other.lower[2] <= slot.z + slot.headroom and _meet(rect, other, _GAP):
            yield other


def _meet(rect: Rect, other: Lying, gap: float) -> bool:
    return (
        rect[0] < other.upper[0] + gap
        and other.lower[0] < rect[2] + gap
        and rect[1] < other.upper[1] + gap
        and other.lower[1] < rect[3] + gap
    )


def in_frame(host: Box, point: F64) -> F64:
    """A world point (3,) in the host's frame."""
    return np.asarray(host.T_ref_box[:3, :3].T @ (point - host.center))
