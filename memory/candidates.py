"""Detections that may be a thing, or a slip of the segmenter: believed only when seen again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..geometry import F64
from .look import Look
from .node import Node
from .working import node_from, recognise, reshape

LOOKS_GENERIC = 4  # looks in different frames before something without a name is a thing
LOOKS_UNSURE = 2
FORGET_AFTER = 3.0  # seconds unseen
_NOWHERE: F64 = np.zeros(3)


@dataclass
class Ripe:
    """A thing to be: first seen at ``first``; ``node`` holds the looks gathered so far (None: only the present one)."""

    first: float
    node: Node | None


@dataclass
class _Candidate:
    node: Node
    track: int


class Candidates:
    """A short list; it is not kept in the file, and what is on it has no id."""

    def __init__(self) -> None:
        self._waiting: list[_Candidate] = []

    def add(self, look: Look, stamp: float, map: str) -> Ripe | None:
        """Count a look in a map; returns what it has become once it is to be believed."""
        self._waiting = [c for c in self._waiting if stamp - c.node.last_seen <= FORGET_AFTER]
        found = self._find(look, stamp, map)
        if look.sure:
            if found is None:
                return Ripe(stamp, None)
            self._waiting.remove(found)
            self._merge(found, look, stamp)
            return Ripe(found.node.first_seen, found.node)
        if found is None:
            self._waiting.append(_Candidate(replace(node_from(look, "o0", stamp), map=map), look.track))
            return None
        self._merge(found, look, stamp)
        if found.node.sightings >= (LOOKS_GENERIC if found.node.generic else LOOKS_UNSURE):
            self._waiting.remove(found)
            return Ripe(found.node.first_seen, found.node)
        return None

    def _find(self, look: Look, stamp: float, map: str) -> _Candidate | None:
        best: tuple[float, int] | None = None
        for k, c in enumerate(self._waiting):
            if c.node.map != map or c.node.role is not look.role or c.node.last_seen >= stamp:
                continue
            edges = np.minimum(look.upper, c.node.upper) - np.maximum(look.lower, c.node.lower) + 0.02
            if (edges <= 0).any():
                continue
            size = min(np.prod(look.upper - look.lower + 0.02), np.prod(c.node.upper - c.node.lower + 0.02))
            score = float(np.prod(edges) / size) + (1.0 if look.track >= 0 and look.track == c.track else 0.0)
            if score >= 0.35 and (best is None or score > best[0]):
                best = (score, k)
        return self._waiting[best[1]] if best is not None else None

    def _merge(self, candidate: _Candidate, look: Look, stamp: float) -> None:
        node = candidate.node
        node.last_seen = node.last_looked = stamp
        node.sightings += 1
        node.presence.seen()
        recognise(node, look)
        reshape(node, look, _NOWHERE)
        candidate.track = look.track
