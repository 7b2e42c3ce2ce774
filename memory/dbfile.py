"""A memory file on disk: make it, recognise it, connect to it, bring it up to date. Every refusal says why."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ..errors import DamagedMemory, InputError, LociError, MemoryFileError, NewerMemoryFile, NotAMemoryFile
from .checked import Checked
from .schema import APPLICATION_ID, MIGRATIONS

IN_MEMORY = ":memory:"
_BUSY_MS = 5000  # a reader may have to wait for a moment while another recovers the write-ahead log
_JOURNAL_LIMIT = 16 * 2**20  # bytes the write-ahead log is cut down to once it was copied into the file


def create(path: Path) -> None:
    """Make an empty memory at ``path``, whole or not at all: built under another name, then moved there."""
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; make it first")
    draft = path.with_name(path.name + ".new")
    for name in (draft, path):  # the writer lock is held, so these are a crash's leftovers, or a removed memory's log,
        for tail in ("", "-journal", "-wal", "-shm"):  # which SQLite would take for the new file's
            if name != path or tail:
                with contextlib.suppress(FileNotFoundError):
                    name.with_name(name.name + tail).unlink()
    with file_errors(path), contextlib.ExitStack() as undo:
        undo.callback(_remove, draft)  # if anything goes wrong: nobody knows what it is
        db = sqlite3.connect(draft, isolation_level=None, factory=Checked)
        try:
            db.execute("PRAGMA journal_mode = MEMORY")  # until it has its name, a draft is worth no fsync but the last
            db.execute("PRAGMA synchronous = OFF")
            _set_mark(db)
            migrate(db, path)
            db.execute("PRAGMA journal_mode = WAL")
        finally:
            db.close()
        fsync(draft)  # the file has to be on disk before its name is
        os.replace(draft, path)
        fsync(path.parent)


def _remove(draft: Path) -> None:
    for tail in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            draft.with_name(draft.name + tail).unlink()


def fsync(path: Path) -> None:
    """Make a file or a folder's list of names durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def inspect(path: Path) -> None:
    """Raise as ``Store.open`` says if ``path`` is no memory. Only looks: a stranger's file stays as it is."""
    with file_errors(path):
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise InputError(f"{path}: no such memory file; check the name, or make one by writing to it") from None
    if path.is_dir():
        raise NotAMemoryFile(f"{path}: is a folder; give the name of a memory file")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: may not be read by this user; change its permissions or give another file")
    if size == 0:
        raise NotAMemoryFile(f"{path}: is empty, so it is no Loci memory; remove it, or give a name that is not taken")
    # "immutable": SQLite takes no lock and leaves its log alone; the mark never changes, so an old page will do
    with file_errors(path), contextlib.closing(_connect(f"file:{quote(str(path))}?immutable=1")) as db:
        try:
            _check_mark(db, path)
        except sqlite3.DatabaseError:
            if not _has_log(path):  # else a power cut may have left the file torn, and the log makes it whole
                raise


def spare(path: str | os.PathLike[str]) -> None:
    """``InputError`` if a memory lies at ``path``: nothing else may be written over one."""
    try:
        if not os.path.isfile(path):
            return  # to read from a pipe would be to wait for it
        with open(path, "rb") as file:
            head = file.read(72)
    except OSError:
        return
    if head[:16] == b"SQLite format 3\x00" and head[68:] == APPLICATION_ID.to_bytes(4, "big"):
        raise InputError(f"{os.fspath(path)}: is a memory file, which would be lost; name another file to write to")


def layout(db: sqlite3.Connection, path: Path | str) -> int:
    """Layout number of an open memory; ``NewerMemoryFile`` if this Loci does not know it."""
    _check_mark(db, path)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise NewerMemoryFile(
            f"{path}: has layout {version}, written by a newer Loci; this one knows layouts up to {len(MIGRATIONS)}: "
            "upgrade Loci to open it"
        )
    return int(version)


