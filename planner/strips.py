"""A small planner: forward search over pick, place, open and close with preconditions, on symbols from belief.

STRIPS-like operators (Fikes & Nilsson 1971) and A* (Hart, Nilsson & Raphael 1968) with the number of still missing
moves as heuristic, which never overestimates: a thing elsewhere needs a pick and a place, a door one move.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..contracts import Verb


@dataclass(frozen=True)
class Atom:
    """One condition: ``kind`` on/in (``a`` is at place ``b``), held (``a``), open or closed (container ``a``)."""

    kind: str
    a: str
    b: str = ""


@dataclass(frozen=True)
class Move:
    """One planned action by ids; ``relation`` only for a place."""

    verb: Verb
    target: str
    relation: str | None = None


@dataclass(frozen=True)
class World:
    """A symbolic state: what is held, where movable things are, which doors are open (unknown counts as closed).

    ``ajar`` are those of the open ones that have to be opened further before a hand gets in.
    """

    held: str | None
    at: tuple[tuple[str, tuple[str, str] | None], ...]  # thing → (relation, place), sorted by id
    open: frozenset[str]
    ajar: frozenset[str] = frozenset()

    def place(self, thing: str) -> tuple[str, str] | None:
        """(relation, place) of a thing, None while held or unknown."""
        return dict(self.at).get(thing)

    def holds(self, atom: Atom) -> bool:
        """True if a condition is met."""
        if atom.kind == "held":
            return self.held == atom.a
        if atom.kind in ("open", "closed"):
            return (atom.a in self.open) == (atom.kind == "open")
        return self.place(atom.a) == (atom.kind, atom.b)


@dataclass(frozen=True)
class Problem:
    """What may be moved, which containers have doors, where things may be put down for the time being.

    ``hosts`` says in which containers a place itself lies (a plate in a cupboard); ``cost`` is asked for each move
    (None = must not be used, after failures).
    """

    start: World
    goals: tuple[Atom, ...]
    doors: frozenset[str]
    spare: tuple[str, ...]
    cost: Callable[[Move], float | None]
    hosts: Mapping[str, str]
    limit: int = 20000


def plan(problem: Problem) -> list[Move] | None:
    """The cheapest sequence of moves to all goals ([] if they hold already), or None if there is none."""
    start = problem.start
    frontier: list[tuple[float, int, float, World]] = [(_missing(start, problem.goals), 0, 0.0, start)]
    came: dict[World, tuple[World, Move] | None] = {start: None}
    best: dict[World, float] = {start: 0.0}
    pushed = 0
    while frontier and pushed < problem.limit:
        _, _, spent, world = heapq.heappop(frontier)
        if spent > best[world]:
            continue
        if all(world.holds(goal) for goal in problem.goals):
            return _path(came, world)
        for move, after in _moves(world, problem):
            step = problem.cost(move)
            if step is None or spent + step >= best.get(after, float("inf")):
                continue
            best[after] = spent + step
            came[after] = (world, move)
            pushed += 1
            heapq.heappush(frontier, (spent + step + _missing(after, problem.goals), pushed, spent + step, after))
    return None


def _missing(world: World, goals: tuple[Atom, ...]) -> float:
    total = 0.0
    for goal in goals:
        if not world.holds(goal):
            total += 2.0 if goal.kind in ("on", "in") and world.held != goal.a else 1.0
    return total


def _moves(world: World, problem: Problem) -> Iterator[tuple[Move, World]]:
    def reachable(place: str) -> bool:
        seen: set[str] = set()
        current: str | None = place
        while current is not None and current not in seen:
            seen.add(current)
            if current in problem.doors and (current not in world.open or current in world.ajar):
                return False
            current = problem.hosts.get(current)
        return True

    at = dict(world.at)
    if world.held is None:
        for door in sorted(problem.doors):
            if door in world.open:
                yield Move(Verb.CLOSE, door), replace(world, open=world.open - {door}, ajar=world.ajar - {door})
            host = problem.hosts.get(door)
            if (door not in world.open or door in world.ajar) and (host is None or reachable(host)):
                yield Move(Verb.OPEN, door), replace(world, open=world.open | {door}, ajar=world.ajar - {door})
        for thing, where in world.at:
            host = None if where is None else where[1] if where[0] == "in" else problem.hosts.get(where[1])
            if host is None or reachable(host):
                yield Move(Verb.PICK, thing), replace(world, held=thing, at=_with(at, thing, None))
        return
    held = world.held
    wanted = [(g.kind, g.b) for g in problem.goals if g.a == held and g.kind in ("on", "in")]
    for relation, place in dict.fromkeys([*wanted, *(("on", p) for p in problem.spare)]):
        if (relation == "on" and problem.hosts.get(place) is None) or reachable(place):
            yield Move(Verb.PLACE, place, relation), replace(world, held=None, at=_with(at, held, (relation, place)))


def _with(
    at: dict[str, tuple[str, str] | None], thing: str, where: tuple[str, str] | None
) -> tuple[tuple[str, tuple[str, str] | None], ...]:
    return tuple(sorted({**at, thing: where}.items()))


def _path(came: Mapping[World, tuple[World, Move] | None], world: World) -> list[Move]:
    out: list[Move] = []
    step = came[world]
    while step is not None:
        world, move = step
        out.append(move)
        step = came[world]
    return out[::-1]
