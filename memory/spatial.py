"""Where things are: on what, in what, part of what, as functional facts; what moves along; what is hidden.

A thing has one place at a time (on, in, at or held by something); a newer place closes the older one of that thing and
nothing else. A frame's relations are votes: a settled place changes only after a few consistent looks, while a thing that
is new or has just moved takes the first.
"""

from __future__ import annotations

import numpy as np

from ..contracts import Role
from ..geometry import F64, Box, apply
from .node import Node, trusted_box
from .vocabulary import CONTAINERS, SLIDING
from .world import FLOOR, World

DECAY = 0.6  # of a vote per look
ENOUGH = 1.4  # votes for a new place: two or three good looks
_CAP = 2.5
_BESIDE = 0.6  # metres from a piece of furniture within which a thing is at it


def vote(node: Node, current: tuple[str, str] | None, seen: dict[tuple[str, str], float]) -> tuple[str, str] | None:
    """Count one look's relations ``seen`` (place → score); the new place if the votes call for a change, else None."""
    for key in list(node.votes):
        node.votes[key] *= DECAY
        if node.votes[key] < 0.05:
            del node.votes[key]
    for key, score in seen.items():
        node.votes[key] = min(_CAP, node.votes.get(key, 0.0) + score)
    if not node.votes:
        return None
    best = min(node.votes, key=lambda k: (-node.votes[k], k))
    if best == current:
        return None
    held = node.votes.get(current, 0.0) if current is not None else 0.0
    if current is None or current[0] == "at":
        return best if node.votes[best] >= 0.4 else None
    return best if node.votes[best] >= ENOUGH and node.votes[best] > held + 0.7 else None


def support_of(world: World, box: Box, skip: str = "") -> tuple[str, str] | None:
    """The place that the boxes alone suggest for a thing with this box: (predicate, id), or None if nothing is near."""
    low = box.bounds()[0]
    center = box.center
    best: tuple[float, str, str] | None = None
    own = world.node(skip)
    with world.within(world.scope if own is None else own.map):
        around = world.near(low - _BESIDE, box.bounds()[1] + _BESIDE)
    for node in around:
        if (
            node.id == skip
            or node.role is Role.PART
            or node.held is not None
            or (node.small and node.box.volume < 2e-3)
        ):
            continue
        if not ((center[:2] >= node.lower[:2] - 0.02).all() and (center[:2] <= node.upper[:2] + 0.02).all()):
            continue
        top = float(node.upper[2])
        if node.label in CONTAINERS and node.lower[2] - 0.02 <= center[2] <= top - 0.02:
            state = openness(world, node.id)
            if state is None or state[0] == "open":
                return ("in", node.id)
        if -0.06 <= low[2] - top <= 0.10 and (best is None or top > best[0]):
            best = (top, "on", node.id)
    if best is not None:
        return (best[1], best[2])
    if low[2] < 0.08:
        return ("on", FLOOR)
    near = [
        (float(node.box.distance(center)), node.id)
        for node in around
        if node.role is Role.FURNITURE and node.id != skip
    ]
    gap, id = min(near, default=(9.0, ""))
    return ("at", id) if gap < _BESIDE else None


def openness(world: World, id: str) -> tuple[str, float] | None:
    """ "open" or "closed" with its probability, if the thing has such a state."""
    node = world.node(id)
    belief = node.states.get("openness") if node is not None else None
    return None if belief is None else (belief.value, belief.probability)


def enclosing(world: World, id: str) -> str | None:
    """The closed container that hides the thing (directly, or through what it is in), or None."""
    for _ in range(8):  # nesting is never deeper; a cycle must not hang
        fact = world.fact(id)
        if fact is None or fact.predicate not in ("on", "in"):
            return None
        if fact.predicate == "in":
            state = openness(world, fact.object)
            if state is not None and state[0] == "closed" and state[1] > 0.5:
                return fact.object
        id = fact.object
    return None


def contents_of(world: World, id: str) -> list[str]:
    """Everything on or in a thing, and on or in that, in order of creation within each level."""
    found: list[str] = []
    todo = [id]
    while todo:
        for inner in world.inside_of(todo.pop(0), ("on", "in")):
            if inner not in found and inner != id:
                found.append(inner)
                todo.append(inner)
    return found


def carry(
    world: World, id: str, motion: F64, except_for: set[str], loosen: float = 0.0, lost: float | None = None
) -> list[Node]:
    """Move all contents of ``id`` by ``motion`` (4, 4, world); ``loosen`` metres are added to their uncertainty.

    ``lost``: since when ``id`` itself was missed and is found again now. What was missed with it has come along, too.
    """
    moved = []
    for inner in contents_of(world, id):
        node = world.nodes[inner]
        if inner in except_for or node.held is not None:
            continue
        if node.presence.absent:
            if lost is None or node.presence.last_miss <= lost:
                continue
            node.presence = node.presence.afresh()
        displace(node, motion)
        node.rest = min(0.5, node.rest + loosen)
        if node.believed is None:
            node.believed = world.now
        moved.append(node)
    return moved


def displace(node: Node, motion: F64) -> None:
    """Move a thing's box and points by a rigid ``motion`` (4, 4) in the world."""
    node.set_box(trusted_box(motion @ node.box.T_ref_box, node.box.size))
    node.points = apply(motion, node.points).astype(np.float32)


def slide_of(world: World, id: str, before: dict[str, F64], old: Box) -> F64:
    """How far (3,) a sliding container went: by its handle, which is rigid to it, else by its front.

    The centre is no measure: a shut drawer shows its front, an open one the tray behind it too, and an arm hides now one
    and now the other. The front is the face on the handle's side; without a handle, the face that has moved further.
    """
    node = world.nodes[id]
    low, high = old.bounds()
    moved = np.stack([node.lower - low, node.upper - high])  # of the lower and the upper faces
    slide = np.zeros(3)
    handles = [world.nodes[p] for p in world.parts_of(id) if world.nodes[p].label == "handle" and p in before]
    for handle in handles:
        if handle.last_seen == node.last_seen:
            return np.asarray(handle.center - before[handle.id])
        outward = (before[handle.id] - old.center) / (np.maximum(high - low, 0.02) / 2)
        axis = int(np.argmax(np.abs(outward[:2])))
        slide[axis] = moved[int(outward[axis] > 0), axis]
        return slide
    axis = int(np.argmax(np.abs(node.center - old.center)))
    slide[axis] = max(moved[:, axis], key=abs)
    return slide


def slides(node: Node) -> bool:
    """True for containers that move as a whole when opened, taking their contents along."""
    return node.label in SLIDING
