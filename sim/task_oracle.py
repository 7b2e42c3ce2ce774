"""An expert that knows the truth: reaches a goal by the world's own actions, condition by condition, and tidies up.

It proves that a task can be done. It looks into closed containers and knows every id, so nothing else may use it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from ..contracts import Verb
from .goals import All, Any_, Goal, Held, Inside, Ordered, State, Which, check
from .ithor_rules import CLEANS_IN
from .task_stage import PlanStep, Stage, Trial

_DONE = {"cleaned": "wash", "clean": "wash", "heated": "heat", "hot": "heat", "cooled": "cool", "cold": "cool"}

Steps = Iterator[PlanStep]


def solve(trial: Trial) -> list[list[PlanStep]]:
    """Do a whole task; the plan of each instruction, as far as it came. Ends an instruction at its first failed action."""
    plans: list[list[PlanStep]] = []
    for number in trial:
        plan: list[PlanStep] = []
        for step in reach(trial.stage, trial.task.instructions[number].goal):
            plan.append(step)
            if not trial.do(step).ok or trial.left == 0:
                break
        plans.append(plan)
    return plans


def follow(trial: Trial, plans: list[list[PlanStep]]) -> None:
    """Carry out given plans, one for each instruction; each ends at its first failed action, as a program without eyes."""
    for number in trial:
        for step in plans[number]:
            if not trial.do(step).ok or trial.left == 0:
                break


def reach(stage: Stage, goal: Goal) -> Steps:
    """Steps to a goal, made as it goes: yields a step, and expects it to have been done."""
    if isinstance(goal, (All, Ordered)):
        for part in goal.parts:
            yield from reach(stage, part)
    elif isinstance(goal, Any_):
        yield from reach(stage, goal.parts[0])
    elif check(goal, stage):
        return
    elif isinstance(goal, Inside):
        yield from _gather(stage, goal)
    elif isinstance(goal, Held):
        thing = _find(stage, goal.what)
        if thing is not None:
            yield from _changed(stage, thing, goal.what)
            yield from pick(stage, thing)
    else:
        for _ in range(goal.count):
            if not check(goal, stage):
                yield from _state(stage, goal)


def _gather(stage: Stage, goal: Inside) -> Steps:
    """``count`` things to one place; a place where some are already, first, and one that has room."""
    if goal.what.type.endswith("Sliced") and not goal.what.all(stage):
        yield from _slice(stage, goal.what.type.removesuffix("Sliced"))
    wanted = [i for i in stage.ids() if _may_fit(stage, i, goal.what)]
    if not wanted:
        return
    places = [
        p for p in goal.where.all(stage) if stage.room_for(wanted[0], p) or any(p in stage.holder(i) for i in wanted)
    ]
    if not places:
        return
    place = max(places, key=lambda p: sum(p in stage.holder(i) and goal.what.matches(stage, i) for i in wanted))
    wanted.sort(key=lambda i: not goal.what.matches(stage, i))
    missing = goal.count - sum(place in stage.holder(i) for i in goal.what.all(stage))
    for thing in [i for i in wanted if place not in stage.holder(i) or not goal.what.matches(stage, i)][:missing]:
        yield from _changed(stage, thing, goal.what)
        yield from put(stage, thing, place)


def _may_fit(stage: Stage, id: str, which: Which) -> bool:
    """Right but for what can still be done to it; not locked away in somebody's hand."""
    named = id == which.id if which.id else stage.kind(id) == which.type
    return named and "pick" in stage.affords(id) and stage.available(id)


def _find(stage: Stage, which: Which) -> str | None:
    found = [i for i in stage.ids() if _may_fit(stage, i, which)]
    return min(found, key=lambda i: not which.matches(stage, i), default=None)


# --- states -----------------------------------------------------------------------------------------------------------------
def _changed(stage: Stage, thing: str, which: Which) -> Steps:
    """Bring a thing into the states of its description."""
    for name, value in which.state.items():
        if stage.state(thing, name) is not value and name in _DONE:
            yield from change(stage, _DONE[name], thing)


def _state(stage: Stage, goal: State) -> Steps:
    for id in (i for i in stage.ids() if (i == goal.what.id if goal.what.id else stage.kind(i) == goal.what.type)):
        if stage.state(id, goal.name) is goal.value:
            continue
        if goal.name == "open":
            yield from _switched(stage, id, False) if goal.value else iter(())
            yield PlanStep(Verb.NAVIGATE, id)
            yield PlanStep(Verb.OPEN if goal.value else Verb.CLOSE, id)
        elif goal.name == "on":
            yield PlanStep(Verb.NAVIGATE, id)
            yield PlanStep(Verb.TOGGLE, id, goal.value)
        elif goal.name == "sliced":
            yield from _slice(stage, stage.kind(id), id)
        elif goal.name in _DONE and goal.value and stage.available(id):
            yield from change(stage, _DONE[goal.name], id)
        elif goal.name == "filled" and goal.value:
            yield from change(stage, "wash", id)
        return


