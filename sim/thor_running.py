"""A running action: a skill, made as a generator, that is advanced one AI2-THOR step at a time."""

from __future__ import annotations

from collections.abc import Iterator

from ..contracts import Status
from .one_action import Clocked, Failed, Running


class ThorRunning(Running):
    """One AI2-THOR step per poll."""

    def __init__(self, clock: Clocked, skill: Iterator[None]) -> None:
        super().__init__(clock)
        self._skill = skill

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
