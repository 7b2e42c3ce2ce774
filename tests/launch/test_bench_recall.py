"""`loci bench recall`: each tier gains on the one below, and what is needed is told within the budget."""

from __future__ import annotations

import numpy as np
import pytest

from loci.launch import bench_recall
from loci.memory import Memory
from loci.memory.embedding import find_weights


def value(rows, metric: str, mode: str) -> float:
    return next(float(r["value"]) for r in rows if r["metric"] == metric and r["mode"] == mode)


@pytest.mark.skipif(find_weights() is None, reason="the weights of MiniLM are not installed")
def test_meaning_tells_tasks_apart_where_words_do_not() -> None:
    """On sentences written by somebody else: better than by words, and both far better than chance."""
    rows = bench_recall.alike(quick=True)
    chance = value(rows, "alike: by chance", "baseline")
    mid, high = (value(rows, "alike: nearest is the same task", t) for t in ("mid", "high"))
    assert high >= 0.9
    assert high > mid > 1.5 * chance


def test_each_tier_tells_more() -> None:
    """Of a made-up month, within the same budget."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        events = bench_recall.live(memory, np.random.default_rng(1), 6)
        rows = bench_recall.told(memory, events)
    low, mid, high = (value(rows, "told: needed piece is in the recall", t) for t in ("low", "mid", "high"))
    assert low < mid <= high
    assert all(value(rows, "told: tokens", t) <= bench_recall.BUDGET for t in ("low", "mid", "high"))
