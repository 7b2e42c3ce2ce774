"""Which thing a tracker's number stood for last, and how surely: continuity is evidence, no surer than where it began."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..geometry import apart
from .frame import Frame
from .identity import SUPPOSED, TRACK_GAIN
from .look import Look
from .world import World

_JITTER = 0.02  # metres by which centres of looks differ anyway
_SURELY = 2.0  # standard deviations within which a look is at the very spot of a thing
_MOST = 400  # tracks, before old ones are dropped
_OLD = 5.0  # seconds


def follow(world: World, frame: Frame, looks: Sequence[Look]) -> None:
    """Note what each look of a frame, which has been taken in, was of."""
    for look in looks:
        id = frame.ids[look.index]
        if look.track >= 0:
            known = id or frame.doubles.get(look.index, "")
            world.tracks[look.track] = (known, frame.stamp, _carries_on(world, frame, look, id))
    if len(world.tracks) > _MOST:
        world.tracks = {track: row for track, row in world.tracks.items() if frame.stamp - row[1] <= _OLD}


def pass_on(world: World, old: str, new: str) -> None:
    """What was thing ``old`` to the tracker is ``new``."""
    for track, (id, stamp, gain) in list(world.tracks.items()):
        if id == old:
            world.tracks[track] = (new, stamp, gain)


def _carries_on(world: World, frame: Frame, look: Look, id: str | None) -> float:
    """Gain of the next look of this track being the same thing: it is no surer than that this one is."""
    node = world.nodes.get(id) if id is not None else None
    if node is None:
        return 0.0
    before = world.tracks.get(look.track)
    if before is not None and before[0] == id and before[2] == TRACK_GAIN:
        return TRACK_GAIN  # watched all the way, wherever it went
    known = frame.before.get(node.id)
    off = 0.0 if known is None or look.cut or not (node.small and node.whole) else apart(look.center, known)
    return TRACK_GAIN if off <= _SURELY * math.hypot(look.sigma, node.sigma, _JITTER) else SUPPOSED
