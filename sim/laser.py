"""A ring of laser rays at fixed heights: the body's own sense of what it could bump into, not ground truth."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..geometry import F64
from .bullet import pybullet
from .kitchen import Kitchen

_PASSES = 4  # a ray may leave the robot's own body this often before it counts as free


def laser_scan(
    world: Kitchen,
    x: float,
    y: float,
    n_rays: int = 360,
    heights: Sequence[float] = (0.2,),
    max_range: float = 6.0,
    ignore: Collection[int] = (),
) -> F64:
    """Ranges (n_rays,) in metres from (x, y) in world directions ``2πk / n_rays``; ``inf`` where nothing is in range.

    The nearest hit over all ``heights`` (metres above the floor) counts; bodies in ``ignore`` (the robot's) do not.
    """
    angles = np.arange(n_rays) * 2 * np.pi / n_rays
    directions = np.stack([np.cos(angles), np.sin(angles), np.zeros(n_rays)], axis=1)
    ranges = np.full(n_rays, np.inf)
    for height in heights:
        ranges = np.minimum(ranges, _ring(world, np.array([x, y, height]), directions, max_range, ignore))
    return ranges


def _ring(world: Kitchen, origin: F64, directions: F64, max_range: float, ignore: Collection[int]) -> F64:
    ranges = np.full(len(directions), np.inf)
    begun = np.zeros(len(directions))
    open_rays = np.arange(len(directions))
    for _ in range(_PASSES):
        if len(open_rays) == 0:
            break
        starts = origin + begun[open_rays, None] * directions[open_rays]
        ends = origin + max_range * directions[open_rays]
        hits = pybullet().rayTestBatch(starts.tolist(), ends.tolist(), physicsClientId=world.client)
        bodies = np.array([hit[0] for hit in hits])
        reached = begun[open_rays] + np.array([hit[2] for hit in hits]) * (max_range - begun[open_rays])
        own = np.isin(bodies, list(ignore)) if len(ignore) else np.zeros(len(bodies), dtype=bool)
        other = (bodies >= 0) & ~own
        ranges[open_rays[other]] = reached[other]
        begun[open_rays[own]] = reached[own] + 0.02
        open_rays = open_rays[own & (reached < max_range - 0.02)]
    return ranges
