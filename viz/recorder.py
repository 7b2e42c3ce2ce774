"""Follows a run and records it: frames, what memory makes of them, decisions, outcomes, on one timeline."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from ..contracts import Action, Decision, ObservationBatch, Outcome, RGBDFrame, Role
from ..errors import LociError
from ..geometry import F64, BoolArray
from ..memory.records import Thing, Written
from ..planner.watcher import Watcher
from . import blueprint, eye
from .body import Body
from .cloud import WorldCloud
from .finale import finish
from .journal import Journal
from .scene import Scene
from .sink import Clock, close_stream, open_stream

if TYPE_CHECKING:
    import rerun as rr

    from ..memory import Memory

_MOVES = (Role.OBJECT, Role.PART)  # not for the background: they are drawn where memory believes them to be
_FULL = 8  # every so many frames all things are drawn anew, between them only those that the frame touched


class Recorder(Watcher):
    """A watcher that logs into ``sink``: a ``.rrd`` file, "live" (a viewer), or None (nothing).

    Close it before the memory. Raises ``ConfigError`` in one line when the sink cannot be had. Nothing that it does
    changes memory; a viewer that is closed meanwhile does not disturb the run.
    """

    def __init__(self, memory: Memory, sink: Path | str | None, application_id: str = "loci") -> None:
        self._memory = memory
        self._eye = eye.fit(np.zeros(3), np.array([5.0, 4.0, 1.8]), np.pi * 1.31)
        self._stream = self._open(sink, application_id)
        self._stamp = 0.0
        self._frames = 0
        self._aimed = False
        self._episode = ""
        self._things: dict[str, Thing] = {}
        self._hand: F64 | None = None
        self._cloud = WorldCloud()
        if self._stream is not None:
            self._clock = Clock(self._stream)
            self._scene, self._body, self._journal = Scene(self._stream), Body(self._stream), Journal(self._stream)

    def _open(self, target: Path | str | None, application_id: str) -> rr.RecordingStream | None:
        layout = None if target is None else blueprint.working(self._eye)
        return open_stream(target, application_id, layout)

    # --- what a planner tells ---------------------------------------------------------------------------------------
    def on_frame(self, frame: RGBDFrame, batch: ObservationBatch, written: Written) -> None:
        """Draw the frame, and what changed in memory through it."""
        if self._stream is None:
            return
        self._at(frame.stamp)
        self._body.frame(frame, batch.keyframe.jpeg if batch.keyframe is not None else None)
        self._body.detections(batch.detections, written.ids)
        self._hand = None if frame.gripper is None else frame.gripper.T_world_hand[:3, 3]
        if batch.keyframe is not None:
            self._fuse(frame)
        self._map(written)
        self._journal.changes(written.changes)
        self._frames += 1

    def on_decision(self, episode: str, step_no: int, decision: Decision, action: Action | None) -> None:
        """Write down what was decided and why."""
        if self._stream is None:
            return
        self._at(self._memory.now)
        if not self._aimed:  # by now the room is known: look at it from a good side
            self._aimed = True
            self._aim()
        if episode != self._episode:
            self._episode = episode
            told = [e.instruction for e in self._memory.episodes() if e.id == episode]
            self._journal.instruction(told[0] if told else "")
        self._journal.decision(step_no, decision, action)

    def on_outcome(self, step_no: int, outcome: Outcome, written: Written) -> None:
        """Write down how it ended."""
        if self._stream is None:
            return
        self._at(outcome.ended)
        self._journal.outcome(step_no, outcome)
        self._journal.changes(written.changes)

    def on_text(self, kind: str, text: str, stamp: float) -> None:
        """Write down anything else: an instruction, an answer, a note."""
        if self._stream is None:
            return
        self._at(stamp)
        if kind == "recall":
            self._journal.recall(text)
        else:
            self._journal.line(kind, text)

    # --- the end ----------------------------------------------------------------------------------------------------
    def close(self) -> None:
        """Draw the last state in full, choose the final eye, and finish the recording. May be called twice."""
        if self._stream is None:
            return
        try:
            with contextlib.suppress(
                LociError, sqlite3.Error
            ):  # a memory that was closed first: what is recorded stands
                self._at(self._memory.now)
                self._finish()
        finally:
            stream, self._stream = self._stream, None
            close_stream(stream)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _finish(self) -> None:
        assert self._stream is not None
        things = self._memory.things()
        self._journal.knowledge(things)
        self._journal.statistics(self._memory.stats())
        finish(self._stream, self._memory, self._scene, self._body, self._cloud, things, self._stamp, self._eye)

    # --- parts of it ------------------------------------------------------------------------------------------------
    def _at(self, stamp: float) -> None:
        self._clock.at(stamp)
        self._stamp = max(self._stamp, stamp)

    def _aim(self) -> None:
        assert self._stream is not None
        self._eye = eye.best(self._memory.things(), self._cloud, self._body.path)
        self._stream.send_blueprint(blueprint.working(self._eye), make_active=True, make_default=True)

    def _map(self, written: Written) -> None:
        """Draw things. Most frames touch few of them: only those are fetched, all of them every ``_FULL`` frames."""
        touched = {i for i in written.ids if i is not None} | {c.id for c in written.changes}
        if self._frames % _FULL == 0 or len(touched - self._things.keys()) > 0:
            self._refresh()
            self._journal.statistics(self._memory.stats())
            return
        for thing_id in touched:
            self._things[thing_id] = self._memory.get(thing_id)
        self._draw()

    def _refresh(self) -> None:
        self._things = {t.id: t for t in self._memory.things()}
        self._draw()

    def _draw(self) -> None:
        things = list(self._things.values())
        self._scene.things(things, self._stamp, self._eye, self._hand)
        self._journal.knowledge(things)

    def _fuse(self, frame: RGBDFrame) -> None:
        """Add a keyframe's moment to the background, at half the resolution, without what moves."""
        step = max(1, round(frame.camera.width / 160))
        rgb, depth = frame.rgb[::step, ::step], frame.depth[::step, ::step]
        camera = frame.camera.scaled(rgb.shape[1], rgb.shape[0])
        self._cloud.add(rgb, depth, camera, frame.T_world_cam, skip=moving(frame)[::step, ::step])
        self._scene.cloud(self._cloud)


def moving(frame: RGBDFrame) -> BoolArray:
    """Pixels (H, W) of the robot itself and of what moves: objects, doors, handles, as far as the frame says so."""
    skip = np.zeros(frame.depth.shape, dtype=bool) if frame.body_mask is None else frame.body_mask.copy()
    if frame.segments is not None:
        numbers = [n for n, role in frame.segments.roles.items() if role in _MOVES]
        skip |= np.isin(frame.segments.ids, numbers)
    return skip