def _set_mark(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _check_mark(db: sqlite3.Connection, path: Path | str) -> None:
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    if mark != APPLICATION_ID:
        raise NotAMemoryFile(f"{path}: is an SQLite database, but no Loci memory; give a file that Loci wrote")


def _has_log(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def connect_writer(path: Path | str) -> Checked:
    """A connection whose every COMMIT is on disk when it returns. The writer lock is held by the caller."""
    if path != IN_MEMORY and not os.access(path, os.W_OK):
        raise InputError(f"{path}: may not be written; change its permissions, or open it read-only")
    with plain_errors(path):
        db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=512, factory=Checked
        )
        try:
            db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            db.execute("PRAGMA recursive_triggers = ON")  # else the row that REPLACE removes would stay in the sums
            db.execute("PRAGMA trusted_schema = ON")  # some builds let no trigger call a program's own function
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")  # in WAL mode: fsync the log on every commit
            db.execute("PRAGMA fullfsync = ON")  # where plain fsync does not reach the medium (macOS)
            db.execute("PRAGMA checkpoint_fullfsync = ON")
            db.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT}")
            db.execute("PRAGMA cache_size = -16384")
            db.alone = True
            if path == IN_MEMORY:
                _set_mark(db)
        except BaseException:
            db.close()
            raise
        return db


def connect_reader(path: Path) -> Checked:
    """A connection that cannot change anything. On a medium that cannot be written, the file is read as it stands.

    It is opened with ``mode=rw`` and ``query_only``, because the last ``mode=ro`` connection of a file in WAL mode
    leaves two SQLite files beside it, while this one folds them in.
    """
    address = f"file:{quote(str(path))}?mode=rw"
    with plain_errors(path):
        try:
            return _connect_quiet(address)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            if _has_log(path):
                raise MemoryFileError(
                    f"{path}: lies on a medium that cannot be written and has unfinished changes in {path.name}-wal; "
                    "copy both into a folder that can be written to and open it there"
                ) from error
            return _connect_quiet(address + "&immutable=1")  # nobody can be writing to it


def _connect_quiet(address: str) -> Checked:
    db = _connect(address)
    try:
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        db.execute("PRAGMA query_only = ON")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the first access to the file
    except BaseException:
        db.close()
        raise
    return db


def _connect(address: str) -> Checked:
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, factory=Checked)


def migrate(db: Checked, path: Path | str) -> None:
    """Bring a memory (a fresh one too) to the newest layout, in one transaction."""
    version = layout(db, path)
    if version == len(MIGRATIONS):
        return
    with plain_errors(path), db.unchecked():
        db.execute("BEGIN IMMEDIATE")
        try:
            for script in MIGRATIONS[version:]:
                for statement in _statements(script):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def mark_unscrubbed(db: sqlite3.Connection) -> None:
    """Note, in the transaction that erases something, that its bytes have yet to be removed from the file."""
    db.execute("INSERT OR REPLACE INTO meta VALUES ('unscrubbed', 1)")


def scrub(db: sqlite3.Connection) -> bool:
    """Remove the bytes of what was erased from free pages and the write-ahead log, if that is still to be done.

    False if it has to wait: a reader holds an old state, or the disk is too full for a second copy of the file. The
    next writer that opens the file tries again. Outside transactions only.
    """
    if db.execute("SELECT 1 FROM meta WHERE key = 'unscrubbed'").fetchone() is None:
        return True
    try:
        db.execute("VACUUM")  # writes every live row anew, so that nothing else is left in the file
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    if not busy:
        db.execute("DELETE FROM meta WHERE key = 'unscrubbed'")
    return not busy


def explained(error: sqlite3.Error, path: Path | str, kept: int | None = None) -> LociError:
    """What an SQLite error means for the user; ``kept`` is the newest event that is safe, if that matters."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    tail = "" if kept is None else f"; everything up to event {kept} is kept, what came after it is not"
    if code == sqlite3.SQLITE_FULL:
        return MemoryFileError(f"{path}: the disk is full{tail}: free some space and write again")
    if code == sqlite3.SQLITE_NOTADB:
        return NotAMemoryFile(f"{path}: is no Loci memory; give a file that Loci wrote")
    if code == sqlite3.SQLITE_CORRUPT:
        return DamagedMemory(f"{path}: is damaged ({error}){tail}: run verify, and restore it from a copy")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY):
        return InputError(
            f"{path}: cannot be opened ({error}){tail}: check that the file and its folder are accessible"
        )
    return MemoryFileError(f"{path}: {error}{tail}: check the disk and the file's permissions")


@contextlib.contextmanager
def plain_errors(path: Path | str) -> Iterator[None]:
    """Errors of SQLite as Loci's own, naming ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(error, path) from error


@contextlib.contextmanager
def file_errors(path: Path | str) -> Iterator[None]:
    """The same, and those of the file system."""
    try:
        with plain_errors(path):
            yield
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}): check the file and its folder") from error


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one (``executescript`` would commit before the first)."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):  # else the semicolon was in a text, a comment or a trigger
            if statement.strip() != ";":
                yield statement
            statement = ""
