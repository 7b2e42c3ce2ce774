"""What the agent of an iTHOR scene sees: visible things under AI2-THOR's rules, and pictures with depth.

A thing is visible when it is within the visibility distance on the floor plan and a point of its surface lies in the field of
view with nothing before it (AI2-THOR's "Collider" scheme, with points sampled on our boxes instead of Unity's hand-placed
ones). What never moves is asked by Open3D's RaycastingScene (Embree), what moves or opens by a slab test: so nothing has to
be built anew when a thing is put down.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contracts import ObjectReport
from ..geometry import F64, Box, PinholeCamera
from .ithor_joinery import holes_of, on_top, supports, under_basins
from .ithor_labels import label_of, states_of
from .ithor_picture import Model, Painter, Picture, camera_pose, pinhole, tint
from .ithor_rays import NOTHING, RayScene, first_box, lit, samples, vertices_of
from .ithor_shapes import DOORS, Parts, parts_of, room
from .ithor_world import REACH, IthorWorld, Thing

FOV = 60.0
"""ALFRED's vertical field of view, degrees."""
CLOSE_ENOUGH = 0.01
"""A ray that ends as much before a thing's surface still shows it, metres."""


@dataclass(frozen=True, eq=False)
class _Shape:
    """A thing as rays meet it: P parts, sampled by N points."""

    box: Box
    parts: Parts
    points: NDArray[np.float32]  # (N, 3) samples of its surface
    normals: NDArray[np.float32]  # (N, 3)
    levels: NDArray[np.float32]  # (N,) how far along its normal each lies: a point faces what is beyond that
    balls: F64  # (P,) radii of balls around the parts
    span: F64  # (2, 2) lower and upper bounds on the floor plan

    def moved(self, box: Box) -> _Shape:
        """The same shape elsewhere, not turned."""
        by = box.center - self.box.center
        parts = Parts(self.parts.centers + by, self.parts.yaws, self.parts.sizes)
        near = by.astype(np.float32)
        levels = self.levels + self.normals @ near
        return _Shape(box, parts, self.points + near, self.normals, levels, self.balls, self.span + by[:2])


