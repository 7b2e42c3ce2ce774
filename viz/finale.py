"""The end of a recording: the whole map drawn once more, the best place to look from, a few pictures, the caption."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import rerun as rr

from ..errors import LociError
from ..memory.records import Thing
from . import blueprint, evidence, eye
from .body import Body
from .caption import Caption
from .cloud import WorldCloud
from .scene import Scene

if TYPE_CHECKING:
    from ..memory import Memory

_KEPT = (("episodes", "tasks"), ("actions", "actions"), ("keyframes", "pictures kept as evidence"))


def _lines(words: Sequence[str]) -> list[str]:
    """Two to a line."""
    return [", ".join(words[i : i + 2]) for i in range(0, len(words), 2)]


def finish(
    stream: rr.RecordingStream, memory: Memory, scene: Scene, body: Body, cloud: WorldCloud,
    things: Sequence[Thing], now: float, before: eye.Eye,
) -> None:  # fmt: skip
    """Draw ``things`` as believed at ``now``, the time that is set in ``stream``, the way a picture of them needs it.

    ``before`` is the eye so far: it is only given up for a clearly better one.
    """
    best = eye.best(things, cloud, body.path, before=before)
    stream.send_blueprint(blueprint.working(best), make_active=True, make_default=True)
    scene.things(things, now, best)
    scene.cloud(cloud, eye.framing(things, cloud, body.path))
    stats = memory.stats()
    kept = [f"{int(stats[k])} {words}" for k, words in _KEPT if stats.get(k)]
    Caption.of(things, best, now, _lines(kept)).log(stream)
    for info in evidence.choose(memory.keyframes(), evidence.POSTER):
        with contextlib.suppress(LociError):  # a picture may have been dropped for the byte budget
            scene.evidence(info.seq, memory.keyframe(info.seq), info.camera, info.T_world_cam)
