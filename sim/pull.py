"""Whole-body plans for moving a handle along its path: base and hand step by step, found by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import F64, BoolArray
from . import arm
from .articulation import Articulation
from .body import FOOTPRINT, LIFT_RANGE, arm_foot
from .collision import N_LIMBS, RADII, spheres
from .navigation import FloorPlan
from .reach import BACK
from .skill_navigate import behind

_SWIVELS = np.deg2rad([0, 9, -9, 18, -18, 26, -26])
"""Angles of the hand against the front's normal, about the bar or across it."""
_MOST_JOINT = 0.8  # rad between two steps
_STATES, _BEAM = 1400, 300  # states looked at per step, and kept of them
_MOST_BASE = 0.32  # metres between two steps


@dataclass(frozen=True, eq=False)
class PullPlan:
    """Steps k = 0 … n: positions ``s`` (n,) along the motion, bases (n, 3), hand swivels (n,), joints (n, 7); one lift."""

    s: F64
    bases: F64
    swivels: F64
    joints: F64
    lift: float
    pitch: float


def hand_on_bar(art: Articulation, s: float, swivel: float, pitch: float) -> F64:
    """Hand pose (3, 3) that grips the bar at position ``s``: ``swivel`` about z against the front's normal, pitched down."""
    into = -art.outward(s)
    c, d = np.cos(swivel), np.sin(swivel)
    flat = np.array([c * into[0] - d * into[1], d * into[0] + c * into[1], 0.0])
    z = flat * np.cos(pitch) - np.array([0.0, 0.0, np.sin(pitch)])
    y = np.cross(z, art.bar)
    y /= np.linalg.norm(y)
    return np.stack([np.cross(y, z), y, z], axis=1)


def plan_pull(
    art: Articulation, start: float, stop: float, plan: FloorPlan, there: FloorPlan, grip: F64
) -> PullPlan | None:
    """The cheapest way to move the bar from ``start`` to ``stop`` without letting go; None when there is none.

    ``plan`` is the floor without the moving front, ``there`` the floor as it is, on which the first base has to be got to.
    ``grip`` (3,) is the point of the bar to hold, given for position ``start``.
    """
    n = 5 if art.hinge is None else 8
    s = np.linspace(start, stop, n)
    offset: F64 = np.asarray(grip - art.handle(start), dtype=np.float64)
    best: tuple[float, PullPlan] | None = None
    for pitch in np.deg2rad([48.0, 62.0, 30.0]):  # level with the forearm, the wrist would be singular
        for lift in _lifts(float(grip[2]), pitch):
            found = _search(art, s, plan, there, offset, pitch, lift)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        if best is not None:
            return best[1]
    return None


def _lifts(height: float, pitch: float) -> list[float]:
    middle = float(np.clip(height - 0.52 + 0.2 * np.sin(pitch), *LIFT_RANGE))
    return sorted({middle, float(np.clip(middle - 0.14, *LIFT_RANGE))})


def _bases(art: Articulation, s: F64, plan: FloorPlan) -> F64:
    """Base poses (B, 3) on floor that is free of everything but the moving front, around the bar's path."""
    points = np.array([art.handle(float(v))[:2] for v in s])
    lower, upper = points.min(axis=0) - 0.9, points.max(axis=0) + 0.9
    xs, ys = np.arange(lower[0], upper[0], 0.12), np.arange(lower[1], upper[1], 0.12)
    xy = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
    gap = np.linalg.norm(xy[:, None] - points[None], axis=2).min(axis=1)
    ok = (plan.room(xy) >= FOOTPRINT) & plan.known(xy) & (gap > 0.30) & (gap < 0.85)
    xy = xy[ok]
    yaws = np.arctan2(points[:, 1].mean() - xy[:, 1], points[:, 0].mean() - xy[:, 0])
    return np.concatenate([np.column_stack([xy, yaws + turn]) for turn in (0.0, 0.5, -0.5)])


