"""The offline planner in symbolic kitchens: few steps to the goal, recovery from failures, honest reports."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from loci.contracts import Status, Verb
from loci.planner import Loop, OfflinePolicy, TaskReport


def run(s: object, task: str, survey: bool = True, budget: int = 40) -> TaskReport:
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory), step_budget=budget)  # type: ignore[attr-defined]
    if survey:
        loop.survey()
    return loop.run(task)


def verbs(report: TaskReport) -> list[str]:
    return [step.decision.verb.value for step in report.history]


def test_the_three_tasks(toy: ModuleType) -> None:
    s = toy.setting()
    first = run(s, "Fetch the mug from the drawer and put it on the table.")
    assert first.done
    assert verbs(first) == ["open", "pick", "place", "close"]
    assert s.kitchen.at["mug_a"] == ("on", "the_table")
    second = run(s, "Put the apple into the fridge and close it.", survey=False)
    assert verbs(second) == ["open", "pick", "place", "close"]
    assert s.kitchen.at["apple"] == ("in", "the_fridge")
    third = run(s, "Put the mug back where you found it.", survey=False)
    assert verbs(third) == ["open", "pick", "place", "close"]
    assert s.kitchen.at["mug_a"] == ("in", "the_drawer")
    assert s.kitchen.open == set()


def test_reasons_can_be_read(toy: ModuleType) -> None:
    s = toy.setting()
    report = run(s, "Fetch the mug from the drawer and put it on the table.")
    whys = [step.decision.why for step in report.history]
    assert "the drawer is closed" in whys[0]
    assert "mug was not seen" in whys[0]
    assert "in the drawer" in whys[1]
    assert "pick it up" in whys[1]
    assert "close it again" in whys[3]
    assert all(step.decision.cites for step in report.history)


def test_nothing_known_yet_means_looking_around_first(toy: ModuleType) -> None:
    s = toy.setting()
    report = run(s, "Put the apple on the counter.", survey=False)
    assert report.done
    assert verbs(report)[0] == "look"


def test_what_already_holds_takes_no_step(toy: ModuleType) -> None:
    assert run(toy.setting(), "Put the apple on the table.").steps == 0


def test_a_source_restricts_the_search(toy: ModuleType) -> None:
    """A mug stands in the open, but the one from the (empty) cupboard was asked for."""
    s = toy.setting()
    s.kitchen.at["mug_a"] = ("on", "the_table")
    report = run(s, "Fetch the mug from the drawer and put it on the counter.")
    assert report.status == "failed"
    assert "searched the drawer" in report.reason
    assert "another mug is known" in report.reason
    assert {n for v, n in s.robot.started if v is Verb.OPEN} == {"the_drawer"}
    assert s.kitchen.open == set()
    assert ("search", report.reason) in s.memory.notes


def test_search_opens_what_is_closed_and_closes_it_again(toy: ModuleType) -> None:
    s = toy.setting()
    report = run(s, "Put the banana on the table.")
    assert report.done
    assert s.kitchen.at["banana"] == ("on", "the_table")
    assert s.kitchen.open == set()


def test_not_to_be_found(toy: ModuleType) -> None:
    s = toy.setting()
    report = run(s, "Fetch the sponge.")
    assert report.status == "failed"
    for place in ("fridge", "cupboard", "drawer", "table", "counter", "sink"):
        assert place in report.reason
    assert "the sponge not found" in report.reason
    assert s.kitchen.open == set()
    assert report.steps <= 16


def test_budget_ends_a_search(toy: ModuleType) -> None:
    report = run(toy.setting(), "Fetch the sponge.", budget=3)
    assert report.status == "failed"
    assert "budget of 3" in report.reason
    assert report.steps == 3


def test_hand_full_at_the_start(toy: ModuleType) -> None:
    s = toy.setting()
    assert run(s, "Bring me the plate.").done
    report = run(s, "Put the apple into the fridge and close it.", survey=False)
    assert report.done
    assert verbs(report)[0] == "place"
    assert s.kitchen.at["plate"][1] in ("the_table", "the_counter")


def test_all_of_a_kind(toy: ModuleType) -> None:
    s = toy.setting()
    s.kitchen.at["mug_a"] = ("on", "the_table")
    assert run(s, "Put all the mugs in the sink.").done
    assert s.kitchen.at["mug_a"] == s.kitchen.at["mug_b"] == ("in", "the_sink")
    assert run(s, "Clear the counter.", survey=False).done
    assert not [o for o, (_, p) in s.kitchen.at.items() if p == "the_counter"]


def test_open_then_close(toy: ModuleType) -> None:
    assert verbs(run(toy.setting(), "Open the fridge and then close it.")) == ["open", "close"]


@pytest.mark.parametrize(
    ("verb", "name", "status"),
    [
        (Verb.OPEN, "the_drawer", Status.STUCK),
        (Verb.PICK, "mug_a", Status.NOT_THERE),
        (Verb.PICK, "mug_a", Status.SLIPPED),
        (Verb.PICK, "mug_a", Status.OUT_OF_REACH),
        (Verb.PLACE, "the_table", Status.OCCUPIED),
        (Verb.PLACE, "the_table", Status.BLOCKED),
        (Verb.CLOSE, "the_drawer", Status.TIMED_OUT),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_recovers_from_failures(toy: ModuleType, verb: Verb, name: str, status: Status, times: int) -> None:
    s = toy.setting()
    s.robot.faults[verb, name] = [status] * times
    report = run(s, "Fetch the mug from the drawer and put it on the table.")
    assert report.done, report.reason
    assert s.kitchen.at["mug_a"] == ("on", "the_table")
    assert s.kitchen.open == set()
    assert report.steps <= 4 + 2 * times


def test_another_spot_after_an_occupied_one(toy: ModuleType) -> None:
    s = toy.setting()
    s.robot.faults[Verb.PLACE, "the_table"] = [Status.OCCUPIED, Status.OCCUPIED]
    run(s, "Put the plate on the table.")
    spots = [a.position for a in s.robot.actions if a.verb is Verb.PLACE]
    assert spots[0] is None
    assert spots[1] is not None
    assert spots[1] != spots[2]


@pytest.mark.parametrize("name", ["the_drawer", "mug_a", "the_table"])
def test_gives_up_with_the_reason(toy: ModuleType, name: str) -> None:
    s = toy.setting()
    verb = {"the_drawer": Verb.OPEN, "mug_a": Verb.PICK, "the_table": Verb.PLACE}[name]
    s.robot.faults[verb, name] = [Status.STUCK] * 99
    report = run(s, "Fetch the mug from the drawer and put it on the table.")
    assert report.status == "failed"
    assert "toy failure" in report.reason or "could not open" in report.reason
    assert sum(step.decision.verb is verb and not step.outcome.ok for step in report.history) == 3
    assert s.kitchen.held is None
    assert report.steps <= 16


def test_a_body_that_lies_is_found_out(toy: ModuleType) -> None:
    """The robot says that it opened the drawer; the look afterwards says otherwise."""
    s = toy.setting()
    s.robot.lies.add((Verb.OPEN, "the_drawer"))
    report = run(s, "Fetch the mug from the drawer and put it on the table.")
    assert report.status == "failed"
    failed = [step for step in report.history if step.decision.verb is Verb.OPEN]
    assert all(step.outcome.status is Status.STUCK for step in failed)


@pytest.mark.parametrize(
    "task", ["Fetch the mug from the drawer and put it on the table.", "Put the apple in the drawer."]
)
def test_a_door_that_stops_half_way_is_opened_further(toy: ModuleType, task: str) -> None:
    s = toy.setting()
    s.kitchen.stiff.add("the_drawer")
    report = run(s, task)
    assert report.done, report.reason
    assert any("open it further" in step.decision.why for step in report.history)
    assert s.kitchen.open == set()
    assert report.steps <= 6


def test_a_search_does_not_trust_a_gap(toy: ModuleType) -> None:
    """Half open at the first try: it is opened further before "not in there" is believed."""
    s = toy.setting()
    s.kitchen.stiff.update({"the_drawer", "the_cupboard", "the_fridge"})
    report = run(s, "Fetch the sponge.")
    assert report.status == "failed"
    for name in ("the_drawer", "the_cupboard", "the_fridge"):
        assert s.robot.started.count((Verb.OPEN, name)) == 2
    assert s.kitchen.open == set()


def test_looks_after_a_loss(toy: ModuleType) -> None:
    s = toy.setting()
    s.robot.faults[Verb.PLACE, "the_table"] = [Status.SLIPPED]

    def lost(action: object) -> None:
        if action.verb is Verb.PLACE and s.kitchen.held:  # type: ignore[attr-defined]
            s.kitchen.at[s.kitchen.held], s.kitchen.held = ("in", "the_sink"), None
            s.robot.on_start = None

    s.robot.on_start = lost
    report = run(s, "Put the plate on the table.")
    assert report.done, report.reason
    assert verbs(report)[:3] == ["pick", "place", "look"]


def test_found_half_open(toy: ModuleType) -> None:
    """Left ajar by somebody: only the failure of reaching in tells."""
    s = toy.setting()
    s.kitchen.open.add("the_drawer")
    s.kitchen.narrow.add("the_drawer")
    report = run(s, "Fetch the mug from the drawer and put it on the table.")
    assert report.done, report.reason
    assert verbs(report)[:4] == ["pick", "open", "pick", "place"]


def test_moved_by_someone_meanwhile(toy: ModuleType) -> None:
    """The apple is not where memory has it: the miss is noticed, it is looked for and found."""
    s = toy.setting()
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory))
    loop.survey()
    s.kitchen.at["apple"] = ("in", "the_cupboard")
    s.robot.faults[Verb.PICK, "apple"] = [Status.NOT_THERE]
    report = loop.run("Put the apple in the sink.")
    assert report.done, report.reason
    assert s.kitchen.at["apple"] == ("in", "the_sink")
    assert s.kitchen.open == set()


def test_takes_over_in_the_middle(toy: ModuleType) -> None:
    """A second policy that sees only the situation goes on where the first stopped."""
    s = toy.setting()

    class Alternating:
        def decide(self, situation):  # type: ignore[no-untyped-def]
            return OfflinePolicy(s.memory).decide(situation)

    loop = Loop(s.robot, s.perceiver, s.memory, Alternating())
    loop.survey()
    report = loop.run("Fetch the mug from the drawer and put it on the table.")
    assert report.done
    assert verbs(report) == ["open", "pick", "place", "close"]


def goal_for(kitchen: object, rng: np.random.Generator) -> tuple[str, str, tuple[str, str]]:
    name = ["apple", "banana", "milk", "plate"][int(rng.integers(4))]
    place = ["table", "counter", "sink", "fridge", "cupboard", "drawer"][int(rng.integers(6))]
    relation = "on" if place in ("table", "counter") else "in"
    return f"Put the {name} {relation} the {place}.", name, (relation, f"the_{place}")


@pytest.mark.parametrize("seed", range(40))
def test_random_kitchens_and_goals(toy: ModuleType, seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = toy.setting(toy.Kitchen.random(rng))
    before = set(s.kitchen.open)
    hidden = {o for o, (_, p) in s.kitchen.at.items() if s.kitchen.furniture[p] in toy.DOORS and p not in before}
    task, name, goal = goal_for(s.kitchen, rng)
    report = run(s, task)
    assert report.done, report.reason
    assert s.kitchen.at[name] == goal
    assert s.kitchen.open == before
    assert report.steps <= (6 if name not in hidden else 16)


@pytest.mark.parametrize("seed", range(60))
def test_random_failures_end_in_success_or_an_honest_report(toy: ModuleType, seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    s = toy.setting(toy.Kitchen.random(rng))
    statuses = [Status.STUCK, Status.SLIPPED, Status.NOT_THERE, Status.BLOCKED, Status.OCCUPIED, Status.TIMED_OUT]
    for name in [*s.kitchen.furniture, *s.kitchen.objects]:
        for verb in (Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE, Verb.LOOK):
            count = int(rng.choice([0, 0, 0, 1, 2, 5]))
            s.robot.faults[verb, name] = [statuses[int(i)] for i in rng.integers(len(statuses), size=count)]
    task, name, goal = goal_for(s.kitchen, rng)
    report = run(s, task)
    if report.done:
        assert s.kitchen.at[name] == goal
    else:
        assert len(report.reason) > 20
        assert s.kitchen.at.get(name) != goal
    assert report.steps <= 40
