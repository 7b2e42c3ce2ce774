"""Property tests of transforms, boxes and cameras."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from loci import geometry as g
from loci.errors import FrameError, InputError
from loci.geometry import Box, PinholeCamera, apply, inverse, is_rigid, transform

coordinates = st.floats(-10, 10, allow_subnormal=False)
vectors = arrays(np.float64, 3, elements=coordinates)
clouds = arrays(np.float64, st.tuples(st.integers(1, 40), st.just(3)), elements=coordinates)
lengths = arrays(np.float64, 3, elements=st.floats(0.01, 5))


@st.composite
def rotation_vectors(draw, largest=np.pi - 1e-3):
    """Axis times angle, of every size down to nothing."""
    axis = draw(arrays(np.float64, 3, elements=st.floats(-1, 1)))
    norm = float(np.linalg.norm(axis))
    assume(norm > 1e-3)
    angle = draw(st.one_of(st.floats(0, largest), st.sampled_from([0.0, 1e-12, 1e-9, 1e-8, 1e-6, 1e-4, largest])))
    return axis / norm * angle


@st.composite
def rigids(draw):
    """Rigid transforms."""
    return g.exp(np.concatenate([draw(vectors), draw(rotation_vectors())]))


@st.composite
def boxes(draw):
    """Oriented boxes."""
    return Box(draw(rigids()), draw(lengths))


@st.composite
def cameras(draw):
    """Cameras with off-centre principal points and oblong pixels."""
    width, height = draw(st.integers(2, 2000)), draw(st.integers(2, 2000))
    return PinholeCamera(
        draw(st.floats(10, 3000)),
        draw(st.floats(10, 3000)),
        draw(st.floats(0, width)),
        draw(st.floats(0, height)),
        width,
        height,
    )


# --- SE(3) --------------------------------------------------------------------------------------------------------------
@given(rigids(), rigids(), rigids())
def test_group_axioms(A, B, C):
    """Closed, associative, with identity and inverse."""
    assert is_rigid(A @ B)
    assert np.allclose((A @ B) @ C, A @ (B @ C), atol=1e-9)
    assert np.allclose(A @ np.eye(4), A)
    assert np.allclose(A @ inverse(A), np.eye(4), atol=1e-9)
    assert np.allclose(inverse(A) @ A, np.eye(4), atol=1e-9)
    assert np.allclose(inverse(A @ B), inverse(B) @ inverse(A), atol=1e-9)


@given(rigids(), rigids(), clouds)
def test_apply_is_an_action_that_keeps_distances(A, B, points):
    """Applying a product is applying one after the other; nothing is stretched; shapes are kept."""
    assert np.allclose(apply(A @ B, points), apply(A, apply(B, points)), atol=1e-8)
    assert np.allclose(apply(inverse(A), apply(A, points)), points, atol=1e-8)
    moved = apply(A, points)
    assert np.allclose(np.linalg.norm(moved - moved[0], axis=1), np.linalg.norm(points - points[0], axis=1), atol=1e-8)
    assert apply(A, points[None]).shape == (1, len(points), 3)
    assert np.allclose(apply(A, points[0]), moved[0])


@given(vectors, rotation_vectors())
def test_exp_and_log_are_inverse(v, w):
    """Below half a turn, from no rotation at all to nearly half a turn."""
    twist = np.concatenate([v, w])
    T = g.exp(twist)
    assert is_rigid(T, 1e-9)
    assert np.allclose(g.log(T), twist, atol=1e-6)
    assert np.allclose(g.exp(g.log(T)), T, atol=1e-8)


@given(rotation_vectors(largest=np.pi), vectors)
def test_log_of_half_a_turn_leads_back(w, v):
    """At half a turn the axis may come out the other way round, but it is the same motion."""
    T = g.exp(np.concatenate([v, w]))
    assert np.allclose(g.exp(g.log(T)), T, atol=1e-6)


@given(vectors, rotation_vectors(largest=1.0))
def test_exp_adds_up_along_one_screw(v, w):
    """Twice the twist is the motion done twice; minus the twist undoes it."""
    twist = np.concatenate([v, w])
    assert np.allclose(g.exp(2 * twist), g.exp(twist) @ g.exp(twist), atol=1e-8)
    assert np.allclose(g.exp(-twist), inverse(g.exp(twist)), atol=1e-8)


def test_exp_of_known_motions():
    """Pure translation, and a quarter turn about z around a point."""
    assert np.allclose(g.exp([1, 2, 3, 0, 0, 0]), transform(t=(1, 2, 3)))
    quarter = g.exp([0, 0, 0, 0, 0, np.pi / 2])
    assert np.allclose(apply(quarter, (1, 0, 0)), (0, 1, 0))
    assert np.allclose(g.rotation_z(np.pi / 2), quarter[:3, :3])


@given(rotation_vectors(largest=np.pi))
@example(np.array([np.pi, 0, 0]))
@example(np.array([0, np.pi, 0]))
@example(np.array([0, 0, np.pi]))
@example(np.zeros(3))
def test_quaternions_and_matrices_round_trip(w):
    """Unit length, w ≥ 0, and back to the same matrix from every branch of the conversion."""
    R = g.exp(np.concatenate([np.zeros(3), w]))[:3, :3]
    q = g.quat_from_matrix(R)
    assert np.linalg.norm(q) == pytest.approx(1)
    assert q[0] >= 0
    assert np.allclose(g.matrix_from_quat(q), R, atol=1e-8)


@given(arrays(np.float64, 4, elements=st.floats(-3, 3)))
def test_any_quaternion_gives_a_rotation(q):
    """Length does not matter, nor does the sign."""
    assume(np.linalg.norm(q) > 1e-6)
    R = g.matrix_from_quat(q)
    assert np.allclose(R @ R.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(R) == pytest.approx(1)
    assert np.allclose(g.matrix_from_quat(-2 * q), R, atol=1e-9)


@pytest.mark.parametrize("bad", [[0, 0, 0, 0], [1, 0, 0], [np.nan, 0, 0, 1], [np.inf, 0, 0, 0]])
def test_useless_quaternions_are_refused(bad):
    """Zero, short and not finite."""
    with pytest.raises(InputError, match="is not usable: four finite numbers"):
        g.matrix_from_quat(bad)


@pytest.mark.parametrize(
    "bad",
    [
        np.eye(3),
        np.diag([1.0, 1, -1, 1]),
        np.diag([2.0, 2, 2, 1]),
        np.diag([1.0, 1, 1, 2]),
        np.full((4, 4), np.nan),
        np.zeros((4, 4)),
        np.eye(4) + np.eye(4, k=1) * 0.1,
    ],
)
def test_what_is_not_rigid(bad):
    """Wrong shape, mirrored, scaled, last row, NaN, singular, sheared."""
    assert not is_rigid(bad)


# --- boxes --------------------------------------------------------------------------------------------------------------
@given(clouds)
@example(np.zeros((1, 3)))
@example(np.array([[0, 0, 0], [1e-7, 0, 0], [1, 1, 1.0]]))
@example(np.repeat(np.array([[1.0, 2, 3]]), 5, axis=0))
def test_upright_box_encloses_all_points(points):
    """Every point inside, one at each face, and the z axis kept."""
    box = Box.upright(points)
    assert box.contains(points, 1e-8).all()
    assert np.allclose(box.T_ref_box[:3, 2], (0, 0, 1))
    local = apply(inverse(box.T_ref_box), points)
    assert np.allclose(local.max(axis=0), box.size / 2, atol=1e-8)
    assert np.allclose(local.min(axis=0), -box.size / 2, atol=1e-8)
    assert box.size[2] == pytest.approx(np.ptp(points[:, 2]), abs=1e-9)


@given(clouds, st.floats(0, np.pi))
def test_upright_box_is_small(points, yaw):
    """No other heading gives a much smaller footprint: half of it at most may be given away for a closer fit."""
    box = Box.upright(points)
    other = np.ptp(points @ g.rotation_z(yaw), axis=0)
    assert box.size[0] * box.size[1] <= 1.5 * other[0] * other[1] + 1e-3


@given(
    st.floats(0, np.pi / 2),
    st.floats(0.3, 2),
    st.floats(0.3, 2),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 1.0]),
)
def test_two_sides_of_a_cupboard_give_its_box(yaw, length, width, seed, percentile):
    """Seen at a corner, front and side with a little noise: the box lies along them, not along the diagonal."""
    rng = np.random.default_rng(seed)
    front = np.stack([rng.uniform(0, length, 200), np.zeros(200), rng.uniform(0, 1, 200)], axis=1)
    side = np.stack([np.zeros(150), rng.uniform(0, width, 150), rng.uniform(0, 1, 150)], axis=1)
    seen = np.concatenate([front, side]) + rng.normal(size=(350, 3)) * 0.005
    box = Box.upright(seen @ g.rotation_z(yaw).T, percentile)
    trimmed = 0.07 * percentile  # of 350 points, three or four at the open end of a side: up to 5 or 6 sparse gaps
    assert np.allclose(np.sort(box.size[:2]), np.sort((length, width)), atol=0.1 + trimmed)
    off = (box.yaw - yaw) % (np.pi / 2)
    assert min(off, np.pi / 2 - off) < 0.1


@given(st.floats(0, np.pi / 2), st.floats(0.1, 3), st.floats(0.05, 3), vectors, st.integers(0, 2**32 - 1))
def test_upright_box_recovers_a_turned_box(yaw, length, width, center, seed):
    """Points spread in a turned box, with its corners: the same box comes back, whichever axis is called x."""
    true = Box(transform(g.rotation_z(yaw), center), np.array([length, width, 0.4]))
    inside = np.random.default_rng(seed).uniform(-0.5, 0.5, (300, 3)) * true.size
    found = Box.upright(np.concatenate([apply(true.T_ref_box, inside), true.corners()]))
    assert np.allclose(np.sort(found.size), np.sort(true.size), atol=1e-4)
    assert np.allclose(found.center, true.center, atol=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 5))
def test_trimmed_box_ignores_flying_pixels(seed, percentile):
    """A few far outliers do not move the box; trimming never grows it."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.5, 0.5, (400, 3)) * (0.3, 0.2, 0.1)
    stray = np.concatenate([points, rng.uniform(-5, 5, (1, 3))])
    box = Box.upright(stray, percentile)
    assert box.size[2] <= 0.1 + 1e-9
    assert sorted(box.size[:2])[1] < 0.40
    assert np.linalg.norm(box.center) < 0.03


