"""Verdicts on expected things, and how much of a place was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Expected, Role, Verdict
from loci.geometry import Box, exp
from loci.perception import FramePerceiver, LabelledSegmenter

TABLE_THINGS = ("table", "mug", "apple", "plate", "milk")


@pytest.fixture(scope="module")
def pose(cast):
    return cast.look_at((0, -0.4, 1.4), (0, 1.2, 0.75))


def verdicts(frame, expected, exhaustive=True):
    """Id → visibility, and the batch."""
    batch = FramePerceiver(LabelledSegmenter(exhaustive=exhaustive)).observe(frame, expected)
    return {v.id: v for v in batch.visibility}, batch


@pytest.mark.parametrize("exhaustive", [True, False])
def test_all_that_stands_there_is_seen_and_linked(cast, pose, exhaustive):
    """Every thing of a static room is seen, with the detection at its spot."""
    solids = cast.table()
    frame = cast.render(solids, pose, rng=np.random.default_rng(0), noise=0.0019)
    said, batch = verdicts(frame, [cast.expect(n, solids) for n in TABLE_THINGS], exhaustive)
    for name in TABLE_THINGS:
        assert said[name].verdict is Verdict.SEEN
        assert max(batch.detections[said[name].detection].labels) == name
    assert batch.coverage["table"] > 0.85


@pytest.mark.parametrize("gone", ["mug", "apple", "plate", "milk"])
def test_what_was_taken_away_is_seen_through_and_nothing_else(cast, pose, gone):
    """Even a plate of 2 cm, as the recogniser says that all there is is table."""
    solids = cast.table()
    expected = [cast.expect(n, solids) for n in TABLE_THINGS]
    said, _ = verdicts(
        cast.render(cast.without(gone, solids), pose, rng=np.random.default_rng(1), noise=0.0019), expected
    )
    assert {n for n, v in said.items() if v.verdict is Verdict.SEEN_THROUGH} == {gone}
    assert said[gone].visible > 0.6
    assert said[gone].detection is None


@pytest.mark.parametrize("gone", ["mug", "apple", "milk"])
def test_depth_alone_sees_through_what_is_gone(cast, pose, gone):
    """Without trust in the segments, things of 7 cm and more are still missed."""
    solids = cast.table()
    expected = [cast.expect(n, solids) for n in TABLE_THINGS]
    frame = cast.render(cast.without(gone, solids), pose, rng=np.random.default_rng(2), noise=0.0019)
    said, _ = verdicts(frame, expected, exhaustive=False)
    assert {n for n, v in said.items() if v.verdict is Verdict.SEEN_THROUGH} == {gone}


def test_depth_alone_does_not_dare_to_miss_a_plate(cast, pose):
    """2 cm at 1.7 m are within what noise and pose may do; the verdict stays "seen", but with no detection to show."""
    solids = cast.table()
    said, _ = verdicts(
        cast.render(cast.without("plate", solids), pose), [cast.expect("plate", solids)], exhaustive=False
    )
    assert said["plate"].verdict is Verdict.SEEN
    assert said["plate"].detection is None


def test_moved_by_its_own_width(cast, pose):
    """A mug pushed 20 cm aside is seen through where it was."""
    solids = cast.table()
    frame = cast.render(cast.shifted("mug", solids, (-0.2, 0, 0)), pose)
    assert verdicts(frame, [cast.expect("mug", solids)])[0]["mug"].verdict is Verdict.SEEN_THROUGH


def test_hidden_things_are_occluded_not_gone(cast):
    """A book in front of the mug, with the mug there or not: the frame cannot say."""
    solids = cast.table()
    expected = [cast.expect("mug", solids)]
    screen = cast.solid("screen", "book", (-0.27, 0.95, 0.87), (0.3, 0.02, 0.24))
    pose = cast.look_at((-0.3, -0.3, 0.9), (-0.3, 1.2, 0.8))
    for room in (solids, cast.without("mug", solids)):
        said, _ = verdicts(cast.render([*room, screen], pose), expected)
        assert said["mug"].verdict is Verdict.OCCLUDED
        assert said["mug"].visible > 0.8


def test_half_hidden_things(cast):
    """Half of a milk carton shows beside the book: seen when it is there, seen through when it is not."""
    solids = cast.table()
    expected = [cast.expect("milk", solids)]
    screen = cast.solid("screen", "book", (0.175, 1.0, 0.93), (0.12, 0.02, 0.36))
    pose = cast.look_at((0.25, -0.2, 1.3), (0.25, 1.4, 0.8))
    said, batch = verdicts(cast.render([*solids, screen], pose), expected)
    assert said["milk"].verdict is Verdict.SEEN
    assert batch.detections[said["milk"].detection].cut
    said, _ = verdicts(cast.render([*cast.without("milk", solids), screen], pose), expected)
    assert said["milk"].verdict is Verdict.SEEN_THROUGH


def test_the_robots_arm_hides(cast, pose):
    """Body pixels in front of a thing are an occluder, never a view behind it."""
    solids = cast.without("mug", cast.table())
    frame = cast.render([*solids, cast.solid("arm", "arm", (-0.25, 0.6, 1.0), (0.5, 0.1, 0.5))], pose)
    arm = frame.segments.ids == next(n for n, d in frame.segments.labels.items() if "arm" in d)
    said, batch = verdicts(replace(frame, body_mask=arm), [cast.expect("mug", cast.table())])
    assert said["mug"].verdict is Verdict.OCCLUDED
    assert "arm" not in {max(d.labels) for d in batch.detections}


def test_out_of_view(cast):
    """Beside the image, behind the camera, or mostly cut off by the border."""
    solids = cast.table()
    expected = [cast.expect(n, solids) for n in TABLE_THINGS]
    away = cast.look_at((0, -0.4, 1.4), (0, -3, 1.0))
    assert {v.verdict for v in verdicts(cast.render(solids, away), expected)[0].values()} == {Verdict.OUT_OF_VIEW}
    aside = cast.look_at((0.5, -0.2, 1.3), (0.9, 1.2, 0.75))
    assert verdicts(cast.render(solids, aside), expected)[0]["mug"].verdict is Verdict.OUT_OF_VIEW


def test_no_depth_is_no_evidence(cast, pose):
    """A sensor that gives nothing there must not make things vanish."""
    solids = cast.table()
    frame = cast.render(solids, pose)
    said, batch = verdicts(
        replace(frame, depth=np.zeros_like(frame.depth)), [cast.expect(n, solids) for n in TABLE_THINGS]
    )
    assert {v.verdict for v in said.values()} == {Verdict.OCCLUDED}
    assert batch.coverage == {"table": 0.0}


def test_another_thing_on_the_spot_is_shown_by_its_detection(cast, pose):
    """A can where the mug was: depth agrees, so the verdict links the can; what it means is memory's to decide."""
    solids = cast.table()
    swapped = [
        *cast.without("mug", solids),
        cast.solid("can", "can", (-0.3, 1.1, 0.80), (0.07, 0.07, 0.1), (20, 20, 200)),
    ]
    said, batch = verdicts(cast.render(swapped, pose), [cast.expect("mug", solids)])
    assert said["mug"].verdict is Verdict.SEEN
    assert max(batch.detections[said["mug"].detection].labels) == "can"


