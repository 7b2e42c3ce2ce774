"""A span of time taken out of the log: memory becomes what it would be had nothing been noticed or done then.

What was noticed after the span stays known. Patches in the log are differences, so the first event after the span that
rests on a look at a thing has to carry all of what was believed by then: it is completed from a second projection, which
goes through the log as it was. Things not noticed again return to what was believed of them before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from . import codec
from .apply import LOOKS, Projection
from .beside import no_beliefs
from .blobs import DROPPED
from .log import ERASED, FORGOTTEN
from .node import ARRAYS
from .records import Event
from .redaction import ERASED_TEXT, told
from .sealed import SealedSpan
from .store import Store
from .tables import sealed_upto
from .traces import blobs_of, keyframe_rows, same_pictures

Payload = dict[str, Any]
_STAMPS = ("last_seen", "last_looked", "believed")


class SpanRedactor:
    """Takes the span [start, end] (world time, s) out of one event after the other. ``new`` is being built meanwhile."""

    def __init__(self, store: Store, new: Projection, start: float, end: float) -> None:
        self.start, self.end = start, end
        rows = keyframe_rows(store.db)
        inside = {seq for seq, stamp in store.db.execute("SELECT seq, stamp FROM keyframes") if self._within(stamp)}
        self.frames = same_pictures(rows, inside)
        self.blobs = blobs_of(rows, self.frames)
        self._new = new
        self._beside = contextlib.ExitStack()
        self._old = self._beside.enter_context(no_beliefs())  # of the log as it was
        self._bulk = self._old.bulk()
        self._bulk.__enter__()  # for good: its last rows need not be written
        self._stale: set[str] = set()  # things of which ``new`` lacks something that ``_old`` has from the span
        self._acts: set[str] = set()  # begun in the span
        self._sealed = SealedSpan(start, end)
        self._prepare(store)

    def close(self) -> None:
        """Let the second projection go."""
        self._beside.close()

    def _prepare(self, store: Store) -> None:
        """Look ahead into a checkpoint, if there is one: what of it goes depends on all of its portions."""
        things: dict[str, Any] = {}
        facts: list[tuple[str, float]] = []
        upto = sealed_upto(store.db)
        for event in store.events(0, upto) if upto else ():
            tables: Any = event.payload.get("tables", {})
            things |= {row[0]: codec.decode(row[5].encode()) for row in tables.get("things", ()) if row[4] is None}
            facts += [(row[1], row[5]) for row in tables.get("facts", ())]
        self._sealed.prepare(things, facts)
        self._stale |= self._sealed.gone

    def redact(self, event: Event) -> Payload | None:
        """What is left of the payload; None if nothing in it has to go."""
        payload = dict(event.payload)
        self._old.apply(event.seq, event.kind, event.stamp, payload)
        if "tables" in payload:
            tables: Any = payload["tables"]
            left = {**payload, "tables": self._sealed.cut(tables)}
            return left if codec.encode(left) != codec.encode(payload) else None
        if event.kind in (FORGOTTEN, ERASED) or payload.get("erased") is True:
            return None
        inside = self._within(event.stamp)
        left = self._inside(event, payload) if inside else self._outside(event, payload)
        return left if codec.encode(left) != codec.encode(payload) else None

    def _within(self, stamp: float | None) -> bool:
        return stamp is not None and self.start <= stamp <= self.end

    # --- events of the span -----------------------------------------------------------------------------------------------
    def _inside(self, event: Event, payload: Payload) -> Payload:
        self._note_stale(payload)
        if event.kind == DROPPED:
            return {"digests": [d for d in payload["digests"] if d not in self.blobs], "bytes": 0}
        act = payload.get("act")
        if act is None:
            return {}
        if self._within(act["started"]) or act["id"] in self._acts:
            self._acts.add(act["id"])
            return {}
        if act.get("kind") == "action":
            return {}  # begun before the span: that its end is not known is the truth from now on
        # an episode or a sub-goal that is over must not go on as the current one; how it went is gone
        return {"act": {"id": act["id"], "ended": self.start, "status": ERASED_TEXT}}

    def _note_stale(self, payload: Payload) -> None:
        self._stale |= set(payload.get("things", {}))
        self._stale |= {row[0] for key in ("open", "close", "past") for row in payload.get(key, ())}
        self._stale |= {id for pair in payload.get("merge", ()) for id in pair}

    # --- events outside ---------------------------------------------------------------------------------------------------
    def _outside(self, event: Event, payload: Payload) -> Payload:
        left: Payload = dict(payload)
        fresh = {id for id in self._named(payload) if id in self._stale and self._rests_on_a_look(id, event)}
        fresh |= self._places_of(fresh)
        blind = self._stale - fresh if event.stamp > self.end else {i for i in self._stale if i not in self._new.plain}
        dropped = blind | fresh
        if "things" in left:
            left["things"] = {i: self._clipped(i, p, event) for i, p in left["things"].items() if i not in dropped}
        for key in ("open", "close", "merge"):
            if key in left:
                about = slice(0, 2 if key == "merge" else 1)
                left[key] = [self._row(key, row, event) for row in left[key] if not dropped.intersection(row[about])]
        for id in sorted(fresh, key=lambda i: int(i[1:])):
            self._complete(id, event, left)
        self._stale -= fresh
        known = {*self._new.plain, *self._new.merged, *left.get("things", {})}
        if "changes" in left:
            left["changes"] = [self._change(row, fresh) for row in left["changes"] if row[1] in known]
        if "resident" in left:
            left["resident"] = [row for row in left["resident"] if row[0] in known]
        if "coverage" in left:
            left["coverage"] = {k: v for k, v in left["coverage"].items() if k in known and not self._within(v[1])}
        if "path" in left:
            left["path"] = [row for row in left["path"] if not self._within(row[0])]
        if "past" in left:
            left["past"] = [
                r for r in left["past"] if not (r[3] <= self.end and r[4] >= self.start) and r[0] not in dropped
            ]
        if "poses" in left:
            left["poses"] = [row for row in left["poses"] if not self._within(row[2])]
        if "act" in left:
            left["act"] = self._act(left["act"])
        if event.seq in self.frames:
            left |= {"keyframe": None, "blobs": None}
        if event.kind == DROPPED:
            left["digests"] = [d for d in left["digests"] if d not in self.blobs]
        return {key: value for key, value in left.items() if value is not None}

    def _named(self, payload: Payload) -> set[str]:
        return {*payload.get("things", {}), *(row[0] for key in ("open", "close") for row in payload.get(key, ()))}

    def _rests_on_a_look(self, id: str, event: Event) -> bool:
        """Is what the log believes of a thing by now the fruit of something after the span?"""
        if event.stamp <= self.end or id not in self._old.plain:
            return False
        data = self._old.plain[id]
        if id not in self._new.plain:  # that it is no longer there tells nothing of a thing that was never noticed
            seen = max(data["last_seen"], data["believed"] or data["last_seen"]) > self.end
            return seen or data["held"] is not None
        if event.kind != LOOKS:  # a summary's own time says nothing about when its looks were
            return True
        return any(data[key] is not None and data[key] > self.end for key in _STAMPS)

    def _places_of(self, fresh: set[str]) -> set[str]:
        """Places that the span brought and that what is known now refers to."""
        found: set[str] = set()
        queue = list(fresh)
        while queue:
            id = queue.pop()
            for fact in self._old.open.of(id).values():
                lacking = fact.object in self._old.plain and fact.object not in self._new.plain
                if lacking and fact.object not in fresh | found:
                    found.add(fact.object)
                    queue.append(fact.object)
        return found

    def _complete(self, id: str, event: Event, left: Payload) -> None:
        """Let the payload bring all that the log as it was believes of a thing by now."""
        before = self._new.plain.get(id)
        old = {k: v for k, v in self._old.plain[id].items() if k != "evidence"}
        old = dict(self._clipped(id, old, event))
        if before is None:
            for key in ("first_seen", "last_seen", "last_looked"):
                old[key] = event.stamp if self._within(self._old.plain[id][key]) else old[key]
        patch = {k: v for k, v in old.items() if before is None or before.get(k) != v}
        if before is None or "box" in patch:
            arrays = self._old.arrays(id)
            patch |= {key: arrays[key] for key in ARRAYS if key in arrays}
            patch["box"] = old["box"]
        left["things"] = {**left.get("things", {}), id: patch}
        merged = [i for i, into in self._old.merged.items() if into == id and i in self._new.plain]
        if merged:
            left["merge"] = [*left.get("merge", []), *([i, id] for i in merged)]
        for family in sorted({*self._old.open.of(id), *self._new.open.of(id)}):
            was, now = self._new.open.get((id, family)), self._old.open.get((id, family))
            if now is None:
                left["close"] = [*left.get("close", []), [id, family, event.stamp]]
            elif was is None or (was.predicate, was.object) != (now.predicate, now.object):
                start = event.stamp if self._within(now.start) else now.start
                cause = "exogenous" if now.cause in self._acts else now.cause
                row = [id, now.predicate, now.object, start, cause, *self._classes(event, id, now.object)]
                left["open"] = [*left.get("open", []), row]

    def _classes(self, event: Event, id: str, object: str) -> list[str]:
        """The labels by which this placement counts for usual places: only if it was noticed after the span."""
        rows: Any = event.payload.get("open", ())
        return next((list(r[5:7]) for r in rows if r[0] == id and r[2] == object and not self._within(r[3])), ["", ""])

    def _clipped(self, id: str, patch: Mapping[str, Any], event: Event) -> Payload:
        """A patch with no time in it that lies in the span."""
        out = dict(patch)
        before = self._new.plain.get(id, {})
        for key in ("first_seen", *_STAMPS):
            if self._within(out.get(key)):
                out[key] = before.get(key, event.stamp)
        if "misses" in out and self._within(out["misses"][2]):
            out["misses"] = [*out["misses"][:2], event.stamp]
        if "states" in out:
            out["states"] = {k: [v, p, event.stamp if self._within(t) else t] for k, (v, p, t) in out["states"].items()}
        if out.get("link") and any(map(self._within, (out["link"][0], *out["link"][2:4]))):
            out["link"] = None
        if "alike" in out:
            out["alike"] = {
                k: event.stamp if self._within(t) else t for k, t in out["alike"].items() if k in self._new.plain
            }
        return out

    def _row(self, key: str, row: list[Any], event: Event) -> list[Any]:
        if key == "open" and self._within(row[3]):
            return [*row[:3], event.stamp, "exogenous" if row[4] in self._acts else row[4], "", ""]
        if key == "open" and row[4] in self._acts:
            return [*row[:4], "exogenous", *row[5:]]
        return row

    def _change(self, row: list[Any], fresh: set[str]) -> list[Any]:
        kind, id, text, cause = row
        if id in fresh and kind in ("moved", "vanished", "merged"):  # where it had been, or what as, is from the span
            labels = self._old.plain.get(id, {}).get("labels", {})
            text = told(kind, min(labels, key=lambda k: (-labels[k], k)) if labels else "thing", id)
        return [kind, id, text, "exogenous" if cause in self._acts else cause]

    def _act(self, act: Mapping[str, Any]) -> Payload | None:
        if act["id"] in self._acts:
            return None
        out = dict(act)
        if out.get("parent") in self._acts:
            out["parent"] = None
        if out.get("episode") in self._acts:
            out["episode"], out["subgoal"] = "", ""
        return out
