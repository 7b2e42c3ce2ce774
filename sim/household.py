"""People live in a house: they take, use, carry, leave, tidy, open, close and switch, and every bit of it is logged.

Symbolic and fast: days of house life in seconds. ``Household.run(days)`` plays the life of a seed; ``log`` is the complete ground
truth, ``State`` the house at any moment of it. Nothing here knows what a robot saw.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from ..errors import InputError
from ..geometry import F64, Box, rotation_z, transform
from .catalogue import FURNITURE, THINGS
from .house import House, Item
from .routines import ACTIVITIES, TAKEN_OUT, WEEKDAY, WEEKEND, Activity, Habits, draw_habits

DAY = 86400.0
HOUR = 3600.0
OUTSIDE = "outside"


@dataclass(frozen=True)
class Deed:
    """One entry of the ground-truth log. ``place`` is furniture, a thing that holds things, a person, or ``outside``."""

    time: float  # seconds since midnight of day 0, a Monday
    actor: str
    verb: str  # take, put, open, close, switch_on, switch_off, enter, leave
    thing: str  # what it is done to: a thing, furniture, or a room for enter
    place: str  # where it is afterwards (take: the person)
    activity: str
    box_world: Box | None = None  # of a thing that was put down


@dataclass
class State:
    """The house at one moment: where every thing is, its box, what is open and on, where the people are."""

    parent: dict[str, str]
    boxes: dict[str, Box]
    open: set[str]
    on: set[str]
    people: dict[str, str]  # person → room, or outside

    def apply(self, deed: Deed) -> None:
        """Carry out one entry of the log."""
        if deed.verb in ("take", "put"):
            self.parent[deed.thing] = deed.place
            if deed.box_world is not None:
                old = self.boxes[deed.thing]
                self.boxes[deed.thing] = deed.box_world
                by = deed.box_world.center - old.center
                for inner in self.contents(deed.thing):
                    box = self.boxes[inner]
                    self.boxes[inner] = Box(transform(box.T_ref_box[:3, :3], box.center + by), box.size)
        elif deed.verb in ("open", "close"):
            (self.open.add if deed.verb == "open" else self.open.discard)(deed.thing)
        elif deed.verb in ("switch_on", "switch_off"):
            (self.on.add if deed.verb == "switch_on" else self.on.discard)(deed.thing)
        elif deed.verb in ("enter", "leave"):
            self.people[deed.actor] = deed.thing if deed.verb == "enter" else OUTSIDE

    def contents(self, place: str) -> list[str]:
        """Things directly or indirectly in or on a place, in a fixed order."""
        return [t for t in sorted(self.parent) if place in self.chain(t)]

    def chain(self, thing: str) -> list[str]:
        """What the thing is in or on, nearest first."""
        found: list[str] = []
        while (up := self.parent.get(thing if not found else found[-1])) is not None:
            found.append(up)
        return found


class Household:
    """A house and its people. Everything is drawn from ``seed``; the same seed gives the same life."""

    def __init__(self, house: House, seed: int = 0) -> None:
        if not house.furniture:
            raise InputError("nobody can live in a house without furniture")
        self.house = house
        self.rng = np.random.default_rng([house.seed, seed, 77])
        self.items: Mapping[str, Item] = {t.id: t for t in house.things}
        self.pieces = {f.id: f for f in house.furniture}
        self.habits: dict[str, Habits] = {m: draw_habits(m, self.rng) for m in house.members}
        self.log: list[Deed] = []
        self.start = State({}, {}, set(), set(), dict.fromkeys(house.members, house.rooms[0].id))
        for item in house.things:
            self.start.parent[item.id] = item.home
            self.start.boxes[item.id] = self._spot(item, item.home, self.start)
        self.state = State(dict(self.start.parent), dict(self.start.boxes), set(), set(), dict(self.start.people))
        self._queue: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()

    # --- time -------------------------------------------------------------------------------------------------------
    def run(self, days: int) -> list[Deed]:
        """Live for ``days`` more days; returns the whole log."""
        first = int(self.log[-1].time // DAY) + 1 if self.log else 0
        for day in range(first, first + days):
            for name in self.house.members:
                self._plan(name, day)
        while self._queue:
            time, _, deed = heapq.heappop(self._queue)
            deed(time)
        self.log.sort(key=lambda d: d.time)
        return self.log

    def at(self, time: float) -> State:
        """Ground truth at a moment."""
        state = State(dict(self.start.parent), dict(self.start.boxes), set(), set(), dict(self.start.people))
        for deed in self.log:
            if deed.time > time:
                break
            state.apply(deed)
        return state

    def moments(self, times: list[float]) -> Iterator[tuple[float, State]]:
        """Ground truth at rising moments, in one pass; the state is shared, so copy what you keep."""
        state, deeds = self.at(-1.0), iter([*self.log, None])
        deed = next(deeds)
        for time in sorted(times):
            while deed is not None and deed.time <= time:
                state.apply(deed)
                deed = next(deeds)
            yield time, state

    # --- what people plan ---------------------------------------------------------------------------------------------
    def _plan(self, name: str, day: int) -> None:
        habits = self.habits[name]
        weekend = day % 7 >= 5
        for activity, hour, p in WEEKEND if weekend else WEEKDAY:
            if self.rng.random() > p * habits.likes.get(activity, 1.0) or self.rng.random() < habits.breaks:
                continue
            at = day * DAY + (hour + habits.shift + self.rng.normal(0.0, habits.jitter)) * HOUR
            self._schedule(at, lambda t, a=activity: self._do(name, a, t))  # type: ignore[misc]
        if self.rng.random() < habits.breaks * 2:  # something unplanned
            activity = str(self.rng.choice(list(ACTIVITIES)))
            self._schedule(day * DAY + self.rng.uniform(8, 22) * HOUR, lambda t: self._do(name, activity, t))
        self._schedule(day * DAY + 22.5 * HOUR, lambda t: self._come_home(name, t))

    def _schedule(self, at: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._queue, (at, next(self._order), what))

    def _do(self, name: str, activity: str, time: float) -> None:
        out = self.state.people[name] == OUTSIDE
        if activity == "leave" and not out:
            self._go_out(name, time)
        elif activity == "return" and out:
            self._come_home(name, time)
        elif out:
            return
        elif activity == "tidying":
            self._tidy(name, time)
        elif activity == "guests":
            self._guests(name, time)
        elif activity in ACTIVITIES:
            self._use(name, ACTIVITIES[activity], time)

    # --- activities -----------------------------------------------------------------------------------------------------
    def _use(self, name: str, activity: Activity, time: float) -> None:
        place = self._choose_place(activity, self.habits[name].seats.get(activity.name, 0))
        if place is None:
            return
        chosen = [i for kind in activity.needs if (i := self._find(kind, name)) is not None]
        tray = self._find("tray", name) if self.rng.random() < activity.on_tray else None
        t = time
        for item in chosen:
            t = self._fetch(name, item, t, activity.name)
            if tray is not None and self.state.parent[tray] != name and item != tray:
                t = self._put(name, item, tray, t, activity.name)
            else:
                t = self._put(name, item, place, t, activity.name)
        if tray is not None:
            t = self._fetch(name, tray, t, activity.name)
            t = self._put(name, tray, place, t, activity.name)
        switched = [f.id for f in self.house.furniture if f.kind in activity.switches][:1]
        for piece in switched:
            self._log(t, name, "switch_on", piece, piece, activity.name)
        end = t + self.rng.uniform(*activity.minutes) * 60.0
        for piece in switched:
            self._schedule(end, lambda u, p=piece: self._log(u, name, "switch_off", p, p, activity.name))  # type: ignore[misc]
        self._schedule(end, lambda u: self._clear(name, activity, chosen, u))

    def _clear(self, name: str, activity: Activity, chosen: list[str], time: float) -> None:
        """What becomes of the things: by the activity, by how tidy the person is, or forgotten."""
        t = time
        if self.state.people[name] == OUTSIDE:
            return
        for item in chosen:
            if self.state.parent[item] == OUTSIDE or self.state.parent[item] in self.habits:
                continue
            after = activity.needs[self.items[item].kind]
            words, weights = list(after), np.array(list(after.values()))
            word = str(self.rng.choice(words, p=weights / weights.sum()))
            if word == "leave" and self.rng.random() < self.habits[name].tidy * 0.3:
                word = "home"
            if word == "carry":
                self._fetch(name, item, t, activity.name)
                self._schedule(t + 12 * HOUR, lambda u, i=item: self._drop(name, i, u))  # type: ignore[misc]
                continue
            target = self._target(word, item)
            if target is not None and target != self.state.parent[item]:
                t = self._fetch(name, item, t, activity.name)
                t = self._put(name, item, target, t, activity.name)

    def _drop(self, name: str, item: str, time: float) -> None:
        if self.state.parent[item] == name:
            target = self._target("laundry basket", item) or self.items[item].home
            self._put(name, item, target, time, "undressing")

    def _tidy(self, name: str, time: float) -> None:
        t = time
        for item in sorted(self.items):
            where = self.state.parent[item]
            if where in self.habits or where in (OUTSIDE, self.items[item].home) or where in self.items:
                continue
            if self.rng.random() < self.habits[name].tidy * 0.6:
                t = self._fetch(name, item, t, "tidying")
                t = self._put(name, item, self.items[item].home, t, "tidying")

    def _guests(self, name: str, time: float) -> None:
        t = time
        place = self._choose_place(ACTIVITIES["dinner"], 0)
        for kind in ("glass", "glass", "plate", "plate", "candle"):
            item = self._find(kind, name)
            if item is not None and place is not None:
                t = self._fetch(name, item, t, "guests")
                t = self._put(name, item, place, t, "guests")

    def _go_out(self, name: str, time: float) -> None:
        t = time
        for kind in TAKEN_OUT:
            item = self._find(kind, name)
            if item is not None and self.rng.random() < 0.9:
                t = self._fetch(name, item, t, "leave")
        self._log(t, name, "leave", self.state.people[name], OUTSIDE, "leave")

    def _come_home(self, name: str, time: float) -> None:
        if self.state.people[name] != OUTSIDE:
            return
        entrance = self.house.rooms[-1].id
        self._log(time, name, "enter", entrance, entrance, "return")
        t = time
        for item in sorted(i for i, where in self.state.parent.items() if where == name):
            kind = self.items[item].kind
            usual = self._target(self.habits[name].drop.get(kind, "home"), item)
            target = usual if usual is not None and self.rng.random() < 0.75 else self._anywhere()
            t = self._put(name, item, target, t, "return")

    # --- single deeds -------------------------------------------------------------------------------------------------
    def _fetch(self, name: str, item: str, t: float, activity: str) -> float:
        where = self.state.parent[item]
        if where == name:
            return t
        opened = self._opened(name, item, t, activity)
        t = self._walk(name, item, t, activity)
        self._log(t, name, "take", item, name, activity)
        return self._shut(name, opened, t + 2.0, activity)

    def _put(self, name: str, item: str, place: str, t: float, activity: str) -> float:
        if place == item or item in self.state.chain(place):
            return t  # nothing goes into itself
        t = self._walk(name, place, t + self.rng.uniform(5, 20), activity)
        opened = self._opened(name, place, t, activity, into=True)
        self._log(t + 1.0, name, "put", item, place, activity, self._spot(self.items[item], place, self.state))
        return self._shut(name, opened, t + 2.0, activity)

    def _opened(self, name: str, target: str, t: float, activity: str, into: bool = False) -> list[str]:
        chain = ([target] if into else []) + self.state.chain(target)
        shut = [
            p for p in chain if p in self.pieces and FURNITURE[self.pieces[p].kind].opens and p not in self.state.open
        ]
        for piece in shut:
            self._log(t, name, "open", piece, piece, activity)
        return shut

    def _shut(self, name: str, opened: list[str], t: float, activity: str) -> float:
        for piece in opened:
            if self.rng.random() < 0.93:  # people forget
                self._log(t, name, "close", piece, piece, activity)
        return t + 1.0

    def _walk(self, name: str, target: str, t: float, activity: str) -> float:
        room = self.room_of(target)
        if room is not None and room != self.state.people[name]:
            t += self.rng.uniform(5.0, 12.0)
            self._log(t, name, "enter", room, room, activity)
        return t + 1.0

    def _log(
        self, t: float, actor: str, verb: str, thing: str, place: str, activity: str, box: Box | None = None
    ) -> None:
        deed = Deed(float(t), actor, verb, thing, place, activity, box)
        self.log.append(deed)
        self.state.apply(deed)

    # --- choices ------------------------------------------------------------------------------------------------------
    def room_of(self, target: str) -> str | None:
        """The room of a piece of furniture or of what a thing is in or on; None outside or in a hand."""
        for place in [target, *self.state.chain(target)]:
            if place in self.pieces:
                return self.pieces[place].room
        return None

    def _find(self, kind: str, name: str) -> str | None:
        """A thing of the class that nobody holds: one's own, else the one at home or nearest to hand."""
        free = [
            i.id
            for i in self.house.things
            if i.kind == kind and i.owner in ("", name) and not ({OUTSIDE, *self.habits} & set(self.state.chain(i.id)))
        ]
        if not free:
            return None
        at_home = [i for i in free if self.state.parent[i] == self.items[i].home]
        return str(self.rng.choice(at_home or free))

    def _choose_place(self, activity: Activity, seat: int) -> str | None:
        places = [f.id for kind in activity.places for f in self.house.furniture if f.kind == kind]
        if not places:
            return None
        return places[seat % len(places)] if self.rng.random() < 0.8 else str(self.rng.choice(places))

    def _target(self, word: str, item: str) -> str | None:
        if word == "leave":
            return None
        if word == "home":
            return self.items[item].home
        if word in THINGS:
            return next((i.id for i in self.house.things if i.kind == word and i.id != item), None)
        return next((f.id for f in self.house.furniture if f.kind == word), None)

    def _anywhere(self) -> str:
        tops = [f.id for f in self.house.furniture if FURNITURE[f.kind].on_top]
        return str(self.rng.choice(tops))

    def _spot(self, item: Item, place: str, state: State) -> Box:
        """A free spot on or in a place, as far as a few tries find one."""
        if place in self.pieces:
            piece = self.pieces[place]
            host, inside = piece.box_world, FURNITURE[piece.kind].inside and not FURNITURE[piece.kind].on_top
        else:
            host, inside = state.boxes[place], THINGS[self.items[place].kind].holds
        size = np.array(item.size)
        half: F64 = np.maximum(host.size[:2] / 2 - size[:2] / 2 - 0.02, 0.0)
        low = (
            -host.size[2] / 2
            + 0.02
            + (self.rng.integers(3) * 0.3 * host.size[2] if inside and host.size[2] > 1.0 else 0)
        )
        z = (low if inside else host.size[2] / 2) + size[2] / 2
        taken = [state.boxes[i] for i, p in state.parent.items() if p == place and i != item.id]
        box = None
        for _ in range(12):
            offset = np.array([*self.rng.uniform(-half, half), z])
            R = rotation_z(self.rng.uniform(-np.pi, np.pi))
            box = Box(transform(R, host.T_ref_box[:3, :3] @ offset + host.center), size)
            gaps = [
                np.linalg.norm(box.center[:2] - b.center[:2]) for b in taken if abs(b.center[2] - box.center[2]) < 0.2
            ]
            if all(g > 0.5 * (max(size[:2]) + 0.1) for g in gaps):
                break
        assert box is not None
        return box


def summary(household: Household) -> dict[str, int]:
    """Counts of the log by verb: how lively the house is."""
    verbs = sorted({d.verb for d in household.log})
    return {v: sum(d.verb == v for d in household.log) for v in verbs}


def renamed(deed: Deed, thing: str) -> Deed:
    """The same deed done to another thing (to build contradictory reports in tests)."""
    return replace(deed, thing=thing)
