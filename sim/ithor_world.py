"""An iTHOR scene that can be acted in without Unity: states, receptacles and contextual effects as AI2-THOR has them.

One object in hand; what is in a closed receptacle can be neither seen nor taken; a knife in the hand slices; running water
in a basin cleans, a running closed microwave or a burner heats, a closed fridge cools. What is seen: ``ithor_sight``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..contracts import Outcome, Status, Verb
from ..geometry import F64, Box, transform
from . import ithor_rules as rules
from .ithor_effects import begin, cut_up, follow, slide
from .ithor_places import free_floor, free_spot, let_go, settle, standing, standing_point
from .ithor_scene import Scene, SceneObject
from .ithor_shapes import front_of

EYE = 1.576
"""Camera height above the floor, metres (AI2-THOR's standing agent)."""
REACH = 1.5
"""AI2-THOR's visibility distance, metres on the floor plan from the agent to the nearest point of a thing."""
HORIZON = (-np.pi / 6, np.pi / 3)
"""How far up and down the agent can look, radians, downwards positive."""
CROUCH = 0.675
"""How much lower the camera of the crouching agent is, metres."""
ACTION_SECONDS = 1.0
"""Simulated duration of an action."""


@dataclass
class Thing:
    """The changing side of a scene object."""

    base: SceneObject
    box_world: Box
    parent: str | None
    states: set[str] = field(default_factory=set)
    temperature: str = "room"
    described: tuple[Box, Any, dict[str, Any]] | None = None
    """How ``thor_metadata`` described it last."""

    @property
    def type(self) -> str:
        """AI2-THOR's object type."""
        return self.base.type


class IthorWorld:
    """The scene and its agent. Actions return an ``Outcome``; nothing raises because an action failed."""

    def __init__(self, scene: Scene, dirty_and_empty: bool = False, toggles: Sequence[tuple[str, bool]] = ()) -> None:
        self.scene = scene
        self.time = 0.0
        self.agent = np.array(scene.agent)
        self.horizon = 0.0
        """How far down the agent looks, radians."""
        self.crouched = False
        self.hand: str | None = None
        self.reach = REACH
        self._forced = False
        self._fronts: dict[str, F64] = {}
        self.broken_out: set[str] = set()  # wholes that were sliced: their pieces took their place
        self.things = {k: Thing(o, o.box_world, None, set(o.states), o.temperature) for k, o in scene.objects.items()}
        settle(self)
        begin(self, dirty_and_empty, toggles)

    # --- ground truth (sim.goals.GroundTruth) --------------------------------------------------------------------------
    def ids(self) -> list[str]:
        """Every thing there is."""
        return [i for i in self.things if i not in self.broken_out]

    def kind(self, id: str) -> str:
        """AI2-THOR's object type."""
        return self.things[id].type

    def holder(self, id: str) -> tuple[str, ...]:
        """The receptacles that it is in or on, nearest first."""
        chain: list[str] = []
        parent = self.things[id].parent
        while parent is not None and parent not in chain:
            chain.append(parent)
            parent = self.things[parent].parent
        return tuple(chain)

    def state(self, id: str, name: str) -> bool:
        """A state: open, on, dirty, clean, sliced, cooked, filled, broken, hot, cold."""
        thing = self.things[id]
        if name in ("hot", "cold"):
            return thing.temperature == name
        return name in thing.states

    def held(self) -> str | None:
        """What the hand holds."""
        return self.hand

    @property
    def eye(self) -> float:
        """Height of the camera, metres."""
        return self.scene.eye - (CROUCH if self.crouched else 0.0)

    def carried(self) -> list[str]:
        """What is in the hand, and everything in or on that."""
        if self.hand is None or "receptacle" not in self.things[self.hand].base.affords:
            return [] if self.hand is None else [self.hand]
        return [i for i in self.ids() if i == self.hand or self.hand in self.holder(i)]

    def shut_in(self, id: str) -> str | None:
        """The closed container that hides it, if one does."""
        parent = self.things[id].parent
        while parent is not None:
            place = self.things[parent]
            if "open" in place.base.affords and "open" not in place.states and place.type != "Book":
                return parent
            parent = place.parent
        return None

    def look_at(self, point: Sequence[float] | F64) -> None:
        """Turn towards a point (3,) and look up or down at it, as far as the neck goes."""
        gap = np.asarray(point) - (*self.agent[:2], self.eye)
        if float(np.hypot(gap[0], gap[1])) > 1e-6:
            self.agent[2] = np.arctan2(gap[1], gap[0])
        self.horizon = float(np.clip(np.arctan2(-gap[2], np.hypot(gap[0], gap[1])), *HORIZON))
        self.carry()

    def front(self, id: str) -> F64:
        """Outward direction (3,) of the side on which it opens."""
        if id not in self._fronts:
            grid = self.scene.standing if len(self.scene.standing) else self.free_floor
            self._fronts[id] = front_of(self.things[id].base.box_world, grid)
        return self._fronts[id]

    # --- actions ---------------------------------------------------------------------------------------------------------
    def act(self, verb: Verb, target: str | None = None, *, value: bool | None = None, force: bool = False) -> Outcome:
        """Do one thing. ``value`` is the wanted state of a toggle (None: the other one); ``force`` lifts the limit of reach."""
        started = self.time
        self._forced = force
        self.time += ACTION_SECONDS
        table: dict[Verb, Callable[[str, bool | None], tuple[Status, str]]] = {
            Verb.NAVIGATE: self._go,
            Verb.PICK: self._pick,
            Verb.PLACE: self._place,
            Verb.OPEN: lambda i, _: self._swing(i, True),
            Verb.CLOSE: lambda i, _: self._swing(i, False),
            Verb.TOGGLE: self._toggle,
            Verb.SLICE: self._slice,
        }
        if verb not in table:
            status, why = Status.UNSUPPORTED, f"this body cannot {verb}"
        elif target is None or target not in self.things or target in self.broken_out:
            status, why = Status.NOT_THERE, f"there is no {target}"
        else:
            status, why = table[verb](target, value)
            follow(self)
        return Outcome(status, why, started, self.time)

    def _go(self, id: str, _: bool | None) -> tuple[Status, str]:
        spot = standing_point(self, id)
        if spot is None:
            return Status.BLOCKED, f"no standing point within {REACH} m of {id}"
        self.agent = spot
        self.look_at(self.things[id].box_world.center)
        return Status.SUCCEEDED, ""

    def _pick(self, id: str, _: bool | None) -> tuple[Status, str]:
        thing = self.things[id]
        if "pick" not in thing.base.affords:
            return Status.UNSUPPORTED, f"a {thing.type} cannot be picked up"
        if self.hand is not None:
            return Status.HANDS_FULL, f"the hand holds {self.hand}"
        barred = self._barred(id)
        if barred:
            return barred
        thing.parent = None
        self.hand = id
        self.carry()
        return Status.SUCCEEDED, ""

    def _place(self, id: str, _: bool | None) -> tuple[Status, str]:
        place = self.things[id]
        if self.hand is None:
            return Status.HANDS_EMPTY, "nothing is held"
        thing = self.things[self.hand]
        holds = "receptacle" in place.base.affords or place.type in rules.CLEANS_IN
        if not holds or id == self.hand or id in self.carried():
            return Status.UNSUPPORTED, f"nothing can be put on or in {id}"
        if not rules.accepts(place.type, thing.type):
            return Status.UNSUPPORTED, f"a {thing.type} does not belong in a {place.type}"
        barred = self._barred(id)
        if barred:
            return barred
        if "open" in place.base.affords and "open" not in place.states:
            return Status.STUCK, f"{id} is closed"
        spot = free_spot(self, place, thing)
        if spot is None:
            return Status.OCCUPIED, f"no room for a {thing.type} on {id}"
        moved = spot - thing.box_world.center
        for member in self.carried():
            self.shift(member, moved)
        thing.parent = id
        self.hand = None
        return Status.SUCCEEDED, ""

    def drop(self) -> Outcome:
        """Let go of what is in the hand: it comes to lie on what is below, else on the floor."""
        started = self.time
        self.time += ACTION_SECONDS
        if self.hand is None:
            return Outcome(Status.HANDS_EMPTY, "nothing is held", started, self.time)
        let_go(self, self.things[self.hand])
        follow(self)
        return Outcome(Status.SUCCEEDED, "", started, self.time)

    def _swing(self, id: str, wanted: bool) -> tuple[Status, str]:
        thing = self.things[id]
        if "open" not in thing.base.affords:
            return Status.UNSUPPORTED, f"a {thing.type} cannot be opened or closed"
        barred = self._barred(id)
        if barred:
            return barred
        if ("open" in thing.states) is wanted:
            return Status.STUCK, f"{id} is already {'open' if wanted else 'closed'}"
        if wanted and "on" in thing.states:
            return Status.STUCK, f"{id} is running: switch it off first"
        (thing.states.add if wanted else thing.states.discard)("open")
        if thing.type == "Drawer":
            slide(self, id, 1.0 if wanted else -1.0)
        return Status.SUCCEEDED, ""

    def _toggle(self, id: str, value: bool | None) -> tuple[Status, str]:
        thing = self.things[id]
        if "toggle" not in thing.base.affords:
            return Status.UNSUPPORTED, f"a {thing.type} cannot be switched"
        barred = self._barred(id)
        if barred:
            return barred
        wanted = "on" not in thing.states if value is None else value
        if ("on" in thing.states) is wanted:
            return Status.STUCK, f"{id} is already {'on' if wanted else 'off'}"
        if wanted and thing.type in rules.HEATS and "open" in thing.states:
            return Status.STUCK, f"{id} does not run while it is open"
        (thing.states.add if wanted else thing.states.discard)("on")
        return Status.SUCCEEDED, ""

    def _slice(self, id: str, _: bool | None) -> tuple[Status, str]:
        thing = self.things[id]
        if "slice" not in thing.base.affords:
            return Status.UNSUPPORTED, f"a {thing.type} cannot be sliced"
        if self.hand is None or self.things[self.hand].type not in rules.KNIVES:
            return Status.HANDS_EMPTY, "slicing needs a knife in the hand"
        barred = self._barred(id)
        if barred:
            return barred
        cut_up(self, id)
        return Status.SUCCEEDED, ""

    # --- where things are -----------------------------------------------------------------------------------------------
    def _barred(self, id: str) -> tuple[Status, str] | None:
        """Why the agent cannot touch it from where it stands, if it cannot."""
        shut = self.shut_in(id)
        if shut is not None:
            return Status.BLOCKED, f"it is inside the closed {shut}"
        if not self._forced and self.floor_distance(id, self.agent[:2]) > self.reach:
            return Status.OUT_OF_REACH, f"{id} is more than {self.reach} m away"
        return None

    def floor_distance(self, id: str, spot: F64) -> float:
        """Metres on the floor plan from a spot (2,) to the nearest point of a thing."""
        box = self.things[id].box_world
        return float(box.distance([spot[0], spot[1], box.center[2]]))

    @cached_property
    def free_floor(self) -> F64:
        """Standing points (N, 2) by the boxes alone: for scenes whose known grid belongs to another arrangement."""
        return free_floor(self)

    @cached_property
    def standing(self) -> F64:
        """Standing points (N, 2): those of the scene, and free floor before furniture that none of them reaches."""
        return standing(self)

    def carry(self) -> None:
        """Bring what is in the hand to where the hand is."""
        if self.hand is None:
            return
        forward = np.array([np.cos(self.agent[2]), np.sin(self.agent[2])])
        goal = np.array([*(self.agent[:2] + 0.4 * forward), EYE - 0.3])
        moved = goal - self.things[self.hand].box_world.center
        for id in self.carried():
            self.shift(id, moved)

    def shift(self, id: str, by: F64) -> None:
        """Carry one thing along by (3,) metres."""
        box = self.things[id].box_world
        self.things[id].box_world = Box(transform(box.T_ref_box[:3, :3], box.center + by), box.size)
