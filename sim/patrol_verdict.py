"""What the rays of one view say of a thing that memory expects there: seen, seen through, occluded, out of view."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..contracts import Expected, Role, Verdict, Visibility
from ..geometry import F64, Box, apply
from .house_slots import slots
from .patrol_scene import WALL, Shown

TOLERANCE = 0.012  # metres between an expected point and what the ray meets there
_FEW = 5  # rays that a verdict rests on at least
SIGMAS = 2.0  # standard deviations of the reported positions that are tolerated


def asked_points(e: Expected) -> F64:
    """Points (N, 3) of an expected thing to ask about, without the lowest layer, where its support would answer."""
    points = np.asarray(e.points_world, dtype=np.float64).reshape(-1, 3)
    if len(points) < 8:
        return apply(
            e.box_world.T_ref_box, (np.array(np.meshgrid(*[(-0.4, 0.0, 0.4)] * 3)).reshape(3, -1).T) * e.box_world.size
        )
    low, high = points[:, 2].min(), points[:, 2].max()
    upper = points[points[:, 2] >= low + 0.3 * (high - low)]
    return np.asarray(upper[np.linspace(0, len(upper) - 1, min(len(upper), 32)).astype(np.int64)])


class Exact(Expected):
    """An expected thing whose spot is known without error: no noise is to be allowed for."""


def verdict_of(
    e: Expected, inside: NDArray[np.bool_], gap: F64, ends: F64, by: NDArray[np.str_], roles: Mapping[str, Shown],
    index: Mapping[str, int], count: int, noise: float = 0.0,
) -> tuple[Visibility, str]:  # fmt: skip
    """What the rays to one expected thing say; ``gap`` is how far behind its point each ray ended, metres, and ``ends`` (N, 3)
    where.

    ``noise``: standard deviation of reported positions, metres. Where a thing is remembered is off by as much. So what it
    stands on may seem to lie before it, at a grazing angle far before it; that hides nothing. And a thing that much beside a
    remembered point may be the one.
    """
    noise = 0.0 if isinstance(e, Exact) else noise
    if inside.sum() < 3:
        return Visibility(e.id, Verdict.OUT_OF_VIEW, float(inside.mean())), ""
    loose = e.role is Role.OBJECT
    is_thing = np.array([n in roles and roles[n].role is Role.OBJECT for n in by])
    slack = max(TOLERANCE, SIGMAS * noise) if loose else 0.08
    before = inside & (gap < -slack)
    there = inside & (np.abs(gap) <= slack) & (is_thing if loose else (by != "") & (by != WALL) & ~is_thing)
    there |= inside & (np.abs(gap) <= max(0.05, slack)) & is_thing if loose else False
    before &= ~there
    if loose and noise > 0:
        shut = np.array([n in roles and roles[n].states.get("openness") == "closed" for n in by])
        low, high = e.box_world.bounds()
        under = (ends[:, 2] <= low[2] + slack) & ((ends >= low - slack) & (ends <= high + slack))[:, :2].all(axis=1)
        before &= is_thing | shut | ~under
    through = inside & ~before & ~there
    votes = {Verdict.SEEN: there, Verdict.SEEN_THROUGH: through, Verdict.OCCLUDED: before}
    shares = {verdict: float(rays.sum()) / count for verdict, rays in votes.items()}
    best = max(shares, key=lambda v: shares[v])
    if loose and best is Verdict.OCCLUDED:  # what shows beside the occluder counts, as it does in the perceiver
        seen = float(inside.sum()) / count
        if shares[Verdict.SEEN_THROUGH] >= max(_FEW / count, 0.25 * seen, 1.5 * shares[Verdict.SEEN]):
            best = Verdict.SEEN_THROUGH
        elif shares[Verdict.SEEN] >= max(_FEW / count, 0.12 * seen, shares[Verdict.SEEN_THROUGH]):
            best = Verdict.SEEN
    name = ""
    if best is Verdict.SEEN:
        owners, times = np.unique(by[there], return_counts=True)
        name = str(owners[times.argmax()])
    return Visibility(e.id, best, shares[best], index.get(name) if name else None), name


def place_points(kind: str, box: Box) -> F64:
    """Points (N, 3) in the world where things on and in a piece of furniture may be."""
    found = []
    for slot in slots(kind, box.size.tolist()) or slots(kind, box.size.tolist(), "?"):
        x0, y0, x1, y1 = slot.rect
        u, v = np.meshgrid(np.linspace(0.08, 0.92, 5), np.linspace(0.1, 0.9, 3))
        found.append(
            np.stack([x0 + u.ravel() * (x1 - x0), y0 + v.ravel() * (y1 - y0), np.full(u.size, slot.z + 0.04)], axis=1)
        )
    return apply(box.T_ref_box, np.concatenate(found))
