"""`loci export-md`: a memory file as a page that a person can read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from ..errors import ConfigError

File = tyro.conf.Positional[Path]


@dataclass(frozen=True)
class ExportMd:
    """Write a memory file as Markdown: what is where and how that is known, what happened, what was asked and done."""

    file: File
    """The memory file."""
    out: Path | None = None
    """File to write; standard output if not given."""
    days: int | None = None
    """Only so many days of history."""


def main(command: ExportMd) -> int:
    """Write the page."""
    from ..memory import Memory  # here, so that the options can be shown without loading it
    from ..memory.dbfile import spare
    from ..memory.markdown import markdown

    if command.days is not None and command.days < 1:
        raise ConfigError(f"--days {command.days} is not usable: at least 1")
    if command.out is not None:
        spare(command.out)
    with Memory.open(command.file, read_only=True) as memory:
        page = "\n".join(markdown(memory, command.days)) + "\n"
    if command.out is None:
        sys.stdout.write(page)
        return 0
    try:
        command.out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--out {command.out}: cannot be written ({error.strerror})") from error
    return 0
