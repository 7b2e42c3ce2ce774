"""A door that looks shut but that the body could not shut: the body's word counts."""

from __future__ import annotations

from types import ModuleType

import pytest

from loci.contracts import Action, Status, Verb
from loci.planner import Loop, OfflinePolicy


@pytest.mark.parametrize(("fails", "done"), [(1, True), (99, False)])
def test_what_the_body_could_not_shut_is_not_believed_shut(toy: ModuleType, fails: int, done: bool) -> None:
    s = toy.setting()
    s.robot.faults[Verb.CLOSE, "the_fridge"] = [Status.STUCK] * fails

    def looks_shut(action: Action) -> None:
        if action.verb is Verb.CLOSE:
            s.kitchen.open.discard("the_fridge")

    s.robot.on_start = looks_shut
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory))
    loop.survey()
    report = loop.run("Put the apple into the fridge and close it.")
    assert report.done is done
    closes = [step.outcome.ok for step in report.history if step.decision.verb is Verb.CLOSE]
    assert len(closes) >= 2
    assert closes[-1] is done