def _search(
    art: Articulation, s: F64, plan: FloorPlan, there: FloorPlan, offset: F64, pitch: float, lift: float
) -> tuple[float, PullPlan] | None:
    """Viterbi over (base, swivel) states, one layer per step."""
    bases = _bases(art, s, plan)
    if len(bases) == 0:
        return None
    feet = np.stack([arm_foot(b, lift) for b in bases])
    inverse: F64 = np.asarray(np.linalg.inv(feet), dtype=np.float64)
    travel = 0.08 * np.min([there.cost(behind(bases, back)[:, :2]) for back in BACK], axis=0)
    layers: list[tuple[F64, F64, F64, F64]] = []  # bases, swivels, joints, running cost
    back: list[F64] = []
    for k, value in enumerate(s):
        states = _states(art, float(value), bases, feet, inverse, offset, pitch)
        if states is None:
            return None
        index, swivel, q, own = states
        if k == 0:
            cost = own + travel[index]
            keep = np.isfinite(cost)
            index, swivel, q, cost = index[keep], swivel[keep], q[keep], cost[keep]
            parent = np.zeros(len(index), dtype=int)
        else:
            b0, w0, q0, c0 = layers[-1]
            b1 = bases[index]
            move = np.linalg.norm(b1[:, None, :2] - b0[None, :, :2], axis=2)
            turn = np.abs(b1[:, None, 2] - b0[None, :, 2])
            joint = np.abs(q[:, None] - q0[None]).max(axis=2)
            step = c0[None] + 0.5 * move + 0.2 * turn + 0.25 * joint + 0.1 * np.abs(swivel[:, None] - w0[None])
            step[(move > _MOST_BASE) | (joint > _MOST_JOINT) | (turn > 0.9)] = np.inf
            parent = step.argmin(axis=1)
            cost = own + step[np.arange(len(index)), parent]
            keep = np.isfinite(cost)
            index, swivel, q, cost, parent = index[keep], swivel[keep], q[keep], cost[keep], parent[keep]
        if len(index) == 0:
            return None
        order = np.argsort(cost, kind="stable")[:_BEAM]
        layers.append((bases[index[order]], swivel[order], q[order], cost[order]))
        back.append(parent[order])
    return _traced(s, layers, back, lift, pitch)


def _traced(
    s: F64, layers: list[tuple[F64, F64, F64, F64]], back: list[F64], lift: float, pitch: float
) -> tuple[float, PullPlan]:
    i = int(layers[-1][3].argmin())
    total = float(layers[-1][3][i])
    picks = []
    for k in range(len(s) - 1, -1, -1):
        picks.append(i)
        i = int(back[k][i])
    picks.reverse()
    rows = [tuple(part[i] for part in layer[:3]) for layer, i in zip(layers, picks, strict=True)]
    bases, swivels, joints = (np.array([row[j] for row in rows]) for j in range(3))
    return total, PullPlan(s, bases, swivels, joints, lift, pitch)


def _states(
    art: Articulation, s: float, bases: F64, feet: F64, inverse: F64, offset: F64, pitch: float
) -> tuple[F64, F64, F64, F64] | None:
    """Reachable (base index, swivel, joints, cost) at position ``s``."""
    point = art.handle(s) + offset
    away = np.linalg.norm(bases[:, :2] - point[:2], axis=1)
    ok = np.flatnonzero((art.clear(bases[:, :2], s) > 0.01) & (away > 0.36) & (away < 0.86))
    if len(ok) == 0:
        return None
    poses = []
    for swivel in _SWIVELS:
        T = np.eye(4)
        T[:3, :3] = hand_on_bar(art, s, float(swivel), pitch)
        T[:3, 3] = point
        poses.append(T)
    index = np.repeat(ok, len(_SWIVELS))
    which = np.tile(np.arange(len(_SWIVELS)), len(ok))
    facing = np.array([T[:2, 2] / np.linalg.norm(T[:2, 2]) for T in poses])[which]
    heading = np.stack([np.cos(bases[index, 2]), np.sin(bases[index, 2])], axis=1)
    towards = (heading * facing).sum(axis=1) > 0.2
    index, which = index[towards], which[towards]
    if len(index) == 0:
        return None
    q, cost = arm.all_solutions(inverse[index] @ np.stack(poses)[which], samples=9)
    own = 0.06 * cost + 0.05 * np.abs(_SWIVELS[which])[:, None]
    row, sample = np.nonzero(np.isfinite(own))
    order = np.argsort(own[row, sample], kind="stable")[:_STATES]
    row, sample = row[order], sample[order]
    index, which, q, own = index[row], which[row], q[row, sample], own[row, sample]
    if len(index) == 0:
        return None
    free = ~_behind_front(art, s, q, feet[index])
    return index[free], _SWIVELS[which[free]], q[free], own[free]


def _behind_front(art: Articulation, s: float, q: F64, feet: F64) -> BoolArray:
    """True where a limb would reach through the moving front."""
    centers = spheres(q, feet)[:, :N_LIMBS]
    a, b = art.panel(s)
    way = b - a
    t = (centers[..., :2] - a) @ way / max(float(way @ way), 1e-9)
    out = (centers - np.array([*a, 0.0])) @ art.outward(s)
    return np.asarray(((t > -0.1) & (t < 1.1) & (out < RADII[:N_LIMBS] + 0.01)).any(axis=1))
