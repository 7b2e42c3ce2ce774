"""The gate: nothing outside the capabilities, nothing impossible, nothing futile."""

from __future__ import annotations

from types import ModuleType

import pytest

from loci.contracts import Decision, Outcome, Status, Step, Verb
from loci.planner import Loop, OfflinePolicy
from loci.planner.gate import check


@pytest.fixture
def surveyed(toy: ModuleType) -> object:
    s = toy.setting()
    Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory)).survey()
    return s


def ids(s: object, *names: str) -> list[str]:
    return [s.memory.ids[n] for n in names]  # type: ignore[attr-defined]


def verdict(s: object, decision: Decision, steps: list[Step] | None = None) -> object:
    return check(decision, s.memory, s.robot.capabilities, steps or [])  # type: ignore[attr-defined]


def test_capabilities(surveyed: object) -> None:
    (apple,) = ids(surveyed, "apple")
    refused = verdict(surveyed, Decision(Verb.SLICE, apple))
    assert refused.status is Status.REFUSED
    assert "slice" in refused.text
    assert verdict(surveyed, Decision(Verb.PICK, apple)).ok
    assert verdict(surveyed, Decision(Verb.DONE)).ok
    assert verdict(surveyed, Decision(Verb.LOOK)).ok


@pytest.mark.parametrize(
    ("verb", "name", "relation", "says"),
    [
        (Verb.PICK, "the_table", None, "furniture"),
        (Verb.PLACE, "the_table", "on", "hand is empty"),
        (Verb.OPEN, "the_table", None, "nothing to open"),
        (Verb.PICK, None, None, "needs a target"),
        (Verb.PICK, "?", None, "no object"),
    ],
)
def test_impossible(surveyed: object, verb: Verb, name: str | None, relation: str | None, says: str) -> None:
    target = None if name is None else "o99" if name == "?" else ids(surveyed, name)[0]
    refused = verdict(surveyed, Decision(verb, target, relation))
    assert not refused.ok
    assert says in refused.text


def test_hand_full_and_closed_containers(surveyed: object) -> None:
    apple, plate, fridge, table = ids(surveyed, "apple", "plate", "the_fridge", "the_table")
    surveyed.memory._held = apple  # type: ignore[attr-defined]
    assert "hand is full" in verdict(surveyed, Decision(Verb.PICK, plate)).text
    assert "hand is full" in verdict(surveyed, Decision(Verb.OPEN, fridge)).text
    assert "closed" in verdict(surveyed, Decision(Verb.PLACE, fridge, "in")).text
    assert "itself" in verdict(surveyed, Decision(Verb.PLACE, apple, "on")).text
    assert "relation" in verdict(surveyed, Decision(Verb.PLACE, table, "under")).text
    assert verdict(surveyed, Decision(Verb.PLACE, table, "on")).ok


def test_failures_warn_then_block_and_success_clears(surveyed: object) -> None:
    (apple,) = ids(surveyed, "apple")
    decision = Decision(Verb.PICK, apple)
    failed, went = Step(decision, Outcome(Status.SLIPPED)), Step(decision, Outcome(Status.SUCCEEDED))
    assert verdict(surveyed, decision, []).warning == ""
    assert "1 time" in verdict(surveyed, decision, [failed]).warning
    assert verdict(surveyed, decision, [failed] * 2).ok
    assert not verdict(surveyed, decision, [failed] * 3).ok
    assert verdict(surveyed, decision, [failed, failed, went, failed]).ok
    other = Decision(Verb.PICK, ids(surveyed, "plate")[0])
    assert verdict(surveyed, other, [failed] * 3).ok


def test_a_failure_in_an_earlier_task_warns(surveyed: object) -> None:
    s = surveyed
    (apple,) = ids(s, "apple")
    s.robot.faults[Verb.PICK, "apple"] = [Status.OUT_OF_REACH]  # type: ignore[attr-defined]
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory))  # type: ignore[attr-defined]
    assert loop.run("Put the apple on the counter.").done
    warned = verdict(s, Decision(Verb.PICK, apple))
    assert warned.ok
    assert "out_of_reach" in warned.warning
