"""What the agent of an iTHOR scene sees: visible things under AI2-THOR's rules, and pictures with depth.

A thing is visible when it is within the visibility distance on the floor plan and a point of its surface lies in the field of
view with nothing before it (AI2-THOR's "Collider" scheme, with points sampled on our boxes instead of Unity's hand-placed
ones). Rays are cast by Open3D's RaycastingScene (Embree) against the parts of ``ithor_shapes``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..contracts import ObjectReport
from ..errors import InputError
from ..geometry import F64, PinholeCamera, transform
from .ithor_joinery import holes_of, on_top, supports, under_basins
from .ithor_labels import label_of, states_of
from .ithor_rays import NOTHING, RayScene, lit, samples, vertices_of
from .ithor_shapes import DOORS, parts_of, room
from .ithor_world import REACH, IthorWorld, Thing

FOV = 60.0
"""ALFRED's vertical field of view, degrees."""
FAR = 20.0
"""AI2-THOR's far plane, metres."""
CLOSE_ENOUGH = 0.01
"""A ray that ends as much before a thing's surface still shows it, metres."""


@dataclass(frozen=True, eq=False)
class Picture:
    """``rgb`` (H, W, 3) uint8; ``depth`` (H, W) float32 metres along the axis, 0 = none; ``index`` (H, W) int32 into ``ids``,
    -1 = walls; where it was taken from."""

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    index: NDArray[np.int32]
    ids: tuple[str, ...]
    camera: PinholeCamera
    T_world_cam: F64


@dataclass(frozen=True, eq=False)
class _Shape:
    """A thing as rays meet it: P parts, sampled by N points."""

    points: NDArray[np.float32]  # (N, 3) samples of its surface
    normals: NDArray[np.float32]  # (N, 3)
    low: F64  # (2,) bounds on the floor plan
    high: F64
    vertices: NDArray[np.float32]  # (8 P, 3)
    colors: NDArray[np.uint8]  # (6 P, 3), a face each


def pinhole(width: int, height: int, fov: float) -> PinholeCamera:
    """A camera of ``width`` × ``height`` pixels with a vertical field of view of ``fov`` degrees. ``InputError``."""
    if not (0 < width <= 4096 and 0 < height <= 4096 and 1 <= fov < 180):
        raise InputError(f"camera {width}×{height}, {fov}° is not usable: 1 to 4096 pixels, 1 to below 180 degrees")
    f = height / 2 / np.tan(np.deg2rad(fov) / 2)
    return PinholeCamera(float(f), float(f), (width - 1) / 2, (height - 1) / 2, width, height)


