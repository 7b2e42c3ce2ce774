"""Tracks: numbers that follow things while they are watched, and end when they are not."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from loci.contracts import Role
from loci.perception.assignment import assign
from loci.perception.tracklets import Sighting, Tracker

RED = np.eye(48, dtype=np.float32)[0]
BLUE = np.eye(48, dtype=np.float32)[1]


def mug(x, y=0.0, z=0.8, looks=RED, label="mug", role=Role.OBJECT, size=0.08, sigma=0.004):
    """A thing of 8 cm at a place."""
    center = np.array([x, y, z])
    return Sighting(role, {label: 0.9}, center - size / 2, center + size / 2, looks, sigma)


def everywhere(points):
    """All is in view."""
    return np.ones(len(points), dtype=bool)


def nowhere(points):
    """Nothing is in view."""
    return np.zeros(len(points), dtype=bool)


def test_still_things_keep_their_numbers_whatever_their_order():
    """The order of a frame's things says nothing."""
    tracker = Tracker()
    a, b, c = tracker.update([mug(0), mug(0.5), mug(1.0, looks=BLUE, label="can")], 0.0, everywhere)
    assert len({a, b, c}) == 3
    assert tracker.update([mug(1.005, looks=BLUE, label="can"), mug(0.003), mug(0.5)], 0.5, everywhere) == [c, a, b]


def test_identical_mugs_that_are_swapped_in_view_keep_their_tracks():
    """Two look-alikes are carried past each other at arm's length: motion is continuous, so the tracks follow it."""
    tracker = Tracker()
    first = None
    for k in range(31):
        angle = np.pi * k / 30
        x, y = 0.3 * np.cos(angle), 0.3 * np.sin(angle)
        things = [mug(x, y), mug(-x, -y)]
        numbers = tracker.update(things if k % 2 else things[::-1], 0.2 * k, everywhere)
        numbers = numbers if k % 2 else numbers[::-1]
        first = first or numbers
        assert numbers == first, f"step {k}"


def test_look_alikes_whose_paths_cannot_be_told_apart_get_new_numbers():
    """Between two frames both moved to the middle between their places: nobody can say which is which."""
    tracker = Tracker()
    a, b = tracker.update([mug(-0.1), mug(0.1)], 0.0, everywhere)
    c, d = tracker.update([mug(0, -0.1), mug(0, 0.1)], 0.4, everywhere)
    assert not {a, b} & {c, d}


def test_different_things_that_cross_are_told_by_their_looks():
    """The same paths, but one is blue: no doubt arises."""
    tracker = Tracker()
    numbers = tracker.update([mug(-0.1), mug(0.1, looks=BLUE, label="can")], 0.0, everywhere)
    assert tracker.update([mug(0, -0.1), mug(0, 0.1, looks=BLUE, label="can")], 0.4, everywhere) == numbers


def test_stacked_look_alikes_that_stay_are_not_doubted():
    """Two plates one on the other are 2 cm apart, and still."""
    tracker = Tracker()
    stack = [mug(0, z=0.80), mug(0, z=0.82)]
    numbers = tracker.update(stack, 0.0, everywhere)
    assert tracker.update([mug(0, z=0.821), mug(0.001, z=0.80)], 0.3, everywhere) == numbers[::-1]


def test_a_thing_out_of_view_loses_its_track_at_once():
    """What was not watched may have been exchanged."""
    tracker = Tracker()
    (a,) = tracker.update([mug(0)], 0.0, everywhere)
    tracker.update([], 0.1, nowhere)
    (b,) = tracker.update([mug(0)], 0.2, everywhere)
    assert b != a


def test_a_thing_missed_for_a_moment_in_view_keeps_its_track_if_it_did_not_move():
    """A segmenter blinks; but while it blinked the thing may not have moved, nor the blink last long."""
    for blinks, x, same in ((1, 0.0, True), (2, 0.01, True), (3, 0.0, False), (1, 0.3, False)):
        tracker = Tracker()
        (a,) = tracker.update([mug(0)], 0.0, everywhere)
        for k in range(blinks):
            tracker.update([], 0.1 * (k + 1), everywhere)
        (b,) = tracker.update([mug(x)], 0.1 * (blinks + 1), everywhere)
        assert (a == b) is same, (blinks, x)


