"""How fast is memory with 100,000 things that have 384-d vectors and a log of a million events? And other libraries, same work.

Wall times are what a caller waits on this machine as it is loaded now; each has its CPU time beside it: what this thread
worked, without waiting for disk or neighbours. A durable write can't be faster than the disk's own fdatasync: see there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import Decision, ObservationBatch, Outcome, Status, Verb
from ..memory import Memory
from .bench import Row, row
from .speed_build import furnish, working_copy
from .speed_compare import against, spread
from .speed_compare import peers as other_libraries
from .speed_world import CAMERA, CLASSES, LENGTH, StoreRoom

SMALL, LARGE, PEERS = 1_000, 100_000, 100_000
QUICK = (500, 2_000, 500)
PEERS_LIMIT = 400.0
"""Seconds for another library to take in its things; what it has not reached by then is told."""
RAM_DISK = Path("/dev/shm")
_LOOKS = 10  # at each table
_REOPEN = """
import sys, time
from loci.memory import Memory
start, worked = time.perf_counter(), time.process_time()
memory = Memory.open(sys.argv[1], read_only=True)
answer = memory.where(sys.argv[2])
took, work = time.perf_counter() - start, time.process_time() - worked
pages = int(open("/proc/self/statm").read().split()[1]) if sys.platform == "linux" else 0
print(took, work, pages * 4096 / 2**20)
"""


def run(seed: int, quick: bool) -> list[Row]:
    """All figures; the files to measure on are built (minutes for the large one) unless an earlier run has left them."""
    small, large, others = QUICK if quick else (SMALL, LARGE, PEERS)
    n = 40 if quick else 300
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="loci-speed-") as name:
        folder = Path(name)
        few, many = (working_copy(size, seed, folder) for size in (small, large))
        rows += _reopening(many, seed, n=3 if quick else 7)
        with Memory.open(many) as memory:
            room = StoreRoom(large, seed)
            rows += _sizes(memory, many)
            rows += _asking(memory, room, n, np.random.default_rng(seed))
            with Memory.open(few) as other:
                rows += _frames(
                    {small: (other, StoreRoom(small, seed)), large: (memory, room)}, stations=5 if quick else 25
                )
            rows += _raw(memory)
            rows += _durable(memory, room, "disk", folder, 30 if quick else 100)
        rows += _first_looks(folder / "new.db", StoreRoom(small, seed))
        if RAM_DISK.is_dir():
            with (
                tempfile.TemporaryDirectory(prefix="loci-speed-", dir=RAM_DISK) as ram,
                Memory.open(working_copy(large, seed, Path(ram))) as memory,
            ):
                rows += _durable(memory, room, "RAM disk", Path(ram), 50 if quick else 300)
        compared = other_libraries(StoreRoom(others, seed), folder, n, 20.0 if quick else PEERS_LIMIT)
    return [*rows, *compared, *against(rows, compared)]


# --- how times are taken ------------------------------------------------------------------------------------------------
def _timed(metric: str, mode: str, calls: Sequence[Callable[[], Any]]) -> list[Row]:
    """Median and 95th percentile of each call's wall time, and of its CPU time."""
    wall, cpu = [], []
    for call in calls:
        start, worked = time.perf_counter(), time.thread_time()
        call()
        wall.append(1e3 * (time.perf_counter() - start))
        cpu.append(1e3 * (time.thread_time() - worked))
    return spread(metric, mode, wall) + spread(f"{metric}, CPU", mode, cpu)


@contextmanager
def _cpu(taken: list[float]) -> Iterator[None]:
    start = time.process_time()
    yield
    taken.append(time.process_time() - start)


# --- the figures --------------------------------------------------------------------------------------------------------
def _reopening(path: Path, seed: int, n: int) -> list[Row]:
    noun = StoreRoom(20, seed).labels[3]
    took, worked, resident = [], [], []
    for _ in range(n):
        said = subprocess.run(
            [sys.executable, "-c", _REOPEN, str(path), noun], capture_output=True, text=True, check=True
        )
        seconds, cpu, megabytes = (float(word) for word in said.stdout.split())
        took.append(seconds)
        worked.append(cpu)
        resident.append(megabytes)
    return [
        row("reopen to the first answer, median", round(float(np.median(took)), 4), "s", n, "new process, read-only"),
        row("reopen to the first answer, CPU", round(float(np.median(worked)), 4), "s", n, "new process, read-only"),
        row("resident memory then", round(float(np.median(resident)), 1), "MiB", n, "with Python and NumPy"),
    ]


