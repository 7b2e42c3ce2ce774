"""The background cloud: points lie on the surfaces that were seen, nothing is drawn twice, what moved away goes."""

import numpy as np
import pytest

from loci.contracts import Keyframe, Role
from loci.errors import InputError
from loci.geometry import PinholeCamera
from loci.viz.cloud import FACINGS, WorldCloud, densify, hidden_from


def off_surface(points, solids):
    """Distance (N,) of each point from the nearest face of the nearest solid, metres."""
    best = np.full(len(points), np.inf)
    for s in solids:
        outside = np.maximum(np.array(s.lower) - points, points - np.array(s.upper))
        inner = outside.max(axis=1)
        best = np.minimum(best, np.where(inner <= 0, -inner, np.linalg.norm(np.maximum(outside, 0), axis=1)))
    return best


@pytest.fixture(scope="module")
def cloud(scene, tour):
    made = WorldCloud(voxel=0.03)
    for frame in tour:
        made.add_keyframe(scene.picture(frame), frame.camera, frame.T_world_cam, stride=1)
    return made


def test_keyframes_become_points_on_the_surfaces(cloud, scene):
    """From JPEGs and 80×60 depth thumbnails alone: 99 % of the points within 2 cm of a surface, walls and counter covered."""
    error = off_surface(cloud.points.astype(float), scene.solids)
    assert len(cloud) > 20_000
    assert np.percentile(error, 50) < 0.006
    assert np.percentile(error, 99) < 0.02
    top = cloud.points[(np.abs(cloud.points[:, 2] - 0.9) < 0.02) & (cloud.points[:, 1] > 3.4)]
    assert np.ptp(top[:, 0]) > 2.5  # nearly all of the counter's 3 m


def test_colours_are_the_surfaces_colours(cloud, scene):
    """The counter's top is brown, whatever the JPEG did to it."""
    near = (np.abs(cloud.points[:, 2] - 0.9) < 0.01) & (cloud.points[:, 1] > 3.45) & (cloud.points[:, 1] < 3.55)
    assert near.sum() > 50
    counter = next(s for s in scene.solids if s.label == "counter")
    assert np.abs(np.median(cloud.colors[near], axis=0) - counter.color).max() < 12


def test_facings_follow_the_walls(cloud):
    """The wall at x = 0 faces east, the floor up; at least 95 % of their points say so."""
    wall = (cloud.points[:, 0] < 0.01) & (cloud.points[:, 1] > 0.3) & (cloud.points[:, 1] < 3.0)
    assert (cloud.facing[wall] == FACINGS.index("east")).mean() > 0.95
    floor = (cloud.points[:, 2] < 0.01) & (cloud.points[:, 0] > 0.3) & (cloud.points[:, 0] < 4.7)
    assert min(wall.sum(), floor.sum()) > 200
    assert (cloud.facing[floor] == FACINGS.index("up")).mean() > 0.95


def test_a_voxel_holds_one_point_and_a_second_look_adds_few(scene, tour):
    """The same frame twice adds nothing."""
    made = WorldCloud(voxel=0.05)
    frame = tour[0]
    first = made.add(frame.rgb, frame.depth, frame.camera, frame.T_world_cam)
    again = made.add(frame.rgb, frame.depth, frame.camera, frame.T_world_cam)
    assert first == len(made) > 500
    assert again == 0
    assert len(np.unique(np.round(made.points, 4), axis=0)) == len(made)
    assert len(made) < 0.5 * frame.depth.size


def test_what_moved_away_is_carved_out(scene, tour):
    """A cereal box that stood on the table leaves no points behind once the camera has seen through it."""
    box = next(s for s in scene.solids if s.label == "cereal box")
    lower, upper = np.add(box.lower, (0, 0, 0.08)), np.array(box.upper) + 0.01

    def inside(made):
        return int(((made.points > lower - 0.01) & (made.points < upper)).all(axis=1).sum())

    frame = max(tour, key=lambda f: int((f.segments.ids == scene.solids.index(box) + 1).sum()))
    made = WorldCloud(voxel=0.02)
    made.add(frame.rgb, frame.depth, frame.camera, frame.T_world_cam)
    before = inside(made)
    later = scene.without("cereal box").frame(frame.T_world_cam, frame.stamp + 1)
    made.add(later.rgb, later.depth, later.camera, later.T_world_cam)
    assert before > 5
    assert inside(made) <= 0.1 * before


