"""W-TinyLFU: a small window for newcomers, and a main part that one enters only by being used more than who has to leave.

Einziger, Friedman, Manes: TinyLFU: A Highly Efficient Cache Admission Policy, ACM Transactions on Storage 13(4), 2017,
section 4 and figure 5. The main part is a segmented LRU (Karedla, Love, Wherry 1994): 20 % probation, 80 % protected.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import chain

from ..errors import InputError
from .replacement import NOTHING, check_start, first_free
from .sketch import RecentFrequency

PROTECTED = 0.8
"""Share of the main part in which those live that were used again."""


class WTinyLFU:
    """Newcomers enter the window. Who is pushed out of it takes the place of probation's oldest if used more often lately.

    A newcomer is always resident for a while, since the window has at least one place.
    """

    def __init__(self, window: float = 0.01, sample: float = 10.0, seed: int = 0) -> None:
        """``window``: its share of the capacity, 0..1, rounded, one place at least. ``sample``: uses between two halvings of
        the counts, in capacities. ``seed``: of the hash functions, 0..2^63 - 1."""
        if not (0 <= window <= 1 and sample > 0 and 0 <= seed < 1 << 63):
            raise InputError(
                f"W-TinyLFU with window {window}, sample {sample}, seed {seed}: needs 0..1, above 0, 0..2^63 - 1"
            )
        self.window, self.sample, self.seed = window, sample, seed
        self.start(1)

    def start(self, capacity: int, keys: Iterable[str] = ()) -> None:
        """See ``ReplacementPolicy``. Counts are not kept; the last keys are taken for the window, those before as protected."""
        kept = check_start(capacity, keys)
        self._newest = max(1, round(self.window * capacity))
        self._main = capacity - self._newest
        self._safe = int(PROTECTED * self._main)
        self._often = RecentFrequency(max(1, round(self.sample * capacity)), self.seed)
        rest, window = kept[: -self._newest], kept[-self._newest :]
        cut = max(0, len(rest) - self._safe)
        self._window = OrderedDict.fromkeys(window)
        self._probation = OrderedDict.fromkeys(rest[:cut])
        self._protected = OrderedDict.fromkeys(rest[cut:])

    def use(self, key: str, pinned: AbstractSet[str] = NOTHING) -> bool:
        """See ``ReplacementPolicy``."""
        self._often.add(key)
        if key in self._window:
            self._window.move_to_end(key)
        elif key in self._protected:
            self._protected.move_to_end(key)
        elif key in self._probation:
            self._promote(key)
        else:
            self._enter(key, pinned)
            return False
        return True

    def _promote(self, key: str) -> None:
        if self._safe == 0:
            self._probation.move_to_end(key)
            return
        del self._probation[key]
        self._protected[key] = None
        if len(self._protected) > self._safe:
            self._probation[self._protected.popitem(last=False)[0]] = None

    def _enter(self, key: str, pinned: AbstractSet[str]) -> None:
        if len(pinned) >= self._newest + self._main and all(k in pinned for k in self.residents()):
            return
        if len(self._window) < self._newest:
            self._window[key] = None
            return
        candidate = first_free(self._window, pinned)
        if candidate is not None:
            del self._window[candidate]
            self._window[key] = None
        if len(self._probation) + len(self._protected) < self._main:
            self._probation[key if candidate is None else candidate] = None
            return
        victim = first_free(chain(self._probation, self._protected), pinned)
        if victim is None:
            return  # then the candidate goes: not all are pinned, so there is one
        if candidate is None:  # the whole window is pinned: the newcomer has to live in the main part
            self._replace(victim, key)
        elif self._often.estimate(candidate) > self._often.estimate(victim):
            self._replace(victim, candidate)

    def _replace(self, victim: str, key: str) -> None:
        (self._probation if victim in self._probation else self._protected).pop(victim)
        self._probation[key] = None

    def focus(self, keys: AbstractSet[str]) -> None:
        """Ignored."""

    def residents(self) -> tuple[str, ...]:
        """See ``ReplacementPolicy``: probation, protected, window."""
        return (*self._probation, *self._protected, *self._window)

    def protected(self) -> frozenset[str]:
        """Those who were used again while in the main part; a single pass over other things never drives them out."""
        return frozenset(self._protected)