def _sizes(memory: Memory, path: Path) -> list[Row]:
    stats = memory.stats()
    size = path.stat().st_size
    return [
        row("things", int(stats["things"]), "things", 1),
        row("events", int(stats["events"]), "events", 1),
        row("file", round(size / 2**20, 1), "MiB", 1),
        row("file per thing, all its events included", round(size / max(1, int(stats["things"]))), "B", 1),
    ]


def _asking(memory: Memory, room: StoreRoom, n: int, rng: np.random.Generator) -> list[Row]:
    nouns = [room.labels[k] for k in rng.integers(0, CLASSES, n)]
    spots = [room.center(int(s)) for s in rng.integers(0, room.stations, n)]
    looks = [(nouns[i], room.things(int(rng.integers(room.stations)))[3][0]) for i in range(n)]
    reach = np.array([0.3, 0.3, 0.3])
    rows: list[Row] = []
    for mode in ("first time", "again"):
        names = [partial(memory.names_within, c - reach, c + reach) for c in spots]
        rows += _timed("box query: ids and classes", mode, names)
        rows += _timed("box query: whole records", mode, [partial(memory.within, c - reach, c + reach) for c in spots])
        rows += _timed("where, with evidence", mode, [partial(memory.where, noun) for noun in nouns])
        wishes = [f"bring the {noun} to the table" for noun in nouns]
        rows += _timed("recall in 2,000 tokens", mode, [partial(memory.recall, wish, 2000) for wish in wishes])
    rows += _timed("first search by appearance, reads all vectors", "", [partial(memory.similar, looks[0][1])])
    by_class = [partial(memory.similar, look, label=noun) for noun, look in looks]
    rows += _timed("filtered top-10", "by class", by_class)
    around = [
        partial(memory.similar, look, lower=c - 5, upper=c + 5) for (_, look), c in zip(looks, spots, strict=True)
    ]
    rows += _timed("filtered top-10", "within 10 m", around)
    rows += _timed("top-10 of all", "", [partial(memory.similar, look) for _, look in looks[:50]])
    found = [_recall(memory, *look) for look in looks[:10]]
    return [*rows, row("recall of the ten", float(np.mean(found)), "share", len(found), "by class, against float64")]


def _recall(memory: Memory, noun: str, vector: Any) -> float:
    things = [t for t in memory.find(noun) if t.label == noun and t.appearance.size == LENGTH]
    looks = np.array([t.appearance for t in things], dtype=np.float64)
    cosines = looks @ vector.astype(np.float64) / np.linalg.norm(looks, axis=1)
    right = {things[i].id for i in np.argsort(-cosines, kind="stable")[:10]}
    return len(right & {id for id, _ in memory.similar(vector, label=noun)}) / len(right)


def _frames(memories: dict[int, tuple[Memory, StoreRoom]], stations: int) -> list[Row]:
    """The robot stays at a table for a second, as the first frame there has to read what is known of it; then the next."""
    cost: dict[int, list[float]] = {size: [] for size in memories}
    view: dict[int, list[float]] = {size: [] for size in memories}
    seen: dict[int, int] = dict.fromkeys(memories, 0)
    wall = 0.0
    for station in range(stations):
        for size, (memory, room) in memories.items():  # by turns, so that both have the same neighbours
            for look in range(_LOOKS):
                stamp = memory.now + 0.1
                with _cpu(view[size]):
                    expected = memory.expected(CAMERA, room.pose(station), stamp)
                batch = room.frame(station, stamp, 1 + 2 * look, expected)
                start = time.perf_counter()
                with _cpu(cost[size]):
                    memory.write(batch)
                wall += time.perf_counter() - start
                seen[size] += len(batch.detections)
    rows = []
    for size in memories:
        n, mode = len(cost[size]), f"{size} things"
        rows.append(row("frame written, CPU mean", round(1e3 * sum(cost[size]) / n, 3), "ms", n, mode))
        rows.append(row("what is expected in view, CPU mean", round(1e3 * sum(view[size]) / n, 3), "ms", n, mode))
        rows.append(row("observations in full, CPU", round(seen[size] / sum(cost[size])), "1/s", seen[size], mode))
    small, large = (sum(cost[size]) / len(cost[size]) for size in memories)
    rows.append(row("observations in full, wall", round(sum(seen.values()) / wall), "1/s", sum(seen.values())))
    rows.append(
        row("frame in the large map against the small one", round(large / small, 3), "ratio", len(cost[max(cost)]))
    )
    return rows


