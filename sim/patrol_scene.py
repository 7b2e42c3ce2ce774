"""What there is to see in one room at one moment: panels of furniture, things, walls; and what a ray meets first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role
from ..geometry import F64, Box, transform
from .catalogue import FURNITURE
from .house import Furniture, House, Room

CEILING = 2.5  # metres
_PANEL = 0.015  # metres, how thick a board is
_TABLES = ("table", "dining table", "coffee table", "side table", "desk", "console table", "nightstand")
WALL = "wall"


@dataclass(frozen=True, eq=False)
class Solids:
    """Boxes that stop light: ``owner`` (B,) names what each belongs to; rotation (B, 3, 3), centre, half size (B, 3)."""

    owner: NDArray[np.str_]
    R: F64
    center: F64
    half: F64

    @classmethod
    def of(cls, boxes: Sequence[tuple[str, Box]]) -> Solids:
        """From (owner, box in the world)."""
        if not boxes:
            return cls(np.zeros(0, dtype="U1"), np.zeros((0, 3, 3)), np.zeros((0, 3)), np.zeros((0, 3)))
        return cls(
            np.array([name for name, _ in boxes]),
            np.array([b.T_ref_box[:3, :3] for _, b in boxes]),
            np.array([b.center for _, b in boxes]),
            np.array([b.size / 2 for _, b in boxes]),
        )

    def joined(self, other: Solids) -> Solids:
        """Both."""
        return Solids(
            np.concatenate([self.owner, other.owner]),
            np.concatenate([self.R, other.R]),
            np.concatenate([self.center, other.center]),
            np.concatenate([self.half, other.half]),
        )

    def first(self, eye: F64, points: F64) -> tuple[F64, NDArray[np.str_]]:
        """For rays from ``eye`` (3,) through ``points`` (N, 3): where each first meets a box, as a share of the way to its
        point (N,) (inf: never), and the owner's name (N,) ("" : none). Slab test in each box's frame (Kay & Kajiya 1986).
        """
        if not len(self.owner) or not len(points):
            return np.full(len(points), np.inf), np.full(len(points), "", dtype="U40")
        some = np.nonzero(self._in_cone(eye, points))[0]
        if not len(some):
            return np.full(len(points), np.inf), np.full(len(points), "", dtype="U40")
        R, half = self.R[some], self.half[some][:, None]
        origin = np.einsum("bji,bj->bi", R, eye - self.center[some])[:, None]
        way = (points - eye) @ R  # (B, N, 3): every ray in every box's frame
        way[np.abs(way) < 1e-12] = 1e-12
        enter, leave = (-half - origin) / way, (half - origin) / way
        enter, leave = np.minimum(enter, leave).max(axis=2), np.maximum(enter, leave).min(axis=2)
        t = np.where((enter <= leave) & (enter > 1e-6), enter, np.inf)
        best = t.argmin(axis=0)
        first = t[best, np.arange(len(points))]
        return first, np.where(np.isfinite(first), self.owner[some][best], "")

    def _in_cone(self, eye: F64, points: F64) -> NDArray[np.bool_]:
        """Boxes (B,) that some of the rays may meet: those whose ball touches the cone around all rays."""
        rays = points - eye
        rays = rays / np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-9)
        axis = rays.mean(axis=0)
        axis /= max(float(np.linalg.norm(axis)), 1e-9)
        open_angle = float(np.arccos(np.clip((rays @ axis).min(), -1.0, 1.0)))
        to, radius = self.center - eye, np.linalg.norm(self.half, axis=1)
        away = np.maximum(np.linalg.norm(to, axis=1), 1e-9)
        angle = np.arccos(np.clip(to @ axis / away, -1.0, 1.0))
        ball = np.where(radius < away, np.arcsin(np.clip(radius / away, 0.0, 1.0)), np.pi)
        return np.asarray(angle <= open_angle + ball + 0.01)


@dataclass(frozen=True, eq=False)
class Shown:
    """Something that may be seen: its class, box, colour, role and states; ``on`` is what it stands on or in, and how."""

    name: str
    kind: str
    box: Box
    color: str
    role: Role
    states: Mapping[str, str]
    on: tuple[str, str] | None = None  # (relation, name)


@dataclass(frozen=True, eq=False)
class Scene:
    """One room at one moment."""

    shown: Sequence[Shown]
    solids: Solids


def panels(piece: Furniture, is_open: bool) -> list[tuple[str, Box]]:
    """The boards, sides and fronts that a piece of furniture is made of, as far as they hide anything."""
    cls = FURNITURE[piece.kind]
    w, d, h = (float(s) for s in piece.box_world.size)
    if piece.kind in _TABLES:
        return [_part(piece, (w, d, 0.04), (0, 0, h / 2 - 0.02))]
    if not cls.boards:
        return [(piece.id, piece.box_world)]
    t = max(cls.wall, _PANEL)
    hung = cls.opens and not (is_open and cls.slides)
    found = [
        _part(piece, (w, t, h), (0, -(d - t) / 2, 0)),
        _part(piece, (t, d, h), (-(w - t) / 2, 0, 0)),
        _part(piece, (t, d, h), ((w - t) / 2, 0, 0)),
    ]
    heights = [-h / 2, *(b - h / 2 for b in cls.boards)]
    found += [_part(piece, (w, d, _PANEL), (0, 0, z - _PANEL / 2)) for z in heights[1:]]
    if not cls.slides:
        found += [_part(piece, (w, d, b - a), (0, 0, (a + b) / 2)) for a, b in pairwise(heights[:2]) if b - a > 0.12]
    top_open = piece.kind in ("sink", "laundry basket", "coat rack") and (is_open or not cls.opens)
    if not top_open and not (cls.slides and is_open):
        found.append(_part(piece, (w, d, t), (0, 0, (h - t) / 2)))
    if piece.kind in ("sink", "laundry basket") or (hung and not is_open):
        found.append(_part(piece, (w, t, h), (0, (d - t) / 2, 0)))
    if is_open and not cls.slides and piece.kind != "laundry basket":
        found.append(_leaf(piece, w, d, h))
    return found


def _leaf(piece: Furniture, w: float, d: float, h: float) -> tuple[str, Box]:
    """The open door, at a right angle to the front, hinged at the left; a dishwasher's lies down."""
    if piece.kind == "dishwasher":
        return _part(piece, (w, h - 0.1, 0.03), (0, d / 2 + (h - 0.1) / 2, -h / 2 + 0.1))
    return _part(piece, (0.03, min(w, 0.8), h), (-w / 2, d / 2 + min(w, 0.8) / 2, 0))


