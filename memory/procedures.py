"""How things were done: sequences of actions that worked, with their trials and successes, ready to be done again under guards.

An episode that ended well gives a sequence of its successful changing actions, with classes in place of ids. Equal
sequences for the same kind of instruction are one procedure. To replay it, each step is bound to a thing that is
known now, and its guards (is the thing there, is what it is in open, is the hand free?) are checked against belief; a
guard that does not hold is told, with what would make it hold. Counted from the tables, nothing is kept beside them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ..contracts import Decision, Verb
from ..errors import InputError
from .learned import Cached, newest
from .lessons import Lessons
from .node import Node
from .phrases import things
from .records import ActionRecord, EpisodeRecord
from .spatial import enclosing, openness
from .things import meant
from .vocabulary import CONTAINERS, canonical, noun

CHANGING = frozenset({"pick", "place", "open", "close", "toggle", "slice"})
WELL = frozenset({"done", "succeeded", "success"})


@dataclass(frozen=True)
class StepOf:
    """One step: a verb, the class of its target, and the relation of a placement."""

    verb: str
    label: str
    relation: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {f'{self.relation} ' if self.relation else ''}{self.label}".strip()


@dataclass(frozen=True)
class Procedure:
    """A way of doing something. ``trials`` are episodes with such an instruction that tried it, ``successes`` those
    that went well.
    """

    task: str
    steps: tuple[StepOf, ...]
    trials: int
    successes: int
    first: float
    last: float
    evidence: tuple[int, ...]
    episodes: tuple[str, ...]
    seconds: float  # the median time that it took

    @property
    def probability(self) -> float:
        """Chance that it works again: Laplace's rule of succession."""
        return (self.successes + 1) / (self.trials + 2)

    def __str__(self) -> str:
        return f"“{self.task}”: {', then '.join(map(str, self.steps))} ({self.successes} of {self.trials} times)."


@dataclass(frozen=True)
class Bound:
    """A step for the things that are known now: what to do, and the guards that do not hold ("the drawer (o3) has to
    be open").
    """

    decision: Decision
    unmet: tuple[str, ...]


