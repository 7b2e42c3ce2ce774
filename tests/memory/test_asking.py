"""Answers to every kind of question: from belief, from the past, from what was done, and from what was learned of it."""

from __future__ import annotations

import numpy as np
import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Status, Verb
from loci.geometry import Box
from loci.memory import Knowledge, Memory
from loci.memory.english import KINDS


@pytest.fixture
def kitchen(stage):
    stage.kitchen()
    stage.looks(6, keyframe=True)
    return stage


def act(stage, verb: Verb, target: str, status: Status = Status.SUCCEEDED, detail: str = "", why: str = "",
        relation: str | None = None) -> str:  # fmt: skip
    """One action of the robot, with the time that it takes."""
    id = stage.memory.begin_action(Decision(verb, stage.ids[target], relation, why=why), stage.now)
    stage.now += 2.0
    stage.memory.end_action(id, Outcome(status, detail, stage.now - 2.0, stage.now))
    return id


def shut(stage, closed: bool) -> None:
    """The fridge is closed or opened by somebody, and seen so."""
    low, high = (0.05, 0.95) if closed else (0.95, 0.05)
    stage.props["fridge"].states = {"openness": {"open": low, "closed": high}}
    stage.props["milk"].visible = not closed
    stage.looks(4)


def test_why_and_who_name_the_robot_and_its_reason(kitchen) -> None:
    """The action, the task that it was for, the reason that was given."""
    episode = kitchen.memory.begin_episode("close the fridge", kitchen.now)
    action = act(kitchen, Verb.CLOSE, "fridge", why="it was asked for")
    kitchen.memory.end_episode(episode, "done", kitchen.now)
    why = kitchen.memory.ask("Why is the fridge closed?")
    assert why.value == (action,)
    assert "it was asked for" in why.text
    assert episode in why.text
    assert why.evidence
    who = kitchen.memory.ask("Who has used the fridge?")
    assert who.value[0] == "robot"
    assert action in who.text


def test_what_others_did_is_said_to_be_others(kitchen) -> None:
    """A change without an action of the robot's: not by the robot, and when it was noticed."""
    kitchen.props["apple"].visible = False
    kitchen.looks(8)
    why = kitchen.memory.ask("Why is the apple gone?")
    assert why.value == ("someone else",)
    assert "not by the robot" in why.text
    assert kitchen.memory.ask("Has anyone touched the apple?").value == ("someone else",)
    untouched = kitchen.memory.ask("Has anyone touched the mug?")
    assert untouched.value == ()
    assert untouched.knowledge is Knowledge.UNOBSERVED


def test_order_of_two_and_of_actions(kitchen) -> None:
    """Which came first, what came after, what was last."""
    first = act(kitchen, Verb.CLOSE, "fridge")
    second = act(kitchen, Verb.PICK, "apple")
    kitchen.now += 1
    kitchen.props["mug"].center = np.array([0.5, -0.5, 0.85])
    kitchen.looks(8)
    mug, apple = kitchen.ids["mug"], kitchen.ids["apple"]
    assert kitchen.memory.ask("Which was moved first, the mug or the apple?").value == (apple, mug)
    assert kitchen.memory.ask("What did you do after you closed the fridge?").value == (second,)
    assert kitchen.memory.ask("What did you do before you picked the apple?").value == (first,)
    assert kitchen.memory.ask("Which did you see first, the mug or the unicorn?").knowledge is Knowledge.UNKNOWN


def test_an_event_instead_of_a_time(kitchen) -> None:
    """ "before you closed the fridge" is the moment before that action."""
    act(kitchen, Verb.CLOSE, "fridge")
    assert kitchen.memory.ask("Was the fridge open before you closed the fridge?").value == ("open",)
    assert kitchen.memory.ask("Is the fridge open?").value == ("closed",)
    unknown = kitchen.memory.ask("Where was the mug before the elephant sneezed?")
    assert unknown.knowledge is Knowledge.UNKNOWN


def test_where_it_was_before(kitchen) -> None:
    """Without a time: where it was until it came to where it is."""
    kitchen.props["mug"].center, kitchen.props["mug"].on = np.array([0.5, 1.6, 1.9]), "fridge"
    kitchen.looks(8)
    answer = kitchen.memory.ask("What was the location of the mug before?")
    assert answer.value == (kitchen.ids["table"],)
    assert kitchen.memory.ask("What was the position of the mug at 2.9?").value == (kitchen.ids["table"],)


