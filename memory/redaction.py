"""An event's payload without what it says of some things: everything else in it stays as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..geometry import Box
from .apply import FAMILIES
from .blobs import DROPPED
from .log import FORGOTTEN
from .records import Event
from .tables import without
from .traces import Traces

ERASED_TEXT = "(erased)"
_TOLD = {
    "appeared": "was first seen", "moved": "moved", "vanished": "is gone", "reappeared": "is there again",
    "placed": "was put somewhere", "held": "is in the robot's hand", "slipped": "slipped from the hand",
    "state": "changed its state", "recognised": "was recognised", "merged": "is the same as another",
    "separated": "was taken for another",
}  # fmt: skip


def told(kind: str, label: str, id: str) -> str:
    """A change in words that name nothing but the thing itself."""
    return f"the {label} ({id}) {_TOLD.get(kind, 'changed')}"


class Redactor:
    """Takes traces out of one event after the other, in the order of the log. ``labels`` tells what things are called."""

    def __init__(self, traces: Traces, labels: Mapping[str, str]) -> None:
        self.traces = traces
        self.labels = labels
        self._place: dict[str, str] = {}  # thing → what it is on, in or at, according to the log so far
        self._learned: Counter[tuple[str, str, str]] = Counter()
        self._changed = False

    def redact(self, event: Event) -> dict[str, Any] | None:
        """What is left of the payload; None if nothing in it has to go."""
        self._changed = False
        payload = event.payload
        linked = self._linked(payload)
        out = {
            key: value for key, old in payload.items() if (value := self._value(key, old, event, linked)) is not None
        }
        for subject, predicate, object, *_ in payload.get("open", ()):  # type: ignore[attr-defined]
            if FAMILIES.get(predicate) == "place":
                self._place[subject] = object
        if self._changed and event.kind == DROPPED and not out["digests"]:
            out["bytes"] = 0
        return out if self._changed else None

    def _value(self, key: str, old: Any, event: Event, linked: bool) -> Any:
        """One entry of the payload without the traces; None to leave it out."""
        known = _HANDLERS.get(key)
        if known is not None:
            return known(self, old, event)
        if key == "tables":
            new = without(old, self)
            self._changed |= new is not old
            return new
        if event.kind == FORGOTTEN or isinstance(old, int | float):
            return old
        if key == "why" and isinstance(old, str):
            return self._text(old)
        if linked or (event.seq in self.traces.frames and key == "blobs"):
            self._changed = True
            return None
        return old

    def _linked(self, payload: Mapping[str, Any]) -> bool:
        """Does an entry that this code knows nothing of name the things? Then all such entries go: the safe side."""
        strange = [v for k, v in payload.items() if k not in _HANDLERS and k not in ("why", "blobs", "tables")]
        texts = list(_strings(strange))
        return any(text in self.traces.blobs or self.traces.named(text, linked=True) for text in texts)

    # --- one kind of entry each -----------------------------------------------------------------------------------------
    def things(self, old: Mapping[str, Any], _event: Event) -> dict[str, Any]:
        new = {id: self.patch(patch) for id, patch in old.items() if id not in self.traces.ids}
        self._changed |= len(new) != len(old)
        return new

    def patch(self, patch: Mapping[str, Any]) -> Mapping[str, Any]:
        """Another thing's patch: it no longer looks like one that is to go, nor like the only one of its class."""
        out = dict(patch)
        if not self.traces.ids.isdisjoint(patch.get("alike", ())):
            out["alike"] = {i: since for i, since in patch["alike"].items() if i not in self.traces.ids}
        if any(map(self._its_class, patch.get("labels", ()))):
            left = {label: p for label, p in patch["labels"].items() if not self._its_class(label)}
            out["labels"] = left or {"object": 1.0}
        self._changed |= any(out[key] is not value for key, value in patch.items())
        return out

    def _its_class(self, label: str) -> bool:
        return self.traces.own is not None and self.traces.own.fullmatch(label) is not None

    def subjects(self, old: list[Any], _event: Event) -> list[Any]:
        return self._kept(old, lambda row: row[0] not in self.traces.ids)

    def opens(self, old: list[Any], _event: Event) -> list[Any]:
        rows = []
        for row in self._kept(old, lambda row: row[0] not in self.traces.ids):
            if row[2] in self.traces.ids:
                self._changed = True
                row = [row[0], row[1], None, row[3], row[4], "", ""]
            elif any(map(self._its_class, row[5:7])):  # another thing that was taken for it
                self._changed = True
                row = [*row[:5], "", ""]
            rows.append(row)
        return rows

    def changes(self, old: list[Any], event: Event) -> list[Any]:
        rows = self._kept(old, lambda row: row[1] not in self.traces.ids)
        there = {row[0]: row[2] for row in event.payload.get("open", ())}  # type: ignore[attr-defined]
        return [self.change(row, there) for row in rows]

    def change(self, row: list[Any], there: Mapping[str, str]) -> list[Any]:
        """Another thing's change; in neutral words where its text names what is to go."""
        kind, id, text, cause = row
        beside = not self.traces.ids.isdisjoint({self._place.get(id), there.get(id)})
        if not self.traces.named(text, linked=beside):
            return row
        self._changed = True
        return [kind, id, told(kind, self.labels.get(id, "thing"), id), cause]

    def coverage(self, old: Mapping[str, Any], _event: Event) -> dict[str, Any]:
        new = {place: seen for place, seen in old.items() if place not in self.traces.ids}
        self._changed |= len(new) != len(old)
        return new

    def path(self, old: list[Any], _event: Event) -> list[Any]:
        return self._kept(old, lambda row: not self.crosses(row[1:]))

    def crosses(self, pose: list[float]) -> bool:
        """Does a pose (position first) lie on floor that is to be forgotten?"""
        return any(_over(box, pose[:2]) for box in self.traces.area)

    def past(self, old: list[Any], _event: Event) -> list[Any]:
        return self._kept(old, lambda row: self.traces.ids.isdisjoint((row[0], row[2])))

    def late(self, old: list[Any], _event: Event) -> list[Any]:
        return self._kept(old, lambda row: row[0] not in self.traces.ids)

    def areas(self, old: list[Any], _event: Event) -> list[Any]:
        return self._kept(old, lambda row: row[0] not in self.traces.ids)

    def poses(self, old: list[Any], _event: Event) -> list[Any]:
        return self._kept(old, lambda row: not self.crosses_view(row[5]))

    def crosses_view(self, rows: list[float]) -> bool:
        """Was a camera (three rows of its pose) over floor that is to be forgotten?"""
        return self.crosses([rows[3], rows[7]])

    def act(self, old: Mapping[str, Any], _event: Event) -> dict[str, Any]:
        return self.acted(old)

    def acted(self, old: Mapping[str, Any]) -> dict[str, Any]:
        """An action on the thing stays as one on something; what was said about it goes."""
        new = dict(old)
        linked = old.get("id") in self.traces.acts
        if not self.traces.said.isdisjoint({old.get("id"), old.get("episode"), old.get("parent")}):
            new |= {key: ERASED_TEXT for key in ("text", "why", "subgoal") if old.get(key)}
        for key in ("text", "why", "detail", "subgoal"):
            if isinstance(new.get(key), str) and self.traces.named(new[key], linked):
                new[key] = ERASED_TEXT
        for key in ("touched", "cites"):
            if key in old:
                new[key] = [i for i in old[key] if i not in self.traces.ids]
        if old.get("target") in self.traces.ids:
            new["target"], new["position"] = None, None
        self._changed |= new != dict(old)
        return new

    def note(self, old: Mapping[str, Any], event: Event) -> Mapping[str, Any] | None:
        if self.notes_it(event.seq, old["kind"], old["text"], old["refs"]):
            self._changed = True
            return None
        return old

    def notes_it(self, seq: int, kind: str, text: str, refs: list[str]) -> bool:
        """Is a remark about what is to go?"""
        about = not self.traces.ids.isdisjoint(refs)
        return about or seq in self.traces.notes or self.traces.named(f"{kind} {text}")

    def keyframe(self, old: Mapping[str, Any], event: Event) -> Mapping[str, Any] | None:
        if event.seq in self.traces.frames:
            self._changed = True
            return None
        return old

    def blobs(self, old: Mapping[str, Any], event: Event) -> Mapping[str, Any] | None:
        if event.seq in self.traces.frames or ("keyframe" not in event.payload and self._gone(old)):
            self._changed = True
            return None
        return old

    def digests(self, old: list[str], _event: Event) -> list[str]:
        return self._kept(old, lambda digest: digest not in self.traces.blobs)

    def _gone(self, blobs: Mapping[str, Any]) -> bool:
        return not self.traces.blobs.isdisjoint(blobs.values())

    # --- rows of a checkpoint -----------------------------------------------------------------------------------------------
    def places(self, now: Mapping[str, str]) -> None:
        """What things are on, in or at from here on."""
        self._place.update(now)

    def counts(self, table: str, rows: list[list[Any]]) -> list[list[Any]]:
        """Learned counts (label first, then maybe a place's label) without those that only what is to go has given."""
        left = [row for row in rows if not any(isinstance(v, str) and self._its_class(v) for v in row)]
        if table == "usual":
            left = [[a, b, count - self._learned[table, a, b]] for a, b, count in left]
            return [row for row in left if row[2] > 0]
        return [
            [a, max(0, moved - self._learned[table, a, "moved"]), max(0, gone - self._learned[table, a, "vanished"])]
            for a, moved, gone in left
        ]

    def unlearn(self, table: str, pairs: list[tuple[str, str]]) -> None:
        """Note what has counted towards ``counts``: (thing, place) or (thing, kind of change)."""
        for thing, other in pairs:
            self._learned[table, self.labels.get(thing, ""), self.labels.get(other, other)] += 1

    # --- inside -----------------------------------------------------------------------------------------------------------
    def _kept(self, rows: list[Any], keep: Callable[[Any], bool]) -> list[Any]:
        new = [row for row in rows if keep(row)]
        self._changed |= len(new) != len(rows)
        return new

    def _text(self, text: str) -> str:
        if not self.traces.named(text, linked=True):
            return text
        self._changed = True
        return ERASED_TEXT


_HANDLERS: dict[str, Callable[[Redactor, Any, Event], Any]] = {
    "things": Redactor.things, "close": Redactor.subjects, "merge": Redactor.subjects, "open": Redactor.opens,
    "changes": Redactor.changes, "coverage": Redactor.coverage, "path": Redactor.path, "resident": Redactor.subjects,
    "act": Redactor.act, "note": Redactor.note, "keyframe": Redactor.keyframe, "blobs": Redactor.blobs,
    "digests": Redactor.digests, "poses": Redactor.poses,
    "past": Redactor.past, "late": Redactor.late, "areas": Redactor.areas,
}  # fmt: skip


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _over(box: Box, xy: list[float]) -> bool:
    """Does a point of the floor lie under an upright box?"""
    c, s = np.cos(box.yaw), np.sin(box.yaw)
    dx, dy = xy[0] - box.center[0], xy[1] - box.center[1]
    return bool(abs(c * dx + s * dy) <= box.size[0] / 2 and abs(c * dy - s * dx) <= box.size[1] / 2)


__all__ = ["ERASED_TEXT", "Redactor", "told"]
