"""Answers: text, values, how they are known, evidence; where to look; recall within its budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loci.contracts import Decision, Outcome, Role, Status, Verb
from loci.errors import InputError, InstructionError
from loci.memory import Knowledge
from loci.memory.recall import tokens


@pytest.fixture
def kitchen(stage):
    stage.kitchen()
    stage.looks(6, keyframe=True)
    return stage


def test_where_with_evidence_and_pictures(kitchen) -> None:
    """The place's id first, seen just now, events and keyframes that can be fetched."""
    answer = kitchen.memory.where("mug")
    assert answer.value == (kitchen.ids["table"],)
    assert answer.knowledge is Knowledge.SEEN
    assert answer.text == f"The mug ({kitchen.ids['mug']}) is on the table, seen just now."
    assert answer.evidence
    assert all(kitchen.memory.event(seq).seq == seq for seq in answer.evidence)
    assert kitchen.memory.keyframe(answer.keyframes[0]).jpeg.startswith(b"\xff\xd8")


def test_never_seen_is_unknown_not_absent(kitchen) -> None:
    """Three kinds of not knowing stay apart."""
    answer = kitchen.memory.where("unicorn")
    assert (answer.knowledge, answer.value, answer.probability) == (Knowledge.UNKNOWN, (), 0.0)
    assert "never seen" in answer.text
    kitchen.blank(20.0)
    assert kitchen.memory.where("mug").knowledge is Knowledge.UNOBSERVED
    assert "seen 20 s ago" in kitchen.memory.where("mug").text


def test_synonyms_plurals_and_articles_find_things(kitchen) -> None:
    """ "The cups" are the mugs; fruit is a group."""
    mug = kitchen.ids["mug"]
    assert [t.id for t in kitchen.memory.find("the cups")] == [mug]
    assert [t.id for t in kitchen.memory.find("fruit")] == [kitchen.ids["apple"]]
    assert kitchen.memory.find("refrigerator", role=Role.FURNITURE)[0].id == kitchen.ids["fridge"]
    assert kitchen.memory.find("spaceship") == []
    assert kitchen.memory.find(mug)[0].id == mug


def test_of_several_the_one_acted_on_comes_first(kitchen) -> None:
    """Two mugs: the answer begins with the one that the robot dealt with last, and names the other."""
    kitchen.add("other", "mug", (0.3, 0.6, 0.85), (0.09, 0.09, 0.1), on="table", color=6)
    kitchen.looks(3)
    action = kitchen.memory.begin_action(Decision(Verb.PICK, kitchen.ids["mug"]), kitchen.now)
    kitchen.memory.end_action(action, Outcome(Status.BLOCKED, "in the way", kitchen.now, kitchen.now))
    kitchen.looks(3, only=lambda p: p.name != "mug")
    text = kitchen.memory.where("mug").text
    assert text.index(kitchen.ids["mug"]) < text.index(kitchen.ids["other"])


def test_where_at_an_earlier_time(kitchen) -> None:
    """From the intervals of facts: then here, now there, before that unknown."""
    then = kitchen.now
    kitchen.props["mug"].center, kitchen.props["mug"].on = np.array([0.5, 1.6, 1.9]), "fridge"
    kitchen.looks(8)
    mug = kitchen.ids["mug"]
    assert kitchen.memory.where(mug).value == (kitchen.ids["fridge"],)
    assert kitchen.memory.where(mug, at=then).value == (kitchen.ids["table"],)
    assert kitchen.memory.where(mug, at=-5.0).knowledge is Knowledge.UNKNOWN
    assert kitchen.memory.contents("table", at=then).value == (mug, kitchen.ids["apple"])
    assert kitchen.memory.contents("table").value == (kitchen.ids["apple"],)


def test_where_at_a_time_when_it_was_gone(kitchen) -> None:
    """Vanished by then: the answer does not repeat the old place."""
    kitchen.props["apple"].visible = False
    kitchen.looks(8)
    answer = kitchen.memory.where("apple", at=kitchen.now)
    assert answer.knowledge is Knowledge.ABSENT
    assert answer.value == ()


def test_state_now_then_and_unknown(kitchen) -> None:
    """A state with its interval; a thing without states says so."""
    then = kitchen.now
    kitchen.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    changes = [c for w in kitchen.looks(4) for c in w.changes]
    assert [(c.kind, c.id, c.cause) for c in changes] == [("state", kitchen.ids["fridge"], "exogenous")]
    assert kitchen.memory.state("fridge").value == ("closed",)
    assert kitchen.memory.state("fridge", "openness", at=then).value == ("open",)
    assert kitchen.memory.state("mug").knowledge is Knowledge.UNKNOWN


def test_own_action_is_believed_until_seen(kitchen) -> None:
    """The body says it closed the fridge: believed, with the action as cause; a look makes it seen."""
    action = kitchen.memory.begin_action(Decision(Verb.CLOSE, kitchen.ids["fridge"]), kitchen.now)
    kitchen.now += 1
    kitchen.memory.end_action(action, Outcome(Status.SUCCEEDED, "", kitchen.now - 1, kitchen.now))
    assert kitchen.memory.state("fridge").value == ("closed",)
    assert kitchen.memory.state("fridge").knowledge is Knowledge.BELIEVED
    kitchen.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    kitchen.props["milk"].visible = False
    kitchen.look()
    assert kitchen.memory.state("fridge").knowledge is Knowledge.SEEN


