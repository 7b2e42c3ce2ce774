"""The bounded working set: capacity, order, pins."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.contracts import ObjectReport
from loci.errors import InputError
from loci.geometry import Box
from loci.memory import Memory, ShortTerm
from loci.memory.shortterm import FIFO, LFU, LRU, ReplacementPolicy, TaskAware, WTinyLFU


def test_least_recently_used_goes_first() -> None:
    """A use moves to the back."""
    memory = ShortTerm(2)
    for id in ("o1", "o2", "o1", "o3"):
        memory.touch(id)
    assert memory.resident() == ("o1", "o3")


def test_first_in_first_out() -> None:
    """A use changes nothing."""
    memory = ShortTerm(2, FIFO())
    for id in ("o1", "o2", "o1", "o3"):
        memory.touch(id)
    assert memory.resident() == ("o2", "o3")


def test_pinned_stays() -> None:
    """Pinned things are never victims; when all are pinned, newcomers stay out and a further pin is refused."""
    memory = ShortTerm(2)
    memory.pin("o1")
    memory.touch("o2")
    memory.touch("o3")
    assert memory.resident() == ("o1", "o3")
    memory.pin("o3")
    memory.touch("o4")
    assert memory.resident() == ("o1", "o3")
    with pytest.raises(InputError, match="unpin"):
        memory.pin("o4")
    memory.unpin("o1")
    memory.touch("o4")
    assert memory.resident() == ("o3", "o4")


@given(
    st.integers(1, 5),
    st.sampled_from([LRU, FIFO, LFU, WTinyLFU, TaskAware]),
    st.lists(st.tuples(st.sampled_from(["touch", "pin", "unpin"]), st.integers(1, 8)), max_size=60),
)
def test_never_more_than_its_capacity(
    capacity: int, policy: type[ReplacementPolicy], uses: list[tuple[str, int]]
) -> None:
    """Whatever happens: bounded, without repeats, with all pinned things in it, and its stored form restores it."""
    memory = ShortTerm(capacity, policy())
    for what, n in uses:
        try:
            getattr(memory, what)(f"o{n}")
        except InputError:
            assert len(memory.pinned()) == capacity
        assert len(memory.resident()) <= capacity
        assert len(set(memory.resident())) == len(memory.resident())
        assert memory.pinned() <= set(memory.resident())
    again = ShortTerm(capacity, policy())
    again.load([(str(id), int(bool(pinned))) for id, pinned in memory.plain()])
    assert (again.resident(), again.pinned()) == (memory.resident(), memory.pinned())


def test_capacity_is_checked() -> None:
    """Nothing fits in nothing."""
    with pytest.raises(InputError, match="capacity 0"):
        ShortTerm(0)


def test_the_stored_form_of_a_larger_set() -> None:
    """What was kept by a larger short-term memory: pinned ones and the last to go come in; too many pins are refused."""
    memory = ShortTerm(3)
    memory.load([("o1", 1), ("o2", 0), ("o3", 0), ("o4", 0), ("o5", 1)])
    assert memory.resident() == ("o1", "o4", "o5")
    assert memory.pinned() == {"o1", "o5"}
    with pytest.raises(InputError, match="capacity 3"):
        memory.load([(f"o{n}", 1) for n in range(4)])


def test_what_is_asked_for_again_has_to_be_stored() -> None:
    """``dirty`` tells that the set or its order differs from what was stored last, not that it was used."""
    memory = ShortTerm(2, TaskAware())
    for change in (lambda: memory.touch("o1"), lambda: memory.touch("o2"), lambda: memory.focus({"o1"})):
        change()
        assert memory.dirty
        memory.plain()
    memory.touch("o2")
    memory.focus({"o1"})
    assert not memory.dirty
    memory.touch("o3")
    assert memory.resident() == ("o3", "o1")


def test_evicted_is_not_lost(stage) -> None:
    """A thing that is no longer resident is found, placed and remembered as before."""
    stage.kitchen()
    stage.looks(3)
    memory = stage.memory
    mug = memory.get(stage.ids["mug"])
    before = memory.where(mug.id)
    short = memory.short_term
    assert mug.id in short.resident()
    for n in range(short.capacity):
        short.touch(f"other {n}")
    assert mug.id not in short.resident()
    assert memory.where(mug.id) == before
    assert before.value is not None
    assert mug.id in [t.id for t in memory.find("mug")]
    assert memory.history(mug.id).value


def test_changes_and_actions_bring_things_in(stage) -> None:
    """What is new or acted on is resident; the set stays bounded however much there is."""
    stage.kitchen()
    for i in range(40):
        stage.add(
            f"can {i}", "can", (0.1 + 0.1 * (i % 8), -0.7 + 0.12 * (i // 8), 0.86), (0.05, 0.05, 0.1), color=i % 7
        )
    stage.looks(3)
    resident = stage.memory.short_term.resident()
    assert len(resident) == stage.memory.short_term.capacity
    assert all(stage.memory.get(id) for id in resident)


@pytest.mark.parametrize("policy", [FIFO, LRU, LFU, WTinyLFU, TaskAware])
def test_a_memory_keeps_its_short_term_set_as_told(policy, tmp_path: Path) -> None:
    """Capacity and policy are the user's; who is evicted is still known; the file's residents and pins come along."""
    path = tmp_path / "m.db"
    box = Box.from_bounds((0.0, 0.0, 0.0), (0.1, 0.1, 0.1))
    with Memory.open(path, short_term=ShortTerm(3, policy())) as memory:
        for i in range(8):
            moved = Box.from_bounds((float(i), 0.0, 0.0), (i + 0.1, 0.1, 0.1))
            memory.write(ObjectReport(float(i), "robot", "map", {f"kind{i}": 0.9}, moved))
            assert len(memory.short_term.resident()) <= 3
        memory.short_term.pin("o2")
        assert isinstance(memory.short_term.policy, policy)
        with pytest.raises(InputError):
            memory.write(ObjectReport(math.nan, "robot", "map", {"mug": 0.9}, box))
        assert memory.short_term.capacity == 3
        assert len(memory.things()) == 8
        resident = memory.short_term.resident()
    with Memory.open(path, short_term=ShortTerm(3, policy())) as memory:
        assert set(memory.short_term.resident()) == set(resident)
        assert memory.short_term.pinned() == {"o2"}
    with Memory.open(path, short_term=ShortTerm(1, policy())) as memory:
        assert memory.short_term.resident() == ("o2",)
    with Memory.open(path) as memory:
        memory.short_term.pin("o3")
    with pytest.raises(InputError, match="2 pinned"):
        Memory.open(path, short_term=ShortTerm(1, policy()))
    assert Memory.open(path).close() is None  # the file was let go
