"""Links across moves: what vanished here and what appeared there are taken for one thing, with a probability; and undone when
a thing like it stands at the very spot again while the other is still where it was found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..contracts import Verdict
from .frame import Frame
from .likeness import likeness
from .look import Look
from .node import Node, encode_box
from .records import Link
from .tracks import pass_on
from .working import node_from, replace_shape
from .world import World

LIKE = 1.5  # likeness (log-odds-like) from which a newcomer with a name is taken for what vanished
NEW_THING = 0.6  # log-odds of a newcomer being one more of its kind, against being one certain thing that is missed
_WITHIN = 12.0  # metres from the old spot within which the linked thing may be by now
_MOST = 8  # things of a class that are looked at
_AT_ONCE = 5.0  # seconds within which nothing is carried from place to place unseen
_NEAR = 0.08  # metres from the old spot, or three standard deviations of the look


def probability(like: float, rivals: Iterable[float] = ()) -> float:
    """That a newcomer is a certain missed thing: against being one more of its kind, and against the ``rivals``, by likeness:
    others that are missed too, or others that turned up and may be it.
    """
    odds = [math.exp(min(20.0, g - NEW_THING)) for g in (like, *rivals)]
    return odds[0] / (1.0 + sum(odds))


class Links:
    """Notes links and takes them back."""

    def __init__(self, world: World) -> None:
        self.world = world

    def note(self, node: Node, p: float, stamp: float, since: float) -> None:
        """What is known of ``node`` is still of its old spot; from now on it is elsewhere, with probability ``p``."""
        node.link = Link(stamp, round(p, 3), node.last_seen, since, node.sightings, encode_box(node.box))

    def found(self, look: Look, node: Node, stamp: float) -> None:
        """What is missed at its spot shows elsewhere: how sure is that, with others that are missed too?"""
        made = replace(node_from(look, "o0", stamp), map=node.map)
        gone = [n for n in self.world.gone([node.label], node.center) if n is not node and n.presence.absent]
        p = probability(likeness(made, node), (g for n in gone if (g := likeness(made, n)) >= LIKE))
        self.note(node, p, stamp, stamp)

    def doubted(self, look: Look) -> Node | None:
        """The thing that is believed to have left the spot at which a look, which nothing else explains, shows one like it."""
        if look.generic or not look.sure:
            return None
        made = replace(node_from(look, "o0", 0.0), map=self.world.scope or "map")
        low, high = look.lower - _WITHIN, look.upper + _WITHIN
        kin = self.world.projection.finder.kin({look.label}, low, high)
        kin.sort(key=lambda row: (float(((row[2] - look.center) ** 2).sum()), row[1]))
        for node in self.world.nodes.some(f"o{num}" for _, num, _ in kin[:_MOST]):
            link = node.link
            if (
                link is None
                or link.undone
                or node.held is not None
                or node.presence.absent
                or node.believed is not None
            ):
                continue
            off = float(np.linalg.norm(look.center - np.array(link.box[:3])))
            if off <= max(_NEAR, 3.0 * look.sigma) and likeness(made, node) >= LIKE:
                return node
        return None

    def refuted(self, frame: Frame, node: Node) -> bool:
        """Is it still where it was found, while one like it stands at its old spot? Else it may just have come back."""
        through = frame.verdicts.get(node.id) is Verdict.SEEN_THROUGH
        return node.id in frame.seen or (frame.stamp - node.last_seen <= _AT_ONCE and not through)

    def undo(self, frame: Frame, look: Look, node: Node) -> None:
        """``node`` stands where it always stood; what it was taken for is another thing, which gets an id of its own."""
        world, link = self.world, node.link
        assert link is not None
        other = replace(
            node, id=world.new_id(), first_seen=link.since, sightings=max(1, node.sightings - link.sightings), moves=0,
            alike={**node.alike, node.id: link.stamp}, link=None, states=dict(node.states), votes=dict(node.votes),
            presence=replace(node.presence), settled=None, strays=None,
        )  # fmt: skip
        frame.rename(node.id, other.id)
        world.nodes[other.id] = other
        pass_on(world, node.id, other.id)
        facts = [(node.id, family, fact) for family, fact in sorted(world.projection.open.of(node.id).items())]
        on = [(fact.subject, family, fact) for family, fact in world.projection.open.at(node.id)]
        closes = [(subject, family) for subject, family, _ in [*facts, *on]]
        opens = [(other.id, f.predicate, f.object, max(f.start, link.since)) for _, _, f in facts]
        opens += [(subject, f.predicate, other.id, max(f.start, link.since)) for subject, _, f in on]
        replace_shape(node, look)
        node.sightings, node.moves, node.whole = link.sightings + 1, max(0, node.moves - 1), not look.cut
        node.presence = node.presence.afresh()
        node.presence.seen()
        node.alike = {**node.alike, other.id: link.stamp}
        node.link = replace(link, undone=True)
        node.last_seen = node.last_looked = frame.stamp
        text = f"the {node.label} ({node.id}) is where it was: what was taken for it is another, {other.id}"
        world.emit(
            "separated", frame.stamp, things=[other, node], arrays=True, closes=closes, opens=opens,
            changes=[("separated", node.id, text, world.cause(node.id))],
        )  # fmt: skip
        frame.ids[look.index] = node.id
        frame.seen.add(node.id)
        frame.fresh[node.id] = ("reappeared", "where it was")
