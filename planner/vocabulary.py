"""The nouns that an instruction may use, and what each class of thing can be used for.

Labels are canonical class names ("cereal box"): lower case, words separated by blanks. A memory may hold classes that
are not listed here (a real kitchen does); ``Vocabulary.extended`` takes them in with the role that memory gave them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..contracts import Role

SUPPORTS = frozenset({"table", "counter", "plate", "tray"})
"""Things can be put *on* these."""
OPENABLE = frozenset({"fridge", "cupboard", "drawer", "microwave", "oven", "dishwasher", "washing machine", "wardrobe",
                      "dresser", "bathroom cabinet"})  # fmt: skip
"""Containers with a door or a front that opens and closes."""
CONTAINERS = OPENABLE | {"sink", "washbasin", "bowl", "box", "bag", "laundry basket"}
"""Things can be put *in* these."""
FURNITURE = frozenset({"table", "counter", "sink", "fridge", "cupboard", "drawer"})
_ONLY_IN = frozenset({"bowl", "box", "bag", "sink", "washbasin", "drawer", "laundry basket"})
"""What is said to be on these is in them."""
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


def spelled(label: str) -> str:
    """A class name as it is written here, however a recogniser or a person spells it ("Cereal_Box" → "cereal box")."""
    return " ".join(label.lower().replace("_", " ").replace("-", " ").split())


def canonical(label: str) -> str:
    """The class of this vocabulary that ``label`` is another word for, else the label as ``spelled``.

    It says what a thing is good for. Which thing is meant is decided by its own name first: a memory may know tables and
    dining tables.
    """
    return SYNONYMS.get(spelled(label), spelled(label))


def openable(label: str) -> bool:
    """True for a class with a door or a front that opens."""
    return canonical(label) in OPENABLE


def container(label: str) -> bool:
    """True for a class that things are put *in*."""
    return canonical(label) in CONTAINERS


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
            spelled(text): role
            for text, role in labels
            if role in (Role.OBJECT, Role.FURNITURE) and spelled(text) not in known
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
            if name in self.classes:
                return Noun((name,), plural)
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
        return canonical(label) in GRASPABLE or self.extra.get(label) is Role.OBJECT

    def place(self, label: str) -> bool:
        """True if things can be put on or in a thing of this class."""
        return canonical(label) in SUPPORTS | CONTAINERS or self.extra.get(label) is Role.FURNITURE


def relation_for(label: str, said: str | None) -> str:
    """The relation ("on" or "in") that suits a place, given what was said ("on", "in" or None for "to")."""
    kind = canonical(label)
    if kind in _ONLY_IN:
        return "in"
    if said == "on":
        return "on"
    known = kind in SUPPORTS or (kind not in CONTAINERS and said != "in")
    return "on" if known else "in"


def _singulars(phrase: str) -> tuple[str, ...]:
    """Candidates for the singular of a plural ``phrase`` (its last word; for "bottles of water" its first)."""
    out = []
    head, sep, tail = phrase.partition(" of ")
    for ending, replacement in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if head.endswith(ending) and len(head) > len(ending) + 2:
            out.append(head[: -len(ending)] + replacement + sep + tail)
    return tuple(out)
