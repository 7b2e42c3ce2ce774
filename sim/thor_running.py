"""A running action: a skill, made as a generator, that is advanced one AI2-THOR step at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..contracts import Outcome, Status
from ..errors import RobotError


class Clocked(Protocol):
    """What a running action asks of its robot."""

    @property
    def now(self) -> float:
        """Seconds on the robot's clock."""
        ...


class Failed(Exception):
    """A skill ends without success: how, and why."""

    def __init__(self, status: Status, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Running:
    """The ``Handle`` of one action."""

    def __init__(self, robot: Clocked, skill: Iterator[None]) -> None:
        self._robot, self._skill = robot, skill
        self._started = robot.now
        self._outcome: Outcome | None = None

    @property
    def ended(self) -> bool:
        """True once there is a result."""
        return self._outcome is not None

    def poll(self) -> bool:
        """One AI2-THOR step; True once the action has ended."""
        if self._outcome is None:
            try:
                next(self._skill)
            except StopIteration:
                self._end(Status.SUCCEEDED, "")
            except Failed as failure:
                self._end(failure.status, failure.detail)
        return self._outcome is not None

    def cancel(self) -> None:
        """End as CANCELLED; what is in the hand stays there."""
        if self._outcome is None:
            self._end(Status.CANCELLED, "cancelled")

    def result(self) -> Outcome:
        """The outcome; ``RobotError`` while the action runs."""
        if self._outcome is None:
            raise RobotError("the action still runs; there is no result yet")
        return self._outcome

    def _end(self, status: Status, detail: str) -> None:
        self._outcome = Outcome(status, detail, self._started, self._robot.now)


def fail(failure: Failed) -> Iterator[None]:
    """A skill that fails at its first step."""
    raise failure
    yield
