"""A span of time taken out of the rows of a checkpoint, where the events that led to them are gone.

What was believed before the span cannot be told from what was believed after it any more. So a thing that was last seen in
the span stays only if nothing that is known of it began then; else it goes. Learned counts carry no time and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import codec
from .redaction import ERASED_TEXT
from .tables import Tables

_STAMP = {
    "changes": 6,
    "notes": 4,
    "keyframes": 1,
    "path": 1,
    "coverage": 2,
    "poses": 2,
}  # table → column of world time


class SealedSpan:
    """Cuts [start, end] (world time, s) out of one portion after the other. ``gone``: things that had to go."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end
        self.gone: set[str] = set()

    def prepare(self, things: Mapping[str, Mapping[str, Any]], facts: list[tuple[str, float]]) -> None:
        """Decide which things go, from all of them and from (subject, start) of all facts of the checkpoint."""
        began = {subject for subject, since in facts if self._within(since)}
        for id, data in things.items():
            if self._within(data["last_seen"]) and (self._within(data["first_seen"]) or id in began):
                self.gone.add(id)

    def cut(self, tables: Tables) -> dict[str, list[list[Any]]]:
        """The rows without the span."""
        return {table: self._cut(table, rows) for table, rows in tables.items()}

    def _cut(self, table: str, rows: list[list[Any]]) -> list[list[Any]]:
        if table == "things":
            return [[*row[:5], self._thing(row[5])] for row in rows if row[0] not in self.gone]
        if table == "facts":
            return [kept for row in rows if (kept := self._fact(row)) is not None]
        if table == "acts":
            return [kept for row in rows if (kept := self._act(row)) is not None]
        if table in ("clouds", "coverage", "changes", "resident"):
            rows = [row for row in rows if row[{"changes": 3, "resident": 1}.get(table, 0)] not in self.gone]
        if table in _STAMP:
            return [row for row in rows if not self._within(row[_STAMP[table]])]
        return rows

    def _within(self, stamp: float | None) -> bool:
        return stamp is not None and self.start <= stamp <= self.end

    def _thing(self, text: str) -> str:
        data = codec.decode(text.encode())
        for key in ("first_seen", "last_seen", "last_looked", "believed"):
            if self._within(data[key]):
                data[key] = data["last_seen"] if data["last_seen"] > self.end else self._before
        if self._within(data["misses"][2]):
            data["misses"][2] = None
        if data.get("link") and any(map(self._within, (data["link"][0], *data["link"][2:4]))):
            data["link"] = None
        then = data["last_seen"]
        data["states"] = {k: [v, p, then if self._within(t) else t] for k, (v, p, t) in data["states"].items()}
        data["alike"] = {k: then if self._within(t) else t for k, t in data["alike"].items() if k not in self.gone}
        return codec.encode(data).decode()

    @property
    def _before(self) -> float:
        """A moment before the span, for what was known then and seen again in it."""
        return self.start - 1e-3

    def _fact(self, row: list[Any]) -> list[Any] | None:
        num, subject, predicate, object, family, since, stop, cause, seq, stop_seq = row
        if subject in self.gone or object in self.gone or (self._within(since) and stop is not None):
            return None
        if self._within(since):  # it still held after the span
            since = self.end + 1e-3
        return [num, subject, predicate, object, family, since, self._before if self._within(stop) else stop, cause, seq,
                stop_seq]  # fmt: skip

    def _act(self, row: list[Any]) -> list[Any] | None:
        id, kind, num, parent, started, ended, status, text, seq = row
        if self._within(started):
            return None
        if self._within(ended):
            over = kind != "action"
            ended, status = (self._before, ERASED_TEXT) if over else (None, None)
            data = codec.decode(text.encode())
            data |= {"ended": ended, "status": status} | ({} if over else {"detail": ""})
            text = codec.encode(data).decode()
        return [id, kind, num, parent, started, ended, status, text, seq]
