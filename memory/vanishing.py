"""What is gone from its spot: either it is the thing that has turned up elsewhere, or nobody knows where it is."""

from __future__ import annotations

import numpy as np

from ..contracts import ObservationBatch, Role, Verdict
from .frame import Frame
from .fusion import box_of, fuse
from .identity import LINK_NAMELESS
from .likeness import likeness
from .links import LIKE, Links, probability
from .lookalikes import alike
from .node import GENERIC, Node
from .places import Places
from .spatial import carry, enclosing
from .tracks import pass_on
from .working import as_big
from .world import World

_PUT_DOWN = 0.05  # metres by which the height of what was put down unseen may be off
_HALF, _NEARLY = 0.5, 0.9
_MOST_NEW = 64  # newcomers that are compared with what vanished


class Vanishing:
    """Links what vanished with what appeared, merges duplicates; both keep the older id."""

    def __init__(self, world: World, places: Places) -> None:
        self.world = world
        self.places = places
        self.links = Links(world)

    def judge(self, frame: Frame, batch: ObservationBatch) -> None:
        """Take in what the frame says of the things that were expected in it and not recognised."""
        for visibility in batch.visibility:
            node = self.world.node(visibility.id)
            if node is None or node.id in frame.seen or node.held is not None:
                continue
            if enclosing(self.world, node.id) is not None:
                continue  # shut away: whatever was visible, it was not the thing's spot
            gone = False
            if visibility.verdict is Verdict.SEEN:
                gone = self._other_there(frame, node, visibility.detection, visibility.visible)
            elif visibility.verdict is Verdict.SEEN_THROUGH and node.small:
                gone = node.presence.seen_through(_worth(node) * _found(visibility.visible), frame.stamp)
            if visibility.verdict in (Verdict.SEEN, Verdict.SEEN_THROUGH) and visibility.visible >= 0.3:
                node.last_looked = frame.stamp
            if gone:
                self.gone(frame, node)

    def _other_there(self, frame: Frame, node: Node, detection: int | None, visible: float) -> bool:
        """Something is at the thing's spot. If it is surely another thing, that is (weaker) evidence against this one."""
        other = None
        if detection is not None and 0 <= detection < len(frame.ids):
            other = self.world.node(frame.ids[detection])
        if other is not None and other.small and node.small and not (other.generic or node.generic):
            overlap = np.minimum(other.upper, node.upper) - np.maximum(other.lower, node.lower)
            if likeness(other, node) < -1.0 and (overlap > 0).all():
                return node.presence.seen_through(0.6 * visible, frame.stamp)
        node.presence.occupied(visible)
        return False

    def gone(self, frame: Frame, node: Node) -> None:
        """``node`` is no longer at its spot."""
        stamp = frame.stamp
        newcomer, p = self._newcomer(node)
        if newcomer is not None:
            self._moved(frame, node, newcomer, p)
            return
        world = self.world
        fact = world.fact(node.id)
        where = f" from the {world.label(fact.object)}" if fact is not None else ""
        text = f"the {node.label} ({node.id}) is gone{where}"
        cause = world.cause(node.id)
        world.emit("vanished", stamp, things=[node], changes=[("vanished", node.id, text, cause)])

    def _newcomer(self, node: Node) -> tuple[Node | None, float]:
        """What first turned up after ``node`` was last seen, looks like it, and is not better explained by another; and how
        probable it is that this is it.
        """
        found: list[tuple[float, int, Node]] = []
        for other in self._since(node):
            if other is node or not other.small or other.presence.absent or other.first_seen <= node.last_seen:
                continue
            if self.world.together.get((node.id, other.id), 0) or self.world.together.get((other.id, node.id), 0):
                continue
            like = likeness(other, node)
            if like >= (LINK_NAMELESS if node.generic else LIKE):
                found.append((like, -other.number, other))
        if not found:
            return None, 0.0
        like, _, best = max(found, key=lambda f: f[:2])
        rivals = [f[0] for f in found if f[2] is not best]
        for rival in self.world.gone(_names(best), best.center):
            lost = rival is not node and rival.presence.absent and rival.small and rival.last_seen < best.first_seen
            if lost and (its := likeness(best, rival)) > like + 0.5:
                return None, 0.0
            if lost and its >= LIKE:
                rivals.append(its)
        return best, probability(like, rivals)

    def _since(self, node: Node) -> list[Node]:
        """What may be ``node`` by its class and first turned up after it was last seen; of very many the nearest."""
        world = self.world
        nums = world.projection.finder.since(_names(node), node.last_seen, node.center, _MOST_NEW)
        fresh = [n for n in world.nodes.strays.values() if n.first_seen > node.last_seen]
        ids = {f"o{num}" for num in nums} | {n.id for n in fresh}
        return world.nodes.some(sorted(ids, key=lambda id: int(id[1:])))

    def _moved(self, frame: Frame, node: Node, newcomer: Node, p: float) -> None:
        world = self.world
        self.places.settle(frame, newcomer.id)  # it may have turned up in this very frame
        fact, there = world.fact(node.id), world.fact(newcomer.id)
        was = f" from {fact.predicate} the {world.label(fact.object)}" if fact is not None else ""
        now = f" to {there.predicate} the {world.label(there.object)}" if there is not None else ""
        distance = float(np.linalg.norm(newcomer.center - node.center))
        rivals = [
            n for n in world.gone([node.label], node.center) if n is not node and n is not newcomer and alike(n, node)
        ]
        self.links.note(node, p, frame.stamp, newcomer.first_seen)
        motion, left = np.eye(4), node.last_seen
        motion[:3, 3] = newcomer.center - node.center
        _take_over(node, newcomer)
        for inner in carry(world, node.id, motion, frame.seen, loosen=0.03, lost=left):
            frame.fresh.setdefault(inner.id, ("", "carried"))
        node.moves += 1
        for rival in rivals:
            node.alike.setdefault(rival.id, node.last_seen)
        text = f"the {node.label} ({node.id}) moved {distance:.2f} m{was}{now}: {newcomer.id} was it (p {p:.2f})"
        cause = world.cause(node.id, newcomer.id)
        self._merge_event("moved", frame.stamp, newcomer, node, (("moved", node.id, text, cause),), there)
        frame.rename(newcomer.id, node.id)

    def merge(self, frame: Frame, newer: Node, older: Node) -> None:
        """The two records are one thing."""
        _unite(older, newer)
        text = f"{newer.id} and {older.id} are the same {older.label}"
        place = self.world.fact(newer.id) if self.world.fact(older.id) is None else None
        cause = self.world.cause(older.id)
        self._merge_event("merged", frame.stamp, newer, older, (("merged", older.id, text, cause),), place)
        frame.rename(newer.id, older.id)

    def _merge_event(
        self,
        kind: str,
        stamp: float,
        gone: Node,
        kept: Node,
        changes: tuple[tuple[str, str, str, str], ...],
        place: object,
    ) -> None:
        world = self.world
        opens: list[tuple[str, str, str, float]] = []
        closes: list[tuple[str, str]] = []
        facts = world.projection.open
        ends = {(gone.id, family): fact for family, fact in facts.of(gone.id).items()}
        ends |= {(fact.subject, family): fact for family, fact in facts.at(gone.id)}
        for (subject, family), fact in sorted(ends.items()):
            if subject == gone.id:
                closes.append((subject, family))
                known = world.fact(kept.id, family)
                free = family != "place" and known is None
                same = known is not None and (known.predicate, known.object) == (fact.predicate, fact.object)
                if (fact is place or free) and fact.object != kept.id and not same:  # else it is where it was all along
                    opens.append((kept.id, fact.predicate, fact.object, fact.start))
            elif fact.object == gone.id:
                closes.append((subject, family))
                if subject != kept.id:
                    opens.append((subject, fact.predicate, kept.id, fact.start))
        del world.nodes[gone.id]
        world.grown.pop(gone.id, None)
        pass_on(world, gone.id, kept.id)
        mistaken = world.nodes.some(id for id in gone.alike if id != gone.id)
        for node in {n.id: n for n in [*world.nodes.made(), *mistaken]}.values():
            if node.alike.pop(gone.id, None) is not None:
                world.nodes.touched[node.id] = None
            if any(place == gone.id for _, place in node.votes):
                node.votes = {(p, kept.id if o == gone.id else o): v for (p, o), v in node.votes.items()}
        world.emit(
            kind, stamp, things=[kept], arrays=True, closes=closes, opens=opens, changes=changes,
            extra={"merge": [[gone.id, kept.id]]},
        )  # fmt: skip


