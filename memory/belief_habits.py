"""Where things go when they move: by the thing itself, its class, the time of day and the kind of day, over a shipped prior.

Every placement in the log is one observation; nothing else is. The levels are Dirichlet distributions, each around the one
before it: shipped prior → class → class at this time of day → this very thing (hierarchical smoothing, MacKay & Peto 1995).
Read lazily from the table of facts when a question needs it, so a frame costs nothing; only the newest facts are read one by
one, older ones count through the table of usual places.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64
from .node import Node
from .vocabulary import PRIOR, canonical
from .world import FLOOR, World

CLASS_WORTH, TIME_WORTH, OWN_WORTH = 3.0, 6.0, 3.0  # placements that each level's parent is worth
NEWEST = 20_000  # facts that are read one by one
FURNISHED = 512  # pieces of furniture that are considered
MOST = 48  # places that are told apart; the rest is "somewhere unknown"
_STRANGE = 0.3  # weight of a kind of place that the prior does not name
_DAY = 86400.0
_HOURS = (6.0, 11.0, 17.0)  # at which another part of the day begins
PARTS = ("night", "morning", "midday", "evening")
_EPOCH = 1e8  # stamps below are simulation time, whose day 0 is a Monday; 1 January 1970 was a Thursday

Where = Mapping[str, float]


def context(stamp: float) -> tuple[bool, int]:
    """(weekend, part of the day): night, morning, midday, evening. By the stamp's own clock (UTC on a robot)."""
    day, seconds = divmod(stamp, _DAY)
    weekday = (int(day) + (3 if stamp >= _EPOCH else 0)) % 7
    return weekday >= 5, sum(seconds / 3600.0 >= hour for hour in _HOURS)


