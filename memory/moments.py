"""What was lived through, as pieces that can be found again: episodes, actions, changes and remarks, with the edges
between them.

Built from the tables when something is to be found, and kept up to date from then on; nothing of it is in the file,
so an erasure has nothing to erase here. Words are in an FTS5 index in main memory.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import codec
from .learned import Cached
from .narrative import by
from .vocabulary import SYNONYMS, canonical
from .world import EXOGENOUS, World

MOST = 50_000  # changes that are held, the newest
_OWN_NOTES = frozenset({"recall", "answer", "gate"})  # say what was said, not what was
_ID = re.compile(r" ?\((?:[a-z]\d+)\)|\b[oaeg]\d+\b")


@dataclass(frozen=True)
class Moment:
    """One piece. ``id``: an act's (e1, a3), or c12.0 (first change of event 12), or n12 (remark of event 12).
    ``stamp``: world time, s.

    ``things`` it touches and ``place`` it was at, by id; ``parent`` the act that it belongs to, ``cause`` the action behind it.
    """

    id: str
    kind: str  # episode, action, change, note
    stamp: float
    text: str
    things: tuple[str, ...]
    place: str
    seq: int
    parent: str = ""
    cause: str = ""
    status: str = ""

    @property
    def plain(self) -> str:
        """The text without ids: what is compared by meaning."""
        return " ".join(_ID.sub("", self.text).split())


class Moments(Cached):
    """All pieces by id, with an index of their words."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.generation = 0  # grows when all is read anew, after an erasure for one
        self._clear()

    def all(self) -> dict[str, Moment]:
        """Id → piece, in order of their events."""
        self._renew()
        return self._found

    @property
    def version(self) -> int:
        """Grows with every change of what there is."""
        self._renew()
        return self._version

    def matching(self, words: list[str], most: int) -> list[tuple[str, float]]:
        """Pieces with some of these words (or their synonyms), best BM25 first: (id, score, higher is better)."""
        self._renew()
        terms = {t for w in words for t in _variants(w)}
        if not terms:
            return []
        query = " OR ".join(f'"{t}"' for t in sorted(terms))
        rows = self._index.execute(
            "SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid DESC LIMIT ?",
            (query, most),
        )
        return [(self._ids[row], round(float(score), 6)) for row, score in rows]

    def edges(self) -> Iterator[tuple[str, str, str]]:
        """(from, to, kind): about a thing, at a place, part_of an act, caused_by an action, before the next of the
        same thing.
        """
        latest: dict[str, str] = {}
        for moment in self.all().values():
            for thing in moment.things:
                yield moment.id, thing, "about"
                if moment.kind != "episode":
                    if thing in latest:
                        yield latest[thing], moment.id, "before"
                    latest[thing] = moment.id
            if moment.place and moment.place not in moment.things:
                yield moment.id, moment.place, "at"
            if moment.parent in self._found:
                yield moment.id, moment.parent, "part_of"
            if moment.cause in self._found:
                yield moment.id, moment.cause, "caused_by"

    # --- inside -------------------------------------------------------------------------------------------------------
    def _clear(self) -> None:
        self._found: dict[str, Moment] = {}
        self._ids: dict[int, str] = {}
        self._rows: dict[str, int] = {}
        self._upto = 0
        self._version = 0
        self._known: object = None
        self._index = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._index.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter unicode61')")

    def _renew(self) -> None:
        if not self.stale():
            return
        if self._known is not self.world.nodes:  # read anew: after an erasure or a rollback, or by a reader
            self._clear()
            self.generation += 1
            self._known = self.world.nodes
        before = self._version
        self._index.execute("BEGIN")
        for moment in (*self._acts(), *self._changes(), *self._notes()):
            self._put(moment)
        self._index.execute("COMMIT")
        self._upto = self.world.seq
        if self._version != before:
            self._found = dict(sorted(self._found.items(), key=lambda item: (item[1].seq, item[0])))

    def _put(self, moment: Moment) -> None:
        if self._found.get(moment.id) == moment:
            return
        row = self._rows.setdefault(moment.id, len(self._rows) + 1)
        if moment.id in self._found:
            self._index.execute("DELETE FROM words WHERE rowid = ?", (row,))
        self._found[moment.id], self._ids[row] = moment, moment.id
        self._index.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, moment.text))
        self._version += 1

    def _acts(self) -> list[Moment]:
        world, found = self.world, list[Moment]()
        touched: dict[str, list[str]] = defaultdict(list)
        query = "SELECT seq, data FROM acts WHERE kind IN ('episode', 'action') ORDER BY seq"
        rows = [(seq, codec.decode(data.encode())) for seq, data in world.store.db.execute(query)]
        for seq, act in rows:
            if act["kind"] != "action":
                continue
            ids = tuple(dict.fromkeys(map(world.resolve, act["touched"])))
            touched[act["episode"]] += ids
            found.append(Moment(act["id"], "action", act["started"], self._told(act), ids, self._spot(ids, act["started"]), seq,
                                act["episode"] or "", "", act["status"] or "running"))  # fmt: skip
        for seq, act in rows:
            if act["kind"] == "episode":
                text = f"“{act['text']}”: {act['status'] or 'running'}"
                ids = tuple(dict.fromkeys(touched[act["id"]]))
                found.append(
                    Moment(act["id"], "episode", act["started"], text, ids, "", seq, status=act["status"] or "running")
                )
        return found

    def _told(self, act: dict[str, Any]) -> str:
        target = self.world.resolve(act["target"]) if act["target"] else ""
        label = self.world.label(target) if target else ""
        relation = f"{act['relation']} " if act["relation"] else ""
        text = f"{act['verb']} {relation}{label} ({target})" if target else str(act["verb"])
        text += f": {(act['status'] or 'running').replace('_', ' ')}" + (f", {act['detail']}" if act["detail"] else "")
        return text + (f"; because {act['why']}" if act["why"] else "")

    def _changes(self) -> list[Moment]:
        db, world = self.world.store.db, self.world
        rows = db.execute(
            "SELECT seq, n, kind, thing, text, cause, stamp FROM changes WHERE seq > ? AND kind != 'merged' "
            "ORDER BY seq DESC LIMIT ?", (self._upto, MOST),
        ).fetchall()  # fmt: skip
        places = dict(
            db.execute("SELECT seq || subject, object FROM facts WHERE seq > ? AND family = 'place'", (self._upto,))
        )
        found = []
        for seq, n, _, thing, text, cause, stamp in reversed(rows):
            place = places.get(f"{seq}{thing}", "")
            cause = "" if cause == EXOGENOUS else cause
            found.append(Moment(f"c{seq}.{n}", "change", stamp, f"{text}{by(cause or EXOGENOUS)}", (world.resolve(thing),),
                                world.resolve(place), seq, "", cause))  # fmt: skip
        return found

    def _notes(self) -> list[Moment]:
        rows = self.world.store.db.execute(
            "SELECT seq, kind, text, refs, stamp FROM notes WHERE seq > ? ORDER BY seq", (self._upto,)
        )
        found = []
        for seq, kind, text, refs, stamp in rows:
            if kind not in _OWN_NOTES:
                ids = tuple(i for i in map(self.world.resolve, codec.decode(refs.encode())) if i in self.world.nodes)
                found.append(Moment(f"n{seq}", "note", stamp, f"{kind}: {text}", ids, "", seq, status=kind))
        return found

    def _spot(self, ids: tuple[str, ...], stamp: float) -> str:
        if not ids:
            return ""
        row = self.world.store.db.execute(
            "SELECT object FROM facts WHERE subject = ? AND family = 'place' AND start <= ? "
            "AND (stop IS NULL OR stop > ?) LIMIT 1",
            (ids[0], stamp, stamp),
        ).fetchone()
        return "" if row is None else self.world.resolve(str(row[0]))


def _variants(word: str) -> set[str]:
    plain = re.sub(r"[^a-z0-9 ]", " ", word.lower())
    own = canonical(plain)
    return {t for w in (plain, own, *SYNONYMS.get(own, ())) for t in [" ".join(w.split())] if t}
