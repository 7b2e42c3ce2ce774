"""The demo's three tasks in twenty people's words and ten random starts, judged by ground truth alone.

A run is one set of three sentences in one start: the tasks follow each other in one session on one memory, like in the
demo. The sentences (`paraphrases.json`) were written before the parser existed.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import resources
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..errors import LociError
from .bench import Row, row

SEEDS = 10
TASKS = ("fetch from the drawer", "into the fridge", "put it back")


def run(seed: int, quick: bool) -> list[Row]:
    """The figures. A started bench that was interrupted goes on where it stopped (see ``_cache``)."""
    triples = json.loads(resources.files(__package__).joinpath("paraphrases.json").read_text("utf-8"))["triples"]
    jobs = [(i, seed + i % SEEDS) for i in range(len(triples))]
    if quick:
        jobs = [(0, seed), (9, seed + 1)]
    results: list[dict[str, Any]] = []
    for n, result in enumerate(_results(jobs, triples), 1):
        results.append(result)
        done = sum(result["done"])
        print(f"[{n}/{len(jobs)}] sentences {result['triple']} start {result['seed']}: {done} of 3", file=sys.stderr)
    return _figures(results)


def _figures(results: list[dict[str, Any]]) -> list[Row]:
    n = len(results)
    rows = [row("tasks done", sum(sum(r["done"]) for r in results) / (3 * n), "share", 3 * n, "ground truth")]
    for k, name in enumerate(TASKS):
        rows.append(row(f"done: {name}", sum(r["done"][k] for r in results) / n, "share", n, "ground truth"))
    claimed = sum(r["claimed"][k] and not r["done"][k] for r in results for k in range(3))
    rows.append(row("said done and was not", claimed / (3 * n), "share", 3 * n, "ground truth"))
    rows.append(row("not understood", sum(r["misunderstood"] for r in results) / (3 * n), "share", 3 * n))
    rows.append(row("steps per task", sum(sum(r["steps"]) for r in results) / (3 * n), "actions", 3 * n))
    rows.append(row("wall time per run", sum(r["wall"] for r in results) / n, "s", n))
    return rows


def _results(jobs: list[tuple[int, int]], triples: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    cache = _cache()
    known = {(r["triple"], r["seed"]): r for r in map(json.loads, cache.read_text("utf-8").splitlines())}
    yield from (known[job] for job in jobs if job in known)
    todo = [(i, s, triples[i]) for i, s in jobs if (i, s) not in known]
    if not todo:
        return
    with (
        ProcessPoolExecutor(min(os.cpu_count() or 1, 2), mp_context=get_context("spawn")) as pool,
        cache.open("a", encoding="utf-8") as file,
    ):
        for result in pool.map(_one, todo):
            print(json.dumps(result), file=file, flush=True)
            yield result


def _cache() -> Path:
    """Finished runs of exactly this code, so that an interrupted bench resumes and a changed one starts again."""
    import hashlib

    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(p for p in root.glob("*/*.py") if p.parent.name != "tests"):
        digest.update(path.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"loci-bench-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    cache = folder / f"tidy-{digest.hexdigest()[:12]}.jsonl"
    cache.touch()
    return cache


def _one(job: tuple[int, int, dict[str, str]]) -> dict[str, Any]:
    """One run in a process of its own."""
    from .session import open_session

    triple, seed, sentences = job
    started = time.perf_counter()
    done, claimed, steps, misunderstood, why = [], [], [], 0, []
    with open_session("kitchen", ":memory:", seed, []) as session:
        truth = session.truth
        mug, apple = truth.drawer_mug, truth.named("apple")[0]
        was_out = False
        goals: dict[str, Callable[[], bool]] = {
            "t1": lambda: truth.on(mug, "table"),
            "t2": lambda: truth.inside(apple, "fridge") and truth.holds("closed", "fridge"),
            "t3": lambda: was_out and truth.inside(mug, "drawer"),  # what never left the drawer was not put back
        }
        session.loop.survey()
        for key, goal in goals.items():
            was_out = not truth.inside(mug, "drawer")
            try:
                report = session.loop.run(sentences[key])
                claimed.append(report.status == "done")
                steps.append(report.steps)
                why.append(report.reason)
            except LociError as error:
                misunderstood += 1
                claimed.append(False)
                steps.append(0)
                why.append(str(error))
            done.append(goal())
    return {
        "triple": triple,
        "seed": seed,
        "done": done,
        "claimed": claimed,
        "steps": steps,
        "misunderstood": misunderstood,
        "why": why,
        "wall": round(time.perf_counter() - started, 2),
    }
