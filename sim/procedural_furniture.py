"""URDF of every class of furniture in the catalogue, made to the measures that a house file gives.

A piece's own frame is that of ``furniture``: origin on its underside in the middle of its footprint, front towards −y.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..geometry import F64, Box, rotation_z, transform
from .cabinets import BAR_MASS, _handle
from .catalogue import FURNITURE, FurnitureClass
from .furniture import BAR, BAR_GAP, FurnitureSpec, Grip, Motion
from .house import Furniture
from .house_furnish import TWO_LEAVES
from .textures import write_texture
from .urdf import Color, Friction, Link, Urdf, Vec3

LEAF = 0.02  # metres, thickness of a door
MASS = 1.5  # kilograms of a door
_SWING = 1.75  # radians
_GRIP = Friction(1.0)
_STEEL: Color = (0.76, 0.78, 0.80)
_DARK: Color = (0.17, 0.17, 0.18)
_WHITE: Color = (0.94, 0.95, 0.95)
_TABLES = ("table", "dining table", "coffee table", "side table", "desk", "console table", "nightstand")
_PAINT: dict[str, Color] = {
    "fridge": (0.87, 0.89, 0.91), "microwave": (0.30, 0.31, 0.33), "dishwasher": (0.83, 0.85, 0.86),
    "washing machine": _WHITE, "bathroom cabinet": _WHITE, "laundry basket": (0.80, 0.70, 0.52), "washbasin": _WHITE,
    "sofa": (0.44, 0.53, 0.47), "armchair": (0.60, 0.47, 0.38), "bed": (0.78, 0.82, 0.88), "sink": (0.80, 0.81, 0.78),
    "stove": (0.22, 0.22, 0.24),
}  # fmt: skip


_FRONTS: dict[str, Color] = {"oak": (0.88, 0.89, 0.85), "walnut": (0.62, 0.70, 0.66), "birch": (0.93, 0.92, 0.88)}


@dataclass
class Links:
    """Link numbers of a written piece; the base is −1. ``leaves`` are further doors that move like the first.

    ``friction``: newton metres with which a flap or lid stays where it is; None for a door's own.
    """

    joint: int | None = None
    door: int | None = None
    handle: int | None = None
    leaves: list[int] = field(default_factory=list)
    friction: float | None = None


def piece_pose(piece: Furniture) -> F64:
    """``T_world_piece`` (4, 4) of a house's furniture."""
    box = piece.box_world
    foot = box.center - (0.0, 0.0, float(box.size[2]) / 2)
    return transform(box.T_ref_box[:3, :3] @ rotation_z(np.pi), foot)


def write_piece(piece: Furniture, folder: Path, wood: str, hinge: int = -1) -> tuple[Path, FurnitureSpec, Links]:
    """The URDF file, the measures in the world while closed, and which link is what.

    ``wood``: a texture's name; ``hinge``: −1 for a single door with its hinges on the left as seen from the front, +1 right.
    """
    made = _Piece(piece, folder, wood, hinge)
    made.build()
    return made.urdf.write(), made.spec(), made.links


