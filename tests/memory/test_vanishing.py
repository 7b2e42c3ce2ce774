"""What vanishes here and appears there is one thing, whichever of the two is noticed first; and its words are exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Role
from loci.memory import Memory


@pytest.mark.parametrize("empty_looks", range(6))
def test_a_thing_that_turns_up_when_it_is_missed_keeps_its_id(new_stage, empty_looks: int) -> None:
    """Also in the very frame in which the last look at its old spot decides that it is gone."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        stage.keep_tracks = False
        stage.looks(4)
        mug = stage.ids["mug"]
        stage.props["mug"].visible = False
        stage.looks(empty_looks, dt=1.5)
        stage.props["mug"].visible = True
        stage.props["mug"].center = stage.props["mug"].center + np.array((0.2, -0.75, 0.0))
        stage.looks(6, dt=1.5)
        assert memory.get(stage.ids["mug"]).id == mug
        assert len([t for t in memory.find("mug") if t.knowledge.value != "absent"]) == 1
        place = memory.get(mug).place
        assert place is not None
        assert place.id == stage.ids["table"]
        assert memory.verify().ok


def test_what_lies_on_a_newcomer_lies_on_what_it_turns_out_to_be(new_stage) -> None:
    """A plate that turns up elsewhere with an apple on it: the apple is on the plate, by the plate's old id."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        stage.keep_tracks = False
        stage.add("plate", "plate", (0.3, 0.5, 0.81), (0.24, 0.24, 0.02), on="table", color=5)
        stage.looks(4)
        plate = stage.ids["plate"]
        stage.props["plate"].center = stage.props["plate"].center + np.array((0.3, -1.1, 0.0))
        stage.props["apple"].center = stage.props["plate"].center + np.array((0.0, 0.0, 0.05))
        stage.props["apple"].on = "plate"
        stage.looks(8, dt=1.5)
        assert memory.get(stage.ids["plate"]).id == plate
        place = memory.get(stage.ids["apple"]).place
        assert place is not None
        assert place.id == plate
        assert stage.ids["apple"] in memory.contents(plate).value


def test_the_very_word_goes_before_its_kin(stage) -> None:
    """Books are not counted among notebooks, glasses not among tumblers, boxes not among cereal boxes."""
    stage.add("table", "table", (0.5, 0.0, 0.4), (1.0, 1.6, 0.8), role=Role.FURNITURE)
    for i, label in enumerate(("book", "book", "notebook", "glass", "glasses", "box", "cereal box")):
        stage.add(f"{label} {i}", label, (0.3, -0.7 + 0.22 * i, 0.85), (0.08, 0.08, 0.1), color=i, labels={label: 0.95})
    stage.looks(4)
    memory = stage.memory
    counts = {w: memory.count(w).value[0] for w in ("book", "notebook", "the glass", "glasses", "box", "cereal box")}
    assert counts == {"book": "2", "notebook": "1", "the glass": "1", "glasses": "1", "box": "1", "cereal box": "1"}
    assert memory.count("books").value == ("2",), "a plural of a label's word"
    assert memory.count("cookbook").value == ("3",), "where nothing bears the very word, its kin"


def test_looks_that_are_off_by_centimetres_do_not_smear_a_thing(new_stage) -> None:
    """A board seen thirty times with 3 cm of position noise is as thin as it is, where it is, and is known again elsewhere."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        stage.keep_tracks, stage.noise = False, 0.03
        exact = stage.detection
        stage.detection = lambda prop, T: replace(exact(prop, T), sigma=0.03)  # type: ignore[method-assign]
        board = stage.add("board", "cutting board", (0.3, 0.5, 0.81), (0.35, 0.22, 0.02), on="table", color=6)
        stage.looks(30)
        id = stage.ids["board"]
        box = memory.get(id).box_world
        assert np.abs(box.center - board.center).max() < 0.03
        assert np.sort(box.size) == pytest.approx(np.sort(board.size), abs=0.015)
        assert np.ptp(memory.get(id).points_world[:, 2]) < 0.04
        board.center = board.center + np.array((0.3, -1.1, 0.0))
        stage.looks(10, dt=1.5)
        assert memory.get(stage.ids["board"]).id == id
