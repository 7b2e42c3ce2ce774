"""`loci replay`: an observation stream (docs/stream.md) into a memory file."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from ..memory import Memory
from ..memory.stream_replay import BadLine, Replayed, StrictStop, replay

SHOWN = 20  # bad lines that are told one by one
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
    def json(self) -> bool:
        """One JSON object instead of text."""
        ...


def main(command: Command) -> int:
    """Take the stream in and say what became of it. 2 after the first bad line of a strict replay, else 0."""
    teller = _Teller(sys.stderr.isatty())
    with Memory.open(command.memory) as memory:
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
        events = int(memory.stats()["events"])
    teller.rest(result)
    if command.json:
        print(json.dumps({**as_json(result), "events": events}))
    else:
        print(_sentence(result, command.memory, events))
    return 0


class _Teller:
    """Tells bad lines, the first ones each, and on a terminal how far it has got."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self._told = 0
        self._last = time.monotonic()

    def bad(self, line: BadLine) -> None:
        self._told += 1
        if self._told <= SHOWN:
            print(f"line {line.number} left out: {line.reason}", file=sys.stderr)

    def progress(self, result: Replayed) -> None:
        now = time.monotonic()
        if self.terminal and now - self._last >= _EVERY:
            self._last = now
            speed = result.lines / max(result.seconds, 1e-9)
            print(f"{result.resumed + result.lines:,} lines, {speed:,.0f} a second", file=sys.stderr)

    def rest(self, result: Replayed) -> None:
        if result.skipped > SHOWN:
            print(f"{result.skipped - SHOWN:,} more lines were left out", file=sys.stderr)


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
