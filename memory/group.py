"""Group commit: writes as savepoints of one SQLite transaction that stays open for up to a second.

In WAL mode with ``synchronous=FULL`` each COMMIT costs one fsync of the write-ahead log, and nothing before it is safe
from a power cut. So frames share a COMMIT, which a timer, the next write or ``commit`` triggers; what has to be safe at
once asks for it. Until then other connections see nothing of the group.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

from ..errors import InputError, MemoryFileError
from . import dbfile


class GroupCommit:
    """The transactions of one writing connection. Thread-safe: ``guard`` is held for the length of a transaction.

    ``newest()`` is the number of the newest event; ``undone()`` is called after every rollback. With ``seconds`` 0 each
    outermost transaction is committed at its end.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        path: str,
        seconds: float,
        newest: Callable[[], int],
        undone: Callable[[], None],
    ) -> None:
        self.guard = threading.RLock()
        self._db = db
        self._path = path
        self._seconds = seconds
        self._newest = newest
        self._undone = undone
        self._ack = newest()
        self._due = 0.0
        self._depth = 0
        self._durable = False  # asked for within the current outermost transaction
        self._timer: threading.Timer | None = None
        self._failure: MemoryFileError | None = None
        self._closed = False

    @property
    def ack(self) -> int:
        """The newest event whose COMMIT has returned, so that it is on disk."""
        return self._ack

    @contextlib.contextmanager
    def transaction(self, durable: bool) -> Iterator[None]:
        """All of the block or none of it; see ``Store.transaction``."""
        with self.guard:
            self._begin()
            depth = self._depth
            try:
                yield
                if self._closed:
                    raise MemoryFileError(f"{self._path}: was closed during a write; that write is not kept")
                self._db.execute(f"RELEASE w{depth}")
            except BaseException as error:
                if not self._closed:
                    self._undo(depth)
                if isinstance(error, sqlite3.Error):
                    raise self._explained(error) from error
                raise
            finally:
                self._depth = 0 if self._closed else depth - 1
            self._durable |= durable
            if self._depth == 0:
                self._end_of_write()

    def commit(self, durable: bool) -> None:
        """End the group: now, at the end of the running transaction, or (not ``durable``) only if it is due."""
        with self.guard:
            self.check_open()
            if self._depth:
                self._durable |= durable
            elif self._db.in_transaction and (durable or time.monotonic() >= self._due):
                self._commit()

    def close(self) -> None:
        """Commit and accept no more writes. A transaction that is still running (a signal came) is undone first."""
        with self.guard:
            try:
                if self._depth:
                    self._undo(1)
                    self._depth = 0
                if self._db.in_transaction:
                    self._commit()
                self.check_open()
            finally:
                self._closed = True
                self._cancel_timer()

    def check_open(self) -> None:
        """Raise if closed, and tell (once) of a timed commit that failed."""
        if self._closed:
            raise InputError(f"{self._path}: this memory was closed; open it again")
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _begin(self) -> None:
        self.check_open()
        try:
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
                self._due = time.monotonic() + self._seconds
            self._db.execute(f"SAVEPOINT w{self._depth + 1}")
        except sqlite3.Error as error:
            raise self._explained(error) from error
        self._depth += 1

    def _undo(self, depth: int) -> None:
        """Roll back the savepoint at ``depth`` and all within it; a full disk has already undone the whole group."""
        if self._db.in_transaction:
            self._db.execute(f"ROLLBACK TO w{depth}")
            self._db.execute(f"RELEASE w{depth}")
        self._durable &= depth > 1
        self._undone()

    def _end_of_write(self) -> None:
        if self._durable or time.monotonic() >= self._due:
            self._commit()
        elif self._timer is None:
            self._timer = threading.Timer(self._seconds, self._timed_commit)
            self._timer.daemon = True
            self._timer.start()

    def _commit(self) -> None:
        self._durable = False
        self._cancel_timer()
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._undone()
            raise self._explained(error) from error
        self._ack = self._newest()

    def _timed_commit(self) -> None:
        with self.guard:
            self._timer = None
            if self._closed or not self._db.in_transaction:
                return
            try:
                self._commit()
            except MemoryFileError as error:
                self._failure = error  # told to the next caller

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _explained(self, error: sqlite3.Error) -> Exception:
        return dbfile.explained(error, self._path, self._ack)
