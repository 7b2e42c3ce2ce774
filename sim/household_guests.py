"""Guests: they come in, drink, look at books, set things down where they do not belong, and may borrow something."""

from __future__ import annotations

from .household_chores import Chores
from .household_person import Steps

_BORROWS = 0.25


class Guest(Chores):
    """Someone from outside. What a guest borrows comes back with the next visit."""

    def visit(self, table: str) -> Steps[None]:
        """One visit: a few hours around ``table`` and the sofa."""
        life, rng = self.life, self.life.rng
        self.doing = "visit"
        if not self.away:
            return
        self.act("enter", life.house.entrance)
        for thing in sorted(t for t, who in life.state.out.items() if who == self.name):
            self.act("bring", thing, self.name)
            yield from self.put(thing, str(rng.choice(life.surfaces(self.room) or life.surfaces())))
        yield from self.go(life.pieces[table].room)
        for _ in range(2 + int(rng.integers(4))):
            yield float(rng.uniform(600.0, 2400.0))
            yield from self._handle(table)
        yield from self.empty_hands()
        books = [t for t, i in life.items.items() if i.kind in ("book", "magazine", "umbrella") and self._lies_about(t)]
        if books and rng.random() < _BORROWS:
            yield from self.fetch(str(rng.choice(books)))
        yield from self.go_out()

    def _handle(self, table: str) -> Steps[None]:
        """Take something that is at hand and set it down somewhere else in the room."""
        life, rng = self.life, self.life.rng
        kinds = ("glass", "plate", "book", "magazine", "cushion", "candle", "vase", "toy car", "remote")
        near = [
            t for t, i in life.items.items() if i.kind in kinds and life.room_of(t) == self.room and self._lies_about(t)
        ]
        if not near:
            return
        thing = str(rng.choice(near))
        if (yield from self.fetch(thing)):
            yield float(rng.uniform(30.0, 600.0))
            self.use(thing)
            places = life.surfaces(self.room) or [table]
            yield from self.put(thing, str(rng.choice(places)))
