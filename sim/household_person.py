"""A person's single deeds: walk, open, take, put, switch. All of it takes time, and the world may change meanwhile.

Deeds are written as generators that yield seconds to wait (the way of SimPy's processes): between two of them other people
act, so each looks at the house as it is at that moment, never as it was when the plan was made.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from .catalogue import DISHES, FURNITURE, THINGS
from .house import OUTSIDE
from .house_slots import slots
from .routines import Habits

if TYPE_CHECKING:
    from .household import Household

T = TypeVar("T")
Steps = Generator[float, None, T]

HANDS = 3  # things that are carried at a time
_FORGETS = 0.06  # share of doors that people leave open
CLIMB = (7.0, 12.0)
"""Seconds that a flight of stairs takes, least and most."""


class Person:
    """Someone in the house: a member, or a guest. ``doing`` is what the log says that a deed belongs to."""

    def __init__(self, life: Household, name: str, habits: Habits) -> None:
        self.life, self.name, self.habits = life, name, habits
        self.doing = ""

    # --- where ----------------------------------------------------------------------------------------------------------
    @property
    def room(self) -> str:
        """The room the person is in, or ``outside``."""
        return self.life.state.people[self.name]

    @property
    def away(self) -> bool:
        """True while out of the house."""
        return self.room == OUTSIDE

    def act(self, verb: str, thing: str, place: str = "", **more: object) -> None:
        """Do one deed now."""
        self.life.log_deed(self.name, verb, thing, place or thing, self.doing, **more)  # type: ignore[arg-type]

    def go(self, room: str) -> Steps[None]:
        """Walk there, door by door, and up and down the stairs."""
        for step in self.life.house.route(self.room, room):
            climbs = self.life.house.flight(self.room, step) is not None
            yield float(self.life.rng.uniform(*(CLIMB if climbs else (2.0, 5.0))))
            self.act("enter", step)

    def go_out(self) -> Steps[None]:
        """Leave the house, with all that one carries."""
        life = self.life
        yield from self.go(life.house.entrance)
        for thing in life.state.inside(self.name):
            self.act("take_out", thing, OUTSIDE)
        self.act("leave", life.house.entrance, OUTSIDE)

    def reach(self, target: str) -> Steps[bool]:
        """Go to where a thing or a piece of furniture is; False if it is in somebody else's hands or out of the house."""
        for _ in range(3):  # it may be carried off while one walks
            if not self.can_have(target):
                return False
            room = self.life.room_of(target)
            if room is None or room == self.room:
                return True
            yield from self.go(room)
        return False

    def can_have(self, target: str) -> bool:
        """Nobody else holds it, and it is in the house."""
        if target in self.life.pieces:
            return True
        state = self.life.state
        return state.present(target) and state.holder(target) in (None, self.name)

    # --- doors and switches -----------------------------------------------------------------------------------------------
    def open(self, target: str, relation: str = "") -> list[str]:
        """Open at once all that shuts a thing away (or, with ``relation`` "in", the piece itself); returns what was opened."""
        opened = []
        for piece in self._shutting(target, relation):
            if piece not in self.life.state.open:
                self.act("open", piece)
                opened.append(piece)
        return opened

    def _shutting(self, target: str, relation: str) -> Iterable[str]:
        """Pieces with doors around a thing, outermost first; what is on top of a piece is not behind its door."""
        state = self.life.state
        chain = [target, *state.chain(target)]
        for i in range(len(chain) - 1, -1, -1):
            piece = self.life.pieces.get(chain[i])
            if piece is None or not FURNITURE[piece.kind].opens:
                continue
            how = relation if i == 0 else state.relation.get(chain[i - 1], "in")
            if how == "in":
                yield chain[i]

    def shut(self, opened: Sequence[str]) -> Steps[None]:
        """Close what one opened, unless one forgets."""
        for piece in opened:
            if self.life.rng.random() < _FORGETS:
                continue
            yield float(self.life.rng.uniform(1.0, 2.0))
            if piece in self.life.state.open and self.life.pieces[piece].room == self.room:
                self.act("close", piece)

    def switch(self, piece: str, on: bool) -> Steps[bool]:
        """Go there and switch it; False if it is so already."""
        yield from self.go(self.life.pieces[piece].room)
        if (piece in self.life.state.on) == on:
            return False
        self.act("switch_on" if on else "switch_off", piece)
        return True

    # --- things -----------------------------------------------------------------------------------------------------------
    def fetch(self, thing: str) -> Steps[bool]:
        """Get a thing into one's hand; False if it cannot be had any more."""
        state = self.life.state
        if state.parent[thing] == self.name:
            return True
        if not (yield from self.reach(thing)):
            return False
        yield float(self.life.rng.uniform(1.0, 3.0))
        if not self.can_have(thing) or self.life.room_of(thing) not in (None, self.room):
            return False
        opened = self.open(thing)
        yield 1.0
        if not self.can_have(thing) or self.life.room_of(thing) not in (None, self.room):
            yield from self.shut(opened)
            return False
        opened += self.open(thing)
        self.act("take", thing, self.name)
        yield from self.shut(opened)
        return True

    def put(self, thing: str, place: str) -> Steps[bool]:
        """Put what one holds there, or beside it in the same room where there is no space; False if that failed too."""
        for target in (place, *self.life.beside(place, self.items_kind(thing))):
            if (yield from self._put(thing, target)):
                return True
        return False

    def _put(self, thing: str, place: str) -> Steps[bool]:
        state = self.life.state
        if not self._may_go(thing, place) or not (yield from self.reach(place)):
            return False
        yield float(self.life.rng.uniform(1.0, 3.0))
        if not self._may_go(thing, place) or self.life.room_of(place) not in (None, self.room):
            return False
        spot = self._spot(thing, place)
        if spot is None:
            return False
        opened = self.open(place, spot)
        if opened:
            yield 1.0
            opened += self.open(place, spot)  # somebody may have closed it
        found = self.life.spot(thing, place)
        if not self._may_go(thing, place) or found is None or self.life.room_of(place) not in (None, self.room):
            yield from self.shut(opened)
            return False
        assert state.parent[thing] == self.name
        self.act("put", thing, place, box_world=found[1], relation=found[0])
        yield from self.shut(opened)
        return True

    def _may_go(self, thing: str, place: str) -> bool:
        state = self.life.state
        return (
            place != thing
            and thing not in state.chain(place)
            and self.can_have(place)
            and state.parent[thing] == self.name
        )

    def _spot(self, thing: str, place: str) -> str | None:
        """Whether it would go "on" or "in" there; None if that place holds nothing like it."""
        kind, size = self.life.kind(place), self.life.size(place)
        found = slots(kind, size, self.items_kind(thing))
        return found[0].relation if found else None

    def items_kind(self, thing: str) -> str:
        """Class of a thing."""
        return self.life.items[thing].kind

    def carry(self, things: Sequence[str], place: str) -> Steps[list[str]]:
        """Bring things to a place, a handful at a time; returns those that got there."""
        arrived: list[str] = []
        for start in range(0, len(things), HANDS):
            held = []
            for thing in things[start : start + HANDS]:
                if (yield from self.fetch(thing)):
                    held.append(thing)
            for thing in held:
                if self.life.state.parent[thing] == self.name and (yield from self.put(thing, place)):
                    arrived.append(thing)
        return arrived

    def use(self, thing: str) -> None:
        """A dish that was used is dirty; food may come to an end."""
        state = self.life.state
        if not state.present(thing) or state.holder(thing) not in (None, self.name):
            return
        kind = self.items_kind(thing)
        if kind in DISHES and thing not in state.dirty and self.life.room_of(thing) in (None, self.room):
            self.act("use", thing)

    # --- choices ------------------------------------------------------------------------------------------------------------
    def find(self, kind: str) -> str | None:
        """A thing of the class to use: one's own or favourite, clean, if possible nearby; None if there is none."""
        life = self.life
        free = [
            t for t, item in life.items.items()
            if item.kind == kind and item.owner in ("", self.name) and t not in life.busy and self.can_have(t)
            and t not in life.state.dirty
        ]  # fmt: skip
        if not free:
            return None
        favourite = self.habits.favourites.get(kind)
        if favourite is not None and life.rng.random() < 0.7:
            return free[favourite % len(free)]
        near = [t for t in free if life.room_of(t) == self.room]
        return str(life.rng.choice(near or free))

    def spot_for(self, word: str, thing: str) -> str | None:
        """Where a word of ``routines.After`` sends a thing; None to leave it."""
        life = self.life
        if word == "leave":
            return None
        if word == "home":
            return life.items[thing].home
        if word in THINGS:
            found = [t for t, i in life.items.items() if i.kind == word and t != thing and self.can_have(t)]
            return found[0] if found else None
        places = [f.id for f in life.house.furniture if f.kind == word]
        near = [p for p in places if life.pieces[p].room == self.room]
        return next(iter(near or places), None)
