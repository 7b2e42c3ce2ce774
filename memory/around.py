"""What is next to or under a thing, from where things are; whether there are more of one kind than of another."""

from __future__ import annotations

import re

import numpy as np

from .answers import when
from .english import Query
from .maps import areas
from .node import Node
from .queries import Queries
from .records import Answer, Knowledge
from .rooms import room_text
from .things import meant
from .vocabulary import listing, plural
from .wording import name, sentence
from .world import FLOOR

UNDER = frozenset({"under", "underneath", "beneath"})
BESIDE = frozenset({"next to", "near", "beside", "by", "around"})
_BEYOND = frozenset({"behind"})  # behind as seen from where?
_REACH, _REACH_FURNITURE = 0.4, 1.0  # metres from a thing or a piece of furniture within which something is next to it
_SHOWN = 6
MORE = re.compile(r"\b(?:more|fewer|less|as many)\b.*\b(?:than|as)\b")


class Around:
    """Answers from boxes and counts; changes nothing."""

    def __init__(self, queries: Queries) -> None:
        self.queries, self.world = queries, queries.world

    def answer(self, q: Query, node: Node) -> Answer | None:
        """What stands in a relation other than on and in to a thing; None where that is not asked."""
        if q.value not in UNDER | BESIDE | _BEYOND or q.at is not None or q.past:
            return None
        question, it = f"what is {q.value} {name(node.label, node.id)}?", name(node.label, node.id)
        if q.value in _BEYOND:
            text = f"what is {q.value} {it} is not known: memory keeps places, not from where they are looked at"
            return self.queries.answer(question, sentence(text), (), node, Knowledge.UNKNOWN, 0.0)
        found = self._under(node) if q.value in UNDER else self._beside(node)
        said = listing(name(n.label, n.id) for n in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        be = "is" if len(found) == 1 else "are"
        text = f"{said}{more} {be} {q.value} {it}" if found else f"nothing is known to be {q.value} {it}"
        seqs = tuple(s for n in found[:_SHOWN] for s in self.queries.evidence(n)[:1])
        knowledge = Knowledge.UNOBSERVED if found else Knowledge.UNKNOWN
        return self.queries.answer(question, sentence(text), tuple(n.id for n in found), node, knowledge,
                                   0.9 if found else 0.3, seqs=seqs)  # fmt: skip

    def compare(self, q: Query) -> Answer:
        """Whether there are more of one kind than of another."""
        kinds = [re.sub(r"^(?:more|fewer|less|as many) ", "", w) for w in (q.what, q.place)]
        one, two = map(self.queries.count, kinds)
        a, b = int(one.value[0]), int(two.value[0])
        wanted = a == b if "as many" in q.text else a < b if re.search(r"\b(?:fewer|less)\b", q.text) else a > b
        text = f"{'yes' if wanted else 'no'}, as far as is known: {a} {plural(kinds[0])} and {b} {plural(kinds[1])}"
        known = Knowledge.UNKNOWN if Knowledge.UNKNOWN in (one.knowledge, two.knowledge) else Knowledge.UNOBSERVED
        newest = max((s for s in (one.stamp, two.stamp) if s is not None), default=None)
        return Answer(q.text, sentence(text), ("yes" if wanted else "no", str(a), str(b)), known, 0.7, newest,
                      None if newest is None else self.world.now - newest, (*one.evidence, *two.evidence)[:20])  # fmt: skip

    def count_at(self, q: Query) -> Answer:
        """How many there were at a time (in the middle of a stretch), on or in a place if one is named."""
        at = q.at if q.at is not None else self.world.now
        if q.start is not None and q.end is not None:
            at = (q.start + q.end) / 2
        wanted = meant(self.world, q.what)
        if q.place:
            told = self.queries.contents(q.place, at)
            if told.knowledge is Knowledge.UNKNOWN:
                return told
            there = [n for n in wanted if n.id in told.value]
        else:
            there = [n for n in wanted if n.first_seen <= at and self.queries.gone_at(n, at) is None]
        word = q.what if len(there) == 1 else plural(q.what)
        spot = f" on or in the {q.place}" if q.place else ""
        named = f" ({listing(n.id for n in there[:_SHOWN])})" if there else ""
        text = f"{when(at, self.world.now)}, at least {len(there)} {word}{spot}{named}"
        facts = (f for n in there[:_SHOWN] for f in self.queries.facts(n.id, None, at))
        seqs = tuple(f.seq for f in facts if f.predicate in ("on", "in", "at"))
        return Answer(q.text, sentence(text), (str(len(there)),), Knowledge.UNOBSERVED if wanted else Knowledge.UNKNOWN,
                      0.9 if there else 0.5, at, self.world.now - at, seqs)  # fmt: skip

    # --- inside -------------------------------------------------------------------------------------------------------
    def _beside(self, node: Node) -> list[Node]:
        """What shares its place and is within reach, the nearest first; of furniture the furniture beside it."""
        reach = _REACH if node.small else _REACH_FURNITURE
        fact, found = self.world.fact(node.id), list[tuple[float, int, Node]]()
        for n in self._there(node, node.lower - reach, node.upper + reach):
            other = self.world.fact(n.id)
            alike = n.small == node.small and (not n.small or (fact is None) is (other is None))
            if alike and (fact is None or other is None or fact.object == other.object):
                gap = np.maximum(0.0, np.maximum(n.lower - node.upper, node.lower - n.upper))
                found.append((float(np.linalg.norm(gap)), n.number, n))
        return [n for gap, _, n in sorted(found, key=lambda f: f[:2]) if gap <= reach]

    def _under(self, node: Node) -> list[Node]:
        """What is below its upper side within its outline, but neither on nor in it; what it stands on, of a small thing."""
        fact = self.world.fact(node.id)
        host = self.world.node(fact.object) if fact is not None and fact.object != FLOOR else None
        if node.small:
            return [host] if host is not None else []
        found = []
        for n in self._there(node, node.lower - (0.0, 0.0, 1.0), node.upper):
            other = self.world.fact(n.id)
            inside = ((n.center[:2] >= node.lower[:2]) & (n.center[:2] <= node.upper[:2])).all()
            if inside and n.upper[2] < node.upper[2] and (other is None or other.object != node.id):
                found.append(n)
        return found

    def _there(self, node: Node, low: object, high: object) -> list[Node]:
        known, room = areas(self.world), room_text(self.world, node)
        near = self.world.near(np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64), bare=True)
        return [n for n in near if n.id != node.id and n.map == node.map and not n.presence.absent and n.held is None
                and (not known or room_text(self.world, n) == room)]  # a wall may be between  # fmt: skip
