"""`loci tasks new | lint | show`: household tasks drawn from seeds, checked, and shown (docs/tasks.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from ..errors import ConfigError, InputError

if TYPE_CHECKING:
    from ..sim.goal_lint import Facts
    from ..sim.task import Task
    from ..sim.task_worlds import WorldLibrary

File = tyro.conf.Positional[Path]
_MOST_SHOWN = 6  # faults of one task that are told
_KEYS = frozenset({"format", "suite", "world", "instructions"})  # a line with one of them is meant as a task


@dataclass(frozen=True)
class TasksNew:
    """Draw tasks from consecutive seeds and write them, one JSON object a line."""

    file: File
    """The file to write."""
    suite: Literal["composite", "complex", "moved", "repeat", "single"] = "composite"
    """composite: three to five sub-goals. complex: later instructions refer back. moved: people moved things since the
    robot looked. repeat: the same chores over days. single: one thing to one place, or one door."""
    world: Literal["ithor", "house"] = "house"
    """iTHOR scenes (needs --scenes), or houses drawn from seeds."""
    seed: int = 0
    """Seed of the first task."""
    count: int = 10
    """How many."""
    scenes: Path | None = None
    """Folder of AI2-THOR metadata files; default: ithor/ in the folder that LOCI_DATA names."""


@dataclass(frozen=True)
class TasksLint:
    """Check a task file (.jsonl), or a file with one goal. Exit status 2 with one line for each fault."""

    file: File
    """The file."""
    world: str | None = None
    """Check a goal against FloorPlanN, house:SEED or a house file; tasks name their own worlds."""
    scenes: Path | None = None
    """Folder of AI2-THOR metadata files; default: ithor/ in the folder that LOCI_DATA names."""
    json: bool = False
    """One JSON object instead of text."""


@dataclass(frozen=True)
class TasksShow:
    """Show the tasks of a file: what is said when, what has to hold then, and what people do meanwhile."""

    file: File
    """The task file."""
    id: str | None = None
    """Only this one."""
    plan: bool = False
    """With the expert's plan for each instruction."""
    scenes: Path | None = None
    """Folder of AI2-THOR metadata files; default: ithor/ in the folder that LOCI_DATA names."""


@dataclass(frozen=True)
class Tasks:
    """Household tasks with goals that can be checked: new, lint, show."""

    do: (
        Annotated[TasksNew, tyro.conf.subcommand("new")]
        | Annotated[TasksLint, tyro.conf.subcommand("lint")]
        | Annotated[TasksShow, tyro.conf.subcommand("show")]
    )


def main(command: Tasks) -> int:
    """The `loci tasks` command."""
    do = command.do
    if isinstance(do, TasksNew):
        return new(do)
    return lint(do) if isinstance(do, TasksLint) else show(do)


def library(scenes: Path | None) -> WorldLibrary:
    """The worlds: scenes of the given folder, or of the data folder if there is one."""
    from ..sim.task_worlds import WorldLibrary

    if scenes is None:
        from .bench_world import data_folder

        try:
            scenes = data_folder() / "ithor"
        except ConfigError:
            return WorldLibrary()  # houses need no data
    elif not scenes.is_dir():
        raise ConfigError(f"--scenes {scenes} is no folder")
    return WorldLibrary(scenes)


