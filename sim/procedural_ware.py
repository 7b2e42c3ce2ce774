"""Kitchen ware and food: lathed bodies with handles, packs, fruit. Each maker fills the box of ``size`` metres."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .procedural_shapes import arch, shade, touch_box
from .shapes import lathe, prism, sphere, tube
from .textures import write_texture
from .urdf import Color, Link, Vec3

Maker = Callable[[Link, Vec3, Color, Path], None]


# --- round ware -----------------------------------------------------------------------------------------------------------
def _cup(link: Link, size: Vec3, color: Color, folder: Path, taper: float = 1.0, handle: bool = True) -> None:
    h = size[2]
    r = min(size[0], size[1]) / 2 * (0.84 if handle else 1.0)
    wall, b = 0.004, -h / 2
    foot = r * taper
    shell = [(0, b), (foot, b), (r, h / 2), (r - wall, h / 2), (foot - wall, b + wall), (0, b + wall)]
    meshes = [lathe(shell)]
    if handle:
        reach = size[0] / 2 - r * 0.9
        meshes.append(arch(reach, 0.3 * h, (r - 0.002, 0, 0), 0.004, (-np.pi / 2, np.pi / 2)))
    link.mesh(meshes, color=color)
    link.cylinder(r, h, (0, 0, 0), visible=False)


def _glass(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    _cup(link, size, color, folder, 0.78, False)


def _plate(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[0] / 2, size[2]
    b = -h / 2
    rim = [(0.0, b), (0.6 * r, b), (r, h / 2), (0.96 * r, h / 2)]
    link.mesh([lathe([*rim, (0.58 * r, b + 0.3 * h), (0, b + 0.3 * h)], 28)], color=color)
    link.cylinder(r, h, (0, 0, 0), visible=False)


def _bowl(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[0] / 2, size[2]
    b = -h / 2
    outer = [(0.5 * r, b), (0.85 * r, b + 0.45 * h), (r, h / 2)]
    inner = [(q - 0.005, max(z, b + 0.006)) for q, z in reversed(outer)]
    link.mesh([lathe([(0, b), *outer, *inner, (0, b + 0.006)], 24)], color=color)
    link.cylinder(0.92 * r, h, (0, 0, 0), visible=False)


def _pan(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[1] / 2 * 0.92, size[2]
    deep = h * 0.6
    b, x = -h / 2, -size[0] / 2 + r
    rim = [(0.0, b), (0.85 * r, b), (r, b + deep), (r - 0.004, b + deep)]
    disc = lathe([*rim, (0.85 * r - 0.004, b + 0.005), (0, b + 0.005)], 24)
    link.mesh([disc.moved((x, 0, 0))], color=color)
    reach = size[0] / 2 - (x + r) + r * 0.9
    link.box((reach, 0.025, 0.018), (size[0] / 2 - reach / 2, 0, b + deep), shade(color, 0.7), solid=False)
    link.cylinder(0.9 * r, deep, (x, 0, b + deep / 2), visible=False)


def _pot(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[1] / 2 * 0.95, size[2]
    body, dark = 0.86 * h, (0.15, 0.15, 0.16)
    b = -h / 2
    link.mesh([lathe([(0, b), (r, b), (r, b + body), (0.97 * r, b + body), (0, b + body)], 24)], color=color)
    link.cylinder(0.02, 0.12 * h, (0, 0, b + 0.93 * h), dark, solid=False)
    ear = size[0] / 2 - r
    for sign in (-1, 1):
        link.box((ear + 0.02, 0.07, 0.014), (sign * (r + ear / 2), 0, b + 0.7 * h), dark, solid=False)
    link.cylinder(r, h, (0, 0, 0), visible=False)


def _kettle(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[1] / 2 * 0.9, size[2]
    b = -h / 2
    link.mesh(
        [lathe([(0, b), (r, b), (0.95 * r, b + 0.2 * h), (0.6 * r, b + 0.75 * h), (0, b + 0.8 * h)], 22)], color=color
    )
    link.mesh([arch(0.75 * r, 0.22 * h, (0, 0, b + 0.75 * h), 0.009)], color=(0.12, 0.12, 0.13))
    spout = np.array([(r * 0.7, 0, b + 0.4 * h), (r * 1.0, 0, b + 0.6 * h), (size[0] / 2, 0, b + 0.75 * h)])
    link.mesh([tube(spout, np.array([0.02, 0.014, 0.01]), 6)], color=shade(color, 0.8))
    link.cylinder(r * 0.92, 0.8 * h, (0, 0, b + 0.4 * h), visible=False)


def _vase(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[0] / 2, size[2]
    b = -h / 2
    foot = [(0.0, b), (0.6 * r, b), (r, b + 0.35 * h), (0.45 * r, b + 0.8 * h)]
    link.mesh([lathe([*foot, (0.62 * r, h / 2), (0.5 * r, h / 2), (0, b + 0.8 * h)], 22)], color=color)
    link.cylinder(0.7 * r, h, (0, 0, 0), visible=False)


def _candle(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    link.cylinder(size[0] / 2, size[2] * 0.9, (0, 0, -0.05 * size[2]), color)
    link.cylinder(0.002, size[2] * 0.1, (0, 0, 0.45 * size[2]), (0.2, 0.2, 0.2), solid=False)


def _jar(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r, h = size[0] / 2, size[2]
    link.cylinder(r, 0.8 * h, (0, 0, -0.1 * h), color)
    link.cylinder(0.85 * r, 0.2 * h, (0, 0, 0.4 * h), (0.55, 0.57, 0.6))


# --- food -----------------------------------------------------------------------------------------------------------------
def _ball(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    r = size[0] / 2
    link.mesh([sphere(r, 0.004)], color=color)
    link.cylinder(0.0015, 0.012, (0, 0, r), (0.36, 0.24, 0.12), solid=False)
    link.sphere(r)


def _banana(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    angles = np.linspace(-0.8, 0.8, 9)
    thick = size[2] / 2 * np.array([0.35, 0.75, 0.95, 1, 1, 1, 0.95, 0.75, 0.35])
    bend = size[0] / 2 / np.sin(0.8)
    path = np.stack([bend * np.sin(angles), bend * (1 - np.cos(angles)) - size[1] * 0.3, thick - size[2] / 2], axis=1)
    link.mesh([tube(path, thick, 8)], texture=write_texture("banana", folder))
    touch_box(link, (size[0] * 0.9, size[1] * 0.6, size[2]))


def _carton(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    body = 0.75 * h
    link.box((w, d, body), (0, 0, -h / 2 + body / 2), color, solid=False)
    link.box((w * 1.005, d * 1.005, body * 0.3), (0, 0, -h / 2 + body * 0.55), (0.25, 0.42, 0.75), solid=False)
    roof = prism(
        [(-d / 2, 0), (d / 2, 0), (0.004, 0.2 * h), (0.004, 0.25 * h), (-0.004, 0.25 * h), (-0.004, 0.2 * h)], w
    )
    link.mesh([roof], (0, 0, -h / 2 + body), color=shade(color, 0.92))
    touch_box(link, (w, d, h))


def _pack(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    link.box(size, (0, 0, 0), texture=write_texture("cereal", folder))


def _bread(link: Link, size: Vec3, color: Color, folder: Path) -> None:
    w, d, h = size
    arc = [(d / 2 * np.cos(a), h * 0.45 * np.sin(a)) for a in np.linspace(0, np.pi, 9)]
    profile = [(-d / 2, -h / 2), (d / 2, -h / 2), *[(y, z + h * 0.05) for y, z in arc]]
    link.mesh([prism([(float(y), float(z)) for y, z in profile], w)], color=(0.70, 0.48, 0.26))
    touch_box(link, size)


WARE: dict[str, Maker] = {
    "mug": _cup, "glass": _glass, "plate": _plate, "bowl": _bowl, "pan": _pan, "pot": _pot, "kettle": _kettle, "vase": _vase,
    "candle": _candle, "salt": _jar, "yoghurt": _jar, "apple": _ball, "banana": _banana, "milk": _carton, "juice": _carton,
    "cereal box": _pack, "bread": _bread,
}  # fmt: skip
