"""Stands and postures for a hand pose: far back on a worktop, among clutter, and not where it was held up before."""

import numpy as np
import pytest

from loci.geometry import Box
from loci.sim.body import LIFT_RANGE
from loci.sim.collision import N_LIMBS, RADII, Obstacles, spheres
from loci.sim.grasps import grasps, measure
from loci.sim.navigation import FloorPlan
from loci.sim.reach import NoReach, Reach, plan_reach
from loci.sim.stands import BACK, feet_of
from loci.sim.voxels import VoxelMap

HERE = np.array([0.0, -1.2, np.pi / 2])
TOP = 0.90


@pytest.fixture
def worktop():
    """A worktop 0.64 m deep along a wall at y = 0.64, its front at y = 0, in a room of 4 m by 4 m."""
    voxels = VoxelMap((0.0, -1.0), 4.0)
    voxels.seen[:] = True
    front, wall = voxels.cell(np.array([0.0, 0.0]))[1], voxels.cell(np.array([0.0, 0.64]))[1]
    voxels.filled[:, front:wall, 22] = True
    voxels.filled[:, front, :22] = True
    voxels.filled[:, wall:, :] = True
    x, y = np.meshgrid(np.arange(-1.0, 1.0, 0.012), np.arange(0.0, 0.64, 0.012))
    cloud = np.stack([x, y, np.full_like(x, TOP)], axis=-1).reshape(-1, 3)
    return voxels, cloud


def box_at(x, y, size=(0.06, 0.06, 0.07)):
    return Box.from_bounds((x - size[0] / 2, y - size[1] / 2, TOP), (x + size[0] / 2, y + size[1] / 2, TOP + size[2]))


def column(x, y, radius, height):
    """Points on the side of an upright cylinder."""
    angle, z = np.meshgrid(np.linspace(0, 2 * np.pi, 24), np.arange(TOP, TOP + height, 0.015))
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle), z], axis=-1).reshape(-1, 3)


def reach_for(scene, box, **kwargs):
    voxels, cloud = scene
    camera = np.array([box.center[0], -0.8, 1.33])
    thing = measure(np.zeros((0, 3)), box, camera)
    obstacles = Obstacles(cloud, voxels, thing.center, ignore=box)
    hands = grasps(thing, camera)
    found = plan_reach(hands[:120], FloorPlan(voxels, HERE), HERE, obstacles, more=hands[120:], **kwargs)
    return found, obstacles


def holds(reach, obstacles):
    """The hand is where it was wanted, inside the lift's range, and nothing is touched there."""
    foot = feet_of(reach.base[None], np.array([reach.lift]))
    at = spheres(reach.q[None], foot, reach.hand.opening)
    assert LIFT_RANGE[0] <= reach.lift <= LIFT_RANGE[1]
    assert reach.back in BACK
    return not obstacles.hits(at, RADII, N_LIMBS).any()


def test_a_place_is_seen_empty_by_what_is_seen_of_it_and_not_of_what_hangs_above(worktop):
    box, camera = box_at(0.0, 0.3), np.array([0.0, -0.8, 1.33])
    _, cloud = worktop
    x, y = np.meshgrid(np.arange(-0.2, 0.2, 0.012), np.arange(0.2, 0.5, 0.012))
    microwave = np.stack([x, y, np.full_like(x, 1.4)], axis=-1).reshape(-1, 3)
    hidden = cloud[~Box(box.T_ref_box, box.size + 0.08).contains(cloud)]
    thing = measure(np.concatenate([hidden, microwave]), box, camera)
    assert thing is not None
    assert thing.center == pytest.approx(box.center, abs=0.01)
    assert measure(cloud, box, camera) is None, "the worktop is seen where it should stand"


@pytest.mark.parametrize("y", [0.54, 0.58])
def test_what_lies_at_the_wall_behind_a_worktop_is_reached(worktop, y):
    reach, obstacles = reach_for(worktop, box_at(0.0, y))
    assert isinstance(reach, Reach)
    assert holds(reach, obstacles)
    assert reach.base[1] < -0.25, "the base stands before the worktop"


@pytest.mark.parametrize("seed", [5, 11])
def test_a_thing_between_tall_ones_is_reached_past_them(worktop, seed):
    """The cheapest postures all meet one of five vases around it; with another elbow or from another stand there is a way."""
    voxels, cloud = worktop
    rng = np.random.default_rng(seed)
    vases = []
    for _ in range(5):
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.11, 0.2)
        vases.append(column(away * np.cos(angle), 0.24 + away * np.sin(angle), 0.05, 0.25))
    reach, obstacles = reach_for((voxels, np.concatenate([cloud, *vases])), box_at(0.0, 0.24, (0.08, 0.04, 0.03)))
    assert isinstance(reach, Reach)
    assert holds(reach, obstacles)


def test_where_it_was_held_up_it_does_not_stand_again(worktop):
    box = box_at(0.0, 0.2)
    first, _ = reach_for(worktop, box)
    second, obstacles = reach_for(worktop, box, avoid=[first.base])
    assert isinstance(second, Reach)
    assert holds(second, obstacles)
    turned = abs((second.base[2] - first.base[2] + np.pi) % (2 * np.pi) - np.pi)
    assert np.linalg.norm(second.base[:2] - first.base[:2]) > 0.14 or turned > 0.5


def test_what_is_walled_in_is_crowded_and_what_is_too_high_is_not(worktop):
    voxels, cloud = worktop
    fence = [column(0.085 * np.cos(a), 0.2 + 0.085 * np.sin(a), 0.02, 0.3) for a in np.linspace(0, 2 * np.pi, 9)]
    shut, _ = reach_for((voxels, np.concatenate([cloud, *fence])), box_at(0.0, 0.2))
    assert shut == NoReach(True)
    lamp = Box.from_bounds((-0.03, 0.1, 2.2), (0.03, 0.16, 2.27))
    thing = measure(np.zeros((0, 3)), lamp, np.array([0.0, -0.8, 1.33]))
    obstacles = Obstacles(cloud, voxels, thing.center, ignore=lamp)
    high = plan_reach(grasps(thing, np.array([0.0, -0.8, 1.33])), FloorPlan(voxels, HERE), HERE, obstacles)
    assert high == NoReach(False)
