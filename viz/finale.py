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


def finish(
    stream: rr.RecordingStream, memory: Memory, scene: Scene, body: Body, cloud: WorldCloud,
    things: Sequence[Thing], now: float,
) -> None:  # fmt: skip
    """Draw ``things`` as believed at ``now``, the time that is set in ``stream``, the way a picture of them needs it."""
    best = eye.best(things, cloud, body.path)
    stream.send_blueprint(blueprint.working(best), make_active=True, make_default=True)
    scene.things(things, now, best)
    scene.cloud(cloud, eye.framing(things, cloud, body.path))
    Caption.of(things, best, now).log(stream)
    for info in evidence.choose(memory.keyframes(), evidence.POSTER):
        with contextlib.suppress(LociError):  # a picture may have been dropped for the byte budget
            scene.evidence(info.seq, memory.keyframe(info.seq), info.camera, info.T_world_cam)
