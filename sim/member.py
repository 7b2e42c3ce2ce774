"""A household member: moves things, opens and closes furniture, by forces like everybody else, and has no camera.

Hands are force-limited constraints that drag along a path; nothing is ever put anywhere by setting its pose, so a thing
that gets stuck stays stuck, and the return values say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from ..geometry import F64, apply, inverse, quat_from_matrix, rotation_z
from .bullet import pybullet, to_transform
from .kitchen import TIME_STEP, Kitchen
from .movables import KINDS
from .starts import GAP, INSET
from .truth import Truth

_TRAVEL_Z = 1.66  # metres: above open doors
_LIFT = 0.05


class Member:
    """Acts in ``world``. ``speed`` of a hand in m/s, its ``force`` limit in N; ``on_step`` runs after every time step,
    so that a robot can watch."""

    def __init__(
        self,
        world: Kitchen,
        rng: np.random.Generator,
        speed: float = 0.6,
        force: float = 40.0,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        self._world = world
        self._truth = Truth(world)
        self._rng = rng
        self._speed = speed
        self._force = force
        self._on_step = on_step

    def open(self, furniture: str, fraction: float = 0.9) -> bool:
        """Pull a door or drawer open; True if it went that far."""
        return self._swing(furniture, fraction)

    def close(self, furniture: str) -> bool:
        """Push it shut; True if it is."""
        return self._swing(furniture, 0.0)

    def move(self, name: str, to: ArrayLike, yaw: float | None = None) -> bool:
        """Carry a movable so that its origin comes to ``to`` (3,) world metres, upright with ``yaw`` (default: as it is).

        Out of and into compartments it goes through their open fronts. True if it ended within 3 cm of ``to``.
        """
        target = np.asarray(to, dtype=np.float64)
        hand = _Hand(self, name)
        hand.follow(self._way_out(hand.at))
        hand.turn(yaw)
        hand.follow([np.array([*target[:2], _TRAVEL_Z])] if self._compartment(target) is None else [])
        hand.follow(self._way_out(target)[::-1])
        hand.follow([target])
        hand.let_go()
        return bool(np.linalg.norm(self._truth.pose(name)[:3, 3] - target) < 0.03)

    def put(self, name: str, place: str) -> bool:
        """Carry a movable to a free spot on or in ``place``, opening and closing what has to be; True if it ended there."""
        opened = self._open_for([self._truth.where(name)[1], place])
        moved = self.move(name, self.free_spot(name, place))
        self._close_again(opened)
        return moved and self._truth.where(name)[1] == place

    def swap(self, first: str, second: str) -> bool:
        """Exchange two movables of about one size: one hand holds the first up while the other moves the second."""
        spots = {name: self._truth.pose(name) for name in (first, second)}
        opened = self._open_for([self._truth.where(name)[1] for name in (first, second)])
        shift = self._shift_after(opened, spots)
        for name in spots:
            spots[name] = spots[name].copy()
            spots[name][:3, 3] += shift[name]
        hand = _Hand(self, first)
        hand.follow(self._way_out(hand.at))
        aside = hand.at + np.array([0.0, -0.3, 0.0])
        hand.follow([aside])
        there = self.move(second, spots[first][:3, 3], _yaw(spots[first]))
        target = spots[second][:3, 3]
        hand.turn(_yaw(spots[second]))
        hand.follow([np.array([*target[:2], _TRAVEL_Z])] if self._compartment(target) is None else [])
        hand.follow([*self._way_out(target)[::-1], target])
        hand.let_go()
        back = bool(np.linalg.norm(self._truth.pose(first)[:3, 3] - target) < 0.03)
        self._close_again(opened)
        return there and back

    def free_spot(self, name: str, place: str) -> F64:
        """Where the origin of a movable may come to on or in ``place``, with room around; ``InputError`` if there is none."""
        if place not in INSET:
            raise InputError(f"nothing can be put to {place!r}; places are {', '.join(sorted(INSET))}")
        kind = KINDS[self._truth.label(name)]
        spec = self._world.furniture[place].spec
        area = self._truth.surface(place)
        left, right, front, back = INSET[place]
        half = area.size / 2
        others = [
            (self._truth.pose(n)[:3, 3], KINDS[self._truth.label(n)].radius) for n in self._truth.names if n != name
        ]
        near, far = (front, back) if (spec.T_world_piece[:3, :3].T @ spec.front)[1] < 0 else (back, front)
        for i in range(600):
            room = GAP if i < 300 else GAP / 2
            x, y = self._rng.uniform(-half[:2] + (left, near), half[:2] - (right, far))
            spot = area.T_ref_box[:3, :3] @ (x, y, -half[2] + kind.height / 2 + 0.004) + area.center
            gaps = [np.linalg.norm((spot - at)[:2]) - r - kind.radius for at, r in others if abs(spot[2] - at[2]) < 0.3]
            if all(gap > room for gap in gaps):
                return np.asarray(spot)
        raise InputError(f"no free spot for {name!r} at the {place}")

    # --- how ----------------------------------------------------------------------------------------------------------
    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._world.step(round(seconds / TIME_STEP), self._on_step)

    def _open_for(self, places: Sequence[str]) -> list[str]:
        """Open what is closed among ``places``; what was opened."""
        shut = [
            place
            for place in dict.fromkeys(places)
            if place in self._world.furniture
            and self._world.furniture[place].joint is not None
            and self._truth.open_fraction(place) < 0.7
        ]
        for place in shut:
            self.open(place)
        return shut

    def _close_again(self, opened: Sequence[str]) -> None:
        for place in opened:
            self.close(place)

    def _shift_after(self, opened: Sequence[str], spots: dict[str, F64]) -> dict[str, F64]:
        """How far each thing moved with the drawer that was just opened."""
        return {name: self._truth.pose(name)[:3, 3] - T[:3, 3] for name, T in spots.items()}

    def _compartment(self, point: F64) -> str | None:
        """The cabinet whose compartment a point is in; None for open places, drawers and basins (reached from above)."""
        for name, piece in self._world.furniture.items():
            hinged = piece.spec.motion is not None and piece.spec.motion.kind == "hinge"
            if hinged and self._truth.interior(name).contains(point, 0.02):
                return name
        return None

    def _way_out(self, point: F64) -> list[F64]:
        """Waypoints from ``point`` up to the travelling height, through the front if it is in a compartment."""
        lifted = point + np.array([0.0, 0.0, _LIFT])
        cabinet = self._compartment(point)
        if cabinet is None:
            return [lifted, np.array([*point[:2], _TRAVEL_Z])]
        spec = self._world.furniture[cabinet].spec
        depth = (spec.T_world_piece[:3, 3] - point) @ spec.front + spec.size[1] / 2 + 0.30
        outside = lifted + depth * spec.front
        return [lifted, outside, np.array([*outside[:2], _TRAVEL_Z])]

    def _swing(self, furniture: str, fraction: float) -> bool:
        """Drag the handle along its path with a limited force."""
        piece = self._world.furniture.get(furniture)
        if piece is None or piece.joint is None or piece.spec.motion is None or piece.spec.grip is None:
            able = sorted(n for n, p in self._world.furniture.items() if p.joint is not None)
            raise InputError(f"{furniture!r} does not open; these do: {', '.join(able)}")
        p, client = pybullet(), self._world.client
        motion, grip = piece.spec.motion, piece.spec.grip

        def handle_at(f: float) -> F64:
            if motion.kind == "slide":
                return grip.center + f * motion.upper * motion.axis
            turn = rotation_z(f * motion.upper * float(motion.axis[2]))
            return np.asarray(motion.point + turn @ (grip.center - motion.point))

        begin = self._truth.open_fraction(furniture)
        length = abs(fraction - begin) * float(np.linalg.norm(handle_at(0.0) - handle_at(0.1))) * 10
        steps = max(round(length / (0.7 * self._speed) / TIME_STEP), 24)
        # The hand is tied to the door or tray, at the handle's place: Bullet ignores a world constraint on a fixed child link.
        state = p.getLinkState(piece.body, piece.joint, computeForwardKinematics=True, physicsClientId=client)
        pivot = apply(inverse(to_transform(state[0], state[1])), handle_at(begin))
        hand = p.createConstraint(
            piece.body, piece.joint, -1, -1, p.JOINT_POINT2POINT, [0, 0, 0], pivot.tolist(), handle_at(begin).tolist(),
            physicsClientId=client,
        )  # fmt: skip
        for i in range(steps + 36):
            share = min((i + 1) / steps, 1.0)
            at = handle_at(begin + share * (fraction - begin)).tolist()
            p.changeConstraint(hand, at, maxForce=1.5 * self._force, physicsClientId=client)
            self._world.step(1, self._on_step)
        p.removeConstraint(hand, physicsClientId=client)
        self.advance(0.2)
        return abs(self._truth.open_fraction(furniture) - fraction) < 0.04


class _Hand:
    """Holds one movable by a constraint to a moving point of the world."""

    def __init__(self, member: Member, name: str) -> None:
        self._member = member
        self._name = name
        self._client = member._world.client
        T = member._truth.pose(name)
        self.at: F64 = T[:3, 3].copy()
        self._yaw = _yaw(T)
        self._goal_yaw = self._yaw
        p = pybullet()
        self._constraint = p.createConstraint(
            member._world.movables[name], -1, -1, -1, p.JOINT_FIXED, [0, 0, 0], [0, 0, 0], self.at.tolist(),
            [0, 0, 0, 1], _quat(self._yaw), physicsClientId=self._client,
        )  # fmt: skip

    def turn(self, yaw: float | None) -> None:
        """The heading to have turned to by the end of the next leg."""
        if yaw is not None:
            self._goal_yaw = self._yaw + float((yaw - self._yaw + np.pi) % (2 * np.pi) - np.pi)

    def follow(self, waypoints: Sequence[F64]) -> None:
        """Drag along straight legs at the member's speed."""
        p, member = pybullet(), self._member
        for point in waypoints:
            steps = max(round(float(np.linalg.norm(point - self.at)) / member._speed / TIME_STEP), 1)
            legs = np.linspace(self.at, point, steps + 1)[1:]
            for at, yaw in zip(legs, np.linspace(self._yaw, self._goal_yaw, steps + 1)[1:], strict=True):
                p.changeConstraint(
                    self._constraint,
                    at.tolist(),
                    _quat(float(yaw)),
                    maxForce=member._force,
                    physicsClientId=self._client,
                )
                member._world.step(1, member._on_step)
            self.at, self._yaw = point, self._goal_yaw

    def let_go(self) -> None:
        """Wait until the thing has caught up, open the hand, and let it come to rest."""
        self._member.advance(0.15)
        pybullet().removeConstraint(self._constraint, physicsClientId=self._client)
        self._member.advance(0.5)


def _yaw(T: F64) -> float:
    return float(np.arctan2(T[1, 0], T[0, 0]))


def _quat(yaw: float) -> list[float]:
    w, x, y, z = quat_from_matrix(rotation_z(yaw))
    return [x, y, z, w]
