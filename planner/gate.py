"""The last check before a body moves: is the action within the capabilities, possible now, and not proven futile?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contracts import Decision, Role, Status, Step, Verb
from .belief import Belief

if TYPE_CHECKING:
    from ..memory import Memory

WARN_AFTER = 1
BLOCK_AFTER = 3
_FREE = frozenset({Verb.DONE})
_TARGETLESS = frozenset({Verb.LOOK, Verb.ASK, Verb.DONE})


@dataclass(frozen=True)
class Verdict:
    """``status`` is None where the action may start, else why not; ``text`` explains, ``warning`` accompanies a go."""

    status: Status | None = None
    text: str = ""
    warning: str = ""

    @property
    def ok(self) -> bool:
        """True if the action may start."""
        return self.status is None


def check(decision: Decision, memory: Memory, capabilities: frozenset[Verb], steps: Sequence[Step]) -> Verdict:
    """Whether ``decision`` may be carried out now. Reads memory, never writes to it."""
    verb, target = decision.verb, decision.target
    if verb not in capabilities and verb not in _FREE:
        known = ", ".join(sorted(v.value for v in capabilities))
        return Verdict(Status.REFUSED, f'"{verb.value}" is not among this body\'s capabilities ({known})')
    if target is None:
        if verb in _TARGETLESS:
            return Verdict()
        return Verdict(Status.REFUSED, f'"{verb.value}" needs a target: the id of something in memory')
    belief = Belief.of(memory)
    if target not in belief.things:
        return Verdict(Status.REFUSED, f'"{target}" is no object or piece of furniture that memory knows')
    wrong = _impossible(decision, belief)
    if wrong:
        return Verdict(Status.REFUSED, wrong)
    return _futile(decision, belief, memory, steps)


def _impossible(decision: Decision, belief: Belief) -> str:
    """Why the action cannot work in the present situation, as far as memory knows; "" if it can."""
    verb, target = decision.verb, decision.target
    assert target is not None
    label = belief.label(target)
    held = f"the {belief.label(belief.held)}" if belief.held else ""
    if verb is Verb.PICK:
        if belief.held is not None:
            return f"the hand is full ({held}): nothing can be picked up"
        if belief.things[target].role is not Role.OBJECT:
            return f"the {label} is furniture: it cannot be picked up"
        shut = belief.shut_in(target)
        if shut is not None:
            return f"the {label} is in the {belief.label(shut)}, which is closed"
    if verb is Verb.PLACE:
        if belief.held is None:
            return "the hand is empty: there is nothing to put down"
        if target == belief.held:
            return f"{held} cannot be put on itself"
        if decision.relation not in (None, "on", "in"):
            return f'"{decision.relation}" is no relation to place by: on or in'
        if decision.relation == "in" and belief.openness(target) == "closed":
            return f"the {label} is closed: open it first"
    if verb in (Verb.OPEN, Verb.CLOSE):
        if belief.held is not None:
            return f"the hand is full ({held}): put it down before the {label} is moved"
        if not belief.openable(target):
            return f"the {label} has nothing to {verb.value}"
    return ""


def _futile(decision: Decision, belief: Belief, memory: Memory, steps: Sequence[Step]) -> Verdict:
    """Warn of an action that failed before, block one that keeps failing in the same situation."""
    same = (decision.verb, decision.target, decision.relation)
    failed = 0
    for step in steps:
        if (step.decision.verb, step.decision.target, step.decision.relation) == same:
            failed = 0 if step.outcome.ok else failed + (step.outcome.status is not Status.CANCELLED)
    assert decision.target is not None
    label = belief.label(decision.target)
    if failed >= BLOCK_AFTER:
        text = f"{decision.verb.value} the {label} failed {failed} times in this task: another way has to be found"
        return Verdict(Status.REFUSED, text)
    if failed >= WARN_AFTER:
        return Verdict(warning=f"{decision.verb.value} the {label} failed {failed} time(s) in this task already")
    before = memory.failures(decision.verb.value, decision.target)
    if before:
        last = before[0]  # the newest
        return Verdict(
            warning=f"{decision.verb.value} the {label} failed before ({last.status}: {last.detail or 'no detail'})"
        )
    return Verdict()
