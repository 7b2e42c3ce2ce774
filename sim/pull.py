"""Whole-body plans for moving a handle along its path: base and hand step by step, found by dynamic programming."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from ..geometry import F64
from . import arm
from .articulation import Articulation
from .body import FOOTPRINT, LIFT_RANGE, arm_foot
from .clutter import PALM, Clutter
from .collision import N_LIMBS, RADII, spheres
from .navigation import FloorPlan
from .skill_navigate import behind
from .stands import BACK
from .voxels import VoxelMap

_SWIVELS = np.deg2rad([0, 9, -9, 18, -18, 26, -26])
"""Angles of the hand against the front's normal, about the bar or across it."""
_WIDE = np.deg2rad([0, 18, -18, 34, -34, 46, -46])
"""Where something stands beside the bar and the palm has no room."""
_PITCHES = (48.0, 62.0, 30.0)  # degrees that the hand points down: level with the forearm, the wrist would be singular
_LEVEL = (12.0, -10.0, -30.0)  # degrees for bars that are too high for that
_FLAP = (15.0, 30.0, 0.0)  # degrees for what stands off a flap or lid level
_ON_FACE, _ON_EDGE = 0.4, 0.75  # share of its leaning up or down that the hand follows: its palm keeps off the panel
_HIGH = 1.25  # metres
_MOST_JOINT = 0.8  # rad between two steps
_STATES, _BEAM = 1400, 300  # states looked at per step, and kept of them
_MOST_BASE = 0.32  # metres between two steps
OFF_PATH = 0.04
"""Metres that the arm may miss the path by."""


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
    into = -art.facing(s)
    c, d = np.cos(swivel), np.sin(swivel)
    flat = np.array([c * into[0] - d * into[1], d * into[0] + c * into[1], 0.0])
    if art.level:
        pitch = pitch + (_ON_EDGE if art.edge else _ON_FACE) * art.lean(s)
    z = flat * np.cos(pitch) - np.array([0.0, 0.0, np.sin(pitch)])
    y = np.cross(z, art.bar)
    y /= np.linalg.norm(y)
    return np.stack([np.cross(y, z), y, z], axis=1)


def plan_pull(
    art: Articulation, start: float, stop: float, plan: FloorPlan, there: FloorPlan, grip: F64, clutter: Clutter
) -> PullPlan | None:
    """The cheapest way to move the bar from ``start`` to ``stop`` without letting go, or the farthest that there is.

    ``plan`` is the floor without the moving front, ``there`` the floor as it is, on which the first base has to be got to.
    ``grip`` (3,) is the point of the bar to hold, given for position ``start``; ``clutter`` is what neither arm nor palm may
    touch. None where not even a part of the way is possible.
    """
    n = 5 if art.hinge is None else 8
    s = np.linspace(start, stop, n)
    offset: F64 = np.asarray(grip - art.handle(start), dtype=np.float64)
    ways = [(_PITCHES, _SWIVELS), (_PITCHES, _WIDE), (_LEVEL, _SWIVELS), (_LEVEL, _WIDE)]
    if grip[2] > _HIGH:
        ways = [*ways[2:], *ways[:2]]
    elif art.level:
        ways = [(_FLAP, _SWIVELS)]
    best: tuple[int, float, PullPlan] | None = None
    for pitches, swivels in ways:
        for pitch in np.deg2rad(pitches):
            for lift in _lifts(float(grip[2]), float(pitch), art, stop):
                found = _Search(art, plan, there, offset, float(pitch), lift, swivels, clutter).run(s)
                if found is not None and (best is None or (-len(found[1].s), found[0]) < best[:2]):
                    best = (-len(found[1].s), *found)
            if best is not None and -best[0] == n:
                return best[2]
    return best[2] if best is not None and -best[0] > n // 3 else None


def _lifts(height: float, pitch: float, art: Articulation, stop: float) -> list[float]:
    if art.level:
        height = (height + float(art.handle(stop)[2])) / 2
        return sorted({float(np.clip(height - below, *LIFT_RANGE)) for below in (0.30, 0.42, 0.54)})
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


