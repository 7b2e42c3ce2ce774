"""Lifting: masks and depth to points, boxes, looks and uncertainty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Role, Segment
from loci.errors import ConfigError, InputError
from loci.geometry import PinholeCamera, apply
from loci.perception.appearance import SIZE, appearances
from loci.perception.labelled import LabelledSegmenter
from loci.perception.lifting import MAX_POINTS, lift
from loci.perception.noise import DepthNoise, PoseNoise
from loci.perception.view import View, contacts


def lifted(frame, segments=None):
    """Things of a frame by class name."""
    view = View.of(frame, segments or LabelledSegmenter().segment(frame), DepthNoise())
    return {max(view.segments[t.segment].labels): t for t in lift(view, contacts(view))}


@pytest.fixture(scope="module")
def pose(cast):
    return cast.look_at((0.1, -0.3, 1.4), (0, 1.2, 0.75))


def test_boxes_fit_the_true_ones(cast, pose):
    """Centre within 1.5 cm and height within 1 cm for things whose front and top are seen; structure makes no thing."""
    solids = cast.table()
    things = lifted(cast.render(solids, pose, rng=np.random.default_rng(0), noise=0.0015))
    assert set(things) == {"table", "mug", "apple", "plate", "milk"}
    for name in ("mug", "apple", "plate", "milk"):
        true, box = cast.box_of(name, solids), things[name].box_world
        assert np.linalg.norm(box.center - true.center) < 0.015 + 0.5 * float(true.size[1]) * 0.3, name
        assert abs(float(box.size[2] - true.size[2])) < 0.015, name
    assert np.allclose(np.sort(things["table"].box_world.size[:2]), (0.7, 1.2), atol=0.09)


def test_box_is_upright_in_the_world_and_encloses_the_points(cast, pose):
    """Whatever the camera's tilt, the box's z axis is the world's, and no point kept lies outside."""
    for thing in lifted(cast.render(cast.table(), pose, rng=np.random.default_rng(1), noise=0.002)).values():
        assert np.allclose(thing.box_world.T_ref_box[:3, 2], (0, 0, 1), atol=1e-9)
        assert thing.box_world.contains(thing.points_world, 1e-6).all()
        assert 6 <= len(thing.points_cam) <= MAX_POINTS
        assert np.allclose(apply(pose, thing.points_cam), thing.points_world, atol=1e-4)


def test_lifting_is_deterministic(cast, pose):
    """No random numbers: the same frame gives the same points."""
    frame = cast.render(cast.table(), pose)
    a, b = lifted(frame), lifted(frame)
    assert all(np.array_equal(a[k].points_cam, b[k].points_cam) for k in a)


def test_flying_pixels_do_not_stretch_the_box(cast, pose):
    """Readings halfway between a mug's outline and the wall behind it, as real sensors make them, are left out."""
    solids = cast.table()
    frame = cast.render(solids, pose)
    ids = {n: max(d) for n, d in frame.segments.labels.items()}
    mug = frame.segments.ids == next(n for n, label in ids.items() if label == "mug")
    depth = frame.depth.copy()
    rows, columns = np.nonzero(mug & ~np.roll(mug, 1, axis=1))  # the left outline
    depth[rows, columns] = (frame.depth[rows, columns] + frame.depth[rows, columns - 1]) / 2
    clean, dirty = lifted(frame)["mug"], lifted(replace(frame, depth=depth))["mug"]
    assert np.abs(clean.box_world.size - dirty.box_world.size).max() < 0.012


def test_a_mask_that_spills_onto_the_wall_is_cut_at_the_depth_gap(cast, pose):
    """A few mask pixels on something far behind do not count."""
    frame = cast.render(cast.table(), pose)
    segments = LabelledSegmenter().segment(frame)
    milk = next(s for s in segments if max(s.labels) == "milk")
    rows, columns = np.nonzero(milk.mask)
    mask = milk.mask.copy()
    mask[rows.min() - 1, columns.min() : columns.max() + 1] = True  # one row above it: the wall, a metre behind
    spilled = [s for s in segments if s is not milk] + [replace(milk, mask=mask)]
    assert np.allclose(lifted(frame, spilled)["milk"].box_world.size, lifted(frame)["milk"].box_world.size, atol=0.02)


def test_thin_things_keep_their_readings(cast, pose):
    """A handle two pixels wide, with the wall behind on both sides, is no flying pixel."""
    solids = [*cast.room(), cast.solid("rod", "handle", (0, 1.2, 0.9), (0.014, 0.014, 0.4), role=Role.PART)]
    thing = lifted(cast.render(solids, pose))["handle"]
    assert thing.box_world.size[2] == pytest.approx(0.4, abs=0.03)


def test_cut_where_the_image_or_something_nearer_ends_a_thing(cast):
    """A thing at the image border, or behind another, has a box that is a lower bound only; what stands free has not."""
    solids = [
        *cast.room(),
        cast.solid("a", "mug", (0, 1.2, 0.8), (0.1, 0.1, 0.1)),
        cast.solid("b", "book", (0.04, 0.9, 0.8), (0.1, 0.02, 0.2)),
        cast.solid("c", "can", (0.4, 1.2, 0.8), (0.1, 0.1, 0.1)),
    ]
    things = lifted(cast.render(solids, cast.look_at((0, 0, 0.9), (0, 1.2, 0.8))))
    assert things["mug"].cut
    assert not things["book"].cut
    assert not things["can"].cut
    assert lifted(cast.render(solids, cast.look_at((0, 0, 0.9), (-0.42, 1.2, 0.8))))["can"].cut


