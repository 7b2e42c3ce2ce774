"""What can be asked for in a world as it is now, and how a person would call it so that only one thing can be meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .goals import Which
from .ithor_labels import label_of
from .task_house import HouseStage
from .task_sense import OPENED, SWITCHED, changes_for, places_for
from .task_stage import Stage

PLURAL = frozenset(("keys", "glasses", "shoes", "trousers"))
MASS = frozenset(
    ("milk", "juice", "butter", "cheese", "bread", "salt", "soap", "toilet paper", "toilet paper roll", "lettuce")
)
_HOLLOW = frozenset(
    ("sink", "box", "bag", "SinkBasin", "BathtubBasin", "GarbageCan", "Bowl", "Pot", "Cup", "Mug", "Box", "Toaster",
     "CoffeeMachine", "LaundryHamper")
)  # fmt: skip
_CARRIERS = frozenset(("tray", "box", "Plate", "Bowl", "Pot", "Pan", "Mug", "Cup", "Box"))
_SAID = {
    "tv stand": "TV stand",
    "cd": "CD",
    "toilet paper roll": "toilet paper",
    "arm chair": "armchair",
    "bathtub basin": "bathtub",
}
_SWITCH_SAID = {"tv stand": "TV", "Television": "TV", "LightSwitch": "light"}


class Scenery:
    """A stage seen by someone who gives orders. ``world`` is ithor or house."""

    def __init__(self, stage: Stage, world: str, rng: np.random.Generator) -> None:
        self.stage, self.world, self.rng = stage, world, rng

    def pick(self, options: Sequence[str]) -> str:
        """One of several, by chance."""
        return options[int(self.rng.integers(len(options)))]

    def shuffled(self, options: Sequence[str]) -> list[str]:
        """All of them, in an order by chance."""
        return [options[k] for k in self.rng.permutation(len(options))]

    # --- things ---------------------------------------------------------------------------------------------------------
    def loose(self) -> list[str]:
        """Things that people ask for, at rest where a hand can get at them."""
        return [i for i in self.stage.ids() if self.movable(i) and self._rests(i)]

    def movable(self, id: str) -> bool:
        """May it be asked for at all?"""
        stage = self.stage
        wanted = "pick" in stage.affords(id) and bool(places_for(self.world, stage.kind(id)))
        return wanted and stage.available(id) and stage.held() != id

    def _rests(self, id: str) -> bool:
        holders = self.stage.holder(id)
        return bool(holders) and not any(self.stage.kind(h) in ("bag", "Floor") for h in holders)

    def noun(self, kind: str) -> str:
        """The word for a class."""
        word = kind if self.world == "house" else label_of(kind)
        return _SAID.get(word, word)

    def twins(self, id: str) -> list[str]:
        """Things of the same class, wherever they are, itself included."""
        noun = self.noun(self.stage.kind(id))
        return [
            i for i in self.stage.ids() if self.noun(self.stage.kind(i)) == noun and "pick" in self.stage.affords(i)
        ]

    def thing(self, id: str, by_place: bool = True) -> str | None:
        """A phrase that can only mean this thing: the class alone, an owner's, by colour, or (``by_place``) by where it is."""
        noun, twins = self.noun(self.stage.kind(id)), self.twins(id)
        if len(twins) == 1 and self._owner(id) == "":
            return f"the {noun}"
        options = []
        if len(twins) == 1 or (self._owner(id) and sum(self._owner(t) == self._owner(id) for t in twins) == 1):
            options.append(f"{self._owner(id)}'s {noun}" if self._owner(id) else f"the {noun}")
        color = self._color(id)
        if color and sum(self._color(t) == color for t in twins) == 1:
            options.append(f"the {color} {noun}")
        if by_place and not options:
            options += self._by_place(id, noun, twins)
        return self.pick(options) if options else None

    def _by_place(self, id: str, noun: str, twins: Sequence[str]) -> Iterator[str]:
        holder = next(iter(self.stage.holder(id)), None)
        if holder is None or "pick" in self.stage.affords(holder) or self.stage.kind(holder) == "Floor":
            return
        kind = self.stage.kind(holder)
        if sum(any(self.stage.kind(h) == kind for h in self.stage.holder(t)) for t in twins) == 1:
            be = "are" if noun in PLURAL else "is"
            yield f"the {noun} from the {self.noun(kind)}"
            yield f"the {noun} that {be} {self.word(id, holder)} the {self.noun(kind)}"

    def _owner(self, id: str) -> str:
        return self.stage.items[id].owner if isinstance(self.stage, HouseStage) else ""

    def _color(self, id: str) -> str:
        return self.stage.items[id].color if isinstance(self.stage, HouseStage) else ""

    def it(self, id: str) -> str:
        """The pronoun."""
        return "them" if self.noun(self.stage.kind(id)) in PLURAL else "it"

    # --- places ---------------------------------------------------------------------------------------------------------
    def places(self, thing: str) -> list[str]:
        """Furniture where people put such a thing, with room for it, where it is not yet; each class in turn, by chance."""
        stage = self.stage
        kinds, there = places_for(self.world, stage.kind(thing)), {stage.kind(h) for h in stage.holder(thing)}
        by_kind: dict[str, list[str]] = {}
        for id in stage.ids():
            kind = stage.kind(id)
            wanted = kind in kinds or f"{kind}@{stage.room(id)}" in kinds
            if wanted and kind not in there and "pick" not in stage.affords(id):
                by_kind.setdefault(kind, []).append(id)
        kinds_here = self.shuffled(sorted(by_kind))
        first = (next((i for i in self.shuffled(by_kind[k]) if stage.room_for(thing, i)), None) for k in kinds_here)
        return [place for place in first if place is not None]

    def carriers(self, thing: str) -> list[str]:
        """Trays, boxes, bowls … that take a thing and that can be named."""
        stage = self.stage
        kinds = places_for(self.world, stage.kind(thing))
        found = [i for i in self.loose() if stage.kind(i) in _CARRIERS and stage.kind(i) in kinds and i != thing]
        return [i for i in self.shuffled(found) if i not in stage.holder(thing) and stage.room_for(thing, i)]

    def place(self, id: str) -> tuple[str, Which]:
        """How a place is called, and what that means: the only one of its class, the one in a room, or any of its class."""
        kind, room = self.stage.kind(id), self.stage.room(id)
        noun = self.noun(kind)
        alike = [i for i in self.stage.ids() if self.stage.kind(i) == kind]
        if len(alike) == 1:
            return f"the {noun}", Which(kind)
        if room and sum(self.stage.room(i) == room for i in alike) == 1 and self.rng.random() < 0.6:
            return f"the {noun} in the {room}", Which(id=id)
        options = (
            [f"a {noun}", f"one of the {plural(noun)}"]
            if "open" in self.stage.affords(id)
            else [f"the {noun}", f"a {noun}"]
        )
        return self.pick([articled(o) for o in options]), Which(kind)

    def exactly(self, id: str) -> str | None:
        """A name that can only mean this place; None if there is none."""
        kind, room = self.stage.kind(id), self.stage.room(id)
        alike = [i for i in self.stage.ids() if self.stage.kind(i) == kind]
        if len(alike) == 1:
            return f"the {self.noun(kind)}"
        if room and sum(self.stage.room(i) == room for i in alike) == 1:
            return f"the {self.noun(kind)} in the {room}"
        return None

    def word(self, thing: str, place: str) -> str:
        """in or on."""
        return "in" if self.stage.behind_door(thing, place) or self.stage.kind(place) in _HOLLOW else "on"

    # --- states ---------------------------------------------------------------------------------------------------------
    def changes(self, thing: str) -> list[str]:
        """What people would have done to it here and has not been done: wash, heat, cool, slice."""
        done = {"wash": "cleaned", "heat": "heated", "cool": "cooled", "slice": "sliced"}
        sensible = changes_for(self.stage.kind(thing))
        return [c for c in sensible if self.stage.tools(c, thing) and not self.stage.state(thing, done[c])]

    def switches(self) -> list[str]:
        """What can be switched and named: the only one of its class."""
        found = [i for i in self.stage.ids() if self.stage.kind(i) in SWITCHED and "toggle" in self.stage.affords(i)]
        return [i for i in found if self.exactly(i) is not None]

    def switch_name(self, id: str) -> str:
        """How a switched thing is called."""
        said = _SWITCH_SAID.get(self.stage.kind(id))
        return f"the {said}" if said else str(self.exactly(id))

    def openables(self) -> list[str]:
        """What can be opened and named: the only one of its class, or of its room."""
        found = [i for i in self.stage.ids() if self.stage.kind(i) in OPENED and "open" in self.stage.affords(i)]
        return [i for i in found if self.exactly(i) is not None and not self.stage.state(i, "on")]


def plural(noun: str) -> str:
    """More than one of a noun."""
    if noun in PLURAL:
        return noun
    if noun.endswith(("knife", "shelf")):
        return noun[: -2 if noun.endswith("fe") else -1] + "ves"
    if noun.endswith(("s", "x", "ch", "sh", "potato", "tomato")):
        return f"{noun}es"
    return f"{noun}s"


def articled(phrase: str) -> str:
    """``a apple`` → ``an apple``."""
    return f"an {phrase[2:]}" if phrase.startswith("a ") and phrase[2:3] in "aeiou" else phrase
