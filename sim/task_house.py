"""Tasks in a house: a robot with one hand acts in the household's own state, by the household's own deeds.

A robot does single actions in no time of their own; machines wash, heat and cool what is in them as soon as they run closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np

from ..contracts import Outcome, Status, Verb
from ..geometry import Box
from .catalogue import CLOTHES, DISHES, FURNITURE, THINGS
from .goal_lint import Facts
from .house import House, Item
from .house_slots import Slot, find_spot, lying, slots
from .household_state import Deed, State
from .task import PersonDeed
from .task_house_facts import facts_of
from .task_house_people import ROBOT, does
from .task_sense import changes_for

ACTION_SECONDS = 1.0
WASHES = {"dishwasher": DISHES, "washing machine": CLOTHES}
_DONE = {"cleaned", "heated", "cooled", "hot", "cold"}

Result = tuple[Status, str]


class HouseStage:
    """A ``Stage`` over a house and the household's ``state``, which it changes. ``items``: every thing there is."""

    def __init__(self, house: House, items: Mapping[str, Item], state: State, time: float) -> None:
        self.house, self.items, self.state_now, self.time = house, dict(items), state, time
        self.pieces = {f.id: f for f in house.furniture}
        self._names = sorted(self.items)
        self.at: str | None = None  # the piece of furniture that the robot stands at
        self._done: dict[str, set[str]] = {i: set() for i in items}
        self.state_now.people[ROBOT] = house.entrance
        self._follow()

    # --- ground truth ---------------------------------------------------------------------------------------------------
    def ids(self) -> Sequence[str]:
        """Furniture, and the things that are in the house."""
        parent, here = self.state_now.parent, self.pieces
        if len(self._names) != len(self.items):  # something was bought
            self._names = sorted(self.items)
        return [*here, *(i for i in self._names if parent[i] in here or self.state_now.present(i))]

    def kind(self, id: str) -> str:
        """Class of a piece of furniture or of a thing."""
        return self.pieces[id].kind if id in self.pieces else self.items[id].kind

    def holder(self, id: str) -> tuple[str, ...]:
        """What it is in or on, nearest first."""
        return tuple(p for p in self.state_now.chain(id) if p in self.pieces or p in self.items)

    def state(self, id: str, name: str) -> bool:
        """open, on, dirty, clean; hot, cold; what was done to it since it was last used: cleaned, heated, cooled."""
        if name in ("open", "on", "dirty"):
            return id in {"open": self.state_now.open, "on": self.state_now.on, "dirty": self.state_now.dirty}[name]
        if name == "clean":
            return id in self.items and id not in self.state_now.dirty
        return name in self._done.get(id, ())

    def held(self) -> str | None:
        """What the robot holds."""
        return next(iter(self.state_now.inside(ROBOT)), None)

    def room(self, id: str) -> str:
        """The room of a piece of furniture or of what a thing is in or on; empty in a hand or outside."""
        return next((self.pieces[p].room for p in (id, *self.holder(id)) if p in self.pieces), "")

    # --- the robot ------------------------------------------------------------------------------------------------------
    def act(self, verb: Verb, target: str, *, value: bool | None = None) -> Outcome:
        """The robot does one thing."""
        started = self.time
        self.time += ACTION_SECONDS
        table: dict[Verb, Callable[[str], Result]] = {
            Verb.NAVIGATE: self._go,
            Verb.PICK: self._pick,
            Verb.PLACE: self._place,
            Verb.OPEN: lambda i: self._swing(i, True),
            Verb.CLOSE: lambda i: self._swing(i, False),
            Verb.TOGGLE: lambda i: self._toggle(i, value),
        }
        if verb not in table:
            result = (Status.UNSUPPORTED, f"this body cannot {verb}")
        elif target not in self.pieces and (target not in self.items or not self.state_now.present(target)):
            result = (Status.NOT_THERE, f"there is no {target}")
        else:
            result = table[verb](target)
            self._follow()
        return Outcome(*result, started, self.time)

    def _deed(self, verb: str, thing: str, place: str = "", box: Box | None = None, relation: str = "") -> None:
        self.state_now.apply(Deed(self.time, ROBOT, verb, thing, place or thing, "task", box, relation))

    def _go(self, id: str) -> Result:
        piece = self._piece(id)
        if piece is None:
            return Status.BLOCKED, f"{id} is in somebody's hand"
        for room in self.house.route(self.state_now.people[ROBOT], self.pieces[piece].room):
            self._deed("enter", room)
        self.at = piece
        return Status.SUCCEEDED, ""

    def _pick(self, id: str) -> Result:
        if id not in self.items:
            return Status.UNSUPPORTED, f"a {self.kind(id)} cannot be picked up"
        if self.held() is not None:
            return Status.HANDS_FULL, f"the hand holds {self.held()}"
        barred = self._barred(id)
        if barred:
            return barred
        self._deed("take", id, ROBOT)
        return Status.SUCCEEDED, ""

    def _place(self, id: str) -> Result:
        thing = self.held()
        if thing is None:
            return Status.HANDS_EMPTY, "nothing is held"
        if id == thing or thing in self.state_now.chain(id) or not self.levels(thing, id):
            return Status.UNSUPPORTED, f"a {self.kind(thing)} cannot be put on or in {id}"
        barred = self._barred(id)
        if barred:
            return barred
        if self.behind_door(thing, id) and id not in self.state_now.open:
            return Status.STUCK, f"{id} is closed"
        spot = self.spot(thing, id)
        if spot is None:
            return Status.OCCUPIED, f"no room for a {self.kind(thing)} at {id}"
        self._deed("put", thing, id, spot[1], spot[0])
        return Status.SUCCEEDED, ""

    def _swing(self, id: str, wanted: bool) -> Result:
        if "open" not in self.affords(id):
            return Status.UNSUPPORTED, f"a {self.kind(id)} cannot be opened or closed"
        barred = self._barred(id)
        if barred:
            return barred
        if (id in self.state_now.open) is wanted:
            return Status.STUCK, f"{id} is already {'open' if wanted else 'closed'}"
        if wanted and id in self.state_now.on:
            return Status.STUCK, f"{id} is running: switch it off first"
        self._deed("open" if wanted else "close", id)
        return Status.SUCCEEDED, ""

    def _toggle(self, id: str, value: bool | None) -> Result:
        if "toggle" not in self.affords(id):
            return Status.UNSUPPORTED, f"a {self.kind(id)} cannot be switched"
        barred = self._barred(id)
        if barred:
            return barred
        wanted = id not in self.state_now.on if value is None else value
        if (id in self.state_now.on) is wanted:
            return Status.STUCK, f"{id} is already {'on' if wanted else 'off'}"
        if wanted and id in self.state_now.open:
            return Status.STUCK, f"{id} does not run while it is open"
        self._deed("switch_on" if wanted else "switch_off", id)
        return Status.SUCCEEDED, ""

    # --- what is where ----------------------------------------------------------------------------------------------------
    def _piece(self, id: str) -> str | None:
        return next((p for p in (id, *self.state_now.chain(id)) if p in self.pieces), None)

    def _barred(self, id: str) -> Result | None:
        """Why the robot cannot touch it from where it stands, if it cannot."""
        if not self.available(id):
            return Status.BLOCKED, f"{id} is in somebody's hand"
        shut = self.shut_in(id)
        if shut is not None:
            return Status.BLOCKED, f"it is inside the closed {shut}"
        if self._piece(id) not in (self.at, None):
            return Status.OUT_OF_REACH, f"{id} is out of reach: navigate to it first"
        return None

    def levels(self, thing: str, place: str) -> Sequence[Slot]:
        """Where in or on a place such a thing would go; empty where it does not."""
        if place in self.items and not THINGS[self.items[place].kind].holds:
            return ()
        return slots(self.kind(place), self.size(place), self.kind(thing))

    def size(self, place: str) -> Sequence[float]:
        """Outer size of a piece of furniture or of a thing."""
        return tuple(self.pieces[place].box_world.size.tolist()) if place in self.pieces else self.items[place].size

    def spot(self, thing: str, place: str) -> tuple[str, Box] | None:
        """A free spot; the same for the same arrangement, whoever asks and how often."""
        state = self.state_now
        host = self.pieces[place].box_world if place in self.pieces else state.boxes[place]
        inside = [t for t in state.inside(place) if t != thing]
        there = [lying(host, state.boxes[t]) for t in inside]
        rng = np.random.default_rng([self.house.seed, crc32(f"{thing} {place} {inside}".encode())])
        return find_spot(
            host, slots(self.kind(place), self.size(place), self.kind(thing)), self.items[thing].size, there, rng
        )

    def _follow(self) -> None:
        """A running machine washes or heats what is in it, a closed fridge cools."""
        state = self.state_now
        for id, piece in self.pieces.items():
            shut = id not in state.open
            runs = shut and id in state.on
            if (
                not (piece.kind in WASHES and runs)
                and not (piece.kind == "microwave" and runs)
                and not (piece.kind == "fridge" and shut)
            ):
                continue
            for thing in state.contents(id):
                if state.relation.get(thing) == "on" and state.parent[thing] == id:
                    continue  # on its top
                done = self._done.setdefault(thing, set())
                if piece.kind == "fridge":
                    done |= {"cooled", "cold"}
                    done.discard("hot")
                elif piece.kind == "microwave":
                    done |= {"heated", "hot"}
                    done.discard("cold")
                elif self.items[thing].kind in WASHES[piece.kind]:
                    done.add("cleaned")
                    state.dirty.discard(thing)

    # --- what can be done -------------------------------------------------------------------------------------------------
    def affords(self, id: str) -> frozenset[str]:
        """What can be done with it in this house."""
        if id in self.pieces:
            cls = FURNITURE[self.pieces[id].kind]
            holds = {"receptacle"} if slots(self.pieces[id].kind, self.size(id)) else set()
            return frozenset(holds | ({"open"} if cls.opens else set()) | ({"toggle"} if cls.switch else set()))
        kind = self.items[id].kind
        more = {change for change in ("wash", "heat", "cool") if self.tools(change, id)}
        return frozenset(
            {"pick", *more, *(["receptacle"] if THINGS[kind].holds else []), *(["dirty"] if "wash" in more else [])}
        )

    def tools(self, change: str, thing: str) -> Sequence[str]:
        """The machine that washes such things, the microwave, the fridge; empty where the house has none."""
        kind = self.kind(thing)
        if change == "wash":
            wanted = [m for m, kinds in WASHES.items() if kind in kinds]
        else:
            wanted = {"heat": ["microwave"], "cool": ["fridge"]}.get(change, []) if change in changes_for(kind) else []
        return [i for i, f in self.pieces.items() if f.kind in wanted and self.levels(thing, i)][:1]

    def shut_in(self, id: str) -> str | None:
        """The closed piece of furniture that hides it, if one does."""
        chain = [id, *self.state_now.chain(id)]
        for inner, place in pairwise(chain):
            shut = (
                place in self.pieces and FURNITURE[self.pieces[place].kind].opens and place not in self.state_now.open
            )
            if shut and self.state_now.relation.get(inner) == "in":
                return place
        return None

    def behind_door(self, thing: str, place: str) -> bool:
        """Is it a piece that opens, and does a thing like that go inside it?"""
        if place not in self.pieces or not FURNITURE[self.pieces[place].kind].opens:
            return False
        return any(level.relation == "in" for level in slots(self.kind(place), self.size(place), self.kind(thing)))

    def available(self, id: str) -> bool:
        """In the house, and in nobody's hand but the robot's."""
        if id in self.pieces:
            return True
        return id in self.items and self.state_now.present(id) and self.state_now.holder(id) in (None, ROBOT)

    def within_reach(self, thing: str, place: str) -> bool:
        """Is it at the same piece of furniture?"""
        return self._piece(thing) in (self._piece(place), None)

    def room_for(self, thing: str, place: str) -> bool:
        """Does the thing go there, and is there a free spot?"""
        if place == thing or thing in self.state_now.chain(place) or not self.levels(thing, place):
            return False
        return self.spot(thing, place) is not None

    # --- people -----------------------------------------------------------------------------------------------------------
    def person(self, deed: PersonDeed) -> None:
        """Somebody does something."""
        self.time = max(self.time, deed.time)
        known = {*self.items, *self.pieces}
        if deed.thing in known and (not deed.place or deed.place in known):
            does(self, deed)
            self._follow()

    def forget(self, thing: str) -> None:
        """It was used: what was done to it counts no more."""
        self._done[thing] = set()

    def facts(self) -> Facts:
        """What the house has."""
        return facts_of(self)
