"""How strongly a memory is kept: the more it was recalled, the more it matters, the oftener it was confirmed, the longer.

Retention halves with every half-life, and the half-life only ever grows with strength. So at any age the stronger of two
memories is kept at least as well, and never loses a larger share of itself in any stretch of time. (Curves in which
strength multiplies the rate of decay instead of dividing it forget the stronger memory faster.)
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from ..contracts import Role
from ..errors import InputError
from . import codec
from .node import Node
from .world import World

DAY = 86400.0
BASE = 3.0 * DAY  # half-life of something seen once, of no importance, never recalled
FULL = 0.5  # retention down to which a memory is kept in full
COMPACT = 0.1  # and down to which it is kept in compact form; below, its gist
NOTE_IMPORTANCE = {"preference": 1.0, "correction": 1.0, "lesson": 0.8, "search": 0.3, "decision": 0.2}
"""By kind of note; 0 for others (answers given, what was recalled)."""
_RECALLED = ("recall", "answer")


class Tier(StrEnum):
    """In how much detail something is kept."""

    FULL = "full"
    COMPACT = "compact"
    GIST = "gist"


@dataclass(frozen=True)
class Strength:
    """How often it was recalled (asked for, acted on), how much it matters (0 to 1), how often it was confirmed."""

    recalls: int = 0
    importance: float = 0.0
    confirmations: int = 0

    def __post_init__(self) -> None:
        if self.recalls < 0 or self.confirmations < 0 or not 0.0 <= self.importance <= 1.0:
            raise InputError(f"{self} is no strength: counts from 0 on and an importance from 0 to 1 are needed")

    @property
    def half_life(self) -> float:
        """Seconds in which retention halves: at least ``BASE``, growing with each of the three, counts by logarithm."""
        recalled, confirmed = math.log1p(self.recalls), 0.5 * math.log1p(self.confirmations)
        return BASE * (1.0 + recalled) * (1.0 + 3.0 * self.importance) * (1.0 + confirmed)


def retention(strength: Strength, age: float) -> float:
    """What is left, from 1 down to 0, ``age`` seconds after it was last confirmed (or recalled)."""
    return float(2.0 ** (-max(0.0, age) / strength.half_life))


def tier(strength: Strength, age: float) -> Tier:
    """The form in which something of this strength and age is kept."""
    left = retention(strength, age)
    return Tier.FULL if left >= FULL else Tier.COMPACT if left >= COMPACT else Tier.GIST


def tiers(world: World) -> dict[str, Tier]:
    """The tier of every thing."""
    kept = strengths(world)
    return {id: tier(kept[id], world.now - node.last_seen) for id, node in world.nodes.items()}


def strengths(world: World) -> dict[str, Strength]:
    """The strength of every thing, from the tables alone, so that it is the same after a replay."""
    recalled: Counter[str] = Counter()
    cared: set[str] = set()
    for kind, refs in world.store.db.execute("SELECT kind, refs FROM notes"):
        ids = {world.resolve(i) for i in codec.decode(refs.encode())}
        if kind in _RECALLED:
            recalled.update(ids)
        if NOTE_IMPORTANCE.get(kind, 0.0) >= 0.8:
            cared |= ids
    for (data,) in world.store.db.execute("SELECT data FROM acts WHERE kind = 'action'"):
        act = codec.decode(data.encode())
        recalled.update({world.resolve(i) for i in (*act["touched"], *act["cites"])})
    return {id: Strength(recalled[id], _importance(n, id in cared), n.sightings) for id, n in world.nodes.items()}


def _importance(node: Node, cared: bool) -> float:
    if cared or node.held is not None:
        return 1.0
    return 0.3 if node.small else 0.6 if node.role is Role.PART else 0.8  # places are what everything else refers to
