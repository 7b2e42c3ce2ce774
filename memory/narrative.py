"""Answers that tell a story: what happened to a thing, what changed since, what was done, when something was last seen."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

from .answers import MANY, when
from .queries import TOLD, Queries
from .records import ROBOT, ActionRecord, Answer, Knowledge
from .semantic import Semantic
from .things import knowledge_of, meant, place_of
from .vocabulary import listing, noun, plural
from .wording import ago, at_place, clock, in_hand, name, sentence, span

_ATTEMPTS = {"pick": "pick it up", "place": "put it down", "open": "open it", "close": "close it"}


class Narrative:
    """Told from the tables of changes and acts."""

    def __init__(self, queries: Queries, semantic: Semantic) -> None:
        self.queries = queries
        self.world = queries.world
        self.semantic = semantic

    def history(self, what: str) -> Answer:
        """Placements, moves and actions on a thing, in order."""
        question = f"what happened to the {noun(what) or what}?"
        nodes = self.queries.relevant(what)
        if not nodes:
            return self.queries.never(question, what)
        node, world = nodes[0], self.world
        ids = [node.id, *(a for a, b in world.projection.merged.items() if b == node.id)]
        marks = ", ".join("?" * len(ids))
        rows = list(
            world.store.db.execute(
                f"SELECT stamp, seq, kind, text, cause FROM changes WHERE thing IN ({marks}) ORDER BY stamp, seq", ids
            )
        )
        rows = _moves([r for r in rows if r[2] in TOLD], [node.id] * len(rows))
        told = [(stamp, f"{when(stamp, world.now)} {text}{by(cause)}") for stamp, _, _, text, cause in rows]
        told += [
            (end, f"{when(end, world.now)} {_tried(a)}")
            for a in self.queries.episodic.actions()
            if (end := a.ended) is not None
            and a.status != "succeeded"
            and a.verb in _ATTEMPTS
            and node.id in map(world.resolve, a.touched)
        ]
        lines = [text for _, text in sorted(told, key=lambda t: t[0])]
        shown = lines if len(lines) <= 12 else [*lines[:4], f"… {len(lines) - 10} more …", *lines[-6:]]
        text = sentence(f"{name(node.label, node.id)}: " + "; ".join(shown)) if shown else "Nothing is recorded."
        if len(nodes) > 1:
            word = plural(node.label) if len(nodes) > 2 else node.label
            text += f" ({len(nodes) - 1} more {word} known: {listing(n.id for n in nodes[1:4])}.)"
        return self.queries.answer(question, text, tuple(dict.fromkeys(r[2] for r in rows)), node,
                                   seqs=tuple(r[1] for r in reversed(rows))[:12])  # fmt: skip

    def changed(
        self, asked: str, at: float | None, since: float, place: str = "", among: Collection[str] | None = None
    ) -> Answer:
        """What changed since ``at``, or else ``since``; where the question is for what went missing, what is gone."""
        if re.search(r"\b(?:missing|gone|lost|disappear\w*|vanish\w*)\b", asked) is None:
            return self.changed_since(at if at is not None else since, place, among)
        return self.changed_since(at if at is not None else float("-inf"), place, among, ("vanished",))

    def changed_since(
        self, stamp: float, place: str = "", among: Collection[str] | None = None, kinds: Collection[str] = TOLD
    ) -> Answer:
        """What appeared, moved, vanished or changed state after ``stamp``, with its cause; at ``place`` or ``among`` things.
        ``kinds``: things whose newest change is of such a kind ("vanished": what is still gone).
        """
        world = self.world
        question = f"what changed since {clock(stamp, world.now)}?" if math.isfinite(stamp) else "what changed?"
        rows = [
            r for r in world.store.db.execute(
                "SELECT stamp, seq, kind, thing, text, cause FROM changes WHERE stamp > ? ORDER BY stamp, seq", (stamp,))
            if r[2] in TOLD and r[2] != "merged"
        ]  # fmt: skip
        rows = _moves(rows, [world.resolve(r[3]) for r in rows])
        if place:
            hosts = {n.id for n in meant(world, place)}
            rows = [r for r in rows if world.resolve(r[3]) in hosts or self._at(world.resolve(r[3]), hosts)]
        if among is not None:
            rows = [r for r in rows if world.resolve(r[3]) in among]
        if kinds is not TOLD:
            newest_of = {world.resolve(r[3]): r for r in rows}
            rows = [r for r in newest_of.values() if r[2] in kinds]
        weight = {
            "vanished": 0,
            "moved": 1,
            "separated": 1,
            "slipped": 1,
            "held": 2,
            "placed": 2,
            "state": 3,
            "reappeared": 4,
            "recognised": 4,
            "appeared": 5,
        }
        rows.sort(key=lambda r: (weight[r[2]], -r[1]))
        ids = tuple(dict.fromkeys(world.resolve(r[3]) for r in rows))
        if not rows:
            since = f"since {clock(stamp, world.now)}" if math.isfinite(stamp) else "so far"
            text = f"nothing changed {since}, as far as was seen"
            return Answer(question, sentence(text), (), Knowledge.UNOBSERVED, 0.8, None, None, ())
        shown = [f"{r[4]}{by(r[5])} {when(r[0], world.now)}" for r in rows[: 2 * MANY]]
        more = f"; and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
        newest = max(r[0] for r in rows)
        return Answer(question, sentence("; ".join(shown) + more), ids, Knowledge.SEEN, 0.9, newest, world.now - newest,
                      tuple(sorted((r[1] for r in rows), reverse=True))[:20])  # fmt: skip

    def last_seen(self, what: str) -> Answer:
        """When a thing was last seen."""
        question = f"when was the {noun(what) or what} last seen?"
        nodes = meant(self.world, what)
        if not nodes:
            return self.queries.never(question, what)
        node = max(nodes, key=lambda n: (n.last_seen, -n.number))
        place = place_of(self.world, node.id)
        text = f"{name(node.label, node.id)} was last seen {ago(self.world.now - node.last_seen)}, {at_place(place)}"
        return self.queries.answer(question, sentence(text), (f"{node.last_seen:.3f}",), node)

    def check(self, what: str, place: str, relation: str = "") -> Answer:
        """Is there such a thing (at that place)? The value is yes, no or unknown."""
        spot = f"{relation or 'at'} the {noun(place) or place}" if place else "there"
        question = f"is the {noun(what) or what} {spot}?"
        nodes = self.queries.relevant(what)
        if not nodes:
            return self.queries.never(question, what)
        if not place:
            there = [n for n in nodes if not n.presence.absent]
            best = (there or nodes)[0]
            yes = "yes" if there else "no"
            return self.queries.answer(question, f"{yes.capitalize()}. {self.queries.where_text(best)}", (yes,), best)
        hosts = {n.id for n in meant(self.world, place)}
        if not hosts:
            return self.queries.never(question, place)
        inside = [n for n in nodes if self._at(n.id, hosts) and not n.presence.absent]
        if inside:
            return self.queries.answer(
                question, f"Yes. {self.queries.where_text(inside[0])}", ("yes", inside[0].id), inside[0]
            )
        return self.queries.answer(
            question, f"No, as far as is known. {self.queries.where_text(nodes[0])}", ("no",), nodes[0]
        )

    def held(self, robots: Sequence[str] | None = None) -> Answer:
        """What the robot holds; of several what each of them does, or those that are named."""
        question = f"what is in {listing(in_hand(r).removeprefix('in ') for r in robots or [ROBOT])}?"
        nodes = [n for n in self.world.in_hand() if n.held is not None and (robots is None or n.held.robot in robots)]
        if not nodes:
            said = [sentence(f"{in_hand(r).removeprefix('in ')} is empty") for r in robots or [ROBOT]]
            return Answer(question, " ".join(said), (), Knowledge.SEEN, 0.95, self.world.now, 0.0, ())
        said = []
        for n in nodes:
            who = "the robot" if n.held is None or n.held.robot == ROBOT else n.held.robot
            said.append(sentence(f"{who} holds {name(n.label, n.id)}"))
        return self.queries.answer(question, " ".join(said), tuple(n.id for n in nodes), nodes[0])

    def done(self, since: float | None = None) -> Answer:
        """What the robot was asked to do and did."""
        question = "what did the robot do?"
        episodes = [e for e in self.queries.episodic.episodes() if since is None or (e.ended or self.world.now) > since]
        if not episodes and since is not None and (earlier := self.queries.episodic.episodes()):
            e, now = earlier[-1], self.world.now
            ended = e.ended if e.ended is not None else now
            text = f"nothing since {clock(since, now)}; the last was “{e.instruction}” ({e.id}), {when(ended, now)}"
            return Answer(question, sentence(text), (), Knowledge.SEEN, 0.9, ended, now - ended, ())
        if not episodes:
            return Answer(
                question, "The robot was not asked to do anything yet.", (), Knowledge.UNKNOWN, 0.0, None, None, ()
            )
        lines = []
        for e in episodes[-5:]:
            how = e.status or "still running"
            took = span((e.ended or self.world.now) - e.started)
            lines.append(f"“{e.instruction}” ({e.id}): {how}, {len(e.actions)} actions in {took}")
        newest = episodes[-1].ended or self.world.now
        return Answer(question, sentence("; ".join(lines)), tuple(e.id for e in episodes[-5:]), Knowledge.SEEN, 1.0, newest,
                      self.world.now - newest, ())  # fmt: skip

    def look_for(self, what: str) -> Answer:
        """Where to look for something."""
        question = f"where might the {noun(what) or what} be?"
        places = sorted(self.semantic.places_to_look(noun(what) or what), key=lambda c: -c.probability)
        shown = [
            f"{name(c.label, c.place) if c.place else c.label}, {100 * c.probability:.0f} % ({c.why})"
            for c in places[:4]
        ]
        known = self.queries.relevant(what)
        value = tuple(c.place for c in places if c.place)
        text = sentence("most likely " + "; then ".join(shown))
        if known:
            return self.queries.answer(
                question, text, value, known[0], knowledge_of(self.world, known[0]), places[0].probability
            )
        return Answer(question, text, value, Knowledge.UNKNOWN, places[0].probability, None, None, ())

    def _at(self, id: str, hosts: set[str]) -> bool:
        for _ in range(8):
            fact = self.world.fact(id)
            if fact is None:
                return False
            if fact.object in hosts:
                return True
            id = fact.object
        return False


def _moves(rows: list[Any], things: Sequence[str]) -> list[Any]:
    """Rows of changes (stamp, event, kind, …) in order, without being in the hand where being put down comes next."""
    last: dict[str, int] = {}
    dropped = set()
    for k, (row, thing) in enumerate(zip(rows, things, strict=False)):
        if row[2] == "placed" and (before := last.get(thing)) is not None and rows[before][2] == "held":
            dropped.add(before)
        last[thing] = k
    return [row for k, row in enumerate(rows) if k not in dropped]


def by(cause: str) -> str:
    """Whose doing a change was, for the end of a sentence."""
    return "" if cause == "exogenous" else f" (by the robot, {cause})"


def _tried(action: ActionRecord) -> str:
    detail = f": {action.detail}" if action.detail else ""
    return f"the robot tried to {_ATTEMPTS[action.verb]} ({action.id}) and failed, {action.status}{detail}"