class Sight:
    """The agent's eyes. It follows the world by itself: call ``visible``, ``reports`` or ``picture`` at any time."""

    def __init__(
        self, world: IthorWorld, *, width: int = 300, height: int = 300, fov: float = FOV, reach: float = REACH
    ) -> None:
        self.world = world
        self.reach = reach
        self.camera = pinhole(width, height, fov)
        self._support = supports(world)
        walls = room(world.scene.bounds, world.scene.body - 0.9)
        self._walls = (vertices_of(walls), lit(np.array([214.0, 208.0, 198.0]), len(walls.yaws)))
        self._keys: dict[str, tuple[int, bool]] = {}
        self._shapes: dict[str, _Shape] = {}
        self._ids: list[str] = []
        self._version = 0
        self._fixed_key: tuple[int, ...] | None = None
        self._drawn: tuple[int, tuple[RayScene, NDArray[np.int32], NDArray[np.uint32]]] | None = None
        self._rays: tuple[PinholeCamera, NDArray[np.float32]] | None = None

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
        T = self.T_world_cam
        eye = T[:3, 3]
        gap = np.maximum(np.maximum(self._low - eye[:2], eye[:2] - self._high), 0.0)
        near = (gap**2).sum(axis=1) <= self.reach**2
        if only is not None:
            near &= np.array(self._ids) == only
        chosen = np.flatnonzero(near[self._owner])
        gaps = self._points[chosen] - eye.astype(np.float32)
        facing = np.einsum("ij,ij->i", self._normals[chosen], gaps) < 0
        chosen, gaps = chosen[facing], gaps[facing]
        right, down, ahead = (gaps @ T[:3, :3].astype(np.float32)).T
        c = self.camera
        u, v = c.width / 2 / c.fx, c.height / 2 / c.fy
        inside = (ahead > 0) & (np.abs(right) < u * ahead) & (np.abs(down) < v * ahead)
        owner, held = self._owner[chosen[inside]], self.world.carried()
        if not len(owner):
            return held
        rays = np.empty((len(owner), 6), dtype=np.float32)
        rays[:, :3], rays[:, 3:] = eye, gaps[inside]  # a ray's length is 1 at its own point
        t, found = self._fixed.owners_hit(rays)
        t_loose, found_loose = self._loose.owners_hit(rays)
        t, found = np.minimum(t, t_loose), np.where(t_loose < t, found_loose, found)
        far = np.linalg.norm(rays[:, 3:], axis=1)
        seen = np.zeros(len(self._ids), dtype=bool)
        seen[owner[(found == owner) | ((t - 1) * far > -CLOSE_ENOUGH)]] = True
        return [i for k, i in enumerate(self._ids) if seen[k] and not self.world.shut_in(i)] + held

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
        camera = camera or self.camera
        T = self.T_world_cam if T_world_cam is None else T_world_cam
        scene, owners, colors = self._whole()
        t, face = self._filled(scene, camera, T)
        lost = ~(t <= FAR)
        if lost.any():
            t, face = np.where(lost, np.float32(0), t), np.where(lost, len(owners) - 1, face)
        index = owners.take(face)
        rgb = np.ascontiguousarray(colors.take(face).view(np.uint8).reshape(*face.shape, 4)[..., :3])
        return Picture(rgb, t, index, tuple(self._ids), camera, T)

    def _filled(self, scene: RayScene, camera: PinholeCamera, T: F64) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Depth (H, W) and face (H, W) of every pixel; rays for one pixel in four, and for all where faces meet.

        Between four neighbours on one flat face, 1/depth is linear in the image, so that nothing is lost there but what is
        narrower than two pixels.
        """
        h, w = (camera.height + 1) // 2, (camera.width + 1) // 2
        if self._rays is None or self._rays[0] != camera:
            u, v = np.meshgrid(np.arange(2 * w + 1), np.arange(2 * h + 1))
            plane = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=-1)
            self._rays = (camera, plane.astype(np.float32))
        plane, R = self._rays[1], T[:3, :3].T.astype(np.float32)
        t4, f4 = _trace(scene, T, plane[::2, ::2].reshape(-1, 3) @ R)
        t4, f4 = t4.reshape(h + 1, w + 1), f4.reshape(h + 1, w + 1)
        corner = f4[:-1, :-1]
        same = (corner == f4[1:, :-1]) & (corner == f4[:-1, 1:]) & (corner == f4[1:, 1:])
        near = 1 / t4
        across, down = (near[:-1, 1:] - near[:-1, :-1]) / 2, (near[1:, :-1] - near[:-1, :-1]) / 2
        inverse = np.empty((h, 2, w, 2), dtype=np.float32)
        inverse[:, 0, :, 0] = near[:-1, :-1]
        inverse[:, 0, :, 1] = near[:-1, :-1] + across
        inverse[:, 1, :, 0] = near[:-1, :-1] + down
        inverse[:, 1, :, 1] = inverse[:, 1, :, 0] + across
        with np.errstate(divide="ignore"):
            t = np.reciprocal(inverse).reshape(2 * h, 2 * w)
        face = np.repeat(np.repeat(corner, 2, axis=0), 2, axis=1)
        rows, columns = np.nonzero(~same)
        rows = np.concatenate([2 * rows, 2 * rows + 1, 2 * rows + 1])
        columns = np.concatenate([2 * columns + 1, 2 * columns, 2 * columns + 1])
        if len(rows):
            t[rows, columns], face[rows, columns] = _trace(scene, T, plane[rows, columns] @ R)
        return t[: camera.height, : camera.width], face[: camera.height, : camera.width]

    # --- following the world ---------------------------------------------------------------------------------------------
    def _follow(self) -> None:
        """Bring shapes and ray scene up to the world's present state; cheap when nothing moved."""
        world, hidden = self.world, set(self.world.carried())
        keys = {
            i: (id(t.box_world), "open" in t.states)
            for i, t in world.things.items()
            if i not in hidden and i not in world.broken_out
        }
        if keys == self._keys:
            return
        loose = [i for i in keys if "pick" in world.things[i].base.affords]
        fixed = [i for i in keys if "pick" not in world.things[i].base.affords]
        for i, key in keys.items():
            if self._keys.get(i) != key:
                self._shapes[i] = self._shape(world.things[i])
        self._version += 1
        self._keys, self._ids = keys, fixed + loose
        self._boxes = [world.things[i].box_world for i in keys]  # kept, so that an id() in a key stays taken
        shapes = [self._shapes[i] for i in self._ids]
        self._low, self._high = np.array([s.low for s in shapes]), np.array([s.high for s in shapes])
        self._points = np.concatenate([s.points for s in shapes])
        self._normals = np.concatenate([s.normals for s in shapes])
        self._owner = np.repeat(np.arange(len(shapes)), [len(s.points) for s in shapes])
        self._split(shapes, len(fixed))

    def _shape(self, thing: Thing) -> _Shape:
        id = thing.base.id
        is_open = "open" in thing.states
        front = self.world.front(id) if is_open and thing.type in DOORS else None
        support = self._support.get(id)
        loose = "pick" in thing.base.affords
        box = on_top(self.world, thing, self._support) if loose else under_basins(self.world, thing)
        holes = holes_of(self.world, thing)
        parts = parts_of(thing.type, box, is_open=is_open, front=front, support=support, holes=holes)
        lower, upper = thing.box_world.bounds()
        colors = lit(tint(thing.type, id), len(parts.yaws))
        return _Shape(*samples(parts), lower[:2], upper[:2], vertices_of(parts), colors)

    def _split(self, shapes: list[_Shape], fixed: int) -> None:
        """Ray scenes of the fixed things with the walls and of the loose ones: mostly only the loose ones change."""
        key = tuple(map(id, shapes[:fixed]))
        if key != self._fixed_key:
            self._fixed_key = key
            self._fixed = RayScene(
                [*(s.vertices for s in shapes[:fixed]), self._walls[0]],
                _owners(shapes[:fixed], 0, len(self._walls[0]) // 8),
            )
        self._loose = RayScene([s.vertices for s in shapes[fixed:]], _owners(shapes[fixed:], fixed, 0))

    def _whole(self) -> tuple[RayScene, NDArray[np.int32], NDArray[np.uint32]]:
        """Everything in one ray scene, for pictures: with owner and packed colour of each face."""
        if self._drawn is None or self._drawn[0] != self._version:
            shapes = [self._shapes[i] for i in self._ids]
            vertices = [*(s.vertices for s in shapes), self._walls[0]]
            scene = RayScene(vertices, _owners(shapes, 0, len(self._walls[0]) // 8))
            owners = scene.face_owners()
            colors = np.zeros((len(owners), 4), dtype=np.uint8)
            colors[:-1, :3] = np.concatenate([*(s.colors for s in shapes), self._walls[1]])
            self._drawn = (self._version, (scene, owners, colors.view(np.uint32).ravel()))
        return self._drawn[1]


def _trace(scene: RayScene, T: F64, directions: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Depth (N,), infinite where nothing is hit, and face (N,) that the camera's rays (N, 3) meet."""
    rays = np.empty((len(directions), 6), dtype=np.float32)
    rays[:, :3], rays[:, 3:] = T[:3, 3], directions
    return scene.faces(rays)


def _owners(shapes: list[_Shape], first: int, walls: int) -> NDArray[np.int32]:
    """Whose each box is: shapes count from ``first``; the walls at the end are nobody's."""
    numbers = np.append(np.arange(first, first + len(shapes), dtype=np.int32), np.int32(NOTHING))
    return np.repeat(numbers, [*(len(s.vertices) // 8 for s in shapes), walls])


def camera_pose(x: float, y: float, eye: float, yaw: float, horizon: float) -> F64:
    """``T_world_cam`` (4, 4), OpenCV axes, of a camera at (x, y, eye) that looks along ``yaw`` and down by ``horizon``."""
    cy, sy, ch, sh = math.cos(yaw), math.sin(yaw), math.cos(horizon), math.sin(horizon)
    right, down, forward = (sy, -cy, 0.0), (-sh * cy, -sh * sy, -ch), (cy * ch, sy * ch, -sh)
    return transform(np.array([right, down, forward]).T, (x, y, eye))


def tint(kind: str, id: str) -> F64:
    """The colour (3,) in 0..255 of a thing: its class gives the hue, its id a shade of it."""
    a, b = crc32(kind.encode()), crc32(id.encode())
    hue = (a % 360) / 60.0
    value, vivid = 170.0 + b % 70, 0.35 + 0.5 * ((a >> 12) % 100) / 100
    x = np.array([abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4)])
    return np.asarray(value * (1 - vivid * (1 - np.clip(x, 0, 1))))
