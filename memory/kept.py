"""What is kept of each thing, as plain data, read from its row when it is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import DamagedMemory
from . import codec
from .checked import Checked
from .sums import SUMMED

_COLUMNS = "id, num, label, role, merged, data"
_CACHED = 8192  # things
_AT_ONCE = 500  # rows of one query
_ID = re.compile(r"o(0|[1-9][0-9]{0,17})")  # of whatever is kept
_SHIFT = SUMMED["things"].shift or 0

Plain = dict[str, Any]


class Kept(Mapping[str, Plain]):
    """Thing → its data; merged ones are none. ``ahead`` tells that rows are written later than ``put`` and ``pop`` are called.

    ``DamagedMemory`` if a row that is needed was altered.
    """

    def __init__(self, db: Checked) -> None:
        self._db = db
        self._held: dict[str, Plain] = {}
        self._there: set[str] = set()  # known to be things, whether held or not
        self.ahead = False

    def __getitem__(self, id: str) -> Plain:
        data = self._held.get(id)
        if data is None and _ID.fullmatch(id):
            data = next((d for _, d in self._read("id = ?", [id], id)), None)
            if data is not None:
                self._hold(id, data)
        if data is None:
            raise KeyError(id)
        return data

    def __contains__(self, id: object) -> bool:
        if id in self._held or id in self._there:
            return True
        if not isinstance(id, str) or self.get(id) is None:
            return False
        self._there.add(id)
        return True

    def __iter__(self) -> Iterator[str]:
        """In order of creation."""
        nums = {num for (num,) in self._db.execute("SELECT num FROM traits")}
        if self.ahead:
            nums |= {int(id[1:]) for id in self._held}
        return iter([f"o{num}" for num in sorted(nums)])

    def __len__(self) -> int:
        if self.ahead:
            return sum(1 for _ in self)
        return int(self._db.execute("SELECT count(*) FROM traits").fetchone()[0])

    def __bool__(self) -> bool:
        """Whether there is any thing: what is not merged is what others are merged into."""
        return bool(self._held) or self._db.raw("SELECT 1 FROM things LIMIT 1").fetchone() is not None

    def some(self, ids: Iterable[str]) -> dict[str, Plain]:
        """Of those of ``ids`` that there are; much faster than one by one."""
        wanted = list(ids)
        found = {id: data for id in wanted if (data := self._held.get(id)) is not None}
        missing = [id for id in wanted if id not in found and _ID.fullmatch(id)]
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            for id, data in self._read("id IN (SELECT value FROM json_each(?))", part, json.dumps(part)):
                self._hold(id, data)
                found[id] = data
        return found

    def there(self, ids: Iterable[str]) -> set[str]:
        """Which of ``ids`` are things; much faster than one by one."""
        wanted = dict.fromkeys(ids)
        missing = [id for id in wanted if id not in self._held and id not in self._there and _ID.fullmatch(id)]
        for start in range(0, len(missing), _AT_ONCE):  # of what was not merged there are traits
            nums = json.dumps([int(id[1:]) for id in missing[start : start + _AT_ONCE]])
            query = "SELECT num FROM traits WHERE num IN (SELECT value FROM json_each(?))"
            self._there.update(f"o{num}" for (num,) in self._db.execute(query, (nums,)))
        return {id for id in wanted if id in self._held or id in self._there}

    def put(self, id: str, data: Plain) -> None:
        """A new thing, whose row is about to be written."""
        self._hold(id, data)

    def pop(self, id: str) -> Plain:
        """A thing that is merged into another one: its row is about to say so."""
        data = self[id]
        del self._held[id]
        self._there.discard(id)
        return data

    def forget(self) -> None:
        """Read everything anew."""
        self._held.clear()
        self._there.clear()

    def _hold(self, id: str, data: Plain) -> None:
        if len(self._held) >= _CACHED and not self.ahead:
            self._held.clear()
        self._held[id] = data

    def _read(self, condition: str, ids: Sequence[str], value: str) -> Iterator[tuple[str, Plain]]:
        rows = self._db.raw(f"SELECT digest, {_COLUMNS} FROM things WHERE {condition}", (value,)).fetchall()
        if len(rows) < len(ids):  # there is none, or its row is lost
            there = {row[1] for row in rows}
            self._look_again([int(id[1:]) for id in ids if id not in there])
        for digest, *row in rows:
            codec.check_row(f"thing {row[0]}", digest, *row)
            if row[4] is None:
                yield row[0], codec.decode(row[5].encode())

    def _look_again(self, nums: list[int]) -> None:
        """``DamagedMemory`` if there is a thing with one of these numbers, whose id did not lead to it, or if one was lost."""
        self._db.check_parts("things", {num >> _SHIFT for num in nums})
        query = "SELECT id FROM things WHERE num IN (SELECT value FROM json_each(?))"
        found = self._db.raw(query, (json.dumps(nums),)).fetchone()
        if found is not None:
            raise DamagedMemory(f"things: nothing leads to thing {found[0]} any more; run verify")
