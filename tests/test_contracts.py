"""The frame's validation: a bad frame is refused with what is wrong, what it is, and what would be right."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.contracts import MAX_DEPTH, Action, Outcome, RGBDFrame, SegmentImage, Status, Verb
from loci.errors import FrameError, InputError, LociError
from loci.geometry import PinholeCamera

CAMERA = PinholeCamera(20.0, 20.0, 15.5, 11.5, 32, 24)


def frame(**changes):
    """A good frame, but for ``changes``."""
    good = {
        "rgb": np.zeros((24, 32, 3), np.uint8),
        "depth": np.ones((24, 32), np.float32),
        "camera": CAMERA,
        "T_world_cam": np.eye(4),
        "stamp": 1.5,
        "pose_id": "p7",
    }
    return RGBDFrame(**(good | changes))


def test_a_good_frame_is_taken_and_frozen():
    """With and without its optional parts."""
    ids = np.zeros((24, 32), np.int32)
    full = frame(body_mask=np.zeros((24, 32), bool), segments=SegmentImage(ids, {}, {}, {}), pose_cov=np.eye(6))
    assert frame().body_mask is None
    with pytest.raises(FrozenInstanceError):
        full.stamp = 2.0
    assert frame(depth=np.zeros((24, 32), np.float32)).depth.max() == 0
    assert frame(pose_cov=np.zeros((6, 6))).robot_id == "robot"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rgb": np.zeros((24, 32), np.uint8)}, r"rgb has to be an array \(24, 32, 3\) uint8, got \(24, 32\) uint8"),
        ({"rgb": np.zeros((32, 24, 3), np.uint8)}, r"rgb .* got \(32, 24, 3\)"),
        ({"rgb": np.zeros((24, 32, 3), np.float32)}, "rgb .* float32"),
        ({"rgb": None}, "rgb .* NoneType"),
        ({"depth": np.ones((24, 32))}, "depth has to be an array .* float32, got .* float64"),
        ({"depth": np.ones((12, 16), np.float32)}, r"depth .* got \(12, 16\)"),
        ({"depth": np.ones((24, 32), np.uint16)}, "depth .* uint16"),
        ({"depth": np.full((24, 32), -0.1, np.float32)}, "depth spans -0.1"),
        ({"depth": np.full((24, 32), 1200, np.float32)}, "to 1200.0; every value has to be metres"),
        ({"depth": np.full((24, 32), np.nan, np.float32)}, "depth spans nan"),
        ({"depth": np.full((24, 32), np.inf, np.float32)}, "inf"),
        ({"T_world_cam": np.full((4, 4), np.nan)}, "T_world_cam is not a finite rigid transform"),
        ({"T_world_cam": np.eye(3)}, "T_world_cam"),
        ({"T_world_cam": np.diag([1.0, 1, -1, 1])}, "T_world_cam .* orthonormal"),
        ({"T_world_cam": np.diag([1000.0, 1000, 1000, 1])}, "T_world_cam"),
        ({"stamp": float("nan")}, "stamp nan is not a finite number of seconds"),
        ({"stamp": float("inf")}, "stamp inf"),
        ({"pose_cov": np.eye(3)}, r"pose_cov .* \(3, 3\)"),
        ({"pose_cov": -np.eye(6)}, "pose_cov .* semi-definite"),
        ({"pose_cov": np.full((6, 6), np.nan)}, "pose_cov"),
        ({"body_mask": np.zeros((24, 32), np.uint8)}, "body_mask .* bool"),
        ({"body_mask": np.zeros((4, 4), bool)}, r"body_mask .* \(4, 4\)"),
        ({"segments": SegmentImage(np.zeros((24, 32), np.int64), {}, {}, {})}, "segments.ids .* int32"),
        ({"segments": SegmentImage(np.zeros((2, 2), np.int32), {}, {}, {})}, r"segments.ids .* \(2, 2\)"),
    ],
)
def test_bad_frames_are_refused(changes, words):
    """Each with the frame's name in one line; it is an InputError, a ValueError, and one of Loci's own."""
    with pytest.raises(FrameError, match=words) as caught:
        frame(**changes)
    message = str(caught.value)
    assert "\n" not in message
    if "stamp" not in changes:
        assert message.startswith("frame p7: ")
    assert all(isinstance(caught.value, kind) for kind in (InputError, LociError, ValueError))


def test_a_frame_without_a_pose_id_is_named_by_its_stamp():
    """So that a message always says which frame."""
    with pytest.raises(FrameError, match=r"^frame 1.5: depth"):
        frame(pose_id="", depth=np.full((24, 32), -1, np.float32))


@given(st.integers(0, 23), st.integers(0, 31), st.sampled_from([np.nan, -1e-3, np.inf, -np.inf, MAX_DEPTH + 0.1]))
def test_one_bad_reading_is_enough(row, column, value):
    """Wherever it is."""
    depth = np.ones((24, 32), np.float32)
    depth[row, column] = value
    with pytest.raises(FrameError, match="depth spans"):
        frame(depth=depth)


@given(st.floats(0, MAX_DEPTH, width=32))
def test_every_depth_in_range_is_taken(value):
    """Ends included."""
    assert frame(depth=np.full((24, 32), value, np.float32)).depth[0, 0] == np.float32(value)


def test_outcomes_and_actions():
    """Only success is ok; an action needs nothing but its verb."""
    assert Outcome(Status.SUCCEEDED).ok
    assert not any(Outcome(s).ok for s in Status if s is not Status.SUCCEEDED)
    assert Action(Verb.LOOK).target is None