def test_what_was_there_before_and_at_the_beginning(kitchen) -> None:
    """Without a time: until the last change there, or from its first."""
    kitchen.props["mug"].center, kitchen.props["mug"].on = np.array([0.5, 1.6, 1.9]), "fridge"
    kitchen.looks(8)
    shut(kitchen, closed=True)
    mug, apple, milk = (kitchen.ids[n] for n in ("mug", "apple", "milk"))
    assert set(kitchen.memory.ask("What was on the table before?").value) == {mug, apple}
    assert set(kitchen.memory.ask("What was in the fridge at the beginning?").value) == {milk}
    assert kitchen.memory.ask("What state was the fridge in before?").value == ("open",)


def test_usual_places_by_count(kitchen) -> None:
    """Counted placements; of what nothing is known, that is said."""
    answer = kitchen.memory.ask("Where does the milk belong?")
    assert answer.value == ("fridge",)
    assert 0 < answer.probability < 1
    assert kitchen.memory.ask("Where do unicorns belong?").knowledge is Knowledge.UNKNOWN


def test_lessons_with_a_clause_that_says_when_not(kitchen) -> None:
    """Picks fail while the fridge is closed and work while it is open: precondition, lesson, effect."""
    memory = kitchen.memory
    for _ in range(2):
        shut(kitchen, closed=True)
        act(kitchen, Verb.PICK, "milk", Status.BLOCKED, "the door is in the way")
        shut(kitchen, closed=False)
        act(kitchen, Verb.PICK, "milk")
        act(kitchen, Verb.PLACE, "table", relation="on")
        kitchen.looks(2)
        act(kitchen, Verb.PICK, "milk")
        act(kitchen, Verb.PLACE, "fridge", relation="in")
        kitchen.looks(2)
    lesson = next(f for f in memory.learned("lesson", "milk") if f.context)
    assert lesson.context == "the fridge is closed"
    assert lesson.unless == "the fridge is open"
    assert lesson.support == 2
    needed = memory.learned("precondition", "milk")[0]
    assert needed.value == ("the fridge", "open")
    answer = memory.ask("What should I watch out for when picking up the milk?")
    assert "fridge is closed" in answer.text
    assert "the door is in the way" in answer.text
    assert answer.knowledge is Knowledge.BELIEVED
    assert all(memory.event(seq).seq == seq for seq in answer.evidence)
    assert "the fridge is closed" in memory.recall("pick the milk", 2000, tier="mid").text
    assert memory.ask("Any lessons about the mug?").knowledge is Knowledge.UNKNOWN
    assert memory.ask("What should I watch out for with the unicorn?").knowledge is Knowledge.UNKNOWN


def test_preferences_and_their_contradictions(kitchen) -> None:
    """What was said last holds; what was said before is shown, with until when."""
    memory = kitchen.memory
    memory.note("remark", "I like my tea in the blue mug.", 10.0)
    memory.note("remark", "Anna prefers coffee to tea", 11.0)
    episode = memory.begin_episode("Actually, I like my tea in the green mug.", 20.0)
    memory.end_episode(episode, "done", 21.0)
    answer = memory.ask("How do I like my tea?")
    assert answer.value[0] == "in green mug"
    assert "blue mug" in answer.caveat
    said = {p.value[0]: p for p in memory.learned("preference", "tea")}
    assert said["in blue mug"].until == 20.0
    assert said["in blue mug"].contradicts
    assert said["in green mug"].until is None
    assert memory.ask("What does Anna prefer?").value == ("tea",)
    assert "prefers coffee to tea" in memory.ask("What does Anna prefer?").text
    assert memory.ask("What does Tom prefer?").knowledge is Knowledge.UNKNOWN


def test_similar_episodes_by_words_and_meaning(kitchen) -> None:
    """The most alike comes first; the present one is not similar to itself."""
    memory = kitchen.memory
    ids = []
    for k, wish in enumerate(("put the mug on the table", "close the fridge", "bring the mug to the table")):
        ids.append(memory.begin_episode(wish, 10.0 + k))
        memory.end_episode(ids[-1], "done", 10.5 + k)
    assert memory.ask("Have you ever done anything like putting the mug on the table?").value[0] == ids[0]
    assert memory.similar_episodes(ids[2])[0].moment.id == ids[0]
    assert ids[2] not in [f.moment.id for f in memory.similar_episodes(ids[2])]
    assert memory.ask("Have you done anything like this before?").value[0] == ids[0]


