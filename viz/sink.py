"""Where a recording goes: into a file, to a viewer, or nowhere."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from .viewer import DEFAULT_PORT, Viewer, grpc_url, has_display, listening

if TYPE_CHECKING:
    import rerun as rr

TIMELINE = "time"
_EPOCH = 1e8  # stamps above this many seconds are dates (after 1973), below they are simulation time


def open_stream(sink: Path | str | None, application_id: str, blueprint: Any = None) -> rr.RecordingStream | None:
    """A rerun stream to ``sink``; None for None and "off".

    ``sink``: a path ending in ``.rrd`` (its folder must exist; an older recording there is replaced), "live" (a viewer
    that listens on 127.0.0.1:9876, else a window of its own), or a ``rerun+http://…/proxy`` address. Raises
    ``ConfigError`` in one line when that cannot be: no display, no such folder, another kind of file.
    """
    if sink is None or sink == "off":
        return None
    import rerun as rr

    text = str(sink)
    live = text == "live" or text.startswith("rerun+")
    if not live:
        path = _writable(Path(sink))
    elif text == "live":
        text = _live_url()
    stream = rr.RecordingStream(application_id)
    stream.set_log_time_enabled(False)  # one timeline, ``time``: when things happened, not when they were written down
    stream.set_log_tick_enabled(False)
    if live:
        stream.connect_grpc(text, default_blueprint=blueprint)
    else:
        stream.save(path, default_blueprint=blueprint)
    return stream


def close_stream(stream: rr.RecordingStream) -> None:
    """Everything that was logged reaches the sink, and a file gets its footer."""
    with contextlib.suppress(RuntimeError, ValueError):  # a viewer that was closed meanwhile takes nothing any more
        stream.flush(timeout_sec=10.0)
    stream.disconnect()


class Clock:
    """Sets the time of what is logged next into ``stream``; it never runs backwards and never stands still.

    What happens at one and the same time is put a microsecond apart, so that the viewer shows it in its order.
    """

    def __init__(self, stream: rr.RecordingStream) -> None:
        self._stream = stream
        self.now = -math.inf

    def at(self, stamp: float) -> None:
        """What follows happens at ``stamp`` seconds: a duration, or a date for UTC stamps."""
        self.now = max(stamp, self.now + 1e-6)
        if is_date(self.now):
            self._stream.set_time(TIMELINE, timestamp=self.now)
        else:
            self._stream.set_time(TIMELINE, duration=self.now)


def is_date(stamp: float) -> bool:
    """True if ``stamp`` is UTC seconds rather than simulation time."""
    return stamp >= _EPOCH


def _writable(path: Path) -> Path:
    if path.suffix != ".rrd":
        raise ConfigError(f"recording {path} is not usable: the name has to end in .rrd (or say live, or off)")
    if not path.parent.is_dir():
        raise ConfigError(f"recording {path} cannot be written: folder {path.parent} does not exist")
    if path.is_dir() or (path.exists() and not os.access(path, os.W_OK)) or not os.access(path.parent, os.W_OK):
        raise ConfigError(f"recording {path} cannot be written: no permission, or a folder of that name")
    return path


def _live_url() -> str:
    if listening(DEFAULT_PORT):
        return grpc_url(DEFAULT_PORT)
    if not has_display():
        raise ConfigError(
            f"live viewing needs a display or a rerun viewer that listens on 127.0.0.1:{DEFAULT_PORT}, and there is "
            "neither: record into a file (FILE.rrd) instead and open that on a machine with a display"
        )
    return Viewer(headless=False, port=DEFAULT_PORT, detached=True).url
