"""What the robot does itself: at midnight, with everybody in bed, it puts a few things somewhere else and tells memory so.
One of them goes onto the tray; a tray that holds something is carried with it.

Thus some changes have the robot as their cause, and the others somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..contracts import Decision, Outcome, Status, Verb
from ..geometry import Box
from ..memory import Memory
from ..sim.catalogue import FURNITURE
from ..sim.household import Household

EACH = 2  # things a night
ROBOT = "robot"
_PICK, _PLACE = 4.0, 9.0  # seconds after which it has the thing, and has put it down


@dataclass(frozen=True)
class Errand:
    """At ``time`` (s) ``thing`` went ``relation`` ``target``, where it has this box."""

    time: float
    thing: str
    target: str
    relation: str
    box: Box


def live(household: Household, days: int, rng: np.random.Generator, each: int = EACH) -> list[Errand]:
    """Live so many days; between them the robot tidies."""
    done: list[Errand] = []
    for day in range(days):
        household.run(1)
        if day < days - 1:
            done += _tidy(household, rng, each)
    return done


def _tidy(household: Household, rng: np.random.Generator, each: int) -> list[Errand]:
    state, done = household.state, list[Errand]()
    tops = household.surfaces()
    free = [t for t in sorted(state.parent) if state.settled(t) and t not in household.busy and _on_top(household, t)]
    trays = [t for t in free if household.items[t].kind == "tray"]
    loose = [free[i] for i in rng.permutation(len(free)).tolist() if free[i] not in trays and not state.inside(free[i])]
    for thing in loose:
        if len(done) == each:
            break
        done += _carry(household, thing, tops, rng)
    for tray in trays:  # something is put on it, and the next night it is carried elsewhere with what it holds
        if state.inside(tray):
            done += _carry(household, tray, tops, rng)
            continue
        for thing in loose:
            load = _carry(household, thing, [tray], rng) if all(e.thing != thing for e in done) else []
            done += load
            if load:
                break
    return done


def _carry(household: Household, thing: str, targets: list[str], rng: np.random.Generator) -> list[Errand]:
    """Put a thing on one of the targets; nothing where it does not fit."""
    others = [p for p in targets if p != household.state.parent[thing]]
    target = others[int(rng.integers(len(others)))] if others else None
    found = household.spot(thing, target) if target is not None else None
    if target is None or found is None:
        return []
    relation, box = found
    household.log_deed(ROBOT, "take", thing, household.state.parent[thing], "errand")
    household.log_deed(ROBOT, "put", thing, target, "errand", box, relation)
    return [Errand(household.now, thing, target, relation, box)]


def _on_top(household: Household, thing: str) -> bool:
    piece = household.pieces.get(household.state.parent[thing])
    return piece is not None and FURNITURE[piece.kind].on_top and household.state.relation[thing] == "on"


def tell(memory: Memory, errand: Errand, thing: str, target: str) -> float:
    """Tell memory of an errand, ``thing`` and ``target`` being its own ids; returns when it was over."""
    start = errand.time
    x, y, z = errand.box.center.tolist()
    place = Decision(Verb.PLACE, target, relation=errand.relation, position=(x, y, z))
    decisions: list[tuple[Decision, float, float]] = [
        (Decision(Verb.PICK, thing), start, start + _PICK),
        (place, start + _PICK, start + _PLACE),
    ]
    episode = memory.begin_episode("tidy up a little", start)
    for decision, begun, ended in decisions:
        action = memory.begin_action(decision, begun)
        memory.end_action(action, Outcome(Status.SUCCEEDED, "", begun, ended))
    memory.end_episode(episode, "done", start + _PLACE)
    return start + _PLACE
