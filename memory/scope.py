"""Which things may a frame be about? Those near what it shows, and those that may have come there: so a frame costs what is in
view, however much the map holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..contracts import ObservationBatch, Role
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
    more = [n for id in others - known if (n := world.nodes.get(id)) is not None and n.map == world.scope]
    if any(k.role is Role.OBJECT for k in looks):
        names = {name for k in looks for name in k.labels}
        if any(k.generic for k in looks):
            names |= GENERIC
        more += [n for n in world.gone(names, (low + high) / 2) if n.id not in known]
    return sorted({n.id: n for n in [*found, *more]}.values(), key=lambda n: n.number)


def of_this_map(world: World, batch: ObservationBatch) -> ObservationBatch:
    """The batch without what it says of things that are in another map: coordinates there mean something else."""

    def elsewhere(id: object) -> bool:
        node = world.node(id) if isinstance(id, str) else None
        return node is not None and node.map != batch.map_id

    if any(map(elsewhere, [*(v.id for v in batch.visibility), *batch.coverage, *(r.object for r in batch.relations)])):
        return replace(
            batch,
            visibility=[v for v in batch.visibility if not elsewhere(v.id)],
            coverage={id: share for id, share in batch.coverage.items() if not elsewhere(id)},
            relations=[r for r in batch.relations if not elsewhere(r.object)],
        )
    return batch
