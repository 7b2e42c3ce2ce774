"""Finds what an ALFRED plan's ids mean in this build of a scene: by type, then by position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..geometry import F64
from .ithor_world import IthorWorld


class Join:
    """Finds this world's object for an id of a plan: by type, then by position."""

    def __init__(self, world: IthorWorld) -> None:
        self.world = world
        self._known: dict[str, str] = {}

    def __call__(self, plan_id: str, kind: str = "", near: Sequence[float] | None = None) -> str | None:
        """Our id for ``plan_id`` (``Type|x|y|z[|…]``); None where the scene has nothing of that type."""
        if plan_id in self._known and self._known[plan_id] in self.world.ids():
            return self._known[plan_id]
        parts = plan_id.split("|")
        sliced = parts[-1] if "Sliced" in parts[-1] else ""
        kind = kind or (
            sliced.split("_")[0] if sliced else (parts[-1] if parts[-1].isalpha() and len(parts) > 4 else parts[0])
        )
        where = near if near is not None else [float(v) for v in parts[1:4]]
        spot = np.array([where[0], where[2], where[1]])
        of_type = [i for i in self.world.ids() if self.world.kind(i) == kind]
        if not of_type:
            return None
        taken = set(self._known.values())
        best = min(of_type, key=lambda i: (i in taken, self._gap(i, spot), i))
        self._known[plan_id] = best
        return best

    def _gap(self, id: str, spot: F64) -> float:
        thing = self.world.things[id]
        start = self.world.scene.objects.get(id, thing.base).box_world  # plan ids speak of the start
        inside = bool(start.contains([spot[0], spot[1], start.center[2]]))
        return 0.0 if inside else float(np.linalg.norm(start.center - spot))
