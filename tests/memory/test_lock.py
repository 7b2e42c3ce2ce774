"""One writer per file, in this process or any other; the lock goes with its holder."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from loci.errors import InputError, MemoryFileError, MemoryLocked
from loci.memory.lock import WriterLock
from loci.memory.store import Store

HOLDER = """
    import sys, time
    from loci.memory.store import Store
    store = Store.open(sys.argv[1])
    store.append("mine", 0.0, {})
    print(store.commit(), flush=True)
    time.sleep(60)
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    return process


def test_a_second_writer_in_this_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with Store.open(path):
        with pytest.raises(MemoryLocked, match=rf"m\.db: process {os.getpid()} \(.+\) is writing to it"):
            Store.open(path)
        link = tmp_path / "other-name.db"
        link.symlink_to(path)
        with pytest.raises(MemoryLocked):
            Store.open(link)
    Store.open(path).close()
    assert sorted(os.listdir(tmp_path)) == ["m.db", "other-name.db"]


def test_a_second_writer_in_another_process_is_refused_until_the_first_dies(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with holder(path) as process:
        try:
            with pytest.raises(MemoryLocked, match=f"process {process.pid} "):
                Store.open(path)
            with Store.open(path, read_only=True) as reader:
                assert reader.head[0] == 1
        finally:
            process.send_signal(signal.SIGKILL)
    assert (tmp_path / "m.db.lock").exists()  # stale, and in nobody's way
    with Store.open(path) as store:
        assert store.append("next", 1.0, {}) == 2
    assert os.listdir(tmp_path) == ["m.db"]


def test_one_of_many_wins(tmp_path: Path) -> None:
    """Processes that open, write once and close over and over: each success counts, nobody overlaps."""
    code = """
        import sys
        from loci.errors import MemoryLocked
        from loci.memory.store import Store
        done = 0
        sys.stdin.readline()
        while done < 15:
            try:
                with Store.open(sys.argv[1]) as store:
                    before = store.head[0]
                    assert store.append("one", 0.0, {}) == before + 1
                    done += 1
            except MemoryLocked as error:
                assert "is writing to it" in str(error)
    """
    path = tmp_path / "m.db"
    command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.close()
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    with Store.open(path) as store:
        assert store.head[0] == 45
        assert store.verify().ok
    assert os.listdir(tmp_path) == ["m.db"]


def test_release_takes_nobody_elses_lock_file_away(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    first = WriterLock(path)
    (tmp_path / "m.db.lock").unlink()  # somebody tidied up
    second = WriterLock(path)
    first.release()
    assert (tmp_path / "m.db.lock").exists()
    with pytest.raises(MemoryLocked):
        WriterLock(path)
    second.release()
    second.release()
    assert os.listdir(tmp_path) == []


def test_a_failed_open_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    Store.open(path).close()
    path.write_bytes(path.read_bytes()[:3000])
    for _ in range(2):
        with pytest.raises(MemoryFileError, match="damaged"):
            Store.open(path)
    assert os.listdir(tmp_path) == ["m.db"]


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give a folder that can be written to"):
        WriterLock(tmp_path / "nowhere" / "m.db")
