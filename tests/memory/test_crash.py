"""What was acknowledged is there after the process is killed or the power goes, and nothing is half there."""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loci.memory.store import Store

WRITER = """
    import os, random, sys
    from loci.memory.store import Store

    def write(path, acks, seed):
        # frames in groups, actions at once, rolled-back writes, pictures over a small budget, a clean close now and then
        rng = random.Random(seed)
        out = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        while True:
            with Store.open(path, group_seconds=rng.choice([0.0, 0.002, 0.01]), budget=20_000) as store:
                store.db.execute("CREATE TABLE IF NOT EXISTS mirror (seq INTEGER PRIMARY KEY)")
                for _ in range(rng.randrange(1, 120)):
                    blobs = {"keyframe": rng.randbytes(rng.randrange(2000))} if rng.random() < 0.3 else None
                    try:
                        with store.transaction(durable=rng.random() < 0.2):
                            seq = store.append("write", 0.0, {"pad": rng.randbytes(rng.randrange(300)).hex()}, blobs)
                            store.db.execute("INSERT INTO mirror VALUES (?)", (seq,))
                            if rng.random() < 0.1:
                                raise KeyError
                    except KeyError:
                        pass
                    os.write(out, b"%d\\n" % store.ack)

    print("ready", flush=True)
    for line in sys.stdin:  # one forked writer after another, so that each starts in a millisecond
        pid = os.fork()
        if pid == 0:
            write(sys.argv[1], sys.argv[2], int(line))
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)
"""


