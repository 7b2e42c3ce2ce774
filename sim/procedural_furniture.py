"""URDF of every class of furniture in the catalogue, made to the measures that a house file gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..geometry import F64, Box, rotation_z, transform
from .cabinets import BAR_MASS, _handle
from .furniture import BAR, BAR_GAP, FurnitureSpec, Grip, Motion
from .house import Furniture
from .house_furnish import TWO_LEAVES
from .procedural_bodies import DARK, Body
from .urdf import Color, Friction, Link, Vec3

LEAF = 0.02  # metres, thickness of a door
MASS = 1.5  # kilograms of a door
_SWING = 1.75  # radians
_GRIP = Friction(1.0)


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


class _Piece(Body):
    """One piece while it is put together."""

    def __init__(self, piece: Furniture, folder: Path, wood: str, hinge: int) -> None:
        super().__init__(piece, folder, wood)
        self.hinge, self.links = hinge, Links()
        self.grip: Grip | None = None
        self.motion: Motion | None = None
        self._count = 0

    def build(self) -> None:
        """The body, and what opens where it is hollow."""
        self.stand()
        if self.cls.boards and self.cls.slides:
            self._drawer()
        elif self.cls.boards and self.cls.opens:
            self._doors()

    def _drawer(self) -> None:
        w, d, h, low = self.w, self.d, self.h, self.cls.boards[0]
        t, top = max(self.cls.wall, 0.015), h - max(self.cls.wall, 0.015)
        travel = min(0.40, d - 0.1)
        link = self._next("drawer", 2.5, (0, d / 2, 0.06))
        z0 = low - 0.02
        self.board(link, (w - 0.01, LEAF, top - z0), (0, -LEAF / 2 - 0.001, (top - z0) / 2))
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
        self.board(
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
        self.board(link, panel, middle, (0.08, 0.08, 0.10) if glass else None)
        if self.kind == "washing machine":
            link.cylinder(0.001, 0.001, middle, DARK, solid=False)
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
