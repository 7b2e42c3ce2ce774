"""What a task is done on: a world with symbolic actions, ground truth, and people who act when their time comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..contracts import Outcome, Verb
from .goal_lint import Facts
from .goals import GroundTruth, Progress
from .task import PersonDeed, Task

STEPS = 80
"""Actions that one instruction may take at most."""


@dataclass(frozen=True)
class PlanStep:
    """One action of a plan, by the world's id; ``value`` is the wanted state of a switch."""

    verb: Verb
    target: str
    value: bool | None = None

    def __str__(self) -> str:
        word = "" if self.value is None else (" on" if self.value else " off")
        return f"{self.verb}{word} {self.target}"


class Stage(GroundTruth, Protocol):
    """A world in which tasks are done by single actions: an iTHOR scene or a house."""

    def act(self, verb: Verb, target: str, *, value: bool | None = None) -> Outcome:
        """The robot does one thing; a failed action is an ``Outcome``."""
        ...

    def person(self, deed: PersonDeed) -> None:
        """Somebody does something. What has become impossible (the robot holds the thing) does not happen."""
        ...

    def affords(self, id: str) -> frozenset[str]:
        """What can be done with it: pick, receptacle, open, toggle, slice, fill, and wash, heat, cool where the world can."""
        ...

    def shut_in(self, id: str) -> str | None:
        """The closed container that hides it, if one does."""
        ...

    def behind_door(self, thing: str, place: str) -> bool:
        """Would ``thing`` go behind the door of ``place`` (and not on its top)?"""
        ...

    def available(self, id: str) -> bool:
        """In the world and in nobody's hand but the robot's."""
        ...

    def room(self, id: str) -> str:
        """The room that it is in; empty where the world is one room."""
        ...

    def within_reach(self, thing: str, place: str) -> bool:
        """Could a robot that went to ``place`` touch ``thing`` from there?"""
        ...

    def room_for(self, thing: str, place: str) -> bool:
        """Does ``thing`` go on or in ``place``, and is there a free spot, door or no door?"""
        ...

    def tools(self, change: str, thing: str) -> Sequence[str]:
        """What it takes to wash, heat, cool or slice a thing (an appliance; a basin and its tap); empty if there is none."""
        ...

    def facts(self) -> Facts:
        """What the world has, for ``goal_lint``."""
        ...


@dataclass(frozen=True)
class Verdict:
    """How one instruction went. ``credit`` is 0 where the goal held already when it was given: nothing was done for it."""

    reached: bool
    credit: float
    held_before: bool
    steps: tuple[tuple[PlanStep, Outcome], ...]

    @property
    def failure(self) -> Outcome | None:
        """The first action that failed."""
        return next((o for _, o in self.steps if not o.ok), None)


class Trial:
    """One run of a task: ``for n in trial: trial.do(step)``; people act between the instructions, verdicts are kept."""

    def __init__(self, task: Task, stage: Stage) -> None:
        self.task, self.stage = task, stage
        self.verdicts: list[Verdict] = []
        self._deeds = list(task.people)
        self._steps: list[tuple[PlanStep, Outcome]] = []
        self._progress = Progress(task.instructions[0].goal)
        self._reached = False

    def __iter__(self) -> Iterator[int]:
        """Give the instructions one after the other; each ends, with its verdict, when the next is asked for."""
        for number, instruction in enumerate(self.task.instructions):
            self.until(instruction.time)
            self._progress, self._steps = Progress(instruction.goal), []
            before = self._reached = self._progress.update(self.stage)
            yield number
            credit = 0.0 if before else self._progress.credit(self.stage)
            self.verdicts.append(Verdict(self._reached, credit, before, tuple(self._steps)))

    def until(self, time: float) -> None:
        """Let people do what they do up to ``time``."""
        while self._deeds and self._deeds[0].time <= time:
            self.stage.person(self._deeds.pop(0))

    @property
    def left(self) -> int:
        """Actions left for this instruction."""
        return STEPS - len(self._steps)

    def do(self, step: PlanStep) -> Outcome:
        """One action of the robot."""
        outcome = self.stage.act(step.verb, step.target, value=step.value)
        self.note(step, outcome)
        return outcome

    def note(self, step: PlanStep, outcome: Outcome) -> None:
        """Say that an action was done on the stage by another body."""
        self._steps.append((step, outcome))
        self._reached = self._progress.update(self.stage)

    @property
    def holds(self) -> bool:
        """Does the goal of the instruction at hand hold now?"""
        return self._reached

    @property
    def reached(self) -> bool:
        """True if every instruction was reached by the end of its turn."""
        return len(self.verdicts) == len(self.task.instructions) and all(v.reached for v in self.verdicts)

    @property
    def credit(self) -> float:
        """Mean partial credit of the instructions, in [0, 1]."""
        return sum(v.credit for v in self.verdicts) / len(self.task.instructions)