@dataclass(frozen=True, eq=False)
class _Search:
    """Viterbi over (base, swivel) states, one layer per step."""

    art: Articulation
    plan: FloorPlan
    there: FloorPlan
    offset: F64
    pitch: float
    lift: float
    swivels: F64
    clutter: Clutter

    def run(self, s: F64) -> tuple[float, PullPlan] | None:
        """Cost and plan for as many of the positions ``s`` (n,) as there are states for; None where there is none."""
        bases = _bases(self.art, s, self.plan)
        if len(bases) == 0:
            return None
        feet = np.stack([arm_foot(b, self.lift) for b in bases])
        inverse: F64 = np.asarray(np.linalg.inv(feet), dtype=np.float64)
        travel = 0.08 * np.min([self.there.cost(behind(bases, back)[:, :2]) for back in BACK], axis=0)
        layers: list[tuple[F64, F64, F64, F64]] = []  # bases, swivels, joints, running cost
        back: list[F64] = []
        for k, value in enumerate(s):
            found = self._states(float(value), bases, feet, inverse, first=k == 0)
            if found is None:
                break
            index, swivel, q, own = found
            if k == 0:
                cost = own + travel[index]
                parent = np.zeros(len(index), dtype=int)
            else:
                parent, cost = _joined(layers[-1], bases[index], swivel, q, own)
            keep = np.isfinite(cost)
            if not keep.any():
                break
            index, swivel, q, cost, parent = index[keep], swivel[keep], q[keep], cost[keep], parent[keep]
            order = np.argsort(cost, kind="stable")[:_BEAM]
            layers.append((bases[index[order]], swivel[order], q[order], cost[order]))
            back.append(parent[order])
        return _traced(s[: len(layers)], layers, back, self.lift, self.pitch) if layers else None

    def _states(self, s: float, bases: F64, feet: F64, inverse: F64, first: bool) -> tuple[F64, F64, F64, F64] | None:
        """Reachable (base index, swivel, joints, cost) at position ``s``; the ``first`` has to be driven up to."""
        art, swivels = self.art, self.swivels
        point = art.handle(s) + self.offset
        away = np.linalg.norm(bases[:, :2] - point[:2], axis=1)
        ok = np.flatnonzero((art.clear(bases[:, :2], s) > 0.01) & (away > 0.36) & (away < 0.86))
        if len(ok) == 0:
            return None
        poses = np.tile(np.eye(4), (len(swivels), 1, 1))
        for T, swivel in zip(poses, swivels, strict=True):
            T[:3, :3], T[:3, 3] = hand_on_bar(art, s, float(swivel), self.pitch), point
        index, which = np.repeat(ok, len(swivels)), np.tile(np.arange(len(swivels)), len(ok))
        facing = (poses[:, :2, 2] / np.linalg.norm(poses[:, :2, 2], axis=1)[:, None])[which]
        heading = np.stack([np.cos(bases[index, 2]), np.sin(bases[index, 2])], axis=1)
        towards = (heading * facing).sum(axis=1) > 0.2
        index, which = index[towards], which[towards]
        if len(index) == 0:
            return None
        q, cost = arm.all_solutions(inverse[index] @ poses[which], samples=9)
        own = 0.06 * cost + 0.05 * np.abs(swivels[which])[:, None]
        if art.level:  # from before it the hand gets away again, from beside it stays caught below
            own = own + 0.4 * np.abs((bases[index, :2] - point[:2]) @ art.bar[:2])[:, None]
        row, sample = np.nonzero(np.isfinite(own))
        order = np.argsort(own[row, sample], kind="stable")[:_STATES]
        row, sample = row[order], sample[order]
        index, which, q, own = index[row], which[row], q[row, sample], own[row, sample]
        if len(index) == 0:
            return None
        body = spheres(q, feet[index])
        parts = N_LIMBS + PALM if self.art.level else N_LIMBS  # the palm comes near what is level as the bar is
        free = ~art.behind(body[:, :parts], RADII[:parts], s).any(axis=1) & ~self.clutter.hits(body)
        if first:
            pre = poses[which].copy()
            pre[:, :3, 3] -= 0.10 * pre[:, :3, 2]
            q_pre, cost = arm.all_solutions(inverse[index] @ pre, prefer=q, samples=9)
            near = np.abs(q_pre - q[:, None]).max(axis=2) < _MOST_JOINT
            free &= (near & np.isfinite(cost)).any(axis=1)  # it gets to the bar, and with the same elbow
            before = body - 0.10 * poses[which, None, :3, 2]
            heading = np.column_stack([np.cos(bases[index, 2]), np.sin(bases[index, 2]), np.zeros(len(index))])[:, None]
            for way in (0.0, 0.15):
                free &= ~self.clutter.hits(before - way * heading)
        return index[free], swivels[which[free]], q[free], own[free]


def _joined(layer: tuple[F64, F64, F64, F64], b1: F64, w1: F64, q1: F64, own: F64) -> tuple[F64, F64]:
    """For each state of a step the best one of the step before (index into ``layer``), and the cost up to here."""
    b0, w0, q0, c0 = layer
    move = np.linalg.norm(b1[:, None, :2] - b0[None, :, :2], axis=2)
    turn = np.abs(b1[:, None, 2] - b0[None, :, 2])
    joint = np.abs(q1[:, None] - q0[None]).max(axis=2)
    step = c0[None] + 0.5 * move + 0.2 * turn + 0.25 * joint + 0.1 * np.abs(w1[:, None] - w0[None])
    step[(move > _MOST_BASE) | (joint > _MOST_JOINT) | (turn > 0.9)] = np.inf
    parent = step.argmin(axis=1)
    return parent, own + step[np.arange(len(b1)), parent]


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


def backwards(to_foot: F64, T: F64, T_pre: F64, q: F64) -> F64 | None:
    """Joints (7,) at ``T_pre`` from which the straight line to ``T`` ends near ``q``: with another elbow the plan is worth
    nothing. None where the arm cannot follow the line; ``to_foot`` is the inverse of the arm's foot pose."""
    for share in np.linspace(0.1, 1.0, 10):
        step = T.copy()
        step[:3, 3] += share * (T_pre[:3, 3] - T[:3, 3])
        q, error = arm.track(to_foot @ step, q, q, most=0.2)
        if error > OFF_PATH:
            return None
    return q


def without_front(voxels: VoxelMap, art: Articulation, s: float) -> VoxelMap:
    """The obstacle map without the front that is about to be moved."""
    out_of, voxels = voxels, copy(voxels)
    voxels.filled = out_of.filled.copy()
    a, b = art.panel(s)
    if art.hinge is None or art.upright:
        for t in np.linspace(0.1 if art.hinge is not None else 0.0, 1.05, 24):
            for out in (-0.04, 0.0, 0.04, 0.08):
                i, j = voxels.cell((a + t * (b - a) + out * art.outward(s))[:2])
                voxels.filled[i, j] = False
    elif not art.lid:  # a flap that lies open is before the furniture as a whole
        for t in np.arange(0.05, float((b - a) @ art.plane[0]) + 0.1, 0.03):
            for side in np.arange(-art.half - 0.03, art.half + 0.04, 0.03):
                i, j = voxels.cell((a + t * art.plane[0] + side * art.bar)[:2])
                voxels.filled[i, j] = False
    return voxels
