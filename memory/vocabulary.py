"""Words for things: which nouns mean the same, what is a container, and where things of a class usually are.

The places are plain common sense about households, shipped as a prior that learned counts soon outweigh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

SYNONYMS: dict[str, tuple[str, ...]] = {
    "mug": ("cup", "coffee cup", "coffee mug", "tea cup", "tea mug", "teacup", "beaker"),
    "fridge": ("refrigerator", "icebox"),
    "cupboard": ("cabinet", "kitchen cupboard", "kitchen cabinet"),
    "drawer": ("sliding drawer",),
    "counter": ("countertop", "counter top", "worktop", "work surface", "kitchen counter", "kitchen top"),
    "table": ("dining table", "kitchen table", "dinner table"),
    "sink": ("basin", "wash basin", "kitchen sink"),
    "bottle": ("water bottle",),
    "milk": ("milk carton", "carton of milk", "milk box", "carton", "milk bottle"),
    "can": ("tin", "tin can"),
    "cereal box": ("cereal", "cereals", "cornflakes", "muesli", "box of cereal", "cereal packet"),
    "sponge": ("scrubber", "scouring pad"),
    "book": (),
    "plate": ("dish", "dinner plate"),
    "bowl": (),
    "orange": (),
    "apple": (),
    "banana": (),
    "door": (),
    "handle": ("knob", "grip"),
    "sofa": ("couch", "settee"),
    "tv": ("television", "telly", "television set"),
    "remote": ("remote control", "tv remote"),
    "phone": ("mobile", "mobile phone", "cell phone", "cellphone", "smartphone", "telephone"),
    "bin": ("dustbin", "trash can", "garbage can", "rubbish bin", "waste bin", "trash bin"),
    "vacuum cleaner": ("vacuum", "hoover"),
    "stove": ("cooker", "hob", "cooktop"),
    "nightstand": ("bedside table", "night table", "night stand"),
    "shelf": ("bookshelf", "bookcase"),
    "laundry basket": ("laundry hamper", "washing basket"),
    "washing machine": ("washer",),
    "teddy bear": ("teddy",),
    "dish towel": ("tea towel", "kitchen towel"),
    "cutting board": ("chopping board",),
    "pan": ("frying pan", "skillet"),
    "pot": ("saucepan", "cooking pot"),
    "trousers": ("pants",),
    "yoghurt": ("yogurt",),
    "backpack": ("rucksack",),
    "glasses": ("spectacles", "specs", "eyeglasses"),
}
"""Label → words for the very same thing: whoever says one may mean what is labelled with another."""

KINDS: dict[str, tuple[str, ...]] = {
    "book": ("notebook", "cookbook", "novel", "exercise book", "sketchbook", "comic book"),
    "fridge": ("freezer",),
    "cupboard": ("closet", "press", "pantry", "bathroom cabinet", "medicine cabinet", "filing cabinet"),
    "counter": ("bench",),
    "table": ("coffee table", "side table", "console table", "end table", "dressing table", "changing table",
              "picnic table", "pool table"),
    "bottle": ("flask", "hot water bottle"),
    "can": ("soda can", "soda", "coke", "beer can", "watering can", "spray can"),
    "plate": ("saucer",),
    "bowl": ("basin bowl", "toilet bowl"),
    "orange": ("tangerine", "clementine"),
    "mug": ("measuring cup", "egg cup"),
}  # fmt: skip
"""Label → kinds of it with a name of their own: whoever says "book" may mean a notebook, but no book is a notebook."""

_NAMED = {word: label for label, words in SYNONYMS.items() for word in (label, *words)}
_KIND_OF = {word: label for label, words in KINDS.items() for word in words}
_MEANS = _NAMED | _KIND_OF
WORDS = {label: (*words, *KINDS.get(label, ())) for label, words in SYNONYMS.items()}
"""Label → all words by which a thing of that label may be called, kinds of it among them."""

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
              "potatoes": "potato", "tomatoes": "tomato", "leaves": "leaf", "cookies": "cookie", "brownies": "brownie",
              "smoothies": "smoothie", "hoodies": "hoodie", "movies": "movie", "feet": "foot", "mice": "mouse"}  # fmt: skip
_MANY = {one: many for many, one in _IRREGULAR.items()}
_DRUNK_FROM = re.compile(r"\b(?:wine|drinking|water|beer|champagne|whisky|shot|juice|cocktail) glasses$")
"""Other glasses are another thing than several of one: a glass is none of those on a nose, "glasses" may be either."""
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
    head, space, last = word.rpartition(" ")
    if last in _MANY:
        return f"{head}{space}{_MANY[last]}"
    if last.endswith("s") and not last.endswith(("ss", "us", "is", "as")):
        return word  # "keys", "trousers": it is one already
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
    if words in _MEANS or (_tail(words) in _MEANS and not _DRUNK_FROM.search(words)):
        return words
    head, of, rest = words.partition(" of ")  # "jars of honey" are jars
    return f"{singular(head)} of {rest}" if of else singular(words)


@lru_cache(maxsize=65536)
def canonical(text: str) -> str:
    """The label that a noun phrase stands for: its synonym's label where there is one, else the noun itself."""
    word = noun(text)
    if word in _MEANS:
        return _MEANS[word]
    return _MEANS.get(_tail(word), word)  # colours are not labels


