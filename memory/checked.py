"""A connection that answers from no table that follows from the log before its rows were found to add up; see ``sums``.

A table is checked as a whole, with its indexes, when it is read for the first time. That costs about 2 µs a row, once for
each opening; readers check again what a writer has changed since. Tables that are too large for that (things, point clouds,
names, facts that hold) are read with ``raw`` by the few files that look into them, which check what they read part by part.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..errors import DamagedMemory
from .records import Fault
from .sums import FUNCTION, FUNCTIONS, GROUPS, SUMMED, Summed, kept_as, row_sum

_FEW = 64  # parts that are read one by one
_WORD = re.compile(r"\b(" + "|".join(sorted(SUMMED.keys() - {"blobs"})) + r"|boxes)\b")
Part = int | str


class Guarded(sqlite3.Cursor):
    """Rows are fetched under the connection's guard: a thread that waits for SQLite's own lock while it holds the
    interpreter's would wait for ever for one that runs a trigger's function.
    """

    connection: Checked

    def fetchone(self) -> Any:
        """As SQLite's own."""
        with self.connection.guard:
            return super().fetchone()

    def fetchmany(self, size: int | None = 512) -> list[Any]:
        """As SQLite's own."""
        with self.connection.guard:
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        """As SQLite's own."""
        with self.connection.guard:
            return super().fetchall()

    def __iter__(self) -> Any:
        """All rows, some at a time."""
        while rows := self.fetchmany():
            yield from rows


