"""URDF of the furniture, put together from boxes: what is measured in ``furniture`` becomes links and joints here."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from .furniture import BAR, BAR_GAP, TABLE, Cabinet, Counter
from .textures import write_texture
from .urdf import Color, Friction, Link, Urdf, Vec3

_STEEL: Color = (0.74, 0.76, 0.78)
_DARK: Color = (0.16, 0.16, 0.17)
_GRIP = Friction(1.0)
BAR_MASS = 0.2  # kilograms


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
    for x0, x1 in pairwise(cuts):
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
    at: Vec3,
    bar: Vec3,
    along: Vec3,
) -> None:
    """A bar on two posts that stands off its panel, as a link of its own; ``at`` is the bar's middle in the panel."""
    link = urdf.link("handle", BAR_MASS, friction=_GRIP)
    metal: Color = (0.30, 0.31, 0.33)
    link.box(bar, (0, 0, 0), metal)
    reach = max(bar) / 2 - 0.012
    for sign in (-1, 1):
        x, y, z = (sign * reach * a for a in along)
        link.box((0.014, BAR_GAP, 0.014), (x, y + (BAR + BAR_GAP) / 2, z), metal)
    urdf.joint(link, panel, at)
