"""The half of the facade that asks and changes nothing: things, questions, evidence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from ..contracts import Keyframe, Role
from ..errors import InputError
from ..geometry import F64, matrix_from_quat, transform
from . import codec, english, intake, things
from .asking import Asking
from .episodic import Episodic
from .graph import graph
from .learning import Learning
from .lessons import Lessons
from .maps import Area, areas, innermost
from .moments import Moments
from .narrative import Narrative
from .observe import Observer
from .plainly import plainly
from .preferences import Preferences
from .procedures import Procedures
from .queries import Queries
from .recall import Recaller
from .records import ActionRecord, Answer, Candidate, EpisodeRecord, Event, Interval, KeyframeInfo, Recall, Thing
from .remembering import Remembering
from .retrieval import Retrieval
from .retrieval import tier as retrieval_tier
from .routines import Routines
from .semantic import Semantic
from .shortterm import ShortTerm
from .store import Store
from .telling import Telling
from .world import World

if TYPE_CHECKING:
    import networkx
    from numpy.typing import ArrayLike


@plainly
class Reading(Remembering):
    """What may be asked of an open memory, by its writer or by a reader beside it."""

    _spoiled = False

    def __init__(self, store: Store, short_term: ShortTerm | None = None) -> None:
        self._store = store
        self._own_short_term = short_term
        self._assemble()
        self._version = self._data_version()

    def _assemble(self) -> None:
        """Build everything anew from the tables, as if the file had just been opened."""
        self._world = World(self._store, self._own_short_term)
        self._observer = Observer(self._world)
        self._assemble_askers()

    def _assemble_askers(self) -> None:
        """The part of it that only asks."""
        self._episodic = Episodic(self._world, self._observer.hands)
        self._semantic = Semantic(self._world)
        self._queries = Queries(self._world, self._episodic, self._observer.keyframes)
        self._narrative = Narrative(self._queries, self._semantic)
        lessons = Lessons(self._episodic)
        self._learning = Learning(lessons, Preferences(self._world), Routines(self._world), Procedures(lessons))
        self._retrieval = Retrieval(Moments(self._world))
        self._telling = Telling(self._queries, self._semantic, self._learning, self._retrieval)
        self._asking = Asking(self._queries, self._narrative, self._telling)
        self._recaller = Recaller(self._world, self._episodic, self._semantic, self._telling)

    @property
    def now(self) -> float:
        """World time of the newest event, seconds."""
        self._refresh()
        return self._world.now

    # --- things -------------------------------------------------------------------------------------------------------
    def get(self, id: str) -> Thing:
        """One thing by its id, or by an id that was merged into it; ``InputError`` if there is none."""
        self._refresh()
        node = self._world.node(id)
        if node is None:
            known = f"{len(self._world.nodes)} things are known" if self._world.nodes else "nothing is known yet"
            raise InputError(f"there is no thing {id!r}; {known}, Memory.things lists them")
        return things.thing(self._world, node)

    def things(self, role: Role | None = None) -> list[Thing]:
        """All things, or those of one role, in order of their creation."""
        self._refresh()
        return [things.thing(self._world, n) for n in self._world.nodes.values() if role in (None, n.role)]

    def find(self, text: str, *, role: Role | None = None) -> list[Thing]:
        """Things that a noun phrase or an id means, best first; empty if there are none."""
        self._refresh()
        return [things.thing(self._world, n) for n in things.find(self._world, text, role)]

    def within(self, lower: ArrayLike, upper: ArrayLike) -> list[Thing]:
        """Things whose axis-aligned bounds meet the box between two corners (3,), in order of their creation."""
        self._refresh()
        low, high = intake.corner(lower, "lower"), intake.corner(upper, "upper")
        nodes = things.within(self._world, low, high)
        return [things.thing(self._world, n) for n in nodes]

    def names_within(self, lower: ArrayLike, upper: ArrayLike) -> list[tuple[str, str]]:
        """(id, label) of the same things: much quicker than their whole records."""
        self._refresh()
        low, high = intake.corner(lower, "lower"), intake.corner(upper, "upper")
        return things.names_within(self._world, low, high)

    def similar(
        self, appearance: ArrayLike, count: int = 10, *, label: str | None = None, lower: ArrayLike | None = None,
        upper: ArrayLike | None = None,
    ) -> list[tuple[str, float]]:  # fmt: skip
        """The things that look most like a vector (D,): (id, cosine), best first, exact, as their looks were last logged.

        Only those called ``label`` and those whose bounds meet the box between ``lower`` and ``upper`` (3,), if given.
        """
        self._refresh()
        return things.similar(self._world, np.asarray(appearance, dtype=np.float32), count, label, lower, upper)

    def held(self, robot_id: str | None = None) -> Thing | None:
        """What is in the hand."""
        self._refresh()
        node = self._observer.hands.held(robot_id)
        return things.thing(self._world, node) if node is not None else None

    def parts(self, id: str) -> list[Thing]:
        """Handles and doors of a piece of furniture."""
        self._refresh()
        return [things.thing(self._world, self._world.nodes[p]) for p in self._world.parts_of(self._world.resolve(id))]

    @contextlib.contextmanager
    def on_map(self, map_id: str) -> Iterator[Self]:
        """Within the block questions are about the things of one map alone; what is named by its id is found in any."""
        self._refresh()
        with self._world.within(map_id):
            yield self

    def areas(self) -> list[Area]:
        """Buildings, floors and rooms that memory was told of."""
        self._refresh()
        return areas(self._world)

    def area_of(self, id: str) -> Area | None:
        """The room, or else the floor, that a thing is in; None if memory was told of none."""
        thing = self.get(id)
        return innermost(areas(self._world), thing.map_id, thing.box_world.center)

    # --- questions ----------------------------------------------------------------------------------------------------
    def where(self, what: str, at: float | None = None) -> Answer:
        """Where is (or was, at world time ``at``) a thing? ``what``: an id or a noun; so in the questions below."""
        self._refresh()
        return self._queries.where(what, _then(at))

    def state(self, what: str, attribute: str | None = None, at: float | None = None) -> Answer:
        """In what state is a thing?"""
        self._refresh()
        return self._queries.state(what, attribute, _then(at))

    def contents(self, place: str, at: float | None = None) -> Answer:
        """What is on or in a place?"""
        self._refresh()
        return self._queries.contents(place, _then(at))

    def history(self, what: str) -> Answer:
        """What happened to a thing?"""
        self._refresh()
        return self._narrative.history(what)

    def changed_since(self, stamp: float) -> Answer:
        """What appeared, moved, vanished or changed its state after ``stamp``?"""
        self._refresh()
        return self._narrative.changed_since(stamp)

    def count(self, what: str) -> Answer:
        """How many are known?"""
        self._refresh()
        return self._queries.count(what)

    def ask(self, question: str) -> Answer:
        """A question in English; ``InstructionError`` with examples if it is not understood."""
        self._refresh()
        return self._asking.answer(english.parse(question, self._world.now), self._since())

    def _since(self) -> float:
        """What "what changed?" without a time goes back to: the start of the newest episode, else of everything."""
        episodes = self._episodic.episodes()
        return episodes[-1].started if episodes else float("-inf")

    def places_to_look(self, label: str) -> list[Candidate]:
        """Where a thing that is not at hand may be, most likely first; the last resort is "somewhere unknown"."""
        self._refresh()
        return self._semantic.places_to_look(label)

    def recall(self, query: str, budget: int = 1000, focus: Sequence[str] = (), tier: str = "low") -> Recall:
        """Text for a planner within ``budget`` tokens (about four characters each), with the ids it may act on.

        ``tier``: low is what is believed, mid adds what was learned and what is found by words, high also by meaning and
        association. ``docs/recall.md`` says what each costs and gains.
        """
        if not budget >= 1:
            raise InputError(f"a budget of {budget} tokens holds nothing; at least 1 is needed")
        self._refresh()
        return self._recaller.recall(query, budget, focus, retrieval_tier(tier))

    def graph(self) -> networkx.MultiDiGraph:
        """The scene graph: things and the map's root as nodes, relations as edges."""
        self._refresh()
        return graph(self._world)

    def facts(
        self, subject: str | None = None, predicate: str | None = None, at: float | None = None
    ) -> list[Interval]:
        """Facts with their intervals, oldest first."""
        self._refresh()
        return self._queries.facts(subject, predicate, _then(at))

    def usual_places(self, label: str) -> list[tuple[str, int, float]]:
        """Where things of a class are: (place label, how often they came there, share of the time), most of the time first."""
        self._refresh()
        return self._semantic.usual_places(label)

    def usual_times(self, label: str) -> list[tuple[str, int, float]]:
        """When things of a class are moved: (night, morning, midday or evening; count; share), most often first."""
        self._refresh()
        return self._queries.belief.habits.times(label)

    @property
    def short_term(self) -> ShortTerm:
        """The bounded working set."""
        return self._world.short_term

    def episodes(self) -> list[EpisodeRecord]:
        """Every episode with its actions, oldest first."""
        return self._episodic.episodes()

    def failures(self, verb: str, target: str | None) -> list[ActionRecord]:
        """Actions with this verb (and target) that did not succeed, newest first."""
        self._refresh()
        return self._episodic.failures(verb, target)

    # --- evidence -----------------------------------------------------------------------------------------------------
    def events(self, after: int = 0) -> Iterator[Event]:
        """The log from event ``after`` + 1 on, each event checked."""
        return self._store.events(min(max(after, 0), self._store.head[0]))

    def event(self, seq: int) -> Event:
        """One event of the log, checked."""
        return self._store.event(seq)

    def keyframes(self) -> list[KeyframeInfo]:
        """Every kept picture's description, oldest first."""
        return self._observer.keyframes.all()

    def keyframe(self, seq: int) -> Keyframe:
        """One kept picture; ``InputError`` if there is none or it was dropped to keep the budget."""
        return self._observer.keyframes.load(seq)

    def robot_path(self, robot_id: str | None = None, map_id: str | None = None) -> list[tuple[float, F64]]:
        """Where the base was of all robots, or of one, or in one map: (stamp, T_world_base (4, 4)), oldest first."""
        rows = [
            (s, codec.decode(p.encode()))
            for s, p in self._store.db.execute("SELECT stamp, pose FROM path ORDER BY num")
        ]
        rows += [(r[0], r[1:]) for r in self._world.path]
        found = []
        for stamp, pose in sorted(rows, key=lambda row: float(row[0])):  # a late frame tells of an earlier spot
            robot, map = pose[7:] or ("robot", "map")
            if robot_id in (None, robot) and map_id in (None, map):
                found.append((stamp, transform(matrix_from_quat(pose[3:7]), pose[:3])))
        return found

    def stats(self) -> dict[str, int | float]:
        """Counts and sizes."""
        self._refresh()
        db, world = self._store.db, self._world
        count = {
            t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("facts", "changes", "keyframes", "notes")
        }
        kinds = dict(db.execute("SELECT kind, count(*) FROM acts GROUP BY kind"))
        return {
            "events": self._store.head[0],
            **things.counts(world),
            "merged": len(world.projection.merged),
            **count,
            "episodes": kinds.get("episode", 0),
            "actions": kinds.get("action", 0),
            "bytes": db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0],
            "keyframe_bytes": self._store.blob_bytes,
        }

    # --- inside -----------------------------------------------------------------------------------------------------------
    def _mend(self) -> None:
        """If a question ran into damage: forget what it had read by then."""
        if not self._spoiled:
            return
        if self._store.read_only:
            self._assemble()
        else:  # what was seen and not written down yet is in the world alone
            self._world.projection.load()
            self._assemble_askers()
        self._spoiled = False

    def _data_version(self) -> int:
        return int(self._store.db.execute("PRAGMA data_version").fetchone()[0])

    def _refresh(self) -> None:
        """A reader takes in what the writer has committed since; a writer forgets what a failed write has undone."""
        if self._world.epoch != self._store.epoch:
            self._world.load()
        if self._store.read_only and self._version != (version := self._data_version()):
            self._store.db.changed()
            with self._store.snapshot():
                self._world.load()
            self._version = version


def _then(at: float | None) -> float | None:
    return None if at is None else intake.moment(at, "at")
