"""What a clause asks for, as said: phrases and the roles that they play. Not yet resolved to anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from .vocabulary import Noun


@dataclass
class Phrase:
    """A noun phrase as said: a noun, or a pronoun, "the door", "the other one", "there"."""

    kind: str  # noun, pron, door, one, yonder
    text: str
    noun: Noun | None = None
    colour: str = ""
    quantity: int | None = None
    other: bool = False
    recent: bool = False
    within: tuple[str, Phrase] | None = None  # "the mug that is in the drawer": relation and place
    definite: bool = True


@dataclass
class Frame:
    """One thing asked for (``verb``; "" where the clause has none) with the roles that its phrases play."""

    verb: str = ""
    text: str = ""
    themes: list[Phrase] = field(default_factory=list)
    sources: list[tuple[str, Phrase]] = field(default_factory=list)
    dests: list[tuple[str, Phrase]] = field(default_factory=list)
    statics: list[tuple[str, Phrase]] = field(default_factory=list)
    fronted: list[tuple[str, Phrase]] = field(default_factory=list)  # statics that came before the verb
    states: list[tuple[Phrase | None, str]] = field(default_factory=list)
    particle: str = ""  # "in", "on", "out" without a phrase after it
    back: bool = False
    origin: bool = False
    recent: bool = False
    to_me: bool = False
    negated: bool = False
    asserted: bool = False  # "the fridge is open": says how things are
    wished: bool = False  # "make sure that …", "should be …"
    awaited: bool = False  # "once the apple is in the fridge": has to be so first
    later: bool = False  # comes in a "before …" clause: after what it belongs to
    bad_relation: str = ""
    condition: bool = False
    unknown: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)  # known things that nothing relates to the rest

    @property
    def empty(self) -> bool:
        """True if nothing was said in it."""
        return not (
            self.themes or self.sources or self.dests or self.statics or self.states or self.particle or self.unknown
        ) and not (self.origin or self.back or self.to_me)
