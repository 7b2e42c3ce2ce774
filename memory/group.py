"""Group commit: writes as savepoints of one SQLite transaction that stays open for up to a second.

In WAL mode with ``synchronous=FULL`` each COMMIT costs one fsync of the write-ahead log, and nothing before it is safe
from a power cut. So frames share a COMMIT, which a timer, the next write or ``commit`` triggers; what has to be safe at
once asks for it. Until then other connections see nothing of the group.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

from ..errors import InputError, LociError, MemoryFileError
from . import dbfile
from .checked import Checked


class GroupCommit:
    """The transactions of one writing connection. Thread-safe: ``guard`` is held for the length of a transaction.

    ``newest()`` is the number of the newest event; ``undone()`` is called after every rollback. With ``seconds`` 0 each
    outermost transaction is committed at its end.
    """

    def __init__(
        self,
        db: Checked,
        path: str,
        seconds: float,
        newest: Callable[[], int],
        undone: Callable[[], None],
    ) -> None:
        self.guard = db.guard
        self._db = db
        self._path = path
        self._seconds = seconds
        self._newest = newest
        self._undone = undone
        self._ack = newest()
        self._due = 0.0
        self._depth = 0
        self._owner = 0  # the thread that is in a transaction
        self._durable = False  # asked for within the current outermost transaction
        self._failure: LociError | None = None
        self._closed = False
        self._first = False  # the outermost block began the group: it needs no savepoint of its own
        self._lost = False  # SQLite undid the whole group within an inner transaction
        self._watched = False  # the timer knows of the open group
        self._alarms: queue.SimpleQueue[float | None] = queue.SimpleQueue()  # when groups are due; None ends the timer
        if seconds > 0:
            # one thread for good, as starting one can be broken off by a signal's exception; put() cannot
            threading.Thread(target=self._keep_time, name="loci-commit", daemon=True).start()

    @property
    def ack(self) -> int:
        """The newest event whose COMMIT has returned, so that it is on disk."""
        return self._ack

    @property
    def within(self) -> bool:
        """True inside a transaction of this thread: what cannot fail half-way needs none of its own there."""
        return self._depth > 0 and self._owner == threading.get_ident()

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
                if self._lost:
                    raise MemoryFileError(f"{self._path}: a write within this one failed, so it is not kept either")
                self._depth = depth - 1  # first, so that a signal after the RELEASE finds it right
                if depth > 1 or not self._first:
                    self._db.execute(f"RELEASE w{depth}")
            except BaseException as error:
                if not self._closed:
                    self._undo(depth)
                if isinstance(error, sqlite3.Error):
                    raise self._explained(error) from error
                raise
            self._durable |= durable
            if self._depth == 0:
                self._end_of_write()

    def commit(self, durable: bool) -> None:
        """End the group: now, at the end of the running transaction, or (not ``durable``) only if it is due."""
        with self.guard:
            self.check_open()
            if self._depth:
                self._durable |= durable
            elif not self._db.in_transaction:
                self._ack = self._newest()  # a signal's exception may have come right after the COMMIT
            elif durable or time.monotonic() >= self._due:
                self._commit()

    def close(self) -> None:
        """Commit and accept no more writes. A transaction that is still running (a signal came) is undone first."""
        with self.guard:
            try:
                if self._depth:
                    self._undo(1)
                if self._db.in_transaction:
                    self._commit()
                self.check_open()
            finally:
                self._closed = True
                self._alarms.put(None)

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
            if self._db.in_transaction:
                self._first &= self._depth > 0
                self._db.execute(f"SAVEPOINT w{self._depth + 1}")
            else:
                self._db.execute("BEGIN IMMEDIATE")
                self._due = time.monotonic() + self._seconds
                self._first = True
        except sqlite3.Error as error:
            raise self._explained(error) from error
        self._depth += 1
        self._owner = threading.get_ident()

    def _undo(self, depth: int) -> None:
        """Roll back the savepoint at ``depth`` and all within it; a full disk has already undone the whole group."""
        if not self._db.in_transaction and depth > 1:
            self._lost = True  # the outer blocks may go on for a while: into a transaction that will be undone
            self._db.execute("BEGIN IMMEDIATE")
        elif self._lost or (self._first and depth == 1):
            if depth == 1:
                self._lost = False
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        elif self._db.in_transaction:
            try:
                self._db.execute(f"ROLLBACK TO w{depth}")
                self._db.execute(f"RELEASE w{depth}")
            except sqlite3.OperationalError as error:
                if "no such savepoint" not in str(error):
                    raise
                # a signal's exception came right after the RELEASE: the block is whole and stays
        self._depth = depth - 1
        self._durable &= depth > 1
        self._undone()

    def _end_of_write(self) -> None:
        if self._durable or time.monotonic() >= self._due:
            self._commit()
        elif not self._watched:
            self._alarms.put(self._due)
            self._watched = True

    def _commit(self) -> None:
        self._durable = False
        self._watched = False
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._undone()
            raise self._explained(error) from error
        self._ack = self._newest()

    def _keep_time(self) -> None:
        """Commit each group when it is due, unless that has been done by then. Runs in a thread of its own."""
        while (due := self._alarms.get()) is not None and not self._closed:
            time.sleep(max(0.0, due - time.monotonic()))
            with self.guard:
                if self._closed or not self._db.in_transaction or time.monotonic() < self._due:
                    continue
                try:
                    self._commit()
                except LociError as error:
                    self._failure = error  # told to the next caller

    def _explained(self, error: sqlite3.Error) -> LociError:
        return dbfile.explained(error, self._path, self._ack)
