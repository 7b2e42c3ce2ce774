"""Which things may a frame be about? Those near what it shows, and those that may have come there: so a frame costs what is in
view, however much the map holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contracts import Role
from .identity import JOINT_REACH
from .look import Look
from .node import GENERIC, Node
from .world import World


def things_about(world: World, looks: Sequence[Look]) -> list[Node]:
    """Every thing that one of ``looks`` could be taken for, see ``identity``, in order of creation."""
    if not looks:
        return []
    low = np.min([k.lower for k in looks], axis=0) - JOINT_REACH
    high = np.max([k.upper for k in looks], axis=0) + JOINT_REACH
    found = world.near(low, high)
    known = {n.id for n in found}
    others = {world.tracks[k.track][0] for k in looks if k.track in world.tracks}
    others |= {n.id for n in world.in_hand()}
    more = [n for id in others - known if (n := world.nodes.get(id)) is not None]
    if any(k.role is Role.OBJECT for k in looks):
        names = {name for k in looks for name in k.labels}
        if any(k.generic for k in looks):
            names |= GENERIC
        more += [n for n in world.gone(names, (low + high) / 2) if n.id not in known]
    return sorted({n.id: n for n in [*found, *more]}.values(), key=lambda n: n.number)
