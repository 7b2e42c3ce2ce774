"""Feeds a whole observation stream to a memory: in batches, from where it was left, bad lines told and left out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import DamagedMemory, InputError
from . import stream_note
from .stream_apply import Applier
from .stream_decode import decode_line
from .stream_file import Position, RawLine, StreamReader
from .stream_names import Names
from .stream_note import KEPT

if TYPE_CHECKING:
    from .memory import Memory

BATCH = 200  # lines that become durable together
_TOO_LONG = "the line: is too long to be read"


@dataclass(frozen=True)
class BadLine:
    """A line that was not taken in, and why."""

    number: int
    reason: str


class StrictStop(InputError):
    """A bad line ended a strict replay. What came before it was taken in."""


@dataclass
class Replayed:
    """What a replay did: ``lines`` read this time, of which ``taken`` went in, ``repeated`` were events that memory had, and
    ``skipped`` were bad. ``resumed`` lines had been taken in before. ``unknown`` counts mentions of unknown things.
    """

    lines: int = 0
    taken: int = 0
    repeated: int = 0
    skipped: int = 0
    resumed: int = 0
    unknown: int = 0
    seconds: float = 0.0
    first_bad: list[BadLine] = field(default_factory=list)

    def bad(self, line: BadLine) -> None:
        """Count a bad line; the first hundred are kept."""
        self.skipped += 1
        if len(self.first_bad) < 100:
            self.first_bad.append(line)


def replay(
    memory: Memory,
    source: str | os.PathLike[str],
    *,
    strict: bool = False,
    again: bool = False,
    on_bad: Callable[[BadLine], None] | None = None,
    on_progress: Callable[[Replayed], None] | None = None,
) -> Replayed:
    """Take the stream at ``source`` ("-": standard input; ``.gz`` is unpacked) into ``memory``.

    Goes on where an earlier replay of the same content left off, even one that was killed, unless ``again``. A bad line is
    handed to ``on_bad`` and left out; if ``strict``, it ends the replay with ``StrictStop``. ``on_progress`` is called after
    each batch. Other ``InputError``: the stream cannot be read. ``MemoryFileError``: memory cannot be written.
    """
    reader = StreamReader.open(source)
    try:
        return _Replay(memory, reader, strict, again, on_bad, on_progress).run()
    finally:
        reader.close()


class _Replay:
    """One run over one stream."""

    def __init__(
        self,
        memory: Memory,
        reader: StreamReader,
        strict: bool,
        again: bool,
        on_bad: Callable[[BadLine], None] | None,
        on_progress: Callable[[Replayed], None] | None,
    ) -> None:
        self.memory, self.reader, self.strict = memory, reader, strict
        self.on_bad, self.on_progress = on_bad, on_progress
        self.result = Replayed()
        try:
            self.taken = positions(memory)
        except DamagedMemory:
            if not again:
                raise
            self.taken = []
        self.resumed = None if again else reader.skip(self.taken)
        self.applier = Applier(memory, Names.of(self.resumed.names) if self.resumed is not None else None)
        if self.resumed is not None:
            self.result.resumed = self.resumed.lines
            self.taken = [p for p in self.taken if p is not self.resumed]

    def run(self) -> Replayed:
        started = time.monotonic()
        lines = self.reader.lines()
        stopped: InputError | None = None
        while stopped is None:
            size = 1 if self.reader.live else BATCH
            first = next(lines, None)  # before the transaction: a pipe may have nothing to say for a long time
            if first is None:
                break
            with self.memory._store.transaction():
                stopped = self._batch(first, islice(lines, size - 1))
                self._keep()
            self.result.seconds = time.monotonic() - started
            if self.on_progress is not None:
                self.on_progress(self.result)
        with self.memory._store.transaction(durable=True):
            self.applier.settle()
        self.result.unknown = self.applier.names.unknown
        stopped = stopped or self.reader.failure
        if stopped is not None:
            raise stopped
        return self.result

    def _batch(self, first: RawLine, rest: Iterator[RawLine]) -> StrictStop | None:
        for raw in _chain(first, rest):
            reason = self._take(raw)
            if reason is not None:
                bad = BadLine(raw.number, reason)
                self.result.bad(bad)
                if self.on_bad is not None:
                    self.on_bad(bad)
                if self.strict or not raw.ended:
                    self.reader.leave()
                if self.strict:
                    return StrictStop(f"{self.reader.name}, line {raw.number}: {reason}")
                if not raw.ended:
                    continue  # it may be completed: another time it is read again
            self.reader.done()
        return None

    def _take(self, raw: RawLine) -> str | None:
        """Why the line cannot be taken in; None if it was (or is blank)."""
        self.result.lines += 1
        if raw.data is None:
            return _TOO_LONG
        if not raw.data.strip():
            return None
        repeated = self.applier.repeated
        try:
            self.applier.apply(decode_line(raw.data))
        except InputError as error:
            return str(error) if raw.ended else f"{error} (no newline ends it: it seems to be cut off)"
        if self.applier.repeated > repeated:
            self.result.repeated += 1
        else:
            self.result.taken += 1
        return None

    def _keep(self) -> None:
        """Note in the memory file, in the transaction of the lines themselves, how far the stream was taken in."""
        position = self.reader.sealed()
        if not position.bytes:
            return
        position.names = self.applier.names.plain()
        self.memory._store.keep(KEPT, stream_note.written([p.plain() for p in (*self.taken, position)]))


def _chain(first: RawLine, rest: Iterator[RawLine]) -> Iterator[RawLine]:
    yield first
    yield from rest


def positions(memory: Memory) -> list[Position]:
    """How far each stream was taken into this memory. ``DamagedMemory`` if the note of it was altered."""
    return [Position(**row) for row in stream_note.read(memory._store.kept(KEPT))]
