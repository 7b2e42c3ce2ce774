"""Housework: dishes and laundry go round, food is bought, what lies about is tidied, doors are closed for the night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalogue import CLOTHES, DISHES
from .household_person import Person, Steps
from .household_state import GONE
from .routines import Habits

if TYPE_CHECKING:
    from .household import Household

_WASH = 5400.0  # seconds that a machine runs
_LOAD = 4  # things that make a load


class Chores(Person):
    """A person who does housework. ``keeps``: what one wears or has in one's pockets, and does not put down."""

    def __init__(self, life: Household, name: str, habits: Habits) -> None:
        super().__init__(life, name, habits)
        self.keeps: set[str] = set()

    def pieces_of(self, kind: str) -> list[str]:
        """Furniture of a class."""
        return [f.id for f in self.life.house.furniture if f.kind == kind]

    def running(self, kind: str) -> bool:
        """Is a machine of that class at work?"""
        return any(p in self.life.state.on for p in self.pieces_of(kind))

    def empty_hands(self) -> Steps[None]:
        """Whatever is still in the hand goes somewhere; clothes and pocket things stay."""
        life = self.life
        for thing in life.state.inside(self.name):
            if thing in self.keeps:
                continue
            for place in (life.items[thing].home, *life.surfaces(self.room), *life.surfaces()):
                if (yield from self.put(thing, place)):
                    break

    # --- dishes ---------------------------------------------------------------------------------------------------------
    def wash_up(self) -> Steps[None]:
        """Collect dirty dishes into the dishwasher and start it when it is full; by hand where there is none."""
        life = self.life
        dirty = [t for t in sorted(life.state.dirty) if self.items_kind(t) in DISHES and self._lies_about(t)]
        machines = self.pieces_of("dishwasher")
        if not machines:
            yield from self._by_hand(dirty)
            return
        machine = machines[0]
        if machine in life.state.on:
            return
        if any(t not in life.state.dirty for t in life.state.inside(machine)):
            yield from self.empty_dishwasher()
        dirty = [t for t in dirty if life.state.parent[t] != machine]
        yield from self.carry(dirty[:12], machine)
        if len(life.state.inside(machine)) >= _LOAD and machine not in life.state.on:
            yield from self.start(machine)

    def start(self, machine: str) -> Steps[None]:
        """Close a machine and let it run; it stops by itself, and what is in it is clean."""
        life = self.life
        yield from self.go(life.pieces[machine].room)
        if machine in life.state.open:
            self.act("close", machine)
        if machine not in life.state.on and (yield from self.switch(machine, True)):
            life.begin(self._cycle(machine), life.now + _WASH)

    def _cycle(self, machine: str) -> Steps[None]:
        life = self.life
        if machine in life.state.on:
            life.log_deed(machine, "switch_off", machine, machine, "washing")
            for thing in life.state.inside(machine):
                if thing in life.state.dirty:
                    life.log_deed(machine, "wash", thing, thing, "washing")
        return
        yield 0.0  # makes it a process

    def _by_hand(self, dirty: list[str]) -> Steps[None]:
        sinks = self.pieces_of("sink") or self.pieces_of("counter")
        for thing in dirty[:8]:
            if sinks and (yield from self.fetch(thing)):
                yield from self.go(self.life.pieces[sinks[0]].room)
                yield 40.0
                self.act("wash", thing)
                yield from self.put(thing, self.life.items[thing].home)

    def empty_dishwasher(self) -> Steps[None]:
        """Clean dishes go back to where they live; now and then to where others of their kind live."""
        life = self.life
        for machine in self.pieces_of("dishwasher"):
            if machine in life.state.on:
                continue
            for thing in [t for t in life.state.inside(machine) if t not in life.state.dirty]:
                yield from self._home(thing)

    def _home(self, thing: str) -> Steps[None]:
        life = self.life
        item = life.items[thing]
        others = [i.home for i in life.items.values() if i.kind == item.kind]
        target = item.home if life.rng.random() < 0.9 else str(life.rng.choice(others))
        if life.state.parent[thing] != target and (yield from self.fetch(thing)):
            yield from self.put(thing, target)

    # --- laundry --------------------------------------------------------------------------------------------------------
    def laundry(self) -> Steps[None]:
        """Dirty clothes from the basket, the bed and the floor into the machine."""
        life = self.life
        machines = self.pieces_of("washing machine")
        baskets = self.pieces_of("laundry basket")
        load = [t for t in sorted(life.items) if self.items_kind(t) in CLOTHES and self._lies_about(t)
                and (t in life.state.dirty or life.state.parent[t] in baskets)]  # fmt: skip
        if not machines:
            for thing in load:  # washed by hand
                if (yield from self.fetch(thing)):
                    self.act("wash", thing)
                    yield from self.put(thing, life.items[thing].home)
            return
        if machines[0] in life.state.on:
            return
        yield from self.carry(load[:10], machines[0])
        if life.state.inside(machines[0]):
            for thing in life.state.inside(machines[0]):
                if thing not in life.state.dirty and self.items_kind(thing) in CLOTHES:
                    self.act("use", thing)
            yield from self.start(machines[0])

    def fold(self) -> Steps[None]:
        """Clean clothes out of the machine and back where they live."""
        life = self.life
        for machine in self.pieces_of("washing machine"):
            if machine in life.state.on:
                continue
            for thing in life.state.inside(machine):
                if (
                    self.items_kind(thing) in CLOTHES
                    and life.state.relation[thing] == "in"
                    and thing not in life.state.dirty
                ):
                    yield from self._home(thing)

    # --- order ----------------------------------------------------------------------------------------------------------
    def tidy(self) -> Steps[None]:
        """What lies about goes home, more of it the tidier one is; boxes and trays are emptied now and then."""
        life = self.life
        for thing in sorted(life.items):
            item, parent = life.items[thing], life.state.parent.get(thing, GONE)
            if parent == item.home or not self._lies_about(thing) or thing in life.busy or thing in life.state.dirty:
                continue
            share = self.habits.tidy * (0.2 if parent in life.items else 0.6)
            if item.kind in CLOTHES and parent in self.pieces_of("laundry basket") + self.pieces_of("washing machine"):
                continue
            if life.rng.random() < share:
                yield from self._home(thing)
        yield from self.close_up(0.7)

    def close_up(self, share: float) -> Steps[None]:
        """Close what stands open, switch off what was left on."""
        life = self.life
        for piece in sorted(life.state.open):
            if life.rng.random() < share:
                yield from self.go(life.pieces[piece].room)
                if piece in life.state.open:
                    self.act("close", piece)
        for piece in sorted(life.state.on):
            if life.pieces[piece].kind in ("stove", "tv stand") and life.rng.random() < share and self._unused(piece):
                yield from self.switch(piece, False)

    def _unused(self, piece: str) -> bool:
        room = self.life.pieces[piece].room
        return not any(r == room and who != self.name for who, r in self.life.state.people.items())

    def night(self) -> Steps[None]:
        """Up to bed; on the way most of what is open is closed."""
        if not self.habits.child:
            yield from self.close_up(0.8)
        beds = [f for f in self.life.house.furniture if f.kind == "bed"]
        if beds:
            yield from self.go((beds[-1] if self.habits.child else beds[0]).room)

    def _lies_about(self, thing: str) -> bool:
        """In the house, in nobody's hand, in nobody's use."""
        return self.life.state.settled(thing) and thing not in self.life.busy

    # --- guests ---------------------------------------------------------------------------------------------------------
    def invite(self) -> Steps[None]:
        """Glasses and plates to a table, and guests come for some hours."""
        life = self.life
        tables = [f.id for k in ("dining table", "table", "coffee table") for f in life.house.furniture if f.kind == k]
        if not tables or any(not g.away for g in life.guests):
            return
        count = 1 + int(life.rng.integers(len(life.guests)))
        things = [t for kind in ("glass", "plate") for _ in range(count) if (t := self._another(kind)) is not None]
        candle = self.find("candle")
        yield from self.carry([*things, *([candle] if candle else [])], tables[0])
        for thing in things:
            life.busy.pop(thing, None)
        for guest in life.guests[:count]:
            life.begin(guest.visit(tables[0]), life.now + float(life.rng.uniform(0.0, 900.0)))

    def _another(self, kind: str) -> str | None:
        thing = self.find(kind)
        if thing is not None:
            self.life.busy[thing] = self.name
        return thing
