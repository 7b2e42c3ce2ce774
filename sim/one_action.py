"""What all simulated bodies keep to: one action at a time, done by a skill that ends, fails or is broken off."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Protocol

from ..contracts import Action, Outcome, RGBDFrame, Robot, Status
from ..errors import RobotError


class Failed(Exception):
    """A motion or skill that could not be carried out, with the outcome's status."""

    def __init__(self, status: Status, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def failing(status: Status, detail: str) -> Generator[None, None, None]:
    """A skill that fails at its first step."""
    raise Failed(status, detail)
    yield


class Clocked(Protocol):
    """Whoever knows the time of the body's world."""

    @property
    def now(self) -> float:
        """Seconds on the robot's clock."""
        ...


class Running(ABC):
    """The ``Handle`` of one action; how it goes on and is broken off is each body's own."""

    def __init__(self, clock: Clocked) -> None:
        self._clock, self._started = clock, clock.now
        self._outcome: Outcome | None = None

    @property
    def ended(self) -> bool:
        """True once there is a result."""
        return self._outcome is not None

    @abstractmethod
    def poll(self) -> bool:
        """Go on for a moment; True once the action has ended."""

    @abstractmethod
    def cancel(self) -> None:
        """End as CANCELLED; what is in the hand stays there."""

    def result(self) -> Outcome:
        """The outcome; ``RobotError`` while the action runs."""
        if self._outcome is None:
            raise RobotError("the action still runs; there is no result yet")
        return self._outcome

    def _end(self, status: Status, detail: str) -> None:
        self._outcome = Outcome(status, detail, self._started, self._clock.now)


class OneAction(ABC):
    """A body that does one action at a time: the half of ``contracts.Robot`` that has to do with that."""

    robot_id: str

    def __init__(self) -> None:
        self._running: Running | None = None
        self._closed = False

    @abstractmethod
    def _begin(self, action: Action) -> Running:
        """The handle of ``action``, of which nothing is done yet."""

    def start(self, action: Action) -> Running:
        """Begin ``action``; ``RobotError`` while another one runs or after ``close``."""
        if self._closed:
            raise RobotError(f"{self.robot_id} is closed and cannot start {action.verb}")
        if self._running is not None and not self._running.ended:
            raise RobotError(f"{self.robot_id} is still busy and cannot start {action.verb}; poll or cancel first")
        self._running = self._begin(action)
        return self._running

    def close(self) -> None:
        """Stop. The world stays; whoever built it closes it. May be called twice."""
        if not self._closed:
            self._closed = True
            if self._running is not None and not self._running.ended:
                self._running.cancel()


def to_the_end(robot: Robot, action: Action) -> tuple[Outcome, list[RGBDFrame]]:
    """Any robot's ``action`` until it has ended: its outcome, and the frames taken meanwhile."""
    handle = robot.start(action)
    frames: list[RGBDFrame] = []
    while not handle.poll():
        frames += robot.frames()
    return handle.result(), [*frames, *robot.frames()]
