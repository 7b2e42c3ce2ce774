"""The facade: one memory in one file. Everything that others may call is here; the rest of the folder is how it works."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from ..contracts import Decision, Expected, ObjectReport, ObservationBatch, Outcome
from ..errors import InputError
from ..geometry import F64, PinholeCamera
from . import intake, things
from .budget import Budget
from .candidates import Candidates
from .compaction import Compacted, compact
from .dbfile import plain_errors
from .erasure import Erased, forget
from .maps import Corners, add_area
from .plainly import plainly
from .poses import Corrected, PoseCorrection, correct
from .reading import Reading
from .records import Integrity, Written
from .shortterm import ShortTerm
from .store import Store
from .tables import dump as dump_tables
from .world import World
from .writing import Writing


@plainly
class Memory(Reading):
    """A memory file, open. One writer per file, any number of readers beside it; close it when done (or use ``with``)."""

    def __init__(self, store: Store, short_term: ShortTerm | None = None, budget: int | None = None) -> None:
        super().__init__(store, short_term)
        self._closed = False
        self._budget = Budget(budget) if budget is not None else None

    # --- opening and closing ------------------------------------------------------------------------------------------
    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, read_only: bool = False, clock: Callable[[], float] | None = None,
        short_term: ShortTerm | None = None, budget: int | None = None,
    ) -> Self:  # fmt: skip
        """Open the memory at ``path`` (":memory:" for a passing one); made if it is missing, unless ``read_only``.

        ``clock`` gives record times in seconds (default: the system's). ``short_term`` is a set of another capacity or policy
        for this memory alone (default: 24 places, task-aware); who is resident comes from the file. With a ``budget`` (bytes)
        the file is compacted between two writes, and when it is closed, once it has grown past that, see ``compact``; what has
        to stay for the answers stays, if it takes more. Errors as ``Store.open``; ``InputError`` if more things are pinned than
        the set has places, or for a budget of nothing.
        """
        store = Store.open(path, read_only=read_only, clock=clock if clock is not None else time.time)
        try:
            with plain_errors(store.path):
                return cls(store, short_term, budget)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Write down everything, make it durable and let the file go. May be called twice."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._store.read_only:
                with self._writing() as world:
                    world.flush(world.now, force=True)
                self._keep_to_budget(now=True)
        finally:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- observing ----------------------------------------------------------------------------------------------------
    def expected(
        self, camera: PinholeCamera, T_world_cam: F64, stamp: float, map_id: str | None = None
    ) -> list[Expected]:
        """Things that could be in this view of a map (default: that of the newest frame), for perception to say what the frame
        shows of each.
        """
        self._refresh()
        with self._world.within(self._world.seen_map if map_id is None else map_id):
            return things.expected(self._world, camera, T_world_cam)

    def write(self, batch: ObservationBatch | ObjectReport) -> Written:
        """Take in what perception says of one frame (or one report): identity, existence, states, relations.

        ``InputError`` for numbers and names that no world can have; nothing is taken in then.
        """
        intake.observed(batch)
        with self._writing() as world:
            ids = self._observer.report(batch) if isinstance(batch, ObjectReport) else self._observer.observe(batch)
            written = self._written(world, ids)
        self._keep_to_budget()
        return written

    def correct_poses(self, corrections: Sequence[PoseCorrection], stamp: float | None = None) -> Corrected:
        """Past camera poses are known better now (a loop was closed): what was seen from them moves, see ``poses``.

        ``stamp`` is the world time at which that became known (default: now). Durable when this returns.
        """
        with self._writing(durable=True) as world:
            done = correct(world, self._observer.vanishing, corrections, world.now if stamp is None else stamp)
            self._observer.candidates = Candidates()  # seen where the map was wrong
        self._observer.keyframes.reload()
        return done

    def add_area(
        self, kind: str, label: str, *, parent: str | None = None, map_id: str | None = None, box: Corners | None = None,
        stamp: float | None = None,
    ) -> str:  # fmt: skip
        """Tell of a building, a floor or a room, see ``maps``; returns its id (b1, f1, r1, …).

        ``parent`` is the area around it; ``map_id`` (default: the parent's) and ``box`` (lower and upper corner, metres) say
        where it is: a floor without a box is all of its map, a room needs one. ``InputError`` for one that fits nowhere.
        """
        with self._writing() as world:
            return add_area(world, kind, label, parent, map_id, box, world.now if stamp is None else stamp)

    # --- acting -------------------------------------------------------------------------------------------------------
    def begin_episode(self, instruction: str, stamp: float, *, robot_id: str | None = None) -> str:
        """A new instruction is taken up (by one of several robots); returns its id."""
        intake.words(instruction, "instruction")
        with self._writing(durable=True):
            return self._episodic.begin_episode(instruction, intake.moment(stamp, "stamp"), robot_id)

    def end_episode(self, episode_id: str, status: str, stamp: float) -> Written:
        """The instruction is done with, as ``status`` says ("done", "failed", …)."""
        intake.kind(status, "status")
        with self._writing(durable=True) as world:
            self._episodic.end("episode", episode_id, status, intake.moment(stamp, "stamp"))
            world.flush(world.now)
        self._keep_to_budget()
        return self._written(world)

    def begin_subgoal(self, text: str, stamp: float, *, robot_id: str | None = None) -> str:
        """A step on the way; returns its id."""
        intake.words(text, "text")
        with self._writing():
            return self._episodic.begin_subgoal(text, intake.moment(stamp, "stamp"), robot_id)

    def end_subgoal(self, subgoal_id: str, status: str, stamp: float) -> Written:
        """The step is done with."""
        intake.kind(status, "status")
        with self._writing() as world:
            self._episodic.end("subgoal", subgoal_id, status, intake.moment(stamp, "stamp"))
        return self._written(world)

    def begin_action(self, decision: Decision, stamp: float, *, robot_id: str | None = None) -> str:
        """A robot (default: the one whose hand was heard of last) starts on a decision; durable when this returns. Returns the
        action's id. Acts belong to the newest episode and sub-goal of the same robot, or of none in particular.
        """
        with self._writing(durable=True):
            return self._episodic.begin_action(decision, intake.moment(stamp, "stamp"), robot_id)

    def end_action(self, action_id: str, outcome: Outcome) -> Written:
        """What came of an action; durable when this returns. What the body reports is believed until it is seen."""
        with self._writing(durable=True) as world:
            intake.moment(outcome.started, "started")
            intake.moment(outcome.ended, "ended")
            self._episodic.end_action(action_id, outcome)
        return self._written(world)

    def note(self, kind: str, text: str, stamp: float, refs: Sequence[str] = ()) -> Written:
        """Keep a remark: a decision's reason, a search in vain, an answer given, what was recalled for a planner."""
        intake.kind(kind, "kind")
        intake.words(text, "text")
        intake.moment(stamp, "stamp")
        with self._writing() as world:
            note = {"kind": kind, "text": text, "refs": [str(r) for r in refs]}
            world.emit(f"note.{kind}", stamp, extra={"note": note})
        return self._written(world)

    def commit(self) -> int:
        """Make everything so far durable; returns the newest durable event's number."""
        with self._writing(durable=True) as world:
            world.flush(world.now)
        return self._store.ack

    @property
    def ack(self) -> int:
        """The newest event that is safe on disk."""
        return self._store.ack

    # --- forgetting -----------------------------------------------------------------------------------------------------
    def forget(
        self,
        *,
        thing: str | None = None,
        place: str | None = None,
        between: tuple[float, float] | None = None,
        note: int | None = None,
    ) -> Erased:
        """Erase a thing, a place (a room, floor or building, too) with all that is in it, a span of world time or a remark for
        good; see ``erasure``.
        """
        done = forget(self._store, self._world, thing=thing, place=place, between=between, note=note)
        self._observer.keyframes.reload()
        return done

    def compact(self, budget: int) -> Compacted:
        """Bring the file to at most ``budget`` bytes, as far as the answers allow; see ``compaction``."""
        return compact(self._store, self._world, budget)

    def _keep_to_budget(self, now: bool = False) -> None:
        budget = self._budget
        if budget is not None and budget.exceeded(self._store, now):
            budget.done(compact(self._store, self._world, budget.aim))

    # --- as a whole ------------------------------------------------------------------------------------------------------
    def dump(self) -> Iterator[str]:
        """The whole memory as canonical JSON lines, equal for equal runs: no record times, no paths."""
        if not self._store.read_only:
            with self._writing() as world:
                world.flush(world.now, force=True)
        yield from dump_tables(self._store.db)

    def verify(self, head: str | None = None, deep: bool = False) -> Integrity:
        """Check the whole file; ``head`` is a chain digest noted earlier, which shows a cut-off tail.

        ``deep`` also compares every belief with what the log leads to, which takes as long as a replay.
        """
        if deep and not self._store.read_only:
            with self._writing() as world:
                world.flush(world.now, force=True)
        return self._store.verify(head, deep)

    def replay(self, into: str | os.PathLike[str], upto: int | None = None) -> Memory:
        """A new memory at ``into`` whose beliefs are rebuilt from this one's log alone (up to event ``upto``)."""
        if not self._store.read_only:
            with self._writing() as world:
                world.flush(world.now, force=upto is None)
        copy = Store.open(into)
        try:
            if copy.head[0]:
                raise InputError(f"{into}: already holds a memory; replay into a new file")
            rebuilt = World(copy)
            with copy.transaction(), rebuilt.projection.bulk():
                for seq in range(1, (self._store.head[0] if upto is None else upto) + 1):
                    event = copy.copy_event(self._store, seq)
                    rebuilt.projection.apply(event.seq, event.kind, event.stamp, event.payload)
            return Memory(copy)
        except BaseException:
            copy.close()
            raise

    # --- inside -------------------------------------------------------------------------------------------------------
    def _writing(self, durable: bool = False) -> Writing:
        return Writing(self._store, self._world, durable)

    def _written(self, world: World, ids: Sequence[str | None] = ()) -> Written:
        return Written(world.seq, self._store.ack, tuple(world.changes), tuple(ids))
