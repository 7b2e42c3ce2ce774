"""One-to-one matching of least cost between two small sets."""

from __future__ import annotations

import numpy as np

from ..geometry import F64


def assign(cost: F64) -> list[tuple[int, int]]:
    """Pairs (row, column), rows ascending, that match as many as possible at the least total cost.

    ``cost`` (R, C); infinite where a pair is out of the question. Rows and columns that share no possible pair are solved
    apart, so that the cubic step runs on a handful of things at a time.
    """
    possible = np.isfinite(cost)
    pairs: list[tuple[int, int]] = []
    left = set(np.flatnonzero(possible.any(axis=1)).tolist())
    while left:
        rows, columns, front = set[int](), set[int](), {min(left)}
        while front:
            rows |= front
            columns |= set(np.flatnonzero(possible[sorted(front)].any(axis=0)).tolist())
            front = set(np.flatnonzero(possible[:, sorted(columns)].any(axis=1)).tolist()) - rows
        left -= rows
        r, c = sorted(rows), sorted(columns)
        if len(r) == 1 or len(c) == 1:
            block = cost[np.ix_(r, c)]
            i, j = np.unravel_index(int(np.argmin(block)), block.shape)
            pairs.append((r[int(i)], c[int(j)]))
        else:
            pairs += [(r[i], c[j]) for i, j in _hungarian(cost[np.ix_(r, c)])]
    return sorted(pairs)


def _hungarian(cost: F64) -> list[tuple[int, int]]:
    """Least-cost pairs of a small matrix by shortest augmenting paths with potentials (Kuhn 1955, Jonker & Volgenant 1987)."""
    if cost.shape[0] > cost.shape[1]:
        return [(r, c) for c, r in _hungarian(cost.T)]
    finite = cost[np.isfinite(cost)]
    never = float(finite.sum()) + 1.0 if finite.size else 1.0  # dearer than any set of possible pairs
    a = np.where(np.isfinite(cost), cost, never).tolist()
    n, m = len(a), len(a[0])
    u, v, row_of, way = [0.0] * (n + 1), [0.0] * (m + 1), [0] * (m + 1), [0] * (m + 1)
    for i in range(1, n + 1):
        row_of[0], column = i, 0
        least, done = [float("inf")] * (m + 1), [False] * (m + 1)
        while row_of[column]:
            done[column] = True
            row, delta, following = row_of[column], float("inf"), 0
            for j in range(1, m + 1):
                if done[j]:
                    continue
                reduced = a[row - 1][j - 1] - u[row] - v[j]
                if reduced < least[j]:
                    least[j], way[j] = reduced, column
                if least[j] < delta:
                    delta, following = least[j], j
            for j in range(m + 1):
                if done[j]:
                    u[row_of[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            column = following
        while column:
            row_of[column] = row_of[way[column]]
            column = way[column]
    return [(row_of[j] - 1, j - 1) for j in range(1, m + 1) if row_of[j] and a[row_of[j] - 1][j - 1] < never]
