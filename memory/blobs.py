"""Pictures and point clouds kept as evidence: content-addressed bytes under a byte budget, beside the log.

Over the budget the least valuable goes first, the oldest of these first. Its row stays, and so does an event that says
what was dropped: evidence that is gone is not the same as evidence that never was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import DamagedMemory, InputError
from . import codec

DROPPED = "blob.dropped"  # payload {"digests": [hex, …], "bytes": how many}
EVIDENCE = "keyframe"  # kinds with this prefix are under the budget; others (what a replay needs) always stay
DEFAULT_BUDGET = 64 * 2**20
_DOWN_TO = 0.95  # of the budget, so that not every new picture costs an event


@dataclass(frozen=True)
class BlobInfo:
    """One blob's row: ``digest`` hex, ``seq`` of the event that brought it, ``kept`` False once it was dropped."""

    digest: str
    kind: str
    seq: int
    value: float
    size: int
    kept: bool


class Blobs:
    """The blobs of one database. Transactions are the caller's; after a rollback call ``reload``."""

    def __init__(self, db: sqlite3.Connection, budget: int) -> None:
        self._db = db
        self.budget = budget
        self._used = 0
        self.reload()

    @property
    def used(self) -> int:
        """Bytes of the kept blobs that are under the budget."""
        return self._used

    def reload(self) -> None:
        """Count the bytes anew from the tables."""
        query = "SELECT coalesce(sum(size), 0) FROM blobs WHERE body IS NOT NULL AND kind GLOB ?"
        self._used = self._db.execute(query, (EVIDENCE + "*",)).fetchone()[0]

    def put(self, kind: str, data: bytes, seq: int, value: float = 0.0) -> str:
        """Keep ``data``; returns its digest (hex). The same bytes are kept once, at the higher of the two values."""
        key = codec.digest(data)
        row = self._db.execute("SELECT id, kind, body IS NOT NULL FROM blobs WHERE digest = ?", (key,)).fetchone()
        if row is None:
            insert = "INSERT INTO blobs (digest, kind, seq, value, size, body) VALUES (?, ?, ?, ?, ?, ?)"
            self._db.execute(insert, (key, kind, seq, float(value), len(data), data))
        elif not row[2] or (_limited(row[1]) and not _limited(kind)):
            # it was dropped and is brought again, or something now needs it for good
            self._db.execute(
                "UPDATE blobs SET body = ?, kind = ?, seq = ?, value = ? WHERE id = ?",
                (data, kind, seq, float(value), row[0]),
            )
            if row[2]:
                self._used -= len(data)
        else:
            self._db.execute("UPDATE blobs SET value = max(value, ?) WHERE id = ?", (float(value), row[0]))
            return key.hex()
        if _limited(kind):
            self._used += len(data)
        return key.hex()

    def get(self, digest: str) -> bytes | None:
        """The bytes; None if dropped; ``InputError`` if there never were any, ``DamagedMemory`` if altered."""
        row = self._db.execute("SELECT body FROM blobs WHERE digest = ?", (_key(digest),)).fetchone()
        if row is None:
            raise InputError(f"there is no blob {digest}")
        if row[0] is not None and codec.digest(row[0]) != _key(digest):
            raise DamagedMemory(_altered(digest))
        return bytes(row[0]) if row[0] is not None else None

    def info(self, digest: str) -> BlobInfo | None:
        """What is known of a blob without reading it; None if there never was one."""
        query = "SELECT kind, seq, value, size, body IS NOT NULL FROM blobs WHERE digest = ?"
        row = self._db.execute(query, (_key(digest),)).fetchone()
        return BlobInfo(digest, row[0], row[1], row[2], row[3], bool(row[4])) if row is not None else None

    def trim(self) -> tuple[list[str], int]:
        """If over the budget, drop until it is met; returns the digests that went and how many bytes that freed."""
        if self._used <= self.budget:
            return [], 0
        gone: list[str] = []
        left = self._used
        rows = self._db.execute(
            "SELECT digest, size, seq FROM blobs WHERE body IS NOT NULL AND kind GLOB ? ORDER BY value, seq, id",
            (EVIDENCE + "*",),
        ).fetchall()
        last = None
        for key, size, seq in rows:
            if left <= self.budget * _DOWN_TO and seq != last:  # a picture and its depth go together
                break
            last = seq
            gone.append(bytes(key).hex())
            left -= size
        return gone, self.drop(gone)

    def drop(self, digests: Sequence[str]) -> int:
        """Forget the bytes of these blobs, their rows stay; returns how many bytes that freed."""
        before = self._used
        self._db.executemany("UPDATE blobs SET body = NULL WHERE digest = ?", [(_key(digest),) for digest in digests])
        self.reload()
        return before - self._used

    def restore(self, info: BlobInfo, data: bytes | None) -> None:
        """Take over a blob as an export holds it, ``data`` None as dropped; ``InputError`` if it is not what it says."""
        if data is not None and (codec.digest(data) != _key(info.digest) or len(data) != info.size):
            raise InputError(f"blob {info.digest[:12]}… is not what its digest and size say")
        insert = "INSERT OR IGNORE INTO blobs (digest, kind, seq, value, size, body) VALUES (?, ?, ?, ?, ?, ?)"
        row = (_key(info.digest), info.kind, info.seq, info.value, info.size, data)
        if self._db.execute(insert, row).rowcount and data is not None and _limited(info.kind):
            self._used += info.size

    def brought(self, seq: int) -> list[tuple[BlobInfo, bytes | None]]:
        """The blobs that event ``seq`` brought, with their bytes (None where dropped), checked."""
        query = "SELECT digest, kind, seq, value, size, body FROM blobs WHERE seq = ? ORDER BY id"
        found = []
        for key, kind, by, value, size, body in self._db.execute(query, (seq,)).fetchall():
            digest = bytes(key).hex()
            if body is not None and codec.digest(body) != key:
                raise DamagedMemory(_altered(digest))
            found.append((BlobInfo(digest, kind, by, value, size, body is not None), body))
        return found

    def copy(self, source: Blobs, seq: int) -> None:
        """Take over the blobs that event ``seq`` brought to another store, dropped ones as dropped."""
        query = "SELECT digest, kind, seq, value, size, body FROM blobs WHERE seq = ? ORDER BY id"
        rows = source._db.execute(query, (seq,)).fetchall()
        for row in rows:
            if row[5] is not None and codec.digest(row[5]) != row[0]:
                raise DamagedMemory(_altered(bytes(row[0]).hex()))
        insert = "INSERT OR IGNORE INTO blobs (digest, kind, seq, value, size, body) VALUES (?, ?, ?, ?, ?, ?)"
        self._db.executemany(insert, rows)
        if rows:
            self.reload()


def _altered(digest: str) -> str:
    return f"blob {digest[:12]}… was altered after it was written: its digest does not match; run verify"


def _limited(kind: str) -> bool:
    return kind.startswith(EVIDENCE)


def _key(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        raise InputError(f"{digest!r} is no blob digest; 64 hexadecimal digits are needed") from None
