"""ALFRED's expert plans in this world's actions, and how a plan goes.

Object ids of a plan come from another build of the scenes and are joined by type and position (``Join``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..contracts import Outcome, Verb
from .alfred import AlfredTask
from .alfred_join import Join
from .goals import Goal, check
from .ithor_world import IthorWorld
from .task_stage import PlanStep

STEP_LIMIT = 30
"""EB-ALFRED ends an episode after as many steps."""
GRID = 0.25
"""Metres per unit of ALFRED's coordinateObjectId."""


def expert_steps(task: AlfredTask, world: IthorWorld) -> Iterator[PlanStep]:
    """The expert's plan in this world's actions, made as it goes: yields a step, and expects it to have been done."""
    join = Join(world)
    for entry in task.high_pddl:
        action = entry["planner_action"]
        name = action["action"]
        if name == "PickupObject":
            target = join(action["objectId"])
            if target is not None:
                yield from _pick(world, target)
        elif name == "PutObject":
            place = _receptacle(join, action)
            if place is not None:
                yield from _put(world, place)
        elif name == "SliceObject":
            target = join(action["objectId"])
            if target is not None:
                yield from _opened(world, target)
                yield PlanStep(Verb.NAVIGATE, target)
                yield PlanStep(Verb.SLICE, target)
        elif name == "ToggleObject":
            target = join(action.get("toggleObjectId") or action["objectId"])
            if target is not None:
                yield PlanStep(Verb.NAVIGATE, target)
                yield PlanStep(Verb.TOGGLE, target, True)
        elif name in ("CleanObject", "HeatObject", "CoolObject"):
            yield from _change(name, world, join, action)


def _receptacle(join: Join, action: Mapping[str, Any]) -> str | None:
    kind, c = action["coordinateReceptacleObjectId"][0], action["coordinateReceptacleObjectId"][1]
    near = [c[0] * GRID, c[4] * GRID, c[2] * GRID]
    return join(action["receptacleObjectId"], kind if "SinkBasin" in kind or "Basin" in kind else "", near)


def _opened(world: IthorWorld, target: str) -> Iterator[PlanStep]:
    for holder in reversed(world.holder(target)):
        thing = world.things[holder]
        if "open" in thing.base.affords and "open" not in thing.states and thing.type != "Book":
            yield PlanStep(Verb.NAVIGATE, holder)
            yield PlanStep(Verb.OPEN, holder)


def _closed(world: IthorWorld, holders: Sequence[str]) -> Iterator[PlanStep]:
    for holder in holders:
        thing = world.things[holder]
        if "open" in thing.base.affords and "open" in thing.states and "pick" not in thing.base.affords:
            yield PlanStep(Verb.CLOSE, holder)


def _pick(world: IthorWorld, target: str) -> Iterator[PlanStep]:
    holders = world.holder(target)
    opened = list(_opened(world, target))
    yield from opened
    if not opened:
        yield PlanStep(Verb.NAVIGATE, target)
    yield PlanStep(Verb.PICK, target)
    if opened:
        yield from _closed(world, holders)


def _put(world: IthorWorld, place: str) -> Iterator[PlanStep]:
    thing = world.things[place]
    yield from _opened(world, place)
    yield PlanStep(Verb.NAVIGATE, place)
    opens = "open" in thing.base.affords and "pick" not in thing.base.affords
    if opens and "open" not in thing.states:
        yield PlanStep(Verb.OPEN, place)
    yield PlanStep(Verb.PLACE, place)
    if opens and thing.type != "Toilet":
        yield PlanStep(Verb.CLOSE, place)


def _change(name: str, world: IthorWorld, join: Join, action: Mapping[str, Any]) -> Iterator[PlanStep]:
    """Clean under the tap, heat in the microwave, cool in the fridge; the thing is in the hand again at the end."""
    held = world.held()
    if held is None:
        return
    kinds = {
        "CleanObject": ("SinkBasin", "BathtubBasin", "Sink"),
        "HeatObject": ("Microwave",),
        "CoolObject": ("Fridge",),
    }
    places = [i for k in kinds[name] for i in world.ids() if world.kind(i) == k]
    if not places:
        return
    named, c = action.get("coordinateReceptacleObjectId", ["", None])
    places = [i for i in places if world.kind(i) == named] or places
    spot = np.array([c[0] * GRID, c[2] * GRID]) if c else world.agent[:2]
    place = min(places, key=lambda i: float(np.linalg.norm(world.things[i].box_world.center[:2] - spot)))
    yield from _put(world, place)
    if name == "HeatObject":
        yield PlanStep(Verb.TOGGLE, place, True)
        yield PlanStep(Verb.TOGGLE, place, False)
    if name == "CleanObject":
        taps = [i for i in world.ids() if world.kind(i) in ("Faucet", "ShowerHead")]
        basin = world.things[place].box_world.center
        tap = min(taps, key=lambda i: float(np.linalg.norm(world.things[i].box_world.center - basin)))
        yield PlanStep(Verb.TOGGLE, tap, True)
        yield PlanStep(Verb.TOGGLE, tap, False)
        yield PlanStep(Verb.PICK, held)
        return
    yield PlanStep(Verb.OPEN, place)
    yield PlanStep(Verb.PICK, held)
    yield PlanStep(Verb.CLOSE, place)


@dataclass(frozen=True)
class PlanResult:
    """How a plan went: the steps with their outcomes, and whether the goal holds at the end."""

    steps: tuple[tuple[PlanStep, Outcome], ...]
    reached: bool

    @property
    def failure(self) -> Outcome | None:
        """The first action that failed."""
        return next((o for _, o in self.steps if not o.ok), None)


def run_plan(world: IthorWorld, goal: Goal, steps: Iterator[PlanStep] | Sequence[PlanStep]) -> PlanResult:
    """Carry out a plan; it ends at its first failed action, as a program without eyes would."""
    done: list[tuple[PlanStep, Outcome]] = []
    for step in steps:
        outcome = world.act(step.verb, step.target, value=step.value)
        done.append((step, outcome))
        if not outcome.ok or len(done) >= STEP_LIMIT:
            break
    return PlanResult(tuple(done), check(goal, world))
