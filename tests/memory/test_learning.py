"""What is learned: from what people say, from days alike, from what worked and what did not; and how it is forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.contracts import Decision, Outcome, Role, Status, Verb
from loci.errors import InputError
from loci.memory import Knowledge, Memory
from loci.memory.preferences import read
from loci.memory.procedures import task
from loci.memory.routines import DAY, LEAST_DAYS, WINDOW, Occurrence, part_of_day, routines

MONDAY = 1_699_833_600.0  # 2023-11-13, 00:00 UTC


# --- preferences --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "person", "kind", "subject", "value"),
    [
        ("I like my tea in the blue mug", "i", "like", "tea", "in blue mug"),
        ("always put the keys in the bowl", "i", "always", "key", "in bowl"),
        ("Anna prefers coffee to tea", "anna", "like", "coffee", "tea"),
        ("my favourite mug is the red one", "i", "like", "mug", "red mug"),
        ("The red bowl is my favorite", "i", "like", "bowl", "red bowl"),
        ("the plates belong in the cupboard", "i", "belongs", "plate", "in cupboard"),
        ("Please bring me the mug. I like coffee with milk.", "i", "like", "coffee", "with milk"),
        ("never put the knife in the drawer", "i", "never", "knife", "in drawer"),
        ("I don't like apples", "i", "dislike", "apple", ""),
        ("Tom hates bananas", "tom", "dislike", "banana", ""),
        ("Remember: the sponge goes in the sink", "i", "belongs", "sponge", "in sink"),
    ],
)  # fmt: skip
def test_lasting_wishes_are_read(text: str, person: str, kind: str, subject: str, value: str) -> None:
    """Who, what of it, and which way."""
    (said,) = read(text)
    assert (said.person, said.kind, said.subject, said.value) == (person, kind, subject, value)


@pytest.mark.parametrize(
    "text",
    ["I want the mug on the table", "Put the apple in the fridge", "I would like the mug on the table", "I like it here",
     "Put the mug back where it was", "Into the fridge goes the apple, and make sure it's closed after.",
     "The mug should go back to wherever you got it from.", "close the door", ""],
)  # fmt: skip
def test_wishes_for_now_are_not(text: str) -> None:
    """An instruction is no preference."""
    assert list(read(text)) == []


@given(st.text(max_size=120))
def test_reading_any_text_does_no_harm(text: str) -> None:
    """Text from the world is data."""
    for said in read(text):
        assert said.subject


# --- routines -----------------------------------------------------------------------------------------------------------
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=8, unique=True),
    st.floats(0, DAY - 1),
    st.floats(0, WINDOW / 2 - 1),
)
def test_a_routine_has_its_days(days: list[int], tod: float, jitter: float) -> None:
    """Once a day around one time, also around midnight: a routine from the third day on, with that time and those days."""
    happened = [
        Occurrence("fridge", "is open", MONDAY + d * DAY + tod + (jitter if d % 2 else 0.0), k)
        for k, d in enumerate(days)
    ]
    found = routines(happened)
    own = {o.stamp // DAY for o in happened}
    assert len(found) == (len(own) >= LEAST_DAYS)
    for routine in found:
        assert routine.support == len(own)
        assert abs((float(routine.value[2]) - tod + DAY / 2) % DAY - DAY / 2) <= jitter + 1.0
        assert routine.value[1] == part_of_day(float(routine.value[2])) or jitter > 0
        assert 0.5 < routine.probability < 1


def test_weekdays_are_told_from_weekends() -> None:
    """Opened at eight from Monday to Friday, something else at the weekend."""
    happened = [Occurrence("fridge", "is open", MONDAY + d * DAY + 8 * 3600, d) for d in range(12) if d % 7 < 5]
    happened += [Occurrence("mug", "comes to be on the sofa", MONDAY + d * DAY + 15 * 3600, 50 + d) for d in (5, 6)]
    (routine,) = routines(happened)
    assert routine.context == "on weekdays"
    assert "08:00" in routine.text


def test_days_in_a_house(stage) -> None:
    """The mug is on the counter in the mornings and on the table at night: by time of day, by question, and as a habit."""
    stage.kitchen()
    stage.now = MONDAY
    stage.add("counter", "counter", (0.5, -1.6, 0.4), (0.8, 0.8, 0.8), role=Role.FURNITURE)
    stage.looks(4)
    mug = stage.props["mug"]
    for day in range(4):
        for hour, host, y in ((8, "counter", -1.6), (20, "table", 0.2)):
            stage.now = MONDAY + day * DAY + hour * 3600.0
            mug.on, mug.center = host, np.array([0.3, y, 0.85])
            stage.looks(6)
    memory = stage.memory
    morning = memory.ask("Where is the mug usually in the morning?")
    assert morning.value[0] == "counter"
    assert memory.ask("Where is the mug usually at night?").value[0] == "table"
    answer = memory.ask("What usually happens in the morning?")
    assert "counter" in answer.text
    assert "08:0" in answer.text
    assert "every day" in answer.text
    assert all(memory.event(seq).seq == seq for seq in answer.evidence)
    assert memory.ask("How often does the mug get moved?").text.startswith("Mugs move about every")
    with memory.replay(":memory:") as again:
        assert again.learned() == memory.learned()


# --- procedures ---------------------------------------------------------------------------------------------------------
def put_milk_out(stage, fails: bool = False) -> None:
    """Open, pick, place: one episode."""
    memory = stage.memory
    episode = memory.begin_episode("Put the milk on the table, please.", stage.now)
    steps = [(Verb.OPEN, "fridge", None), (Verb.PICK, "milk", None), (Verb.PLACE, "table", "on")]
    for verb, target, relation in steps[: 2 if fails else 3]:
        id = memory.begin_action(Decision(verb, stage.ids[target], relation), stage.now)
        stage.now += 2
        status = Status.SLIPPED if fails and verb is Verb.PICK else Status.SUCCEEDED
        memory.end_action(id, Outcome(status, "", stage.now - 2, stage.now))
    memory.end_episode(episode, "failed" if fails else "done", stage.now)


def test_what_worked_can_be_done_again_under_guards(stage) -> None:
    """Trials and successes; bound to what is known now; what does not hold yet is told; what a step brings about counts."""
    stage.kitchen()
    stage.looks(5)
    put_milk_out(stage)
    stage.looks(3)
    put_milk_out(stage, fails=True)
    (procedure,) = stage.memory.procedures("put the milk on the table")
    assert [str(s) for s in procedure.steps] == ["open fridge", "pick milk", "place on table"]
    assert (procedure.trials, procedure.successes) == (2, 1)
    assert procedure.probability == 0.5
    bound = stage.memory.rehearse(procedure)
    assert [b.decision.verb for b in bound] == [Verb.OPEN, Verb.PICK, Verb.PLACE]
    assert [b.decision.target for b in bound] == [stage.ids[n] for n in ("fridge", "milk", "table")]
    assert all(b.unmet == () for b in bound)
    action = stage.memory.begin_action(Decision(Verb.PICK, stage.ids["apple"]), stage.now)
    stage.memory.end_action(action, Outcome(Status.SUCCEEDED, "", stage.now, stage.now))
    assert stage.memory.rehearse(procedure)[1].unmet == ("the hand has to be empty",)
    assert stage.memory.procedures("burn the house") == []
    assert "Done before" in stage.memory.recall("Put the milk on the table", 2000, tier="mid").text


def test_a_procedure_for_what_is_not_there_is_refused(stage) -> None:
    """Nothing of the class is known: the error says which."""
    stage.kitchen()
    stage.looks(5)
    put_milk_out(stage)
    (procedure,) = stage.memory.procedures()
    with Memory.open(":memory:") as empty, pytest.raises(InputError, match="fridge"):
        empty.rehearse(procedure)


@given(
    st.sampled_from(["", "please ", "could you "]),
    st.sampled_from(["the", "a", "my"]),
    st.sampled_from(["mug", "cup", "mugs"]),
)
def test_a_task_is_the_same_in_other_words(lead: str, article: str, word: str) -> None:
    """Politeness, articles, synonyms and plurals make no difference."""
    assert task(f"{lead}Put {article} {word} on the table!") == task("put the mug on the table")


# --- forgetting what was learned ------------------------------------------------------------------------------------------
def test_a_forgotten_remark_is_no_preference_any_more(stage) -> None:
    """Erasing the note erases what was learned from it, also from what this process had in mind, and from the file."""
    stage.kitchen()
    stage.looks(3)
    memory = stage.memory
    memory.note("remark", "I like my tea in the turquoise mug", stage.now)
    seq = memory.learned("preference")[0].evidence[0]
    assert memory.search("turquoise", tier="high")
    assert memory.ask("How do I like my tea?").value == ("in turquoise mug",)
    memory.forget(note=seq)
    assert memory.learned("preference") == []
    assert memory.search("turquoise", tier="mid") == []
    assert memory.ask("How do I like my tea?").knowledge is Knowledge.UNKNOWN
    assert "turquoise" not in "\n".join(memory.dump())
    assert not any("turquoise" in text for text in memory._retrieval._vectors)


def test_a_wish_in_an_instruction_is_forgotten_with_its_words(stage, tmp_path) -> None:
    """By the event that the preference names; what was done then stays, the words are in no byte of the file."""
    stage.kitchen()
    stage.looks(3)
    path = tmp_path / "own.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        episode = memory.begin_episode("I like my tea in the turquoise mug. Close the fridge.", 1.0)
        memory.begin_subgoal("think of the turquoise mug", 1.5)
        memory.note("report", "heard: I like my tea in the turquoise mug. Close the fridge.", 1.6)
        action = memory.begin_action(Decision(Verb.LOOK, why="the turquoise mug is liked"), 2.0)
        memory.end_action(action, Outcome(Status.SUCCEEDED, "", 2.0, 3.0))
        memory.end_episode(episode, "done", 4.0)
        (wish,) = memory.learned("preference")
        memory.forget(note=wish.evidence[0])
        assert memory.learned("preference") == []
        assert memory.episodes()[0].actions[0].id == action
        assert memory.verify().ok
        with pytest.raises(InputError, match="no note and no instruction"):
            memory.forget(note=2)
        with memory.replay(":memory:") as again:
            assert list(again.dump()) == list(memory.dump())
    assert b"turquoise" not in b"".join(p.read_bytes() for p in tmp_path.glob("own.db*"))


def test_what_people_like_outlives_compaction(stage) -> None:
    """A year later the remark about the weather is gone, the one about the tea is not."""
    stage.kitchen()
    stage.looks(3)
    memory = stage.memory
    memory.note("remark", "I like my tea in the turquoise mug", stage.now)
    memory.note("remark", "it rained all day", stage.now)
    stage.now += 365 * DAY
    stage.looks(3)
    memory.compact(1)
    notes = [text for (text,) in memory._store.db.execute("SELECT text FROM notes")]
    assert notes == ["I like my tea in the turquoise mug"]
    assert memory.ask("How do I like my tea?").value == ("in turquoise mug",)


def test_a_forgotten_thing_teaches_nothing_any_more(stage) -> None:
    """Lessons, usual places, procedures and pieces of the past that name it are gone; the rest stays."""
    stage.kitchen()
    stage.looks(5)
    for _ in range(2):
        put_milk_out(stage, fails=True)
        stage.looks(2)
    memory = stage.memory
    assert memory.learned("lesson", "milk")
    before = memory.learned("effect", "fridge")
    memory.forget(thing=stage.ids["milk"])
    assert memory.learned("lesson", "milk") == []
    assert not any("milk" in f.text for f in memory.learned())
    assert not any("milk" in m.text for m in memory._retrieval.moments.all().values())
    assert [f.text for f in memory.learned("effect", "fridge")] == [f.text for f in before]
    assert memory.verify().ok


def test_a_forgotten_span_takes_its_lessons_along(stage) -> None:
    """What was tried in that time was never tried."""
    stage.kitchen()
    stage.looks(5)
    start = stage.now
    put_milk_out(stage, fails=True)
    end = stage.now
    stage.looks(3)
    assert stage.memory.learned("lesson")
    stage.memory.forget(between=(start, end))
    assert stage.memory.learned("lesson") == []
    assert stage.memory.procedures() == []
