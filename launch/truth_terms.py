"""What is asked and answered in the memory-truth bench: questions, replies, what a baseline is fed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..memory.records import Knowledge

ABILITIES = (
    "where now", "where then", "state now", "state then", "contents", "order", "count", "interference", "cascade",
    "cause", "usual place", "routine", "absent", "unobserved", "unknown", "deletion",
)  # fmt: skip

SOMEBODY = "somebody else"
"""The cause of what the robot did not do."""


@dataclass(frozen=True)
class Question:
    """``keys``: what each system called the thing at the sighting that the question names; ``others`` the same of a second one.

    ``want``: the ideal observer's answer; several are equally right if ``any_of``. ``moved``: it moved since that sighting.
    """

    ability: str
    noun: str
    want: tuple[str, ...]
    keys: Mapping[str, object] = field(default_factory=dict)
    others: Mapping[str, object] = field(default_factory=dict)
    attribute: str = ""
    other: str = ""  # the attribute of the second thing
    at: float | None = None
    any_of: bool = False
    moved: bool = False
    name: str = ""  # the true one, for looking into a miss
    stamp: float = 0.0


@dataclass(frozen=True)
class Reply:
    """Names of places (from the inside out), state values, classes, a number or an order; and how it is known."""

    value: tuple[str, ...] = ()
    knowledge: Knowledge = Knowledge.UNKNOWN


class Baseline(Protocol):
    """A system beside Loci. ``supports``: the abilities that it has an answer to at all."""

    name: str
    supports: frozenset[str]

    def observe(self, stamp: float, sights: Sequence[Sight]) -> list[object]:
        """Take in one report; returns what it calls each thing."""
        ...

    def told(self, stamp: float, key: object, sight: Sight) -> None:
        """The robot has put a thing, which it calls ``key``, somewhere itself."""
        ...

    def answer(self, question: Question) -> Reply:
        """Its answer, from what it was fed."""
        ...


@dataclass(frozen=True)
class Sight:
    """What a baseline is fed of one detection: the likeliest label, the track, the true name of what it is in or on (places are
    given to baselines for free), the box's centre, the likeliest states.
    """

    label: str
    track: int
    loose: bool
    place: str
    center: tuple[float, float, float]
    states: Mapping[str, str]
