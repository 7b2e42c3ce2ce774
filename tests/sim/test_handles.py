"""Where a bar is by the depth camera, and how its front moves: by points made up for doors and drawers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.geometry import Box, rotation_z
from loci.sim.articulation import Articulation
from loci.sim.handles import seen_bar, seen_front
from loci.sim.hinges import door_in

HINGE, WIDTH, STAND_OFF, HIGH = np.array([0.3, 1.2]), 0.70, 0.064, 1.0
NOISE = 0.0015  # metres, of the depth camera


def door(turn):
    """A door that faces −y, 0.64 m from hinge to bar, on the left or (turn −1) on the right of it."""
    side = -turn
    closed = np.array([HINGE[0] + side * 0.64, HINGE[1] - 0.035 - STAND_OFF, HIGH])
    return Articulation(closed, np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]), HINGE, turn)


def cloud(art, s, rng, bar=True):
    """Depth points of the panel and its bar at ``s``."""
    x = np.arange(0.0, WIDTH, 0.006)
    z = np.arange(HIGH - 0.3, HIGH + 0.3, 0.006)
    side = np.sign(art.closed[0] - art.hinge[0])
    panel = np.stack(np.meshgrid(HINGE[0] + side * x, z, indexing="ij"), axis=-1).reshape(-1, 2)
    points = np.column_stack([panel[:, 0], np.full(len(panel), HINGE[1] - 0.035), panel[:, 1]])
    if bar:
        u, v = np.meshgrid(np.arange(-0.009, 0.0091, 0.003), np.arange(-0.13, 0.13, 0.006), indexing="ij")
        front = np.full(u.size, art.closed[1] - 0.009)
        points = np.concatenate([points, np.column_stack([art.closed[0] + u.ravel(), front, HIGH + v.ravel()])])
    points = points + rng.normal(0.0, NOISE, points.shape)
    points[:, :2] = (points[:, :2] - HINGE) @ rotation_z(art.turn * s)[:2, :2].T + HINGE
    return points


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 1.45), st.sampled_from([1.0, -1.0]), st.integers(0, 99))
def test_a_bar_is_found_wherever_its_door_stands(s, turn, seed):
    art = door(turn)
    bar = seen_bar(cloud(art, s, np.random.default_rng(seed)), art, 0.26)
    assert bar is not None
    assert abs(art.position(bar) - s) * art.radius < 0.006
    assert np.linalg.norm(bar - art.handle(s)) < 0.01


@pytest.mark.parametrize("shift", [(0.03, 0.0), (-0.03, 0.02), (0.0, -0.03)])
def test_a_bar_is_found_though_the_hinge_is_guessed_wrong(shift):
    art = door(1.0)
    wrong = Articulation(art.closed, art.normal, art.bar, HINGE + np.array(shift), art.turn)
    bar = seen_bar(cloud(art, 0.6, np.random.default_rng(0)), wrong, 0.26)
    assert np.linalg.norm(bar - art.handle(0.6)) < 0.015


def test_a_front_without_its_bar_is_not_taken_for_one():
    art = door(1.0)
    for s in (0.0, 0.5, 1.2):
        assert seen_bar(cloud(art, s, np.random.default_rng(1), bar=False), art, 0.26) is None


def test_a_drawers_bar_tells_how_far_it_is_out():
    rng = np.random.default_rng(2)
    art = Articulation(np.array([0.0, -0.1, 0.7]), np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    x, z = np.meshgrid(np.arange(-0.3, 0.3, 0.006), np.arange(0.6, 0.8, 0.006), indexing="ij")
    panel = np.column_stack([x.ravel(), np.full(x.size, -0.1 + 0.064), z.ravel()])
    u, v = np.meshgrid(np.arange(-0.11, 0.11, 0.006), np.arange(-0.009, 0.0091, 0.003), indexing="ij")
    bar = np.column_stack([u.ravel(), np.full(u.size, -0.1 - 0.009), 0.7 + v.ravel()])
    for out in (0.0, 0.02, 0.3):
        points = np.concatenate([panel, bar]) - np.array([0.0, out, 0.0])
        points = points + rng.normal(0.0, NOISE, points.shape)
        assert art.position(seen_bar(points, art, 0.22)) == pytest.approx(out, abs=0.006)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_the_face_behind_a_bar_tells_how_a_door_turns(turn):
    art = door(turn)
    half = np.array([0.009, 0.009, 0.13])
    handle = Box.from_bounds(art.closed - half, art.closed + half)
    normal, ends = seen_front(cloud(art, 0.0, np.random.default_rng(3)), handle, np.array([0.4, 0.0, 1.3]))
    assert normal @ art.normal > np.cos(np.deg2rad(2))
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(WIDTH, abs=0.02)
    found = door_in(handle, normal, ends)
    assert found.turn == art.turn
    assert np.linalg.norm(found.hinge - art.hinge) < 0.02
    assert seen_front(np.zeros((0, 3)), handle, np.zeros(3)) is None


@settings(max_examples=30, deadline=None)
@given(st.floats(0.8, 1.4), st.floats(-0.06, 0.06), st.floats(-0.06, 0.06), st.integers(0, 99))
def test_the_hands_way_tells_the_hinge(swept, dx, dy, seed):
    art = door(1.0)
    guess = Articulation(art.closed, art.normal, art.bar, HINGE + np.array([dx, dy]), art.turn)
    track = np.array([art.handle(s) for s in np.linspace(0.0, swept, 200)])
    track = track + np.random.default_rng(seed).normal(0.0, 0.001, track.shape)
    assert np.linalg.norm(guess.fitted(track, 0.0).hinge - HINGE) < 0.02


def test_a_short_way_or_a_drawer_tells_nothing():
    art = door(1.0)
    assert art.fitted(np.array([art.handle(s) for s in np.linspace(0.0, 0.1, 50)]), 0.0) is art
    drawer = Articulation(art.closed, art.normal, np.array([1.0, 0.0, 0.0]))
    assert drawer.fitted(np.array([drawer.handle(s) for s in np.linspace(0.0, 0.3, 50)]), 0.0) is drawer
    assert art.fitted(art.closed + np.linspace(0.0, 0.5, 50)[:, None] * art.normal, 0.0) is art


def test_what_is_shut_elsewhere_moves_the_same_way():
    art = replace(door(-1.0), felt=True)
    moved = art.shut_at(0.2)
    for s in (0.0, 0.4, 1.0):
        assert np.allclose(moved.handle(s), art.handle(s + 0.2))
        assert np.allclose(moved.outward(s), art.outward(s + 0.2))
