"""Where to stand and how to hold the arm so that the hand gets to a pose: a search over base, lift, hand and elbow.

A candidate hand pose comes with a pose before it (``T_pre``). The robot unfolds a little way behind its stand, drives up
with the hand at ``T_pre``, and goes straight to ``T``; so along that way the arm must be free of what was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..geometry import F64, BoolArray
from . import arm
from .body import LIFT_RANGE, READY, arm_foot
from .collision import N_LIMBS, RADII, Obstacles, hand_spheres, hits_head, spheres
from .navigation import FloorPlan
from .stands import BACK, Pairs, feet_of, pair_up

_TRIES, _PER_HAND = 180, 6
_MOST, _WIDE, _PER_STAND = 2400, 16000, 40  # pairs in the first search, those of the second, and how many of a stand
_MORE = 240  # hands more in the second one
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
    avoid: Sequence[F64] = (),
    more: Sequence[Hand] = (),
) -> Reach | NoReach:
    """The cheapest stand from which one of ``hands`` can be reached.

    ``carried`` (K, 3) are points of the held object in the grasp frame, kept ``carried_radius`` metres clear on the way.
    ``near`` limits how far the base may go from ``here`` (x, y, yaw). ``walls``: nothing as high as a wall may be between base
    and hand; False where the hand is to push a door. ``avoid``: stands (3,) that turned out to be none.
    ``more``: hands to try where ``hands`` find no way.
    """
    if not hands:
        return NoReach(False)
    place = partial(pair_up, plan=plan, here=here, near=near, walls=walls, avoid=avoid)
    pairs = place(*_wanted(hands))
    check = partial(_checked, plan=plan, obstacles=obstacles, carried=carried, carried_radius=carried_radius)
    found = _search(hands, pairs.part(slice(_MOST)), obstacles, check) if len(pairs.hand) else NoReach(True)
    if isinstance(found, Reach):
        return found
    for group in (hands, more[:: len(more) // _MORE + 1]):
        if group:
            wider = _wider(group, place(*_wanted(group)), obstacles)
            again = _search(group, wider, obstacles, check) if len(wider.hand) else found
            if isinstance(again, Reach):
                return again
            found = NoReach(found.crowded or again.crowded)
    return found


def _wanted(hands: Sequence[Hand]) -> tuple[F64, F64]:
    """Their poses (N, 4, 4) and how much each is disliked (N,)."""
    return np.stack([hand.T for hand in hands]), np.array([hand.cost for hand in hands])


def _search(
    hands: Sequence[Hand], pairs: Pairs, obstacles: Obstacles, check: Callable[..., Reach | None]
) -> Reach | NoReach:
    """The first of ``pairs``, by cost with the arm's posture, that passes ``check``; few of each hand are tried."""
    base, lift, index = pairs.base, pairs.lift, pairs.hand
    feet = feet_of(base, lift)
    T = np.stack([hand.T for hand in hands])
    if pairs.q is None:
        q, cost = arm.best_solutions(_rigid_inverse(feet) @ T[index], samples=9)
        cost = 0.12 * cost + pairs.cost
    else:
        q, cost = pairs.q, pairs.cost
    order = np.argsort(cost, kind="stable")
    order = order[np.isfinite(cost[order])]
    if len(order) == 0:
        return NoReach(False)
    order = order[:_FIRST_LOOK] if pairs.q is None else order
    openings = np.array([hand.opening for hand in hands])[index][order]
    order = order[~_in_the_way(q[order], feet[order], openings, obstacles)]
    before = np.stack([hand.T_pre for hand in hands])[index]
    way = _on_the_way(before[order], base[order], obstacles)
    order = np.concatenate([order[~way], order[way]])  # a shorter way may yet be free
    failed: Counter[int] = Counter()
    each = max(_PER_HAND, _TRIES // max(len(np.unique(index[order])), 1))
    for i in order:
        hand = int(index[i])
        if failed[hand] >= each:
            continue  # the others may be worth a try
        if failed.total() >= _TRIES:
            break
        reach = check(base[i], float(lift[i]), q[i], hands[hand])
        if reach is not None:
            return reach
        failed[hand] += 1
    return NoReach(True)


def _wider(hands: Sequence[Hand], pairs: Pairs, obstacles: Obstacles) -> Pairs:
    """Among clutter: hands that fit where they go, each with three ways to hold the elbow, the best few of each stand."""
    fits = np.ones(len(hands), dtype=np.bool_)
    for poses in ([hand.T for hand in hands], [hand.T_pre for hand in hands]):
        fits &= ~obstacles.hits(hand_spheres(np.stack(poses)), RADII[N_LIMBS:], 0)
    rows = np.flatnonzero(fits[pairs.hand])
    pairs = pairs.part(rows[:: len(rows) // _WIDE + 1])  # of all kinds, not the cheapest
    if len(pairs.hand) == 0:
        return pairs
    T = np.stack([hand.T for hand in hands])[pairs.hand]
    q, cost = arm.all_solutions(_rigid_inverse(feet_of(pairs.base, pairs.lift)) @ T, samples=9)
    thirds = np.array_split(np.arange(9), 3)
    best = np.stack([third[cost[:, third].argmin(axis=1)] for third in thirds], axis=1)
    total = pairs.cost[:, None] + 0.12 * np.take_along_axis(cost, best, axis=1)
    order = np.argsort(total, axis=None, kind="stable")
    order = order[np.isfinite(total.ravel()[order])]
    at = order // 3
    stand = np.unique(pairs.base[at], axis=0, return_inverse=True)[1].ravel()
    by_stand = np.argsort(stand, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[by_stand] = np.arange(len(order)) - np.searchsorted(stand[by_stand], stand[by_stand])
    order = order[rank < _PER_STAND]
    at = order // 3
    chosen = q[at, best.ravel()[order]]
    return Pairs(pairs.base[at], pairs.lift[at], pairs.hand[at], total.ravel()[order], chosen)


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
    back = next((b for b in BACK if plan.open_at((base - b * direction)[:2])), None)
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
