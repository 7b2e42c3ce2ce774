"""Loci under test: a memory that is fed by the patrol, and its answers through the public interface, place ids as names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..contracts import Expected, ObservationBatch, Role, Verdict
from ..errors import InputError
from ..geometry import F64, PinholeCamera
from ..memory import Memory
from ..memory.records import Answer, Knowledge
from .truth_ideal import PREFIX, Ideal
from .truth_terms import ABILITIES, Question, Reply

NAME = "loci"


@dataclass(frozen=True)
class Ablation:
    """What is withheld from the memory: looks at empty spots and what was covered; or tracks and appearance."""

    name: str = ""
    no_negative: bool = False
    no_links: bool = False

    def of(self, batch: ObservationBatch) -> ObservationBatch:
        """The batch without what is withheld."""
        if self.no_negative:
            kept = tuple(v for v in batch.visibility if v.verdict is not Verdict.SEEN_THROUGH)
            batch = replace(batch, visibility=kept, coverage={})
        if self.no_links:
            blind = [replace(d, track=-1, appearance=np.zeros(0, np.float32)) for d in batch.detections]
            batch = replace(batch, detections=tuple(blind))
        return batch


@dataclass
class Loci:
    """One memory. ``written``: for each report, the ids given to its detections."""

    memory: Memory
    ideal: Ideal
    ablation: Ablation = field(default_factory=Ablation)
    name: str = NAME
    supports: frozenset[str] = frozenset(ABILITIES)
    names: dict[str, Counter[str]] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    resolved: dict[str, str] = field(default_factory=dict)

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
        what = self.id_of(question.keys.get(NAME)) if question.keys else question.noun
        if what is None:
            return Reply()
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
        if ability == "order":
            return self._order(what, self.id_of(question.others.get(NAME)))
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

    def _order(self, a: str, b: str | None) -> Reply:
        """Which of two came first to where it is, from the facts' beginnings."""
        places = ("on", "in", "at")
        since = [
            max((f.start for f in self.memory.facts(id) if f.predicate in places), default=None)
            if id is not None
            else None
            for id in (a, b)
        ]
        if since[0] is None or since[1] is None:
            return Reply()
        return Reply(("first" if since[0] < since[1] else "second",), Knowledge.UNOBSERVED)
