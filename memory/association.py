"""What comes to mind with something: personalised PageRank over the graph of events and the things they are about.

Source: Page et al. 1999; for memory retrieval Gutiérrez et al., HippoRAG, 2024, whose damping of 0.5 keeps near to the start.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping

import numpy as np

from ..geometry import F64
from .moments import Moment, Moments

DAMPING = 0.5
_ROUNDS = 24  # 0.5 ** 24 is less than what ranks are rounded to
_WEIGHT = {"about": 1.0, "at": 0.6, "part_of": 1.0, "caused_by": 1.0, "before": 0.4}


class Association:
    """The graph as arrays. What is new is added to it; only what cannot be added makes it anew."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self._clear()

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

    # --- keeping up ---------------------------------------------------------------------------------------------------
    def _clear(self) -> None:
        self._generation, self._upto = self.moments.generation, 0
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._edges: list[tuple[int, int, float]] = []  # from, to, weight
        self._places: dict[str, int] = {}  # moment → its place in the order of moments
        self._chains: dict[str, list[tuple[int, str, int]]] = {}  # thing → (place, moment, edge from the one before)
        self._ends: tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...] = ()
        self._weights: F64 = np.zeros(0)

    def _renew(self) -> None:
        version = self.moments.version  # brings them up to date
        if self._generation != self.moments.generation:
            self._clear()
        puts = self.moments.puts
        if self._upto == len(puts) and (self._ends or not version):
            return
        if not all(self._add(before, moment) for before, moment in puts[self._upto :]):
            self._clear()
            for moment in self.moments.all().values():
                self._add(None, moment)
        self._upto = len(puts)
        edges = np.array(self._edges, dtype=np.float64).reshape(-1, 3)
        a, b, w = edges[:, 0].astype(np.int64), edges[:, 1].astype(np.int64), edges[:, 2]
        out, into, weight = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([w, w])
        total = np.bincount(out, weight, len(self._names))
        self._ends = (out, into)
        self._weights = weight / total[out]

    def _add(self, before: Moment | None, moment: Moment) -> bool:
        """Take in a moment, or (``before``: what it was) what it has gained; False if it has lost something."""
        old = () if before is None else before.things
        if before is None:
            self._places[moment.id] = len(self._places)
            for other, kind in self._others(moment):
                self._edge(moment.id, other, kind)
        elif not set(old) <= set(moment.things) or self._others(before) != self._others(moment):
            return False
        for thing in moment.things:
            if thing not in old:
                self._edge(moment.id, thing, "about")
                if moment.kind != "episode":
                    self._link(thing, moment.id)
        return True

    def _others(self, moment: Moment) -> list[tuple[str, str]]:
        """(id, kind) of what else a moment has to do with."""
        found = [(moment.place, "at")] if moment.place and moment.place not in moment.things else []
        if moment.parent in self._places:
            found.append((moment.parent, "part_of"))
        if moment.cause in self._places:
            found.append((moment.cause, "caused_by"))
        return found

    def _link(self, thing: str, id: str) -> None:
        """Put a moment into the order of those that are about a thing: the one before it and the one after lead to it."""
        chain, place = self._chains.setdefault(thing, []), self._places[id]
        at = bisect.bisect_right(chain, place, key=lambda link: link[0])
        edge = self._edge(chain[at - 1][1], id, "before") if at else -1
        if at < len(chain):
            after, other, between = chain[at]
            if between >= 0:  # it led from the one before to the one after
                self._edges[between] = (self._numbers[id], self._numbers[other], _WEIGHT["before"])
            else:
                chain[at] = (after, other, self._edge(id, other, "before"))
        chain.insert(at, (place, id, edge))

    def _edge(self, a: str, b: str, kind: str) -> int:
        for name in (a, b):
            if name not in self._numbers:
                self._numbers[name] = len(self._names)
                self._names.append(name)
        self._edges.append((self._numbers[a], self._numbers[b], _WEIGHT[kind]))
        return len(self._edges) - 1
