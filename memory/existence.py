"""Is a thing still where it was? Log-odds that looks push up and down; a look that shows nothing says nothing.

Evidence comes only from looks at the spot itself: the thing was seen there, or the camera saw through to what lies
behind (weighted by the share of the spot that was visible and by how reliably this thing is detected when it is there).
Occluded, out of view and shut in a container are no evidence, however often they happen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SURE = 3.0  # log-odds are kept within ± this: a long stay must not take as long to unlearn
SEEN_GAIN = 2.0
START = 1.4  # p = 0.8 after the first sighting
ABSENT_BELOW = 0.12
LOOKS_NEEDED = 2
WEIGHT_NEEDED = 1.4  # sum of visible shares over those looks
BETWEEN_LOOKS = 0.08  # seconds; nearer ones are one look


@dataclass
class Presence:
    """Belief that one thing is at its spot. ``odds`` in log-odds; ``misses`` looks through the spot since last seen.

    ``hits`` and ``flickers`` measure how reliably the thing is found when present: a flicker is a look through the spot
    that a later sighting at the same spot has refuted.
    """

    odds: float = START
    misses: int = 0
    weight: float = 0.0
    last_miss: float = -math.inf
    hits: int = 1
    flickers: int = 0
    absent: bool = False

    @property
    def probability(self) -> float:
        """Probability in (0, 1)."""
        return 1.0 / (1.0 + math.exp(-self.odds))

    @property
    def detection(self) -> float:
        """Probability that a look at the spot finds the thing if it is there; a Beta(9, 1) prior, then experience."""
        return min(0.98, (self.hits + 9.0) / (self.hits + 3.0 * self.flickers + 10.0))

    def afresh(self) -> Presence:
        """The same thing at another spot, of which nothing is known yet but how reliably this thing is found."""
        return Presence(hits=self.hits, flickers=self.flickers)

    def seen(self, same_spot: bool = True) -> None:
        """The thing was seen; ``same_spot`` tells that earlier misses there were false."""
        if same_spot and self.misses:
            self.flickers += self.misses
        self.hits = min(self.hits + 1, 1000)
        self.odds = min(SURE, max(self.odds, -1.0) + SEEN_GAIN)
        self.misses, self.weight, self.absent = 0, 0.0, False

    def occupied(self, share: float) -> None:
        """Depth agrees with the thing being there, but nothing was recognised as it: weak support."""
        self.odds = min(SURE, self.odds + 0.5 * min(max(share, 0.0), 1.0))
        self.weight = max(0.0, self.weight - 0.5 * share)
        if self.weight == 0.0:
            self.misses = 0

    def seen_through(self, share: float, stamp: float) -> bool:
        """The camera saw through ``share`` of the spot at ``stamp``; True if the thing counts as gone from now on."""
        share = min(max(share, 0.0), 1.0)
        if share < 0.2 or stamp - self.last_miss < BETWEEN_LOOKS:
            return False
        self.last_miss = stamp
        self.misses += 1
        self.weight += share
        self.odds = max(-SURE, self.odds + math.log(1.0 - self.detection * share))
        if self.absent:
            return False
        patience = LOOKS_NEEDED + self.flickers / max(1.0, 0.1 * self.hits)
        enough = self.misses >= patience and self.weight >= WEIGHT_NEEDED * patience / LOOKS_NEEDED
        self.absent = enough and self.probability < ABSENT_BELOW
        return self.absent
