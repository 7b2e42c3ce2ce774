"""Which remembered thing is each detection? Scored pairs, then the best one-to-one assignment.

A pair's gain adds up log-odds-like terms: the perceiver's track, or else the position against its uncertainty; class
distributions, appearance and size. Labels are soft evidence, never a gate of their own. Everything above 0 is admissible;
the assignment maximises the sum, so two swapped things are told apart together, not one by one.
All terms are (looks, things) matrices: a frame has to be judged within a few milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..assignment import assign
from ..contracts import Role, Verdict
from ..geometry import F64
from .likeness import NEVER, SLACK, appearances
from .look import Look
from .node import Node
from .vocabulary import SLIDING

REACH = 0.6  # metres between the bounds of a look and of a thing that may be it
JOINT_REACH = 1.2  # the same for parts and drawers, which swing and slide
SPEED = 1.5  # metres per second at which a watched thing may move
TRACK_GAIN = 5.0
TRACK_SECONDS = 2.0
LINK_NAMELESS = 2.3  # likeness (at most 2.4) from which one without a name is taken for another that is missed
LOOK_AWAY = 1.0  # seconds unseen after which a thing may have been swapped for another
UNWATCHED = -1.5  # a spot that the frame says nothing of: little speaks for the thing having left it
BOTH_SEEN = -4.0  # a frame showed the thing, and apart from it what now shows again: then that is another
SUPPOSED = 1.0  # at most, position of a look where the last one supposed the thing to be, which is not settled yet
_ROLES = {role: i for i, role in enumerate(Role)}


@dataclass
class Scene:
    """What identity is judged by besides the two things themselves.

    ``tracks``: track → (thing, "" for none yet; stamp; gain of a look that carries it on); ``verdicts``: thing → verdict of
    this frame; ``hints``: thing → detection index;
    ``wholes``: detection index or thing → the furniture that this part belongs to.
    """

    stamp: float
    tracks: Mapping[int, tuple[str, float, float]] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    wholes: Mapping[int | str, str] = field(default_factory=dict)


def match(looks: Sequence[Look], nodes: Sequence[Node], scene: Scene) -> dict[int, int]:
    """Position in ``looks`` → position in ``nodes``, one to one; looks without a partner are left out."""
    if not looks or not nodes:
        return {}
    gains = pair_gains(looks, nodes, scene)
    rows, columns = np.nonzero(gains > 0)
    return assign({(i, j): float(gains[i, j]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)})


def pair_gains(looks: Sequence[Look], nodes: Sequence[Node], scene: Scene) -> F64:
    """Gain (looks, nodes) of each detection being each thing: the better of "here" and "elsewhere now"."""
    p = _Pairs(looks, nodes, scene)
    likeness = p.classes + p.appearance + p.size
    here = p.position + likeness + p.roles + np.where(likeness > -1.0, p.hinted, 0.0)  # a hint knows the spot only
    here = np.where(p.displaced & p.copies(here)[:, None], NEVER, here)
    return np.maximum(here, p.elsewhere(likeness, here))


class _Pairs:
    """The terms of the gain as (looks, nodes) matrices."""

    def __init__(self, looks: Sequence[Look], nodes: Sequence[Node], scene: Scene) -> None:
        self.looks, self.nodes, self.scene = looks, nodes, scene
        low, high, center = (
            _axes(rows)[:, :, None]
            for rows in ([k.lower for k in looks], [k.upper for k in looks], [k.center for k in looks])
        )
        low_n, high_n, center_n = (
            _axes(rows)[:, None]
            for rows in ([n.lower for n in nodes], [n.upper for n in nodes], [n.center for n in nodes])
        )
        self.gap = _length(np.maximum(np.maximum(low_n - high, low - high_n), 0.0))
        edges = np.maximum(np.minimum(high, high_n) - np.maximum(low, low_n) + SLACK, 0.0)
        smaller = np.minimum(_product(high - low + SLACK), _product(high_n - low_n + SLACK))
        self.overlap = np.minimum(1.0, _product(edges) / smaller)
        self.distance = _length(center - center_n)
        self.unseen = scene.stamp - np.array([n.last_seen for n in nodes])
        self.cut = np.array([k.cut for k in looks])[:, None] | ~np.array([n.whole for n in nodes])
        self.generic = np.array([k.generic for k in looks])
        self.generic_n = np.array([n.generic for n in nodes])
        self.jointed = np.array([n.role is Role.PART or n.label in SLIDING for n in nodes])
        self.classes = self._classes()
        self.size = self._sizes()
        self.roles = self._roles()
        self.hinted = np.zeros_like(self.gap)
        row = {k.index: i for i, k in enumerate(looks)}
        for j, node in enumerate(nodes):
            hint = scene.hints.get(node.id)
            if hint in row:
                self.hinted[row[hint], j] = 1.0
        self.appearance = appearances(looks, nodes)
        self.position = self._positions()

    def _classes(self) -> F64:
        names = sorted(
            {k for look in self.looks for k in look.labels} | {k for node in self.nodes for k in node.labels}
        )
        at = {name: i for i, name in enumerate(names)}
        shared = _roots([k.labels for k in self.looks], at) @ _roots([n.labels for n in self.nodes], at).T
        term = np.minimum(np.maximum(np.log(np.maximum(np.minimum(shared, 1.0), 0.01) / 0.3), -3.0), 1.2)
        vague = self.generic[:, None] | self.generic_n
        return np.asarray(np.where(vague, 0.4, term))

    def _sizes(self) -> F64:
        a = _footprint(_axes([k.box.size for k in self.looks]))[:, :, None]
        b = _footprint(_axes([n.box.size for n in self.nodes]))[:, None]
        ratio = np.log((a + SLACK) / (b + SLACK))
        cut = np.array([k.cut for k in self.looks])[:, None]
        whole = np.array([n.whole for n in self.nodes])
        # a cut view is a lower bound, so is a thing never seen whole
        excused = ((ratio < 0) & cut) | ((ratio > 0) & ~whole)
        x, y, z = np.where(excused, 0.0, np.abs(ratio))
        worst = np.maximum(np.maximum(x, y), z)
        # an opened drawer shows its tray too, a swung door its other side, and of furniture more and more is seen
        floor = np.where(self.jointed, -0.3, np.where(np.array([n.small for n in self.nodes]), -3.0, -1.5))
        return np.asarray(np.maximum(floor, 0.5 - 0.5 * (worst / 0.4) ** 2))

    def _roles(self) -> F64:
        mine = np.array([_ROLES[k.role] for k in self.looks])[:, None]
        its = np.array([_ROLES[n.role] for n in self.nodes])
        part = _ROLES[Role.PART]
        term = np.where((mine == part) ^ (its == part), NEVER, np.where(mine == its, 0.0, -1.5))
        if self.scene.wholes:
            for i, look in enumerate(self.looks):
                for j, node in enumerate(self.nodes):
                    whole, other = self.scene.wholes.get(look.index), self.scene.wholes.get(node.id)
                    if whole is not None and other is not None:
                        term[i, j] += 1.0 if whole == other else -6.0
        return np.asarray(term)

    def _positions(self) -> F64:
        own = np.array([n.sigma**2 + n.rest**2 for n in self.nodes]) + np.where(self.jointed, 0.35**2, 0.0)
        extent = np.array([0.15 * math.hypot(*n.box.size.tolist()) for n in self.nodes])
        spread2 = np.array([k.sigma**2 for k in self.looks])[:, None] + own + 0.02**2
        spread2 = spread2 + np.where(self.cut, extent**2, 0.0)
        near = 3.0 - 0.5 * self.distance**2 / spread2
        position = np.maximum(near, 3.0 * self.overlap - np.where(self.overlap < 0.5, 0.5, 0.0))
        # Something like it is at its spot, or the spot is hidden: then what shows elsewhere is another. One look through the
        # spot says little yet; and the farther off, the likelier it is another.
        swing = {Verdict.SEEN: NEVER, Verdict.OCCLUDED: UNWATCHED, None: UNWATCHED if self.scene.verdicts else 0.0}
        verdicts = [self.scene.verdicts.get(n.id) for n in self.nodes]
        # what is in a hand, or was put down and not seen since, has no spot that it could be known to be at
        loose = [n.held is not None or n.believed is not None for n in self.nodes]
        verdict = np.array(
            [0.0 if free and v is None else swing.get(v, 0.0) for v, free in zip(verdicts, loose, strict=True)]
        )
        missed = np.array([v is Verdict.SEEN_THROUGH for v in verdicts]) | np.array(loose)
        verdict = verdict - np.where(missed | self.jointed, 0.0, self._plural())
        verdict = np.where(self.hinted > 0, 0.0, verdict)  # this very look is what the frame shows at the spot
        verdict = verdict - np.where(self.jointed, 0.0, self.distance)
        self.displaced = displaced = (self.overlap < 0.2) & (self.distance > 3.0 * np.sqrt(spread2))
        position = np.minimum(np.maximum(position + np.where(displaced, verdict, 0.0), -3.5), 3.0)
        # Of two things without a name nothing but place and colours is known: at another place it is not the one that was
        # here, unless it was watched on its way, or is missed (see ``elsewhere``).
        position = np.where(displaced & self.generic[:, None] & self.generic_n, NEVER, position)
        settled = (position > 2.0) & (self.unseen < LOOK_AWAY)  # nothing can have been swapped in so short a time
        self.appearance = np.where(settled, np.maximum(self.appearance, -1.5), self.appearance)
        reach = np.where(self.jointed, JOINT_REACH, REACH)
        position = np.where(self.gap > reach, NEVER, position)
        for i, look in enumerate(self.looks):
            whole = self.scene.wholes.get(look.index)
            for j, node in enumerate(self.nodes) if whole is not None else ():
                if self.scene.wholes.get(node.id) == whole and look.label == node.label:
                    position[i, j] = max(position[i, j], 1.0)  # wherever a door has swung, it is that one's door
        supposed = self._supposed()
        position = np.maximum(position, np.minimum(SUPPOSED, 3.0 - 0.5 * supposed**2 / spread2))
        column = {n.id: j for j, n in enumerate(self.nodes)}
        for i, look in enumerate(self.looks):
            thing, stamp, gain = self.scene.tracks.get(look.track, ("", -np.inf, 0.0))
            since = self.scene.stamp - stamp
            if since > TRACK_SECONDS:
                continue
            for j, node in enumerate(self.nodes) if not look.generic else ():
                if node.small and node.id != thing and node.last_seen == stamp:
                    position[i, j] += BOTH_SEEN
            if thing in column:
                j = column[thing]
                if min(self.gap[i, j], supposed[i, j]) <= 0.3 + SPEED * max(0.1, since):
                    position[i, j] = max(position[i, j], gain)
        return np.asarray(position)

    def _supposed(self) -> F64:
        """Distance (looks, nodes) from where the last look supposed a thing to be now; infinite where there is no such spot."""
        away = np.full_like(self.gap, np.inf)
        for j, node in enumerate(self.nodes):
            if node.shift is not None:
                away[:, j] = [float(np.linalg.norm(k.center - node.shift[0])) for k in self.looks]
        return away

    def _plural(self) -> F64:
        """Where several things look like this one (looks, 1), being like one of them says little of which it is, or whether it
        is yet another: the logarithm of how many there are.
        """
        likeness = self.classes + self.appearance + self.size
        likes = (likeness >= np.maximum(likeness.max(axis=1, keepdims=True) - 1.0, 0.0)).sum(axis=1)
        return np.asarray(np.log(np.maximum(1, likes))[:, None])

    def elsewhere(self, likeness: F64, here: F64) -> F64:
        """Gain of a look being a thing that is no longer where it was: it is missed there, or what stands there now is
        surely something else.
        """
        small = np.array([n.small and n.held is None for n in self.nodes])
        objects = np.array([k.role is Role.OBJECT for k in self.looks])[:, None]
        absent = np.array([n.presence.absent for n in self.nodes])
        seen_often = np.array([n.sightings >= 2 for n in self.nodes])
        missed = likeness - np.where(self.generic, LINK_NAMELESS, 0.6)[:, None]
        there = (self.overlap > 0.3) & (np.array([k.role is Role.OBJECT for k in self.looks]) & ~self.generic)[:, None]
        taken = there.any(axis=0) & ~(here > 0).any(axis=0)
        swapped = np.where(taken & (self.unseen >= LOOK_AWAY) & seen_often, likeness - 1.9, NEVER)
        allowed = small & objects & (self.generic[:, None] == self.generic_n) & ~self.copies(here)[:, None]
        return np.where(allowed, np.where(absent, missed, swapped), NEVER)

    def copies(self, here: F64) -> NDArray[np.bool_]:
        """Which looks (looks,) show what another look of the frame shows too: both fit best what stands at their spot."""
        best = here.argmax(axis=1)
        rows = np.arange(len(best))
        fits = (here[rows, best] > 0) & (self.position[rows, best] > 0)
        return np.asarray(fits & (np.bincount(best[fits], minlength=here.shape[1])[best] > 1))


def _roots(distributions: Sequence[Mapping[str, float]], at: Mapping[str, int]) -> F64:
    table = np.zeros((len(distributions), len(at)))
    for i, distribution in enumerate(distributions):
        for name, p in distribution.items():
            table[i, at[name]] = p
    return np.sqrt(table)


def _axes(rows: Iterable[F64]) -> F64:
    """x, y and z (3, N) of N triples (3,)."""
    return np.ascontiguousarray(np.concatenate(tuple(rows)).reshape(-1, 3).T)


def _length(v: F64) -> F64:
    """Lengths (...) of vectors (3, ...)."""
    x, y, z = v**2
    return np.asarray(np.sqrt(x + y + z))


def _product(v: F64) -> F64:
    """Products (...) of three edges (3, ...)."""
    return np.asarray(v[0] * v[1] * v[2])


def _footprint(sizes: F64) -> F64:
    """Edges (3, N) of boxes, the shorter one of the footprint first: a heading may be a quarter turn off."""
    x, y, z = sizes
    return np.array([np.minimum(x, y), np.maximum(x, y), z])
