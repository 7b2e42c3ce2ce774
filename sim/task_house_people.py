"""What people do in a house while a robot has a task there: the deeds of the schedule, as far as they are still possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..geometry import Box
from .house import OUTSIDE
from .household_state import Deed
from .task import PersonDeed

if TYPE_CHECKING:
    from .task_house import HouseStage

ROBOT = "robot"
_NEEDS = {"open": "open", "close": "open", "switch_on": "toggle", "switch_off": "toggle"}


def does(stage: HouseStage, deed: PersonDeed) -> None:
    """Carry out a deed about things that the house has; nothing comes of it where the robot has the thing or it is no more."""
    state, thing = stage.state_now, deed.thing
    movable = thing in stage.items
    if movable and (ROBOT in state.chain(thing) or state.parent.get(thing) is None):
        return
    if deed.verb in _NEEDS:
        if _NEEDS[deed.verb] in stage.affords(thing):
            _apply(stage, deed, deed.verb, thing)
    elif not movable:
        return
    elif deed.verb == "put":
        _put(stage, deed)
    elif deed.verb == "take":
        if state.settled(thing):
            _apply(stage, deed, "take", deed.actor)
    elif deed.verb == "take_out":
        _apply(stage, deed, "take_out", OUTSIDE)
    else:
        _apply(stage, deed, deed.verb, thing)
        if deed.verb == "use":
            stage.forget(thing)


def _put(stage: HouseStage, deed: PersonDeed) -> None:
    """Taken from where it is, if it lies about, and put where there is room."""
    state, thing = stage.state_now, deed.thing
    if ROBOT in state.chain(deed.place) or deed.place == thing or thing in state.chain(deed.place):
        return
    if not stage.room_for(thing, deed.place):
        return
    spot = stage.spot(thing, deed.place)
    if spot is None:
        return
    if state.settled(thing):
        _apply(stage, deed, "take", deed.actor)
    _apply(stage, deed, "put", deed.place, spot[1], spot[0])


def _apply(
    stage: HouseStage, deed: PersonDeed, verb: str, place: str, box: Box | None = None, relation: str = ""
) -> None:
    stage.state_now.apply(Deed(deed.time, deed.actor, verb, deed.thing, place, "task", box, relation))
