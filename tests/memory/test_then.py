"""Where a thing was at a past moment, with probabilities: by what was noticed before it and after it."""

from __future__ import annotations

import numpy as np
import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Status, Verb
from loci.geometry import Box
from loci.memory import Memory

TABLE = Box.from_bounds((0.0, 0.0, 0.0), (1.0, 1.0, 0.8))
SHELF = Box.from_bounds((3.0, 0.0, 0.0), (4.0, 1.0, 0.8))


def cup(x: float) -> Box:
    return Box.from_bounds((x, 0.4, 0.8), (x + 0.1, 0.5, 0.9))


def tell(memory: Memory, stamp: float, label: str, box: Box, track: int = -1) -> str:
    (id,) = memory.write(ObjectReport(stamp, "robot", "map", {label: 0.95}, box, track=track)).ids
    assert id is not None
    return id


@pytest.fixture
def moved(stage):
    """A mug on the table for some looks, and on the counter 100 s later: in between, somebody moved it."""
    stage.kitchen()
    stage.add("counter", "counter", (0.5, -1.6, 0.4), (0.8, 0.8, 0.8), role=stage.props["table"].role)
    stage.looks(6)
    left = stage.now
    stage.blank(100.0)
    mug = stage.props["mug"]
    mug.on, mug.center = "counter", stage.props["counter"].center + np.array([0.0, 0.0, 0.46])
    stage.looks(6)
    return stage.memory, stage.ids["mug"], stage.ids["table"], stage.ids["counter"], left


def at(memory: Memory, thing: str, stamp: float) -> dict[str, float]:
    answer = memory.where(thing, at=stamp)
    assert sum(p for _, p in answer.places) == pytest.approx(1.0)
    assert [p for _, p in answer.places] == sorted((p for _, p in answer.places), reverse=True)
    if answer.value:
        assert answer.probability == dict(answer.places)[answer.value[0]]
    return dict(answer.places)


def test_what_is_between_two_places_is_less_and_less_in_the_first(moved) -> None:
    memory, thing, table, counter, left = moved
    noticed = next(f.start for f in memory.facts(thing) if f.object == counter)
    chances = [at(memory, thing, stamp) for stamp in (0.5, left, left + 20, left + 60, noticed - 0.6)]
    stays = [c[table] for c in chances]
    assert stays == sorted(stays, reverse=True)
    assert stays[0] > 0.95
    assert stays[-1] < 0.15
    for chance in chances:  # where it was neither, it had already gone
        assert set(chance) <= {table, counter, ""}


def test_what_was_seen_there_before_and_after_was_there(moved) -> None:
    memory, thing, _, counter, _ = moved
    assert at(memory, thing, memory.now - 0.5)[counter] > 0.95
    assert at(memory, thing, memory.now)[counter] > 0.95


def test_what_the_robot_put_away_was_there_until_then() -> None:
    with Memory.open(":memory:") as memory:
        table, shelf = tell(memory, 0.0, "table", TABLE), tell(memory, 0.0, "shelf", SHELF)
        thing = tell(memory, 0.0, "cup", cup(0.4))
        for stamp, verb, target in ((90.0, Verb.PICK, thing), (95.0, Verb.PLACE, shelf)):
            action = memory.begin_action(Decision(verb, target, "on" if verb is Verb.PLACE else None), stamp)
            memory.end_action(action, Outcome(Status.SUCCEEDED, "", stamp, stamp + 2.0))
        assert at(memory, thing, 80.0)[table] > 0.95


def test_before_it_was_known_nothing_is_said(moved) -> None:
    memory, thing, *_ = moved
    assert memory.where(thing, at=-5.0).places == ()
    assert memory.where("unicorn", at=5.0).places == ()


def test_what_had_gone_is_somewhere_and_more_and_more_where_it_turned_up(stage) -> None:
    stage.kitchen()
    stage.looks(4)
    stage.props["mug"].visible = False
    stage.looks(6)
    gone, mug = stage.now, stage.ids["mug"]
    stage.blank(100.0)
    assert at(stage.memory, mug, gone) == {"": 1.0}
    stage.props["mug"].visible = True
    stage.looks(3)
    early, late = (at(stage.memory, mug, gone + dt)[""] for dt in (5.0, 90.0))
    assert late < early < 1.0
