"""What memory has learned in general, each with the evidence for and against it and the time over which that was gathered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .world import World

KEPT = 12  # events of evidence that are named


@dataclass(frozen=True)
class Learned:
    """One thing learned. ``kind``: usual_place, habit, routine, precondition, effect, lesson, preference or procedure.

    ``support`` and ``against`` count what speaks for it and against it, from ``first`` to ``last`` (world time, s);
    ``context`` is when it holds, ``unless`` when it does not. ``person`` is who said it. ``contradicts`` are
    statements of the same kind that cannot hold beside it, and stay shown. ``until``: from then on something else was
    said.
    """

    kind: str
    subject: str
    text: str
    value: tuple[str, ...]
    support: int
    against: int = 0
    first: float | None = None
    last: float | None = None
    evidence: tuple[int, ...] = ()
    context: str = ""
    unless: str = ""
    person: str = ""
    until: float | None = None
    contradicts: tuple[str, ...] = ()

    @property
    def probability(self) -> float:
        """How surely it holds the next time: Laplace's rule of succession."""
        return (self.support + 1) / (self.support + self.against + 2)


def newest(seqs: Iterable[int]) -> tuple[int, ...]:
    """The newest few events, newest first."""
    return tuple(sorted(set(seqs), reverse=True))[:KEPT]


def contradicting(found: Sequence[Learned]) -> list[Learned]:
    """The same, with each told of the others of its subject and context that say something else."""
    out = []
    for one in found:
        others = [o.text for o in found if o is not one and _same_matter(o, one) and o.value != one.value]
        out.append(replace(one, contradicts=tuple(others)) if others else one)
    return out


def _same_matter(a: Learned, b: Learned) -> bool:
    return (a.kind, a.subject, a.context, a.person) == (b.kind, b.subject, b.context, b.person)


class Cached:
    """Works something out from the tables anew only after events were written, or the file was read anew."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._at: tuple[int, int] | None = None
        self._nodes: object = None

    def stale(self) -> bool:
        """True once after each change."""
        at = (self.world.store.epoch, self.world.seq)
        if self._at == at and self._nodes is self.world.nodes:
            return False
        self._at, self._nodes = at, self.world.nodes
        return True
