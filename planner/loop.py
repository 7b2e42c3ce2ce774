"""The closed loop: recall → decide → gate → start → watch → verify → write, until done, stuck, stopped or out of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..contracts import (
    Action,
    Decision,
    Outcome,
    Perceiver,
    Policy,
    Robot,
    Role,
    Situation,
    Status,
    Step,
    Verb,
)
from ..errors import InstructionError
from ..memory.records import Recall
from . import gate
from .acting import Actor
from .belief import Belief
from .goals import refs
from .instruction import parse_for
from .progress import Progress
from .report import TaskReport
from .watcher import Watcher

if TYPE_CHECKING:
    from ..memory import Memory

SAME_DECISION = 3
"""The same decision in the same situation this often ends a task."""


@runtime_checkable
class Noting(Protocol):
    """A policy that has something to tell besides its decisions (an endpoint that failed, say)."""

    def drain_notes(self) -> Sequence[str]:
        """The notes since the last call."""
        ...


@dataclass
class _Run:
    """What the loop keeps while it works on one instruction."""

    instruction: str
    progress: Progress | None  # None where only the policy understood the instruction
    episode: str = ""
    started: float = 0.0
    steps: list[Step] = field(default_factory=list)
    feedback: str = ""
    subgoal: tuple[str, str] = ("", "")  # id and text
    repeats: Counter[object] = field(default_factory=Counter)


class Loop:
    """Carries out instructions with a robot, a perceiver, a memory and a policy.

    ``budget`` is the recall's token budget; ``classes``: (name, role) of what may be named before it was seen. Nothing here
    knows of simulators, models or networks.
    """

    def __init__(
        self,
        robot: Robot,
        perceiver: Perceiver,
        memory: Memory,
        policy: Policy,
        watchers: Sequence[Watcher] = (),
        step_budget: int = 40,
        budget: int = 1000,
        classes: Sequence[tuple[str, Role]] = (),
    ) -> None:
        self.robot, self.perceiver, self.memory, self.policy = robot, perceiver, memory, policy
        self.watchers = tuple(watchers)
        self.step_budget, self.budget = step_budget, budget
        self.classes = tuple(classes)
        self._actor = Actor(robot, perceiver, memory, self.watchers)

    # --- for callers --------------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Ask a running ``run`` to end as "cancelled" at the next moment (safe to call from a signal handler)."""
        self._actor.stopped = True

    def watch(self, watcher: Watcher) -> None:
        """From now on ``watcher`` is told, too."""
        self.watchers = self._actor.watchers = (*self.watchers, watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """It is told no more."""
        self.watchers = self._actor.watchers = tuple(w for w in self.watchers if w is not watcher)

    def pump(self) -> None:
        """Take in the frames that came since the last call; for callers that watch while no action runs."""
        self._actor.pump()

    def survey(self) -> Outcome:
        """Look all around once and remember what is seen; an episode of its own."""
        run = _Run("look around", None)
        run.episode = self.memory.begin_episode(run.instruction, self._actor.now())
        status = "failed"
        try:
            step = self._step(run, Decision(Verb.LOOK, why="get to know the room"))
            status = "done" if step.outcome.ok else "failed"
            return step.outcome
        except KeyboardInterrupt:
            status = "cancelled"
            raise
        finally:
            self._close(run, status)

    def run(self, instruction: str) -> TaskReport:
        """Carry out ``instruction``.

        Raises ``InstructionError`` before anything is written if it is not understood. ``KeyboardInterrupt`` stops the
        body, ends the episode as cancelled with memory committed, and goes on to the caller.
        """
        self._actor.stopped = False
        run = _Run(instruction, self._understood(instruction))
        first = self.policy.decide(self._situation(run, self._recall(run)))
        run.started = self._actor.now()
        run.episode = self.memory.begin_episode(instruction, run.started)
        if run.progress is not None:
            self._actor.say("task", f"understood: {run.progress.task}")
        status, reason = "failed", "stopped by an error"
        try:
            status, reason = self._work(run, first)
        except KeyboardInterrupt:
            status, reason = "cancelled", "interrupted"
            raise
        finally:
            self._actor.say("report", f"{status}: {reason}")
            self._close(run, status)
        goals = str(run.progress.task) if run.progress is not None else ""
        return TaskReport(
            instruction,
            status,
            len(run.steps),
            reason,
            run.episode,
            tuple(run.steps),
            goals,
            run.started,
            self._actor.now(),
        )

    # --- one task -----------------------------------------------------------------------------------------------------
    def _work(self, run: _Run, decision: Decision) -> tuple[str, str]:
        """Decide and act until the end; the status and the reason."""
        insisted = False
        while True:
            self._notes()
            if self._actor.stopped:
                return "cancelled", "stopped from outside"
            if decision.verb is Verb.DONE:
                unmet = self._unmet(run)
                if not unmet:
                    self._decided(run, decision, None)
                    return "done", decision.why or "all that was asked for holds"
                if insisted or run.progress is None:
                    self._decided(run, decision, None)
                    if decision.why.startswith("searched"):
                        self._actor.remember("search", decision.why, decision.cites)
                    return "failed", decision.why or f"given up with {'; '.join(unmet)} not reached"
                insisted = True
                run.feedback = f"not done: {'; '.join(unmet)} does not hold as far as memory knows"
                decision = self._decide(run)
                continue
            insisted = False
            if len(run.steps) >= self.step_budget:
                return (
                    "failed",
                    f"the budget of {self.step_budget} steps is used up; {'; '.join(self._unmet(run))} not reached",
                )
            if self._going_round(run, decision):
                return (
                    "failed",
                    f'"{decision.verb.value}" was decided again and again in the same situation: no progress',
                )
            step = self._step(run, decision)
            if self._actor.stopped or step.outcome.status is Status.CANCELLED:
                return "cancelled", "stopped from outside"
            decision = self._decide(run)

    def _decide(self, run: _Run) -> Decision:
        recall = self._recall(run)
        self.memory.note("recall", f"{recall.tokens} tokens were shown to the policy", self._actor.now(), recall.ids)
        return self.policy.decide(self._situation(run, recall))

    def _step(self, run: _Run, decision: Decision) -> Step:
        """Gate, carry out, verify and write one decision."""
        if run.subgoal[1] != decision.subgoal:
            self._end_subgoal(run, "done" if run.steps and run.steps[-1].outcome.ok else "failed")
            if decision.subgoal:
                run.subgoal = (self.memory.begin_subgoal(decision.subgoal, self._actor.now()), decision.subgoal)
        verdict = gate.check(decision, self.memory, self.robot.capabilities, run.steps)
        action = self._actor.ground(decision) if verdict.ok else None
        number = self._decided(run, decision, action)
        for kind_text in filter(None, (verdict.text, verdict.warning)):
            self._actor.remember("gate", kind_text, (decision.target,) if decision.target else ())
        action_id = self.memory.begin_action(decision, self._actor.now())
        run.feedback = verdict.warning
        if action is None:
            outcome = Outcome(verdict.status or Status.REFUSED, verdict.text, self._actor.now(), self._actor.now())
            written = self.memory.end_action(action_id, outcome)
            run.feedback = verdict.text
        else:
            outcome, written = self._actor.act(action_id, decision, action)
        step = Step(decision, outcome)
        run.steps.append(step)
        for watcher in self.watchers:
            watcher.on_outcome(number, outcome, written)
        if not outcome.ok and verdict.ok:
            run.feedback = f"{decision.verb.value} failed: {outcome.status.value} {outcome.detail}".strip()
        return step

    # --- what the policy is shown, what the body is given -------------------------------------------------------------
    def _understood(self, instruction: str) -> Progress | None:
        """Goals to judge the end by; None where this parser cannot make them out (the policy may)."""
        try:
            return Progress(parse_for(self.memory, instruction, self.classes), self.memory)
        except InstructionError:
            return None

    def _recall(self, run: _Run) -> Recall:
        focus: list[str] = []
        held = self.memory.held()
        if held is not None:
            focus.append(held.id)
        if run.progress is not None:
            run.progress.absorb(run.steps)
            for goal in run.progress.task.goals:
                for ref in refs(goal):
                    focus += run.progress.resolve(ref)[:2]
        return self.memory.recall(run.instruction, budget=self.budget, focus=tuple(dict.fromkeys(focus)))

    def _situation(self, run: _Run, recall: Recall) -> Situation:
        held = self.memory.held()
        left = self.step_budget - len(run.steps)
        holding = held.id if held is not None else None
        return Situation(
            run.instruction, recall.text, tuple(run.steps), holding, self.robot.capabilities, left, run.feedback
        )

    def _unmet(self, run: _Run) -> list[str]:
        if run.progress is None:
            return []
        run.progress.absorb(run.steps)
        return [str(goal) for goal in run.progress.unmet()]

    def _going_round(self, run: _Run, decision: Decision) -> bool:
        """True once the same was done thrice with the world believed to be as before; looks may recur between other tries."""
        belief = Belief.of(self.memory)
        world = tuple((id, belief.place(id), belief.openness(id), belief.located(id)) for id in sorted(belief.things))
        key = (decision.verb, decision.target, decision.relation, decision.position, belief.held, world)
        run.repeats[key] += 1
        often = SAME_DECISION if decision.verb not in (Verb.LOOK, Verb.NAVIGATE) else 2 * SAME_DECISION
        return run.repeats[key] > often

    # --- telling ------------------------------------------------------------------------------------------------------
    def _decided(self, run: _Run, decision: Decision, action: Action | None) -> int:
        number = len(run.steps) + 1
        for watcher in self.watchers:
            watcher.on_decision(run.episode, number, decision, action)
        return number

    def _notes(self) -> None:
        if isinstance(self.policy, Noting):
            for text in self.policy.drain_notes():
                self._actor.remember("note", text)

    def _end_subgoal(self, run: _Run, status: str) -> None:
        if run.subgoal[0]:
            self.memory.end_subgoal(run.subgoal[0], status, self._actor.now())
        run.subgoal = ("", "")

    def _close(self, run: _Run, status: str) -> None:
        self._end_subgoal(run, status)
        self.memory.end_episode(run.episode, status, self._actor.now())
        self.memory.commit()
