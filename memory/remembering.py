"""The part of the facade that looks back: what was lived through, and what was learned from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import InputError
from .episodic import Episodic
from .frames import Shown, best_frames
from .graph import event_graph
from .learned import Learned
from .learning import Learning
from .observe import Observer
from .plainly import plainly
from .procedures import Bound, Procedure
from .retrieval import Found, Retrieval
from .retrieval import tier as retrieval_tier
from .segments import GAP, Segment, segments
from .telling import Telling
from .world import World

if TYPE_CHECKING:
    import networkx


@plainly
class Remembering:
    """Searches, episodes alike, what was learned, procedures, pictures. ``Reading`` makes the parts that are used here."""

    _world: World
    _observer: Observer
    _episodic: Episodic
    _telling: Telling
    _learning: Learning
    _retrieval: Retrieval

    if TYPE_CHECKING:

        def _refresh(self) -> None: ...

        def _mend(self) -> None: ...

    def search(
        self, text: str = "", *, things: Sequence[str] = (), place: str | None = None, at: float | None = None,
        kinds: Sequence[str] = (), most: int = 8, tier: str = "high",
    ) -> list[Found]:  # fmt: skip
        """Episodes, actions, changes and remarks found by words, meaning, things, place, time (s) and association, best first.

        ``kinds`` limits them ("episode", "action", "change", "note"), ``tier`` the cost; ``Found.explain`` tells of the score.
        """
        self._refresh()
        cue = self._telling.cue(text, at, frozenset(kinds))
        ids = (*(self._world.resolve(i) for i in things), *cue.things)
        places = (*([self._world.resolve(place)] if place is not None else []), *cue.places)
        cue = replace(cue, things=tuple(dict.fromkeys(ids)), places=tuple(dict.fromkeys(places)))
        return self._retrieval.find(cue, most, retrieval_tier(tier))

    def segments(self, gap: float = GAP) -> list[Segment]:
        """What was lived through, cut where the instruction or the room changes and where nothing happened for ``gap`` s."""
        if not gap > 0:
            raise InputError(f"a gap of {gap} s cuts nothing; seconds above 0 are needed")
        self._refresh()
        return segments(self._world, self._retrieval.moments, self._episodic, gap)

    def similar_episodes(self, what: str, most: int = 3, tier: str = "high") -> list[Found]:
        """Episodes like an instruction in English, or like an episode (its id, which is left out itself), most alike first."""
        self._refresh()
        own = next((e for e in self._episodic.episodes() if e.id == what), None)
        text, but = (own.instruction, own.id) if own is not None else (what, "")
        return self._telling.alike(text, most, but, retrieval_tier(tier))

    def learned(self, kind: str | None = None, about: str = "") -> list[Learned]:
        """What was learned, with counts for and against, contradictions beside each other: ``Learned.kind`` lists the kinds."""
        self._refresh()
        return self._learning.all(kind, about)

    def procedures(self, instruction: str | None = None) -> list[Procedure]:
        """Sequences of actions that worked, with trials and successes; those for one instruction if given."""
        self._refresh()
        known = self._learning.procedures
        return known.all() if instruction is None else known.about(instruction)

    def rehearse(self, procedure: Procedure) -> list[Bound]:
        """A procedure's steps for the things that are known now, each with the guards that do not hold yet."""
        self._refresh()
        return self._learning.procedures.bind(procedure)

    def best_frames(self, id: str) -> list[Shown]:
        """Kept pictures of a thing, the one that saw it best first; see ``keyframe``."""
        self._refresh()
        if self._world.node(id) is None:
            raise InputError(f"there is no thing {id!r}; Memory.things lists those that there are")
        return best_frames(self._world, self._observer.keyframes, self._world.resolve(id))

    def event_graph(self) -> networkx.MultiDiGraph:
        """Events and things as nodes; edges keyed before, caused_by, part_of, about and at."""
        self._refresh()
        return event_graph(self._retrieval.moments)
