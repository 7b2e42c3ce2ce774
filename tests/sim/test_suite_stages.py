"""The worlds that tasks are done in: a house's rules for a robot with one hand, people's deeds, rearranged scenes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loci.contracts import Status, Verb
from loci.sim.goal_lint import NEEDS, faults
from loci.sim.goals import All, Goal, Held, Inside, State, Which, check, from_json
from loci.sim.house_plan import generate
from loci.sim.household import Household
from loci.sim.household_laws import breaches
from loci.sim.household_state import Deed
from loci.sim.ithor_scene import load_scene
from loci.sim.ithor_world import IthorWorld
from loci.sim.task import Instruction, PersonDeed, Task, WorldRef
from loci.sim.task_house import HouseStage
from loci.sim.task_ithor import IthorStage, rearranged
from loci.sim.task_oracle import reach
from loci.sim.task_stage import PlanStep, Stage, Trial

LIFE = Household(generate(4, 6, 2), 0)


def house() -> HouseStage:
    """The first morning: everything is at home, everything is closed."""
    return HouseStage(LIFE.house, LIFE.items, LIFE.start.copy(), 0.0)


def first(stage: HouseStage, kind: str) -> str:
    return next(i for i in stage.ids() if stage.kind(i) == kind)


def test_one_hand_doors_and_reach() -> None:
    """Go there first; open what is closed; one thing at a time; a full hand opens nothing for another thing."""
    stage = house()
    milk, fridge, butter = first(stage, "milk"), first(stage, "fridge"), first(stage, "butter")
    assert stage.act(Verb.PICK, milk).status is Status.BLOCKED  # it is behind a door
    assert stage.act(Verb.OPEN, fridge).status is Status.OUT_OF_REACH
    assert stage.act(Verb.NAVIGATE, fridge).ok
    assert stage.act(Verb.OPEN, fridge).ok
    assert stage.act(Verb.OPEN, fridge).status is Status.STUCK
    assert stage.act(Verb.PICK, milk).ok
    assert stage.held() == milk
    assert stage.act(Verb.PICK, butter).status is Status.HANDS_FULL
    assert stage.act(Verb.CLOSE, fridge).ok
    assert stage.act(Verb.PLACE, fridge).status is Status.STUCK
    sofa = first(stage, "sofa")
    assert stage.act(Verb.PLACE, sofa).status is Status.OUT_OF_REACH
    counter = first(stage, "counter")
    assert stage.act(Verb.NAVIGATE, counter).ok
    assert stage.act(Verb.PLACE, counter).ok
    assert stage.holder(milk)[0] == counter
    assert stage.act(Verb.PLACE, counter).status is Status.HANDS_EMPTY
    assert stage.act(Verb.PICK, fridge).status is Status.UNSUPPORTED
    assert stage.act(Verb.TOGGLE, counter).status is Status.UNSUPPORTED
    assert stage.act(Verb.SLICE, milk).status is Status.UNSUPPORTED
    assert stage.act(Verb.PICK, "unicorn-1").status is Status.NOT_THERE


def test_machines_work_closed_and_running() -> None:
    """A dish is washed by the dishwasher alone; use makes it dirty, and what was done to it counts no more."""
    stage = house()
    mug, shirt = first(stage, "mug"), first(stage, "shirt")
    stage.person(PersonDeed(10.0, "Ada", "use", mug))
    assert stage.state(mug, "dirty")
    assert not stage.state(mug, "clean")
    for step in reach(stage, from_json({"state": [{"id": mug}, "cleaned", True]})):
        assert stage.act(step.verb, step.target, value=step.value).ok, step
    assert stage.state(mug, "cleaned")
    assert stage.state(mug, "clean")
    stage.person(PersonDeed(20.0, "Ada", "put", mug, first(stage, "table")))
    assert stage.held() == mug  # nobody takes it out of the robot's hand
    assert "dishwasher" in {stage.kind(t) for t in stage.tools("wash", mug)}
    assert "washing machine" in {stage.kind(t) for t in stage.tools("wash", shirt)}
    assert not stage.tools("wash", first(stage, "book"))


def test_what_people_cannot_do_does_not_happen() -> None:
    """Unknown things, furniture, cycles, switches that are none: the house stays as it is."""
    stage = house()
    before = stage.state_now.copy()
    tray, counter = first(stage, "tray"), first(stage, "counter")
    for deed in (
        PersonDeed(1.0, "Ada", "put", "unicorn-1", counter),
        PersonDeed(1.0, "Ada", "put", tray, "nowhere-1"),
        PersonDeed(1.0, "Ada", "put", tray, tray),
        PersonDeed(1.0, "Ada", "put", counter, tray),
        PersonDeed(1.0, "Ada", "put", tray, first(stage, "mug")),
        PersonDeed(1.0, "Ada", "open", tray),
        PersonDeed(1.0, "Ada", "switch_on", counter),
    ):
        stage.person(deed)
        assert stage.state_now == before, deed


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1))
def test_no_robot_breaks_the_laws_of_the_house(seed: int) -> None:
    """Random actions: what succeeds is what a person could have done, by the same laws; what fails changes nothing."""
    stage = house()
    rng = np.random.default_rng(seed)
    log: list[Deed] = []
    apply = stage.state_now.apply
    stage.state_now.apply = lambda deed: (log.append(deed), apply(deed))[1]  # type: ignore[method-assign]
    start = LIFE.start.copy()
    start.people["robot"] = stage.house.entrance
    ids = list(stage.ids())
    for _ in range(200):
        near = [i for i in ids if stage.at is not None and stage.within_reach(i, stage.at)]
        verb = (Verb.NAVIGATE, Verb.OPEN, Verb.CLOSE, Verb.PICK, Verb.PLACE, Verb.TOGGLE)[int(rng.integers(6))]
        pool = near if near and verb is not Verb.NAVIGATE else ids
        if stage.at is not None and verb not in (Verb.NAVIGATE, Verb.PICK) and rng.random() < 0.8:
            pool = [stage.at]
        before = stage.state_now.copy()
        outcome = stage.act(verb, pool[int(rng.integers(len(pool)))])
        if not outcome.ok:
            before.people = stage.state_now.people
            assert stage.state_now == before
    assert len(log) > 15
    assert list(breaches(stage.house, LIFE.items, start, log)) == []


def test_a_rearranged_scene_is_a_scene(data_dir: Path) -> None:
    """The same for the same seed, other for another; a few things twice; every thing is where the world says it is."""
    scene = load_scene(data_dir / "ithor" / "FloorPlan7.json.gz")
    a, b, c = (rearranged(scene, seed).begin(0.0) for seed in (1, 1, 2))
    where = [{i: (s.holder(i), tuple(s.world.things[i].box_world.center)) for i in s.ids()} for s in (a, b, c)]
    assert where[0] == where[1] != where[2]
    new = set(a.ids()) - set(scene.objects)
    assert 1 <= len(new) <= 3
    assert set(scene.objects) <= set(a.ids())
    for id in new:
        place = a.holder(id)[0]
        box = a.world.things[place].box_world
        assert box.contains([*a.world.things[id].box_world.center[:2], box.center[2]], 0.05)
        assert sum(a.kind(i) == a.kind(id) for i in a.ids()) >= 2


def test_people_in_a_scene_leave_the_robot_alone(data_dir: Path) -> None:
    """What they carry goes through doors that they close again; the robot's hand, place and gaze stay."""
    stage = rearranged(load_scene(data_dir / "ithor" / "FloorPlan7.json.gz"), 3).begin(0.0)
    world = stage.world
    loose = [i for i in stage.ids() if "pick" in stage.affords(i) and stage.shut_in(i) is None and stage.holder(i)]
    held = next(i for i in loose if world.act(Verb.NAVIGATE, i).ok and world.act(Verb.PICK, i).ok)
    fridge = next(i for i in stage.ids() if stage.kind(i) == "Fridge")
    apple = next(i for i in stage.ids() if stage.kind(i) == "Apple" and i != held)
    pose, open_before = world.agent.copy(), stage.state(fridge, "open")
    stage.person(PersonDeed(5.0, "Ada", "put", apple, fridge))
    assert stage.holder(apple)[0] == fridge
    assert stage.state(fridge, "open") is open_before
    assert stage.held() == held
    assert np.array_equal(world.agent, pose)
    assert stage.world.time == 5.0
    here = stage.holder(held)
    stage.person(PersonDeed(6.0, "Ada", "put", held, fridge))
    assert stage.held() == held
    assert stage.holder(held) == here


