"""The beliefs that events lead to, in a passing database beside the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from . import dbfile
from .apply import Projection
from .checked import Checked
from .records import Event


@contextmanager
def no_beliefs() -> Iterator[Projection]:
    """A projection of no events yet, in a passing database that is gone at the end of the block."""
    scratch = dbfile.connect_writer(dbfile.IN_MEMORY)
    try:
        dbfile.migrate(scratch, dbfile.IN_MEMORY)
        projection = Projection(scratch)
        scratch.execute("BEGIN")
        yield projection
    finally:
        scratch.close()


@contextmanager
def beliefs_of(events: Iterable[Event]) -> Iterator[Checked]:
    """Every table that follows from ``events``, the beginning of a log, by applying them; gone at the end of the block.

    Costs as much as a replay, and as much memory as the tables have bytes. ``DamagedMemory`` if reading an event shows damage.
    """
    with no_beliefs() as projection:
        with projection.bulk():
            for event in events:
                projection.apply(event.seq, event.kind, event.stamp, event.payload)
        yield projection.db