def test_routines_need_days(kitchen) -> None:
    """Nothing is a routine that was seen once."""
    assert kitchen.memory.ask("What usually happens in the morning?").knowledge is Knowledge.UNKNOWN
    assert kitchen.memory.learned("routine") == []


@pytest.mark.parametrize(
    "question",
    [
        "Where is the mug?", "Where was the mug 2 seconds ago?", "Is the fridge open?", "Was the fridge open at 1.5?",
        "What is on the table?", "What was on the table at 2.5?", "When did you last see the mug?",
        "What happened to the mug?", "How many mugs are there?", "Which was moved first, the mug or the apple?",
        "What changed?", "Why is the mug on the table?", "Where do mugs usually go?", "Who moved the mug?",
        "Have you done something similar before?", "What did you learn about opening the fridge?",
        "When is the fridge usually opened?", "How do I like my tea?", "What are you holding?",
        "Where should I look for the sponge?", "Is there a mug on the table?", "What did you do?",
        "What did you do first?", "Who used the unicorn?", "Where were the glasses yesterday?",
    ],
)  # fmt: skip
def test_every_kind_has_an_answer_and_none_writes(kitchen, question: str) -> None:
    """A sentence, a probability, a status; asking leaves no trace in the log."""
    before = kitchen.memory.stats()["events"]
    answer = kitchen.memory.ask(question)
    assert answer.text[0].isupper() or answer.text[0] == "“"
    assert answer.text.endswith((".", "?", "!", ")"))
    assert 0.0 <= answer.probability <= 1.0
    assert answer.age is None or answer.age >= -1e-6
    assert all(kitchen.memory.event(seq).seq == seq for seq in answer.evidence)
    assert kitchen.memory.stats()["events"] == before


def test_an_empty_memory_knows_nothing() -> None:
    """No kind of question fails on a memory without an event."""
    asked = (
        "Where is the mug?", "Why is the mug gone?", "Who moved the mug?", "What did you do first?", "What changed?",
        "Have you done this before?", "When is it usually opened?", "Where do mugs go?", "How do I like my tea?",
        "Any lessons about the drawer?", "What are you holding?", "Where was the mug before you opened the door?",
    )  # fmt: skip
    with Memory.open(":memory:") as memory:
        for question in asked:
            assert memory.ask(question).value in ((), ("",)), question
    assert len(KINDS) == 19


def test_how_often_when_and_how_long_are_answered_first(kitchen) -> None:
    """Not with the whole history; a pick and the place after it are one move."""
    memory = kitchen.memory
    assert "was never moved since" in memory.ask("How often has the mug been moved?").text
    for target in ("fridge", "table"):
        act(kitchen, Verb.PICK, "mug")
        act(kitchen, Verb.PLACE, target, relation="on")
    assert "was moved twice since" in memory.ask("How often has the mug been moved?").text
    assert "was put on the table" in memory.ask("When was the mug moved?").text
    assert "fridge" not in memory.ask("When was the mug moved?").text
    assert memory.ask("How long has the mug been there?").text.startswith("For ")
    told = memory.ask("What happened to the mug?").text
    assert told.count("was put on") == 2
    assert "hand" not in told
    assert memory.ask("Are you holding the mug?").text.startswith("No. ")
    act(kitchen, Verb.PICK, "mug")
    assert memory.ask("Are you holding the mug?").text.startswith("Yes. ")
    assert "hand" in memory.ask("What happened to the mug?").text


def test_a_room_is_a_place_where_memory_was_told_of_rooms() -> None:
    """What is in it, how many, and the room of a thing; without rooms a room is everywhere."""
    with Memory.open(":memory:", clock=lambda: 100.0) as memory:
        for label, x in (("table", 0.0), ("sofa", 6.0), ("coffee table", 7.5)):
            memory.write(ObjectReport(1.0, "robot", "map", {label: 0.99}, Box.from_bounds((x, 0, 0), (x + 1, 1, 0.5))))
        assert "in the living room" not in memory.ask("Where is the sofa?").text
        assert memory.ask("Is there a sofa in the kitchen?").value[0] == "yes"
        floor = memory.add_area("floor", "ground floor", map_id="map", box=((-1, -1, -1), (9, 4, 3)))
        memory.add_area("room", "kitchen", parent=floor, box=((-1, -1, -1), (4, 4, 3)))
        memory.add_area("room", "living room", parent=floor, box=((4, -1, -1), (9, 4, 3)))
        assert memory.ask("Where is the sofa?").text.endswith("in the living room.")
        inside = memory.ask("What's in the living room?")
        assert {memory.get(id).label for id in inside.value} == {"sofa", "coffee table"}
        assert memory.ask("Is there a sofa in the kitchen?").text.startswith("No")
        assert "0 sofa" in memory.ask("How many sofas are in the kitchen?").text


