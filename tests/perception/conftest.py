"""A tiny ray caster: rooms of boxes, seen as RGB-D frames with segments. It is all the "camera" these tests need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest

from loci.contracts import Expected, RGBDFrame, Role, SegmentImage
from loci.geometry import Box, PinholeCamera, apply, inverse, rotation_z, transform


@dataclass(frozen=True)
class Solid:
    """One box in the room; solids with the same ``name`` belong to one thing (the walls of a tray, say)."""

    name: str
    label: str
    role: Role
    box: Box
    color: tuple[int, int, int] = (128, 128, 128)
    states: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def look_at(eye, target):
    """Camera-to-world pose (4, 4) at ``eye`` (3,), looking at ``target`` (3,), upright."""
    z = np.subtract(target, eye).astype(float)
    z /= np.linalg.norm(z)
    x = np.cross(z, (0, 0, 1.0))
    x /= np.linalg.norm(x)
    return transform(np.stack([x, np.cross(z, x), z], axis=1), eye)


def solid(name, label, center, size, color=(128, 128, 128), role=Role.OBJECT, yaw=0.0, states=None):
    """A box by centre and size."""
    return Solid(name, label, role, Box(transform(rotation_z(yaw), center), np.array(size, float)), color, states or {})


def hollow(name, label, center, size, open_side, color=(200, 200, 200), wall=0.02, states=None):
    """A furniture piece made of thin walls, without the one at ``open_side`` ("+z", "-x", …)."""
    center, size = np.array(center, float), np.array(size, float)
    walls = []
    for axis in range(3):
        for sign in (-1, 1):
            if f"{'-+'[sign > 0]}{'xyz'[axis]}" == open_side:
                continue
            c, s = center.copy(), size.copy()
            c[axis] += sign * (size[axis] - wall) / 2
            s[axis] = wall
            walls.append(solid(name, label, c, s, color, Role.FURNITURE, states=states))
    return walls


def _window(box, T_world_cam, camera):
    """The part of the image, as two slices, that a box can be in."""
    uv, z = camera.project(apply(inverse(T_world_cam), box.corners()))
    if (z < 0.05).any():
        return slice(None), slice(None)
    (u0, v0), (u1, v1) = np.floor(uv.min(axis=0)), np.ceil(uv.max(axis=0)) + 1
    u0, u1 = np.clip([u0, u1], 0, camera.width).astype(int)
    v0, v1 = np.clip([v0, v1], 0, camera.height).astype(int)
    return slice(v0, v1), slice(u0, u1)


def render(solids, T_world_cam, stamp=0.0, camera=None, rng=None, noise=0.0, **extra):
    """An ``RGBDFrame`` of ``solids``; depth noise of ``noise`` · z² metres when ``rng`` is given.

    Segment numbers are shuffled per frame with ``rng``, as they carry no identity.
    """
    camera = camera or PinholeCamera.from_fov(np.deg2rad(60), 320, 240)
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=-1)
    depth = np.full(u.shape, np.inf)
    hit = np.full(u.shape, -1)
    for i, s in enumerate(solids):
        T = inverse(s.box.T_ref_box) @ T_world_cam
        window = _window(s.box, T_world_cam, camera)
        origin, d = T[:3, 3], rays[window] @ T[:3, :3].T
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = (-s.box.size / 2 - origin) / d, (s.box.size / 2 - origin) / d
        near, far = np.nanmax(np.minimum(a, b), axis=-1), np.nanmin(np.maximum(a, b), axis=-1)
        z = np.where((near <= far) & (near > 0.01), near, np.inf)
        hit[window] = np.where(z < depth[window], i, hit[window])
        depth[window] = np.minimum(depth[window], z)
    names = sorted({s.name for s in solids})
    numbers = np.arange(1, len(names) + 1) if rng is None else rng.permutation(len(names)) + 1
    number = dict(zip(names, (int(n) for n in numbers), strict=True))
    ids = np.array([*(number[s.name] for s in solids), 0], dtype=np.int32)[hit]
    rgb = np.array([*(s.color for s in solids), (0, 0, 0)], dtype=np.uint8)[hit]
    depth = np.where(np.isfinite(depth), depth, 0.0)
    if rng is not None and noise:
        depth = np.where(depth > 0, depth + rng.normal(size=depth.shape) * noise * depth**2, 0.0)
    segments = SegmentImage(
        ids,
        {number[s.name]: {s.label: 0.9} for s in solids},
        {number[s.name]: s.states for s in solids},
        {number[s.name]: s.role for s in solids},
    )
    return RGBDFrame(
        rgb=rgb,
        depth=np.clip(depth, 0, 60).astype(np.float32),
        camera=camera,
        T_world_cam=T_world_cam,
        stamp=stamp,
        pose_id=f"f{stamp:.2f}",
        segments=segments,
        **extra,
    )


def expect(name, solids, n=200):
    """What a memory that has seen thing ``name`` from all sides would expect of it: points on its surface, its box."""
    mine = [s for s in solids if s.name == name]
    rng = np.random.default_rng(7)
    points = []
    for s in mine:
        p = rng.uniform(-0.5, 0.5, size=(n // len(mine) + 1, 3))
        area = s.box.volume / s.box.size
        rows, axis = np.arange(len(p)), rng.choice(3, len(p), p=area / area.sum())
        p[rows, axis] = np.sign(p[rows, axis]) / 2
        points.append(apply(s.box.T_ref_box, p * s.box.size))
    cloud = np.concatenate(points)
    corners = np.concatenate([s.box.corners() for s in mine])
    return Expected(name, mine[0].role, mine[0].label, Box.upright(corners), cloud.astype(np.float32))


def room():
    """Floor and a wall."""
    return [
        solid("floor", "floor", (0, 0, -0.05), (8, 8, 0.1), (150, 120, 90), Role.STRUCTURE),
        solid("wall", "wall", (0, 3.05, 1.25), (8, 0.1, 2.5), (230, 230, 220), Role.STRUCTURE),
    ]


def table():
    """A room with a table and four things on it: mug, apple, plate, milk."""
    return [
        *room(),
        solid("table", "table", (0, 1.2, 0.73), (1.2, 0.7, 0.04), (160, 110, 60), Role.FURNITURE),
        solid("mug", "mug", (-0.3, 1.1, 0.80), (0.08, 0.08, 0.10), (200, 30, 30)),
        solid("apple", "apple", (0.0, 1.15, 0.785), (0.07, 0.07, 0.07), (60, 180, 40)),
        solid("plate", "plate", (0.3, 1.1, 0.76), (0.22, 0.22, 0.02), (240, 240, 250)),
        solid("milk", "milk", (0.25, 1.4, 0.85), (0.08, 0.08, 0.20), (60, 90, 220)),
    ]


def openness(is_open):
    """A recogniser's word on a door."""
    return {"openness": {"open": 0.9 if is_open else 0.1, "closed": 0.1 if is_open else 0.9}}


