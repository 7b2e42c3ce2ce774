"""A stream as a file: its lines one by one, and how far into it a memory has got, by content and not by name."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, cast

from ..errors import ConfigError, InputError
from .dbfile import spare
from .stream_decode import MOST_LINE

STANDARD = "-"  # standard input or output
HEAD = 4096  # bytes by which a stream is known again even if it differs later on
_CHUNK = 1 << 20


@dataclass
class Position:
    """How much of a stream was taken in: lines and bytes, the digest of these bytes and of the first ``HEAD`` of them.

    ``names`` is what the stream's own names stand for, see ``stream_names``.
    """

    lines: int = 0
    bytes: int = 0
    digest: str = ""
    head: str = ""
    names: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        return dict(vars(self))


@dataclass(frozen=True)
class RawLine:
    """One line: its number from 1, its bytes (None: too long to be read), and whether a newline ended it."""

    number: int
    data: bytes | None
    ended: bool


class StreamReader:
    """Reads lines and keeps ``position`` after the newest one that was marked ``done``."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.position = Position()
        self._file = file
        self._hash = hashlib.sha256()
        self._head = b""
        self._number = 0
        self._read = 0
        self._before = (self._hash.copy(), self._head, self._read)
        self._left = False
        self.failure: InputError | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> StreamReader:
        """Open a file (``.gz`` is unpacked on the way), or standard input for "-"; ``InputError`` if it cannot be read."""
        name = os.fspath(path)
        if name == STANDARD:
            return cls(sys.stdin.buffer, "standard input")
        try:
            if os.path.isdir(name):
                raise InputError(f"{name}: is a folder; a stream (JSON lines) is needed")
            file = gzip.open(name, "rb") if name.endswith(".gz") else open(name, "rb")  # noqa: SIM115
        except OSError as error:
            raise InputError(
                f"{name}: cannot be read ({error.strerror or error}); give a stream (JSON lines)"
            ) from None
        return cls(cast("IO[bytes]", file), name)

    @property
    def live(self) -> bool:
        """True for a pipe: lines may come slowly, and there is no going back."""
        return not self._file.seekable()

    def close(self) -> None:
        """Let the file go."""
        if self._file is not sys.stdin.buffer:
            self._file.close()

    def skip(self, taken: Sequence[Position]) -> Position | None:
        """Go on behind the longest of the positions ``taken`` that this stream goes beyond or reaches; None if there is none.

        ``InputError`` if the stream begins like one of them and then differs, or is shorter: its lines would be written
        twice.
        """
        if self.live:
            return None
        found, doubtful, kept = None, None, self._hash
        for position in sorted(taken, key=lambda p: p.bytes):
            self._absorb(position.bytes - self._read)
            if self._read == position.bytes and self._hash.hexdigest() == position.digest:
                found, kept = position, self._hash.copy()
            elif position.bytes >= HEAD and _digest(self._head) == position.head:
                doubtful = position
        if doubtful is not None and (found is None or found.bytes < doubtful.bytes):
            raise ConfigError(
                f"{self.name}: begins like a stream of which the memory has taken in {doubtful.lines} lines, but is not the "
                "same up to there; replay it into a new memory, or with --again to take in all of it anew"
            )
        self._file.seek(found.bytes if found is not None else 0)
        if found is None:
            self._hash, self._head, self._read = hashlib.sha256(), b"", 0
            return None
        self._hash, self._read, self._number = kept, found.bytes, found.lines
        self.position = Position(found.lines, found.bytes, found.digest, found.head, found.names)
        return found

    def _absorb(self, count: int) -> None:
        while count > 0 and (chunk := self._next(min(count, _CHUNK))):
            self._take(chunk)
            count -= len(chunk)

    def lines(self) -> Iterator[RawLine]:
        """The lines that follow. They end, with ``failure`` set, where the file cannot be read on (a damaged .gz)."""
        try:
            while not self._left and (data := self._next(MOST_LINE + 2, line=True)):
                self._number += 1
                self._before = self._hash.copy(), self._head, self._read
                self._take(data)
                whole, ended = len(data) <= MOST_LINE + 1, data.endswith(b"\n")
                while not ended and not whole and (more := self._next(MOST_LINE, line=True)):
                    self._take(more)
                    ended = more.endswith(b"\n")
                yield RawLine(self._number, data if whole else None, ended)
        except InputError as error:
            self.failure = error

    def done(self) -> None:
        """The newest line was dealt with: ``position`` is behind it."""
        self.position.lines, self.position.bytes = self._number, self._read

    def leave(self) -> None:
        """The newest line is not dealt with and has to be read again another time; reading ends."""
        self._hash, self._head, self._read = self._before
        self._left = True

    def sealed(self) -> Position:
        """The position with its digests, for keeping. Only right after ``done`` or ``leave``."""
        self.position.digest = self._hash.hexdigest()
        self.position.head = _digest(self._head)
        return self.position

    def _take(self, data: bytes) -> None:
        self._hash.update(data)
        self._read += len(data)
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]

    def _next(self, count: int, line: bool = False) -> bytes:
        try:
            return self._file.readline(count) if line else self._file.read(count)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.name}: cannot be read beyond line {self._number} ({error})") from None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def open_for_writing(path: str | os.PathLike[str], *, append: bool = False) -> IO[str]:
    """A text file for lines, packed if its name ends in .gz; standard output for "-". ``InputError`` if it cannot be."""
    name = os.fspath(path)
    if name == STANDARD:
        return sys.stdout
    spare(name)
    mode = "a" if append else "w"
    try:
        if name.endswith(".gz"):
            # no time stamp, so that equal streams are equal files
            packed = gzip.GzipFile(name, f"{mode}b", compresslevel=6, mtime=0)
            return io.TextIOWrapper(cast("IO[bytes]", packed), encoding="utf-8", newline="\n")
        return open(name, mode, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{name}: cannot be written ({error.strerror or error})") from None
