"""Colours and short words of everything that is drawn. RGBA, 0 to 255, chosen for a dark background."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..contracts import Role
from ..memory.records import Knowledge, Thing

Rgba = tuple[int, int, int, int]

BACKGROUND: Rgba = (13, 15, 22, 255)
INK: Rgba = (229, 233, 240, 255)
FAINT: Rgba = (120, 130, 150, 255)
PATH: Rgba = (232, 246, 255, 255)
PATH_GLOW: Rgba = (70, 170, 255, 70)
ROBOT: Rgba = (214, 234, 255, 255)
FURNITURE: Rgba = (132, 150, 182, 150)
PART: Rgba = (110, 124, 150, 90)
EVIDENCE: Rgba = (150, 200, 255, 160)

KNOWLEDGE: Mapping[Knowledge, Rgba] = MappingProxyType(
    {
        Knowledge.SEEN: (94, 234, 180, 255),
        Knowledge.BELIEVED: (150, 160, 255, 255),
        Knowledge.UNOBSERVED: (251, 191, 56, 255),
        Knowledge.ABSENT: (248, 113, 113, 255),
        Knowledge.UNKNOWN: (148, 158, 175, 255),
    }
)
"""How a thing is known → colour of its box and label."""

PREDICATE: Mapping[str, Rgba] = MappingProxyType(
    {
        "on": (110, 200, 255, 170),
        "in": (190, 150, 255, 190),
        "held_by": (255, 196, 92, 255),
        "near": (130, 140, 160, 90),
        "part_of": (110, 124, 150, 60),
        "at": (130, 140, 160, 120),
    }
)

TEXT: Mapping[str, Rgba] = MappingProxyType(
    {
        "instruction": (255, 255, 255, 255),
        "decision": (125, 211, 252, 255),
        "outcome": (94, 234, 180, 255),
        "failure": (248, 113, 113, 255),
        "change": (251, 191, 56, 255),
        "answer": (196, 170, 255, 255),
        "fact": (110, 160, 200, 255),
        "gate": (248, 170, 113, 255),
        "subgoal": (220, 225, 235, 255),
        "note": (170, 178, 195, 255),
    }
)
"""Kind of text → its colour in the log."""


def text_color(kind: str) -> Rgba:
    """Colour of a line of text of this kind; unknown kinds look like notes."""
    return TEXT.get(kind, TEXT["note"])


def thing_color(thing: Thing) -> Rgba:
    """Objects are coloured by how they are known; what stays put is quiet."""
    if thing.role is Role.OBJECT:
        return KNOWLEDGE.get(thing.knowledge, KNOWLEDGE[Knowledge.UNKNOWN])
    return PART if thing.role is Role.PART else FURNITURE


def label_color(thing: Thing) -> Rgba:
    """Like ``thing_color``, but bright enough to be read."""
    return thing_color(thing) if thing.role is Role.OBJECT else (188, 198, 216, 255)


def class_color(index: int) -> Rgba:
    """A distinct colour for the ``index``-th class: hues a golden angle apart, so that neighbours differ."""
    import colorsys

    r, g, b = colorsys.hsv_to_rgb((0.11 + index * 0.61803398875) % 1.0, 0.55 + 0.2 * (index % 2), 0.95)
    return (int(r * 255), int(g * 255), int(b * 255), 255)


def age(seconds: float) -> str:
    """``seconds`` in coarse words that change seldom: "now", "3 s", "25 s", "4 min", "2 h"."""
    s = max(0.0, seconds)
    if s < 1.5:
        return "now"
    if s < 10:
        return f"{s:.0f} s"
    if s < 60:
        return f"{int(s // 5) * 5} s"
    if s < 3600:
        return f"{int(s // 60)} min"
    return f"{int(s // 3600)} h"


def label(thing: Thing, now: float, *, short: bool = False) -> str:
    """What stands beside a thing: "mug o7 · seen 3 s ago", "milk o9 · believed in the fridge", "fridge o2 · open".

    ``short`` leaves it at the name: where there are many things, their colours have to say the rest.
    """
    name = f"{thing.label} {thing.id}"
    if short:
        return name
    if thing.role is not Role.OBJECT:
        values = [s.value for s in thing.states.values()]
        return " · ".join([name, *values])
    ago = age(now - thing.last_seen)
    if thing.place is not None and thing.place.predicate == "held_by":
        return f"{name} · in the hand"
    if thing.knowledge is Knowledge.SEEN:
        return f"{name} · seen now" if ago == "now" else f"{name} · seen {ago} ago"
    if thing.knowledge is Knowledge.BELIEVED:
        return f"{name} · believed {thing.place}" if thing.place else f"{name} · believed"
    if thing.knowledge is Knowledge.ABSENT:
        return f"{name} · gone"
    return f"{name} · seen {'just now' if ago == 'now' else ago + ' ago'}"
