"""What can be carried: mugs, a plate, fruit, packs. Sizes in metres, made for a hand that opens 8 cm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..geometry import F64
from .shapes import lathe, prism, rings, sphere, tube
from .textures import write_texture
from .urdf import Color, Friction, Link, Urdf

_ROUND = Friction(0.8, 0.0015, 0.001)
_FLAT = Friction(0.8, 0.0002, 0.0005)

MUG_COLORS: dict[str, Color] = {
    "red": (0.80, 0.16, 0.14),
    "blue": (0.16, 0.34, 0.76),
    "green": (0.18, 0.56, 0.30),
    "white": (0.92, 0.92, 0.90),
}


@dataclass(frozen=True)
class Kind:
    """A class of movable: ``height`` and footprint ``radius`` (around its origin) in metres, ``mass`` in kg.

    The body's origin is at the middle of its height, so it stands on a surface at ``z + height / 2``.
    """

    label: str
    height: float
    radius: float
    mass: float
    make: Callable[[Link, Path, Color], None]
    friction: Friction = _FLAT


def write_movable(kind: Kind, name: str, folder: Path, color: Color = (1, 1, 1)) -> tuple[Path, F64]:
    """The URDF of one movable and points (N, 3) around it in its own frame; ``color`` matters for mugs only."""
    urdf = Urdf(name, folder)
    link = urdf.link("body", kind.mass, friction=kind.friction)
    kind.make(link, folder, color)
    return urdf.write(), np.unique(np.concatenate(link.outline).round(5), axis=0)


def _mug(link: Link, folder: Path, color: Color) -> None:
    r, h, wall = 0.032, 0.090, 0.004
    b, t = -h / 2, h / 2
    shell = [(0, b), (r - 0.002, b), (r, b + 0.003), (r, t), (r - wall, t), (r - wall, b + wall), (0, b + wall)]
    bend = np.linspace(-np.pi / 2, np.pi / 2, 8)
    grip = np.stack([r - 0.002 + 0.022 * np.cos(bend), 0 * bend, 0.026 * np.sin(bend)], axis=1)
    link.mesh([lathe(shell), tube(grip, np.full(8, 0.005), 6)], color=color)
    link.cylinder(r, h, (0, 0, 0), visible=False)
    link.box((0.020, 0.010, 0.056), (r + 0.010, 0, 0), visible=False)


def _plate(link: Link, folder: Path, color: Color) -> None:
    b = -0.0125
    rim = [(0.055, b), (0.088, b + 0.025)]
    shell = [(0, b), *rim, (0.084, b + 0.025), (0.054, b + 0.006), (0, b + 0.006)]
    link.mesh([lathe(shell, 32)], color=(0.93, 0.95, 0.97))
    link.cylinder(0.055, 0.006, (0, 0, b + 0.003), visible=False)
    link.hulls(rings([(0.061, b + 0.005), rim[1]], 0.005, 12))


def _bowl(link: Link, folder: Path, color: Color) -> None:
    b = -0.029
    outer = [(0.036, b), (0.058, b + 0.024), (0.070, b + 0.058)]
    inner = [(r - 0.005, max(z, b + 0.006)) for r, z in reversed(outer)]
    link.mesh([lathe([(0, b), *outer, *inner, (0, b + 0.006)], 28)], color=(0.36, 0.66, 0.66))
    link.cylinder(0.036, 0.006, (0, 0, b + 0.003), visible=False)
    link.hulls(rings([(0.039, b + 0.005), outer[-1]], 0.005, 12))  # one band: each hull costs time in every step


def _apple(link: Link, folder: Path, color: Color) -> None:
    link.mesh([sphere(0.031, 0.004)], texture=write_texture("apple", folder))
    link.cylinder(0.0015, 0.012, (0, 0, 0.031), (0.36, 0.24, 0.12), solid=False)
    link.sphere(0.031)


def _orange(link: Link, folder: Path, color: Color) -> None:
    link.mesh([sphere(0.032)], texture=write_texture("orange", folder))
    link.sphere(0.032)


def _banana(link: Link, folder: Path, color: Color) -> None:
    angles = np.linspace(-0.68, 0.68, 9)
    radii = 0.0165 * np.array([0.35, 0.75, 0.95, 1, 1, 1, 0.95, 0.75, 0.35])
    bend = 0.097 - 0.105 * np.cos(angles)  # its middle, by mass, is the origin
    path = np.stack([0.105 * np.sin(angles), bend, radii - 0.0165], axis=1)  # flat below, or it would tip
    link.mesh([tube(path, radii, 10)], texture=write_texture("banana", folder))
    link.hulls([tube(path[i : i + 5 : 2], radii[i : i + 5 : 2], 6) for i in (0, 4)])


def _bottle(link: Link, folder: Path, color: Color) -> None:
    b = -0.1
    shell = [(0, b), (0.028, b), (0.028, b + 0.125), (0.012, b + 0.160), (0.012, b + 0.185), (0, b + 0.185)]
    link.mesh([lathe(shell)], color=(0.20, 0.48, 0.26))
    link.cylinder(0.0285, 0.05, (0, 0, b + 0.07), (0.93, 0.90, 0.78), solid=False)
    link.cylinder(0.0145, 0.022, (0, 0, b + 0.189), (0.80, 0.66, 0.20), solid=False)
    link.cylinder(0.028, 0.135, (0, 0, b + 0.0675), visible=False)
    link.cylinder(0.0145, 0.065, (0, 0, b + 0.1675), visible=False)


def _milk(link: Link, folder: Path, color: Color) -> None:
    side, body, height = 0.060, 0.135, 0.180
    b = -height / 2
    link.box((side, side, body), (0, 0, b + body / 2), texture=write_texture("milk", folder))
    half = side / 2
    roof = prism([(-half, 0), (half, 0), (0.004, 0.036), (0.004, 0.045), (-0.004, 0.045), (-0.004, 0.036)], side)
    link.mesh([roof], (0, 0, b + body), color=(0.30, 0.48, 0.80))
    link.hulls([roof], (0, 0, b + body))


def _can(link: Link, folder: Path, color: Color) -> None:
    r, t = 0.031, 0.055
    side = lathe([(r, -t), (r, t)])
    link.mesh([side], texture=write_texture("can", folder))
    link.mesh(
        [lathe([(0, -t), (r, -t)]), lathe([(r, t), (r - 0.002, t - 0.002), (0, t - 0.002)])], color=(0.72, 0.74, 0.76)
    )
    link.cylinder(r, 2 * t, (0, 0, 0), visible=False)


def _cereal(link: Link, folder: Path, color: Color) -> None:
    link.box((0.130, 0.050, 0.190), (0, 0, 0), texture=write_texture("cereal", folder))


def _sponge(link: Link, folder: Path, color: Color) -> None:
    link.box((0.090, 0.056, 0.026), (0, 0, -0.005), (0.96, 0.84, 0.26), solid=False)
    link.box((0.090, 0.056, 0.010), (0, 0, 0.013), (0.22, 0.52, 0.32), solid=False)
    link.box((0.090, 0.056, 0.036), (0, 0, 0), visible=False)


def _book(link: Link, folder: Path, color: Color) -> None:
    length, width, height = 0.105, 0.066, 0.028
    cover = 0.004
    link.box((width, length, cover), (0, 0, (height - cover) / 2), texture=write_texture("book", folder), solid=False)
    link.box((width, length, cover), (0, 0, -(height - cover) / 2), (0.13, 0.26, 0.47), solid=False)
    link.box((width - 0.006, length - 0.004, height - 2 * cover), (0.003, 0, 0), (0.95, 0.93, 0.86), solid=False)
    link.box((0.003, length, height - 2 * cover), (-width / 2 + 0.0015, 0, 0), (0.13, 0.26, 0.47), solid=False)
    link.box((width, length, height), (0, 0, 0), visible=False)


KINDS: dict[str, Kind] = {
    kind.label: kind
    for kind in (
        Kind("mug", 0.090, 0.055, 0.25, _mug),
        Kind("plate", 0.025, 0.088, 0.35, _plate),
        Kind("bowl", 0.058, 0.070, 0.25, _bowl),
        Kind("apple", 0.062, 0.031, 0.15, _apple, _ROUND),
        Kind("orange", 0.064, 0.032, 0.16, _orange, _ROUND),
        Kind("banana", 0.033, 0.075, 0.12, _banana),
        Kind("bottle", 0.200, 0.029, 0.35, _bottle),
        Kind("milk", 0.180, 0.042, 0.40, _milk),
        Kind("can", 0.110, 0.031, 0.30, _can),
        Kind("cereal box", 0.190, 0.070, 0.25, _cereal),
        Kind("sponge", 0.036, 0.053, 0.06, _sponge),
        Kind("book", 0.028, 0.062, 0.22, _book),
    )
}
