"""Checksums over the rows of every table that follows from the log, kept by triggers in the transaction of each change.

A digest beside a row shows that the row was altered, but not that it is missing where it is looked for: a flipped bit in
what is searched by takes a row out of an answer without a trace. So the sum of the checksums of all rows of a *part* of a
table (512 rows, say, or all open facts of one thing) stands in the table ``sums``. What was found for the part has to add
up to it; a row that was altered, lost or doubled, or that an index no longer leads to, does not.

A row's checksum is the CRC-32 of its values, which no single flipped bit and no burst of up to 32 bits escapes; sums are
plain integers. They are for accidents: who changes rows on purpose can change sums, and ``verify --deep`` is for that.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FUNCTION = "loci_sum"  # what the names of the functions that SQL calls begin with
_BETWEEN = " || x'1f' || "
ONE = "''"  # the part of what has but one


def row_sum(*values: float | str | bytes | None) -> int:
    """Checksum of one row's values: None, int, float, str or bytes, in the order of ``Summed.columns``."""
    told: list[
        bytes
    ] = []  # as Summed.sum_of has it: texts in UTF-8, integers as decimal text, other numbers as 8 bytes
    for value in values:
        if type(value) is str:
            told.append(value.encode())
        elif type(value) is int:
            told.append(b"%d" % value)
        elif type(value) is float:
            told.append(_REAL(value))
        else:
            told.append(value if isinstance(value, bytes) else b"\0")
    return zlib.crc32(b"\x1f".join(told))


_REAL = struct.Struct("<d").pack
FUNCTIONS: tuple[tuple[str, Callable[..., int | bytes]], ...] = (("crc", zlib.crc32), ("real", _REAL))
"""What ``Summed.sum_of`` calls from SQL, each of one argument. No Python code runs in them: a signal's exception would be
raised in it, and SQLite would make an error of its own of that."""


@dataclass(frozen=True)
class Summed:
    """Rows of ``table`` (those that meet ``where``) by ``part``; ``{r}`` stands before each column's name in both.

    ``shift``: parts are runs of 2**shift numbers of the column that ``part`` names.
    """

    table: str
    columns: tuple[str, ...]
    part: str
    where: str = ""
    shift: int | None = None

    def part_of(self, row: str) -> str:
        """The part as SQL, of the row called ``row`` ("new.", "old." or "")."""
        name = self.part.format(r=row)
        return name if self.shift is None else f"({name} >> {self.shift})"

    def sum_of(self, row: str) -> str:
        """The row's checksum as SQL."""
        told = (
            f"iif({row}{c} IS NULL, x'00', {FUNCTION}_real({row}{c}))" if c in _REALS else f"ifnull({row}{c}, x'00')"
            for c in self.columns
        )
        return f"{FUNCTION}_crc(CAST({_BETWEEN.join(told)} AS BLOB))"

    def meets(self, row: str) -> str:
        """The condition as SQL; "1" if there is none."""
        return self.where.format(r=row) or "1"


_REALS = frozenset(
    {"start", "stop", "stamp", "started", "ended", "share", "value", "first_seen", "last_seen", "p", "variance"}
)
_FACT = ("num", "subject", "predicate", "object", "family", "start", "stop", "cause", "seq", "stop_seq")
_THING = ("id", "num", "label", "role", "merged", "digest")  # its digest stands for the rest
_CLOUD = ("thing", "name", "digest")

SUMMED: dict[str, Summed] = {
    "things": Summed("things", _THING, "{r}num", shift=9),
    "facts": Summed("facts", _FACT, "{r}num", shift=9),
    "changes": Summed("changes", ("seq", "n", "kind", "thing", "text", "cause", "stamp"), "{r}seq", shift=9),
    "acts": Summed("acts", ("id", "kind", "num", "parent", "started", "ended", "status", "data", "seq"),
                   "{r}num", shift=9),
    "notes": Summed("notes", ("seq", "kind", "text", "refs", "stamp"), "{r}seq", shift=9),
    "usual": Summed("usual", ("label", "place", "count"), "{r}label"),
    "habits": Summed("habits", ("label", "moved", "vanished"), ONE),
    "coverage": Summed("coverage", ("place", "share", "stamp"), ONE),
    "keyframes": Summed("keyframes", ("seq", "stamp", "data"), "{r}seq", shift=9),
    "path": Summed("path", ("num", "stamp", "pose"), "{r}num", shift=9),
    "poses": Summed("poses", ("num", "pose_id", "stamp", "robot", "map", "pose", "variance"), "{r}num", shift=9),
    "areas": Summed("areas", ("id", "num", "kind", "label", "parent", "map", "box"), ONE),
    "resident": Summed("resident", ("slot", "thing", "pinned"), ONE),
    "counters": Summed("counters", ("key", "value"), ONE),
    "traits": Summed("traits", ("num", "role", "label", "absent", "first_seen", "last_seen"), "{r}num", shift=9),
    "names": Summed("names", ("label", "num", "p"), "{r}label"),
    "boxes_node": Summed("boxes_node", ("nodeno", "data"), "{r}nodeno", shift=6),  # the pages of the R*Tree
    "clouds": Summed("clouds", _CLOUD, "{r}thing"),
    "blobs": Summed("blobs", ("id", "digest", "kind", "seq", "value", "size"), "{r}id", shift=9),
}  # fmt: skip
"""Whole tables, part by part. That of blobs is for `verify` alone: their digests are checked when they are read."""

