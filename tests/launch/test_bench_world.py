"""The benchmark of the worlds: what it says while it works, and that its hash is of what happened."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np

from loci.launch import bench_gym, bench_world
from loci.sim.alfred import load_trajectories
from loci.sim.gym_ithor import IthorEnv
from loci.sim.ithor_library import SceneLibrary


def test_expert_rates_are_told_with_progress(data_dir: Path) -> None:
    """A few trajectories: all reach their goal, none of the spoiled ones does."""
    some = list(load_trajectories(data_dir / bench_world.FILES["dev"]).values())[3::30]
    told: list[str] = []
    rng = np.random.default_rng(0)
    rows = bench_world._rates("dev", some, SceneLibrary(data_dir / "ithor"), rng, Counter(), told.append)
    figures = {r["metric"]: r["value"] for r in rows}
    assert figures["expert plans reach the goal"] == 1.0
    assert figures["mutated plans fail"] == 1.0
    assert told == [f"dev: expert plans, 0 of {len(some)}", f"dev: plans made wrong, 0 of {len(some)}"]


def test_an_environment_is_measured(data_dir: Path) -> None:
    """Steps, frames at every size, reset, memory; the hash is the same again."""
    with closing(IthorEnv(scenes=data_dir / "ithor")) as env:
        rows = bench_gym._environment(env, "Ithor", 3, 1)
    figures = {r["metric"]: r["value"] for r in rows}
    assert figures["the same again"] == 1.0
    assert len(str(figures["determinism hash"])) == 16
    assert sum("frames per second" in metric for metric in figures) == len(bench_gym.SIZES)
    assert all(value > 0 for value in figures.values() if isinstance(value, float))
