"""Bad recordings: every refusal names the file, what is in it, and what would be right."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from loci.errors import FrameError
from loci.geometry import PinholeCamera
from loci.perception import FramePerceiver, LabelledSegmenter, Recording, RecordingWriter


@pytest.fixture
def folder(tmp_path, cast):
    """A good recording of two frames."""
    camera = PinholeCamera.from_fov(1.0, 64, 48)
    writer = RecordingWriter(tmp_path / "rec")
    for k in range(2):
        writer.write(cast.render(cast.table(), cast.look_at((0, -0.4, 1.4), (0, 1.2, 0.75)), float(k), camera=camera))
    return tmp_path / "rec"


def refused(folder, *parts):
    """Reading all of the recording fails with a one-line message that has all of ``parts``."""
    with pytest.raises(FrameError) as caught:
        list(Recording(folder))
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def test_the_good_one_is_read(folder):
    """What the other tests break."""
    assert len(list(Recording(folder))) == 2


def test_no_such_folder_and_no_frames_in_it(tmp_path):
    """A path that is none, a file, and a folder of something else."""
    refused(tmp_path / "nowhere", "nowhere", "is no folder")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "is no folder")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "holds no frames", "NAME.color.jpg")


@pytest.mark.parametrize("part", ["color.png", "depth.png", "pose.txt"])
def test_missing_file(folder, part):
    """A frame lacks one of its three files."""
    (folder / f"frame-000001.{part}").unlink()
    refused(folder, f"frame-000001.{part.split('.')[0]}", "is missing", "every frame needs colour, depth and pose")


def test_missing_intrinsics(folder):
    """No camera, no lifting."""
    (folder / "camera-intrinsics.txt").unlink()
    refused(folder, "camera-intrinsics.txt", "is missing")


@pytest.mark.parametrize("part", ["color.png", "depth.png"])
@pytest.mark.parametrize("frame", [0, 1])
def test_truncated_image(folder, part, frame):
    """Half a file, as a full disk leaves it."""
    file = folder / f"frame-00000{frame}.{part}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused(folder, file.name, "truncated")


def test_truncated_jpeg(folder):
    """JPEGs are cut off as well."""
    file = folder / "frame-000001.color.png"
    Image.open(file).save(file.with_suffix(".jpg"))
    file.unlink()
    jpg = file.with_suffix(".jpg")
    jpg.write_bytes(jpg.read_bytes()[:-200])
    refused(folder, jpg.name, "truncated")


@pytest.mark.parametrize("part", ["color.png", "depth.png"])
def test_not_an_image(folder, part):
    """Text, and nothing at all."""
    for content in (b"hello", b""):
        (folder / f"frame-000001.{part}").write_bytes(content)
        refused(folder, f"frame-000001.{part}", "cannot be read as an image")


def test_depth_of_the_wrong_kind(folder):
    """Eight bits, or three channels, are not millimetres."""
    file = folder / "frame-000001.depth.png"
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(file)
    refused(folder, file.name, "uint8", "16-bit")
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(file)
    refused(folder, file.name, "one 16-bit channel")


def test_sizes_that_do_not_match(folder):
    """Colour of another size than depth; depth of another size than the first frame's."""
    color = folder / "frame-000001.color.png"
    good = color.read_bytes()
    Image.fromarray(np.zeros((96, 128, 3), np.uint8)).save(color)
    refused(folder, color.name, "128×96", "64×48", "registered to depth")
    color.write_bytes(good)
    Image.fromarray(np.zeros((24, 32), np.uint16)).save(folder / "frame-000001.depth.png")
    refused(folder, "frame-000001.depth.png", "32×24", "64×48")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda T: np.where(np.arange(16).reshape(4, 4) == 3, np.nan, T), ("nan", "finite")),
        (lambda T: np.where(np.arange(16).reshape(4, 4) == 7, np.inf, T), ("inf", "finite")),
        (lambda T: T * np.array([[2], [2], [2], [1]]), ("no rigid", "orthonormal")),
        (lambda T: T * np.array([1, 1, -1, 1]), ("no rigid", "determinant 1 (is -1)")),
        (lambda T: T[:3], ("expected 4 lines of 4",)),
        (lambda T: T[:, :3], ("expected 4 lines of 4",)),
        (lambda T: T + np.array([[0.0], [0], [0], [1]]), ("no rigid", "last row 0 0 0 1")),
        (lambda T: np.zeros((4, 4)), ("no rigid",)),
    ],
    ids=["nan", "inf", "scaled", "mirrored", "short", "narrow", "last row", "zeros"],
)
def test_bad_pose(folder, change, words):
    """Poses that are not rigid transforms, with the number that is wrong."""
    file = folder / "frame-000001.pose.txt"
    np.savetxt(file, change(np.loadtxt(file)))
    refused(folder, file.name, *words)


