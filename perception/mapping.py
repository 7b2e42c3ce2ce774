"""A whole recording into a memory: every frame through the perceiver, and a report of what stands there afterwards."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from ..contracts import Expected, ObservationBatch, RGBDFrame, Role, Segmenter
from ..errors import FrameError, InputError
from ..geometry import F64, PinholeCamera
from ..memory.records import Event, Knowledge, Thing, Written
from .geometric import GeometricSegmenter
from .gravity import level
from .perceiver import FramePerceiver
from .planewatch import MappedPlane, PlaneWatch

LEVEL_FRAMES = 12  # frames that "up" is found from
LEVEL = "level"  # kind of the note that keeps the turn
STABLE_SIGHTINGS = 5
STABLE_EXISTENCE = 0.8
TILT = np.cos(np.radians(8))  # a recording whose z axis is up within this is left as it is


class Frames(Protocol):
    """A recording: ``len`` and frames by number, as ``Recording`` has them."""

    def __len__(self) -> int: ...
    def frame(self, index: int) -> RGBDFrame:
        """The frame number ``index``, counted from 0."""
        ...


class Remembers(Protocol):
    """What mapping asks of a memory (``loci.memory.Memory``)."""

    def expected(self, camera: PinholeCamera, T_world_cam: F64, stamp: float) -> Sequence[Expected]:
        """What could be in this view."""
        ...

    def write(self, batch: ObservationBatch) -> Written:
        """Take a frame's observations in."""
        ...

    def things(self, role: Role | None = None) -> Sequence[Thing]:
        """Everything remembered."""
        ...

    def note(self, kind: str, text: str, stamp: float, refs: Sequence[str] = ()) -> Written:
        """Keep a remark."""
        ...

    def events(self, after: int = 0) -> Iterator[Event]:
        """The log."""
        ...

    def commit(self) -> int:
        """Make it durable."""
        ...


OnFrame = Callable[[RGBDFrame, ObservationBatch, Written], None]


@dataclass(frozen=True, eq=False)
class MapReport:
    """What came of mapping a recording.

    ``stable`` are the objects seen at least 5 times and still believed in; ``moved``, ``vanished`` and ``reappeared`` the
    ids of objects and furniture that memory said so of at any time (a thing that came back is in both of the last two).
    ``gone`` are those missing at the end. ``stages`` seconds spent in reading, perceiving and remembering.
    """

    frames: int
    planes: tuple[MappedPlane, ...]
    objects: int
    stable: tuple[Thing, ...]
    furniture: tuple[Thing, ...]
    moved: tuple[str, ...]
    vanished: tuple[str, ...]
    reappeared: tuple[str, ...]
    gone: tuple[str, ...]
    T_level_world: F64
    seconds: float
    stages: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: float = 0.0

    @property
    def frames_per_second(self) -> float:
        """Frames a second, reading the files included."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``; boxes in the levelled world."""
        return {
            "frames": self.frames,
            "planes": [
                {"kind": p.kind, "normal": list(p.normal), "offset": p.offset, "frames": p.frames} for p in self.planes
            ],
            "objects": self.objects,
            "stable": [
                {"id": t.id, "label": t.label, "sightings": t.sightings, "existence": t.existence}
                | t.box_world.to_dict()
                for t in self.stable
            ],
            "furniture": len(self.furniture),
            "moved": list(self.moved),
            "vanished": list(self.vanished),
            "reappeared": list(self.reappeared),
            "gone": list(self.gone),
            "T_level_world": self.T_level_world.tolist(),
            "seconds": self.seconds,
            "frames_per_second": self.frames_per_second,
            "stages": dict(self.stages),
            "peak_memory_mb": self.peak_memory_mb,
        }


