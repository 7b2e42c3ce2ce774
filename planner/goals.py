"""Goal conditions as data: what an instruction wants to be true, without saying how to get there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..contracts import Verb


@dataclass(frozen=True)
class Ref:
    """A description of a thing, not yet resolved to a memory id.

    ``labels`` are the classes that fit (empty: any graspable one), ``source`` the place that it has to be taken from
    with its relation (``strict``: nowhere else will do; otherwise the place is only a hint), ``recent`` means the one
    that the robot moved last, ``other`` not that one, ``count`` how many are meant (0 = all). ``key`` tells apart two
    references with the same words; pronouns share the key of what they stand for.
    """

    labels: tuple[str, ...]
    phrase: str
    key: int = 0
    source: tuple[str, Ref] | None = None
    strict: bool = True
    colour: str = ""
    recent: bool = False
    other: bool = False
    count: int = 1

    def __str__(self) -> str:
        text = self.phrase
        if self.source is not None:
            text += f" from {self.source[1].phrase}"
        return text


@dataclass(frozen=True)
class On:
    """``thing`` stands on ``place``."""

    thing: Ref
    place: Ref
    passing: bool = False  # it has to become so once, and may end otherwise

    def __str__(self) -> str:
        return f"{self.thing} on {self.place}"


@dataclass(frozen=True)
class In:
    """``thing`` is inside ``place``."""

    thing: Ref
    place: Ref
    passing: bool = False  # it has to become so once, and may end otherwise

    def __str__(self) -> str:
        return f"{self.thing} in {self.place}"


@dataclass(frozen=True)
class Held:
    """``thing`` is in the robot's hand."""

    thing: Ref

    def __str__(self) -> str:
        return f"{self.thing} in the hand"


@dataclass(frozen=True)
class State:
    """State ``attribute`` of ``thing`` has ``value``. ``passing``: it has to become so once, and may end otherwise."""

    thing: Ref
    attribute: str
    value: str
    passing: bool = False

    def __str__(self) -> str:
        return f"{self.thing} {self.value}"


@dataclass(frozen=True)
class AtOriginalPlace:
    """``thing`` is back where it was before the robot first moved it."""

    thing: Ref

    def __str__(self) -> str:
        return f"{self.thing} back in its place"


@dataclass(frozen=True)
class Located:
    """``thing`` has been seen: memory knows where it is."""

    thing: Ref

    def __str__(self) -> str:
        return f"{self.thing} found"


@dataclass(frozen=True)
class Did:
    """An action was carried out on ``thing`` (None: on nothing in particular), such as a look, a drive or a cut."""

    verb: Verb
    thing: Ref | None

    def __str__(self) -> str:
        return f"{self.verb.value} {self.thing}" if self.thing else f"{self.verb.value} around"


Goal = On | In | Held | State | AtOriginalPlace | Located | Did


@dataclass(frozen=True)
class Task:
    """An understood instruction: goal conditions in the order in which they were said; ``ordered``: to be met in that order."""

    instruction: str
    goals: tuple[Goal, ...]
    ignored: tuple[str, ...] = field(default=())  # clauses that were taken for background
    ordered: bool = False

    def __str__(self) -> str:
        return "; ".join(str(goal) for goal in self.goals)


def refs(goal: Goal) -> tuple[Ref, ...]:
    """The references in a goal: the thing, and the place if it names one."""
    if isinstance(goal, On | In):
        return (goal.thing, goal.place)
    return () if goal.thing is None else (goal.thing,)


def simplified(goals: tuple[Goal, ...]) -> tuple[Goal, ...]:
    """``goals`` without those that later ones overtake.

    Holding a thing that is put down later is only a means; so is opening what is closed again after something else
    was done with it. What is undone later for no such reason (open it and close it; put it here, then there) is a wish
    of its own: it is kept as ``passing``.
    """
    out: list[Goal] = []
    for i, goal in enumerate(goals):
        later = goals[i + 1 :]
        if isinstance(goal, Held | Located | On | In | AtOriginalPlace):
            again = [g for g in later if isinstance(g, Held | On | In | AtOriginalPlace) and _same(g.thing, goal.thing)]
            if again and isinstance(goal, Held | Located | AtOriginalPlace):
                continue
            if again and _same_place(again[0], goal):
                continue
            if again and isinstance(goal, On | In) and not isinstance(again[0], Held):
                goal = replace(goal, passing=True)
        if isinstance(goal, State):
            back = [
                k
                for k, g in enumerate(later)
                if isinstance(g, State) and g.thing.labels == goal.thing.labels and g.value != goal.value
            ]
            if back and any(not isinstance(g, State) for g in later[: back[0]]):
                continue
            if back:
                goal = replace(goal, passing=True)
        if goal not in out:
            out.append(goal)
    return tuple(out)


def _same(a: Ref, b: Ref) -> bool:
    return a.key == b.key


def _same_place(a: Goal, b: Goal) -> bool:
    return isinstance(a, On | In) and isinstance(b, On | In) and type(a) is type(b) and a.place.labels == b.place.labels
