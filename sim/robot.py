"""The simulated mobile manipulator as a ``Robot``: actions in, frames and outcomes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ..contracts import Action, RGBDFrame, Status, Verb
from ..geometry import PinholeCamera
from .control import TICK, Control, Motion
from .one_action import Failed, OneAction, Running, failing
from .skill_door import Doors
from .skill_look import look_around, look_at
from .skill_navigate import fold
from .skill_pick import go_near, pick
from .skill_place import face, place

if TYPE_CHECKING:
    from .kitchen import Kitchen

POLL = 0.1
"""Simulated seconds per ``poll``."""
TIME_LIMIT = 120.0
"""Simulated seconds after which an action ends as TIMED_OUT."""


class KitchenRobot(OneAction):
    """A planar base with a lift, a Panda arm and a camera head in a PyBullet ``world``; implements ``contracts.Robot``.

    It plans on the targets that it is given, its own joints, finger contacts, depth images and laser scans; it never asks
    the simulator where a thing is. ``camera`` is the head camera's model. The same world, seed and actions give the same
    frames and outcomes.
    """

    robot_id = "robot"
    map_id = "kitchen"
    time_limit = TIME_LIMIT
    capabilities = frozenset({Verb.NAVIGATE, Verb.LOOK, Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE})

    def __init__(self, world: Kitchen, *, seed: int = 0, camera: PinholeCamera | None = None) -> None:
        super().__init__()
        camera = camera or PinholeCamera.from_fov(np.deg2rad(58.0), 320, 240)
        self._control = Control(world, self.robot_id, self.map_id, camera, np.random.default_rng([seed, 11]))
        self._doors = Doors(self._control)
        self._surveyed = False
        self._control.scan()
        self._control.capture()

    def frames(self) -> Iterable[RGBDFrame]:
        """The frames taken since the last call, oldest first."""
        out, self._control.frames = self._control.frames, []
        return out

    def take_frame(self) -> None:
        """Take a frame now: the camera goes on while no action does (something else advances the world)."""
        self._control.capture()

    def _begin(self, action: Action) -> _Running:
        return _Running(self._control, self._skill(action), self.time_limit)

    def _skill(self, action: Action) -> Motion:
        target = action.target
        if action.verb not in self.capabilities:
            return failing(Status.UNSUPPORTED, f"this robot cannot {action.verb}")
        if action.verb is Verb.LOOK and target is None:
            first, self._surveyed = not self._surveyed, True
            return look_around(self._control, first)
        if target is None:
            return failing(Status.UNSUPPORTED, f"{action.verb} needs a target")
        if action.verb is Verb.LOOK:
            return look_at(self._control, target)
        if action.verb is Verb.NAVIGATE:
            if target.handle_world is not None or max(target.box_world.size[:2]) > 0.4:
                return face(self._control, target.box_world, None, target.handle_world is not None)
            return go_near(self._control, target)
        if action.verb is Verb.PICK:
            return pick(self._control, target)
        if action.verb is Verb.PLACE:
            return place(self._control, target, action.relation, action.position)
        return self._doors.open(target) if action.verb is Verb.OPEN else self._doors.close(target)


class _Running(Running):
    """Advances its skill by ``POLL`` seconds per poll."""

    def __init__(self, control: Control, skill: Motion, limit: float) -> None:
        super().__init__(control)
        self._control = control
        self._limit = limit
        self._skill: Motion | None = skill
        self._rescue: Motion | None = None
        self._pending: tuple[Status, str] | None = None

    def poll(self) -> bool:
        """Advance; True once the action has ended."""
        until = self._control.now + POLL - TICK / 2
        while self._outcome is None and self._control.now < until:
            self._advance()
        return self._outcome is not None

    def cancel(self) -> None:
        """Hold still where it is and end as CANCELLED at once; what is in the hand stays there."""
        if self._outcome is None:
            self._close_skill()
            self._control.body.freeze()
            self._end(Status.CANCELLED, "cancelled")

    def _advance(self) -> None:
        motion = self._rescue or self._skill
        assert motion is not None
        try:
            next(motion)
        except StopIteration:
            status, detail = self._pending or (Status.SUCCEEDED, "")
            self._end(status, detail)
        except Failed as failure:
            if self._pending is None:
                self._pending = (failure.status, failure.detail)
                self._rescue = _recover(self._control)
            else:
                self._control.body.freeze()
                self._end(*self._pending)
        else:
            if self._pending is None and self._control.now - self._started > self._limit:
                self._pending = (Status.TIMED_OUT, f"not done after {self._limit:.0f} s")
                self._rescue = _recover(self._control)

    def _close_skill(self) -> None:
        for motion in (self._rescue, self._skill):
            if motion is not None:
                motion.close()


def _recover(control: Control) -> Motion:
    """After a failure: out of the way, arm folded, one frame of what is there now."""
    control.body.freeze()
    yield from control.wait(0.1)
    if control.grip.on_handle:
        control.grip.release()
        yield from control.wait(0.2)
    yield from fold(control)
    control.capture()
