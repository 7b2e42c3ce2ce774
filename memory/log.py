"""The append-only event log: the only truth, of which every belief is a projection.

Event ``n`` carries ``H(digest of n - 1, n, kind, stamp, recorded, payload digest)`` and the payload digest is
``H(salt + canonical JSON)``, so nothing can be changed, removed or reordered unseen, while a payload can be erased
(salt and all, so that it cannot be guessed from its digest) and the chain still verifies. A payload of which only a part
is erased is replaced by the rest: the rest's digest is in the table of redactions, and the event that tells of the erasure
carries a digest over all of these.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..errors import DamagedMemory, InputError
from . import codec
from .records import Event

ERASED = "payload.erased"  # payload {"seq": which, "why": text}
FORGOTTEN = (
    "forgotten"  # payload {"what": text, "events": how many, "root": digest over their redactions, "sealed": number}
)
ROW = """SELECT e.seq, kind, stamp, recorded, payload_digest, e.digest, salt, body,
                (SELECT r.digest FROM redactions r WHERE r.seq = e.seq ORDER BY r.by DESC LIMIT 1)
         FROM events e LEFT JOIN payloads USING (seq)"""

Row = tuple[int, str, float, float, bytes, bytes, bytes | None, bytes | None, bytes | None]


class EventLog:
    """Events 1, 2, 3, … of one database. Transactions are the caller's; after a rollback call ``reload``."""

    def __init__(self, db: sqlite3.Connection, clock: Callable[[], float], salt: Callable[[int], bytes]) -> None:
        self._db = db
        self._clock = clock
        self._salt = salt
        self._seq = 0
        self._digest = codec.GENESIS
        self.reload()

    @property
    def seq(self) -> int:
        """Number of the newest event, 0 in an empty log (of a writer: including what is not committed yet)."""
        return self._seq

    @property
    def digest(self) -> bytes:
        """The newest event's digest, which stands for the whole log."""
        return self._digest

    def reload(self) -> None:
        """Read the head anew from the tables."""
        row = self._db.execute("SELECT seq, digest FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq, self._digest = row if row is not None else (0, codec.GENESIS)

    def append(self, kind: str, stamp: float, payload: Mapping[str, object]) -> int:
        """Add an event at world time ``stamp``; returns its number. ``InputError`` for what cannot be kept."""
        if not kind:
            raise InputError("an event needs a kind, got an empty text")
        if not math.isfinite(stamp):
            raise InputError(f"event {kind}: stamp {stamp} is not a finite number of seconds")
        body = codec.encode(payload)
        salt = self._salt(16)
        row = (self._seq + 1, kind, float(stamp), float(self._clock()), codec.digest(salt + body))
        self._insert(row, salt, codec.squeeze(body))
        return self._seq

    def copy(self, source: EventLog, seq: int) -> Event:
        """Append event ``seq`` of another log exactly as it stands there, record time and salt included; checked."""
        row = source._row(seq)
        event = _checked(source._before(seq), row)
        number, kind, stamp, recorded, payload_digest, _, salt, body, _ = row
        if number != self._seq + 1:
            raise InputError(f"event {number} cannot follow event {self._seq}; copy every event in order")
        self._insert((number, kind, stamp, recorded, payload_digest), salt, body)
        redactions = source._db.execute("SELECT seq, by, digest FROM redactions WHERE seq = ?", (seq,)).fetchall()
        self._db.executemany("INSERT INTO redactions VALUES (?, ?, ?)", redactions)
        return event

    def restore(self, row: Row, redactions: Sequence[tuple[int, bytes]] = ()) -> Event:
        """Append an event as an export holds it; ``redactions`` are (event that tells of it, digest of what is left).

        ``InputError`` unless it follows the newest event and its digests match.
        """
        if row[0] != self._seq + 1:
            raise InputError(f"event {row[0]} cannot follow event {self._seq}; every event is needed, in order")
        wrong = faults(self._digest, row)
        if wrong:
            raise InputError(f"event {row[0]} ({row[1]}): {wrong[0]}")
        event = _event(row)
        self._insert(row[:5], row[6], row[7])
        self._db.executemany("INSERT INTO redactions VALUES (?, ?, ?)", [(row[0], *r) for r in redactions])
        return event

    def _insert(self, row: tuple[int, str, float, float, bytes], salt: bytes | None, body: bytes | None) -> None:
        chained = codec.row_digest(self._digest, *row)
        self._db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", (*row, chained))
        if body is not None:
            self._db.execute("INSERT INTO payloads VALUES (?, ?, ?)", (row[0], salt, body))
        self._seq, self._digest = row[0], chained

    def erase(self, seq: int, stamp: float, why: str) -> int:
        """Remove an event's payload for good and log that; returns the new event's number."""
        self._row(seq)
        self._db.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
        return self.append(ERASED, stamp, {"seq": seq, "why": why})

    def redact(self, seq: int, payload: Mapping[str, object] | None) -> None:
        """Replace an event's payload by what is left of it; the next event has to be the one that tells (``FORGOTTEN``).

        None leaves nothing: the telling event has to name a number ``sealed`` up to which payloads may lack.
        """
        if payload is None:
            self._db.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
            return
        body = codec.encode(payload)
        salt = self._salt(16)
        self._db.execute("INSERT OR REPLACE INTO payloads VALUES (?, ?, ?)", (seq, salt, codec.squeeze(body)))
        by, digest = self._seq + 1, codec.digest(salt + body)
        self._db.execute("INSERT OR REPLACE INTO redactions VALUES (?, ?, ?)", (seq, by, digest))

    def event(self, seq: int) -> Event:
        """One event, its digests checked: ``InputError`` if there is none, ``DamagedMemory`` if it was altered."""
        return _checked(self._before(seq), self._row(seq))

    def events(self, after: int = 0, upto: int | None = None) -> Iterator[Event]:
        """Events with ``after`` < number ≤ ``upto``, in order, each checked against its predecessor."""
        before = self._before(after + 1)
        expected = after + 1
        last = 2**62 if upto is None else upto
        for row in self._db.execute(f"{ROW} WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq", (after, last)):
            if row[0] != expected:
                raise DamagedMemory(f"event {expected} is missing from the log; run verify")
            yield _checked(before, row)
            before, expected = row[5], expected + 1

    def stored(self, seq: int) -> Row:
        """An event's row as it stands in the tables; ``InputError`` if there is none."""
        return self._row(seq)

    def redactions(self, seq: int) -> list[tuple[int, bytes]]:
        """(event that tells of it, digest of what was left) of each erasure of a part of event ``seq``."""
        query = "SELECT by, digest FROM redactions WHERE seq = ? ORDER BY by"
        return [(by, bytes(digest)) for by, digest in self._db.execute(query, (seq,))]

    def _before(self, seq: int) -> bytes:
        if seq <= 1:
            return codec.GENESIS
        row = self._db.execute("SELECT digest FROM events WHERE seq = ?", (seq - 1,)).fetchone()
        return bytes(row[0]) if row is not None else codec.GENESIS

    def _row(self, seq: int) -> Row:
        row: Row | None = self._db.execute(f"{ROW} WHERE e.seq = ?", (seq,)).fetchone()
        if row is None:
            newest = self._db.execute("SELECT max(seq) FROM events").fetchone()[0] or 0
            if 1 <= seq <= newest:
                raise DamagedMemory(f"event {seq} is missing from the log; run verify")
            raise InputError(f"there is no event {seq}; the log has events 1 to {newest}")
        return row


def redaction_root(db: sqlite3.Connection, by: int) -> bytes:
    """The digest over all redactions that event ``by`` tells of, as its payload has to carry it."""
    rows = db.execute("SELECT seq, digest FROM redactions WHERE by = ? ORDER BY seq", (by,))
    return codec.row_digest(*(value for row in rows for value in row))


def faults(before: bytes, row: Row) -> list[str]:
    """What is wrong with one row of the log, given its predecessor's digest; empty when all is well."""
    seq, kind, stamp, recorded, payload_digest, chained, salt, body, redacted = row
    found = []
    if codec.row_digest(before, seq, kind, stamp, recorded, payload_digest) != chained:
        found.append("its digest does not follow from the event before it: it was altered, removed or moved")
    if salt is not None and body is not None:
        try:
            plain = codec.unsqueeze(body)
        except DamagedMemory:
            plain = b""
        if codec.digest(salt + plain) != (redacted or payload_digest):
            found.append("its payload was altered after it was written: the digest does not match")
    return found


def _checked(before: bytes, row: Row) -> Event:
    wrong = faults(before, row)
    if wrong:
        raise DamagedMemory(f"event {row[0]} ({row[1]}): {wrong[0]}; run verify")
    return _event(row)


def _event(row: Row) -> Event:
    body = row[7]
    payload = codec.decode(codec.unsqueeze(body)) if body is not None else {"erased": True}
    return Event(row[0], row[1], row[2], row[3], payload, row[5].hex())
