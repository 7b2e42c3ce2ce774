"""The nouns that an instruction may use, and what each class of thing can be used for.

Labels are canonical class names ("cereal box"): lower case, words separated by blanks. A memory may hold classes that
are not listed here (a real kitchen does); ``Vocabulary.extended`` takes them in with the role that memory gave them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..contracts import Role

SUPPORTS = frozenset({"table", "counter", "plate"})
"""Things can be put *on* these."""
CONTAINERS = frozenset({"fridge", "cupboard", "drawer", "sink", "bowl"})
"""Things can be put *in* these."""
OPENABLE = frozenset({"fridge", "cupboard", "drawer"})
"""Containers with a door or a front that opens and closes."""
FURNITURE = frozenset({"table", "counter", "sink", "fridge", "cupboard", "drawer"})
GRASPABLE = frozenset(
    {"mug", "plate", "bowl", "apple", "orange", "banana", "bottle", "milk", "can", "cereal box", "sponge", "book"}
)
SLICEABLE = frozenset({"apple", "orange", "banana"})

SYNONYMS: Mapping[str, str] = {
    "cup": "mug",
    "coffee cup": "mug",
    "coffee mug": "mug",
    "tea cup": "mug",
    "teacup": "mug",
    "tea mug": "mug",
    "beaker": "mug",
    "refrigerator": "fridge",
    "icebox": "fridge",
    "refridgerator": "fridge",
    "cabinet": "cupboard",
    "pantry": "cupboard",
    "worktop": "counter",
    "countertop": "counter",
    "counter top": "counter",
    "work surface": "counter",
    "kitchen counter": "counter",
    "kitchen table": "table",
    "dining table": "table",
    "dinner table": "table",
    "tabletop": "table",
    "table top": "table",
    "basin": "sink",
    "washbasin": "sink",
    "kitchen sink": "sink",
    "kitchen drawer": "drawer",
    "kitchen cupboard": "cupboard",
    "dish": "plate",
    "dinner plate": "plate",
    "milk carton": "milk",
    "carton of milk": "milk",
    "box of milk": "milk",
    "bottle of milk": "milk",
    "milk box": "milk",
    "water bottle": "bottle",
    "bottle of water": "bottle",
    "flask": "bottle",
    "tin": "can",
    "tin can": "can",
    "soda can": "can",
    "can of soda": "can",
    "soup can": "can",
    "can of soup": "can",
    "drink can": "can",
    "cereal": "cereal box",
    "cereals": "cereal box",
    "box of cereal": "cereal box",
    "box of cereals": "cereal box",
    "cornflakes": "cereal box",
    "cereal packet": "cereal box",
    "packet of cereal": "cereal box",
    "scouring pad": "sponge",
    "cookbook": "book",
    "cookery book": "book",
    "novel": "book",
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "fruit": ("apple", "banana", "orange"),
    "piece of fruit": ("apple", "banana", "orange"),
    "crockery": ("bowl", "mug", "plate"),
    "dishes": ("bowl", "mug", "plate"),
    "thing": (),
    "object": (),
    "item": (),
    "stuff": (),
    "everything": (),
    "something": (),
    "anything": (),
    "contents": (),
}
"""Nouns for several classes; the empty tuple stands for any graspable class."""
PLURAL_ONLY = frozenset({"dishes", "everything", "stuff", "contents", "crockery"})
COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (200, 40, 40),
    "green": (50, 150, 60),
    "blue": (50, 80, 190),
    "yellow": (225, 200, 60),
    "orange": (235, 140, 40),
    "white": (235, 235, 235),
    "black": (30, 30, 30),
    "grey": (128, 128, 128),
    "brown": (120, 75, 45),
    "purple": (125, 60, 150),
    "pink": (230, 140, 170),
}
"""Colour words and a typical sRGB value of each."""


def canonical(label: str) -> str:
    """The canonical class name of ``label`` as a recogniser or a person may spell it ("Cereal_Box" → "cereal box")."""
    name = " ".join(label.lower().replace("_", " ").replace("-", " ").split())
    return SYNONYMS.get(name, name)


@dataclass(frozen=True)
class Noun:
    """What a noun (of one or more words) stands for: classes (empty = any), and whether it speaks of several things."""

    labels: tuple[str, ...]
    plural: bool = False
    group: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """The nouns of a run. ``extra`` maps further classes (from memory) to their role."""

    extra: Mapping[str, Role] = field(default_factory=dict)

    def extended(self, labels: Iterable[tuple[str, Role]]) -> Vocabulary:
        """This vocabulary with the classes that memory knows; parts, structure and known classes change nothing."""
        known = FURNITURE | GRASPABLE | {"door", "handle", "floor", "wall", "unknown", "thing", "object"}
        more = {
            canonical(text): role
            for text, role in labels
            if role in (Role.OBJECT, Role.FURNITURE) and canonical(text) not in known
        }
        return Vocabulary({**self.extra, **more}) if more else self

    @property
    def classes(self) -> frozenset[str]:
        """All class names."""
        return FURNITURE | GRASPABLE | frozenset(self.extra)

    def noun(self, phrase: str) -> Noun | None:
        """The noun that ``phrase`` (lower case, singular or plural) is, or None."""
        for name, plural in ((phrase, False), *((s, True) for s in _singulars(phrase))):
            if name in GROUPS:
                return Noun(GROUPS[name], plural or name in PLURAL_ONLY, group=True)
            if canonical(name) in self.classes:
                return Noun((canonical(name),), plural)
        return None

    def longest(self) -> int:
        """Number of words of the longest noun."""
        return max(len(n.split()) for n in (*SYNONYMS, *GROUPS, *self.classes))

    def nearest(self, word: str, count: int = 3) -> tuple[str, ...]:
        """Up to ``count`` nouns that are spelled nearly like ``word``."""
        known = sorted({*self.classes, *SYNONYMS})
        close = difflib.get_close_matches(word, known, n=count, cutoff=0.7)
        return tuple(close)

    def graspable(self, label: str) -> bool:
        """True if a hand can carry a thing of this class."""
        return label in GRASPABLE or self.extra.get(label) is Role.OBJECT

    def place(self, label: str) -> bool:
        """True if things can be put on or in a thing of this class."""
        return label in SUPPORTS | CONTAINERS or self.extra.get(label) is Role.FURNITURE


def relation_for(label: str, said: str | None) -> str:
    """The relation ("on" or "in") that suits a place, given what was said ("on", "in" or None for "to")."""
    if label in CONTAINERS and label not in FURNITURE:
        return "in"
    if said == "on" and label != "sink":
        return "in" if label == "drawer" else "on"
    return "in" if label in CONTAINERS else "on"


def _singulars(phrase: str) -> tuple[str, ...]:
    """Candidates for the singular of a plural ``phrase`` (its last word; for "bottles of water" its first)."""
    out = []
    head, sep, tail = phrase.partition(" of ")
    for ending, replacement in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if head.endswith(ending) and len(head) > len(ending) + 2:
            out.append(head[: -len(ending)] + replacement + sep + tail)
    return tuple(out)
