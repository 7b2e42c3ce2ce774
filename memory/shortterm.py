"""Short-term memory: the bounded set of things that matter for the task at hand.

The policy (``replacement``, ``tinylfu``) decides who goes when the set is full. Who goes is only no longer resident: nothing
is lost, the memory file has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import InputError
from .replacement import FIFO, LFU, LRU, ReplacementPolicy, TaskAware
from .tinylfu import WTinyLFU

__all__ = ["CAPACITY", "FIFO", "LFU", "LRU", "ReplacementPolicy", "ShortTerm", "TaskAware", "WTinyLFU"]

CAPACITY = 24


class ShortTerm:
    """A bounded set of thing ids. Pinned ones stay until they are unpinned; they count against the capacity.

    ``policy`` (``LRU`` if none is given) belongs to this set from then on.
    """

    def __init__(self, capacity: int = CAPACITY, policy: ReplacementPolicy | None = None) -> None:
        if capacity < 1:
            raise InputError(f"a short-term memory of capacity {capacity} is of no use; at least 1 is needed")
        self.capacity = capacity
        self.policy: ReplacementPolicy = policy if policy is not None else LRU()
        self.policy.start(capacity)
        self.dirty = False
        self._pinned: set[str] = set()

    def touch(self, id: str) -> None:
        """``id`` is of interest now; makes room for it if it is not resident (unless all others are pinned)."""
        before = None if self.dirty else self.policy.residents()
        self.policy.use(id, self._pinned)
        self.dirty = self.dirty or before != self.policy.residents()

    def focus(self, ids: Iterable[str]) -> None:
        """What the current task or question is about, in place of what was before; brings nothing in by itself.

        Policies other than ``TaskAware`` ignore it. It is not kept when the file is closed.
        """
        before = self.policy.residents()
        self.policy.focus(frozenset(ids))
        self.dirty |= before != self.policy.residents()

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
        return self.policy.residents()

    def pinned(self) -> frozenset[str]:
        """The pinned ids."""
        return frozenset(self._pinned)

    def load(self, rows: Iterable[tuple[str, int]]) -> None:
        """Take the set from its stored form: (id, pinned) in order. If not all fit, the first unpinned ones stay out.

        What the policy counted is not stored: it learns anew. Raises ``InputError`` for more pinned ids than places.
        """
        kept = list(rows)
        pinned = {id for id, is_pinned in kept if is_pinned}
        if len(pinned) > self.capacity:
            raise InputError(f"{len(pinned)} pinned things do not fit a short-term memory of capacity {self.capacity}")
        loose = [id for id, is_pinned in kept if not is_pinned]
        out = set(loose[: max(0, len(kept) - self.capacity)])
        self.policy.start(self.capacity, [id for id, _ in kept if id not in out])
        self._pinned = pinned
        self.dirty = False

    def plain(self) -> list[list[object]]:
        """The stored form; what was changed counts as kept from then on."""
        self.dirty = False
        return [[id, id in self._pinned] for id in self.resident()]
