"""The judge has to be right before anything is judged by it."""

from __future__ import annotations

import numpy as np
import pytest

from loci.errors import InputError
from loci.sim.kitchen import Kitchen
from loci.sim.member import Member
from loci.sim.truth import IN_THE_AIR, Truth


@pytest.fixture
def kitchen():
    with Kitchen.build(5) as world:
        yield world


def test_names_labels_and_the_mug_in_the_drawer(kitchen):
    truth = Truth(kitchen)
    assert truth.named("mug") == ("mug_1", "mug_2")
    assert truth.named("spoon") == ()
    assert truth.label("cereal_box_1") == "cereal box"
    assert truth.drawer_mug in truth.named("mug")
    assert truth.where(truth.drawer_mug) == ("in", "drawer")
    assert truth.holds("in", truth.drawer_mug, "drawer")
    assert not truth.on(truth.drawer_mug, "drawer")  # in it, so not on it
    with pytest.raises(InputError, match=r"'teapot_1'.*apple_1"):
        truth.pose("teapot_1")


def test_boxes_stand_where_poses_are(kitchen):
    truth = Truth(kitchen)
    for name in truth.names:
        box = truth.box(name)
        assert box.contains(truth.pose(name)[:3, 3])
        assert (box.size < 0.22).all()
        place = truth.where(name)[1]
        floor = truth.surface(place).bounds()[0][2]
        assert box.bounds()[0][2] == pytest.approx(floor, abs=0.003)


def test_a_thing_on_a_thing_is_on_what_carries_both(kitchen):
    truth = Truth(kitchen)
    member = Member(kitchen, np.random.default_rng(0))
    kind, home = truth.where("book_1")
    stack = truth.pose("book_1")[:3, 3] + (0, 0, 0.014 + 0.018 + 0.004)
    if kind == "in":
        assert member.open(home)
    assert member.move("sponge_1", stack)
    assert truth.supporters("sponge_1") == ("book_1",)
    assert truth.where("sponge_1") in {("on", "book_1"), ("in", home)}
    assert truth.holds(kind, "sponge_1", home)
    assert not truth.on("book_1", "sponge_1")


def test_the_drawers_inside_moves_with_it_and_so_does_the_mug(kitchen):
    truth = Truth(kitchen)
    before = truth.pose(truth.drawer_mug)[:3, 3]
    assert truth.holds("closed", "drawer")
    inside = truth.interior("drawer").center
    assert Member(kitchen, np.random.default_rng(0)).open("drawer", 0.9)
    assert truth.holds("open", "drawer")
    assert not truth.holds("closed", "drawer")
    moved = truth.pose(truth.drawer_mug)[:3, 3] - before
    assert np.linalg.norm(moved) == pytest.approx(0.36, abs=0.03)
    np.testing.assert_allclose(truth.interior("drawer").center - inside, moved, atol=0.03)
    assert truth.inside(truth.drawer_mug, "drawer")


def test_what_is_held_is_nowhere_and_what_fell_is_on_the_floor(kitchen):
    truth = Truth(kitchen)
    seen = set()
    member = Member(kitchen, np.random.default_rng(0), on_step=lambda: seen.add(truth.where("sponge_1")))
    member.move("sponge_1", (1.4, -1.2, 0.05))
    assert IN_THE_AIR in seen
    assert truth.where("sponge_1") == ("on", "floor")
    assert truth.holds("on", "sponge_1", "floor")
    assert not truth.holds("on", "sponge_1", "table")


def test_unclear_goals_are_refused(kitchen):
    truth = Truth(kitchen)
    with pytest.raises(InputError, match="'under'"):
        truth.holds("under", "apple_1", "table")
    with pytest.raises(InputError, match=r"'table' has no inside.*fridge"):
        truth.inside("apple_1", "table")
    with pytest.raises(InputError, match="'oven'"):
        truth.open_fraction("oven")
    assert truth.open_fraction("table") == 0.0
