"""Loci under test: a memory that is fed by the patrol, and its answers through the public interface, place ids as names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ..contracts import Expected, ObservationBatch, Role
from ..errors import InputError
from ..geometry import F64, PinholeCamera
from ..memory import Memory
from ..memory.records import Answer, Knowledge
from .truth_ablation import Ablation
from .truth_errands import ROBOT
from .truth_ideal import PREFIX
from .truth_terms import ABILITIES, SOMEBODY, Question, Reply

NAME = "loci"
PLACED = ("on", "in", "at")
ASKED_AFTER = 12  # other things whose answers an erasure must not change


@dataclass
class Loci:
    """One memory. ``written``: for each report, the ids given to its detections."""

    memory: Memory
    ablation: Ablation = field(default_factory=Ablation)
    name: str = NAME
    supports: frozenset[str] = frozenset(ABILITIES)
    names: dict[str, Counter[str]] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    resolved: dict[str, str] = field(default_factory=dict)
    deeds: set[str] = field(default_factory=set)
    """Ids of the robot's own actions."""

    # --- being fed ----------------------------------------------------------------------------------------------------
    def expected(self, camera: PinholeCamera, T_world_cam: F64, stamp: float) -> list[Expected]:
        """What the memory wants to know of a view."""
        return self.memory.expected(camera, T_world_cam, stamp)

    def write(self, batch: ObservationBatch, names: Sequence[str]) -> list[object]:
        """Write a report, less what concerns the ideal observer; returns the id of each detection."""
        own = replace(batch, visibility=tuple(v for v in batch.visibility if not v.id.startswith(PREFIX)))
        ids = self.memory.write(self.ablation.of(own)).ids
        self.resolved.clear()
        for id, name in zip(ids, names, strict=True):
            if id is not None:
                self.names.setdefault(id, Counter())[name] += 1
                self.latest[id] = name
        return list(ids)

    # --- who is who, for scoring only ---------------------------------------------------------------------------------
    def id_of(self, key: object) -> str | None:
        """What an id is called now (it may have been merged)."""
        if not isinstance(key, str):
            return None
        if key not in self.resolved:
            try:
                self.resolved[key] = self.memory.get(key).id
            except InputError:
                return None
        return self.resolved[key]

    def true_name(self, id: str) -> str:
        """The true name behind a place's id: by most of the detections that it was given to."""
        counts = Counter[str]()
        for other, names in self.names.items():
            if self.id_of(other) == id:
                counts += names
        return counts.most_common(1)[0][0] if counts else id

    def true_names(self) -> dict[str, str]:
        """The true name behind every id that was given, by most of the detections that it was given to."""
        counts: dict[str, Counter[str]] = {}
        for other, names in self.names.items():
            id = self.id_of(other)
            if id is not None:
                counts.setdefault(id, Counter()).update(names)
        return {id: names.most_common(1)[0][0] for id, names in counts.items()}

    def owners(self) -> dict[str, str]:
        """Loose things: id → the true name behind its latest detection."""
        found: dict[str, str] = {}
        for thing in self.memory.things(Role.OBJECT):
            mine = [self.latest[thing.id]] if thing.id in self.latest else []
            if mine:
                found[thing.id] = mine[0]
        return found

    # --- answering ----------------------------------------------------------------------------------------------------
    def answer(self, question: Question) -> Reply:
        """Through the typed queries."""
        what = (
            self.id_of(question.keys.get(NAME)) or question.noun
        )  # by noun, where that sighting was taken for nothing yet
        memory, ability = self.memory, question.ability
        if ability.startswith("state"):
            said = memory.state(what, question.attribute, question.at)
            return Reply(said.value[:1], said.knowledge)
        if ability == "contents":
            ids = memory.contents(what).value
            return Reply(tuple(sorted(memory.get(i).label for i in ids)))
        if ability == "count":
            return Reply(memory.count(what).value)
        if ability == "usual place":
            return Reply(tuple(place for place, _, _ in memory.usual_places(what)[:1]), Knowledge.UNOBSERVED)
        if ability == "routine":
            return Reply(tuple(part for part, _, _ in memory.usual_times(what)[:1]), Knowledge.UNOBSERVED)
        if ability == "order":
            return self._order((what, question.attribute), (self.id_of(question.others.get(NAME)), question.other))
        if ability == "cause":
            return self._cause(what)
        said = memory.where(what, question.at)
        return Reply(
            self._chain(said) if question.at is None else tuple(map(self.true_name, said.value[:1])), said.knowledge
        )

    def _chain(self, said: Answer) -> tuple[str, ...]:
        found: list[str] = []
        ids = said.value[:1]
        while ids and ids[0] not in found:
            found.append(ids[0])
            ids = self.memory.where(ids[0]).value[:1]
        return tuple(map(self.true_name, found))

    def _order(self, *events: tuple[str | None, str]) -> Reply:
        """Which of two came first, each to its place or to its state, from the beginnings of the facts."""
        since = []
        for id, attribute in events:
            wanted = (attribute,) if attribute else PLACED
            facts = [f for f in self.memory.facts(id) if f.predicate in wanted] if id is not None else []
            facts.sort(key=lambda f: f.start, reverse=True)  # what it was moved about on is one place
            _, same = next(groupby(facts, key=lambda f: f.object), ("", ()))
            since.append(min((f.start for f in same), default=None))
        if since[0] is None or since[1] is None:
            return Reply()
        return Reply(("first" if since[0] < since[1] else "second",), Knowledge.UNOBSERVED)

    def _cause(self, id: str) -> Reply:
        """Who brought a thing to where it is: the cause of the fact that holds."""
        facts = [f for f in self.memory.facts(id) if f.predicate in PLACED and f.end is None]
        return (
            Reply((ROBOT if facts[-1].cause in self.deeds else SOMEBODY,), Knowledge.UNOBSERVED) if facts else Reply()
        )

    # --- probabilities ------------------------------------------------------------------------------------------------
    def spread(self, id: str) -> tuple[float, tuple[tuple[str, float], ...]]:
        """Probability that a thing is where it is believed to be, and of every place."""
        said = self.memory.where(id)
        if not self.ablation.no_filter:
            return said.probability, said.places
        there = said.knowledge is not Knowledge.ABSENT
        return float(there), tuple((place, 1.0) for place in said.value[:1] if there)

    # --- erasing ------------------------------------------------------------------------------------------------------
    def erase(self, id: str) -> Reply:
        """Forget a thing for good, then ask after it and after others; says what went wrong, "nothing" if all is well."""
        memory = self.memory
        others = [t.id for t in memory.things(Role.OBJECT) if t.id != id][:ASKED_AFTER]
        label = memory.get(id).label
        kin = [t for t in memory.things(Role.OBJECT) if t.label == label and t.id != id]
        before = {other: memory.where(other) for other in others}
        memory.forget(thing=id)
        wrong = []
        try:
            memory.get(id)
            wrong.append("still known by its id")
        except InputError:
            pass
        said = memory.where(label)
        if id in said.value or id in said.text.replace("(", " ").replace(")", " ").split():
            wrong.append("named in an answer")
        left = memory.find(label)  # of a cereal box that is forgotten, a box may still be meant
        known = any(t.label == label for t in left) or (not left and said.knowledge is not Knowledge.UNKNOWN)
        if not kin and known:
            wrong.append("its class is still known")
        if any(id in (f.subject, f.object) for f in memory.facts()):
            wrong.append("facts of it are left")
        after = {other: memory.where(other) for other in others}
        if any(
            (b.value, b.knowledge) != (after[o].value, after[o].knowledge)
            for o, b in before.items()
            if id not in b.value
        ):
            wrong.append("another answer has changed")
        return Reply(tuple(wrong) or ("nothing",), said.knowledge)