# --- new ------------------------------------------------------------------------------------------------------------------
def new(command: TasksNew) -> int:
    """Draw, write, say what came of it. 0."""
    from ..sim.suite import draw_many
    from ..sim.task import line

    if command.count < 1:
        raise ConfigError(f"--count {command.count} is not usable; at least 1")
    tasks = list(draw_many(command.suite, command.world, command.seed, command.count, library(command.scenes)))
    try:
        command.file.write_text("".join(f"{line(t)}\n" for t in tasks), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{command.file} cannot be written: {error}") from error
    said, first = sum(len(t.instructions) for t in tasks), tasks[0].instructions[0].text
    print(f"{command.file}: {len(tasks)} {command.suite} tasks with {said} instructions, the first: {first}")
    return 0


# --- lint -----------------------------------------------------------------------------------------------------------------
def lint(command: TasksLint) -> int:
    """0 if nothing is wrong, else 2 and a line for each fault."""
    faults, checked = [], 0
    goal = _one_goal(command.file)
    if goal is not None:
        faults, checked = _goal_faults(goal, command), 1
    else:
        if command.world is not None:
            raise ConfigError("--world is for a file with one goal; tasks name their own worlds")
        for where, found in _task_faults(command.file, library(command.scenes)):
            checked += 1
            faults += [f"{where}: {f}" for f in found[:_MOST_SHOWN]]
            if len(found) > _MOST_SHOWN:
                faults.append(f"{where}: and {len(found) - _MOST_SHOWN} more")
    if command.json:
        print(json.dumps({"ok": not faults, "file": str(command.file), "checked": checked, "faults": faults}))
    elif not faults:
        print(f"{command.file}: sound: {checked} {'goal' if goal is not None else 'tasks'}")
    else:
        print("\n".join(f"{command.file}, {f}" if goal is None else f"{command.file}: {f}" for f in faults))
    return 2 if faults else 0


def _one_goal(path: Path) -> dict[str, Any] | None:
    """The goal of a file that holds one JSON object that is no task; None for a task file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    except ValueError:
        return None  # several lines, or no JSON at all: the task reader says which
    return data if isinstance(data, dict) and not {"format", "instructions"} & set(data) else None


def _goal_faults(data: dict[str, Any], command: TasksLint) -> list[str]:
    from ..sim.goal_lint import faults
    from ..sim.goals import from_json

    try:
        goal = from_json(data)
    except InputError as error:
        return [str(error)]
    return faults(goal, None if command.world is None else _facts(command.world, command.scenes))


def _facts(name: str, scenes: Path | None) -> Facts:
    """What a named world has."""
    from ..sim.house_file import load_house
    from ..sim.house_plan import generate
    from ..sim.household import Household
    from ..sim.ithor_world import IthorWorld
    from ..sim.task_house import HouseStage
    from ..sim.task_ithor import IthorStage

    if name.startswith("FloorPlan"):
        return IthorStage(IthorWorld(library(scenes).scenes[name]), 0.0).facts()
    if name.startswith("house:"):
        if not name[6:].isdecimal():
            raise ConfigError(f"--world {name}: the seed of a house is a whole number, as in house:3")
        life = Household(generate(int(name[6:])))
    elif name.endswith(".json"):
        life = Household(load_house(name))
    else:
        raise ConfigError(f"--world {name} is not one of: FloorPlanN, house:SEED, a house file (.json)")
    return HouseStage(life.house, life.items, life.start.copy(), 0.0).facts()


def _task_faults(path: Path, worlds: WorldLibrary) -> Iterator[tuple[str, list[str]]]:
    """(line and id, faults) of every line; a line that cannot be read is a fault, and the others are checked all the same."""
    from ..sim.task import read_line
    from ..sim.task_lint import task_faults

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


# --- show -----------------------------------------------------------------------------------------------------------------
def show(command: TasksShow) -> int:
    """Print the tasks for people. 0."""
    from ..sim.task import load_tasks

    tasks = [t for t in load_tasks(command.file) if command.id in (None, t.id)]
    if not tasks:
        raise InputError(f"{command.file}: there is no task {command.id or 'in it'}")
    worlds = library(command.scenes) if command.plan else None
    print("\n\n".join(_told(task, worlds) for task in tasks))
    return 0


def _told(task: Task, worlds: WorldLibrary | None) -> str:
    from ..sim.goals import to_json
    from ..sim.task_oracle import solve

    plans = solve(worlds.trial(task)) if worlds is not None else []
    told: list[tuple[float, str]] = [(task.world.time, f"{task.id} ({task.suite}) in {task.world}")]
    for deed in task.people:
        place = f" → {deed.place}" if deed.place else ""
        told.append((deed.time, f"    {deed.actor}: {deed.verb.replace('_', ' ')} {deed.thing}{place}"))
    for number, said in enumerate(task.instructions):
        told.append((said.time, f"  “{said.text}”"))
        told.append((said.time, f"    goal: {json.dumps(to_json(said.goal), ensure_ascii=False)}"))
        told += [(said.time, f"    {phrase}: {id}") for phrase, id in said.refers.items()]
        told += [(said.time, f"    {k}. {step}") for k, step in enumerate(plans[number] if plans else (), 1)]
    return "\n".join(f"{_clock(time)}  {text}" for time, text in sorted(told, key=lambda t: t[0]))


def _clock(time: float) -> str:
    day, rest = divmod(int(time), 86400)
    return f"day {day} {rest // 3600:02d}:{rest % 3600 // 60:02d}"