def test_a_table_with_things_on_it_is_not_cut(cast):
    """Things that stand on a table hide parts of it, not its extent."""
    assert not lifted(cast.render(cast.table(), cast.look_at((0, -0.5, 1.7), (0, 1.2, 0.7))))["table"].cut


def test_sigma_grows_with_range_and_with_pose_uncertainty(cast):
    """The stated deviation covers depth noise and what the pose adds at that range."""
    solids = [*cast.room(), cast.solid("a", "mug", (0, 1.2, 0.8), (0.1, 0.1, 0.1))]
    near = lifted(cast.render(solids, cast.look_at((0, 0.3, 0.9), (0, 1.2, 0.8))))["mug"].sigma
    pose = cast.look_at((0, -1.3, 0.9), (0, 1.2, 0.8))
    far = lifted(cast.render(solids, pose))["mug"].sigma
    unsure = lifted(cast.render(solids, pose, pose_cov=np.diag([1e-4] * 3 + [1e-4] * 3)))["mug"].sigma
    assert near < far < unsure
    assert unsure == pytest.approx(np.hypot(np.hypot(0.01, 0.01 * 2.45), 0.0092), rel=0.05)


def test_the_robots_own_body_is_in_no_thing(cast, pose):
    """Body pixels win over every mask."""
    frame = cast.render(cast.table(), pose)
    segments = LabelledSegmenter().segment(frame)
    body = next(s.mask for s in segments if max(s.labels) == "apple")
    masked = replace(frame, body_mask=body)
    assert "apple" not in lifted(masked)
    assert "apple" not in lifted(masked, segments)  # even where the segmenter forgot about it


def test_masks_have_to_fit_the_frame(cast, pose):
    """A segmenter's mask of another size is refused by number and shape."""
    frame = cast.render(cast.table(), pose)
    with pytest.raises(InputError, match=r"segment 0 has a mask \(4, 4\)"):
        lifted(frame, [Segment(np.zeros((4, 4), dtype=bool), {"mug": 1.0})])


def test_nothing_with_depth_makes_no_things(cast, pose):
    """A frame without readings, or without segments, is empty, not an error."""
    frame = cast.render(cast.table(), pose)
    assert lifted(replace(frame, depth=np.zeros_like(frame.depth))) == {}
    view = View.of(frame, [], DepthNoise())
    assert lift(view, contacts(view)) == []


def test_appearance_tells_colours_apart_and_bears_shade():
    """Unit vectors; the same colour in the shade stays close, another colour does not; greys differ by brightness."""
    colors = np.array([[200, 30, 30], [120, 18, 18], [30, 60, 200], [240, 240, 240], [40, 40, 40]], dtype=np.uint8)
    a = appearances(np.repeat(colors, 20, axis=0), np.repeat(np.arange(5), 20), 6)
    assert a.shape == (6, SIZE)
    assert a.dtype == np.float32
    assert np.allclose(np.linalg.norm(a, axis=1), 1, atol=1e-5)
    likeness = a @ a.T
    assert likeness[0, 1] > 0.9
    assert max(likeness[0, 2], likeness[0, 3], likeness[2, 3], likeness[3, 4]) < 0.3


def test_noise_models():
    """Depth noise grows with range; pose variance is the worst direction's, and grows with distance squared."""
    noise = DepthNoise()
    assert noise.sigma(0.2) == noise.floor
    z = np.linspace(0.4, 8, 50)
    assert (np.diff(noise.sigma(z)) > 0).all()
    assert noise.sigma(z)[-1] == pytest.approx(noise.sigma(8.0))
    pose = PoseNoise.of(np.diag([1e-4, 4e-4, 1e-4, 0, 0, 1e-6]))
    assert pose.variance(np.array([0.0, 10.0])) == pytest.approx([4e-4, 5e-4])
    with pytest.raises(ConfigError, match="floor above 0"):
        DepthNoise(floor=0)


def test_contacts_tell_touching_from_overlapping(cast):
    """A mug touches the table that it stands on, and not the wall far behind that it hides."""
    frame = cast.render(cast.table(), cast.look_at((0, 0.2, 1.0), (0, 1.2, 0.75)))
    segments = LabelledSegmenter().segment(frame)
    view = View.of(frame, segments, DepthNoise())
    index = {max(s.labels): i for i, s in enumerate(segments)}
    touching = contacts(view).touching
    assert touching[index["mug"], index["table"]] > 3
    assert touching[index["milk"], index["wall"]] == 0
    assert (touching == touching.T).all()


def test_camera_of_any_shape(cast):
    """Portrait, tiny and off-centre cameras lift as well."""
    camera = PinholeCamera(300.0, 280.0, 100.0, 190.0, 180, 360)
    solids = [*cast.room(), cast.solid("a", "mug", (0, 1.2, 0.8), (0.1, 0.1, 0.1))]
    thing = lifted(cast.render(solids, cast.look_at((0, 0, 1.2), (0, 1.2, 0.8)), camera=camera))["mug"]
    assert np.linalg.norm(thing.box_world.center - (0, 1.2, 0.8)) < 0.03
    assert thing.bbox[2] <= 180
    assert thing.bbox[3] <= 360
