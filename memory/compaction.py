"""Makes a memory file fit a budget and keeps its answers: seals the old part of the log, thins what has faded.

Sealing: the beliefs as of event k are written into the log in place of the payloads that led to them, so a replay starts
from there; what each of these events said is gone, that it took place stays in the chain. Newer payloads stay. With it
go, by retention (``retention``): points of things, stretches of the robot's path, remarks, the middle of the history of
things that are gone. Then pictures, the least telling first. Facts and their ends, states and the history of what is
there are never thinned.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from . import codec, dbfile
from .beside import beliefs_of
from .blobs import DROPPED, EVIDENCE
from .erasure import rewrite
from .log import ERASED, FORGOTTEN
from .preferences import read
from .records import Event
from .retention import BASE, NOTE_IMPORTANCE, Strength, Tier, retention, strengths, tier, tiers
from .store import Store
from .tables import snapshot
from .world import World
from .writing import Writing

_TAIL = 0.25  # of the budget may be newest payloads, which stay as they are
_POINTS = {Tier.FULL: 512, Tier.COMPACT: 128, Tier.GIST: 32}
_STEP = {Tier.FULL: 0.0, Tier.COMPACT: 0.5, Tier.GIST: 2.0}  # metres between the points of the path
_ENDS = 2  # first and last changes that the gist of a history keeps


@dataclass(frozen=True)
class Compacted:
    """What a compaction did: events sealed, pictures dropped, bytes of the file before and after.

    ``fits`` False: what has to stay for the answers takes more than the budget.
    """

    sealed: int
    pictures: int
    size: tuple[int, int]
    fits: bool


def check_budget(budget: int) -> None:
    """``InputError`` for a budget that holds nothing."""
    if not budget >= 1:
        raise InputError(f"a budget of {budget} bytes holds nothing; at least 1 is needed")


def compact(store: Store, world: World, budget: int) -> Compacted:
    """Bring the file to at most ``budget`` bytes, if that can be done without losing answers. Durable; see the top."""
    check_budget(budget)
    with Writing(store, world, durable=True):
        world.flush(world.now, force=True)
    before = size_of(store)
    sealed = pictures = 0
    if _free(store) or before > budget:
        with store.transaction(durable=True):
            dbfile.mark_unscrubbed(store.db)
        store.scrub()
    if (size := size_of(store)) > budget:
        sealed = _seal(store, world, int(_TAIL * budget), strict=False)
        size = size_of(store)
    if size > budget:
        pictures = _drop(store, world, size - budget)
        size = size_of(store)
    if size > budget:
        sealed = _seal(store, world, 0, strict=True) or sealed
        size = size_of(store)
    return Compacted(sealed, pictures, (before, size), size <= budget)


def _seal(store: Store, world: World, tail: int, strict: bool) -> int:
    """Seal all but the newest ``tail`` bytes of payloads; returns up to which event. ``strict`` leaves only gists."""
    query = """SELECT max(seq) FROM (SELECT seq, sum(length(body)) OVER (ORDER BY seq DESC) AS size FROM payloads)
               WHERE size > ?"""
    upto = int(store.db.execute(query, (tail,)).fetchone()[0] or 0)
    if upto == 0:
        return 0
    with beliefs_of(store.events(0, upto)) as old:
        _thin(old, world, strict)
        portions = list(snapshot(old))
    if len(portions) > upto:
        portions = [{table: rows for part in portions for table, rows in part.items()}]
    told = _tellings(store, upto)

    def cut(event: Event) -> Mapping[str, Any] | None:
        if event.seq > upto:
            return None
        at = event.seq - (upto - len(portions) + 1)
        left = dict(told.get(event.seq, {}))
        return {**left, "tables": portions[at]} if at >= 0 else left

    try:
        rewrite(store, world, "compacted", cut, frozenset(), sealed=upto)
    finally:
        world.load()
    store.scrub()
    return upto


def _tellings(store: Store, upto: int) -> dict[int, Mapping[str, Any]]:
    """What the log says about itself (erased, dropped) has to stay for ``verify``."""
    told = " OR ".join(f"kind = '{kind}'" for kind in (FORGOTTEN, DROPPED, ERASED))  # as the index of these has it
    rows = store.db.execute(f"SELECT seq FROM events WHERE seq <= ? AND ({told})", (upto,)).fetchall()
    return {seq: {k: v for k, v in store.event(seq).payload.items() if k != "tables"} for (seq,) in rows}


# --- thinning -------------------------------------------------------------------------------------------------------------
def _thin(db: sqlite3.Connection, world: World, strict: bool) -> None:
    kept = tiers(world)
    for id, node in world.nodes.items():
        _thin_points(db, id, _POINTS[Tier.GIST if strict or node.presence.absent else kept[id]])
        if node.presence.absent and kept[id] is Tier.GIST:
            _thin_history(db, id)
    _thin_notes(db, world.now)
    _thin_path(db, world.now, strict)


def _thin_points(db: sqlite3.Connection, id: str, most: int) -> None:
    rows = dict(db.execute("SELECT name, body FROM clouds WHERE thing = ? AND name != 'appearance'", (id,)))
    arrays = {name: codec.bytes_to_array(body) for name, body in rows.items()}
    count = len(arrays.get("points", ()))
    if count <= most:
        return
    keep = np.linspace(0, count - 1, most).round().astype(int)  # evenly over the order in which they were fused
    for name, array in arrays.items():
        body = codec.array_to_bytes(array[keep])
        row = (body, codec.row_digest(id, name, body), id, name)
        db.execute("UPDATE clouds SET body = ?, digest = ? WHERE thing = ? AND name = ?", row)


def _thin_history(db: sqlite3.Connection, id: str) -> None:
    rows = db.execute("SELECT seq, n FROM changes WHERE thing = ? ORDER BY seq, n", (id,)).fetchall()
    db.executemany("DELETE FROM changes WHERE seq = ? AND n = ?", rows[_ENDS:-_ENDS])


def _thin_notes(db: sqlite3.Connection, now: float) -> None:
    for seq, kind, stamp, text in db.execute("SELECT seq, kind, stamp, text FROM notes").fetchall():
        if next(read(text), None) is not None:
            continue  # what a person likes is an answer
        if tier(Strength(importance=NOTE_IMPORTANCE.get(kind, 0.0)), now - stamp) is Tier.GIST:
            db.execute("DELETE FROM notes WHERE seq = ?", (seq,))


def _thin_path(db: sqlite3.Connection, now: float, strict: bool) -> None:
    last = None
    for num, stamp, pose in db.execute("SELECT num, stamp, pose FROM path ORDER BY num").fetchall():
        at = np.asarray(codec.decode(pose.encode())[:3])
        step = _STEP[Tier.GIST if strict else tier(Strength(), now - stamp)]
        if last is not None and float(np.linalg.norm(at - last)) < step:
            db.execute("DELETE FROM path WHERE num = ?", (num,))
        else:
            last = at


# --- pictures -------------------------------------------------------------------------------------------------------------
def _drop(store: Store, world: World, excess: int) -> int:
    """Drop pictures, the least telling first, until ``excess`` bytes are free; returns how many."""
    gone: list[str] = []
    freed = 0
    dropped = 0
    for _, _, digests in sorted(_worth(store, world)):
        if freed > excess * 1.02 + 8192:
            break
        sizes = {d: info.size for d in digests if (info := store.blob_info(d)) is not None and info.kept}
        freed += sum(sizes.values())
        gone += sizes
        dropped += bool(sizes)
    if not gone:
        return 0
    with store.transaction(durable=True):
        gone = list(dict.fromkeys(gone))
        told = {"digests": gone, "bytes": store._blobs.drop(gone)}
        store.append(DROPPED, world.now, told)
        world.projection.apply(store.head[0], DROPPED, world.now, told)
        dbfile.mark_unscrubbed(store.db)
    store.scrub()
    return dropped


def _worth(store: Store, world: World) -> list[tuple[float, int, tuple[str, ...]]]:
    """(worth, event, digests) of every picture: how well what it shows is retained, more if it is the newest of a thing."""
    strength = strengths(world)
    newest: dict[str, int] = {}
    rows = [(seq, stamp, codec.decode(data.encode())) for seq, stamp, data in
            store.db.execute("SELECT seq, stamp, data FROM keyframes ORDER BY seq")]  # fmt: skip
    shown = {seq: [i for i in map(world.resolve, data["ids"]) if i in world.nodes] for seq, _, data in rows}
    for seq, ids in shown.items():
        newest.update(dict.fromkeys(ids, seq))
    found = []
    for seq, stamp, data in rows:
        age = world.now - stamp
        seen = sum(retention(strength[i], age) for i in shown[seq])
        best = sum(newest[i] == seq for i in shown[seq])
        digests = tuple(d for kind, d in sorted(data["blobs"].items()) if kind.startswith(EVIDENCE))
        found.append((seen + 10.0 * best + 2.0 ** (-age / BASE), seq, digests))
    return found


def size_of(store: Store) -> int:
    """Bytes of the file, without the write-ahead log beside it."""
    pages: int = store.db.execute("PRAGMA page_count").fetchone()[0]
    return pages * int(store.db.execute("PRAGMA page_size").fetchone()[0])


def _free(store: Store) -> int:
    return int(store.db.execute("PRAGMA freelist_count").fetchone()[0])
