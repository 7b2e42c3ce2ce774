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
    assert memory.count("cookbook").value == ("0",), "no book is a cookbook"
    assert "The nearest to it is the book" in memory.where("cookbook").text


def coarse(stage) -> None:
    """From now on positions are reported with 3 cm of noise, and nothing has a track."""
    stage.keep_tracks, stage.noise = False, 0.03
    exact = stage.detection
    stage.detection = lambda prop, T: replace(exact(prop, T), sigma=0.03)


@pytest.mark.parametrize("cut", [False, True])
def test_looks_that_are_off_by_centimetres_do_not_smear_a_thing(new_stage, cut: bool) -> None:
    """A board seen thirty times with 3 cm of position noise is as thin as it is, where it is, and is known again elsewhere."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        coarse(stage)
        board = stage.add("board", "cutting board", (0.3, 0.5, 0.81), (0.35, 0.22, 0.02), on="table", color=6, cut=cut)
        stage.looks(30)
        id = stage.ids["board"]
        box = memory.get(id).box_world
        assert np.abs(box.center - board.center).max() < 0.03
        assert np.sort(box.size) == pytest.approx(np.sort(board.size), abs=0.015)
        assert np.ptp(memory.get(id).points_world[:, 2]) < 0.04
        board.center = board.center + np.array((0.3, -1.1, 0.0))
        stage.looks(10, dt=1.5)
        assert memory.get(stage.ids["board"]).id == id


def test_what_was_never_seen_whole_elsewhere_is_what_is_missed_here(new_stage) -> None:
    """Of a bowl behind others only the rim shows: its size is a lower bound, and does not make it another bowl."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        stage.keep_tracks = False
        bowl = stage.add("bowl", "bowl", (0.3, 0.5, 0.84), (0.16, 0.16, 0.07), on="table", color=5)
        stage.looks(4)
        id = stage.ids["bowl"]
        # it turns up in the fridge while nobody looks at its old spot
        bowl.center, bowl.size, bowl.cut = np.array((0.3, 1.6, 1.2)), (0.16, 0.16, 0.02), True
        bowl.on, bowl.predicate = "fridge", "in"
        stage.looks(3, dt=1.5, only=lambda p: p.name in ("bowl", "fridge"), verdicts=False)
        assert stage.ids["bowl"] != id
        stage.looks(4, dt=1.5)
        assert memory.get(stage.ids["bowl"]).id == id
        assert len(memory.find("bowl")) == 1


def test_two_of_different_colours_side_by_side_stay_two(new_stage) -> None:
    """Two brushes closer to each other than their positions are known; one look shows both, and they differ."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        coarse(stage)
        for k, color in enumerate((4, 5)):
            stage.add(f"brush {k}", "brush", (0.3, 0.5 + 0.04 * k, 0.82), (0.19, 0.02, 0.02), on="table", color=color)
        stage.looks(6)
        assert len(memory.find("brush")) == 2
        assert stage.ids["brush 0"] != stage.ids["brush 1"]


def test_a_double_report_is_no_second_thing_but_a_twin_is(new_stage) -> None:
    """Where positions are off by centimetres it takes a second look to believe in a like thing beside one that is known."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        coarse(stage)
        stage.looks(4)
        stage.add("mug again", "mug", (0.34, 0.22, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
        stage.look()
        del stage.props["mug again"]
        stage.looks(4)
        assert len(memory.find("mug")) == 1
        stage.add("twin", "mug", (0.3, 0.3, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
        stage.looks(6)
        assert len(memory.find("mug")) == 2


def test_a_double_report_here_is_not_what_is_missed_there(new_stage) -> None:
    """Two reports of one mug in one frame: the second is not the like mug that is missed elsewhere."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = new_stage(memory).kitchen()
        coarse(stage)
        stage.add("other", "mug", (0.6, -0.6, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
        stage.looks(6)
        other = stage.ids["other"]
        stage.props["other"].visible = False
        stage.looks(6, dt=1.5)
        assert memory.get(other).knowledge.value == "absent"
        stage.add("mug again", "mug", (0.34, 0.22, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
        stage.look()
        assert memory.get(other).knowledge.value == "absent"
