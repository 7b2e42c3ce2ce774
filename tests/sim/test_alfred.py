"""iTHOR scenes behave: ALFRED's expert plans reach their goals, plans made wrong do not, bad files are named."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Status, Verb
from loci.errors import InputError
from loci.sim.alfred import AlfredTask, load_eb_tasks, load_trajectories, start_world
from loci.sim.alfred_expert import STEP_LIMIT, expert_steps, run_plan
from loci.sim.ithor_library import SceneLibrary
from loci.sim.ithor_scene import (
    load_scene,
    position_from_unity,
    position_to_unity,
    yaw_from_unity,
    yaw_to_unity,
)
from loci.sim.mutations import MUTATIONS, mutate, needed


@pytest.fixture(scope="module")
def tasks(data_dir: Path) -> dict[str, AlfredTask]:
    return load_trajectories(data_dir / "alfred" / "eb_alfred_dev_trajectories.json.gz")


def test_expert_plans_reach_their_goals(tasks: dict[str, AlfredTask], scenes: SceneLibrary) -> None:
    """Every tenth trajectory of the dev set; the whole set is `loci bench world`."""
    some = list(tasks.values())[::10]
    results = [run_plan(w := start_world(t, scenes), t.goal, expert_steps(t, w)) for t in some]
    assert all(len(r.steps) <= STEP_LIMIT for r in results)
    assert sum(r.reached for r in results) >= len(some) - 1


def test_plans_made_wrong_fail(tasks: dict[str, AlfredTask], scenes: SceneLibrary) -> None:
    """A world that lets wrong plans succeed proves nothing."""
    rng = np.random.default_rng(0)
    tried = failed = 0
    for task in list(tasks.values())[::15]:
        world = start_world(task, scenes)
        right = run_plan(world, task.goal, expert_steps(task, world))
        if not right.reached:
            continue
        steps = needed(task.goal, [s for s, _ in right.steps], start_world(task, scenes))
        for name in MUTATIONS:
            fresh = start_world(task, scenes)
            plan = mutate(name, steps, task.goal, fresh, rng)
            if plan is not None:
                tried += 1
                failed += not run_plan(fresh, task.goal, plan).reached
    assert tried >= 15
    assert failed / tried >= 0.9


def test_axes_are_converted_both_ways() -> None:
    """Unity is left-handed with y up; Loci right-handed with z up."""
    p = {"x": 1.0, "y": 2.0, "z": 3.0}
    assert position_to_unity(position_from_unity(p)) == p
    assert np.allclose(position_from_unity(p), (1, 3, 2))
    for degrees in (0.0, 90.0, 180.0, 270.0, 33.0):
        assert np.isclose(yaw_to_unity(yaw_from_unity(degrees)) % 360, degrees)
    assert np.isclose(yaw_from_unity(0.0), np.pi / 2)  # Unity's heading 0 looks along +z, which is Loci's +y


def test_the_rules_of_the_house(tasks: dict[str, AlfredTask], scenes: SceneLibrary) -> None:
    """One thing in the hand, closed things hide, a fridge cools only when closed, slicing needs a knife."""
    world = start_world(next(t for t in tasks.values() if t.scene == "FloorPlan1"), scenes)
    apple = next(i for i in world.ids() if world.kind(i) in ("Apple", "Tomato", "Potato"))
    fridge = next(i for i in world.ids() if world.kind(i) == "Fridge")
    assert world.act(Verb.NAVIGATE, apple).ok
    assert world.act(Verb.SLICE, apple).status is Status.HANDS_EMPTY
    holders = world.holder(apple)
    if any("open" in world.things[h].base.affords for h in holders):
        assert world.act(Verb.OPEN, holders[0]).ok
    assert world.act(Verb.PICK, apple).ok
    assert world.act(Verb.PICK, fridge).status is Status.UNSUPPORTED
    other = next(i for i in world.ids() if "pick" in world.things[i].base.affords and i != apple)
    assert world.act(Verb.PICK, other).status is Status.HANDS_FULL
    assert world.act(Verb.NAVIGATE, fridge).ok
    assert world.act(Verb.PLACE, fridge).status is Status.STUCK
    assert world.act(Verb.OPEN, fridge).ok
    assert world.act(Verb.PLACE, fridge).ok
    assert not world.state(apple, "cold")
    assert world.act(Verb.CLOSE, fridge).ok
    assert world.state(apple, "cold")
    assert world.act(Verb.PICK, apple).status is Status.BLOCKED
    assert world.act(Verb.LOOK, apple).status is Status.UNSUPPORTED
    assert world.act(Verb.PICK, "Unicorn|1").status is Status.NOT_THERE


def test_bad_files_are_named(tmp_path: Path, data_dir: Path) -> None:
    """Missing, truncated, of another form: one clear line each."""
    with pytest.raises(InputError, match="nowhere"):
        load_scene(tmp_path / "nowhere.json.gz")
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(gzip.compress(b'{"objects": []}')[:-9])
    with pytest.raises(InputError, match="cannot be read"):
        load_scene(cut)
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"rooms": []}))
    with pytest.raises(InputError, match="not AI2-THOR metadata"):
        load_scene(other)
    with pytest.raises(InputError, match="no ALFRED trajectory"):
        load_trajectories(_written(tmp_path / "t.json", {"a": {"task_type": "x"}}))
    with pytest.raises(InputError, match="EB-ALFRED"):
        load_eb_tasks(_written(tmp_path / "e.json", {"base": [1]}))
    with pytest.raises(InputError, match="there are FloorPlan1"):
        SceneLibrary(data_dir / "ithor")["FloorPlan999"]


def _written(path: Path, data: object) -> Path:
    path.write_text(json.dumps(data))
    return path