def test_a_trial_keeps_verdicts_and_order() -> None:
    """People act when their time comes; a goal that holds when it is given earns nothing; steps are counted."""
    stage = house()
    mug, table, counter = first(stage, "mug"), first(stage, "table"), first(stage, "counter")
    on_table = from_json({"on": [{"id": mug}, {"id": table}]})
    task = Task(
        "t", "repeat", 0, WorldRef("house", 4, 0.0), (Instruction(10.0, "a", on_table), Instruction(20.0, "b", on_table)),
        (PersonDeed(5.0, "Ada", "put", mug, table), PersonDeed(15.0, "Ada", "put", mug, counter)),
    )  # fmt: skip
    trial = Trial(task, stage)
    for number in trial:
        assert trial.holds is (number == 0)
        if number == 1:
            for step in reach(stage, on_table):
                assert trial.do(step).ok
    assert [(v.reached, v.held_before, v.credit) for v in trial.verdicts] == [(True, True, 0.0), (True, False, 1.0)]
    assert trial.reached
    assert trial.credit == 0.5
    assert trial.verdicts[1].failure is None
    lost = Trial(task, house())
    for _ in lost:
        lost.do(PlanStep(Verb.PICK, "unicorn-1"))
    assert not lost.reached
    failure = lost.verdicts[1].failure
    assert failure is not None
    assert failure.status is Status.NOT_THERE


