"""What is no memory is refused and left alone; what is one is brought up to date."""

import os
import sqlite3
from pathlib import Path

import pytest

from loci.errors import DamagedMemory, InputError, MemoryFileError, NewerMemoryFile, NotAMemoryFile
from loci.memory import schema
from loci.memory.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def sqlite_file(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t (x)")
    db.close()


def newer(path: Path) -> None:
    Store.open(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000)), NotAMemoryFile, "is no Loci memory"),
        (lambda p: p.write_bytes(b"hello"), NotAMemoryFile, "is no Loci memory"),
        (lambda p: p.write_bytes(b""), NotAMemoryFile, "is empty, so it is no Loci memory"),
        (Path.mkdir, NotAMemoryFile, "is a folder"),
        (sqlite_file, NotAMemoryFile, "SQLite database, but no Loci memory"),
        (newer, NewerMemoryFile, "layout 999, written by a newer Loci; this one knows layouts up to"),
    ],
)
def test_what_is_no_memory_is_refused_and_left_alone(path: Path, make, error, says: str, read_only: bool) -> None:  # type: ignore[no-untyped-def]
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error, match=says) as caught:
        Store.open(path, read_only=read_only)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert os.listdir(path.parent) == [path.name]


def test_missing_files_and_folders(path: Path) -> None:
    with pytest.raises(InputError, match="no such memory file"):
        Store.open(path, read_only=True)
    with pytest.raises(InputError, match=r"cannot be made beside it .*; give a folder"):
        Store.open(path.parent / "nowhere" / "m.db")
    with pytest.raises(InputError, match="File name too long"):
        Store.open(path.parent / ("long" * 100), read_only=True)
    with pytest.raises(InputError, match="read-only has no use"):
        Store.open(":memory:", read_only=True)
    assert os.listdir(path.parent) == []


def test_a_truncated_file_is_damaged(path: Path) -> None:
    with Store.open(path) as store:
        for i in range(200):
            store.append("a", float(i), {"pad": os.urandom(200).hex()})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DamagedMemory, match="damaged"), Store.open(path, read_only=True) as store:
        list(store.events())


def test_an_older_layout_is_brought_up_to_date_by_a_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(path) as store:
        store.append("a", 0.0, {})
    newest = (*schema.MIGRATIONS, "CREATE TABLE extra (x); CREATE TRIGGER t AFTER INSERT ON extra BEGIN SELECT 1; END;")
    for module in ("loci.memory.dbfile", "loci.memory.store"):
        monkeypatch.setattr(f"{module}.MIGRATIONS", newest)
    with pytest.raises(InputError, match="older layout; open it for writing"):
        Store.open(path, read_only=True)
    with Store.open(path) as store:
        assert store.event(1).kind == "a"
        assert store.db.execute("SELECT count(*) FROM extra").fetchone() == (0,)
    with Store.open(path, read_only=True) as store:
        assert store.verify().ok


def test_a_failing_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    newest = (*schema.MIGRATIONS, "CREATE TABLE extra (x); CREATE TABLE events (x);")
    monkeypatch.setattr("loci.memory.dbfile.MIGRATIONS", newest)
    with pytest.raises(MemoryFileError, match="already exists"):
        Store.open(path)
    monkeypatch.undo()
    with Store.open(path) as store:
        assert store.db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").fetchone() == (0,)


def test_a_removed_memorys_log_is_not_taken_for_the_new_ones(path: Path) -> None:
    with Store.open(path) as store:
        store.append("old", 0.0, {})
        store.commit()
        (path.parent / "kept-wal").write_bytes(path.with_name("memory.db-wal").read_bytes())
    path.unlink()
    (path.parent / "kept-wal").rename(path.with_name("memory.db-wal"))
    with Store.open(path) as store:
        assert store.head[0] == 0
        assert store.verify().ok


def test_a_new_file_that_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, say: no draft is left for people to wonder about."""
    from loci.memory import dbfile

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(dbfile, "migrate", full)
        with pytest.raises(InputError, match="No space"):
            Store.open(tmp_path / "m.db")
    assert list(tmp_path.iterdir()) == []
    Store.open(tmp_path / "m.db").close()
    assert [p.name for p in tmp_path.iterdir()] == ["m.db"]
