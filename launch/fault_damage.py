"""Damage behind memory's back: what does it answer then, and does ``verify`` find it?

A copy of a small memory is damaged in one place. Every question is then asked of the copy and of the whole file: an answer has
to be the same or be refused. A right answer is none that rests on what was damaged, since that has a digest.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import LociError
from ..memory import Answer, Memory, Thing, codec
from ..memory.schema import DIGESTED
from .fault_cases import filled

_LOG = ("events", "payloads")
_PAGE = 4096
_OTHER = "tables without digests: "


class Damage(Enum):
    """What is damaged."""

    PAGE = "page"
    VALUE = "value"
    EVENT = "event"


def damaged(folder: Path, kind: Damage, count: int, rng: np.random.Generator) -> Counter[str]:
    """Damage ``count`` copies, one place each."""
    whole = folder / "whole.db"
    filled(whole)
    right = _answers(whole)
    found = Counter[str](
        tried=count, **{"answered wrongly": 0, "refused": 0, "not found by verify": 0, "without effect": 0}
    )
    for number in range(count):
        copy = folder / f"{number}.db"
        shutil.copyfile(whole, copy)
        covered = _damage(copy, kind, rng)
        said = _answers(copy)
        group = "" if covered else _OTHER
        wrong = [q for q, answer in said.items() if answer is not None and answer != right[q]]
        refused = any(answer is None for answer in said.values())
        seen = not _verified(copy)
        found[f"{group}answered wrongly"] += bool(wrong)
        found["refused"] += refused
        if not (seen or wrong or refused) and kind is Damage.PAGE:
            found["without effect"] += 1  # a page that nothing is on
        else:
            found[f"{group}not found by verify"] += not seen
        copy.unlink()
    return found


def _answers(path: Path) -> dict[str, str | None]:
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
        for number in range(1, 64, 3):
            id = f"o{number}"
            ask(f"where {id}", partial(_said, memory.where, id))
            ask(f"state {id}", partial(_said, memory.state, id))
            ask(f"looks of {id}", partial(_looks, memory, id))
            ask(f"history {id}", partial(_said, memory.history, id))
        ask("contents", partial(_said, memory.contents, "o1"))
        ask("changed", partial(_said, memory.changed_since, 0.0))
        ask("facts", memory.facts)
        ask("episodes", memory.episodes)
        ask("within", partial(_ids, memory.within, (-9, -9, -9), (99, 99, 99)))
        ask("find", partial(_ids, memory.find, "table"))
        ask("similar", partial(memory.similar, np.ones(384)))
        ask("events", partial(_events, memory))
    return found


def _said(question: Callable[..., Answer], *asked: Any) -> tuple[Any, ...]:
    answer = question(*asked)
    return (answer.text, answer.value, answer.knowledge, answer.evidence)


def _ids(question: Callable[..., list[Thing]], *asked: Any) -> list[str]:
    return [thing.id for thing in question(*asked)]


def _looks(memory: Memory, id: str) -> tuple[bytes, bytes]:
    thing = memory.get(id)
    return thing.points_world.tobytes(), thing.appearance.tobytes()


def _events(memory: Memory) -> list[tuple[Any, ...]]:
    return [(e.seq, e.kind, e.stamp, codec.digest(codec.encode(e.payload)).hex()) for e in memory.events()]


def _verified(path: Path) -> bool:
    try:
        with Memory.open(path, read_only=True) as memory:
            return bool(memory.verify(deep=True).ok)
    except LociError:
        return False


# --- doing the damage ---------------------------------------------------------------------------------------------------
def _damage(path: Path, kind: Damage, rng: np.random.Generator) -> bool:
    """Damage one place; False if it is a value of a belief table whose rows have no digest."""
    if kind is Damage.PAGE:
        data = bytearray(path.read_bytes())
        at = int(rng.integers(1, len(data) // _PAGE)) * _PAGE  # the first page says what the file is
        data[at : at + _PAGE] = rng.bytes(_PAGE)
        path.write_bytes(data)
        return True
    db = sqlite3.connect(path, isolation_level=None)
    try:
        names = [
            n
            for (n,) in db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRT%'"
            )
        ]
        names = [n for n in names if not n.startswith(("boxes_", "sqlite_")) and n != "meta"]
        names = [n for n in names if (n in _LOG) is (kind is Damage.EVENT) and _rows(db, n)]
        table = names[int(rng.integers(len(names)))]
        _flip(db, table, rng)
        return table in DIGESTED or table in (*_LOG, "blobs")
    finally:
        db.close()


def _rows(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _flip(db: sqlite3.Connection, table: str, rng: np.random.Generator) -> None:
    """Change one bit of one value that is no key, as a failing disk would: SQLite itself does not notice."""
    columns = [name for name, key in db.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)) if not key]
    while True:
        column = columns[int(rng.integers(len(columns)))]
        offset = int(rng.integers(_rows(db, table)))
        keys = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?) WHERE pk", (table,))]
        row = db.execute(f"SELECT {column}, {', '.join(keys)} FROM {table} LIMIT 1 OFFSET ?", (offset,)).fetchone()
        if row[0] is None or row[0] in ("", b""):
            continue
        where = " AND ".join(f"{k} = ?" for k in keys)
        changed = _changed(row[0], rng)
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed, *row[1:]))
        except sqlite3.IntegrityError:
            continue  # it would have met another row's key
        return


def _changed(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, int):
        return value ^ (1 << int(rng.integers(8)))
    if isinstance(value, float):
        bits = np.frombuffer(np.float64(value).tobytes(), np.uint64)[0] ^ np.uint64(1 << int(rng.integers(40, 52)))
        return float(np.frombuffer(np.uint64(bits).tobytes(), np.float64)[0])
    data = bytearray(value.encode() if isinstance(value, str) else value)
    at = int(rng.integers(len(data)))
    data[at] ^= 1 << int(rng.integers(5))  # of a letter another one, so that a text stays a text
    return data.decode("utf-8", "replace") if isinstance(value, str) else bytes(data)
