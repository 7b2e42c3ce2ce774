"""Where to look for something first: by the probability of finding it there per second that looking there costs."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .belief import UNKNOWN, Belief, Spread, merged
from .node import Node
from .records import Candidate
from .spatial import enclosing, openness
from .things import meant
from .vocabulary import CONTAINERS, canonical, with_article
from .wording import ago
from .world import FLOOR, World

ELSEWHERE = "somewhere unknown"
SPEED = 0.4  # metres per second, of a robot at home
LOOK, OPEN, SWEEP = 3.0, 15.0, 20.0  # seconds for a look, for opening something, for looking all over the floor
_REACH = 0.8  # metres from which a place is looked at
_MOST = 6  # things of a kind that are considered one by one
_WELL = 0.2  # share of a place from which on it counts as looked at


class Search:
    """Ranks places; changes nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.belief = Belief(world)

    def places(self, what: str) -> list[Candidate]:
        """Places where a thing (an id, or any of a kind) may be, with probabilities that sum to 1.

        Ordered by probability per expected cost, which minimises the expected time of a search whose places are looked at one
        after the other (Blackwell, in Matula 1964); the last is "somewhere unknown".
        """
        nodes = meant(self.world, what)
        spreads = [self.belief.of(n) for n in nodes[:_MOST]]
        spread: Mapping[str, float] = merged(spreads) if spreads else dict(self.belief.unseen(canonical(what)).places)
        if len(spreads) > 1:
            spread = {**spread, UNKNOWN: math.prod(dict(s.places).get(UNKNOWN, 0.0) for s in spreads)}
        total = sum(spread.values()) or 1.0
        why = self._reasons(nodes, spreads)
        found = []
        for place, p in spread.items():
            if place != UNKNOWN and p > 0.0 and (place == FLOOR or place in self.world.nodes):
                reason = why.get(place) or self._looked(place)
                found.append(Candidate(place, self.world.label(place), p / total, reason, self._cost(place)))
        found.sort(key=lambda c: (-c.probability / c.cost, c.place))
        rest = max(0.0, 1.0 - sum(c.probability for c in found))
        last = "it may be in none of these" if found else "nothing points to a place"
        return [*found, Candidate(UNKNOWN, ELSEWHERE, rest, last, math.inf)]

    # --- cost ---------------------------------------------------------------------------------------------------------
    def _cost(self, place: str) -> float:
        node = self.world.node(place)
        if node is None:
            return SWEEP
        here = self._robot()
        way = 0.0 if here is None else max(0.0, math.dist(here, node.center[:2].tolist()) - _REACH)
        shut = [p for p in (place, enclosing(self.world, place)) if p is not None and self._closed(p)]
        return way / SPEED + LOOK + OPEN * len(set(shut))

    def _closed(self, place: str) -> bool:
        state = openness(self.world, place)
        return self.world.label(place) in CONTAINERS if state is None else state[0] == "closed"

    def _robot(self) -> tuple[float, float] | None:
        if self.world.last_pose is not None:
            x, y = np.asarray(self.world.last_pose)[:2, 3].tolist()
            return x, y
        return None

    # --- why ----------------------------------------------------------------------------------------------------------
    def _reasons(self, nodes: list[Node], spreads: list[Spread]) -> dict[str, str]:
        world, found = self.world, dict[str, str]()
        for node, _ in zip(nodes, spreads, strict=False):
            fact = world.fact(node.id)
            if fact is None or fact.object in found:
                continue
            if node.presence.absent:
                found[fact.object] = f"{node.id} is gone from there, looked {ago(world.now - node.last_looked)}"
            elif enclosing(world, node.id) is not None:
                found[fact.object] = f"{node.id} should be there, shut in"
            else:
                found[fact.object] = f"{node.id} should be there, seen {ago(world.now - node.last_seen)}"
        return found

    def _looked(self, place: str) -> str:
        share, stamp = self.world.coverage.get(place, (0.0, -math.inf))
        if share >= _WELL:
            return f"looked over {ago(self.world.now - stamp)} without finding it"
        if self._closed(place):
            return "closed and not looked into"
        return f"{with_article(self.world.label(place))} that was not looked at well"