def map_recording(
    recording: Frames,
    memory: Remembers,
    segmenter: Segmenter | None = None,
    *,
    on_frame: OnFrame | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> MapReport:
    """Write every frame of ``recording`` into ``memory``.

    A recording whose z axis is not up is turned first (``gravity.level``); ``T_level_world`` in the report is the turn. It
    is noted in the memory, so that a later recording of the same world (``map_id``) is turned alike. ``clock`` only
    measures. Raises ``FrameError`` for a frame that cannot be used; what was written before it stays.
    """
    began = clock()
    first = recording.frame(0)
    T_level = _noted_level(memory, first.map_id)
    if T_level is None:
        T_level = _levelling(recording)
        memory.note(LEVEL, json.dumps({"map_id": first.map_id, "T_level_world": T_level.tolist()}), first.stamp)
    planes = PlaneWatch(segmenter if segmenter is not None else GeometricSegmenter())
    perceiver = FramePerceiver(planes)
    stages = {"read": 0.0, "perceive": 0.0, "remember": 0.0, "level": clock() - began}
    said: dict[str, list[str]] = {"moved": [], "vanished": [], "reappeared": []}
    for i in range(len(recording)):
        t0 = clock()
        frame = recording.frame(i)
        frame = replace(frame, T_world_cam=T_level @ frame.T_world_cam)
        t1 = clock()
        expected = memory.expected(frame.camera, frame.T_world_cam, frame.stamp)
        t2 = clock()
        batch = perceiver.observe(frame, expected)
        t3 = clock()
        written = memory.write(batch)
        t4 = clock()
        for name, spent in (("read", t1 - t0), ("perceive", t3 - t2), ("remember", t2 - t1 + t4 - t3)):
            stages[name] += spent
        for change in written.changes:
            if change.kind in said and change.id not in said[change.kind]:
                said[change.kind].append(change.id)
        if on_frame is not None:
            on_frame(frame, batch, written)
    memory.commit()
    return _report(recording, memory, planes, said, T_level, clock() - began, stages)


def _report(
    recording: Frames,
    memory: Remembers,
    planes: PlaneWatch,
    said: dict[str, list[str]],
    T_level: F64,
    seconds: float,
    stages: dict[str, float],
) -> MapReport:
    things = [t for t in memory.things() if t.role in (Role.OBJECT, Role.FURNITURE)]
    objects = [t for t in things if t.role is Role.OBJECT]
    return MapReport(
        frames=len(recording),
        planes=tuple(planes.planes()),
        objects=len(objects),
        stable=tuple(t for t in objects if is_stable(t)),
        furniture=tuple(t for t in things if t.role is Role.FURNITURE),
        moved=tuple(said["moved"]),
        vanished=tuple(said["vanished"]),
        reappeared=tuple(said["reappeared"]),
        gone=tuple(t.id for t in things if t.knowledge is Knowledge.ABSENT),
        T_level_world=T_level,
        seconds=seconds,
        stages=stages,
        peak_memory_mb=peak_memory_mb(),
    )


def is_stable(thing: Thing) -> bool:
    """Seen often enough, and still believed to be there."""
    known = thing.knowledge is not Knowledge.ABSENT
    return known and thing.sightings >= STABLE_SIGHTINGS and thing.existence >= STABLE_EXISTENCE


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # bytes there, kilobytes on Linux


def _noted_level(memory: Remembers, map_id: str) -> F64 | None:
    """The turn that an earlier recording of the same world was given."""
    for event in memory.events():
        note = event.payload.get("note") if event.kind == f"note.{LEVEL}" else None
        if isinstance(note, Mapping):
            said = json.loads(str(note["text"]))
            if said["map_id"] == map_id:
                return np.array(said["T_level_world"], dtype=np.float64)
    return None


def _levelling(recording: Frames) -> F64:
    """``T_level_world`` (4, 4) of a recording; the identity if its z axis is up already."""
    count = len(recording)
    chosen = sorted({round(i) for i in np.linspace(0, count - 1, min(count, LEVEL_FRAMES))})
    try:
        T = level([recording.frame(i) for i in chosen])
    except FrameError:
        raise
    except InputError:  # nothing level in sight: the recording's own z axis is all there is
        return np.eye(4)
    return np.eye(4) if T[2, 2] > TILT else T