class Sight:
    """The agent's eyes. It follows the world by itself: call ``visible``, ``reports`` or ``picture`` at any time."""

    def __init__(
        self, world: IthorWorld, *, width: int = 300, height: int = 300, fov: float = FOV, reach: float = REACH
    ) -> None:
        self.world = world
        self.reach = reach
        self.camera = pinhole(width, height, fov)
        self._support = supports(world)
        self._walls = room(world.scene.bounds, world.scene.body - 0.9)
        self._keys: dict[str, tuple[int, bool]] = {}
        self._shapes: dict[str, _Shape] = {}
        self._kept: dict[tuple[str, bool], _Shape] = {}  # as each thing was first met, shut and open
        self._still: list[int] = []
        self._inside: dict[str, list[str]] = {}
        self._fixed_ids = [i for i, t in world.things.items() if "pick" not in t.base.affords]
        boxes = [world.things[i].base.box_world for i in self._fixed_ids]
        self._turns, self._middles = np.array([b.T_ref_box[:3, :3] for b in boxes]), np.array([b.center for b in boxes])
        self._extents = np.array([b.size / 2 for b in boxes])
        self._ids: list[str] = []
        self._version = 0
        self._painter = Painter()
        self._drawn: tuple[int, Model] | None = None

    @property
    def T_world_cam(self) -> F64:
        """Camera pose (4, 4), OpenCV axes."""
        x, y, yaw = self.world.agent
        return camera_pose(float(x), float(y), self.world.eye, float(yaw), self.world.horizon)

    # --- what is seen ---------------------------------------------------------------------------------------------------
    def sees(self, id: str) -> bool:
        """True if that thing is visible."""
        return id in self.visible(only=id)

    def version(self) -> int:
        """Counts the changes of what can be seen."""
        self._follow()
        return self._version

    def visible(self, only: str | None = None) -> list[str]:
        """Ids of the visible things, furniture first; what is in the hand is visible, too. ``only``: ask for one thing."""
        self._follow()
        T, held = self.T_world_cam, self.world.carried()
        eye, R = T[:3, 3], T[:3, :3].astype(np.float32)
        start = eye.astype(np.float32)
        gap = np.maximum(np.maximum(self._spans[:, 0] - eye[:2], eye[:2] - self._spans[:, 1]), 0.0)
        near = self._present & ((gap**2).sum(axis=1) <= self.reach**2)
        if only is not None:
            near &= np.array([i == only for i in self._ids])
        facing = self._levels < self._normals @ start
        chosen = np.flatnonzero(facing & np.repeat(near, self._counts))
        gaps = self._points.take(chosen, axis=0) - start
        right, down, ahead = (gaps @ R).T
        u, v = (self.camera.width / 2 / self.camera.fx, self.camera.height / 2 / self.camera.fy)
        inside = (ahead > 0) & (np.abs(right) < u * ahead) & (np.abs(down) < v * ahead)
        owner, rays = self._owner.take(chosen[inside]), gaps[inside]  # a ray's length is 1 at its own point
        if not len(owner):
            return held
        t, found = self._first(T, rays, (u, v))
        far = np.sqrt(np.einsum("ij,ij->i", rays, rays))
        seen = np.zeros(len(self._ids), dtype=bool)
        seen[owner[(found == owner) | ((t - 1) * far > -CLOSE_ENOUGH)]] = True
        for k in [k for k in self._stuck if near[k] and not seen[k]]:
            seen[k] = bool(np.isin(found[owner == k], self._stuck[k]).any())
        ids = [self._ids[k] for k in np.flatnonzero(seen).tolist()]
        return [i for i in ids if not self.world.shut_in(i)] + held

    def _first(
        self, T: F64, rays: NDArray[np.float32], half: tuple[float, float]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """What rays (R, 3) from the camera at ``T`` first meet: how far (R,), in lengths of the ray, and whose it is (R,).
        They lie within ``half`` the picture's width and height at one metre."""
        cast = np.empty((len(rays), 6), dtype=np.float32)
        cast[:, :3], cast[:, 3:] = T[:3, 3], rays
        t, found = self._fixed.owners_hit(cast)
        # of what moves, only what the bundle of rays can meet: balls that touch the picture's pyramid, as far as it goes
        to = self._centers - T[:3, 3]
        right, down, ahead = np.abs(to @ T[:3, :3]).T
        reach = float(np.sqrt(np.einsum("ij,ij->i", rays, rays).max()))
        some = self._shown & (np.einsum("ij,ij->i", to, to) < (reach + self._balls) ** 2)
        some &= (to @ T[:3, 2]) > -self._balls
        for side, tangent in ((right, half[0]), (down, half[1])):
            some &= side - tangent * ahead < self._balls * np.hypot(1.0, tangent)
        k = np.flatnonzero(some)
        if not len(k):
            return t, found
        near, which = first_box(self._centers[k], self._yaws[k], self._halves[k], T[:3, 3], rays)
        return np.minimum(t, near), np.where(near < t, self._whose[k][which], found)

    def reports(self) -> list[ObjectReport]:
        """The visible things as a system without pixels reports them."""
        world, scene = self.world, self.world.scene.name
        return [
            ObjectReport(
                world.time, "agent", scene, {label_of(t.type): 1.0}, t.box_world, states_of(t.states, t.base.affords)
            )
            for t in (world.things[i] for i in self.visible())
        ]

    def picture(self, camera: PinholeCamera | None = None, T_world_cam: F64 | None = None) -> Picture:
        """What the agent's camera (or another one, from elsewhere) shows. What is in the hand is not drawn."""
        self._follow()
        T = self.T_world_cam if T_world_cam is None else T_world_cam
        return self._painter.paint(self._model(), tuple(self._ids), camera or self.camera, T)

    def overview(
        self,
        camera: PinholeCamera,
        T_world_cam: F64,
        *,
        walls: Parts,
        without: Collection[str] = (),
        color: Callable[[str, str], F64] = tint,
        far: float = 100.0,
    ) -> Picture:
        """A picture from outside: of the room's own walls only ``walls`` are left standing, the things ``without`` are left
        out, and ``color`` of class and id gives each thing's colour (3,) in 0..255."""
        self._follow()
        model = self._modelled(walls, without, color)
        return self._painter.paint(model, tuple(self._ids), camera, T_world_cam, far)

    def _model(self) -> Model:
        """Everything in one ray scene, for pictures."""
        if self._drawn is None or self._drawn[0] != self._version:
            self._drawn = (self._version, self._modelled(self._walls))
        return self._drawn[1]

    def _modelled(self, walls: Parts, without: Collection[str] = (), color: Callable[[str, str], F64] = tint) -> Model:
        shown = [
            (k, self._shapes[i].parts, i) for k, i in enumerate(self._ids) if self._present[k] and i not in without
        ]
        owners = [np.full(len(p.yaws), k, dtype=np.int32) for k, p, _ in shown]
        colors = [lit(color(self.world.things[i].type, i), len(p.yaws)) for _, p, i in shown]
        return Model.of(
            [*(vertices_of(p) for _, p, _ in shown), vertices_of(walls)],
            np.concatenate([*owners, np.full(len(walls.yaws), NOTHING, dtype=np.int32)]),
            np.concatenate([*colors, lit(np.array([214.0, 208.0, 198.0]), len(walls.yaws))]),
        )

    # --- following the world ---------------------------------------------------------------------------------------------
    def _follow(self) -> None:
        """Bring shapes up to the world's present state; cheap when nothing moved."""
        world, hidden = self.world, set(self.world.carried())
        keys = {
            i: (id(t.box_world), "open" in t.states)
            for i, t in world.things.items()
            if i not in hidden and i not in world.broken_out
        }
        if keys == self._keys:
            return
        changed = [i for i, key in keys.items() if self._keys.get(i) != key]
        sizes = {i: (len(s.points), len(s.balls)) for i in changed if (s := self._shapes.get(i))}
        for i in changed:
            self._shapes[i] = self._shape(world.things[i])
        self._version += 1
        self._keys = keys
        self._boxes = [world.things[i].box_world for i in keys]  # kept, so that an id() in a key stays taken
        if any(sizes.get(i) != (len(s.points), len(s.balls)) for i in changed for s in [self._shapes[i]]):
            self._arrange()
        else:
            for i in changed:
                self._put(self._place[i], self._shapes[i])
        self._inside |= {i: self._around(i) for i in changed if "pick" in world.things[i].base.affords}
        self._stuck = {
            self._place[i]: [self._place[o] for o in others]
            for i, others in self._inside.items()
            if others and i in keys
        }
        self._present = np.array([i in keys for i in self._ids])
        self._shown = self._present[self._whose]

    def _arrange(self) -> None:
        """All arrays anew: a thing came, or has another shape."""
        things = self.world.things
        loose = [i for i in self._shapes if "pick" in things[i].base.affords]
        self._ids = [i for i in self._shapes if "pick" not in things[i].base.affords] + loose
        self._place = {i: k for k, i in enumerate(self._ids)}
        shapes = [self._shapes[i] for i in self._ids]
        numbers = np.arange(len(shapes), dtype=np.int32)
        self._counts = np.array([len(s.points) for s in shapes])
        self._starts = np.concatenate([[0], np.cumsum(self._counts)])
        self._owner = np.repeat(numbers, self._counts)
        self._points = np.concatenate([s.points for s in shapes])
        self._normals = np.concatenate([s.normals for s in shapes])
        self._levels = np.concatenate([s.levels for s in shapes])
        self._spans = np.array([s.span for s in shapes])
        moving = [bool(things[i].base.affords & {"pick", "open"}) for i in self._ids]
        movers = [s for s, m in zip(shapes, moving, strict=True) if m]
        boxes = np.array([len(s.balls) if m else 0 for s, m in zip(shapes, moving, strict=True)])
        self._boxes_of = np.concatenate([[0], np.cumsum(boxes)])
        self._whose = np.repeat(numbers, boxes)
        self._centers = np.concatenate([np.zeros((0, 3)), *(s.parts.centers for s in movers)])
        self._halves = np.concatenate([np.zeros((0, 3)), *(s.parts.sizes / 2 for s in movers)])
        self._yaws = np.concatenate([np.zeros(0), *(s.parts.yaws for s in movers)])
        self._balls = np.concatenate([np.zeros(0), *(s.balls for s in movers)])
        still = [k for k, m in enumerate(moving) if not m]
        if still != self._still:  # furniture comes first and stays: once for each world
            self._still = still
            owners = [np.full(len(shapes[k].parts.yaws), k, dtype=np.int32) for k in still]
            self._fixed = RayScene(
                [*(vertices_of(shapes[k].parts) for k in still), vertices_of(self._walls)],
                np.concatenate([*owners, np.full(len(self._walls.yaws), NOTHING, dtype=np.int32)]),
            )

    def _around(self, id: str) -> list[str]:
        """Furniture in whose box a loose thing lies though it is not in it: the box is larger than the furniture (a chair's
        legs, a plant's leaves, a screen's foot), so that it cannot hide the thing."""
        if not len(self._fixed_ids):
            return []
        local = np.einsum("mji,mj->mi", self._turns, self.world.things[id].box_world.center - self._middles)
        inside = np.flatnonzero((np.abs(local) <= self._extents).all(axis=1))
        holders = self.world.holder(id)
        return [self._fixed_ids[k] for k in inside.tolist() if self._fixed_ids[k] not in holders]

    def _put(self, k: int, shape: _Shape) -> None:
        """Enter one thing's shape, which has as many points and parts as before, into the arrays."""
        a, b = self._starts[k], self._starts[k + 1]
        self._points[a:b], self._normals[a:b], self._levels[a:b] = shape.points, shape.normals, shape.levels
        self._spans[k] = shape.span
        c, d = self._boxes_of[k], self._boxes_of[k + 1]
        if d > c:
            self._centers[c:d], self._halves[c:d] = shape.parts.centers, shape.parts.sizes / 2
            self._yaws[c:d], self._balls[c:d] = shape.parts.yaws, shape.balls

    def _shape(self, thing: Thing) -> _Shape:
        id, is_open = thing.base.id, "open" in thing.states
        loose = "pick" in thing.base.affords
        box = on_top(self.world, thing, self._support) if loose else under_basins(self.world, thing)
        kept = self._kept.get((id, is_open))
        if kept is None or not _alike(kept.box, box):
            front = self.world.front(id) if is_open and thing.type in DOORS else None
            holes = holes_of(self.world, thing)
            parts = parts_of(thing.type, box, is_open=is_open, front=front, support=self._support.get(id), holes=holes)
            points, normals = samples(parts)
            levels = np.einsum("ij,ij->i", points, normals)
            balls, span = np.linalg.norm(parts.sizes, axis=1) / 2, np.array(box.bounds())[:, :2]
            kept = _Shape(box, parts, points, normals, levels, balls, span)
            self._kept[id, is_open] = kept
        return kept if (kept.box.center == box.center).all() else kept.moved(box)


def _alike(a: Box, b: Box) -> bool:
    """Equal but for the place."""
    return bool((a.size == b.size).all() and (a.T_ref_box[:3, :3] == b.T_ref_box[:3, :3]).all())
