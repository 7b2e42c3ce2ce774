"""What follows by itself from the state of an iTHOR scene: water cleans and fills, heat cooks, a closed fridge cools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Box, transform
from . import ithor_rules as rules
from .ithor_shapes import SLIDE

if TYPE_CHECKING:
    from .ithor_world import IthorWorld, Thing

_PLACES = rules.CLEANS_IN | rules.HEATS | rules.COOLS


def follow(world: IthorWorld) -> None:
    """Water, heat and cold act on what is there; called after every action."""
    things = world.things
    running = [t for t in things.values() if t.type in rules.WATER and "on" in t.states]
    burning = {
        burner
        for knob in things.values()
        if knob.type == "StoveKnob" and "on" in knob.states
        for burner in knob.base.controls
    }
    places = [i for i, t in things.items() if t.base.type in _PLACES or i in burning]
    at_work = {i: what for i in places if (what := _works(things[i], bool(running), i in burning))}
    if not at_work:
        return
    for thing in things.values():
        holder = thing.parent
        while holder is not None:
            does = at_work.get(holder)
            if does == "rinses":
                _rinse(world, thing, holder, running)
            elif does == "heats":
                thing.temperature = "hot"
                thing.states.add("heated")
                if "cook" in thing.base.affords:
                    thing.states.add("cooked")
            elif does == "cools":
                thing.temperature = "cold"
                thing.states.add("cooled")
            holder = things[holder].parent


def _works(place: Thing, water: bool, burning: bool) -> str:
    """What a place does to what is in or on it now."""
    if place.type in rules.CLEANS_IN:
        return "rinses" if water else "heats" if burning else ""
    if burning or (place.type in rules.HEATS and "on" in place.states):
        return "heats"
    return "cools" if place.type in rules.COOLS and "open" not in place.states else ""


def _rinse(world: IthorWorld, thing: Thing, basin: str, running: list[Thing]) -> None:
    if rules.KIND_OF.get(thing.type) in rules.RINSED and _water_over(world, basin, running):
        thing.states.discard("dirty")
        thing.states |= {"clean", "cleaned"}
        if "fill" in thing.base.affords:
            thing.states.add("filled")


def _water_over(world: IthorWorld, basin: str, running: list[Thing]) -> bool:
    box = world.things[basin].box_world
    return any(float(np.linalg.norm((t.box_world.center - box.center)[:2])) < 1.0 for t in running)


def cut_up(world: IthorWorld, id: str) -> None:
    """Pieces take the place of the whole."""
    thing = world.things[id]
    world.broken_out.add(id)
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
        world.things[base.id] = type(thing)(base, box, thing.parent, {*thing.states, "sliced"}, thing.temperature)


def begin(world: IthorWorld, dirty_and_empty: bool, toggles: Sequence[tuple[str, bool]]) -> None:
    """The states with which ALFRED starts a scene: some kinds switched on or off, everything dirty and empty."""
    for kind, on in toggles:
        for thing in world.things.values():
            if thing.type == kind:
                (thing.states.add if on else thing.states.discard)("on")
    if dirty_and_empty:
        for thing in world.things.values():
            if "dirty" in thing.base.affords:
                thing.states.add("dirty")
            thing.states.discard("filled")


def slide(world: IthorWorld, id: str, sign: float) -> None:
    """A drawer comes out towards the room, with what lies in it."""
    box, out = world.things[id].box_world, world.front(id)
    depth = float(box.size[int(np.argmax(np.abs(box.T_ref_box[:3, :2].T @ out)))])
    for member in [i for i in world.ids() if i == id or id in world.holder(i)]:
        world.shift(member, sign * SLIDE * depth * out)
