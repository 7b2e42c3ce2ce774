"""The demo's three tasks in twenty people's words and ten random starts, judged by ground truth alone.

A run is one set of three sentences in one start: the tasks follow each other in one session on one memory, like in the
demo. The sentences (`paraphrases.json`) were written before the parser existed.

All 200 pairs of sentences and start are counted. Sentences that mean the same goals to the parser lead to the same run in
the same start, so each meaning is run once a start, in the words of another of its authors each time; a second member of
the largest group is run beside it, and the share of equal action sequences is printed, so that the claim can be seen.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import resources
from multiprocessing import get_context
from typing import Any

from ..errors import InstructionError, LociError
from ..planner.instruction import parse
from .bench import Row, row
from .bench_cache import cache_file

SEEDS = 10
CHECKED = 3
"""Starts in which a second wording of the same goals is run, to see that it is the same run."""
TASKS = ("fetch from the drawer", "into the fridge", "put it back")

Job = tuple[int, int]
"""Number of the set of sentences, seed of the start."""


def run(seed: int, quick: bool) -> list[Row]:
    """The figures. A started bench that was interrupted goes on where it stopped (see ``bench_cache``)."""
    triples = json.loads(resources.files(__package__).joinpath("paraphrases.json").read_text("utf-8"))["triples"]
    counted, twins = _jobs(triples, range(seed, seed + SEEDS))
    if quick:
        counted, twins = {(0, seed): 1, (9, seed + 1): 1}, []
    jobs = [*counted, *(job for _, job in twins)]
    results: dict[Job, dict[str, Any]] = {}
    for n, result in enumerate(_results(jobs, triples), 1):
        results[result["triple"], result["seed"]] = result
        done = sum(result["done"])
        print(f"[{n}/{len(jobs)}] sentences {result['triple']} start {result['seed']}: {done} of 3", file=sys.stderr)
    rows = _figures([results[job] for job, times in counted.items() for _ in range(times)])
    rows.append(row("runs behind them", len(counted), "runs", len(counted)))
    if twins:
        same = sum(results[a]["actions"] == results[b]["actions"] for a, b in twins)
        rows.append(row("same goals in other words, same actions", same / len(twins), "share", len(twins)))
    rows.append(row("wall time per run", sum(r["wall"] for r in results.values()) / len(results), "s", len(results)))
    return rows


def _jobs(triples: Sequence[dict[str, str]], starts: Sequence[int]) -> tuple[dict[Job, int], list[tuple[Job, Job]]]:
    """Runs, each with the number of (sentences, start) pairs that it stands for; and pairs of runs that should be equal."""
    groups: dict[str, list[int]] = {}
    for i, triple in enumerate(triples):
        groups.setdefault(_meaning(triple), []).append(i)
    counted: dict[Job, int] = {}
    twins: list[tuple[Job, Job]] = []
    largest = max(groups.values(), key=len)
    for n, start in enumerate(starts):
        for members in groups.values():
            job = (members[n % len(members)], start)
            counted[job] = len(members)
            if members is largest and n < CHECKED:
                twins.append((job, (members[(n + 1) % len(members)], start)))
    return counted, twins


def _meaning(triple: dict[str, str]) -> str:
    """What the parser makes of the three sentences, the numbering of the things aside; an error is its own meaning."""
    meanings = []
    for key in ("t1", "t2", "t3"):
        try:
            goals = str(parse(triple[key]).goals)
        except InstructionError as error:
            goals = str(error)
        numbers: dict[str, str] = {}
        meanings.append(re.sub(r"key=\d+", lambda m, n=numbers: n.setdefault(m[0], f"key {len(n)}"), goals))  # type: ignore[misc]
    return "\n".join(meanings)


def _figures(results: list[dict[str, Any]]) -> list[Row]:
    n = len(results)
    rows = [row("tasks done", sum(sum(r["done"]) for r in results) / (3 * n), "share", 3 * n, "ground truth")]
    for k, name in enumerate(TASKS):
        rows.append(row(f"done: {name}", sum(r["done"][k] for r in results) / n, "share", n, "ground truth"))
    claimed = sum(r["claimed"][k] and not r["done"][k] for r in results for k in range(3))
    rows.append(row("said done and was not", claimed / (3 * n), "share", 3 * n, "ground truth"))
    rows.append(row("not understood", sum(r["misunderstood"] for r in results) / (3 * n), "share", 3 * n))
    rows.append(row("steps per task", sum(sum(r["steps"]) for r in results) / (3 * n), "actions", 3 * n))
    return rows


def _results(jobs: list[Job], triples: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    cache = cache_file("tidy")
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


def _one(job: tuple[int, int, dict[str, str]]) -> dict[str, Any]:
    """One run in a process of its own."""
    from .session import open_session

    triple, seed, sentences = job
    started = time.perf_counter()
    done, claimed, steps, misunderstood, why, actions = [], [], [], 0, [], []
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
                actions.append(
                    [[s.decision.verb.value, s.outcome.status.value, s.outcome.ended] for s in report.history]
                )
            except LociError as error:
                misunderstood += 1
                claimed.append(False)
                steps.append(0)
                why.append(str(error))
                actions.append([])
            done.append(goal())
    return {
        "triple": triple,
        "seed": seed,
        "done": done,
        "claimed": claimed,
        "steps": steps,
        "misunderstood": misunderstood,
        "why": why,
        "actions": actions,
        "wall": round(time.perf_counter() - started, 2),
    }
