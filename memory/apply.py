"""Events → projections. The only code that writes belief tables; live writes and replay both go through ``apply``.

Every event carries the decisions that were made, never what they were made from: patches of things, facts opened and
closed, changes worth telling, acts begun and ended. So applying the log again gives the same tables, whatever the
deciding code looks like by then.

Payload keys (all optional): ``things`` {id: patch}, ``merge`` [[id, into]], ``close`` [[subject, family, stop]],
``open`` [[subject, predicate, object, start, cause, subject label, object label]], ``changes`` [[kind, id, text, cause]],
``coverage`` {place: [share, stamp]}, ``path`` [[stamp, 7 numbers]], ``resident`` [[id, pinned]], ``act`` {…}, ``note`` {…},
``keyframe`` {…}, ``past`` [[…]], those of ``space``, ``counters`` {name: at least this} so that no id is given out again
after an erasure.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import codec, pastfacts
from .checked import Checked
from .finder import WATCHED, Finder
from .kept import Kept
from .node import ARRAYS, best_label
from .openacts import OpenAct, OpenActs
from .openfacts import Fact, OpenFacts
from .rates import Rates
from .space import apply_space
from .tables import restore
from .vectors import NAME as APPEARANCE
from .vectors import Vectors

LOOKS = "looks"  # the kind of routine interval summaries
EVIDENCE_KEPT = 8
FAMILIES = {"on": "place", "in": "place", "at": "place", "held_by": "place", "part_of": "whole"}


def _put(table: str, keys: int, *columns: str, key: str = "") -> str:
    """Insert a row or change the one with the same ``key``, which the first ``keys`` columns are or follow from: cheaper than
    to replace it, whose sums (see ``sums``) would go down and up again; to set again what follows from the key would write
    the pages of its indexes anew.
    """
    sets = ", ".join(f"{c} = excluded.{c}" for c in columns[keys:])
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT ({key or ', '.join(columns[:keys])}) DO UPDATE SET {sets}"


_COUNTER = _put("counters", 1, "key", "value")
_THING = _put("things", 2, "id", "num", "label", "role", "merged", "data", "digest", key="id")
_CLOUD = _put("clouds", 2, "thing", "name", "body", "digest")
_ACT = _put("acts", 3, "id", "kind", "num", "parent", "started", "ended", "status", "data", "seq", "digest",
            key="kind, num")  # fmt: skip
_KINDS = {"e": "episode", "g": "subgoal", "a": "action"}  # of acts, by the first letter of their ids
_FACT = _put(
    "facts", 1, "num", "subject", "predicate", "object", "family", "start", "stop", "cause", "seq", "stop_seq", "digest"
)


class _Bulk:
    """Rows that are not written yet: things, (thing, name) → array, number → fact."""

    def __init__(self) -> None:
        self.things: dict[str, None] = {}
        self.clouds: dict[tuple[str, str], Any] = {}
        self.facts: dict[int, tuple[Any, ...]] = {}


class Projection:
    """The belief tables of one database, read where they are needed: opening costs no look at every thing.

    ``plain``: thing → its data as kept; ``open``: (subject, family) → the fact that holds; ``acts``: those that have not ended;
    ``merged``: thing → into; ``finder``: who goes by a name, is gone, is near; ``vectors``: who looks like this.
    """

    def __init__(self, db: Checked) -> None:
        self.db = db
        self._bulk: _Bulk | None = None
        self.plain = Kept(db)
        self.open = OpenFacts(db)
        self.acts = OpenActs(db)
        self.finder = Finder(db)
        self.vectors = Vectors(db)
        self.load()

    def load(self) -> None:
        """Read everything anew; ``DamagedMemory`` if a row was altered."""
        self.plain.forget()
        self.open.forget()
        self.acts.forget()
        self.finder.forget()
        self.vectors.forget()
        self._rates: Rates | None = None
        self.counters: dict[str, float] = dict(self.db.execute("SELECT key, value FROM counters"))
        self.merged: dict[str, str] = {}
        query = "SELECT digest, id, num, label, role, merged, data FROM things WHERE merged IS NOT NULL ORDER BY num"
        with self.db.steady():
            rows = self.db.raw(query).fetchall()
            self.db.add_up("merged", [""], (("", (*row[1:6], row[0])) for row in rows))
        for digest, *row in rows:
            codec.check_row(f"thing {row[0]}", digest, *row)
            self.merged[row[0]] = row[4]

    @property
    def rates(self) -> Rates:
        """How often things move, from all that is kept of them."""
        if self._rates is None:
            self._rates = Rates()
            seconds = """SELECT label, sum(last_seen - first_seen) FROM traits WHERE role = 'object'
                         GROUP BY label ORDER BY label"""
            for label, watched in self.db.execute(seconds):
                known = {"role": "object", "labels": {label: 1.0}, "first_seen": 0.0, "last_seen": watched}
                self._rates.thing(known)
            for label, moved, vanished in self.db.execute("SELECT label, moved, vanished FROM habits ORDER BY label"):
                self._rates.moved(label, moved + vanished)
        return self._rates

    def arrays(self, id: str) -> dict[str, NDArray[Any]]:
        """Points, colours and appearance of a thing as kept."""
        return self.some_arrays([id])[id]

    def some_arrays(self, ids: Sequence[str]) -> dict[str, dict[str, NDArray[Any]]]:
        """The same of several things."""
        found: dict[str, dict[str, NDArray[Any]]] = {id: {} for id in ids}
        query = "SELECT thing, name, body, digest FROM clouds WHERE thing IN (SELECT value FROM json_each(?))"
        with self.db.steady():
            rows = self.db.raw(query, (json.dumps(list(ids)),)).fetchall()
            self.db.add_up("clouds", ids, ((row[0], (row[0], row[1], row[3])) for row in rows))
        for id, name, body, digest in rows:
            codec.check_row(f"thing {id}: {name}", digest, id, name, body)
            found[id][name] = codec.bytes_to_array(body)
        if self._bulk is not None:
            for id in ids:
                found[id] |= {k: np.asarray(self._bulk.clouds[id, k]) for k in ARRAYS if (id, k) in self._bulk.clouds}
        return found

    # --- many events at once ------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def bulk(self) -> Iterator[None]:
        """Within the block, rows that later events change again are written once, at its end: several times faster.

        Nobody else may read the tables of things, clouds, facts and counters meanwhile.
        """
        self._bulk = _Bulk()
        self.plain.ahead = self.open.ahead = True
        try:
            yield
            self._write_down()
        finally:
            self._bulk = None
            self.plain.ahead = self.open.ahead = False
            self._rates = None
            self.finder.forget()
            self.vectors.forget()

    def _write_down(self) -> None:
        held, self._bulk = self._bulk, None
        if held is None:
            return
        for id in held.things:
            self.finder.remove(int(id[1:]))
            self._store(id, self.plain[id], None)
        for (id, name), value in held.clouds.items():
            self._cloud(id, name, value)
        for row in held.facts.values():
            self.fact_row(row)
        self.db.executemany(_COUNTER, [(key, float(value)) for key, value in self.counters.items()])
        self._bulk = _Bulk()

    # --- applying -----------------------------------------------------------------------------------------------------
    def apply(self, seq: int, kind: str, stamp: float, payload: Mapping[str, Any]) -> None:
        """Write what event ``seq`` decided."""
        self._count("now", max(self.counters.get("now", stamp), stamp))
        for subject, family, stop in payload.get("close", ()):
            self._close(subject, family, stop, seq)
        if "tables" in payload:
            self._write_down()
            restore(self.db, payload["tables"])
            if "counters" in payload["tables"]:  # the last portion of a checkpoint
                self.load()
        for row in payload.get("open", ()):
            if row[2] is None:  # what it related to was erased: the fact before it ended all the same
                self._close(row[0], FAMILIES.get(row[1], row[1]), row[3], seq)
            else:
                self._open(seq, *row)
        if payload.get("past"):
            self._write_down()  # it is put among rows that have to be there
            for row in payload["past"]:
                pastfacts.file(self, FAMILIES.get(row[1], row[1]), row, seq)
                self._write_down()
        for key, value in payload.get("counters", {}).items():
            self._count(key, max(self.counters.get(key, value), value))
        for id, patch in payload.get("things", {}).items():
            self._patch(id, patch, seq, kind)
        for id, into in payload.get("merge", ()):
            self._merge(id, into, seq)
        for n, (change, id, text, cause) in enumerate(payload.get("changes", ())):
            self.db.execute(
                "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)", (seq, n, change, id, text, cause, stamp)
            )
            self._habit(change, id)
        for place, (share, when) in payload.get("coverage", {}).items():
            self.db.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?)", (place, share, when))
        for when, *pose in payload.get("path", ()):
            self.db.execute("INSERT INTO path (stamp, pose) VALUES (?, ?)", (when, codec.encode(pose).decode()))
        apply_space(self.db, self._count, self.counters, payload)
        if "resident" in payload:
            self.db.execute("DELETE FROM resident")
            for slot, (id, pinned) in enumerate(payload["resident"]):
                self.db.execute("INSERT INTO resident VALUES (?, ?, ?)", (slot, id, int(pinned)))
        if "act" in payload:
            self._act(seq, payload["act"])
        if "note" in payload:
            note = payload["note"]
            refs = codec.encode(note["refs"]).decode()
            self.db.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", (seq, note["kind"], note["text"], refs, stamp))
        if "keyframe" in payload:
            picture = codec.encode({**payload["keyframe"], "blobs": payload["blobs"]}).decode()
            self.db.execute("INSERT INTO keyframes VALUES (?, ?, ?)", (seq, stamp, picture))

    def _patch(self, id: str, patch: Mapping[str, Any], seq: int, kind: str) -> None:
        data = self.plain.get(id) or {"evidence": []}
        before = {k: data.get(k) for k in WATCHED if k in patch} if data["evidence"] else None
        if self._rates is not None:
            self._rates.thing(data, -1)
        for key, value in patch.items():
            if key in ARRAYS:
                self._cloud(id, key, value)
            else:
                data[key] = value
        evidence: list[list[Any]] = data["evidence"]
        if kind == LOOKS and evidence and evidence[0][1] == LOOKS:
            evidence[0] = [seq, kind]  # the newest summary stands for the ones before it
        else:
            data["evidence"] = [[seq, kind], *evidence][:EVIDENCE_KEPT]
        if self._rates is not None:
            self._rates.thing(data)
        self.plain.put(id, data)
        self._store(id, data, before)

    def _cloud(self, id: str, name: str, value: Any) -> None:
        if self._bulk is not None:
            self._bulk.clouds[id, name] = value
            return
        body = codec.array_to_bytes(np.asarray(value))
        digest = codec.row_digest(id, name, body)
        self.db.execute(_CLOUD, (id, name, body, digest))
        if name == APPEARANCE:
            self.vectors.put(int(id[1:]), value)

    def _store(self, id: str, data: dict[str, Any], before: dict[str, Any] | None) -> None:
        num = int(id[1:])
        self._count("things", max(self.counters.get("things", 0), num))
        if self._bulk is not None:
            self._bulk.things[id] = None
            return
        row = (id, num, best_label(data["labels"]), data["role"], None, codec.encode_again(data).decode())
        self.db.execute(_THING, (*row, codec.row_digest(*row)))
        self.finder.write(num, data, before)

    def _merge(self, id: str, into: str, seq: int) -> None:
        data = self.plain.pop(id)
        if self._bulk is not None:
            self._bulk.things.pop(id, None)
        if self._rates is not None:
            self._rates.thing(data, -1)
        num = int(id[1:])
        row = (id, num, best_label(data["labels"]), data["role"], into, codec.encode(data).decode())
        self.db.execute(_THING, (*row, codec.row_digest(*row)))
        self.finder.remove(num)
        self.vectors.drop(num)
        self.merged[id] = into
        for older, target in self.merged.items():  # so that one step always leads to the thing itself
            if target == id:
                self.merged[older] = into

    def _open(
        self, seq: int, subject: str, predicate: str, object: str, start: float, cause: str, label: str, place: str
    ) -> None:
        family = FAMILIES.get(predicate, predicate)
        self._close(subject, family, start, seq)
        num = self.next_fact()
        self.fact_row((num, subject, predicate, object, family, start, None, cause, seq, None))
        self.open.set(family, Fact(num, subject, predicate, object, start, cause, seq))
        if predicate in ("on", "in") and label and place:
            self.db.execute(
                "INSERT INTO usual VALUES (?, ?, 1) ON CONFLICT (label, place) DO UPDATE SET count = count + 1",
                (label, place),
            )

    def _close(self, subject: str, family: str, stop: float, seq: int) -> None:
        fact = self.open.pop((subject, family))
        if fact is not None:
            stop = max(stop, fact.start)
            self.fact_row(
                (fact.num, subject, fact.predicate, fact.object, family, fact.start, stop, fact.cause, fact.seq, seq)
            )

    def next_fact(self) -> int:
        """The number of a new fact."""
        num = int(self.counters.get("facts", 0)) + 1
        self._count("facts", num)
        return num

    def fact_row(self, row: tuple[Any, ...]) -> None:
        """Write a fact: its columns but for the digest."""
        if self._bulk is not None:
            self._bulk.facts[row[0]] = row
            return
        self.db.execute(_FACT, (*row, codec.row_digest(*row)))

    def _habit(self, change: str, id: str) -> None:
        data = self.plain.get(id)
        if change not in ("moved", "vanished") or data is None:
            return
        label = best_label(data["labels"])
        moved, vanished = int(change == "moved"), int(change == "vanished")
        if self._rates is not None:
            self._rates.moved(label)
        self.db.execute(
            "INSERT INTO habits VALUES (?, ?, ?) ON CONFLICT (label) DO UPDATE SET moved = moved + ?, "
            "vanished = vanished + ?",
            (label, moved, vanished, moved, vanished),
        )

    def _act(self, seq: int, act: Mapping[str, Any]) -> None:
        id, num, data, first = act["id"], int(act["id"][1:]), dict(act), seq
        kind = act.get("kind") or _KINDS[id[:1]]
        begun = self.acts.named(kind, id)
        if begun is not None:
            data, first = {**codec.decode(begun.text.encode()), **act}, begun.seq
        elif num <= self.counters.get(kind, num):
            before = self.db.execute("SELECT data, seq FROM acts WHERE kind = ? AND num = ?", (kind, num)).fetchone()
            if before is not None:
                data, first = {**codec.decode(before[0].encode()), **act}, before[1]
        text = codec.encode_again(data).decode()
        row = (id, kind, num, data.get("parent"), data["started"], data.get("ended"), data.get("status"), text, first)
        self.db.execute(_ACT, (*row, codec.row_digest(*row)))
        self.acts.put(kind, num, OpenAct(id, first, data.get("robot"), text), data.get("ended") is not None)
        self._count(kind, max(self.counters.get(kind, 0), num))

    def _count(self, key: str, value: float) -> None:
        if self.counters.get(key) != value:
            self.counters[key] = value
            if self._bulk is None:
                self.db.execute(_COUNTER, (key, float(value)))
