"""What perception knows about kinds of things: which are hollow, which hold things, which have doors."""

from __future__ import annotations

from ..contracts import Distribution


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HINGED = _words("fridge refrigerator cupboard cabinet microwave oven dishwasher washer wardrobe closet")
"""Furniture that has a door."""

HAS_PARTS = HINGED | _words("drawer")
"""Furniture that a handle can be part of."""

HOLLOW = HAS_PARTS | _words("sink basin box basket bin bathtub bookcase shelf")
"""Furniture that things are in."""

HOLDS = _words("bowl pot pan box basket bin bucket tray crate")
"""Movable things that others are in."""

NAMELESS = _words("thing object unknown something segment cluster region") | {""}
"""Labels that say nothing about what a thing is."""


def best_kind(labels: Distribution) -> str:
    """The most likely class, in lower case (the first by name among equals); empty when nothing is known."""
    return min(labels, key=lambda name: (-labels[name], name)).lower() if labels else ""
