"""The segmenter for bare depth: on rendered rooms, where the truth is known, and on real labelled table tops."""

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import RGBDFrame, Role, Segmenter
from loci.errors import ConfigError, InputError
from loci.geometry import PinholeCamera, exp, transform
from loci.launch.mosd import read_scene, score, unpack_lzf
from loci.perception.geometric import GeometricSegmenter
from loci.perception.gravity import level
from loci.perception.planes import box_sum, components, find_planes, steps, surface_normals

EYE, AIM = (0.1, 0.0, 1.45), (0.0, 1.25, 0.72)


def iou(a, b):
    """Intersection over union of two masks."""
    return (a & b).sum() / max((a | b).sum(), 1)


def scene(cast):
    """A table with things on it before a wall."""
    return [
        cast.solid("floor", "floor", (0, 0, -0.05), (8, 8, 0.1), role=Role.STRUCTURE),
        cast.solid("wall", "wall", (0, 3.05, 1.25), (8, 0.1, 2.5), role=Role.STRUCTURE),
        cast.solid("table", "table", (0, 1.2, 0.73), (1.2, 0.7, 0.04), role=Role.FURNITURE),
        cast.solid("mug", "mug", (-0.3, 1.1, 0.80), (0.08, 0.08, 0.10)),
        cast.solid("apple", "apple", (0.0, 1.15, 0.785), (0.07, 0.07, 0.07)),
        cast.solid("plate", "plate", (0.3, 1.1, 0.76), (0.22, 0.22, 0.02)),
        cast.solid("milk", "milk", (0.25, 1.4, 0.85), (0.08, 0.08, 0.20)),
    ]


@pytest.fixture(scope="module")
def frame(cast):
    """The rendered kitchen, with the depth noise of a structured-light sensor."""
    return cast.render(scene(cast), cast.look_at(EYE, AIM), rng=np.random.default_rng(0), noise=0.0015)


@pytest.fixture(scope="module")
def truth(frame):
    """Mask of each thing of the rendered kitchen by its label."""
    return {max(d, key=d.get): frame.segments.ids == n for n, d in frame.segments.labels.items()}


@pytest.fixture(scope="module")
def segments(frame):
    """What the segmenter makes of it."""
    return GeometricSegmenter().segment(frame)


@pytest.mark.parametrize("name", ["mug", "apple", "milk"])
def test_things_on_a_table_are_found(segments, truth, name):
    """Each thing that rises from the table is one segment of its own."""
    things = [s for s in segments if s.role is Role.OBJECT]
    assert max(iou(s.mask, truth[name]) for s in things) > 0.75


def test_nothing_else_is_a_thing(segments, truth):
    """No thing segment lies on the table top, the floor or the wall."""
    for s in segments:
        if s.role is Role.OBJECT:
            real = max(truth, key=lambda name: (s.mask & truth[name]).sum())
            assert real not in ("floor", "wall")


@pytest.mark.parametrize(
    ("kind", "name", "role"),
    [
        ("surface", "table", Role.FURNITURE),
        ("floor", "floor", Role.STRUCTURE),
        ("wall", "wall", Role.STRUCTURE),
    ],
)
def test_planes_have_their_kind_and_role(segments, truth, kind, name, role):
    """The table top is a level surface, the floor is the floor, the wall is upright."""
    found = [s for s in segments if kind in s.labels]
    assert found
    assert all(s.role is role for s in found)
    assert max(iou(s.mask, truth[name]) for s in found) > 0.7


def test_masks_keep_the_contract(frame, segments):
    """Masks have the frame's shape, do not overlap, and hold only pixels with a reading."""
    assert isinstance(GeometricSegmenter(), Segmenter)
    total = np.zeros(frame.depth.shape, int)
    for s in segments:
        assert s.mask.shape == frame.depth.shape
        assert s.mask.dtype == np.bool_
        total += s.mask
    assert total.max() == 1
    assert (frame.depth[total == 1] > 0).all()


def test_the_own_body_is_in_no_segment(frame, truth):
    """What the robot knows to be itself is cut out."""
    hidden = replace(frame, body_mask=truth["mug"])
    assert not any((s.mask & truth["mug"]).any() for s in GeometricSegmenter().segment(hidden))


def test_the_same_frame_gives_the_same_segments(frame, segments):
    """Nothing in it is random."""
    again = GeometricSegmenter().segment(frame)
    assert [s.labels for s in again] == [s.labels for s in segments]
    assert all((a.mask == b.mask).all() for a, b in zip(again, segments, strict=True))


