"""The days of a member of the household: what is planned, what is done with things, and what becomes of them."""

from __future__ import annotations

import numpy as np

from ..geometry import Box
from .catalogue import USED_UP
from .household_chores import Chores
from .household_person import Steps
from .household_state import DAY, GONE, HOUR
from .routines import ACTIVITIES, TAKEN_OUT, Activity, plan_day

_LATE = 1.5 * HOUR  # a plan that much behind is given up
_NEVER_SKIPPED = ("undressing", "night")
_WORN = ("shirt", "trousers")
_BASKET = 10  # things bought at most at a time


class Member(Chores):
    """Someone who lives here. One thing at a time: an activity ends before the next begins."""

    def live(self) -> Steps[None]:
        """All days, one after another."""
        day = 0
        while True:
            for hour, activity in plan_day(self.habits, day, self.life.rng):
                at = day * DAY + hour * HOUR
                if at > self.life.now:
                    yield at - self.life.now
                elif self.life.now - at > _LATE and activity not in _NEVER_SKIPPED:
                    continue
                self.doing = activity
                yield from self.do(activity)
                yield from self.empty_hands()
            day += 1
            yield max(0.0, day * DAY - self.life.now)

    def do(self, activity: str) -> Steps[None]:
        """One activity, with its rules."""
        if activity == "leave":
            hours = 6.5 if self.habits.child else 8.5
            yield from self.out(hours * HOUR + float(self.life.rng.normal(0.0, 1800.0)))
        elif activity == "shopping":
            yield from self.shop()
        elif activity == "tidying":
            yield from self.tidy()
        elif activity == "guests":
            yield from self.invite()
        elif activity == "washing up":
            yield from self.wash_up()
        elif activity == "emptying the dishwasher":
            yield from self.empty_dishwasher()
        elif activity == "laundry":
            yield from self.laundry()
        elif activity == "folding":
            yield from self.fold()
        elif activity == "night":
            yield from self.night()
        elif activity == "undressing":
            yield from self.undress()
        else:
            yield from self.spend_time(ACTIVITIES[activity])

    # --- ordinary activities ----------------------------------------------------------------------------------------------
    def spend_time(self, activity: Activity) -> Steps[None]:
        """Get what it needs, do it, and deal with the things afterwards."""
        life, rng = self.life, self.life.rng
        place = self._seat(activity)
        if place is None:
            return
        tray = self.find("tray") if rng.random() < activity.on_tray else None
        chosen: list[str] = []
        for kind in activity.needs:
            thing = self.find(kind)
            if thing is not None and thing != tray and thing not in life.state.chain(place):
                chosen.append(thing)
                life.busy[thing] = self.name
        if any("carry" in activity.needs[life.items[t].kind] for t in chosen):
            yield from self._dress(chosen)
            return
        there = yield from self._bring(chosen, place, tray)
        yield from self.go(life.pieces[place].room)
        switched = [f.id for f in life.house.furniture if f.kind in activity.switches and f.room == self.room][:1]
        on = []
        for piece in switched:
            if (yield from self.switch(piece, True)):
                on.append(piece)
        yield float(rng.uniform(*activity.minutes)) * 60.0
        for thing in there:
            self.use(thing)
        for piece in on:
            if piece in life.state.on and rng.random() > 0.08:
                yield from self.switch(piece, False)
        self._eat(there)
        for thing in chosen:
            life.busy.pop(thing, None)
        yield from self._clear(activity, there, tray)

    def _seat(self, activity: Activity) -> str | None:
        life = self.life
        places = [f.id for kind in activity.places for f in life.house.furniture if f.kind == kind]
        if not places:
            return None
        seat = self.habits.seats.get(activity.name, 0)
        return places[seat % len(places)] if life.rng.random() < 0.8 else str(life.rng.choice(places))

    def _bring(self, chosen: list[str], place: str, tray: str | None) -> Steps[list[str]]:
        """Everything to the place where it is used; on a tray if there is one."""
        life = self.life
        if tray is None:
            return (yield from self.carry(chosen, place))
        life.busy[tray] = self.name
        there: list[str] = []
        for thing in chosen:  # load it where it stands
            if (yield from self.fetch(thing)) and (yield from self.put(thing, tray)):
                there.append(thing)
        if (yield from self.fetch(tray)):
            yield from self.put(tray, place)
        life.busy.pop(tray, None)
        return there

    def _eat(self, there: list[str]) -> None:
        for thing in there:
            kind = self.items_kind(thing)
            if self.life.rng.random() < USED_UP.get(kind, 0.0) and self.can_have(thing):
                self.act("use_up", thing)

    def _clear(self, activity: Activity, there: list[str], tray: str | None) -> Steps[None]:
        """What becomes of the things: by the activity, by how tidy one is, or they are left. A tray takes all away at once."""
        life, rng = self.life, self.life.rng
        if tray is not None and life.state.inside(tray) and rng.random() < 0.6 and (yield from self.fetch(tray)):
            counters = life.surfaces(where=lambda f: f.kind == "counter") or [life.items[tray].home]
            yield from self.put(tray, counters[0])
        for thing in there:
            if not self.can_have(thing) or life.state.parent[thing] == self.name:
                continue
            after = activity.needs[self.items_kind(thing)]
            words, weights = list(after), np.array(list(after.values()))
            word = str(rng.choice(words, p=weights / weights.sum()))
            if word == "leave" and rng.random() < self.habits.tidy * 0.3:
                word = "home"
            if word == "dishwasher" and self.running("dishwasher"):
                word = "sink"
            if word == "home" and thing in life.state.dirty:
                word = "sink"
            target = self.spot_for(word, thing)
            if target is not None and target != life.state.parent[thing] and (yield from self.fetch(thing)):
                yield from self.put(thing, target)

    # --- clothes ----------------------------------------------------------------------------------------------------------
    def _dress(self, clothes: list[str]) -> Steps[None]:
        for thing in clothes:
            if self.items_kind(thing) not in {self.items_kind(t) for t in self.keeps} and (
                yield from self.fetch(thing)
            ):
                self.keeps.add(thing)
            self.life.busy.pop(thing, None)

    def undress(self) -> Steps[None]:
        """Clothes into the basket, over a chair or back where they live; then they are no longer worn."""
        life = self.life
        beds = [f.id for f in life.house.furniture if f.kind == "bed" and f.room == self._bedroom()]
        for thing in sorted(t for t in self.keeps if self.items_kind(t) in _WORN):
            self.keeps.discard(thing)
            if life.state.parent[thing] != self.name:
                continue
            self.act("use", thing)
            baskets = [f.id for f in life.house.furniture if f.kind == "laundry basket"]
            to_basket = bool(baskets) and life.rng.random() < 0.35 + 0.5 * self.habits.tidy
            target = baskets[0] if to_basket else (beds or [life.items[thing].home])[0]
            yield from self.put(thing, target)

    def _bedroom(self) -> str:
        rooms = [f.room for f in self.life.house.furniture if f.kind == "bed"] or [self.life.house.rooms[0].id]
        return rooms[-1] if self.habits.child else rooms[0]

    # --- out and back -----------------------------------------------------------------------------------------------------
    def out(self, seconds: float) -> Steps[None]:
        """Leave the house with one's things, and come back."""
        yield from self.leave()
        yield max(600.0, seconds)
        yield from self.come_home()

    def leave(self) -> Steps[None]:
        """Gather what one takes along, and go."""
        life = self.life
        for kind in TAKEN_OUT:
            thing = self.find(kind)
            mine = thing is not None and life.items[thing].owner == self.name and life.rng.random() < 0.92
            if thing is not None and mine and (yield from self.fetch(thing)):
                self.keeps.add(thing)
        yield from self.empty_hands()
        yield from self.go_out()

    def come_home(self, wanted: int = 3) -> Steps[None]:
        """Come in with all that one took along, and with food if at least ``wanted`` packs were lacking; put it all down where
        one usually does, or just anywhere."""
        life = self.life
        self.act("enter", life.house.entrance)
        for thing in sorted(t for t, who in life.state.out.items() if who == self.name):
            self.act("bring", thing, self.name)
        if not self.habits.child:
            yield from self._stock_up(wanted)
        for thing in sorted(t for t in self.keeps if self.items_kind(t) in TAKEN_OUT):
            self.keeps.discard(thing)
            if life.state.parent[thing] != self.name:
                continue
            word = self.habits.drop.get(self.items_kind(thing), "home")
            usual = self.spot_for(word, thing) or life.items[thing].home
            yield from self.put(thing, usual if life.rng.random() < 0.75 else str(life.rng.choice(life.surfaces())))

    # --- food -----------------------------------------------------------------------------------------------------------
    def shop(self) -> Steps[None]:
        """Go out, come back with new ones of what was used up, and put them where they live."""
        yield from self.leave()
        yield float(self.life.rng.uniform(1800.0, 5400.0))
        yield from self.come_home(wanted=1)

    def _lacking(self) -> list[str]:
        """Classes of which there are fewer than at the start, as often as one is missing."""
        life = self.life
        found: list[str] = []
        for kind in sorted(USED_UP):
            there = sum(i.kind == kind and life.state.parent.get(i.id, GONE) != GONE for i in life.items.values())
            found += [kind] * (sum(i.kind == kind for i in life.house.things) - there)
        return found

    def _stock_up(self, wanted: int) -> Steps[None]:
        life = self.life
        lacking = self._lacking()
        if len(lacking) < wanted:
            return
        bought: list[str] = []
        for kind in lacking[:_BASKET]:
            models = [i for i in life.items.values() if i.kind == kind]
            item = life.new_item(kind, models[int(life.rng.integers(len(models)))])
            self.act("buy", item.id, self.name, box_world=Box(life.box(item.home).T_ref_box, np.array(item.size)))
            bought.append(item.id)
        for thing in bought:
            yield from self.put(thing, life.items[thing].home)
