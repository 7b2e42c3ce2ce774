"""The scene graph as a networkx view: map > building > floor > room > furniture > objects and parts; relations as edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .maps import areas, innermost
from .moments import Moments
from .node import Node
from .things import knowledge_of
from .world import FLOOR, World

if TYPE_CHECKING:
    import networkx

NEAR = 0.15  # metres between bounds
ROOT = "map"


def graph(world: World) -> networkx.MultiDiGraph:
    """Nodes: the root "map", areas (role building, floor or room) and things by id (label, role, map, centre, knowledge).
    Edges: open relations with their start and cause, keyed by predicate; ``in`` from each area to the one around it, and from
    things without a place and furniture to the innermost area; ``near`` in both directions, from the boxes. What is in no area
    hangs on the root; where there are several maps, on a node of its own map under the root.
    """
    import networkx

    view = networkx.MultiDiGraph()
    view.add_node(ROOT, label=ROOT, role="map")
    nodes = list(world.nodes.values())
    known = [a for a in areas(world) if world.scope is None or a.map_id in (None, world.scope)]
    tops = {map: f"{ROOT} {map}" for map in sorted({n.map for n in nodes})}
    if len(tops) < 2:
        tops = dict.fromkeys(tops, ROOT)
    for area in known:
        view.add_node(area.id, label=area.label, role=area.kind, map=area.map_id)
    for area in known:
        view.add_edge(area.id, area.parent or ROOT, key="in")
    around: dict[str, str] = {}
    for node in nodes:
        view.add_node(
            node.id, label=node.label, role=node.role.value, map=node.map, center=tuple(node.box.center.tolist()),
            size=tuple(node.box.size.tolist()), knowledge=knowledge_of(world, node).value,
        )  # fmt: skip
        inner = innermost(known, node.map, node.center)
        around[node.id] = inner.id if inner is not None else tops[node.map]
    for (subject, family), fact in sorted(world.projection.open.items()):
        if family not in ("place", "whole") or subject not in around:
            continue
        place = fact.object if fact.object != FLOOR or around[subject] in tops.values() else around[subject]
        if place not in view:
            view.add_node(place, label=place, role="map" if place == FLOOR else "robot")
        view.add_edge(subject, place, key=fact.predicate, start=fact.start, cause=fact.cause, seq=fact.seq)
    for node in nodes:
        if view.out_degree(node.id) == 0:
            if around[node.id] not in view:
                view.add_node(around[node.id], label=node.map, role="map")
                view.add_edge(around[node.id], ROOT, key="in")
            view.add_edge(node.id, around[node.id], key="in")
    _add_near(view, [n for n in nodes if n.small and not n.presence.absent])
    return view


def _add_near(view: networkx.MultiDiGraph, small: list[Node]) -> None:
    for i, a in enumerate(small):
        for b in small[i + 1 :]:
            gap = np.maximum(np.maximum(a.lower - b.upper, b.lower - a.upper), 0.0)
            if a.map == b.map and float(np.linalg.norm(gap)) <= NEAR:
                view.add_edge(a.id, b.id, key="near")
                view.add_edge(b.id, a.id, key="near")


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