def test_a_thing_above_the_spot_is_not_taken_for_it(cast):
    """The plate under the orange was pulled away: the orange, a little lower now, reaches into where the plate was."""
    solids = cast.kitchen()
    taken = cast.shifted("orange", cast.without("plate", solids), (0, 0, -0.02))
    said, batch = verdicts(
        cast.render(taken, cast.look_at((0.5, 0.2, 1.6), (0.5, 1.6, 0.9))), [cast.expect("plate", solids)]
    )
    assert said["plate"].verdict is Verdict.SEEN_THROUGH
    assert "orange" in {max(d.labels) for d in batch.detections}


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("exhaustive", [True, False])
def test_pose_errors_and_noise_make_nothing_vanish(cast, told, exhaustive):
    """A static kitchen from 25 views, each with a camera pose wrong by about 1 cm and 0.25°, told or not: none is missed."""
    solids = cast.kitchen(is_open=True)
    names = sorted({s.name for s in solids if s.role is not Role.STRUCTURE})
    expected = [cast.expect(n, solids) for n in names]
    rng = np.random.default_rng(5)
    told_cov = {"pose_cov": np.diag([3e-5] * 3 + [6e-6] * 3)} if told else {}
    false, seen = [], 0
    for k in range(25):
        eye = (rng.uniform(-1.2, 1.8), rng.uniform(-1.0, 0.3), rng.uniform(1.1, 1.6))
        T = cast.look_at(eye, (rng.uniform(-0.3, 1.4), 1.6, rng.uniform(0.6, 1.0)))
        frame = cast.render(solids, T, float(k), rng=rng, noise=0.0019, **told_cov)
        wrong = T @ exp(np.concatenate([rng.normal(size=3) * 0.006, rng.normal(size=3) * 0.0025]))
        said, _ = verdicts(replace(frame, T_world_cam=wrong), expected, exhaustive)
        false += [(k, n) for n, v in said.items() if v.verdict is Verdict.SEEN_THROUGH]
        seen += sum(v.verdict is Verdict.SEEN for v in said.values())
    assert false == []
    assert seen > 0.7 * 25 * len(names)


