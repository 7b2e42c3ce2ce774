"""Replacement policies of short-term memory: which of the residents goes when a newcomer needs its place.

A policy decides only who is resident; the things themselves stay in the memory file whatever happens here.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Protocol, runtime_checkable

from ..errors import InputError

NOTHING: frozenset[str] = frozenset()


@runtime_checkable
class ReplacementPolicy(Protocol):
    """What short-term memory asks of a policy; ``check_policy`` tries it. One policy object serves one short-term memory."""

    def start(self, capacity: int, keys: Iterable[str] = ()) -> None:
        """Begin anew with room for ``capacity`` ≥ 1 and with these residents, next to go first, at most ``capacity``.

        ``residents()`` is then exactly ``keys``. Raises ``InputError`` for more keys than places.
        """
        ...

    def use(self, key: str, pinned: AbstractSet[str] = NOTHING) -> bool:
        """``key`` is used; True if it was resident (a hit).

        If it was not, it is resident afterwards, in the place of one that is not pinned; when all places are taken by
        pinned ones, nothing changes.
        """
        ...

    def focus(self, keys: AbstractSet[str]) -> None:
        """What the current task is about, in place of what was before. A policy may ignore it."""
        ...

    def residents(self) -> tuple[str, ...]:
        """Who is there, next to go first as far as the policy knows."""
        ...


def check_start(capacity: int, keys: Iterable[str]) -> list[str]:
    """The keys as a list; ``InputError`` if ``start`` can't be done with these arguments."""
    kept = list(keys)
    if capacity < 1:
        raise InputError(f"a capacity of {capacity} is of no use; at least 1 is needed")
    if len(kept) > capacity or len(set(kept)) < len(kept):
        raise InputError(f"{len(kept)} residents, {len(set(kept))} different, do not fit a capacity of {capacity}")
    return kept


class LRU:
    """The least recently used goes first."""

    def __init__(self) -> None:
        self._capacity = 1
        self._keys: OrderedDict[str, None] = OrderedDict()

    def start(self, capacity: int, keys: Iterable[str] = ()) -> None:
        """See ``ReplacementPolicy``."""
        self._keys = OrderedDict.fromkeys(check_start(capacity, keys))
        self._capacity = capacity

    def use(self, key: str, pinned: AbstractSet[str] = NOTHING) -> bool:
        """See ``ReplacementPolicy``."""
        if key in self._keys:
            self._used(key)
            return True
        if len(self._keys) >= self._capacity:
            victim = first_free(self._keys, pinned)
            if victim is None:
                return False
            del self._keys[victim]
        self._keys[key] = None
        return False

    def _used(self, key: str) -> None:
        self._keys.move_to_end(key)

    def focus(self, keys: AbstractSet[str]) -> None:
        """Ignored."""

    def residents(self) -> tuple[str, ...]:
        """See ``ReplacementPolicy``."""
        return tuple(self._keys)


class FIFO(LRU):
    """The first to come goes first, however often it was used."""

    def _used(self, key: str) -> None:
        pass


class LFU:
    """The least often used since it came goes first; of equals the least recently used. Constant time per use.

    Residents are kept in buckets by count (Shah, Mitra, Matani: An O(1) algorithm for implementing the LFU cache
    eviction scheme, 2010). Who comes back starts at one again.
    """

    def __init__(self) -> None:
        self._capacity = 1
        self._counts: dict[str, int] = {}
        self._buckets: dict[int, OrderedDict[str, None]] = {}

    def start(self, capacity: int, keys: Iterable[str] = ()) -> None:
        """See ``ReplacementPolicy``. Counts are not kept: all start at one."""
        kept = check_start(capacity, keys)
        self._capacity = capacity
        self._counts = dict.fromkeys(kept, 1)
        self._buckets = {1: OrderedDict.fromkeys(kept)}

    def use(self, key: str, pinned: AbstractSet[str] = NOTHING) -> bool:
        """See ``ReplacementPolicy``."""
        count = self._counts.get(key, 0)
        if count:
            self._remove(key)
        elif len(self._counts) >= self._capacity:
            victim = first_free(self.residents(), pinned)
            if victim is None:
                return False
            self._remove(victim)
        self._counts[key] = count + 1
        self._buckets.setdefault(count + 1, OrderedDict())[key] = None
        return count > 0

    def _remove(self, key: str) -> None:
        count = self._counts.pop(key)
        del self._buckets[count][key]
        if not self._buckets[count]:
            del self._buckets[count]

    def focus(self, keys: AbstractSet[str]) -> None:
        """Ignored."""

    def residents(self) -> tuple[str, ...]:
        """See ``ReplacementPolicy``."""
        return tuple(key for count in sorted(self._buckets) for key in self._buckets[count])


