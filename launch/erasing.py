"""Every stable thing of a recording erased once: is it, and it alone, reported as vanished? A measurement.

What memory could know is told from the frames alone: a look *finds the place empty* where at least half of the thing's
surface that showed in the frame as it was taken now shows something clearly farther away. A thing is *well observable* if
there are at least ``LOOKS`` such looks. A sensor that reads nothing where the thing was (a black, shiny counter) shows
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contracts import RGBDFrame, Role, Segment, Segmenter
from ..geometry import F64, Box
from ..memory import Memory
from ..memory.records import Thing
from ..perception.geometric import GeometricSegmenter
from ..perception.mapping import Frames, MapReport, is_stable, map_recording
from ..perception.noise import DepthNoise
from .erase import without

LOOKS = 5  # looks that find the place empty, from which on a thing is well observable
NOISE = DepthNoise()


@dataclass(frozen=True)
class Erasure:
    """One thing taken out from frame ``start`` on: ``looks`` found its place empty; what the report then says."""

    thing: Thing
    start: int
    looks: int
    vanished: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def hit(self) -> bool:
        """The thing is the only one reported as vanished, and nothing as moved."""
        return self.vanished == (self.thing.id,) and not self.moved

    @property
    def others(self) -> int:
        """How many are falsely reported as vanished or moved."""
        return len(set(self.vanished) - {self.thing.id}) + len(self.moved)

    @property
    def observable(self) -> bool:
        """Whether there was enough to be seen."""
        return self.looks >= LOOKS


class Held:
    """A recording's frames, read once."""

    def __init__(self, recording: Frames) -> None:
        self._frames = [recording.frame(i) for i in range(len(recording))]

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, index: int) -> RGBDFrame:
        """See ``Frames``."""
        return self._frames[index]


class Without:
    """A recording without one thing from frame ``start`` on."""

    def __init__(self, recording: Frames, box: Box, T_level_world: F64, start: int, segmenter: Segmenter) -> None:
        self.recording, self.start = recording, start
        self._empty: Callable[[RGBDFrame], RGBDFrame] = lambda f: without(f, box, T_level_world, segmenter)
        self._made: dict[int, RGBDFrame] = {}

    def __len__(self) -> int:
        return len(self.recording)

    def frame(self, index: int) -> RGBDFrame:
        """See ``Frames``."""
        if index < self.start:
            return self.recording.frame(index)
        if index not in self._made:
            self._made[index] = self._empty(self.recording.frame(index))
        return self._made[index]


class Once:
    """A segmenter that segments each depth image of ``frames`` only once, whatever else it is asked."""

    def __init__(self, segmenter: Segmenter, frames: Frames) -> None:
        self.exhaustive = bool(getattr(segmenter, "exhaustive", False))
        self._segmenter = segmenter
        self._number = {id(frames.frame(i).depth): i for i in range(len(frames))}
        self._known: dict[int, Sequence[Segment]] = {}

    def segment(self, frame: RGBDFrame) -> Sequence[Segment]:
        """See ``Segmenter``."""
        number = self._number.get(id(frame.depth))
        if number is None:
            return self._segmenter.segment(frame)
        if number not in self._known:
            self._known[number] = self._segmenter.segment(frame)
        return self._known[number]


def erasures(recording: Frames, every: int = 1) -> Iterator[Erasure]:
    """Take each stable thing of ``recording`` out in turn (each ``every``-th one) and map what is left."""
    held = Held(recording)
    segmenter = Once(GeometricSegmenter(), held)
    report, stable_from = _first(held, segmenter)
    for thing in report.stable[::every]:
        shown = [_shows(held.frame(i), report.T_level_world, thing) for i in range(len(held))]
        seen = np.array([s.mean() for s, _, _ in shown])
        good = np.flatnonzero(seen >= max(0.25, 0.6 * np.sort(seen)[-3:][0]))
        if thing.id not in stable_from or not len(good):
            continue
        start = max(stable_from[thing.id] + 1, int(good[len(good) // 2]))
        emptied = Without(held, thing.box_world, report.T_level_world, start, segmenter)
        looks = sum(_empty(emptied.frame(i), *shown[i]) for i in good.tolist() if i >= start)
        with Memory.open(":memory:") as memory:
            after = map_recording(emptied, memory, segmenter)
        yield Erasure(thing, start, looks, after.vanished, after.moved)


def _first(held: Held, segmenter: Segmenter) -> tuple[MapReport, dict[str, int]]:
    """The recording as it is, and from which frame on each thing was stable."""
    stable_from: dict[str, int] = {}
    done = 0
    with Memory.open(":memory:") as memory:

        def note(*_: object) -> None:
            nonlocal done
            for thing in memory.things(Role.OBJECT):
                if is_stable(thing):
                    stable_from.setdefault(thing.id, done)
            done += 1

        return map_recording(held, memory, segmenter, on_frame=note), stable_from


def _shows(frame: RGBDFrame, T_level_world: F64, thing: Thing) -> tuple[NDArray[np.bool_], F64, NDArray[np.int64]]:
    """Which of the thing's points (N,) the frame shows: the depth there is theirs. With their depths (N,), pixels (N, 2)."""
    T = T_level_world @ frame.T_world_cam
    uv, z = frame.camera.project((thing.points_world.astype(np.float64) - T[:3, 3]) @ T[:3, :3])
    with np.errstate(invalid="ignore"):
        inside = (
            (z > 0.1) & (uv >= 0).all(axis=1) & (uv <= [frame.camera.width - 1, frame.camera.height - 1]).all(axis=1)
        )
    pixels = np.rint(np.where(inside[:, None], uv, 0)).astype(np.int64)
    measured = frame.depth[pixels[:, 1], pixels[:, 0]]
    near = np.abs(measured - z) < 0.03 + 2 * NOISE.sigma(np.maximum(z, 0.0))
    return inside & (measured > 0) & near, z, pixels


def _empty(frame: RGBDFrame, shown: NDArray[np.bool_], z: F64, pixels: NDArray[np.int64]) -> bool:
    """Whether at least half of the points shown before are seen past in ``frame``."""
    beyond = frame.depth[pixels[:, 1], pixels[:, 0]] > z + np.maximum(0.03, 3 * NOISE.sigma(np.maximum(z, 0.0)))
    return bool((shown & beyond).sum() >= 0.5 * shown.sum())