class Checked(sqlite3.Connection):
    """``execute`` checks the tables that a SELECT names; ``raw`` does not. ``DamagedMemory`` if rows do not add up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, function in FUNCTIONS:
            self.create_function(f"{FUNCTION}_{name}", 1, function, deterministic=True)
        self._named: dict[str, tuple[str, ...]] = {}  # statement → tables that it reads
        self._whole: set[str] = set()  # tables that were found to be whole
        self._known: dict[str, dict[Part, int]] = {}  # table → the sums that were right when it was checked
        self._groups: set[tuple[str, Part]] = set()
        self.guard = threading.RLock()  # held for a transaction, and while rows are held against their sums
        self.alone = False  # nobody else can change what is read: the writer
        self.trusting = False  # a layout that has no sums yet is being brought up to date, or all is checked elsewhere

    # --- reading ------------------------------------------------------------------------------------------------------
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As SQLite's own, after a check of what is read."""
        named = self._named.get(sql)
        if named is None:
            named = self._named[sql] = _tables(sql)
        for table in named:
            if table not in self._whole:
                self.check(table)
        return self.raw(sql, parameters)

    def cursor(self, factory: Any = Guarded) -> Any:
        """As SQLite's own."""
        return super().cursor(factory)

    def raw(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As SQLite's own: the caller checks what it reads."""
        try:
            with self.guard:
                return super().execute(sql, parameters)
        except UnicodeDecodeError as error:  # what SQLite says of it quotes the damaged bytes
            raise DamagedMemory(f"the file's own tables are damaged ({error}); run verify") from error

    @contextlib.contextmanager
    def steady(self) -> Iterator[None]:
        """Within the block rows and their sums are of one moment, whatever a writer beside or another thread does."""
        with self.guard:
            mine = not self.alone and not self.in_transaction
            if mine:
                self.raw("BEGIN")
            try:
                yield
            finally:
                if mine and self.in_transaction:
                    self.raw("COMMIT")

    def changed(self) -> None:
        """Somebody else has written: what was found whole is looked at again, as far as it is not the same."""
        self._whole.clear()
        self._groups.clear()

    @contextlib.contextmanager
    def unchecked(self) -> Iterator[None]:
        """Within the block everything is read as it is."""
        before, self.trusting = self.trusting, True
        try:
            yield
        finally:
            self.trusting = before

    # --- checking -----------------------------------------------------------------------------------------------------
    def check(self, table: str) -> None:
        """See that a table and its indexes are whole."""
        if self.trusting or table in self._whole:
            return
        summed = SUMMED[table]
        with self.steady():
            known, stored = self._known.get(table), self._stored(table)
            if known is None:
                for (line,) in self.raw(f"PRAGMA integrity_check({table})"):
                    if line != "ok":
                        raise _damaged(table, line)
                found = self._found(summed)
            else:
                changed = sorted((p for p in stored.keys() | known.keys() if stored.get(p) != known.get(p)), key=str)
                found = self._found(summed) if len(changed) > _FEW else known | self._some(summed, changed)
        _compare(table, stored, found)
        self._whole.add(table)
        self._known[table] = stored

    def check_from(self, table: str, first: int) -> None:
        """See that the rows from number ``first`` on are whole, for a reader that goes through them by their number."""
        if self.trusting or table in self._whole or (table, f"from {first}") in self._groups:
            return
        summed = SUMMED[table]
        assert summed.shift is not None
        least = first >> summed.shift
        with self.steady():
            stored = {p: n for p, n in self._stored(table).items() if int(p) >= least}
            query = f"{_sums(summed)} WHERE {summed.part.format(r='')} >= ? GROUP BY 1"
            found = dict(self.raw(query, (least << summed.shift,)).fetchall())
        _compare(table, stored, found)
        self._groups.add((table, f"from {first}"))

    def check_parts(self, name: str, parts: Iterable[Part]) -> None:
        """See that these parts of a table or a group are whole; each once."""
        missing = [p for p in parts if (name, p) not in self._groups]
        if self.trusting or not missing or name in self._whole:
            return
        summed = SUMMED.get(name) or GROUPS[name]
        with self.steady():
            _compare(name, self._stored(name, missing), self._some(summed, missing))
        self._groups.update((name, p) for p in missing)

    def add_up(self, name: str, parts: Sequence[Part], rows: Iterable[tuple[Part, tuple[Any, ...]]]) -> None:
        """See that rows (part, its ``Summed.columns``) which were read within ``steady`` are all there is of some parts."""
        if self.trusting:
            return
        found: defaultdict[Part, int] = defaultdict(int)
        for part, row in rows:
            found[part] += row_sum(*row)
        _compare(name, self._stored(name, parts), found)

    def faults(self) -> Iterator[Fault]:
        """Parts of tables and groups whose rows do not add up."""
        for name, summed in {**SUMMED, **GROUPS}.items():
            stored, found = self._stored(name), self._found(summed)
            for part in sorted(stored.keys() | found.keys(), key=str):
                if stored.get(part, 0) != found.get(part, 0):
                    yield Fault(f"{summed.table}", f"rows of {name} {part!r} do not add up: one was altered or lost")

    def _stored(self, name: str, parts: Sequence[Part] | None = None) -> dict[Part, int]:
        query, name = "SELECT part, total FROM sums WHERE tab = ?", kept_as(name)
        if parts is None:
            rows = self.raw(query, (name,))
        elif len(parts) == 1:
            rows = self.raw(f"{query} AND part = ?", (name, parts[0]))
        else:
            rows = self.raw(f"{query} AND part IN (SELECT value FROM json_each(?))", (name, json.dumps(list(parts))))
        return {part: total for part, total in rows if total}

    def _found(self, s: Summed) -> dict[Part, int]:
        return dict(self.raw(f"{_sums(s)} WHERE {s.meets('')} GROUP BY 1").fetchall())

    def _some(self, s: Summed, parts: Sequence[Part]) -> dict[Part, int]:
        found: dict[Part, int] = {}
        column = s.part.format(r="")
        for part in parts:  # by the column itself, so that its index serves
            span = f"{column} = ?" if s.shift is None else f"{column} BETWEEN ? AND ?"
            ends = (part,) if s.shift is None else (int(part) << s.shift, ((int(part) + 1) << s.shift) - 1)
            query = f"SELECT coalesce(sum({s.sum_of('')}), 0) FROM {s.table} WHERE {span} AND {s.meets('')}"
            found[part] = self.raw(query, ends).fetchone()[0]
        return found


def _sums(s: Summed) -> str:
    return f"SELECT {s.part_of('')}, sum({s.sum_of('')}) FROM {s.table}"


def _compare(name: str, stored: dict[Part, int], found: dict[Part, int]) -> None:
    for part in stored.keys() | found.keys():
        if stored.get(part, 0) != found.get(part, 0):
            table = (SUMMED.get(name) or GROUPS[name]).table
            raise _damaged(table, f"rows of {name} {part!r} do not add up: one was altered or lost")


def _damaged(table: str, what: str) -> DamagedMemory:
    return DamagedMemory(
        f"{table}: {what}; run verify, which says more, and `loci verify FILE --repair`, which builds it anew from the log"
    )


def _tables(sql: str) -> tuple[str, ...]:
    """The tables with sums that a query names."""
    if not sql.lstrip()[:6].upper().startswith("SELECT"):
        return ()
    names = dict.fromkeys("boxes_node" if name == "boxes" else name for name in _WORD.findall(sql))
    return tuple(names)
