"""Did it work? What the body reports is checked against what was seen, before and after memory takes it in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..contracts import Decision, Outcome, Status, Verb
from ..memory.records import Knowledge
from .belief import Belief

if TYPE_CHECKING:
    from ..memory import Memory

_STATE = {Verb.OPEN: "open", Verb.CLOSE: "closed"}


def contradicted(
    decision: Decision, outcome: Outcome, memory: Memory, carried: str | None, holding: bool | None, since: float
) -> Outcome:
    """``outcome``, or a failure if what was sensed at the end of the action plainly contradicts a reported success.

    ``carried`` is the id of what was in the hand before, ``holding`` the newest finger reading (None: no such sensor),
    ``since`` the world time from which on frames show the end of the action. Called before memory draws conclusions from
    the outcome, so that a false success is never believed.
    """
    if not outcome.ok or decision.target is None:
        return outcome
    if decision.verb is Verb.PICK and holding is False:
        return replace(outcome, status=Status.SLIPPED, detail="reported as picked up, but the fingers press on nothing")
    if decision.verb is Verb.PLACE and holding is True:
        return replace(
            outcome, status=Status.STUCK, detail="reported as put down, but the fingers still press on something"
        )
    if decision.verb in _STATE:
        state = memory.get(decision.target).states.get("openness")
        if (
            state is not None
            and state.stamp >= since
            and state.value != _STATE[decision.verb]
            and state.probability > 0.7
        ):
            detail = f"reported as {_STATE[decision.verb]}, but it is seen to be {state.value}"
            return replace(outcome, status=Status.STUCK, detail=detail)
    if decision.verb is Verb.PLACE and carried is not None:
        thing = memory.get(carried)
        belief = Belief.of(memory)
        where = belief.place(carried)
        seen = thing.knowledge is Knowledge.SEEN and thing.last_seen >= since
        if seen and where is not None and not _placed(belief, carried, decision):
            detail = f"reported as put down there, but it is seen {where[0]} the {belief.label(where[1])}"
            return replace(outcome, status=Status.NOT_THERE, detail=detail)
    return outcome


def verified(decision: Decision, outcome: Outcome, memory: Memory, carried: str | None) -> Outcome:
    """``outcome``, or a failure if memory, after all was written, does not hold the action's post-condition."""
    if not outcome.ok or decision.target is None:
        return outcome
    belief = Belief.of(memory)
    if decision.verb is Verb.PICK:
        held = belief.held
        if held is None:
            return replace(outcome, status=Status.NOT_THERE, detail="nothing is believed to be in the hand afterwards")
        if held != decision.target and belief.label(held) != belief.label(decision.target):
            return replace(outcome, status=Status.NOT_THERE, detail=f"a {belief.label(held)} is in the hand instead")
    elif decision.verb is Verb.PLACE:
        if belief.held is not None:
            return replace(outcome, status=Status.STUCK, detail=f"the {belief.label(belief.held)} is still in the hand")
        if carried is not None and not _placed(belief, carried, decision):
            where = belief.place(carried)
            spot = f"{where[0]} the {belief.label(where[1])}" if where else "no longer known where"
            return replace(outcome, status=Status.NOT_THERE, detail=f"the {belief.label(carried)} is {spot} instead")
    elif decision.verb in _STATE and belief.openness(decision.target) != _STATE[decision.verb]:
        state = belief.openness(decision.target) or "unknown"
        return replace(outcome, status=Status.STUCK, detail=f"memory has it as {state} after looking")
    return outcome


def _placed(belief: Belief, carried: str, decision: Decision) -> bool:
    assert decision.target is not None
    relation = decision.relation or "on"
    return belief.at(carried, relation, decision.target) or belief.within(carried, decision.target)
