"""One writer per memory file, by an operating-system lock that ends with the process that holds it.

The lock sits on a file beside the database (``<name>.lock``), never on the database itself: closing any other handle of
a file drops a process's POSIX locks on it, and SQLite relies on those. POSIX systems only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from pathlib import Path

from ..errors import InputError, MemoryLocked


class WriterLock:
    """Held from construction to ``release``. Raises ``MemoryLocked`` at once, naming who has it, if it is taken."""

    def __init__(self, path: Path) -> None:
        self._file = path.with_name(path.name + ".lock")
        self._fd: int | None = None
        while self._fd is None:
            self._fd = self._try(path)

    def _try(self, path: Path) -> int | None:
        """The locked descriptor; None when its file was removed by a holder that left just then."""
        try:
            fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise InputError(
                f"{path}: cannot be opened for writing, {self._file.name} cannot be made beside it ({error.strerror}); "
                "give a folder that can be written to, or open it read-only"
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_same(fd, self._file):
                os.close(fd)
                return None
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()} {_program()}".encode(), 0)
        except BlockingIOError:
            holder = os.pread(fd, 200, 0).decode(errors="replace")
            os.close(fd)
            pid, _, program = holder.partition(" ")
            who = f"process {pid} ({program})" if program else "another process"
            raise MemoryLocked(
                f"{path}: {who} is writing to it, and only one may; wait until it ends, or open it read-only"
            ) from None
        except BaseException:
            os.close(fd)
            raise
        return fd

    def release(self) -> None:
        """Let go and remove the lock file. May be called twice."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        if _is_same(fd, self._file):  # removed while still held, so that nobody's fresh lock file is taken away
            with contextlib.suppress(OSError):
                self._file.unlink()
        os.close(fd)


def _is_same(fd: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), file.stat())
    except FileNotFoundError:
        return False


def _program() -> str:
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in ("", "-c", "-m") else ""
    return name or Path(sys.executable).name or "python"
