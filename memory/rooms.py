"""Rooms and floors in questions: which ones a phrase names, what is or was there; none unless memory was told of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from .answers import when
from .english import A_ROOM, Query
from .maps import Area, areas, innermost
from .narrative import Narrative
from .node import Node
from .queries import Queries
from .records import Answer, Knowledge
from .storeys import is_storey, storeys
from .things import meant
from .vocabulary import bare, listing, noun, plural
from .wording import name, sentence
from .world import FLOOR, World

_SHOWN = 12
_MOST = 500  # things of a role that are told of where no room is meant
_ANY = frozenset({"", "thing", "anything", "something", "everything", "item", "object", "stuff"})
_PLACED = ("on", "in", "at")


def named_areas(world: World, text: str) -> list[Area] | None:
    """The rooms or floors that are called so, of numbered ones all; empty for a floor that memory knows nothing of
    ("upstairs"), None where the phrase is no room's and no floor's name.
    """
    word = bare(text) if is_storey(bare(text)) else noun(text)
    known = [a for a in reversed(areas(world)) if word and a.kind != "building"]
    exact = [a for a in known if noun(a.label) == word]
    if exact:
        return exact[:1]
    numbered = [a for a in known if noun(re.sub(r"[\s_-]*\d+$", "", a.label)) == word]
    if numbered:
        return numbered[::-1]
    if is_storey(word):
        return storeys(world, word)
    return [] if known and A_ROOM.fullmatch(word) else None


def inside(world: World, area: Area, gone: bool = False) -> list[Node]:
    """Things that are there (or are ``gone``, too) and in the area, furniture first, then the last seen."""
    if area.box is not None:
        among: Iterable[Node] = world.near(np.asarray(area.box[0]), np.asarray(area.box[1]), bare=True)
    else:
        among = world.nodes.values()  # the whole of a map
    found = [n for n in among if (gone or not n.presence.absent) and area.has(n.map, np.asarray(n.box.center))]
    return sorted(found, key=lambda n: (n.small, -n.last_seen, n.number))


def room_text(world: World, node: Node) -> str:
    """ " in the kitchen", of several floors " in the hall on the upper floor"; "" if memory was told of no room there."""
    known = areas(world)
    area = innermost(known, node.map, np.asarray(node.box.center))
    if area is None or area.kind == "building":
        return ""
    floors = [a for a in known if a.kind == "floor"]
    floor = next((a for a in floors if a.id in (area.id, area.parent)), None) if len(floors) > 1 else None
    room = f" in the {area.label}" if area.kind == "room" else ""
    return room + (f" on the {floor.label}" if floor is not None else "")


class Rooms:
    """What is, was, or changed in rooms and on floors, and how many."""

    def __init__(self, queries: Queries, narrative: Narrative) -> None:
        self.queries, self.narrative, self.world = queries, narrative, queries.world

    def answer(self, q: Query, where: Sequence[Area], since: float) -> Answer:
        """To a question of kind contents, check, count or changed."""
        at = _spot(where)
        if not where:
            told = listing(a.label for a in areas(self.world) if a.kind != "building")
            told = "no rooms or floors" if told == "nothing" else f"nothing that is called {q.place}, but of {told}"
            text = f"memory was told of {told}"
            return Answer(q.text, sentence(text), (), Knowledge.UNKNOWN, 0.0, None, None, ())
        if q.kind == "changed":
            among = {n.id for area in where for n in inside(self.world, area, gone=True)}
            return self.narrative.changed(q.text, q.at, since, among=among)
        there = [n for area in where for n in inside(self.world, area)]
        then: dict[str, int] = {}
        if q.at is not None:
            there, then = self._then(there, q.at)
        found = self._wanted(q, there)
        seqs = [then[n.id] for n in found if n.id in then] or [
            s for n in found[:_SHOWN] for s in self.queries.evidence(n)[:1]
        ]
        newest = max((n.last_seen for n in found), default=None)
        shown = _some(found)
        value = tuple(n.id for n in found)
        what = "thing" if noun(q.what) in _ANY else q.what
        if q.kind == "check":
            text = f"{'yes' if found else 'no, as far as is known'}: {shown if found else f'no {what}'} {at}"
            value = ("yes", *value) if found else ("no",)
        elif q.kind == "count":
            value = (str(len(found)),)
            text = f"at least {len(found)} {what if len(found) == 1 else plural(what)} {at}" + (
                f": {shown}" if found else ""
            )
        else:
            text = f"{at}: {shown}" if found else f"{_none(what)} is known to be {at}"
        if q.at is not None:
            text = f"{when(q.at, self.world.now)}, {text}"
        answer = Answer(f"what is {at}?", sentence(text), value, Knowledge.UNOBSERVED if found else Knowledge.UNKNOWN,
                        0.9 if found else 0.3, newest, None if newest is None else self.world.now - newest,
                        tuple(sorted(set(seqs), reverse=True)[:20]))  # fmt: skip
        elsewhere = self.queries.relevant(q.what) if q.kind == "check" and not found and what != "thing" else []
        if elsewhere and q.at is None:  # it is not there: then where
            told = self.queries.where_text(elsewhere[0]).rstrip(".")
            answer = replace(answer, text=f"{answer.text} {told}{_comma(room_text(self.world, elsewhere[0]))}.")
        return answer

    def everything(self, q: Query) -> Answer:
        """What is in the house, or in the one room that there is where memory was told of none."""
        finder = self.world.projection.finder
        nums = [num for role in ("furniture", "object") for num in finder.of_role(role, _MOST)]
        found = [n for n in self.world.nodes.some((f"o{num}" for num in nums), bare=True) if not n.presence.absent]
        if q.at is not None:
            found, _ = self._then(found, q.at)
        return self._plainly("what is there?", "all that is known", "to be there", self._wanted(q, found))

    def on_the_floor(self) -> Answer:
        """The floor is no thing, but things lie on it."""
        nodes = [n for id in self.world.inside_of(FLOOR) if (n := self.world.node(id)) is not None]
        return self._plainly(
            "what is on the floor?", "on the floor", "to be on the floor", [n for n in nodes if not n.presence.absent]
        )

    def _plainly(self, question: str, there: str, none: str, found: Sequence[Node]) -> Answer:
        text = f"{there}: {_some(found)}" if found else f"nothing is known {none}"
        newest = max((n.last_seen for n in found), default=None)
        return Answer(question, sentence(text), tuple(n.id for n in found),
                      Knowledge.UNOBSERVED if found else Knowledge.UNKNOWN, 0.9 if found else 0.3, newest,
                      None if newest is None else self.world.now - newest,
                      tuple(s for n in found[:_SHOWN] for s in self.queries.evidence(n)[:1]))  # fmt: skip

    def _wanted(self, q: Query, there: list[Node]) -> list[Node]:
        word = noun(q.what)
        if word in _ANY:
            return there
        if word in ("furniture", "piece of furniture"):
            return [n for n in there if not n.small]
        wanted = {n.id for n in meant(self.world, q.what)}
        return [n for n in there if n.id in wanted]

    def _then(self, there: Sequence[Node], at: float) -> tuple[list[Node], dict[str, int]]:
        """Furniture that is there, and what was on or in it at a time, directly or not; thing → the fact's event."""
        facts = {f.subject: f for f in self.queries.facts(None, None, at) if f.predicate in _PLACED}
        hosts = {n.id: n for n in there if not n.small and n.first_seen <= at}
        found, seqs = dict(hosts), dict[str, int]()
        for subject, fact in facts.items():
            place, steps = fact.object, 0
            while place not in hosts and place in facts and steps < len(facts):
                place, steps = facts[place].object, steps + 1
            node = self.world.node(subject)
            if place in hosts and node is not None:
                found[node.id] = node
                seqs[node.id] = fact.seq
        return list(found.values()), seqs


def _spot(where: Sequence[Area]) -> str:
    """ "in the kitchen", "on the upper floor"."""
    return listing(f"{'on' if a.kind == 'floor' else 'in'} the {a.label}" for a in where)


def _some(nodes: Sequence[Node]) -> str:
    """The first of them by their names, and how many more there are."""
    more = [f"{len(nodes) - _SHOWN} more"] if len(nodes) > _SHOWN else []
    return listing([*(name(n.label, n.id) for n in nodes[:_SHOWN]), *more])


def _comma(text: str) -> str:
    return f",{text}" if text else ""


def _none(what: str) -> str:
    return "nothing" if what == "thing" else f"no {what}"
