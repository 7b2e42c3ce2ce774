"""What is wrong with a task, in words: no such world, goals that it cannot meet, deeds about things it does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import InputError
from .goal_lint import Facts, faults
from .goals import check
from .task import Task
from .task_stage import Stage
from .task_worlds import WorldLibrary


def task_faults(task: Task, library: WorldLibrary) -> list[str]:
    """Every fault that is found without doing the task; empty for a sound one. Needs the task's world to be there."""
    try:
        stage = library.open(task.world)
    except InputError as error:
        return [str(error)]
    return [*_people(task, stage), *_instructions(task, stage)]


def _people(task: Task, stage: Stage) -> Iterator[str]:
    ids = set(stage.ids())
    for number, deed in enumerate(task.people, 1):
        what = f"people, deed {number} ({deed.actor} {deed.verb} {deed.thing})"
        unknown = [i for i in (deed.thing, deed.place) if i and i not in ids and not _away(stage, i)]
        if unknown:
            yield f"{what}: there is no {' and no '.join(unknown)}"
            continue
        can = stage.affords(deed.thing) if deed.thing in ids else frozenset(("pick",))
        needed = {"open": "open", "close": "open", "switch_on": "toggle", "switch_off": "toggle"}.get(deed.verb)
        if needed and needed not in can:
            yield f"{what}: it has no door and no lid" if needed == "open" else f"{what}: it has no switch"
        elif deed.verb == "put" and "pick" not in can:
            yield f"{what}: it cannot be picked up"


def _away(stage: Stage, id: str) -> bool:
    """Is it a thing of the world that is outside now?"""
    return id in getattr(stage, "items", {})


def _instructions(task: Task, stage: Stage) -> Iterator[str]:
    facts: Facts = stage.facts()
    for number, instruction in enumerate(task.instructions, 1):
        yield from (f"instruction {number}: {fault}" for fault in faults(instruction.goal, facts))
        for phrase, id in instruction.refers.items():
            if id not in facts.ids:
                yield f"instruction {number}: {phrase!r} means {id}, which there is not"
    first = task.instructions[0]
    for deed in task.people:
        if deed.time <= first.time and deed.thing in facts.ids and (not deed.place or deed.place in facts.ids):
            stage.person(deed)
    if check(first.goal, stage):
        yield "instruction 1: its goal holds already when it is given"
