"""How often things move, learned from what was seen: hence how probably one that is out of sight is still there.

Moves come as a Poisson process. Its rate is a thing's own; it is Gamma distributed around its class's, that around the
household's, and that around a weak prior. The chance of no move within some time is then the Gamma–Poisson predictive
(Lomax) distribution; ``grid`` gives the same belief as a few rates with weights, for a filter that needs them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..geometry import F64

STAYS = 12 * 3600.0  # seconds in which a thing moves once, before anything was seen of this household
KEPT_IN = 2.0  # times longer a thing stays in what is shut
_PRIOR_WORTH = 0.5  # moves that this prior is worth
_CLASS_WORTH = 2.0  # moves that the household's mean rate is worth when a class's own is judged
_OWN_WORTH = 0.7  # the same for a class's when one thing's is judged: of one class, some are in use and some never are
_STEPS = np.geomspace(1e-4, 8.0, 20)  # rates of a grid, as multiples of their mean


@dataclass(frozen=True)
class Pace:
    """How often one thing moves: a Gamma distribution of rates with this ``shape``, per ``time`` seconds."""

    shape: float
    time: float

    def stays(self, seconds: float) -> float:
        """Probability of no move within ``seconds``, in (0, 1]."""
        return float((self.time / (self.time + max(0.0, seconds))) ** self.shape)

    def grid(self) -> tuple[F64, F64]:
        """Rates (20,) per second and their probabilities (20,), with the distribution's mean."""
        logs = self.shape * (np.log(_STEPS) - _STEPS)
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        rates = _STEPS * (self.shape / self.time)
        return rates * (self.shape / self.time / float(rates @ weights)), weights


class Rates:
    """Seconds of watching from first to last sighting, and moves in them, by class. Rebuilt from the tables, never kept."""

    def __init__(self) -> None:
        self.watched: dict[str, float] = {}
        self.moves: dict[str, int] = {}
        self._total, self._count = 0.0, 0

    def thing(self, data: Mapping[str, Any], sign: int = 1) -> None:
        """Add (or with ``sign`` -1 take away) the time over which one thing was known; only objects move."""
        if data.get("role") != "object" or not data.get("labels"):
            return
        seconds = sign * (float(data["last_seen"]) - float(data["first_seen"]))
        label = _label(data["labels"])
        self.watched[label] = self.watched.get(label, 0.0) + seconds
        self._total += seconds

    def moved(self, label: str, count: int = 1) -> None:
        """One of a class was seen to have moved, or to be gone."""
        self.moves[label] = self.moves.get(label, 0) + count
        self._count += count

    def pace(self, label: str, moves: int = 0, watched: float = 0.0) -> Pace:
        """How often a thing of a class moves that was itself seen to move ``moves`` times in ``watched`` seconds."""
        household = (_PRIOR_WORTH + self._count) / (_PRIOR_WORTH * STAYS + max(0.0, self._total))
        time = _CLASS_WORTH / household + max(0.0, self.watched.get(label, 0.0))
        mean = (_CLASS_WORTH + self.moves.get(label, 0)) / time
        return Pace(_OWN_WORTH + moves, _OWN_WORTH / mean + max(0.0, watched))

    def stays(self, label: str, seconds: float, moves: int = 0, watched: float = 0.0) -> float:
        """Probability that a thing of a class does not move within ``seconds``, in (0, 1]."""
        return self.pace(label, moves, watched).stays(seconds)


def _label(labels: Mapping[str, float]) -> str:
    return min(labels, key=lambda k: (-labels[k], k))
