"""`loci tasks lint`: what is wrong with a task file, or with one goal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ConfigError, InputError
from ..sim.goal_lint import Facts, faults
from ..sim.goals import from_json
from ..sim.house_name import house_named
from ..sim.household import Household
from ..sim.ithor_world import IthorWorld
from ..sim.task import read_line
from ..sim.task_house import HouseStage
from ..sim.task_ithor import IthorStage
from ..sim.task_lint import task_faults
from ..sim.task_worlds import WorldLibrary
from .tasks import TasksLint

_MOST_SHOWN = 6  # faults of one task that are told
_KEYS = frozenset({"format", "suite", "world", "instructions"})  # a line with one of them is meant as a task


def lint(command: TasksLint, worlds: WorldLibrary) -> int:
    """0 if nothing is wrong, else 2 and a line for each fault."""
    told: list[str] = []
    checked = 1
    goal = _one_goal(command.file)
    if goal is not None:
        told = _goal_faults(goal, command, worlds)
    elif command.world is not None:
        raise ConfigError("--world is for a file with one goal; tasks name their own worlds")
    else:
        checked = 0
        for where, found in _task_faults(command.file, worlds):
            checked += 1
            told += [f"{where}: {f}" for f in found[:_MOST_SHOWN]]
            if len(found) > _MOST_SHOWN:
                told.append(f"{where}: and {len(found) - _MOST_SHOWN} more")
    if command.json:
        print(json.dumps({"ok": not told, "file": str(command.file), "checked": checked, "faults": told}))
    elif not told:
        print(f"{command.file}: sound: {checked} {'goal' if goal is not None else 'tasks'}")
    else:
        print("\n".join(f"{command.file}, {f}" if goal is None else f"{command.file}: {f}" for f in told))
    return 2 if told else 0


def _one_goal(path: Path) -> dict[str, Any] | None:
    """The goal of a file that holds one JSON object that is no task; None for a task file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    except ValueError:
        return None  # several lines, or no JSON at all: the task reader says which
    return data if isinstance(data, dict) and not {"format", "instructions"} & set(data) else None


def _goal_faults(data: dict[str, Any], command: TasksLint, worlds: WorldLibrary) -> list[str]:
    try:
        goal = from_json(data)
    except InputError as error:
        return [str(error)]
    return faults(goal, None if command.world is None else _facts(command.world, worlds))


def _facts(name: str, worlds: WorldLibrary) -> Facts:
    """What a named world has."""
    if name.startswith("FloorPlan"):
        return IthorStage(IthorWorld(worlds.scenes[name]), 0.0).facts()
    named = house_named(name)
    if named is None:
        raise ConfigError(f"--world {name} is not one of: FloorPlanN, house:SEED, a house file (.json)")
    life = Household(named[0])
    return HouseStage(life.house, life.items, life.start.copy(), 0.0).facts()


def _task_faults(path: Path, worlds: WorldLibrary) -> Iterator[tuple[str, list[str]]]:
    """(line and id, faults) of every line; a line that cannot be read is a fault, and the others are checked all the same."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}; expected tasks, one JSON object a line") from error
    said = [text for text in lines if text.strip()]
    if not said:
        yield "line 1", ["there is no task in the file"]
    elif (other := _no_task_file(said)) is not None:
        yield "line 1", [other]
        return
    seen: dict[str, int] = {}
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            task = read_line(text)
        except InputError as error:
            yield f"line {number}", [str(error)]
            continue
        found = task_faults(task, worlds)
        if task.id in seen:
            found = [f"the id is that of line {seen[task.id]} already", *found]
        seen.setdefault(task.id, number)
        yield f"line {number}, {task.id}", found


def _meant_as_task(text: str) -> bool:
    """Is it a JSON object that a task's keys are in, or the torn or mistyped beginning of one?"""
    try:
        data = json.loads(text)
    except ValueError:
        return text.lstrip().startswith('{"format"')
    return isinstance(data, dict) and not _KEYS.isdisjoint(data)


def _no_task_file(said: list[str]) -> str | None:
    """One sentence on a file that holds something else: what it looks like, and what would be right; None for a task file."""
    right = 'a task file is JSON Lines, one object a line: {"format": "loci-task-1", …} (docs/tasks.md)'
    try:
        data = json.loads("\n".join(said))
    except ValueError:
        if any(map(_meant_as_task, said)):
            return None
        start = said[0].strip()
        return f"this is no task file: it begins with {start[:40]!r}{'…' if len(start) > 40 else ''}; {right}"
    if isinstance(data, dict):
        return (
            f"this is no task file: it is one JSON object written over {len(said)} lines; {right}" if said[1:] else None
        )
    kind = f"list of {len(data)}" if isinstance(data, list) else "text" if isinstance(data, str) else "value"
    return f"this is no task file: it is one JSON {kind}; {right}"
