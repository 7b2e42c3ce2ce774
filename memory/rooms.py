"""Rooms in questions: which one a phrase names, what is in it, which one a thing is in; none unless memory was told of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .maps import Area, areas, innermost
from .node import Node
from .vocabulary import noun
from .world import World


def named_area(world: World, text: str) -> Area | None:
    """The room, or else the floor, that is called so; None if there is none or the phrase is empty."""
    word = noun(text)
    return next((a for a in reversed(areas(world)) if word and a.kind != "building" and noun(a.label) == word), None)


def inside(world: World, area: Area) -> list[Node]:
    """Things that are there and in the area, furniture first, then the last seen."""
    if area.box is not None:
        among: Iterable[Node] = world.near(np.asarray(area.box[0]), np.asarray(area.box[1]), bare=True)
    else:
        among = world.nodes.values()  # the whole of a map
    found = [n for n in among if not n.presence.absent and area.has(n.map, np.asarray(n.box.center))]
    return sorted(found, key=lambda n: (n.small, -n.last_seen, n.number))


def room_text(world: World, node: Node) -> str:
    """ " in the kitchen", "" if memory was told of no room there."""
    area = innermost(areas(world), node.map, np.asarray(node.box.center))
    return f" in the {area.label}" if area is not None and area.kind == "room" else ""
