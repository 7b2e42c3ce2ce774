"""Opening and closing doors and drawers: grip the bar, move it along its path with base and arm, give way, let go.

The path is a guess from boxes that may be centimetres off. The hand therefore feels the force on its grip, as a wrist
sensor would, and yields to the part of it that is not along the path (admittance control; Hogan, "Impedance control",
1985): the true hinge steers the hand.
"""

from __future__ import annotations

from collections.abc import Generator
from copy import copy

import numpy as np

from ..contracts import Status, Target
from ..geometry import F64, Box, inverse
from . import arm
from .articulation import Articulation, infer
from .body import ARM_JOINTS, BASE_JOINTS, arm_foot
from .control import TICK, Control, Failed, Motion
from .grasps import before
from .grip import SQUEEZE
from .navigation import FloorPlan
from .pull import PullPlan, hand_on_bar, plan_pull
from .reach import BACK
from .skill_navigate import back_off, behind, drive_straight, drive_to, fold
from .skill_pick import look
from .skill_place import face
from .voxels import VoxelMap

_SPEED = {"hinge": 0.60, "slide": 0.22}
"""rad/s and m/s along the motion."""
_BASE_SPEED, _JOINT_SPEED = 0.45, 1.2  # m/s and rad/s
_YIELD = np.array([0.0002, 0.0002, 0.00005])  # metres per second and newton that the hand gives way across the path
_CALM = 20.0  # newtons that it does not give way to: against a rigid hinge it would swing
_END_STOP = 60.0  # newtons
_NEARLY = 0.14  # share of the way within which resistance is the end of the travel: the path is only a guess
_SHUT = 0.04  # share of the way that counts as shut: a fridge that stands ajar is open
_MOST_YIELD = 0.12  # metres
_BEHIND = 0.10  # metres that the hand may lag behind along the path before the door counts as stuck
_OFF = 0.04  # metres that the arm may miss the path by
_FROM_END = 0.035  # metres below the upper end of an upright bar to grip it
_BAR_DEPTH = 0.009  # metres from the front of a bar to its middle


