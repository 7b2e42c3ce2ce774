"""How probably a thing was where at a past moment, given what was noticed before it and after it.

Of a stay that somebody unseen has ended nothing tells when: it was last seen there at some time of the stay, and was moved at
some time between that and the moment at which it was noticed elsewhere, or missed. Both are taken as equally likely
anywhere: at the share t of the stay it had been moved with probability t + (1 − t) ln(1 − t).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .belief import Belief
from .node import Node
from .records import Interval
from .world import EXOGENOUS, World

SURE = 0.98  # seen there before and after, or put there and taken away by the robot
Places = tuple[tuple[str, float], ...]


def places_then(
    world: World, belief: Belief, node: Node, facts: Sequence[Interval], stay: Interval | None, at: float
) -> Places:
    """(place id, probability) at world time ``at``, most likely first, "" for somewhere unknown; sums to 1.

    ``facts`` are all places of the thing; ``stay`` is the one that held then, None if it had gone from where it was.
    """
    later = min((f for f in facts if f.start > at), key=lambda f: f.start, default=None)
    if stay is None:
        return _on_its_way(world, node, facts, later, at)
    missed = _missed(world, node, stay, at)
    ends = [t for t in (missed, stay.end, None if later is None else later.start) if t is not None and t > at]
    if not ends:
        return _ranked({stay.object: SURE, "": 1.0 - SURE}) if node.last_seen >= at else belief.of(node, at).places
    noted = later is not None and later.start == min(ends)
    if later is not None and noted and later.cause != EXOGENOUS:  # the robot's own doing: until then it was there
        return _ranked({stay.object: SURE, "": 1.0 - SURE})
    t = (at - stay.start) / (min(ends) - stay.start) if min(ends) > stay.start else 0.0
    moved = 1.0 - SURE * (1.0 - (t + (1.0 - t) * math.log1p(-t) if t < 1.0 else 1.0))
    return _ranked({stay.object: 1.0 - moved, (later.object if later is not None and noted else ""): moved})


def _on_its_way(world: World, node: Node, facts: Sequence[Interval], later: Interval | None, at: float) -> Places:
    """It had gone; it came to where it was found next at any time between with equal probability."""
    since, back = world.store.db.execute(
        "SELECT max(iif(kind = 'vanished' AND stamp <= :at, stamp, NULL)),"
        " min(iif(kind = 'reappeared' AND stamp > :at, stamp, NULL)) FROM changes WHERE thing = :thing",
        {"at": at, "thing": node.id},
    ).fetchone()
    if later is not None and (back is None or later.start <= back):
        found, place = later.start, later.object
    elif back is not None:  # where it had been before
        found, place = back, next((f.object for f in reversed(facts) if f.start <= back), "")
    else:
        return _ranked({"": 1.0})
    share = (at - since) / (found - since) if since is not None and found > since else 0.0
    return _ranked({place: share, "": 1.0 - share} if place else {"": 1.0})


def _missed(world: World, node: Node, stay: Interval, at: float) -> float | None:
    """When it was first noticed, after ``at``, that the thing had gone from there."""
    row = world.store.db.execute(
        "SELECT min(stamp) FROM changes WHERE thing = ? AND kind = 'vanished' AND stamp > ?", (node.id, at)
    ).fetchone()
    found = None if row is None or row[0] is None else float(row[0])
    return found if found is None or stay.end is None or found <= stay.end else None


def _ranked(chances: dict[str, float]) -> Places:
    return tuple(sorted(chances.items(), key=lambda item: (-item[1], item[0])))
