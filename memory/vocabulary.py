"""Words for things: which nouns mean the same, what is a container, and where things of a class usually are.

The places are plain common sense about households, shipped as a prior that learned counts soon outweigh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

SYNONYMS: dict[str, tuple[str, ...]] = {
    "mug": ("cup", "coffee cup", "coffee mug", "tea cup", "teacup", "beaker"),
    "fridge": ("refrigerator", "icebox", "freezer"),
    "cupboard": ("cabinet", "closet", "press", "pantry"),
    "drawer": ("sliding drawer",),
    "counter": ("countertop", "counter top", "worktop", "work surface", "kitchen counter", "kitchen top", "bench"),
    "table": ("dining table", "kitchen table"),
    "sink": ("basin", "wash basin"),
    "bottle": ("flask", "water bottle"),
    "milk": ("milk carton", "carton of milk", "milk box", "carton", "milk bottle"),
    "can": ("tin", "soda can", "tin can", "soda", "coke"),
    "cereal box": ("cereal", "cereals", "cornflakes", "muesli", "box of cereal", "cereal packet"),
    "sponge": ("scrubber", "scouring pad"),
    "book": ("cookbook", "notebook", "novel"),
    "plate": ("dish", "saucer"),
    "bowl": ("basin bowl",),
    "orange": ("tangerine", "clementine"),
    "apple": (),
    "banana": (),
    "door": (),
    "handle": ("knob", "grip"),
}
_MEANS = {word: label for label, words in SYNONYMS.items() for word in (label, *words)}

GROUPS: dict[str, tuple[str, ...]] = {
    "fruit": ("apple", "orange", "banana"),
    "food": ("apple", "orange", "banana", "milk", "cereal box", "can"),
    "drink": ("milk", "bottle", "can"),
    "crockery": ("mug", "plate", "bowl"),
    "tableware": ("mug", "plate", "bowl"),
}

CONTAINERS = frozenset({"fridge", "cupboard", "drawer", "microwave", "oven", "cabinet", "dishwasher", "box", "safe"})
HINGED = frozenset({"fridge", "cupboard", "microwave", "oven", "cabinet", "dishwasher"})
FURNITURE = frozenset({"table", "counter", "sink", "fridge", "cupboard", "drawer", "shelf", "sofa", "bed", "chair", "oven",
                       "microwave", "dishwasher", "stove", "desk", "dresser", "wardrobe"})  # fmt: skip
SLIDING = frozenset({"drawer"})
"""Containers that move as a whole when they are opened, and their contents with them."""

PRIOR: dict[str, dict[str, float]] = {
    "mug": {"cupboard": 3, "counter": 3, "table": 3, "drawer": 2, "sink": 2},
    "plate": {"cupboard": 4, "table": 3, "counter": 2, "sink": 2},
    "bowl": {"cupboard": 4, "table": 2, "counter": 2, "sink": 2},
    "apple": {"counter": 3, "table": 3, "fridge": 3},
    "orange": {"counter": 3, "table": 3, "fridge": 3},
    "banana": {"counter": 4, "table": 3, "fridge": 1},
    "bottle": {"counter": 3, "fridge": 3, "table": 2, "cupboard": 2},
    "milk": {"fridge": 7, "counter": 2, "table": 2},
    "can": {"cupboard": 4, "fridge": 3, "counter": 2},
    "cereal box": {"cupboard": 5, "counter": 3, "table": 2},
    "sponge": {"sink": 6, "counter": 3, "cupboard": 1},
    "book": {"table": 5, "counter": 2, "shelf": 4},
    "": {"counter": 2, "table": 2, "cupboard": 1, "drawer": 1, "fridge": 1, "sink": 1},
}
"""Class → class of place → weight; the entry "" is for all other classes."""

_IRREGULAR = {"knives": "knife", "loaves": "loaf", "shelves": "shelf", "dishes": "dish", "boxes": "box", "men": "man",
              "people": "person", "children": "child", "glasses": "glass", "sponges": "sponge",
              "potatoes": "potato", "tomatoes": "tomato"}  # fmt: skip
_ARTICLES = re.compile(
    r"^(?:the|a|an|my|your|our|his|her|their|that|this|these|those|any|some|one of the|all the|all)\s+"
)


def singular(word: str) -> str:
    """English singular of a noun phrase's last word, by rule and a few exceptions."""
    head, _, last = word.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("ies") and len(last) > 4:
        last = last[:-3] + "y"
    elif last.endswith(("ches", "shes", "xes", "sses", "zes")):
        last = last[:-2]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and len(last) > 3:
        last = last[:-1]
    return f"{head} {last}".strip()