class _Piece:
    """One piece while it is put together."""

    def __init__(self, piece: Furniture, folder: Path, wood: str, hinge: int) -> None:
        self.piece, self.kind, self.hinge = piece, piece.kind, hinge
        self.cls: FurnitureClass = FURNITURE[piece.kind]
        self.w, self.d, self.h = (float(s) for s in piece.box_world.size)
        self.urdf = Urdf(piece.id.replace("-", "_"), folder)
        self.body = self.urdf.link("body")
        paint = _PAINT.get(piece.kind)
        if piece.room == "kitchen" and piece.kind in ("cupboard", "drawer"):
            paint = _FRONTS[wood]
        self.skin = None if paint is not None else write_texture(wood, folder)
        self.color: Color = paint if paint is not None else (1.0, 1.0, 1.0)
        self.folder, self.links = folder, Links()
        self.grip: Grip | None = None
        self.motion: Motion | None = None
        self._count = 0

    def build(self) -> None:
        """All parts, by what kind of piece it is."""
        if self.kind in _TABLES:
            self._table()
        elif self.kind in ("sofa", "armchair", "bed"):
            self._soft()
        elif not self.cls.boards:
            self._block()
        else:
            self._hollow()
            if self.cls.slides:
                self._drawer()
            elif self.cls.opens:
                self._doors()

    def _board(self, link: Link, size: Vec3, at: Vec3, color: Color | None = None, solid: bool = True) -> None:
        if color is None and self.skin is not None:
            link.box(size, at, texture=self.skin, tiles=1.2, solid=solid)
        else:
            link.box(size, at, color if color is not None else self.color, solid=solid)

    # --- shapes ---------------------------------------------------------------------------------------------------------
    def _table(self) -> None:
        w, d, h = self.w, self.d, self.h
        self._board(self.body, (w, d, 0.035), (0, 0, h - 0.0175))
        leg = 0.055
        for x in (-1, 1):
            for y in (-1, 1):
                at = (x * (w / 2 - leg / 2 - 0.02), y * (d / 2 - leg / 2 - 0.02), (h - 0.035) / 2)
                self._board(self.body, (leg, leg, h - 0.035), at)
        if self.kind in ("nightstand", "side table"):
            self._board(self.body, (w - 0.05, d - 0.05, 0.02), (0, 0, 0.15))

    def _soft(self) -> None:
        w, d, h, back = self.w, self.d, self.h, self.cls.back
        shade: Color = (self.color[0] * 0.86, self.color[1] * 0.86, self.color[2] * 0.86)
        if self.kind == "bed":
            self.body.box((w, d, h - 0.22), (0, 0, (h - 0.22) / 2 + 0.02), (0.55, 0.40, 0.27))
            self.body.box((w - 0.02, d - 0.04, 0.2), (0, -0.01, h - 0.1), self.color)
            self.body.box((w, 0.02, 0.95), (0, d / 2 - 0.01, 0.475), (0.50, 0.36, 0.24))
            self.body.box((w - 0.01, d * 0.68, 0.004), (0, -d * 0.15, h - 0.001), (0.47, 0.55, 0.70), solid=False)
            return
        self.body.box((w, d, h - 0.1), (0, 0, (h - 0.1) / 2 + 0.06), shade)
        self.body.box((w, d - back, 0.06), (0, -back / 2, h - 0.03), self.color)
        self.body.box((w, back, 0.85 - h), (0, (d - back) / 2, (0.85 + h) / 2), shade)
        self.body.box((w * 0.96, d * 0.9, 0.06), (0, 0, 0.03), _DARK, solid=False)

    def _block(self) -> None:
        w, d, h = self.w, self.d, self.h
        self._board(
            self.body, (w, d, h - 0.14), (0, 0, (h - 0.14) / 2 + 0.1), (0.90, 0.89, 0.85) if self.skin else None
        )
        self.body.box((w - 0.03, d - 0.06, 0.1), (0, 0.02, 0.05), _DARK)
        if self.kind == "counter":
            self.body.box((w, d, 0.04), (0, 0, h - 0.02), texture=write_texture("stone", self.folder), tiles=3)
            for x in np.linspace(-w / 2, w / 2, 4)[:-1] + w / 6:
                self.body.box(
                    (w / 3 - 0.012, 0.01, h - 0.2),
                    (float(x), -d / 2 - 0.005, h / 2 + 0.02),
                    (0.95, 0.94, 0.90),
                    solid=False,
                )
        elif self.kind == "stove":
            self.body.box((w, d, 0.04), (0, 0, h - 0.02), _DARK)
            for x in (-0.14, 0.14):
                for y in (-0.14, 0.14):
                    self.body.cylinder(0.085, 0.002, (x, y, h), (0.36, 0.30, 0.30), solid=False)
            self.body.box((w - 0.08, 0.008, 0.36), (0, -d / 2 - 0.003, 0.45), (0.10, 0.10, 0.12), solid=False)
            self.body.box((w - 0.16, 0.02, 0.02), (0, -d / 2 - 0.03, 0.68), _STEEL, solid=False)
        elif self.kind == "washbasin":
            self.body.box((w, d, 0.04), (0, 0, h - 0.02), _WHITE)
            self.body.cylinder(0.15, 0.002, (0, -0.02, h), (0.80, 0.86, 0.90), solid=False)
            self.body.box((0.03, 0.03, 0.16), (0, d / 2 - 0.03, h + 0.08), _STEEL)
            self.body.box((0.02, 0.12, 0.02), (0, d / 2 - 0.07, h + 0.15), _STEEL, solid=False)
        else:
            self._board(self.body, (w, d, 0.04), (0, 0, h - 0.02))
        if self.kind == "tv stand":
            self.body.box((w * 0.8, 0.04, 0.6), (0, d / 2 - 0.05, h + 0.36), (0.06, 0.06, 0.08))
            self.body.box((0.3, 0.1, 0.06), (0, d / 2 - 0.06, h + 0.03), _DARK)

    def _hollow(self) -> None:
        """Back, sides, boards, and a top where there is one."""
        w, d, h = self.w, self.d, self.h
        t = max(self.cls.wall, 0.015)
        inside: Color | None = (0.95, 0.96, 0.97) if self.kind == "fridge" else None
        self._board(self.body, (w, t, h), (0, d / 2 - t / 2, h / 2))
        for sign in (-1, 1):
            self._board(self.body, (t, d - t, h), (sign * (w - t) / 2, -t / 2, h / 2))
        low = self.cls.boards[0]
        if self.cls.slides:
            self._board(self.body, (w - 2 * t, d - t, low - 0.03), (0, -t / 2, (low - 0.03) / 2))
        else:
            for i, z in enumerate(self.cls.boards):
                thick = z if i == 0 else 0.015
                self._board(self.body, (w - 2 * t, d - t, thick), (0, -t / 2, z - thick / 2), inside)
        basin = self.kind in ("sink", "laundry basket")
        if basin:
            self._board(self.body, (w - 2 * t, t, h), (0, -d / 2 + t / 2, h / 2))
        if self.kind == "coat rack":
            self._board(self.body, (w, 0.03, 0.12), (0, d / 2 - 0.03, h - 0.1), _DARK)
        elif not basin:
            self._board(self.body, (w - 2 * t, d - t, t), (0, -t / 2, h - t / 2))
        if self.kind == "sink":
            self.body.box((w - 2 * t, d - 2 * t, 0.004), (0, 0, low - 0.002), _STEEL, solid=False)
            self.body.box((0.03, 0.03, 0.24), (0, d / 2 - 0.025, h + 0.12), _STEEL)
            self.body.box((0.02, 0.18, 0.02), (0, d / 2 - 0.11, h + 0.23), _STEEL)

    # --- what opens -------------------------------------------------------------------------------------------------------
    def _drawer(self) -> None:
        w, d, h, low = self.w, self.d, self.h, self.cls.boards[0]
        t, top = max(self.cls.wall, 0.015), h - max(self.cls.wall, 0.015)
        travel = min(0.40, d - 0.1)
        link = self._next("drawer", 2.5, (0, d / 2, 0.06))
        z0 = low - 0.02
        self._board(link, (w - 0.01, LEAF, top - z0), (0, -LEAF / 2 - 0.001, (top - z0) / 2))
        inner: Color = (0.84, 0.76, 0.63)
        link.box((w - 2 * t - 0.006, d - t - 0.01, 0.02), (0, (d - t) / 2, 0.01), inner)
        for sign in (-1, 1):
            link.box((0.01, d - t - 0.01, 0.08), (sign * (w / 2 - t - 0.009), (d - t) / 2, 0.05), inner)
        self.urdf.slide(link, self.body, (0, -d / 2, z0), (0, -1, 0), travel)
        bar_z = (top - z0) / 2
        self._bar(link, (0, -LEAF - BAR_GAP - BAR / 2, bar_z), (0.2, BAR, BAR), (1, 0, 0))
        at = self._world((0, -d / 2 - LEAF - BAR_GAP - BAR / 2, z0 + bar_z))
        self.grip = Grip(at, self._way((1, 0, 0)), 0.2)
        self.motion = Motion("slide", at, self._way((0, -1, 0)), travel)
        self._board(
            self.body, (w - 0.01, LEAF, z0 - 0.06), (0, -(d + LEAF) / 2, z0 / 2 + 0.02)
        )  # drawers that stay shut

    def _doors(self) -> None:
        w, d, h = self.w, self.d, self.h
        out = -LEAF - BAR_GAP - BAR / 2
        if self.kind == "dishwasher":
            panel, middle = (w - 0.01, LEAF, h - 0.11), (0.0, -LEAF / 2, (h - 0.11) / 2)
            self._flap((0, -d / 2, 0.1), (1, 0, 0), 1.45, panel, middle, (0, out, h - 0.2), (0.3, BAR, BAR), (1, 0, 0))
        elif self.kind == "laundry basket":
            hinge = d / 2 - LEAF  # so that the lid stays clear of the wall behind it
            panel, middle = (w, d - LEAF, LEAF), (0, (LEAF - d) / 2, LEAF / 2 + 0.001)
            bar = (0, LEAF - d - BAR_GAP - BAR / 2, LEAF / 2 + 0.001)  # off its edge: on top it would meet the wall
            self._flap((0, hinge, h), (-1, 0, 0), 1.5, panel, middle, bar, (0.2, BAR, BAR), (1, 0, 0))
        elif self.w > TWO_LEAVES:
            for hinge in (-1, 1):
                self._leaf(hinge, self.w / 2 - 0.004)
        else:
            self._leaf(self.hinge, self.w - 0.006)

    def _leaf(self, hinge: int, wide: float) -> None:
        """An upright door, hinges on the left (−1) or right (+1) as seen from the front."""
        top, low = self.h - 0.004, 0.05 if self.h > 1.0 else 0.01
        middle = (-hinge * wide / 2, LEAF / 2, (top + low) / 2)
        bar = (-hinge * (wide - 0.05), -BAR_GAP - BAR / 2, min(max(1.05, 0.5 * self.h), self.h - 0.2))
        length = min(0.24, self.h - 0.1)
        if self.cls.mount:  # what hangs on the wall is opened from below
            bar = (bar[0], bar[1], 0.05 + length / 2)
        # The axis is in the leaf's outer edge: about the inner one, the leaf would swing out to the side, into the neighbour.
        pivot = (hinge * self.w / 2, -self.d / 2 - LEAF - 0.001, 0)
        self._flap(pivot, (0, 0, hinge), _SWING, (wide, LEAF, top - low), middle, bar, (BAR, BAR, length), (0, 0, 1))

    def _flap(
        self, hinge: Vec3, axis: Vec3, upper: float, panel: Vec3, middle: Vec3, bar: Vec3, bar_size: Vec3, along: Vec3
    ) -> None:
        """A panel that turns about ``hinge``; ``middle`` and ``bar`` (of its handle) in the hinge's frame.

        Its stay holds a flap or a lid wherever it is left, as springs and brakes do in real ones.
        """
        first = self.links.joint is None
        link = self._next("door", MASS, middle)
        glass = self.kind in ("microwave",)
        self._board(link, panel, middle, (0.08, 0.08, 0.10) if glass else None)
        if self.kind == "washing machine":
            link.cylinder(0.001, 0.001, middle, _DARK, solid=False)
            link.box((0.3, 0.006, 0.3), (middle[0], middle[1] - LEAF / 2, middle[2]), (0.40, 0.46, 0.52), solid=False)
        self.urdf.joint(link, self.body, hinge, axis, upper)
        self._bar(link, bar, bar_size, along)
        if axis[2] == 0.0:
            weight = MASS * float(np.hypot(middle[1], middle[2])) + BAR_MASS * float(np.hypot(bar[1], bar[2]))
            self.links.friction = 1.15 * 9.81 * weight
        if first:
            at = self._world((hinge[0] + bar[0], hinge[1] + bar[1], hinge[2] + bar[2]))
            self.grip = Grip(at, self._way(along), max(bar_size))
            self.motion = Motion("hinge", self._world(hinge), self._way(axis), upper)

    def _next(self, name: str, mass: float, center: Vec3) -> Link:
        """A new moving link, numbered as PyBullet will number it."""
        number = self._count
        self._count += 1
        link = self.urdf.link(f"{name}{number}", mass, center, _GRIP)
        if self.links.joint is None:
            self.links.joint = self.links.door = number
        else:
            self.links.leaves.append(number)
        return link

    def _bar(self, panel: Link, at: Vec3, bar: Vec3, along: Vec3) -> None:
        _handle(self.urdf, panel, at, bar, along)
        self.urdf.links[-1].name += str(self._count)
        self.urdf.joints[-1] = self.urdf.joints[-1].replace("_handle", f"_handle{self._count}")
        if self.links.handle is None:
            self.links.handle = self._count
        self._count += 1

    # --- measures -------------------------------------------------------------------------------------------------------
    def _world(self, point: Vec3) -> F64:
        T = piece_pose(self.piece)
        return np.asarray(T[:3, :3] @ np.array(point) + T[:3, 3])

    def _way(self, direction: Vec3) -> F64:
        return np.asarray(piece_pose(self.piece)[:3, :3] @ np.array(direction, dtype=np.float64))

    def spec(self) -> FurnitureSpec:
        """Measures in the world: what it stands on top and what fits inside."""
        T = piece_pose(self.piece)
        w, d, h, t = self.w, self.d, self.h, max(self.cls.wall, 0.015)
        interior = surface = None
        if self.cls.inside:
            low = self.cls.boards[0]
            inner = np.array((w - 2 * t, d - t, h - low - (0.0 if self.kind in ("sink",) else t)))
            interior = Box(T @ transform(t=(0, -t / 2, low + inner[2] / 2)), inner)
        if self.cls.on_top:
            surface = Box(T @ transform(t=(0, -self.cls.back / 2, h + 0.2)), np.array((w, d - self.cls.back, 0.4)))
        elif interior is None:
            low = self.cls.boards[0]
            surface = Box(T @ transform(t=(0, -t / 2, (low + h) / 2)), np.array((w - 2 * t, d - t, h - low)))
        shown = surface if surface is not None else interior
        assert shown is not None
        return FurnitureSpec(
            self.piece.id, (w, d, h), T, self._way((0, -1, 0)), shown, interior, self.grip, self.motion
        )
