"""How one look changes the working copy of the thing that it shows."""

from __future__ import annotations

import numpy as np

from ..contracts import Role
from ..geometry import F64, Box, apart
from .fusion import box_of, fuse, near_share
from .likeness import appearance_distance
from .look import COARSE, FINEST, Look
from .node import Node, trusted_box
from .records import StateBelief
from .vocabulary import SLIDING

MOVED_AT_LEAST = 0.04  # metres
FUSE_EVERY = 12  # looks, from the same place
_LABEL_MEMORY = 30.0
_NEW_SHARE = 0.2  # of a look's information that is new: the errors of looks from one place are alike
_AS_MUCH = 0.15  # of an edge by which two cut looks may differ that show the same part


def node_from(look: Look, id: str, stamp: float) -> Node:
    """A new thing as its first look shows it."""
    points, colors, voxel, _ = fuse(look.points[:0], look.colors[:0], look.points, look.colors, 0.0)
    return Node(
        id=id, role=look.role, labels=dict(look.labels), box=look.box, points=points, colors=colors,
        appearance=look.appearance, first_seen=stamp, last_seen=stamp, last_looked=stamp, sigma=look.sigma,
        label_weight=_share(look), whole=not look.cut, voxel=voxel,
    )  # fmt: skip


def recognise(node: Node, look: Look) -> None:
    """Fuse class and appearance: running means, so that one odd look changes little."""
    weight = min(node.label_weight, _LABEL_MEMORY)
    share = _share(look)
    if node.generic != look.generic:
        share = 0.0 if look.generic else max(share, weight)  # a name beats no name
    if share > 0:
        total = weight + share
        old, new = node.labels, look.labels
        names = sorted({**old, **new})
        node.labels = {k: (old.get(k, 0.0) * weight + new.get(k, 0.0) * share) / total for k in names}
        node.label_weight = total
    distance = appearance_distance(look.appearance, node.appearance)
    if distance is None:
        if node.appearance.size == 0:
            node.appearance = look.appearance
        return
    rate = max(0.1, 1.0 / (node.sightings + 1.0))
    node.spread = (1.0 - rate) * node.spread + rate * min(distance, 0.5)
    gain = max(0.05, 1.0 / (node.sightings + 1.0)) * (0.4 if look.cut else 1.0)
    mean = (1.0 - gain) * node.appearance + gain * look.appearance
    node.appearance = (mean / max(float(np.sqrt(mean.dot(mean))), 1e-9)).astype(np.float32, copy=False)


def _share(look: Look) -> float:
    """How much a look's class counts: few pixels are easily taken for something else."""
    return min(1.0, max(look.pixels, 20) / 200.0)


_GLIMPSE = 0.6  # of the known length: what is seen of a rigid thing that has moved is only a part of it


def reshape(node: Node, look: Look, camera: F64) -> int:
    """Fuse points and box of a thing that stands where it was; returns how many points are new (0 when not fused)."""
    node.looks += 1
    if node.small and look.sigma >= COARSE:
        return _averaged(node, look)
    due = node.sightings <= 5 or node.looks >= FUSE_EVERY
    if not due and node.looks >= 2:
        due = node.fused_from is None or apart(camera, node.fused_from) > 0.1
    if not due or len(look.points) == 0:
        node.whole = node.whole or not look.cut
        return 0
    node.looks, node.fused_from = 0, camera
    points, colors, voxel, fresh = fuse(node.points, node.colors, look.points, look.colors, node.voxel)
    node.points, node.colors, node.voxel = points, colors, voxel
    if len(points) >= 8 and (fresh > 0 or node.sightings <= 5):
        node.set_box(box_of(points, [node.box.yaw, look.box.yaw], look.box))
    elif len(points) < 8 and not look.cut:
        node.set_box(look.box)
    node.whole = node.whole or not look.cut
    node.sigma = max(0.005, min(node.sigma, (node.sigma**-2 + _NEW_SHARE * look.sigma**-2) ** -0.5))
    return fresh


def _averaged(node: Node, look: Look) -> int:
    """Where a look's position is off by centimetres, the shape is that of the one look that shows most, and the position the
    mean of those that show as much.

    Fused as reported such looks would smear the thing: a board would be as thick as a book and look like something else, and
    half of its points would lie below the table top, where no look can tell whether it is gone. Returns how much is new.
    """
    if look.cut and node.whole:
        return 0
    shows = _shows_more(node, look)
    if shows > 0:
        node.points, node.colors, node.voxel, fresh = fuse(
            look.points[:0], look.colors[:0], look.points, look.colors, 0.0
        )
        node.set_box(look.box)
        node.whole, node.sigma = not look.cut, look.sigma
        return fresh
    if shows < 0:
        return 0
    before = 1.0 + max(0.0, (look.sigma / node.sigma) ** 2 - 1.0) / _NEW_SHARE  # looks that the position rests on
    shift = (look.center - node.center) / (before + 1.0)
    T = np.array(node.box.T_ref_box)
    T[:3, 3] += shift
    node.set_box(trusted_box(T, node.box.size))
    node.points = (node.points + shift).astype(np.float32)
    node.sigma = max(0.005, min(node.sigma, (node.sigma**-2 + _NEW_SHARE * look.sigma**-2) ** -0.5))
    return 1  # its position is better known: it may turn out to coincide with another record


