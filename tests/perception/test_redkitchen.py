"""A real kitchen in which nothing moves, mapped whole; and mapped again with one thing taken out of the later frames."""

import itertools
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Role
from loci.geometry import apply
from loci.launch.bench_map import match, read_things
from loci.launch.erase import erase, without
from loci.memory import Memory
from loci.perception.mapping import map_recording
from loci.perception.recording import Recording

LIST = Path(__file__).resolve().parents[1] / "data" / "redkitchen_things.json"
ERASED, SINCE = "mug with flowers", 75

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recording(data_dir):
    """The recording; skips where the data lack it."""
    if not (data_dir / "redkitchen").is_dir():
        pytest.skip(f"no recording: {data_dir / 'redkitchen'} is not a folder")
    return Recording(data_dir / "redkitchen")


@pytest.fixture(scope="module")
def things():
    """What a person sees."""
    return read_things(LIST)


@pytest.fixture(scope="module")
def report(recording, tmp_path_factory):
    """The kitchen, mapped; its times are processor time, so that a busy machine changes nothing."""
    with Memory.open(tmp_path_factory.mktemp("map") / "kitchen.db") as memory:
        return map_recording(recording, memory, clock=time.process_time)


@pytest.fixture(scope="module")
def found(report, things):
    """Which thing each stable record stands for."""
    return match(things, report.stable, report.T_level_world)


def test_nothing_moves_and_nothing_vanishes(report):
    """Every "moved" or "vanished" would be a false alarm."""
    assert report.frames == 100
    assert report.moved == report.vanished == report.reappeared == report.gone == ()


def test_the_kitchen_is_remembered(report, found):
    """At least 15 stable objects, at most 1.3 records for each real thing, also counting records of no thing."""
    assert len(report.stable) >= 15
    names = {name for name in found.values() if name}
    assert len(names) >= 22
    assert sum(name is not None for name in found.values()) <= 1.3 * len(names)
    assert len(found) <= 1.3 * len(names)


def test_what_nobody_would_miss_is_found(found):
    """The things on the table that stand up from it."""
    table = {"white mug", "mug with flowers", "plastic food box with brushes on its lid", "red game controller"}
    assert table <= set(found.values())


def test_things_are_where_a_person_marked_them(report, found, things):
    """The centre of each record is near the marked point: half the thing's extent, and 15 cm for boxes of partial views."""
    marked = {t.name: t for t in things}
    for record in report.stable:
        thing = marked.get(found[record.id] or "")
        if thing is not None and thing.kind == "object":
            off = np.linalg.norm(record.box_world.center - apply(report.T_level_world, thing.position))
            assert off <= max(thing.extent) / 2 + 0.15, thing.name


def test_planes_and_furniture(report):
    """One floor at z = 0, the table as one piece of furniture at its height, walls at right angles to the floor."""
    kinds = [p.kind for p in report.planes]
    assert kinds.count("floor") == 1
    assert kinds.count("surface") >= 1
    assert kinds.count("wall") >= 3
    floor = next(p for p in report.planes if p.kind == "floor")
    assert abs(floor.offset) < 0.05
    assert floor.normal[2] > np.cos(np.radians(2))
    assert len(report.furniture) == 1
    top = report.furniture[0].box_world
    assert top.center[2] == pytest.approx(0.73, abs=0.03)
    assert top.size.max() > 1.5


def test_it_keeps_up(report):
    """Five frames a second of 640×480 on one core, files, segmenter, perceiver and memory together."""
    assert report.frames_per_second >= 5


def test_the_report_is_plain_data(report):
    """What --json prints."""
    data = report.to_dict()
    assert data["moved"] == data["vanished"] == []
    assert len(data["stable"]) == len(report.stable)
    assert data["frames_per_second"] > 0
    assert data["peak_memory_mb"] > 10


def test_the_erased_thing_is_the_only_one_that_vanished(recording, report, found, things, tmp_path):
    """The mug with flowers is in the first 75 frames and in none after: it is gone, and nothing else is said."""
    mug = next(t for t in report.stable if found[t.id] == ERASED)
    changed = erase(recording, mug.box_world, report.T_level_world, SINCE, tmp_path / "without")
    assert changed >= 5
    with Memory.open(tmp_path / "kitchen.db") as memory:
        after = map_recording(Recording(tmp_path / "without"), memory)
        gone = match(things, [memory.get(i) for i in after.vanished], after.T_level_world)
    assert list(gone.values()) == [ERASED]
    assert after.gone == after.vanished
    assert after.moved == after.reappeared == ()


def test_erasing_leaves_the_rest_alone(recording, report, found):
    """The depth changes at the thing and in a thin seam around it, and nowhere comes nearer by more than the noise."""
    mug = next(t for t in report.stable if found[t.id] == ERASED)
    frame = recording.frame(76)
    emptied = without(frame, mug.box_world, report.T_level_world)
    changed = emptied.depth != frame.depth
    assert 200 < changed.sum() < 0.03 * changed.size
    points = apply(report.T_level_world @ frame.T_world_cam, frame.camera.cloud(frame.depth))
    known = changed & (frame.depth > 0)
    assert mug.box_world.distance(points[known]).max() < 0.4  # the seam sees past it
    assert (emptied.depth - frame.depth)[known].min() > -0.03
    assert (emptied.rgb != frame.rgb).any()


class Part:
    """Some frames of a recording, as a later visit."""

    def __init__(self, recording, indices, later=0.0):
        self.recording, self.indices, self.later = recording, list(indices), later

    def __len__(self):
        return len(self.indices)

    def frame(self, index):
        frame = self.recording.frame(self.indices[index])
        return replace(frame, stamp=frame.stamp + self.later)


def test_a_later_visit_finds_the_same_things(recording, tmp_path):
    """Every fourth frame, and an hour later the frames in between: same world, no second records, no false alarm."""
    with Memory.open(tmp_path / "kitchen.db") as memory:
        first = map_recording(Part(recording, range(0, 100, 4)), memory)
    with Memory.open(tmp_path / "kitchen.db") as memory:
        second = map_recording(Part(recording, range(2, 100, 4), later=3600.0), memory)
        objects = memory.things(Role.OBJECT)
    assert (first.T_level_world == second.T_level_world).all()
    assert second.moved == second.vanished == second.reappeared == ()
    assert len(objects) <= 1.3 * first.objects


def test_mapping_is_repeatable(recording, tmp_path):
    """The same frames twice: the same memory, line for line."""
    dumps = []
    for name in ("one.db", "two.db"):
        with Memory.open(tmp_path / name) as memory:
            map_recording(Part(recording, range(40, 60)), memory)
            dumps.append(list(memory.dump()))
    for a, b in itertools.zip_longest(*dumps):
        assert a == b
