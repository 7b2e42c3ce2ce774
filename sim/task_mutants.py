"""Experts led astray on purpose: a task that they still fulfil would prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..contracts import Verb
from .goals import All, Any_, Goal, Held, Inside, Ordered, State, Which, check, leaves
from .task import Task
from .task_oracle import reach
from .task_stage import PlanStep, Stage, Trial

MUTATIONS = (
    "step dropped",
    "order swapped",
    "wrong receptacle",
    "closed container",
    "second object",
    "wrong thing",
    "stale",
)
Plans = Sequence[Sequence[PlanStep]]


@dataclass(frozen=True)
class Mutant:
    """What was done wrong in which instruction (counted from 0), and whether that instruction was reached all the same."""

    name: str
    instruction: int
    reached: bool


def mutants(task: Task, plans: Plans, fresh: Callable[[Task], Trial], rng: np.random.Generator) -> Iterator[Mutant]:
    """Every mutation that applies to the expert's ``plans``, carried out in a fresh trial each.

    One instruction is spoiled, the last one for which the mutation makes sense; those before it are done right. What the expert
    does after the goal holds is left out first: it can be left out without harm. "wrong thing" is an expert that takes the
    things for others of their class; "stale" one that acts as if nobody had done anything since it looked.
    """
    needed = _needed(task, plans, fresh)
    for name in MUTATIONS:
        for number in reversed(range(len(plans))):
            if name == "stale":
                spoiled = _stale(task, number, fresh)
            elif name == "wrong thing":
                reached = _mistaken(task, plans, number, fresh, rng)
                if reached is None:
                    continue
                yield Mutant(name, number, reached)
                break
            else:
                trial = fresh(task)
                _advance(trial, plans, number)
                spoiled = _spoil(name, needed[number], task.instructions[number].goal, trial.stage, rng)
            if spoiled is not None and spoiled != needed[number]:
                yield Mutant(name, number, _run(fresh(task), plans, number, spoiled))
                break


def _needed(task: Task, plans: Plans, fresh: Callable[[Task], Trial]) -> list[list[PlanStep]]:
    """Each plan up to the step after which its goal holds."""
    trial, found = fresh(task), []
    for number in trial:
        cut = list(plans[number])
        for k, step in enumerate(plans[number]):
            before = trial.holds
            trial.do(step)
            if trial.holds and not before:
                cut = list(plans[number][: k + 1])
        found.append(cut)
    return found


def _advance(trial: Trial, plans: Plans, number: int) -> None:
    """Everything before an instruction, done right."""
    for n in trial:
        if n == number:
            return
        for step in plans[n]:
            trial.do(step)


def _run(trial: Trial, plans: Plans, number: int, spoiled: Sequence[PlanStep]) -> bool:
    _advance(trial, plans, number)
    for step in spoiled:
        if not trial.do(step).ok:
            break
    return trial.holds


def _stale(task: Task, number: int, fresh: Callable[[Task], Trial]) -> list[PlanStep] | None:
    """The plan for the first instruction as if nobody had done anything: to each thing where it was seen, not where it is."""
    if number or task.suite != "moved":
        return None
    trial, plan = fresh(replace(task, people=())), []
    seen = {i: (*trial.stage.holder(i), i)[0] for i in trial.stage.ids()}
    next(iter(trial))
    for step in reach(trial.stage, task.instructions[0].goal):
        loose = step.verb is Verb.NAVIGATE and "pick" in trial.stage.affords(step.target)
        plan.append(PlanStep(Verb.NAVIGATE, seen[step.target]) if loose else step)
        if not trial.do(step).ok or trial.left == 0:
            break
    return plan


def _mistaken(
    task: Task, plans: Plans, number: int, fresh: Callable[[Task], Trial], rng: np.random.Generator
) -> bool | None:
    """Is the goal reached by an expert for a goal about other things? None where it names none that is not right already."""
    trial = fresh(task)
    _advance(trial, plans, number)
    goal = task.instructions[number].goal
    swap: dict[str, str] = {}
    for leaf in leaves(goal):
        id = leaf.what.id if isinstance(leaf, (Inside, Held, State)) else ""
        if id and id not in swap and not check(leaf, trial.stage) and "pick" in trial.stage.affords(id):
            other = _another(trial.stage, id, {*swap, *swap.values()}, rng)
            if other is not None:
                swap[id] = other
    if not swap:
        return None
    for step in reach(trial.stage, _with(goal, swap)):
        if not trial.do(step).ok or trial.left == 0:
            break
    return trial.holds


def _another(stage: Stage, id: str, taken: set[str], rng: np.random.Generator) -> str | None:
    """Another thing, of the same class if there is one."""
    loose = [i for i in stage.ids() if "pick" in stage.affords(i) and stage.available(i) and i != id and i not in taken]
    twins = [i for i in loose if stage.kind(i) == stage.kind(id)] or loose
    return twins[int(rng.integers(len(twins)))] if twins else None


def _with(goal: Goal, swap: dict[str, str]) -> Goal:
    if isinstance(goal, (All, Any_, Ordered)):
        return replace(goal, parts=tuple(_with(g, swap) for g in goal.parts))
    changed: Which = replace(goal.what, id=swap.get(goal.what.id, goal.what.id))
    return replace(goal, what=changed)


# --- plans ------------------------------------------------------------------------------------------------------------------
def _spoil(
    name: str, plan: Sequence[PlanStep], goal: Goal, stage: Stage, rng: np.random.Generator
) -> list[PlanStep] | None:
    """A plan that ought to fail, or None where the mutation does not apply; ``stage`` is as it is before the plan."""
    steps = list(plan)
    picks = [k for k, s in enumerate(steps) if s.verb is Verb.PICK]
    if name == "step dropped":
        # the last pick, without which nothing comes to its place; where nothing is moved, the last step
        drop = picks[-1] if picks else len(steps) - 1
        return [*steps[:drop], *steps[drop + 1 :]] if steps else None
    if name == "order swapped":
        return swapped(steps)
    if name == "wrong receptacle":
        return elsewhere(steps, goal, stage, rng)
    if name == "closed container":
        return left_shut(steps)
    return with_second(steps, stage, lambda i: stage.available(i) and stage.shut_in(i) is None, rng)


def swapped(steps: Sequence[PlanStep]) -> list[PlanStep] | None:
    """The last placing and the pick before it change places."""
    i = next((k for k in reversed(range(len(steps))) if steps[k].verb is Verb.PLACE), None)
    j = next((k for k in reversed(range(i or 0)) if steps[k].verb is Verb.PICK), None)
    if i is None or j is None:
        return None
    plan = list(steps)
    plan[i], plan[j] = plan[j], plan[i]
    return plan


def left_shut(steps: Sequence[PlanStep]) -> list[PlanStep] | None:
    """Without the first opening."""
    shut = next((k for k, s in enumerate(steps) if s.verb is Verb.OPEN), None)
    return None if shut is None else [*steps[:shut], *steps[shut + 1 :]]


def with_second(
    steps: Sequence[PlanStep], stage: Stage, reachable: Callable[[str], bool], rng: np.random.Generator
) -> list[PlanStep] | None:
    """After the first pick another thing is picked up, one of those that are ``reachable``."""
    first = next((k for k, s in enumerate(steps) if s.verb is Verb.PICK), None)
    if first is None or first == len(steps) - 1:
        return None  # the goal is reached by that pick: nothing that comes after it can spoil it
    loose = [i for i in stage.ids() if "pick" in stage.affords(i) and i != steps[first].target and reachable(i)]
    if not loose:
        return None
    other = loose[int(rng.integers(len(loose)))]
    return [*steps[: first + 1], PlanStep(Verb.NAVIGATE, other), PlanStep(Verb.PICK, other), *steps[first + 1 :]]


def elsewhere(steps: Sequence[PlanStep], goal: Goal, stage: Stage, rng: np.random.Generator) -> list[PlanStep] | None:
    """The last thing that is placed goes to a receptacle of a class that the goal does not name; the plan ends there."""
    last = next((k for k in reversed(range(len(steps))) if steps[k].verb is Verb.PLACE), None)
    wheres = [g.where for g in leaves(goal) if isinstance(g, Inside)]
    wanted = {stage.kind(w.id) if w.id else w.type for w in wheres}
    if last is None or not wanted:
        return None
    others = [
        i
        for i in stage.ids()
        if "receptacle" in stage.affords(i)
        and not {"open", "pick"} & stage.affords(i)
        and stage.kind(i) not in wanted | {"Floor"}
        and not any(stage.kind(h) in wanted for h in stage.holder(i))
    ]
    if not others:
        return None
    other = others[int(rng.integers(len(others)))]
    return [*steps[:last], PlanStep(Verb.NAVIGATE, other), PlanStep(Verb.PLACE, other)]