def _shows_more(node: Node, look: Look) -> int:
    """1 if a look shows more of a thing than is known of it, -1 if it shows less, 0 if as much."""
    if node.whole or not look.cut:
        return 0 if node.whole else 1
    if as_big(node.box, look.box):
        return 0
    return 1 if float(np.prod(look.box.size)) > float(np.prod(node.box.size)) else -1


def as_big(a: Box, b: Box) -> bool:
    """Do two boxes have about the same edges?"""
    difference = np.abs(np.sort(a.size) - np.sort(b.size))
    return bool((difference <= _AS_MUCH * np.sort(a.size) + FINEST).all())


def replace_shape(node: Node, look: Look) -> None:
    """Start the thing's geometry anew from one look: it has moved."""
    part = node.role is Role.PART and float(look.box.size.max()) < _GLIMPSE * float(node.box.size.max())
    glimpse = look.cut or part
    keep = glimpse and node.whole and node.small  # a partial look knows the place, not the size
    if keep:
        shift = look.center - node.center
        node.points = (node.points + shift).astype(np.float32)
        T = np.array(node.box.T_ref_box)
        T[:3, 3] += shift
        node.set_box(type(node.box)(T, node.box.size))
    else:
        node.points, node.colors, node.voxel, _ = fuse(look.points[:0], look.colors[:0], look.points, look.colors, 0.0)
        node.set_box(look.box)
    node.sigma, node.rest = look.sigma, 0.0
    node.shift, node.fused_from, node.looks = None, None, 0


def displaced(node: Node, look: Look, tracked: bool) -> bool:
    """Is the thing seen elsewhere than where it was, rather than seen in another part or estimated anew?"""
    distance = apart(look.center, node.center)
    sigma = float(np.hypot(look.sigma, node.sigma))
    tolerance = max(3.0 * sigma, MOVED_AT_LEAST) + 2.0 * node.rest
    if distance <= tolerance:
        return False
    if node.role is Role.PART or node.label in SLIDING:  # it swings or slides: parts of its old and new places overlap
        within = (look.lower >= node.lower - tolerance).all() and (look.upper <= node.upper + tolerance).all()
        if node.role is Role.PART and within:
            return False  # a glimpse of it where it was, past an arm or an edge
        return not look.cut or distance > 2.0 * tolerance
    gap = np.maximum(np.maximum(node.lower - look.upper, look.lower - node.upper), 0.0)
    if float(np.linalg.norm(gap)) > tolerance:
        return node.small or tracked
    reach = max(2.0 * node.voxel, 3.0 * sigma, 0.03)
    agree = near_share(look.points, node.points, reach)
    if not node.small:
        return False
    if not look.cut and node.whole:
        a, b = np.sort(look.box.size), np.sort(node.box.size)
        alike = bool((np.abs(a - b) <= np.maximum(0.025, 0.3 * b)).all())
        if alike:
            return agree < 0.75 or distance > 2.0 * tolerance
    return agree < 0.25


def observe_states(node: Node, look: Look, stamp: float) -> list[tuple[str, str]]:
    """Fuse observed states (binary Bayes with some forgetting); returns the (attribute, value) that changed."""
    changed = []
    for attribute in sorted(look.states):
        seen = look.states[attribute]
        if not seen:
            continue
        value = min(seen, key=lambda k: (-seen[k], k))
        q = min(0.97, max(0.5, float(seen[value])))
        before = node.states.get(attribute)
        if before is None:
            node.states[attribute] = StateBelief(value, q, stamp)
            continue
        p = 0.5 + (before.probability - 0.5) * 0.9  # of the value held so far
        like, other = (q, 1 - q) if value == before.value else (1 - q, q)
        p = p * like / (p * like + (1 - p) * other)
        if p < 0.5 and value != before.value:
            node.states[attribute] = StateBelief(value, min(0.98, 1 - p), stamp)
            changed.append((attribute, value))
        else:
            node.states[attribute] = StateBelief(before.value, min(0.98, p), stamp)
    return changed
