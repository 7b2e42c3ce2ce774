"""A recording made from a memory file alone: its event log, played from the first event to the last."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import rerun as rr

from ..contracts import Outcome, Status
from ..errors import LociError
from ..geometry import matrix_from_quat, transform
from ..memory.records import Event, KeyframeInfo
from . import blueprint, eye, sink
from .body import Body
from .cloud import WorldCloud
from .finale import finish
from .journal import Journal
from .past import Past
from .scene import Scene

if TYPE_CHECKING:
    from ..memory import Memory

_REDRAW = 0.5  # seconds of world time between two drawings of the map
_WORDS = {"on": "on", "in": "in", "held_by": "held by"}  # facts worth a line


def replay(memory: Memory, out: Path | str, application_id: str = "loci") -> Path:
    """Write the recording ``out`` (``.rrd``) of everything that ``memory`` holds; returns its path.

    Things, relations and what is known how as they were after each event; the evidence pictures with their depth; the
    path; tasks, actions, outcomes, changes and facts in words. ``ConfigError`` if ``out`` cannot be written.
    """
    path = Path(out)
    aim = _aim(memory)
    stream = sink.open_stream(path, application_id, blueprint.working(aim))
    assert stream is not None
    try:
        _Player(memory, stream, aim).play()
    finally:
        sink.close_stream(stream)
    return path


def _aim(memory: Memory) -> eye.Eye:
    """The eye for the whole recording, chosen on a coarse cloud of everything that will come."""
    cloud = WorldCloud(voxel=0.06)
    for info in memory.keyframes():
        with contextlib.suppress(LociError):
            cloud.add_keyframe(memory.keyframe(info.seq), info.camera, info.T_world_cam, stride=4)
    path = np.array([T[:3, 3] for _, T in memory.robot_path()]).reshape(-1, 3)
    return eye.best(memory.things(), cloud, path)


class _Player:
    """Plays the log into a stream."""

    def __init__(self, memory: Memory, stream: rr.RecordingStream, aim: eye.Eye) -> None:
        self._memory, self._stream, self._eye = memory, stream, aim
        self._clock = sink.Clock(stream)
        self._scene, self._body, self._journal = Scene(stream), Body(stream), Journal(stream)
        self._cloud = WorldCloud()
        self._keyframes: Mapping[int, KeyframeInfo] = {k.seq: k for k in memory.keyframes()}
        self._walked = any(True for _ in memory.robot_path())
        self._drawn = -np.inf
        self._steps = 0

    def play(self) -> None:
        """From the first event to the last, and the finale."""
        with Past() as past:
            pending = False
            for event in self._memory.events():
                now = max(past.now, event.stamp)  # the log may file something into the past; time does not run back
                if pending and now - self._drawn >= _REDRAW:
                    self._draw(past)
                    pending = False
                self._clock.at(now)
                pending |= past.apply(event)
                self._tell(event, past)
                if event.seq in self._keyframes:
                    self._picture(self._keyframes[event.seq])
            self._draw(past)
            self._journal.statistics(self._memory.stats())
            finish(self._stream, self._memory, self._scene, self._body, self._cloud, past.things(), past.now, self._eye)

    def _draw(self, past: Past) -> None:
        self._drawn = past.now
        things = past.things()
        self._clock.at(past.now)
        self._scene.things(things, past.now, self._eye)
        self._journal.knowledge(things)
        self._journal.statistics({"things": len(things)})

    def _picture(self, info: KeyframeInfo) -> None:
        """An evidence picture is what the camera showed from then on."""
        try:
            keyframe = self._memory.keyframe(info.seq)
        except LociError:  # dropped to keep the byte budget
            return
        self._body.picture(info.camera, info.T_world_cam, keyframe.jpeg)
        self._body.depth(keyframe.depth_thumb)
        if info.T_world_base is not None:
            self._body.pose(info.T_world_base, info.T_world_cam)
        elif not self._walked:  # a camera in somebody's hand: its way is the path
            self._body.walk(info.T_world_cam[:3, 3])
        self._cloud.add_keyframe(keyframe, info.camera, info.T_world_cam, base=info.T_world_base)
        self._scene.cloud(self._cloud)

    def _tell(self, event: Event, past: Past) -> None:
        payload = cast("Mapping[str, Any]", event.payload)
        for _, *pose in payload.get("path", ()):
            T = transform(matrix_from_quat(pose[3:7]), pose[:3])
            self._body.walk(T[:3, 3])
        for kind, id, text, cause in payload.get("changes", ()):
            self._journal.line("change", f"{text or f'{id} {kind}'}{'' if cause == 'exogenous' else f'  [{cause}]'}")
        for row in payload.get("open", ()):
            subject, predicate, object_ = row[:3]
            if predicate in _WORDS:
                self._journal.line("fact", f"{past.name(subject)} {_WORDS[predicate]} {past.name(object_)}")
        if "note" in payload:
            self._journal.line(payload["note"]["kind"], payload["note"]["text"])
        if "act" in payload:
            self._act(event.kind, payload["act"], past)

    def _act(self, kind: str, act: Mapping[str, Any], past: Past) -> None:
        if kind == "episode.begin":
            self._steps = 0
            self._journal.instruction(act["text"])
        elif kind == "subgoal.begin":
            self._journal.line("subgoal", act["text"])
        elif kind == "action.begin":
            self._steps += 1
            words = [act["verb"], act["relation"] or "", past.name(act["target"]) if act["target"] else ""]
            self._journal.step(self._steps, " ".join(w for w in words if w), act["why"], act["cites"])
        elif kind == "action.end":
            self._journal.outcome(
                self._steps, Outcome(Status(act["status"]), act["detail"], act["started"], act["ended"])
            )
        elif kind.endswith(".end"):
            self._journal.line("outcome", f"{act['text']}: {act['status']}")
