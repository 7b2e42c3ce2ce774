"""Where to stand and how to hold the arm so that the hand gets to a pose: a search over base, lift, hand and elbow.

A candidate hand pose comes with a pose before it (``T_pre``). The robot unfolds a little way behind its stand, drives up
with the hand at ``T_pre``, and goes straight to ``T``; so along that way the arm must be free of what was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import F64, BoolArray
from . import arm
from .body import FOOTPRINT, LIFT_RANGE, READY, arm_foot
from .collision import N_LIMBS, RADII, Obstacles, hand_spheres, hits_head, spheres
from .navigation import FloorPlan

BACK = (0.30, 0.22, 0.15)
"""Distances in metres behind a stand at which the arm may be unfolded, best first."""
_LIFTS = np.linspace(LIFT_RANGE[0], LIFT_RANGE[1], 4)
_TRIES, _PER_HAND = 180, 6
_FIRST_LOOK = 800  # candidates whose last posture is checked before the way to it
_SPARE = 0.012  # metres kept clear on the way, beyond the spheres
_WITHIN = 2.0  # rad: no joint turns further than this between T_pre and T


@dataclass(frozen=True, eq=False)
class Hand:
    """A wanted grasp-centre pose ``T`` (4, 4) in the world, the pose before it, and how much it is disliked (metres-like)."""

    T: F64
    T_pre: F64
    cost: float = 0.0
    opening: float = 0.08


@dataclass(frozen=True, eq=False)
class Reach:
    """A stand: base (x, y, yaw), how far behind it to unfold, lift height, joints before and at the hand pose."""

    base: F64
    back: float
    lift: float
    q_pre: F64
    q: F64
    hand: Hand


@dataclass(frozen=True)
class NoReach:
    """Why there is no stand: ``crowded`` if the arm could get there but for obstacles."""

    crowded: bool


def plan_reach(
    hands: Sequence[Hand],
    plan: FloorPlan,
    here: F64,
    obstacles: Obstacles,
    *,
    carried: F64 | None = None,
    carried_radius: float = 0.0,
    near: float = np.inf,
    walls: bool = True,
) -> Reach | NoReach:
    """The cheapest stand from which one of ``hands`` can be reached.

    ``carried`` (K, 3) are points of the held object in the grasp frame, kept ``carried_radius`` metres clear on the way.
    ``near`` limits how far the base may go from ``here`` (x, y, yaw). ``walls``: nothing as high as a wall may be between base
    and hand; False where the hand is to push a door.
    """
    if not hands:
        return NoReach(False)
    pairs = _pairs(hands, plan, here, near, walls)
    if not pairs:
        return NoReach(True)
    base = np.array([b for b, _, _, _ in pairs])
    lift = np.array([h for _, h, _, _ in pairs])
    index = [i for _, _, i, _ in pairs]
    feet = np.stack([arm_foot(b, h) for b, h in zip(base, lift, strict=True)])
    T = np.stack([hand.T for hand in hands])[index]
    q, cost = arm.best_solutions(_rigid_inverse(feet) @ T, samples=9)
    cost = 0.12 * cost + np.array([c for _, _, _, c in pairs])
    order = np.argsort(cost, kind="stable")
    order = order[np.isfinite(cost[order])]
    if len(order) == 0:
        return NoReach(False)
    order = order[:_FIRST_LOOK]
    openings = np.array([hand.opening for hand in hands])[index][order]
    order = order[~_in_the_way(q[order], feet[order], openings, obstacles)]
    before = np.stack([hand.T_pre for hand in hands])[index]
    way = _on_the_way(before[order], base[order], obstacles)
    order = np.concatenate([order[~way], order[way]])  # a shorter way may yet be free
    failed: Counter[int] = Counter()
    for i in order:
        hand = hands[index[i]]
        if failed[index[i]] >= _PER_HAND:
            continue  # the others may be worth a try
        if failed.total() >= _TRIES:
            break
        reach = _checked(base[i], float(lift[i]), q[i], hand, plan, obstacles, carried, carried_radius)
        if reach is not None:
            return reach
        failed[index[i]] += 1
    return NoReach(True)


def _in_the_way(q: F64, feet: F64, openings: F64, obstacles: Obstacles) -> BoolArray:
    """True (N,) where the arm at ``q`` (N, 7) on ``feet`` (N, 4, 4) would touch something at the very end of its way."""
    out = np.zeros(len(q), dtype=np.bool_)
    for opening in np.unique(openings):
        rows = np.flatnonzero(openings == opening)
        for chunk in np.array_split(rows, max(len(rows) // 60, 1)):
            out[chunk] = obstacles.hits(spheres(q[chunk], feet[chunk], float(opening)), RADII, N_LIMBS)
    return out


def _on_the_way(T_pre: F64, base: F64, obstacles: Obstacles) -> BoolArray:
    """True (N,) where the hand, driven up at ``T_pre`` (N, 4, 4) to ``base`` (N, 3), would touch something on its way."""
    direction = np.stack([np.cos(base[:, 2]), np.sin(base[:, 2]), np.zeros(len(base))], axis=1)
    hand = hand_spheres(T_pre)
    radii = RADII[N_LIMBS:] + _SPARE
    out = np.zeros(len(base), dtype=np.bool_)
    for share in (0.0, 0.15, 0.4, 0.6, 0.85):
        at = hand - (share * BACK[0] * direction)[:, None]
        for rows in np.array_split(np.arange(len(base)), max(len(base) // 100, 1)):
            if len(rows):
                out[rows] |= obstacles.hits(at[rows], radii if share else radii - _SPARE, 0)
    return out


def _pairs(
    hands: Sequence[Hand], plan: FloorPlan, here: F64, near: float, walls: bool
) -> list[tuple[F64, float, int, float]]:
    """(base, lift, hand index, cost) worth an IK: free floor, right distance, hand turned away from the base."""
    center = np.mean([hand.T[:2, 3] for hand in hands], axis=0)
    bases = _bases(center, plan, here, near, walls)
    out = []
    for base, cost in bases:
        heading = np.array([np.cos(base[2]), np.sin(base[2])])
        foot = base[:2] + 0.02 * heading
        for i, hand in enumerate(hands):
            away = hand.T[:2, 3] - foot
            distance = float(np.linalg.norm(away))
            flat = hand.T[:2, 2]
            tilt = float(np.linalg.norm(flat))
            if not 0.30 < distance < 0.86 or (tilt > 0.3 and flat @ heading < 0.45 * tilt):
                continue
            aligned = 1.0 - (flat @ heading) / tilt if tilt > 0.3 else 0.0
            for lift in _LIFTS:
                out.append((base, float(lift), i, cost + hand.cost + 0.25 * aligned))
    out.sort(key=lambda pair: pair[3])
    return out[:2400]


def _bases(center: F64, plan: FloorPlan, here: F64, near: float, walls: bool) -> list[tuple[F64, float]]:
    """Base poses around ``center`` (2,) that stand free and can be driven to, with their cost, cheapest first."""
    radius, bearing = np.meshgrid(np.arange(0.42, 0.86, 0.06), np.arange(32) * np.pi / 16, indexing="ij")
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
    turn = np.abs((poses[:, 2] - here[2] + np.pi) % (2 * np.pi) - np.pi)
    cost = (
        0.10 * travel
        + 0.04 * turn
        + 0.8 * np.maximum(0.36 - room, 0.0)
        + 0.15 * np.abs(np.linalg.norm(poses[:, :2] - center, axis=1) - 0.58)
    )
    order = [int(i) for i in np.argsort(cost, kind="stable") if ok[i]]
    return [(poses[i], float(cost[i])) for i in order[:70]]


def _checked(
    base: F64,
    lift: float,
    q: F64,
    hand: Hand,
    plan: FloorPlan,
    obstacles: Obstacles,
    carried: F64 | None,
    carried_radius: float,
) -> Reach | None:
    """The stand with its way in, if that is free."""
    foot = arm_foot(base, lift)
    found, cost = arm.best_solutions((_rigid_inverse(foot[None]) @ hand.T_pre[None]), prefer=q, samples=13)
    q_pre = found[0]
    if not np.isfinite(cost[0]) or float(np.abs(q_pre - q).max()) > _WITHIN:
        return None
    direction = np.array([np.cos(base[2]), np.sin(base[2]), 0.0])
    back = next((b for b in BACK if plan.room((base - b * direction)[:2]) >= FOOTPRINT), None)
    if back is None:
        return None
    middle = _on_line(foot, hand, q_pre)
    if middle is None:
        return None
    shares = np.linspace(0.0, 1.0, 14)
    unfold = READY + (q_pre - READY) * shares[:, None]
    feet = np.stack([arm_foot(base, LIFT_RANGE[0] + (lift - LIFT_RANGE[0]) * s) for s in shares])
    at_stand = spheres(np.stack([q, *middle, q_pre]), np.broadcast_to(foot, (2 + len(middle), 4, 4)), hand.opening)
    way_in = np.concatenate([at_stand[-1:] - d * direction for d in np.linspace(0.15, 0.85, 5) * back])
    unfolding = spheres(unfold, feet, hand.opening) - back * direction
    if hits_head(at_stand, base).any() or hits_head(unfolding + back * direction, base).any():
        return None
    if obstacles.hits(at_stand, RADII, N_LIMBS).any():
        return None
    # On the way there is room to be had for little, and thin things lie between the samples.
    if obstacles.hits(np.concatenate([way_in, unfolding]), RADII + _SPARE, N_LIMBS).any():
        return None
    if carried is not None:
        held = carried @ hand.T_pre[:3, :3].T + hand.T_pre[:3, 3]
        ways = np.stack([held - d * direction for d in (0.0, 0.33 * back, 0.67 * back, back)])
        if obstacles.hits(ways, np.full(len(held), carried_radius), 0).any():
            return None
    return Reach(base, back, lift, q_pre, q, hand)


def _on_line(foot: F64, hand: Hand, q_pre: F64) -> list[F64] | None:
    """Joints along the straight line from ``T_pre`` to ``T``, or None where the arm cannot follow it."""
    out, q = [], q_pre
    n = max(round(float(np.linalg.norm(hand.T[:3, 3] - hand.T_pre[:3, 3])) / 0.035), 2)
    for k in range(1, n + 1):
        T = hand.T.copy()
        T[:3, 3] = hand.T_pre[:3, 3] + (hand.T[:3, 3] - hand.T_pre[:3, 3]) * k / n
        step = arm.follow(_rigid_inverse(foot[None])[0] @ T, q, reach=0.6, samples=11)
        if step is None:
            return None
        out.append(step)
        q = step
    return out


def _rigid_inverse(T: F64) -> F64:
    """Inverses (N, 4, 4) of rigid transforms."""
    out = np.zeros_like(T)
    out[:, :3, :3] = np.swapaxes(T[:, :3, :3], 1, 2)
    out[:, :3, 3] = -np.einsum("nij,nj->ni", out[:, :3, :3], T[:, :3, 3])
    out[:, 3, 3] = 1.0
    return out
