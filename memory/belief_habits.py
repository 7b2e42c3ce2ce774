"""Where things go when they move: by the thing itself, its class, the time of day and the kind of day, over a shipped prior.

Every placement in the log is one observation; nothing else is. The levels are Dirichlet distributions, each around the one
before it: shipped prior → class → class at this time of day → this very thing (hierarchical smoothing, MacKay & Peto 1995).
Read lazily from the table of facts when a question needs it, so a frame costs nothing; only the newest facts are read one by
one, older ones count through the table of usual places.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

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

    def destinations(self, node: Node | None, label: str, stamp: float) -> Where:
        """Place → probability that a thing of class ``label`` goes there when it moves at ``stamp``; at most ``MOST`` places.

        ``node``: the very thing, whose own history then counts. The probabilities sum to at most 1.
        """
        self._refresh()
        share = self._prior(label)
        counts = self._class.get(label, Counter[str]())
        share = _blend(share, self._with_older(label, counts), CLASS_WORTH)
        share = _blend(share, self._timed.get((label, *context(stamp)), {}), TIME_WORTH)
        if node is not None:
            share = _blend(share, self._own.get(node.id, {}), OWN_WORTH)
            share.pop(node.id, None)
        ranked = sorted(share.items(), key=lambda item: (-item[1], item[0]))[:MOST]
        return {place: p for place, p in ranked if place == FLOOR or place in self.world.nodes}

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
            self._own: dict[str, Counter[str]] = {}
            self._class: dict[str, Counter[str]] = {}
            self._timed: dict[tuple[str, bool, int], Counter[str]] = {}
            self._moved: dict[str, Counter[int]] = {}
            self._kinds: dict[str, str] = {}
            self._upto, self._known = max(0, int(p.counters.get("facts", 0)) - NEWEST), -1
        self._count(int(p.counters.get("facts", 0)))
        if self._known != (known := int(p.counters.get("things", 0))):
            self._known = known
            self._kinds = {f"o{num}": label for num, label, _ in self._traits(p.finder.of_role("furniture", FURNISHED))}

    def _traits(self, nums: Sequence[int]) -> list[tuple[int, str, str]]:
        """(number, class, role) of things."""
        query = "SELECT num, label, role FROM traits WHERE num IN (SELECT value FROM json_each(?)) ORDER BY num"
        return self.world.store.db.execute(query, (json.dumps(nums),)).fetchall()

    def _count(self, newest: int) -> None:
        if newest <= self._upto:
            return
        query = "SELECT subject, object, start FROM facts WHERE num > ? AND num <= ? AND predicate IN ('on', 'in') ORDER BY num"
        resolve = self.world.resolve  # what a thing took over from one that was merged into it counts once
        self.world.store.db.check_from("facts", self._upto)
        rows = dict.fromkeys(
            (resolve(subject), resolve(place), start)
            for subject, place, start in self.world.store.db.raw(query, (self._upto, newest))
        )
        nums = sorted({int(subject[1:]) for subject, _, _ in rows})
        classes = {f"o{num}": label for num, label, role in self._traits(nums) if role == "object"}
        for subject, place, start in rows:
            if subject not in classes:
                continue
            label = classes[subject]
            if subject in self._own:  # the first placement is where it was found, not where it went
                self._moved.setdefault(label, Counter())[context(start)[1]] += 1
            for table, key in ((self._own, subject), (self._class, label)):
                table.setdefault(key, Counter())[place] += 1
            self._timed.setdefault((label, *context(start)), Counter())[place] += 1
        self._upto = newest

    # --- what is not counted one by one -------------------------------------------------------------------------------
    def _prior(self, label: str) -> dict[str, float]:
        weights = PRIOR.get(canonical(label), PRIOR[""])
        many = Counter(self._kinds.values())
        found = {p: weights.get(kind, _STRANGE) / many[kind] for p, kind in self._kinds.items()}
        total = sum(found.values())
        return {p: w / total for p, w in found.items()} if total else {}

    def _with_older(self, label: str, counts: Counter[str]) -> Where:
        """The counts, and what only the table of usual places still knows, spread over all places of the kind."""
        rows = self.world.store.db.execute("SELECT place, count FROM usual WHERE label = ?", (label,)).fetchall()
        recent = Counter[str]()
        for place, n in counts.items():
            recent[self._kinds.get(place) or self.world.label(place)] += n
        found = {p: float(n) for p, n in counts.items()}
        for kind, n in rows:
            older = n - recent[kind]
            kin = [p for p, own in self._kinds.items() if own == kind] if older > 0 else []
            for place in kin:
                found[place] = found.get(place, 0.0) + older / len(kin)
        return found


def _blend(share: Where, counts: Where, worth: float) -> dict[str, float]:
    """The counts, smoothed with ``share``, which is worth so many of them."""
    total = sum(counts.values()) + (worth if share else 0.0)
    if total <= 0:
        return dict(share)
    found = {p: worth * w / total for p, w in share.items()}
    for place, n in counts.items():
        found[place] = found.get(place, 0.0) + n / total
    return found
