"""Erasure on request: a thing, a place, a span of time or a remark leaves the memory for good.

The log is gone through once. What an event says of what is to go is cut out of its payload (its place in the chain, its
kind and its time stay), and the beliefs are built anew from what is left, so that a replay gives the same afterwards. One
new event tells what kind of erasure took place, and of how many events, and carries a digest over the cut payloads; not
what was erased. All of it is one transaction. After it the file is written anew without its free pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from . import codec, dbfile
from .log import FORGOTTEN, redaction_root
from .records import Event
from .redaction import Redactor
from .store import Store
from .stream_names import forget_names
from .tables import wipe
from .timespan import SpanRedactor
from .traces import Traces, of_thing
from .world import World
from .writing import Writing

_QUOTED = 12  # letters from which an instruction is looked for in other texts, too
_PORTION = 256  # events at a time
Cut = Callable[[Event], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Erased:
    """What an erasure did. ``what`` is thing, place, span or note; ``seq`` the event that tells of it.

    ``events`` had their payloads cut, ``things`` and ``pictures`` are gone. ``size`` is the file's, in bytes, before and
    after. Not ``scrubbed``: the erased bytes are still in free pages or the write-ahead log, because a reader holds an
    old state or the disk is full; the next writer that opens the file removes them.
    """

    what: str
    seq: int
    events: int
    things: int
    pictures: int
    size: tuple[int, int]
    scrubbed: bool


def forget(
    store: Store,
    world: World,
    *,
    thing: str | None = None,
    place: str | None = None,
    between: tuple[float, float] | None = None,
    note: int | None = None,
) -> Erased:
    """Erase one of: a thing with its parts, a place with all that is in it, what happened between two world times, a remark
    (its event) or the words of an instruction (the event that began its episode).

    Durable when it returns. ``InputError`` if there is no such thing, nothing in that time, or not exactly one is given;
    ``DamagedMemory`` if the log is damaged (then nothing is changed). Outside transactions only.
    """
    if sum(x is not None for x in (thing, place, between, note)) != 1:
        raise InputError("say one thing to forget: a thing, a place, a span of time or a note")
    with Writing(store, world, durable=True):
        world.flush(world.now, force=True)
    before = _size(store)
    span = None
    named: Callable[[str], bool] = _nothing
    if between is not None:
        what, span = "span", SpanRedactor(store, world.projection, *_span(store, between))
        cut: Cut = span.redact
        frames, blobs = span.frames, span.blobs
    else:
        traces = _note(store, note) if note is not None else of_thing(world, _root(thing, place), place is not None)
        what = "note" if note is not None else "place" if place is not None else "thing"
        labels = {id: world.label(id) for id in (*world.nodes, *world.projection.merged)}
        cut = Redactor(traces, labels).redact
        frames, blobs, named = traces.frames, traces.blobs, traces.named
    known = len(world.nodes)
    running, tracks = world.running, dict(world.tracks)
    try:
        seq, events = rewrite(store, world, what, cut, blobs, named=named)
    finally:
        world.load()  # also after a rollback
        if span is not None:
            span.close()
    world.running = running if running is not None and all(world.node(i) for i in running.touched) else None
    world.tracks = {track: seen for track, seen in tracks.items() if seen[0] in world.nodes}
    scrubbed = store.scrub()
    return Erased(what, seq, events, known - len(world.nodes), len(frames), (before, _size(store)), scrubbed)


def _nothing(_name: str) -> bool:
    return False


def rewrite(
    store: Store,
    world: World,
    what: str,
    cut: Cut,
    blobs: frozenset[str],
    sealed: int = 0,
    named: Callable[[str], bool] = _nothing,
) -> tuple[int, int]:
    """Cut the payloads and build the beliefs anew; returns the telling event's number and how many were cut.

    Empty payloads of events up to ``sealed`` take no room at all. Names that streams have for things go with the things,
    and so do those that are ``named``.
    """
    log, projection = store._log, world.projection
    with store.transaction(durable=True):
        counters = {k: v for k, v in projection.counters.items() if k not in ("now", "facts")}
        dbfile.mark_unscrubbed(store.db)
        wipe(store.db)
        projection.load()
        events, last = 0, log.seq
        with projection.bulk():
            for after in range(0, last, _PORTION):
                for event in list(log.events(after, min(after + _PORTION, last))):  # not while a cursor walks over them
                    left = cut(event)
                    if left is not None:
                        log.redact(event.seq, left if left or event.seq > sealed else None)
                        events += 1
                    projection.apply(event.seq, event.kind, event.stamp, event.payload if left is None else left)
        for digest in blobs:
            store.db.execute("DELETE FROM blobs WHERE digest = ?", (bytes.fromhex(digest),))
        forget_names(store, named)
        store._blobs.reload()
        told = {"what": what, "events": events, "root": redaction_root(store.db, last + 1).hex(), "counters": counters}
        if sealed:
            told["sealed"] = sealed
        seq = store.append(FORGOTTEN, world.now, told)
        projection.apply(seq, FORGOTTEN, world.now, told)
        return seq, events


def _span(store: Store, between: tuple[float, float]) -> tuple[float, float]:
    if len(between) != 2:
        raise InputError(f"a span of {len(between)} times; its first and its last are needed")
    start, end = float(between[0]), float(between[1])
    if not start <= end:
        raise InputError(f"the span from {start} to {end} ends before it begins")
    query = "SELECT min(stamp), max(stamp) FROM (SELECT stamp FROM events UNION ALL SELECT stamp FROM path)"
    low, high = store.db.execute(query).fetchone()
    if low is None or end < low or start > high:
        spans = "nothing is recorded at all" if low is None else f"records go from {low} to {high}"
        raise InputError(f"nothing is known of the time from {start} to {end}; {spans} (world time, seconds)")
    return start, end


def _root(thing: str | None, place: str | None) -> str:
    return thing if thing is not None else place or ""


def _note(store: Store, seq: int) -> Traces:
    if store.db.execute("SELECT 1 FROM notes WHERE seq = ?", (seq,)).fetchone() is not None:
        return Traces(notes=frozenset({seq}))
    episode = store.db.execute("SELECT id, data FROM acts WHERE seq = ? AND kind = 'episode'", (seq,)).fetchone()
    if episode is None:
        raise InputError(f"event {seq} is no note and no instruction; `loci export-md` tells their events")
    words = codec.decode(episode[1].encode())["text"]
    own = re.compile(re.escape(words), re.IGNORECASE) if len(words) >= _QUOTED else None  # also where it is quoted
    return Traces(own=own, said=frozenset({episode[0]}))


def _size(store: Store) -> int:
    """Bytes of the database file with its write-ahead log folded in."""
    pages: int = store.db.execute("PRAGMA page_count").fetchone()[0]
    size: int = store.db.execute("PRAGMA page_size").fetchone()[0]
    return pages * size
