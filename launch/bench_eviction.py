"""Who should leave short-term memory? Hit rates of the replacement policies on what robots use in ALFRED's scenes.

The study that KARMA (arXiv 2409.14908) describes, keyed by object instance. Traces: ``traces``; findings: docs/short-term.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush
from pathlib import Path

import numpy as np

from ..memory.replacement import FIFO, LFU, LRU, ReplacementPolicy, TaskAware
from ..memory.tinylfu import WTinyLFU
from ..sim.alfred import load_trajectories
from ..sim.ithor_library import SceneLibrary
from .bench import Row, row
from .bench_world import FILES, data_folder
from .chart import Series, line_charts
from .traces import Use, scene_traces


class Aimless(TaskAware):
    """Task-aware without being told of a task, which leaves LRFU: what is the telling worth?"""

    def focus(self, keys: AbstractSet[str]) -> None:
        """Ignored."""


SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Capacities, as shares of a scene's distinct objects."""
POLICIES: Mapping[str, Callable[[], ReplacementPolicy]] = {
    "FIFO": FIFO,
    "LRU": LRU,
    "LFU": LFU,
    "W-TinyLFU": WTinyLFU,
    "W-TinyLFU, window 20 %": lambda: WTinyLFU(window=0.2),
    "task-aware, told nothing": Aimless,
    "task-aware": TaskAware,
}
OPTIMUM = "clairvoyant optimum"
QUESTIONS = {"all": "all uses", "asked": "uses that an action needs", "first": "those new to the task"}
QUICK_SCENES = 8


def run(seed: int, quick: bool) -> list[Row]:
    """Hit rates over all uses, over those alone that an action needed, and over a task's first needs of each object.

    What is counted differs; what takes places is the same: all that is needed or seen.
    """
    data = data_folder()
    tasks = list(load_trajectories(data / FILES["train"]).values())
    if quick:
        chosen = sorted({t.scene for t in tasks}, key=lambda s: (len(s), s))
        tasks = [t for t in tasks if t.scene in chosen[:: len(chosen) // QUICK_SCENES]]
    traces = list(scene_traces(tasks, SceneLibrary(data / "ithor"), np.random.default_rng(seed)).values())
    rows = _described(traces)
    n = {mode: sum(_counted(u, mode) for t in traces for u in t) for mode in QUESTIONS}
    hits = {
        (name, share): [_hits(name, t, room(t, share)) for t in traces]
        for name in (*POLICIES, OPTIMUM)
        for share in SHARES
    }
    rows += [
        row(_metric(mode, name), sum(h[mode] for h in found) / n[mode], "share", n[mode], f"{share:.0%} of the objects")
        for mode in QUESTIONS
        for (name, share), found in hits.items()
    ]
    return rows


def _metric(mode: str, name: str) -> str:
    return f"hit rate, {QUESTIONS[mode]}, {name}"


def room(trace: Sequence[Use], share: float) -> int:
    """Places for that share of the trace's distinct objects, one at least."""
    return max(1, round(share * len({u.key for u in trace})))


def _described(traces: Sequence[Sequence[Use]]) -> list[Row]:
    uses = sum(len(t) for t in traces)
    first = sum(len({u.key for u in t}) for t in traces)
    return [
        row("scenes", len(traces), "scenes", len(traces)),
        row("distinct objects per scene", first / len(traces), "objects", len(traces)),
        row("uses", uses, "uses", uses),
        row("uses that an action needed", sum(u.asked for t in traces for u in t) / uses, "share", uses),
        row("… for the first time in its task", sum(u.first for t in traces for u in t) / uses, "share", uses),
        row("first uses of all, which nobody can hit", first / uses, "share", uses),
    ]


def _counted(use: Use, mode: str) -> bool:
    return {"all": True, "asked": use.asked, "first": use.first}[mode]


def _hits(name: str, trace: Sequence[Use], capacity: int) -> dict[str, int]:
    """Hits of one policy on one scene, by the question that is asked."""
    if name == OPTIMUM:  # the best there is for the one question is not the best for the other
        names = [u.key for u in trace]
        return {mode: optimum(names, [_counted(u, mode) for u in trace], capacity) for mode in QUESTIONS}
    policy = POLICIES[name]()
    policy.start(capacity)
    hits = dict.fromkeys(QUESTIONS, 0)
    focus: frozenset[str] | None = None
    for use in trace:
        if use.focus is not focus:
            focus = use.focus
            policy.focus(focus)
        if policy.use(use.key):
            for mode in QUESTIONS:
                hits[mode] += _counted(use, mode)
    return hits


def optimum(keys: Sequence[str], counted: Sequence[bool], capacity: int) -> int:
    """Most hits that are possible on the counted uses by knowing the future, where a newcomer need not be taken in.

    To hit a use means to have kept its key since its last use, in one of ``capacity`` places. Keep every such interval that
    ends in a counted use; where they are too many, give up the one that ends last (Belady, IBM Systems Journal 5(2), 1966,
    with bypass; as the choice of most intervals for k machines: Faigle and Nawijn, Discrete Applied Mathematics 58, 1995).
    """
    ends = [0] * len(keys)  # next use of the same key, if it counts
    following: dict[str, int] = {}
    for i in range(len(keys) - 1, -1, -1):
        after = following.get(keys[i], 0)
        ends[i] = after if after and counted[after] else 0
        following[keys[i]] = i
    kept: set[int] = set()  # intervals under way, by their ends
    latest: list[int] = []
    hits = 0
    for i, end in enumerate(ends):
        if i in kept:
            kept.remove(i)
            hits += 1
        if not end:
            continue
        kept.add(end)
        heappush(latest, -end)
        if len(kept) > capacity:
            kept.remove(-heappop(latest))  # the last end is always still under way
    return hits


def plot(rows: Sequence[Row], path: Path) -> None:
    """The figures as a picture (PNG): a panel for each question."""
    panels: dict[str, list[Series]] = {}
    for mode, words in QUESTIONS.items():
        lines = []
        for name in (*POLICIES, OPTIMUM):
            values = [float(r["value"]) for r in rows if r["metric"] == _metric(mode, name)]
            lines.append(Series(name, [100 * s for s in SHARES], [100 * v for v in values]))
        panels[f"Hit rate, %: {words}"] = lines
    line_charts(path, panels, "capacity, % of the scene's objects")
