"""What was lived through, cut into stretches: where the instruction changes, where the place does, and where nothing happened.

Worked out from the pieces of ``moments`` when it is asked for; nothing of it is in the file. An instruction's own stretch is
its episode; this tells of the time between instructions, too, and of the parts of one that went through several rooms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .episodic import Episodic
from .maps import Area, areas, innermost
from .moments import Moment, Moments
from .records import EpisodeRecord
from .world import World

GAP = 600.0  # seconds without anything after which something new begins


@dataclass(frozen=True)
class Segment:
    """One stretch. ``why`` it begins: first, instruction, place or time. ``started``, ``ended``: world time of its first and
    last piece, s. ``episode``: the instruction it belongs to, "" for none; ``place``: the room (or floor) by id, the map where
    memory was told of none; ``moments``: ids of actions, changes and remarks as in ``Memory.search``; ``things`` they touch.
    """

    why: str
    started: float
    ended: float
    episode: str
    place: str
    moments: tuple[str, ...]
    things: tuple[str, ...]


def segments(world: World, moments: Moments, episodic: Episodic, gap: float = GAP) -> list[Segment]:
    """All stretches, oldest first; every piece but the episodes themselves is in exactly one."""
    known, episodes = areas(world), episodic.episodes()
    pieces = sorted((m for m in moments.all().values() if m.kind != "episode"), key=lambda m: (m.stamp, m.seq, m.id))
    return list(_cut(world, moments, known, episodes, pieces, gap))


def _cut(
    world: World,
    moments: Moments,
    known: Sequence[Area],
    episodes: Sequence[EpisodeRecord],
    pieces: Sequence[Moment],
    gap: float,
) -> Iterator[Segment]:
    row: list[Moment] = []
    why, owner, place = "first", "", ""
    for piece in pieces:
        own, there = _owner(moments, episodes, piece), _place(world, known, piece)
        if row:
            new = (
                "instruction" if own != owner
                else "time" if piece.stamp - row[-1].stamp > gap
                else "place" if there and place and there != place
                else ""
            )  # fmt: skip
            if new:
                yield _segment(why, owner, place, row)
                row, why, place = [], new, ""
        owner, place = own, place or there
        row.append(piece)
    if row:
        yield _segment(why, owner, place, row)


def _segment(why: str, owner: str, place: str, row: Sequence[Moment]) -> Segment:
    things = tuple(dict.fromkeys(t for m in row for t in m.things))
    return Segment(why, row[0].stamp, row[-1].stamp, owner, place, tuple(m.id for m in row), things)


def _owner(moments: Moments, episodes: Sequence[EpisodeRecord], piece: Moment) -> str:
    """The instruction that a piece belongs to: its own, its cause's, or the newest that was being carried out then."""
    cause = moments.all().get(piece.cause)
    if piece.kind == "action" or cause is not None:
        return (piece if cause is None else cause).parent
    running = [e for e in episodes if e.started <= piece.stamp and (e.ended is None or piece.stamp <= e.ended)]
    return running[-1].id if running else ""


def _place(world: World, known: Sequence[Area], piece: Moment) -> str:
    for id in (piece.place, *piece.things):
        node = world.node(id) if id else None
        if node is not None:
            area = innermost(known, node.map, node.center)
            return area.id if area is not None else node.map
    return ""
