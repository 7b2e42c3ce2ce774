"""Meshes of every class of household thing, scaled to the size that a house file gives; each family looks like itself.

A thing's own frame has its origin in the middle of its box: it stands on a surface at ``z + height / 2``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..geometry import F64
from .procedural_shapes import arch, scaled, shade, touch_box
from .procedural_ware import WARE, Maker
from .shapes import Mesh, lathe, sphere, tube
from .textures import write_texture
from .urdf import Color, Friction, Link, Urdf, Vec3

COLORS: dict[str, Color] = {
    "white": (0.93, 0.93, 0.91), "red": (0.78, 0.18, 0.16), "blue": (0.20, 0.34, 0.72), "green": (0.22, 0.55, 0.30),
    "black": (0.13, 0.13, 0.14), "grey": (0.55, 0.56, 0.58), "silver": (0.76, 0.78, 0.80), "brown": (0.48, 0.33, 0.21),
    "yellow": (0.93, 0.80, 0.28), "orange": (0.93, 0.56, 0.18), "clear": (0.80, 0.90, 0.93),
}  # fmt: skip
_ROUND = Friction(0.8, 0.002, 0.001)
_FLAT = Friction(0.8, 0.0004, 0.0005)
_DENSITY = 220.0  # kg of a cubic metre of box: things are mostly hollow or soft


def write_thing(kind: str, name: str, size: Vec3, color: str, folder: Path) -> tuple[Path, F64]:
    """The URDF of one thing and points (N, 3) around it in its own frame."""
    urdf = Urdf(name.replace("-", "_"), folder)
    mass = float(np.clip(_DENSITY * np.prod(size), 0.03, 3.0))
    link = urdf.link("body", mass, friction=_ROUND if kind in ("apple", "banana", "pen") else _FLAT)
    _MAKERS.get(kind, _block)(link, size, COLORS.get(color, (0.7, 0.66, 0.6)), folder)
    return urdf.write(), np.unique(np.concatenate(link.outline).round(5), axis=0)


# --- flat things ------------------------------------------------------------------------------------------------------------
def _block(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    link.box(size, (0, 0, 0), color)


def _book(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    c = min(0.004, h / 4)
    link.box((w, d, c), (0, 0, (h - c) / 2), color, solid=False)
    link.box((w, d, c), (0, 0, -(h - c) / 2), color, solid=False)
    link.box((w * 0.96, d * 0.94, h - 2 * c), (w * 0.012, 0, 0), (0.95, 0.93, 0.86), solid=False)
    link.box((0.004, d, h), (-w / 2 + 0.002, 0, 0), shade(color, 0.8), solid=False)
    link.box((w * 0.5, d * 0.12, 0.0006), (0, d * 0.12, h / 2), (0.92, 0.86, 0.6), solid=False)
    touch_box(link, size)


def _laptop(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    link.box(size, (0, 0, 0), color)
    link.box((size[0] * 0.16, size[1] * 0.16, 0.001), (0, 0, size[2] / 2), shade(color, 1.6), solid=False)


def _phone(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    link.box(size, (0, 0, 0), color)
    link.box((size[0] * 0.94, size[1] * 0.9, 0.001), (0, 0, size[2] / 2), (0.16, 0.22, 0.34), solid=False)


def _remote(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    link.box(size, (0, 0, 0), color)
    for i, button in enumerate(((0.8, 0.2, 0.2), (0.6, 0.6, 0.62), (0.6, 0.6, 0.62))):
        link.box((0.015, size[1] * 0.5, 0.002), ((0.35 - 0.22 * i) * size[0], 0, size[2] / 2), button, solid=False)


def _sponge(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    link.box((w, d, h * 0.7), (0, 0, -0.15 * h), color, solid=False)
    link.box((w, d, h * 0.3), (0, 0, 0.35 * h), (0.22, 0.52, 0.32), solid=False)
    touch_box(link, size)


def _cutlery(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    link.box((w * 0.62, d * 0.5, h * 0.5), (-0.19 * w, 0, -0.1 * h), color, solid=False)
    link.mesh([scaled(sphere(0.5, rings=6, sides=12), w * 0.4, d, h)], (0.3 * w, 0, 0), color=shade(color, 0.95))
    touch_box(link, size)


def _knife(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    link.box((w * 0.45, d * 0.9, h), (-0.275 * w, 0, 0), (0.14, 0.14, 0.15), solid=False)
    link.box((w * 0.55, d, h * 0.2), (0.225 * w, 0, 0), color, solid=False)
    touch_box(link, size)


def _stick(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    """Pens and toothbrushes: a rod with a different end."""
    w, d, h = size
    link.box((w * 0.85, d * 0.8, h * 0.8), (-0.075 * w, 0, 0), color, solid=False)
    link.box((w * 0.15, d, h), (0.425 * w, 0, 0), (0.85, 0.86, 0.88), solid=False)
    touch_box(link, size)


def _keys(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    turn = np.linspace(0, 2 * np.pi, 13)
    r = d * 0.42
    link.mesh(
        [tube(np.stack([r * np.cos(turn) - w / 2 + d / 2, r * np.sin(turn), 0 * turn], axis=1), np.full(13, 0.003), 6)],
        color=color,
    )
    for y in (-0.15, 0.2):
        link.box((w * 0.62, d * 0.2, h * 0.3), (w * 0.16, y * d, 0), shade(color, 0.9), solid=False)
    touch_box(link, size)


def _glasses(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    turn = np.linspace(0, 2 * np.pi, 13)
    for sign in (-1, 1):
        ring = np.stack(
            [sign * w / 4 + 0.2 * w * np.cos(turn), 0 * turn - d / 2 + 0.004, 0.4 * h * np.sin(turn)], axis=1
        )
        link.mesh([tube(ring, np.full(13, 0.003), 6)], color=color)
        link.box((0.005, d, 0.005), (sign * (w / 2 - 0.003), 0, 0.2 * h), color, solid=False)
    touch_box(link, size)


# --- soft things --------------------------------------------------------------------------------------------------------------
def _pillow(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    mesh = sphere(1.0, rings=10, sides=20)
    v = np.sign(mesh.vertices) * np.abs(mesh.vertices) ** np.array([0.45, 0.45, 0.8])
    link.mesh([Mesh(v * np.array(size) / 2, mesh.uvs, mesh.normals, mesh.faces)], color=color)
    touch_box(link, (size[0] * 0.96, size[1] * 0.96, size[2] * 0.96))


def _cloth(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    """Folded: layers, each a little smaller."""
    w, d, h = size
    for i in range(3):
        layer = (w * (1 - 0.03 * i), d * (1 - 0.04 * i), h / 3 * 0.94)
        link.box(layer, (0.006 * i, 0, -h / 2 + h / 3 * (i + 0.5)), shade(color, 1 - 0.1 * i), solid=False)
    touch_box(link, size)


def _jacket(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    link.mesh(
        [scaled(lathe([(0, -0.5), (0.42, -0.5), (0.36, 0.3), (0.12, 0.5), (0, 0.5)], 16), w, d * 1.1, h)], color=color
    )
    for sign in (-1, 1):
        arm = np.array([(sign * 0.30 * w, 0, 0.3 * h), (sign * 0.42 * w, 0, 0.0), (sign * 0.44 * w, 0, -0.3 * h)])
        link.mesh([tube(arm, np.array([0.3, 0.28, 0.24]) * d, 8)], color=shade(color, 0.85))
    touch_box(link, size)


def _shoes(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    for sign in (-1, 1):
        y = sign * d * 0.27
        link.box((w, d * 0.4, h * 0.25), (0, y, -0.375 * h), (0.92, 0.92, 0.9), solid=False)
        link.mesh(
            [scaled(sphere(0.5, rings=7, sides=12), w * 0.9, d * 0.38, h * 0.7)], (0.04 * w, y, -0.1 * h), color=color
        )
        link.box((w * 0.4, d * 0.34, h * 0.7), (-0.27 * w, y, 0.1 * h), color, solid=False)
    touch_box(link, size)


def _bag(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    link.box((w, d, h * 0.75), (0, 0, -0.125 * h), color, solid=False)
    link.mesh([arch(0.2 * w, 0.23 * h, (0, 0, 0.25 * h), 0.008)], color=shade(color, 0.7))
    link.box((w * 0.5, d * 1.02, h * 0.2), (0, 0, -0.2 * h), shade(color, 0.8), solid=False)
    touch_box(link, (w, d, h * 0.75), (0, 0, -0.125 * h))


def _bear(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    for r, at, tone in (
        (0.30, (0, 0, -0.2), 1.0), (0.22, (0, 0.02, 0.22), 1.05), (0.08, (-0.17, 0, 0.42), 0.9), (0.08, (0.17, 0, 0.42), 0.9),
        (0.12, (-0.3, 0.1, -0.4), 0.9), (0.12, (0.3, 0.1, -0.4), 0.9), (0.1, (-0.36, 0, -0.08), 0.9),
        (0.1, (0.36, 0, -0.08), 0.9),
        (0.09, (0, 0.2, 0.18), 1.4),
    ):  # fmt: skip
        link.mesh(
            [sphere(r * h, rings=7, sides=12)], (at[0] * w, at[1] * d, at[2] * h * 0.98), color=shade(color, tone)
        )
    touch_box(link, (w * 0.8, d * 0.8, h))


# --- others -------------------------------------------------------------------------------------------------------------------
def _umbrella(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    h, r = size[2], size[0] / 2
    link.mesh(
        [lathe([(0, -h / 2), (0.3 * r, -0.45 * h), (r, 0.15 * h), (0.4 * r, 0.25 * h), (0, 0.25 * h)], 12)], color=color
    )
    link.cylinder(0.008, 0.25 * h, (0, 0, 0.375 * h), (0.3, 0.2, 0.12), solid=False)
    touch_box(link, size)


def _car(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    link.box((w, d * 0.86, h * 0.45), (0, 0, -0.1 * h), color, solid=False)
    link.box((w * 0.5, d * 0.78, h * 0.4), (-0.05 * w, 0, 0.3 * h), (0.75, 0.85, 0.92), solid=False)
    for x in (-0.3, 0.3):
        for y in (-0.42, 0.42):
            link.box((h * 0.4, d * 0.16, h * 0.4), (x * w, y * d, -0.3 * h), (0.1, 0.1, 0.1), solid=False)
    touch_box(link, size)


def _watering_can(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    r = d / 2 * 0.95
    link.cylinder(r, h * 0.7, (-w / 2 + r + 0.02, 0, -0.15 * h), color)
    x = -w / 2 + 2 * r
    spout = np.array([(x, 0, -0.35 * h), (x + 0.3 * (w / 2 - x), 0, 0.0), (w / 2 - 0.01, 0, 0.35 * h)])
    handle = arch(r * 0.8, 0.28 * h, (-w / 2 + r + 0.02, 0, 0.2 * h), 0.008)
    link.mesh([tube(spout, np.array([0.02, 0.014, 0.016]), 8), handle], color=shade(color, 0.85))


def _open_box(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    t = 0.006
    link.box((w, d, t), (0, 0, (t - h) / 2), (0.72, 0.56, 0.38))
    for sign in (-1, 1):
        link.box((t, d, h), (sign * (w - t) / 2, 0, 0), (0.70, 0.54, 0.36))
        link.box((w - 2 * t, t, h), (0, sign * (d - t) / 2, 0), (0.66, 0.50, 0.33))


def _tray(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    t = 0.01
    link.box((w, d, t), (0, 0, (t - h) / 2), texture=write_texture("birch", folder), tiles=2)
    for sign in (-1, 1):
        link.box((t, d, h), (sign * (w - t) / 2, 0, 0), shade(color, 1.2))
        link.box((w - 2 * t, t, h), (0, sign * (d - t) / 2, 0), shade(color, 1.2))


_MAKERS: dict[str, Maker] = {
    **WARE,
    "book": _book, "magazine": _book, "notebook": _book, "laptop": _laptop, "phone": _phone, "remote": _remote,
    "sponge": _sponge, "soap": _pillow, "fork": _cutlery, "spoon": _cutlery, "knife": _knife, "pen": _stick,
    "toothbrush": _stick, "keys": _keys, "glasses": _glasses, "cushion": _pillow, "pillow": _pillow, "blanket": _cloth,
    "towel": _cloth, "dish towel": _cloth, "shirt": _cloth, "trousers": _cloth, "jacket": _jacket, "shoes": _shoes,
    "bag": _bag, "teddy bear": _bear, "umbrella": _umbrella, "toy car": _car, "watering can": _watering_can,
    "box": _open_box, "tray": _tray,
}  # fmt: skip
"""Class → what makes it; a plain box for all others."""
