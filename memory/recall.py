"""Memory as text for a planner: the most relevant lines first, as many as the token budget allows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain

from ..contracts import Role
from .episodic import Episodic
from .learned import Learned
from .node import Node
from .records import ROBOT, Knowledge, Recall
from .retrieval import Tier
from .semantic import Semantic
from .spatial import enclosing
from .telling import VERBS, Telling
from .things import find, knowledge_of, known, named, place_of
from .vocabulary import GROUPS, WORDS, listing, noun
from .wording import ago, in_hand, span
from .world import World

_RECENT_FAILURES = 4
_NAMED = 64  # things that a query names
_HOUSE = 512  # things up to which all are told of, as far as the budget goes
_AROUND = 6.0  # metres
_SHORTEST = 12  # characters of a line
_MISSES = 32  # lines in a row that do not fit any more, after which the budget counts as used up
_PORTION = 64  # things that are read at once
_LEARNED = 8
_PIECES = 8
_BELIEVED = 5  # lines about what the query names that come before what was learned


def tokens(text: str) -> int:
    """About how many tokens a text has: one per four characters, rounded up."""
    return math.ceil(len(text) / 4)


class Recaller:
    """Chooses and writes the lines."""

    def __init__(self, world: World, episodic: Episodic, semantic: Semantic, telling: Telling) -> None:
        self.world = world
        self.episodic = episodic
        self.semantic = semantic
        self.telling = telling

    def recall(self, query: str, budget: int, focus: Sequence[str], tier: Tier = Tier.LOW) -> Recall:
        """At most ``budget`` tokens about what the query names, then the focus, then what else matters."""
        picked: dict[str, None] = {}
        ids: list[str] = []
        evidence: list[int] = []
        used, missed = -1, 0  # characters, every line but the first having one before it; lines since that did not fit
        for line, mentioned, seqs in self._lines(query, focus, tier):
            if 4 * budget - used < _SHORTEST or missed == _MISSES:
                break
            if line in picked or used + 1 + len(line) > 4 * budget:
                missed += line not in picked
                continue
            missed = 0
            picked[line] = None
            used += 1 + len(line)
            ids += [i for i in mentioned if i not in ids]
            evidence += [s for s in seqs if s not in evidence]
        text = "\n".join(picked)
        return Recall(text, tuple(ids), tuple(evidence), tokens(text))

    def _lines(self, query: str, focus: Sequence[str], tier: Tier) -> Iterator[tuple[str, list[str], list[int]]]:
        """What matters most first; made one by one, since the budget ends soon and the map may be large."""
        world = self.world
        held = world.in_hand()
        whose = ["Robot" if n.held is None or n.held.robot == ROBOT else n.held.robot for n in held]
        first = " ".join(f"{who} holds {n.id} {n.label}." for who, n in zip(whose, held, strict=True))
        lines: list[tuple[str, list[str], list[int]]] = [(first or "Robot holds nothing.", [n.id for n in held], [])]
        asked = self._named(query)
        wanted = [n for i in focus if (n := world.node(i)) is not None]
        relevant = list(dict.fromkeys([*wanted, *asked]))
        hosts = [n for node in relevant if (n := self._host(node)) is not None]
        world.short_term.focus(n.id for n in [*relevant, *hosts])
        believed = [self._line(n) for n in dict.fromkeys([*relevant, *hosts])]
        if tier is not Tier.LOW:  # of many alike the first few, so that the past has room
            lines += believed[:_BELIEVED]
            lines += self._learned(query, relevant)
            lines += self._remembered(query, tier)
        lines += [line for line in believed if line not in lines]
        lines += self._failures(relevant)
        for word in self._words(query):
            if not known(world, word):
                usual = self.semantic.places_to_look(word)[:3]
                where = listing(
                    (f"{c.place or c.label} {c.label if c.place else ''} {c.probability:.2f}".strip() for c in usual),
                    "or",
                )
                lines.append((f"{word}: never seen; look in {where}.", [c.place for c in usual if c.place], []))
        yield from lines
        told = set()
        resident = (n for i in reversed(world.short_term.resident()) if (n := world.node(i)) is not None)
        for node in chain(self._around(Role.FURNITURE), resident, self._around(Role.OBJECT)):
            if node.role is not Role.PART and node.id not in told:
                told.add(node.id)
                yield self._line(node)
        yield from self._lessons(relevant)

    def _around(self, role: Role) -> Iterator[Node]:
        """Things of a role in order of creation: all of a house, of a larger map those around the robot."""
        world = self.world
        if world.projection.finder.size() > _HOUSE and world.last_pose is not None:
            here = world.last_pose[:3, 3]
            yield from (n for n in world.near(here - _AROUND, here + _AROUND) if n.role is role)
            return
        nums = world.projection.finder.of_role(role.value, _HOUSE)
        for start in range(0, len(nums), _PORTION):
            yield from world.nodes.some(f"o{num}" for num in nums[start : start + _PORTION])

    def _words(self, query: str) -> list[str]:
        text = f" {query.lower()} "
        known = [
            w
            for label, words in WORDS.items()
            for w in (label, *words)
            if f" {w} " in text.replace(".", " ").replace(",", " ")
        ]
        return list(dict.fromkeys(next(label for label, ws in WORDS.items() if w == label or w in ws) for w in known))

    def _named(self, query: str) -> list[Node]:
        """Things that some words of the query may mean."""
        text = "".join(c if c.isalnum() else " " for c in query.lower()).split()
        phrases = {" ".join(text[i : i + k]) for i in range(len(text)) for k in (1, 2)}
        phrases |= {noun(p) for p in phrases}
        groups = {m for p in phrases for m in GROUPS.get(p, ())}
        labels = {
            label for label in self.world.projection.finder.labels
            if label in phrases or label in groups or any(w in phrases for w in WORDS.get(label, ()))
        }  # fmt: skip
        own = [n for p in phrases if (n := self.world.nodes.get(p)) is not None]
        found = {n.id: n for n in [*own, *named(self.world, labels, _NAMED)]}
        return sorted(found.values(), key=lambda n: (n.presence.absent, -n.last_seen, n.number))

    def _host(self, node: Node) -> Node | None:
        fact = self.world.fact(node.id) or self.world.fact(node.id, "whole")
        return self.world.node(fact.object) if fact is not None else None

    def _line(self, node: Node) -> tuple[str, list[str], list[int]]:
        world = self.world
        place = place_of(world, node.id)
        knowledge = knowledge_of(world, node)
        bits = [f"{node.id} {node.label}"]
        ids = [node.id]
        if node.states:
            bits.append(", ".join(s.value for _, s in sorted(node.states.items())))
        if node.held is not None:
            bits.append(in_hand(node.held.robot))
        elif knowledge is Knowledge.ABSENT:
            gone = f"gone from {place.id} {place.label}" if place is not None else "gone"
            bits.append(f"{gone}, looked {ago(world.now - node.last_looked)}")
        elif place is not None:
            bits.append(f"{place.predicate} {place.id}{f' {place.label}' if place.label != place.id else ''}")
            ids.append(place.id)
        shut = enclosing(world, node.id)
        if node.held is None and knowledge is not Knowledge.ABSENT:
            if knowledge is Knowledge.BELIEVED:
                bits.append(
                    f"believed{f', shut in {shut}' if shut else ''}, last seen {ago(world.now - node.last_seen)}"
                )
            else:
                bits.append(f"seen {ago(world.now - node.last_seen)}")
        if node.small:
            c = node.center
            bits.append(f"at ({c[0]:.2f}, {c[1]:.2f}, {c[2]:.2f})")
        if node.alike:
            bits.append(f"looks like {listing(sorted(world.resolve(a) for a in node.alike), 'or')}")
        seqs = [seq for seq, _ in world.projection.plain.get(node.id, {}).get("evidence", ())][:2]
        return "; ".join(bits) + ".", ids, seqs

    def _failures(self, relevant: Sequence[Node]) -> list[tuple[str, list[str], list[int]]]:
        """Recent failures, those with what is relevant first."""
        failed = self.episodic.failures("", None)
        wanted = {n.id for n in relevant}
        failed.sort(key=lambda a: a.target not in wanted)
        lines = []
        for a in failed[:_RECENT_FAILURES]:
            when = ago(self.world.now - (a.ended or a.started))
            what = f"{a.verb} {a.target or ''}".strip()
            detail = f" ({a.detail})" if a.detail else ""
            lines.append((f"Failed: {what}: {a.status}{detail}, {when}.", [a.target] if a.target else [], list[int]()))
        return lines

    def _learned(self, query: str, relevant: Sequence[Node]) -> list[tuple[str, list[str], list[int]]]:
        """What was learned that bears on the query: how it was done, what people like, what goes wrong, when."""
        telling, found = self.telling, list[Learned]()
        lines = [(f"Done before: {p}", list[str](), list(p.evidence[:2])) for p in telling.procedures.about(query)[:2]]
        verbs = {VERBS[w] for w in query.lower().split() if w in VERBS}
        for label in dict.fromkeys(n.label for n in relevant):
            found += telling.preferences.about(label)[:2]
            found += [f for v in sorted(verbs) or [""] for f in telling.lessons.about(v, label) if f.kind != "effect"][
                :2
            ]
            found += telling.routines.about(label, fresh=False)[:1]
        kept = list(dict.fromkeys(f for f in found if f.until is None))[:_LEARNED]
        return lines + [(f"Learned: {f.text}", list[str](), list(f.evidence[:2])) for f in kept]

    def _remembered(self, query: str, tier: Tier) -> list[tuple[str, list[str], list[int]]]:
        """Pieces of the past that the query calls to mind."""
        lines = []
        for f in self.telling.retrieval.find(self.telling.cue(query), _PIECES, tier):
            m = f.moment
            text = f"Remembered: {m.id} {m.text.rstrip('.')}, {ago(self.world.now - m.stamp)}."
            lines.append((text, [i for i in m.things if i in self.world.nodes], [m.seq]))
        return lines

    def _lessons(self, relevant: Sequence[Node]) -> list[tuple[str, list[str], list[int]]]:
        lines = []
        for label in dict.fromkeys(n.label for n in relevant if n.small):
            usual = self.semantic.placements(label)
            if usual:
                said = listing(f"{p} {c} times" for p, c in usual[:3])
                lines.append((f"A {label} was usually found: {said}.", list[str](), list[int]()))
        episodes = self.episodic.episodes()
        for e in episodes[-2:]:
            took = span((e.ended or self.world.now) - e.started)
            lines.append(
                (f"{e.id} “{e.instruction}”: {e.status or 'running'}, {len(e.actions)} actions, {took}.", [], [])
            )
        return lines


__all__ = ["Recaller", "find", "tokens"]
