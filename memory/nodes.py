"""The working copies of all things, made when they are asked for and let go when there are too many.

Many things are in the file, few in view. A copy that a write has asked for may run ahead of what is kept (``ahead``) until the
next flush; any other can be dropped and made again from the tables as it was, but for what only matters within a run.
Which copies are let go depends on writes alone, never on questions, so that a replayed stream gives the same memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, ValuesView
from functools import partial
from typing import Any

import numpy as np

from ..geometry import F64
from .apply import Projection
from .node import Node, decode, fill

MOST = 4096  # working copies at a time
STRAYS = 0.05  # metres by which a box may differ from the one in the index before it is looked at on its own
_AT_ONCE = 1000


class _Values(ValuesView[Node]):
    """All things, made in portions."""

    def __init__(self, nodes: Nodes) -> None:
        super().__init__(nodes)
        self._nodes = nodes

    def __iter__(self) -> Iterator[Node]:
        return self._nodes.each()


class Nodes(MutableMapping[str, Node]):
    """Thing → its working copy; iterates in order of creation. ``writing`` tells that what is asked for may be changed.

    ``asked``: asked for by this write; ``touched``: by earlier ones since the last flush; ``ahead``: differ from what is kept
    by less than was worth a log entry; ``strays``: their boxes are far from those in the index.
    """

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._made: dict[str, Node] = {}
        self._deleted: set[str] = set()
        self.writing = False
        self.scope: str | None = None  # the map that what is asked for has to be in, if not looked up by its id
        self.asked: dict[str, None] = {}
        self.touched: dict[str, None] = {}
        self.ahead: dict[str, None] = {}
        self.strays: dict[str, Node] = {}  # whose boxes the index does not know
        self.newest = 0
        self._used: dict[str, None] = {}  # by writes, longest ago first

    def __getitem__(self, id: str) -> Node:
        node = self._made.get(id)
        if node is None:
            if id in self._deleted:
                raise KeyError(id)
            data = self._projection.plain[id]
            node = self._make(id, decode(id, data, partial(self._projection.arrays, id)))
        if self.writing:
            self.asked[id] = None
        return node

    def get(self, id: str, default: Any = None) -> Any:
        """The copy of a thing, if there is such a thing."""
        node = self._made.get(id)
        if node is None:
            try:
                return self[id]
            except KeyError:
                return default
        if self.writing:
            self.asked[id] = None
        return node

    def __setitem__(self, id: str, node: Node) -> None:
        self._deleted.discard(id)
        self._make(id, node)
        self.touched[id] = None
        self.newest = max(self.newest, node.number)
        if id not in self._projection.plain:
            node.settled = None
            self.strays[id] = node

    def __delitem__(self, id: str) -> None:
        if id not in self:
            raise KeyError(id)
        self._deleted.add(id)
        self._drop(id)

    def __contains__(self, id: object) -> bool:
        return id in self._made or (id not in self._deleted and id in self._projection.plain)

    def there(self, ids: Iterable[str]) -> set[str]:
        """Which of ``ids`` are things; much faster than one by one."""
        wanted = dict.fromkeys(ids)
        made = {id for id in wanted if id in self._made}
        return made | self._projection.plain.there(wanted.keys() - made - self._deleted)

    def __iter__(self) -> Iterator[str]:
        kept = [id for id in self._projection.plain if id not in self._deleted]
        new = [id for id in self._made if id not in self._projection.plain]
        return iter(kept + sorted(new, key=lambda id: int(id[1:])))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """Whether there is any: without a look at each."""
        return bool(self._made) or bool(self._projection.plain)

    def values(self) -> ValuesView[Node]:
        """All things in order of creation."""
        return _Values(self)

    def some(self, ids: Iterable[str], everywhere: bool = False, bare: bool = False) -> list[Node]:
        """Those of ``ids`` that there are (in the map of ``scope``, or ``everywhere``), in that order; much faster than one by
        one. ``bare``: points, colours and appearance are read when they are asked for.
        """
        wanted = list(ids)
        missing = [id for id in wanted if id not in self._made and id not in self._deleted]
        if len(self._made) + len(missing) > 2 * MOST:
            self._drop_unused()
            missing = [id for id in wanted if id not in self._made and id not in self._deleted]
        for start in range(0, len(missing), _AT_ONCE):
            data = self._projection.plain.some(missing[start : start + _AT_ONCE])
            arrays = {} if bare else self._projection.some_arrays(list(data))
            for id, kept in data.items():
                self._make(id, decode(id, kept, partial(self._projection.arrays, id) if bare else arrays[id]))
        found = [node for id in wanted if (node := self._made.get(id)) is not None]
        if self.scope is not None and not everywhere:
            found = [node for node in found if node.map == self.scope]
        if not bare and (unread := [node for node in found if node.origin is not None]):
            arrays = self._projection.some_arrays([node.id for node in unread])
            for node in unread:
                fill(node, arrays[node.id])
        if self.writing:
            self.asked.update(dict.fromkeys(wanted))
        return found

    def still(self, ids: Iterable[str]) -> list[Node]:
        """Those of ``ids``, of any map, that there are; they count as touched, but as asked for no more than before: else what
        is followed from frame to frame would bring itself up again for ever.
        """
        before, self.writing = self.writing, False
        found = self.some(ids, everywhere=True)
        self.writing = before
        self.touched.update(dict.fromkeys(n.id for n in found))
        return found

    def near(self, low: F64, high: F64, bare: bool = False) -> list[Node]:
        """Things whose axis-aligned bounds meet [low, high], in order of creation: the index narrows down, doubles decide.
        ``bare``: see ``some``.
        """
        within = self._projection.finder.within
        nums = within(low, high, STRAYS)
        if not self.writing and any(f"o{num}" not in self._made for num in nums):
            there = set(within(low, high, 0.0))  # what is not at hand is where the index has it
            nums = [num for num in nums if num in there or f"o{num}" in self._made]
        strays = {n.number for n in self.strays.values() if (n.lower <= high).all() and (n.upper >= low).all()}
        nodes = self.some((f"o{num}" for num in sorted({*nums, *strays})), bare=bare)
        if not nodes:
            return []
        lower, upper = np.array([n.lower for n in nodes]), np.array([n.upper for n in nodes])
        meets = np.flatnonzero(((lower <= high) & (upper >= low)).all(axis=1))
        return [nodes[i] for i in meets.tolist()]

    def here(self, id: str) -> Node:
        """The copy of a thing as it is at hand, without a note that somebody asked for it."""
        return self._made[id]

    def at_hand(self, id: str) -> Node | None:
        """The copy of a thing, if there is one already."""
        return self._made.get(id)

    def busy(self) -> list[Node]:
        """The copies that may differ from what is kept."""
        ids = {**self.asked, **self.touched, **self.ahead}
        return [node for id in ids if (node := self._made.get(id)) is not None]

    def made(self) -> list[Node]:
        """The copies at hand, in order of creation."""
        return sorted(self._made.values(), key=lambda n: n.number)

    def each(self) -> Iterator[Node]:
        """All things in order of creation."""
        ids = list(self)
        for start in range(0, len(ids), _AT_ONCE):
            yield from self.some(ids[start : start + _AT_ONCE])

    def settle(self, node: Node) -> None:
        """The box of a thing as it is now was written into the index."""
        node.settled = (node.lower, node.upper)
        self.strays.pop(node.id, None)

    def rest(self) -> list[str]:
        """The write, or a frame of it, is over: what it asked for counts as touched; returns that."""
        asked = [id for id in self.asked if id in self._made]
        self.asked = {}
        self.touched.update(dict.fromkeys(asked))
        return asked

    def trim(self) -> list[str]:
        """After a flush: let copies go that do not differ from what is kept, if there are too many; returns which."""
        for id in self.touched:
            self._used.pop(id, None)
            self._used[id] = None
        self.touched.clear()
        if len(self._made) <= MOST:
            return []
        self._drop_unused()
        spare = len(self._used) - MOST
        gone = [id for id in self._used if id not in self.ahead and id not in self.strays][: max(0, spare)]
        for id in gone:
            self._drop(id)
        return gone

    def _drop_unused(self) -> None:
        """Let go of what only questions asked for."""
        busy = self._used.keys() | self.touched.keys() | self.asked.keys() | self.ahead.keys() | self.strays.keys()
        for id in [id for id in self._made if id not in busy]:
            del self._made[id]

    def _make(self, id: str, node: Node) -> Node:
        self._made[id] = node
        node.settled, node.strays = (node.lower, node.upper), self.strays
        return node

    def _drop(self, id: str) -> None:
        self._made.pop(id, None)
        self._used.pop(id, None)
        self.asked.pop(id, None)
        self.touched.pop(id, None)
        self.ahead.pop(id, None)
        self.strays.pop(id, None)
