"""How often things of a class move, learned from what was seen: hence how probably one that is out of sight is still there.

Moves come as a Poisson process with a rate of each class's own; rates are Gamma distributed around the household's mean, and
that around a weak prior. The chance of no move within some time is then the Gamma–Poisson predictive (Lomax) distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STAYS = 6 * 3600.0  # seconds in which a thing moves once, before anything was seen of this household
_CLASS_WORTH = 2.0  # moves that the household's mean rate is worth when a class's own is judged


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

    def stays(self, label: str, seconds: float) -> float:
        """Probability that a thing of a class does not move within ``seconds``, in (0, 1]."""
        mean = (1.0 + self._count) / (STAYS + max(0.0, self._total))
        shape = _CLASS_WORTH + self.moves.get(label, 0)
        time = _CLASS_WORTH / mean + max(0.0, self.watched.get(label, 0.0))
        return float((time / (time + max(0.0, seconds))) ** shape)


def _label(labels: Mapping[str, float]) -> str:
    return min(labels, key=lambda k: (-labels[k], k))
