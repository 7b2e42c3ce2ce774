"""The eviction bench: its traces are what they claim to be, and its plot shows what it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loci.launch.bench_eviction import OPTIMUM, POLICIES, QUESTIONS, SHARES, plot, room, run
from loci.launch.chart import COLORS, ticks
from loci.launch.traces import Use, scene_traces
from loci.sim.alfred import AlfredTask, load_trajectories
from loci.sim.ithor_library import SceneLibrary

SCENE = "FloorPlan11"


@pytest.fixture(scope="module")
def tasks(data_dir: Path) -> list[AlfredTask]:
    """Some tasks of one scene."""
    every = load_trajectories(data_dir / "alfred/train_sample_trajectories.json.gz").values()
    return [t for t in every if t.scene == SCENE][:8]


def traced(tasks: list[AlfredTask], data_dir: Path, seed: int) -> tuple[Use, ...]:
    """The uses of one scene's tasks."""
    return scene_traces(tasks, SceneLibrary(data_dir / "ithor"), np.random.default_rng(seed))[SCENE]


def test_traces_follow_the_seed(tasks: list[AlfredTask], data_dir: Path) -> None:
    """Same seed, same trace; another seed, another order of the same tasks' needs."""
    a, b, c = (traced(tasks, data_dir, seed) for seed in (1, 1, 2))
    assert a == b != c
    assert sorted(u.key for u in a if u.asked) == sorted(u.key for u in c if u.asked)


def test_traces_have_the_actions_needs_and_views(tasks: list[AlfredTask], data_dir: Path) -> None:
    """What an action needs is in focus from then on; things come into view unasked; loose things keep their names."""
    trace = traced(tasks, data_dir, 0)
    assert all(u.key in u.focus for u in trace if u.asked)
    assert all(u.asked for u in trace if u.first)
    asked = {u.key for u in trace if u.asked}
    for task in tasks:
        alone = [u for u in traced([task], data_dir, 0) if u.asked]
        assert [u.key for u in alone if u.first] == list(dict.fromkeys(u.key for u in alone))
    seen = {u.key for u in trace if not u.asked}
    assert seen - asked
    assert not any(key.startswith("Floor|") for key in seen)
    loose = [key for key in seen | asked if "#" in key]
    assert loose
    alone = {u.key for task in tasks for u in traced([task], data_dir, 0)}
    assert {u.key for u in trace} == alone  # one object, one name, whichever task it is in


def test_room() -> None:
    """A share of the distinct objects, one place at least."""
    trace = [Use(f"k{n % 10}", False, False, frozenset()) for n in range(50)]
    assert [room(trace, share) for share in (0.05, 0.1, 0.5)] == [1, 1, 5]


@pytest.mark.slow
def test_quick_bench(data_dir: Path, tmp_path: Path) -> None:
    """More room never hurts the optimum, nobody beats it, and the picture shows a line for each."""
    rows = run(0, True)
    rates = {(r["metric"], r["mode"]): r["value"] for r in rows if r["metric"].startswith("hit rate")}
    assert len(rates) == len(QUESTIONS) * (len(POLICIES) + 1) * len(SHARES)
    for (metric, mode), value in rates.items():
        question = metric.split(", ")[1]
        assert 0 < value <= rates[f"hit rate, {question}, {OPTIMUM}", mode] < 1
    picture = tmp_path / "eviction.png"
    plot(rows, picture)
    from PIL import Image

    with Image.open(picture) as image:
        shown = {"#{:02x}{:02x}{:02x}".format(*c) for _, c in image.convert("RGB").getcolors(1 << 24)}
    assert set(COLORS[: len(POLICIES) + 1]) <= shown


@pytest.mark.parametrize(("low", "high"), [(0, 96), (0, 1), (0, 0.07), (5, 50), (-3, 4), (7, 7)])
def test_ticks_enclose_and_are_few(low: float, high: float) -> None:
    """Evenly spaced round numbers."""
    found = ticks(low, high)
    assert found[0] <= low + 1e-9
    assert found[-1] >= high - 1e-9
    assert 2 <= len(found) <= 12
    assert np.allclose(np.diff(found), found[1] - found[0])
