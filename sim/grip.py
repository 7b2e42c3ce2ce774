"""Holding by physics: closing fingers, finger contacts, and a constraint that breaks above a stated load.

A grasp exists only after both fingers touch the same link of the same body. Then a constraint ties it to the hand, rigid
for an object, a point for a handle (so that the hand may turn on the bar). Each step of the simulation the load on the
constraint is measured; above the limit, a few steps in a row, the constraint is removed and the thing has slipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import F64, inverse, quat_from_matrix
from .body import FINGER_JOINTS, MAX_OPENING, Body
from .bullet import pybullet, to_transform

OBJECT_LIMIT = 80.0
"""Load in newtons above which an object is torn out of the hand."""
HANDLE_LIMIT = 150.0
"""Load in newtons above which the fingers are pulled off a handle."""
SQUEEZE = 20.0
"""Force of each finger while closing, newtons."""
HOLD = 8.0
"""Force of each finger once something is held, newtons: the constraint carries the load."""
_STRAIN = 0.3
"""Share of the limit that a thing at rest in the hand loads the tie with when it is strained; weight alone is less."""
_PATIENCE = 12
"""Steps in a row above the limit: single steps show the engine's contact spikes, not a load."""


@dataclass
class _Held:
    constraint: int
    limit: float
    handle: bool
    over: int = 0


class Grip:
    """The gripper's fingers and what they hold.

    ``load`` is the last measured load in newtons, ``force`` (3,) what the thing does to the hand, in world axes, smoothed
    over some 20 ms.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._held: _Held | None = None
        self.load = 0.0
        self.force: F64 = np.zeros(3)
        self.lost = False

    @property
    def attached(self) -> bool:
        """True while something is tied to the hand."""
        return self._held is not None

    @property
    def on_handle(self) -> bool:
        """True while a handle is gripped."""
        return self._held is not None and self._held.handle

    def command(self, opening: float, force: float = SQUEEZE) -> None:
        """Move the fingers towards an ``opening`` in metres with ``force`` newtons each."""
        half = float(np.clip(opening, 0.0, MAX_OPENING)) / 2
        for name in FINGER_JOINTS:
            self._body.target[name] = half
            self._body.forces[name] = force
        self._body.drive()

    def touching(self) -> bool:
        """True while both fingers press on the same link of something."""
        return self._pinched() is not None

    def touched(self) -> tuple[bool, bool]:
        """Whether the left and the right finger press on anything."""
        left, right = (bool(self._contacts(name)) for name in FINGER_JOINTS)
        return left, right

    def _contacts(self, finger: str) -> set[tuple[int, int]]:
        body = self._body
        points = pybullet().getContactPoints(bodyA=body.uid, linkIndexA=body.joint[finger], physicsClientId=body.client)
        return {(c[2], c[4]) for c in points if c[2] != body.uid and c[9] > 0.05}

    def _pinched(self) -> tuple[int, int] | None:
        both = self._contacts(FINGER_JOINTS[0]) & self._contacts(FINGER_JOINTS[1])
        return min(both) if both else None

    def attach(self, handle: bool) -> bool:
        """Tie what both fingers touch to the hand; False when there is no such thing."""
        pinched = self._pinched()
        if pinched is None or self._held is not None:
            return False
        p, body = pybullet(), self._body
        uid, link = pinched
        tcp = body.link_pose("panda_grasptarget")
        hand = inverse(_mass_frame(body.client, body.uid, body.link["panda_hand"])) @ tcp
        thing = inverse(_mass_frame(body.client, uid, link)) @ tcp
        kind = p.JOINT_POINT2POINT if handle else p.JOINT_FIXED
        number = p.createConstraint(
            body.uid,
            body.link["panda_hand"],
            uid,
            link,
            kind,
            [0, 0, 0],
            hand[:3, 3].tolist(),
            thing[:3, 3].tolist(),
            _xyzw(hand),
            _xyzw(thing),
            physicsClientId=body.client,
        )
        limit = HANDLE_LIMIT if handle else OBJECT_LIMIT
        # The engine may use somewhat more than the limit, so that an overload shows as one and is not silently stretched.
        p.changeConstraint(number, maxForce=1.3 * limit, physicsClientId=body.client)
        self._held, self.lost, self.load = _Held(number, limit, handle), False, 0.0
        self.force = np.zeros(3)
        for name in FINGER_JOINTS:
            body.forces[name] = HOLD
        body.drive()
        return True

    def ease(self) -> bool:
        """Tie anew what lies strained in the fingers, as they have it now: True if so. To be called at rest.

        A thing that turned between the fingers while they closed presses on one of them for as long as it is held, and the
        tie would break under a touch. Both fingers have to be on it.
        """
        held, both = self._held, self._pinched()
        if held is None or held.handle or self.load < _STRAIN * held.limit or both is None:
            return False
        self._drop()
        return self.attach(handle=False)

    def watch(self) -> None:
        """To be called after every step of the simulation: measures the load and lets go above the limit."""
        held = self._held
        if held is None:
            return
        state = pybullet().getConstraintState(held.constraint, physicsClientId=self._body.client)
        felt = -np.array(state[:3], dtype=np.float64)  # the engine states what the hand does to the thing
        self.load = float(np.linalg.norm(felt))
        self.force = 0.6 * self.force + 0.4 * felt
        held.over = held.over + 1 if self.load > held.limit else 0
        if held.over >= _PATIENCE:
            self._drop()
            self.lost = True

    def release(self, opening: float = MAX_OPENING) -> None:
        """Let go and open the fingers."""
        self._drop()
        self.lost = False
        self.command(opening)

    def _drop(self) -> None:
        if self._held is not None:
            pybullet().removeConstraint(self._held.constraint, physicsClientId=self._body.client)
            self._held = None


def _mass_frame(client: int, uid: int, link: int) -> F64:
    """Pose (4, 4) of a link's centre-of-mass frame, in which the engine wants constraint anchors."""
    p = pybullet()
    if link < 0:
        return to_transform(*p.getBasePositionAndOrientation(uid, physicsClientId=client))
    state = p.getLinkState(uid, link, computeForwardKinematics=True, physicsClientId=client)
    return to_transform(state[0], state[1])


def _xyzw(T: F64) -> list[float]:
    w, x, y, z = quat_from_matrix(T[:3, :3])
    return [float(x), float(y), float(z), float(w)]