def test_a_wide_frame_is_segmented_like_a_small_one(cast, truth):
    """At 640×480 every second pixel is read; masks have the full size."""
    camera = PinholeCamera.from_fov(np.deg2rad(60), 640, 480)
    rng = np.random.default_rng(0)
    frame = cast.render(scene(cast), cast.look_at(EYE, AIM), camera=camera, rng=rng, noise=0.0015)
    milk = np.repeat(np.repeat(truth["milk"], 2, 0), 2, 1)
    assert max(iou(s.mask, milk) for s in GeometricSegmenter().segment(frame) if s.role is Role.OBJECT) > 0.75


def test_a_box_on_a_box_is_two_things(cast):
    """They meet in a concave crease."""
    room = [
        cast.solid("floor", "floor", (0, 0, -0.05), (8, 8, 0.1), role=Role.STRUCTURE),
        cast.solid("table", "table", (0, 1.2, 0.73), (1.4, 0.9, 0.04), role=Role.FURNITURE),
        cast.solid("low", "box", (0, 1.1, 0.80), (0.30, 0.24, 0.10), yaw=0.5),
        cast.solid("high", "carton", (0, 1.1, 0.91), (0.16, 0.12, 0.12), yaw=0.5),
    ]
    frame = cast.render(room, cast.look_at(EYE, AIM), rng=np.random.default_rng(1), noise=0.0015)
    truth = {max(d, key=d.get): frame.segments.ids == n for n, d in frame.segments.labels.items()}
    things = [s.mask for s in GeometricSegmenter().segment(frame) if s.role is Role.OBJECT]
    assert max(iou(m, truth["box"]) for m in things) > 0.7
    assert max(iou(m, truth["carton"]) for m in things) > 0.7


def test_an_empty_room_holds_no_things(cast):
    """Floor, wall and a bare table give planes only."""
    room = [s for s in scene(cast) if s.role is not Role.OBJECT]
    frame = cast.render(room, cast.look_at(EYE, AIM), rng=np.random.default_rng(2), noise=0.0015)
    assert [s for s in GeometricSegmenter().segment(frame) if s.role is Role.OBJECT] == []


def test_a_frame_without_readings_has_no_segments(frame):
    """A covered lens is no error."""
    assert GeometricSegmenter().segment(replace(frame, depth=np.zeros_like(frame.depth))) == []


@pytest.mark.parametrize("bad", [{"smallest": 0.0}, {"smallest": 2.0}, {"plane_area": -1.0}, {"min_pixels": 0}])
def test_settings_that_cannot_work_are_refused(bad):
    """The message says what would be right."""
    with pytest.raises(ConfigError, match="smallest < largest"):
        GeometricSegmenter(**bad)