def meanings(text: str) -> tuple[str, ...]:
    """All labels that a noun phrase may stand for: a group's members, or the one canonical label."""
    word = noun(text)
    return GROUPS.get(word, (canonical(text),))


def broader(text: str) -> str:
    """What a noun phrase is a kind of: a notebook a book, a coffee table a table; "" where nothing is known to be broader."""
    word = noun(text)
    tail = _tail(word)
    return _KIND_OF.get(word) or _KIND_OF.get(tail) or (_NAMED.get(tail, tail) if tail != word else "")


@lru_cache(maxsize=65536)
def matches(text: str, label: str) -> float:
    """How well a noun phrase fits a label: 1 the very word, 0.95 its singular, 0.9 a synonym, 0.5 the name of a narrower or
    broader class, else 0.

    The very word is not made singular: glasses are not a glass where both are labels. "Table" may mean a coffee table. What
    has a name of its own ("notebook", "coffee table") never means the broader class; what is only described ("red mug") does.
    """
    word, own = noun(text), noun(label)
    if not word:
        return 0.0
    if bare(text) == bare(label):
        return 1.0
    if own in (word, singular(word)):
        return 0.95
    same, its = _NAMED.get(word, word), _NAMED.get(own, own)
    if same == its or own in GROUPS.get(word, ()):
        return 0.9
    if _is_kind(own, word):
        return 0.5
    tail = _tail(word)
    if word in _MEANS or tail == word:
        return 0.0
    if _NAMED.get(tail, tail) == its:
        return 0.9 if own in _NAMED else 0.5
    return 0.5 if len(own) > len(tail) and word.endswith(f" {own}") else 0.0


def _is_kind(own: str, word: str) -> bool:
    """Is one noun the name of a kind of another: the coffee table of a table, but not of a dining table?"""
    if own in _MEANS:
        return word in (_KIND_OF.get(own), _head(own))
    head = _head(own)
    return " " not in word and head != own and _NAMED.get(word, word) == _NAMED.get(head, head)


def _head(word: str) -> str:
    """The last word of a noun phrase: "red mug" → mug."""
    return word.rpartition(" ")[2]


def _tail(word: str) -> str:
    """The most of a noun phrase's end that the vocabulary has, else its last word: "old mobile phone" → mobile phone."""
    words = word.split(" ")
    return next((t for k in range(1, len(words)) if (t := " ".join(words[k:])) in _MEANS), words[-1])


def keys(label: str) -> set[tuple[str, str]]:
    """Under which keys a label is found: ``matches`` is above 0 only where one of them is among a phrase's ``keys_for``."""
    own = noun(label)
    return {("bare", bare(label)), ("noun", own), ("label", canonical(own)), ("last", _head(own))}


def keys_for(text: str) -> set[tuple[str, str]]:
    """The keys of all labels that a noun phrase may fit."""
    word = noun(text)
    parts = word.split(" ")
    own = {word, singular(word), *(" ".join(parts[k:]) for k in range(1, len(parts))), *GROUPS.get(word, ())}
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
