"""Do two things look like one and the same, wherever they are? Class, appearance and size, each log-odds-like."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..geometry import F64
from .look import Look
from .node import Node

NEVER = -99.0
SLACK = 0.02  # metres by which sizes differ anyway
LIGHT = 0.06  # cosine distance that another light or another side may add to how much a thing's looks vary
STEADY = 0.02  # the same at least, of what has been seen in other light already, see ``variation``
_LOOKS = 10  # looks, and
_OCCASION = 1800.0  # seconds between the first and the last, from which on it is known how much a thing's looks vary


def compatibility(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Bhattacharyya coefficient of two class distributions, in [0, 1]."""
    return min(1.0, sum(math.sqrt(p * b[k]) for k, p in a.items() if k in b))


def appearance_distance(a: object, b: object) -> float | None:
    """1 − cosine of two unit vectors; None if they cannot be compared."""
    x, y = np.asarray(a), np.asarray(b)
    if x.size == 0 or x.shape != y.shape:
        return None
    return max(0.0, 1.0 - float(x @ y))


def unlike(a: Look | Node, b: Node) -> float | None:
    """Cosine distance of two things' appearances, measured by how much their looks vary; None where it is not known."""
    distance = appearance_distance(a.appearance, b.appearance)
    if distance is None:
        return None
    return distance / (min(variation(a), variation(b)) if isinstance(a, Node) else variation(b))


def variation(node: Node) -> float:
    """Cosine distance that a look at the thing may well have: what it usually has, and what another light or side may add,
    which is less where looks on several occasions were all alike.
    """
    if node.sightings < _LOOKS or node.last_seen - node.first_seen < _OCCASION:
        return node.spread + LIGHT
    return node.spread + min(LIGHT, max(STEADY, 8.0 * node.spread))


def appearances(looks: Sequence[Look], nodes: Sequence[Node]) -> F64:
    """Cosine distance measured by how much the thing's own looks vary; 0 where one of the two has no appearance."""
    term = np.zeros((len(looks), len(nodes)))
    for size in sorted({k.appearance.size for k in looks} - {0}):
        rows = [i for i, k in enumerate(looks) if k.appearance.size == size]
        columns = [j for j, n in enumerate(nodes) if n.appearance.size == size]
        if columns:
            mine = np.concatenate([looks[i].appearance for i in rows]).reshape(-1, size)
            its = np.concatenate([nodes[j].appearance for j in columns]).reshape(-1, size)
            cosine = mine @ its.T
            ratio = np.maximum(0.0, 1.0 - cosine.astype(np.float64)) / np.array([variation(nodes[j]) for j in columns])
            value = np.where(ratio < 2.0, 1.5 - 0.5 * ratio**2, -0.5 - (ratio - 2.0))
            term[np.ix_(rows, columns)] = np.maximum(value, -5.0)
    return term


def _edges(size: F64) -> tuple[float, float, float]:
    x, y, z = size.tolist()
    return (x, y, z) if x <= y else (y, x, z)


def likeness(a: Node, b: Node) -> float:
    """How much two things look alike, position left out: class, appearance, size; log-odds-like, above 1.5 the same."""
    if a.generic != b.generic or a.role is not b.role or a.map != b.map:
        return NEVER
    c = compatibility(a.labels, b.labels)
    term = 0.4 if a.generic else min(1.2, max(-3.0, math.log(max(c, 0.01) / 0.3)))
    ratio = unlike(a, b)
    if ratio is not None:
        term += max(-5.0, 1.5 - 0.5 * ratio**2 if ratio < 2.0 else -0.5 - (ratio - 2.0))
    return term + max(-3.0, 0.5 - 0.5 * (_unlike_size(a, b) / 0.4) ** 2)


def _unlike_size(a: Node, b: Node) -> float:
    """The worst log ratio of two things' edges; of a thing never seen whole each edge is a lower bound only."""
    worst = 0.0
    for x, y in zip(_edges(a.box.size), _edges(b.box.size), strict=True):
        if (a if x < y else b).whole:
            worst = max(worst, abs(math.log((x + SLACK) / (y + SLACK))))
    return worst
