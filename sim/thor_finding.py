"""Which object an action means, from where to look for it, and what a refusal was about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..contracts import Status, Verb
from ..geometry import F64, Box


def box_gap(a: Box, b: Box) -> float:
    """How little two boxes have in common, metres: between their centres, and a quarter of what their sizes differ by."""
    (a0, a1), (b0, b1) = a.bounds(), b.bounds()
    return float(np.linalg.norm(a.center - b.center) + 0.25 * np.abs((a1 - a0) - (b1 - b0)).max())


def spread(grid: F64, order: list[int]) -> list[int]:
    """``order`` without points right beside an earlier one: another view needs another place."""
    kept: list[int] = []
    for k in order:
        if all(np.abs(grid[k] - grid[j]).max() > 0.3 for j in kept):
            kept.append(k)
    return kept


def status_of(verb: Verb, target: Mapping[str, Any], metadata: Mapping[str, Any]) -> Status:
    """Which failure a refused hand action was, from the object's state and AI2-THOR's message."""
    said = str(metadata["errorMessage"]).lower()
    if "not visible" in said or "away" in said or "too far" in said:
        return Status.OUT_OF_REACH
    if verb is Verb.PLACE:
        if target.get("openable") and not target.get("isOpen"):
            return Status.STUCK
        return Status.OCCUPIED if "room" in said or "valid position" in said else Status.UNSUPPORTED
    if verb is Verb.SLICE and "knife" in said:
        return Status.HANDS_EMPTY
    if verb is Verb.PICK:
        return Status.UNSUPPORTED if not target.get("pickupable") else Status.BLOCKED
    able = {Verb.OPEN: "openable", Verb.CLOSE: "openable", Verb.TOGGLE: "toggleable", Verb.SLICE: "sliceable"}[verb]
    return Status.STUCK if target.get(able) else Status.UNSUPPORTED
