"""Where on a surface there is room: free spots from the boxes that memory believes in."""

from __future__ import annotations

import numpy as np

from .belief import Belief

_STEP = 0.05  # metres between spots that are tried
_MARGIN = 0.08  # metres from the edge
_REACH = 0.35  # metres from the nearest edge that an arm reaches comfortably


def free_spot(belief: Belief, place: str, held: str | None, nth: int) -> tuple[float, float, float] | None:
    """The ``nth`` best free spot (1 = best) on top of ``place``, world metres; None if the surface has no such spot.

    Spots are taken from a grid over the place's upright box. The best are those with the most room around them, of those
    near an edge, where an arm reaches. Successive spots lie at least two grid steps apart.
    """
    host = belief.things.get(place)
    if host is None:
        return None
    size = host.box_world.size
    half = size[:2] / 2 - _MARGIN
    if (half <= 0).any():
        return None
    axes = [np.arange(-h, h + 1e-9, _STEP) for h in half]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    R, center = host.box_world.T_ref_box[:3, :3], host.box_world.center
    top = float(host.box_world.bounds()[1][2])
    spots = np.column_stack([grid @ R[:2, :2].T + center[:2], np.full(len(grid), top)])
    room = np.full(len(spots), 1.0)
    for thing in belief.things.values():
        if thing.id not in (place, held) and (where := belief.place(thing.id)) is not None and where[1] == place:
            flat = spots.copy()
            flat[:, 2] = thing.box_world.center[2]
            room = np.minimum(room, thing.box_world.distance(flat))
    edge = (half + _MARGIN - np.abs(grid)).min(axis=1)
    score = np.minimum(room, 0.25) - np.maximum(edge - _REACH, 0.0)
    chosen: list[int] = []
    for i in np.argsort(-score, kind="stable"):
        if room[i] < 0.05:
            continue
        if all(np.linalg.norm(spots[i, :2] - spots[j, :2]) > 2 * _STEP for j in chosen):
            chosen.append(int(i))
        if len(chosen) == nth:
            x, y, z = spots[i]
            return (float(x), float(y), float(z))
    return None
