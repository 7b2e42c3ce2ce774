"""What every answer is made with: facts, evidence, pictures, and what cannot be known."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from . import codec
from .belief import Belief
from .episodic import Episodic
from .keyframes import Keyframes
from .node import Node
from .records import Answer, Interval, Knowledge
from .things import existence_of, knowledge_of, meant, place_of
from .vocabulary import broader, listing, noun, with_article
from .wording import ago, at_place, clock, name, sentence
from .world import World

MANY = 6  # changes or things spelt out in one answer
SURELY = 0.85  # probability of a link across a move below which answers say that it is one


class Answers:
    """Looks up what answers rest on; changes nothing."""

    def __init__(self, world: World, episodic: Episodic, keyframes: Keyframes) -> None:
        self.world = world
        self.episodic = episodic
        self.keyframes = keyframes
        self.belief = Belief(world)

    def facts(
        self, subject: str | None = None, predicate: str | None = None, at: float | None = None
    ) -> list[Interval]:
        """Facts, oldest first; those that held at ``at`` if given. ``DamagedMemory`` if a row was altered."""
        conditions, values = ["1"], list[object]()
        if subject is not None:
            ids = [
                self.world.resolve(subject),
                *(a for a, b in self.world.projection.merged.items() if b == self.world.resolve(subject)),
            ]
            conditions.append(f"subject IN ({', '.join('?' * len(ids))})")
            values += ids
        if predicate is not None:
            conditions.append("predicate = ?")
            values.append(predicate)
        if at is not None:
            conditions.append("start <= ? AND (stop IS NULL OR stop > ?)")
            values += [at, at]
        columns = "num, subject, predicate, object, family, start, stop, cause, seq, stop_seq"
        found = []
        for digest, *row in self.world.store.db.execute(
            f"SELECT digest, {columns} FROM facts WHERE {' AND '.join(conditions)} ORDER BY num", values
        ):
            codec.check_row(f"fact {row[0]}", digest, *row)
            found.append(Interval(row[1], row[2], row[3], row[5], row[6], row[7], row[8]))
        own = {(f.predicate, f.object, f.start) for f in found if f.subject not in self.world.projection.merged}
        # what was merged into a thing counts as its past, unless the thing took the fact over
        return [f for f in found if subject is None or f.subject in self.world.nodes
                or (f.predicate, f.object, f.start) not in own]  # fmt: skip

    def evidence(self, node: Node) -> tuple[int, ...]:
        """Log events behind the belief in a thing, newest first."""
        return tuple(seq for seq, _ in self.world.projection.plain.get(node.id, {}).get("evidence", ()))

    def answer(
        self, question: str, text: str, value: tuple[str, ...], node: Node,
        knowledge: Knowledge | None = None, p: float | None = None, stamp: float | None = None,
        seqs: tuple[int, ...] | None = None,
    ) -> Answer:  # fmt: skip
        """An answer about one thing, with its evidence, pictures and caveat."""
        world = self.world
        newest = stamp if stamp is not None else node.last_looked if node.presence.absent else node.last_seen
        return Answer(
            question, text, value, knowledge if knowledge is not None else knowledge_of(world, node),
            p if p is not None else existence_of(world, node), newest, world.now - newest,
            seqs if seqs is not None else self.evidence(node), self.keyframes.showing(node.id), self.caveat(node),
        )  # fmt: skip

    def caveat(self, node: Node) -> str:
        """What cannot be known of a thing: which of its likes it is, and whether it is what is missed elsewhere."""
        return " ".join(filter(None, (self._mistaken(node), self._linked(node))))

    def _linked(self, node: Node) -> str:
        link = node.link
        if link is None or link.undone or link.probability >= SURELY:
            return ""
        return (f"That it is the one that was last seen elsewhere {when(link.left, self.world.now)} is likely "
                f"only (p {link.probability:.2f}).")  # fmt: skip

    def _mistaken(self, node: Node) -> str:
        others = {world_id: since for a, since in node.alike.items() if (world_id := self.world.resolve(a)) != node.id}
        if not others:
            return ""
        since = min(others.values())
        names = listing(sorted(others, key=lambda i: int(i[1:])), "or")
        return (f"It cannot be told from {names} by its looks, and both were out of sight "
                f"{when(since, self.world.now)}: which is which since then is presumed.")  # fmt: skip

    def never(self, question: str, what: str) -> Answer:
        """The answer about something that was never seen."""
        if not what.strip():
            raise InputError("the question names nothing; give the id or the name of a thing")
        searched = ""
        rows = self.world.store.db.execute(
            "SELECT seq, text FROM notes WHERE kind = 'search' ORDER BY seq DESC LIMIT 20"
        )
        seqs = [seq for seq, text in rows if noun(what) in text]
        if seqs:
            searched = " It was searched for without success."
        word = noun(what) or what
        text = f"{sentence(f'{with_article(word)} was never seen')}{searched}{self._nearest(word)}"
        return Answer(question, text, (), Knowledge.UNKNOWN, 0.0, None, None, tuple(seqs[:3]))

    def _nearest(self, word: str) -> str:
        """What is known of the class that something unknown is a kind of: of a notebook a book."""
        kin = broader(word)
        near = next((n for n in meant(self.world, kin, 1) if not n.presence.absent), None) if kin else None
        if near is None:
            return ""
        place = place_of(self.world, near.id)
        return f" The nearest to it is {name(near.label, near.id)}{'' if place is None else f', {at_place(place)}'}."

    def _named(self, ids: Sequence[str]) -> str:
        shown = [name(self.world.label(i), i) for i in ids[:MANY]]
        more = [f"{len(ids) - MANY} more"] if len(ids) > MANY else []
        return listing([*shown, *more])


def when(stamp: float, now: float) -> str:
    return f"at {clock(stamp, now)}" if now - stamp > 90 or now < 1e8 else ago(now - stamp)
