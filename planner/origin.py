"""Where a thing was before the robot moved it: read from the episodes and from the validity of its places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contracts import Status, Verb
from ..memory.records import ActionRecord
from .belief import current

if TYPE_CHECKING:
    from ..memory import Memory


@dataclass(frozen=True)
class Origin:
    """A place with its relation, when the thing was last there, and whether the robot took it from there itself."""

    relation: str
    place: str
    until: float | None
    moved: bool


def last_moved(memory: Memory) -> list[str]:
    """Ids of what the robot has picked up, the latest first, each once."""
    picked = [current(memory, a.target) for a in reversed(_picks(memory)) if a.target is not None]
    return list(dict.fromkeys(picked))


def original_place(memory: Memory, id: str) -> Origin | None:
    """Where ``id`` stood before the robot first moved it in one unbroken chain of its own moves.

    From the last pick backwards: as long as the thing was picked up from where the robot itself had put it, the pick
    before counts; a person's hand in between ends the chain. A thing that was never moved has its first known place.
    None if no place of it is known at all.
    """
    intervals = sorted(
        (f for f in memory.facts(subject=id) if f.predicate in ("on", "in")), key=lambda f: (f.start, f.seq)
    )
    picks = [a for a in _picks(memory) if a.target is not None and current(memory, a.target) == id]
    origin: Origin | None = None
    for k in range(len(picks) - 1, -1, -1):
        before = [f for f in intervals if f.start <= picks[k].started]
        if not before:
            break
        origin = Origin(before[-1].predicate, before[-1].object, picks[k].started, moved=True)
        put = _put_between(memory, id, picks[k - 1].started, picks[k].started) if k else None
        if put is not None and put != before[-1].object:
            break  # a thing that was never put down fell out of the robot's own hand: nobody else had it
    if origin is None and intervals:
        first = intervals[0]
        origin = Origin(first.predicate, first.object, first.end, moved=False)
    return origin


def _actions(memory: Memory) -> list[ActionRecord]:
    done = [a for e in memory.episodes() for a in e.actions if a.status == Status.SUCCEEDED.value]
    return sorted(done, key=lambda a: a.started)


def _picks(memory: Memory) -> list[ActionRecord]:
    return [a for a in _actions(memory) if a.verb == Verb.PICK.value and a.target is not None]


def _put_between(memory: Memory, id: str, start: float, end: float) -> str | None:
    """The place that the robot put ``id`` on or in between two moments, if it did."""
    done = [a for a in _actions(memory) if a.verb == Verb.PLACE.value and start <= a.started < end]
    places = [current(memory, a.target) for a in done if a.target is not None]
    return places[0] if places else None
