"""Recordings: folders of posed frames, read and written."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loci.errors import FrameError
from loci.geometry import PinholeCamera
from loci.perception import Recording, RecordingWriter


@pytest.fixture
def frames(cast):
    """Three small frames of a table."""
    camera = PinholeCamera.from_fov(1.0, 64, 48)
    return [
        cast.render(cast.table(), cast.look_at((0.1 * k, -0.4, 1.4), (0, 1.2, 0.75)), 2.0 + 0.5 * k, camera=camera)
        for k in range(3)
    ]


def test_what_is_written_is_read(tmp_path, frames):
    """Colour and stamps exactly, depth to the half millimetre, pose and camera to rounding."""
    writer = RecordingWriter(tmp_path / "a")
    assert [writer.write(f) for f in frames] == ["frame-000000", "frame-000001", "frame-000002"]
    recording = Recording(tmp_path / "a", pose_sigma=(0.02, 0.01))
    assert len(recording) == 3
    for written, read in zip(frames, recording, strict=True):
        assert np.array_equal(written.rgb, read.rgb)
        assert np.abs(written.depth - read.depth).max() < 0.00051
        assert read.stamp == written.stamp
        assert np.allclose(read.T_world_cam, written.T_world_cam, atol=1e-12)
        assert np.allclose(read.camera.K, written.camera.K, atol=1e-9)
        assert read.pose_cov[0, 0] == pytest.approx(4e-4)
        assert read.pose_cov[5, 5] == pytest.approx(1e-4)


def test_frames_are_sorted_by_name_and_timed_by_their_number(tmp_path, frames):
    """Without time stamps the number at the end of the name counts thirtieths of a second."""
    writer = RecordingWriter(tmp_path / "a")
    for f in frames:
        writer.write(f)
    (tmp_path / "a" / "timestamps.txt").unlink()
    for file in sorted((tmp_path / "a").glob("frame-000002*")):
        file.rename(file.with_name(file.name.replace("000002", "000010")))
    recording = Recording(tmp_path / "a")
    assert recording.names == ("frame-000000", "frame-000001", "frame-000010")
    assert recording.stamps == pytest.approx((0, 1 / 30, 10 / 30))


def test_names_without_numbers_are_counted(tmp_path, frames):
    """Any names will do."""
    writer = RecordingWriter(tmp_path / "a")
    for f, name in zip(frames, ("left", "middle", "right"), strict=True):
        old = writer.write(f)
        for file in (tmp_path / "a").glob(f"{old}*"):
            file.rename(file.with_name(file.name.replace(old, name)))
    (tmp_path / "a" / "timestamps.txt").unlink()
    assert Recording(tmp_path / "a").stamps == pytest.approx((0, 1 / 30, 2 / 30))


def test_no_reading_is_zero_however_it_was_written(tmp_path, frames):
    """0 and 65535 both mean none; so does what lies beyond 65 m."""
    name = RecordingWriter(tmp_path / "a").write(frames[0])
    file = tmp_path / "a" / f"{name}.depth.png"
    raw = np.asarray(Image.open(file)).copy()
    raw[0, :3] = (65535, 0, 65300)
    Image.fromarray(raw).save(file)
    assert Recording(tmp_path / "a").frame(0).depth[0, :3].tolist() == [0, 0, 0]


def test_a_jpeg_recording_is_read(tmp_path, frames):
    """NAME.color.jpg, as most recordings have it."""
    name = RecordingWriter(tmp_path / "a").write(frames[0])
    png = tmp_path / "a" / f"{name}.color.png"
    Image.open(png).save(png.with_suffix(".jpg"), quality=95)
    png.unlink()
    assert np.abs(Recording(tmp_path / "a").frame(0).rgb.astype(int) - frames[0].rgb).mean() < 10


def test_writer_refuses_a_folder_in_use_and_mixed_frames(tmp_path, frames):
    """Nothing is overwritten; one camera and rising stamps per recording."""
    writer = RecordingWriter(tmp_path / "a")
    writer.write(frames[1])
    with pytest.raises(FrameError, match="not an empty folder"):
        RecordingWriter(tmp_path / "a")
    with pytest.raises(FrameError, match="stamp has to be later"):
        writer.write(frames[0])
    camera = replace(frames[2].camera, fx=frames[2].camera.fx + 1)
    with pytest.raises(FrameError, match="is not the recording's"):
        writer.write(replace(frames[2], camera=camera))


def _data() -> Path:
    return Path(os.environ.get("LOCI_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "redkitchen"


@pytest.mark.skipif(not _data().is_dir(), reason="needs the RedKitchen frames (LOCI_DATA)")
def test_a_real_recording_is_read():
    """100 frames of 640×480 with every fifth of a 30 Hz video, depth of a room."""
    recording = Recording(_data())
    assert len(recording) == 100
    assert (recording.camera.width, recording.camera.height, recording.camera.fx) == (640, 480, 585.0)
    assert recording.stamps[1] - recording.stamps[0] == pytest.approx(5 / 30)
    frame = recording.frame(7)
    readings = frame.depth[frame.depth > 0]
    assert 0.5 < len(readings) / frame.depth.size <= 1
    assert 0.3 < np.median(readings) < 5
