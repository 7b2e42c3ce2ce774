"""The belief tables as plain data: what a checkpoint in the log holds, so that a replay can start from there.

Rows are lists in the order of the table's columns, without the digests, which follow from the rest; bytes are arrays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import codec
from .checked import Checked
from .finder import Finder
from .log import FORGOTTEN
from .schema import DIGESTED
from .sums import GROUPS, SUMMED, kept_as, of_what_is_there

if TYPE_CHECKING:
    from .redaction import Redactor

KEPT = ("things", "clouds", "facts", "changes", "acts", "notes", "usual", "habits", "coverage", "keyframes", "path",
        "poses", "areas", "resident", "counters")  # fmt: skip
DUMPED = tuple(table for table in KEPT if table != "resident")  # what is at hand says nothing about the world
LOG = frozenset({"meta", "events", "payloads", "blobs", "redactions"})  # all other tables follow from these
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


def sealed_upto(db: sqlite3.Connection) -> int:
    """The newest event whose payload stands for those before it, 0 if there is none."""
    found = 0
    for (body,) in db.execute(f"SELECT body FROM payloads JOIN events USING (seq) WHERE kind = '{FORGOTTEN}'"):
        found = max(found, int(codec.decode(codec.unsqueeze(body)).get("sealed", 0)))
    return found


def wipe(db: sqlite3.Connection) -> None:
    """Empty every table that follows from the log; those of virtual tables empty themselves."""
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    virtual = [name for name, sql in found if (sql or "").upper().startswith("CREATE VIRTUAL")]
    for name, _ in found:
        shadow = any(name.startswith(f"{other}_") for other in virtual)
        if name not in LOG and name != "sums" and not shadow and not name.startswith("sqlite_"):
            _empty(db, name)
    db.execute("DELETE FROM sums WHERE tab != 'blobs'")
    for name, summed in {**SUMMED, **GROUPS}.items():  # nothing, but that an R*Tree without boxes still has a page
        if name != "blobs":
            db.execute(of_what_is_there(kept_as(name), summed))


def _empty(db: sqlite3.Connection, name: str) -> None:
    """Remove all rows; of a word index the words, too, which a deleted row would leave in it until some later merge."""
    (sql,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    if "fts5" not in sql.lower():
        db.execute(f"DELETE FROM {name}")
        return
    try:
        db.execute(f"INSERT INTO {name}({name}) VALUES ('delete-all')")  # of an index whose rows are kept elsewhere
    except sqlite3.Error:
        db.execute(f"DELETE FROM {name}")
        db.execute(f"INSERT INTO {name}({name}) VALUES ('rebuild')")


def restore(db: Checked, tables: Tables) -> None:
    """Put the rows back, beside what is there."""
    finder = Finder(db)
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
            thing: dict[str, Any] = dict(zip(columns, values, strict=True)) if table == "things" else {"merged": ""}
            if thing["merged"] is None:
                finder.write(thing["num"], codec.decode(thing["data"].encode()))


def without(tables: Tables, redactor: Redactor) -> Tables:
    """The rows without what they say of things that are to go; ``tables`` itself if that is nothing."""
    cut = {table: _without(table, rows, redactor) for table, rows in tables.items()}
    return cut if any(codec.encode(cut[t]) != codec.encode(rows) for t, rows in tables.items()) else tables


def _without(table: str, rows: list[list[Any]], r: Redactor) -> list[list[Any]]:
    ids, frames = r.traces.ids, r.traces.frames
    if table == "things":
        return [[*row[:5], _edited(row[5], r.patch)] for row in rows if row[0] not in ids]
    if table in ("clouds", "coverage", "areas"):
        return [row for row in rows if row[0] not in ids]
    if table == "facts":
        r.places({row[1]: row[3] for row in rows if row[4] == "place" and row[6] is None})
        r.unlearn(
            "usual", [(row[1], row[3]) for row in rows if row[2] in ("on", "in") and not ids.isdisjoint(row[1:4])]
        )
        return [row for row in rows if row[1] not in ids and row[3] not in ids]
    if table == "changes":
        r.unlearn("habits", [(row[3], row[2]) for row in rows if row[3] in ids and row[2] in ("moved", "vanished")])
        return [_changed(row, r) for row in rows if row[3] not in ids]
    if table == "acts":
        return [[*row[:7], _edited(row[7], r.acted), row[8]] for row in rows]
    if table == "notes":
        return [row for row in rows if not r.notes_it(row[0], row[1], row[2], codec.decode(row[3].encode()))]
    if table in ("usual", "habits"):
        return r.counts(table, rows)
    if table == "keyframes":
        return [row for row in rows if row[0] not in frames]
    if table == "path":
        return [row for row in rows if not r.crosses(codec.decode(row[2].encode()))]
    if table == "poses":
        return [row for row in rows if not r.crosses_view(codec.decode(row[5].encode()))]
    return [row for row in rows if row[1] not in ids] if table == "resident" else rows


def _changed(row: list[Any], r: Redactor) -> list[Any]:
    seq, n, kind, id, text, cause, stamp = row
    kind, id, text, cause = r.change([kind, id, text, cause], {})
    return [seq, n, kind, id, text, cause, stamp]


def _edited(text: str, edit: Callable[[Any], Any]) -> str:
    return codec.encode(edit(codec.decode(text.encode()))).decode()


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    names = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))]
    return [name for name in names if name != "digest"]


def _key(db: sqlite3.Connection, table: str) -> str:
    keys = db.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))
    return ", ".join(name for (name,) in keys)


def dump(db: sqlite3.Connection) -> Iterator[str]:
    """All tables as canonical JSON lines, without record times: log first, then beliefs, in a fixed order."""
    for seq, kind, stamp, body in db.execute(
        "SELECT seq, kind, stamp, body FROM events LEFT JOIN payloads USING (seq) ORDER BY seq"
    ):
        payload = codec.unsqueeze(body).decode() if body is not None else "null"
        yield f'{{"event":{seq},"kind":{codec.encode(kind).decode()},"payload":{payload},"stamp":{stamp!r}}}'
    for table in DUMPED:
        cursor = db.execute(f"SELECT * FROM {table}")
        names = [c[0] for c in cursor.description]
        lines = sorted(codec.encode(_line(table, names, row)).decode() for row in cursor)
        yield from lines
    for row in db.execute("SELECT num FROM boxes ORDER BY num"):
        yield codec.encode({"table": "boxes", "num": row[0]}).decode()


def _line(table: str, names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    shown = {
        name: codec.digest(value).hex() if isinstance(value, bytes) else value
        for name, value in zip(names, row, strict=True)
    }
    return {"table": table, **shown}