def test_trimming_is_numpys_percentile():
    """The interpolated percentile along the axes that were found."""
    points = np.random.default_rng(0).normal(size=(101, 3)) * (3, 1, 1)
    box = Box.upright(points, 7.3)
    local = points @ box.T_ref_box[:3, :3]
    lo, hi = np.percentile(local, [7.3, 92.7], axis=0)
    assert np.allclose(hi - lo, box.size)
    assert np.allclose(box.T_ref_box[:3, :3] @ ((lo + hi) / 2), box.center)


@pytest.mark.parametrize("bad", [np.zeros((0, 3)), [[np.nan, 0, 0]], [[0, 0, np.inf]]])
def test_boxes_need_finite_points(bad):
    """Nothing, and not a number."""
    with pytest.raises(InputError, match="at least one point and only finite ones"):
        Box.upright(bad)


def test_trimming_all_is_refused():
    """Half at each end leaves nothing."""
    with pytest.raises(InputError, match="percentile 50"):
        Box.upright(np.eye(3), 50)


@given(boxes(), clouds)
def test_contains_and_distance_agree(box, points):
    """Distance is 0 exactly inside; the margin grows the box; distance is at most that to the centre and to any corner."""
    inside, distance = box.contains(points), box.distance(points)
    assert (distance >= 0).all()
    assert (distance[inside] == 0).all()
    assert (distance[~inside] > 0).all()
    assert (distance <= np.linalg.norm(points - box.center, axis=1) + 1e-9).all()
    assert (distance <= np.linalg.norm(points[:, None] - box.corners()[None], axis=2).min(axis=1) + 1e-9).all()
    assert (box.contains(points, 0.5) | ~inside).all()
    assert (distance[box.contains(points, 0.5)] <= 0.5 * np.sqrt(3) + 1e-9).all()


