"""Which thing a word means, where memory knows it by its very name and where it does not."""

from __future__ import annotations

from types import ModuleType

import pytest

from loci.contracts import Role
from loci.planner import Loop, OfflinePolicy
from loci.planner.instruction import parse
from loci.planner.vocabulary import Vocabulary, relation_for

HOUSE = [("table", Role.FURNITURE), ("dining table", Role.FURNITURE), ("sink", Role.FURNITURE),
         ("washbasin", Role.FURNITURE), ("mug", Role.OBJECT), ("cup", Role.OBJECT)]  # fmt: skip


@pytest.mark.parametrize("known", [HOUSE, [pair for pair in HOUSE if pair[0] != "table"]])
@pytest.mark.parametrize("said", ["dining table", "washbasin", "cup", "Dining_Table"])
def test_a_class_of_memory_is_not_read_as_another_word(known, said) -> None:
    noun = Vocabulary().extended(known).noun(said.lower().replace("_", " "))
    assert noun is not None
    assert noun.labels == (said.lower().replace("_", " "),)


def test_a_word_that_memory_does_not_know_stands_for_its_class() -> None:
    for vocabulary in (Vocabulary(), Vocabulary().extended([("table", Role.FURNITURE)])):
        noun = vocabulary.noun("dining table")
        assert noun is not None
        assert noun.labels == ("table",)


def tables(toy: ModuleType, *classes: str) -> tuple[Loop, dict[str, str]]:
    """A robot that has looked around among these pieces; where what is, by name."""
    kitchen = toy.Kitchen(
        {f"the_{c}": c for c in (*classes, "counter")}, {"apple": "apple"}, {"apple": ("on", "the_counter")}
    )
    robot = toy.ToyRobot(kitchen)
    memory = toy.ToyMemory(robot)
    loop = Loop(robot, toy.ToyPerceiver(), memory, OfflinePolicy(memory))
    loop.survey()
    return loop, kitchen.at


@pytest.mark.parametrize(
    ("classes", "said", "meant"),
    [
        (("table", "dining table"), "dining table", "dining table"),
        (("dining table", "table"), "table", "table"),
        (("table", "dining table"), "kitchen table", "table"),
        (("dining table",), "table", "dining table"),
        (("table",), "dining table", "table"),
        (("sink", "washbasin"), "washbasin", "washbasin"),
        (("washbasin", "sink"), "sink", "sink"),
    ],
)
def test_the_thing_of_that_name_is_taken(toy: ModuleType, classes, said, meant) -> None:
    loop, at = tables(toy, *classes)
    report = loop.run(f"Put the apple on the {said}.")
    assert report.done
    assert at["apple"][1] == f"the_{meant}"


@pytest.mark.parametrize(
    ("label", "said", "relation"),
    [
        ("wardrobe", "in", "in"),
        ("wardrobe", "on", "on"),
        ("dishwasher", None, "in"),
        ("nightstand", "in", "in"),
        ("nightstand", None, "on"),
        ("dining table", "in", "on"),
        ("washbasin", "on", "in"),
        ("tray", None, "on"),
    ],
)
def test_in_and_on(label, said, relation) -> None:
    assert relation_for(label, said) == relation


def test_what_holds_things_is_a_place_though_it_can_be_carried() -> None:
    known = [("tray", Role.OBJECT), ("box", Role.OBJECT), ("book", Role.OBJECT)]
    assert str(parse("Put the book in the box", known)) == "the book in the box"
    assert str(parse("Put the book on the tray", known)) == "the book on the tray"