class TaskAware:
    """What the task is not about goes first; among equals the one whose uses weigh least, a use's weight halving with time.

    The weight is LRFU's (Lee et al.: LRFU, IEEE Transactions on Computers 50(12), 2001): the sum over all uses since it
    came of (1/2)^(uses of anything since / half life), between LFU (half life without end) and LRU (0). It is kept as
    log2(weight now) + now / half life, which does not change while nothing happens.
    """

    def __init__(self, half_life: float = 1.0) -> None:
        """``half_life`` in capacities: 1 means that a use weighs half after as many uses as there are places."""
        if not half_life > 0:
            raise InputError(f"a half life of {half_life} capacities is not usable; it has to be above 0")
        self.half_life = half_life
        self._capacity = 1
        self._now = 0
        self._focus: frozenset[str] = NOTHING
        self._worth: dict[str, float] = {}

    def start(self, capacity: int, keys: Iterable[str] = ()) -> None:
        """See ``ReplacementPolicy``. Weights are not kept: each key was used once, in this order; the focus is empty."""
        kept = check_start(capacity, keys)
        self._capacity, self._focus, self._now = capacity, NOTHING, len(kept)
        self._worth = {key: i / self._half for i, key in enumerate(kept)}

    @property
    def _half(self) -> float:
        return self.half_life * self._capacity

    def use(self, key: str, pinned: AbstractSet[str] = NOTHING) -> bool:
        """See ``ReplacementPolicy``."""
        self._now += 1
        now = self._now / self._half
        before = self._worth.get(key)
        if before is None and len(self._worth) >= self._capacity:
            free = [k for k in self._worth if k not in pinned]
            if not free:
                return False
            del self._worth[min(free, key=self._rank)]
        self._worth[key] = now if before is None else now + math.log2(1.0 + 2.0 ** (before - now))
        return before is not None

    def _rank(self, key: str) -> tuple[bool, float]:
        return key in self._focus, self._worth[key]

    def focus(self, keys: AbstractSet[str]) -> None:
        """These stay as long as there is anything else to go."""
        self._focus = frozenset(keys)

    def residents(self) -> tuple[str, ...]:
        """See ``ReplacementPolicy``."""
        return tuple(sorted(self._worth, key=self._rank))


def first_free(keys: Iterable[str], pinned: AbstractSet[str]) -> str | None:
    """The first that is not pinned; None if all are."""
    return next((key for key in keys if key not in pinned), None)


def check_policy(make: Callable[[], ReplacementPolicy], uses: Iterable[tuple[str, bool]], capacity: int) -> None:
    """Does a policy keep to the protocol on this run of (key, is it pinned from now on)? ``InputError`` says where not.

    A key whose turn comes again unpinned is unpinned. Pins beyond the capacity are passed over, as short-term memory does.
    """
    policy, twin = make(), make()
    if not isinstance(policy, ReplacementPolicy):
        raise InputError(f"{type(policy).__name__} lacks one of start, use, focus, residents")
    policy.start(capacity)
    twin.start(capacity)
    name, pinned = type(policy).__name__, set[str]()
    for step, (key, pin) in enumerate(uses):
        before = policy.residents()
        stuck = len(before) == capacity and set(before) <= pinned and key not in before
        policy.focus({key})
        twin.focus({key})
        hit = policy.use(key, frozenset(pinned))
        after = policy.residents()
        laws = {
            "a hit is a use of a resident": hit == (key in before),
            "never more residents than places, none twice": len(after) == len(set(after)) <= capacity,
            "pinned ones stay": pinned <= set(after),
            "what is used is resident, unless all places are pinned": (key in after) != stuck,
            "nobody else comes in": set(after) <= {*before, key},
            "one goes at most, and only when full": len(set(before) - set(after)) <= (len(before) == capacity),
            "a hit drives nobody out": not hit or set(after) == set(before),
            "equal histories, equal decisions": twin.use(key, frozenset(pinned)) == hit and twin.residents() == after,
        }
        broken = [law for law, holds in laws.items() if not holds]
        if broken:
            raise InputError(f"{name}, use {step} of {key!r}: broken: {'; '.join(broken)} ({before} → {after})")
        pinned.discard(key)
        if pin and key in after:
            pinned.add(key)
    again = make()
    again.start(capacity, policy.residents())
    if again.residents() != policy.residents():
        raise InputError(f"{name}: started with {policy.residents()}, holds {again.residents()}")
