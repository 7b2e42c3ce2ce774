"""Goal conditions as data, checked against ground truth only.

A goal is a tree of small records; ``to_json``/``from_json`` give the readable file form:

    {"and": [{"in": ["Apple", "Fridge"]}, {"state": ["Fridge", "open", false]}]}
    {"count": [2, {"on": ["Pillow", "Sofa"]}]}           two different pillows on one and the same sofa
    {"in": [{"type": "Mug", "state": {"clean": true}}, "CoffeeMachine"]}
    {"ordered": [goal, goal]}                            reached one after the other

``check`` looks at one moment; ``Progress`` follows a run and remembers which ordered parts were reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import InputError


class GroundTruth(Protocol):
    """What a goal is checked against; worlds implement it."""

    def ids(self) -> Sequence[str]:
        """Every thing there is."""
        ...

    def kind(self, id: str) -> str:
        """Its class."""
        ...

    def holder(self, id: str) -> tuple[str, ...]:
        """The receptacles that it is directly or through others in or on."""
        ...

    def state(self, id: str, name: str) -> bool:
        """A state such as open, on, clean, hot, cold, sliced, filled."""
        ...

    def held(self) -> str | None:
        """What the robot holds."""
        ...


@dataclass(frozen=True)
class Which:
    """A description of things: a class and states they must have; or one id."""

    type: str = ""
    state: Mapping[str, bool] = field(default_factory=dict)
    id: str = ""

    def matches(self, truth: GroundTruth, id: str) -> bool:
        """True if the thing fits the description."""
        if self.id:
            return id == self.id
        return truth.kind(id) == self.type and all(truth.state(id, k) is v for k, v in self.state.items())

    def all(self, truth: GroundTruth) -> list[str]:
        """Every thing that fits, in the world's order."""
        return [i for i in truth.ids() if self.matches(truth, i)]


@dataclass(frozen=True)
class Inside:
    """A thing is in or on a receptacle, directly or through a movable one. ``count`` different things in the same one."""

    what: Which
    where: Which
    count: int = 1
    word: str = "in"


@dataclass(frozen=True)
class State:
    """Some thing of the description has (or has not) a state."""

    what: Which
    name: str
    value: bool = True


@dataclass(frozen=True)
class Held:
    """The robot holds a thing of the description."""

    what: Which


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Goal, ...]


@dataclass(frozen=True)
class Any_:
    """At least one part holds."""

    parts: tuple[Goal, ...]


@dataclass(frozen=True)
class Ordered:
    """The parts were reached in this order; the last one holds now."""

    parts: tuple[Goal, ...]


Goal = Inside | State | Held | All | Any_ | Ordered


def check(goal: Goal, truth: GroundTruth) -> bool:
    """True if the goal holds at this moment; an ``Ordered`` one when its last part does (see ``Progress``)."""
    if isinstance(goal, Inside):
        wanted = goal.what.all(truth)
        return any(sum(place in truth.holder(i) for i in wanted) >= goal.count for place in goal.where.all(truth))
    if isinstance(goal, State):
        return any(truth.state(i, goal.name) is goal.value for i in goal.what.all(truth))
    if isinstance(goal, Held):
        held = truth.held()
        return held is not None and goal.what.matches(truth, held)
    if isinstance(goal, All):
        return all(check(g, truth) for g in goal.parts)
    if isinstance(goal, Any_):
        return any(check(g, truth) for g in goal.parts)
    return check(goal.parts[-1], truth)


def leaves(goal: Goal) -> Iterator[Goal]:
    """The goal's conditions, left to right."""
    if isinstance(goal, (All, Any_, Ordered)):
        for part in goal.parts:
            yield from leaves(part)
    else:
        yield goal


class Progress:
    """Follows one run: partial credit, and the order of ordered goals."""

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self._next: dict[int, int] = {}

    def update(self, truth: GroundTruth) -> bool:
        """Call after every step; True once the goal is reached."""
        return self._holds(self.goal, truth)

    def credit(self, truth: GroundTruth) -> float:
        """Share of the conditions that hold now, in [0, 1]; ordered parts count once they were reached in order."""
        parts = list(leaves(self.goal))
        return sum(check(g, truth) for g in parts) / len(parts)

    def _holds(self, goal: Goal, truth: GroundTruth) -> bool:
        if isinstance(goal, All):
            held = [self._holds(g, truth) for g in goal.parts]  # every part is asked: each keeps its own order
            return all(held)
        if isinstance(goal, Any_):
            held = [self._holds(g, truth) for g in goal.parts]
            return any(held)
        if isinstance(goal, Ordered):
            reached = self._next.get(id(goal), 0)
            while reached < len(goal.parts) and self._holds(goal.parts[reached], truth):
                reached += 1
            self._next[id(goal)] = reached
            return reached == len(goal.parts)
        return check(goal, truth)


