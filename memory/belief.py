"""Where is a thing now? A discrete Bayes filter over places, run from its last sighting to now when somebody asks.

State: still at the spot where it was last seen, moved to one of the known places, or somewhere unknown. Predict: moves come at
the thing's own rate (``rates``, a grid of rates weighted by what was learned), and each leads to a place drawn from what was
learned of destinations (``belief_habits``). Update: a sighting would have ended the run, so each later look counts against the
place that it showed, by how surely the thing is detected and by how much of the place was really visible; looks at the very
spot count through ``existence``. A thing shut in moves less.

All evidence is in the tables: the last sighting (the checkpoint), looks through the spot since, the newest look over each
place. Nothing is kept between questions, so a frame costs nothing, a late report is weighed where its time belongs, and a
replayed memory answers as the live one did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import F64
from .belief_habits import Habits
from .existence import START, SURE
from .node import Node
from .rates import KEPT_IN, Pace
from .spatial import enclosing
from .world import World

SEEN_RIGHT = 0.98  # probability that a sighting was right
FIRST_LOST = 0.25  # share of moves that lead where no place is known, before anything was learned
_LOST_WORTH = 8.0  # moves that this prior is worth
_LOST_AGAIN = 0.35  # of the things that vanished, how many turn up in a place that was known
_BACK = 0.03  # how much rarer than else a first move ends where it began
_DOUBT = -9.0  # log-likelihood that looks through the spot amount to at most
UNKNOWN = ""  # the place id of "somewhere unknown"


@dataclass(frozen=True)
class Spread:
    """Belief about one thing's place. ``places``: (place id, probability), most likely first, "" for somewhere unknown; they
    sum to 1. ``here``: probability of its recorded place; ``spot``: that it has not moved at all.
    """

    places: tuple[tuple[str, float], ...]
    here: float
    spot: float

    @property
    def known(self) -> float:
        """Existence: the mass on all known places."""
        return 1.0 - dict(self.places).get(UNKNOWN, 0.0)


@dataclass(frozen=True)
class _Look:
    """At ``stamp`` a place (its number; -1: the spot itself) was looked at; ``likelihood`` of what was seen if it was there."""

    stamp: float
    place: int
    likelihood: float


class Belief:
    """The filter over one memory's working copies and tables; changes nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.habits = Habits(world)

    def of(self, node: Node, at: float | None = None) -> Spread:
        """Where ``node`` is now, or at a time ``at`` after its last sighting."""
        world = self.world
        now = max(node.last_seen, world.now if at is None else at)
        fact = world.fact(node.id)
        place = fact.object if fact is not None else UNKNOWN
        if node.held is not None or not node.small:
            return Spread(((place, 1.0),), node.presence.probability, node.presence.probability)
        since = max(node.last_seen, node.believed or 0.0)
        share = self.habits.destinations(node, node.label, since)
        names = [p for p in share if p != UNKNOWN]
        goes = self._goes(node.label, [share[p] for p in names])
        looks = [k for k in self._looks(node, names, since, now) if k.stamp <= now]
        slower = KEPT_IN if enclosing(world, node.id) is not None else 1.0
        away = np.array([_BACK if p == place else 1.0 for p in [*names, UNKNOWN]]) * goes
        stay, moved = run(self.pace(node), goes, looks, min(since, now), now, slower, away / away.sum())
        return _spread(place, names, stay, moved)

    def unseen(self, label: str) -> Spread:
        """Where a thing of a class may be that was never seen itself."""
        world = self.world
        share = self.habits.destinations(None, label, world.now)
        names = [p for p in share if p != UNKNOWN]
        goes = self._goes(label, [share[p] for p in names])
        looks = self._coverage(names, 0.9, -math.inf)
        start = min((k.stamp for k in looks), default=world.now)
        _, moved = run(world.projection.rates.pace(label), goes, looks, start, world.now, spot=0.0)
        return _spread(UNKNOWN, names, 0.0, moved)

    def pace(self, node: Node) -> Pace:
        """How often this very thing moves."""
        return self.world.projection.rates.pace(node.label, node.moves, node.last_seen - node.first_seen)

    # --- what the filter runs on --------------------------------------------------------------------------------------
    def _goes(self, label: str, shares: Sequence[float]) -> F64:
        """Destinations (P + 1,) of a move: the known places, then somewhere unknown."""
        moved, vanished = self.world.store.db.execute(
            "SELECT coalesce(sum(moved), 0), coalesce(sum(vanished), 0) FROM habits WHERE label = ?", (label,)
        ).fetchone()
        lost = (FIRST_LOST * _LOST_WORTH + _LOST_AGAIN * vanished) / (_LOST_WORTH + moved + vanished)
        known = np.asarray(shares, dtype=np.float64)
        return np.append((1.0 - lost) * known, 1.0 - (1.0 - lost) * float(known.sum()))

    def _looks(self, node: Node, names: Sequence[str], since: float, now: float) -> list[_Look]:
        presence = node.presence
        looks = self._coverage(names, presence.detection, since)
        doubt, stamp = presence.odds - (SURE if node.sightings > 1 else START), since
        if (
            presence.misses
        ):  # the log-odds are bounded, so that a long stay is unlearnt soon; the looks themselves say more
            doubt = max(_DOUBT, min(doubt, presence.weight * math.log(1.0 - presence.detection)))
            stamp = presence.last_miss if math.isfinite(presence.last_miss) else since
        if doubt < 0:
            looks.append(_Look(min(max(stamp, since), now), -1, math.exp(doubt)))
        return sorted(looks, key=lambda k: (k.stamp, k.place))

    def _coverage(self, names: Sequence[str], detection: float, since: float) -> list[_Look]:
        """The newest look over each place, as far as it is later than ``since``."""
        found = []
        for i, place in enumerate(names):
            share, stamp = self.world.coverage.get(place, (0.0, -math.inf))
            if share > 0.0 and stamp > since:
                found.append(_Look(stamp, i, 1.0 - min(0.98, detection) * min(1.0, share)))
        return found


