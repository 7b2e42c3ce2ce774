"""What was lived through, as pieces that can be found again: episodes, actions, changes and remarks, with the edges
between them.

Built from the tables when something is to be found, and kept up to date from then on; nothing of it is in the file,
so an erasure has nothing to erase here. Words are in an FTS5 index in main memory.
"""

from __future__ import annotations

import functools
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from . import codec
from .learned import Cached
from .narrative import by
from .vocabulary import WORDS, canonical
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

    @functools.cached_property
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

    def about(self, thing: str) -> list[Moment]:
        """Pieces that touch a thing, in order."""
        self._renew()
        return [self._found[id] for id in self._by_thing.get(thing, ())]

    def at(self, place: str) -> list[Moment]:
        """Pieces that were at a place, in order."""
        self._renew()
        return [self._found[id] for id in self._by_place.get(place, ())]

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
        self._renew()
        for moment in self._found.values():
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
        self._found: dict[str, Moment] = {}  # in order of their events
        self.puts: list[tuple[Moment | None, Moment]] = []  # each piece as it came, and what it was before
        self._ids: dict[int, str] = {}
        self._rows: dict[str, int] = {}
        self._running: dict[str, Moment] = {}  # acts that have not ended
        self._by_thing: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_place: dict[str, dict[str, None]] = defaultdict(dict)
        self._upto = 0
        self._version = 0
        self._known: tuple[object, int] = (None, 0)
        self._index = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._index.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter unicode61')")

    def _renew(self) -> None:
        if not self.stale():
            return
        known = (self.world.nodes, len(self.world.projection.merged))
        if (
            self._known[0] is not known[0] or self._known[1] != known[1]
        ):  # read anew (an erasure, a reader), or ids merged
            self._clear()
            self.generation += 1
            self._known = known
        self._index.execute("BEGIN")
        for moment in sorted((*self._acts(), *self._changes(), *self._notes()), key=lambda m: m.seq):
            self._put(moment)
        self._index.execute("COMMIT")
        self._upto = self.world.seq

    def _put(self, moment: Moment) -> None:
        before = self._found.get(moment.id)
        if before == moment:
            return
        row = self._rows.setdefault(moment.id, len(self._rows) + 1)
        if before is not None:
            self._index.execute("DELETE FROM words WHERE rowid = ?", (row,))
            for thing in before.things:
                self._by_thing[thing].pop(moment.id, None)
        self.puts.append((before, moment))
        self._found[moment.id], self._ids[row] = moment, moment.id
        if moment.status == "running":
            self._running[moment.id] = moment
        else:
            self._running.pop(moment.id, None)
        for thing in moment.things:
            self._by_thing[thing][moment.id] = None
        if moment.place:
            self._by_place[moment.place][moment.id] = None
        self._index.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, moment.text))
        self._version += 1

    def _acts(self) -> list[Moment]:
        """Episodes and actions that are new or have changed since; an episode with each of its actions."""
        world, found = self.world, list[Moment]()
        running = [m.id for m in self._running.values()]
        query = f"""SELECT seq, id, data FROM acts WHERE kind IN ('episode', 'action')
                    AND (seq > ? OR id IN ({", ".join("?" * len(running))})) ORDER BY seq"""
        rows = world.store.db.execute(query, (self._upto, *running)).fetchall()
        acts = [(seq, codec.decode(data.encode())) for seq, _, data in rows]
        touched: dict[str, tuple[str, ...]] = {}
        for seq, act in acts:
            if act["kind"] != "action":
                continue
            ids = tuple(dict.fromkeys(map(world.resolve, act["touched"])))
            own = act["episode"] or ""
            old = self._found[own].things if own in self._found else ()
            touched[own] = tuple(dict.fromkeys((*touched.get(own, old), *ids)))
            found.append(Moment(act["id"], "action", act["started"], self._told(act), ids, self._spot(ids, act["started"]),
                                seq, own, "", act["status"] or "running"))  # fmt: skip
        episodes = {act["id"]: (seq, act) for seq, act in acts if act["kind"] == "episode"}
        for id in (*episodes, *(e for e in touched if e in self._found and e not in episodes)):
            if id in episodes:
                seq, act = episodes[id]
                text, status = f"“{act['text']}”: {act['status'] or 'running'}", act["status"] or "running"
                old = self._found[id].things if id in self._found else ()
                found.append(Moment(id, "episode", act["started"], text, touched.get(id, old), "", seq, status=status))
            else:
                found.append(replace(self._found[id], things=touched[id]))
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
    return {t for w in (plain, own, *WORDS.get(own, ())) for t in [" ".join(w.split())] if t}