def _first_looks(path: Path, room: StoreRoom) -> list[Row]:
    taken: list[float] = []
    with Memory.open(path) as memory, _cpu(taken):
        furnish(memory, room)
    n = room.objects + room.stations
    return [row("things seen for the first time, CPU", round(n / taken[0]), "1/s", n)]


def _raw(memory: Memory, count: int = 20_000) -> list[Row]:
    taken: list[float] = []
    start, stamp = time.perf_counter(), memory.now
    with _cpu(taken), memory._store.transaction(durable=True):
        for i in range(count):
            memory._store.append("robot.log", stamp, {"battery": 0.5, "i": i})
    wall = time.perf_counter() - start
    name = "raw log rows, in one durable transaction"
    return [row(name, round(count / wall), "1/s", count), row(f"{name}, CPU", round(count / taken[0]), "1/s", count)]


def _durable(memory: Memory, room: StoreRoom, mode: str, folder: Path, n: int) -> list[Row]:
    rows = _actions(memory, room, mode, folder, n)
    look = room.things(0)[3][0]

    def raw(i: int) -> None:
        memory._store.append("raw", memory.now, {"i": i, "vector": look})
        memory.commit()

    seen = [_one(room, i % room.stations, memory.now + n + i) for i in range(n)]
    more = [_one(room, i % 10, memory.now + 2 * n + i) for i in range(n)]  # tables that it looks at again and again

    def observe(batch: ObservationBatch) -> None:
        memory.write(batch)
        memory.commit()

    rows += _timed("durable raw row with its vector", mode, [partial(raw, i) for i in range(n)])
    rows += _timed("durable observation, first at its table", mode, [partial(observe, batch) for batch in seen])
    return [
        *rows,
        *_timed("durable observation, again at its table", mode, [partial(observe, batch) for batch in more]),
    ]


def _actions(memory: Memory, room: StoreRoom, mode: str, folder: Path, n: int) -> list[Row]:
    """Begins and ends of actions, by turns with bare writes of as many bytes and an fdatasync: what the disk asks for, and what
    is ours on top.
    """
    begun: list[str] = []

    def act(i: int) -> None:
        if i % 2 == 0:
            target = f"o{1 + i * 7919 % room.objects}"
            begun.append(memory.begin_action(Decision(Verb.TOGGLE, target), memory.now))
        else:
            memory.end_action(begun[-1], Outcome(Status.SUCCEEDED, "", memory.now, memory.now + 0.5))

    memory.commit()
    db = memory._store.db
    db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()  # the log begins anew in the room that it has
    for i in range(10):
        act(i)
    size = 4096 * round(db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1] / 10)
    bare, whole, cpu = [], [], []
    descriptor = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT)
    try:
        os.write(descriptor, bytes(size * n))  # like a write-ahead log that is in use, the file has its room already
        os.fsync(descriptor)
        for i in range(2 * n):
            start = time.perf_counter()
            os.pwrite(descriptor, bytes(size), size * (i % n))
            os.fdatasync(descriptor)
            bare.append(1e3 * (time.perf_counter() - start))
            start, worked = time.perf_counter(), time.thread_time()
            act(i)
            whole.append(1e3 * (time.perf_counter() - start))
            cpu.append(1e3 * (time.thread_time() - worked))
    finally:
        os.close(descriptor)
    on_top = round(float(np.median(whole) - np.median(bare)), 4)
    return [
        *spread("durable action (begun or ended)", mode, whole),
        *spread(
            f"bare write of {size // 1024} KiB, as many as an action's, and fdatasync, by turns with these", mode, bare
        ),
        *spread("durable action (begun or ended), CPU", mode, cpu),
        row("durable action on top of the bare write, p50 less p50", on_top, "ms", 2 * n, mode),
        row(
            "durable action against the bare write, p50",
            round(float(np.median(whole) / np.median(bare)), 2),
            "ratio",
            2 * n,
            mode,
        ),
    ]


def _one(room: StoreRoom, station: int, stamp: float) -> ObservationBatch:
    whole = room.frame(station, stamp, 1)
    return ObservationBatch(
        stamp, "robot", "map", whole.pose_id, whole.camera, whole.T_world_cam, whole.pose_cov, whole.detections[1:2]
    )
