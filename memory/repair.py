"""Damaged beliefs built anew from a sound log, in a new file that takes the damaged one's place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import DamagedMemory, MemoryFileError
from . import dbfile, integrity
from .records import Fault
from .store import Store
from .stream_names import forget_names
from .world import World


@dataclass(frozen=True)
class Repaired:
    """What a repair did: the ``events`` that were applied again, the chain's ``head``, which stays, ``faults`` found before."""

    events: int
    head: str
    faults: tuple[Fault, ...]


def repair(path: str | os.PathLike[str]) -> Repaired:
    """Build all that follows from the log anew if anything in the file is damaged. Nobody else may have the file open.

    The new file is whole before it takes the old one's name, so that a crash leaves one or the other. ``DamagedMemory`` if the
    log or a picture is damaged, too: then nothing is changed, and only a copy helps. Other errors as ``Store.open``.
    """
    name = os.fspath(path)
    source = Store.open(path)
    try:
        with dbfile.plain_errors(name):
            faults = source.verify(deep=True).faults
            if not faults:
                return Repaired(*source.head, ())
            lost = integrity.log_faults(source.db)
        if lost:
            raise DamagedMemory(
                f"{name}: its log is damaged, too ({lost[0].where}: {lost[0].what}), so that nothing can be built from it; "
                "restore the file from a copy"
            )
        draft = _rebuilt(source, Path(os.path.realpath(name)))
        head = source.head
        source.close(lambda: _put(draft, Path(os.path.realpath(name))))
    finally:
        source.close()
    return Repaired(*head, faults)


def _rebuilt(source: Store, path: Path) -> Path:
    """A new file beside ``path`` with the same log."""
    draft = path.with_name(f"{path.name}.repaired")
    for tail in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + tail).unlink(missing_ok=True)
    with Store.open(draft) as copy:
        rebuilt = World(copy)
        with copy.transaction(durable=True):
            with rebuilt.projection.bulk():
                for seq in range(1, source.head[0] + 1):
                    event = copy.copy_event(source, seq)
                    rebuilt.projection.apply(event.seq, event.kind, event.stamp, event.payload)
            copy.db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", source.db.raw("SELECT * FROM meta"))
            forget_names(copy, lambda _: False)  # if it was altered, what is kept of streams
        whole = copy.verify()
        if not whole.ok or copy.head != source.head:
            raise DamagedMemory(f"{path}: cannot be repaired ({whole.faults}); restore it from a copy")
    return draft


def _put(draft: Path, path: Path) -> None:
    """``draft`` takes the place of the closed file ``path``, whose lock is still held."""
    if path.with_name(f"{path.name}-wal").exists():  # it would be taken for the new file's
        draft.unlink()
        raise MemoryFileError(f"{path}: is open elsewhere, so that it cannot be replaced; close its readers first")
    os.replace(draft, path)
    dbfile.fsync(path.parent)