def test_speed_and_kind_limit_a_match():
    """No jump beyond what the time allows, no apple that becomes a door."""
    tracker = Tracker()
    (a,) = tracker.update([mug(0)], 0.0, everywhere)
    (b,) = tracker.update([mug(0.5)], 0.1, everywhere)
    (c,) = tracker.update([mug(0.5, role=Role.PART)], 0.2, everywhere)
    (d,) = tracker.update([mug(0.5, role=Role.PART, looks=BLUE, label="door")], 0.3, everywhere)
    assert len({a, b, c, d}) == 4


def test_a_carried_thing_is_followed_at_speed():
    """0.6 m/s at two frames a second is 30 cm a frame."""
    tracker = Tracker()
    (a,) = tracker.update([mug(0)], 0.0, everywhere)
    for k in range(1, 8):
        assert tracker.update([mug(0.3 * k)], 0.5 * k, everywhere) == [a]


def test_furniture_seen_in_part_keeps_its_track():
    """The middle of the visible part of a counter wanders by a metre as the head turns; its parts still touch."""
    tracker = Tracker()
    left = Sighting(Role.FURNITURE, {"counter": 0.9}, np.array([0, 0, 0.0]), np.array([1.2, 0.6, 0.9]), RED, 0.01)
    right = Sighting(Role.FURNITURE, {"counter": 0.9}, np.array([1.0, 0, 0.0]), np.array([2.4, 0.6, 0.9]), RED, 0.01)
    assert tracker.update([left], 0.0, everywhere) == tracker.update([right], 0.5, everywhere)


def test_frames_too_far_apart_end_all_tracks():
    """Nobody watched in the two seconds between."""
    tracker = Tracker()
    numbers = tracker.update([mug(0), mug(2)], 0.0, everywhere)
    assert tracker.update([mug(0), mug(2)], 1.4, everywhere) == numbers
    assert not set(tracker.update([mug(0), mug(2)], 3.4, everywhere)) & set(numbers)


def test_numbers_are_never_used_again():
    """A track that ended does not lend its number; time that goes back (a replay) ends all."""
    tracker = Tracker()
    seen = [n for stamp in (0.0, 5.0, 10.0, 9.9) for n in tracker.update([mug(0), mug(2)], stamp, everywhere)]
    assert len(set(seen)) == 8


# --- assignment ---------------------------------------------------------------------------------------------------------
@st.composite
def costs(draw):
    """Small cost matrices with some impossible pairs."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    cost = draw(arrays(np.float64, shape, elements=st.integers(0, 20).map(float)))
    never = draw(arrays(np.bool_, shape))
    return np.where(never, np.inf, cost)


@given(costs())
def test_assignment_is_the_best_of_all(cost):
    """As many pairs as possible, then least cost, one to one: checked against trying everything."""
    pairs = assign(cost)
    assert len({r for r, _ in pairs}) == len({c for _, c in pairs}) == len(pairs)
    assert all(np.isfinite(cost[r, c]) for r, c in pairs)
    a = cost if cost.shape[0] <= cost.shape[1] else cost.T
    best = min(
        (
            (
                -sum(bool(np.isfinite(a[r, c])) for r, c in enumerate(p)),
                sum(a[r, c] for r, c in enumerate(p) if np.isfinite(a[r, c])),
            )
            for p in permutations(range(a.shape[1]), a.shape[0])
        ),
    )
    assert (-len(pairs), sum(cost[r, c] for r, c in pairs)) == pytest.approx(best)


def test_assignment_of_nothing():
    """Empty sides match nothing."""
    assert assign(np.zeros((0, 3))) == []
    assert assign(np.full((2, 2), np.inf)) == []
