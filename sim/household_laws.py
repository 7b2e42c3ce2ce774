"""The laws of a house, checked on a log: what no life may break. A log that keeps them can be trusted as ground truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from ..geometry import F64
from .catalogue import FURNITURE, FurnitureClass
from .house import OUTSIDE, House, Item
from .household_state import GONE, VERBS, Deed, State

_LEAST_CLIMB = 5.0  # seconds on a flight of stairs, for the quickest


def breaches(house: House, items: Mapping[str, Item], start: State, log: Sequence[Deed]) -> Iterator[str]:
    """Every entry of ``log`` that cannot be, with the reason; nothing for a life that keeps the laws.

    Time never runs back. A thing is in exactly one place, and never in itself. People act only in the room where they
    are, walk through doors and take their time on stairs, take only what is not shut away, and put down only what they hold.
    Doors open when closed and close when open. Things that rest do not lie in each other.
    """
    laws = _Laws(house, items, start.copy())
    before = 0.0
    for number, deed in enumerate(log):
        if deed.time < before:
            yield f"deed {number}: time runs back from {before} to {deed.time}"
        before = deed.time
        for fault in laws.faults(deed):
            yield f"deed {number} ({deed.actor} {deed.verb} {deed.thing} {deed.place}, {deed.activity}): {fault}"
        laws.state.apply(deed)
        yield from (f"deed {number}: {fault}" for fault in laws.after(deed))


class _Laws:
    def __init__(self, house: House, items: Mapping[str, Item], state: State) -> None:
        self.house, self.items, self.state = house, items, state
        self.pieces = {f.id: f for f in house.furniture}
        self.before: dict[str, float] = {}  # actor → time of the last deed

    def faults(self, deed: Deed) -> Iterator[str]:
        """What forbids this deed in the state before it."""
        if deed.verb not in VERBS:
            yield f"there is no verb {deed.verb!r}"
            return
        check: Callable[[Deed], Iterator[str]] | None = getattr(self, f"_{deed.verb}", None)
        if check is not None:
            yield from check(deed)

    def after(self, deed: Deed) -> Iterator[str]:
        """What is wrong with the state that the deed led to."""
        thing = deed.thing
        self.before[deed.actor] = deed.time
        if thing in self.items:
            if thing in self.state.chain(thing):
                yield f"{thing} is in itself"
            place = self.state.parent.get(thing)
            known = (
                place in self.items or place in self.pieces or place in self.state.people or place in (OUTSIDE, GONE)
            )
            if not known:
                yield f"{thing} is in no place that there is: {place!r}"
        if deed.verb in ("put", "take"):
            host = deed.place if deed.verb == "put" else None
            if host is not None and self.state.settled(thing):
                yield from self._lies_well(thing, host)

    # --- single verbs ---------------------------------------------------------------------------------------------------
    def _take(self, deed: Deed) -> Iterator[str]:
        if deed.thing not in self.items:
            yield "nobody can take what is no thing"
        elif not self.state.settled(deed.thing) and self.state.holder(deed.thing) != deed.actor:
            yield f"it is at {self.state.chain(deed.thing)}"
        else:
            yield from self._at_hand(deed.actor, deed.thing)

    def _put(self, deed: Deed) -> Iterator[str]:
        if self.state.parent.get(deed.thing) != deed.actor:
            yield f"the actor does not hold it, it is at {self.state.chain(deed.thing)}"
        if deed.place in self.state.people or deed.place == deed.thing or deed.thing in self.state.chain(deed.place):
            yield "nothing can be put there"
        elif deed.relation not in ("on", "in") or deed.box_world is None:
            yield "a thing that is put down has a box and is on or in something"
        else:
            yield from self._at_hand(deed.actor, deed.place, into=deed.relation)

    def _take_out(self, deed: Deed) -> Iterator[str]:
        if self.state.parent.get(deed.thing) != deed.actor:
            yield "only what is in the hand is taken along"

    def _bring(self, deed: Deed) -> Iterator[str]:
        if self.state.parent.get(deed.thing) != OUTSIDE or self.state.out.get(deed.thing) != deed.actor:
            yield "only who took it out brings it back"
        if self.state.people.get(deed.actor) == OUTSIDE:
            yield "who brings something is at home"

    def _use_up(self, deed: Deed) -> Iterator[str]:
        if not self.state.present(deed.thing):
            yield "it is not there"

    def _open(self, deed: Deed) -> Iterator[str]:
        yield from self._switches(deed, deed.thing in self.state.open, "open", lambda c: c.opens)

    def _close(self, deed: Deed) -> Iterator[str]:
        yield from self._switches(deed, deed.thing not in self.state.open, "closed", lambda c: c.opens)

    def _switch_on(self, deed: Deed) -> Iterator[str]:
        yield from self._switches(deed, deed.thing in self.state.on, "on", lambda c: c.switch)

    def _switch_off(self, deed: Deed) -> Iterator[str]:
        yield from self._switches(deed, deed.thing not in self.state.on, "off", lambda c: c.switch)

    def _switches(self, deed: Deed, already: bool, word: str, can: Callable[[FurnitureClass], bool]) -> Iterator[str]:
        piece = self.pieces.get(deed.thing)
        if piece is None or not can(FURNITURE[piece.kind]):
            yield "it has no such thing"
            return
        if already:
            yield f"it is {word} already"
        if deed.actor != deed.thing and self.state.people.get(deed.actor) != piece.room:
            yield f"the actor is in {self.state.people.get(deed.actor)!r}, not in {piece.room!r}"

    def _enter(self, deed: Deed) -> Iterator[str]:
        here = self.state.people.get(deed.actor, OUTSIDE)
        if here == OUTSIDE:
            if deed.thing != self.house.entrance:
                yield f"people come in through {self.house.entrance!r}"
        elif deed.thing not in self.house.neighbours(here):
            yield f"no door leads there from {here!r}"
        elif self.house.flight(here, deed.thing) is not None:
            took = deed.time - self.before.get(deed.actor, -np.inf)
            if took < _LEAST_CLIMB:
                yield f"nobody is up or down the stairs from {here!r} in {took:.1f} s"

    def _leave(self, deed: Deed) -> Iterator[str]:
        if self.state.people.get(deed.actor) != self.house.entrance:
            yield f"people go out through {self.house.entrance!r}"
        held = self.state.inside(deed.actor)
        if held:
            yield f"who goes out holding {held} takes it along"

    # --- help -----------------------------------------------------------------------------------------------------------
    def _at_hand(self, actor: str, thing: str, into: str = "") -> Iterator[str]:
        """The actor is where the thing is, and nothing around it is shut."""
        here = self.state.people.get(actor, OUTSIDE)
        chain = self.state.chain(thing)
        around = [p for p in ([thing, *chain] if into else chain) if p in self.pieces]
        if here == OUTSIDE:
            yield "the actor is outside"
        elif around and self.pieces[around[-1]].room != here:
            yield f"the actor is in {here!r}, it is in {self.pieces[around[-1]].room!r}"
        elif not around and actor not in chain:
            yield f"it is at {chain}"
        for piece in around:
            shut = FURNITURE[self.pieces[piece].kind].opens and piece not in self.state.open
            if shut and not self._on_top(piece, thing, into):
                yield f"{piece} is shut"

    def _on_top(self, piece: str, thing: str, into: str) -> bool:
        """Is what is reached for on top of the piece, so that its door does not matter?"""
        if into and thing == piece:
            return into == "on"
        chain = [thing, *self.state.chain(thing)]
        below = chain[chain.index(piece) - 1]
        return self.state.relation.get(below) == "on"

    def _lies_well(self, thing: str, host: str) -> Iterator[str]:
        mine = self.state.boxes[thing]
        (low, high) = mine.bounds()
        for other in self.state.inside(host):
            if other == thing:
                continue
            (a, b) = self.state.boxes[other].bounds()
            if (np.minimum(high, b) - np.maximum(low, a) > 0.03).all() and _deep(
                mine.corners(), self.state.boxes[other].corners()
            ):
                yield f"{thing} lies in {other}"


def _deep(a: F64, b: F64) -> bool:
    """Do two upright boxes' corner sets overlap along all of their axes (separating axis test on the floor plan)?"""
    for box in (a, b):
        for axis in (box[1, :2] - box[0, :2], box[2, :2] - box[0, :2], box[4, :2] - box[0, :2]):
            n = float(np.linalg.norm(axis))
            if n < 1e-6:
                continue
            pa, pb = a[:, :2] @ axis / n, b[:, :2] @ axis / n
            if min(pa.max(), pb.max()) - max(pa.min(), pb.min()) < 0.02:
                return False
    return True
