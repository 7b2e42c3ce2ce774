"""Expert plans made wrong on purpose: a world in which these still succeed is not worth testing in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contracts import Status, Verb
from .alfred import PlanStep
from .goals import Goal, Inside, check, leaves
from .ithor_world import IthorWorld

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
    plan = list(steps)
    if name == "step dropped":
        # the last pick of the plan: without it nothing that the goal asks for comes to its place
        return _without(plan, _last(plan, Verb.PICK))
    if name == "order swapped":
        i = _last(plan, Verb.PLACE)
        j = next((k for k in range(i - 1, -1, -1) if plan[k].verb is Verb.PICK), None) if i is not None else None
        if i is None or j is None:
            return None
        plan[i], plan[j] = plan[j], plan[i]
        return plan
    if name == "wrong receptacle":
        return _elsewhere(plan, goal, world, rng)
    if name == "closed container":
        i = next((k for k, s in enumerate(plan) if s.verb is Verb.OPEN), None)
        return _without(plan, i)
    if name == "second object":
        i = next((k for k, s in enumerate(plan) if s.verb is Verb.PICK), None)
        if i is None or i == len(plan) - 1:
            return None  # the goal is reached by that pick: nothing that comes after it can spoil it
        loose = [o for o in world.ids() if "pick" in world.things[o].base.affords and o != plan[i].target]
        loose = [o for o in loose if not any("open" in world.things[h].base.affords for h in world.holder(o))]
        if not loose:
            return None
        other = loose[int(rng.integers(len(loose)))]
        return [*plan[: i + 1], PlanStep(Verb.NAVIGATE, other), PlanStep(Verb.PICK, other), *plan[i + 1 :]]
    raise ValueError(f"mutation {name!r} is not one of {', '.join(MUTATIONS)}")


def _last(plan: Sequence[PlanStep], verb: Verb) -> int | None:
    return next((k for k in range(len(plan) - 1, -1, -1) if plan[k].verb is verb), None)


def _without(plan: list[PlanStep], index: int | None) -> list[PlanStep] | None:
    return None if index is None else [*plan[:index], *plan[index + 1 :]]


def _elsewhere(plan: list[PlanStep], goal: Goal, world: IthorWorld, rng: np.random.Generator) -> list[PlanStep] | None:
    """The last place goes to a receptacle of another type than the goal's."""
    i = _last(plan, Verb.PLACE)
    wanted = {g.where.type for g in leaves(goal) if isinstance(g, Inside)}
    if i is None or not wanted:
        return None
    others = [
        o
        for o in world.ids()
        if "receptacle" in world.things[o].base.affords
        and not {"open", "pick"} & world.things[o].base.affords
        and world.kind(o) not in wanted | {"Floor"}
        and not any(world.kind(h) in wanted for h in world.holder(o))
    ]
    if not others:
        return None
    other = others[int(rng.integers(len(others)))]
    return [*plan[:i], PlanStep(Verb.NAVIGATE, other), PlanStep(Verb.PLACE, other)]
