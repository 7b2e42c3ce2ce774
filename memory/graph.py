"""The scene graph as a networkx view: map > furniture > objects and parts, with relations as edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .moments import Moments
from .things import knowledge_of
from .world import FLOOR, World

if TYPE_CHECKING:
    import networkx

NEAR = 0.15  # metres between bounds
ROOT = "map"


def graph(world: World) -> networkx.MultiDiGraph:
    """Nodes: things by id (label, role, centre, knowledge) and the root "map". Edges: open relations with their start and
    cause, keyed by predicate; ``near`` in both directions, from the boxes; things without a place hang on the root.
    """
    import networkx

    view = networkx.MultiDiGraph()
    view.add_node(ROOT, label=ROOT, role="map")
    for node in world.nodes.values():
        view.add_node(
            node.id, label=node.label, role=node.role.value, center=tuple(node.box.center.tolist()),
            size=tuple(node.box.size.tolist()), knowledge=knowledge_of(world, node).value,
        )  # fmt: skip
    for (subject, family), fact in sorted(world.projection.open.items()):
        if family not in ("place", "whole") or subject not in world.nodes:
            continue
        if fact.object not in view:
            view.add_node(fact.object, label=fact.object, role="map" if fact.object == FLOOR else "robot")
        view.add_edge(subject, fact.object, key=fact.predicate, start=fact.start, cause=fact.cause, seq=fact.seq)
    for node in world.nodes.values():
        if view.out_degree(node.id) == 0:
            view.add_edge(node.id, ROOT, key="in")
    small = [n for n in world.nodes.values() if n.small and not n.presence.absent]
    for i, a in enumerate(small):
        for b in small[i + 1 :]:
            gap = np.maximum(np.maximum(a.lower - b.upper, b.lower - a.upper), 0.0)
            if float(np.linalg.norm(gap)) <= NEAR:
                view.add_edge(a.id, b.id, key="near")
                view.add_edge(b.id, a.id, key="near")
    return view


def event_graph(moments: Moments) -> networkx.MultiDiGraph:
    """Nodes: episodes, actions, changes, remarks (kind, stamp, text) and the things they are about; edges as
    ``Moments.edges``.
    """
    import networkx

    view = networkx.MultiDiGraph()
    for moment in moments.all().values():
        view.add_node(moment.id, kind=moment.kind, stamp=moment.stamp, text=moment.text, seq=moment.seq)
    for a, b, kind in moments.edges():
        if b not in view:
            view.add_node(b, kind="thing", label=moments.world.label(b))
        view.add_edge(a, b, key=kind)
    return view
