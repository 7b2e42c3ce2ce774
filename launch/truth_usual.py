"""Questions about what is usual, asked once, at the end of a life: where things of a class are, and when they are moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from ..memory.belief_habits import PARTS, context
from .truth_ideal import Ideal
from .truth_questions import LONG
from .truth_terms import Question


def usual(ideal: Ideal) -> Iterator[Question]:
    """Asked once, at the end: the class of place where things of a class were mostly seen; near ties are all right."""
    counts: dict[str, Counter[str]] = {}
    for name in ideal.things():
        for k, s in enumerate(ideal.lives[name].seen):
            before = ideal.lives[name].seen[k - 1] if k else None
            if s.place is not None and (before is None or s.stamp - before.stamp > LONG or s.place != before.place):
                counts.setdefault(ideal.household.kind(name), Counter())[ideal.household.kind(s.place)] += 1
    for kind, places in counts.items():
        top = max(places.values())
        if sum(places.values()) >= 3:
            want = tuple(p for p, n in places.items() if n >= 0.8 * top)
            yield Question("usual place", kind, want, any_of=True, name=kind, stamp=ideal.now)


def routines(ideal: Ideal) -> Iterator[Question]:
    """Asked once, at the end: in which part of the day are things of a class moved? Where one part stands out."""
    counts: dict[str, Counter[str]] = {}
    for name in ideal.things():
        placed = [s for s in ideal.lives[name].seen if s.place is not None]
        for a, b in pairwise(placed):
            if a.place != b.place:
                counts.setdefault(ideal.household.kind(name), Counter())[PARTS[context(b.stamp)[1]]] += 1
    for kind, parts in counts.items():
        top = max(parts.values())
        if parts.total() >= 3 and top >= 0.5 * parts.total():
            want = tuple(p for p, n in parts.items() if n >= 0.8 * top)
            yield Question("routine", kind, want, any_of=True, name=kind, stamp=ideal.now)
