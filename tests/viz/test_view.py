"""`view` and `replay`: a memory file alone gives a recording that shows everything in it at every time."""

import shutil

import numpy as np
import pytest
from PIL import Image
from rerun.chunk import RrdReader

from loci.errors import ConfigError, InputError, NotAMemoryFile
from loci.memory import Memory
from loci.viz import view as view_module
from loci.viz import viewer
from loci.viz.evidence import choose
from loci.viz.past import Past
from loci.viz.replay import replay
from loci.viz.view import view


@pytest.fixture(scope="module")
def replayed(memory_file, tmp_path_factory):
    with Memory.open(memory_file, read_only=True) as memory:
        return replay(memory, tmp_path_factory.mktemp("replay") / "kitchen.rrd")


def test_the_past_ends_as_the_present(memory_file):
    """Event by event to the last one, what is believed is what the memory itself believes."""
    with Memory.open(memory_file, read_only=True) as memory, Past() as past:
        for event in memory.events():
            past.apply(event)
        now = {t.id: t for t in memory.things()}
        then = {t.id: t for t in past.things()}
        assert then.keys() == now.keys()
        for id, thing in now.items():
            assert np.allclose(then[id].box_world.corners(), thing.box_world.corners())
            assert then[id].knowledge is thing.knowledge
            assert then[id].place == thing.place


def test_a_memory_file_alone_shows_its_things_over_time(memory_file, replayed, rows):
    """Each thing is drawn no earlier than it was first seen, and ends where memory has it."""
    with Memory.open(memory_file, read_only=True) as memory:
        things = memory.things()
    drawn = rows(replayed, "/world/things/**")
    for thing in things:
        mine = [(t, r) for t, path, r in drawn if path.endswith(f"/{thing.id}") and "centers" in r]
        assert mine[0][0] >= thing.first_seen - 1e-6
        assert np.allclose(mine[-1][1]["centers"][0], thing.box_world.center, atol=2e-3)
    assert len({t for t, _, _ in drawn}) >= 4  # not all at once: the time slider has something to show


def test_evidence_pictures_are_there_at_their_times(memory_file, replayed, rows):
    """Every keyframe's own JPEG and depth, from where it was taken."""
    with Memory.open(memory_file, read_only=True) as memory:
        kept = memory.keyframes()
        jpegs = [memory.keyframe(k.seq).jpeg for k in kept]
    shown = [(t, bytes(r["blob"][0])) for t, _, r in rows(replayed, "/world/camera/image") if "blob" in r]
    assert len(shown) == len(kept) >= 4
    assert [t for t, _ in shown] == pytest.approx([k.stamp for k in kept], abs=1e-4)
    assert [b for _, b in shown] == jpegs


def test_tasks_actions_and_facts_are_told(replayed, rows):
    """From the log's own words."""
    said = {(path, row["text"][0]) for _, path, row in rows(replayed, "/text/**") if "text" in row}
    assert ("/text/instruction", "Find the mug.") in said
    assert any(p == "/text/decision" and "look" in t and "seen on the counter" in t for p, t in said)
    assert any(p == "/text/outcome" and "succeeded" in t for p, t in said)
    assert any(p == "/text/fact" and " on " in t for p, t in said)
    assert any(p == "/text/change" for p, _ in said)


def test_the_path_and_the_background_come_from_memory(memory_file, replayed, rows):
    """The way of the base, and a cloud made of the evidence pictures."""
    with Memory.open(memory_file, read_only=True) as memory:
        way = np.array([T[:3, 3] for _, T in memory.robot_path()])
    strip = np.array([r["strips"][0] for _, p, r in rows(replayed, "/world/path") if "strips" in r][-1])
    assert np.abs(strip[:, None, :2] - way[None, :, :2]).sum(axis=2).min(axis=1).max() < 0.05
    cloud = [r["positions"] for _, p, r in rows(replayed, "/world/cloud/up") if "positions" in r]
    assert len(cloud[-1]) > 300
    assert len(cloud) >= 2  # it grows


def test_an_empty_memory_gives_an_empty_recording(tmp_path):
    """Nothing seen yet is no error."""
    with Memory.open(tmp_path / "m.db") as memory:
        path = replay(memory, tmp_path / "m.rrd")
    assert RrdReader(path).recordings()


def test_without_a_display_view_writes_a_recording_and_a_picture(monkeypatch, memory_file, tmp_path):
    """Beside the file by default, into ``out`` if told; the lines say what to type next."""
    monkeypatch.setattr(view_module, "has_display", lambda: False)
    said = view(memory_file, out=tmp_path / "shown")
    assert f"rerun {tmp_path / 'shown' / 'kitchen.rrd'}" in said
    assert (tmp_path / "shown" / "kitchen.rrd").is_file()
    if viewer.has_vulkan():
        with Image.open(tmp_path / "shown" / "kitchen.png") as image:
            assert image.width >= 1600
    else:
        assert "apt-get" in said
    copy = tmp_path / "copy.db"
    shutil.copy(memory_file, copy)
    monkeypatch.setattr(view_module, "picture", lambda rrd, png: png)
    view(copy)
    assert (tmp_path / "copy.rrd").is_file()


def test_with_a_display_view_opens_a_window(monkeypatch, memory_file, tmp_path):
    """And leaves it open: the viewer is started detached, on the recording."""
    started = []
    monkeypatch.setattr(view_module, "has_display", lambda: True)
    monkeypatch.setattr(view_module, "Viewer", lambda files, **how: started.append((files, how)))
    copy = tmp_path / "copy.db"
    shutil.copy(memory_file, copy)
    said = view(copy)
    assert started == [([tmp_path / "copy.rrd"], {"headless": False, "detached": True})]
    assert "window" in said


def test_files_that_are_no_memory_are_refused(tmp_path):
    """Missing, a folder, something else: one line that names it."""
    with pytest.raises(InputError, match=r"none\.db"):
        view(tmp_path / "none.db")
    with pytest.raises(InputError, match=tmp_path.name):
        view(tmp_path)
    other = tmp_path / "other.db"
    other.write_text("not a database")
    with pytest.raises(NotAMemoryFile, match=r"other\.db"):
        view(other)
    assert not (tmp_path / "other.rrd").exists()


def test_a_memory_can_be_viewed_while_it_is_written(scene, tour, tmp_path):
    """Readers work beside the one writer."""
    with Memory.open(tmp_path / "m.db") as memory:
        memory.write(scene.batch(tour[0]))
        memory.commit()
        with Memory.open(tmp_path / "m.db", read_only=True) as reader:
            replay(reader, tmp_path / "m.rrd")
    assert (tmp_path / "m.rrd").stat().st_size > 1000


def test_a_recording_is_not_written_over_another_kind_of_file(memory_file, tmp_path):
    """``replay`` writes .rrd files and nothing else."""
    target = tmp_path / "precious.txt"
    target.write_text("keep me")
    with Memory.open(memory_file, read_only=True) as memory, pytest.raises(ConfigError, match=r"precious\.txt"):
        replay(memory, target)
    assert target.read_text() == "keep me"


def test_few_pictures_from_many_sides_are_chosen(tour):
    """The newest, then those that look elsewhere; near doubles are left out."""
    chosen = choose(tour, 4)
    assert chosen[0] is tour[-1]
    axes = np.array([f.T_world_cam[:3, 2] for f in chosen])
    between = axes @ axes.T - 2 * np.eye(4)
    assert between.max() < 0.5
    assert choose([tour[0]] * 5, 4) == [tour[0]]
    assert choose([], 4) == []
