"""How a door, flap, lid or drawer moves.

It is a guess until a hand has followed it (``hinges``, ``fitted``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..geometry import F64, BoolArray, Box, rotation_z
from .body import FOOTPRINT

_OPEN_ANGLE = 1.45
"""Radians that a door is opened, if there is room."""
_OPEN_WAY = 0.37
"""Metres that a drawer is pulled out."""
_TELLING = 0.35  # metres of a hand's way from which its circle can be told
EDGE = 0.06
"""Metres from a handle's bar to the edge of its door, a usual figure."""
OVERHEAD = 1.39
"""Metres: what begins above this moves over the robot's base and head."""


@dataclass(frozen=True, eq=False)
class Articulation:
    """A door, flap or lid (``hinge`` (2,) given, ``turn`` ±1 for the sense of opening) or a drawer (``hinge`` None).

    ``closed`` (3,) is the middle of the bar when closed, ``normal`` (3,) points out of the closed front, ``bar`` (3,) is
    the bar's direction. Positions along the motion are radians or metres from closed. What turns moves in a plane:
    ``plane`` (2, 3) holds its two axes, for an upright door those of the floor, for a flap or a lid the way out of the
    furniture's front and up; ``hinge`` and ``turn`` are meant in it. ``half`` is half of the front's width along the bar
    of a flap, lid or drawer, ``span`` the heights between which the front is, in metres. ``felt``: a hand went its way.
    ``edge``: what is held stands off the panel's edge, as a lid's bar, or is the edge itself.
    """

    closed: F64
    normal: F64
    bar: F64
    hinge: F64 | None = None
    turn: float = 1.0
    plane: F64 = field(default_factory=lambda: np.eye(3)[:2])
    half: float = 0.31
    span: tuple[float, float] = (0.0, 2.5)
    felt: bool = False
    edge: bool = False

    @property
    def kind(self) -> str:
        """ "hinge" or "slide"."""
        return "slide" if self.hinge is None else "hinge"

    @property
    def upright(self) -> bool:
        """True for a door about an upright axis."""
        return self.hinge is not None and abs(float(self.plane[1, 2])) < 0.5

    @property
    def level(self) -> bool:
        """True for a flap or a lid, about a level axis."""
        return self.hinge is not None and not self.upright

    @property
    def lid(self) -> bool:
        """True for a flap that lies on top."""
        return bool(self.normal[2] > 0.5)

    def by_edge(self, beyond: float = 0.08) -> Articulation:
        """The same flap held by its upper edge, ``beyond`` metres farther from the hinge than its bar."""
        up = np.array([0.0, 0.0, 1.0])
        off = (self.closed - self.axis_point()) @ self.normal - 0.01  # of the bar, before the middle of the panel
        return replace(self, closed=self.closed + beyond * up - off * self.normal, edge=True)

    def lean(self, s: float) -> float:
        """How far upwards, in radians, what a hand grips at ``s`` stands off."""
        spoke = self.handle(s) - self.axis_point() if self.edge else self.outward(s)
        return float(np.arcsin(np.clip(spoke[2] / np.linalg.norm(spoke), -1.0, 1.0)))

    @property
    def radius(self) -> float:
        """Metres that the bar moves per unit of position."""
        return 1.0 if self.hinge is None else float(np.linalg.norm(self._spoke()))

    def _spoke(self) -> F64:
        """From hinge to closed bar (2,), in the plane."""
        assert self.hinge is not None, "what slides has no hinge"
        return np.asarray(self.plane @ self.closed - self.hinge)

    def _turned(self, v: F64, s: float) -> F64:
        """``v`` (3,) turned by ``s`` in the sense of opening."""
        flat = self.plane @ v
        return np.asarray(v + (rotation_z(self.turn * s)[:2, :2] @ flat - flat) @ self.plane)

    def shut_at(self, s: float) -> Articulation:
        """The same motion with its closed position at ``s``; where the hinge is but a guess, it is as far off as the bar."""
        if self.hinge is None or self.felt:
            return replace(self, closed=self.handle(s), normal=self.outward(s))
        step = ((self.handle(s) - self.closed) @ self.normal) * self.normal
        return replace(self, closed=self.closed + step, hinge=self.hinge + self.plane @ step)

    @property
    def full(self) -> float:
        """How far it is opened."""
        return _OPEN_WAY if self.hinge is None else _OPEN_ANGLE

    @property
    def enough(self) -> float:
        """From how far on it counts as open."""
        return 0.28 if self.hinge is None else 1.05

    def axis_point(self) -> F64:
        """The point (3,) of the hinge's axis that is nearest to the closed bar."""
        return np.asarray(self.closed - self._spoke() @ self.plane)

    def handle(self, s: float) -> F64:
        """Middle (3,) of the bar at position ``s``."""
        if self.hinge is None:
            return self.closed + s * self.normal
        foot = self.axis_point()
        return foot + self._turned(self.closed - foot, s)

    def outward(self, s: float) -> F64:
        """Normal (3,) of the front at position ``s``."""
        return self.normal if self.hinge is None else self._turned(self.normal, s)

    def facing(self, s: float) -> F64:
        """Level direction (3,) from the front at ``s`` to who stands before its bar."""
        return self.outward(s) if self.hinge is None or self.upright else self.plane[0]

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
        a, b = self._spoke(), self.plane @ np.asarray(handle) - self.hinge
        return float(self.turn * np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))

    def fitted(self, track: F64, start: float) -> Articulation:
        """The motion that took a held bar along ``track`` (N, 3) from ``start``; the same one where it tells too little.

        A circle through what the hand itself went through, by Gauss and Newton's least squares on the distances from it.
        """
        xy = track @ self.plane.T
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
        found = replace(self, hinge=hinge, felt=True)
        if start * self.radius < 0.05:  # from shut, where the bar was seen
            return found
        off = self.closed - self.closed @ self.plane.T @ self.plane  # of the bar, along the axis
        spoke = rotation_z(-self.turn * start)[:2, :2] @ (xy[0] - hinge)
        return replace(found, closed=(hinge + spoke) @ self.plane + off)

    def panel(self, s: float) -> tuple[F64, F64]:
        """The front at position ``s`` without the handle, cut across at its bar: two ends (3,), (3,).

        Along a drawer's bar; from the hinge to beyond the bar of what turns.
        """
        h, out = self.handle(s), self.outward(s)
        if self.hinge is None:
            foot, along = h - 0.06 * out, np.cross([0.0, 0.0, 1.0], out)
            return foot - self.half * along, foot + self.half * along
        foot, root = (h if self.edge else h - 0.06 * out), self.axis_point()
        reach = (foot - root) / max(float(np.linalg.norm(foot - root)), 1e-6)
        beyond = -EDGE if self.lid else -0.02 if self.edge else EDGE
        return root, foot + beyond * reach

    def clear(self, xy: F64, s: float) -> F64:
        """How far (N,) base positions ``xy`` (N, 2) are outside of what the moving front takes up at ``s``, metres."""
        if self.lid or self.span[0] > OVERHEAD:  # it moves over the base
            return np.full(len(xy), 1.0)
        a, b = (end[:2] for end in self.panel(s))
        if self.level:  # it comes down and is as wide as it is
            n = self.plane[0, :2]
            beyond = np.maximum((xy - a) @ n - max(float((b - a) @ n), 0.03), 0.0)
            beside = np.maximum(np.abs((xy - a) @ self.bar[:2]) - self.half, 0.0)
            return np.asarray(np.hypot(beyond, beside) - FOOTPRINT)
        way = b - a
        t = np.clip((xy - a) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
        gap = np.linalg.norm(xy - (a + t[:, None] * way), axis=1) - FOOTPRINT
        if self.hinge is None:  # and the tray behind the front
            inner = a - 0.4 * self.normal[:2]
            gap = np.minimum(gap, np.linalg.norm(xy - (inner + t[:, None] * way), axis=1) - FOOTPRINT)
        return np.asarray(gap)

    def behind(self, points: F64, radii: F64, s: float) -> BoolArray:
        """True (...,) where spheres at ``points`` (..., 3) with ``radii`` reach through the front at ``s``."""
        a, b = self.panel(s)
        way, out = b - a, self.outward(s)
        t = (points - a) @ way / max(float(way @ way), 1e-9)
        if self.level:
            length, off = float(np.linalg.norm(way)), (points - a) @ out
            through = (t * length > -0.05) & (t * length < length + (0.0 if self.edge else radii)) & (off < radii)
            if self.edge:
                through &= off > -radii
            return np.asarray(through & (np.abs((points - a) @ self.bar) < self.half + radii))
        through = (t > -0.1) & (t < 1.1) & ((points - a) @ out < radii + 0.01)
        return np.asarray(through & (points[..., 2] > self.span[0] - radii) & (points[..., 2] < self.span[1] + radii))

    def box(self, s: float, tall: float = 0.20) -> Box:
        """The front at position ``s`` with its bar, a drawer's with its tray, and the air that it moves through.

        ``tall``: how high a drawer's front may be, metres.
        """
        a, b = self.panel(s)
        along, out = (b - a) / np.linalg.norm(b - a), self.outward(s)
        deep = 0.24 + (max(s, 0.0) if self.hinge is None else 0.0)
        center = (a + b) / 2 + (0.10 - deep / 2) * out
        across = np.cross(out, along) / np.linalg.norm(np.cross(out, along))
        tall = tall if self.hinge is None else 2 * self.half + 0.06
        if self.upright:
            center[2], tall = sum(self.span) / 2, self.span[1] - self.span[0] + 0.04
        T = np.eye(4)
        T[:3, :3], T[:3, 3] = np.column_stack([along, across, np.cross(along, across)]), center
        return Box(T, np.array([float(np.linalg.norm(b - a)) + 0.06, tall, deep]))
