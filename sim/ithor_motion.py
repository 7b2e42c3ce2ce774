"""Walking, turning and looking of an iTHOR agent on its grid of standing points."""

from __future__ import annotations

import numpy as np

from ..contracts import Status
from ..geometry import F64
from .ithor_world import HORIZON, IthorWorld

GRID = 0.25
"""Metres between standing points."""
SLACK = 0.18
"""A spot is free when a standing point is as near: half a cell's diagonal."""


def standing_points(world: IthorWorld) -> F64:
    """Where the agent can stand (N, 2), metres."""
    return world.standing


def is_free(world: IthorWorld, x: float, y: float) -> bool:
    """True if the agent can stand at (x, y)."""
    grid = standing_points(world)
    return bool(len(grid) and ((grid - (x, y)) ** 2).sum(axis=1).min() <= SLACK**2)


def move(world: IthorWorld, ahead: float, right: float) -> tuple[Status, str]:
    """Walk ``ahead`` and ``right`` metres from where the agent looks; stays where it is when anything is in the way."""
    yaw = float(world.agent[2])
    step = ahead * np.array([np.cos(yaw), np.sin(yaw)]) + right * np.array([np.sin(yaw), -np.cos(yaw)])
    length = float(np.linalg.norm(step))
    for k in range(1, max(int(np.ceil(length / GRID - 1e-6)), 1) + 1):
        x, y = world.agent[:2] + step * min(k * GRID / max(length, 1e-9), 1.0)
        if not is_free(world, x, y):
            return Status.BLOCKED, f"{_nearest(world, x, y)} is blocking the way to ({x:.2f}, {y:.2f})"
    world.agent[:2] += step
    world.carry()
    return Status.SUCCEEDED, ""


def turn(world: IthorWorld, by: float) -> tuple[Status, str]:
    """Turn left by ``by`` radians (negative: right)."""
    world.agent[2] = (world.agent[2] + by + np.pi) % (2 * np.pi) - np.pi
    world.carry()
    return Status.SUCCEEDED, ""


def nod(world: IthorWorld, by: float) -> tuple[Status, str]:
    """Look down by ``by`` radians (negative: up); not beyond what the neck allows."""
    wanted = world.horizon + by
    if not HORIZON[0] - 1e-6 <= wanted <= HORIZON[1] + 1e-6:
        low, high = np.rad2deg(HORIZON)
        return Status.BLOCKED, f"the horizon goes from {low:.0f} to {high:.0f} degrees, not to {np.rad2deg(wanted):.0f}"
    world.horizon = float(np.clip(wanted, *HORIZON))
    return Status.SUCCEEDED, ""


def teleport(
    world: IthorWorld, x: float, y: float, yaw: float, horizon: float, *, force: bool = False
) -> tuple[Status, str]:
    """Stand at (x, y) with that heading and horizon, if somebody can stand there (or with ``force``)."""
    if not force and not is_free(world, x, y):
        return Status.BLOCKED, f"nobody can stand at ({x:.2f}, {y:.2f}): {_nearest(world, x, y)} is in the way"
    if not HORIZON[0] - 1e-6 <= horizon <= HORIZON[1] + 1e-6:
        return nod(world, horizon - world.horizon)
    world.agent[:] = (x, y, yaw)
    world.horizon = float(np.clip(horizon, *HORIZON))
    world.carry()
    return Status.SUCCEEDED, ""


def _nearest(world: IthorWorld, x: float, y: float) -> str:
    """What stands nearest to (x, y), to name in a message; the room's own walls when the spot is outside."""
    low, high = world.scene.bounds.bounds()
    if not (low[0] <= x <= high[0] and low[1] <= y <= high[1]):
        return "a wall"
    gaps = {
        i: float(t.box_world.distance([x, y, 0.5]))
        for i, t in world.things.items()
        if "pick" not in t.base.affords and t.type != "Floor"
    }
    return min(gaps, key=lambda i: (gaps[i], i), default="a wall")
