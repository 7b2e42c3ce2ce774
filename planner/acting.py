"""Carrying out one action: id → geometry, start, frames into memory while it runs, cancel, check, write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..contracts import Action, Decision, Handle, Outcome, Perceiver, Robot, Status, Target
from ..memory.records import Written
from . import critic
from .vocabulary import spelled
from .watcher import Watcher
from .whole import whole

if TYPE_CHECKING:
    from ..memory import Memory

_MAX_POLLS = 6000  # of a handle before it is cancelled: ten minutes of simulated time
_CANCEL_POLLS = 200


class Actor:
    """The hands and eyes of the loop: it alone starts actions and lets frames flow into memory.

    ``stopped`` may be set from outside (a signal handler): the running action is then cancelled.
    """

    def __init__(self, robot: Robot, perceiver: Perceiver, memory: Memory, watchers: Sequence[Watcher]) -> None:
        self.robot, self.perceiver, self.memory, self.watchers = robot, perceiver, memory, tuple(watchers)
        self.stopped = False
        self._holding: bool | None = None
        self._stamps: list[float] = []

    def ground(self, decision: Decision) -> Action:
        """Ids → geometry, as memory believes it to be now."""
        target = None
        if decision.target is not None:
            thing = self.memory.get(decision.target)
            target = Target(thing.id, spelled(thing.label), *whole(self.memory, thing))
        return Action(decision.verb, target, decision.relation, decision.position, decision.why)

    def act(self, action_id: str, decision: Decision, action: Action) -> tuple[Outcome, Written]:
        """Start an action, watch it to its end, verify it; its outcome and what memory made of it."""
        held = self.memory.held()
        carried = held.id if held is not None else None
        started = self.now()
        self._stamps = []
        ended = False
        try:
            handle = self.robot.start(action)
            outcome = self._watch(handle)
            self.pump()
            since = self._stamps[-2] if len(self._stamps) > 1 else started
            outcome = critic.contradicted(decision, outcome, self.memory, carried, self._holding, since)
            ended = True
            written = self.memory.end_action(action_id, outcome)
        finally:
            if not ended:  # an interrupt or a broken robot: the action must not stay open in the log
                self.memory.end_action(action_id, Outcome(Status.CANCELLED, "interrupted", started, self.now()))
        checked = critic.verified(decision, outcome, self.memory, carried)
        if checked is not outcome:
            text = f"{decision.verb.value}: {checked.detail}"
            self.remember("verification", text, (decision.target,) if decision.target else ())
        return checked, written

    def _watch(self, handle: Handle) -> Outcome:
        """Poll a handle to its end, with frames flowing; cancels on a stop, an interrupt or a body that never ends."""
        try:
            for _ in range(_MAX_POLLS):
                over = handle.poll()
                self.pump()
                if over:
                    return handle.result()
                if self.stopped:
                    return self._cancel(handle, "stopped from outside")
        except KeyboardInterrupt:
            self._cancel(handle, "interrupted")
            raise
        outcome = self._cancel(handle, "")
        return replace(outcome, status=Status.TIMED_OUT, detail=f"no end after {_MAX_POLLS} polls")

    def _cancel(self, handle: Handle, why: str) -> Outcome:
        handle.cancel()
        for _ in range(_CANCEL_POLLS):
            if handle.poll():
                result = handle.result()
                return replace(result, detail=result.detail or why)
        now = self.now()
        return Outcome(Status.CANCELLED, why or "the body did not answer the cancel", now, now)

    def pump(self) -> None:
        """Every new frame through perception into memory."""
        for frame in self.robot.frames():
            expected = self.memory.expected(frame.camera, frame.T_world_cam, frame.stamp)
            batch = self.perceiver.observe(frame, expected)
            written = self.memory.write(batch)
            self._stamps.append(frame.stamp)
            if frame.gripper is not None:
                self._holding = frame.gripper.holding
            for watcher in self.watchers:
                watcher.on_frame(frame, batch, written)

    # --- telling ------------------------------------------------------------------------------------------------------
    def remember(self, kind: str, text: str, ids: Sequence[str] = ()) -> None:
        """A remark for memory and watchers."""
        self.memory.note(kind, text, self.now(), tuple(ids))
        self.say(kind, text)

    def say(self, kind: str, text: str) -> None:
        """A remark for watchers only."""
        for watcher in self.watchers:
            watcher.on_text(kind, text, self.now())

    def now(self) -> float:
        """World time: of the newest event in memory or the newest frame, whichever is later."""
        return max(self.memory.now, self._stamps[-1] if self._stamps else 0.0)
