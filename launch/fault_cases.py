"""Faults that come from outside while a memory is written to. Each function tries one kind and counts what came of it.

Writers are processes of a fork server: quick to start, and no thread of this process is copied into them.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import Decision, Outcome, Status, Verb
from ..errors import LociError, MemoryFileError, MemoryLocked
from ..memory import Memory
from .speed_world import StoreRoom

OBJECTS = 60


def step(memory: Memory, room: StoreRoom, visit: int) -> tuple[int, str]:
    """A few frames and an action; returns the newest acknowledged event and its digest."""
    for station in range(room.stations):
        room.look(memory, station, memory.now + 0.3, visit)
    id = memory.begin_action(Decision(Verb.TOGGLE, f"o{1 + visit % OBJECTS}"), memory.now)
    memory.end_action(id, Outcome(Status.SUCCEEDED, "", memory.now, memory.now + 0.1))
    ack = memory.ack
    return ack, memory.event(ack).digest


def filled(path: Path, visits: int = 3) -> None:
    """A small memory with some history, closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    room = StoreRoom(OBJECTS, 0)
    with Memory.open(path, clock=lambda: 0.0) as memory:
        for visit in range(visits):
            step(memory, room, visit)


def holds(path: Path, ack: int, digest: str) -> str:
    """ "" if the memory is whole and has the acknowledged event, else what is wrong with it."""
    with Memory.open(path, read_only=True) as memory:
        found = memory.verify()
        if not found.ok:
            return f"damaged: {found.faults[0]}"
        if memory.ack < ack or (ack and memory.event(ack).digest != digest):
            return f"lost: {memory.ack} of {ack}"
        memory.find("table")
    return ""


# --- kill -9 ------------------------------------------------------------------------------------------------------------
def _write(path: str, told: Connection, visit: int) -> None:
    """Write for ever; tell what was acknowledged."""
    room = StoreRoom(OBJECTS, 0)
    with Memory.open(path) as memory:
        told.send((0, ""))
        while True:
            visit += 1
            told.send(step(memory, room, visit))


def kills(folder: Path, count: int, rng: np.random.Generator) -> Counter[str]:
    """One file, written to by process after process, each killed at a random moment after it has begun."""
    folder.mkdir(parents=True)
    path, found = (
        folder / "m.db",
        Counter[str](tried=count, **{"acknowledged, lost": 0, "file not whole": 0, "acknowledged": 0}),
    )
    context = ForkServerContext()
    context.set_forkserver_preload([__name__])
    ack: tuple[int, str] = (0, "")
    for _ in range(count):
        here, there = context.Pipe(duplex=False)
        writer = context.Process(target=_write, args=(str(path), there, ack[0]), daemon=True)
        writer.start()
        there.close()
        with contextlib.suppress(EOFError):
            here.recv()
            until = time.monotonic() + float(rng.uniform(0.0, 0.25))
            while (left := until - time.monotonic()) > 0:
                if here.poll(left):
                    ack = here.recv()
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        with contextlib.suppress(EOFError, OSError):  # what was told before the end, but not listened to
            while here.poll():
                ack = here.recv()
        here.close()
        wrong = holds(path, *ack)
        found["acknowledged, lost"] += wrong.startswith("lost")
        found["file not whole"] += wrong.startswith("damaged")
    found["acknowledged"] = ack[0]
    return found


