"""Damage behind memory's back: what does it answer then, does ``verify`` find it, and is it repaired?

A copy of a small memory is damaged in one place. Every question is then asked of the copy and of the whole file: an answer has
to be the same or be refused. What is built from a sound log again has to give the answers of the whole file.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import Decision, Keyframe, ObjectReport, Outcome, Status, Verb
from ..errors import LociError
from ..geometry import Box
from ..memory import Answer, Memory, Thing, codec
from ..memory.repair import repair
from .fault_cases import OBJECTS, filled
from .speed_world import StoreRoom

_LOG = ("events", "payloads")
_PAGE = 4096
REPAIR_EACH = 5  # cases of which one is repaired


class Damage(Enum):
    """What is damaged."""

    PAGE = "page"
    BIT = "bit"  # of the file, wherever it falls
    VALUE = "value"  # of a row
    EVENT = "event"


def damaged(folder: Path, kind: Damage, count: int, rng: np.random.Generator) -> dict[str, Counter[str]]:
    """Damage ``count`` copies, one place each; what came of it, in all ("") and for each table."""
    whole = folder / "whole.db"
    lived(whole)
    right = answers(whole)
    tables = _tables(whole, kind)
    names = ("answered wrongly", "refused", "not found by verify", "without effect")
    found = {name: Counter[str](tried=0, **dict.fromkeys(names, 0)) for name in ("", *tables)}
    found[""].update({"tried to repair": 0, "repaired": 0, "not repaired": 0})
    for number in range(count):
        copy = folder / f"{number}.db"
        shutil.copyfile(whole, copy)
        table = tables[number % len(tables)] if tables else ""
        _damage(copy, kind, table, rng)
        said = answers(copy)
        wrong = [q for q, answer in said.items() if answer is not None and answer != right[q]]
        refused = not said or any(answer is None for answer in said.values())
        seen = not _verified(copy)
        for counts in (found[name] for name in {"", table}):
            counts["tried"] += 1
            counts["answered wrongly"] += bool(wrong)
            counts["refused"] += refused
            idle = not (seen or wrong or refused) and kind in (Damage.PAGE, Damage.BIT)
            counts["without effect"] += idle  # where nothing is
            counts["not found by verify"] += not seen and not idle
        if seen and kind is not Damage.EVENT and number % REPAIR_EACH == 0:
            found[""].update(_repaired(copy, right))
        copy.unlink()
    return found


def _repaired(path: Path, right: dict[str, str | None]) -> Counter[str]:
    try:
        repair(path)
    except LociError:  # the log is damaged, too, and that is said
        return Counter({"tried to repair": 1})
    good = _verified(path) and answers(path) == right
    return Counter({"tried to repair": 1, "repaired" if good else "not repaired": 1})


def lived(path: Path) -> None:
    """A small memory with something in every table."""
    filled(path)
    room = StoreRoom(OBJECTS, 0)
    with Memory.open(path, clock=lambda: 0.0) as memory:
        stamp = memory.now + 1
        house = memory.add_area("building", "depot", stamp=stamp)
        floor = memory.add_area("floor", "ground floor", parent=house, map_id="map", stamp=stamp)
        memory.add_area("room", "store room", parent=floor, box=((-9, -9, -1), (99, 99, 9)), stamp=stamp)
        memory.note("preference", "Ann wants the lamps off at night", stamp)
        picture = Keyframe(b"\xff\xd8JPEG" * 40, np.ones((60, 80), np.float16))
        memory.write(replace(room.frame(0, stamp + 1, 5), keyframe=picture))
        episode = memory.begin_episode("switch everything off", stamp + 2)
        memory.begin_subgoal("the lamps first", stamp + 2)
        for n, status in enumerate((Status.SUCCEEDED, Status.OUT_OF_REACH, Status.SUCCEEDED)):
            action = memory.begin_action(Decision(Verb.TOGGLE, f"o{2 + n}", why="it is on"), stamp + 3 + n)
            memory.end_action(action, Outcome(status, "", stamp + 3 + n, stamp + 3.5 + n))
        memory.end_episode(episode, "done", stamp + 8)
        for n in range(4):  # something is carried from table to table by somebody
            spot, half = room.center(n % 3) + np.array([0.1, 0.55, 0.1]), np.array([0.05, 0.05, 0.1])
            box = Box.from_bounds(spot - half, spot + half)
            memory.write(ObjectReport(stamp + 100 * (n + 1), "robot", "map", {"teapot": 0.9}, box, track=1))
        pick = memory.begin_action(Decision(Verb.PICK, memory.find("teapot")[0].id), stamp + 500)
        memory.end_action(pick, Outcome(Status.SUCCEEDED, "", stamp + 500, stamp + 501))


def answers(path: Path) -> dict[str, str | None]:
    """Every question's answer as text, None where it was refused."""
    found: dict[str, str | None] = {}

    def ask(name: str, question: Callable[[], Any]) -> None:
        try:
            found[name] = repr(question())
        except LociError:
            found[name] = None

    try:
        memory = Memory.open(path, read_only=True)
    except LociError:
        return {}
    with memory:
        for number in range(1, 67, 3):
            id = f"o{number}"
            ask(f"where {id}", partial(_said, memory.where, id))
            ask(f"where {id} was", partial(_said, memory.where, id, 1.0))
            ask(f"state {id}", partial(_said, memory.state, id))
            ask(f"looks of {id}", partial(_looks, memory, id))
            ask(f"history {id}", partial(_said, memory.history, id))
            ask(f"best frames of {id}", partial(memory.best_frames, id))
        ask("contents", partial(_said, memory.contents, "o1"))
        ask("changed", partial(_said, memory.changed_since, 0.0))
        ask("teapot", partial(_said, memory.where, "teapot"))
        ask("count", partial(_said, memory.count, "teapot"))
        ask("facts", memory.facts)
        ask("episodes", memory.episodes)
        ask("failures", partial(memory.failures, "toggle", None))
        ask("held", partial(_held, memory))
        ask("within", partial(_ids, memory.within, (-9, -9, -9), (99, 99, 99)))
        ask("find", partial(_ids, memory.find, "table"))
        ask("things", lambda: [thing.id for thing in memory.things()])
        ask("areas", memory.areas)
        ask("path", partial(_path, memory))
        ask("usual", partial(memory.usual_places, "teapot"))
        ask("times", partial(memory.usual_times, "teapot"))
        ask("to look", partial(memory.places_to_look, "teapot"))
        ask("learned", memory.learned)
        ask("keyframes", lambda: [(k.seq, k.stamp, k.ids, k.T_world_cam.tolist()) for k in memory.keyframes()])
        ask("recall", lambda: memory.recall("bring the teapot", 600, tier="mid"))  # "high" costs seconds of embedding
        ask("similar", partial(memory.similar, np.ones(384)))
        ask("events", partial(_events, memory))
    return found


