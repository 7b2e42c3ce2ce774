"""The note in a memory file that tells how far each stream was taken in, and what the stream's names stand for.

It is no part of the log: its own digest is before it, so that a damaged one is found and not gone on from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from ..errors import DamagedMemory

KEPT = "streams"  # its key in the table of what is kept of the file itself
_FIELDS = frozenset({"lines", "bytes", "digest", "head", "names"})


def written(rows: Sequence[dict[str, Any]]) -> str:
    """The note with its digest."""
    text = json.dumps(rows, sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()} {text}"


def read(note: str | None) -> list[dict[str, Any]]:
    """Its rows; none if there is none. ``DamagedMemory`` if it was altered. (Once it had no digest.)"""
    if note is None:
        return []
    digest, _, text = ("", "", note) if note.startswith("[") else note.partition(" ")
    if digest and hashlib.sha256(text.encode()).hexdigest() != digest:
        raise DamagedMemory(_DAMAGED)
    try:
        rows = json.loads(text)
    except ValueError:
        raise DamagedMemory(_DAMAGED) from None
    if not isinstance(rows, list) or not all(isinstance(r, dict) and r.keys() == _FIELDS for r in rows):
        raise DamagedMemory(_DAMAGED)
    return rows


_DAMAGED = (
    "the note of which streams were taken in was altered: `verify --repair` leaves it out, and so does a replay with --again, "
    "which takes in the whole stream"
)
