"""The kitchen's furniture: what each piece measures, where its handle is and how it opens.

A piece's own frame has its origin on the floor in the middle of its footprint; its front faces −y. Lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import F64, Box, rotation_z, transform

BAR = 0.018  # thickness of a handle's bar
BAR_GAP = 0.046  # free space between a handle's bar and the panel behind it


@dataclass(frozen=True, eq=False)
class Grip:
    """A handle while closed: centre (3,) and unit direction (3,) of its bar in the world, ``length`` metres."""

    center: F64
    along: F64
    length: float


@dataclass(frozen=True, eq=False)
class Motion:
    """How a door or drawer moves: from 0 to ``upper`` (radians or metres) about or along ``axis`` through ``point``."""

    kind: str  # "hinge" or "slide"
    point: F64
    axis: F64
    upper: float


@dataclass(frozen=True, eq=False)
class FurnitureSpec:
    """One piece, in world coordinates while closed.

    ``front`` (3,) points out of its front into the room; ``interior`` is the free space that things are put into;
    ``surface`` is a flat box whose underside is what things stand on (the shelf, the table top, the tray's bottom), as
    large as the area that is meant for things.
    """

    name: str
    size: tuple[float, float, float]
    T_world_piece: F64
    front: F64
    surface: Box
    interior: Box | None = None
    grip: Grip | None = None
    motion: Motion | None = None


@dataclass(frozen=True)
class Cabinet:
    """A standing cabinet with one compartment between ``floor`` and ``ceiling`` behind one hinged door.

    ``hinge`` is −1 when the hinges are on the left as seen from the front, +1 on the right.
    """

    name: str
    width: float
    depth: float
    height: float
    floor: float
    ceiling: float
    wall: float
    hinge: int
    swing: float = 1.92
    door: float = 0.035
    handle_z: float = 1.0
    handle_length: float = 0.26

    @property
    def handle_x(self) -> float:
        """Sideways position of the bar in the piece's frame."""
        return -self.hinge * (self.width / 2 - 0.06)

    @property
    def handle_y(self) -> float:
        """Position of the bar's middle in the piece's frame, out of the front."""
        return -(self.depth / 2 + self.door + BAR_GAP + BAR / 2)


@dataclass(frozen=True)
class Counter:
    """A worktop on cabinets, with a drawer under its left part and a basin in its right part (piece's frame)."""

    width: float = 2.2
    depth: float = 0.6
    height: float = 0.86
    slab: float = 0.04
    drawer_x: float = -0.66
    drawer_width: float = 0.60  # of the opening
    drawer_z: tuple[float, float] = (0.60, 0.82)  # of the opening
    drawer_travel: float = 0.40
    tray_depth: float = 0.50
    tray_wall: float = 0.055
    sink_x: float = 0.66
    sink_size: tuple[float, float, float] = (0.46, 0.36, 0.17)
    sink_y: float = -0.04


FRIDGE = Cabinet("fridge", 0.70, 0.65, 1.50, 0.70, 1.45, 0.05, -1, handle_z=1.0)
CUPBOARD = Cabinet("cupboard", 0.72, 0.46, 1.40, 0.68, 1.36, 0.03, 1, handle_z=0.96)
COUNTER = Counter()
TABLE = (1.2, 0.75, 0.72)


def place(x: float, y: float, yaw: float) -> F64:
    """``T_world_piece`` of a piece standing on the floor at (x, y) metres, turned by ``yaw`` radians."""
    return transform(rotation_z(yaw), (x, y, 0.0))


# --- specs ------------------------------------------------------------------------------------------------------------
def table_spec(T: F64) -> FurnitureSpec:
    """The table: a surface only."""
    w, d, h = TABLE
    return FurnitureSpec("table", TABLE, T, T[:3, :3] @ (0.0, 1.0, 0.0), _box(T, (0, 0, h), (w, d, 0.4), up=True))


def cabinet_spec(c: Cabinet, T: F64) -> FurnitureSpec:
    """Fridge or cupboard."""
    inner = (c.width - 2 * c.wall, c.depth - c.wall, c.ceiling - c.floor)
    middle = (0.0, -c.wall / 2, c.floor)
    R = T[:3, :3]
    grip = Grip(_at(T, (c.handle_x, c.handle_y, c.handle_z)), np.array([0.0, 0.0, 1.0]), c.handle_length)
    hinge = _at(T, (c.hinge * c.width / 2, -c.depth / 2, 0.0))
    motion = Motion("hinge", hinge, R @ (0.0, 0.0, float(c.hinge)), c.swing)
    interior = _box(T, middle, inner, up=True)
    size = (c.width, c.depth + c.door, c.height)
    return FurnitureSpec(c.name, size, T, R @ (0.0, -1.0, 0.0), interior, interior, grip, motion)


def counter_specs(c: Counter, T: F64) -> list[FurnitureSpec]:
    """Counter, sink and drawer: one body, three pieces."""
    front = T[:3, :3] @ (0.0, -1.0, 0.0)
    free = (c.sink_x - c.sink_size[0] / 2 - 0.04) + c.width / 2
    top = _box(T, (-c.width / 2 + free / 2, 0, c.height), (free, c.depth, 0.4), up=True)
    w, d, h = c.sink_size
    basin = _box(T, (c.sink_x, c.sink_y, c.height - h), (w, d, h), up=True)
    z0, z1 = c.drawer_z
    tray = (c.drawer_width - 0.06, c.tray_depth - 0.02, z1 - z0 - 0.02)
    inside = _box(T, (c.drawer_x, -c.depth / 2 + c.tray_depth / 2, z0 + 0.018), tray, up=True)
    grip = Grip(_at(T, (c.drawer_x, -c.depth / 2 - 0.02 - BAR_GAP - BAR / 2, (z0 + z1) / 2)), T[:3, 0].copy(), 0.22)
    slide = Motion("slide", grip.center, front, c.drawer_travel)
    drawer = (c.drawer_width + 0.02, c.tray_depth, z1 - z0)
    return [
        FurnitureSpec("counter", (c.width, c.depth, c.height), T, front, top),
        FurnitureSpec("sink", c.sink_size, T, front, basin, basin),
        FurnitureSpec("drawer", drawer, T, front, inside, inside, grip, slide),
    ]


def _at(T: F64, point: tuple[float, float, float]) -> F64:
    return np.asarray(T[:3, :3] @ point + T[:3, 3])


def _box(T: F64, middle: tuple[float, float, float], size: tuple[float, float, float], up: bool) -> Box:
    """A box in the piece's frame whose underside is centred on ``middle``."""
    return Box(T @ transform(t=(middle[0], middle[1], middle[2] + size[2] / 2)), np.array(size))
