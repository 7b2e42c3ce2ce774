"""A member of the household acts by forces only, and says when something did not work."""

from __future__ import annotations

import numpy as np
import pytest

from loci.errors import InputError
from loci.sim.bullet import pybullet
from loci.sim.member import Member
from loci.sim.truth import Truth

RESETS = (
    "resetBasePositionAndOrientation",
    "resetJointState",
    "resetJointStateMultiDof",
    "resetJointStatesMultiDof",
    "resetBaseVelocity",
    "restoreState",
)


def test_nothing_is_moved_by_decree_after_the_build(kitchen, monkeypatch):
    called = []
    for name in RESETS:
        monkeypatch.setattr(pybullet(), name, lambda *a, name=name, **k: called.append(name))
    member = Member(kitchen, np.random.default_rng(0))
    truth = Truth(kitchen)
    assert member.open("cupboard")
    assert member.close("cupboard")
    assert member.put("apple_1", "fridge")
    assert member.swap("mug_1", "mug_2")
    assert called == []
    assert truth.holds("in", "apple_1", "fridge")
    assert truth.holds("closed", "fridge")


@pytest.mark.parametrize("name", ["drawer", "fridge", "cupboard"])
def test_opens_and_closes(kitchen, name):
    member, truth = Member(kitchen, np.random.default_rng(0)), Truth(kitchen)
    assert member.open(name, 0.6)
    assert truth.open_fraction(name) == pytest.approx(0.6, abs=0.04)
    assert member.close(name)
    assert truth.holds("closed", name)
    assert truth.at_start == {n: truth.where(n) for n in truth.names}  # nothing fell over or out


def test_swap_exchanges_places_and_headings(kitchen):
    member, truth = Member(kitchen, np.random.default_rng(0)), Truth(kitchen)
    hidden = truth.drawer_mug
    other = next(n for n in truth.named("mug") if n != hidden)
    home = truth.where(other)
    before = {n: truth.pose(n) for n in (hidden, other)}
    assert member.swap(hidden, other)
    assert truth.where(other) == ("in", "drawer")
    assert truth.where(hidden) == home
    assert truth.holds("closed", "drawer")
    np.testing.assert_allclose(truth.pose(hidden), before[other], atol=0.03)
    np.testing.assert_allclose(truth.pose(other), before[hidden], atol=0.03)


def test_things_are_dragged_not_teleported(kitchen):
    truth = Truth(kitchen)
    track = []
    member = Member(kitchen, np.random.default_rng(0), on_step=lambda: track.append(truth.pose("sponge_1")[:3, 3]))
    began = kitchen.time
    assert member.put("sponge_1", "table")
    steps = np.linalg.norm(np.diff(np.array(track), axis=0), axis=1)
    assert steps.max() < 0.02  # metres in 1/240 s: never faster than 5 m/s
    assert len(track) == round((kitchen.time - began) * 240)
    assert kitchen.time - began > 2.0


def test_what_is_in_the_way_stops_a_hand(kitchen):
    truth = Truth(kitchen)
    member = Member(kitchen, np.random.default_rng(0))
    inside_a_wall = truth.pose("sponge_1")[:3, 3].copy()
    inside_a_wall[1] = 2.3
    assert not member.move("sponge_1", inside_a_wall)
    assert truth.pose("sponge_1")[1, 3] < 2.0


def test_a_jammed_door_does_not_open(kitchen):
    p = pybullet()
    shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=[0.3, 0.05, 0.5], physicsClientId=kitchen.client)
    spec = kitchen.furniture["fridge"].spec
    at = spec.grip.center + 0.12 * spec.front
    p.createMultiBody(0, shape, basePosition=at.tolist(), physicsClientId=kitchen.client)
    assert not Member(kitchen, np.random.default_rng(0)).open("fridge")
    assert Truth(kitchen).open_fraction("fridge") < 0.2


def test_requests_that_make_no_sense_are_refused(kitchen):
    member = Member(kitchen, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"'table' does not open.*drawer"):
        member.open("table")
    with pytest.raises(InputError, match=r"'ceiling'.*table"):
        member.put("apple_1", "ceiling")
