"""Who is who: assignment, continuity, appearance, look-alikes, duplicates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.assignment import assign
from loci.contracts import Role
from loci.memory.likeness import compatibility


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(-2, 5, allow_nan=False, width=32), max_size=14
    )
)
def test_assignment_is_the_brute_force_optimum(gains: dict[tuple[int, int], float]) -> None:
    """The sum of gains equals the best over all one-to-one choices, and no row or column is used twice."""
    chosen = assign(gains)
    assert len(set(chosen.values())) == len(chosen)
    rows, columns = range(5), [0, 1, 2, 3, 4, None, None, None, None, None]
    best = 0.0
    pool = {(r, c): g for (r, c), g in gains.items() if g > 0}
    best = max(
        sum(pool.get((r, c), 0.0) for r, c in zip(rows, order, strict=True))
        for order in itertools.permutations(columns[:5])
    )
    assert sum(gains[pair] for pair in chosen.items()) == pytest.approx(best, abs=1e-5)


def test_assignment_prefers_the_common_good() -> None:
    """A row gives up its favourite where the whole gains by it."""
    assert assign({(0, 0): 3.0, (0, 1): 2.5, (1, 0): 2.9}) == {0: 1, 1: 0}


def test_compatibility_is_one_for_equal_and_zero_for_disjoint() -> None:
    """Bhattacharyya coefficient at its ends."""
    assert compatibility({"mug": 1.0}, {"mug": 1.0}) == pytest.approx(1.0)
    assert compatibility({"mug": 1.0}, {"apple": 1.0}) == 0.0


def test_static_scene_keeps_one_record_per_thing(stage) -> None:
    """A hundred noisy looks without tracks: as many things as props, nothing moved, nothing vanished."""
    stage.kitchen()
    stage.keep_tracks, stage.noise = False, 0.012
    kinds = [c.kind for w in stage.looks(100, dt=0.2) for c in w.changes]
    assert len(stage.memory.things()) == 5
    assert set(kinds) == {"appeared"}


def test_nameless_things_need_several_looks(stage) -> None:
    """A detection without a class becomes a thing only when it was seen again."""
    stage.add("blob", "object", (0.3, 0.2, 0.85), (0.1, 0.1, 0.1), labels={"object": 1.0})
    assert stage.look().ids == (None,)
    stage.looks(5)
    assert len(stage.memory.things()) == 1
    assert stage.memory.things()[0].first_seen == pytest.approx(0.5)


def test_two_mugs_of_different_colour_swapped_unseen(stage) -> None:
    """Appearance tells them apart: each is recognised at the other's spot."""
    stage.kitchen()
    stage.add("red mug", "mug", (0.3, 0.6, 0.85), (0.09, 0.09, 0.1), on="table", color=5)
    stage.looks(6)
    first = dict(stage.ids)
    stage.blank(5.0)
    a, b = stage.props["mug"], stage.props["red mug"]
    a.center, b.center = b.center, a.center
    stage.tracks = 100
    a.track, b.track = 101, 102
    stage.looks(6)
    assert stage.memory.get(first["mug"]).box_world.center == pytest.approx(a.center, abs=0.03)
    assert stage.memory.get(first["red mug"]).box_world.center == pytest.approx(b.center, abs=0.03)
    assert len(stage.memory.things()) == 6
    assert stage.memory.where(first["mug"]).caveat == ""


