"""Rooms, floors and robots in questions: which are meant, what is or was there, what each robot holds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Status, Verb
from loci.errors import InstructionError
from loci.geometry import Box
from loci.launch.bench_recall import right
from loci.memory import Knowledge, Memory
from loci.memory.embedding import find_weights
from loci.memory.english import parse
from loci.memory.rooms import inside
from loci.memory.storeys import storeys

DATA = Path(__file__).parent.parent / "data"
HIGH = 2.8  # metres from floor to floor
SEEN = (("table", 0.0, 0), ("mug", 0.2, 0), ("bed", 0.0, 1), ("lamp", 2.0, 1), ("desk", 6.0, 1), ("trunk", 0.0, 2))
"""Class, where along the house, on which floor."""


def house(memory: Memory, *names: str) -> dict[str, str]:
    """Things on as many floors as have names, in one map; class → id."""
    for level, name in enumerate(names):
        low, high = (-1.0, -1.0, level * HIGH), (9.0, 4.0, (level + 1) * HIGH - 0.1)
        id = memory.add_area("floor", name, map_id="map", box=(low, high))
        for room, x in ((f"room {level}1", -1.0), (f"room {level}2", 4.0)):
            memory.add_area("room", room, parent=id, box=((x, -1.0, low[2]), (x + 5.0, 4.0, high[2])))
    ids = {}
    for label, x, level in SEEN:
        if level < len(names):
            low = np.array([x, 0.0, level * HIGH + 0.1])
            ids[label] = memory.write(
                ObjectReport(1.0, "robot", "map", {label: 0.99}, Box.from_bounds(low, low + 0.4))
            ).ids[0]
    return ids  # type: ignore[return-value]


@pytest.fixture
def memory():
    with Memory.open(":memory:", clock=lambda: 100.0) as memory:
        yield memory


@pytest.mark.parametrize(
    ("names", "asked", "meant"),
    [
        (("ground floor", "upper floor"), "upstairs", [1]), (("ground floor", "upper floor"), "downstairs", [0]),
        (("ground floor", "upper floor"), "second floor", [1]), (("ground floor", "upper floor"), "first floor", [1]),
        (("ground floor", "upper floor"), "top floor", [1]), (("ground floor", "upper floor"), "basement", []),
        (("ground floor", "upper floor", "attic"), "upstairs", [1, 2]), (("one", "two", "three"), "second floor", [1]),
        (("one", "two", "three"), "first floor", [0]), (("basement", "ground floor", "first floor"), "upstairs", [2]),
        (("basement", "ground floor", "first floor"), "first floor", [2]), (("basement", "ground floor"), "downstairs", [0]),
        (("basement", "ground floor", "first floor"), "cellar", [0]), (("ground floor",), "upstairs", []), ((), "upstairs", []),
    ],
)  # fmt: skip
def test_which_floor_is_meant(memory, names: tuple[str, ...], asked: str, meant: list[int]) -> None:
    """By height, by name, counted from the ground; none where there is none such."""
    house(memory, *names)
    assert [a.label for a in storeys(memory._world, asked)] == [names[k] for k in meant]


def test_floors_that_are_maps_of_their_own_are_told_by_their_names(memory) -> None:
    """Heights of two maps have nothing to do with each other."""
    for name in ("first floor", "ground floor"):
        memory.add_area("floor", name, map_id=name)
    assert [a.label for a in storeys(memory._world, "upstairs")] == ["first floor"]
    memory.add_area("floor", "east wing", map_id="wing")
    assert storeys(memory._world, "upstairs") == [], "nobody knows how high that one is"


@pytest.mark.parametrize(
    ("asked", "things"),
    [
        ("What is upstairs?", {"bed", "lamp", "desk"}), ("what's on the second floor", {"bed", "lamp", "desk"}),
        ("Is anything downstairs?", {"table", "mug"}), ("What have we got on the upper floor?", {"bed", "lamp", "desk"}),
        ("what is in room 12?", {"desk"}), ("is the lamp upstairs?", {"lamp"}), ("Is the lamp on the ground floor?", set()),
        ("Is there a bed upstairs?", {"bed"}), ("Which lamps are upstairs?", {"lamp"}),
        ("Where is the mug downstairs?", {"mug"}),
    ],
)  # fmt: skip
def test_what_is_on_a_floor(memory, asked: str, things: set[str]) -> None:
    """As the box of the area has it, in whatever words; with evidence."""
    ids = house(memory, "ground floor", "upper floor")
    answer = memory.ask(asked)
    assert {v for v in answer.value if v.startswith("o")} == {ids[t] for t in things}
    assert bool(answer.evidence) == bool(things)
    assert answer.text.startswith(("No", "Nothing")) or things


def test_how_many_and_what_changed_on_a_floor(memory) -> None:
    """Counts are numbers; changes are those of the things that are there."""
    ids = house(memory, "ground floor", "upper floor")
    assert memory.ask("How many lamps are there upstairs?").value == ("1",)
    assert memory.ask("How many lamps are downstairs?").value == ("0",)
    assert set(memory.ask("What has changed upstairs since 0.5?").value) == {ids["bed"], ids["lamp"], ids["desk"]}
    assert "on the upper floor" in memory.ask("Where is the desk?").text


def test_a_floor_that_memory_was_not_told_of(memory) -> None:
    """Said so; and "while I was upstairs" is about no floor."""
    house(memory)
    answer = memory.ask("What is upstairs?")
    assert (answer.knowledge, answer.value) == (Knowledge.UNKNOWN, ())
    query = parse("Where was the mug while I was upstairs?", 100.0)
    assert (query.kind, query.place) == ("where", "")


def test_in_a_room_is_what_a_look_at_everything_finds(memory) -> None:
    """The index of boxes narrows down; what only reaches into the room is not in it."""
    house(memory, "ground floor", "upper floor", "attic")
    world = memory._world
    for area in memory.areas():
        every = [n for n in world.nodes.values() if not n.presence.absent and area.has(n.map, n.box.center)]
        assert {n.id for n in inside(world, area)} == {n.id for n in every}


def test_what_was_in_a_room_at_a_time(stage) -> None:
    """Things are where their furniture is."""
    stage.kitchen()
    stage.add("shelf", "shelf", (0.5, -1.6, 0.45), (0.6, 0.6, 0.9), role=stage.props["table"].role)
    stage.looks(6)
    memory, then = stage.memory, stage.now
    memory.add_area("room", "den", map_id="map", box=((-1.0, -1.1, 0.0), (2.0, 1.1, 3.0)))
    stage.blank(50.0)
    stage.props["mug"].center, stage.props["mug"].on = np.array((0.5, -1.6, 0.95)), "shelf"
    stage.looks(6)
    mug, apple, table = (stage.ids[n] for n in ("mug", "apple", "table"))
    assert set(memory.ask("what is in the den?").value) == {table, apple}
    before = memory.ask(f"what was in the den at {then}?")
    assert set(before.value) == {table, apple, mug}
    assert before.evidence


def test_which_robot_holds_what(stage) -> None:
    """By their names, and as the other one; a robot that memory never heard of is not known."""
    stage.kitchen()
    stage.hand((-1.0, 0.0, 1.0), False)
    stage.looks(3)
    memory, mug = stage.memory, stage.ids["mug"]
    write = memory.write

    def renamed(batch):
        from dataclasses import replace

        return write(replace(batch, robot_id="robot_b"))

    memory.write = renamed
    stage.looks(3)
    action = memory.begin_action(Decision(Verb.PICK, mug), stage.now, robot_id="robot_b")
    memory.end_action(action, Outcome(Status.SUCCEEDED, "", stage.now, stage.now))
    for asked in ("What is robot b holding?", "What does the other robot have in its hand?", "what is robot_b carrying?",
                  "Is robot b holding the mug?"):  # fmt: skip
        assert memory.ask(asked).value == (mug,), asked
    assert memory.ask("Is robot b holding the apple?").text.startswith("No")
    assert memory.ask("What is robot c holding?").knowledge is Knowledge.UNKNOWN
    assert memory.ask("What is grandma holding?").knowledge is Knowledge.UNKNOWN
    assert memory.ask("Which robot has the mug?").value == ("robot_b",)


def test_a_hundred_questions_of_ten_people() -> None:
    """Written with their kinds before they were asked; 95 and 92 were right at first."""
    kinds = both = 0
    for entry in json.loads((DATA / "questions_100.json").read_text())["questions"]:
        try:
            query = parse(entry["q"], 1.7e9)
        except InstructionError:
            query = None
        kind, noun = right(entry, query)
        kinds, both = kinds + kind, both + (kind and noun)
    least = (97, 94) if find_weights() is not None else (88, 86)
    assert (kinds >= least[0], both >= least[1]) == (True, True), (kinds, both)
