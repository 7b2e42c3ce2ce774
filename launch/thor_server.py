"""`loci thor-server`: stands in for AI2-THOR's Unity process, so that scripts over its Python client run without Unity.

The client starts the program itself: `loci thor-server --write-launcher FILE` makes an executable file, and
`Controller(local_executable_path=FILE, ...)` runs it. The pipes' paths come in the environment, as for Unity.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ..errors import ConfigError, LociError
from ..sim.ithor_library import SceneLibrary
from ..sim.thor_protocol import BrokenMessage, read_action, refusal, write_frames
from ..sim.thor_stage import ThorStage

TO_CLIENT = "AI2THOR_FIFO_SERVER_PIPE_PATH"
FROM_CLIENT = "AI2THOR_FIFO_CLIENT_PIPE_PATH"
PIPE_BYTES = 1 << 20

_LAUNCHER = """#!/bin/sh
'''exec' {python!r} "$0" "$@"
'''
# Starts Loci's stand-in for AI2-THOR's Unity process; written by `loci thor-server --write-launcher`.
import os, struct, sys
try:
    from loci.launch.thor_server import serve_client
except Exception as error:
    # The client waits for ever for a process that never speaks: tell it what is wrong, in its own protocol.
    text = ("loci thor-server cannot start: %r" % (error,)).encode()[:60000]
    body = b"\\x81\\xaasequenceId\\xda" + struct.pack("!H", len(text)) + text
    with open(os.environ[{pipe!r}], "wb") as out:
        out.write(struct.pack("!BI", 1, len(body)) + body + struct.pack("!BI", 255, 0))
    sys.exit(2)
sys.exit(serve_client({scenes!r}, sys.argv[1:]))
"""


class Command(Protocol):
    """The options of `loci thor-server`."""

    @property
    def scenes(self) -> Path | None: ...
    @property
    def write_launcher(self) -> Path | None: ...


def main(command: Command) -> int:
    """Write a launcher, or serve the client whose pipes the environment names. Exit status 0, or 2 for a broken client."""
    folder = command.scenes or import_module(".bench_world", __package__).data_folder() / "ithor"
    if command.write_launcher is not None:
        path = write_launcher(command.write_launcher, folder)
        print(f"wrote {path}\nController(local_executable_path={str(path)!r}, x_display=':0', scene='FloorPlan1')")
        return 0
    if not (os.environ.get(TO_CLIENT) and os.environ.get(FROM_CLIENT)):
        raise ConfigError(
            f"no client to serve: AI2-THOR's Controller names its pipes in {TO_CLIENT} and {FROM_CLIENT}. Make a program "
            "for it with `loci thor-server --write-launcher FILE` and pass that as local_executable_path"
        )
    return serve_client(str(folder), ())


def write_launcher(path: Path, scenes: Path) -> Path:
    """An executable file for ``Controller(local_executable_path=…)``. ``ConfigError`` if the scenes are not there."""
    if not SceneLibrary(scenes).names():
        raise ConfigError(f"no iTHOR scenes in {scenes}: expected FloorPlan1.json.gz and the like (--scenes FOLDER)")
    path = path.absolute()
    if not path.parent.is_dir():
        raise ConfigError(f"the launcher {path} cannot be written: the folder {path.parent} does not exist")
    path.write_text(
        _LAUNCHER.format(python=sys.executable, pipe=TO_CLIENT, scenes=str(scenes.absolute())), encoding="utf-8"
    )
    path.chmod(0o755)
    return path


def serve_client(scenes: str, arguments: Sequence[str]) -> int:
    """Serve the client whose pipes the environment names, until it leaves. Arguments as Unity gets them."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("-screen-width", type=int, default=300)
    parser.add_argument("-screen-height", type=int, default=300)
    options, _ = parser.parse_known_args(list(arguments))
    # our end first: the client waits for somebody to open this pipe
    with open(os.environ[TO_CLIENT], "wb", buffering=PIPE_BYTES) as out:
        _widen(out)
        try:
            stage = ThorStage(SceneLibrary(scenes), max(options.screen_width, 1), max(options.screen_height, 1))
        except LociError as error:
            return _give_up(out, error)
        try:
            write_frames(out, _event(stage.step({"action": "Pass"}), 0), stage.images())
            with open(os.environ[FROM_CLIENT], "rb") as pipe:
                return serve(stage, pipe, out)
        except BrokenPipeError:
            return 0  # the client has gone


def _widen(pipe: BinaryIO) -> None:
    """Let a whole event fit into the pipe, so that neither side waits for the other in the middle of one (Linux)."""
    with suppress(ImportError, AttributeError, OSError):
        fcntl = import_module("fcntl")
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def serve(stage: ThorStage, pipe: BinaryIO, out: BinaryIO) -> int:
    """Answer actions from ``pipe`` on ``out`` until the client closes it. 0, or 2 when it sent what is no message."""
    while True:
        try:
            action = read_action(pipe)
        except BrokenMessage as error:
            return _give_up(out, error)
        if action is None:
            return 0
        metadata = stage.step(action)
        write_frames(out, _event(metadata, action.get("sequenceId", 0)), stage.images())


def _event(metadata: dict[str, Any], sequence: Any) -> dict[str, Any]:
    return {"agents": [metadata], "activeAgentId": 0, "thirdPartyCameras": [], "sequenceId": sequence}


def _give_up(out: BinaryIO, error: LociError) -> int:
    """Say on both sides what is wrong; the client fails at once instead of waiting."""
    text = f"loci thor-server: {error}"
    print(text, file=sys.stderr)
    with suppress(BrokenPipeError, LociError):  # nobody may be there to be told
        write_frames(out, refusal(text), [])
    return 2
