"""What memory believed at every point of its log: the events applied one by one to an empty memory beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, cast

from ..memory.node import decode
from ..memory.records import Event, Thing
from ..memory.store import Store
from ..memory.things import thing
from ..memory.world import World


class Past:
    """Starts before the first event; ``apply`` goes on by one. A context manager."""

    def __init__(self) -> None:
        self._store = Store.open(":memory:")
        self._world = World(self._store)

    def apply(self, event: Event) -> bool:
        """Take in the next event; True if it could have changed how some thing is drawn."""
        world, payload = self._world, cast("Mapping[str, Any]", event.payload)
        if not payload:  # erased on purpose, or a kind that decides nothing
            return False
        with self._store.transaction():
            world.projection.apply(event.seq, event.kind, event.stamp, payload)
        world.now = max(world.now, event.stamp)
        for id in payload.get("things", ()):
            plain = world.projection.plain.get(id)
            if plain is not None:
                world.nodes[id] = decode(id, plain, world.projection.arrays(id))
        for id, _ in payload.get("merge", ()):
            world.nodes.pop(id, None)
        return any(key in payload for key in ("things", "open", "close", "merge"))

    @property
    def now(self) -> float:
        """World time of the newest event applied."""
        return self._world.now

    def name(self, id: str) -> str:
        """A thing's label and id, as it was called at that time; the id alone of what is no thing."""
        node = self._world.node(id)
        return id if node is None else f"{node.label} {node.id}"

    def things(self) -> list[Thing]:
        """All that is believed at that time."""
        return [thing(self._world, node) for node in self._world.nodes.values()]

    def close(self) -> None:
        """Let the scratch memory go."""
        self._store.close()

    def __enter__(self) -> Past:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
