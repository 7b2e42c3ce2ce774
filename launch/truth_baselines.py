"""What others would answer from the same observations: small, honest versions of three kinds of memory.

``LastSeen``: a table of the latest sighting per label and instance. ``TextLog``: an append-only log of sentences with lexical
(BM25) top-k retrieval, in the manner of ReMEmbR but without its sentence embeddings. ``Karma``: KARMA's released code: nine
regions with what stands there, a short-term memory of the 100 newest moved objects, recalled top-1 by type name.
The names of places are given to all three for free; none keeps negative evidence.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..memory.records import Knowledge
from .truth_terms import Question, Reply, Sight

_NEAR = 1.0  # metres within which a thing of the same label is taken for the same thing
_TRACK = 3.0  # seconds for which a track number holds
TOP = 20  # sentences
_NEWEST = 100
_FRESH = 3.0  # seconds

PLACES = frozenset({"where now", "interference", "cascade"})


@dataclass
class Row:
    label: str
    place: str
    center: tuple[float, float, float]
    states: Mapping[str, str]
    stamp: float
    loose: bool
    key: int


def _known(stamp: float, now: float) -> Knowledge:
    return Knowledge.SEEN if now - stamp <= _FRESH else Knowledge.UNOBSERVED


class LastSeen:
    """One row per instance; a sighting goes to the row of its track, else to the nearest of its label within a metre."""

    name = "last-seen table"
    supports = PLACES | {"state now", "contents", "count", "unobserved", "unknown"}

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.tracks: dict[int, tuple[int, float]] = {}
        self.now = 0.0

    def observe(self, stamp: float, sights: Sequence[Sight]) -> list[object]:
        """Take in one report; returns the row of each sighting."""
        self.now = max(self.now, stamp)
        keys: list[object] = []
        taken: set[int] = set()
        for sight in sights:
            row, seen = self.tracks.get(sight.track, (-1, -math.inf))
            if row not in self.rows or stamp - seen > _TRACK:
                row = self._nearest(sight, taken)
            taken.add(row)
            before = self.rows.get(row)
            place = sight.place or (before.place if before is not None else "")
            label = sight.label if before is None else before.label
            self.rows[row] = Row(label, place, sight.center, sight.states, stamp, sight.loose, row)
            self.tracks[sight.track] = (row, stamp)
            keys.append(row)
        return keys

    def told(self, stamp: float, key: object, sight: Sight) -> None:
        """The robot has put the thing of row ``key`` somewhere itself."""
        if isinstance(key, int):
            self.tracks[sight.track] = (key, stamp)
        self.observe(stamp, [sight])

    def _nearest(self, sight: Sight, taken: set[int]) -> int:
        best, row = _NEAR, len(self.rows)
        for key, other in self.rows.items():
            if other.label == sight.label and key not in taken:
                gap = math.dist(other.center, sight.center)
                if gap < best:
                    best, row = gap, key
        return row

    def answer(self, question: Question) -> Reply:
        """From the rows alone."""
        if question.ability == "count":
            return Reply((str(sum(r.label == question.noun for r in self.rows.values())),))
        if question.ability == "contents":
            return Reply(tuple(sorted(r.label for r in self.rows.values() if r.place == question.name and r.loose)))
        mine = [r for r in self.rows.values() if r.label == question.noun]
        row = self.rows.get(int(str(question.keys.get(self.name, -1)))) if question.keys else None
        row = row if row is not None else max(mine, key=lambda r: r.stamp, default=None)
        if row is None:
            return Reply()
        if question.ability == "state now":
            return Reply((row.states.get(question.attribute, ""),), _known(row.stamp, self.now))
        return Reply(_outwards(row.place, self._place_of), _known(row.stamp, self.now))

    def _place_of(self, place: str) -> str:
        kind = place.rsplit("-", 1)[0].replace("-", " ")
        rows = [r for r in self.rows.values() if r.label == kind and r.loose]
        return max(rows, key=lambda r: r.stamp).place if rows else ""


class TextLog:
    """Sentences, one per sighting; questions fetch the best ``TOP`` by BM25 over words, newest first among equals."""

    name = "text log, lexical"
    supports = PLACES | {"where then", "state now", "state then", "contents", "usual place", "unobserved", "unknown"}

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.index: dict[str, list[int]] = {}
        self.now = 0.0

    def observe(self, stamp: float, sights: Sequence[Sight]) -> list[object]:
        """Write a sentence per thing: label, place, states; returns their numbers."""
        self.now = max(self.now, stamp)
        keys: list[object] = []
        for sight in sights:
            number = len(self.rows)
            self.rows.append(Row(sight.label, sight.place, sight.center, sight.states, stamp, sight.loose, number))
            for word in {*sight.label.split(), sight.place, *sight.states.values()}:
                self.index.setdefault(word, []).append(number)
            keys.append(number)
        return keys

    def told(self, stamp: float, key: object, sight: Sight) -> None:
        """The robot has put a thing somewhere itself."""
        self.observe(stamp, [sight])

    def _top(self, words: Sequence[str], near: float | None = None, about: str = "where is") -> list[Row]:
        scores: Counter[int] = Counter()
        for word in words:
            rows = self.index.get(word, [])
            weight = math.log(1.0 + (len(self.rows) - len(rows) + 0.5) / (len(rows) + 0.5))
            for number in rows:
                scores[number] += weight  # type: ignore[assignment]  # a Counter of weights
        time = self.now if near is None else near
        ranked = sorted(scores, key=lambda n: (-scores[n], abs(self.rows[n].stamp - time), -n))
        return [self.rows[n] for n in ranked[:TOP]]

    def answer(self, question: Question) -> Reply:
        """From the sentences fetched for the question's words; times pick among equals."""
        if question.ability == "contents":
            found = [r for r in self._top([question.name], about="what is at") if r.loose]
            return Reply(tuple(sorted({r.label for r in found})))
        top = [r for r in self._top(question.noun.split(), question.at) if r.label == question.noun]
        if not top:
            return Reply()
        if question.ability == "usual place":
            kinds = Counter(_kind(r.place) for r in top if r.place)
            return Reply(tuple(k for k, _ in kinds.most_common(1)))
        if question.ability in ("state now", "state then"):
            said = [r.states[question.attribute] for r in top if question.attribute in r.states]
            return Reply(tuple(said[:1]), _known(top[0].stamp, self.now))
        placed = [r for r in top if r.place]
        place = placed[0].place if placed else ""
        return Reply(_outwards(place, self._place_of), _known(top[0].stamp, self.now))

    def _place_of(self, place: str) -> str:
        kind = _kind(place)
        return next((r.place for r in self._top(kind.split()) if r.label == kind and r.place), "")


