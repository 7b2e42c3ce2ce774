"""A transaction on the world: all of a call's decisions, or none of them."""

from __future__ import annotations

from types import TracebackType

from .store import Store
from .world import World


class Writing:
    """A transaction on the world: all of a call's decisions, or none of them."""

    def __init__(self, store: Store, world: World, durable: bool) -> None:
        self._world = world
        self._store = store
        self._transaction = store.transaction(durable=durable)
        self._within = False

    def __enter__(self) -> World:
        if self._world.epoch != self._store.epoch:  # a rolled-back write: what was in memory is no longer so on disk
            self._world.load()
        self._world.changes = []
        self._transaction.__enter__()
        self._within, self._world.nodes.writing = self._world.nodes.writing, True
        return self._world

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._world.nodes.writing = self._within
        self._transaction.__exit__(kind, error, trace)
