"""Where the patrolling robot stands and looks in a room: few views that show as much of every place as can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64, PinholeCamera, apply, inverse, rotation_z, transform
from .house import Furniture, House, Room
from .patrol_look import FAR
from .patrol_scene import Solids, panels, room_solids, stair_solids
from .patrol_verdict import place_points

HEIGHT = 1.35  # metres, of the camera
_PITCH = (0.25, 0.6)  # radians down
_YAWS = 12
_STANDS = 14  # places to stand that are tried
_MOST = 6  # views of one room
_WORTH = 0.025  # share of the room's places that one more view has to show
_ROBOT = 0.3  # metres, radius


@dataclass(frozen=True, eq=False)
class View:
    """A place to stand (x, y), and the poses of base and camera there."""

    position: F64
    T_world_base: F64
    T_world_cam: F64


def choose_views(house: House, room: Room, camera: PinholeCamera, rng: np.random.Generator) -> list[View]:
    """Views of a room, greedily by how much of its places (open, as they are at best) each shows anew; at least one."""
    pieces = [f for f in house.furniture if f.room == room.id]
    structure = [*room_solids(room), *stair_solids(house, room)]
    solids = Solids.of([*structure, *(p for f in pieces for p in panels(f, True))])
    grids = [_asked(f) for f in pieces]
    points = np.concatenate(grids) if grids else np.zeros((0, 3))
    owners = np.repeat(np.arange(len(pieces)), [len(g) for g in grids])
    tried: list[tuple[View, NDArray[np.bool_]]] = []
    bodies = [f.box_world.bounds() for f in pieces]
    bodies += [_column(s.outline, room.level) for s in house.stairs if room.id in s.rooms]
    for stand in _stands(room, bodies, rng):
        eye = np.array([stand[0], stand[1], room.level + HEIGHT])
        first, _ = solids.first(eye, points)
        clear = (first > 0.99) & (np.linalg.norm(points - eye, axis=1) < 0.8 * FAR)
        for k in range(_YAWS):
            for pitch in _PITCH:
                view = _view(stand, 2 * np.pi * k / _YAWS, pitch, room.level)
                tried.append((view, clear & _in_frame(camera, view.T_world_cam, points)))
    chosen: list[View] = []
    left = np.ones(len(points), dtype=np.bool_)
    while len(chosen) < _MOST and tried:
        gains = [int((left & shows).sum()) for _, shows in tried]
        best = int(np.argmax(gains))
        if chosen and gains[best] < max(3, _WORTH * len(points)):
            break
        chosen.append(tried[best][0])
        left &= ~tried[best][1]
    for owner in range(len(pieces)):  # nothing is left out altogether
        mine = owners == owner
        gains = [int((mine & shows).sum()) for _, shows in tried]
        if (left | ~mine).all() and max(gains, default=0) > 0:
            best = int(np.argmax(gains))
            chosen.append(tried[best][0])
            left &= ~tried[best][1]
    return _in_walking_order(chosen)


def _asked(piece: Furniture) -> F64:
    """Points (N, 3) of the places on and in a piece, and of its upper rim, by which it is seen itself."""
    box = piece.box_world
    rim = np.array([(x, y, 0.51) for x in (-0.52, 0.0, 0.52) for y in (0.0, 0.52)]) * box.size
    return np.concatenate([place_points(piece.kind, box), apply(box.T_ref_box, rim)])


def _stands(room: Room, bodies: list[tuple[F64, F64]], rng: np.random.Generator) -> list[F64]:
    """Free floor for the robot, a few places drawn by chance; the middle of the room if there is none."""
    x0, y0, x1, y1 = room.bounds
    xs, ys = np.meshgrid(np.arange(x0 + 0.45, x1 - 0.4, 0.3), np.arange(y0 + 0.45, y1 - 0.4, 0.3))
    grid = np.stack([xs.ravel(), ys.ravel()], axis=1)
    for low, high in bodies:
        if low[2] < room.level + 1.0 and len(grid):
            gap = np.maximum(np.maximum(low[:2] - grid, grid - high[:2]), 0.0)
            grid = grid[np.linalg.norm(gap, axis=1) > _ROBOT]
    if not len(grid):
        return [np.array(room.center)]
    return [grid[i] for i in rng.permutation(len(grid))[:_STANDS]]


def _column(outline: tuple[float, float, float, float], level: float) -> tuple[F64, F64]:
    """Floor that cannot be stood on."""
    x0, y0, x1, y1 = outline
    return np.array([x0, y0, level]), np.array([x1, y1, level])


def _view(stand: F64, yaw: float, pitch: float, level: float = 0.0) -> View:
    s, c = np.sin(pitch), np.cos(pitch)
    R = rotation_z(yaw) @ np.array([[0.0, -s, c], [-1.0, 0.0, 0.0], [0.0, -c, -s]])
    base = transform(rotation_z(yaw), (stand[0], stand[1], level))
    return View(np.asarray(stand), base, transform(R, (stand[0], stand[1], level + HEIGHT)))


def _in_frame(camera: PinholeCamera, T_world_cam: F64, points: F64) -> NDArray[np.bool_]:
    uv, z = camera.project(apply(inverse(T_world_cam), points))
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (z > 0.3) & (uv > 8).all(axis=1) & (uv[:, 0] < camera.width - 8) & (uv[:, 1] < camera.height - 8)
        )


def _in_walking_order(views: list[View]) -> list[View]:
    """Nearest next."""
    left, ordered = list(views), []
    here = left[0].position if left else np.zeros(2)
    while left:
        nearest = min(range(len(left)), key=lambda i: float(np.linalg.norm(left[i].position - here)))
        ordered.append(left.pop(nearest))
        here = ordered[-1].position
    return ordered
