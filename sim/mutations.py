"""Expert plans made wrong on purpose: a world in which these still succeed is not worth testing in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contracts import Status, Verb
from .goals import Goal, check
from .ithor_world import IthorWorld
from .task_ithor import IthorStage
from .task_mutants import elsewhere, left_shut, swapped, with_second
from .task_stage import PlanStep

MUTATIONS = ("step dropped", "order swapped", "wrong receptacle", "closed container", "second object")
FITTING: dict[str, frozenset[Status]] = {
    "step dropped": frozenset(
        {Status.HANDS_EMPTY, Status.HANDS_FULL, Status.OUT_OF_REACH, Status.NOT_THERE, Status.BLOCKED}
    ),
    "order swapped": frozenset({Status.HANDS_EMPTY, Status.HANDS_FULL, Status.OUT_OF_REACH}),
    "wrong receptacle": frozenset(),
    "closed container": frozenset({Status.STUCK, Status.BLOCKED}),
    "second object": frozenset({Status.HANDS_FULL}),
}
"""Which failures fit a mutation; a plan that runs through and misses the goal fits every one of them."""


def needed(goal: Goal, steps: Sequence[PlanStep], world: IthorWorld) -> list[PlanStep]:
    """The plan up to the step after which the goal holds, none where it holds at the start; uses up a fresh ``world``.

    What an expert does after that (a second lettuce sliced where slices of one are enough, a door closed) can be left out
    without the plan failing, so that no mutation may rely on it.
    """
    if check(goal, world):
        return []
    for k, step in enumerate(steps):
        world.act(step.verb, step.target, value=step.value)
        if check(goal, world):
            return list(steps[: k + 1])
    return list(steps)


def mutate(
    name: str, steps: Sequence[PlanStep], goal: Goal, world: IthorWorld, rng: np.random.Generator
) -> list[PlanStep] | None:
    """A plan that ought to fail, or None where the mutation does not apply (no container to leave closed, say).

    ``steps`` is a plan that succeeds and ends with its goal (``needed``); ``world`` is a fresh start of it.
    """
    stage = IthorStage(world, world.time)
    if name == "step dropped":
        # the last pick of the plan: without it nothing that the goal asks for comes to its place
        last = next((k for k in reversed(range(len(steps))) if steps[k].verb is Verb.PICK), None)
        return None if last is None else [*steps[:last], *steps[last + 1 :]]
    if name == "order swapped":
        return swapped(steps)
    if name == "wrong receptacle":
        return elsewhere(steps, goal, stage, rng)
    if name == "closed container":
        return left_shut(steps)
    if name == "second object":
        return with_second(steps, stage, lambda o: not any("open" in stage.affords(h) for h in stage.holder(o)), rng)
    raise ValueError(f"mutation {name!r} is not one of {', '.join(MUTATIONS)}")
