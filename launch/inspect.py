"""`loci verify`, `loci dump`, `loci stats`: what is in a memory file, and whether it is whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from ..memory import Memory
from ..memory.repair import repair
from ..memory.store import Store
from . import options


def main(command: options.Verify | options.Dump | options.Stats) -> int:
    """Open the file read-only and print."""
    handlers: dict[type[Any], Callable[[Any, Memory], int]] = {
        options.Dump: dump,
        options.Stats: stats,
    }
    if isinstance(command, options.Verify):
        return verify(command)
    with Memory.open(command.file, read_only=True) as memory:
        return handlers[type(command)](command, memory)


def verify(command: options.Verify) -> int:
    """0 if the file is whole (by now), 1 if not."""
    if command.repair:
        for fault in repair(command.file).faults:
            print(f"REPAIRED {fault.where}: {fault.what}", file=sys.stderr)
    with Store.open(command.file, read_only=True) as store:  # a damaged file need not open as a memory
        report = store.verify(command.head, command.deep)
    if command.json:
        faults = [{"where": f.where, "what": f.what} for f in report.faults]
        print(json.dumps({"ok": report.ok, "events": report.events, "head": report.head, "faults": faults}))
    else:
        for fault in report.faults:
            print(f"FAULT {fault.where}: {fault.what}")
        print(f"{'whole' if report.ok else 'DAMAGED'}: {report.events} events, head {report.head}")
    return 0 if report.ok else 1


def dump(_command: options.Dump, memory: Memory) -> int:
    """One line a row, in an order that does not depend on the run."""
    for line in memory.dump():
        print(line)
    return 0


def stats(command: options.Stats, memory: Memory) -> int:
    """Counts and sizes."""
    figures = memory.stats()
    if command.json:
        print(json.dumps(figures))
    else:
        width = max(map(len, figures))
        for name, value in figures.items():
            print(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value:,.3f}")
    return 0
