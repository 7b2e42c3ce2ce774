"""Ground truth of an AI2-THOR run from its metadata, so that goals can be checked behind the client, too.

AI2-THOR's metadata say what is, ALFRED's goals ask what was done (cleaned, heated, cooled): that is followed from event to
event, as ALFRED's own environment does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .ithor_rules import CLEANS_IN, KIND_OF, RINSED, WATER
from .ithor_scene import STATES


class ThorTruth:
    """A ``goals.GroundTruth`` over the newest metadata; hand it every event's with ``update``."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._done: dict[str, set[str]] = {}
        self.update(metadata)

    def update(self, metadata: Mapping[str, Any]) -> None:
        """Take in one event."""
        self._objects: dict[str, Mapping[str, Any]] = {o["objectId"]: o for o in metadata["objects"]}
        held = metadata["inventoryObjects"]
        self._held: str | None = held[0]["objectId"] if held else None
        running = any(o["objectType"] in WATER and o["isToggled"] for o in metadata["objects"])
        for id, entry in self._objects.items():
            done = self._done.setdefault(id, set())
            if entry["temperature"] in ("Hot", "Cold"):
                done.add("heated" if entry["temperature"] == "Hot" else "cooled")
            kinds = {self._objects[p]["objectType"] for p in self.holder(id) if p in self._objects}
            rinsed = KIND_OF.get(entry["objectType"]) in RINSED and not entry["isDirty"]
            if running and rinsed and kinds & CLEANS_IN:
                done |= {"cleaned", "clean"}

    def ids(self) -> Sequence[str]:
        """Every object's id."""
        return list(self._objects)

    def kind(self, id: str) -> str:
        """AI2-THOR's object type."""
        return str(self._objects[id]["objectType"])

    def holder(self, id: str) -> tuple[str, ...]:
        """The receptacles that it is in or on."""
        return tuple(self._objects[id]["parentReceptacles"] or ())

    def state(self, id: str, name: str) -> bool:
        """A state, or what was done to it."""
        entry = self._objects[id]
        for key, state in STATES.items():
            if state == name:
                return bool(entry[key])
        if name in ("hot", "cold"):
            return bool(entry["temperature"] == name.capitalize())
        return name in self._done[id]

    def held(self) -> str | None:
        """What the hand holds."""
        return self._held
