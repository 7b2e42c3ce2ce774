"""Which of the pictures kept as evidence to show: few, and from many sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from ..geometry import F64

POSTER = 5  # pictures that stand in the map at the end


class Posed(Protocol):
    """Anything with a camera pose: ``T_world_cam`` (4, 4)."""

    @property
    def T_world_cam(self) -> F64: ...


T = TypeVar("T", bound=Posed)


def choose(pictures: Sequence[T], count: int) -> list[T]:
    """At most ``count`` of ``pictures``, the newest first and then each time the one least like those already taken.

    Likeness is the distance between the cameras in metres plus that between their axes (farthest-point sampling,
    Gonzalez 1985).
    """
    if not pictures or count < 1:
        return []
    poses = np.array([np.concatenate([p.T_world_cam[:3, 3], 1.5 * p.T_world_cam[:3, 2]]) for p in pictures])
    taken = [len(pictures) - 1]
    apart = np.linalg.norm(poses - poses[taken[0]], axis=1)
    while len(taken) < min(count, len(pictures)):
        best = int(np.argmax(apart))
        if apart[best] < 0.3:
            break
        taken.append(best)
        apart = np.minimum(apart, np.linalg.norm(poses - poses[best], axis=1))
    return [pictures[i] for i in taken]
