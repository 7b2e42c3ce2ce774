"""What the makers of household things share: a colour made darker, a box to touch, a bent handle."""

from __future__ import annotations

import numpy as np

from .shapes import Mesh, tube
from .urdf import Color, Link, Vec3


def shade(color: Color, factor: float) -> Color:
    """Lighter or darker."""
    return (min(1.0, color[0] * factor), min(1.0, color[1] * factor), min(1.0, color[2] * factor))


def touch_box(link: Link, size: Vec3, at: Vec3 = (0.0, 0.0, 0.0)) -> None:
    """An invisible box to touch."""
    link.box(size, at, visible=False)


def scaled(mesh: Mesh, x: float, y: float, z: float) -> Mesh:
    """The same mesh, stretched along its axes."""
    return Mesh(mesh.vertices * (x, y, z), mesh.uvs, mesh.normals, mesh.faces)


def arch(radius: float, rise: float, at: Vec3, thick: float, angle: tuple[float, float] = (0.0, float(np.pi))) -> Mesh:
    """A bent rod in the (x, z) plane: a handle of ``radius`` sideways and ``rise`` upwards around ``at``."""
    bend = np.linspace(*angle, 9)
    path = np.stack([at[0] + radius * np.cos(bend), 0 * bend + at[1], at[2] + rise * np.sin(bend)], axis=1)
    return tube(path, np.full(9, thick), 6)
