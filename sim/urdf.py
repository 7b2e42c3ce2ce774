"""A URDF file put together from boxes, cylinders and meshes, in a folder that holds its meshes and textures too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..geometry import F64
from .shapes import Mesh, box, lathe, write_obj

Vec3 = tuple[float, float, float]
Color = tuple[float, float, float]


@dataclass(frozen=True)
class Friction:
    """Contact parameters: Coulomb coefficients, and resistance to rolling and spinning in metres."""

    lateral: float = 0.7
    rolling: float = 0.0
    spinning: float = 0.0005


@dataclass
class Link:
    """One rigid link: ``mass`` kg (0 for a fixed base), what is seen of it and what is touched of it."""

    name: str
    folder: Path
    mass: float = 0.0
    center: Vec3 = (0.0, 0.0, 0.0)
    friction: Friction = field(default_factory=Friction)
    outline: list[F64] = field(default_factory=list)  # points (N, 3) around what is seen, in the link's frame
    _parts: list[str] = field(default_factory=list)

    def box(
        self,
        size: Vec3,
        at: Vec3,
        color: Color = (1.0, 1.0, 1.0),
        texture: Path | None = None,
        tiles: float | None = None,
        solid: bool = True,
        visible: bool = True,
    ) -> None:
        """A box of ``size`` metres centred ``at``; textured boxes repeat the picture ``tiles`` times a metre."""
        shape = f'<box size="{_text(size)}"/>'
        if solid:
            self._parts.append(f"<collision>{_origin(at)}<geometry>{shape}</geometry></collision>")
        if visible and texture is not None:
            self.mesh([box(size, tiles)], at, texture=texture)
        elif visible:
            self.outline.append(box(size).vertices + np.asarray(at))
            self._parts.append(_visual(shape, at, color, f"{self.name}{len(self._parts)}"))

    def cylinder(
        self, radius: float, length: float, at: Vec3, color: Color = (1, 1, 1), solid: bool = True, visible: bool = True
    ) -> None:
        """An upright cylinder centred ``at``."""
        shape = f'<cylinder radius="{radius:.6g}" length="{length:.6g}"/>'
        if solid:
            self._parts.append(f"<collision>{_origin(at)}<geometry>{shape}</geometry></collision>")
        if visible:
            self.outline.append(lathe([(radius, -length / 2), (radius, length / 2)]).vertices + np.asarray(at))
            self._parts.append(_visual(shape, at, color, f"{self.name}{len(self._parts)}"))

    def sphere(self, radius: float, at: Vec3 = (0.0, 0.0, 0.0)) -> None:
        """An invisible sphere to touch."""
        shape = f'<sphere radius="{radius:.6g}"/>'
        self._parts.append(f"<collision>{_origin(at)}<geometry>{shape}</geometry></collision>")

    def mesh(
        self, meshes: Sequence[Mesh], at: Vec3 = (0.0, 0.0, 0.0), color: Color = (1, 1, 1), texture: Path | None = None
    ) -> None:
        """Meshes to see, in one colour or with a texture."""
        path = write_obj(self.folder / f"{self.name}_{len(self._parts)}.obj", meshes, texture)
        self.outline += [mesh.vertices + np.asarray(at) for mesh in meshes]
        shape = f'<mesh filename="{path}"/>'
        name = None if texture is not None else f"{self.name}{len(self._parts)}"
        self._parts.append(_visual(shape, at, color, name))

    def hulls(self, pieces: Sequence[Mesh], at: Vec3 = (0.0, 0.0, 0.0)) -> None:
        """Convex pieces to touch; each group of the file becomes one hull of a compound."""
        path = write_obj(self.folder / f"{self.name}_{len(self._parts)}_touch.obj", pieces)
        shape = f'<mesh filename="{path}"/>'
        self._parts.append(f"<collision>{_origin(at)}<geometry>{shape}</geometry></collision>")

    def xml(self) -> str:
        """The link's element."""
        f = self.friction
        inertial = (
            f'<inertial>{_origin(self.center)}<mass value="{self.mass:.6g}"/>'
            '<inertia ixx="1e-3" ixy="0" ixz="0" iyy="1e-3" iyz="0" izz="1e-3"/></inertial>'
        )
        contact = (
            f'<contact><lateral_friction value="{f.lateral}"/><rolling_friction value="{f.rolling}"/>'
            f'<spinning_friction value="{f.spinning}"/></contact>'
        )
        return f'<link name="{self.name}">{contact}{inertial}{"".join(self._parts)}</link>'


@dataclass
class Urdf:
    """Links and joints under one name."""

    name: str
    folder: Path
    links: list[Link] = field(default_factory=list)
    joints: list[str] = field(default_factory=list)

    def link(self, name: str, mass: float = 0.0, center: Vec3 = (0, 0, 0), friction: Friction | None = None) -> Link:
        """Add a link; the first is the base."""
        made = Link(f"{self.name}_{name}", self.folder, mass, center, friction or Friction())
        self.links.append(made)
        return made

    def joint(self, child: Link, parent: Link, at: Vec3, axis: Vec3 | None = None, upper: float = 0.0) -> None:
        """Fix ``child`` to ``parent``, or let it turn (``axis`` given, see ``slide``) from 0 to ``upper`` radians."""
        kind = "fixed" if axis is None else "revolute"
        self._joint(kind, child, parent, at, axis, upper)

    def slide(self, child: Link, parent: Link, at: Vec3, axis: Vec3, upper: float) -> None:
        """Let ``child`` slide along ``axis`` from 0 to ``upper`` metres."""
        self._joint("prismatic", child, parent, at, axis, upper)

    def _joint(self, kind: str, child: Link, parent: Link, at: Vec3, axis: Vec3 | None, upper: float) -> None:
        moves = ""
        if axis is not None:
            moves = f'<axis xyz="{_text(axis)}"/><limit lower="0" upper="{upper:.6g}" effort="200" velocity="5"/>'
        self.joints.append(
            f'<joint name="{child.name}_joint" type="{kind}">{_origin(at)}<parent link="{parent.name}"/>'
            f'<child link="{child.name}"/>{moves}</joint>'
        )

    def write(self) -> Path:
        """The file; meshes are beside it."""
        path = self.folder / f"{self.name}.urdf"
        body = "\n".join([*(link.xml() for link in self.links), *self.joints])
        path.write_text(f'<?xml version="1.0"?>\n<robot name="{self.name}">\n{body}\n</robot>\n')
        return path


def _text(values: Sequence[float]) -> str:
    return " ".join(f"{v:.6g}" for v in values)


def _origin(at: Vec3) -> str:
    return f'<origin xyz="{_text(at)}" rpy="0 0 0"/>'


def _visual(shape: str, at: Vec3, color: Color, material: str | None) -> str:
    paint = f'<material name="{material}"><color rgba="{_text(color)} 1"/></material>' if material else ""
    return f"<visual>{_origin(at)}<geometry>{shape}</geometry>{paint}</visual>"
