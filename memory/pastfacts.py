"""A fact that held in the past is put among those that are known: it takes its time, they keep the rest of theirs.

Part of ``apply``: payload key ``past`` [[subject, predicate, object, start, stop, cause]], each of them [start, stop).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .openfacts import Fact

if TYPE_CHECKING:
    from .apply import Projection

_COLUMNS = "num, subject, predicate, object, family, start, stop, cause, seq, stop_seq"


def file(projection: Projection, family: str, row: Sequence[Any], seq: int) -> None:
    """Put one fact into the past of its subject: what overlaps it is cut, what says the same and touches it grows."""
    subject, predicate, object, start, stop, cause = row
    if not start < stop:
        return
    query = f"""SELECT {_COLUMNS} FROM facts WHERE subject = ? AND family = ? AND start < ?
                AND (stop IS NULL OR stop > ?) ORDER BY num"""
    for old in projection.db.execute(query, (subject, family, stop, start)).fetchall():
        _cut(projection, old, start, stop, seq)
    beside = f"SELECT {_COLUMNS} FROM facts WHERE subject = ? AND predicate = ? AND object = ? AND "
    after = projection.db.execute(
        f"{beside} start = ? AND (stop IS NULL OR stop > start) ORDER BY num LIMIT 1",
        (subject, predicate, object, stop),
    ).fetchone()
    if after is not None:
        _put(projection, (*after[:5], start, *after[6:]))
        return
    before = projection.db.execute(f"{beside} stop = ? AND stop > start ORDER BY num LIMIT 1",
                                   (subject, predicate, object, start)).fetchone()  # fmt: skip
    if before is not None:
        _put(projection, (*before[:6], stop, *before[7:9], seq))
        return
    _put(projection, (_next(projection), subject, predicate, object, family, start, stop, cause, seq, seq))


def _cut(projection: Projection, old: tuple[Any, ...], start: float, stop: float, seq: int) -> None:
    num, subject, predicate, object, family, since, until, cause, began, ended = old
    if until is not None and not since < until:
        return  # it was withdrawn and never held
    if since < start:
        _put(projection, (num, subject, predicate, object, family, since, start, cause, began, seq))
        num = 0
    if until is None or until > stop:
        num = num or _next(projection)
        _put(projection, (num, subject, predicate, object, family, stop, until, cause, began, ended))
    elif num:  # all of it
        _put(projection, (num, subject, predicate, object, family, since, since, cause, began, seq))


def _put(projection: Projection, row: tuple[Any, ...]) -> None:
    num, subject, predicate, object, family, start, stop, cause, seq, _ = row
    projection.fact_row(row)
    if stop is None:
        projection.open.set(family, Fact(num, subject, predicate, object, start, cause, seq))


def _next(projection: Projection) -> int:
    return projection.next_fact()
