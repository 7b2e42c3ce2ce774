"""An iTHOR scene that can be acted in without Unity: states, receptacles and contextual effects as AI2-THOR has them.

One object in hand; what is in a closed receptacle can be neither seen nor taken; a knife in the hand slices; running water
in a basin cleans, a running closed microwave or a burner heats, a closed fridge cools. Nothing is rendered here: who wants
to see, asks ``visible`` (field of view, distance, occlusion by the boxes between).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..contracts import Outcome, Status, Verb
from ..geometry import F64, Box, transform
from . import ithor_rules as rules
from .ithor_scene import Scene, SceneObject, object_id
from .ithor_shapes import SLIDE, front_of

EYE = 1.576
"""Camera height above the floor, metres (AI2-THOR's standing agent)."""
REACH = 1.5
"""AI2-THOR's visibility distance, metres on the floor plan from the agent to the nearest point of a thing."""
FULL = 1.5
"""A place takes no more when the footprints on it add up to that share of its own."""
HORIZON = (-np.pi / 6, np.pi / 3)
"""How far up and down the agent can look, radians, downwards positive."""
CROUCH = 0.675
"""How much lower the camera of the crouching agent is, metres."""
FLOATING = 0.08
"""A spoon that high above the bottom of a sink, metres, is held by something that it leans in, as near."""
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
        for id, thing in self.things.items():
            if "pick" in thing.base.affords:
                thing.parent = self._find_parent(id)
        for kind, on in toggles:
            for thing in self.things.values():
                if thing.type == kind:
                    (thing.states.add if on else thing.states.discard)("on")
        if dirty_and_empty:
            for thing in self.things.values():
                if "dirty" in thing.base.affords:
                    thing.states.add("dirty")
                thing.states.discard("filled")

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
        return [] if self.hand is None else [i for i in self.ids() if i == self.hand or self.hand in self.holder(i)]

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
            Verb.OPEN: self._open,
            Verb.CLOSE: self._close,
            Verb.TOGGLE: self._toggle,
            Verb.SLICE: self._slice,
        }
        if verb not in table:
            status, why = Status.UNSUPPORTED, f"this body cannot {verb}"
        elif target is None or target not in self.things or target in self.broken_out:
            status, why = Status.NOT_THERE, f"there is no {target}"
        else:
            status, why = table[verb](target, value)
            self._context()
        return Outcome(status, why, started, self.time)

    def _go(self, id: str, _: bool | None) -> tuple[Status, str]:
        spot = self._standing_point(id)
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
        spot = self._free_spot(place, thing)
        if spot is None:
            return Status.OCCUPIED, f"no room for a {thing.type} on {id}"
        moved = spot - thing.box_world.center
        for member in self.carried():
            self._shift(member, moved)
        thing.parent = id
        self.hand = None
        return Status.SUCCEEDED, ""

    def drop(self) -> Outcome:
        """Let go of what is in the hand: it comes to lie on what is below, else on the floor."""
        started = self.time
        self.time += ACTION_SECONDS
        if self.hand is None:
            return Outcome(Status.HANDS_EMPTY, "nothing is held", started, self.time)
        thing = self.things[self.hand]
        x, y, z = thing.box_world.center
        low = self.scene.body - 0.9
        below = {
            i: float(t.box_world.bounds()[1][2])
            for i, t in self.things.items()
            if "receptacle" in t.base.affords and t.type != "Floor" and i not in self.carried()
            if t.box_world.contains([x, y, t.box_world.center[2]]) and t.box_world.bounds()[1][2] <= z
        }
        place = max(below, key=lambda i: (below[i], i), default=None)
        top = low if place is None else below[place]
        if place is None:
            place = next((i for i, t in self.things.items() if t.type == "Floor"), None)
        for member in self.carried():
            self._shift(member, np.array([0.0, 0.0, top + thing.box_world.size[2] / 2 - z]))
        thing.parent, self.hand = place, None
        self._context()
        return Outcome(Status.SUCCEEDED, "", started, self.time)

    def _open(self, id: str, _: bool | None) -> tuple[Status, str]:
        return self._swing(id, True)

    def _close(self, id: str, _: bool | None) -> tuple[Status, str]:
        return self._swing(id, False)

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
            self._slide(id, 1.0 if wanted else -1.0)
        return Status.SUCCEEDED, ""

    def _slide(self, id: str, sign: float) -> None:
        """A drawer comes out towards the room, with what lies in it."""
        box, out = self.things[id].box_world, self.front(id)
        depth = float(box.size[int(np.argmax(np.abs(box.T_ref_box[:3, :2].T @ out)))])
        for member in [i for i in self.ids() if i == id or id in self.holder(i)]:
            self._shift(member, sign * SLIDE * depth * out)

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
        self.broken_out.add(id)
        size = thing.box_world.size * np.array([1.0 / rules.SLICES, 0.95, 0.95])
        step = thing.box_world.T_ref_box[:3, 0] * thing.box_world.size[0] / rules.SLICES
        for k in range(rules.SLICES):
            box = Box(transform(thing.box_world.T_ref_box[:3, :3], thing.box_world.center + (k - 1) * step), size)
            base = replace(
                thing.base,
                id=f"{id}|{thing.type}Sliced_{k}",
                type=f"{thing.type}Sliced",
                box_world=box,
                affords=thing.base.affords - {"slice"},
            )
            self.things[base.id] = Thing(base, box, thing.parent, {*thing.states, "sliced"}, thing.temperature)
        return Status.SUCCEEDED, ""

    # --- what follows from a state ------------------------------------------------------------------------------------
    def _context(self) -> None:
        """Water, heat and cold act on what is there; called after every action."""
        running = [t for t in self.things.values() if t.type in rules.WATER and "on" in t.states]
        burning = {
            burner
            for knob in self.things.values()
            if knob.type == "StoveKnob" and "on" in knob.states
            for burner in knob.base.controls
        }
        for id, thing in self.things.items():
            if thing.parent is None:
                continue
            for holder in self.holder(id):
                place = self.things[holder]
                if running and place.type in rules.CLEANS_IN:
                    self._rinse(thing, holder, running)
                elif holder in burning or (place.type in rules.HEATS and "on" in place.states):
                    thing.temperature = "hot"
                    thing.states.add("heated")
                    if "cook" in thing.base.affords:
                        thing.states.add("cooked")
                elif place.type in rules.COOLS and "open" not in place.states:
                    thing.temperature = "cold"
                    thing.states.add("cooled")

    def _rinse(self, thing: Thing, basin: str, running: list[Thing]) -> None:
        if rules.KIND_OF.get(thing.type) in rules.RINSED and self._water_over(basin, running):
            thing.states.discard("dirty")
            thing.states |= {"clean", "cleaned"}
            if "fill" in thing.base.affords:
                thing.states.add("filled")

    def _water_over(self, basin: str, running: list[Thing]) -> bool:
        box = self.things[basin].box_world
        return any(float(np.linalg.norm((t.box_world.center - box.center)[:2])) < 1.0 for t in running)

    # --- where things are -----------------------------------------------------------------------------------------------
    def _barred(self, id: str) -> tuple[Status, str] | None:
        """Why the agent cannot touch it from where it stands, if it cannot."""
        shut = self.shut_in(id)
        if shut is not None:
            return Status.BLOCKED, f"it is inside the closed {shut}"
        if not self._forced and self._floor_distance(id, self.agent[:2]) > self.reach:
            return Status.OUT_OF_REACH, f"{id} is more than {self.reach} m away"
        return None

    def _floor_distance(self, id: str, spot: F64) -> float:
        box = self.things[id].box_world
        return float(box.distance([spot[0], spot[1], box.center[2]]))

    def _standing_point(self, id: str) -> F64 | None:
        """(x, y, yaw) of the best place to stand: ALFRED's view pose where one is known, else the nearest grid point."""
        center = self.things[id].box_world.center
        for key in (id, *self.holder(id)):
            if key in self.scene.views:
                x, y, yaw, _ = self.scene.views[key]
                if self._floor_distance(id, np.array([x, y])) <= REACH:
                    return np.array([x, y, yaw])
        box = self.things[id].box_world
        for known in (True, False):  # the free floor is only worked out where the known grid does not do
            grid = self.scene.standing if known else self.free_floor
            if len(grid):
                gaps = box.distance(np.column_stack([grid, np.full(len(grid), center[2])]))
                x, y = grid[int(np.argmin(gaps))]
                if gaps.min() <= REACH:
                    return np.array([x, y, np.arctan2(center[1] - y, center[0] - x)])
        return None

    @cached_property
    def free_floor(self) -> F64:
        """Standing points (N, 2) by the boxes alone: for scenes whose known grid belongs to another arrangement."""
        lo, hi = self.scene.bounds.bounds()
        axes = [np.arange(lo[k] + 0.25, hi[k] - 0.2, 0.25) for k in (0, 1)]
        cells = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        free = np.ones(len(cells), dtype=bool)
        for thing in self.things.values():
            bottom, top = (b[2] for b in thing.base.box_world.bounds())
            if "pick" not in thing.base.affords and thing.type != "Floor" and bottom < 1.2 and top > 0.2:
                spots = np.column_stack([cells, np.full(len(cells), thing.base.box_world.center[2])])
                free &= thing.base.box_world.distance(spots) > 0.2
        return np.asarray(cells[free])

    def carry(self) -> None:
        """Bring what is in the hand to where the hand is."""
        if self.hand is None:
            return
        forward = np.array([np.cos(self.agent[2]), np.sin(self.agent[2])])
        goal = np.array([*(self.agent[:2] + 0.4 * forward), EYE - 0.3])
        moved = goal - self.things[self.hand].box_world.center
        for id in self.carried():
            self._shift(id, moved)

    def _shift(self, id: str, by: F64) -> None:
        thing = self.things[id]
        thing.box_world = Box(
            transform(thing.box_world.T_ref_box[:3, :3], thing.box_world.center + by), thing.box_world.size
        )

    def _find_parent(self, id: str) -> str | None:
        """The smallest receptacle that a thing lies in or on; what the metadata says is taken where it still fits."""
        thing = self.things[id]
        said = [p for p in thing.base.parents if p in self.things and p != id and self._holds(p, thing)]
        found = said or [
            p for p, t in self.things.items() if p != id and "receptacle" in t.base.affords and self._holds(p, thing)
        ]
        found = [p for p in found if self.things[p].type != "Floor"] or found
        best = min(found, key=lambda p: (self.things[p].box_world.volume, p), default=None)
        return best if said else self._leaning_in(thing, best) or best

    def _leaning_in(self, thing: Thing, place: str | None) -> str | None:
        """The cup that a spoon leans in which seems to float beside it over the bottom of a sink."""
        if place is None or self.things[place].type not in rules.CLEANS_IN or thing.type not in rules.LEANING:
            return None
        low, center = float(thing.box_world.bounds()[0][2]), thing.box_world.center
        if low < self.things[place].box_world.bounds()[0][2] + FLOATING:
            return None
        gaps = {
            i: float(np.linalg.norm(t.box_world.center[:2] - center[:2]))
            for i, t in self.things.items()
            if t.type in rules.MOVABLE_RECEPTACLES and t.box_world.contains(center, FLOATING)
        }
        return min(gaps, key=lambda i: (gaps[i], i), default=None)

    def _holds(self, place: str, thing: Thing) -> bool:
        box = self.things[place].box_world
        (lo, hi), (bottom, _) = box.bounds(), thing.box_world.bounds()
        center = thing.box_world.center
        over = box.contains([center[0], center[1], box.center[2]], 0.02)
        affords = self.things[place].base.affords
        above = (
            0.02 if "open" in affords and "pick" not in affords else 0.12
        )  # what has a door holds nothing on its top
        in_height = lo[2] - 0.05 <= center[2] and bottom[2] <= hi[2] + above
        if "pick" in affords:
            # a plate or a bowl holds only what stands in it, not what lies beside it under its rim
            return bool(over and box.volume > thing.box_world.volume and in_height)
        return bool(over and in_height)

    def _free_spot(self, place: Thing, thing: Thing) -> F64 | None:
        """Centre for a thing on or in a place: the free cell nearest to its middle; None when everything is taken."""
        box, size = place.box_world, thing.box_world.size
        inside = place.base.affords & {"open"} or place.type in rules.CLEANS_IN | rules.MOVABLE_RECEPTACLES
        lift = (-box.size[2] / 2 + 0.02 if inside else box.size[2] / 2) + size[2] / 2
        if place.type in rules.MOVABLE_RECEPTACLES:
            return np.asarray(box.center + np.array([0.0, 0.0, lift]))
        if inside and (np.sort(size) > np.sort(box.size) + 0.1).any():
            return None  # would not go in whichever way it is turned
        half = np.maximum(box.size[:2] / 2 - np.minimum(size[:2], box.size[:2]) / 2, 0.0)
        axes = [
            np.unique(np.concatenate([np.arange(0.0, h + 1e-9, 0.05), -np.arange(0.0, h + 1e-9, 0.05)])) for h in half
        ]
        cells = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        cells = cells[np.argsort(np.linalg.norm(cells, axis=1), kind="stable")]
        taken = [t.box_world for i, t in self.things.items() if t.parent == place.base.id and i not in self.broken_out]
        for cell in cells:
            spot = box.T_ref_box[:3, :3] @ np.array([*cell, lift]) + box.center
            gaps = [np.abs(spot[:2] - b.center[:2]) - (size[:2] + b.size[:2]) / 2 for b in taken]
            if all(bool((g > 0).any()) for g in gaps):
                return np.asarray(spot)
        # Things are smaller than the boxes around them: a place is full when the boxes cover it, not when no cell is left.
        area = float(np.prod(size[:2])) + sum(float(np.prod(b.size[:2])) for b in taken)
        return (
            np.asarray(box.center + np.array([0.0, 0.0, lift])) if area < FULL * float(np.prod(box.size[:2])) else None
        )

    def current_id(self, id: str) -> str:
        """AI2-THOR's spelling of an id for where the thing is now."""
        return object_id(self.things[id].type, self.things[id].box_world.center)
