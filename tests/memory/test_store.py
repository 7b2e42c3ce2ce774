"""Writes in groups, whole or not at all, on disks that fill up too."""

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from loci.errors import InputError, MemoryFileError
from loci.memory.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, group_seconds=1000) as store:
        store.db.execute("CREATE TABLE beliefs_here (id TEXT)")
        yield store


def child(code: str, *arguments: object, **options: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload, no-any-return]


# --- groups and transactions ------------------------------------------------------------------------------------------
def test_every_commit_reaches_the_disk(store: Store) -> None:
    assert store.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_ack_moves_only_with_a_commit_and_readers_see_just_that(store: Store, path: Path) -> None:
    with Store.open(path, read_only=True) as reader:
        store.append("frame", 0.0, {})
        store.append("frame", 1.0, {})
        assert (store.head[0], store.ack, reader.head[0], reader.ack) == (2, 0, 0, 0)
        assert store.commit(durable=False) == 0  # its second is not over
        with store.transaction(durable=True):
            store.append("action", 2.0, {})
        assert (store.ack, reader.head[0], reader.ack) == (3, 3, 3)
        with store.transaction():
            store.append("frame", 3.0, {})
            assert store.commit() == 3  # not before the block ends
        assert (store.ack, reader.head) == (4, store.head)


def test_a_group_is_committed_without_anybody_writing_again(path: Path) -> None:
    with Store.open(path, group_seconds=0.05) as store:
        store.append("frame", 0.0, {})
        deadline = time.monotonic() + 5
        while store.ack == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert store.ack == 1


def test_the_next_write_ends_a_group_that_is_due(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(path, group_seconds=100) as store:
        store.append("frame", 0.0, {})
        now = time.monotonic()
        monkeypatch.setattr("loci.memory.group.time.monotonic", lambda: now + 101)
        store.append("frame", 1.0, {})
        assert store.ack == 2


def test_projections_and_log_fail_together(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.append("a", 0.0, {}, {"keyframe": b"x" * 100})
            store.db.execute("INSERT INTO beliefs_here VALUES ('o1')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.head[0] == store.blob_bytes == 0
    assert store.db.execute("SELECT count(*) FROM beliefs_here").fetchone() == (0,)
    with pytest.raises(MemoryFileError, match="no such table"), store.transaction():
        store.db.execute("INSERT INTO nowhere VALUES (1)")
    assert store.append("b", 0.0, {}) == 1


def test_closing_in_the_middle_of_a_write_keeps_what_was_whole(path: Path) -> None:
    store = Store.open(path, group_seconds=1000)
    store.append("whole", 0.0, {})

    def write() -> None:
        with store.transaction():
            store.append("half", 1.0, {})
            store.close()

    with pytest.raises(MemoryFileError, match="closed during a write"):
        write()
    with pytest.raises(InputError, match="was closed; open it again"):
        store.append("late", 2.0, {})
    store.close()
    with Store.open(path) as again:
        assert [event.kind for event in again.events()] == ["whole"]
        assert again.verify().ok


def test_a_reader_cannot_write(store: Store, path: Path) -> None:
    with Store.open(path, read_only=True) as reader:
        for attempt in (lambda: reader.append("a", 0.0, {}), reader.commit, lambda: reader.erase(1, 0.0, "")):
            with pytest.raises(InputError, match="opened read-only"):
                attempt()
        with pytest.raises(sqlite3.OperationalError):
            reader.db.execute("DELETE FROM events")


def test_threads_share_a_store(path: Path) -> None:
    def write(name: str) -> None:
        for i in range(50):
            with store.transaction(durable=i % 10 == 0):
                store.append(name, float(i), {})
                store.append(name, float(i), {})

    with Store.open(path, group_seconds=0.001) as store:
        threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kinds = [event.kind for event in store.events()]
        assert len(kinds) == 300
        assert kinds[::2] == kinds[1::2]  # nobody came between the two of one transaction
        assert store.verify().ok


# --- a full or failing disk -------------------------------------------------------------------------------------------
def test_a_full_disk_is_one_clear_error_and_nothing_half_written(store: Store, path: Path) -> None:
    store.append("first", 0.0, {})
    store.commit()
    (pages,) = store.db.execute("PRAGMA page_count").fetchone()
    store.db.execute(f"PRAGMA max_page_count = {pages + 40}")
    epoch = store.epoch

    def fill() -> None:
        for i in range(1000):
            with store.transaction(durable=i % 7 == 0):
                store.append("filler", float(i), {"pad": os.urandom(400).hex()})
                store.db.execute("INSERT INTO beliefs_here VALUES ('x')")

    with pytest.raises(MemoryFileError, match=r"disk is full; everything up to event \d+ is kept") as caught:
        fill()
    assert f"up to event {store.ack} is kept" in str(caught.value)
    assert store.epoch > epoch
    assert store.ack <= store.head[0] <= store.ack + 7
    with Store.open(path, read_only=True) as reader:
        assert reader.head[0] == store.ack > 1
        assert reader.verify().ok
    store.db.execute("PRAGMA max_page_count = 1000000")
    assert store.append("after", 0.0, {}) == store.head[0]
    assert store.commit() == store.head[0]
    assert store.db.execute("SELECT count(*) FROM beliefs_here").fetchone() == (store.head[0] - 2,)
    assert store.verify().ok


def test_a_full_disk_that_somebody_ignores_still_undoes_the_whole_write(store: Store) -> None:
    store.append("first", 0.0, {})
    store.commit()
    (pages,) = store.db.execute("PRAGMA page_count").fetchone()

    def write() -> None:
        with store.transaction():
            store.db.execute("INSERT INTO beliefs_here VALUES ('before')")
            store.db.execute(f"PRAGMA max_page_count = {pages + 2}")
            with suppress(MemoryFileError), store.transaction():
                store.append("too much", 0.0, {"points": os.urandom(25_000).hex()})
            store.db.execute("PRAGMA max_page_count = 1000000")
            store.db.execute("INSERT INTO beliefs_here VALUES ('after')")
            store.append("after", 0.0, {})

    with pytest.raises(MemoryFileError, match="a write within this one failed"):
        write()
    assert store.db.execute("SELECT count(*) FROM beliefs_here").fetchone() == (0,)
    assert store.append("second", 0.0, {}) == 2
    assert store.commit() == 2


def test_a_disk_that_refuses_more_bytes(path: Path) -> None:
    """A file size limit of the operating system makes write() itself fail, at a COMMIT or before."""
    code = """
        import json, os, resource, sys
        from loci.errors import MemoryFileError
        from loci.memory.store import Store
        store = Store.open(sys.argv[1], group_seconds=1000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
        try:
            for i in range(10_000):
                with store.transaction(durable=i % 5 == 0):
                    store.append("a", float(i), {"pad": os.urandom(500).hex()})
        except MemoryFileError as error:
            print(json.dumps([str(error), store.ack, store.head[0]]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        store.append("again", 0.0, {})
        print(store.commit())
        store.close()
    """
    with child(code, path) as process:
        lines = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 0
    message, ack, head = json.loads(lines[0])
    assert f"everything up to event {ack} is kept" in message
    assert 0 < ack <= head
    with Store.open(path, read_only=True) as store:
        assert store.head[0] == int(lines[1]) == head + 1
        assert store.verify().ok