def _switched(stage: Stage, id: str, on: bool) -> Steps:
    if stage.state(id, "on") is not on and "toggle" in stage.affords(id):
        yield PlanStep(Verb.NAVIGATE, id)
        yield PlanStep(Verb.TOGGLE, id, on)


def change(stage: Stage, what: str, thing: str) -> Steps:
    """Wash, heat or cool a thing; it is in the hand again at the end."""
    tools = stage.tools(what, thing)
    if not tools:
        return
    place = tools[0]
    if place not in stage.holder(thing) or stage.state(place, "open"):
        yield from put(stage, thing, place)
    if stage.state(place, "open"):
        yield PlanStep(Verb.NAVIGATE, place)
        yield PlanStep(Verb.CLOSE, place)
    for switch in tools[-1:] if "toggle" in stage.affords(tools[-1]) else ():
        if not stage.state(switch, "on"):
            yield PlanStep(Verb.NAVIGATE, switch)
            yield PlanStep(Verb.TOGGLE, switch, True)
        yield PlanStep(Verb.TOGGLE, switch, False)
    yield from pick(stage, thing)


def _slice(stage: Stage, kind: str, thing: str = "") -> Steps:
    """Fetch the knife, cut, and put the knife back."""
    whole = [i for i in stage.ids() if (i == thing if thing else stage.kind(i) == kind) and stage.tools("slice", i)]
    if not whole:
        return
    knife = stage.tools("slice", whole[0])[0]
    home = next(iter(stage.holder(knife)), None)
    yield from pick(stage, knife)
    opened = yield from _opened(stage, whole[0])
    yield PlanStep(Verb.NAVIGATE, whole[0])
    yield PlanStep(Verb.SLICE, whole[0])
    yield from _closed(stage, opened)
    if home is not None:
        yield from put(stage, knife, home)


# --- the hand ---------------------------------------------------------------------------------------------------------------
def pick(stage: Stage, thing: str) -> Steps:
    """Get a thing into the hand, through whatever is closed, and close that again."""
    if stage.held() == thing:
        return
    yield from _free_hand(stage)
    opened = yield from _opened(stage, thing)
    yield PlanStep(Verb.NAVIGATE, thing)
    yield PlanStep(Verb.PICK, thing)
    yield from _closed(stage, opened)


def put(stage: Stage, thing: str, place: str) -> Steps:
    """Bring a thing to a place, and close again what had to be opened."""
    yield from pick(stage, thing)
    opened = yield from _opened(stage, place)
    if stage.behind_door(thing, place) and not stage.state(place, "open"):
        yield from _switched(stage, place, False)
        yield PlanStep(Verb.NAVIGATE, place)
        yield PlanStep(Verb.OPEN, place)
        opened.append(place)
    else:
        yield PlanStep(Verb.NAVIGATE, place)
    yield PlanStep(Verb.PLACE, place)
    yield from _closed(stage, opened)


def _free_hand(stage: Stage) -> Steps:
    """Put down what is held, on any open top that takes it."""
    held = stage.held()
    if held is None:
        return
    for place in stage.ids():
        open_top = "receptacle" in stage.affords(place) and "pick" not in stage.affords(place)
        wet = stage.kind(place) in CLEANS_IN or stage.kind(place) in (
            "Floor",
            "GarbageCan",
            "StoveBurner",
            "sink",
            "stove",
        )
        if open_top and not wet and not stage.behind_door(held, place) and stage.room_for(held, place):
            yield PlanStep(Verb.NAVIGATE, place)
            yield PlanStep(Verb.PLACE, place)
            return


def _opened(stage: Stage, target: str) -> Generator[PlanStep, None, list[str]]:
    """Open all that shuts a thing away, outermost first; returns what was opened."""
    opened: list[str] = []
    while (shut := stage.shut_in(target)) is not None:
        outer = shut
        while (further := stage.shut_in(outer)) is not None:
            outer = further
        yield from _switched(stage, outer, False)
        yield PlanStep(Verb.NAVIGATE, outer)
        yield PlanStep(Verb.OPEN, outer)
        if stage.shut_in(target) == shut and outer == shut:
            return opened  # it did not open
        opened.append(outer)
    return opened


def _closed(stage: Stage, opened: list[str]) -> Steps:
    for place in reversed(opened):
        if stage.state(place, "open"):
            yield PlanStep(Verb.NAVIGATE, place)
            yield PlanStep(Verb.CLOSE, place)
