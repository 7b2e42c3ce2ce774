"""Two records of one real thing: fragments of a table, a thing cut in two by the segmenter, a second id after a gap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contracts import Role
from .fusion import near_share
from .likeness import compatibility, unlike
from .look import COARSE, Look
from .node import Node
from .world import World

APART = 3  # frames in which both were detected, after which they are two things unless their points coincide

UNLIKE = 1.5  # appearance distance, by how much looks vary, from which two that were detected in one frame are two
_DOUBLE = 3.5  # standard deviations by which two reports of one thing may be apart
UNLIKE_EVER = 3.0  # the same where they may have been seen in different light


def absorbing(look: Look, nodes: Sequence[Node]) -> Node | None:
    """The thing, already seen in this frame, of which a left-over look is another fragment; None if there is none."""
    best: tuple[float, Node] | None = None
    for node in nodes:
        if (
            node.role is not look.role
            or (node.lower > look.upper + 0.02).any()
            or (look.lower > node.upper + 0.02).any()
        ):
            continue
        vague = node.generic or look.generic
        if not vague and compatibility(look.labels, node.labels) < 0.5:
            continue
        if _volume(look.lower, look.upper) > 1.2 * _volume(node.lower, node.upper):
            continue
        share = near_share(look.points, node.points, max(1.5 * node.voxel, 0.02, 2.0 * look.sigma))
        if share >= (0.75 if node.small else 0.6) and (best is None or share > best[0]):
            best = (share, node)
    return best[1] if best is not None else None


def doubled(look: Look, nodes: Sequence[Node]) -> Node | None:
    """Of which thing already seen in this frame a left-over look may be a second report; None if of none. Where positions are
    off by centimetres a twin beside it would be reported no differently: then one look is not enough to believe in it.
    """
    if look.sigma < COARSE:
        return None
    like = (
        n
        for n in nodes
        if n.role is look.role
        and float(np.linalg.norm(look.center - n.center)) < _DOUBLE * float(np.hypot(look.sigma, n.sigma))
        and compatibility(look.labels, n.labels) >= 0.5
        and (unlike(look, n) or 0.0) <= UNLIKE
    )
    return next(like, None)


def touching(world: World, nodes: Sequence[Node]) -> dict[str, list[Node]]:
    """For each of ``nodes`` the other things whose bounds come within 3 cm of its own."""
    if not nodes:
        return {}
    mine, its = np.array([n.lower for n in nodes]) - 0.03, np.array([n.upper for n in nodes]) + 0.03
    others = world.near(mine.min(axis=0), its.max(axis=0))
    low, high = np.array([n.lower for n in others]).T, np.array([n.upper for n in others]).T
    x, y, z = (low[:, None] <= its.T[:, :, None]) & (high[:, None] >= mine.T[:, :, None])
    found: dict[str, list[Node]] = {n.id: [] for n in nodes}
    for k, i in zip(*(axis.tolist() for axis in np.nonzero(x & y & z)), strict=True):
        if others[i] is not nodes[k]:
            found[nodes[k].id].append(others[i])
    return found


def find_duplicate(world: World, node: Node, near: Sequence[Node]) -> Node | None:
    """Which of the ``near`` things is another record of the same thing as ``node``; None if it is the only one."""
    if node.held is not None or node.presence.absent:
        return None
    best: tuple[float, Node] | None = None
    for other in near:
        if other.id not in world.nodes or other.held is not None or other.presence.absent:
            continue
        if (other.role is Role.PART) != (node.role is Role.PART):
            continue
        if node.role is Role.PART and (node.label != other.label or _whole(world, node) != _whole(world, other)):
            continue  # the doors of two pieces of furniture may touch when they are open
        score = sameness(world, node, other)
        if score > 0 and (best is None or score > best[0]):
            best = (score, other)
    return best[1] if best is not None else None


def sameness(world: World, a: Node, b: Node) -> float:
    """Above 0 if two records stand for one thing: the share of the smaller one's points that lie on the other."""
    vague = a.generic or b.generic
    if a.role is not b.role and (vague or compatibility(a.labels, b.labels) < 0.7):
        return 0.0
    if not vague and compatibility(a.labels, b.labels) < 0.5:
        return 0.0
    if not vague and a.label != b.label and not (a.small and b.small):
        return 0.0  # a drawer's front lies flush in the counter's: points say nothing where the classes differ
    smaller, bigger = (a, b) if _volume(a.lower, a.upper) <= _volume(b.lower, b.upper) else (b, a)
    reach = max(1.5 * bigger.voxel, 0.02, 2.0 * max(a.sigma, b.sigma))
    share = near_share(smaller.points, bigger.points, reach)
    apart = world.together.get((a.id, b.id), world.together.get((b.id, a.id), 0))
    if a.role is Role.PART:
        return (
            1.0 + share if apart < APART and _whole(world, a) is not None else 0.0
        )  # furniture has one door, one handle
    if not vague and a.small and b.small:
        middle = float(np.linalg.norm(a.center - b.center))
        close = middle < 0.5 * float(np.linalg.norm(bigger.box.size))
        other = (unlike(a, b) or 0.0) > (UNLIKE if apart else UNLIKE_EVER)
        return share if share >= 0.5 and close and apart < APART and not other else 0.0
    if a.small or b.small:
        return share if share >= (0.6 if apart < APART else 0.85) else 0.0
    if not vague and apart < APART and share >= 0.3:
        return share
    return share if share >= 0.65 else 0.0


def _whole(world: World, part: Node) -> str | None:
    fact = world.fact(part.id, "whole")
    return fact.object if fact is not None else None


def _volume(
    lower: np.ndarray[tuple[int], np.dtype[np.float64]], upper: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    return float(np.prod(upper - lower + 0.02))
