"""Finding what was lived through: by time, place, thing, word, meaning and association, fused by reciprocal ranks.

Each channel ranks the pieces (``moments``) on its own; a piece's score is the sum of weight / (20 + rank) over the
channels that found it (Cormack et al. 2009). Sums are exact and ties go to the newer piece, then by id, so neither
the order of the channels nor that of the pieces matters. Three tiers: low (time, place, thing), mid (also words),
high (also meaning and association).
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ..errors import InputError
from .association import Association
from .embedding import F32, embedder
from .moments import Moment, Moments
from .phrases import content, phrases

SMOOTHING = 20
DEPTH = 20  # pieces of each channel that count
_COMPARED = 2000  # different texts that are compared by meaning, the newest
WEIGHT = {"time": 1.0, "place": 1.0, "thing": 1.0, "words": 1.5, "meaning": 2.0, "association": 0.75}
Ranked = Sequence[tuple[str, float]]


class Tier(StrEnum):
    """How much a search may cost."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"


CHANNELS = {
    Tier.LOW: ("time", "place", "thing"),
    Tier.MID: ("time", "place", "thing", "words"),
    Tier.HIGH: ("time", "place", "thing", "words", "meaning", "association"),
}


def tier(name: str) -> Tier:
    """The tier of that name; ``InputError`` if there is none."""
    try:
        return Tier(name)
    except ValueError:
        raise InputError(f"there is no tier {name!r}; there are low, mid and high") from None


@dataclass(frozen=True)
class Cue:
    """What to find: words, ids of things and places, a world time (s). ``kinds`` limits the pieces ("episode", …)."""

    text: str = ""
    things: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    at: float | None = None
    kinds: frozenset[str] = frozenset()
    but: str = ""  # the id of a piece that is not to be found: the one that is asked about


@dataclass(frozen=True)
class Part:
    """A channel's say: rank from 1 (of equals their mean rank), its own measure, and what that gives to the score."""

    rank: float
    value: float
    score: float


@dataclass(frozen=True)
class Found:
    """A piece with its score and the parts of it."""

    moment: Moment
    score: float
    parts: Mapping[str, Part] = field(default_factory=dict)

    def explain(self) -> str:
        """The sum in words: "e3 0.0412 = meaning no. 1 (0.78) 0.0246 + words no. 2 (3.1) 0.0161"."""
        said = [f"{c} no. {p.rank:g} ({p.value:.3g}) {p.score:.4f}" for c, p in sorted(self.parts.items(), key=_most)]
        return f"{self.moment.id} {self.score:.4f} = {' + '.join(said)}"


def _most(item: tuple[str, Part]) -> tuple[float, str]:
    return -item[1].score, item[0]


def fuse(
    channels: Mapping[str, Ranked], weights: Mapping[str, float] = WEIGHT
) -> list[tuple[str, float, dict[str, Part]]]:
    """(id, score, parts) of everything that some channel ranked, best first; ties by id."""
    parts: dict[str, dict[str, Part]] = {}
    for name, ranked in channels.items():
        for rank, (id, value) in zip(_ranks(ranked), ranked, strict=True):
            parts.setdefault(id, {})[name] = Part(rank, value, weights.get(name, 1.0) / (SMOOTHING + rank))
    scored = [(id, math.fsum(p.score for p in own.values()), own) for id, own in parts.items()]
    return sorted(scored, key=lambda s: (-s[1], s[0]))


def _ranks(ranked: Ranked) -> list[float]:
    """Ranks from 1; pieces with the same measure share the mean of theirs, so that a channel says no more than it knows."""
    out: list[float] = []
    for _, group in itertools.groupby(value for _, value in ranked):
        n = len(list(group))
        out += [len(out) + (n + 1) / 2] * n
    return out