def drawer(pulled, x=0.0, y=1.64, z=0.65):
    """A drawer with a handle and a mug in it, ``pulled`` metres out of its counter (towards −y)."""
    y -= pulled
    wood, w, d, h, f = (180, 140, 90), 0.45, 0.45, 0.16, Role.FURNITURE
    return [
        solid("drawer", "drawer", (x, y - d / 2, z), (w, 0.02, h + 0.02), wood, f, states=openness(pulled > 0)),
        solid("drawer", "drawer", (x, y, z - h / 2), (w - 0.03, d, 0.01), wood, f, states=openness(pulled > 0)),
        *(
            solid("drawer", "drawer", (x + side * (w / 2 - 0.02), y, z - 0.02), (0.01, d, h - 0.04), wood, f)
            for side in (-1, 1)
        ),
        solid("drawer", "drawer", (x, y + d / 2, z - 0.02), (w - 0.03, 0.01, h - 0.04), wood, f),
        solid("drawer handle", "handle", (x, y - d / 2 - 0.035, z), (0.14, 0.025, 0.025), (60, 60, 60), Role.PART),
        solid("mug", "mug", (x + 0.05, y - 0.08, z - h / 2 + 0.055), (0.08, 0.08, 0.1), (200, 30, 30)),
    ]


def fridge(is_open):
    """A fridge with a shelf, milk in it, a cereal box on it, its door and the door's handle."""
    white, f, p = (235, 235, 235), Role.FURNITURE, Role.PART
    hinge = 1.66 if is_open else 1.35
    door = [
        solid("door", "door", (hinge, 1.1, 0.65), (0.03, 0.6, 1.3), white, p, states=openness(True)),
        solid("fridge handle", "handle", (1.625, 0.85, 0.8), (0.03, 0.03, 0.3), (60, 60, 60), p),
    ]
    if not is_open:
        door = [
            solid("door", "door", (hinge, 1.385, 0.65), (0.6, 0.03, 1.3), white, p, states=openness(False)),
            solid("fridge handle", "handle", (1.12, 1.35, 0.8), (0.03, 0.03, 0.3), (60, 60, 60), p),
        ]
    return [
        *hollow("fridge", "fridge", (1.35, 1.7, 0.65), (0.6, 0.6, 1.3), "-y", white, 0.03, openness(is_open)),
        solid("fridge", "fridge", (1.35, 1.72, 0.6), (0.54, 0.5, 0.02), white, f, states=openness(is_open)),
        *door,
        solid("milk", "milk", (1.3, 1.65, 0.71), (0.08, 0.08, 0.2), (60, 90, 220)),
        solid("cereal", "cereal box", (1.35, 1.6, 1.4), (0.19, 0.07, 0.2), (220, 180, 30)),
    ]


