"""`loci export`: a memory file as an observation stream that `loci replay` reads (docs/stream.md)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from ..errors import ConfigError
from ..memory import Memory
from ..memory.export import export


class Command(Protocol):
    """Options of `loci export`."""

    @property
    def file(self) -> Path:
        """The memory file."""
        ...

    @property
    def out(self) -> Path:
        """Where to write; "-" is standard output, a name that ends in .gz is packed."""
        ...

    @property
    def pictures(self) -> bool:
        """With the bytes of keyframes."""
        ...


def main(command: Command) -> int:
    """Write the stream; 0 when it is whole."""
    if command.out.exists() and command.out.resolve() == command.file.resolve():
        raise ConfigError(f"--out {command.out} is the memory file itself; name another file")
    terminal = sys.stderr.isatty()
    with Memory.open(command.file, read_only=True) as memory:
        events = export(
            memory,
            command.out,
            pictures=command.pictures,
            on_progress=lambda n: print(f"{n:,} events", file=sys.stderr) if terminal else None,
        )
    if str(command.out) != "-":
        print(f"{events:,} events written to {command.out} ({command.out.stat().st_size / 1e6:.1f} MB)")
    return 0