@given(boxes(), rigids(), clouds)
def test_boxes_move_with_their_frame(box, T, points):
    """Seen from another frame a box holds the same points, at the same distance."""
    moved = box.moved(T)
    assert np.allclose(moved.distance(apply(T, points)), box.distance(points), atol=1e-7)
    assert moved.volume == pytest.approx(box.volume)
    assert np.allclose(moved.corners(), apply(T, box.corners()), atol=1e-8)


@given(boxes())
def test_corners_lie_on_the_box_and_span_its_bounds(box):
    """Corners inside to rounding; bounds are theirs."""
    assert box.contains(box.corners(), 1e-7).all()
    lo, hi = box.bounds()
    assert np.allclose(lo, box.corners().min(axis=0), atol=1e-8)
    assert np.allclose(hi, box.corners().max(axis=0), atol=1e-8)


@given(boxes(), boxes(), rigids())
def test_iou_laws(a, b, T):
    """In [0, 1], symmetric, 1 with itself, 0 when far apart, unchanged by a common shift."""
    assert 0 <= a.iou(b) <= 1
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert a.iou(a) == pytest.approx(1)
    assert a.iou(a.moved(transform(t=(100, 0, 0)))) == 0
    shift = transform(t=T[:3, 3])
    assert a.moved(shift).iou(b.moved(shift)) == pytest.approx(a.iou(b), abs=1e-6)


