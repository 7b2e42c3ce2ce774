"""Writes a stream: by hand with ``StreamWriter``, or of all that a memory is told with ``RecordedMemory``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Self, TypeVar, cast

from ..contracts import Decision, ObjectReport, ObservationBatch, Outcome
from ..errors import InputError
from .maps import Corners
from .memory import Memory
from .poses import Corrected, PoseCorrection
from .records import Written
from .shortterm import ShortTerm
from .stream_encode import encode_line, sight_of
from .stream_file import STANDARD, open_for_writing
from .stream_lines import (
    ActionBegin,
    ActionEnd,
    AreaLine,
    Attention,
    Begin,
    Correction,
    End,
    Line,
    Mark,
    Note,
    Opening,
    Sighting,
)

T = TypeVar("T")


class StreamWriter:
    """Appends lines to a stream; the file is made with its first line if it is missing. Close it, or use ``with``."""

    def __init__(self, path: str | os.PathLike[str], opening: Opening | None = None) -> None:
        """Open ``path`` ("-": standard output; ``.gz`` packs). ``InputError`` if it cannot be written."""
        self.lines = 0
        self._file: IO[str] = open_for_writing(path, append=True)
        self._owned = os.fspath(path) != STANDARD
        empty = not self._owned or Path(path).stat().st_size == 0
        if opening is not None or empty:
            self.write(opening if opening is not None else Opening())

    def write(self, line: Line | ObservationBatch | ObjectReport) -> None:
        """One line; ``InputError`` for what cannot be said in JSON, with nothing written."""
        text = encode_line(line)
        self._file.write(text + "\n")
        self.lines += 1

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file. May be called twice."""
        if self._owned:
            self._file.close()
        else:
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RecordedMemory(Memory):
    """A memory that writes down whatever it is told: replaying the stream into a memory like it was gives an equal one.

    Equal in every byte of ``dump``, as long as the short-term set keeps its usual policy. What a write that failed has
    undone is recorded too. Erasing (``forget``) is not: a stream keeps what it was told.
    """

    _writer: StreamWriter | None = None
    _inside = False  # a call that is recorded as a whole

    @classmethod
    def record(
        cls,
        path: str | os.PathLike[str],
        stream: str | os.PathLike[str],
        *,
        clock: Callable[[], float] | None = None,
    ) -> Self:
        """Open the memory at ``path`` for writing, and append to ``stream`` all that it is told from now on."""
        memory = cls.open(path, clock=clock)
        try:
            memory._writer = StreamWriter(stream, Opening("loci recording", "memory", memory._store.head[0]))
        except BaseException:
            memory.close()
            raise
        memory._world.short_term = _Overheard(memory.short_term, memory._attends)
        return memory

    def close(self) -> None:
        """As ``Memory.close``; the stream is closed with it."""
        writer, self._writer = self._writer, None
        try:
            if writer is not None:
                writer.write(Mark("close"))
        finally:
            if writer is not None:
                writer.close()
            super().close()

    # --- what is told ---------------------------------------------------------------------------------------------------
    def write(self, batch: ObservationBatch | ObjectReport) -> Written:
        """As ``Memory.write``."""
        written = self._told(lambda: super(RecordedMemory, self).write(batch))
        if isinstance(batch, ObjectReport):
            self._line(Sighting(batch, written.ids[0]))
        else:
            self._line(sight_of(batch, written.ids))
        return written

    def correct_poses(self, corrections: Sequence[PoseCorrection], stamp: float | None = None) -> Corrected:
        """As ``Memory.correct_poses``."""
        known = self._world.now if stamp is None else float(stamp)
        done = self._told(lambda: super(RecordedMemory, self).correct_poses(corrections, known))
        self._line(Correction(known, tuple(corrections)), flush=True)
        return done

    def add_area(
        self, kind: str, label: str, *, parent: str | None = None, map_id: str | None = None, box: Corners | None = None,
        stamp: float | None = None,
    ) -> str:  # fmt: skip
        """As ``Memory.add_area``."""
        when = self._world.now if stamp is None else float(stamp)
        id = self._told(
            lambda: super(RecordedMemory, self).add_area(kind, label, parent=parent, map_id=map_id, box=box, stamp=when)
        )
        corners = None if box is None else ((*map(float, box[0]),), (*map(float, box[1]),))
        self._line(AreaLine(id, kind, label, when, parent, map_id, cast("Corners | None", corners)))
        return id

    def begin_episode(self, instruction: str, stamp: float, *, robot_id: str | None = None) -> str:
        """As ``Memory.begin_episode``."""
        id = self._told(lambda: super(RecordedMemory, self).begin_episode(instruction, stamp, robot_id=robot_id))
        self._line(Begin("episode", id, instruction, float(stamp), robot_id), flush=True)
        return id

    def end_episode(self, episode_id: str, status: str, stamp: float) -> Written:
        """As ``Memory.end_episode``."""
        written = self._told(lambda: super(RecordedMemory, self).end_episode(episode_id, status, stamp))
        self._line(End("episode", episode_id, status, float(stamp)), flush=True)
        return written

    def begin_subgoal(self, text: str, stamp: float, *, robot_id: str | None = None) -> str:
        """As ``Memory.begin_subgoal``."""
        id = self._told(lambda: super(RecordedMemory, self).begin_subgoal(text, stamp, robot_id=robot_id))
        self._line(Begin("subgoal", id, text, float(stamp), robot_id))
        return id

    def end_subgoal(self, subgoal_id: str, status: str, stamp: float) -> Written:
        """As ``Memory.end_subgoal``."""
        written = self._told(lambda: super(RecordedMemory, self).end_subgoal(subgoal_id, status, stamp))
        self._line(End("subgoal", subgoal_id, status, float(stamp)))
        return written

    def begin_action(self, decision: Decision, stamp: float, *, robot_id: str | None = None) -> str:
        """As ``Memory.begin_action``."""
        id = self._told(lambda: super(RecordedMemory, self).begin_action(decision, stamp, robot_id=robot_id))
        self._line(ActionBegin(id, float(stamp), decision, decision.target, robot_id), flush=True)
        return id

    def end_action(self, action_id: str, outcome: Outcome) -> Written:
        """As ``Memory.end_action``."""
        written = self._told(lambda: super(RecordedMemory, self).end_action(action_id, outcome))
        self._line(ActionEnd(action_id, outcome), flush=True)
        return written

    def note(self, kind: str, text: str, stamp: float, refs: Sequence[str] = ()) -> Written:
        """As ``Memory.note``."""
        written = self._told(lambda: super(RecordedMemory, self).note(kind, text, stamp, refs))
        self._line(Note(kind, text, float(stamp), tuple(str(r) for r in refs)))
        return written

    def commit(self) -> int:
        """As ``Memory.commit``."""
        ack = self._told(lambda: super(RecordedMemory, self).commit())
        self._line(Mark("commit"), flush=True)
        return ack

    def dump(self) -> Iterator[str]:
        """As ``Memory.dump``, which logs what was gathered since the last summary."""
        self._line(Mark("flush"))
        yield from super().dump()

    def replay(self, into: str | os.PathLike[str], upto: int | None = None) -> Memory:
        """As ``Memory.replay``."""
        if upto is not None and self._writer is not None:
            raise InputError("a memory that is being recorded can only be replayed in whole; open it anew for a part")
        self._line(Mark("flush"))
        return Memory.replay(self, into)

    # --- inside -----------------------------------------------------------------------------------------------------------
    def _attends(self, op: str, things: tuple[str, ...]) -> None:
        if not self._inside:
            self._line(Attention(op, things))

    def _told(self, call: Callable[[], T]) -> T:
        epoch, self._inside = self._store.epoch, True
        try:
            return call()
        finally:
            self._inside = False
            if self._store.epoch != epoch:
                self._line(Mark("undone"))

    def _line(self, line: Line, flush: bool = False) -> None:
        if self._writer is not None:
            self._writer.write(line)
            if flush:
                self._writer.flush()


class _Overheard(ShortTerm):
    """The short-term set that it is made from, which tells what a caller does with it."""

    def __init__(self, inner: ShortTerm, tell: Callable[[str, tuple[str, ...]], None]) -> None:
        self.__dict__.update(vars(inner))
        self._tell = tell
        self._pinning = False

    def touch(self, id: str) -> None:
        super().touch(id)
        if not self._pinning:
            self._tell("touch", (id,))

    def pin(self, id: str) -> None:
        self._pinning = True
        try:
            super().pin(id)
        finally:
            self._pinning = False
        self._tell("pin", (id,))

    def unpin(self, id: str) -> None:
        super().unpin(id)
        self._tell("unpin", (id,))

    def focus(self, ids: Iterable[str]) -> None:
        things = tuple(sorted(ids))
        super().focus(things)
        self._tell("focus", things)
