"""Grasps for what a depth camera shows of an object, with the belief about it to fall back on.

One view shows the near side and the top of a thing. The far side is taken to mirror the near one (Bohg et al., "Mind the
gap: robotic grasping under incomplete observation", 2011), with the depth that belief or a square footprint suggest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import F64, Box
from .body import MAX_OPENING
from .reach import Hand

_TIGHT = 0.006  # metres of the opening that are kept spare
_PALM = 0.032  # from the grasp centre back to the palm (0.037 m), less what a measured top may be off
_EDGE = 0.1  # how much it is disliked to hold a thing by its upper edge alone
_MIN_POINTS = 12
_RIM = 0.018  # metres below the top that belong to a thing's upper edge
_PITCHES = ((70.0, 0.0), (55.0, 0.015), (90.0, 0.03), (40.0, 0.03), (25.0, 0.05))
"""Degrees below the horizontal that the hand points, and how much that is disliked."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A thing as seen just now: ``points`` (N, 3) in the world, the seen half before its mirror image; floor, top heights."""

    points: F64
    floor: float
    top: float

    @property
    def seen(self) -> F64:
        """The points (M, 3) that were really seen (or believed), without their mirror images."""
        return self.points[: len(self.points) // 2]

    @property
    def center(self) -> F64:
        """Middle (3,) of the points' bounds."""
        lo, hi = np.percentile(self.points, [2, 98], axis=0)
        return np.array([*((lo + hi) / 2)[:2], (self.floor + self.top) / 2])


@dataclass(frozen=True, eq=False)
class Carried:
    """What the robot knows of what it holds: how high above its underside it grips, its extent, how the hand pointed."""

    grip_height: float
    radius: float
    height: float
    pitch: float
    points: F64  # (K, 3) in the grasp frame


def measure(cloud: F64, box: Box, camera: F64) -> Measured | None:
    """What of ``cloud`` (N, 3) belongs to the thing believed in ``box``; None if its place is seen empty.

    ``camera`` (3,) is where the picture was taken. Where nothing can be seen of the place, the belief itself is measured.
    """
    lower, upper = box.bounds()
    flat = Box(box.T_ref_box, np.array([box.size[0], box.size[1], 10.0]))
    around = cloud[flat.contains(cloud, 0.09) & (np.abs(cloud[:, 2] - lower[2]) < 0.05)]
    ring = around[~flat.contains(around, 0.02)]
    floor = float(np.median(ring[:, 2])) if len(ring) >= _MIN_POINTS else float(lower[2])
    inside = cloud[flat.contains(cloud, 0.035)]
    inside = inside[(inside[:, 2] > floor + 0.008) & (inside[:, 2] < upper[2] + 0.05)]
    core = cloud[flat.contains(cloud, 0.0) & (cloud[:, 2] < upper[2] + 0.05)]  # what hangs above says nothing of it
    if len(inside) < _MIN_POINTS:
        if len(core) >= _MIN_POINTS:
            return None
        inside = _surface(box)
    view = inside.mean(axis=0)[:2] - camera[:2]
    view = view / max(float(np.linalg.norm(view)), 1e-9)
    believed = float(np.abs(box.T_ref_box[:2, :2].T @ view) @ box.size[:2])
    top = float(np.percentile(inside[:, 2], 99))
    return Measured(_mirrored(inside, view, believed), floor, max(top, floor + 0.012))


def _surface(box: Box) -> F64:
    """Points of a box's sides and top."""
    u = np.linspace(-0.5, 0.5, 9)
    grid = np.stack(np.meshgrid(u, u, u, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = grid[(np.abs(grid[:, :2]) == 0.5).any(axis=1) | (grid[:, 2] == 0.5)]
    return np.asarray((grid * box.size) @ box.T_ref_box[:3, :3].T + box.center)


def _mirrored(points: F64, view: F64, believed: float) -> F64:
    """``points`` (N, 3) and their mirror images behind the thing's middle, as seen along ``view`` (2,)."""
    depth = points[:, :2] @ view
    across = points[:, :2] @ np.array([-view[1], view[0]])
    width = float(np.ptp(np.percentile(across, [2, 98])))
    front, back = np.percentile(depth, [2, 98])
    deep = max(float(back - front), min(believed, width))
    if width <= MAX_OPENING:
        deep = max(deep, 0.8 * width)
    image = points.copy()
    image[:, :2] += 2 * (front + deep / 2 - depth)[:, None] * view
    return np.concatenate([points, image])


def hand_rotation(azimuth: float, pitch: float, flip: bool = False) -> F64:
    """Rotation (3, 3) of a hand that points ``pitch`` below the horizontal towards ``azimuth``, closing horizontally."""
    z = np.array([np.cos(azimuth) * np.cos(pitch), np.sin(azimuth) * np.cos(pitch), -np.sin(pitch)])
    y = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0]) * (-1.0 if flip else 1.0)
    return np.stack([np.cross(y, z), y, z], axis=1)


def grasps(thing: Measured, camera: F64) -> list[Hand]:
    """Hand poses for ``thing``, best first, before asking whether an arm gets there."""
    hands: list[Hand] = []
    view = thing.center[:2] - camera[:2]
    view = view / max(float(np.linalg.norm(view)), 1e-9)
    # A thing with something at its side, a mug's handle, is round or narrow at its top, which is seen all around.
    top = thing.seen[thing.seen[:, 2] > thing.top - _RIM]
    for body in (thing.points, top):
        for angle in np.arange(16) * np.pi / 16:
            u = np.array([np.cos(angle), np.sin(angle)])
            spot = _slab(body, u)
            if spot is None:
                continue
            middle, width = spot
            unsure = 0.03 * abs(float(u @ view)) + 0.4 * max(width - 0.066, 0.0)
            for degrees, dislike in _PITCHES:
                hands += _posed(thing, middle, angle, np.deg2rad(degrees), dislike + unsure)
    if not hands:
        hands = _rim(thing)
    hands.sort(key=lambda hand: hand.cost)
    return hands


def _slab(points: F64, u: F64) -> tuple[F64, float] | None:
    """Middle (2,) and width between fingers that close along ``u`` (2,), or None if they don't go around."""
    w = np.array([-u[1], u[0]])
    s, t = points[:, :2] @ u, points[:, :2] @ w
    lo, hi = np.percentile(t, [2, 98])
    middle = (lo + hi) / 2
    slab = s[np.abs(t - middle) < 0.014]
    if len(slab) < 6:
        return None
    a, b = np.percentile(slab, [2, 98])
    if b - a > MAX_OPENING - _TIGHT:
        return None
    return (a + b) / 2 * u + middle * w, float(b - a)


def _posed(thing: Measured, middle: F64, angle: float, pitch: float, cost: float) -> list[Hand]:
    height = thing.top - thing.floor
    steep = pitch > np.deg2rad(80)
    # The fingertips reach a centimetre below the grasp centre, and a slanted hand brings its knuckles down.
    lowest = 0.014 + 0.024 * float(np.cos(pitch))
    grip = max(0.5 * height, height - (0.028 if steep else 0.10), lowest)
    out = []
    for flip in (False, True):
        for azimuth in (angle + np.pi / 2, angle - np.pi / 2):
            R = hand_rotation(azimuth, pitch, flip)
            T, least = _above_palm(thing, middle, R, grip), cost
            if (
                T is None and not steep and height - 0.012 > lowest
            ):  # flat hands get farther: by the upper edge, if need be
                T, least = _above_palm(thing, middle, R, height - 0.012), cost + _EDGE
            if T is None:
                continue
            ways = ((0.11, 0.0, 0.0), (0.24, 0.0, 0.03)) if steep else ((0.04, 0.09, 0.0), (0.20, 0.03, 0.04))
            for up, back, extra in ways:
                out.append(Hand(T, before(T, up, back), least + extra))
    return out


def _above_palm(thing: Measured, middle: F64, R: F64, grip: float) -> F64 | None:
    """The hand at ``grip`` metres above the floor, or higher if the thing's top would else be in the palm; None if too high."""
    T = np.eye(4)
    T[:3, :3] = R
    highest = max(thing.top - thing.floor - 0.012, grip if grip <= thing.top - thing.floor + 0.01 else 0.0)
    for height in np.arange(grip, highest + 1e-6, 0.008):
        T[:3, 3] = (*middle, thing.floor + height)
        if not _hand_hits(thing.seen, T):
            return T
    return None


def before(T: F64, up: float, back: float) -> F64:
    """``T`` moved up and back out of the hand's direction, metres."""
    out = T.copy()
    out[:3, 3] += np.array([0.0, 0.0, up]) - back * T[:3, 2]
    return out


def _hand_hits(points: F64, T: F64) -> bool:
    local = (points - T[:3, 3]) @ T[:3, :3]
    palm = (local[:, 2] < -_PALM) & (np.abs(local[:, 0]) < 0.03) & (np.abs(local[:, 1]) < 0.10)
    side = np.abs(local[:, 1])  # where the open fingers come down: a mug's handle must not be there
    fingers = (np.abs(local[:, 0]) < 0.017) & (side > 0.037) & (side < 0.065) & (local[:, 2] < 0.014)
    return bool(palm.sum() > 3 or fingers.sum() > 1)


def _rim(thing: Measured) -> list[Hand]:
    """Grasps of the edge of something wide and low, from above, fingers on either side of the rim."""
    out = []
    for angle in np.arange(16) * np.pi / 8:
        u = np.array([np.cos(angle), np.sin(angle)])
        s = (thing.points[:, :2] - thing.center[:2]) @ u
        across = np.abs((thing.points[:, :2] - thing.center[:2]) @ np.array([-u[1], u[0]])) < 0.02
        if across.sum() < 4:
            continue
        edge = float(np.percentile(s[across], 98))
        for pitch in (90.0, 75.0):
            for flip in (False, True):
                T = np.eye(4)
                # The hand closes along u: its pointing azimuth is square to it.
                T[:3, :3] = hand_rotation(angle + np.pi / 2, np.deg2rad(pitch), flip)
                T[:3, 3] = (*(thing.center[:2] + (edge - 0.006) * u), max(thing.top - 0.012, thing.floor + 0.013))
                out.append(Hand(T, before(T, 0.11, 0.0), 0.02 if pitch < 90 else 0.0, opening=0.05))
    return out


def carried(thing: Measured, T_world_tcp: F64) -> Carried:
    """What to remember of a thing that was just grasped with the hand at ``T_world_tcp``."""
    lo, hi = np.percentile(thing.points, [2, 98], axis=0)
    every = thing.points[:: max(len(thing.points) // 60, 1)]
    return Carried(
        grip_height=float(T_world_tcp[2, 3] - thing.floor),
        radius=float(max((hi - lo)[:2]) / 2),
        height=thing.top - thing.floor,
        pitch=float(np.arcsin(np.clip(-T_world_tcp[2, 2], -1, 1))),
        points=(every - T_world_tcp[:3, 3]) @ T_world_tcp[:3, :3],
    )
