"""What holds in general: where a class of things usually is, how often it moves, and hence where to look for one."""

from __future__ import annotations

import math

from .node import Node
from .records import Candidate
from .spatial import enclosing, openness
from .things import existence_of, find
from .vocabulary import CONTAINERS, PRIOR, canonical, meanings
from .wording import ago
from .world import FLOOR, World

ELSEWHERE = "somewhere unknown"
_PRIOR_MASS = 3.0  # counts that the shipped prior is worth
_UNKNOWN_SHARE = 0.08
_COVER_MEMORY = 600.0  # seconds after which half of a look over a place is worth nothing any more


class Semantic:
    """Counts over everything that was ever placed, from the tables."""

    def __init__(self, world: World) -> None:
        self.world = world

    def usual_places(self, label: str) -> list[tuple[str, int, float]]:
        """Where things of a class were found: (place label, how often, share), most often first."""
        wanted = meanings(label)
        counts: dict[str, int] = {}
        for own, place, count in self.world.store.db.execute("SELECT label, place, count FROM usual"):
            if own in wanted or canonical(own) in wanted:
                counts[place] = counts.get(place, 0) + count
        total = sum(counts.values())
        return [(p, c, c / total) for p, c in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    def moves(self, label: str) -> tuple[int, int]:
        """How often things of a class were seen to have moved, and to have vanished."""
        row = self.world.store.db.execute(
            "SELECT sum(moved), sum(vanished) FROM habits WHERE label = ?", (canonical(label),)
        ).fetchone()
        return int(row[0] or 0), int(row[1] or 0)

    def places_to_look(self, label: str) -> list[Candidate]:
        """Places where a thing of this class (or with this id) may be, with probabilities that sum to 1."""
        weights: dict[str, float] = {}
        why: dict[str, str] = {}
        hosts = self._hosts()
        targets = find(self.world, label)
        name = targets[0].label if targets and self.world.node(label) is not None else canonical(label)
        learned = {p: c for p, c, _ in self.usual_places(name)}
        prior = PRIOR.get(name, PRIOR[""])
        mass = sum(prior.values())
        for host in hosts:
            kin = [h for h in hosts if h.label == host.label]
            weight = (_PRIOR_MASS * prior.get(host.label, 0.3) / mass + learned.get(host.label, 0)) / len(kin)
            hidden, reason = self._hidden(host)
            weights[host.id] = weight * hidden
            seen = learned.get(host.label, 0)
            why[host.id] = f"{f'found there {seen} times' if seen else 'a usual place'}, {reason}"
        total = sum(weights.values()) or 1.0
        weights = {k: v / total * (1.0 - _UNKNOWN_SHARE) for k, v in weights.items()}
        self._add_known(targets, weights, why)
        weights[""] = max(_UNKNOWN_SHARE, 1.0 - sum(weights.values())) if sum(weights.values()) < 1 else _UNKNOWN_SHARE
        why[""] = "nothing points to a place" if not hosts else "it may be in none of these"
        total = sum(weights.values())
        ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        return [
            Candidate(id, self.world.label(id) if id else ELSEWHERE, weight / total, why[id]) for id, weight in ranked
        ]

    def _hosts(self) -> list[Node]:
        known = set(PRIOR[""]) | {p for row in PRIOR.values() for p in row} | CONTAINERS
        return [n for n in self.world.nodes.values() if not n.small and n.label in known]

    def _hidden(self, host: Node) -> tuple[float, str]:
        """How much of a place could still hide something, and in words."""
        share, when = self.world.coverage.get(host.id, (0.0, -math.inf))
        age = self.world.now - when
        worth = share * 0.5 ** (age / _COVER_MEMORY) if math.isfinite(when) else 0.0
        state = openness(self.world, host.id)
        shut = host.label in CONTAINERS and (state is None or state[0] == "closed")
        if shut and worth < 0.2:
            return 1.5, "closed and not looked into"
        if worth < 0.2:
            return 1.0, "not looked at well"
        return max(0.05, 1.0 - 0.95 * worth), f"looked over {ago(age)} without finding it"

    def _add_known(self, targets: list[Node], weights: dict[str, float], why: dict[str, str]) -> None:
        """Places where such things are believed to be, or were when last seen."""
        for node in targets[:6]:
            fact = self.world.fact(node.id)
            if fact is None or fact.predicate == "held_by":
                continue
            place = fact.object
            if node.presence.absent:
                weights[place] = min(weights.get(place, 0.02), 0.02)
                why[place] = f"{node.id} is gone from there, looked {ago(self.world.now - node.last_looked)}"
                continue
            p = existence_of(self.world, node)
            weights[place] = weights.get(place, 0.0) + 6.0 * p
            shut = enclosing(self.world, node.id)
            why[place] = f"{node.id} should be there" + (
                ", shut in" if shut else f", seen {ago(self.world.now - node.last_seen)}"
            )
            if place == FLOOR:
                why[FLOOR] = f"{node.id} was seen on the floor"