class Karma:
    """Nine regions with the furniture there, and the newest 100 objects by type: one state for all things of a type."""

    name = "KARMA-style"
    supports = PLACES | {"state now", "contents", "unobserved", "unknown"}

    def __init__(self, low: Sequence[float], high: Sequence[float]) -> None:
        self.low, self.high = np.asarray(low[:2]), np.asarray(high[:2])
        self.regions: dict[int, dict[str, Row]] = {i: {} for i in range(9)}
        self.recent: OrderedDict[str, Row] = OrderedDict()
        self.now = 0.0

    def observe(self, stamp: float, sights: Sequence[Sight]) -> list[object]:
        """Furniture goes to its region; an object that is new or has moved is the newest of its type."""
        self.now = max(self.now, stamp)
        for sight in sights:
            row = Row(sight.label, sight.place, sight.center, sight.states, stamp, sight.loose, 0)
            if not sight.loose:
                self.regions[self._region(sight.center)][sight.label] = row
                continue
            before = self.recent.get(sight.label)
            if before is None or before.place != sight.place or math.dist(before.center, sight.center) > 0.1:
                self.recent.pop(sight.label, None)
            self.recent[sight.label] = row
            while len(self.recent) > _NEWEST:
                self.recent.popitem(last=False)
        return [s.label for s in sights]

    def told(self, stamp: float, key: object, sight: Sight) -> None:
        """The robot has put a thing somewhere itself."""
        self.observe(stamp, [sight])

    def _region(self, center: Sequence[float]) -> int:
        share = (np.asarray(center[:2]) - self.low) / np.maximum(self.high - self.low, 1e-6)
        x, y = np.clip(np.floor(3 * share), 0, 2).astype(int).tolist()
        return 3 * int(x) + int(y)

    def answer(self, question: Question) -> Reply:
        """Top-1 by type name."""
        if question.ability == "contents":
            return Reply(tuple(sorted(r.label for r in self.recent.values() if r.place == question.name)))
        row = self.recent.get(question.noun)
        row = row or next((r[question.noun] for r in self.regions.values() if question.noun in r), None)
        if row is None:
            return Reply()
        if question.ability == "state now":
            return Reply((row.states.get(question.attribute, ""),), _known(row.stamp, self.now))
        return Reply(_outwards(row.place, self._place_of), _known(row.stamp, self.now))

    def _place_of(self, place: str) -> str:
        row = self.recent.get(_kind(place))
        return row.place if row is not None else ""


def _kind(place: str) -> str:
    return place.rsplit("-", 1)[0].replace("-", " ")


def _outwards(place: str, place_of: object) -> tuple[str, ...]:
    found: list[str] = []
    while place and place not in found:
        found.append(place)
        place = place_of(place)  # type: ignore[operator]
    return tuple(found)
