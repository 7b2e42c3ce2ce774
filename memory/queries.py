"""Typed questions to memory and their answers, with evidence and with how they are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .answers import Answers, when
from .belief import likeliest
from .episodic import Episodic
from .keyframes import Keyframes
from .node import Node
from .records import Answer, Knowledge, Place
from .spatial import enclosing
from .then import Places, places_then
from .things import knowledge_of, known, meant, place_of
from .vocabulary import CONTAINERS, HINGED, listing, noun, plural, singular
from .wording import ago, at_place, in_hand, name, sentence
from .world import World

TOLD = ("appeared", "moved", "vanished", "reappeared", "placed", "held", "slipped", "state", "merged", "separated",
        "recognised")  # fmt: skip
_LATELY = 200  # actions that tell what the robot has to do with
_TOLD = 3  # things of which it is said where they are
_RELEVANT = 12  # things that a noun may mean which are looked at more closely
_WORTH_SAYING = 0.15  # probability from which a place is named where something that is gone may be


class Queries(Answers):
    """Answers from the working copies and the tables; changes nothing."""

    def __init__(self, world: World, episodic: Episodic, keyframes: Keyframes) -> None:
        super().__init__(world, episodic, keyframes)
        self._acted_at: object = None
        self._acted_then: dict[str, float] = {}

    # --- where --------------------------------------------------------------------------------------------------------
    def where(self, what: str, at: float | None = None, nodes: Sequence[Node] | None = None) -> Answer:
        """Where a thing (id or noun) is, or was at world time ``at``; of several, the most relevant first. ``nodes``: the
        things that ``relevant`` gave, where it was asked before.
        """
        question = f"where is the {noun(what) or what}?"
        nodes = self.relevant(what) if nodes is None else nodes
        if not nodes:
            return self.never(question, what)
        if at is not None:
            return self._where_at(question, nodes, at)
        texts = [self.where_text(n) for n in nodes[:_TOLD]]
        if len(nodes) > _TOLD:
            more = (len(nodes) if len(nodes) < _RELEVANT else known(self.world, what)) - _TOLD
            kin = f"{plural(nodes[0].label)} are" if more > 1 else f"{nodes[0].label} is"
            texts.append(f"{more} more {kin} known.")
        facts = [self.world.fact(n.id) or self.world.fact(n.id, "whole") for n in nodes if not n.presence.absent]
        places = tuple(f.object for f in facts if f is not None)
        spread = self.belief.of(nodes[0])
        was = place_of(self.world, nodes[0].id)
        guess, chance = likeliest(spread, was.id if was is not None else "")
        if nodes[0].presence.absent and chance >= _WORTH_SAYING:
            texts.append(f"Perhaps it is at {name(self.world.label(guess), guess)} now ({100 * chance:.0f} %).")
        return replace(self.answer(question, " ".join(texts), places, nodes[0], p=spread.here), places=spread.places)

    def relevant(self, what: str) -> list[Node]:
        """Things that ``what`` means: the ones the robot dealt with last, then what it holds, then the last seen."""
        nodes = meant(self.world, what, _RELEVANT)
        facts = self.world.projection.open
        facts.prepare(n.id for n in nodes)
        ranked = self._ranked(nodes) if len(nodes) > 1 else nodes
        places = (fact.object for n in ranked[:_TOLD] for fact in facts.of(n.id).values())
        facts.prepare(self.world.projection.plain.some(places))
        return ranked

    def _ranked(self, nodes: Sequence[Node]) -> list[Node]:
        acted = self._acted()
        rank = {n.id: i for i, n in enumerate(nodes)}
        best = {n.id: round(-100 * max((p for p in n.labels.values()), default=0.0)) // 50 for n in nodes}
        return sorted(
            nodes,
            key=lambda n: (n.presence.absent, -acted.get(n.id, -1e18), n.held is None, best[n.id], rank[n.id]),
        )

    def _acted(self) -> dict[str, float]:
        """When the newest actions had to do with what, by what it is known to be now."""
        acts, merged = self.world.projection.acts, self.world.projection.merged
        if self._acted_at != (at := (acts, acts.version, len(merged))):
            found: dict[str, float] = {}
            for action in self.episodic.latest(_LATELY):
                if action.verb in ("pick", "place", "open", "close", "toggle", "slice"):
                    for id in action.touched:
                        found[self.world.resolve(id)] = action.ended or action.started
            self._acted_at, self._acted_then = at, found
        return self._acted_then

    def where_text(self, node: Node) -> str:
        """One sentence about where a thing is."""
        world, now = self.world, self.world.now
        place = place_of(world, node.id)
        who, there = name(node.label, node.id), at_place(place)
        knowledge = knowledge_of(world, node)
        if node.held is not None:
            return sentence(f"{who} is {in_hand(node.held.robot)}")
        be = "are" if plural(node.label) == node.label else "is"  # the keys, the shoes
        if knowledge is Knowledge.ABSENT:
            gone = f"gone from {_bare(place)}" if place is not None else "no longer where it was"
            looked = f"looked there {ago(now - node.last_looked)}; last seen there {ago(now - node.last_seen)}"
            return sentence(f"{who} {be} {gone}: {looked}")
        if knowledge is Knowledge.BELIEVED:
            return sentence(f"{who} should be {there}: {self._why_believed(node, place)}")
        if place is None:
            c = node.box.center
            return sentence(f"{who} was seen at ({c[0]:.1f}, {c[1]:.1f}, {c[2]:.1f}) m, {ago(now - node.last_seen)}")
        return sentence(f"{who} {be} {there}, seen {ago(now - node.last_seen)}")

    def _why_believed(self, node: Node, place: Place | None) -> str:
        world = self.world
        fact = world.fact(node.id)
        shut = enclosing(world, node.id)
        reasons = []
        if fact is not None and fact.cause != "exogenous" and fact.start >= node.last_seen:
            reasons.append(f"it was put there {when(fact.start, world.now)}")
        elif fact is not None:
            reasons.append(f"it was last seen {ago(world.now - node.last_seen)}")
        if shut is not None and place is not None:
            door = "the door" if world.label(shut) in HINGED else f"the {world.label(shut)}"
            reasons.append(
                f"{door} was closed" if shut == place.id else f"the {world.label(shut)} around it was closed"
            )
        elif fact is None or fact.start < node.last_seen:
            reasons.append(
                "what it was on was moved" if node.rest > 0 and shut is None else "it was not looked at since"
            )
        return " and ".join(reasons) + "; not seen since"

    def _where_at(self, question: str, nodes: Sequence[Node], at: float) -> Answer:
        texts, places, seqs, known = [], [], [], False
        spread: Places = ()
        moment = when(at, self.world.now)
        for node in nodes[:3]:
            who = name(node.label, node.id)
            stays = [f for f in self.facts(node.id) if f.predicate in ("on", "in", "at", "held_by")]
            held = [f for f in stays if f.start <= at and (f.end is None or at < f.end)]
            held.sort(key=lambda f: f.start, reverse=True)  # what a late report has put in between holds
            gone = self.gone_at(node, at)
            if node is nodes[0] and node.first_seen <= at and (held or gone is not None):
                spread = places_then(self.world, self.belief, node, stays, None if gone is not None else held[0], at)
            if node.first_seen > at:
                texts.append(
                    sentence(f"{who} was not known {moment}: it was first seen {when(node.first_seen, self.world.now)}")
                )
            elif gone is not None:
                texts.append(sentence(f"{moment}, {who} had gone from where it was"))
                seqs.append(gone)
            elif held:
                place = Place(held[0].predicate, held[0].object, self.world.label(held[0].object))
                texts.append(sentence(f"{who} was {at_place(place)} {moment}"))
                places.append(place.id)
                seqs.append(held[0].seq)
                known = True
            else:
                texts.append(sentence(f"where {who} was {moment} is not known"))
        knowledge = Knowledge.UNOBSERVED if known else Knowledge.ABSENT if seqs else Knowledge.UNKNOWN
        p = dict(spread).get(places[0], 0.9) if known else 0.0
        return Answer(question, " ".join(texts), tuple(places), knowledge, p, at if seqs else None,
                      self.world.now - at if seqs else None, tuple(seqs), places=spread)  # fmt: skip

    def gone_at(self, node: Node, at: float) -> int | None:
        """The event since which a thing was gone from its place at world time ``at``; None if it was not."""
        row = self.world.store.db.execute(
            "SELECT seq, kind FROM changes WHERE thing = ? AND stamp <= ? AND kind IN "
            "('vanished', 'reappeared', 'moved', 'held', 'placed', 'appeared') ORDER BY stamp DESC, seq DESC LIMIT 1",
            (node.id, at),
        ).fetchone()
        return int(row[0]) if row is not None and row[1] == "vanished" else None

    # --- state, contents, counts --------------------------------------------------------------------------------------
    def state(self, what: str, attribute: str | None = None, at: float | None = None) -> Answer:
        """The value of a state attribute of a thing, all attributes if None."""
        question = f"what is the state of the {noun(what) or what}?"
        nodes = self.relevant(what)
        if not nodes:
            return self.never(question, what)
        node = next((n for n in nodes if n.states and (attribute is None or attribute in n.states)), nodes[0])
        who = name(node.label, node.id)
        names = sorted(node.states) if attribute is None else [attribute]
        if at is not None:
            facts = [f for f in self.facts(node.id, None, at) if f.predicate in names]
            said = listing(f.object for f in facts)
            text = f"{who} was {said} {when(at, self.world.now)}" if facts else f"how {who} was then is not known"
            return Answer(question, sentence(text), tuple(f.object for f in facts),
                          Knowledge.UNOBSERVED if facts else Knowledge.UNKNOWN, 0.9 if facts else 0.0,
                          facts[0].start if facts else None, None, tuple(f.seq for f in facts))  # fmt: skip
        known = [(k, node.states[k]) for k in names if k in node.states]
        if not known:
            return self.answer(question, sentence(f"no state of {who} was observed"), (), node, Knowledge.UNKNOWN, 0.0)
        newest = max(s.stamp for _, s in known)
        words = listing(f"{s.value}" for _, s in known)
        seen = node.last_seen >= newest - 1e-6
        how = "seen" if seen else "by the robot's own action"
        text = sentence(f"{who} is {words}, {how} {ago(self.world.now - newest)}")
        fresh = self.world.now - newest <= 3.0
        knowledge = (Knowledge.SEEN if fresh else Knowledge.UNOBSERVED) if seen else Knowledge.BELIEVED
        p = min(s.probability for _, s in known)
        return self.answer(question, text, tuple(s.value for _, s in known), node, knowledge, p, newest)

    def contents(self, place: str, at: float | None = None) -> Answer:
        """What is on or in a place."""
        question = f"what is in or on the {noun(place) or place}?"
        nodes = self.relevant(place)
        if not nodes:
            return self.never(question, place)
        node = nodes[0]
        where = name(node.label, node.id)
        if at is not None and node.first_seen > at:
            text = f"{where} was not known then: it was first seen {when(node.first_seen, self.world.now)}"
            return self.answer(question, sentence(text), (), node, Knowledge.UNKNOWN, 0.0, seqs=())
        if at is not None:
            then = [f for f in self.facts(None, None, at) if f.object == node.id and f.predicate in ("on", "in")]
            items = list(dict.fromkeys(self.world.resolve(f.subject) for f in then))
            text = f"{when(at, self.world.now)}, {self._named(items)} {'was' if len(items) <= 1 else 'were'} on or in {where}"
            return self.answer(question, sentence(text), tuple(items), node, seqs=tuple(f.seq for f in then))
        inner = [self.world.nodes[i] for i in self.world.inside_of(node.id, ("on", "in"))]
        there = [n for n in inner if not n.presence.absent]
        ids = [n.id for n in there]
        word = "in" if node.label in CONTAINERS else "on"
        gone = [n for n in inner if n.presence.absent]
        text = f"{self._named(ids)} {_be(ids)} {word} {where}"
        if not there:
            text = f"nothing is known to be {word} {where}"
        looked = self.world.coverage.get(node.id)
        closed = node.label in CONTAINERS and (s := node.states.get("openness")) is not None and s.value == "closed"
        if closed and (looked is None or not there):
            text += "; it is closed" + ("" if looked is not None else " and was not looked into yet")
        elif looked is not None:
            text += f", looked at {ago(self.world.now - looked[1])}"
        if gone:
            text += f"; gone from there: {self._named([n.id for n in gone])}"
        knowledge = Knowledge.UNKNOWN if not there and looked is None else None
        if there and knowledge is None:
            ranks = [knowledge_of(self.world, n) for n in there]
            knowledge = next((k for k in (Knowledge.BELIEVED, Knowledge.UNOBSERVED) if k in ranks), Knowledge.SEEN)
        return self.answer(question, sentence(text), tuple(ids), node, knowledge)

    def count(self, what: str, place: str = "") -> Answer:
        """How many things a noun means, as a lower bound."""
        question = f"how many {plural(noun(what) or what)} are there?"
        if noun(what) in ("thing", "object", "item", "stuff"):
            nodes = [n for n in self.world.nodes.values() if n.small]
        else:
            nodes = meant(self.world, what)
        if place:
            hosts = {n.id for n in meant(self.world, place)}
            nodes = [n for n in nodes if (f := self.world.fact(n.id)) is not None and f.object in hosts]
        there = [n for n in nodes if not n.presence.absent]
        recent = [n for n in there if self.world.now - n.last_seen <= 60.0]
        one = singular(noun(what))
        word = one if len(there) == 1 else plural(one or what)
        spot = f" {'in' if noun(place) in CONTAINERS else 'on'} the {noun(place)}" if place else ""
        if not there:
            text = f"no {one} is known{spot}"
            gone = len(nodes)
            if gone:
                text += f"; {gone} that {'was' if gone == 1 else 'were'} known {'is' if gone == 1 else 'are'} gone"
        else:
            text = f"at least {len(there)} {word}{spot} ({listing(n.id for n in there)})"
            text += f", {len(recent)} of them seen in the last minute"
        seqs = tuple(s for n in there for s in self.evidence(n)[:1])
        knowledge = (
            Knowledge.UNKNOWN
            if not nodes
            else Knowledge.SEEN
            if there and len(recent) == len(there)
            else Knowledge.UNOBSERVED
        )
        newest = max((n.last_seen for n in there), default=None)
        return Answer(question, sentence(text), (str(len(there)),), knowledge, 0.9 if there else 0.5, newest,
                      None if newest is None else self.world.now - newest, seqs)  # fmt: skip


def _bare(place: Place | None) -> str:
    if place is None:
        return "its place"
    return f"the {place.label}"


def _be(items: Sequence[object]) -> str:
    return "is" if len(items) <= 1 else "are"
