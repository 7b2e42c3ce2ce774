"""Things that cannot be told apart: after both were out of sight, which is which is only presumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..geometry import F64
from .likeness import compatibility
from .node import Node
from .world import World

OUT_OF_SIGHT = 1.0  # seconds
NEAR = 12.0  # metres within which it may be
MOST = 4  # of a class that a thing may be mistaken for
ALIKE = 0.35  # cosine distance; twins in different light were seen 0.2 apart, another colour is about 1


class Lookalikes:
    """Notices when two like things have both been unobserved at the same time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._away: set[str] = set()
        self._opened = world.now if world.nodes else -np.inf
        self._about: dict[str, None] = {}  # what writes had to do with, until it is out of sight

    def watch(self, stamp: float) -> None:
        """Once per frame: pair up what has just been lost sight of with the like that is out of sight too."""
        nodes = self.world.nodes
        about = nodes.still({**self._about, **dict.fromkeys(nodes.rest())})
        self._about, lost = {}, []
        for node in about:
            if not node.small:
                continue
            if self.world.scope not in (None, node.map):
                self._about[node.id] = None  # until the robot is back in its map
            elif node.held is not None or stamp - node.last_seen <= OUT_OF_SIGHT:
                self._away.discard(node.id)
                self._about[node.id] = None
            elif node.id not in self._away:
                self._away.add(node.id)
                if node.last_seen > self._opened - OUT_OF_SIGHT:  # else it was lost, and paired, before
                    lost.append(node)
        if lost:
            near = self._near(lost)
            for node in sorted(lost, key=lambda n: n.number):
                self._lost(node, near.get(node.label, []), stamp)

    def _lost(self, node: Node, near: Sequence[tuple[int, F64]], stamp: float) -> None:
        """Of very many of its class only the nearest may have changed places with it: the rest says nothing any more."""
        gaps = sorted((float(((center - node.center) ** 2).sum()), num) for num, center in near if num != node.number)
        kin = self.world.nodes.some(f"o{num}" for num in sorted(num for _, num in gaps[:MOST]))
        found = []
        for other in kin:
            away = other.held is None and stamp - other.last_seen > OUT_OF_SIGHT
            if away and other.id not in node.alike and alike(node, other):
                found.append((other, max(node.last_seen, other.last_seen)))
        self.presume(node, found, stamp)

    def _near(self, nodes: Sequence[Node]) -> dict[str, list[tuple[int, F64]]]:
        """Class → (number, centre (3,)) of things around that something of the class could be confused with."""
        low, high = np.min([n.lower for n in nodes], axis=0) - NEAR, np.max([n.upper for n in nodes], axis=0) + NEAR
        found: dict[str, list[tuple[int, F64]]] = {}
        for label, num, center in self.world.projection.finder.kin({n.label for n in nodes}, low, high):
            found.setdefault(label, []).append((num, center))
        return found

    def linked(self, node: Node, was_absent: bool) -> None:
        """``node`` was recognised elsewhere; others that are missed too and look like it could be it as well."""
        if not was_absent:
            return
        found = []
        for other in self.world.gone([node.label], node.center):
            if other is not node and other.id not in node.alike and alike(node, other):
                found.append((other, min(node.last_seen, other.last_seen)))
        self.presume(node, found, node.last_seen)

    def presume(self, node: Node, others: Sequence[tuple[Node, float]], stamp: float) -> None:
        """From the given times on, ``node`` may be each of ``others`` and the other way round."""
        for other, since in others:
            node.alike[other.id] = since
            other.alike[node.id] = since
        if others:
            self.world.emit("alike", stamp, things=[node, *(other for other, _ in others)])


def alike(a: Node, b: Node) -> bool:
    """True if a look could not tell the two apart: class, appearance (by how much their looks vary) and size agree."""
    if a.label != b.label or a.map != b.map or not (a.small and b.small):
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