class Doors:
    """Opens and closes furniture; remembers how each piece moved, by the target's id."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._known: dict[str, Articulation] = {}
        self._left: dict[str, F64] = {}  # where the fingers let go of a handle

    def open(self, target: Target) -> Motion:
        """Open ``target`` by its handle, then stand before it and look in."""
        yield from self._move(target, opening=True)
        yield from face(self._control, target.box_world, None, inside=True)

    def close(self, target: Target) -> Motion:
        """Close ``target`` by its handle, then look at it."""
        yield from self._move(target, opening=False)
        yield from look(self._control, target.box_world.center)

    def _move(self, target: Target, opening: bool) -> Motion:
        control = self._control
        verb = "open" if opening else "close"
        if control.grip.attached:
            raise Failed(Status.HANDS_FULL, f"the hand is full and cannot {verb} the {target.label}")
        if target.handle_world is None:
            raise Failed(Status.UNSUPPORTED, f"no handle of the {target.label} is known")
        # what is believed of a front that stands open somewhat tells less of where it is when closed
        if target.id not in self._known:
            self._known[target.id] = infer(target.box_world, target.handle_world)
        art = self._known[target.id]
        start = float(np.clip(art.position(target.handle_world.center), 0.0, None))
        if (opening and start >= art.enough) or (not opening and start < 0.03):
            return
        yield from fold(control)
        yield from self._look_at_handle(target, art, start)
        grip = refined(control.cloud, target.handle_world, art, start)
        left = self._left.get(target.id)
        if left is not None and np.linalg.norm(left - grip) < 0.08:
            grip = left  # felt is surer than seen
        stop = art.full if opening else 0.0
        for attempt in (1, 2):
            try:
                reached, why = yield from self._drag(target, art, start, stop, grip)
            except Failed as failure:
                if attempt == 2 and not opening and start <= _NEARLY * art.full:
                    return  # all but shut, and no bar to be had for a second push
                if attempt == 2 or failure.status is not Status.SLIPPED:
                    raise
                reached, why = float(np.clip(art.position(control.tcp()[:3, 3]), 0.0, art.full)), f": {failure.detail}"
                yield from fold(control)
                yield from self._look_at_handle(target, art, reached)
            # a front that resists before it is shut gets a second push; what then remains may be the guessed path's error
            shut = (_SHUT if attempt == 1 else _NEARLY) * art.full
            done = reached >= art.enough if opening else reached <= shut
            if done:
                return
            if attempt == 1:  # go on from where it was left
                grip = art.handle(reached) + grip - art.handle(start)
                start = float(np.clip(reached, 0.0, art.full))
        word = f"opened only to {reached:.2f} of {art.full:.2f}" if opening else f"is still open by {reached:.2f}"
        raise Failed(Status.STUCK, f"the {target.label} {word}{why}")

    def _drag(
        self, target: Target, art: Articulation, start: float, stop: float, grip: F64
    ) -> Generator[None, None, tuple[float, str]]:
        """Grip, move along, let go; returns how far it is now and what ended the motion."""
        plan = self._plan(target, art, start, stop, grip)
        yield from self._take_hold(target, art, plan, grip)
        where, why = yield from _carry_along(self._control, art, plan, grip, stop > start)
        self._left[target.id] = self._control.body.link_pose("panda_grasptarget")[:3, 3]
        yield from self._let_go(plan)
        return art.position(where), why

    def _look_at_handle(self, target: Target, art: Articulation, start: float) -> Motion:
        control = self._control
        handle = art.handle(start)
        away = handle[:2] - control.body.base_pose()[:2]
        if not 0.5 < np.linalg.norm(away) < 1.5 or away @ art.outward(start)[:2] > -0.3:
            control.scan()
            floor = FloorPlan(control.voxels, control.body.base_pose())
            out = art.outward(start)[:2]
            for distance in (0.9, 0.8, 1.0, 0.7, 1.2):
                spots = [handle[:2] + distance * _turned(out, t) for t in (0.0, 0.4, -0.4, 0.8, -0.8)]
                ok = [s for s in spots if np.isfinite(floor.cost(s)) and floor.known(s) and floor.room(s) > 0.33]
                if ok:
                    best = min(ok, key=lambda s: float(floor.cost(s)))
                    yield from drive_to(control, np.array([*best, np.arctan2(*(handle[:2] - best)[::-1])]))
                    break
        yield from look(control, handle, fresh=True)

    def _plan(self, target: Target, art: Articulation, start: float, stop: float, grip: F64) -> PullPlan:
        control = self._control
        control.scan()
        floor = FloorPlan(_without_front(control, art, start), control.body.base_pose())
        goals = (
            [stop]
            if stop < start
            else [g for g in (stop, 1.3, 1.15) if g <= stop]
            if art.hinge is not None
            else [stop, 0.3]
        )
        for goal in goals:
            plan = plan_pull(art, start, goal, floor, grip)
            if plan is not None:
                return plan
        raise Failed(
            Status.OUT_OF_REACH, f"no way was found to hold on to the handle of the {target.label} while it moves"
        )

    def _take_hold(self, target: Target, art: Articulation, plan: PullPlan, grip: F64) -> Motion:
        control = self._control
        floor = FloorPlan(control.voxels, control.body.base_pose())
        base = plan.bases[0]
        for back in BACK:
            dock = behind(base, back)
            if np.isfinite(floor.cost(dock[:2])):
                break
        T = np.eye(4)
        T[:3, :3] = hand_on_bar(art, float(plan.s[0]), float(plan.swivels[0]), plan.pitch)
        T[:3, 3] = grip
        T_pre = before(T, 0.0, 0.10)
        q_pre = _backwards(inverse(arm_foot(base, plan.lift)), T, T_pre, plan.joints[0])
        if q_pre is None:
            raise Failed(Status.OUT_OF_REACH, f"the arm does not get to the handle of the {target.label}")
        yield from drive_to(control, dock)
        control.grip.command(0.08)
        yield from control.unfold(q_pre, plan.lift)
        yield from drive_straight(control, base)
        for deeper in (0.0, 0.014, -0.012):
            yield from control.move_line(before(T, 0.0, -deeper), speed=0.2, prefer=plan.joints[0])
            control.grip.command(0.0, SQUEEZE)
            for _ in range(30):
                control.tick()
                yield
                if control.grip.touching():
                    control.body.freeze()
                    for _ in range(4):
                        control.tick()
                        yield
                    if control.grip.attach(handle=True):
                        return
            control.grip.release()
            yield from control.wait(0.3)
        raise Failed(Status.NOT_THERE, f"the fingers closed without the handle of the {target.label} between them")

    def _let_go(self, plan: PullPlan) -> Motion:
        control = self._control
        yield from control.wait(0.35)
        try:
            yield from control.move_line(before(control.tcp(), 0.0, 0.10), speed=0.3)
        except Failed:  # where the arm is stretched or held up, the base alone takes the open fingers off the bar
            control.body.freeze()
        yield from back_off(control, control.body.base_pose(), (0.30, 0.22, 0.15, 0.08))
        yield from control.tuck()


def _backwards(to_foot: F64, T: F64, T_pre: F64, q: F64) -> F64 | None:
    """Joints (7,) at ``T_pre`` from which the straight line to ``T`` ends near ``q``: with another elbow the plan is worth
    nothing. None where the arm cannot follow the line; ``to_foot`` is the inverse of the arm's foot pose."""
    for share in np.linspace(0.1, 1.0, 10):
        step = T.copy()
        step[:3, 3] += share * (T_pre[:3, 3] - T[:3, 3])
        q, error = arm.track(to_foot @ step, q, q, most=0.2)
        if error > _OFF:
            return None
    return q


