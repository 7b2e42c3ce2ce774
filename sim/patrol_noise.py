"""What a patrolling robot's perception gets wrong: misses, wrong classes, jitter, double reports, late reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..contracts import Role
from ..errors import ConfigError
from .catalogue import FURNITURE, THINGS


@dataclass(frozen=True)
class Noise:
    """``misses``, ``wrong_labels``, ``duplicates``, ``late``: shares of the reports; ``jitter``: metres (standard deviation).

    ``delay`` is how many seconds late reports come in at most. ``small_pixels``: of things that cover as many pixels a third is
    missed in each look (an optical limit, not noise: it holds for clean perception too).
    """

    misses: float = 0.0
    wrong_labels: float = 0.0
    jitter: float = 0.0
    duplicates: float = 0.0
    late: float = 0.0
    delay: float = 120.0
    small_pixels: float = 12.0

    def __post_init__(self) -> None:
        for name in ("misses", "wrong_labels", "duplicates", "late"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"noise {name} = {getattr(self, name)} is not usable: a share from 0 to 1")
        for name in ("jitter", "delay", "small_pixels"):
            if not getattr(self, name) >= 0.0:
                raise ConfigError(f"noise {name} = {getattr(self, name)} is not usable: 0 or more")

    @classmethod
    def noisy(cls) -> Noise:
        """The usual noisy setting: 10 % misses, 5 % wrong labels, 3 cm jitter, 1 % duplicates, some late reports."""
        return cls(misses=0.10, wrong_labels=0.05, jitter=0.03, duplicates=0.01, late=0.02)

    def labels(self, kind: str, pixels: int, role: Role, rng: np.random.Generator) -> dict[str, float]:
        """A class distribution: about 0.9 on the class, or with ``wrong_labels`` on one of about the same size."""
        best = kind
        if role is Role.OBJECT and rng.random() < self.wrong_labels:
            best = str(rng.choice(alike(kind)))
        sure = float(np.clip(0.9 - 0.25 * np.exp(-pixels / 60.0) + rng.normal(0, 0.02), 0.5, 0.97))
        if best == kind:
            return {kind: sure}
        return {best: 0.75 * sure, kind: 0.2 * sure}

    def state(self, attribute: str, value: str, rng: np.random.Generator) -> dict[str, float]:
        """A distribution over the two values of a state attribute."""
        sure = float(np.clip(0.93 + rng.normal(0, 0.02), 0.6, 0.98))
        if rng.random() < 0.5 * self.wrong_labels:
            sure = 1.0 - sure
        return {value: sure, _OTHER[value]: 1.0 - sure}


_OTHER = {"open": "closed", "closed": "open", "on": "off", "off": "on", "dirty": "clean", "clean": "dirty"}


@cache
def alike(kind: str) -> tuple[str, ...]:
    """The three classes of furniture, or of things, nearest to ``kind`` in size, by which a recogniser may be misled."""
    sizes = {k: np.sort(c.size) for k, c in (FURNITURE if kind in FURNITURE else THINGS).items()}
    others = [k for k in sizes if k != kind]
    return tuple(sorted(others, key=lambda k: float(np.abs(np.log(sizes[k] / sizes[kind])).sum()))[:3])
