"""One line of an observation stream into a memory: observations are decided, exported events applied as decided."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..contracts import ObservationBatch, Relation, Visibility
from ..errors import InputError, LociError, MemoryFileError
from . import codec
from .blobs import DROPPED, BlobInfo
from .node import ARRAYS, decode
from .stream_lines import (
    Act,
    ActionBegin,
    ActionEnd,
    AreaLine,
    Attention,
    Begin,
    Closing,
    Correction,
    End,
    Line,
    Logged,
    Mark,
    Note,
    Opening,
    Sight,
    Sighting,
)
from .stream_names import Names
from .stream_views import derived

if TYPE_CHECKING:
    from .memory import Memory
    from .store import Store


class Applier:
    """Writes the lines of one stream into one memory. Each line is taken in whole, or not at all with ``InputError``."""

    def __init__(self, memory: Memory, names: Names | None = None) -> None:
        self.memory = memory
        self.names = names if names is not None else Names()
        self.repeated = 0  # events that memory had already
        self._begun = names is not None
        self._stale = False  # beliefs were changed by events, under the working copies

    def apply(self, line: Line) -> None:
        """Take in one line."""
        try:
            if isinstance(line, Logged):
                self._logged(line)
                return
            self.settle()
            self._decide(line)
        except MemoryFileError:
            raise
        except InputError:
            raise
        except (
            LociError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            AssertionError,
        ) as error:
            raise InputError(f"memory cannot take it in: {type(error).__name__}: {error}") from error
        finally:
            self._begun = True

    def settle(self) -> None:
        """Let the working copies follow what events have changed. To be called after the last line."""
        if self._stale:
            self.memory._assemble()
            self._stale = False

    # --- decided anew -----------------------------------------------------------------------------------------------------
    def _decide(self, line: Line) -> None:
        memory = self.memory
        match line:
            case Sight():
                self._see(line)
            case Sighting():
                self.names.learn([line.name], memory.write(line.report).ids)
            case Correction():
                memory.correct_poses(line.poses, line.stamp)
            case AreaLine():
                parent = None if line.parent is None else self._act("area", line.parent)
                id = memory.add_area(
                    line.kind, line.label, parent=parent, map_id=line.map_id, box=line.box, stamp=line.stamp
                )
                self.names.began("area", line.name, id)
            case Begin():
                begin = memory.begin_episode if line.kind == "episode" else memory.begin_subgoal
                self.names.began(line.kind, line.name, begin(line.text, line.stamp, robot_id=line.robot))
            case End():
                end = memory.end_episode if line.kind == "episode" else memory.end_subgoal
                end(self._act(line.kind, line.name), line.status, line.stamp)
                self.names.ended(line.kind, line.name)
            case ActionBegin():
                self._start(line)
            case ActionEnd():
                memory.end_action(self._act("action", line.name), line.outcome)
                self.names.ended("action", line.name)
            case Act():
                with memory._store.transaction():
                    self._start(line.begin)
                    self._decide(line.end)
            case Note():
                memory.note(line.kind, line.text, line.stamp, [self.names.mention(r) for r in line.refs])
            case Mark():
                self._mark(line.kind)
            case Attention():
                self._attend(line)
            case Opening():
                self._open(line)
            case Closing():
                self._close(line)

    def _see(self, sight: Sight) -> None:
        with self.memory._world.within(sight.batch.map_id):
            batch = self._told(sight)
        self.names.learn(sight.names, self.memory.write(batch).ids)

    def _told(self, sight: Sight) -> ObservationBatch:
        """The batch with all that the frame says of things that memory knows."""
        world, names = self.memory._world, self.names
        verdicts = {
            id: Visibility(id, verdict, visible, detection)
            for named, verdict, visible, detection in sight.visibility
            if (id := names.thing(world, named)) is not None
        }
        coverage = {id: share for named, share in sight.coverage if (id := names.thing(world, named)) is not None}
        found, seen = derived(world, sight, set(verdicts))
        relations = []
        for subject, predicate, other, score in sight.relations:
            target = other if isinstance(other, int) else names.thing(world, other)
            if target is not None:
                relations.append(Relation(subject, predicate, target, score))
        return replace(
            sight.batch, relations=relations, visibility=[*verdicts.values(), *found], coverage={**seen, **coverage}
        )

    def _start(self, line: ActionBegin) -> None:
        decision = line.decision
        target = None if line.target is None else self.names.thing(self.memory._world, line.target)
        cites = tuple(self.names.mention(c) for c in decision.cites)
        decided = replace(decision, target=target, cites=cites)
        id = self.memory.begin_action(decided, line.stamp, robot_id=line.robot)
        self.names.began("action", line.name, id)

    def _act(self, kind: str, name: str) -> str:
        id = self.names.act(kind, name)
        areas = {a.id for a in self.memory.areas()} if kind == "area" else set()
        if id is None or not (id in areas or self.memory._episodic.known(kind, id)):
            raise InputError(f"id: no {kind} {name!r} was begun before this line")
        return id

    def _attend(self, line: Attention) -> None:
        short_term, ids = self.memory.short_term, [self.names.mention(t) for t in line.things]
        if line.op == "focus":
            short_term.focus(ids)
        else:
            {"touch": short_term.touch, "pin": short_term.pin, "unpin": short_term.unpin}[line.op](ids[0])

    def _mark(self, kind: str) -> None:
        memory = self.memory
        if kind == "commit":
            memory.commit()
        elif kind == "undone":  # a write failed there: what was in memory but not in the tables was lost with it
            memory._world.load()
        else:
            with memory._writing() as world:
                world.flush(world.now, force=True)
            if kind == "close":
                memory._assemble()

    def _open(self, line: Opening) -> None:
        if self._begun:
            return  # a later session of the same stream
        held = self.memory._store.head[0]
        self.names.trusted = line.ids == "memory" and line.events in (None, held)

    def _close(self, line: Closing) -> None:
        store = self.memory._store
        if store.head[0] < line.events or (line.events and store.event(line.events).digest != line.head):
            raise InputError(
                f"the export ends with event {line.events} ({line.head[:12]}…), which memory has not: "
                f"not every line was taken in, the newest event is {store.head[0]}"
            )
        if not line.pictures:
            _log_missing(store, self.memory.now)

    # --- applied as decided -----------------------------------------------------------------------------------------------
    def _logged(self, line: Logged) -> None:
        store = self.memory._store
        if line.seq <= store.head[0]:
            if store.event(line.seq).digest != line.digest:
                raise InputError(f"seq: memory has another event {line.seq}; an export is replayed into a new memory")
            self.repeated += 1
            return
        body = None if line.payload is None else codec.canonical(line.payload)
        row = (
            line.seq, line.kind, line.stamp, line.recorded, bytes.fromhex(line.payload_digest),
            bytes.fromhex(line.digest), line.salt, None if body is None else codec.squeeze(body),
            bytes.fromhex(line.redactions[-1][1]) if line.redactions else None,
        )  # fmt: skip
        blobs = [
            (BlobInfo(b.digest, b.kind, line.seq, b.value, b.size, b.data is not None), b.data) for b in line.blobs
        ]
        projection = self.memory._world.projection
        try:
            with store.transaction():
                event = store.restore_event(row, [(by, bytes.fromhex(d)) for by, d in line.redactions], blobs)
                self._stale = True
                try:
                    projection.apply(event.seq, event.kind, event.stamp, event.payload)
                    _check(event.payload, projection)
                except (sqlite3.Error, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
                    if isinstance(error, sqlite3.OperationalError | sqlite3.InternalError):
                        raise  # the disk, not the line
                    raise InputError(f"payload: cannot be applied: {type(error).__name__}: {error}") from error
        except BaseException:
            projection.load()
            raise


def _log_missing(store: Store, stamp: float) -> None:
    """Log which pictures were left out of an export: evidence that is gone is told, see ``blobs``."""
    missing = {bytes(d).hex() for (d,) in store.db.execute("SELECT digest FROM blobs WHERE body IS NULL")}
    for (seq,) in store.db.execute(f"SELECT seq FROM events WHERE kind = '{DROPPED}'").fetchall():
        missing -= set(cast("list[str]", store.event(seq).payload.get("digests", ())))
    if missing:
        store.append(DROPPED, stamp, {"digests": sorted(missing), "bytes": 0})


def _check(payload: Any, projection: Any) -> None:
    """Make sure that the things an event has touched can be read again: a file that cannot be opened helps nobody."""
    for id, patch in payload.get("things", {}).items():
        if id not in projection.plain:
            continue
        whole = all(k in patch for k in ARRAYS)
        arrays = patch if whole else _EMPTY if "role" not in patch else projection.arrays(id)
        decode(id, projection.plain[id], {k: np.asarray(arrays[k]) for k in ARRAYS})


_EMPTY = {"points": np.zeros((0, 3)), "colors": np.zeros((0, 3)), "appearance": np.zeros(0)}
