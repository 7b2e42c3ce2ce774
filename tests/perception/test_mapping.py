"""Mapping a rendered recording: no turn where z is up already, one where it is not, and what the report says."""

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Role
from loci.errors import FrameError
from loci.geometry import apply, exp, inverse
from loci.memory import Memory
from loci.perception.geometric import GeometricSegmenter
from loci.perception.mapping import is_stable, map_recording
from loci.perception.planewatch import PlaneWatch


def room(cast, without=()):
    """Floor, wall, a table with three things on it."""
    solids = [
        cast.solid("floor", "floor", (0, 0, -0.05), (8, 8, 0.1), (150, 120, 90), Role.STRUCTURE),
        cast.solid("wall", "wall", (0, 3.05, 1.25), (8, 0.1, 2.5), (230, 230, 220), Role.STRUCTURE),
        cast.solid("table", "table", (0, 1.2, 0.73), (1.2, 0.7, 0.04), (160, 110, 60), Role.FURNITURE),
        cast.solid("mug", "mug", (-0.3, 1.1, 0.80), (0.08, 0.08, 0.10), (200, 30, 30)),
        cast.solid("apple", "apple", (0.0, 1.15, 0.785), (0.07, 0.07, 0.07), (60, 180, 40)),
        cast.solid("milk", "milk", (0.25, 1.4, 0.85), (0.08, 0.08, 0.20), (60, 90, 220)),
    ]
    return [s for s in solids if s.name not in without]


class Film:
    """A camera that swings around the table; ``turn`` maps the room to the recording's world."""

    def __init__(self, cast, count=14, turn=None, gone_after=None):
        rng = np.random.default_rng(5)
        self.frames = []
        for i in range(count):
            eye = (-0.5 + i / (count - 1), 0.0, 1.45)
            solids = room(cast, ("mug",) if gone_after is not None and i > gone_after else ())
            frame = cast.render(solids, cast.look_at(eye, (0, 1.25, 0.7)), stamp=i / 5, rng=rng, noise=0.001)
            self.frames.append(frame if turn is None else replace(frame, T_world_cam=turn @ frame.T_world_cam))

    def __len__(self):
        return len(self.frames)

    def frame(self, index):
        return self.frames[index]


@pytest.fixture(scope="module")
def film(cast):
    """A recording whose z axis is up."""
    return Film(cast)


def test_a_level_recording_is_taken_as_it_is(film):
    """Three things on one table, on a floor, before a wall."""
    with Memory.open(":memory:") as memory:
        report = map_recording(film, memory)
    assert (report.T_level_world == np.eye(4)).all()
    assert report.moved == report.vanished == report.gone == ()
    centres = sorted(tuple(np.round(t.box_world.center, 1)) for t in report.stable)
    assert len(centres) == 3
    assert {p.kind for p in report.planes} == {"floor", "surface", "wall"}
    assert len(report.furniture) == 1


def test_a_tilted_recording_is_turned_and_stays_turned(cast):
    """Things come out where they are, give or take the yaw; the next recording of that world is turned alike."""
    turn = exp([1.0, -2.0, 0.5, 0.6, 0.4, 0.9])
    film = Film(cast, turn=turn)
    with Memory.open(":memory:") as memory:
        first = map_recording(film, memory)
        short = Film(cast, count=4, turn=turn)
        assert (map_recording(short, memory).T_level_world == first.T_level_world).all()
    assert len(first.stable) == 3
    back = inverse(turn) @ inverse(first.T_level_world)
    milk = min(
        float(np.linalg.norm(apply(back, t.box_world.center) - np.array([0.25, 1.4, 0.85]))) for t in first.stable
    )
    assert milk < 0.05


def test_what_was_taken_away_is_gone(cast):
    """The mug is there for half the film."""
    with Memory.open(":memory:") as memory:
        report = map_recording(Film(cast, count=16, gone_after=8), memory)
        assert len(report.vanished) == 1
        assert report.gone == report.vanished
        centre = memory.get(report.gone[0]).box_world.center
    assert centre == pytest.approx([-0.3, 1.1, 0.8], abs=0.05)
    assert report.moved == ()
    assert len(report.stable) == 2


class Late:
    """Hands out frame 9 once, for levelling, and is torn there afterwards."""

    def __init__(self, film):
        self.film, self.asked = film, 0

    def __len__(self):
        return len(self.film)

    def frame(self, index):
        self.asked += index == 9
        if index == 9 and self.asked > 1:
            raise FrameError("frame 9: its depth image is torn")
        return self.film.frame(index)


def test_a_bad_frame_stops_it_and_what_was_written_stays(film):
    """The frames before it are in the memory."""
    seen = []
    with Memory.open(":memory:") as memory:
        with pytest.raises(FrameError, match="torn"):
            map_recording(Late(film), memory, on_frame=lambda f, b, w: seen.append(f.stamp))
        assert len(seen) == 9
        assert memory.things(Role.OBJECT)


def test_stable_means_seen_often_and_still_believed(film):
    """The bounds are those of the documentation."""
    with Memory.open(":memory:") as memory:
        report = map_recording(film, memory)
    thing = report.stable[0]
    assert is_stable(thing)
    assert not is_stable(replace(thing, sightings=4))
    assert not is_stable(replace(thing, existence=0.5))


def test_planes_are_joined_over_frames(film):
    """Each of the three planes once, however often it is seen."""
    watch = PlaneWatch(GeometricSegmenter())
    for frame in film.frames:
        watch.segment(frame)
    planes = list(watch.planes())
    assert sorted(p.kind for p in planes) == ["floor", "surface", "wall"]
    table = next(p for p in planes if p.kind == "surface")
    assert table.offset == pytest.approx(0.75, abs=0.01)
    assert table.normal[2] > 0.999