@pytest.mark.parametrize("kind", ["mug", "shirt", "keys", "book"])
def test_facts_say_what_goes_where(kind: str) -> None:
    """The linter's rules are the world's: what facts allow has room in the empty house, and the other way round."""
    stage = house()
    facts, thing = stage.facts(), first(stage, kind)
    for place in stage.pieces:
        if stage.room_for(thing, place):
            assert facts.accepts(stage.kind(place), kind)


def true_leaf(stage: Stage, rng: np.random.Generator) -> Goal | None:
    """Some condition that holds now, by id or by class."""
    ids = list(stage.ids())
    id = ids[int(rng.integers(len(ids)))]

    def which(i: str) -> Which:
        return Which(id=i) if rng.random() < 0.5 else Which(stage.kind(i))

    held = stage.held()
    if held is not None and rng.random() < 0.1:
        return Held(which(held))
    if rng.random() < 0.6:
        around = [h for h in stage.holder(id) if "pick" in stage.affords(id)]
        return Inside(which(id), which(around[int(rng.integers(len(around)))])) if around else None
    names = [n for n, need in NEEDS.items() if need in stage.affords(id)]
    if not names:
        return None
    name = names[int(rng.integers(len(names)))]
    return State(which(id), name, stage.state(id, name))


def linter_is_fair(stage: Stage, rng: np.random.Generator) -> None:
    """What holds in a world is never called impossible there."""
    facts = stage.facts()
    for _ in range(60):
        parts = tuple(g for _ in range(int(rng.integers(1, 6))) if (g := true_leaf(stage, rng)) is not None)
        if parts:
            goal = All(parts)
            assert check(goal, stage)
            assert faults(goal, facts) == [], goal


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1))
def test_the_linter_calls_nothing_impossible_that_is_so(seed: int) -> None:
    """In a house at any time of its life, with something in the robot's hand or nothing."""
    rng = np.random.default_rng(seed)
    number = seed % 25
    life = Household(generate(number, 3 + number % 6, 2), 0)
    life.run(1)
    time = float(rng.uniform(0.3, 0.95)) * 86400
    state = life.at(time)
    stage = HouseStage(life.house, {i: t for i, t in life.items.items() if i in state.parent}, state, time)
    linter_is_fair(stage, rng)
    loose = [i for i in stage.ids() if "pick" in stage.affords(i) and stage.available(i) and stage.room(i)]
    for step in reach(stage, Held(Which(id=loose[int(rng.integers(len(loose)))]))):
        stage.act(step.verb, step.target, value=step.value)
    linter_is_fair(stage, rng)


@pytest.mark.parametrize("name", ["FloorPlan14", "FloorPlan210", "FloorPlan305", "FloorPlan407"])
def test_the_linter_is_fair_in_scenes(name: str, data_dir: Path) -> None:
    """As they are, and rearranged."""
    scene = load_scene(data_dir / "ithor" / f"{name}.json.gz")
    for stage in (IthorStage(IthorWorld(scene), 0.0), rearranged(scene, 5).begin(0.0)):
        linter_is_fair(stage, np.random.default_rng(1))
