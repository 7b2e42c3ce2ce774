"""How large a memory's file may grow while it is written to."""

from __future__ import annotations

from .compaction import Compacted, check_budget, size_of
from .store import Store

_EVERY = 64  # writes between two looks at the size
_SHARE = 0.8  # of the budget that a compaction aims at, so that the next is not due at once
_MORE = 1.5  # times what has to stay at which the next is due, where that is more than the budget


class Budget:
    """Counts writes and says when the file has to be compacted. ``InputError`` for a budget that holds nothing."""

    def __init__(self, size: int) -> None:
        check_budget(size)
        self.size = size
        self._due = size
        self._writes = 0

    @property
    def aim(self) -> int:
        """Bytes that a compaction aims at."""
        return max(1, int(_SHARE * self.size))

    def exceeded(self, store: Store, now: bool = False) -> bool:
        """After each write: has the file grown too large? Looked at now and then only, or ``now`` if anything was written."""
        self._writes += not now
        looked = self._writes > 0 if now else self._writes % _EVERY == 0
        return looked and size_of(store) > self._due

    def done(self, done: Compacted) -> None:
        """What came of a compaction."""
        self._due = self.size if done.size[1] <= self.size else int(_MORE * done.size[1])
