"""Exact one-to-one assignment on a sparse gain matrix.

The Hungarian method with potentials and shortest augmenting paths (Jonker & Volgenant 1987), run on each connected
component of the admissible pairs: components are tiny in practice, so plain Python is quick.
"""

from __future__ import annotations

from collections.abc import Mapping

_FORBIDDEN = 1e9


def assign(gains: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """Row → column so that the sum of gains is largest; rows and columns may stay free (at gain 0).

    ``gains`` holds the admissible pairs; pairs with a gain ≤ 0 are never chosen. Ties are broken by the smaller row and
    column, so the result depends on nothing but the input.
    """
    useful = {pair: gain for pair, gain in gains.items() if gain > 0}
    chosen: dict[int, int] = {}
    for rows, columns in _components(useful):
        if len(rows) == 1 or len(columns) == 1:
            row, column = max(
                sorted((r, c) for r in rows for c in columns if (r, c) in useful), key=lambda p: useful[p]
            )
            chosen[row] = column
            continue
        # each row gets a private dummy column of gain 0, so that it may stay free
        width = len(columns) + len(rows)
        cost = [
            [-useful[(r, c)] if (r, c) in useful else _FORBIDDEN for c in columns]
            + [0.0 if j == i else _FORBIDDEN for j in range(len(rows))]
            for i, r in enumerate(rows)
        ]
        for i, j in enumerate(minimum_cost(cost, width)):
            if j < len(columns):
                chosen[rows[i]] = columns[j]
    return chosen


def minimum_cost(cost: list[list[float]], width: int) -> list[int]:
    """Column of each row in the cheapest assignment of all rows; ``cost`` has at most as many rows as columns (width)."""
    height = len(cost)
    u, v = [0.0] * (height + 1), [0.0] * (width + 1)
    owner = [0] * (width + 1)  # row (from 1) that holds column j, 0 = none
    for i in range(1, height + 1):
        owner[0] = i
        j0 = 0
        slack, before, done = [float("inf")] * (width + 1), [0] * (width + 1), [False] * (width + 1)
        while True:
            done[j0] = True
            row, delta, j1 = cost[owner[j0] - 1], float("inf"), 0
            base = u[owner[j0]]
            for j in range(1, width + 1):
                if done[j]:
                    continue
                reduced = row[j - 1] - base - v[j]
                if reduced < slack[j]:
                    slack[j], before[j] = reduced, j0
                if slack[j] < delta:
                    delta, j1 = slack[j], j
            for j in range(width + 1):
                if done[j]:
                    u[owner[j]] += delta
                    v[j] -= delta
                else:
                    slack[j] -= delta
            j0 = j1
            if owner[j0] == 0:
                break
        while j0:  # flip the augmenting path
            owner[j0] = owner[before[j0]]
            j0 = before[j0]
    columns = [0] * height
    for j in range(1, width + 1):
        if owner[j]:
            columns[owner[j] - 1] = j - 1
    return columns


def _components(pairs: Mapping[tuple[int, int], float]) -> list[tuple[list[int], list[int]]]:
    by_row: dict[int, list[int]] = {}
    by_column: dict[int, list[int]] = {}
    for row, column in sorted(pairs):
        by_row.setdefault(row, []).append(column)
        by_column.setdefault(column, []).append(row)
    found: list[tuple[list[int], list[int]]] = []
    seen: set[int] = set()
    for start in by_row:
        if start in seen:
            continue
        rows, columns, todo = {start}, set(), [start]
        while todo:
            for column in by_row[todo.pop()]:
                if column not in columns:
                    columns.add(column)
                    fresh = [r for r in by_column[column] if r not in rows]
                    rows.update(fresh)
                    todo.extend(fresh)
        seen |= rows
        found.append((sorted(rows), sorted(columns)))
    return found
