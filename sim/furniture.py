"""The kitchen's furniture: what each piece measures, and the URDF of it.

A piece's own frame has its origin on the floor in the middle of its footprint; its front faces −y. All lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..geometry import F64, Box, rotation_z, transform
from .textures import write_texture
from .urdf import Color, Friction, Link, Urdf

_STEEL: Color = (0.74, 0.76, 0.78)
_DARK: Color = (0.16, 0.16, 0.17)
_GRIP = Friction(1.0)
BAR = 0.018  # thickness of a handle's bar
BAR_GAP = 0.046  # free space between a handle's bar and the panel behind it


@dataclass(frozen=True, eq=False)
class Grip:
    """A handle while everything is closed: centre (3,) and unit direction (3,) of its bar in the world, ``length`` m."""

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
    """A worktop on cabinets, with a drawer under its left part and a basin in its right part (x in the piece's frame)."""

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


# --- bodies -----------------------------------------------------------------------------------------------------------
def write_table(folder: Path) -> Path:
    """Four legs, a frame, a top."""
    w, d, h = TABLE
    urdf = Urdf("table", folder)
    link = urdf.link("body")
    oak = write_texture("oak", folder)
    link.box((w, d, 0.035), (0, 0, h - 0.0175), texture=oak, tiles=1.3)
    link.box((w - 0.16, d - 0.16, 0.06), (0, 0, h - 0.065), (0.55, 0.39, 0.24))
    for x in (-1, 1):
        for y in (-1, 1):
            leg = (x * (w / 2 - 0.08), y * (d / 2 - 0.08), (h - 0.035) / 2)
            link.box((0.06, 0.06, h - 0.035), leg, (0.55, 0.39, 0.24))
    return urdf.write()


def write_cabinet(c: Cabinet, folder: Path, shell: Color, inside: Color, texture: str | None = None) -> Path:
    """Links: 0 door, 1 handle. The base is the shell with the compartment."""
    urdf = Urdf(c.name, folder)
    skin = write_texture(texture, folder) if texture else None
    body = urdf.link("body")
    w, d, t = c.width, c.depth, c.wall
    side_z, side_h = (c.floor + c.height) / 2, c.height - c.floor
    for sign in (-1, 1):
        body.box((t, d, side_h), (sign * (w - t) / 2, 0, side_z), shell, skin, 1.5)
    body.box((w - 2 * t, t, c.ceiling - c.floor), (0, (d - t) / 2, (c.floor + c.ceiling) / 2), inside)
    body.box((w - 2 * t, d, c.height - c.ceiling), (0, 0, (c.height + c.ceiling) / 2), shell, skin, 1.5)
    body.box((w - 2 * t, d - t, 0.01), (0, -t / 2, c.floor - 0.005), inside)
    body.box((w, d, c.floor - 0.10), (0, 0, (c.floor - 0.11) / 2 + 0.05), shell, skin, 1.5)
    body.box((w, d, 0.05), (0, 0, c.floor - 0.035), shell, skin, 1.5)
    body.box(
        (w - 0.02, 0.02, c.floor - 0.13), (0, -d / 2 - c.door / 2 + 0.01, (c.floor - 0.02) / 2 + 0.04), shell, skin, 1.5
    )
    body.box((w - 0.04, d - 0.06, 0.05), (0, 0.02, 0.025), _DARK, solid=False)
    door = urdf.link("door", 4.0, (-c.hinge * w / 2, -c.door / 2, side_z), _GRIP)
    panel = (w - 0.006, c.door, side_h - 0.006)
    door.box(panel, (-c.hinge * w / 2, -c.door / 2 - 0.002, side_z), shell, skin, 1.5)
    urdf.joint(door, body, (c.hinge * w / 2, -d / 2, 0), (0, 0, c.hinge), c.swing)
    bar = (BAR, BAR, c.handle_length)
    _handle(urdf, door, (c.handle_x - c.hinge * w / 2, c.handle_y + d / 2, c.handle_z), bar, (0, 0, 1))
    return urdf.write()


def write_counter(c: Counter, folder: Path) -> Path:
    """Links: 0 sink, 1 drawer, 2 its handle. The base is the worktop with the cabinets below it."""
    urdf = Urdf("counter", folder)
    body = urdf.link("body")
    _carcass(c, body, folder)
    sink = urdf.link("sink", 1.0)
    _basin(c, sink)
    urdf.joint(sink, body, (c.sink_x, c.sink_y, c.height))
    drawer = urdf.link("drawer", 3.0, (0, c.tray_depth / 2, 0.06), _GRIP)
    z0, z1 = c.drawer_z
    w, d, t = c.drawer_width - 0.04, c.tray_depth, 0.01
    front = (0.94, 0.93, 0.88)
    drawer.box((c.drawer_width + 0.02, 0.02, z1 - z0), (0, -0.012, (z1 - z0) / 2), front)
    inner = (0.80, 0.72, 0.60)
    drawer.box((w, d, 0.012), (0, d / 2, 0.012), inner)
    for sign in (-1, 1):
        drawer.box((t, d, c.tray_wall), (sign * (w - t) / 2, d / 2, 0.018 + c.tray_wall / 2), inner)
    drawer.box((w - 2 * t, t, c.tray_wall), (0, d - t / 2, 0.018 + c.tray_wall / 2), inner)
    urdf.slide(drawer, body, (c.drawer_x, -c.depth / 2, z0), (0, -1, 0), c.drawer_travel)
    grip = (0.0, -0.022 - BAR_GAP - BAR / 2, (z1 - z0) / 2)
    _handle(urdf, drawer, grip, (0.22, BAR, BAR), (1, 0, 0))
    return urdf.write()


def _carcass(c: Counter, body: Link, folder: Path) -> None:
    """Worktop with a hole for the basin and a hollow for the drawer, plinth, painted fronts."""
    w, d, top = c.width, c.depth, c.height
    stone, paint, panel = write_texture("stone", folder), (0.80, 0.81, 0.78), (0.94, 0.93, 0.88)
    z0, z1 = c.drawer_z
    sw, sd, _ = c.sink_size
    left, right = c.sink_x - sw / 2, c.sink_x + sw / 2
    near, far = c.sink_y - sd / 2, c.sink_y + sd / 2
    edge = -d / 2 - 0.03  # the worktop stands out over the fronts
    for x0, x1, y0, y1 in (
        (-w / 2, left, edge, d / 2),
        (right, w / 2, edge, d / 2),
        (left, right, edge, near),
        (left, right, far, d / 2),
    ):
        size = (x1 - x0, y1 - y0, c.slab)
        body.box(size, ((x0 + x1) / 2, (y0 + y1) / 2, top - c.slab / 2), texture=stone, tiles=3)
    body.box((w, d, z0 - 0.10), (0, 0, (z0 + 0.10) / 2), paint)
    body.box((w - 0.02, d - 0.06, 0.10), (0, 0.02, 0.05), _DARK)
    d0, d1 = c.drawer_x - c.drawer_width / 2, c.drawer_x + c.drawer_width / 2
    for x0, x1, y0 in (
        (-w / 2, d0, -d / 2),
        (d1, left - 0.02, -d / 2),
        (left - 0.02, right + 0.02, -d / 2 + sd + 0.16),
        (right + 0.02, w / 2, -d / 2),
    ):
        body.box((x1 - x0, d / 2 - y0, z1 - z0), ((x0 + x1) / 2, (y0 + d / 2) / 2, (z0 + z1) / 2), paint)
    body.box((right - left + 0.04, 0.02, z1 - z0), (c.sink_x, -d / 2 + 0.01, (z0 + z1) / 2), paint)
    body.box((d1 - d0, 0.02, z1 - z0), (c.drawer_x, d / 2 - 0.01, (z0 + z1) / 2), paint)
    cuts = np.linspace(-w / 2, w / 2, 6)
    for x0, x1 in zip(cuts, cuts[1:], strict=False):
        size = (x1 - x0 - 0.012, 0.018, z0 - 0.13)
        body.box(size, ((x0 + x1) / 2, -d / 2 - 0.009, z0 / 2 + 0.045), panel)
    for x0, x1 in ((-w / 2, d0 - 0.01), (d1 + 0.01, w / 2)):
        size = (x1 - x0 - 0.012, 0.018, z1 - z0 - 0.016)
        body.box(size, ((x0 + x1) / 2, -d / 2 - 0.009, (z0 + z1) / 2), panel)


def _basin(c: Counter, sink: Link) -> None:
    w, d, h = c.sink_size
    t = 0.008
    sink.box((w, d, t), (0, 0, -h - t / 2), _STEEL)
    for sign in (-1, 1):
        sink.box((t, d, h), (sign * (w - t) / 2, 0, -h / 2), _STEEL)
        sink.box((w, t, h), (0, sign * (d - t) / 2, -h / 2), _STEEL)
        sink.box((0.018, d + 0.03, 0.004), (sign * (w + 0.014) / 2, 0, 0.002), _STEEL, solid=False)
        sink.box((w, 0.018, 0.004), (0, sign * (d + 0.014) / 2, 0.002), _STEEL, solid=False)
    sink.cylinder(0.012, 0.22, (0, d / 2 + 0.045, 0.11), (0.62, 0.64, 0.67))
    sink.box((0.02, 0.14, 0.018), (0, d / 2 - 0.02, 0.215), (0.62, 0.64, 0.67))


def _handle(
    urdf: Urdf,
    panel: Link,
    at: tuple[float, float, float],
    bar: tuple[float, float, float],
    along: tuple[float, float, float],
) -> None:
    """A bar on two posts that stands off its panel, as a link of its own; ``at`` is the bar's middle in the panel."""
    link = urdf.link("handle", 0.2, friction=_GRIP)
    metal: Color = (0.30, 0.31, 0.33)
    link.box(bar, (0, 0, 0), metal)
    reach = max(bar) / 2 - 0.012
    for sign in (-1, 1):
        x, y, z = (sign * reach * a for a in along)
        link.box((0.014, BAR_GAP, 0.014), (x, y + (BAR + BAR_GAP) / 2, z), metal)
    urdf.joint(link, panel, at)
