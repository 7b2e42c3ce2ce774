"""`loci replay`: an observation stream (docs/stream.md) into a memory file."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from ..memory import Memory
from ..memory.stream_replay import BadLine, Replayed, StrictStop, replay
from .compact import size_of

SHOWN = 20  # bad lines that a terminal is told one by one
_EVERY = 2.0  # seconds between two lines of progress


class Command(Protocol):
    """Options of `loci replay`."""

    @property
    def stream(self) -> Path:
        """The stream; "-" is standard input, a name that ends in .gz is unpacked."""
        ...

    @property
    def memory(self) -> Path:
        """The memory file; made if it is missing."""
        ...

    @property
    def strict(self) -> bool:
        """Stop at the first bad line (exit status 2)."""
        ...

    @property
    def again(self) -> bool:
        """Take in the whole stream even if the memory has taken it in before."""
        ...

    @property
    def budget(self) -> float | None:
        """Megabytes that the file is kept to."""
        ...

    @property
    def json(self) -> bool:
        """One JSON object instead of text."""
        ...


def main(command: Command) -> int:
    """Take the stream in and say what became of it: 0; 1 if every line was bad; 2 after the first one of a strict replay."""
    teller = _Teller(sys.stderr.isatty())
    budget = size_of(command.budget) if command.budget is not None else None
    with Memory.open(command.memory, budget=budget) as memory:
        try:
            result = replay(
                memory,
                command.stream,
                strict=command.strict,
                again=command.again,
                on_bad=teller.bad,
                on_progress=teller.progress,
            )
        except StrictStop as stop:
            print(f"loci: {stop}; what came before it is kept", file=sys.stderr)
            return 2
    with Memory.open(command.memory, read_only=True) as memory:  # what closing has summed up counts, too
        events = int(memory.stats()["events"])
    teller.rest()
    if command.json:
        print(json.dumps({**as_json(result), "events": events}))
    else:
        print(_sentence(result, command.memory, events))
    return int(result.skipped > 0 and not result.taken + result.repeated + result.resumed)


class _Teller:
    """Tells bad lines, to a terminal only the first ones each, and to a terminal how far it has got."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self._bad = 0
        self._last = time.monotonic()

    def bad(self, line: BadLine) -> None:
        self._bad += 1
        if self._bad <= SHOWN or not self.terminal:
            print(f"line {line.number} left out: {line.reason}", file=sys.stderr)

    def progress(self, result: Replayed) -> None:
        now = time.monotonic()
        if self.terminal and now - self._last >= _EVERY:
            self._last = now
            speed = result.lines / max(result.seconds, 1e-9)
            print(f"{result.resumed + result.lines:,} lines, {speed:,.0f} a second", file=sys.stderr)

    def rest(self) -> None:
        if self.terminal and self._bad > SHOWN:
            print(f"{self._bad - SHOWN:,} more lines were left out; 2> FILE keeps them all", file=sys.stderr)


def _sentence(result: Replayed, memory: Path, events: int) -> str:
    parts = [f"{result.taken:,} lines taken into {memory} in {result.seconds:.1f} s"]
    if result.resumed:
        parts.append(f"{result.resumed:,} had been taken in before")
    if result.repeated:
        parts.append(f"{result.repeated:,} events were there already")
    if result.skipped:
        parts.append(f"{result.skipped:,} left out")
    if result.unknown:
        parts.append(f"{result.unknown:,} mentions of things that memory does not know")
    return f"{'; '.join(parts)}. The memory has {events:,} events."


def as_json(result: Replayed) -> dict[str, Any]:
    """What became of a replay as plain data."""
    bad = [{"line": b.number, "reason": b.reason} for b in result.first_bad]
    plain = {k: v for k, v in vars(result).items() if k not in ("first_bad", "seconds")}
    return {**plain, "seconds": round(result.seconds, 3), "bad": bad}
