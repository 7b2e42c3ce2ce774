"""People live in a house: they take, use, carry, leave, tidy, open, close and switch, and every bit of it is logged.

Symbolic and fast: a day of house life in a fraction of a second. ``Household.run(days)`` plays the life of a seed, one
event after the other in time (a queue of processes); ``log`` is the complete ground truth, ``State`` the house at any
moment of it. Nothing here knows what a robot saw.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count

import numpy as np

from ..errors import InputError
from ..geometry import Box
from .catalogue import FURNITURE, THINGS
from .house import OUTSIDE, Furniture, House, Item
from .house_slots import find_spot, lying, slots
from .household_days import Member
from .household_guests import Guest
from .household_person import Steps
from .household_state import DAY, GONE, HOUR, Deed, State
from .routines import Habits, draw_habits

__all__ = ["DAY", "GONE", "HOUR", "OUTSIDE", "Deed", "Household", "State", "summary"]

GUESTS = ("guest-1", "guest-2", "guest-3")
_LAYOUTS = 20  # tries at laying everything out; about one in 150 leaves something without room


class Household:
    """A house and its people. The same ``seed`` gives the same life, however it is cut into runs.

    ``items`` holds every thing that there ever was, those bought later included; ``habits`` are for reading only.
    """

    def __init__(self, house: House, seed: int = 0) -> None:
        if not house.furniture:
            raise InputError("nobody can live in a house without furniture")
        self.house = house
        self.rng = np.random.default_rng([house.seed, seed, 77])
        self.items: dict[str, Item] = {t.id: t for t in house.things}
        self.pieces: dict[str, Furniture] = {f.id: f for f in house.furniture}
        self.habits: dict[str, Habits] = {
            m: draw_habits(m, self.rng, child=i >= 2) for i, m in enumerate(house.members)
        }
        self.now = 0.0
        self.log: list[Deed] = []
        self.busy: dict[str, str] = {}  # thing in use → who uses it
        self.borrowed: dict[str, str] = {}  # thing a guest has at home → the guest
        self.start = self._morning()
        self.state = self.start.copy()
        self.members = [Member(self, name, self.habits[name]) for name in house.members]
        self.guests = [Guest(self, name, draw_habits(name, self.rng)) for name in GUESTS]
        self._days: list[tuple[float, int, State]] = [(0.0, 0, self.start.copy())]
        self._queue: list[tuple[float, int, Steps[None]]] = []
        self._order = count()
        for member in self.members:
            self.begin(member.live(), 0.0)

    def _morning(self) -> State:
        """Everything at home, everybody in bed. Where things lie so that one has no room left, all are laid out anew."""
        for _ in range(_LAYOUTS - 1):
            with suppress(InputError):
                return self._laid_out()
        return self._laid_out()

    def _laid_out(self) -> State:
        """One try at a first morning; ``InputError`` names a thing that had no room."""
        state = State()
        beds = [f.room for f in self.house.furniture if f.kind == "bed"] or [self.house.rooms[0].id]
        state.people = {m: beds[max(0, i - 1) % len(beds)] for i, m in enumerate(self.house.members)}
        state.people |= dict.fromkeys(GUESTS, OUTSIDE)
        for item in self.house.things:
            host = self.pieces[item.home]
            there = [lying(host.box_world, state.boxes[t]) for t in state.inside(item.home)]
            levels = slots(host.kind, host.box_world.size.tolist(), item.kind)
            found = find_spot(host.box_world, levels, item.size, there, self.rng)
            if found is None:  # a full shelf: another place of the same room will do
                found, host = self._elsewhere(item, host, state)
            state.parent[item.id], state.relation[item.id] = host.id, found[0]
            state.boxes[item.id] = found[1]
        return state

    def _elsewhere(self, item: Item, home: Furniture, state: State) -> tuple[tuple[str, Box], Furniture]:
        near = sorted(self.house.furniture, key=lambda f: f.room != home.room)
        for host in near:
            there = [lying(host.box_world, state.boxes[t]) for t in state.inside(host.id)]
            levels = slots(host.kind, host.box_world.size.tolist(), item.kind)
            found = find_spot(host.box_world, levels, item.size, there, self.rng)
            if found is not None:
                return found, host
        raise InputError(f"there is no room for {item.id!r} anywhere in the house")

    # --- time -----------------------------------------------------------------------------------------------------------
    def run(self, days: int) -> list[Deed]:
        """Live for ``days`` more days; returns the whole log, in order of time."""
        if days < 1:
            raise InputError(f"{days} days cannot be lived: at least 1")
        for _ in range(days):
            end = (round(self._days[-1][0] / DAY) + 1) * DAY
            self._until(end)
            self._days.append((end, len(self.log), self.state.copy()))
        return self.log

    def begin(self, process: Steps[None], at: float) -> None:
        """Let a process run from time ``at`` on; it yields the seconds that it waits."""
        heapq.heappush(self._queue, (max(at, self.now), next(self._order), process))

    def _until(self, end: float) -> None:
        while self._queue and self._queue[0][0] < end:
            self.now, _, process = heapq.heappop(self._queue)
            try:
                wait = next(process)
            except StopIteration:
                continue
            self.begin(process, self.now + max(0.0, wait))
        self.now = end

    def log_deed(
        self,
        actor: str,
        verb: str,
        thing: str,
        place: str,
        activity: str,
        box_world: Box | None = None,
        relation: str = "",
    ) -> None:
        """Enter a deed that happens now, and carry it out."""
        deed = Deed(self.now, actor, verb, thing, place, activity, box_world, relation)
        self.log.append(deed)
        self.state.apply(deed)

    def at(self, time: float) -> State:
        """Ground truth at a moment (what happened at ``time`` itself is included)."""
        i = bisect_right([t for t, _, _ in self._days], time) - 1
        _, first, day = self._days[max(i, 0)]
        state = day.copy()
        for deed in self.log[first:]:
            if deed.time > time:
                break
            state.apply(deed)
        return state

    def moments(self, times: Iterable[float]) -> Iterator[tuple[float, State]]:
        """Ground truth at rising moments, in one pass; the state is shared, so copy what you keep."""
        state, deeds = self.start.copy(), iter([*self.log, None])
        deed = next(deeds)
        for time in sorted(times):
            while deed is not None and deed.time <= time:
                state.apply(deed)
                deed = next(deeds)
            yield time, state

    # --- the house ------------------------------------------------------------------------------------------------------
    def kind(self, place: str) -> str:
        """Class of a piece of furniture or of a thing."""
        return self.pieces[place].kind if place in self.pieces else self.items[place].kind

    def size(self, place: str) -> Sequence[float]:
        """Outer size of a piece of furniture or of a thing."""
        return tuple(self.pieces[place].box_world.size.tolist()) if place in self.pieces else self.items[place].size

    def box(self, place: str) -> Box:
        """Box of a piece of furniture, or of a thing as it lies or last lay."""
        return self.pieces[place].box_world if place in self.pieces else self.state.boxes[place]

    def room_of(self, target: str) -> str | None:
        """The room of a piece of furniture or of what a thing is in or on; None outside or in a hand."""
        for place in [target, *self.state.chain(target)]:
            if place in self.pieces:
                return self.pieces[place].room
        return None

    def spot(self, thing: str, place: str) -> tuple[str, Box] | None:
        """A free spot for a thing on or in a place: (relation, box); None where it is full or nothing like it goes there."""
        if place in self.items and not THINGS[self.items[place].kind].holds:
            return None
        levels = slots(self.kind(place), self.size(place), self.items[thing].kind)
        host = self.box(place)
        there = [lying(host, self.state.boxes[t]) for t in self.state.inside(place) if t != thing]
        return find_spot(host, levels, self.items[thing].size, there, self.rng)

    def beside(self, place: str, kind: str) -> list[str]:
        """Other places near a full one: the same class in its room first, then tops in the room, then tops anywhere, those
        of the other floor last."""
        room = self.room_of(place)
        own = self.kind(place)
        others = [f for f in self.house.furniture if f.id != place and slots(f.kind, f.box_world.size.tolist(), kind)]
        tops = [f for f in others if FURNITURE[f.kind].on_top]
        same = [f for f in others if f.kind == own and f.room == room]
        here = [f for f in tops if f.room == room and f not in same]
        away = [f for f in tops if f.room != room]
        if room is not None:
            away.sort(key=lambda f: self.house.level(f.room) != self.house.level(room))
        return [f.id for f in (*same, *here, *away)][:8]

    def surfaces(self, room: str | None = None, where: Callable[[Furniture], bool] = lambda f: True) -> list[str]:
        """Pieces whose top things are set down on."""
        tops = [f for f in self.house.furniture if FURNITURE[f.kind].on_top and f.kind != "stove"]
        return [f.id for f in tops if room in (None, f.room) and where(f)]

    def new_item(self, kind: str, like: Item) -> Item:
        """One more thing of a class, as ``like`` was."""
        number = 1 + max((int(t.rsplit("-", 1)[1]) for t, i in self.items.items() if i.kind == kind), default=0)
        item = replace(like, id=f"{kind.replace(' ', '-')}-{number}")
        self.items[item.id] = item
        return item


def summary(household: Household) -> dict[str, int]:
    """Counts of the log by verb: how lively the house is."""
    verbs = sorted({d.verb for d in household.log})
    return {v: sum(d.verb == v for d in household.log) for v in verbs}
