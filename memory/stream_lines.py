"""What one line of an observation stream says, as a record (docs/stream.md is the reference of the format)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import Decision, ObjectReport, ObservationBatch, Outcome, Verdict
from ..geometry import Box
from .maps import Corners
from .poses import PoseCorrection

FORMAT = "loci-observations"
VERSION = 1
ACTS = ("episode", "subgoal")
OPS = ("touch", "pin", "unpin", "focus")
MARKS = ("commit", "flush", "close", "undone")


@dataclass(frozen=True)
class Ref:
    """A thing that memory may know, named without its id: by ``label``, by a spot ``at`` (metres, world), or both."""

    label: str = ""
    at: tuple[float, float, float] | None = None


Named = str | Ref
"""A thing by what the stream calls it, or by what and where it is."""


@dataclass(frozen=True)
class Opening:
    """The head of a stream. ``ids``: "memory" if things and acts are called by memory's ids, "own" if by the producer's.

    ``events``: in a recorded stream, how many events memory held when it began; else None.
    """

    source: str = ""
    ids: str = "own"
    events: int | None = None


@dataclass(frozen=True, eq=False)
class Sight:
    """One frame. What is said of things that memory knows is named by ``Named`` and not yet part of ``batch``.

    ``names``: what the stream calls each detection (None: nothing). ``cleared`` are world boxes of which all was seen;
    ``depth`` (h, w) float32 metres, 0 = none, is what the camera saw; ``from_keyframe`` tells that this is the keyframe's
    thumbnail.
    """

    batch: ObservationBatch
    names: tuple[str | None, ...] = ()
    relations: tuple[tuple[int, str, int | Named, float], ...] = ()
    visibility: tuple[tuple[Named, Verdict, float, int | None], ...] = ()
    coverage: tuple[tuple[Named, float], ...] = ()
    cleared: tuple[Box, ...] = ()
    depth: NDArray[np.float32] | None = None
    from_keyframe: bool = False


@dataclass(frozen=True, eq=False)
class Sighting:
    """A plain report."""

    report: ObjectReport
    name: str | None = None


@dataclass(frozen=True, eq=False)
class Correction:
    """Past poses as they are known at ``stamp``."""

    stamp: float
    poses: tuple[PoseCorrection, ...]


@dataclass(frozen=True)
class AreaLine:
    """A building, floor or room; ``name`` is what the stream calls it, ``parent`` another such name."""

    name: str
    kind: str
    label: str
    stamp: float
    parent: str | None = None
    map_id: str | None = None
    box: Corners | None = None


@dataclass(frozen=True)
class Begin:
    """An episode or a sub-goal begins; ``name`` is what the stream calls it, ``robot`` whose it is, if that is said."""

    kind: str
    name: str
    text: str
    stamp: float
    robot: str | None = None


@dataclass(frozen=True)
class End:
    """An episode or a sub-goal ends."""

    kind: str
    name: str
    status: str
    stamp: float


@dataclass(frozen=True)
class ActionBegin:
    """An action begins; ``target`` stands in for the decision's own, ``robot`` is whose it is, if that is said."""

    name: str
    stamp: float
    decision: Decision
    target: Named | None
    robot: str | None = None


@dataclass(frozen=True)
class ActionEnd:
    """An action has ended."""

    name: str
    outcome: Outcome


@dataclass(frozen=True)
class Act:
    """An action and its outcome in one line."""

    begin: ActionBegin
    end: ActionEnd


@dataclass(frozen=True)
class Note:
    """A remark."""

    kind: str
    text: str
    stamp: float
    refs: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """A moment that leaves a trace in the log of a memory that was recorded: see ``MARKS``."""

    kind: str


@dataclass(frozen=True)
class Attention:
    """A caller has turned the short-term set by hand: ``op`` is one of ``OPS``; all but focus are about one thing."""

    op: str
    things: tuple[str, ...]


@dataclass(frozen=True)
class Blob:
    """Evidence that came with an event; ``data`` None where it was dropped or left out."""

    digest: str
    kind: str
    value: float
    size: int
    data: bytes | None


@dataclass(frozen=True, eq=False)
class Logged:
    """One event of a memory's log, as decided. ``payload`` None once it was erased; digests are hex.

    ``redactions``: (event that tells of it, digest of what was left), where a part of the payload was erased.
    """

    seq: int
    kind: str
    stamp: float
    recorded: float
    payload: Mapping[str, Any] | None
    salt: bytes | None
    payload_digest: str
    digest: str
    blobs: tuple[Blob, ...] = ()
    redactions: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Closing:
    """The end of an export: how many events there are, the digest of the newest, and whether pictures came along."""

    events: int
    head: str
    pictures: bool = True


Line = (
    Opening
    | Sight
    | Sighting
    | Correction
    | AreaLine
    | Begin
    | End
    | ActionBegin
    | ActionEnd
    | Note
    | Mark
    | Attention
    | Logged
    | Closing
    | Act
)
