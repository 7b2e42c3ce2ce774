"""How a front moves, inferred from where the furniture and its handle are.

A bar that stands upright near one edge of a front means a door that turns about the opposite edge, one near the middle of
a wide front the inner edge of one of two doors. A level bar just below the top of something tall means a flap that comes
down, one at the edge of the top a lid, and any other one a drawer that slides straight out. What is inferred is only a
first guess: the hand that follows it gives way to the forces that it feels (see ``skill_door``).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from ..geometry import F64, Box
from .articulation import EDGE, Articulation

_THICK = 0.035  # metres from a door's face to its hinge, a usual figure
_BEHIND_BAR = 0.075  # metres that a door's hinge is behind its bar: at the face, or at the back of a thick door
_KICK = 0.09  # metres above the floor where the flap of a machine hinges
_STAND = 0.075  # metres that a bar stands off its front
_BELOW_TOP = 0.12  # metres below the top of something tall within which a flap has its bar
_TALL = 0.55  # metres: what is lower than this has a drawer behind such a bar
_TWO_LEAVES = 0.95  # metres: what is wider may have two doors
_DRAWER_WAY = 0.5  # metres that no drawer comes out


def door_in(handle: Box, normal: F64, ends: F64) -> Articulation:
    """A shut door with its bar in ``handle`` and its face between ``ends`` (2, 2): it turns about the end far from the bar."""
    bar = handle.center[:2]
    far = ends[int(np.argmax(np.linalg.norm(ends - bar, axis=1)))]
    away = bar - far
    turn = float(np.sign(away[0] * normal[1] - away[1] * normal[0]))
    hinge = far - _THICK * normal[:2]
    return Articulation(handle.center.copy(), normal, np.array([0.0, 0.0, 1.0]), hinge, turn)


def infer(box: Box, handle: Box) -> Articulation:
    """The articulation of furniture in ``box`` whose handle's bar is now in ``handle`` (both in the world)."""
    upright = handle.size[2] > 1.2 * max(handle.size[:2])
    local = box.T_ref_box[:3, :3].T @ (handle.center - box.center)
    half = box.size / 2
    span = (float(box.bounds()[0][2]), float(box.bounds()[1][2]))
    guesses = []
    for axis in (0, 1):
        for sign in (1.0, -1.0):
            normal = box.T_ref_box[:3, axis] * sign
            lateral = box.T_ref_box[:3, 1 - axis]
            out, side = sign * local[axis] - half[axis], local[1 - axis]
            if upright:
                guesses += _doors(box, handle.center, normal, lateral, half[axis], half[1 - axis], out, side)
                continue
            beyond = max(abs(side) - half[1 - axis], 0.0)
            # A drawer may be out by any amount, and its box may be where it was or where it is.
            wrong = 3.0 * beyond + max(0.0, -out) * 2.0 + max(out - 0.45, 0.0)
            wide = float(half[1 - axis])
            along = np.abs(handle.T_ref_box[:3, :3].T @ np.column_stack([lateral, normal])).T @ handle.size
            wrong += 0.2 * float(along[0] < along[1])  # a bar runs along its front
            flap = _flap(box, handle.center, normal, lateral, float(half[axis]), wide, float(out))
            if flap is not None:
                if flap.lid:  # its bar goes over the box: from which side, the distance from the hinge tells
                    wrong = 0.2 * float(along[0] < along[1]) + abs(flap.radius - (2 * half[axis] + 0.035))
                guesses.append((wrong, flap))
                continue
            closed = handle.center - max(out - _STAND, 0.0) * normal
            guesses.append((wrong, Articulation(closed, normal, lateral, half=min(max(wide, 0.2), 0.5))))
    return replace(min(guesses, key=lambda guess: guess[0])[1], span=span)


def _flap(box: Box, bar: F64, normal: F64, lateral: F64, deep: float, wide: float, out: float) -> Articulation | None:
    """The flap or lid that a level bar at ``bar`` (3,) belongs to, ``out`` metres before the front; None for a drawer's."""
    low, high = float(box.bounds()[0][2]), float(box.bounds()[1][2])
    plane = np.array([normal, [0.0, 0.0, 1.0]])
    front = plane @ box.center + (deep, 0.0)  # on the floor plan only the first counts
    above = float(bar[2]) - high
    hinge: F64
    if above > -0.03:
        hinge, facing, turn = np.array([front[0] - 2 * deep + 0.02, high]), plane[1], 1.0
        rest = np.array([front[0] + 0.055 - hinge[0], 0.01])
    elif out > _DRAWER_WAY or (high - low > _TALL and above > -_BELOW_TOP):
        hinge, facing, turn = np.array([front[0], low + _KICK]), plane[0], -1.0
        rest = np.array([_STAND, high - 0.10 - hinge[1]])
    else:
        return None
    if turn > 0 and out < -2 * deep:  # no lid goes farther back than its hinge
        return None
    spoke = plane @ bar - hinge
    shut = np.linalg.norm(spoke) * rest / np.linalg.norm(rest)
    angle = turn * float(np.arctan2(shut[0] * spoke[1] - shut[1] * spoke[0], shut @ spoke))
    closed = bar + (shut - spoke) @ plane
    if angle * np.linalg.norm(spoke) < 0.04:  # looks closed: trust the bar itself
        closed = bar.copy()
        if turn < 0:
            hinge[0] = plane[0] @ bar - _BEHIND_BAR
    return Articulation(closed, facing, lateral, hinge, turn, plane, wide, edge=turn > 0)


def _doors(
    box: Box, handle: F64, normal: F64, lateral: F64, deep: float, wide: float, out: float, side: float
) -> list[tuple[float, Articulation]]:
    """The two doors that a front could have, and how badly the bar's position fits each."""
    guesses = []
    for edge, leaf in product((1.0, -1.0), (2 * wide, wide) if 2 * wide > _TWO_LEAVES else (2 * wide,)):
        hinge = box.center[:2] + edge * wide * lateral[:2] + (deep - _THICK) * normal[:2]
        away = handle[:2] - hinge
        radius = float(np.linalg.norm(away))
        across, forth = float(away @ (-edge * lateral[:2])), float(away @ normal[:2])
        # Closed, the bar sits a hand's breadth out of the front, near the edge across from the hinge.
        stand, reach = 0.09, np.sqrt(max(radius**2 - 0.09**2, 1e-4))
        angle = float(np.arctan2(forth, across) - np.arctan2(stand, reach))
        closed = np.array([*(hinge + reach * (-edge * lateral[:2]) + stand * normal[:2]), handle[2]])
        turn = float(np.sign(-edge * lateral[0] * normal[1] + edge * lateral[1] * normal[0]))
        wrong = abs(reach - (leaf - EDGE)) / leaf + 4.0 * max(0.0, -0.12 - angle, angle - 2.1)
        if abs(angle) < 0.15:  # looks closed: trust the bar itself
            closed = handle.copy()
            hinge = hinge + (forth - _BEHIND_BAR) * normal[:2]
            wrong -= 0.2
        guesses.append((wrong, Articulation(closed, normal, np.array([0.0, 0.0, 1.0]), hinge, turn)))
    return guesses
