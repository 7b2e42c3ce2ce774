"""The house at one moment, and the entries of the log that change it. Applying the log to the start gives any later moment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..geometry import Box, inverse, transform
from .house import OUTSIDE
from .house_slots import Lying, lying

DAY = 86400.0
HOUR = 3600.0
GONE = "used up"
"""Where food is once it was eaten up, and soap once it was used up."""

VERBS = (
    "take", "put", "open", "close", "switch_on", "switch_off", "enter", "leave", "take_out", "bring", "use", "wash", "use_up",
    "buy",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Deed:
    """One entry of the ground-truth log: ``actor`` (a person, a guest, a machine) does ``verb`` to ``thing``.

    take: into the actor's hand. put: from the hand onto or into ``place`` (``relation`` says which), with its new box.
    take_out: along, out of the house; bring: back into the hand at the door. use: makes a dish or a piece of clothing dirty;
    wash: clean. use_up: it is no more. buy: a new thing in the hand (or in the bag ``place``). enter: the actor walks into the
    room ``thing``; leave: out of the house. ``place`` of the others is the thing itself.
    """

    time: float  # seconds since midnight of day 0, a Monday
    actor: str
    verb: str  # one of VERBS
    thing: str
    place: str
    activity: str
    box_world: Box | None = None
    relation: str = ""


@dataclass
class State:
    """Where every thing is, its box, what is open, on and dirty, and where the people are.

    ``parent``: thing → furniture, a thing that holds it, a person, ``outside`` or ``used up``; ``relation``: "on", "in" or
    "" . A box holds only where ``settled`` says so: what is carried, and what is in it, has no fixed place.
    """

    parent: dict[str, str] = field(default_factory=dict)
    relation: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    on: set[str] = field(default_factory=set)
    dirty: set[str] = field(default_factory=set)
    people: dict[str, str] = field(default_factory=dict)  # person → room, or outside
    out: dict[str, str] = field(default_factory=dict)  # thing that is outside → who took it

    def copy(self) -> State:
        """An independent copy; boxes are shared, they never change."""
        return State(
            dict(self.parent), dict(self.relation), dict(self.boxes), set(self.open), set(self.on), set(self.dirty),
            dict(self.people), dict(self.out),
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        same = (self.parent, self.relation, self.open, self.on, self.dirty, self.people, self.out) == (
            other.parent, other.relation, other.open, other.on, other.dirty, other.people, other.out
        )  # fmt: skip
        return (
            same
            and self.boxes.keys() == other.boxes.keys()
            and all(np.array_equal(b.T_ref_box, other.boxes[t].T_ref_box) for t, b in self.boxes.items())
        )

    # --- questions ----------------------------------------------------------------------------------------------------
    def chain(self, thing: str) -> list[str]:
        """What a thing is in or on, and what that is in or on, and so on outwards."""
        found: list[str] = []
        place = self.parent.get(thing)
        while place is not None and place not in found:
            found.append(place)
            place = self.parent.get(place)
        return found

    def inside(self, place: str) -> list[str]:
        """Things directly in or on a place, in a fixed order."""
        return sorted(t for t, p in self.parent.items() if p == place)

    def contents(self, place: str) -> list[str]:
        """Things directly or indirectly in or on a place, in a fixed order."""
        return sorted(self._under(place))

    def holder(self, thing: str) -> str | None:
        """The person who carries a thing, directly or in something."""
        return next((p for p in self.chain(thing) if p in self.people), None)

    def settled(self, thing: str) -> bool:
        """True while the thing rests in the house, so that its box holds."""
        return not any(p in self.people or p in (OUTSIDE, GONE) for p in self.chain(thing))

    def present(self, thing: str) -> bool:
        """True unless it is outside or no more."""
        return not any(p in (OUTSIDE, GONE) for p in self.chain(thing))

    def _under(self, place: str) -> list[str]:
        found = [place]
        for outer in found:
            found += [t for t, p in self.parent.items() if p == outer and t not in found]
        return found[1:]

    # --- changes ------------------------------------------------------------------------------------------------------
    def apply(self, deed: Deed) -> None:
        """Carry out one entry of the log."""
        thing, verb = deed.thing, deed.verb
        if verb == "take":
            self._let_fall(thing)
            self.parent[thing], self.relation[thing] = deed.actor, ""
        elif verb in ("put", "buy"):
            self.parent[thing], self.relation[thing] = deed.place, deed.relation
            if deed.box_world is not None:
                self._move(thing, deed.box_world)
        elif verb == "take_out":
            self.parent[thing], self.out[thing] = OUTSIDE, deed.actor
        elif verb == "bring":
            self.parent[thing] = deed.actor
            self.out.pop(thing, None)
        elif verb == "use_up":
            self.parent[thing], self.relation[thing] = GONE, ""
            self.dirty.discard(thing)
        elif verb in ("open", "close"):
            (self.open.add if verb == "open" else self.open.discard)(thing)
        elif verb in ("switch_on", "switch_off"):
            (self.on.add if verb == "switch_on" else self.on.discard)(thing)
        elif verb in ("use", "wash"):
            (self.dirty.add if verb == "use" else self.dirty.discard)(thing)
        elif verb in ("enter", "leave"):
            self.people[deed.actor] = thing if verb == "enter" else OUTSIDE

    def _move(self, thing: str, box: Box) -> None:
        """Give it a new box; what is in or on it keeps its place there."""
        old = self.boxes.get(thing)
        self.boxes[thing] = box
        if old is not None:
            motion = box.T_ref_box @ inverse(old.T_ref_box)
            for inner in self._under(thing):
                if inner in self.boxes:
                    self.boxes[inner] = self.boxes[inner].moved(motion)

    def _let_fall(self, taken: str) -> None:
        """What lay on a thing that is taken from a pile comes down; things on a tray are no pile."""
        place, below = self.parent[taken], self.boxes[taken]
        mates = [t for t in self.inside(place) if t != taken]
        bounds = {t: lying(below, self.boxes[t]) for t in mates}
        base = -float(below.size[2]) / 2 + 0.001
        freed = [lying(below, below)]
        for thing in sorted(mates, key=lambda t: (bounds[t].lower[2], t)):
            mine = bounds[thing]
            if not any(abs(mine.lower[2] - f.upper[2]) < 0.006 and _above(mine, f) for f in freed):
                continue
            under = [
                o for t, o in bounds.items() if t != thing and o.upper[2] <= mine.lower[2] + 0.006 and _above(mine, o)
            ]
            drop = mine.lower[2] - max([base, *(o.upper[2] + 0.001 for o in under)])
            if drop > 0.002:
                freed.append(mine)
                self._move(thing, self.boxes[thing].moved(transform(t=(0.0, 0.0, -drop))))
                bounds[thing] = lying(below, self.boxes[thing])


def _above(a: Lying, b: Lying) -> bool:
    """Do two footprints overlap?"""
    return all(a.lower[i] < b.upper[i] and b.lower[i] < a.upper[i] for i in (0, 1))
