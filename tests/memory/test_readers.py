"""Readers beside a writer, and where nothing can be written."""

import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loci.errors import LociError
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


def test_a_reader_in_another_process_works_while_this_one_writes(path: Path) -> None:
    code = """
        import sys, time
        from loci.memory.store import Store
        last = rounds = 0
        with Store.open(sys.argv[1], read_only=True) as store:
            print("ready", flush=True)
            while last < 300:
                with store.snapshot():
                    head = store.head[0]
                    assert len(list(store.events())) == head >= last
                    assert store.verify().ok
                rounds += head > last
                last = head
        print(rounds)
    """
    with Store.open(path, group_seconds=0.01) as store:
        store.append("first", 0.0, {})
        store.commit()
        with child(code, path) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
            for i in range(299):
                store.append("next", float(i), {"i": i})
                time.sleep(0.001)
            store.commit()
            out = reader.communicate(timeout=60)[0]
        assert reader.returncode == 0
        assert int(out) > 1  # it saw the log grow
    assert os.listdir(path.parent) == [path.name]


def test_a_snapshot_stands_still(store: Store, path: Path) -> None:
    with Store.open(path, read_only=True) as reader:
        with reader.snapshot():
            assert reader.head[0] == 0
            store.append("a", 0.0, {})
            store.commit()
            assert reader.head[0] == 0
        assert reader.head[0] == 1


def as_nobody(path: Path) -> str:
    """What a reader of ``path`` says that may write nowhere: as root, a fork of this process becomes nobody first."""
    with os.fdopen(os.memfd_create("answer"), "r+") as answer:
        pid = os.fork()
        if pid == 0:  # no imports from here on: nobody may not read them
            try:
                if os.getuid() == 0:
                    os.setresuid(65534, 65534, 65534)
                with Store.open(path, read_only=True) as store:
                    answer.write(f"{store.head[0]} {store.verify().ok}")
            except LociError as error:
                answer.write(str(error))
            finally:
                answer.flush()
                os._exit(0)
        os.waitpid(pid, 0)
        answer.seek(0)
        return answer.read()


@pytest.mark.parametrize("state", ["closed", "killed"])
def test_reading_where_nothing_can_be_written(state: str) -> None:
    """A folder and files without write permission, as on read-only media."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "memory.db"
        with Store.open(path) as store:
            store.append("a", 0.0, {})
            store.commit()
            left = path.with_name("memory.db-wal").read_bytes()
        if state == "killed":
            path.with_name("memory.db-wal").write_bytes(left)
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        try:
            said = as_nobody(path)
        finally:
            folder.chmod(0o755)
    if state == "closed":
        assert said == "1 True"
    else:
        assert "has unfinished changes in memory.db-wal; copy both into a folder that can be written" in said


def test_a_file_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "memory.db"
        Store.open(path).close()
        Path(name).chmod(0o755)
        path.chmod(0)
        assert "may not be read by this user" in as_nobody(path)
