"""Which of a thing's keys may stay behind its working copy in a routine flush, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np


def worth_logging(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The part of ``new`` that differs from ``old`` by more than noise."""
    patch: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key)
        if value == before:
            continue
        if key == "box":
            if before is None or np.abs(np.subtract(value, before)).max() > max(0.006, 0.5 * new["sigma"]):
                patch[key] = value
        elif key == "labels":
            keys = set(value) | set(before or {})
            if before is None or max((abs(value.get(k, 0) - before.get(k, 0)) for k in keys), default=0) > 0.05:
                patch[key] = value
        elif key in ("label_weight", "sigma", "spread", "odds", "voxel"):
            if before is None or abs(value - before) > 0.2 * max(abs(before), 0.02):
                patch[key] = value
        elif key in ("hits", "misses"):
            if before is None or value[0] < before[0] or sum(map(_number, value)) > 1.3 * sum(map(_number, before)) + 3:
                patch[key] = value
        elif key == "states":
            if before is None or {k: v[0] for k, v in value.items()} != {k: v[0] for k, v in before.items()}:
                patch[key] = value
        elif value != before:
            patch[key] = value
    return patch


def jumped(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """True if the box is somewhere else than it was kept, beyond re-estimation."""
    return bool(np.abs(np.subtract(new["box"], old["box"])).max() > max(0.04, 2.0 * new["sigma"]))


def _number(value: float | None) -> float:
    return value if value is not None else 0.0
