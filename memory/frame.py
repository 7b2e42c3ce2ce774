"""What has been found out about one frame so far, on its way into beliefs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..contracts import Verdict
from ..geometry import F64, Box


@dataclass
class Frame:
    """``ids`` of the batch's detections; ``seen`` things that were matched; ``before`` their centres at the start.

    ``fresh``: thing → (kind of change or "", how) that is not logged yet; ``place``: thing → its new place;
    ``shifted``: thing that has moved → its box before; ``doubles``: detection → the thing of which it may be a second report;
    ``doubted``: new thing → the like one that had left its spot.
    """

    stamp: float
    camera: F64
    ids: list[str | None]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    fresh: dict[str, tuple[str, str]] = field(default_factory=dict)
    before: dict[str, F64] = field(default_factory=dict)
    states: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    place: dict[str, tuple[str, str]] = field(default_factory=dict)
    shifted: dict[str, Box] = field(default_factory=dict)
    doubles: dict[int, str] = field(default_factory=dict)
    doubted: dict[str, str] = field(default_factory=dict)

    def rename(self, old: str, new: str) -> None:
        """``old`` turned out to be ``new``: what was found out about it holds for that."""
        self.ids[:] = [new if i == old else i for i in self.ids]
        if old in self.seen:
            self.seen.discard(old)
            self.seen.add(new)
        for table in (self.fresh, self.place, self.states):
            table.pop(old, None)
        self.place = {id: (p, new if where == old else where) for id, (p, where) in self.place.items()}
