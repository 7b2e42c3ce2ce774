"""`loci tasks new | lint | show | run`: household tasks drawn from seeds, checked, shown and done (docs/tasks.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from ..errors import ConfigError, InputError

if TYPE_CHECKING:
    from ..sim.task import Task
    from ..sim.task_worlds import WorldLibrary

File = tyro.conf.Positional[Path]


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
class TasksRun:
    """Do the tasks of a file in houses with physics. Exit status 0 if all are done, by the simulator's own account."""

    file: File
    """The task file: houses, with nobody else in them (suites single and composite)."""
    id: str | None = None
    """Only this one."""
    json: bool = False
    """One JSON object for each instruction instead of text."""


@dataclass(frozen=True)
class Tasks:
    """Household tasks with goals that can be checked: new, lint, show, run."""

    do: (
        Annotated[TasksNew, tyro.conf.subcommand("new")]
        | Annotated[TasksLint, tyro.conf.subcommand("lint")]
        | Annotated[TasksShow, tyro.conf.subcommand("show")]
        | Annotated[TasksRun, tyro.conf.subcommand("run")]
    )


def main(command: Tasks) -> int:
    """The `loci tasks` command."""
    do = command.do
    if isinstance(do, TasksNew):
        return new(do)
    if isinstance(do, TasksRun):
        from .tasks_run import run

        return run(chosen(do.file, do.id), do.json)
    if isinstance(do, TasksLint):
        from .tasks_lint import lint

        return lint(do, library(do.scenes))
    return show(do)


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


# --- show -----------------------------------------------------------------------------------------------------------------
def show(command: TasksShow) -> int:
    """Print the tasks for people. 0."""
    tasks = chosen(command.file, command.id)
    worlds = library(command.scenes) if command.plan else None
    print("\n\n".join(_told(task, worlds) for task in tasks))
    return 0


def chosen(file: Path, id: str | None) -> list[Task]:
    """The tasks of a file, or the one of that id; ``InputError`` where there is none."""
    from ..sim.task import load_tasks

    tasks = [t for t in load_tasks(file) if id in (None, t.id)]
    if not tasks:
        raise InputError(f"{file}: there is no task {id or 'in it'}")
    return tasks


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
