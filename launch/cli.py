"""The `loci` command: parses the options, runs one command, turns errors into one line and an exit status."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import FrameType
from typing import Any

import tyro

from ..errors import LociError
from . import options

ABOUT = """Loci: the memory of an embodied robot.

Try:  loci demo
      loci run --task "put the apple into the fridge and close it" --memory home.db
      loci ask home.db "where is the apple?"
      loci view home.db"""

# The module of a command is loaded when it is asked for: `loci ask` must not wait for a simulator to load.
COMMANDS: dict[type[Any], str] = {
    options.Run: "run",
    options.Demo: "demo",
    options.Map: "map",
    options.Ask: "ask",
    options.View: "view",
    options.Verify: "inspect",
    options.Dump: "inspect",
    options.Stats: "inspect",
    options.Bench: "bench",
    options.Replay: "replay",
    options.Export: "export",
    options.ExportMd: "markdown",
    options.Forget: "forget",
    options.Compact: "compact",
    options.World: "world",
    options.Tasks: "tasks",
    options.ThorServer: "thor_server",
}


class Terminated(KeyboardInterrupt):
    """SIGTERM: ends a run the way Ctrl-C does, so that memory and recording are closed whole."""


def _on_sigterm(_signum: int, _frame: FrameType | None) -> None:
    raise Terminated


def _speak(exact: bool) -> None:
    """Where the output has no UTF-8: what programs read is in it all the same, what people read does without some letters."""
    if not isinstance(sys.stdout, io.TextIOWrapper) or sys.stdout.encoding.lower() in ("utf-8", "utf8"):
        return
    if exact:
        sys.stdout.reconfigure(encoding="utf-8")
    else:
        sys.stdout.reconfigure(errors="replace")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 tried and not done, 2 not understood or bad input, 130/143 interrupted."""
    os.environ.setdefault("RERUN_ANALYTICS", "0")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        command: Any = tyro.cli(
            options.Command,
            prog="loci",
            description=ABOUT,
            args=argv,
            config=(tyro.conf.OmitSubcommandPrefixes, tyro.conf.OmitArgPrefixes),
        )
        if isinstance(command, options.Run):
            command.validate()
        _speak(exact=isinstance(command, options.Dump | options.Export))
        module = import_module(f".{COMMANDS[type(command)]}", __package__)
        handler: Callable[[Any], int] = module.main
        status = handler(command)
        sys.stdout.flush()
        return status
    except LociError as error:
        print(f"loci: {error}", file=sys.stderr)
        return 2
    except Terminated:
        print("loci: terminated; what was acknowledged is kept", file=sys.stderr)
        return 143
    except KeyboardInterrupt:
        print("loci: interrupted; what was acknowledged is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `loci dump FILE | head` is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"loci: {error.filename or 'the output'} cannot be written: {error.strerror}", file=sys.stderr)
        with contextlib.suppress(OSError):  # what is left of the output would be tried again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2


if __name__ == "__main__":
    sys.exit(main())
