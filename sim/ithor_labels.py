"""AI2-THOR's type and state names as the words that Loci's memory uses."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..contracts import Distribution, Role

_WORDS = {"Cabinet": "cupboard", "CounterTop": "counter", "DiningTable": "table", "SinkBasin": "sink", "Sink": "sink"}
_STRUCTURE = frozenset({"Floor", "Wall", "Ceiling", "Window", "Blinds", "Curtains"})
_ATTRIBUTES = {
    "open": ("openness", "open", "closed"),
    "toggle": ("power", "on", "off"),
    "dirty": ("cleanliness", "dirty", "clean"),
    "fill": ("filling", "filled", "empty"),
    "slice": ("cut", "sliced", "whole"),
    "cook": ("cooking", "cooked", "raw"),
    "break": ("wholeness", "broken", "whole"),
}
_STATE_OF = {"toggle": "on", "fill": "filled", "slice": "sliced", "cook": "cooked", "break": "broken"}


def label_of(kind: str) -> str:
    """``CounterTop`` → ``counter``, ``AppleSliced`` → ``apple sliced``, ``TVStand`` → ``tv stand``."""
    if kind in _WORDS:
        return _WORDS[kind]
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|\d+", kind)).lower() or kind.lower()


def states_of(states: Collection[str], affords: Collection[str]) -> dict[str, Distribution]:
    """State attributes with a sure value each, for what the thing can be at all."""
    found: dict[str, Distribution] = {}
    for affordance, (attribute, yes, no) in _ATTRIBUTES.items():
        if affordance in affords:
            found[attribute] = {yes if _STATE_OF.get(affordance, affordance) in states else no: 1.0}
    return found


def role_of(kind: str, affords: Collection[str]) -> Role:
    """What part a thing of that type plays."""
    if kind in _STRUCTURE:
        return Role.STRUCTURE
    return Role.OBJECT if "pick" in affords else Role.FURNITURE