def test_removal_is_noticed_from_most_views(cast):
    """The other way round: what is taken from the open kitchen is seen through in most views that showed it well."""
    solids = cast.kitchen(is_open=True)
    rng = np.random.default_rng(6)
    noticed, asked = 0, 0
    for _ in range(12):
        T = cast.look_at(
            (rng.uniform(-0.6, 1.6), rng.uniform(-0.6, 0.4), rng.uniform(1.3, 1.6)), (rng.uniform(0, 1), 1.6, 0.8)
        )
        for gone in ("apple", "milk", "orange"):
            expected = [cast.expect(gone, solids)]
            before, _ = verdicts(cast.render(solids, T, rng=rng, noise=0.0019), expected)
            after, _ = verdicts(cast.render(cast.without(gone, solids), T, rng=rng, noise=0.0019), expected)
            if before[gone].verdict is Verdict.SEEN and before[gone].visible > 0.5:
                asked += 1
                noticed += after[gone].verdict is Verdict.SEEN_THROUGH
    assert asked >= 15
    assert noticed >= 0.9 * asked


def test_inside_of_a_closed_container_is_not_covered(cast):
    """What is in a closed fridge or drawer is hidden; open, most of the room inside is seen."""
    closed, opened = cast.kitchen(), cast.kitchen(is_open=True)
    above = cast.look_at((0.1, 0.3, 1.6), (0.05, 1.4, 0.7))
    front = cast.look_at((1.2, -0.2, 1.2), (1.35, 1.7, 0.7))
    for name, view, inside in (("drawer", above, "mug"), ("fridge", front, "milk")):
        said, batch = verdicts(cast.render(closed, view), [cast.expect(n, closed) for n in (name, inside)])
        assert batch.coverage[name] < 0.03
        assert said[inside].verdict is Verdict.OCCLUDED
        said, batch = verdicts(cast.render(opened, view), [cast.expect(n, opened) for n in (name, inside)])
        assert batch.coverage[name] > 0.5
        assert said[inside].verdict is Verdict.SEEN


def test_opened_door_and_pulled_drawer_are_missed_where_they_were(cast):
    """Parts that moved are seen through, or hidden by what they belong to: never "seen" with a detection of another thing."""
    closed, opened = cast.kitchen(), cast.kitchen(is_open=True)
    view = cast.look_at((0.9, -0.6, 1.4), (0.9, 1.6, 0.7))
    said, _ = verdicts(
        cast.render(opened, view), [cast.expect(n, closed) for n in ("door", "fridge handle", "counter")]
    )
    assert said["door"].verdict is Verdict.SEEN_THROUGH
    assert said["fridge handle"].verdict is Verdict.SEEN_THROUGH
    assert said["counter"].verdict is Verdict.SEEN


def test_coverage_is_the_share_that_was_in_view(cast):
    """Half of the table outside the image, half of it covered."""
    solids = cast.table()
    table = [cast.expect("table", solids)]
    whole = verdicts(cast.render(solids, cast.look_at((0, -0.4, 1.6), (0, 1.2, 0.75))), table)[1].coverage["table"]
    half = verdicts(cast.render(solids, cast.look_at((0, 0.5, 1.3), (1.0, 1.2, 0.75))), table)[1].coverage["table"]
    assert whole > 0.85
    assert 0.25 < half < 0.75


def test_things_known_by_their_box_alone_are_judged_too(cast, pose):
    """A thing that was only ever reported, never seen, has no points; its box answers."""
    solids = cast.table()
    milk = Expected("milk", Role.OBJECT, "milk", cast.box_of("milk", solids), np.zeros((0, 3), np.float32))
    assert verdicts(cast.render(solids, pose), [milk])[0]["milk"].verdict is Verdict.SEEN
    assert verdicts(cast.render(cast.without("milk", solids), pose), [milk])[0]["milk"].verdict is Verdict.SEEN_THROUGH
    far = Expected("x", Role.OBJECT, "x", Box.from_bounds((30, 30, 0), (31, 31, 1)), np.zeros((0, 3), np.float32))
    assert verdicts(cast.render(solids, pose), [far])[0]["x"].verdict is Verdict.OUT_OF_VIEW
