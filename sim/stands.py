"""Where the base may stand, with the lift at some height, so that a hand could get to one of many poses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64
from .body import ARM_X, FOOTPRINT, LIFT_RANGE, arm_foot
from .navigation import FloorPlan

BACK = (0.30, 0.22, 0.15)
"""Distances in metres behind a stand at which the arm may be unfolded, best first."""
_FAR = 0.98  # metres from the arm's foot that a hand may be
_STRETCH = 0.86  # metres from where on only a slanted one gets there
_LIFTS = np.linspace(LIFT_RANGE[0], LIFT_RANGE[1], 4)
_ELSEWHERE, _TURNED = 0.14, 0.5  # metres and radians from a stand that make it another one
_MOST = 70  # stands


@dataclass(frozen=True, eq=False)
class Pairs:
    """Stands with hands: base (N, 3), lift (N,), index of the hand (N,), cost (N,), and joints (N, 7) once known."""

    base: F64
    lift: F64
    hand: NDArray[np.int64]
    cost: F64
    q: F64 | None = None

    def part(self, rows: slice | NDArray[np.int64]) -> Pairs:
        """Some of them, without joints."""
        return Pairs(self.base[rows], self.lift[rows], self.hand[rows], self.cost[rows])


def pair_up(
    T: F64,
    dislike: F64,
    plan: FloorPlan,
    here: F64,
    *,
    near: float = np.inf,
    walls: bool = True,
    avoid: Sequence[F64] = (),
) -> Pairs:
    """What is worth an IK for hands at ``T`` (N, 4, 4), disliked by ``dislike`` (N,), cheapest first.

    That is: free floor, the right distance, the hand turned away from the base. ``near``, ``walls`` and ``avoid``: see
    ``reach.plan_reach``.
    """
    base, price = _bases(T[:, :2, 3].mean(axis=0), plan, here, near, walls, avoid)
    heading = np.stack([np.cos(base[:, 2]), np.sin(base[:, 2])], axis=1)
    away = T[None, :, :2, 3] - (base[:, :2] + ARM_X * heading)[:, None]
    distance = np.linalg.norm(away, axis=2)
    flat = T[:, :2, 2]
    tilt = np.linalg.norm(flat, axis=1)
    ahead = heading @ flat.T
    ok = (distance > 0.30) & (distance < _FAR) & ((tilt <= 0.3) | (ahead >= 0.45 * tilt))
    aligned = np.where(tilt > 0.3, 1.0 - ahead / np.maximum(tilt, 0.3), 0.0)
    cost = price[:, None] + dislike + 0.25 * aligned + (distance > _STRETCH)  # if there is no nearer stand
    b, i = np.nonzero(ok)
    n = len(_LIFTS)
    order = np.argsort(np.repeat(cost[b, i], n), kind="stable")
    lift = np.tile(_LIFTS, len(b))[order]
    b, i = np.repeat(b, n)[order], np.repeat(i, n)[order]
    return Pairs(base[b], lift, i, cost[b, i])


def feet_of(base: F64, lift: F64) -> F64:
    """Poses (N, 4, 4) of the arm's foot for bases (N, 3) and lifts (N,)."""
    return np.stack([arm_foot(b, h) for b, h in zip(base, lift, strict=True)]).reshape(-1, 4, 4)


def _bases(center: F64, plan: FloorPlan, here: F64, near: float, walls: bool, avoid: Sequence[F64]) -> tuple[F64, F64]:
    """Base poses (N, 3) around ``center`` (2,) that stand free and can be driven to, and their costs, cheapest first."""
    radius, bearing = np.meshgrid(np.arange(0.42, _FAR, 0.06), np.arange(32) * np.pi / 16, indexing="ij")
    xy = center - np.stack([radius * np.cos(bearing), radius * np.sin(bearing)], axis=-1)
    poses = np.concatenate([xy, bearing[..., None]], axis=-1).reshape(-1, 3)
    side = np.concatenate([poses + np.array([0, 0, turn]) for turn in (-0.35, 0.35)])
    poses = np.concatenate([poses, side])
    poses = poses[np.linalg.norm(poses[:, :2] - here[:2], axis=1) < near]
    room = plan.room(poses[:, :2])
    direction = np.stack([np.cos(poses[:, 2]), np.sin(poses[:, 2])], axis=1)
    dock = poses[:, :2] - BACK[-1] * direction
    travel = plan.cost(dock)
    ok = (room >= FOOTPRINT) & (plan.room(dock) >= FOOTPRINT) & plan.known(dock) & np.isfinite(travel)
    if walls:
        ok &= ~plan.walled(poses[:, :2], center)
    for stand in avoid:
        far = np.linalg.norm(poses[:, :2] - stand[:2], axis=1) > _ELSEWHERE
        ok &= far | (np.abs(_wrapped(poses[:, 2] - stand[2])) > _TURNED)
    distance = np.linalg.norm(poses[:, :2] - center, axis=1)
    cost = (
        0.10 * travel
        + 0.04 * np.abs(_wrapped(poses[:, 2] - here[2]))
        + 0.8 * np.maximum(0.36 - room, 0.0)
        + 0.15 * np.abs(distance - 0.58)
        + (distance > _STRETCH)
    )
    order = np.argsort(cost, kind="stable")
    order = order[ok[order]][:_MOST]
    return poses[order], cost[order]


def _wrapped(angle: F64) -> F64:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)