def refined(cloud: F64, handle: Box, art: Articulation, s: float) -> F64:
    """Middle (3,) of the bar from the depth points around its believed box; the belief where too little is seen."""
    center = handle.center
    out, bar = art.outward(s), art.bar if art.hinge is None else np.array([0.0, 0.0, 1.0])
    across = np.cross(out, bar)
    local = cloud - center
    n, a, b = local @ out, local @ across, local @ bar
    half = max(float(np.abs(handle.T_ref_box[:3, :3].T @ bar) @ handle.size) / 2, 0.05)
    near = (np.abs(a) < 0.05) & (np.abs(b) < half) & (np.abs(n) < 0.06)
    front = float(np.percentile(n[near], 95)) if near.sum() >= 10 else np.inf
    if abs(front - _BAR_DEPTH) > 0.03:  # the panel behind the bar, seen past its edge, is not the bar
        return np.asarray(center + (half - _FROM_END) * bar) if abs(bar[2]) > 0.9 else center
    bar_points = near & (n > front - 0.02)
    middle = float(np.median(a[bar_points]))
    along = 0.0
    if abs(bar[2]) > 0.9:  # near its upper end, where a hand that comes from above has room for its palm
        taller = (np.abs(a - middle) < 0.02) & (np.abs(b) < half + 0.03) & (np.abs(n - front) < 0.02)
        along = float(np.clip(np.percentile(b[taller], 99), half - 0.03, half + 0.03)) - _FROM_END
    return np.asarray(center + middle * across + along * bar + (front - 0.002 - _BAR_DEPTH) * out)


def _turned(v: F64, angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * v[0] - s * v[1], s * v[0] + c * v[1]])


def _without_front(control: Control, art: Articulation, s: float) -> VoxelMap:
    """The obstacle map without the front that is about to be moved."""
    voxels = copy(control.voxels)
    voxels.filled = control.voxels.filled.copy()
    a, b = art.panel(s)
    for t in np.linspace(0.1 if art.hinge is not None else 0.0, 1.05, 24):
        for out in (-0.04, 0.0, 0.04, 0.08):
            i, j = voxels.cell(a + t * (b - a) + out * art.outward(s)[:2])
            voxels.filled[i, j] = False
    return voxels