# --- the file form ------------------------------------------------------------------------------------------------------
def from_json(data: Any) -> Goal:
    """A goal from its file form. ``InputError`` names the part that is wrong and what would be right."""
    if not isinstance(data, Mapping) or len(data) != 1:
        raise InputError(
            f"goal {data!r} has to be an object with one key: and, or, ordered, in, on, state, held or count"
        )
    ((word, body),) = data.items()
    if word in ("and", "or", "ordered"):
        if not isinstance(body, list) or not body:
            raise InputError(f"goal {word!r} needs a list of at least one goal, got {body!r}")
        parts = tuple(from_json(g) for g in body)
        return All(parts) if word == "and" else Any_(parts) if word == "or" else Ordered(parts)
    if word in ("in", "on"):
        what, where = _pair(word, body, 2)
        return Inside(_which(what), _which(where), word=word)
    if word == "count":
        n, inner = _pair(word, body, 2)
        goal = from_json(inner)
        if not isinstance(goal, Inside) or not isinstance(n, int) or n < 1:
            raise InputError(f"goal count needs [a number of at least 1, an in or on goal], got {body!r}")
        return Inside(goal.what, goal.where, n, goal.word)
    if word == "state":
        what, name, value = _pair(word, [*body, True] if isinstance(body, list) and len(body) == 2 else body, 3)
        if not isinstance(name, str) or not isinstance(value, bool):
            raise InputError(f"goal state needs [what, name of the state, true or false], got {body!r}")
        return State(_which(what), name, value)
    if word == "held":
        return Held(_which(body))
    raise InputError(f"goal {word!r} is not known: and, or, ordered, in, on, state, held or count")


def to_json(goal: Goal) -> dict[str, Any]:
    """The file form of a goal; ``from_json`` reads it back."""
    if isinstance(goal, (All, Any_, Ordered)):
        word = {All: "and", Any_: "or", Ordered: "ordered"}[type(goal)]
        return {word: [to_json(g) for g in goal.parts]}
    if isinstance(goal, Inside):
        inner = {goal.word: [_plain(goal.what), _plain(goal.where)]}
        return inner if goal.count == 1 else {"count": [goal.count, inner]}
    if isinstance(goal, State):
        return {"state": [_plain(goal.what), goal.name, goal.value]}
    return {"held": _plain(goal.what)}


def lint(goal: Goal, kinds: Mapping[str, frozenset[str]]) -> list[str]:
    """What no world with these classes (class → affordances) can meet; empty when the goal is possible."""
    faults: list[str] = []
    for leaf in leaves(goal):
        assert isinstance(leaf, (Inside, State, Held))
        described = [leaf.what, leaf.where] if isinstance(leaf, Inside) else [leaf.what]
        faults += [f"there is no {w.type}" for w in described if w.type and w.type not in kinds]
        if isinstance(leaf, Inside) and "receptacle" not in kinds.get(leaf.where.type, {"receptacle"}):
            faults.append(f"nothing can be {leaf.word} a {leaf.where.type}: it is no receptacle")
        if isinstance(leaf, (Inside, Held)) and "pick" not in kinds.get(leaf.what.type, {"pick"}):
            faults.append(f"a {leaf.what.type} cannot be picked up")
        needs = {"open": "open", "on": "toggle", "sliced": "slice", "filled": "fill", "broken": "break"}
        names = [leaf.name] if isinstance(leaf, State) else list(leaf.what.state)
        for name in names:
            needed = needs.get(name)
            if needed and needed not in kinds.get(leaf.what.type, {needed}):
                faults.append(f"a {leaf.what.type} can never be {name}")
    return faults


def _which(data: Any) -> Which:
    if isinstance(data, str) and data:
        return Which(type=data)
    if isinstance(data, Mapping) and set(data) <= {"type", "state", "id"} and ("type" in data or "id" in data):
        return Which(data.get("type", ""), dict(data.get("state", {})), data.get("id", ""))
    raise InputError(f'{data!r} describes no thing: a class such as "Mug", or {{"type", "state", "id"}}')


def _plain(which: Which) -> Any:
    if which.id or which.state:
        full = {"type": which.type, "state": dict(which.state), "id": which.id}
        return {k: v for k, v in full.items() if v}
    return which.type


def _pair(word: str, body: Any, n: int) -> list[Any]:
    if not isinstance(body, list) or len(body) != n:
        raise InputError(f"goal {word!r} needs a list of {n}, got {body!r}")
    return body