def test_a_dining_table_is_no_coffee_table() -> None:
    """Of two tables the one of another kind is not meant; where it is the only one, it is named as the nearest."""
    with Memory.open(":memory:", clock=lambda: 100.0) as memory:
        memory.write(ObjectReport(1.0, "robot", "map", {"coffee table": 0.99}, Box.from_bounds((0, 0, 0), (1, 1, 0.5))))
        unknown = memory.ask("Where is the dining table?")
        assert (unknown.knowledge, unknown.value) == (Knowledge.UNKNOWN, ())
        assert "nearest to it is the coffee table" in unknown.text
        memory.write(ObjectReport(1.0, "robot", "map", {"table": 0.99}, Box.from_bounds((5, 0, 0), (6, 1, 0.8))))
        assert "coffee" not in memory.ask("Where is the dining table?").text
        memory.write(
            ObjectReport(1.0, "robot", "map", {"dining table": 0.99}, Box.from_bounds((9, 0, 0), (10, 1, 0.8)))
        )
        assert memory.ask("Where is the dining table?").text.startswith("The dining table")


def test_what_no_longer_holds_is_a_contradiction(kitchen) -> None:
    """Taken back in words: the wish ends then, and both are shown."""
    memory = kitchen.memory
    memory.note("remark", "I like my tea in the blue mug.", 10.0)
    memory.note("remark", "I do not like my tea in the blue mug any more.", 20.0)
    new, old = memory.learned("preference", "tea")
    assert (new.value[0], new.until, old.value[0], old.until) == ("not in blue mug", None, "in blue mug", 20.0)
    assert new.contradicts
    assert old.contradicts
    assert "contradicts" in str(memory.ask("How do I like my tea?"))


@pytest.mark.parametrize(
    ("said", "question", "word"),
    [
        ("Grandma Hildegard likes peppermint tea", "What does Hildegard like?", "peppermint"),
        ("Ann likes her coffee black", "How does Ann like her coffee?", "black"),
        ("My wife hates onions", "What does my wife dislike?", "onions"),
        ("The plates belong in the cupboard", "Where do plates belong?", "cupboard"),  # no plate was ever seen
    ],
)
def test_what_people_said_is_found_by_who_and_what(kitchen, said: str, question: str, word: str) -> None:
    kitchen.memory.note("remark", "Ann prefers cocoa to milk in the evening", 9.0)
    kitchen.memory.note("remark", said, 10.0)
    answer = kitchen.memory.ask(question)
    assert word in answer.text.replace("cocoa", "")
    assert f"“{said}”" in answer.text  # as it was said
    assert answer.knowledge is Knowledge.BELIEVED


def test_before_what_was_done_is_before_it_was_done_and_not_tried(kitchen) -> None:
    """A try that failed for a reason in the same words is another event."""
    kitchen.looks(1)
    act(kitchen, Verb.PICK, "milk", Status.BLOCKED, "the door was in the way")
    opened = act(kitchen, Verb.OPEN, "fridge")
    act(kitchen, Verb.PICK, "milk")
    assert kitchen.memory.ask("What did you do before you picked up the milk?").value == (opened,)
    assert kitchen.memory.ask("What did you do after you tried to pick up the milk?").value == (opened,)


def test_gone_here_and_found_there_is_one_move(kitchen) -> None:
    """It was missed first and found later: moved once, not twice."""
    memory, mug = kitchen.memory, kitchen.props["mug"]
    mug.visible = False
    kitchen.looks(6)
    assert "was moved once since" in memory.ask("How often was the mug moved?").text
    mug.visible, mug.center = True, mug.center + np.array([0.3, 0.0, 0.0])
    kitchen.looks(6)
    kinds = [c[2] for c in memory._asking._changes(memory._world.node(kitchen.ids["mug"]))]
    assert kinds[:2] != ["vanished", "vanished"]
    assert "vanished" in kinds
    assert "was moved once since" in memory.ask("How often was the mug moved?").text
