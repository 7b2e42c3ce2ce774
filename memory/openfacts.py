"""The facts that hold now, read from their table when they are asked for: opening a memory must not cost a look at each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .checked import Checked

_COLUMNS = "num, subject, predicate, object, family, start, stop, cause, seq, stop_seq"
_CACHED = 20_000  # subjects
_PART = {"open of": 1, "open at": 3, "held": 0}  # column of a group's part; 0: it has but one
_HELD = "held_by"
Key = tuple[str, str]  # subject, family


class Fact(NamedTuple):
    """An open fact. ``num`` is its row."""

    num: int
    subject: str
    predicate: str
    object: str
    start: float
    cause: str
    seq: int


class OpenFacts:
    """(subject, family) → the fact that holds. ``ahead`` tells that rows are written later than ``set`` and ``pop`` are called.

    ``DamagedMemory`` if a row that is needed was altered.
    """

    def __init__(self, db: Checked) -> None:
        self._db = db
        self._of: dict[str, dict[str, Fact]] = {}
        self._held: dict[int, str] | None = None  # number of the fact → what is in a hand
        self.ahead = False

    def get(self, key: Key) -> Fact | None:
        """The fact of a subject in a family of relations."""
        return self.of(key[0]).get(key[1])

    def of(self, subject: str) -> dict[str, Fact]:
        """Family → fact of one subject; not to be changed."""
        found = self._of.get(subject)
        if found is None:
            if len(self._of) >= _CACHED and not self.ahead:
                self._of.clear()
            found = dict(self._read("subject = ?", (subject,), "open of", [subject]))
            self._of[subject] = found
        return found

    def prepare(self, subjects: Iterable[str]) -> None:
        """Read the facts of several subjects at once."""
        missing = [s for s in subjects if s not in self._of]
        if not missing:
            return
        found: dict[str, dict[str, Fact]] = {s: {} for s in missing}
        for family, fact in self._read(
            "subject IN (SELECT value FROM json_each(?))", (json.dumps(missing),), "open of", missing
        ):
            found[fact.subject][family] = fact
        self._of.update(found)

    def set(self, family: str, fact: Fact) -> None:
        """From now on this holds."""
        self.pop((fact.subject, family))
        self.of(fact.subject)[family] = fact
        if self._held is not None and fact.predicate == _HELD:
            self._held[fact.num] = fact.subject

    def pop(self, key: Key) -> Fact | None:
        """It does not hold any more."""
        fact = self.of(key[0]).pop(key[1], None)
        if self._held is not None and fact is not None:
            self._held.pop(fact.num, None)
        return fact

    def at(self, object: str) -> list[tuple[str, Fact]]:
        """(family, fact) of all that is said to relate to one place or thing, oldest first."""
        return self._overlaid(self._read("object = ?", (object,), "open at", [object]), object)

    def items(self) -> Iterator[tuple[Key, Fact]]:
        """All of them, oldest first."""
        self._db.check("facts")
        for family, fact in self._overlaid(self._read("1", (), "", []), None):
            yield (fact.subject, family), fact

    def held(self) -> list[str]:
        """Subjects that are in a hand, oldest first."""
        if self._held is None:
            rows = self._overlaid(self._read(f"predicate = '{_HELD}'", (), "held", [""]), None)
            self._held = {fact.num: fact.subject for _, fact in rows if fact.predicate == _HELD}
        return [self._held[num] for num in sorted(self._held)]

    def forget(self) -> None:
        """Read everything anew."""
        self._of.clear()
        self._held = None

    def _overlaid(self, rows: Iterable[tuple[str, Fact]], object: str | None) -> list[tuple[str, Fact]]:
        if not self.ahead:
            return list(rows)
        found = [row for row in rows if row[1].subject not in self._of]
        found += [row for facts in self._of.values() for row in facts.items() if object in (None, row[1].object)]
        return sorted(found, key=lambda row: row[1].num)

    def _read(
        self, condition: str, values: tuple[Any, ...], group: str, parts: Sequence[str]
    ) -> Iterator[tuple[str, Fact]]:
        """(family, fact) of those that meet a condition, oldest first: they have to be all of ``parts`` of ``group``."""
        query = f"SELECT {_COLUMNS} FROM facts WHERE stop IS NULL AND {condition} ORDER BY num"
        with self._db.steady():
            rows = self._db.raw(query, values).fetchall()
            if group:
                at = _PART[group]
                self._db.add_up(group, parts, ((row[at] if at else "", row) for row in rows))
        for num, subject, predicate, object, family, start, _, cause, seq, _ in rows:
            yield family, Fact(num, subject, predicate, object, start, cause, seq)