class Procedures(Cached):
    """Procedures by task."""

    def __init__(self, lessons: Lessons) -> None:
        super().__init__(lessons.world)
        self.lessons = lessons
        self._found: list[Procedure] = []
        self._key: tuple[object, int, int] | None = None

    def all(self) -> list[Procedure]:
        """Every procedure that worked at least once, the most reliable first."""
        if self.stale() and (self._key != (key := (self.world.nodes, self.lessons.episodic.version, self._ended()))):
            self._key = key
            self._found = self._gather(self.lessons.episodic.episodes())
        return self._found

    def about(self, instruction: str) -> list[Procedure]:
        """Procedures for instructions with the same words but for function words and order."""
        return [p for p in self.all() if p.task == task(instruction)]

    def bind(self, procedure: Procedure) -> list[Bound]:
        """Its steps for what is known now; ``InputError`` names a class of which nothing is known.

        Guards assume that the steps before have worked.
        """
        world = self.lessons.world
        full = bool(world.in_hand())
        states: dict[str, str] = {}
        out = []
        for step in procedure.steps:
            node = self._target(step, states)
            unmet = self._guards(step, node, full, states)
            if step.verb in ("open", "close"):
                states[node.id] = "open" if step.verb == "open" else "closed"
            full = {"pick": True, "place": False}.get(step.verb, full)
            decision = Decision(Verb(step.verb), node.id, step.relation or None,
                                why=f"it worked {procedure.successes} of {procedure.trials} times")  # fmt: skip
            out.append(Bound(decision, tuple(unmet)))
        return out

    # --- inside -------------------------------------------------------------------------------------------------------
    def _ended(self) -> int:
        query = "SELECT count(*) FROM acts WHERE kind = 'episode' AND ended IS NOT NULL"
        return int(self.world.store.db.execute(query).fetchone()[0])

    def _gather(self, episodes: Sequence[EpisodeRecord]) -> list[Procedure]:
        by_task: dict[str, list[EpisodeRecord]] = defaultdict(list)
        for e in episodes:
            if e.ended is not None:
                by_task[task(e.instruction)].append(e)
        found = []
        for name, group in sorted(by_task.items()):
            ways: dict[tuple[StepOf, ...], list[EpisodeRecord]] = defaultdict(list)
            for e in group:
                if e.status in WELL and (steps := self._steps(e.actions)):
                    ways[steps].append(e)
            for steps, good in sorted(ways.items(), key=lambda w: (-len(w[1]), str(w[0]))):
                bad = [e for e in group if e.status not in WELL and self._began(e, steps)]
                took = sorted((e.ended or e.started) - e.started for e in good)
                found.append(Procedure(
                    name, steps, len(good) + len(bad), len(good), min(e.started for e in good), max(e.started for e in good),
                    newest(self.lessons.seq_of(e.id) for e in (*good, *bad)), tuple(e.id for e in good), took[len(took) // 2],
                ))  # fmt: skip
        return sorted(found, key=lambda p: (-p.probability, -p.successes, p.task, str(p.steps)))

    def _steps(self, actions: Sequence[ActionRecord]) -> tuple[StepOf, ...]:
        return tuple(s for a in actions if a.status == "succeeded" and (s := self._step(a)) is not None)

    def _step(self, a: ActionRecord) -> StepOf | None:
        if a.verb not in CHANGING or a.target is None:
            return None
        label = self.lessons.world.label(self.lessons.world.resolve(a.target))
        return StepOf(a.verb, canonical(label), (a.relation or "") if a.verb == "place" else "")

    def _began(self, episode: EpisodeRecord, steps: tuple[StepOf, ...]) -> bool:
        """Did a failed episode try this way as far as it got?"""
        tried = tuple(s for a in episode.actions if (s := self._step(a)) is not None)
        return bool(tried) and all(s in steps for s in tried)

    def _target(self, step: StepOf, states: dict[str, str]) -> Node:
        """The best thing of the class; of several one in what an earlier step has opened."""
        world = self.lessons.world
        nodes = meant(world, step.label)
        if not nodes:
            raise InputError(f"to {step}: no {step.label} is known; look for one first")
        inside = {id for id, state in states.items() if state == "open"}
        fact = {n.id: world.fact(n.id) for n in nodes}
        rank = {n.id: k for k, n in enumerate(nodes)}
        return min(
            nodes, key=lambda n: (n.presence.absent, (f := fact[n.id]) is None or f.object not in inside, rank[n.id])
        )

    def _guards(self, step: StepOf, node: Node, full: bool, states: dict[str, str]) -> list[str]:
        world = self.lessons.world
        unmet = []
        if node.presence.absent:
            unmet.append(f"the {node.label} ({node.id}) is gone from where it was; look for it")
        if step.verb == "pick" and full:
            unmet.append("the hand has to be empty")
        if step.verb == "place" and not full:
            unmet.append("something has to be in the hand")
        shut = enclosing(world, node.id)
        if step.verb in ("pick", "toggle", "slice") and shut is not None and states.get(shut) != "open":
            unmet.append(f"the {world.label(shut)} ({shut}) has to be open")
        state = openness(world, node.id)
        closed = states.get(node.id, state[0] if state is not None else "") == "closed"
        if step.verb == "place" and node.label in CONTAINERS and step.relation != "on" and closed:
            unmet.append(f"the {node.label} ({node.id}) has to be open")
        for lesson in self.lessons.about(step.verb, step.label):
            if (
                lesson.kind == "precondition"
                and lesson.value[0] == "it"
                and not self._holds(lesson.value[1], node, states)
            ):
                unmet.append(f"the {node.label} ({node.id}) has to be {lesson.value[1]}")
        return list(dict.fromkeys(unmet))

    def _holds(self, value: str, node: Node, states: dict[str, str]) -> bool:
        state = openness(self.lessons.world, node.id)
        return states.get(node.id, state[0] if state is not None else value) == value


def task(instruction: str) -> str:
    """An instruction without what does not tell tasks apart: "Please put the mug on the table" → "put mug on table"."""
    words = re.findall(r"[a-z]+", instruction.lower())
    kept = [w for w in words if w not in _EMPTY]
    nouns = {w: noun(w) for w in kept}
    named = {part for thing in things(instruction) for part in thing.split()}
    return " ".join(canonical(w) if w in named else nouns[w] for w in kept)


_EMPTY = frozenset(
    [
        "the",
        "a",
        "an",
        "please",
        "could",
        "you",
        "can",
        "would",
        "my",
        "your",
        "it",
        "this",
        "that",
        "now",
        "then",
        "and",
        "to",
        "for",
        "me",
        "robot",
        "hey",
        "ok",
        "thanks",
    ]
)
