"""Who the things and acts of a stream are in this memory: by the stream's own names, memory's ids, or what and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..contracts import Role
from ..errors import DamagedMemory
from . import stream_note
from .node import Node
from .store import Store
from .stream_lines import Named, Ref
from .stream_note import KEPT
from .vocabulary import matches
from .world import FLOOR, World

REACH = 0.3  # metres from a spot within which an object (its box) is what is meant
REACH_FURNITURE = 1.0
_SURE_WORD = 0.9


class Names:
    """What a stream's names stand for. ``trusted``: names that were never given to a detection are memory's own ids."""

    def __init__(self, trusted: bool = False) -> None:
        self.trusted = trusted
        self.things: dict[str, str] = {}  # where the two differ, or always when not trusted
        self.acts: dict[str, str] = {}
        self.unknown = 0  # mentions of things that memory does not know

    def learn(self, names: Sequence[str | None], ids: Sequence[str | None]) -> None:
        """Detections that the stream calls ``names`` are memory's ``ids``."""
        for name, id in zip(names, ids, strict=False):
            if name is None or id is None:
                continue
            if not self.trusted or name != id or name in self.things:
                self.things[name] = id

    def thing(self, world: World, named: Named) -> str | None:
        """Memory's id of a thing; None, and counted, if memory does not know it."""
        id = self._found(world, named)
        self.unknown += id is None
        return id

    def mention(self, name: str) -> str:
        """A name in a text's references: memory's id where it is known, else the name itself."""
        return self.things.get(name, name)

    def _found(self, world: World, named: Named) -> str | None:
        if isinstance(named, Ref):
            node = nearest(world, named)
            return node.id if node is not None else None
        if named == FLOOR:
            return FLOOR
        id = self.things.get(named, named if self.trusted else None)
        node = world.node(id)
        return node.id if node is not None else None

    # --- acts -------------------------------------------------------------------------------------------------------------
    def began(self, kind: str, name: str, id: str) -> None:
        """An act that the stream calls ``name`` is memory's ``id``."""
        if not self.trusted or name != id:
            self.acts[f"{kind} {name}"] = id

    def act(self, kind: str, name: str) -> str | None:
        """Memory's id of an act."""
        return self.acts.get(f"{kind} {name}", name if self.trusted else None)

    def ended(self, kind: str, name: str) -> None:
        """The name is free again (a recorded stream may end an act twice, as memory allows it)."""
        if not self.trusted:
            self.acts.pop(f"{kind} {name}", None)

    # --- across interruptions -----------------------------------------------------------------------------------------------
    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        return {"trusted": self.trusted, "things": self.things, "acts": self.acts}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Names:
        """From ``plain``."""
        names = cls(bool(data["trusted"]))
        names.things, names.acts = dict(data["things"]), dict(data["acts"])
        return names


def nearest(world: World, ref: Ref) -> Node | None:
    """The thing that a label, a spot or both mean: the nearest one within reach; without a spot, the one seen last."""
    found: list[tuple[float, float, int, Node]] = []
    for node in world.nodes.values():
        if node.presence.absent and node.role is Role.OBJECT and ref.at is not None:
            continue
        if ref.label and matches(ref.label, node.label) < _SURE_WORD:
            continue
        if ref.at is None:
            found.append((float(node.presence.absent), -node.last_seen, node.number, node))
            continue
        distance = float(node.box.distance(np.asarray(ref.at)))
        if distance <= (REACH if node.small else REACH_FURNITURE):
            centre = float(np.linalg.norm(node.center - ref.at))
            found.append((distance + 0.1 * centre, -node.last_seen, node.number, node))
    return min(found, key=lambda f: f[:3])[3] if found else None


def forget_names(store: Store, named: Callable[[str], bool]) -> None:
    """Within an erasure: the streams' own names go of all that the memory has no more, and those that are ``named``.

    What such a name stood for is told anew by the next line that shows it. A note that was altered goes altogether.
    """
    kept = store.kept(KEPT)
    if kept is None:
        return
    try:
        rows = stream_note.read(kept)
    except DamagedMemory:
        store.db.execute("DELETE FROM meta WHERE key = ?", (KEPT,))
        return
    known = {id for table in ("things", "acts", "areas") for (id,) in store.db.execute(f"SELECT id FROM {table}")}
    for row in rows:
        for key in ("things", "acts"):
            names = row["names"].get(key, {})
            row["names"][key] = {name: id for name, id in names.items() if id in known and not named(name)}
    store.keep(KEPT, stream_note.written(rows))
