"""A size budget: the file keeps to it while it is written to, and answers as one without."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from loci.errors import InputError
from loci.memory import Memory
from loci.memory.stream_replay import replay


def fill(new_stage, memory: Memory, frames: int) -> None:
    """A kitchen that is looked at for long, with pictures; the mug moves all the time."""
    stage = new_stage(memory)
    stage.kitchen()
    for k in range(frames):
        if k % 6 == 5:
            stage.props["mug"].center = np.array([0.3, (-0.6, 0.2, 0.6)[k // 6 % 3], 0.85])
        stage.look(2.0, keyframe=k % 2 == 0, relations=k % 5 == 0)


def test_the_file_keeps_to_its_budget_and_its_answers(new_stage, tmp_path: Path) -> None:
    """At no moment much beyond it, at the end within it; where things are and were is as without a budget."""
    free, tight = tmp_path / "free.db", tmp_path / "tight.db"
    with Memory.open(free, clock=lambda: 0.0) as memory:
        fill(new_stage, memory, 900)
    budget = 470_000
    assert free.stat().st_size > 1.2 * budget
    sizes = []

    class Watched(Memory):
        def write(self, batch):  # type: ignore[no-untyped-def]
            written = super().write(batch)
            sizes.append(tight.stat().st_size)
            return written

    with Watched.open(tight, clock=lambda: 0.0, budget=budget) as memory:
        fill(new_stage, memory, 900)
    assert max(sizes) < 1.25 * budget
    assert tight.stat().st_size <= budget
    with Memory.open(free, read_only=True) as a, Memory.open(tight, read_only=True) as b:
        assert b.verify(deep=True).ok
        for thing in a.things():
            now, then = a.where(thing.id), b.where(thing.id)
            assert (now.value, now.knowledge) == (then.value, then.knowledge)
            assert a.where(thing.id, 300.0).value == b.where(thing.id, 300.0).value


def test_a_budget_that_what_has_to_stay_exceeds_is_not_tried_for_at_each_write(new_stage, tmp_path: Path) -> None:
    """The next compaction comes when the file has grown by half."""
    path = tmp_path / "tight.db"
    with Memory.open(path, clock=lambda: 0.0, budget=1000) as memory:
        fill(new_stage, memory, 200)
        assert not memory.compact(1000).fits
        assert memory._budget is not None
        assert memory._budget._due > 1000
        assert {t.label for t in memory.things()} == {"mug", "apple", "milk", "table", "fridge"}


def test_a_budget_of_nothing_is_refused(tmp_path: Path) -> None:
    """And the file is let go."""
    with pytest.raises(InputError, match="holds nothing"):
        Memory.open(tmp_path / "tight.db", budget=0)
    Memory.open(tmp_path / "tight.db").close()


def test_a_stream_is_taken_in_under_a_budget(tmp_path: Path) -> None:
    """Compacted in the middle of it, the memory goes on; a second replay knows that all was taken in."""
    stream, path = tmp_path / "s.jsonl", tmp_path / "m.db"
    with stream.open("w") as file:
        for i in range(1500):
            box = {"center": [i % 10, i % 30 // 10, 0.5 + i // 30 % 5], "size": [0.1, 0.1, 0.1]}
            print(json.dumps({"type": "report", "stamp": 2 * i, "label": f"k{i % 30}", "box_world": box}), file=file)
    with Memory.open(path, budget=600_000) as memory:
        assert replay(memory, stream, strict=True).taken == 1500
        assert replay(memory, stream, strict=True).resumed == 1500
        things = [(t.id, t.label, t.place) for t in memory.things()]
    with Memory.open(path, read_only=True) as memory:
        assert memory.verify(deep=True).ok
        head = memory.verify().head
    with Memory.open(path, budget=1000) as memory:
        assert replay(memory, stream, strict=True).resumed == 1500
    with Memory.open(path, read_only=True) as memory:
        assert memory.verify().head == head  # nothing new, nothing done
    with Memory.open(tmp_path / "free.db") as memory:
        replay(memory, stream, strict=True)
        assert [(t.id, t.label, t.place) for t in memory.things()] == things
    assert path.stat().st_size < (tmp_path / "free.db").stat().st_size  # what has to stay is nearly all of it