def test_twins_swapped_unseen_are_only_presumed(stage) -> None:
    """Two things that look the same, both out of sight: the answer says that it cannot be known which is which."""
    stage.kitchen()
    stage.add("twin", "mug", (0.3, 0.6, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
    stage.looks(6)
    ids = dict(stage.ids)
    assert stage.memory.get(ids["mug"]).alike == ()
    left = stage.now
    stage.blank(5.0)
    a, b = stage.props["mug"], stage.props["twin"]
    a.center, b.center = b.center, a.center
    a.track, b.track = 101, 102
    stage.looks(4)
    answer = stage.memory.where(ids["mug"])
    assert stage.memory.get(ids["mug"]).alike == (ids["twin"],)
    assert ids["twin"] in answer.caveat
    assert "presumed" in answer.caveat
    assert f"{left:.1f}" in answer.caveat
    assert len(stage.memory.things()) == 6


def test_twins_swapped_while_watched_stay_certain(stage) -> None:
    """Followed by the perceiver all the way: no caveat, and each keeps its identity."""
    stage.kitchen()
    stage.add("twin", "mug", (0.3, 0.6, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
    stage.looks(6)
    ids = dict(stage.ids)
    a, b = stage.props["mug"], stage.props["twin"]
    start, end = a.center.copy(), b.center.copy()
    for share in np.linspace(0, 1, 12)[1:]:
        side = np.array([0.2 * np.sin(np.pi * share), 0, 0])
        a.center, b.center = start + share * (end - start) + side, end + share * (start - end) - side
        stage.look(dt=0.2)
    stage.looks(3)
    for name, prop in (("mug", a), ("twin", b)):
        thing = stage.memory.get(ids[name])
        assert thing.box_world.center == pytest.approx(prop.center, abs=0.03)
        assert thing.alike == ()
        assert stage.memory.where(ids[name]).caveat == ""


def test_moved_unseen_and_found_elsewhere_is_the_same_thing(stage) -> None:
    """Gone here, then seen there: one thing that moved, not a lost one and a new one."""
    stage.kitchen()
    stage.looks(6)
    mug = stage.ids["mug"]
    stage.props["mug"].visible = False
    stage.looks(6)
    assert stage.memory.get(mug).knowledge == "absent"
    stage.props["mug"].visible, stage.props["mug"].center = True, np.array([0.6, -0.6, 0.85])
    stage.props["mug"].track = 99
    changes = [c for w in stage.looks(5) for c in w.changes]
    assert [c.kind for c in changes] == ["moved"]
    assert stage.ids["mug"] == mug
    assert stage.memory.get(mug).place.label == "table"


def test_found_elsewhere_first_and_missed_here_later_is_linked(stage) -> None:
    """A newcomer that turns out to explain a loss is merged into the lost thing; its id still resolves."""
    stage.kitchen()
    stage.looks(6)
    mug = stage.ids["mug"]
    stage.blank(3.0)
    stage.props["mug"].center, stage.props["mug"].track = np.array([0.6, -0.6, 0.85]), 99
    stage.look(only=lambda p: p.name == "mug")
    newcomer = stage.ids["mug"]
    assert newcomer != mug
    changes = [c for w in stage.looks(5) for c in w.changes]
    assert [c.kind for c in changes if c.kind in ("moved", "vanished")] == ["moved"]
    assert stage.memory.get(newcomer).id == mug
    assert len(stage.memory.things()) == 5
    assert stage.memory.get(mug).box_world.center == pytest.approx(stage.props["mug"].center, abs=0.03)


def test_fragments_of_a_table_become_one(stage) -> None:
    """Halves that were seen one after the other are merged once looks overlap both."""
    stage.add("left", "table", (0.5, -0.4, 0.4), (1.0, 0.8, 0.8), role=Role.FURNITURE, cut=True)
    stage.look()
    stage.props.clear()
    stage.add("right", "table", (0.5, 0.5, 0.4), (1.0, 0.7, 0.8), role=Role.FURNITURE, cut=True)
    stage.look()
    stage.props.clear()
    stage.add("all", "table", (0.5, 0.0, 0.4), (1.0, 1.6, 0.8), role=Role.FURNITURE)
    stage.looks(8)
    tables = stage.memory.find("table")
    assert len(tables) == 1
    assert tables[0].box_world.size[1] == pytest.approx(1.6, abs=0.1)


def test_partial_views_do_not_shrink(stage) -> None:
    """A box fused from whole looks stays when later looks see only a corner."""
    stage.kitchen()
    stage.looks(5)
    fridge = stage.ids["fridge"]
    before = stage.memory.get(fridge).box_world.volume
    whole = stage.props["fridge"]
    whole.center, whole.size, whole.cut = whole.center - np.array([0, 0.2, 0.5]), (0.7, 0.3, 0.6), True
    stage.looks(10)
    assert stage.ids["fridge"] == fridge
    assert stage.memory.get(fridge).box_world.volume >= 0.9 * before


def test_a_small_shift_of_a_static_thing_is_no_move(stage) -> None:
    """Two centimetres of drift are re-estimation."""
    stage.kitchen()
    stage.looks(5)
    for prop in stage.props.values():
        prop.center = prop.center + np.array([0.02, -0.01, 0.01])
    assert [c.kind for w in stage.looks(10) for c in w.changes] == []


def test_a_shift_of_ten_centimetres_is_a_move(stage) -> None:
    """The same thing ten centimetres on, watched, has moved."""
    stage.kitchen()
    stage.looks(5)
    stage.props["mug"].center = stage.props["mug"].center + np.array([0.0, 0.12, 0.0])
    assert [(c.kind, c.id) for w in stage.looks(6) for c in w.changes] == [("moved", stage.ids["mug"])]


def test_better_looks_correct_a_wrong_class(stage) -> None:
    """Taken for a can on few pixels, then seen well: the same thing, now called a mug, and that is told once."""
    stage.kitchen()
    stage.looks(4)
    stage.add("dim", "mug", (0.3, 0.7, 0.85), (0.09, 0.09, 0.1), on="table", labels={"can": 0.75, "mug": 0.15}, color=4)
    stage.pixels = 60
    stage.looks(2)
    thing = stage.ids["dim"]
    assert stage.memory.get(thing).label == "can"
    stage.pixels, stage.props["dim"].labels = 400, {"mug": 0.9, "can": 0.05}
    changes = [c for w in stage.looks(6) for c in w.changes]
    assert [(c.kind, c.id) for c in changes] == [("recognised", thing)]
    assert "turned out to be a mug" in changes[0].text
    assert stage.memory.find("mug")[0].id in (thing, stage.ids["mug"])
    assert len(stage.memory.find("mug")) == 2


def test_few_unclear_pixels_need_a_second_look(stage) -> None:
    """A handful of pixels with a divided opinion is nothing yet."""
    stage.kitchen()
    stage.looks(4)
    stage.add("dim", "mug", (0.3, 0.7, 0.85), (0.09, 0.09, 0.1), on="table", labels={"can": 0.5, "mug": 0.4}, color=4)
    stage.pixels = 60
    stage.look()
    assert "dim" not in stage.ids
    stage.look()
    assert "dim" in stage.ids
