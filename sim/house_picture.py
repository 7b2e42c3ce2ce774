"""A house from above, drawn like an architect's floor plan: walls, doors, furniture by its look, and the things on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..geometry import Box
from .catalogue import ABOVE, FURNITURE
from .house import OUTSIDE, Door, Furniture, House, Item
from .house_areas import floor_name
from .house_canvas import INK, Canvas, Rgb
from .house_picture_stairs import draw_stairs, one_floor, side_by_side
from .household_state import State

_FLOOR: dict[str, Rgb] = {
    "kitchen": (244, 236, 222), "living room": (238, 228, 208), "bedroom": (229, 233, 241), "bathroom": (222, 238, 240),
    "hall": (240, 238, 232), "study": (232, 238, 226), "dining room": (245, 232, 218), "child's room": (246, 232, 236),
    "landing": (240, 238, 232),
}  # fmt: skip
_BODY: dict[str, Rgb] = {
    "bed": (196, 206, 224), "sofa": (176, 190, 178), "armchair": (184, 196, 184), "fridge": (226, 231, 235),
    "sink": (206, 214, 218), "stove": (120, 122, 126), "washbasin": (226, 234, 238), "microwave": (150, 152, 156),
    "dishwasher": (214, 218, 222), "washing machine": (220, 224, 228), "laundry basket": (222, 206, 176),
    "counter": (206, 200, 190), "bathroom cabinet": (232, 232, 228),
}  # fmt: skip
_WOOD: Rgb = (206, 176, 138)
_WALL: Rgb = (74, 72, 70)
_COLORS: dict[str, Rgb] = {
    "white": (250, 250, 246), "red": (198, 58, 52), "blue": (62, 98, 186), "green": (70, 150, 84), "black": (48, 48, 52),
    "grey": (142, 144, 148), "silver": (192, 198, 204), "brown": (136, 92, 58), "yellow": (238, 204, 70),
    "orange": (240, 146, 50), "clear": (206, 228, 236),
}  # fmt: skip
_ROUND = ("mug", "glass", "plate", "bowl", "apple", "candle", "vase", "pot", "yoghurt", "salt", "umbrella")
_MARGIN = 0.75  # metres around the house
_THICK = 0.1  # metres, of a wall


class Plan(Canvas):
    """The plan of one floor being drawn. ``scale``: pixels for a metre in the finished picture; ``whole``: the house that it is
    a floor of, whose outline the picture holds."""

    def __init__(self, house: House, scale: float, whole: House | None = None) -> None:
        bounds = np.array([r.bounds for r in (whole or house).rooms])
        super().__init__(bounds[:, :2].min(axis=0) - _MARGIN, bounds[:, 2:].max(axis=0) + _MARGIN, scale)
        self.house = house

    def rooms(self) -> None:
        """Floors, stairs, walls, and the doors in them."""
        for room in self.house.rooms:
            x0, y0, x1, y1 = room.bounds
            self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], _FLOOR.get(room.kind, (238, 236, 230)), None)
        for stairs in self.house.stairs:
            draw_stairs(self, stairs)
        for room in self.house.rooms:
            x0, y0, x1, y1 = room.bounds
            self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], None, _WALL, _THICK)
        for door in self.house.doors:
            self._door(door)

    def _door(self, door: Door) -> None:
        (x, y), half = door.at, door.width / 2
        room = next(r for r in self.house.rooms if r.id in door.rooms)
        x0, y0, x1, y1 = room.bounds
        level = min(abs(y - y0), abs(y - y1)) < 0.06
        t = _THICK / 2 + 0.02
        gap = [(x - half, y - t), (x + half, y - t), (x + half, y + t), (x - half, y + t)]
        if not level:
            gap = [(x - t, y - half), (x + t, y - half), (x + t, y + half), (x - t, y + half)]
        self.polygon(gap, _FLOOR.get(room.kind, (238, 236, 230)), None)
        inward = 1.0 if (y < (y0 + y1) / 2 if level else x < (x0 + x1) / 2) else -1.0
        ends = (
            [np.array((x - half, y)), np.array((x + half, y))]
            if level
            else [np.array((x, y - half)), np.array((x, y + half))]
        )
        swing = np.array((0.0, inward)) if level else np.array((inward, 0.0))
        hinge, other = ends
        angles = np.linspace(0.0, np.pi / 2, 12)
        arc = [hinge + np.cos(a) * (other - hinge) + np.sin(a) * swing * door.width for a in angles]
        pixels = [self.at(*p.tolist()) for p in arc]
        self.draw.line(pixels, fill=(150, 146, 140), width=max(1, round(0.01 * self.scale)))
        leaf = [self.at(*hinge.tolist()), pixels[-1]]
        self.draw.line(leaf, fill=(120, 96, 70), width=max(2, round(0.035 * self.scale)))
        if OUTSIDE in door.rooms:
            out = np.array(door.at) - swing * 0.3
            self.text(float(out[0]), float(out[1]), "entrance", 0.13, (120, 110, 100))

    def piece(self, f: Furniture) -> None:
        """Furniture with what makes it known from above."""
        box, fill = f.box_world, _BODY.get(f.kind, _WOOD)
        self.polygon(self.local(box, (-0.5, -0.5, 0.5, 0.5)), fill)
        if f.kind in ("sofa", "armchair"):
            back, arm = 0.22 / float(box.size[1]), 0.14 / float(box.size[0])
            dark = (150, 166, 152)
            self.polygon(self.local(box, (-0.5, -0.5, 0.5, -0.5 + back)), dark, width=0.008)
            self.polygon(self.local(box, (-0.5, -0.5, -0.5 + arm, 0.5)), dark, width=0.008)
            self.polygon(self.local(box, (0.5 - arm, -0.5, 0.5, 0.5)), dark, width=0.008)
        elif f.kind == "bed":
            self.polygon(self.local(box, (-0.5, -0.18, 0.5, 0.5)), (170, 184, 210), width=0.008)
            for x in (-0.24, 0.24) if box.size[0] > 1.3 else (0.0,):
                self.polygon(self.local(box, (x - 0.2, -0.46, x + 0.2, -0.24)), (244, 245, 248), width=0.008)
        elif f.kind == "stove":
            for x, y in ((-0.22, -0.2), (0.22, -0.2), (-0.22, 0.2), (0.22, 0.2)):
                self.disc(box, x, y, 0.085, (70, 72, 76), (190, 190, 190))
        elif f.kind in ("sink", "washbasin"):
            self.polygon(self.local(box, (-0.38, -0.28, 0.38, 0.38)), (240, 245, 248), width=0.01)
            self.disc(box, 0.0, 0.04, 0.03, (150, 160, 166))
        elif f.kind in ("washing machine", "dishwasher"):
            self.disc(box, 0.0, 0.0, 0.17, None, (150, 156, 162))
        elif f.kind == "tv stand":
            self.polygon(self.local(box, (-0.4, -0.3, 0.4, -0.12)), (40, 42, 46), width=0.006)
        if FURNITURE[f.kind].opens and not FURNITURE[f.kind].mount:
            self.polygon(self.local(box, (-0.46, 0.42, 0.46, 0.5)), None, (110, 92, 70), 0.008)

    def thing(self, item: Item, box: Box) -> None:
        """A thing to scale, but large enough to be seen."""
        size = np.maximum(box.size, (0.06, 0.06, 0.01))
        body = Box(box.T_ref_box, size)
        color = _COLORS.get(item.color, (180, 170, 160))
        if item.kind in _ROUND:
            self.disc(body, 0.0, 0.0, float(size[0]) / 2, color, (84, 78, 72))
        else:
            self.polygon(self.local(body, (-0.5, -0.5, 0.5, 0.5)), color, (84, 78, 72), 0.006)

    def label(self, f: Furniture) -> None:
        """The class, in the middle of the piece, broken into lines or made smaller where that fits better."""
        low, high = f.box_world.bounds()
        x, y = float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)
        if f.kind in ABOVE.values():  # something may hang over its back
            x, y = (f.box_world.center + f.box_world.T_ref_box[:3, :3] @ (0.0, 0.22 * float(f.box_world.size[1]), 0.0))[
                :2
            ].tolist()
        room = float(high[0] - low[0]) + 0.12
        words = f.kind
        if self.width_of(words, 0.12) > room and " " in words:
            words = words.replace(" ", "\n")
        size = 0.12
        while size > 0.085 and self.width_of(words, size) > room:
            size -= 0.01
        self.text(x, y, words, size, (46, 42, 40), halo=(250, 248, 244))

    def titles(self) -> None:
        """Names of the rooms where the floor is free, and a scale."""
        bodies = [*(f.box_world for f in self.house.furniture), *(s.footprint for s in self.house.stairs)]
        for room in self.house.rooms:
            x0, y0, x1, y1 = room.bounds
            half = self.width_of(room.id.upper(), 0.17) / 2
            spots = [
                (x, y)
                for x in np.linspace(x0 + half + 0.1, x1 - half - 0.1, 9)
                for y in np.linspace(y0 + 0.3, y1 - 0.3, 11)
            ]
            free = [float(min([9.0, *(_clearance(b, x, y, half) for b in bodies)])) for x, y in spots]
            off = [0.02 * abs(y - (y0 + y1) / 2) + 0.015 * abs(x - (x0 + x1) / 2) for x, y in spots]
            x, y = spots[int(np.argmax(np.minimum(free, 0.3) - np.array(off)))]
            self.text(float(x), float(y), room.id.upper(), 0.17, (128, 116, 102), halo=_FLOOR.get(room.kind))
        x, y = float(self.low[0]) + _MARGIN, float(self.low[1]) + 0.22
        self.draw.line([self.at(x, y), self.at(x + 2.0, y)], fill=INK, width=max(2, round(0.02 * self.scale)))
        self.text(x + 2.25, y, "2 m", 0.14)


def _clearance(box: Box, x: float, y: float, half: float) -> float:
    low, high = box.bounds()
    dx = max(float(low[0]) - (x + half), (x - half) - float(high[0]), 0.0)
    dy = max(float(low[1]) - (y + 0.1), (y - 0.1) - float(high[1]), 0.0)
    return float(np.hypot(dx, dy))


def floor_plan(
    house: House,
    state: State | None = None,
    items: Mapping[str, Item] | None = None,
    scale: float = 90.0,
    labels: bool = True,
    floor: int | None = None,
) -> Any:
    """A Pillow image of a house from above; with ``state`` (and ``items``), what lies in view of it at that moment.

    Without ``state`` the things are drawn at home, as they are on the first morning. ``scale``: pixels for a metre. ``floor``:
    the one to draw; None draws all, side by side. ``ConfigError`` if there is no such floor.
    """
    if state is None:
        from .household import Household

        life = Household(house)
        state, items = life.start, life.items
    known = dict(items) if items is not None else {t.id: t for t in house.things}
    if floor is None and len(house.floors) == 1:
        return _one(house, house, state, known, scale, labels)
    if floor is not None and floor not in house.floors:
        raise ConfigError(f"the house has no floor {floor}: {', '.join(map(str, house.floors))}")
    shown = house.floors if floor is None else (floor,)
    return side_by_side([_one(one_floor(house, n), house, state, known, scale, labels) for n in shown])


def _one(house: House, whole: House, state: State, known: Mapping[str, Item], scale: float, labels: bool) -> Any:
    """The plan of one floor of the whole house."""
    plan = Plan(house, scale, whole)
    plan.rooms()
    ordered = sorted(house.furniture, key=lambda f: f.box_world.center[2] + f.box_world.size[2] / 2)
    for f in ordered:
        plan.piece(f)
    tall = {
        f.id for f in house.furniture if FURNITURE[f.kind].inside and not FURNITURE[f.kind].on_top and f.kind != "sink"
    }
    here = {f.id for f in house.furniture}
    shown = [
        t for t in sorted(state.parent)
        if state.settled(t) and here & set(state.chain(t)) and not tall & set(state.chain(t)) and t in known
    ]  # fmt: skip
    for thing in sorted(shown, key=lambda t: float(state.boxes[t].center[2])):
        plan.thing(known[thing], state.boxes[thing])
    if labels:
        for f in house.furniture:
            plan.label(f)
        plan.titles()
        if len(whole.floors) > 1:
            plan.text(
                (plan.low[0] + plan.high[0]) / 2,
                plan.high[1] - 0.3,
                floor_name(house.floors[0]).upper(),
                0.2,
                (96, 88, 78),
            )
    return plan.finished()
