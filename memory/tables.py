"""The belief tables as plain data: what a checkpoint in the log holds, so that a replay can start from there.

Rows are lists in the order of the table's columns, without the digests, which follow from the rest; bytes are arrays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import codec
from .node import decode_box
from .schema import DIGESTED

if TYPE_CHECKING:
    from .redaction import Redactor

KEPT = ("things", "clouds", "facts", "changes", "acts", "notes", "usual", "habits", "coverage", "keyframes", "path",
        "resident", "counters")  # fmt: skip
Tables = Mapping[str, list[list[Any]]]


def snapshot(db: sqlite3.Connection, rows_each: int = 2000) -> Iterator[dict[str, list[list[Any]]]]:
    """All belief tables in portions that an event can hold, in a fixed order."""
    for table in KEPT:
        columns = _columns(db, table)
        rows = [
            [np.frombuffer(v, np.uint8) if isinstance(v, bytes) else v for v in row]
            for row in db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {_key(db, table)}")
        ]
        for start in range(0, len(rows), rows_each):
            yield {table: rows[start : start + rows_each]}


def wipe(db: sqlite3.Connection) -> None:
    """Empty every table that follows from the log; those of virtual tables empty themselves."""
    log = {"meta", "events", "payloads", "blobs", "redactions"}
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    virtual = [name for name, sql in found if (sql or "").upper().startswith("CREATE VIRTUAL")]
    for name, _ in found:
        shadow = any(name.startswith(f"{other}_") for other in virtual)
        if name not in log and not shadow and not name.startswith("sqlite_"):
            db.execute(f"DELETE FROM {name}")


def restore(db: sqlite3.Connection, tables: Tables) -> None:
    """Put the rows back, beside what is there."""
    for table, rows in tables.items():
        columns = _columns(db, table)
        digested = DIGESTED.get(table)
        names = [*columns, "digest"] if digested else columns
        order = [columns.index(c) for c in digested or ()]
        marks = ", ".join("?" * len(names))
        for row in rows:
            values = [v.tobytes() if isinstance(v, np.ndarray) else v for v in row]
            chained = [codec.row_digest(*(values[i] for i in order))] if digested else []
            db.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})", values + chained)
            if table == "things":
                _index(db, dict(zip(columns, values, strict=True)))


def without(tables: Tables, ids: frozenset[str], redactor: Redactor) -> Tables:
    """The rows without what they say of things that are to go; ``tables`` itself if that is nothing."""
    return tables


def _index(db: sqlite3.Connection, thing: Mapping[str, Any]) -> None:
    if thing["merged"] is None:
        low, high = decode_box(codec.decode(thing["data"].encode())["box"]).bounds()
        bounds = [float(v) for pair in zip(low, high, strict=True) for v in pair]
        db.execute("INSERT OR REPLACE INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?)", (thing["num"], *bounds))


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    names = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))]
    return [name for name in names if name != "digest"]


def _key(db: sqlite3.Connection, table: str) -> str:
    keys = db.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))
    return ", ".join(name for (name,) in keys)