def test_iou_of_known_boxes():
    """Half overlapping unit cubes share a third; flat boxes have no volume to share."""
    a, b = Box.from_bounds((0, 0, 0), (1, 1, 1)), Box.from_bounds((0.5, 0, 0), (1.5, 1, 1))
    assert a.iou(b) == pytest.approx(1 / 3)
    flat = Box.from_bounds((0, 0, 0), (1, 1, 0))
    assert flat.iou(flat) == 0


@given(boxes())
def test_boxes_survive_json(box):
    """To plain data and back, through text."""
    again = Box.from_dict(json.loads(json.dumps(box.to_dict())))
    assert np.allclose(again.T_ref_box, box.T_ref_box, atol=1e-8)
    assert np.allclose(again.size, box.size)


def test_boxes_are_frozen_and_checked():
    """Their arrays are copies that cannot be written; mirrored poses, negative and NaN sizes are refused."""
    T, size = np.eye(4), np.ones(3)
    box = Box(T, size)
    T[0, 3] = 5
    assert box.center[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        box.size[0] = 2
    for bad in (
        (np.diag([1.0, 1, -1, 1]), size),
        (np.eye(4), [-1, 1, 1]),
        (np.eye(4), [np.nan, 1, 1]),
        (np.eye(4), [1, 1]),
    ):
        with pytest.raises(InputError, match="box"):
            Box(*bad)
    with pytest.raises(InputError, match="box size"):
        Box.from_bounds((1, 0, 0), (0, 1, 1))


@given(st.floats(-np.pi + 1e-6, np.pi - 1e-6))
def test_yaw(angle):
    """The heading that a box was given."""
    assert Box(transform(g.rotation_z(angle)), np.ones(3)).yaw == pytest.approx(angle, abs=1e-9)


def test_upright_is_fast():
    """About 0.2 ms for 256 points on an idle machine; a busy one may take five times as long."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 256)
    mug = np.stack([0.04 * np.cos(angle), 0.04 * np.sin(angle), rng.uniform(0, 0.1, 256)], axis=1)
    times = []
    for _ in range(15):
        start = time.process_time()
        for _ in range(10):
            Box.upright(mug, 1.0)
        times.append((time.process_time() - start) / 10)
    assert min(times) < 0.0015


# --- cameras ------------------------------------------------------------------------------------------------------------
@given(cameras(), arrays(np.float64, (7, 2), elements=st.floats(-500, 2500)), st.floats(0.05, 60))
def test_projection_undoes_back_projection(camera, uv, depth):
    """Pixels at a depth, to points, and back."""
    points = camera.backproject(uv, np.full(7, depth))
    assert np.allclose(points[:, 2], depth)
    pixels, z = camera.project(points)
    assert np.allclose(pixels, uv, atol=1e-6)
    assert np.allclose(z, depth)


@given(cameras(), clouds)
def test_back_projection_undoes_projection(camera, points):
    """Points in front of the camera, to pixels, and back; K says the same; behind it there are no pixels."""
    points = points[np.abs(points[:, 2]) > 1e-3]
    pixels, z = camera.project(points)
    front = z > 0
    assert np.isnan(pixels[~front]).all()
    assert np.allclose(camera.backproject(pixels[front], z[front]), points[front], atol=1e-8)
    homogeneous = points[front] @ camera.K.T
    assert np.allclose(homogeneous[:, :2] / homogeneous[:, 2:], pixels[front], atol=1e-6)


@given(cameras(), st.floats(0.1, 5))
def test_cloud_of_a_wall(camera, depth):
    """A constant depth image is a plane across the view; each pixel projects to itself."""
    small = PinholeCamera(camera.fx, camera.fy, 4, 3, 9, 7)
    cloud = small.cloud(np.full((7, 9), depth))
    assert cloud.shape == (7, 9, 3)
    assert np.allclose(cloud[..., 2], depth)
    pixels, _ = small.project(cloud)
    v, u = np.mgrid[0:7, 0:9]
    assert np.allclose(pixels, np.stack([u, v], axis=-1), atol=1e-6)


@given(cameras(), st.integers(2, 500), st.integers(2, 500), vectors)
def test_scaled_cameras_see_the_same(camera, width, height, point):
    """A point keeps its place in the image, as a share of it, when the image is resized."""
    assume(point[2] > 0.1)
    scaled = camera.scaled(width, height)
    a, b = camera.project(point)[0], scaled.project(point)[0]
    size, new = np.array([camera.width, camera.height]), np.array([width, height])
    assert np.allclose((a + 0.5) / size, (b + 0.5) / new, rtol=1e-6, atol=1e-6)


def test_field_of_view():
    """The top and bottom edges of the image are the field of view apart."""
    camera = PinholeCamera.from_fov(np.deg2rad(60), 320, 240)
    edges = camera.backproject([[camera.cx, -0.5], [camera.cx, 239.5]], [1.0, 1.0])
    angle = np.arctan2(edges[1, 1], 1) - np.arctan2(edges[0, 1], 1)
    assert np.rad2deg(angle) == pytest.approx(60)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0, 1, 1, 1, 4, 4), "focal lengths above 0"),
        ((-5, 1, 1, 1, 4, 4), "focal lengths above 0"),
        ((5, np.nan, 1, 1, 4, 4), "finite"),
        ((5, 5, np.inf, 1, 4, 4), "finite"),
        ((5, 5, 1, 1, 0, 4), "at least 1×1"),
        ((5, 5, 900, 1, 4, 4), "another camera"),
        ((5, 5, 1, -90, 4, 4), "another camera"),
    ],
)
def test_impossible_cameras_are_refused(values, words):
    """With the values and what would be right."""
    with pytest.raises(FrameError, match=words):
        PinholeCamera(*values)


@given(st.floats(1e-320, 1e-300), st.floats(-1, 1))
def test_points_at_the_pinhole_do_not_warn(z, x):
    """Projection of a point that all but lies in the pinhole gives a huge number or infinity, on the right side."""
    pixels, _ = PinholeCamera(100, 100, 50, 50, 100, 100).project([x, 0.0, z])
    assert np.sign(pixels[0] - 50) == np.sign(x) or abs(x) < 1e-290