@contextmanager
def writers(*arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


def acknowledged(acks: Path) -> int:
    """The last line that was written to its end."""
    whole = acks.read_text().rpartition("\n")[0].splitlines() if acks.exists() else []
    return int(whole[-1]) if whole else 0


def assert_whole(path: Path, ack: int) -> int:
    with Store.open(path, read_only=True) as store:
        report = store.verify()
        assert report.ok, report.faults
        assert store.head[0] >= ack
        written = [event.seq for event in store.events() if event.kind == "write"]
        mirror = store.db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'mirror'").fetchone()[0]
        rows = [seq for (seq,) in store.db.execute("SELECT seq FROM mirror ORDER BY seq")] if mirror else []
        assert rows == written  # log and projection went together
        return store.head[0]


def kill_again_and_again(folder: Path, rounds: int, seed: int) -> None:
    path, acks = folder / "m.db", folder / "acks"
    rng = random.Random(seed)
    heads = [0]
    with writers(path, acks) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(rounds):
            print(seed * 1000 + number, file=process.stdin, flush=True)
            pid = int(process.stdout.readline())
            time.sleep(rng.choice([rng.uniform(0, 0.01), rng.uniform(0, 0.15)]))
            os.kill(pid, signal.SIGKILL)
            assert int(process.stdout.readline()) == signal.SIGKILL
            if path.exists():  # else it was killed before its first file was whole
                heads.append(assert_whole(path, acknowledged(acks)))
    assert heads == sorted(heads)
    assert heads[-1] > rounds


def test_kill_9_at_any_moment(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, rounds=25, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_kill_9_at_any_moment_many_times(tmp_path: Path, seed: int) -> None:
    kill_again_and_again(tmp_path, rounds=60, seed=seed)


def test_sigterm_that_becomes_an_exit_leaves_a_closed_file(tmp_path: Path) -> None:
    code = """
        import signal, sys
        from loci.memory.store import Store
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        with Store.open(sys.argv[1], group_seconds=1000) as store:
            store.db.execute("CREATE TABLE mirror (seq INTEGER PRIMARY KEY)")
            print("ready", flush=True)
            while True:
                with store.transaction():
                    store.db.execute("INSERT INTO mirror VALUES (?)", (store.append("write", 0.0, {}),))
                if store.head[0] == 100:
                    print(100, flush=True)
    """
    path = tmp_path / "m.db"
    command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "100\n"]
        process.terminate()
        assert process.wait(timeout=30) == 7
    assert assert_whole(path, ack=100) >= 100
    assert os.listdir(tmp_path) == ["m.db"]


def test_an_exception_from_a_signal_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    """A handler may raise between any two instructions of this code too, as Ctrl-C does; closing then mends all."""
    code = """
        import random, signal, sys
        from loci.memory.store import Store

        class Interrupt(Exception):
            pass

        def interrupt(*_):
            raise Interrupt

        rng, ack = random.Random(5), 0
        signal.signal(signal.SIGALRM, interrupt)
        for count in range(150):
            store = Store.open(sys.argv[1], group_seconds=rng.choice([1e-3, 1e3]))
            assert store.head[0] >= ack
            store.db.execute("CREATE TABLE IF NOT EXISTS mirror (seq INTEGER PRIMARY KEY)")
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(2e-5, 4e-3))
                while True:
                    with store.transaction(durable=rng.random() < 0.05):
                        with store.transaction():
                            seq = store.append("write", 0.0, {}, {"keyframe": rng.randbytes(10)})
                        store.db.execute("INSERT INTO mirror VALUES (?)", (seq,))
            except Interrupt:
                ack = store.ack
            store.close()
        print(ack)
    """
    path = tmp_path / "m.db"
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert assert_whole(path, int(done.stdout)) > 100


# --- power cuts: what was not fsynced may be on the disk or not, or be rubbish -----------------------------------------
def copy(path: Path, to: Path) -> Path:
    """The files as they lie on the disk now (another process copies: closing a second handle here drops locks)."""
    to.mkdir()
    subprocess.run(["cp", str(path), str(path) + "-wal", str(to)], check=True)
    return to / path.name


@pytest.mark.parametrize("rubbish", [False, True])
def test_power_cut_between_two_commits(tmp_path: Path, rubbish: bool) -> None:
    """Cut the write-ahead log at the end of what the last fsync covered, and put noise or nothing behind that."""
    path = tmp_path / "m.db"
    rng = random.Random(3)
    wal = Path(f"{path}-wal")
    cuts: list[tuple[int, int]] = []
    with Store.open(path, group_seconds=1000) as store:
        store.db.execute("CREATE TABLE mirror (seq INTEGER PRIMARY KEY)")
        store.db.execute("PRAGMA wal_autocheckpoint = 0")
        store.db.execute("PRAGMA cache_size = 8")  # so that frames of an open group reach the log before its COMMIT
        for number in range(40):
            for _ in range(rng.randrange(1, 12)):
                with store.transaction():
                    seq = store.append("write", 0.0, {"pad": rng.randbytes(900).hex()})
                    store.db.execute("INSERT INTO mirror VALUES (?)", (seq,))
            if number % 2 == 0:
                cuts.append((store.commit(), os.stat(wal).st_size))
        at_the_end = copy(path, tmp_path / "end")
    full = Path(f"{at_the_end}-wal").read_bytes()
    assert len(full) > cuts[-1][1]  # the open group did spill
    for ack, size in [*rng.sample(cuts, 8), cuts[-1]]:
        torn = tmp_path / f"torn{ack}"
        torn.mkdir()
        shutil.copy(at_the_end, torn)
        tail = rng.randbytes(rng.randrange(20_000)) if rubbish else full[size : size + rng.randrange(20_000)]
        Path(f"{torn / path.name}-wal").write_bytes(full[:size] + tail)
        with Store.open(torn / path.name) as store:  # by a writer: recovery, then life goes on
            assert ack <= store.head[0]
            assert store.append("write", 0.0, {}) == store.head[0]
            store.db.execute("INSERT INTO mirror VALUES (?)", (store.head[0],))
        assert_whole(torn / path.name, ack + 1)


def test_power_cut_while_the_log_is_copied_into_the_file(tmp_path: Path) -> None:
    """A checkpoint writes pages in any order; until it is through, the write-ahead log still has all of them."""
    path = tmp_path / "m.db"
    rng = random.Random(4)
    with Store.open(path) as store:
        store.db.execute("CREATE TABLE mirror (seq INTEGER PRIMARY KEY)")
        store.db.execute("PRAGMA wal_autocheckpoint = 0")
        for _ in range(150):
            with store.transaction():
                seq = store.append("write", 0.0, {"pad": rng.randbytes(500).hex()})
                store.db.execute("INSERT INTO mirror VALUES (?)", (seq,))
        ack = store.commit()
        before = copy(path, tmp_path / "before")
        store.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        after = copy(path, tmp_path / "after")
    old, new = before.read_bytes(), after.read_bytes()
    assert old != new
    for number in range(6):
        torn = tmp_path / f"torn{number}"
        torn.mkdir()
        pages = [
            (new if rng.random() < 0.5 or at >= len(old) else old)[at : at + 4096] for at in range(0, len(new), 4096)
        ]
        (torn / path.name).write_bytes(b"".join(pages[: rng.randrange(len(old) // 4096, len(pages) + 1)]))
        shutil.copy(Path(f"{before}-wal"), torn)
        assert assert_whole(torn / path.name, ack) == ack