def _names(node: Node) -> set[str]:
    """By which things can be found that may be the same: without a name all that have none."""
    return set(node.labels) | (GENERIC if node.generic else frozenset())


def _found(visible: float) -> float:
    """How much a look through a share of a spot says: what shows by the half is found nearly as well as what shows whole."""
    return max(visible, min(_NEARLY, visible / _HALF))


def _worth(node: Node) -> float:
    """How much a look through the believed spot says: little of a thin thing that was put there and not seen since, for it may
    lie that much lower.
    """
    if node.believed is None or node.rest <= 0:
        return 1.0
    return min(1.0, float(node.box.size.min()) / (2.0 * min(node.rest, _PUT_DOWN)))


def _take_over(node: Node, newcomer: Node) -> None:
    """``node`` is where ``newcomer`` was thought to be another thing."""
    node.points, node.colors, node.voxel = newcomer.points, newcomer.colors, newcomer.voxel
    node.set_box(newcomer.box)
    node.sigma, node.rest, node.whole = newcomer.sigma, newcomer.rest, newcomer.whole
    node.last_seen, node.last_looked = newcomer.last_seen, newcomer.last_looked
    node.sightings += newcomer.sightings
    node.presence = newcomer.presence
    node.states = {**node.states, **newcomer.states}
    node.held, node.believed, node.released = newcomer.held, newcomer.believed, newcomer.released
    node.votes, node.shift, node.anchors = dict(newcomer.votes), None, newcomer.anchors


def _unite(older: Node, newer: Node) -> None:
    if not (older.whole and newer.whole and as_big(older.box, newer.box)):  # else two of the same would smear it
        points, colors, voxel, _ = fuse(
            older.points, older.colors, newer.points, newer.colors, max(older.voxel, newer.voxel)
        )
        older.points, older.colors, older.voxel = points, colors, voxel
        older.set_box(box_of(points, [older.box.yaw, newer.box.yaw], older.box))
    a, b = older.label_weight, newer.label_weight
    if older.generic != newer.generic:
        older.labels = dict(newer.labels) if older.generic else older.labels
        older.role = newer.role if older.role is not newer.role and newer.role is Role.FURNITURE else older.role
    else:
        names = sorted(set(older.labels) | set(newer.labels))
        older.labels = {k: (a * older.labels.get(k, 0.0) + b * newer.labels.get(k, 0.0)) / (a + b) for k in names}
    older.label_weight = a + b
    older.sightings += newer.sightings
    older.anchors = [*older.anchors[:4], *newer.anchors[-4:]]
    older.first_seen = min(older.first_seen, newer.first_seen)
    older.last_seen, older.last_looked = (
        max(older.last_seen, newer.last_seen),
        max(older.last_looked, newer.last_looked),
    )
    older.sigma, older.whole = min(older.sigma, newer.sigma), older.whole or newer.whole
    older.states = {**newer.states, **older.states}
