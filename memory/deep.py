"""Are the belief tables what the log says? Told by applying the log again, beside the file, and comparing row by row.

Rows of ``schema.DIGESTED`` have digests of their own; this also finds changed values in tables that have none, rows that were
taken out, and indexes that do not fit. It costs as much as a replay, and as much memory as the tables have bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from .beside import beliefs_of
from .checked import Checked
from .records import Event, Fault
from .tables import LOG

_TELL = 20  # faults of one table


def verify_beliefs(db: Checked, events: Iterable[Event]) -> Iterator[Fault]:
    """What differs from the beliefs that ``events``, the whole log, lead to. ``DamagedMemory`` if the log is damaged."""
    with beliefs_of(events) as right, db.unchecked(), right.unchecked():
        for table in _tables(right):
            yield from _differences(table, _rows(db, table), _rows(right, table))


def _tables(db: sqlite3.Connection) -> list[str]:
    """Every table that follows from the log; of the indexes the one of boxes, which nothing else shows."""
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    virtual = [name for name, sql in found if (sql or "").upper().startswith("CREATE VIRTUAL")]
    own = [n for n, _ in found if not n.startswith(("sqlite_", *(f"{v}_" for v in virtual))) and n not in LOG]
    return [n for n in own if (n not in virtual or n == "boxes") and n != "sums"]  # parts without rows may stay


def _rows(db: sqlite3.Connection, table: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Key → row."""
    keys = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))]
    cursor = db.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    at = [names.index(key) for key in keys] or [0]
    return {tuple(row[i] for i in at): row for row in cursor}


def _differences(
    table: str, there: dict[tuple[Any, ...], tuple[Any, ...]], right: dict[tuple[Any, ...], tuple[Any, ...]]
) -> Iterator[Fault]:
    told = 0
    for key in sorted(there.keys() | right.keys(), key=repr):
        if there.get(key) == right.get(key):
            continue
        name = f"{table} {' '.join(map(str, key))}"
        if key not in there:
            yield Fault(name, "is missing; the log leads to it")
        elif key not in right:
            yield Fault(name, "does not follow from the log")
        else:
            yield Fault(name, "is not what the log leads to")
        told += 1
        if told == _TELL:
            yield Fault(table, "and more like this")
            return
