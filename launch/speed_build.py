"""The memory that is measured: a store room seen once, a robot's actions, and a log with ten events for each thing.

Building it takes minutes, so the file is kept in the temporary folder under a name that changes with its
format and its content.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from ..contracts import Decision, Outcome, Status, Verb
from ..memory import Memory
from .speed_world import StoreRoom

EVENTS_EACH = 10
"""Events in the log for each object: what a life with the things adds to having seen them once."""
_WRITERS = ("schema", "sums", "log")
_ACTIONS = 2000
_TOGETHER = 1000  # rows of one transaction


def built(objects: int, seed: int) -> Path:
    """The file with ``objects`` things, made if it is not there. Not to be written to: see ``working_copy``."""
    path = Path(tempfile.gettempdir()) / f"loci-speed-{_digest()}-{objects}-{seed}.db"
    if not path.exists():
        part = path.with_suffix(".part")
        for name in (part, Path(f"{part}-wal"), Path(f"{part}-shm")):
            name.unlink(missing_ok=True)
        room = StoreRoom(objects, seed)
        with Memory.open(part, clock=lambda: 0.0) as memory:
            furnish(memory, room)
            live(memory, room)
        os.replace(part, path)
    return path


def working_copy(objects: int, seed: int, folder: Path) -> Path:
    """A copy of that file to write to."""
    to = folder / f"{objects}.db"
    shutil.copyfile(built(objects, seed), to)
    return to


def furnish(memory: Memory, room: StoreRoom) -> None:
    """The robot looks at every table once."""
    for station in range(room.stations):
        room.look(memory, station, 0.5 * (station + 1), 1)
        if station % 500 == 499:
            print(f"{station + 1} of {room.stations} tables seen", file=sys.stderr, flush=True)


def live(memory: Memory, room: StoreRoom) -> None:
    """Episodes of actions, then rows that other parts of a robot log, until the log is long enough."""
    stamp = memory.now
    for episode in range(min(_ACTIONS, room.objects) // 10):
        with memory._store.transaction():
            id = memory.begin_episode(f"tidy table {episode}", stamp)
            for step in range(10):
                stamp += 1.0
                target = f"o{1 + (episode * 7919 + step * 104729) % room.objects}"
                action = memory.begin_action(Decision(Verb.TOGGLE, target, why="it is on"), stamp)
                status = Status.SUCCEEDED if step % 9 else Status.OUT_OF_REACH
                memory.end_action(action, Outcome(status, "", stamp, stamp + 0.5))
            memory.end_episode(id, "done", stamp)
    store, wanted = memory._store, EVENTS_EACH * room.objects
    while store.head[0] < wanted:
        with store.transaction():
            for n in range(min(_TOGETHER, wanted - store.head[0])):
                store.append(
                    "robot.log", stamp, {"battery": 0.5 + n / 4000, "joints": [0.1, 0.2, 0.3, 0.4], "mode": "idle"}
                )


def _digest() -> str:
    root = Path(__file__).resolve().parents[1]
    names = [root / "memory" / f"{name}.py" for name in _WRITERS]
    names += [Path(__file__), Path(__file__).with_name("speed_world.py")]
    return hashlib.sha256(b"".join(name.read_bytes() for name in names)).hexdigest()[:12]
