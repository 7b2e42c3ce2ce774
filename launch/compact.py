"""`loci compact`: brings a memory file to a size and keeps its answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from ..errors import ConfigError

File = tyro.conf.Positional[Path]
MB = 10**6


@dataclass(frozen=True)
class Compact:
    """Bring a memory file to a size: seal the old part of its log, thin what has faded, drop pictures (docs/forgetting.md).

    Exit status: 0 it fits, 1 what has to stay for the answers takes more than that.
    """

    file: File
    """The memory file; nobody else may be writing to it."""
    budget: float
    """Megabytes (10^6 bytes) that the file may have."""
    json: bool = False
    """One JSON object instead of a sentence."""


def size_of(megabytes: float) -> int:
    """Bytes of a budget; ``ConfigError`` for one of nothing."""
    if not 0 < megabytes < float("inf"):
        raise ConfigError(f"--budget {megabytes} is not usable: megabytes above 0")
    return max(1, int(megabytes * MB))


def main(command: Compact) -> int:
    """Compact, and say what was done."""
    from ..memory import Memory  # here, so that the options can be shown without loading it

    budget = size_of(command.budget)
    if not command.file.exists():
        raise ConfigError(f"{command.file}: no such memory file")  # opening for writing would make one
    with Memory.open(command.file) as memory:
        done = memory.compact(budget)
    if command.json:
        print(json.dumps(asdict(done)))
    else:
        print(
            f"{done.size[0]:,} → {done.size[1]:,} bytes: {done.sealed} events sealed, {done.pictures} pictures dropped"
        )
        if not done.fits:
            print("the budget is not met: the rest is needed for the answers")
    return 0 if done.fits else 1
