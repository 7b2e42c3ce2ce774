"""What real frames need beyond clean ones: leaning things, tracks without names, erasing, and how much was to be seen."""

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Expected, Role, Verdict
from loci.geometry import Box
from loci.launch.erase import without
from loci.launch.erasing import LOOKS, Erasure, Held, Once, Without
from loci.perception import FramePerceiver, GeometricSegmenter, LabelledSegmenter
from loci.perception.tracklets import Sighting, Tracker

LEAN = (0.0, 1.2, 0.9)


def leaning(cast):
    """A board of 30 cm that leans by 20 cm, of which only the front is known: its box is mostly air."""
    rng = np.random.default_rng(3)
    a, b = rng.uniform(-0.5, 0.5, (2, 200))
    points = np.stack([0.3 * a, 1.2 + 0.2 * b, 0.9 + 0.3 * b], axis=1)
    return Expected("board", Role.OBJECT, "thing", Box.upright(points), points.astype(np.float32))


def room(cast, *things):
    """A back wall 12 cm behind the middle of where the board leans, within its box at the top."""
    return [cast.solid("wall", "wall", (0, 1.31, 1.0), (3, 0.02, 2), role=Role.STRUCTURE), *things]


def verdict(cast, frame, expected):
    """What depth alone says."""
    batch = FramePerceiver(LabelledSegmenter(exhaustive=False)).observe(frame, [expected])
    return batch.visibility[0].verdict


def test_air_in_a_box_is_not_the_thing(cast):
    """The lower half of the board's surface was 10 to 20 cm before the wall: seen past, though the wall is at its box."""
    pose = cast.look_at((0, -0.5, 1.1), LEAN)
    board = leaning(cast)
    assert verdict(cast, cast.render(room(cast), pose), board) is Verdict.SEEN_THROUGH
    rows = [
        cast.solid("board", "thing", (0, 1.2 + 0.2 * b, 0.9 + 0.3 * b), (0.3, 0.02, 0.012))
        for b in np.linspace(-0.5, 0.5, 31)
    ]
    assert verdict(cast, cast.render(room(cast, *rows), pose), board) is Verdict.SEEN


def sighting(x, label, size=0.1, color=0):
    """A thing at ``x`` metres."""
    center = np.array([x, 0.0, 0.8])
    looks = np.eye(48, dtype=np.float32)[color]
    return Sighting(Role.OBJECT, {label: 0.9}, center - size / 2, center + size / 2, looks, 0.004)


@pytest.mark.parametrize(("label", "size", "color", "same"), [
    ("mug", 0.13, 0, True),  # a name is enough
    ("thing", 0.1, 0, True),  # or the same looks and the same size
    ("thing", 0.1, 1, False),
    ("thing", 0.2, 0, False),
])  # fmt: skip
def test_what_has_no_name_does_not_jump_into_another(label, size, color, same):
    """One is lost as another comes into view 18 cm beside it: without a name they are two, unless they look the same."""
    tracker = Tracker()
    (first,) = tracker.update([sighting(0.0, label)], 0.0, lambda p: np.ones(len(p), bool))
    (second,) = tracker.update([sighting(0.18, label, size, color)], 0.2, lambda p: np.ones(len(p), bool))
    assert (second == first) is same


@pytest.fixture(scope="module")
def scene(cast):
    """A box on a table, before it and after: frames, and the box."""
    thing = cast.solid("box", "box", (0.1, 1.0, 0.83), (0.2, 0.15, 0.16), (200, 30, 30))
    rest = [
        cast.solid("floor", "floor", (0, 1, -0.05), (6, 6, 0.1), role=Role.STRUCTURE),
        cast.solid("table", "table", (0, 1, 0.725), (1.6, 1.0, 0.05), (120, 90, 60), Role.FURNITURE),
        cast.solid("wall", "wall", (0, 2.5, 1.2), (6, 0.1, 2.6), role=Role.STRUCTURE),
    ]
    pose = cast.look_at((0, -0.4, 1.5), (0, 1.0, 0.8))
    return cast.render([*rest, thing], pose), cast.render(rest, pose), thing.box


def test_what_stood_behind_shows(scene):
    """Table and wall where the box was, to within a centimetre of what the camera would have seen."""
    full, empty, box = scene
    erased = without(full, box, np.eye(4))
    gone = full.depth != empty.depth
    assert gone.sum() > 300
    assert np.quantile(np.abs(erased.depth - empty.depth)[gone], 0.95) < 0.01
    assert np.abs(erased.rgb.astype(int) - empty.rgb.astype(int))[gone].mean() < 25
    assert without(erased, box, np.eye(4)) is erased


def test_a_blind_surface_stays_blind(scene):
    """Where the sensor reads nothing all around the thing, it reads nothing in its place either."""
    full, empty, box = scene
    shiny = replace(full, depth=np.where(full.depth == empty.depth, np.float32(0), full.depth))
    assert not without(shiny, box, np.eye(4)).depth.any()


def test_a_recording_without_a_thing(scene):
    """Frames before the start are the recording's own, later ones are emptied once; known images are segmented once."""

    class Still:
        def __len__(self):
            return 4

        def frame(self, index):
            return replace(scene[0], stamp=float(index))

    calls = []

    class Counting(GeometricSegmenter):
        def segment(self, frame):
            calls.append(frame.stamp)
            return super().segment(frame)

    held = Held(Still())
    segmenter = Once(Counting(), held)
    part = Without(held, scene[2], np.eye(4), 2, segmenter)
    assert part.frame(1) is held.frame(1)
    assert part.frame(3) is part.frame(3)
    assert (part.frame(3).depth != held.frame(3).depth).any()
    before = len(calls)
    assert len(segmenter.segment(part.frame(0))) == len(segmenter.segment(held.frame(0)))
    assert len(calls) <= before + 1


def test_a_hit_is_that_one_thing_and_nothing_else():
    """What counts as right, and from when on there was enough to see."""

    class Thing:
        id = "o3"

    assert Erasure(Thing(), 5, LOOKS, ("o3",), ()).hit
    assert not Erasure(Thing(), 5, LOOKS, ("o3", "o4"), ()).hit
    assert not Erasure(Thing(), 5, LOOKS, ("o3",), ("o4",)).hit
    assert Erasure(Thing(), 5, LOOKS, ("o4",), ("o3",)).others == 2
    assert not Erasure(Thing(), 5, LOOKS - 1, ("o3",), ()).observable