def kitchen(is_open=False):
    """A counter with a drawer, beside a fridge; apple and plate on the counter, orange on the plate."""
    slabs = [
        ((-0.63, 1.7, 0.45), (0.74, 0.6, 0.9)),
        ((0.63, 1.7, 0.45), (0.74, 0.6, 0.9)),
        ((0, 1.7, 0.27), (0.52, 0.6, 0.54)),
        ((0, 1.7, 0.83), (0.52, 0.6, 0.14)),
        ((0, 1.98, 0.65), (0.52, 0.04, 0.24)),
    ]
    return [
        *room(),
        *(solid("counter", "counter", c, s, (210, 200, 190), Role.FURNITURE) for c, s in slabs),
        *drawer(0.3 if is_open else 0.0),
        solid("apple", "apple", (-0.3, 1.6, 0.935), (0.07, 0.07, 0.07), (60, 180, 40)),
        solid("plate", "plate", (0.5, 1.6, 0.91), (0.22, 0.22, 0.02), (240, 240, 250)),
        solid("orange", "orange", (0.5, 1.6, 0.955), (0.07, 0.07, 0.07), (250, 140, 20)),
        *fridge(is_open),
    ]


def box_of(name, solids):
    """The true upright box of a thing."""
    return Box.upright(np.concatenate([s.box.corners() for s in solids if s.name == name]))


def without(name, solids):
    """The room without one thing."""
    return [s for s in solids if s.name != name]


def shifted(name, solids, by):
    """The room with one thing moved ``by`` (3,) metres."""
    return [replace(s, box=s.box.moved(transform(t=by))) if s.name == name else s for s in solids]


@pytest.fixture(scope="session")
def cast():
    """The ray caster's functions."""
    names = [
        "solid",
        "hollow",
        "render",
        "look_at",
        "expect",
        "room",
        "table",
        "kitchen",
        "drawer",
        "fridge",
        "box_of",
        "without",
        "shifted",
    ]
    return SimpleNamespace(**{name: globals()[name] for name in names})
