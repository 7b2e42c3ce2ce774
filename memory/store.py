"""One memory file: the event log, its projections and its blobs, changed together or not at all.

Writes share a COMMIT for up to a second (see ``group``); ``ack`` is the newest event that was fsynced: what a caller
may rely on after a power cut. Readers, in this process or others, see committed groups only. One writer per file; all
methods may be called from any thread.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import cast

from ..errors import DamagedMemory, InputError
from . import codec, dbfile, integrity
from .blobs import DEFAULT_BUDGET, DROPPED, BlobInfo, Blobs
from .checked import Checked
from .group import GroupCommit
from .lock import WriterLock
from .log import EventLog, Row
from .records import Event, Fault, Integrity
from .schema import MIGRATIONS

GROUP_SECONDS = 1.0


class Store:
    """An open memory file. Projections are the caller's tables, changed through ``db`` inside ``transaction``.

    ``epoch`` counts rollbacks: a caller whose caches were filled in an earlier epoch has to fill them anew.
    """

    def __init__(
        self,
        db: Checked,
        path: str,
        lock: WriterLock | None,
        *,
        read_only: bool,
        clock: Callable[[], float],
        salt: Callable[[int], bytes],
        budget: int,
        group_seconds: float,
    ) -> None:
        self.db = db
        self.path = path
        self.read_only = read_only
        self.epoch = 0
        self._lock = lock
        self._log = EventLog(db, clock, salt)
        self._blobs = Blobs(db, budget)
        seconds = 0.0 if path == dbfile.IN_MEMORY else group_seconds
        self._group = GroupCommit(db, path, seconds, lambda: self._log.seq, self._undone)
        self._closed = False

    # --- opening and closing ------------------------------------------------------------------------------------------
    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        read_only: bool = False,
        clock: Callable[[], float] = time.time,
        salt: Callable[[int], bytes] = os.urandom,
        budget: int = DEFAULT_BUDGET,
        group_seconds: float = GROUP_SECONDS,
    ) -> Store:
        """Open the memory at ``path``, made if it is missing and not ``read_only``; ``":memory:"`` for a passing one.

        ``clock`` gives record times (seconds), ``salt(n)`` n bytes for payload digests, ``budget`` the bytes that
        keyframes may take. Raises ``InputError`` (missing, unreadable, not writable), ``NotAMemoryFile``,
        ``NewerMemoryFile``, ``MemoryLocked`` or ``DamagedMemory``.
        """
        name = os.fspath(path)
        with contextlib.ExitStack() as undo, dbfile.file_errors(name):
            lock, real = None, Path(os.path.realpath(name))  # so that two names of one file meet at one lock
            if name == dbfile.IN_MEMORY:
                if read_only:
                    raise InputError(f"{name}: a passing memory starts empty; opening it read-only has no use")
                db = dbfile.connect_writer(name)
            elif read_only:
                dbfile.inspect(real)
                db = dbfile.connect_reader(real)
            else:
                if real.exists():
                    dbfile.inspect(real)  # before a lock file is left beside something that is no memory
                lock = WriterLock(real)
                undo.callback(lock.release)
                if not real.exists():
                    dbfile.create(real)
                db = dbfile.connect_writer(real)
            undo.callback(db.close)
            if not read_only:
                dbfile.migrate(db, name)
                dbfile.scrub(db)  # if the process that erased something was killed before it could
            elif dbfile.layout(db, name) < len(MIGRATIONS):
                raise InputError(
                    f"{name}: has an older layout; open it for writing once to bring it up to date "
                    "(`loci verify FILE --repair` does)"
                )
            store = cls(
                db, name, lock, read_only=read_only, clock=clock, salt=salt, budget=budget, group_seconds=group_seconds
            )
            undo.pop_all()
            return store

    def close(self, last: Callable[[], None] | None = None) -> None:
        """Make everything durable and let the file go. Inside a transaction, that transaction is rolled back first.

        ``last`` is called when the file is closed and still locked.
        """
        with self._group.guard:
            if self._closed:
                return
            self._closed = True
            try:
                if not self.read_only:
                    self._group.close()
            finally:
                self.db.close()  # SQLite copies the write-ahead log into the file and removes it
                try:
                    if last is not None:
                        last()
                finally:
                    if self._lock is not None:
                        self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- writing ------------------------------------------------------------------------------------------------------
    def transaction(self, *, durable: bool = False) -> contextlib.AbstractContextManager[None]:
        """Log and projections together: all of the block, or on any exception none of it. May be nested.

        ``durable`` commits (with fsync) when the outermost block ends. ``MemoryFileError`` if the disk is full or
        fails; then everything after ``ack`` is gone, and ``epoch`` has moved on.
        """
        self._check_writer()
        return self._group.transaction(durable)

    def append(
        self,
        kind: str,
        stamp: float,
        payload: Mapping[str, object],
        blobs: Mapping[str, bytes] | None = None,
        worth: float = 0.0,
    ) -> int:
        """Add an event at world time ``stamp`` (s), in the current transaction or one of its own; returns its number.

        ``blobs`` (kind → bytes) are kept beside it and named in the payload as ``"blobs": {kind: digest}``. Kinds that
        begin with ``keyframe`` are under the budget, the lowest ``worth`` being dropped first; others always stay.
        """
        if blobs and "blobs" in payload:
            raise InputError(f'event {kind}: the payload has a key "blobs", which is taken by its attachments')
        with contextlib.nullcontext() if self._group.within and not blobs else self.transaction():
            if blobs:
                payload = {**payload, "blobs": {name: codec.digest(data).hex() for name, data in blobs.items()}}
            seq = self._log.append(kind, stamp, payload)
            for name, data in (blobs or {}).items():
                self._blobs.put(name, data, seq, worth)
            if blobs:
                self._trim(stamp)
            return seq

    def put_blob(self, kind: str, data: bytes, seq: int, worth: float = 0.0) -> str:
        """Keep bytes that belong to event ``seq``; returns the digest (hex) by which ``get_blob`` finds them."""
        with self.transaction():
            event = self._log.event(seq)
            key = self._blobs.put(kind, data, seq, worth)
            self._trim(event.stamp)
            return key

    def erase(self, seq: int, stamp: float, why: str) -> int:
        """Remove an event's payload for good, durably, and log that; the chain still verifies."""
        with self.transaction(durable=True):
            return self._log.erase(seq, stamp, why)

    def scrub(self) -> bool:
        """Make everything durable and remove the bytes of what was erased; False if that has to wait, see ``dbfile``."""
        with self._group.guard:
            self.commit()
            return dbfile.scrub(self.db)

    def copy_event(self, source: Store, seq: int) -> Event:
        """Append event ``seq`` of another store unaltered (digest, record time), with its blobs, for a replay."""
        with self.transaction():
            event = self._log.copy(source._log, seq)
            self._blobs.copy(source._blobs, seq)
            if event.kind == DROPPED:
                self._blobs.drop(cast("list[str]", event.payload["digests"]))
            return event

    def restore_event(
        self, row: Row, redactions: Sequence[tuple[int, bytes]], blobs: Sequence[tuple[BlobInfo, bytes | None]]
    ) -> Event:
        """Append an event, with its blobs, as an export holds it; ``InputError`` if it does not follow or was altered."""
        with self.transaction():
            event = self._log.restore(row, redactions)
            for info, data in blobs:
                self._blobs.restore(info, data)
            if event.kind == DROPPED:
                self._blobs.drop(cast("list[str]", event.payload["digests"]))
            return event

    def stored_event(self, seq: int) -> tuple[Row, list[tuple[int, bytes]], list[tuple[BlobInfo, bytes | None]]]:
        """What ``restore_event`` needs of event ``seq``, checked."""
        with self.snapshot():
            self._log.event(seq)
            return self._log.stored(seq), self._log.redactions(seq), self._blobs.brought(seq)

    def keep(self, key: str, value: str) -> None:
        """A note of the file itself (which streams it has taken in, say), part of the current transaction."""
        with self.transaction():
            self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def kept(self, key: str) -> str | None:
        """What was noted under ``key``."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def commit(self, durable: bool = True) -> int:
        """Make everything so far durable and return the newest durable event; inside a transaction, when that ends.

        ``durable=False`` does so only if the group's second is over.
        """
        self._check_writer()
        self._group.commit(durable)
        return self.ack

    # --- reading ------------------------------------------------------------------------------------------------------
    @property
    def ack(self) -> int:
        """The newest event that is on disk (of a reader: that it can see)."""
        return self.head[0] if self.read_only else self._group.ack

    @property
    def head(self) -> tuple[int, str]:
        """Number and digest (hex) of the newest event; (0, 64 zeros) in an empty log."""
        with self._group.guard:
            if self.read_only:
                self._log.reload()
            return self._log.seq, self._log.digest.hex()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several queries on one moment's state, whatever a writer does meanwhile. May be nested; do not yield inside.

        What SQLite says of a damaged or vanished file becomes ``DamagedMemory`` or another ``MemoryFileError``.
        """
        with self._group.guard, dbfile.plain_errors(self.path):
            mine = self.read_only and not self.db.in_transaction
            if mine:
                self.db.execute("BEGIN")
            try:
                yield
            finally:
                if mine and self.db.in_transaction:
                    with contextlib.suppress(sqlite3.Error):  # a damaged page; nothing was written, so nothing is lost
                        self.db.execute("COMMIT")
                    if self.db.in_transaction:
                        self.db.execute("ROLLBACK")

    def event(self, seq: int) -> Event:
        """One event, checked; ``InputError`` if there is none, ``DamagedMemory`` if it was altered."""
        with self.snapshot():
            return self._log.event(seq)

    def events(self, after: int = 0, upto: int | None = None) -> Iterator[Event]:
        """Events with ``after`` < number ≤ ``upto`` in order, each checked."""
        with dbfile.plain_errors(self.path):  # no snapshot: it would hold the guard while the caller works
            yield from self._log.events(after, upto)

    def get_blob(self, digest: str) -> bytes | None:
        """A blob's bytes, checked; None if they were dropped to keep the budget; ``InputError`` if unknown."""
        with self.snapshot():
            return self._blobs.get(digest)

    def blob_info(self, digest: str) -> BlobInfo | None:
        """What is known of a blob without reading it; None if there never was one."""
        with self.snapshot():
            return self._blobs.info(digest)

    @property
    def blob_bytes(self) -> int:
        """Bytes of the keyframes kept, at most the budget."""
        return self._blobs.used

    def verify(self, head: str | None = None, deep: bool = False) -> Integrity:
        """Check the whole file: see ``integrity.verify``. ``head``: a digest noted earlier, to find a cut tail.

        ``deep`` also compares all beliefs with what the log leads to, if the log is whole: see ``deep``.
        """
        with self._group.guard, self.snapshot():
            found = integrity.verify(self.db, head)
            if not deep:
                return found
            from .deep import verify_beliefs  # it needs the projection, which the store otherwise knows nothing of

            try:
                more = tuple(verify_beliefs(self.db, self._log.events()))
            except (DamagedMemory, sqlite3.Error, ValueError, TypeError) as error:
                more = () if found.faults else (Fault("file", f"cannot be read to its end: {error}"),)
            return replace(found, faults=found.faults + more)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _check_writer(self) -> None:
        if self.read_only:
            raise InputError(f"{self.path}: was opened read-only; open it for writing to change it")

    def _undone(self) -> None:
        self.epoch += 1
        self._log.reload()
        self._blobs.reload()

    def _trim(self, stamp: float) -> None:
        gone, freed = self._blobs.trim()
        if gone:
            self._log.append(DROPPED, stamp, {"digests": gone, "bytes": freed})