class Retrieval:
    """Searches the pieces of one memory."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.association = Association(moments)
        self._vectors: dict[str, F32] = {}
        self._generation = 0

    def find(self, cue: Cue, most: int = 8, tier: Tier = Tier.HIGH) -> list[Found]:
        """The best pieces for a cue, at most ``most``."""
        everything = self.moments.all()
        if self._generation != self.moments.generation:  # something may have been erased
            self._vectors, self._generation = {}, self.moments.generation
        limited = bool(cue.kinds or cue.but)
        pool = {id: m for id, m in everything.items() if _fits(m, cue)} if limited else everything
        channels: dict[str, Ranked] = {}
        for name in CHANNELS[tier]:
            ranked = self._CHANNELS[name](self, cue, pool)
            if ranked:
                channels[name] = ranked
        found = [Found(pool[id], score, parts) for id, score, parts in fuse(channels)]
        found.sort(key=lambda f: (-f.score, -f.moment.stamp, f.moment.id))
        return found[:most]

    # --- the channels: (id, measure), best first ------------------------------------------------------------------------
    def _time(self, cue: Cue, pool: Mapping[str, Moment]) -> Ranked:
        if cue.at is None:
            return []
        at = cue.at
        near = heapq.nsmallest(DEPTH, pool.values(), key=lambda m: (abs(m.stamp - at), m.id))
        return [(m.id, abs(m.stamp - at)) for m in near]

    def _place(self, cue: Cue, pool: Mapping[str, Moment]) -> Ranked:
        return _top((m, 1.0) for place in cue.places for m in self.moments.at(place) if m.id in pool)

    def _thing(self, cue: Cue, pool: Mapping[str, Moment]) -> Ranked:
        hits = Counter(m.id for thing in cue.things for m in self.moments.about(thing) if m.id in pool)
        return _top((pool[id], n / math.sqrt(len(pool[id].things))) for id, n in hits.items())

    def _words(self, cue: Cue, pool: Mapping[str, Moment]) -> Ranked:
        hits = self.moments.matching([*phrases(cue.text), *content(cue.text)], 4 * DEPTH)
        return [(id, score) for id, score in hits if id in pool][:DEPTH]

    def _meaning(self, cue: Cue, pool: Mapping[str, Moment]) -> Ranked:
        if not cue.text.strip() or not pool:
            return []
        texts: dict[str, list[Moment]] = {}
        for moment in reversed(list(pool.values())):
            if moment.plain in texts or len(texts) < _COMPARED:
                texts.setdefault(moment.plain, []).append(moment)
        near = np.round(self._embedded(list(texts)) @ embedder().embed([cue.text])[0], 4)
        return _top((m, v) for ms, v in zip(texts.values(), near.tolist(), strict=True) if v > 0.1 for m in ms)

    def _associated(self, cue: Cue, pool: Mapping[str, Moment]) -> Ranked:
        seeds = dict.fromkeys((*cue.things, *cue.places), 1.0)
        if not seeds:
            seeds = {id: 1.0 / rank for rank, (id, _) in enumerate(self._words(cue, pool)[:3], 1)}
        reached = self.association.reach(seeds)
        return _top((pool[id], round(p, 9)) for id, p in reached.items() if id in pool)

    def _embedded(self, texts: Sequence[str]) -> F32:
        """Vectors of texts, kept while the memory is open."""
        new = [t for t in dict.fromkeys(texts) if t not in self._vectors]
        if new:
            self._vectors.update(zip(new, embedder().embed(new), strict=True))
        return np.stack([self._vectors[t] for t in texts])

    _CHANNELS: Mapping[str, Callable[[Retrieval, Cue, Mapping[str, Moment]], Ranked]] = {
        "time": _time, "place": _place, "thing": _thing, "words": _words, "meaning": _meaning, "association": _associated,
    }  # fmt: skip


def _fits(moment: Moment, cue: Cue) -> bool:
    return (not cue.kinds or moment.kind in cue.kinds) and moment.id != cue.but


def _top(scored: Iterable[tuple[Moment, float]]) -> Ranked:
    """The highest measures first, ties to the newer piece."""
    best = heapq.nsmallest(DEPTH, scored, key=lambda s: (-s[1], -s[0].stamp, s[0].id))
    return [(m.id, float(v)) for m, v in best]