class Habits:
    """Counts of placements, kept up to date with the log whenever they are asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._of: object = None
        self._nodes: object = None
        self._when: object = None  # newest event and moment when what follows was worked out
        self._of_class: dict[str, _Share] = {}
        self._priors: dict[int, _Share] = {}

    def destinations(self, node: Node | None, label: str, stamp: float) -> Where:
        """Place → probability that a thing of class ``label`` goes there when it moves at ``stamp``; at most ``MOST`` places.

        ``node``: the very thing, whose own history then counts. The probabilities sum to at most 1.
        """
        self._refresh()
        share = self._of_class.get(label)
        if share is None:
            counts = self._class.get(label, Counter[str]())
            share = self._prior(label).blend(counts, CLASS_WORTH, self._older(label, counts))
            self._of_class[label] = share
        share = share.blend(self._timed.get((label, *context(stamp)), {}), TIME_WORTH)
        if node is not None:
            share = share.blend(self._own.get(node.id, {}), OWN_WORTH)
        ranked = share.best(MOST, "" if node is None else node.id)
        there = self.world.nodes.there(place for place, _ in ranked)
        return {place: p for place, p in ranked if place == FLOOR or place in there}

    def times(self, label: str) -> list[tuple[str, int, float]]:
        """When things of a class were moved: (part of the day, how often, share), most often first."""
        self._refresh()
        counts = self._moved.get(label, Counter[int]())
        total = counts.total()
        return [(PARTS[part], n, n / total) for part, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    # --- counting -----------------------------------------------------------------------------------------------------
    def _refresh(self) -> None:
        world = self.world
        p = world.projection
        state = (world.epoch, len(p.merged))
        if state != self._of or self._nodes is not world.nodes:
            self._of, self._nodes = state, world.nodes
            self._own: dict[str, dict[str, int]] = {}  # plain: very many, that the garbage collector need not look at
            self._class = defaultdict[str, Counter[str]](Counter)
            self._timed = defaultdict[tuple[str, bool, int], Counter[str]](Counter)
            self._moved = defaultdict[str, Counter[int]](Counter)
            self._kinds: dict[str, str] = {}
            self._kin: dict[str, NDArray[np.intp]] = {}  # kind → the numbers of its places
            self._when = None
            self._upto, self._known = max(0, int(p.counters.get("facts", 0)) - NEWEST), -1
        if self._when != (world.seq, world.now):
            self._when, self._of_class = (world.seq, world.now), {}
        self._count(int(p.counters.get("facts", 0)))
        if self._known != (known := int(p.counters.get("things", 0))):
            self._known = known
            self._kinds = {f"o{num}": label for num, label, _ in self._traits(p.finder.of_role("furniture", FURNISHED))}
            self._priors = {}
            kinds = np.array(list(self._kinds.values()))
            self._kin = {kind: np.flatnonzero(kinds == kind) for kind in set(self._kinds.values())}

    def _traits(self, nums: Sequence[int]) -> list[tuple[int, str, str]]:
        """(number, class, role) of things."""
        query = "SELECT num, label, role FROM traits WHERE num IN (SELECT value FROM json_each(?)) ORDER BY num"
        return self.world.store.db.execute(query, (json.dumps(nums),)).fetchall()

    def _count(self, newest: int) -> None:
        if newest <= self._upto:
            return
        query = "SELECT subject, object, start FROM facts WHERE num > ? AND num <= ? AND predicate IN ('on', 'in') ORDER BY num"
        self.world.store.db.check_from("facts", self._upto)
        found: Iterable[tuple[str, str, float]] = self.world.store.db.raw(query, (self._upto, newest))
        if self.world.projection.merged:
            resolve = self.world.resolve
            found = ((resolve(subject), resolve(place), start) for subject, place, start in found)
        rows = dict.fromkeys(found)  # what a thing took over from one that was merged into it counts once
        nums = sorted({int(subject[1:]) for subject, _, _ in rows})
        classes = {f"o{num}": label for num, label, role in self._traits(nums) if role == "object"}
        moments = {start: context(start) for start in {start for _, _, start in rows}}
        for subject, place, start in rows:
            if subject not in classes:
                continue
            label, (weekend, part) = classes[subject], moments[start]
            own = self._own.get(subject)
            if own is None:  # the first placement is where it was found, not where it went
                self._own[subject] = {place: 1}
            else:
                self._moved[label][part] += 1
                own[place] = own.get(place, 0) + 1
            self._class[label][place] += 1
            self._timed[label, weekend, part][place] += 1
        self._upto = newest

    # --- what is not counted one by one -------------------------------------------------------------------------------
    def _prior(self, label: str) -> _Share:
        weights = PRIOR.get(canonical(label), PRIOR[""])
        if id(weights) not in self._priors:
            many = Counter(self._kinds.values())
            found = {p: weights.get(kind, _STRANGE) / many[kind] for p, kind in self._kinds.items()}
            total = sum(found.values())
            shares = [w / total for w in found.values()] if total else []
            at = {p: i for i, p in enumerate(found)} if total else {}
            self._priors[id(weights)] = _Share(at, np.array(shares))
        return self._priors[id(weights)]

    def _older(self, label: str, counts: Counter[str]) -> list[tuple[NDArray[np.intp], float]]:
        """What only the table of usual places still knows: (numbers of the places of a kind, how often it was each of them)."""
        rows = self.world.store.db.execute("SELECT place, count FROM usual WHERE label = ?", (label,)).fetchall()
        recent = Counter[str]()
        kinds = self._called(counts)
        for place, n in counts.items():
            recent[kinds[place]] += n
        kin = ((self._kin.get(kind), n - recent[kind]) for kind, n in rows)
        return [(places, older / len(places)) for places, older in kin if places is not None and older > 0]

    def _called(self, places: Iterable[str]) -> dict[str, str]:
        """Place → its class; of those that are not at hand only that is read."""
        world = self.world
        found = {p: kind for p in places if (kind := self._kinds.get(p))}
        found |= {p: n.label for p in places if p not in found and (n := world.nodes.at_hand(p)) is not None}
        more = [int(p[1:]) for p in places if p not in found and p[:1] == "o" and p[1:].isdecimal()]
        found |= {f"o{num}": label for num, label, _ in (self._traits(more) if more else ())}
        return {p: found.get(p, p) for p in places}


@dataclass(frozen=True)
class _Share:
    """A distribution over places: place → its number, the probabilities (P,), the places by the alphabet. Never changed."""

    at: Mapping[str, int]
    p: F64
    order: Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(self.order) != len(self.at):
            object.__setattr__(self, "order", sorted(self.at))

    def blend(self, counts: Where, worth: float, more: Sequence[tuple[NDArray[np.intp], float]] = ()) -> _Share:
        """The counts, smoothed with this distribution, which is worth so many of them; ``more``: (numbers of places, count of
        each of them).
        """
        total = sum(counts.values()) + sum(len(places) * n for places, n in more) + (worth if self.at else 0.0)
        if total <= 0:
            return self
        new = [place for place in counts if place not in self.at]
        at = {**self.at, **{place: i for i, place in enumerate(new, len(self.at))}} if new else self.at
        p = np.zeros(len(at))
        p[: len(self.p)] = worth * self.p / total
        for places, n in more:
            p[places] += n / total
        if counts:
            p[[at[place] for place in counts]] += np.array(list(counts.values()), dtype=np.float64) / total
        return _Share(at, p, sorted([*self.order, *new]) if new else self.order)

    def best(self, count: int, but: str) -> list[tuple[str, float]]:
        """The most likely places but one, ties to the alphabet."""
        places, p = list(self.at), self.p.tolist()
        likely: Iterable[int] = range(len(places))
        if len(places) > count + 1:  # one of them may be the one that is left out
            least = float(np.partition(self.p, -(count + 1))[-(count + 1)])
            ties = islice((i for i in map(self.at.__getitem__, self.order) if p[i] == least), count + 1)
            likely = (*np.flatnonzero(self.p > least).tolist(), *ties)
        found = [(places[i], p[i]) for i in likely if places[i] != but]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:count]