def plural(word: str) -> str:
    """English plural of a noun phrase."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


@lru_cache(maxsize=65536)
def bare(text: str) -> str:
    """A noun phrase in lower case without article: "The Mugs" → "mugs". Empty if nothing is left."""
    words = " ".join(text.lower().replace("_", " ").replace("-", " ").strip(" ?.!,;:'\"").split())
    while True:
        shorter = _ARTICLES.sub("", words)
        if shorter == words:
            return words
        words = shorter


@lru_cache(maxsize=65536)
def noun(text: str) -> str:
    """A noun phrase without article, case and plural: "The Mugs" → "mug". Empty if nothing is left."""
    words = bare(text)
    if words in _MEANS:
        return words
    head, of, rest = words.partition(" of ")  # "jars of honey" are jars
    return f"{singular(head)} of {rest}" if of else singular(words)


@lru_cache(maxsize=65536)
def canonical(text: str) -> str:
    """The label that a noun phrase stands for: its synonym's label where there is one, else the noun itself."""
    word = noun(text)
    if word in _MEANS:
        return _MEANS[word]
    last = word.rpartition(" ")[2]  # "the red mug" → mug; colours are not labels
    return _MEANS.get(last, word)


def meanings(text: str) -> tuple[str, ...]:
    """All labels that a noun phrase may stand for: a group's members, or the one canonical label."""
    word = noun(text)
    return GROUPS.get(word, (canonical(text),))


@lru_cache(maxsize=65536)
def matches(text: str, label: str) -> float:
    """How well a noun phrase fits a label: 1 the very word, 0.95 its singular, 0.9 a synonym, 0.5 a shared last word, else 0.

    The very word is not made singular: glasses are not a glass where both are labels.
    """
    word, own = noun(text), noun(label)
    if not word:
        return 0.0
    if bare(text) == bare(label):
        return 1.0
    if word == own:
        return 0.95
    if own in GROUPS.get(word, ()):
        return 0.9
    if canonical(word) == canonical(own):  # a dining table is a table; a coffee table is one of its own kind
        return 0.9 if own in _MEANS or canonical(own) == own else 0.5
    if word.rpartition(" ")[2] == own or own.rpartition(" ")[2] == word:
        return 0.5
    return 0.0


def keys(label: str) -> set[tuple[str, str]]:
    """Under which keys a label is found: ``matches`` is above 0 only where one of them is among a phrase's ``keys_for``."""
    own = noun(label)
    return {("bare", bare(label)), ("noun", own), ("label", canonical(own)), ("last", own.rpartition(" ")[2])}


def keys_for(text: str) -> set[tuple[str, str]]:
    """The keys of all labels that a noun phrase may fit."""
    word = noun(text)
    own = {word, word.rpartition(" ")[2], *GROUPS.get(word, ())}
    return {("bare", bare(text)), ("label", canonical(word)), ("last", word), *(("noun", name) for name in own)}


def with_article(label: str) -> str:
    """ "apple" → "an apple"."""
    vowel = label[:1] in "aeiou" and not label.startswith(("uni", "use", "one", "eu"))
    return f"{'an' if vowel else 'a'} {label}"


def listing(words: Iterable[str], last: str = "and") -> str:
    """ "a, b and c"; "nothing" when there are none."""
    items = list(words)
    if not items:
        return "nothing"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"
