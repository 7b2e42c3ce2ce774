"""Goals that no world can meet, named in words: unknown classes, things that cannot do or be what is asked, contradictions.

``Facts`` says what a world has; without it only what holds in every world is checked (contradictions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from .goals import All, Any_, Goal, Held, Inside, Ordered, State, Which

NEEDS = {
    "open": "open", "on": "toggle", "sliced": "slice", "filled": "fill", "broken": "break", "dirty": "dirty", "cooked": "cook",
    "clean": "wash", "cleaned": "wash", "hot": "heat", "heated": "heat", "cold": "cool", "cooled": "cool",
}  # fmt: skip
"""State → the affordance without which a thing can never have it."""
PARTS = (frozenset({"Sink", "SinkBasin"}), frozenset({"Bathtub", "BathtubBasin"}))
"""Furniture of which one is a part of the other, so that a thing is in both."""


@dataclass(frozen=True)
class Facts:
    """What a world has: class → affordances, id → class, and whether a thing of a class goes on or in a receptacle of another.

    ``made``: classes that are not there but can be made (slices), with how many.
    """

    kinds: Mapping[str, frozenset[str]]
    ids: Mapping[str, str]
    accepts: Callable[[str, str], bool]
    made: Mapping[str, int]

    def number(self, which: Which) -> int:
        """How many things there are at most that may come to fit a description."""
        if which.id:
            return 1
        return self.made.get(which.type, 0) or sum(k == which.type for k in self.ids.values())


def faults(goal: Goal, facts: Facts | None = None) -> list[str]:
    """What no world of these facts can meet, a sentence each; empty when nothing speaks against the goal."""
    return list(dict.fromkeys(_faults(goal, facts)))


def _faults(goal: Goal, facts: Facts | None) -> Iterator[str]:
    if isinstance(goal, (All, Ordered)):
        for part in goal.parts:
            yield from _faults(part, facts)
        if isinstance(goal, All):
            yield from _clashes(list(_conjuncts(goal)), facts)
    elif isinstance(goal, Any_):
        found = [faults(part, facts) for part in goal.parts]
        if all(found):  # one way out is enough
            yield from (fault for part in found for fault in part)
    elif facts is not None:
        yield from _impossible(goal, facts)


def _conjuncts(goal: Goal) -> Iterator[Inside | State | Held]:
    """Conditions that have to hold at the same time; of an ordered goal only the last part has to."""
    if isinstance(goal, All):
        for part in goal.parts:
            yield from _conjuncts(part)
    elif isinstance(goal, Ordered):
        yield from _conjuncts(goal.parts[-1])
    elif not isinstance(goal, Any_):
        yield goal


# --- one condition --------------------------------------------------------------------------------------------------------
def _impossible(leaf: Inside | State | Held, facts: Facts) -> Iterator[str]:
    described = [leaf.what, leaf.where] if isinstance(leaf, Inside) else [leaf.what]
    unknown = [w for w in described if not _known(w, facts)]
    yield from (f"there is no {_said(w)}" for w in unknown)
    if unknown:
        return
    what = _kind(leaf.what, facts)
    if isinstance(leaf, (Inside, Held)) and "pick" not in facts.kinds[what]:
        yield f"a {what} cannot be picked up"
    elif isinstance(leaf, Inside):
        where = _kind(leaf.where, facts)
        if "receptacle" not in facts.kinds[where]:
            yield f"nothing can be {leaf.word} a {where}: it is no receptacle"
        elif not facts.accepts(where, what):
            yield f"a {what} cannot be put {leaf.word} a {where}"
    if not isinstance(leaf, Held) and leaf.count > facts.number(leaf.what):
        yield f"{leaf.count} × {_said(leaf.what)} are asked for, there is at most {facts.number(leaf.what)}"
    wanted = [(w, name) for w in described for name, value in w.state.items() if value]
    wanted += [(leaf.what, leaf.name)] if isinstance(leaf, State) else []
    for which, name in wanted:
        kind = _kind(which, facts)
        if name not in NEEDS:
            yield f"{name!r} is no state; there are {', '.join(sorted(NEEDS))}"
        elif NEEDS[name] not in facts.kinds[kind]:
            yield f"a {kind} can never be {name}"


def _known(which: Which, facts: Facts) -> bool:
    return which.id in facts.ids if which.id else which.type in facts.kinds


def _kind(which: Which, facts: Facts) -> str:
    return facts.ids[which.id] if which.id else which.type


def _said(which: Which) -> str:
    states = "".join(f"{'' if v else 'not '}{k} " for k, v in which.state.items())
    return states + (which.id or which.type)


# --- conditions together ----------------------------------------------------------------------------------------------------
def _clashes(leaves: Sequence[Inside | State | Held], facts: Facts | None) -> Iterator[str]:
    for a, b in combinations(leaves, 2):
        if isinstance(a, Held) and isinstance(b, Held) and not _same(a.what, b.what, facts):
            yield f"two things are held at once: {_said(a.what)} and {_said(b.what)}"
        elif isinstance(a, State) and isinstance(b, State) and _one(a.what, b.what, facts):
            opposite = {a.name, b.name} == {"hot", "cold"} and a.value and b.value
            if opposite or (a.name == b.name and a.value is not b.value):
                yield f"{_said(a.what)} has to be {_value(a)} and {_value(b)} at once"
        elif isinstance(a, Inside) and isinstance(b, Inside):
            yield from _places(a, b, facts)
        else:
            held, inside = (a, b) if isinstance(a, Held) else (b, a)
            if isinstance(held, Held) and isinstance(inside, Inside) and _one(held.what, inside.what, facts):
                yield f"{_said(held.what)} is held and {inside.word} {_said(inside.where)} at once"
    yield from _too_many([leaf for leaf in leaves if isinstance(leaf, Inside)], facts)


def _places(a: Inside, b: Inside, facts: Facts | None) -> Iterator[str]:
    if _one(a.what, b.where, facts) and _one(b.what, a.where, facts):
        yield f"{_said(a.what)} and {_said(b.what)} are in each other"
    if facts is None or not _one(a.what, b.what, facts) or not (_known(a.where, facts) and _known(b.where, facts)):
        return
    kinds = [_kind(a.where, facts), _kind(b.where, facts)]
    movable = any("pick" in facts.kinds[k] for k in kinds)
    same = kinds[0] == kinds[1] and (not a.where.id or not b.where.id or a.where.id == b.where.id)
    if not movable and not same and frozenset(kinds) not in PARTS:
        yield f"{_said(a.what)} has to be {a.word} {_said(a.where)} and {b.word} {_said(b.where)} at once"


def _too_many(leaves: Sequence[Inside], facts: Facts | None) -> Iterator[str]:
    """More things of a class in different pieces of furniture than there are."""
    if facts is None:
        return
    for kind in dict.fromkeys(leaf.what.type for leaf in leaves if leaf.what.type and not leaf.what.state):
        wanted: dict[str, int] = {}
        for leaf in leaves:
            where = leaf.where.type
            if leaf.what == Which(kind) and where in facts.kinds and "pick" not in facts.kinds[where]:
                wanted[where] = max(wanted.get(where, 0), leaf.count)
        total = sum(wanted.values())
        if len(wanted) > 1 and total > facts.number(Which(kind)) and not any(set(p) <= set(wanted) for p in PARTS):
            places = " and ".join(wanted)
            yield f"{total} × {kind} are asked for at {places}, there is at most {facts.number(Which(kind))}"


def _one(a: Which, b: Which, facts: Facts | None) -> bool:
    """True if both descriptions can only mean one and the same thing."""
    if a.id or b.id:
        named, other = (a, b) if a.id else (b, a)
        if other.id:
            return named.id == other.id
        return facts is not None and facts.ids.get(named.id) == other.type and facts.number(other) == 1
    return a.type == b.type and facts is not None and facts.number(a) == 1


def _same(a: Which, b: Which, facts: Facts | None) -> bool:
    """True if one thing can fit both descriptions."""
    if a.id and b.id:
        return a.id == b.id
    if a.id or b.id:
        named, other = (a, b) if a.id else (b, a)
        return facts is None or facts.ids.get(named.id) == other.type
    return a.type == b.type


def _value(state: State) -> str:
    return state.name if state.value else f"not {state.name}"
