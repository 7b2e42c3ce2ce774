"""What to do between a failure and the next try of the same action."""

from __future__ import annotations

from ..contracts import Decision, Status, Step, Verb
from .progress import Progress, key_of
from .strips import Move

_LOST = frozenset({Status.SLIPPED, Status.NOT_THERE, Status.HANDS_EMPTY})


def recovery(progress: Progress, move: Move) -> Decision | None:
    """After a failure of ``move`` just now: look again before the next try, or drive up to it first."""
    last = progress.steps[-1] if progress.steps else None
    if (
        last is not None
        and last.decision.verb is Verb.PLACE
        and last.outcome.status in _LOST
        and move.verb is Verb.PICK
    ):
        return _look_after_loss(progress, last)
    if last is None or last.outcome.ok or key_of(last) != (move.verb, move.target, move.relation):
        return None
    belief, tries = progress.belief, progress.failures[key_of(last)]
    label = belief.label(move.target)
    what = f"{move.verb.value} the {label} failed ({last.outcome.status.value})"
    away = last.outcome.status in (Status.OUT_OF_REACH, Status.BLOCKED)
    if away and tries >= 2 and not progress.blocked((Verb.NAVIGATE, move.target, None)):
        return Decision(Verb.NAVIGATE, move.target, why=f"{what}: drive up to it first", cites=(move.target,))
    if progress.blocked((Verb.LOOK, move.target, None)):
        return None
    where = belief.place(move.target)
    target = where[1] if move.verb is Verb.PICK and where is not None and where[1] in belief.things else move.target
    return Decision(Verb.LOOK, target, why=f"{what}: look again before another try", cites=(move.target,))


def _look_after_loss(progress: Progress, last: Step) -> Decision | None:
    """What was lost on the way to its place lies somewhere near it."""
    place = last.decision.target
    if place is None or progress.blocked((Verb.LOOK, place, None)):
        return None
    why = f"it was lost on the way ({last.outcome.status.value}): look where it lies now"
    return Decision(Verb.LOOK, place, why=why, cites=(place,))


def looked_around(progress: Progress) -> bool:
    """True if the robot looked all around in this task."""
    return any(s.decision.verb is Verb.LOOK and s.decision.target is None for s in progress.steps)


def seen(progress: Progress, id: str) -> bool:
    """True if the robot looked at a thing in this task."""
    return any(s.decision.verb is Verb.LOOK and s.decision.target == id for s in progress.steps)
