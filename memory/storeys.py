"""Floors in questions: "upstairs", "on the second floor"; which of the floors that memory was told of that is.

Floors of one map are put in order by their heights, of several maps by their names; what neither tells apart has no order.
Where there is a ground floor, the first floor is the one above it; a "second floor" of a house with two is the upper one.
"""

from __future__ import annotations

import re

import numpy as np

from . import codec
from .maps import Area, areas, innermost
from .world import World

_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4,
        "one": 1, "two": 2, "three": 3, "1": 1, "2": 2, "3": 3}  # fmt: skip
_WHICH = "first|second|third|fourth|1st|2nd|3rd|4th|ground|main|upper|lower|top|bottom|uppermost|highest|lowest|other|same|this"
_STOREY = "floor|storey|story|level"
_PHRASE = rf"(?:{_WHICH}) (?:{_STOREY})|(?:{_STOREY}) (?:one|two|three|[123])|upstairs|downstairs"
_END_OF_STAIRS = "basement|cellar|attic|loft"
_ENDS = (
    r"(?=$|[,.;?]| (?:and|or|now|today|at|in|since|before|after|when|while|yesterday|this|last|that|right|there|again"
    r"|still|apart|except|besides|other than)\b)"
)
_SAID = re.compile(rf"\b(?:(?:on|of|in|from|at|around) )?(?:(?:the|my|our|your) )?(?P<floor>{_PHRASE}){_ENDS}")
_LEVELS = (
    (r"basement|cellar|lower ground", -1), (r"ground|downstairs|main|lower", 0), (r"first|1st|upper|upstairs", 1),
    (r"second|2nd", 2), (r"third|3rd", 3), (r"fourth|4th", 4), (r"attic|loft|top", 9),
)  # fmt: skip


def said(text: str) -> tuple[str, str] | None:
    """What a cleaned question says of a floor, as it says it, and the floor alone: ("on the upper floor", "upper floor")."""
    found = _SAID.search(text)
    return None if found is None else (found[0].strip(), found["floor"])


def is_storey(phrase: str) -> bool:
    """Does a phrase name a floor in a way that only the floors of a house tell: "upstairs", "second floor", "basement"?"""
    return re.fullmatch(rf"{_PHRASE}|{_END_OF_STAIRS}", phrase) is not None


def storeys(world: World, phrase: str) -> list[Area]:
    """The floors that a phrase means; empty if memory was told of none such."""
    floors = [a for a in areas(world) if a.kind == "floor"]
    named = [a for a in floors if a.label.lower().replace("-", " ") == phrase]
    if named or not floors:
        return named
    here = _here(world, floors)
    if re.match("other|same|this", phrase):
        return [] if here is None else [a for a in floors if (a is here) != phrase.startswith("other")]
    rising = _in_order(floors)
    if rising is None:
        return []
    levels = [_level(a.label) for a in rising]
    if re.fullmatch(_END_OF_STAIRS, phrase):
        return [a for a, level in zip(rising, levels, strict=True) if level == _level(phrase)]
    base = levels.index(0) if 0 in levels else sum(level == -1 for level in levels)
    if phrase == "upstairs" or phrase.startswith("upper "):
        return rising[base + 1 :]
    if phrase == "downstairs" or phrase.startswith("lower "):
        return rising[: base + 1] if len(rising) > base + 1 else rising[:base]
    if re.match("top|uppermost|highest", phrase):
        return rising[-1:]
    if re.match("bottom|lowest", phrase):
        return rising[:1]
    if re.match("ground|main", phrase):
        return rising[base : base + 1]
    nth = next(n for word, n in _NTH.items() if word in phrase.split())
    at = base + nth if 0 in levels and base + nth < len(rising) else base + nth - 1
    return rising[at : at + 1]


def _in_order(floors: list[Area]) -> list[Area] | None:
    """The lowest first; None where that cannot be told."""
    boxes = [a.box for a in floors]
    if all(box is not None for box in boxes) and len({a.map_id for a in floors}) == 1:
        return sorted(floors, key=lambda a: (0.0 if a.box is None else a.box[0][2], a.id))
    levels = [_level(a.label) for a in floors]
    if None in levels or len(set(levels)) < len(levels):
        return None if len(floors) > 1 else floors
    return [a for _, a in sorted(zip(levels, floors, strict=True), key=lambda pair: pair[0] or 0)]


def _level(label: str) -> int | None:
    """How far above the ground floor a floor of that name is; None if its name does not tell."""
    plain = label.lower()
    numbered = re.search(r"\b(?:floor|level|storey) (-?\d+)", plain)
    if numbered is not None:
        return int(numbered[1])
    return next((level for words, level in _LEVELS if re.search(rf"\b(?:{words})", plain)), None)


def _here(world: World, floors: list[Area]) -> Area | None:
    """The floor that a robot was seen on last."""
    row = world.store.db.execute("SELECT map, pose FROM poses ORDER BY num DESC LIMIT 1").fetchone()
    if row is None:
        return None
    spot = np.asarray(codec.decode(row[1].encode()), dtype=np.float64).reshape(3, 4)[:, 3]
    return innermost(floors, row[0], spot)
