"""Driving: follow a planned way, watch the floor while at it, re-plan when something stands in it."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from ..contracts import Status
from ..geometry import F64
from .body import BASE_JOINTS, FOOTPRINT
from .control import TICK, Control, Motion
from .navigation import Floor, FloorPlan
from .one_action import Failed

SPEED = 0.9  # m/s
TURN = 1.6  # rad/s
_EASE = 0.35  # seconds to get up to speed
_SCAN_PERIOD = 0.5  # seconds between scans while driving


def angle(difference: float) -> float:
    """An angle wrapped to (-π, π]."""
    return float((difference + np.pi) % (2 * np.pi) - np.pi)


def drive_to(control: Control, goal: F64) -> Motion:
    """Drive to (x, y, yaw) ``goal`` (3,) on a way that the map leaves free; BLOCKED when there is none."""
    for _ in range(4):
        here = control.body.base_pose()
        if np.linalg.norm(goal[:2] - here[:2]) < 0.02 and abs(angle(goal[2] - here[2])) < 0.02:
            return
        control.scan()
        plan = FloorPlan(control.voxels, here)
        path = plan.path(goal)
        if path is None:
            raise Failed(Status.BLOCKED, f"no free way to ({goal[0]:.2f}, {goal[1]:.2f})")
        arrived = yield from _follow(control, path, goal[2], watch=True)
        if arrived:
            return
    raise Failed(Status.BLOCKED, "the way was blocked again and again")


def drive_straight(control: Control, goal: F64, speed: float = 0.5) -> Motion:
    """Drive in a straight line to (x, y, yaw), without looking at the map: docking and backing off."""
    here = control.body.base_pose()
    yield from _follow(control, np.stack([here[:2], goal[:2]]), goal[2], watch=False, speed=speed)


def back_off(control: Control, pose: F64, distances: tuple[float, ...] = (0.30, 0.22, 0.15)) -> Motion:
    """Drive backwards from ``pose`` as far as the floor is free, at most the first distance."""
    floor = Floor(control.voxels)
    for d in distances:
        goal = behind(pose, d)
        if floor.room(goal[:2]) >= FOOTPRINT:
            yield from drive_straight(control, goal)
            return


def fold(control: Control) -> Motion:
    """Fold the arm from wherever an earlier action left it: up and out of the way first, with second tries."""
    for attempt in (1, 2, 3):
        try:
            if control.unfolded():
                up = control.tcp()
                up[2, 3] += 0.05
                try:
                    yield from control.move_line(up)
                except Failed:
                    control.body.freeze()
                yield from back_off(control, control.body.base_pose(), (0.50, 0.40, 0.30, 0.20, 0.12))
            yield from control.tuck()
            return
        except Failed as failure:
            if attempt == 3 or failure.status is Status.SLIPPED:
                raise
            control.body.freeze()
            yield from control.wait(0.2)


def behind(pose: F64, distance: float) -> F64:
    """The base pose ``distance`` metres straight behind ``pose`` (..., 3)."""
    yaw = pose[..., 2]
    return np.asarray(pose - distance * np.stack([np.cos(yaw), np.sin(yaw), np.zeros_like(yaw)], axis=-1))


def _follow(control: Control, path: F64, yaw: float, watch: bool, speed: float = SPEED) -> Generator[None, None, bool]:
    """Follow a polyline; returns False when a scan shows that the rest of it is no longer free."""
    body = control.body
    start = np.array([body.target[n] for n in BASE_JOINTS])
    path = np.concatenate([start[None, :2], path[1:]])
    legs = np.linalg.norm(np.diff(path, axis=0), axis=1)
    marks = np.r_[0.0, np.cumsum(legs)]
    length, turn = float(marks[-1]), angle(yaw - start[2])
    cruise = max(length / speed, abs(turn) / TURN, 0.05)
    total = cruise + _EASE
    n = max(round(total / TICK), 2)
    scanned = control.now
    for k in range(1, n + 1):
        s = _trapezoid(k / n * total, cruise)
        # Turn in the middle of a long way: near its ends something to bump into is close by.
        w = np.clip((s - 0.2) / 0.6, 0.0, 1.0) if length > 0.8 else s
        xy = [float(np.interp(s * length, marks, path[:, i])) for i in (0, 1)]
        control.tick(dict(zip(BASE_JOINTS, (*xy, start[2] + turn * w), strict=True)))
        control.check_stalled(BASE_JOINTS)
        yield
        if watch:
            control.capture_due()
            if control.now - scanned >= _SCAN_PERIOD:
                scanned = control.now
                control.scan()
                rest = np.concatenate([[xy], path[marks > s * length]])
                if k < n and len(rest) > 1 and not Floor(control.voxels).free(rest, FOOTPRINT - 0.05):
                    yield from _stop(control)
                    return False
    return True


def _stop(control: Control) -> Motion:
    control.body.freeze()
    yield from control.wait(0.2)


def _trapezoid(t: float, cruise: float) -> float:
    """Share of the way after ``t`` seconds with ``_EASE`` seconds of constant acceleration at either end."""
    total = cruise + _EASE
    if t < _EASE:
        way = 0.5 * t * t / _EASE
    elif t < cruise:
        way = 0.5 * _EASE + (t - _EASE)
    else:
        way = cruise - 0.5 * (total - t) ** 2 / _EASE if cruise >= _EASE else 0.0
    if cruise < _EASE:  # too short to get up to speed: a smooth step instead
        s = t / total
        return s * s * (3 - 2 * s)
    return float(np.clip(way / cruise, 0.0, 1.0))