GROUPS: dict[str, Summed] = {
    "merged": Summed("things", _THING, ONE, "{r}merged IS NOT NULL"),
    "open of": Summed("facts", _FACT, "{r}subject", "{r}stop IS NULL"),
    "open at": Summed("facts", _FACT, "{r}object", "{r}stop IS NULL"),
    "held": Summed("facts", _FACT, ONE, "{r}stop IS NULL AND {r}predicate = 'held_by'"),
    "looks": Summed("clouds", _CLOUD, ONE, "{r}name = 'appearance'"),
}
"""Rows that are looked for together, of tables too large to be checked as a whole before each first answer."""


_KEPT_AS = {"counters": "acts, counters"}


def kept_as(name: str) -> str:
    """What the sums of a table or group stand under. Those of counters come right after the newest of acts: both change with
    every action, and so one page does.
    """
    return _KEPT_AS.get(name, name)


def migration() -> str:
    """The table, the triggers that keep it, and the sums of what is there already. Layout 6; not to be edited."""
    return "\n".join(_statements())


def beside_acts() -> str:
    """Triggers of a table of acts that was made anew, and of counters, whose sum moves; see ``kept_as``. Layout 7; not to be
    edited.
    """
    kept = kept_as("counters")
    moves = [f"DROP TRIGGER sums_counters_{letter};" for letter in "idu"]
    moves.append(f"UPDATE sums SET tab = '{kept}' WHERE tab = 'counters';")
    return "\n".join([*moves, *_triggers("counters", SUMMED["counters"], kept), *_triggers("acts", SUMMED["acts"])])


def _statements() -> Iterator[str]:
    yield """CREATE TABLE sums (
        tab TEXT NOT NULL,              -- a name of sums.SUMMED or sums.GROUPS
        part ANY NOT NULL,
        total INTEGER NOT NULL,
        PRIMARY KEY (tab, part)
    ) STRICT, WITHOUT ROWID;"""
    for name, summed in {**SUMMED, **GROUPS}.items():
        yield from _triggers(name, summed)
        yield f"{of_what_is_there(name, summed)};"


def of_what_is_there(kept: str, s: Summed) -> str:
    """The statement that sums up all rows, where there are no sums of them yet, to stand under ``kept``."""
    return (f"INSERT INTO sums SELECT '{kept}', {s.part_of('')}, coalesce(sum({s.sum_of('')}), 0) "
            f"FROM {s.table} WHERE {s.meets('')}{'' if s.part == ONE else ' GROUP BY 2'}")  # fmt: skip


def _triggers(name: str, s: Summed, kept: str = "") -> Iterator[str]:
    called, kept = "sums_" + name.replace(" ", "_"), kept or name
    add, take = _add(kept, s), _take(kept, s)
    change = (f"UPDATE sums SET total = total - {s.sum_of('old.')} + {s.sum_of('new.')} "
              f"WHERE tab = '{kept}' AND part = {s.part_of('new.')};")  # fmt: skip
    if not s.where:  # its part is of the key, which stays
        for letter, when, what in (("i", "INSERT", add), ("d", "DELETE", take), ("u", "UPDATE", change)):
            yield f"CREATE TRIGGER {called}_{letter} AFTER {when} ON {s.table} BEGIN {what} END;"
        return
    new, old = s.meets("new."), s.meets("old.")
    yield f"CREATE TRIGGER {called}_i AFTER INSERT ON {s.table} WHEN {new} BEGIN {add} END;"
    yield f"CREATE TRIGGER {called}_d AFTER DELETE ON {s.table} WHEN {old} BEGIN {take} END;"
    same = f"{s.part_of('old.')} IS {s.part_of('new.')} AND {old} AND {new}"
    yield f"CREATE TRIGGER {called}_u AFTER UPDATE ON {s.table} WHEN {same} BEGIN {change} END;"
    moves = f"({s.part_of('old.')} IS NOT {s.part_of('new.')} OR NOT ({old} AND {new}))"
    yield f"CREATE TRIGGER {called}_t AFTER UPDATE ON {s.table} WHEN {moves} AND {old} BEGIN {take} END;"
    yield f"CREATE TRIGGER {called}_a AFTER UPDATE ON {s.table} WHEN {moves} AND {new} BEGIN {add} END;"


def _add(name: str, s: Summed) -> str:
    part = s.part_of("new.")
    change = f"UPDATE sums SET total = total + {s.sum_of('new.')} WHERE tab = '{name}' AND part = {part};"
    if s.part == ONE:  # there from the beginning
        return change
    # no upsert: within a trigger it would follow the conflict clause of the statement outside, and replace the row
    return (f"INSERT INTO sums SELECT '{name}', {part}, 0 WHERE NOT EXISTS "
            f"(SELECT 1 FROM sums WHERE tab = '{name}' AND part = {part}); {change}")  # fmt: skip


def _take(name: str, s: Summed) -> str:
    return (f"UPDATE sums SET total = total - {s.sum_of('old.')} "
            f"WHERE tab = '{name}' AND part = {s.part_of('old.')};")  # fmt: skip
