"""A still picture of a recording, as one would put it on a poster: drawn by the headless viewer, with a legend."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from . import blueprint, caption, sink
from .frame import compose
from .viewer import APT, Viewer, ViewerError, has_vulkan

if TYPE_CHECKING:
    from PIL.Image import Image
    from rerun.experimental import ViewerClient

SIZE = (2400, 1500)  # pixels
ZOOM = 7  # steps by which the viewer's text is enlarged
_PATIENCE = 40.0  # seconds for the viewer to load and draw


def picture(rrd_path: Path | str, png_path: Path | str, when: float | None = None) -> Path | str:
    """Write ``png_path`` (at least 1600×1000) from the recording ``rrd_path`` as it stood at ``when`` s (None: end).

    Returns the path, or, where the viewer's libraries are missing or it does not draw, one line that says so and what
    to type. Raises ``InputError`` when there is no such recording.
    """
    recording, png = Path(rrd_path), Path(png_path)
    if not recording.is_file() or recording.suffix != ".rrd":
        raise InputError(f"{recording} is not a recording: an existing file that ends in .rrd is needed")
    if not png.parent.is_dir():
        raise InputError(f"picture {png} cannot be written: folder {png.parent} does not exist")
    if not has_vulkan():
        return f"the headless viewer needs Vulkan's libraries: {APT}"
    about = caption.read(recording)
    try:
        shot = _shoot(recording, about, when)
    except (ViewerError, OSError, RuntimeError) as error:  # the latter two: what the viewer's client raises
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"the headless viewer drew no picture ({text}); if libraries are missing: {APT}"
    compose(shot, about).save(png)
    return png


def _shoot(recording: Path, about: caption.Caption, when: float | None) -> Image:
    """The 3D view alone, without any of the viewer's frame."""
    from PIL import Image
    from rerun.experimental import ViewerClient

    with tempfile.TemporaryDirectory(prefix="loci-picture-") as folder:
        map_only = Path(folder) / "map.rrd"
        stream = sink.open_stream(map_only, "loci-picture", blueprint.poster(about.eye.aside(0.085)))
        assert stream is not None
        caption.copy(recording, "/world/**", stream)  # a file of its own: the recording has a layout that would prevail
        sink.close_stream(stream)
        with Viewer([map_only], headless=True, size=SIZE) as viewer:
            client = ViewerClient.connect(viewer.url)
            view = _loaded(client)
            for _ in range(ZOOM):
                client.run_command("ui.zoom_in_ui")
            _seek(client, when)
            previous = b""
            for _ in range(12):  # images and points arrive over several frames: until two pictures are the same
                time.sleep(0.4)
                shot = client.take_screenshot(view_id=view)
                if shot == previous:
                    break
                previous = shot
            problems = [r.summary for v in client.get_state().views for r in v.reports if r.severity == "error"]
            if problems:
                raise ViewerError(f"the map cannot be drawn: {problems[0]}")
    return Image.open(io.BytesIO(shot)).convert("RGB")


def _seek(client: ViewerClient, when: float | None) -> None:
    if when is None:
        client.run_command("recording.seek_to_end_and_follow")
    elif sink.is_date(when):
        client.set_time(sink.TIMELINE, timestamp=when, play_state="paused")
    else:
        client.set_time(sink.TIMELINE, duration=when, play_state="paused")


def _loaded(client: ViewerClient) -> str:
    """Wait until the viewer shows the map; the id of its view."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        state = client.get_state()
        if state.views and not state.loading:
            return str(state.views[0].view_id)
        time.sleep(0.1)
    raise ViewerError(f"the recording was not shown within {_PATIENCE:.0f} s")