def _part(piece: Furniture, size: tuple[float, float, float], at: tuple[float, float, float]) -> tuple[str, Box]:
    return piece.id, Box(piece.box_world.T_ref_box @ transform(t=at), np.array(size))


def thing_solids(name: str, kind: str, box: Box) -> list[tuple[str, Box]]:
    """What a thing hides: all that is in its box; of a box that is open above, its bottom and sides."""
    if kind != "box":
        return [(name, box)]
    w, d, h = (float(s) for s in box.size)
    t = 0.006
    parts: list[tuple[tuple[float, float, float], tuple[float, float, float]]] = [
        ((w, d, t), (0, 0, (t - h) / 2)),
        ((t, d, h), ((t - w) / 2, 0, 0)),
        ((t, d, h), ((w - t) / 2, 0, 0)),
        ((w, t, h), (0, (t - d) / 2, 0)),
        ((w, t, h), (0, (d - t) / 2, 0)),
    ]
    return [(name, Box(box.T_ref_box @ transform(t=at), np.array(size))) for size, at in parts]


def room_solids(room: Room) -> list[tuple[str, Box]]:
    """Floor, ceiling and walls as slabs around the room: the view ends at them, also where there is a door or a stairwell."""
    x0, y0, x1, y1 = room.bounds
    out, z = 0.1, room.level
    top = z + CEILING
    return [
        (WALL, Box.from_bounds((x0 - out, y0 - out, z - out), (x1 + out, y1 + out, z))),
        (WALL, Box.from_bounds((x0 - out, y0 - out, top), (x1 + out, y1 + out, top + out))),
        (WALL, Box.from_bounds((x0 - out, y0 - out, z), (x0, y1 + out, top))),
        (WALL, Box.from_bounds((x1, y0 - out, z), (x1 + out, y1 + out, top))),
        (WALL, Box.from_bounds((x0 - out, y0 - out, z), (x1 + out, y0, top))),
        (WALL, Box.from_bounds((x0 - out, y1, z), (x1 + out, y1 + out, top))),
    ]


def stair_solids(house: House, room: Room) -> list[tuple[str, Box]]:
    """What hides something in a room with stairs: the steps where they begin, the rails around the hole where they end."""
    found: list[Box] = []
    for s in house.stairs:
        if room.id == s.rooms[0]:
            found += s.steps(room.level)
        elif room.id == s.rooms[1]:
            found += s.rails(room.level, room.bounds)
    return [(WALL, box) for box in found]


def surface(box: Box, eye: F64, per_edge: int = 4) -> F64:
    """Points (N, 3) on the faces of a box that look towards ``eye`` (3,), corners included, a hair outside."""
    local = box.T_ref_box[:3, :3].T @ (eye - box.center)
    half = box.size / 2
    grid = np.linspace(-0.995, 0.995, per_edge)
    found = []
    for axis in range(3):
        if abs(local[axis]) <= half[axis]:
            continue
        a, b = (i for i in range(3) if i != axis)
        u, v = np.meshgrid(grid, grid)
        face = np.zeros((per_edge * per_edge, 3))
        face[:, a], face[:, b] = u.ravel() * half[a], v.ravel() * half[b]
        face[:, axis] = np.sign(local[axis]) * (half[axis] + 1e-4)
        found.append(face)
    if not found:
        return np.zeros((0, 3))
    return np.asarray(np.concatenate(found) @ box.T_ref_box[:3, :3].T + box.center)
