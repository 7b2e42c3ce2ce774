"""Our own task suites: how fast tasks are drawn, whether the expert does them all, and whether experts led astray fail."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from ..sim.suite import draw
from ..sim.task import SUITES, Task, to_json
from ..sim.task_body import carried_out
from ..sim.task_lint import task_faults
from ..sim.task_mutants import MUTATIONS, mutants
from ..sim.task_oracle import solve
from ..sim.task_worlds import KINDS, WorldLibrary
from .bench import Row, row
from .bench_world import data_folder

TASKS, FEW = 60, 4
"""Tasks of each suite and kind of world, in the full form and in the quick one."""


def run(seed: int, quick: bool, scenes: Path | None = None) -> list[Row]:
    """Rates for each suite and kind of world. Times are the processor's own."""
    library = WorldLibrary(scenes if scenes is not None else data_folder() / "ithor")
    rows: list[Row] = []
    for suite in SUITES:
        for kind in KINDS:
            print(f"{suite} tasks, {kind}", file=sys.stderr, flush=True)
            rows += _measured(suite, kind, seed, FEW if quick else TASKS, library)
    return rows


def _measured(suite: str, kind: str, seed: int, count: int, library: WorldLibrary) -> list[Row]:
    mode = f"{suite}, {kind}"
    begun = time.process_time()
    tasks = [draw(suite, kind, seed + k, library) for k in range(count)]
    drawing = time.process_time() - begun
    again = [draw(suite, kind, seed + k, library) for k in range(0, count, 4)]
    same = sum(a == b for a, b in zip(tasks[::4], again, strict=True)) / len(again)
    faulty = sum(bool(task_faults(t, library)) for t in tasks)
    return [
        row("tasks drawn per second", count / drawing, "1/s", count, mode),
        row("instructions a task", sum(len(t.instructions) for t in tasks) / count, "", count, mode),
        row("distinct tasks", len({_content(t) for t in tasks}) / count, "share", count, mode),
        row(
            "distinct wordings",
            len({tuple(i.text for i in t.instructions) for t in tasks}) / count,
            "share",
            count,
            mode,
        ),
        row("drawn twice: the same", same, "share", len(again), mode),
        row("tasks without a fault", 1 - faulty / count, "share", count, mode),
        *_tried(tasks, seed, library, mode),
    ]


def _content(task: Task) -> str:
    """A task without its name."""
    data = to_json(task)
    return json.dumps([data["world"], data["instructions"], data["people"]])


def _tried(tasks: list[Task], seed: int, library: WorldLibrary, mode: str) -> list[Row]:
    """The expert, nobody, and the expert led astray."""
    solved = idle = seen = 0
    steps: list[int] = []
    idle_credit = 0.0
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for number, task in enumerate(tasks):
        trial = library.trial(task)
        plans = solve(trial)
        solved += trial.reached
        steps += [len(v.steps) for v in trial.verdicts]
        seen += task.world.kind == "ithor" and carried_out(task, plans, library).reached
        nobody = library.trial(task)
        for _ in nobody:
            pass
        idle += nobody.reached
        idle_credit += nobody.credit
        if trial.reached:
            for mutant in mutants(task, plans, library.trial, np.random.default_rng([seed, number])):
                tried[mutant.name] += 1
                failed[mutant.name] += not mutant.reached
    total = sum(tried.values())
    rows = [
        row("the expert does the task", solved / len(tasks), "share", len(tasks), mode),
        row("… actions an instruction", float(np.mean(steps)), "", len(steps), mode),
        row("doing nothing does the task", idle / len(tasks), "share", len(tasks), mode),
        row("… its partial credit", idle_credit / len(tasks), "share", len(tasks), mode),
    ]
    if tasks[0].world.kind == "ithor":
        rows.append(row("a robot that has to see does the task", seen / len(tasks), "share", len(tasks), mode))
    rows += [
        row(f"expert led astray fails: {k}", failed[k] / tried[k], "share", tried[k], mode)
        for k in MUTATIONS
        if tried[k]
    ]
    if total:
        rows.append(row("expert led astray fails", sum(failed.values()) / total, "share", total, mode))
    return rows