def run(
    pace: Pace, goes: F64, looks: Sequence[_Look], start: float, end: float, slower: float = 1.0, away: F64 | None = None,
    spot: float = SEEN_RIGHT,
) -> tuple[float, F64]:  # fmt: skip
    """The filter from ``start``, when the thing was at its spot with probability ``spot``, through looks in order of time to
    ``end``; ``slower``: how many times longer it stays there than in the open.

    ``goes`` (P + 1,): destinations of a move; ``away``: of the first one, if they differ. Returns the probability that it never
    moved, and where it is if it did (P + 1,); together they sum to 1. Exact for a jump process whose next place depends on no
    more than whether it is the first.
    """
    away = goes if away is None else away
    rates, weights = pace.grid()
    stay, moved = spot * weights, (1.0 - spot) * np.outer(weights, away)
    time = start
    for stamp, place, likelihood in [*((k.stamp, k.place, k.likelihood) for k in looks), (end, -2, 1.0)]:
        step = max(0.0, stamp - time)
        time += step
        left, again = -np.expm1(-rates * (step / slower)), -np.expm1(-rates * step)
        moved = moved * (1.0 - again)[:, None] + np.outer(again * moved.sum(axis=1), goes)
        moved += np.outer(left * stay, away)
        stay = stay * (1.0 - left)
        if place == -1:
            stay = stay * likelihood
        elif place >= 0:
            moved[:, place] *= likelihood
    total = float(stay.sum() + moved.sum())
    return float(stay.sum()) / total, moved.sum(axis=0) / total


def _spread(place: str, names: Sequence[str], stay: float, moved: F64) -> Spread:
    mass: dict[str, float] = dict(zip([*names, UNKNOWN], moved.tolist(), strict=True))
    mass[place] = mass.get(place, 0.0) + stay
    ranked = sorted(((p, m) for p, m in mass.items() if m > 0.0), key=lambda item: (-item[1], item[0]))
    return Spread(tuple(ranked), mass[place] if place else stay, stay)


def likeliest(spread: Spread, other_than: str = "") -> tuple[str, float]:
    """The most likely known place (but one) and its probability; ("", 0) if there is none."""
    return next(((p, m) for p, m in spread.places if p not in (UNKNOWN, other_than)), (UNKNOWN, 0.0))


def merged(spreads: Sequence[Spread]) -> Mapping[str, float]:
    """Of several things, the probability that at least one is at each place."""
    missing: dict[str, float] = {}
    for spread in spreads:
        for place, p in spread.places:
            missing[place] = missing.get(place, 1.0) * (1.0 - p)
    return {place: 1.0 - m for place, m in missing.items()}
