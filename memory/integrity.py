"""Is every byte of a memory still what was written? SQLite's own check does not see a flipped bit inside a value."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..errors import DamagedMemory, InputError
from . import codec
from .blobs import DROPPED
from .checked import Checked
from .log import ERASED, FORGOTTEN, ROW, Row, faults, redaction_root
from .records import Fault, Integrity
from .schema import DIGESTED
from .stream_note import KEPT, read


def verify(db: Checked, head: str | None = None) -> Integrity:
    """Check the structure of the file, the chain and every payload, blob and belief row.

    ``head`` is a chain digest (hex) noted at some earlier time: if no event has it, the tail of the log was cut off (or
    everything was written anew), which the chain alone cannot show. ``InputError`` if ``head`` is no digest.
    """
    wanted = _wanted(head)
    found: list[Fault] = []
    chain = _Chain(wanted)
    for step in (_structure(db), chain.check(db), _blobs(db, chain), _beliefs(db), db.faults(), _notes(db)):
        try:
            with db.unchecked():
                found += step
        except (sqlite3.Error, ValueError, TypeError) as error:  # a page that cannot be read, a value of another type
            found.append(Fault("file", f"cannot be read to its end: {error}"))
    if wanted is not None and not chain.head_found:
        what = (
            f"no event has the digest {head}: the log's tail was cut off after event {chain.count}, or this is another"
        )
        found.append(Fault("log", f"{what} memory"))
    return Integrity(chain.count, chain.head.hex(), tuple(found))


def log_faults(db: Checked) -> list[Fault]:
    """What is wrong with the events and the blobs alone."""
    chain = _Chain(None)
    return [*chain.check(db), *_blobs(db, chain)]


class _Chain:
    """One pass over the log, which also notes what it says about payloads and blobs that are gone."""

    def __init__(self, wanted: bytes | None) -> None:
        self.count = 0
        self.head = codec.GENESIS
        self.head_found = wanted == codec.GENESIS
        self.dropped: set[str] = set()
        self.attached: dict[str, int] = {}  # blob digest → the first event that names it
        self._wanted = wanted
        self._without: list[int] = []
        self._erased: set[object] = set()
        self._sealed: dict[int, int] = {}  # event that tells of a checkpoint → payloads up to here may lack
        self._roots: dict[int, object] = {}  # event that tells of redactions → the digest over them

    def check(self, db: sqlite3.Connection) -> Iterator[Fault]:
        expected = 1
        for row in db.execute(f"{ROW} ORDER BY e.seq"):
            seq = row[0]
            if seq != expected:
                yield Fault(f"event {expected}", f"missing: the log goes on with event {seq}")
            yield from self._one(row)
            self.count, self.head, expected = self.count + 1, row[5], seq + 1
            self.head_found |= row[5] == self._wanted
        for seq in self._without:
            if seq not in self._erased and not self._stands_for(db, seq):
                yield Fault(f"event {seq}", "its payload is gone, and the log does not say that it was erased")
        for (seq,) in db.execute("SELECT seq FROM payloads WHERE seq NOT IN (SELECT seq FROM events)"):
            yield Fault(f"payload {seq}", "belongs to no event")
        for (by,) in db.execute("SELECT DISTINCT by FROM redactions").fetchall():
            if self._roots.get(by) != redaction_root(db, by).hex():
                yield Fault(f"event {by}", "does not tell of the payloads that were replaced in its name")

    def _stands_for(self, db: sqlite3.Connection, seq: int) -> bool:
        """Does a checkpoint stand for an event's payload, which was no part of the checkpoint itself?"""
        newest = max((by for by, upto in self._sealed.items() if upto >= seq), default=None)
        (redacted,) = db.execute("SELECT max(by) FROM redactions WHERE seq = ?", (seq,)).fetchone()
        return newest is not None and (redacted is None or redacted < newest)

    def _one(self, row: Row) -> Iterator[Fault]:
        seq, kind, body = row[0], row[1], row[7]
        wrong = faults(self.head, row)
        for what in wrong:
            yield Fault(f"event {seq} ({kind})", what)
        if body is None:
            self._without.append(seq)
            return
        if wrong:
            return
        payload = codec.decode(codec.unsqueeze(body))
        if kind == DROPPED:
            self.dropped.update(payload["digests"])
        elif kind == ERASED:
            self._erased.add(payload["seq"])
        elif kind == FORGOTTEN:
            self._roots[seq] = payload["root"]
            if "sealed" in payload:
                self._sealed[seq] = payload["sealed"]
        attached = payload.get("blobs")
        for digest in attached.values() if isinstance(attached, dict) else ():
            self.attached.setdefault(digest, seq)


def _structure(db: sqlite3.Connection) -> Iterator[Fault]:
    for (line,) in db.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Fault("file", line)
    if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'boxes'").fetchone() is not None:
        (line,) = db.execute("SELECT rtreecheck('boxes')").fetchone()
        if line != "ok":
            yield Fault("boxes", line)


def _blobs(db: sqlite3.Connection, chain: _Chain) -> Iterator[Fault]:
    present = set()
    for key, size, body in db.execute("SELECT digest, size, body FROM blobs ORDER BY id"):
        name = bytes(key).hex()
        present.add(name)
        if body is None:
            if name not in chain.dropped:
                yield Fault(f"blob {name[:12]}…", "is gone, and the log does not say that it was dropped")
        elif len(body) != size or codec.digest(body) != key:
            yield Fault(f"blob {name[:12]}…", "was altered after it was written: its digest does not match")
    for name, seq in chain.attached.items():
        if name not in present:
            yield Fault(f"blob {name[:12]}…", f"is missing; event {seq} names it")


def _beliefs(db: sqlite3.Connection) -> Iterator[Fault]:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for table, columns in DIGESTED.items():
        if table not in tables:
            yield Fault(table, "the table is missing")
            continue
        keys = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,))]
        for row in db.execute(f"SELECT {', '.join((*keys, 'digest', *columns))} FROM {table}"):
            name, (stored, *values) = " ".join(str(key) for key in row[: len(keys)]), row[len(keys) :]
            try:
                codec.check_row(table, stored, *values)
            except DamagedMemory:
                yield Fault(f"{table} {name}", "was altered after it was written: its digest does not match")


def _notes(db: sqlite3.Connection) -> Iterator[Fault]:
    for (value,) in db.execute("SELECT value FROM meta WHERE key = ?", (KEPT,)):
        try:
            read(value)
        except DamagedMemory as error:
            yield Fault(KEPT, str(error))


def _wanted(head: str | None) -> bytes | None:
    if head is None:
        return None
    try:
        wanted = bytes.fromhex(head)
    except ValueError:
        wanted = b""
    if len(wanted) != codec.DIGEST_BYTES:
        raise InputError(f"head {head!r} is no chain digest; 64 hexadecimal digits are needed, as verify prints them")
    return wanted
