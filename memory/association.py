"""What comes to mind with something: personalised PageRank over the graph of events and the things they are about.

Source: Page et al. 1999; for memory retrieval Gutiérrez et al., HippoRAG, 2024, whose damping of 0.5 keeps near to the start.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..geometry import F64
from .moments import Moments

DAMPING = 0.5
_ROUNDS = 24  # 0.5 ** 24 is less than what ranks are rounded to
_WEIGHT = {"about": 1.0, "at": 0.6, "part_of": 1.0, "caused_by": 1.0, "before": 0.4}


class Association:
    """The graph as arrays, made anew when there are new events."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self._version = -1
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._ends: tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...] = ()
        self._weights: F64 = np.zeros(0)

    def reach(self, seeds: Mapping[str, float]) -> dict[str, float]:
        """Id (of an event or a thing) → how strongly it comes to mind with the seeds (id → weight); sums to 1."""
        self._renew()
        start = np.zeros(len(self._names))
        for id, weight in seeds.items():
            if id in self._numbers:
                start[self._numbers[id]] += weight
        if not start.any():
            return {}
        start /= start.sum()
        rank = start
        out, into = self._ends
        for _ in range(_ROUNDS):
            moved = np.bincount(into, self._weights * rank[out], len(rank))
            rank = (1 - DAMPING) * start + DAMPING * (moved + (1.0 - moved.sum()) * start)  # what is stuck begins again
        return {self._names[i]: float(rank[i]) for i in np.flatnonzero(rank > 1e-9)}

    def _renew(self) -> None:
        if self._version == self.moments.version:
            return
        self._version = self.moments.version
        edges = list(self.moments.edges())
        names = dict.fromkeys(name for a, b, _ in edges for name in (a, b))
        self._names = list(names)
        self._numbers = {name: i for i, name in enumerate(self._names)}
        a = np.array([self._numbers[e[0]] for e in edges], np.int64)
        b = np.array([self._numbers[e[1]] for e in edges], np.int64)
        w = np.array([_WEIGHT[e[2]] for e in edges])
        out, into, weight = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([w, w])
        total = np.bincount(out, weight, len(self._names)) if len(edges) else np.zeros(0)
        self._ends = (out, into)
        self._weights = weight / total[out] if len(edges) else weight