def test_count_is_a_lower_bound(kitchen) -> None:
    """At least so many; the gone are not counted."""
    assert kitchen.memory.count("fruits").value == ("1",)
    assert kitchen.memory.count("apples").text.startswith("At least 1 apple")
    kitchen.props["apple"].visible = False
    kitchen.looks(8)
    assert kitchen.memory.count("apple").value == ("0",)
    assert "gone" in kitchen.memory.count("apple").text


def test_changes_and_history_name_their_cause(kitchen) -> None:
    """What others did is exogenous, what the robot did carries the action's id."""
    start = kitchen.now
    kitchen.props["apple"].visible = False
    kitchen.looks(8)
    action = kitchen.memory.begin_action(Decision(Verb.CLOSE, kitchen.ids["fridge"]), kitchen.now)
    kitchen.memory.end_action(action, Outcome(Status.SUCCEEDED, "", kitchen.now, kitchen.now))
    answer = kitchen.memory.changed_since(start)
    assert set(answer.value) == {kitchen.ids["apple"], kitchen.ids["fridge"]}
    assert f"by the robot, {action}" in answer.text
    assert "gone from the table" in answer.text
    assert kitchen.memory.changed_since(kitchen.now).value == ()
    story = kitchen.memory.history("apple").text
    assert story.index("first seen") < story.index("gone")


def test_failed_actions_are_part_of_the_history(kitchen) -> None:
    """A failure is told, listed, and recalled."""
    apple = kitchen.ids["apple"]
    action = kitchen.memory.begin_action(Decision(Verb.PICK, apple), kitchen.now)
    kitchen.memory.end_action(action, Outcome(Status.SLIPPED, "too smooth", kitchen.now, kitchen.now))
    assert [a.id for a in kitchen.memory.failures("pick", apple)] == [action]
    assert kitchen.memory.failures("pick", kitchen.ids["mug"]) == []
    assert "too smooth" in kitchen.memory.history("apple").text
    assert "too smooth" in kitchen.memory.recall("bring the apple").text


def test_places_to_look_sum_to_one_and_respect_negative_evidence(kitchen) -> None:
    """A closed container that was not looked into beats the table that was; "somewhere unknown" is always there."""
    before = {c.label: c.probability for c in kitchen.memory.places_to_look("sponge")}
    assert sum(before.values()) == pytest.approx(1.0)
    assert "somewhere unknown" in before
    world = kitchen.memory._world
    world.coverage[kitchen.ids["table"]] = (0.95, kitchen.now)
    after = {c.label: c.probability for c in kitchen.memory.places_to_look("sponge")}
    assert after["table"] < 0.3 * before["table"]
    assert sum(after.values()) == pytest.approx(1.0)


def test_a_known_thing_is_looked_for_where_it_was_unless_gone(kitchen) -> None:
    """First its own place; once it is gone from there, almost anywhere else."""
    assert kitchen.memory.places_to_look("mug")[0].place == kitchen.ids["table"]
    kitchen.props["mug"].visible = False
    kitchen.looks(8)
    ranked = kitchen.memory.places_to_look("mug")
    assert next(c for c in ranked if c.place == kitchen.ids["table"]).probability < 0.1


def test_usual_places_are_counted(kitchen) -> None:
    """Each new place of a class counts once."""
    assert kitchen.memory.usual_places("milk") == [("fridge", 1, 1.0)]


def test_recall_puts_the_asked_first_and_names_ids(kitchen) -> None:
    """The thing in question and its furniture lead; every id that is named is listed."""
    found = kitchen.memory.recall("take the milk out", focus=())
    lines = found.text.splitlines()
    assert lines[1].startswith(f"{kitchen.ids['milk']} milk")
    assert kitchen.ids["fridge"] in found.ids
    assert found.tokens == tokens(found.text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 400), st.sampled_from(["", "the mug", "put the apple in the fridge", "unicorn sponge", "o1 o2 o3"])
)
def test_recall_never_exceeds_its_budget(kitchen, budget: int, query: str) -> None:
    """Whatever is asked with whatever budget."""
    assert tokens(kitchen.memory.recall(query, budget).text) <= budget


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Where is the cup?", "on the table"),
        ("What is in the fridge?", "milk"),
        ("Is the fridge open?", "open"),
        ("How many apples are there?", "At least 1 apple"),
        ("What is the robot holding?", "hand is empty"),
        ("Is the milk in the fridge?", "Yes"),
        ("Is the mug in the fridge?", "No"),
        ("When did you last see the apple?", "just now"),
        ("Where should I look for the sponge?", "most likely"),
        ("What happened to the mug?", "first seen"),
        ("What changed?", "first seen"),
        ("What did you do?", "not asked"),
    ],
)
def test_ask_in_english(kitchen, question: str, part: str) -> None:
    """Every kind of question gets an answer that reads well."""
    answer = kitchen.memory.ask(question)
    assert part.lower() in answer.text.lower()
    assert answer.text[0].isupper()
    assert answer.text.endswith(".")


def test_nonsense_is_refused_with_examples(kitchen) -> None:
    """An error that helps, and nothing is written."""
    before = kitchen.memory.stats()["events"]
    with pytest.raises(InstructionError, match="where is the mug"):
        kitchen.memory.ask("flibber the snorgle")
    assert kitchen.memory.stats()["events"] == before


def test_unknown_ids_are_named(kitchen) -> None:
    """The message says what is wrong and what there is."""
    with pytest.raises(InputError, match="o99"):
        kitchen.memory.get("o99")
    with pytest.raises(InputError, match="a99"):
        kitchen.memory.end_action("a99", Outcome(Status.SUCCEEDED))
    with pytest.raises(InputError, match="no keyframe"):
        kitchen.memory.keyframe(1)
