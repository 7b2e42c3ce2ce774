"""One frame's relations into places, and the log entry of each thing about which there is news."""

from __future__ import annotations

from ..contracts import ObservationBatch, Role
from .frame import Frame
from .node import Node
from .spatial import openness, support_of, vote
from .vocabulary import CONTAINERS, with_article
from .world import FLOOR, ChangeRow, World

_FADES = 300.0  # seconds after which half of what was visible may have changed
_SHIFTS = 2.0  # seconds between two log entries of a door that swings
_WAIT = 2  # sightings without any relation before the boxes have to do


class Places:
    """Turns relations (or, without any, the boxes) into facts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._shifted: dict[str, float] = {}

    def wholes(self, frame: Frame, batch: ObservationBatch, about: list[Node]) -> dict[int | str, str]:
        """Detection index, and thing of those ``about`` which the frame is, → the furniture that it is a part of."""
        found: dict[int | str, str] = {
            n.id: fact.object for n in about if n.role is Role.PART and (fact := self.world.fact(n.id, "whole"))
        }
        best: dict[int, float] = {}
        for relation in batch.relations:
            target = self._target(frame, relation.object) if relation.predicate == "part_of" else None
            if target is not None and relation.score > best.get(relation.subject, 0.0):
                best[relation.subject] = relation.score
                found[relation.subject] = target
        return found

    def relate(self, frame: Frame, batch: ObservationBatch) -> None:
        """Vote with the frame's relations; new places go to ``frame.place``."""
        seen: dict[str, dict[tuple[str, str], float]] = {}
        whole: dict[str, dict[tuple[str, str], float]] = {}
        for relation in batch.relations:
            subject = frame.ids[relation.subject] if 0 <= relation.subject < len(frame.ids) else None
            target = self._target(frame, relation.object)
            if subject is None or target is None or subject == target:
                continue
            table = whole if relation.predicate == "part_of" else seen if relation.predicate in ("on", "in") else None
            if relation.predicate == "in" and self._shut(target):
                continue  # what can be seen is not in something that is closed
            if table is not None:
                scores = table.setdefault(subject, {})
                key = (relation.predicate, target)
                scores[key] = max(scores.get(key, 0.0), float(relation.score))
        for subject, scores in whole.items():
            self._vote(frame, subject, scores, "whole")
        for subject, scores in seen.items():
            node = self.world.nodes[subject]
            if node.held is None and node.role is not Role.PART:
                self._vote(
                    frame, subject, {k: s for k, s in scores.items() if not self._within(k[1], subject)}, "place"
                )
        self.guess(frame)

    def guess(self, frame: Frame) -> None:
        """Places from the boxes alone, for what has moved or been seen a few times without any relation."""
        for id in sorted(frame.seen, key=lambda i: int(i[1:])):
            node = self.world.nodes.get(id)
            if node is None or not node.small or node.held is not None or id in frame.place or node.votes:
                continue
            fact = self.world.fact(id)
            kind = frame.fresh.get(id, ("", ""))[0]
            if kind == "moved" or (
                fact is None and (node.sightings >= _WAIT or (node.sightings == 1 and node.points.shape[0] <= 8))
            ):
                place = support_of(self.world, node.box, skip=id)
                if place is not None and (fact is None or (fact.predicate, fact.object) != place):
                    frame.place[id] = place

    def cover(self, batch: ObservationBatch) -> None:
        """Note how much of each place was really visible; of a closed container nothing was, whatever its outside shows."""
        world = self.world
        for place, share in batch.coverage.items():
            id = world.resolve(place)
            node = world.node(id)
            if node is None or (node.label in CONTAINERS and self._shut(id)):
                continue
            before, when = world.coverage.get(id, (0.0, batch.stamp))
            kept = before * 0.5 ** (max(0.0, batch.stamp - when) / _FADES)  # a late report undoes no fading
            # another view shows another part: what both show cannot be told apart, so count a fifth of the new one
            world.coverage[id] = (
                min(1.0, max(float(share), kept + 0.2 * float(share) * (1.0 - kept))),
                max(when, batch.stamp),
            )
            world.covered.add(id)

    def settle(self, frame: Frame, only: str = "") -> None:
        """Log everything new about each thing (or ``only`` one), its place with it, in order of creation (furniture before
        what it holds).
        """
        ids = {*frame.fresh, *frame.place, *(i for i, s in frame.states.items() if s)}
        ids &= {only} if only else ids
        for id in sorted(ids, key=lambda i: int(i[1:])):
            node = self.world.nodes.get(id)
            if node is None:
                continue
            kind, how = frame.fresh.get(id, ("", ""))
            place = frame.place.get(id)
            changes = self._changes(node, kind, how, place, frame)
            states = frame.states.get(id, [])
            opens = [(id, *place)] if place is not None else []
            opens += [(id, attribute, value) for attribute, value in states]
            if how == "shifted" and not (kind or opens):
                if frame.stamp - self._shifted.get(id, -1e9) < _SHIFTS:
                    continue  # still on its way; where it stops is logged at the latest with the next summary
                self._shifted[id] = frame.stamp
            name = kind or ("placed" if place is not None else "state" if states else how)
            moved = kind in ("appeared", "moved") or how in ("shifted", "confirmed", "carried")
            self.world.emit(name, frame.stamp, things=[node], arrays=moved, opens=opens, changes=changes)

    def _changes(self, node: Node, kind: str, how: str, place: tuple[str, str] | None, frame: Frame) -> list[ChangeRow]:
        world, id = self.world, node.id
        cause = world.cause(id, place[1] if place is not None else None) if kind != "appeared" else world.cause(id)
        fact = world.fact(id)
        there = self._there(place)
        rows: list[ChangeRow] = []
        if kind == "appeared":
            rows.append((kind, id, f"{with_article(node.label)} ({id}) was first seen{there}", cause))
        elif kind == "moved":
            was = (
                f" from {fact.predicate} the {world.label(fact.object)}"
                if fact is not None and fact.predicate != "held_by"
                else ""
            )
            now = there or (f" {fact.predicate} the {world.label(fact.object)}" if fact is not None else "")
            text = f"the {node.label} ({id}) moved {how}{was if place is not None else ''}"
            rows.append((kind, id, f"{text}{' to' if place is not None else ', still'}{now}", cause))
        elif kind == "recognised":
            rows.append((kind, id, f"the {how} ({id}) turned out to be {with_article(node.label)}", cause))
        elif kind == "reappeared":
            rows.append((kind, id, f"the {node.label} ({id}) is there again, {how}", cause))
        elif place is not None and fact is not None and place[0] != "part_of":
            rows.append(("placed", id, f"the {node.label} ({id}) is now{there}", cause))
        if kind != "appeared":
            told = [(a, v) for a, v in frame.states.get(id, []) if world.fact(id, a) is not None]
            rows += [("state", id, f"the {node.label} ({id}) is now {v}", world.cause(id)) for _, v in told]
        return rows

    def _there(self, place: tuple[str, str] | None) -> str:
        if place is None:
            return ""
        word = {"part_of": "as part of", "at": "near"}.get(place[0], place[0])
        return f" {word} the {self.world.label(place[1])}"

    def _vote(self, frame: Frame, subject: str, scores: dict[tuple[str, str], float], family: str) -> None:
        node = self.world.nodes[subject]
        fact = self.world.fact(subject, family)
        current = (fact.predicate, fact.object) if fact is not None else None
        if frame.fresh.get(subject, ("", ""))[0] in ("moved", "appeared", "reappeared"):
            if scores:
                best = min(scores, key=lambda k: (-scores[k], k))
                node.votes = {best: scores[best]}
                if best != current:
                    frame.place[subject] = best
            return
        new = vote(node, current, scores)
        if new is not None:
            frame.place[subject] = new

    def _target(self, frame: Frame, target: int | str) -> str | None:
        id = frame.ids[target] if isinstance(target, int) and 0 <= target < len(frame.ids) else target
        if not isinstance(id, str):
            return None
        if id == FLOOR:
            return FLOOR
        node = self.world.node(id)
        return node.id if node is not None else None

    def _shut(self, place: str) -> bool:
        state = openness(self.world, place)
        return state is not None and state[0] == "closed" and state[1] > 0.6

    def _within(self, place: str, id: str) -> bool:
        """True if ``place`` itself is on or in ``id``: a cycle that no look can mean."""
        for _ in range(8):
            fact = self.world.fact(place)
            if fact is None:
                return False
            if fact.object == id:
                return True
            place = fact.object
        return True
