"""Do the worlds behave? Expert plans of ALFRED must reach their goals in our iTHOR scenes; plans made wrong must not."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import ConfigError, InputError
from ..sim.alfred import AlfredTask, load_eb_tasks, load_trajectories, start_world
from ..sim.alfred_expert import PlanResult, expert_steps, run_plan
from ..sim.goals import check
from ..sim.ithor_library import SceneLibrary
from ..sim.mutations import FITTING, MUTATIONS, mutate, needed
from . import bench_gym, bench_ithor
from .bench import Row, row

TASK_LIST = "alfred/eb_alfred_dev.json"
FILES = {"dev": "alfred/eb_alfred_dev_trajectories.json.gz", "train": "alfred/train_sample_trajectories.json.gz"}

_TOLD = 200  # plans after which it is told how far they are


def run(
    seed: int, quick: bool, tasks: Path | None = None, trajectories: Path | None = None, scenes: Path | None = None
) -> list[Row]:
    """Expert and mutated-expert rates, actions per second, determinism hash.

    ``trajectories``: another file of ALFRED trajectories instead of the two of the data folder; ``tasks``: another EB-ALFRED
    list, whose keys the trajectories (the dev ones, if none are given) have to hold; ``scenes``: another folder of metadata.
    """
    data = Path() if trajectories is not None and scenes is not None else data_folder()
    library = SceneLibrary(scenes if scenes is not None else data / "ithor")
    if not library.names():
        raise ConfigError(f"{library.folder} holds no scenes: files FloorPlanN.json or FloorPlanN.json.gz")
    files = {name: data / file for name, file in FILES.items()} if trajectories is None else {"given": trajectories}
    tasks = data / TASK_LIST if tasks is None and trajectories is None else tasks
    listed = Counter(key for _, _, key in load_eb_tasks(tasks)) if tasks is not None else Counter()
    say = _teller()
    rows: list[Row] = []
    for number, (name, file) in enumerate(files.items()):
        loaded = load_trajectories(file)
        missing = [key for key in listed if key not in loaded] if number == 0 else []
        if missing:
            raise InputError(
                f"{tasks} lists {len(missing)} trajectories that {file} does not hold, such as {missing[0]!r}"
            )
        some = list(loaded.values())
        some = some[:: max(1, len(some) // 20)] if quick else some
        rows += _rates(name, some, library, np.random.default_rng(seed), listed if number == 0 else Counter(), say)
        if number == 0:
            rows += bench_ithor.run(some, library, quick, say)
    rows += bench_gym.run(seed, quick, library.folder, say)
    say("done")
    return rows


def _teller() -> Callable[[str], None]:
    """Tells on standard error what is being done, and since when."""
    begun = time.perf_counter()
    return lambda text: print(f"{time.perf_counter() - begun:6.1f} s  {text}", file=sys.stderr, flush=True)


def data_folder() -> Path:
    """The folder of real data; ``ConfigError`` that says how to name it."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("LOCI_DATA", default))
    if not (folder / "ithor").is_dir():
        raise ConfigError(
            f"no iTHOR metadata in {folder / 'ithor'}: set LOCI_DATA to the folder that holds ithor/ and alfred/"
        )
    return folder


def _rates(
    name: str,
    tasks: list[AlfredTask],
    scenes: SceneLibrary,
    rng: np.random.Generator,
    listed: Counter[str],
    say: Callable[[str], None],
) -> list[Row]:
    """Rates over trajectories; with ``listed`` (trajectory → tasks of the list that use it) over those tasks, too."""
    results: list[tuple[AlfredTask, PlanResult]] = []
    actions, acting, resetting = 0, 0.0, 0.0
    digest = hashlib.sha256()
    for number, task in enumerate(tasks):
        if number % _TOLD == 0:
            say(f"{name}: expert plans, {number} of {len(tasks)}")
        begun = time.perf_counter()
        world = start_world(task, scenes)
        ready = time.perf_counter()
        result = run_plan(world, task.goal, expert_steps(task, world))
        acting += time.perf_counter() - ready
        resetting += ready - begun
        actions += len(result.steps)
        results.append((task, result))
        digest.update(json.dumps([[str(s), o.status.value] for s, o in result.steps]).encode())
    reached = [r for r in results if r[1].reached]
    for task, result in results:
        if not result.reached:
            why = result.failure.detail if result.failure else "the plan ran through and the goal does not hold"
            print(f"exception, {name}: {task.key}: {why}", file=sys.stderr)
    idle = sum(check(t.goal, start_world(t, scenes)) for t in tasks)
    weights = [listed[t.key] for t in tasks]
    rows = [
        row("tasks of the list: expert plan reaches the goal", share, "share", total, name)
        for total in [sum(weights)]
        if total
        for share in [sum(w for w, (_, r) in zip(weights, results, strict=True) if r.reached) / total]
    ]
    rows += [
        row("goal holds before the first step", idle / len(tasks), "share", len(tasks), name),
        row("expert plans reach the goal", len(reached) / len(results), "share", len(results), name),
        row("actions per second", actions / acting, "1/s", actions, name),
        row("reset", 1000 * resetting / len(results), "ms", len(results), name),
        row("determinism hash", digest.hexdigest()[:16], "sha256", actions, name),
    ]
    return rows + _mutated(name, reached, scenes, rng, say)


def _mutated(
    name: str,
    reached: list[tuple[AlfredTask, PlanResult]],
    scenes: SceneLibrary,
    rng: np.random.Generator,
    say: Callable[[str], None],
) -> list[Row]:
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    fitting: Counter[str] = Counter()
    for number, (task, result) in enumerate(reached):
        if number % _TOLD == 0:
            say(f"{name}: plans made wrong, {number} of {len(reached)}")
        steps = needed(task.goal, [s for s, _ in result.steps], start_world(task, scenes))
        for kind in MUTATIONS:
            world = start_world(task, scenes)
            plan = mutate(kind, steps, task.goal, world, rng)
            if plan is None:
                continue
            tried[kind] += 1
            outcome = run_plan(world, task.goal, plan)
            failed[kind] += not outcome.reached
            reason = outcome.failure
            fitting[kind] += not outcome.reached and (
                reason is None or reason.status in FITTING[kind] or not FITTING[kind]
            )
    rows = [
        row(f"mutated plan fails: {k}", failed[k] / tried[k], "share", tried[k], name) for k in MUTATIONS if tried[k]
    ]
    total = sum(tried.values())
    if not total:
        return rows
    rows.append(row("mutated plans fail", sum(failed.values()) / total, "share", total, name))
    rows.append(row("… with a fitting reason", sum(fitting.values()) / total, "share", total, name))
    return rows
