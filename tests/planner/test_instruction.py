"""English → goals: the tasks and their many wordings, and honest errors for what makes no sense."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Role, Verb
from loci.errors import InstructionError
from loci.planner import AtOriginalPlace, Did, Held, In, Located, On, State, parse

ROOT = Path(__file__).resolve().parents[2]


def short(instruction: str) -> list[str]:
    """Goals in a compact form: "On mug<drawer table", "State fridge closed", "AtOriginalPlace mug"."""
    out = []
    for goal in parse(instruction).goals:
        thing = "/".join(goal.thing.labels) or goal.thing.phrase
        if goal.thing.source is not None:
            thing += "<" + goal.thing.source[1].labels[0]
        end = goal.place.labels[0] if isinstance(goal, On | In) else goal.value if isinstance(goal, State) else ""
        out.append(f"{type(goal).__name__} {thing} {end}".strip())
    return out


T1 = ["On mug<drawer table"]
T2 = ["In apple fridge", "State fridge closed"]
T3 = ["AtOriginalPlace mug"]


@pytest.mark.parametrize(
    ("said", "goals"),
    [
        ("Fetch the mug from the drawer and put it on the table.", T1),
        ("There is a mug in the drawer. Take it out and put it on the table.", T1),
        ("I need the mug that is in the drawer on the table.", T1),
        ("I'm thirsty, so bring the mug from the drawer to the table.", T1),
        ("Take out of the drawer the mug and place it on the table.", T1),
        ("Get the mug from the drawer. It should be on the table.", T1),
        ("On the table I want the mug from the drawer.", T1),
        ("In the drawer is a cup. Bring it to the table.", T1),
        ("Put the apple into the fridge and close it.", T2),
        ("After putting the apple in the fridge, close the fridge.", T2),
        ("Before closing the fridge, put the apple in it.", T2),
        ("The apple will go off: put it in the refrigerator and shut the door.", T2),
        ("Since the apple is ripe, move it to the fridge and shut the fridge.", T2),
        ("Stow the apple in the refrigerator with the door closed.", T2),
        ("I want the apple in the fridge and the fridge closed.", T2),
        ("Apple into the fridge, then close the door.", T2),
        ("Put the mug back where you found it.", T3),
        ("Return that cup to wherever it came from, please.", T3),
        ("I'd be grateful if you could return the cup to the place you found it in.", T3),
        ("Put the mug away.", T3),
        ("You took a mug earlier; put it back where it belongs.", T3),
        ("Put the mug back in the drawer you took it from.", ["In mug drawer"]),
        ("Put the apple and the banana in the bowl.", ["In apple bowl", "In banana bowl"]),
        ("Move the mug in the drawer to the counter.", ["On mug<drawer counter"]),
        ("Fetch the mug from the drawer, put it on the table, then put the apple in the sink.", [*T1, "In apple sink"]),
        ("Open the fridge and leave it open.", ["State fridge open"]),
        ("Don't leave the fridge open.", ["State fridge closed"]),
        ("Pull the drawer open.", ["State drawer open"]),
        ("Bring me the banana.", ["Held banana"]),
        ("Find the sponge.", ["Located sponge"]),
        ("Can you put the can in the cupboard?", ["In can cupboard"]),
        ("Clear the table.", ["On everything<table counter"]),
    ],
)
def test_wordings(said: str, goals: list[str]) -> None:
    assert short(said) == goals


def test_order_reasons_and_pronouns_keep_one_reference() -> None:
    first, second = parse("Put the plate on the table and the apple on it.").goals
    assert isinstance(first, On)
    assert isinstance(second, On)
    assert second.thing.labels == ("apple",)


def test_kinds_of_goals() -> None:
    assert isinstance(parse("Bring me the red mug.").goals[0], Held)
    assert parse("Bring me the red mug.").goals[0].thing.colour == "red"
    assert isinstance(parse("Look for the book").goals[0], Located)
    assert isinstance(parse("Put it back.").goals[0], AtOriginalPlace)
    assert parse("Put it back.").goals[0].thing.recent
    go = parse("Go to the fridge.").goals[0]
    assert isinstance(go, Did)
    assert go.verb is Verb.NAVIGATE
    assert parse("Slice the apple.").goals[0].verb is Verb.SLICE  # understood, whether or not a body can
    assert parse("Put all the mugs in the sink").goals[0].thing.count == 0
    assert parse("Put both mugs on the table").goals[0].thing.count == 2
    assert parse("Put the other mug on the table").goals[0].thing.other


def test_open_then_close_stays_a_wish_of_its_own() -> None:
    opened, closed = parse("Open the fridge and then close it.").goals
    assert isinstance(opened, State)
    assert opened.passing
    assert isinstance(closed, State)
    assert not closed.passing


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Put the banjo on the table.", "banjo"),
        ("Fetch the sandwich from the drawer.", "sandwich"),
        ("Put the apple into the dishwasher and close it.", "dishwasher"),
        ("Paint the fridge.", "paint"),
        ("Paint the fridge and close it.", "paint"),
        ("Put the apple next to the fridge.", "next to"),
        ("Put the fridge in the apple.", "fridge"),
        ("Open the apple.", "apple"),
        ("Close the banana.", "banana"),
        ("Put the mug on the apple.", "apple"),
        ("Put the mug.", "where to"),
        ("Don't put the apple in the fridge.", "not"),
        ("If the fridge is open, close it.", "condition"),
        ("Where is the mug?", "question"),
        ("Fetch", "fetch"),
    ],
)
def test_errors_name_what_is_wrong(said: str, word: str) -> None:
    with pytest.raises(InstructionError, match=f"(?i){word}"):
        parse(said)


def test_error_offers_the_nearest_word_or_examples() -> None:
    with pytest.raises(InstructionError, match="did you mean sponge"):
        parse("Put the spoonge in the sink.")
    with pytest.raises(InstructionError, match="Fetch the mug from the drawer"):
        parse("mug mug mug")


@pytest.mark.parametrize(
    "said", ["", "   ", "12345", "!?", "Drawer.", "Table the on mug.", "fridge the close mug into", "a" * 5000]
)
def test_nonsense_is_refused(said: str) -> None:
    with pytest.raises(InstructionError):
        parse(said)


def test_classes_from_memory_can_be_named() -> None:
    with pytest.raises(InstructionError, match="lamp"):
        parse("Bring me the lamp.")
    task = parse("Put the lamp on the desk.", known=[("lamp", Role.OBJECT), ("desk", Role.FURNITURE)])
    assert [str(g) for g in task.goals] == ["the lamp on the desk"]


def test_sentences_written_before_the_parser() -> None:
    """All 60; the first run, before any fix, understood 53 of them (see the change log)."""
    triples = json.loads((ROOT / "launch" / "paraphrases.json").read_text())["triples"]
    wrong = []
    for triple in triples:
        for name, allowed in (("t1", T1), ("t2", T2), ("t3", T3)):
            got = [g for g in short(triple[name]) if not g.startswith("Did")]
            if got != allowed and not (name == "t3" and got == ["In mug drawer"]):
                opened = name == "t1" and [g for g in got if g != "State drawer open"] == allowed
                wrong += [] if opened else [(triple[name], got)]
    assert wrong == []


def test_nonsense_written_before_the_parser() -> None:
    for case in json.loads((ROOT / "tests" / "data" / "nonsense.json").read_text())["refuse"]:
        with pytest.raises(InstructionError):
            parse(case["text"])


SALAD = """put the mug apple fridge drawer table in on into from it back and then close open where you found not all other
red , . is that door out with me to if before after please there one take fetch leave"""


def test_never_anything_but_a_task_or_an_instruction_error() -> None:
    """Any order of known words is either understood or refused, and never takes down the parser."""
    rng = np.random.default_rng(7)
    words = [
        "put",
        "the",
        "mug",
        "apple",
        "fridge",
        "drawer",
        "table",
        "in",
        "on",
        "into",
        "from",
        "it",
        "back",
        "and",
        "then",
        "close",
        "open",
        "where",
        "you",
        "found",
        "not",
        "all",
        "other",
        "red",
        ",",
        ".",
        "is",
        "that",
        "door",
        "out",
        "with",
        "me",
        "to",
        "if",
        "before",
        "after",
        "please",
        "there",
        "one",
        "take",
        "fetch",
        "leave",
    ]
    understood = 0
    for _ in range(1500):
        text = " ".join(rng.choice(words, size=int(rng.integers(1, 12))))
        with contextlib.suppress(InstructionError):
            understood += bool(parse(text).goals)
    assert 0 < understood < 700  # most word salad is refused
