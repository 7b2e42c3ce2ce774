"""Goal conditions as data, checked against ground truth only.

A goal is a tree of small records; ``to_json``/``from_json`` give the readable file form:

    {"and": [{"in": ["Apple", "Fridge"]}, {"state": ["Fridge", "open", false]}]}
    {"count": [2, {"on": ["Pillow", "Sofa"]}]}           two different pillows on one and the same sofa
    {"in": [{"type": "Mug", "state": {"clean": true}}, "CoffeeMachine"]}
    {"count": [2, {"state": ["Candle", "on"]}]}          two candles that burn
    {"ordered": [goal, goal]}                            reached one after the other

``check`` looks at one moment; ``Progress`` follows a run and remembers which ordered parts were reached. What no world can
meet is named by ``goal_lint``; docs/tasks.md describes the form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
        named = id == self.id if self.id else truth.kind(id) == self.type
        return named and all(truth.state(id, k) is v for k, v in self.state.items())

    def all(self, truth: GroundTruth) -> list[str]:
        """Every thing that fits, in the world's order."""
        if self.id:
            return [self.id] if self.id in truth.ids() and self.matches(truth, self.id) else []
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
    """Some thing of the description has (or has not) a state; ``count`` different things have."""

    what: Which
    name: str
    value: bool = True
    count: int = 1


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
    """The parts came true in this order, each after the one before; the last one holds now."""

    parts: tuple[Goal, ...]


Goal = Inside | State | Held | All | Any_ | Ordered


def check(goal: Goal, truth: GroundTruth) -> bool:
    """True if the goal holds at this moment; an ``Ordered`` one when its last part does (see ``Progress``)."""
    if isinstance(goal, Inside):
        wanted = goal.what.all(truth)
        return any(sum(place in truth.holder(i) for i in wanted) >= goal.count for place in goal.where.all(truth))
    if isinstance(goal, State):
        return sum(truth.state(i, goal.name) is goal.value for i in goal.what.all(truth)) >= goal.count
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
    """Follows one run: partial credit, and the order of ordered goals.

    A part of an ``Ordered`` goal counts when it comes true after the part before it did; what held already by then has to be
    seen not to hold first. So call ``update`` after every action: what happens between two calls has no order.
    """

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self._reached: dict[tuple[int, ...], int] = {}  # path of an ordered goal → its parts reached so far
        self._fresh: dict[tuple[int, ...], bool] = {}  # … → has its next part been seen not to hold since?

    def update(self, truth: GroundTruth) -> bool:
        """Call after every step; True while the goal is reached."""
        return self._holds(self.goal, truth, ())

    def credit(self, truth: GroundTruth) -> float:
        """Share of the conditions that are met, in [0, 1]: of the best alternative of an "or", and of an ordered goal those of
        the parts that were reached in order and of the next one. 1 exactly when ``update`` said True."""
        return self._share(self.goal, truth, ())

    def _holds(self, goal: Goal, truth: GroundTruth, path: tuple[int, ...]) -> bool:
        if isinstance(goal, (All, Any_)):
            # every part is asked: each keeps its own order
            held = [self._holds(g, truth, (*path, i)) for i, g in enumerate(goal.parts)]
            return all(held) if isinstance(goal, All) else any(held)
        if not isinstance(goal, Ordered):
            return check(goal, truth)
        held = [self._holds(g, truth, (*path, i)) for i, g in enumerate(goal.parts)]
        reached, fresh = self._reached.get(path, 0), self._fresh.get(path, True)
        if reached < len(held) and held[reached] and fresh:
            reached, fresh = reached + 1, False
        if reached < len(held):
            fresh = fresh or not held[reached]
        self._reached[path], self._fresh[path] = reached, fresh
        return reached == len(held) and held[-1]

    def _share(self, goal: Goal, truth: GroundTruth, path: tuple[int, ...]) -> float:
        if not isinstance(goal, (All, Any_, Ordered)):
            return float(check(goal, truth))
        shares = [self._share(g, truth, (*path, i)) for i, g in enumerate(goal.parts)]
        if isinstance(goal, Any_):
            return max(shares)
        if isinstance(goal, Ordered):
            reached = self._reached.get(path, 0)
            if reached < len(shares):  # what holds already without its turn having come earns nothing
                now = shares[reached] if shares[reached] < 1.0 else 0.0
                shares = [1.0] * reached + [now] + [0.0] * (len(shares) - reached - 1)
            else:
                shares = [1.0] * (reached - 1) + shares[-1:]
        sizes = [sum(1 for _ in leaves(g)) for g in goal.parts]
        return sum(s * n for s, n in zip(shares, sizes, strict=True)) / sum(sizes)


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
        if not isinstance(goal, (Inside, State)) or not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise InputError(f"goal count needs [a number of at least 1, an in, on or state goal], got {body!r}")
        return replace(goal, count=n)
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
        inner = {"state": [_plain(goal.what), goal.name, goal.value]}
        return inner if goal.count == 1 else {"count": [goal.count, inner]}
    return {"held": _plain(goal.what)}


def _which(data: Any) -> Which:
    if isinstance(data, str) and data:
        return Which(type=data)
    if isinstance(data, Mapping) and set(data) <= {"type", "state", "id"} and ("type" in data or "id" in data):
        type, states, id = data.get("type", ""), data.get("state", {}), data.get("id", "")
        names = isinstance(type, str) and isinstance(id, str) and bool(type or id)
        values = isinstance(states, Mapping) and all(isinstance(v, bool) for v in states.values())
        if names and values:
            return Which(type, dict(states), id)
    raise InputError(
        f'{data!r} describes no thing: a class such as "Mug", or {{"type": class, "state": {{name: true or false}}}}, '
        'or {"id": one certain thing}'
    )


def _plain(which: Which) -> Any:
    if which.id or which.state:
        full = {"type": which.type, "state": dict(which.state), "id": which.id}
        return {k: v for k, v in full.items() if v}
    return which.type


def _pair(word: str, body: Any, n: int) -> list[Any]:
    if not isinstance(body, list) or len(body) != n:
        raise InputError(f"goal {word!r} needs a list of {n}, got {body!r}")
    return body