def _said(question: Callable[..., Answer], *asked: Any) -> tuple[Any, ...]:
    answer = question(*asked)
    return (answer.text, answer.value, answer.knowledge, answer.evidence, answer.probability, answer.places)


def _ids(question: Callable[..., list[Thing]], *asked: Any) -> list[str]:
    return [thing.id for thing in question(*asked)]


def _held(memory: Memory) -> str | None:
    thing = memory.held()
    return None if thing is None else thing.id


def _path(memory: Memory) -> list[tuple[float, Any]]:
    return [(stamp, T.tolist()) for stamp, T in memory.robot_path()]


def _looks(memory: Memory, id: str) -> tuple[bytes, bytes]:
    thing = memory.get(id)
    return thing.points_world.tobytes(), thing.appearance.tobytes()


def _events(memory: Memory) -> list[tuple[Any, ...]]:
    return [(e.seq, e.kind, e.stamp, codec.digest(codec.encode(e.payload)).hex()) for e in memory.events()]


def _verified(path: Path) -> bool:
    try:
        with Memory.open(path, read_only=True) as memory:
            return bool(memory.verify().ok)
    except LociError:
        return False


# --- doing the damage ---------------------------------------------------------------------------------------------------
@contextmanager
def unnoticed(path: Path) -> Iterator[sqlite3.Connection]:
    """A memory file to be changed as a failing disk or another tool changes it: the triggers that keep the sums are not told.

    What is done is written at the end, all of it or, after an error, nothing.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        db.execute("BEGIN")
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for _, sql in triggers:
            db.execute(sql)
        db.execute("COMMIT")


def _tables(path: Path, kind: Damage) -> list[str]:
    """Tables that have rows to damage: those of the log for events, all others for values."""
    if kind in (Damage.PAGE, Damage.BIT):
        return []
    with sqlite3.connect(path) as db:
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRT%' ORDER BY name"
        names = [n for (n,) in db.execute(query) if not n.startswith("sqlite_") and n != "meta"]
        return [n for n in names if (n in _LOG) is (kind is Damage.EVENT) and _rows(db, n)]


def _damage(path: Path, kind: Damage, table: str, rng: np.random.Generator) -> None:
    """Damage one place."""
    if kind in (Damage.VALUE, Damage.EVENT):
        with unnoticed(path) as db:
            _flip(db, table, rng)
        return
    data = bytearray(path.read_bytes())
    if kind is Damage.PAGE:
        at = int(rng.integers(1, len(data) // _PAGE)) * _PAGE  # the first page says what the file is
        data[at : at + _PAGE] = rng.bytes(_PAGE)
    else:
        data[int(rng.integers(_PAGE, len(data)))] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)


def _rows(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _flip(db: sqlite3.Connection, table: str, rng: np.random.Generator) -> None:
    """Change one bit of one value, keys included, as a failing disk would: SQLite itself does not notice."""
    columns = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    keys = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?) WHERE pk", (table,))]
    where = " AND ".join(f"{k} = ?" for k in keys)
    while True:
        column = columns[int(rng.integers(len(columns)))]
        offset = int(rng.integers(_rows(db, table)))
        row = db.execute(f"SELECT {column}, {', '.join(keys)} FROM {table} LIMIT 1 OFFSET ?", (offset,)).fetchone()
        if row[0] is None or row[0] in ("", b""):
            continue
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (_changed(row[0], rng), *row[1:]))
        except sqlite3.IntegrityError:
            continue  # it would have met another row's key
        return


def _changed(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, int):
        return value ^ (1 << int(rng.integers(8)))
    if isinstance(value, float):
        bits = np.frombuffer(np.float64(value).tobytes(), np.uint64)[0] ^ np.uint64(1 << int(rng.integers(52)))
        return float(np.frombuffer(np.uint64(bits).tobytes(), np.float64)[0])
    data = bytearray(value.encode() if isinstance(value, str) else value)
    at = int(rng.integers(len(data)))
    data[at] ^= 1 << int(rng.integers(5))  # of a letter another one, so that a text stays a text
    return data.decode("utf-8", "replace") if isinstance(value, str) else bytes(data)
