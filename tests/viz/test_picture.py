"""The poster: a real picture where the viewer can draw, one clear line where it cannot; no viewer is left behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loci.errors import InputError
from loci.viz import picture as picture_module
from loci.viz import viewer
from loci.viz.eye import Eye, fit
from loci.viz.labels import CHARACTER, LINE, place
from loci.viz.picture import picture

needs_vulkan = pytest.mark.skipif(
    not viewer.has_vulkan(), reason=f"no Vulkan: the headless viewer cannot draw; {viewer.APT}"
)


def alive(pid: int) -> bool:
    """True while a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@needs_vulkan
@pytest.mark.slow
def test_the_poster_shows_the_scene(recording, tmp_path):
    """At least 1600×1000, with the counter's brown, the colour of what is seen, and the legend's words at the left."""
    made = picture(recording, tmp_path / "poster.png")
    assert made == tmp_path / "poster.png", made
    with Image.open(made) as opened:
        image = opened.convert("RGB")
    assert image.width >= 1600
    assert image.height >= 1000
    pixels = np.asarray(image).reshape(-1, 3).astype(int)

    def share(color, within):
        return float((np.abs(pixels - color).max(axis=1) < within).mean())

    assert 0.02 < share((13, 15, 22), 6) < 0.9  # background: neither everything nor nothing
    assert share((120, 86, 60), 24) > 0.01  # the counter
    assert share((94, 234, 180), 12) > 1e-4  # boxes and labels of things that are seen
    left = np.asarray(image)[: image.height // 8, : image.width // 10]
    assert (left.min(axis=2) > 200).sum() > 200  # the title


@needs_vulkan
def test_a_viewer_goes_away_with_its_process_group(tmp_path):
    """Its port is free again, its process gone, its folder removed, and nothing was written into the home folder."""
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "from loci.viz.viewer import Viewer, listening\n"
        "with Viewer(headless=True, size=(320, 200)) as v:\n"
        "    assert listening(v.port)\n"
        "    print(v.pid, v.port, v._config)\n"
    )
    environment = {**os.environ, "HOME": str(home)}
    environment.pop("XDG_CONFIG_HOME", None)
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert out.returncode == 0, out.stderr
    pid, port, config = out.stdout.split()
    assert not alive(int(pid))
    assert not viewer.listening(int(port))
    assert not Path(config).exists()
    assert list(home.rglob("*")) == []


@needs_vulkan
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="parent-death signals are Linux's")
def test_a_viewer_does_not_outlive_a_killed_parent(tmp_path):
    """kill -9 of the program that made a picture leaves no server behind."""
    code = (
        "import time\nfrom loci.viz.viewer import Viewer\n"
        "v = Viewer(headless=True, size=(320, 200))\nprint(v.pid, flush=True)\ntime.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(pid)


def test_without_vulkan_there_is_one_line_with_the_command(monkeypatch, recording, tmp_path):
    """Not an exception: a run that has a recording is worth more than its picture."""
    monkeypatch.setattr(picture_module, "has_vulkan", lambda: False)
    said = picture(recording, tmp_path / "p.png")
    assert isinstance(said, str)
    assert "apt-get install -y --no-install-recommends libvulkan1 mesa-vulkan-drivers" in said
    assert "\n" not in said
    assert not (tmp_path / "p.png").exists()


def test_vulkan_is_looked_for_where_the_driver_files_are(monkeypatch, tmp_path):
    """A named driver file that does not exist is no driver."""
    monkeypatch.setenv("VK_DRIVER_FILES", str(tmp_path / "none.json"))
    if sys.platform.startswith("linux"):
        assert not viewer.has_vulkan()


def test_what_is_no_recording_is_refused(tmp_path):
    """Missing file, another kind of file, missing folder: one line that names it."""
    other = tmp_path / "memory.db"
    other.write_bytes(b"x")
    for path in (tmp_path / "none.rrd", other):
        with pytest.raises(InputError, match=path.name):
            picture(path, tmp_path / "p.png")
    torn = tmp_path / "torn.rrd"
    torn.write_bytes(b"RRF2 and then nothing sensible")
    with pytest.raises(InputError, match=r"torn.rrd"):
        picture(torn, tmp_path / "p.png")


def test_labels_do_not_cover_each_other():
    """Twenty things in a row on a counter: every label's rectangle is free, and each stands above its thing."""
    eye = fit(np.zeros(3), np.array([5.0, 4.0, 1.5]), 4.0)
    tops = np.stack([np.linspace(1, 4, 20), np.full(20, 3.6), np.full(20, 1.0)], axis=1)
    texts = [f"mug o{i} · seen {i} s ago" for i in range(20)]
    made = place(texts, tops, eye)
    assert [p.text for p in made] == texts
    assert all(p.head[2] > p.foot[2] for p in made)
    spots, _ = eye.project(np.array([p.head for p in made]))
    for i, a in enumerate(spots):
        for b, text in zip(spots[i + 1 :], texts[i + 1 :], strict=True):
            apart = abs(a[1] - b[1]) >= LINE or abs(a[0] - b[0]) >= CHARACTER * (len(texts[i]) + len(text)) / 2
            assert apart


@pytest.mark.parametrize("azimuth", [0.2, 1.7, 3.0, 4.4, 5.9])
def test_the_eye_has_all_of_the_scene_in_view(azimuth):
    """All corners of the box are inside the picture, and one comes within a fifth of its border."""
    lower, upper = np.array([-2.0, -1.0, 0.0]), np.array([3.0, 3.0, 1.6])
    eye = fit(lower, upper, azimuth)
    corners = np.array([[x, y, z] for x in (-2, 3) for y in (-1, 3) for z in (0, 1.6)], dtype=float)
    xy, depth = eye.project(corners)
    assert (depth > 0).all()
    reach = np.maximum(np.abs(xy[:, 0]) / eye.aspect, np.abs(xy[:, 1])).max()
    assert 0.3 < reach <= 0.5
    assert eye.position[2] > upper[2]


def test_an_eye_projects_like_a_camera():
    """The target is in the middle; what is above it is up, what is to the right is right."""
    eye = Eye(np.array([0.0, -5.0, 0.0]), np.zeros(3))
    xy, depth = eye.project(np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 1]]))
    assert np.allclose(xy[0], 0)
    assert np.allclose(depth, 5)
    assert xy[1, 0] > 0 < xy[2, 1]
    assert np.allclose(xy[1, 0], 1 / (2 * 5 * np.tan(np.deg2rad(27.5))))
