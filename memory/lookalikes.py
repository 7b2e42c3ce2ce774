"""Things that cannot be told apart: after both were out of sight, which is which is only presumed."""

from __future__ import annotations

import numpy as np

from .identity import compatibility
from .node import Node
from .world import World

OUT_OF_SIGHT = 1.0  # seconds
ALIKE = 0.35  # cosine distance; twins in different light were seen 0.2 apart, another colour is about 1


class Lookalikes:
    """Notices when two like things have both been unobserved at the same time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._away: set[str] = set()

    def watch(self, stamp: float) -> None:
        """Once per frame: pair up what has just been lost sight of with the like that is out of sight too."""
        nodes = self.world.nodes
        away = {id for id, n in nodes.items() if n.small and n.held is None and stamp - n.last_seen > OUT_OF_SIGHT}
        for id in sorted(away - self._away, key=lambda i: int(i[1:])):
            for other in sorted(away - {id}, key=lambda i: int(i[1:])):
                if other not in nodes[id].alike and alike(nodes[id], nodes[other]):
                    since = max(nodes[id].last_seen, nodes[other].last_seen)
                    self.presume(nodes[id], nodes[other], since, stamp)
        self._away = away

    def linked(self, node: Node, was_absent: bool) -> None:
        """``node`` was recognised elsewhere; others that are missed too and look like it could be it as well."""
        if not was_absent:
            return
        for other in list(self.world.nodes.values()):
            if other is not node and other.presence.absent and other.id not in node.alike and alike(node, other):
                self.presume(node, other, min(node.last_seen, other.last_seen), node.last_seen)

    def presume(self, a: Node, b: Node, since: float, stamp: float) -> None:
        """From ``since`` on, ``a`` may be ``b`` and the other way round."""
        a.alike[b.id] = since
        b.alike[a.id] = since
        self.world.emit("alike", stamp, things=[a, b])


def alike(a: Node, b: Node) -> bool:
    """True if a look could not tell the two apart: class, appearance (by how much their looks vary) and size agree."""
    if a.label != b.label or not (a.small and b.small):
        return False
    if compatibility(a.labels, b.labels) < 0.6:
        return False
    if a.appearance.size == 0 or a.appearance.shape != b.appearance.shape:
        known = a.appearance.size == b.appearance.size == 0 and not a.generic
        if not known:
            return False
    elif 1.0 - float(a.appearance @ b.appearance) > max(ALIKE, 3.0 * max(a.spread, b.spread)):
        return False
    ratio = np.log((np.sort(a.box.size) + 0.02) / (np.sort(b.box.size) + 0.02))
    return bool(np.abs(ratio).max() < 0.35)
