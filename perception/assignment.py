"""One-to-one matching of least cost between two small sets."""

from __future__ import annotations

import numpy as np

from ..assignment import assign as assign_gains
from ..geometry import F64


def assign(cost: F64) -> list[tuple[int, int]]:
    """Pairs (row, column), rows ascending, that match as many as possible at the least total cost.

    ``cost`` (R, C), at least 0; infinite where a pair is out of the question.
    """
    rows, columns = np.nonzero(np.isfinite(cost))
    # one pair more is worth more than any difference in cost, so the most pairs come first
    worth = float(cost[rows, columns].sum()) + 1.0
    gains = {(r, c): worth - float(cost[r, c]) for r, c in zip(rows.tolist(), columns.tolist(), strict=True)}
    return sorted(assign_gains(gains).items())
