"""AI2-THOR's actions on objects: take, put, open, switch, cut; part of ``thor_actions``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..contracts import Outcome, Status, Verb
from .thor_stage import Refused, ThorStage

Args = Mapping[str, Any]


def accept(result: tuple[Status, str] | Outcome) -> None:
    """Raises ``Refused`` unless the result is a success."""
    status, why = (result.status, result.detail) if isinstance(result, Outcome) else result
    if status is not Status.SUCCEEDED:
        raise Refused(why or str(status))


def known(stage: ThorStage, id: str) -> str:
    """The id, if there is such an object."""
    if id not in stage.world.ids():
        raise Refused(f"Object ID {id!r} appears to be invalid: there is no such object")
    return id


def target_of(stage: ThorStage, a: Args) -> str:
    """The object that an action means, by id or by its place (x, y) in the image; it has to be visible, unless forced."""
    if a.get("objectId"):
        id = known(stage, str(a["objectId"]))
    elif a.get("x") is not None and a.get("y") is not None:
        picture = stage.picture()
        h, w = picture.index.shape
        u, v = int(float(a["x"]) * w), int(float(a["y"]) * h)
        if not (0 <= u < w and 0 <= v < h) or picture.index[v, u] < 0:
            raise Refused(f"there is no object at ({a['x']}, {a['y']}) of the image")
        id = picture.ids[picture.index[v, u]]
    else:
        raise Refused(f"{a['action']} is missing the argument objectId", "MissingArguments")
    if not a.get("forceAction") and id not in stage.visible():
        raise Refused(f"{id} is not visible")
    return id


def doing(verb: Verb, value: bool | None = None) -> Callable[[ThorStage, Args], None]:
    """The handler of a hand action."""

    def do(stage: ThorStage, a: Args) -> None:
        if verb is Verb.PICK and stage.world.held():
            raise Refused(f"Agent's hand has something in it already: {stage.world.held()}")
        if verb is Verb.PLACE and not stage.world.held():
            raise Refused("Can't place an object if Agent isn't holding anything")
        target = target_of(stage, a)
        accept(stage.world.act(verb, target, value=value, force=bool(a.get("forceAction"))))
        if verb is Verb.OPEN:
            stage.openness[target] = float(
                np.clip(float(a.get("openness") or a.get("moveMagnitude") or 1.0), 0.01, 1.0)
            )

    return do


def drop(stage: ThorStage, _: Args) -> None:
    """Let go of what is held."""
    accept(stage.world.drop())


def setting(state: str, value: bool, needs: str) -> Callable[[ThorStage, Args], None]:
    """A state that AI2-THOR lets a script set by hand: dirty, filled, cooked, broken."""

    def do(stage: ThorStage, a: Args) -> None:
        thing = stage.world.things[target_of(stage, a)]
        if needs not in thing.base.affords:
            raise Refused(f"{thing.base.id} can never be {state}")
        if (state in thing.states) is value:
            raise Refused(f"{thing.base.id} is already {'' if value else 'not '}{state}")
        (thing.states.add if value else thing.states.discard)(state)

    return do


def in_frame(stage: ThorStage, a: Args) -> str:
    """The object at (x, y) of the image."""
    return target_of(stage, {**a, "forceAction": True})