def _carry_along(
    control: Control, art: Articulation, plan: PullPlan, grip: F64, opening: bool
) -> Generator[None, None, tuple[F64, str]]:
    """Move the bar along; returns where it ended up (3,). Ends early when it does not come along any more."""
    start, stop = float(plan.s[0]), float(plan.s[-1])
    # From where the hand really closed: with a rigid grip, a jump of millimetres would be a jerk of hundreds of newtons.
    offset = control.tcp()[:3, 3] - art.handle(start)
    push = 0.0 if opening else -(0.06 if art.hinge is not None else 0.02)  # a little further, so that it shuts
    way = _Way(plan, control.body.target["base_yaw"])
    n = max(round(way.seconds("slide" if art.hinge is None else "hinge") / TICK), 10)
    give, why = np.zeros(3), ""
    q = np.array([control.body.target[name] for name in ARM_JOINTS])
    lag = np.zeros(3)
    # The arm holds the bar a little otherwise than planned; it keeps that, as changing it on the way would shake the door.
    otherwise = q - plan.joints[0]
    for k in range(1, n + 1):
        u = k / n
        u = u * u * (3 - 2 * u)
        s = start + (stop - start) * u
        tangent = art.tangent(s)
        force = control.grip.force - (control.grip.force @ tangent) * tangent
        strength = float(np.linalg.norm(force))
        give = give + TICK * _YIELD * force * max(0.0, 1.0 - _CALM / max(strength, 1e-9))
        give *= min(1.0, _MOST_YIELD / max(float(np.linalg.norm(give)), 1e-9))
        base, swivel, wish = way.at(u)
        T = np.eye(4)
        T[:3, :3] = hand_on_bar(art, s, swivel, plan.pitch)
        T[:3, 3] = art.handle(s + push * u) + offset + give
        # The arm makes up for what the base lags behind.
        q, error = arm.track(inverse(arm_foot(base - lag, plan.lift)) @ T, q, wish + otherwise)
        if error > _OFF:
            why = ": the arm could not follow"
            break
        try:
            control.tick({**dict(zip(ARM_JOINTS, q, strict=True)), **dict(zip(BASE_JOINTS, base, strict=True))})
        except Failed:
            if s < art.enough if opening else s > _NEARLY * art.full:
                raise
            break
        lag = 0.7 * lag + 0.3 * (base - control.body.base_pose())
        yield
        control.capture_due()
        if abs((control.body.link_pose("panda_grasptarget")[:3, 3] - T[:3, 3]) @ tangent) > _BEHIND:
            why = ": it does not come along"
            break
        left = (art.full - s if opening else s) / art.full
        if (control.grip.load > _END_STOP and left < 0.05) or (control.grip.load > 2 * _END_STOP and left < _NEARLY):
            break  # far enough, and it resists: the end of its travel
    control.grip.release()  # at once: what was pressed against an end stop springs back
    control.body.freeze()
    return control.body.link_pose("panda_grasptarget")[:3, 3] - offset, why


class _Way:
    """A plan's bases and swivels as smooth curves over the share of the way (Catmull & Rom 1974): no jerks at the steps."""

    def __init__(self, plan: PullPlan, yaw: float) -> None:
        self._points = np.column_stack([plan.bases, plan.swivels, plan.joints])
        self._points[:, 2] += 2 * np.pi * np.round((yaw - plan.bases[0, 2]) / (2 * np.pi))  # the base counts its turns
        self._span = abs(float(plan.s[-1] - plan.s[0]))

    def seconds(self, kind: str) -> float:
        """How long the motion takes at a speed that is gentle on grip and base."""
        fastest = float(np.linalg.norm(np.diff(self._points[:, :2], axis=0), axis=1).max()) * (len(self._points) - 1)
        turns = float(np.abs(np.diff(self._points[:, 4:], axis=0)).max()) * (len(self._points) - 1)
        return 1.5 * max(self._span / _SPEED[kind] / 1.5, fastest / _BASE_SPEED, turns / _JOINT_SPEED)

    def at(self, u: float) -> tuple[F64, float, F64]:
        """Base (x, y, yaw), swivel and joints at share ``u`` of the way."""
        n = len(self._points) - 1
        i = min(int(u * n), n - 1)
        t = u * n - i
        p = self._points
        a, b = p[i], p[i + 1]
        da = (p[i + 1] - p[i - 1]) / 2 if i > 0 else np.zeros(11)
        db = (p[i + 2] - p[i]) / 2 if i + 2 <= n else np.zeros(11)
        x = (2 * t**3 - 3 * t**2 + 1) * a + (t**3 - 2 * t**2 + t) * da + (-2 * t**3 + 3 * t**2) * b + (t**3 - t**2) * db
        return x[:3], float(x[3]), x[4:]