def test_unreadable_text(folder):
    """Words for numbers, and bytes that are no text."""
    file = folder / "frame-000001.pose.txt"
    file.write_text("one two three four\n" * 4)
    refused(folder, file.name, "'one'", "expected 4 lines of 4 numbers")
    file.write_bytes(b"\xff\xfe\x00\x80" * 20)
    refused(folder, file.name, "cannot be read as text")
    file.write_text("")
    refused(folder, file.name, "expected 4 lines of 4")


@pytest.mark.parametrize(
    ("K", "words"),
    [
        ([[41, 0, 700], [0, 41, 24], [0, 0, 1]], ("principal point (700, 24)", "expected about (31.5, 23.5)")),
        ([[585, 0, 32], [0, 585, 24], [0, 0, 1]], ("fx=585", "64×48")),
        ([[41, 0, 320], [0, 41, 240], [0, 0, 1]], ("principal point (320, 240)", "another camera")),
        ([[-41, 0, 32], [0, 41, 24], [0, 0, 1]], ("fx=-41",)),
        ([[41, 0, 32], [0, 4.1, 24], [0, 0, 1]], ("fy=4.1",)),
        ([[41, 0, 0], [0, 41, 0], [32, 24, 1]], ("no pinhole matrix", "[[fx, 0, cx]")),
        ([[41, 5, 32], [0, 41, 24], [0, 0, 1]], ("no pinhole matrix",)),
        ([[np.nan, 0, 32], [0, 41, 24], [0, 0, 1]], ("nan", "finite")),
        ([[41, 0], [0, 41]], ("expected 3 lines of 3",)),
    ],
    ids=["far", "tele", "other size", "negative", "oblong", "transposed", "skew", "nan", "small"],
)
def test_wrong_intrinsics(folder, K, words):
    """Matrices that cannot belong to these images."""
    np.savetxt(folder / "camera-intrinsics.txt", np.array(K, dtype=float))
    refused(folder, "camera-intrinsics.txt", *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("frame-000000 0.0\n", ("says nothing of frame-000001",)),
        ("frame-000000 0.0\nframe-000001 soon\n", ("line 2", "'frame-000001 soon'", "NAME SECONDS")),
        ("frame-000000\nframe-000001 1\n", ("line 1", "NAME SECONDS")),
        ("frame-000000 2.0\nframe-000001 1.0\n", ("frame-000001 is at 1.0", "ascend")),
        ("frame-000000 0.0\nframe-000001 nan\n", ("frame-000001 is at nan", "finite")),
    ],
)
def test_bad_time_stamps(folder, text, words):
    """Stamps that are missing, malformed or not in order."""
    (folder / "timestamps.txt").write_text(text)
    refused(folder, "timestamps.txt", *words)


def test_frames_without_segments_need_another_segmenter(folder):
    """The labelled segmenter says which one."""
    frame = Recording(folder).frame(0)
    with pytest.raises(FrameError, match=re.compile("carries no segments.*GeometricSegmenter")):
        FramePerceiver(LabelledSegmenter()).observe(frame, ())
