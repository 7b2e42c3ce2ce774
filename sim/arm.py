"""Kinematics of the Panda arm: forward chain and closed-form inverse kinematics, both on whole batches of poses.

The arm has seven joints, so one angle is free for a given hand pose. Fixing the last joint leaves a closed form with at
most four solutions: wrist centre → elbow angle (law of cosines), shoulder direction seen from the wrist → joints 5 and 6,
and the remaining rotation is the shoulder's z-y-z Euler angles. After He & Liu, "Analytical inverse kinematics for Franka
Emika Panda", 2021, re-derived here for the link frames of pybullet_data's URDF. Exact to rounding, no iteration, and
some thousand poses a millisecond's fraction each, which is what lets a skill compare many base and hand poses.

Frames: ``base`` is ``panda_link0``; ``tcp`` lies between the fingertips, z out of the hand, y along the closing direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..geometry import F64, BoolArray

LOWER = np.array([-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973])
"""Soft lower joint limits (7,) in radians."""
UPPER = np.array([2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973])
"""Soft upper joint limits (7,) in radians."""
COMFORT = np.array([0.0, 0.1, 0.0, -1.9, 0.0, 1.9, 0.785])
"""A relaxed posture (7,) in radians; solutions near it are preferred."""
TCP_OFFSET = 0.1034
"""Metres from the hand frame to the grasp centre between the fingertips."""

_D1, _D3, _D5, _A4, _A7, _DH = 0.333, 0.316, 0.384, 0.0825, 0.088, 0.107
_QUARTER = np.pi / 2
_WEIGHTS = np.array([0.6, 0.8, 0.7, 0.4, 0.5, 0.6, 0.25])


def _frame(roll: float, t: tuple[float, float, float]) -> F64:
    c, s = np.cos(roll), np.sin(roll)
    T = np.eye(4)
    T[1:3, 1:3] = [[c, -s], [s, c]]
    T[:3, 3] = t
    return T


_JOINTS = (
    _frame(0.0, (0, 0, _D1)),
    _frame(-_QUARTER, (0, 0, 0)),
    _frame(_QUARTER, (0, -_D3, 0)),
    _frame(_QUARTER, (_A4, 0, 0)),
    _frame(-_QUARTER, (-_A4, _D5, 0)),
    _frame(_QUARTER, (0, 0, 0)),
    _frame(_QUARTER, (_A7, 0, 0)),
)


def _rotations_z(angle: F64) -> F64:
    """Homogeneous rotations (..., 4, 4) about z."""
    T = np.zeros((*angle.shape, 4, 4))
    T[..., 0, 0] = T[..., 1, 1] = np.cos(angle)
    T[..., 1, 0] = np.sin(angle)
    T[..., 0, 1] = -T[..., 1, 0]
    T[..., 2, 2] = T[..., 3, 3] = 1.0
    return T


_HAND = _frame(0.0, (0, 0, _DH)) @ _rotations_z(np.array(-np.pi / 4))
_TCP = _HAND @ _frame(0.0, (0, 0, TCP_OFFSET))


def link_frames(q: ArrayLike) -> F64:
    """Frames (..., 9, 4, 4) of links 1 to 7, the hand and the tcp in the base frame, for joints ``q`` (..., 7)."""
    angles = np.asarray(q, dtype=np.float64)
    out = np.empty((*angles.shape[:-1], 9, 4, 4))
    T = np.broadcast_to(np.eye(4), (*angles.shape[:-1], 4, 4))
    for i, fixed in enumerate(_JOINTS):
        T = T @ (fixed @ _rotations_z(angles[..., i]))
        out[..., i, :, :] = T
    out[..., 7, :, :] = T @ _HAND
    out[..., 8, :, :] = T @ _TCP
    return out


def forward(q: ArrayLike) -> F64:
    """``T_base_tcp`` (..., 4, 4) for joints ``q`` (..., 7) in radians."""
    angles = np.asarray(q, dtype=np.float64)
    T = np.broadcast_to(np.eye(4), (*angles.shape[:-1], 4, 4))
    for i, fixed in enumerate(_JOINTS):
        T = T @ (fixed @ _rotations_z(angles[..., i]))
    return np.asarray(T @ _TCP)


@dataclass(frozen=True, eq=False)
class Solutions:
    """Joint vectors ``q`` (..., 4, 7) for each pose asked for, and which of them are real and within limits (..., 4)."""

    q: F64
    valid: BoolArray


def inverse_kinematics(T_base_tcp: ArrayLike, q7: ArrayLike, margin: float = 0.02) -> Solutions:
    """All joint vectors that put the tcp at ``T_base_tcp`` (..., 4, 4) with the last joint at ``q7`` (broadcast), radians.

    ``margin`` keeps that many radians from the joint limits.
    """
    T = np.asarray(T_base_tcp, dtype=np.float64)
    last = np.asarray(q7, dtype=np.float64)
    shape = np.broadcast_shapes(T.shape[:-2], last.shape)
    T, last = np.broadcast_to(T, (*shape, 4, 4)), np.broadcast_to(last, shape)
    from_six = _JOINTS[6] @ _rotations_z(last) @ _TCP
    R_tail = from_six[..., :3, :3]
    R06 = T[..., :3, :3] @ np.swapaxes(R_tail, -1, -2)
    wrist = T[..., :3, 3] - np.einsum("...ij,...j->...i", R06, from_six[..., :3, 3])
    to_shoulder = np.array([0.0, 0.0, _D1]) - wrist
    with np.errstate(invalid="ignore", divide="ignore"):
        q4 = _elbow(np.einsum("...i,...i->...", to_shoulder, to_shoulder))
        q = np.full((*shape, 2, 2, 7), np.nan)
        q[..., 6] = last[..., None, None]
        q[..., 3] = q4[..., None, None]
        _wrist_angles(q, np.einsum("...ji,...j->...i", R06, to_shoulder), q4)
        _shoulder_angles(q, R06)
    q = q.reshape(*shape, 4, 7)
    with np.errstate(invalid="ignore"):
        valid = ((q >= LOWER + margin) & (q <= UPPER - margin)).all(axis=-1)
    return Solutions(q, np.asarray(valid))


def _elbow(squared: F64) -> F64:
    """Joint 4 from the squared shoulder–wrist distance; NaN when out of reach."""
    upper, fore = _A4**2 + _D3**2, _A4**2 + _D5**2
    angle = np.arccos((upper + fore - squared) / (2 * np.sqrt(upper * fore)))
    return np.asarray(angle + np.arctan(_D5 / _A4) + np.arctan(_D3 / _A4) - 2 * np.pi)


def _wrist_angles(q: F64, shoulder_in_6: F64, q4: F64) -> None:
    """Joints 5 and 6, two branches (axis -3 of ``q``), from where the shoulder lies in frame 6."""
    c, s = np.cos(q4), np.sin(q4)
    # Shoulder in frame 4, then in the frame of joint 5 before it turns.
    x4, y4 = -_A4 * c - _D3 * s, _A4 * s - _D3 * c
    x5, z5 = x4 + _A4, y4 - _D5
    rho = np.hypot(shoulder_in_6[..., 0], shoulder_in_6[..., 1])
    phi = np.arctan2(shoulder_in_6[..., 1], shoulder_in_6[..., 0])
    base = np.arcsin(z5 / rho)
    for branch, angle in enumerate((base - phi, np.pi - base - phi)):
        q6 = (angle + 0.5) % (2 * np.pi) - 0.5
        along = np.cos(q6) * shoulder_in_6[..., 0] - np.sin(q6) * shoulder_in_6[..., 1]
        # Joint 5 before turning sees the shoulder at (x5, 0): y vanishes as the elbow is planar.
        q5 = np.arctan2(0.0 * x5, x5) - np.arctan2(-shoulder_in_6[..., 2], along)
        q[..., branch, :, 5] = q6[..., None]
        q[..., branch, :, 4] = _wrapped(q5)[..., None]


def _shoulder_angles(q: F64, R06: F64) -> None:
    """Joints 1 to 3, two branches (axis -2 of ``q``), from the rotation that the other joints leave over."""
    R = _JOINTS[3][:3, :3] @ _rotations_z(q[..., 0, 3])[..., :3, :3]
    R = R @ (_JOINTS[4][:3, :3] @ _rotations_z(q[..., 0, 4])[..., :3, :3])
    R = R @ (_JOINTS[5][:3, :3] @ _rotations_z(q[..., 0, 5])[..., :3, :3])
    R03 = R06[..., None, :, :] @ np.swapaxes(R, -1, -2)
    q2 = np.arccos(np.clip(R03[..., 2, 2], -1.0, 1.0))
    for branch, sign in enumerate((1.0, -1.0)):
        q[..., branch, 1] = sign * q2
        q[..., branch, 0] = np.arctan2(sign * R03[..., 1, 2], sign * R03[..., 0, 2])
        q[..., branch, 2] = np.arctan2(sign * R03[..., 2, 1], -sign * R03[..., 2, 0])


def _wrapped(angle: F64) -> F64:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)


def all_solutions(
    T_base_tcp: ArrayLike, prefer: ArrayLike | None = None, samples: int = 17, margin: float = 0.05
) -> tuple[F64, F64]:
    """For poses (N, 4, 4) and each sample of the free last joint: the best branch's joints (N, S, 7) and its cost (N, S).

    The cost is a weighted squared distance from ``prefer`` ((7,) or (N, 7), default relaxed) plus a term that grows towards
    joint limits; ``inf`` where no solution lies ``margin`` radians within the limits.
    """
    T = np.asarray(T_base_tcp, dtype=np.float64)
    wish = COMFORT if prefer is None else np.asarray(prefer, dtype=np.float64)
    q7 = np.linspace(LOWER[6] + margin, UPPER[6] - margin, samples)
    found = inverse_kinematics(T[:, None], q7[None, :], margin)
    filled = np.where(found.valid[..., None], found.q, COMFORT)
    cost = ((_WEIGHTS * (filled - np.broadcast_to(wish, (len(T), 7))[:, None, None, :])) ** 2).sum(-1)
    room = np.minimum(filled - LOWER, UPPER - filled).min(-1)
    # With the upper arm upright or the hand in line with the forearm two joints turn about one axis.
    singular = np.maximum(0.2 - np.abs(filled[..., 1]), 0.0) + np.maximum(0.3 - np.abs(filled[..., 5] - np.pi), 0.0)
    cost = np.where(found.valid, cost + 0.05 / np.maximum(room, 0.02) + 1.5 * singular, np.inf)
    branch = cost.argmin(axis=-1)[..., None]
    q = np.take_along_axis(filled, branch[..., None], axis=2)[:, :, 0]
    return q, np.take_along_axis(cost, branch, axis=2)[..., 0]


def best_solutions(
    T_base_tcp: ArrayLike, prefer: ArrayLike | None = None, samples: int = 17, margin: float = 0.05
) -> tuple[F64, F64]:
    """The cheapest of ``all_solutions`` for each pose: joints (N, 7) and cost (N,)."""
    q, cost = all_solutions(T_base_tcp, prefer, samples, margin)
    rows, pick = np.arange(len(q)), cost.argmin(axis=1)
    return q[rows, pick], cost[rows, pick]


def follow(
    T_base_tcp: ArrayLike, q: ArrayLike, reach: float = 0.35, samples: int = 15, prefer: ArrayLike | None = None
) -> F64 | None:
    """Joints (7,) for one pose (4, 4) near the present ``q`` (7,); None when there are none.

    Near means that no joint moves more than ``reach`` radians. Among these the one nearest to ``prefer`` (7,), by default
    to ``q``, is taken. The last joint is sampled within half of ``reach``, then finely around the best sample.
    """
    now = np.asarray(q, dtype=np.float64)
    wish = now if prefer is None else np.asarray(prefer, dtype=np.float64)
    T = np.asarray(T_base_tcp, dtype=np.float64)[None]
    middle, width, best = float(now[6]), reach / 2, None
    for count in (samples, 7):
        q7 = np.clip(middle + np.linspace(-width, width, count), LOWER[6] + 1e-3, UPPER[6] - 1e-3)
        found = inverse_kinematics(T, q7, margin=0.005)
        near = found.valid & (np.abs(np.where(found.valid[..., None], found.q, np.inf) - now).max(axis=-1) <= reach)
        if not near.any():
            break
        cost = np.where(near, np.abs(np.where(near[..., None], found.q, 0.0) - wish).max(axis=-1), np.inf)
        best = np.asarray(found.q[np.unravel_index(int(cost.argmin()), cost.shape)])
        middle, width = float(best[6]), 2 * width / max(count - 1, 1)
    return best


def jacobian(q: ArrayLike) -> tuple[F64, F64]:
    """``T_base_tcp`` (4, 4) and the geometric Jacobian (6, 7) of the tcp, linear rows before angular ones."""
    frames = link_frames(q)
    T = frames[8]
    axes, origins = frames[:7, :3, 2], frames[:7, :3, 3]
    return T, np.concatenate([np.cross(axes, T[:3, 3] - origins), axes], axis=1).T


def track(T_base_tcp: ArrayLike, q: ArrayLike, wish: ArrayLike, most: float = 0.05) -> tuple[F64, float]:
    """One smooth step of the joints (7,) towards a pose, drifting to ``wish`` (7,) where the pose leaves it free.

    Damped least squares with the null space used for ``wish`` (Nakamura & Hanafusa 1986): unlike the closed form it stays
    calm near singular postures, at the price of a small error there, which is returned in metres. No joint moves more
    than ``most`` radians.
    """
    goal = np.asarray(T_base_tcp, dtype=np.float64)
    start = np.asarray(q, dtype=np.float64)
    now = start.copy()
    for _ in range(3):
        T, J = jacobian(now)
        R = goal[:3, :3] @ T[:3, :3].T
        turn = 0.5 * np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
        error = np.concatenate([goal[:3, 3] - T[:3, 3], turn])
        inverse = J.T @ np.linalg.inv(J @ J.T + 4e-4 * np.eye(6))
        drift = 0.08 * (np.asarray(wish) - now)
        now = now + inverse @ (error - J @ drift) + drift
        now = start + np.clip(now - start, -most, most)
        now = np.clip(now, LOWER + 0.01, UPPER - 0.01)
    return now, float(np.linalg.norm(goal[:3, 3] - forward(now)[:3, 3]))
