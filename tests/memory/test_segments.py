"""Stretches of what was lived through: by instruction, by place, by time."""

from __future__ import annotations

import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Status, Verb
from loci.errors import InputError
from loci.geometry import Box
from loci.memory import Memory


def tell(memory: Memory, stamp: float, label: str, x: float) -> str:
    box = Box.from_bounds((x, 0.0, 0.0), (x + 0.5, 0.5, 0.5))
    (id,) = memory.write(ObjectReport(stamp, "robot", "home", {label: 0.9}, box)).ids
    assert id is not None
    return id


def act(memory: Memory, stamp: float, target: str) -> str:
    id = memory.begin_action(Decision(Verb.OPEN, target), stamp)
    memory.end_action(id, Outcome(Status.SUCCEEDED, "", stamp, stamp + 1.0))
    return id


@pytest.fixture
def lived():
    with Memory.open(":memory:") as memory:
        kitchen = memory.add_area("room", "kitchen", map_id="home", box=((-5, -5, -1), (5, 5, 3)))
        study = memory.add_area("room", "study", map_id="home", box=((5, -5, -1), (15, 5, 3)))
        fridge, desk = tell(memory, 0.0, "fridge", 0.0), tell(memory, 1.0, "desk", 10.0)
        yield memory, kitchen, study, fridge, desk


def test_each_piece_is_in_one_stretch_and_they_are_in_order(lived) -> None:
    memory, *_, fridge, desk = lived
    for k, (stamp, target) in enumerate([(10, fridge), (20, desk), (30, fridge), (2000, fridge), (2010, fridge)]):
        if k == 2:
            episode = memory.begin_episode("open it", 29.0)
        act(memory, float(stamp), target)
    memory.end_episode(episode, "done", 2012.0)
    memory.note("remark", "quiet", 9000.0)
    found = memory.segments()
    ids = [m for s in found for m in s.moments]
    assert len(ids) == len(set(ids))
    assert set(ids) == {node for node in memory.event_graph().nodes if node[0] in "acn"}
    assert {f"a{n}" for n in range(1, 6)} <= set(ids)
    assert [s.started for s in found] == sorted(s.started for s in found)
    assert all(s.started <= s.ended for s in found)


def test_why_a_stretch_begins(lived) -> None:
    """A change of room, an instruction, an hour of nothing, the end of the instruction; each with its place and owner."""
    memory, kitchen, study, fridge, desk = lived
    first, second = act(memory, 10.0, desk), act(memory, 20.0, fridge)
    episode = memory.begin_episode("open the fridge twice", 29.0)
    third, fourth = act(memory, 30.0, fridge), act(memory, 4000.0, fridge)
    memory.end_episode(episode, "done", 4002.0)
    fifth = act(memory, 4010.0, fridge)
    of = {m: s for s in memory.segments() for m in s.moments}
    told = [(of[a].why, of[a].place, of[a].episode) for a in (first, second, third, fourth, fifth)]
    assert told == [
        ("place", study, ""), ("place", kitchen, ""), ("instruction", kitchen, episode), ("time", kitchen, episode),
        ("instruction", kitchen, ""),
    ]  # fmt: skip
    assert of[third].things == (fridge,)
    wide = {m: s for s in memory.segments(gap=1e6) for m in s.moments}
    assert wide[third] is wide[fourth]


def test_without_rooms_the_map_is_the_place() -> None:
    with Memory.open(":memory:") as memory:
        fridge = tell(memory, 0.0, "fridge", 0.0)
        act(memory, 10.0, fridge)
        (one,) = memory.segments()
        assert (one.why, one.place, one.things) == ("first", "home", (fridge,))
        with pytest.raises(InputError):
            memory.segments(gap=0)
    with Memory.open(":memory:") as empty:
        assert empty.segments() == []
