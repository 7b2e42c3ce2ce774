"""Searching for what was not found: which place to look at next, and what to say when there is nowhere left."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts import Decision, Role, Verb
from .goals import Ref
from .progress import Progress
from .vocabulary import FURNITURE, canonical

_CLOSED_COST = 3.0  # open, look, close again; an open place costs one look
_LEAST = 0.01  # places less likely than this are looked at only if they are closed
_HIDDEN = 0.06  # what is closed may hide anything: never less likely than this before it was opened


@dataclass(frozen=True)
class Spot:
    """A place to look at, with the reason."""

    place: str
    why: str


def spots(progress: Progress, ref: Ref) -> list[Spot]:
    """Where ``ref`` may be and was not looked for in this task, the most promising per effort first.

    A strict source ("the mug from the drawer") is the only place; a hint comes first.
    """
    belief = progress.belief
    sources = progress.resolve_places(ref.source[1]) if ref.source is not None else []
    named = [Spot(p, f"{ref.phrase} is said to be in the {belief.label(p)}") for p in sources]
    rest: list[Spot] = []
    if ref.source is None or not ref.strict:
        rest = [s for s in _likely(progress, ref) if s.place not in sources]
    inside = [s for s in [*named, *rest] if s.place in progress.opened]  # opened for this very search: look there first
    listed = {s.place for s in inside}
    if not named or not ref.strict:
        inside += [Spot(p, "it was opened to look inside") for p in progress.opened if p not in listed]
    return [
        s
        for s in [*inside, *(s for s in [*named, *rest] if s.place not in {i.place for i in inside})]
        if s.place not in progress.searched
        and not progress.blocked((Verb.LOOK, s.place, None))
        and not _shut(progress, s.place)
    ]


def _shut(progress: Progress, place: str) -> bool:
    """True for a closed place that could not be opened."""
    return progress.blocked((Verb.OPEN, place, None)) and progress.belief.openness(place) != "open"


def _likely(progress: Progress, ref: Ref) -> list[Spot]:
    belief = progress.belief
    if ref.labels and all(canonical(label) in FURNITURE for label in ref.labels):
        return []
    chance: dict[str, tuple[float, str]] = {}
    for label in ref.labels or ("thing",):
        for candidate in progress.memory.places_to_look(label):
            if candidate.place in belief.things and candidate.probability > chance.get(candidate.place, (0.0, ""))[0]:
                chance[candidate.place] = (candidate.probability, candidate.why)
    for place in belief.of_class((), Role.FURNITURE):
        chance.setdefault(place, (_LEAST, "it was not looked at for this task"))
    scored = []
    for place, (probability, why) in chance.items():
        closed = belief.openable(place) and belief.openness(place) != "open"
        if closed and place not in progress.searched:
            probability = max(probability, _HIDDEN)
        if probability >= _LEAST or closed:
            scored.append((-probability / (_CLOSED_COST if closed else 1.0), place, why))
    return [Spot(place, why) for _, place, why in sorted(scored)]


def next_look(progress: Progress, ref: Ref) -> Decision | None:
    """The next step of the search for ``ref``: open or look at a place; None when there is nowhere left to look."""
    belief = progress.belief
    goal = f"find {ref.phrase}"
    for spot in spots(progress, ref):
        label = belief.label(spot.place)
        if not progress.looks_in(spot.place):
            if belief.openness(spot.place) is None and not _looked(progress, spot.place):
                why = f"whether the {label} is open was never seen: look at it"
                return Decision(Verb.LOOK, spot.place, why=why, cites=(spot.place,), subgoal=goal)
            if progress.narrow(spot.place):
                why = f"the {label} is not open far enough to see whether {ref.phrase} is inside: open it further"
                return Decision(Verb.OPEN, spot.place, why=why, cites=(spot.place,), subgoal=goal)
            why = f"the {label} is closed and {ref.phrase} was not seen anywhere else ({spot.why}): open it"
            return Decision(Verb.OPEN, spot.place, why=why, cites=(spot.place,), subgoal=goal)
        why = f"{ref.phrase} was not seen yet; it may be at the {label} ({spot.why}): look there"
        return Decision(Verb.LOOK, spot.place, why=why, cites=(spot.place,), subgoal=goal)
    return None


def _looked(progress: Progress, place: str) -> bool:
    return any(s.decision.verb is Verb.LOOK and s.decision.target == place for s in progress.steps)


def verdict(progress: Progress, ref: Ref) -> str:
    """What to say when the search is over without a find."""
    belief = progress.belief
    seen = [f"the {belief.label(place)}" for place in progress.searched if place in belief.things]
    stuck = [f"the {belief.label(k[1])}" for k, n in progress.failures.items() if k[0] is Verb.OPEN and k[1] and n]
    text = f"searched {', '.join(dict.fromkeys(seen)) or 'all that can be seen'}: {ref} not found"
    if stuck:
        text += f"; could not open {', '.join(dict.fromkeys(stuck))}"
    elsewhere = [
        c
        for c in belief.of_class(ref.labels, Role.OBJECT)
        if ref.labels and ref.source is not None and belief.located(c)
    ]
    if elsewhere:
        where = belief.place(elsewhere[0])
        spot = f" {where[0]} the {belief.label(where[1])}" if where else ""
        text += f" (another {belief.label(elsewhere[0])} is known{spot})"
    return text
