"""Moving a held bar along its path with base and arm together, giving way to what pushes it off the path.

The path is a guess from boxes that may be centimetres off. The hand therefore feels the force on its grip, as a wrist
sensor would, and yields to the part of it that is not along the path (admittance control; Hogan, "Impedance control",
1985): the true hinge steers the hand.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from ..geometry import F64, inverse
from . import arm
from .articulation import Articulation
from .body import ARM_JOINTS, BASE_JOINTS, arm_foot
from .control import TICK, Control
from .one_action import Failed
from .pull import OFF_PATH, PullPlan, hand_on_bar

_NEARLY = 0.14  # share of the way within which resistance is the end of the travel: the path is only a guess
_SPEED = {"hinge": 0.60, "slide": 0.22}
"""rad/s and m/s along the motion."""
_BASE_SPEED, _JOINT_SPEED = 0.45, 1.2  # m/s and rad/s
_YIELD = np.array([0.0002, 0.0002, 0.00005])  # metres per second and newton that the hand gives way across the path
_CALM = 20.0  # newtons that it does not give way to: against a rigid hinge it would swing
_END_STOP = 60.0  # newtons
_MOST_YIELD = 0.12  # metres
_BEHIND = 0.10  # metres that the hand may lag behind along the path before the door counts as stuck


def carry_along(control: Control, art: Articulation, plan: PullPlan) -> Generator[None, None, tuple[F64, str]]:
    """Move the held bar along ``plan``, then release it; the way (N, 3) that it came, and what ended it early, if any."""
    start, stop = float(plan.s[0]), float(plan.s[-1])
    opening = stop > start
    # From where the hand really closed: with a rigid grip, a jump of millimetres would be a jerk of hundreds of newtons.
    offset = control.tcp()[:3, 3] - art.handle(start)
    push = (
        0.0 if opening or stop > 0.1 else -(0.06 if art.hinge is not None else 0.02)
    )  # a little further, so that it shuts
    way = _Way(plan, control.body.target["base_yaw"])
    n = max(round(way.seconds(art.kind) / TICK), 10)
    give, why, track = np.zeros(3), "", [control.body.link_pose("panda_grasptarget")[:3, 3]]
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
        if error > OFF_PATH:
            why = ": the arm could not follow"
            break
        try:
            control.tick({**dict(zip(ARM_JOINTS, q, strict=True)), **dict(zip(BASE_JOINTS, base, strict=True))})
        except Failed as failure:
            why = f": {failure.detail}"
            break
        at = control.body.link_pose("panda_grasptarget")[:3, 3]
        track.append(at)
        lag = 0.7 * lag + 0.3 * (base - control.body.base_pose())
        yield
        control.capture_due()
        if abs((at - T[:3, 3]) @ tangent) > _BEHIND:
            why = ": it does not come along"
            break
        left = (art.full - s if opening else s) / art.full
        if (control.grip.load > _END_STOP and left < 0.05) or (control.grip.load > 2 * _END_STOP and left < _NEARLY):
            break  # far enough, and it resists: the end of its travel
    control.grip.release()  # at once: what was pressed against an end stop springs back
    control.body.freeze()
    return np.array(track), why


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
