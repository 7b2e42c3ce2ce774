"""Reasons in plain English: why this is the next action, from the plan and from what memory believes."""

from __future__ import annotations

from collections.abc import Sequence

from ..contracts import Verb
from ..memory.records import Knowledge
from .progress import Progress
from .strips import Atom, Move


def reason(progress: Progress, moves: Sequence[Move], atoms: Sequence[Atom]) -> str:
    """Why ``moves[0]`` comes next, on the way to ``atoms``."""
    move = moves[0]
    words = {Verb.PICK: _pick, Verb.PLACE: _place, Verb.OPEN: _open, Verb.CLOSE: _close}[move.verb]
    text = words(progress, moves, atoms)
    tries = progress.failures[move.verb, move.target, move.relation]
    return f"{text} (try {tries + 1})" if tries else text


def _the(progress: Progress, id: str | None) -> str:
    return f"the {progress.belief.label(id)}" if id else "it"


def whereabouts(progress: Progress, id: str) -> str:
    """ "the mug is in the drawer (seen)"."""
    belief = progress.belief
    where = belief.place(id)
    thing = belief.things.get(id)
    known = "" if thing is None else f" ({_KNOWN[thing.knowledge]})"
    spot = f"{where[0]} {_the(progress, where[1])}" if where else "where it was last seen"
    return f"{_the(progress, id)} is {spot}{known}"


_KNOWN = {
    Knowledge.SEEN: "seen",
    Knowledge.BELIEVED: "believed, not looked at",
    Knowledge.UNOBSERVED: "seen there before",
    Knowledge.ABSENT: "was gone at the last look",
    Knowledge.UNKNOWN: "never seen",
}


def _pick(progress: Progress, moves: Sequence[Move], atoms: Sequence[Atom]) -> str:
    move = moves[0]
    text = whereabouts(progress, move.target)
    goal = next((a for a in atoms if a.a == move.target and a.kind in ("on", "in")), None)
    if goal is not None:
        return f"{text} and belongs {goal.kind} {_the(progress, goal.b)}: pick it up"
    if any(a.kind == "held" and a.a == move.target for a in atoms):
        return f"{text} and was asked for: pick it up"
    return f"{text} and in the way: pick it up"


def _place(progress: Progress, moves: Sequence[Move], atoms: Sequence[Atom]) -> str:
    move, held = moves[0], progress.belief.held
    spot = f"{move.relation} {_the(progress, move.target)}"
    if any(a.kind == move.relation and a.a == held and a.b == move.target for a in atoms):
        return f"{_the(progress, held)} is in the hand and belongs {spot}: put it there"
    then = next((m for m in moves[1:] if m.verb in (Verb.OPEN, Verb.CLOSE, Verb.PICK)), None)
    purpose = f" to {then.verb.value} {_the(progress, then.target)}" if then else ""
    return f"the hand has to be free{purpose}: put {_the(progress, held)} {spot} for now"


def _open(progress: Progress, moves: Sequence[Move], atoms: Sequence[Atom]) -> str:
    belief, move = progress.belief, moves[0]
    if move.target in progress.ajar:
        return f"{_the(progress, move.target)} is not open far enough: open it further"
    if any(a.kind == "open" and a.a == move.target for a in atoms):
        return f"{_the(progress, move.target)} is closed and was asked to be open: open it"
    for later in moves[1:]:
        if later.verb is Verb.PICK and belief.shut_in(later.target) == move.target:
            return f"{whereabouts(progress, later.target)} and {_the(progress, move.target)} is closed: open it"
        if later.verb is Verb.PLACE and later.target == move.target:
            thing = next((a.a for a in atoms if a.b == move.target), belief.held)
            host = _the(progress, move.target)
            return f"{_the(progress, thing)} belongs in {host}, which is closed: open it while the hand is free"
    return f"{_the(progress, move.target)} is closed and stands in the way: open it"


def _close(progress: Progress, moves: Sequence[Move], atoms: Sequence[Atom]) -> str:
    move = moves[0]
    if move.target in progress.opened and not _asked(progress, move.target):
        return f"{_the(progress, move.target)} was opened for this task and is not needed any more: close it again"
    return f"{_the(progress, move.target)} is open and was asked to be closed: close it"


def _asked(progress: Progress, id: str) -> bool:
    return any(a.kind == "closed" and a.a == id for goal in progress.task.goals for a in (progress.atoms(goal) or []))