def test_skipped_pixels_add_nothing(scene, tour):
    """Objects can be left out of the background."""
    frame = tour[3]
    numbers = [n for n, role in frame.segments.roles.items() if role is not Role.STRUCTURE]
    made, everything = WorldCloud(), WorldCloud()
    made.add(frame.rgb, frame.depth, frame.camera, frame.T_world_cam, skip=~np.isin(frame.segments.ids, numbers))
    everything.add(frame.rgb, frame.depth, frame.camera, frame.T_world_cam)
    high = 1.75  # metres: above all that is not a wall
    assert (everything.points[:, 2] > high).sum() > 200
    assert not (made.points[:, 2] > high).any()
    assert len(made) > 200


def test_densify_is_exact_on_a_slanted_plane_and_empty_across_a_step():
    """Depth of a plane through a pinhole is straight in 1/z; a step of a metre is never bridged."""
    camera, small = PinholeCamera.from_fov(1.0, 320, 240), PinholeCamera.from_fov(1.0, 320, 240).scaled(80, 60)
    rays = camera.cloud(np.ones((240, 320)))
    few = small.cloud(np.ones((60, 80)))
    normal = np.array([0.2, -0.5, 1.0])
    full = densify((2.0 / (few @ normal)).astype(np.float32), 320, 240)
    assert (full[8:-8, 8:-8] > 0).all()
    assert np.abs(full - 2.0 / (rays @ normal))[8:-8, 8:-8].max() < 1e-3
    step = np.full((60, 80), 1.0, dtype=np.float32)
    step[:, 40:] = 2.0
    made = densify(step, 320, 240)
    assert set(np.unique(np.round(made, 3))) == {0.0, 1.0, 2.0}
    assert (densify(np.zeros((60, 80), dtype=np.float16), 320, 240) == 0).all()


def test_who_stands_outside_does_not_see_the_backs_of_near_walls():
    """From the south-west and above: the ceiling, the south wall (faces north) and the west wall (faces east) go."""
    lower, upper = np.zeros(3), np.array([5.0, 4.0, 2.4])
    assert set(hidden_from(np.array([-3.0, -2.0, 5.0]), lower, upper)) == {"down", "east", "north"}
    assert hidden_from(np.array([2.0, 2.0, 1.0]), lower, upper) == ()


def test_lone_points_are_not_drawn():
    """A single reading in mid-air is kept but not part of what is drawn."""
    made = WorldCloud()
    camera = PinholeCamera.from_fov(1.0, 32, 24)
    depth = np.full((24, 32), 1.0, dtype=np.float32)
    depth[10:13, 10:13] = 0.5  # a 3×3 speck: one smooth pixel in its middle
    rgb = np.zeros((24, 32, 3), dtype=np.uint8)
    made.add(rgb, depth, camera, np.eye(4))
    drawn = np.concatenate([made.part(f)[0] for f in FACINGS])
    assert (made.points[:, 2] < 0.6).sum() == 1
    assert len(drawn) > 100
    assert not (drawn[:, 2] < 0.6).any()


def test_bad_sizes_and_names_are_refused():
    """With what would be right."""
    with pytest.raises(InputError, match=r"voxel size 0 m .* 0.002 to 1"):
        WorldCloud(voxel=0)
    with pytest.raises(InputError, match="up, down, east"):
        WorldCloud().part("left")


def test_a_picture_that_cannot_be_read_adds_nothing(scene, tour):
    """Foreign evidence may be cut off: the other pictures are still shown."""
    frame = tour[0]
    broken = Keyframe(b"\xff\xd8\xff\xe0 cut off", np.ones((60, 80), np.float16))
    fresh = WorldCloud(voxel=0.03)
    assert fresh.add_keyframe(broken, frame.camera, frame.T_world_cam) == 0
