"""What is next to or under a thing, what is gone, which are more; and phrasings that were taken for others."""

from __future__ import annotations

import numpy as np
import pytest

from loci.contracts import Decision, Outcome, Role, Status, Verb
from loci.memory import Knowledge
from loci.memory.english import parse
from loci.memory.times import take

NOW = 1_700_000_000.0  # Tuesday 2023-11-14, 22:13:20 UTC
TODAY = NOW - NOW % 86400.0


@pytest.fixture
def kitchen(stage):
    """The kitchen, with a stool under the table and a chair by it."""
    stage.kitchen()
    stage.add("stool", "stool", (0.5, 0.4, 0.2), (0.3, 0.3, 0.4), role=Role.FURNITURE)
    stage.add("chair", "chair", (-0.4, 0.0, 0.4), (0.4, 0.4, 0.8), role=Role.FURNITURE)
    stage.looks(6)
    return stage


def test_what_is_next_to_and_under(kitchen) -> None:
    """From the boxes: nearest first; what stands on a thing is not under it; behind is in the eye of who looks."""
    memory, ids = kitchen.memory, kitchen.ids
    assert memory.ask("What is under the table?").value == (ids["stool"],)
    assert memory.ask("What is under the mug?").value == (ids["table"],)
    assert memory.ask("What is next to the mug?").value == ()
    kitchen.props["apple"].center = np.array([0.3, 0.0, 0.84])
    kitchen.looks(8)
    beside = memory.ask("What is beside the mug?")
    assert beside.value == (ids["apple"],)
    assert beside.evidence
    assert ids["chair"] in memory.ask("What is next to the table?").value
    assert memory.ask("What is behind the table?").knowledge is Knowledge.UNKNOWN
    assert set(memory.ask("What is on the table?").value) == {ids["mug"], ids["apple"]}


def test_what_is_missing_is_what_is_still_gone(kitchen) -> None:
    """Whenever it went, unless a time is named; what came back is not missing."""
    memory, ids = kitchen.memory, kitchen.ids
    assert memory.ask("Is anything missing?").value == ()
    kitchen.props["apple"].visible = kitchen.props["mug"].visible = False
    kitchen.looks(8)
    kitchen.props["mug"].visible = True
    kitchen.looks(8)
    memory.end_episode(memory.begin_episode("look around", kitchen.now), "done", kitchen.now)
    assert memory.ask("Is anything missing?").value == (ids["apple"],)
    memory.add_area("room", "den", map_id="map", box=((-1.0, -1.1, 0.0), (2.0, 1.1, 3.0)))
    assert memory.ask("Is anything gone from the den?").value == (ids["apple"],)


def test_which_are_more(kitchen) -> None:
    """Two counts, compared."""
    assert kitchen.memory.ask("Are there more mugs than apples?").value == ("no", "1", "1")
    assert kitchen.memory.ask("Do we have fewer mugs than chairs?").value[0] == "no"
    assert kitchen.memory.ask("Are there as many mugs as apples?").value[0] == "yes"


def test_what_was_done_and_when(kitchen) -> None:
    """ "What did you do after you put …" asks for an action, whatever two things it names; "when did you" for a time."""
    memory, ids = kitchen.memory, kitchen.ids
    did = []
    for verb, target in ((Verb.PICK, "apple"), (Verb.PLACE, "fridge"), (Verb.CLOSE, "fridge")):
        did.append(memory.begin_action(Decision(verb, ids[target], "in" if verb is Verb.PLACE else None), kitchen.now))
        memory.end_action(did[-1], Outcome(Status.SUCCEEDED, "", kitchen.now, kitchen.now + 2))
        kitchen.now += 4
    assert memory.ask("What did you do after you put the apple in the fridge?").value == (did[2],)
    assert "put" in memory.ask("When did you put the apple in the fridge?").text
    assert memory.ask(f"What is in {ids['fridge']}?").value == memory.contents("fridge").value


def test_how_often_a_state_was_come_to(kitchen) -> None:
    """Openings are counted, not what was learned of them; and the last thing that was done is one thing."""
    memory, ids = kitchen.memory, kitchen.ids
    for verb in (Verb.CLOSE, Verb.OPEN, Verb.CLOSE):
        last = memory.begin_action(Decision(verb, ids["fridge"]), kitchen.now)
        kitchen.now += 2
        memory.end_action(last, Outcome(Status.SUCCEEDED, "", kitchen.now - 2, kitchen.now))
        kitchen.now += 2
    assert "was opened once" in memory.ask("How many times did you open the fridge?").text
    assert "was closed twice" in memory.ask("How often was the fridge closed?").text
    assert memory.ask("What was the last thing you did?").value == (last,)


def test_where_no_rooms_are_told_a_room_is_everywhere(kitchen) -> None:
    """All that is there; nothing is invented about other rooms."""
    assert set(kitchen.memory.ask("What is in the kitchen?").value) == set(kitchen.ids.values())
    assert kitchen.memory.ask("What is in the bedroom?").knowledge is Knowledge.UNKNOWN


def test_how_many_there_were(kitchen) -> None:
    """At a time; and what is missing from a place is what is gone from it."""
    memory, ids, then = kitchen.memory, kitchen.ids, kitchen.now
    kitchen.props["apple"].visible = False
    kitchen.looks(8)
    assert memory.ask("How many apples are on the table?").value == ("0",)
    assert memory.ask(f"How many apples were on the table at {then}?").value == ("1",)
    assert memory.ask(f"How many apples were there at {then}?").value == ("1",)
    assert memory.ask(f"How many apples were there at {kitchen.now}?").value == ("0",)
    assert memory.ask("What is missing from the table?").value == (ids["apple"],)


def test_a_place_that_was_not_known_then(kitchen) -> None:
    """Not "nothing was there", but that nobody knew of it; and an event that memory does not know is said not to be known."""
    assert kitchen.memory.ask("What was on the table at 0.1?").knowledge is Knowledge.UNKNOWN
    unknown = kitchen.memory.ask("What changed since I went to work?")
    assert unknown.knowledge is Knowledge.UNKNOWN
    assert "I went to work" in unknown.text


@pytest.mark.parametrize(
    ("question", "kind", "what"),
    [
        ("How come the mug is in your hand?", "cause", "mug"), ("When did the wallet last move?", "history", "wallet"),
        ("Which robot has the mug?", "where", "mug"), ("keys?", "where", "key"),
        ("What floor is the lamp on?", "where", "lamp"), ("In which room is the tray?", "where", "tray"),
        ("Is anything in the hall?", "contents", ""),
        ("Is the lamp in the hall?", "check", "lamp"), ("What did the robot do today?", "done", ""),
    ],
)  # fmt: skip
def test_what_was_taken_for_another_kind(question: str, kind: str, what: str) -> None:
    query = parse(question, NOW)
    assert (query.kind, query.what) == (kind, what)


def test_the_day_before_yesterday_is_two_days_ago() -> None:
    """And a clock time may follow a day without "at"."""
    rest, moment = take("where was it the day before yesterday", NOW)
    assert (rest, moment.start, moment.end) == ("where was it", TODAY - 2 * 86400.0, TODAY - 86400.0)
    assert take("where was it yesterday 6pm", NOW)[1].start == TODAY - 6 * 3600.0
    assert take("where was it two days before", NOW)[1].start == NOW - 2 * 86400.0
