"""How a door or drawer moves, inferred from where the furniture and its handle are.

A bar that stands upright near one edge of a front means a door that turns about the opposite edge; any other bar means a
drawer that slides straight out. What is inferred is only a first guess: the hand that follows it gives way to the forces
that it feels (see ``skill_door``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..geometry import F64, Box, rotation_z
from .body import FOOTPRINT

_OPEN_ANGLE = 1.45
"""Radians that a door is opened, if there is room."""
_OPEN_WAY = 0.37
"""Metres that a drawer is pulled out."""
_TELLING = 0.35  # metres of a hand's way from which its circle can be told
_THICK = 0.035  # metres from a door's face to its hinge, likewise
_EDGE = 0.06  # metres from a handle's bar to the edge of its door, a usual figure


@dataclass(frozen=True, eq=False)
class Articulation:
    """A door (``hinge`` (2,) given, ``turn`` ±1 for the sense of opening seen from above) or a drawer (``hinge`` None).

    ``closed`` (3,) is the middle of the bar when closed, ``normal`` (3,) points out of the closed front, ``bar`` (3,) is
    the bar's direction. Positions along the motion are radians or metres from closed.
    """

    closed: F64
    normal: F64
    bar: F64
    hinge: F64 | None = None
    turn: float = 1.0

    @property
    def kind(self) -> str:
        """ "hinge" or "slide"."""
        return "slide" if self.hinge is None else "hinge"

    @property
    def radius(self) -> float:
        """Metres that the bar moves per unit of position."""
        return 1.0 if self.hinge is None else float(np.linalg.norm(self.closed[:2] - self.hinge))

    def shut_at(self, s: float) -> Articulation:
        """The same motion with its closed position at ``s``."""
        return replace(self, closed=self.handle(s), normal=self.outward(s))

    @property
    def full(self) -> float:
        """How far it is opened."""
        return _OPEN_WAY if self.hinge is None else _OPEN_ANGLE

    @property
    def enough(self) -> float:
        """From how far on it counts as open."""
        return 0.28 if self.hinge is None else 1.05

    def handle(self, s: float) -> F64:
        """Middle (3,) of the bar at position ``s``."""
        if self.hinge is None:
            return self.closed + s * self.normal
        arm = rotation_z(self.turn * s)[:2, :2] @ (self.closed[:2] - self.hinge)
        return np.array([*(self.hinge + arm), self.closed[2]])

    def outward(self, s: float) -> F64:
        """Normal (3,) of the front at position ``s``."""
        return self.normal if self.hinge is None else rotation_z(self.turn * s) @ self.normal

    def tangent(self, s: float) -> F64:
        """Unit direction (3,) in which the bar moves while opening."""
        if self.hinge is None:
            return self.normal
        step = self.handle(s + 1e-3) - self.handle(s - 1e-3)
        return np.asarray(step / np.linalg.norm(step))

    def position(self, handle: F64) -> float:
        """Where along the motion a bar with its middle at ``handle`` (3,) is."""
        if self.hinge is None:
            return float((handle - self.closed) @ self.normal)
        a, b = self.closed[:2] - self.hinge, np.asarray(handle)[:2] - self.hinge
        return float(self.turn * np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))

    def fitted(self, track: F64, start: float) -> Articulation:
        """The motion that took a held bar along ``track`` (N, 3) from ``start``; the same one where it tells too little.

        A circle through what the hand itself went through, by Gauss and Newton's least squares on the distances from it.
        """
        xy = track[:, :2]
        if self.hinge is None or len(xy) < 10 or np.ptp(xy, axis=0).max() < _TELLING:
            return self
        hinge = self.hinge
        for _ in range(8):
            spokes = xy - hinge
            radii = np.linalg.norm(spokes, axis=1)
            rows = np.column_stack([-spokes / radii[:, None], -np.ones(len(xy))])
            hinge = hinge + np.linalg.lstsq(rows, radii.mean() - radii, rcond=None)[0][:2]
        radii = np.linalg.norm(xy - hinge, axis=1)
        if radii.std() > 0.008 or np.linalg.norm(hinge - self.hinge) > 0.15:
            return self
        if start * self.radius < 0.05:  # from shut, where the bar was seen
            return replace(self, hinge=hinge)
        spoke = rotation_z(-self.turn * start)[:2, :2] @ (xy[0] - hinge)
        return replace(self, hinge=hinge, closed=np.array([*(hinge + spoke), self.closed[2]]))

    def panel(self, s: float) -> tuple[F64, F64]:
        """Two ends (2,), (2,) of the front on the floor plan at position ``s``, without the handle."""
        h, out = self.handle(s)[:2], self.outward(s)[:2]
        foot = h - 0.06 * out
        if self.hinge is None:
            along = np.array([-out[1], out[0]])
            return foot - 0.31 * along, foot + 0.31 * along
        reach = (foot - self.hinge) / max(float(np.linalg.norm(foot - self.hinge)), 1e-6)
        return self.hinge, foot + _EDGE * reach

    def clear(self, xy: F64, s: float) -> F64:
        """How far (N,) base positions ``xy`` (N, 2) are outside of what the moving front takes up at ``s``, metres."""
        a, b = self.panel(s)
        way = b - a
        t = np.clip((xy - a) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
        gap = np.linalg.norm(xy - (a + t[:, None] * way), axis=1) - FOOTPRINT
        if self.hinge is None:  # and the tray behind the front
            inner = a - 0.4 * self.normal[:2]
            gap = np.minimum(gap, np.linalg.norm(xy - (inner + t[:, None] * way), axis=1) - FOOTPRINT)
        return np.asarray(gap)


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
    guesses = []
    for axis in (0, 1):
        for sign in (1.0, -1.0):
            normal = box.T_ref_box[:3, axis] * sign
            lateral = box.T_ref_box[:3, 1 - axis]
            out, side = sign * local[axis] - half[axis], local[1 - axis]
            if upright:
                guesses += _doors(box, handle.center, normal, lateral, half[axis], half[1 - axis], out, side)
            else:
                beyond = max(abs(side) - half[1 - axis], 0.0)
                # A drawer may be out by any amount, and its box may be where it was or where it is.
                wrong = 3.0 * beyond + max(0.0, -out) * 2.0 + max(out - 0.45, 0.0)
                closed = handle.center - max(out - 0.075, 0.0) * normal
                guesses.append((wrong, Articulation(closed, normal, lateral)))
    return min(guesses, key=lambda guess: guess[0])[1]


def _doors(
    box: Box, handle: F64, normal: F64, lateral: F64, deep: float, wide: float, out: float, side: float
) -> list[tuple[float, Articulation]]:
    """The two doors that a front could have, and how badly the bar's position fits each."""
    guesses = []
    for edge in (1.0, -1.0):
        hinge = box.center[:2] + edge * wide * lateral[:2] + (deep - _THICK) * normal[:2]
        away = handle[:2] - hinge
        radius = float(np.linalg.norm(away))
        across, forth = float(away @ (-edge * lateral[:2])), float(away @ normal[:2])
        # Closed, the bar sits a hand's breadth out of the front, near the edge across from the hinge.
        stand, reach = 0.09, np.sqrt(max(radius**2 - 0.09**2, 1e-4))
        angle = float(np.arctan2(forth, across) - np.arctan2(stand, reach))
        closed = np.array([*(hinge + reach * (-edge * lateral[:2]) + stand * normal[:2]), handle[2]])
        turn = float(np.sign(-edge * lateral[0] * normal[1] + edge * lateral[1] * normal[0]))
        wrong = abs(reach - (2 * wide - _EDGE)) / (2 * wide) + 4.0 * max(0.0, -0.12 - angle, angle - 2.1)
        if abs(angle) < 0.15:  # looks closed: trust the bar itself
            closed = handle.copy()
            wrong -= 0.2
        guesses.append((wrong, Articulation(closed, normal, np.array([0.0, 0.0, 1.0]), hinge, turn)))
    return guesses
