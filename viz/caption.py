"""What a recording says about itself for its picture: where to stand, and a few numbers. Kept in the recording as JSON."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rerun as rr
from rerun.chunk import Chunk, RrdReader

from ..contracts import Role
from ..errors import InputError
from ..memory.records import Knowledge, Thing
from .eye import Eye, fit

_PATH = "/caption"


@dataclass(frozen=True, eq=False)
class Caption:
    """The eye, how many objects are known how (by ``Knowledge`` value), the time in seconds, and lines of plain text."""

    eye: Eye
    known: Mapping[str, int] = field(default_factory=dict)
    stamp: float = 0.0
    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, things: Sequence[Thing], eye: Eye, stamp: float, lines: Sequence[str] = ()) -> Caption:
        """The caption of what is believed at ``stamp``."""
        objects = [t for t in things if t.role is Role.OBJECT]
        counts = Counter(t.knowledge.value for t in objects)
        known = {k.value: counts[k.value] for k in Knowledge if counts[k.value]}
        furniture = sum(t.role is Role.FURNITURE for t in things)
        first = f"{_count(len(objects), 'object')} and {_count(furniture, 'piece')} of furniture"
        return cls(eye, known, stamp, (first, *lines))

    def log(self, stream: rr.RecordingStream) -> None:
        """Put it into the recording at the time that is set there."""
        data = {
            "position": np.round(self.eye.position, 4).tolist(),
            "target": np.round(self.eye.target, 4).tolist(),
            "hidden": list(self.eye.hidden),
            "known": dict(self.known),
            "stamp": self.stamp,
            "lines": list(self.lines),
        }
        stream.log(_PATH, rr.TextDocument(json.dumps(data, sort_keys=True), media_type=rr.MediaType.TEXT))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def read(recording: Path) -> Caption:
    """The last caption in ``recording``; one made from the boxes there when its run was killed before it could say.

    Raises ``InputError`` for a file that is no recording.
    """
    texts = [str(v) for v in _values(recording, _PATH, "text")]
    if texts:
        data = json.loads(texts[-1])
        eye = Eye(np.array(data["position"]), np.array(data["target"]), hidden=tuple(data["hidden"]))
        return Caption(eye, data["known"], float(data["stamp"]), tuple(data["lines"]))
    centers = [np.array(v, dtype=np.float64) for v in _values(recording, "/world/things/**", "centers")]
    if not centers:
        return Caption(fit(np.zeros(3), np.array([5.0, 4.0, 1.8]), np.pi * 1.31))
    return Caption(fit(np.min(centers, axis=0) - 0.3, np.max(centers, axis=0) + 0.3, np.pi * 1.31))


def copy(recording: Path, content: str, stream: rr.RecordingStream) -> None:
    """Send what lies below ``content`` in ``recording`` into ``stream``. ``InputError`` as ``read``."""
    rr.send_chunks(_chunks(recording, content), recording=stream)


def _chunks(recording: Path, content: str) -> list[Chunk]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a run that was killed left no footer; what it wrote can be read all the same
        try:
            return list(RrdReader(recording).stream().filter(content=content).to_chunks())
        except (RuntimeError, ValueError, OSError) as error:
            raise InputError(f"{recording} is no recording that can be read: {str(error).splitlines()[0]}") from error


def _values(recording: Path, content: str, component: str) -> list[object]:
    """All values of a component below ``content``, in the order of logging, flat (each row of rerun's is a list)."""
    values: list[object] = []
    for chunk in _chunks(recording, content):
        batch = chunk.to_record_batch()
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name.endswith(f":{component}"):
                values += [v for row in column.to_pylist() for v in row or ()]
    return values
