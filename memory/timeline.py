"""What came before what: events that a clause names, which of two was first, what was done before, after, first and last."""

from __future__ import annotations

import re

from .answers import when
from .english import Query
from .lessons import Lessons
from .moments import Moment
from .node import Node
from .phrases import things
from .queries import Queries
from .records import ActionRecord, Answer, Knowledge
from .retrieval import Retrieval
from .telling import VERBS
from .vocabulary import noun
from .wording import name, sentence
from .world import IDLE

JUST = 1e-3  # seconds before or after an event
_EMPTY = frozenset(
    {"the", "you", "and", "was", "were", "had", "has", "have", "that", "this", "your", "there", "for", "from", "with"}
)
MOVED = frozenset({"moved", "placed", "held", "vanished", "reappeared", "slipped"})


_DOING = re.compile(r"what (?:did you do|have you done|did the robot do|was done|happened|came)\b")
"""What is asked is what was done, not which of two things was first."""


class Timeline:
    """Events in their order, from actions, changes and facts."""

    def __init__(self, queries: Queries, lessons: Lessons, retrieval: Retrieval) -> None:
        self.queries, self.lessons, self.retrieval = queries, lessons, retrieval
        self.world = queries.world

    def event(self, clause: str) -> Moment | None:
        """The newest event that a clause ("you opened the fridge") names; None if there is none."""
        ids = [n.id for phrase in things(clause)[:2] for n in self.queries.relevant(phrase)]
        stems = {w[:4] for w in re.findall(r"[a-z]{3,}", clause) if w not in _EMPTY}
        verbs, tried = verbs_in(clause), re.search(r"\b(?:tr(?:y|ied|ies)|fail|could not|couldn't)", clause) is not None
        best: tuple[float, float, int, Moment] | None = None
        for moment in self.retrieval.moments.all().values():
            if moment.kind == "note" or (ids and not set(ids).intersection(moment.things)):
                continue
            words = set(re.findall(r"[a-z]{3,}", moment.plain.lower()))
            fit = 2.0 * (moment.kind == "action" and moment.text.split()[0] in verbs)
            fit += len(stems & {w[:4] for w in words})
            fit += 0.5 * (moment.kind == "action" and fit > 0 and (": succeeded" in moment.text) is not tried)
            if fit > 0 and (best is None or (fit, moment.stamp, moment.seq) > best[:3]):
                best = (fit, moment.stamp, moment.seq, moment)
        return best[3] if best is not None and (ids or best[0] >= 2) else None

    def beside(self, event: Moment, word: str) -> float:
        """World time just before, after or at an event."""
        if word in ("before", "until", "by the time"):
            return event.stamp - JUST
        ended = next((a.ended for a in self.queries.episodic.actions() if a.id == event.id), None)
        return (ended if ended is not None else event.stamp) + JUST

    # --- order --------------------------------------------------------------------------------------------------------
    def order(self, q: Query) -> Answer:
        """Which of two came first, or what was done before, after, first or last."""
        if q.what and q.other and _DOING.match(q.text) is None:
            pair = [next(iter(self.queries.relevant(w)), None) for w in (q.what, q.other)]
            for node, what in zip(pair, (q.what, q.other), strict=True):
                if node is None and noun(what) not in ("thing", "object"):
                    return self.queries.never(f"what came first, {q.what} or {q.other}?", what)
            if pair[0] is not None and pair[1] is not None:
                return self._which_first(q, pair[0], pair[1])
        return self._in_sequence(q)

    def _which_first(self, q: Query, a: Node, b: Node) -> Answer:
        question = f"what came first, {q.what} or {q.other}?"
        how, times = self._times(q, (a, b))
        (ta, sa), (tb, sb) = times
        if ta is None or tb is None:
            who = a if ta is None else b
            text = f"that {name(who.label, who.id)} {how} was never noticed"
            return Answer(
                question, sentence(text), (), Knowledge.UNKNOWN, 0.0, None, None, tuple(s for s in (sa, sb) if s)
            )
        first, second = (a, b) if ta <= tb else (b, a)
        early, late = min(ta, tb), max(ta, tb)
        now = self.world.now
        one, other = name(first.label, first.id), name(second.label, second.id)
        text = f"{one} {how} {when(early, now)}, before {other}, {when(late, now)}"
        if early == late:
            text = f"{name(a.label, a.id)} and {name(b.label, b.id)} {how} at the same time, {when(early, now)}"
        return Answer(question, sentence(text), (first.id, second.id), Knowledge.UNOBSERVED, 0.5 if early == late else 0.9,
                      late, now - late, tuple(s for s in (sa, sb) if s))  # fmt: skip

    def _times(self, q: Query, nodes: tuple[Node, Node]) -> tuple[str, list[tuple[float | None, int]]]:
        """What is compared, in words, and for each thing when that was, by which event."""
        value = next((v for w, v in TURNED if re.search(rf"\b{w}", q.text)), "")
        if value:
            facts = [[f for f in self.queries.facts(n.id) if f.object == value] for n in nodes]
            if any(facts):
                return f"came to be {value}", [(f[-1].start, f[-1].seq) if f else (None, 0) for f in facts]
        if re.search(r"\b(?:see|saw|seen|notice|spot|meet|found|find)", q.text):
            newest = [self.world.projection.plain.get(n.id, {}).get("evidence", ()) for n in nodes]
            seqs = [e[0][0] if e else 0 for e in newest]
            last = re.search(r"\b(?:last|recent|latest|later)", q.text) is not None
            times = [(n.last_seen if last else n.first_seen, s) for n, s in zip(nodes, seqs, strict=True)]
            return ("was last seen" if last else "was first seen"), [(t, s) for t, s in times]
        found: list[tuple[float | None, int]] = []
        for n in nodes:
            rows = self.world.store.db.execute(
                "SELECT stamp, seq, kind FROM changes WHERE thing = ? ORDER BY seq DESC", (n.id,)
            )
            row = next((r for r in rows if r[2] in MOVED), None)
            fact = self.world.fact(n.id)
            found.append(
                (row[0], row[1]) if row is not None else (fact.start, fact.seq) if fact is not None else (None, 0)
            )
        return "came to where it is", found

    def _in_sequence(self, q: Query) -> Answer:
        question = q.text.rstrip("?") + "?"
        actions = [a for a in self.queries.episodic.actions() if a.verb not in IDLE]
        verbs = verbs_in(re.split(r"\b(?:before|after)\b", q.text)[0])
        side = re.search(r"\b(?:(?P<before>before|preced|prior)|(?P<after>after|follow|next))", q.text)
        if side is not None:
            clause = q.clause or q.text[side.end() :] or q.text
            event = self.event(clause) or (self.event(q.text) if q.what else None)
            if event is None:
                return Answer(
                    question,
                    sentence(f"when {clause.strip()} is not known"),
                    (),
                    Knowledge.UNKNOWN,
                    0.0,
                    None,
                    None,
                    (),
                )
            pool = [a for a in actions if a.id != event.id and ((a.started < event.stamp) == bool(side["before"]))]
            pool = pool[-1:] if side["before"] else pool[:1]
        else:
            pool = [
                a
                for a in actions
                if not verbs or a.verb in verbs or ("thing" in q.text and a.verb in ("pick", "place"))
            ]
            pool = (
                pool[:1]
                if re.search(r"\bfirst\b", q.text)
                else pool[-1:]
                if re.search(r"\blast|recent|latest", q.text)
                else pool
            )
        if not pool:
            return Answer(
                question,
                "Nothing of that kind was done, as far as is known.",
                (),
                Knowledge.UNKNOWN,
                0.0,
                None,
                None,
                (),
            )
        said = [f"{self.did(a)} ({a.id}), {when(a.started, self.world.now)}" for a in pool[-12:]]
        newest = pool[-1].ended or pool[-1].started
        return Answer(question, sentence("; then ".join(said)), tuple(a.id for a in pool), Knowledge.SEEN, 0.95, newest,
                      self.world.now - newest, tuple(self.lessons.seq_of(a.id) for a in pool[-12:]))  # fmt: skip

    def did(self, a: ActionRecord) -> str:
        target = self.world.resolve(a.target) if a.target else ""
        how = "" if a.status == "succeeded" else f", {(a.status or 'running').replace('_', ' ')}"
        who = name(self.world.label(target), target) if target else ""
        done = a.status == "succeeded" or a.verb not in _DID  # what failed was not done, but tried
        verb = _DID.get(a.verb, a.verb) if done else f"tried to {a.verb}"
        thing = ""
        if a.verb == "place" and len(a.touched) > 1:
            carried = next((t for t in map(self.world.resolve, a.touched) if t != target), "")
            thing = name(self.world.label(carried), carried) if carried else ""
        return " ".join(w for w in (verb, thing, a.relation, who) if w) + how


def verbs_in(text: str) -> set[str]:
    """The robot's verbs that the words of a text stand for, in whatever tense."""
    found = set()
    for full in re.findall(r"[a-z]+", text):
        forms = (full, *(full.removesuffix(end) for end in ("ed", "d", "ing")), *_PAST.get(full, ()))
        found |= {VERBS[w] for w in forms if w in VERBS}
    return found


_DID = {
    "pick": "picked up",
    "place": "put",
    "open": "opened",
    "close": "closed",
    "toggle": "switched",
    "slice": "sliced",
}
TURNED = (("open", "open"), ("clos", "closed"), ("shut", "closed"), ("switch", "on"), ("slic", "sliced"))
_PAST = {
    "took": ("take",),
    "taken": ("take",),
    "picked": ("pick",),
    "shut": ("close",),
    "closed": ("close",),
    "placed": ("place",),
    "got": ("get",),
    "held": ("hold",),
    "cut": ("slice",),
    "moved": ("pick", "place"),
    "moving": ("pick", "place"),
    "sliced": ("slice",),
    "brought": ("pick", "place"),
    "dropped": ("drop",),
}