# --- parts --------------------------------------------------------------------------------------------------------------
def test_components_agree_with_a_flood_fill():
    """Random masks, random cuts: the same pieces as the plain way."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        inside = rng.random((12, 15)) < 0.7
        right, down = rng.random((12, 14)) < 0.8, rng.random((11, 15)) < 0.8
        labels = components(inside, right, down)
        seen = np.zeros(inside.shape, int)
        count = 0
        for start in zip(*np.nonzero(inside), strict=True):
            if seen[start]:
                continue
            count += 1
            stack = [start]
            while stack:
                v, u = stack.pop()
                if not (0 <= v < 12 and 0 <= u < 15) or not inside[v, u] or seen[v, u]:
                    continue
                seen[v, u] = count
                stack += [(v, u + 1)] * bool(u < 14 and right[v, min(u, 13)])
                stack += [(v, u - 1)] * bool(u > 0 and right[v, u - 1])
                stack += [(v + 1, u)] * bool(v < 11 and down[min(v, 10), u])
                stack += [(v - 1, u)] * bool(v > 0 and down[v - 1, u])
        assert (labels == seen).all()


def test_box_sum_is_the_sum_over_the_window():
    """Against the definition, also at the border."""
    image = np.random.default_rng(4).normal(size=(2, 9, 11)).astype(np.float32)
    padded = np.pad(image, ((0, 0), (2, 2), (2, 2)))
    plain = [[padded[:, v : v + 5, u : u + 5].sum(axis=(1, 2)) for u in range(11)] for v in range(9)]
    assert np.allclose(np.moveaxis(box_sum(image, 2), 0, -1), plain, atol=1e-4)


def test_a_slanted_plane_has_its_normal_and_area():
    """A plane through known points: normal within a degree, area within a tenth."""
    camera = PinholeCamera(290, 290, 159.5, 119.5, 320, 240)
    v, u = np.mgrid[0:240, 0:320]
    rays = camera.backproject(np.stack([u, v], axis=-1), np.ones((240, 320)))
    normal = np.array([0.3, -0.5, -0.8]) / np.linalg.norm([0.3, -0.5, -0.8])
    z = -1.5 / (rays @ normal)
    z = np.where((np.abs(u - 160) < 80) & (np.abs(v - 120) < 60), z, 0).astype(np.float32)
    cloud = (rays * z[..., None]).astype(np.float32)
    right, down = steps(z)
    planes = find_planes(cloud, surface_normals(cloud, right, down, 3), right, down, 0.1)
    assert len(planes) == 1
    assert planes[0].normal @ normal > np.cos(np.radians(1))
    assert planes[0].offset == pytest.approx(-1.5, abs=0.005)
    corners = cloud[[61, 61, 179, 179], [81, 239, 239, 81]].astype(float)
    diagonals = corners[2] - corners[0], corners[3] - corners[1]
    assert planes[0].area == pytest.approx(np.linalg.norm(np.cross(*diagonals)) / 2, rel=0.1)


# --- up -----------------------------------------------------------------------------------------------------------------
def test_up_and_the_floor_are_found_in_a_turned_world(cast):
    """A world whose axes lie anywhere is turned back to z up within half a degree, floor at 0 within 2 cm."""
    views = [((0.1, 0.0, 1.45), (0.0, 1.25, 0.72)), ((1.0, 0.0, 1.5), (0.0, 1.4, 0.3)), ((-0.8, 0, 1.4), (0, 1.2, 0.4))]
    frames = [
        cast.render(scene(cast), cast.look_at(*v), rng=np.random.default_rng(i), noise=0.0015)
        for i, v in enumerate(views)
    ]
    turn = exp([0.4, -0.3, 0.8, 0.7, -1.2, 0.5])
    turned = [replace(f, T_world_cam=turn @ f.T_world_cam) for f in frames]
    T = level(turned) @ turn
    assert T[2, 2] > np.cos(np.radians(0.5))
    assert abs(T[2, 3]) < 0.02


def test_a_table_is_not_taken_for_the_floor(cast):
    """Where no floor is in sight, the table stays a table: the camera is held 1.5 m above the floor."""
    table = [s for s in scene(cast) if s.name not in ("floor", "wall")]
    frame = cast.render(table, cast.look_at((0.1, 0.2, 1.5), (0.0, 1.25, 0.72)))
    turned = replace(frame, T_world_cam=exp([0.4, -0.3, 0.8, 0.7, -1.2, 0.5]) @ frame.T_world_cam)
    T = level([turned])
    segments = GeometricSegmenter().segment(replace(turned, T_world_cam=T @ turned.T_world_cam))
    assert [s.role for s in segments if "surface" in s.labels] == [Role.FURNITURE]
    assert not any("floor" in s.labels for s in segments)


def test_up_cannot_be_found_from_a_bare_wall(cast):
    """The message says what has to be in the pictures."""
    wall = [s for s in scene(cast) if s.name == "wall"]
    frame = cast.render(wall, cast.look_at((0, 1.5, 1.2), (0, 3, 1.2)))
    with pytest.raises(InputError, match="floor, a table or a counter"):
        level([frame])


# --- real table tops ------------------------------------------------------------------------------------------------------
def test_lzf_unpacks_overlapping_copies():
    """A literal run, then a copy that reads what it writes."""
    assert unpack_lzf(bytes([2]) + b"abc" + bytes([(4 - 2) << 5, 2])) == b"abcabca"


def test_real_table_tops(data_dir):
    """Eight scenes labelled by people: recall and precision at IoU 0.5, and how cleanly objects are cut out."""
    files = sorted((data_dir / "mosd").glob("*.pcd"))
    if not files:
        pytest.skip(f"no labelled table tops in {data_dir / 'mosd'}")
    scores = [score(read_scene(f), GeometricSegmenter()) for f in files]
    objects = sum(len(s.ious) for s in scores)
    assert sum(s.found for s in scores) >= 0.85 * objects
    assert sum(s.matched for s in scores) >= 0.8 * sum(s.segments for s in scores)
    assert np.mean([v for s in scores for v in s.ious]) > 0.75
    assert np.mean([s.under for s in scores]) < 0.1


def test_a_frame_in_camera_axes_still_works():
    """Without any reading along some rows, at an odd size, nothing warns."""
    camera = PinholeCamera(300, 300, 150, 110, 301, 221)
    depth = np.full((221, 301), 1.2, np.float32)
    depth[::7] = 0
    frame = RGBDFrame(np.zeros((221, 301, 3), np.uint8), depth, camera, transform(), 0.0)
    segments = GeometricSegmenter().segment(frame)
    assert all(s.role is not Role.OBJECT for s in segments)