# --- power cuts ---------------------------------------------------------------------------------------------------------
def power_cuts(folder: Path, count: int, rng: np.random.Generator) -> Counter[str]:
    """The write-ahead log is cut where the last fsync ended; behind that there is what was on its way, noise, or nothing."""
    folder.mkdir(parents=True)
    path, room = folder / "m.db", StoreRoom(OBJECTS, 0)
    wal, cuts = Path(f"{path}-wal"), list[tuple[int, str, int]]()
    end = folder / "end"
    end.mkdir()
    with Memory.open(path) as memory:
        memory._store.db.execute("PRAGMA wal_autocheckpoint = 0")
        for visit in range(max(8, count // 3)):
            ack, digest = step(memory, room, visit)
            cuts.append((ack, digest, wal.stat().st_size))
            room.look(memory, visit % room.stations, memory.now + 0.3, visit)
        subprocess.run(["cp", str(path), str(wal), str(end)], check=True)  # a second handle here would drop the lock
    full = (end / wal.name).read_bytes()
    found = Counter[str](tried=count, **{"acknowledged, lost": 0, "file not whole": 0})
    for number in range(count):
        ack, digest, size = cuts[int(rng.integers(len(cuts)))]
        noise = random.Random(number).randbytes(int(rng.integers(20_000)))
        tail = (full[size : size + len(noise)], noise, b"")[number % 3]
        torn = folder / f"torn{number}"
        torn.mkdir()
        shutil.copyfile(end / path.name, torn / path.name)
        (torn / wal.name).write_bytes(full[:size] + tail)
        wrong = holds(torn / path.name, ack, digest)
        found["acknowledged, lost"] += wrong.startswith("lost")
        found["file not whole"] += wrong.startswith("damaged")
        shutil.rmtree(torn)
    return found


# --- others at the same file --------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _writer(path: Path, visit: int) -> Iterator[int]:
    """Another process, by its number, that has begun to write and does so until the end, when it is killed."""
    context = ForkServerContext()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_write, args=(str(path), there, visit), daemon=True)
    process.start()
    here.recv()
    assert process.pid is not None
    try:
        yield process.pid
    finally:
        process.kill()
        process.join()


def readers_beside(folder: Path, count: int, rng: np.random.Generator) -> Counter[str]:
    """A reader asks again and again while another process writes: what it sees must be whole, and never go back."""
    folder.mkdir(parents=True)
    path = folder / "m.db"
    filled(path)
    found = Counter[str](tried=count, **{"not whole": 0, "went back": 0, "refused": 0, "events gained meanwhile": 0})
    with _writer(path, 10), Memory.open(path, read_only=True) as memory:
        first = newest = memory.ack
        for _ in range(count):
            time.sleep(float(rng.uniform(0.0, 0.1)))
            try:
                memory.where("table")
                found["not whole"] += not memory.verify().ok
                found["went back"] += memory.ack < newest
                newest = memory.ack
            except LociError:
                found["refused"] += 1
        found["events gained meanwhile"] = newest - first
    return found


def second_writers(folder: Path, count: int) -> Counter[str]:
    """A second writer is turned away, and told who has the file."""
    folder.mkdir(parents=True)
    path = folder / "m.db"
    found = Counter[str](tried=count, **{"let in": 0, "not told who": 0})
    with _writer(path, 0) as pid:
        for _ in range(count):
            try:
                Memory.open(path).close()
                found["let in"] += 1
            except MemoryLocked as error:
                found["not told who"] += str(pid) not in str(error)
    return found


# --- a full disk --------------------------------------------------------------------------------------------------------
def _fill(path: str, told: Connection, room_left: int) -> None:
    """Write until the file may not grow any more, then tell what was acknowledged, and go on once it may."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    room = StoreRoom(OBJECTS, 0)
    memory = Memory.open(path)
    size = Path(path).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room_left, resource.RLIM_INFINITY))
    said: Any = None
    try:
        for visit in range(10_000):
            step(memory, room, visit)
    except MemoryFileError as error:
        said = str(error)
    ack = memory.ack
    digest = memory.event(ack).digest
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    later = step(memory, room, 1)
    memory.close()
    told.send((ack, digest, said, later))


def disk_full(folder: Path, count: int, rng: np.random.Generator) -> Counter[str]:
    """The file may grow by a random amount only: the writer is told, keeps what was acknowledged, goes on with more room."""
    found = Counter[str](
        tried=count, **{"acknowledged, lost": 0, "file not whole": 0, "not told": 0, "could not go on": 0}
    )
    context = ForkServerContext()
    for number in range(count):
        path = folder / str(number) / "m.db"
        filled(path, visits=1)
        here, there = context.Pipe(duplex=False)
        writer = context.Process(
            target=_fill, args=(str(path), there, int(rng.integers(50_000, 1_500_000))), daemon=True
        )
        writer.start()
        there.close()
        try:
            ack, digest, said, later = here.recv()
        except EOFError:
            found["could not go on"] += 1
            continue
        finally:
            writer.join()
        found["not told"] += said is None or str(path) not in said
        for event in ((ack, digest), later):
            wrong = holds(path, *event)
            found["acknowledged, lost"] += wrong.startswith("lost")
            found["file not whole"] += wrong.startswith("damaged")
        shutil.rmtree(path.parent)
    return found
