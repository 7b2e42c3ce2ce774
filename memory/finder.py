"""Which things go by a name, are gone, or are near: indexes over all things, kept in the file and in part at hand.

Neither a frame nor the opening of a file costs a look at everything. Only who is gone is held in RAM once it was asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import DamagedMemory
from ..geometry import F64
from .checked import Checked
from .node import best_label, decode_box
from .vocabulary import keys, keys_for, matches

MOST_OF_A_CLASS = 128  # things that are told apart when only the best are asked for
_MOST_PHRASES = 1024  # of which it is kept what they fit
LIKELY = 0.005  # probability of a class from which a thing can be found by it
_ROLE_THAT_GOES = "object"
_CENTER = "(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2"
WATCHED = ("labels", "box", "role", "absent", "first_seen", "last_seen")
"""What of a thing the indexes hold."""
_UNSEEN = frozenset({"box", "last_seen"})  # of these, what is not among its traits, or changes alone most of the time


class Finder:
    """The tables ``traits``, ``names`` and ``boxes`` of one database, written with every change of a thing."""

    def __init__(self, db: Checked) -> None:
        self._db = db
        self.forget()

    def forget(self) -> None:
        """Read everything anew."""
        self._labels: set[str] | None = None
        self._known = -1  # classes that these two are about
        self._fits: dict[str, dict[str, float]] = {}
        self._by_key: dict[tuple[str, str], list[str]] = {}
        self._gone: dict[str, set[int]] | None = None
        self._gone_as: dict[int, list[str]] = {}

    # --- asking -------------------------------------------------------------------------------------------------------
    @property
    def labels(self) -> set[str]:
        """Every class that some thing may be (or may have been: the set only grows); not to be changed."""
        if self._labels is None:
            self._labels = self._all_labels()
        return self._labels

    def fits(self, text: str) -> dict[str, float]:
        """Class → how well a noun phrase fits it, above 0 (see ``matches``), of all ``labels``; not to be changed."""
        if self._known != len(self.labels):
            self._known, self._fits, self._by_key = len(self.labels), {}, {}
            for label in self.labels:
                for key in keys(label):
                    self._by_key.setdefault(key, []).append(label)
        found = self._fits.get(text)
        if found is None:
            if len(self._fits) >= _MOST_PHRASES:
                self._fits.clear()
            likely = dict.fromkeys(label for key in keys_for(text) for label in self._by_key.get(key, ()))
            found = self._fits[text] = {label: fit for label in likely if (fit := matches(text, label)) > 0.0}
        return found

    def called(self, labels: Collection[str], least: float = LIKELY) -> list[int]:
        """Numbers of the things that are one of ``labels`` with at least this probability, in order of creation."""
        query = "SELECT DISTINCT num FROM names WHERE label IN (SELECT value FROM json_each(?)) AND p >= ? ORDER BY num"
        self._db.check_parts("names", labels)
        return [num for (num,) in self._db.raw(query, (json.dumps(sorted(labels)), least))]

    def called_only(self, label: str) -> list[int]:
        """Numbers of the things whose most likely class is ``label``."""
        return [num for (num,) in self._db.execute("SELECT num FROM traits WHERE label = ?", (label,))]

    def traits_of(
        self, labels: Collection[str], least: float, most: int | None = None
    ) -> list[tuple[int, str, int, float, str, float]]:
        """(number, class, absent, last seen, name, its probability) of all things whose class is one of ``labels``, the
        name, or that may be one of them with the probability ``least``. Of very large classes the ``most`` newest things.
        """
        query = """SELECT t.num, t.label, t.absent, t.last_seen, n.label, n.p FROM names n JOIN traits t USING (num)
                   WHERE n.label = ? AND (n.p >= ? OR n.label = t.label) ORDER BY n.num DESC LIMIT ?"""
        limit = -1 if most is None else most
        self._db.check("traits")
        self._db.check_parts("names", labels)
        return [row for label in sorted(labels) for row in self._db.raw(query, (label, least, limit)).fetchall()]

    def newest(self, labels: Collection[str], count: int) -> list[int]:
        """Numbers of the things called by one of ``labels``: those that are there before those that are gone, and of each the
        last seen first; at most ``count``. Of very large classes the newest things are considered.
        """
        found: list[tuple[int, float, int]] = []
        query = """SELECT absent, last_seen, num FROM traits WHERE label = ? AND absent = ? ORDER BY num DESC LIMIT ?"""
        for label in sorted(labels):
            for absent in (0, 1):
                found += self._db.execute(query, (label, absent, max(count, MOST_OF_A_CLASS)))
        found.sort(key=lambda row: (row[0], -row[1], row[2]))
        return [num for _, _, num in found[:count]]

    def count(self, labels: Collection[str]) -> int:
        """How many things are called by one of ``labels``, gone or not."""
        query = "SELECT count(*) FROM traits WHERE label IN (SELECT value FROM json_each(?))"
        return int(self._db.execute(query, (json.dumps(sorted(labels)),)).fetchone()[0])

    def roles(self) -> list[tuple[str, int, int]]:
        """(role, absent, how many)."""
        return self._db.execute("SELECT role, absent, count(*) FROM traits GROUP BY role, absent").fetchall()

    def size(self) -> int:
        """About how many things there are: the newest one's number."""
        return int(self._db.execute("SELECT coalesce(max(num), 0) FROM traits").fetchone()[0])

    def of_role(self, role: str, count: int) -> list[int]:
        """Numbers of the first things of a role."""
        query = "SELECT num FROM traits WHERE role = ? ORDER BY num LIMIT ?"
        return [num for (num,) in self._db.execute(query, (role, count))]

    def gone(self, labels: Collection[str]) -> set[int]:
        """Numbers of the objects that are known to be gone and may be one of ``labels``."""
        if self._gone is None:
            self._gone, self._gone_as = {}, {}
            some = "SELECT 1 FROM traits WHERE absent = 1 AND role = ? LIMIT 1"
            query = """SELECT n.label, n.num FROM traits t JOIN names n USING (num) WHERE t.absent = 1 AND t.role = ?"""
            if self._db.execute(some, (_ROLE_THAT_GOES,)).fetchone() is None:  # all names need not be checked for it
                return set()
            for label, num in self._db.execute(query, (_ROLE_THAT_GOES,)):
                self._gone.setdefault(label, set()).add(num)
                self._gone_as.setdefault(num, []).append(label)
        found: set[int] = set()
        for label in labels:
            found |= self._gone.get(label, set())
        return found

    def since(self, labels: Collection[str], stamp: float, near: F64, count: int) -> list[int]:
        """Objects that may be one of ``labels``, were first seen after ``stamp`` and are there: the ``count``
        nearest to a point (3,), in order of creation.
        """
        query = """SELECT DISTINCT t.num FROM names n JOIN traits t USING (num)
                   WHERE n.label IN (SELECT value FROM json_each(?)) AND t.first_seen > ? AND t.absent = 0 AND t.role = ?"""
        self._db.check("traits")
        self._db.check_parts("names", labels)
        rows = self._db.raw(query, (json.dumps(sorted(labels)), stamp, _ROLE_THAT_GOES))
        return sorted(self.nearest((num for (num,) in rows), near, count))

    def nearest(self, nums: Iterable[int], to: F64, count: int) -> list[int]:
        """Of these things the nearest ones to a point (3,)."""
        wanted = list(nums)
        if len(wanted) <= count:
            return wanted
        query = f"SELECT num, {_CENTER} FROM boxes WHERE num IN (SELECT value FROM json_each(?))"
        rows = self._db.execute(query, (json.dumps(wanted),)).fetchall()
        if len(rows) != len(set(wanted)):
            raise DamagedMemory(f"boxes: {len(rows)} of {len(set(wanted))} things have one; run verify")
        return [num for num, _ in _nearest(rows, to)[:count]]

    def kin(self, labels: Collection[str], low: F64, high: F64) -> list[tuple[str, int, F64]]:
        """(class, number, centre (3,)) of the objects of some classes whose boxes meet [low, high], in order of creation."""
        query = f"""SELECT t.label, t.num, {_CENTER} FROM boxes CROSS JOIN traits t USING (num)
                    WHERE x1 >= ? AND x0 <= ? AND y1 >= ? AND y0 <= ? AND z1 >= ? AND z0 <= ? AND t.role = ?
                    AND t.label IN (SELECT value FROM json_each(?)) ORDER BY num"""
        (x0, y0, z0), (x1, y1, z1) = low.tolist(), high.tolist()
        values = (x0, x1, y0, y1, z0, z1, _ROLE_THAT_GOES, json.dumps(sorted(labels)))
        return [(label, num, np.array(center)) for label, num, *center in self._db.execute(query, values)]

    def within(self, low: F64, high: F64, slack: float) -> list[int]:
        """Numbers of the things whose box as last written, widened by ``slack`` metres, meets [low, high]."""
        query = "SELECT num FROM boxes WHERE x1 >= ? AND x0 <= ? AND y1 >= ? AND y0 <= ? AND z1 >= ? AND z0 <= ?"
        return [num for (num,) in self._db.execute(query, _reach(low.tolist(), high.tolist(), slack)).fetchall()]

    def boxes(
        self, low: Sequence[float], high: Sequence[float], slack: float
    ) -> list[tuple[int, str, float, float, float, float, float, float]]:
        """(number, class, x0, x1, y0, y1, z0, z1) of the same things, corners (3,) as floats; single precision, rounded
        outwards.
        """
        query = """SELECT num, t.label, x0, x1, y0, y1, z0, z1 FROM boxes CROSS JOIN traits t USING (num)
                   WHERE x1 >= ? AND x0 <= ? AND y1 >= ? AND y0 <= ? AND z1 >= ? AND z0 <= ?"""
        return self._db.execute(query, _reach(low, high, slack)).fetchall()

    def _all_labels(self) -> set[str]:
        found, last = set[str](), ""
        step = "SELECT label FROM names WHERE label > ? ORDER BY label LIMIT 1"  # one look per class, not per thing
        with self._db.steady():
            while (row := self._db.raw(step, (last,)).fetchone()) is not None:
                last = row[0]
                found.add(last)
            summed = {part for (part,) in self._db.raw("SELECT part FROM sums WHERE tab = 'names' AND total != 0")}
        if found != summed and not self._db.trusting:
            raise DamagedMemory(f"names: classes {sorted(found ^ summed)} were altered or lost; run verify")
        return found

    # --- writing ------------------------------------------------------------------------------------------------------
    def write(self, num: int, data: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
        """Take in a thing as it is kept now; ``before``: those of its labels, box, role, absence and times that have changed
        since it was taken in last, as they were (None: it is new).
        """
        seen = float(data["last_seen"])
        if before is None or not before.keys() <= _UNSEEN:
            label = best_label(data["labels"])
            row = (num, data["role"], label, int(data["absent"]), float(data["first_seen"]), seen)
            self._db.execute("INSERT OR REPLACE INTO traits VALUES (?, ?, ?, ?, ?, ?)", row)
        elif "last_seen" in before:
            self._db.execute("UPDATE traits SET last_seen = ? WHERE num = ?", (seen, num))
        if before is None or "labels" in before:
            self._name(num, data["labels"], before is not None)
        if before is None or "box" in before:
            self._db.execute("INSERT OR REPLACE INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?)", (num, *_bounds(data["box"])))
        if before is None or "absent" in before or "labels" in before:
            self._remember(num, data)

    def remove(self, num: int) -> None:
        """There is no such thing any more."""
        for table in ("traits", "names", "boxes"):
            self._db.execute(f"DELETE FROM {table} WHERE num = ?", (num,))
        self._ungone(num)

    def _name(self, num: int, labels: Mapping[str, float], known: bool) -> None:
        if known:
            self._db.execute("DELETE FROM names WHERE num = ?", (num,))
        rows = [(label, num, p) for label, p in labels.items() if p >= LIKELY]
        self._db.executemany("INSERT INTO names VALUES (?, ?, ?)", rows)
        if self._labels is not None:
            self._labels.update(label for label, _, _ in rows)

    def _remember(self, num: int, data: Mapping[str, Any]) -> None:
        if self._gone is None:
            return
        self._ungone(num)
        if data["absent"] and data["role"] == _ROLE_THAT_GOES:
            names = [name for name, p in data["labels"].items() if p >= LIKELY]
            self._gone_as[num] = names
            for name in names:
                self._gone.setdefault(name, set()).add(num)

    def _ungone(self, num: int) -> None:
        for name in self._gone_as.pop(num, ()):
            if self._gone is not None:
                self._gone.get(name, set()).discard(num)


def _nearest(rows: Iterable[tuple[int, float, float, float]], to: F64) -> list[tuple[int, float]]:
    """(number, squared distance) from a point (3,), nearest first, ties in order of creation."""
    gaps = [(float(((np.array(center) - to) ** 2).sum()), num) for num, *center in rows]
    return [(num, gap) for gap, num in sorted(gaps)]


def _reach(low: Sequence[float], high: Sequence[float], slack: float) -> list[float]:
    """Lower and upper end along each axis of a box that is widened, and a little more: the tree keeps single precision."""
    ends: list[float] = []
    for a, b in zip(low, high, strict=True):
        wide = slack + 1e-5 * max(abs(a), abs(b))
        ends += (a - wide, b + wide)
    return ends


def _bounds(row: Sequence[float]) -> tuple[float, ...]:
    """x0, x1, y0, y1, z0, z1 of the axis-aligned box around an upright one as it is kept."""
    x, y, z, yaw, length, width, height = row
    if not all(map(math.isfinite, row)) or min(length, width, height) < 0:
        decode_box(list(row))  # says what is wrong
    c, s = abs(math.cos(yaw)), abs(math.sin(yaw))
    a, b, h = (c * length + s * width) / 2, (s * length + c * width) / 2, height / 2
    return x - a, x + a, y - b, y + b, z - h, z + h
