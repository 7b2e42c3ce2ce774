"""Short-term memory: the bounded set of things that matter for the task at hand.

The policy decides who goes when the set is full; it sees only the order of use, so others (LFU, W-TinyLFU) fit in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ..errors import InputError

CAPACITY = 24


class Policy(Protocol):
    """Replacement policy: orders the residents, next to go first."""

    def used(self, order: list[str], id: str) -> None:
        """``id`` (already in ``order``) was used again: reorder in place."""
        ...

    def victim(self, order: Sequence[str], pinned: frozenset[str]) -> str | None:
        """Who goes; None if all are pinned."""
        ...


class LRU:
    """The least recently used goes first."""

    def used(self, order: list[str], id: str) -> None:
        """Moves ``id`` to the end."""
        order.remove(id)
        order.append(id)

    def victim(self, order: Sequence[str], pinned: frozenset[str]) -> str | None:
        """The first that is not pinned."""
        return next((id for id in order if id not in pinned), None)


class FIFO(LRU):
    """The first to come goes first, however often it was used."""

    def used(self, order: list[str], id: str) -> None:
        """Changes nothing."""


class ShortTerm:
    """A bounded set of thing ids. Pinned ones stay until they are unpinned; they count against the capacity."""

    def __init__(self, capacity: int = CAPACITY, policy: Policy | None = None) -> None:
        if capacity < 1:
            raise InputError(f"a short-term memory of capacity {capacity} is of no use; at least 1 is needed")
        self.capacity = capacity
        self.policy: Policy = policy if policy is not None else LRU()
        self.dirty = False
        self._order: list[str] = []
        self._pinned: set[str] = set()

    def touch(self, id: str) -> None:
        """``id`` is of interest now; makes room for it if it is not resident (unless all others are pinned)."""
        before = list(self._order)
        if id in self._order:
            self.policy.used(self._order, id)
        else:
            while len(self._order) >= self.capacity:
                victim = self.policy.victim(self._order, frozenset(self._pinned))
                if victim is None:
                    return
                self._order.remove(victim)
            self._order.append(id)
        self.dirty |= before != self._order

    def pin(self, id: str) -> None:
        """Keep ``id`` resident; ``InputError`` when all places are pinned already."""
        if id not in self._pinned and len(self._pinned) >= self.capacity:
            raise InputError(
                f"all {self.capacity} places of short-term memory are pinned; unpin one before pinning {id}"
            )
        self.touch(id)
        self.dirty |= id not in self._pinned
        self._pinned.add(id)

    def unpin(self, id: str) -> None:
        """Let ``id`` be replaced again; nothing happens if it was not pinned."""
        self.dirty |= id in self._pinned
        self._pinned.discard(id)

    def resident(self) -> tuple[str, ...]:
        """The ids, next to go first."""
        return tuple(self._order)

    def pinned(self) -> frozenset[str]:
        """The pinned ids."""
        return frozenset(self._pinned)

    def load(self, rows: Iterable[tuple[str, int]]) -> None:
        """Take the set from its stored form: (id, pinned) in order."""
        kept = list(rows)
        self._order = [id for id, _ in kept]
        self._pinned = {id for id, pinned in kept if pinned}
        self.dirty = False

    def plain(self) -> list[list[object]]:
        """The stored form; what was changed counts as kept from then on."""
        self.dirty = False
        return [[id, id in self._pinned] for id in self._order]
