"""A typed question → its answer: who is asked for what, events instead of times, and what came first, why and by whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from .answers import when
from .apply import FAMILIES
from .english import Query
from .moments import Moment
from .narrative import Narrative
from .node import Node
from .phrases import things
from .queries import TOLD, Queries
from .records import ActionRecord, Answer, Knowledge
from .telling import VERBS, Telling
from .vocabulary import noun
from .wording import name, sentence
from .world import EXOGENOUS, IDLE

_JUST = 1e-3  # seconds before or after an event
_MOVED = frozenset({"moved", "placed", "held", "vanished", "reappeared", "slipped"})
_ROBOT = "robot"
_OTHERS = "someone else"


class Asking:
    """Every kind of question that ``english`` knows."""

    def __init__(self, queries: Queries, narrative: Narrative, telling: Telling) -> None:
        self.queries, self.narrative, self.telling = queries, narrative, telling
        self.world = queries.world

    def answer(self, q: Query, since: float) -> Answer:
        """The answer; ``since`` is what "what changed?" without a time goes back to."""
        if q.clause and q.kind not in ("order", "lessons", "routine", "preference", "similar", "usual_place"):
            event = self.event(q.clause)
            if event is None:
                return Answer(
                    q.text, sentence(f"when {q.clause} is not known"), (), Knowledge.UNKNOWN, 0.0, None, None, ()
                )
            q = replace(q, at=self._beside(event, q.word))
        known: dict[str, Callable[[Query], Answer]] = {
            "where": self._where, "state": self._state, "contents": self._contents,
            "count": lambda q: self.queries.count(q.what, q.place), "check": self._check,
            "changed": lambda q: self.narrative.changed_since(q.at if q.at is not None else since, q.place),
            "held": lambda _: self.narrative.held(), "done": lambda q: self.narrative.done(q.at),
            "history": self._history, "last_seen": lambda q: self.narrative.last_seen(q.what),
            "look_for": lambda q: self.narrative.look_for(q.what), "order": self.order, "cause": self.cause,
            "interacted": self.interacted, "usual_place": self.telling.usual_place, "lessons": self.telling.lesson,
            "routine": self.telling.routine, "preference": self.telling.preference, "similar": self.telling.similar,
        }  # fmt: skip
        return known[q.kind](q)

    def event(self, clause: str) -> Moment | None:
        """The newest event that a clause ("you opened the fridge") names; None if there is none."""
        ids = [n.id for phrase in things(clause)[:2] for n in self.queries.relevant(phrase)]
        stems = {w[:4] for w in re.findall(r"[a-z]{3,}", clause)}
        verbs = verbs_in(clause)
        best: tuple[float, float, int, Moment] | None = None
        for moment in self.telling.retrieval.moments.all().values():
            if moment.kind == "note" or (ids and not set(ids).intersection(moment.things)):
                continue
            words = set(re.findall(r"[a-z]{3,}", moment.plain.lower()))
            fit = 2.0 * (moment.kind == "action" and moment.text.split()[0] in verbs)
            fit += len(stems & {w[:4] for w in words})
            if fit > 0 and (best is None or (fit, moment.stamp, moment.seq) > best[:3]):
                best = (fit, moment.stamp, moment.seq, moment)
        return best[3] if best is not None and (ids or best[0] >= 2) else None

    def _beside(self, event: Moment, word: str) -> float:
        """World time just before, after or at an event."""
        if word in ("before", "until", "by the time"):
            return event.stamp - _JUST
        ended = next((a.ended for a in self.queries.episodic.actions() if a.id == event.id), None)
        return (ended if ended is not None else event.stamp) + _JUST

    # --- the past -----------------------------------------------------------------------------------------------------
    def _where(self, q: Query) -> Answer:
        if q.at is None and q.past and (node := next(iter(self.queries.relevant(q.what)), None)) is not None:
            ended = [
                f.end for f in self.queries.facts(node.id) if FAMILIES.get(f.predicate) == "place" and f.end is not None
            ]
            if ended:  # "where was it before": where it was until it came to where it is
                return self.queries.where(q.what, max(ended) - _JUST)
        return self.queries.where(q.what, q.at)

    def _contents(self, q: Query) -> Answer:
        node = next(iter(self.queries.relevant(q.place)), None)
        if q.at is None and q.past and node is not None:
            facts = [f for f in self.queries.facts() if f.object == node.id and FAMILIES.get(f.predicate) == "place"]
            if facts and re.search(r"\b(?:start|beginning|originally|first)\b", q.text):
                return self.queries.contents(q.place, min(f.start for f in facts) + _JUST)
            turns = [t for f in facts for t in (f.start, f.end) if t is not None]
            if turns:  # "what was in it before": until the last change there
                return self.queries.contents(q.place, max(turns) - _JUST)
        return self.queries.contents(q.place, q.at)

    def _state(self, q: Query) -> Answer:
        nodes = self.queries.relevant(q.what)
        attribute = q.attribute or None
        if (
            attribute is not None
            and nodes
            and not any(attribute in n.states for n in nodes)
            and any(n.states for n in nodes)
        ):
            attribute = None  # "is the lamp running" of one whose states are called otherwise
        if q.at is None and q.past and nodes:
            names = {attribute} if attribute is not None else set(nodes[0].states)
            ended = [f.end for f in self.queries.facts(nodes[0].id) if f.predicate in names and f.end is not None]
            if ended:
                return self.queries.state(q.what, attribute, max(ended) - _JUST)
        return self.queries.state(q.what, attribute, q.at)

    def _check(self, q: Query) -> Answer:
        if q.at is not None:
            return self.queries.where(q.what, q.at)
        return self.narrative.check(q.what, q.place, q.value)

    def _history(self, q: Query) -> Answer:
        return self.narrative.history(q.what) if q.what else self.narrative.done(q.at)

    # --- order --------------------------------------------------------------------------------------------------------
    def order(self, q: Query) -> Answer:
        """Which of two came first, or what was done before, after, first or last."""
        if q.what and q.other:
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
        value = next((v for w, v in _TURNED if re.search(rf"\b{w}", q.text)), "")
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
            row = next((r for r in rows if r[2] in _MOVED), None)
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
        said = [f"{self._did(a)} ({a.id}), {when(a.started, self.world.now)}" for a in pool[-12:]]
        newest = pool[-1].ended or pool[-1].started
        return Answer(question, sentence("; then ".join(said)), tuple(a.id for a in pool), Knowledge.SEEN, 0.95, newest,
                      self.world.now - newest, tuple(self._seq(a) for a in pool[-12:]))  # fmt: skip

    # --- causes -------------------------------------------------------------------------------------------------------
    def cause(self, q: Query) -> Answer:
        """What made a thing be where it is, or as it is: the robot's action with its reason, or somebody else, and when."""
        question = f"what is behind the last change of {q.what}?"
        nodes = self.queries.relevant(q.what)
        if not nodes:
            return self.queries.never(question, q.what)
        node, wanted = nodes[0], self._wanted(q)
        rows = [
            r
            for n in nodes[:1]
            for r in self._changes(n)
            if r[2] in TOLD and r[2] not in ("appeared", "merged", "recognised")
        ]
        row = next((r for r in rows if not wanted or r[2] in wanted), None) or next(iter(rows), None)
        if row is None:
            first = when(node.first_seen, self.world.now)
            text = f"no change of {name(node.label, node.id)} was noticed: so it was when first seen, {first}"
            return self.queries.answer(question, sentence(text), (), node, Knowledge.UNKNOWN, 0.0, node.first_seen)
        stamp, seq, _, text, cause = row
        if cause == EXOGENOUS:
            seen = f" (it was noticed {when(stamp, self.world.now)})"
            told = f"{text}{seen}: not by the robot, so somebody or something else did it"
            return self.queries.answer(
                question, sentence(told), (_OTHERS,), node, Knowledge.BELIEVED, 0.8, stamp, (seq,)
            )
        action = next((a for a in self.queries.episodic.actions() if a.id == cause), None)
        why = f", because {action.why}" if action is not None and action.why else ""
        episode = next(
            (e for e in self.queries.episodic.episodes() if action is not None and e.id == action.episode), None
        )
        task = f", for “{episode.instruction}” ({episode.id})" if episode is not None else ""
        act = f"{cause} {action.verb}" if action is not None else cause
        told = f"{text} {when(stamp, self.world.now)}: the robot did that ({act}){task}{why}"
        return self.queries.answer(question, sentence(told), (cause,), node, Knowledge.SEEN, 0.95, stamp, (seq,))

    def interacted(self, q: Query) -> Answer:
        """Who or what had to do with a thing: the robot's actions on it, and changes that were not the robot's."""
        question = f"who had to do with {q.what}?"
        nodes = self.queries.relevant(q.what)
        if not nodes:
            return self.queries.never(question, q.what)
        node, world = nodes[0], self.world
        since = q.at if q.at is not None else float("-inf")
        actions = [
            a for a in self.queries.episodic.actions(touching=node.id)
            if a.verb not in IDLE and node.id in map(world.resolve, a.touched) and (a.ended or a.started) >= since
        ]  # fmt: skip
        others = [r for r in self._changes(node) if r[4] == EXOGENOUS and r[2] in (*_MOVED, "state") and r[0] >= since]
        said, who = [], []
        if actions:
            recent = [f"{self._did(a)} ({a.id}), {when(a.started, world.now)}" for a in actions[-4:]]
            said.append(
                f"the robot: {'; '.join(reversed(recent))}"
                + (f"; and {len(actions) - 4} more times" if len(actions) > 4 else "")
            )
            who.append((actions[-1].ended or actions[-1].started, _ROBOT))
        if others:
            said.append(f"somebody or something else {len(others)} time{'s' * (len(others) > 1)}, last: {others[0][3]}, "
                        f"noticed {when(others[0][0], world.now)}")  # fmt: skip
            who.append((others[0][0], _OTHERS))
        if not said:
            text = f"nobody, as far as was noticed, had to do with {name(node.label, node.id)}"
            return self.queries.answer(question, sentence(text), (), node, Knowledge.UNOBSERVED, 0.6)
        who.sort(reverse=True)
        seqs = tuple(sorted({*(r[1] for r in others[:8]), *(self._seq(a) for a in actions[-8:])}, reverse=True))
        return self.queries.answer(question, sentence("; ".join(said)), tuple(w for _, w in who), node, Knowledge.SEEN, 0.9,
                                   who[0][0], seqs)  # fmt: skip

    # --- inside -------------------------------------------------------------------------------------------------------
    def _wanted(self, q: Query) -> frozenset[str]:
        if re.search(r"\b(?:open|clos|shut|on|off|dirty|clean|slic|full|empty)", q.text):
            return frozenset({"state"})
        if re.search(r"\b(?:gone|missing|disappear|vanish|not there|no longer)", q.text):
            return frozenset({"vanished", "held", "moved"})
        return _MOVED

    def _changes(self, node: Node) -> list[tuple[float, int, str, str, str]]:
        ids = [node.id, *(a for a, b in self.world.projection.merged.items() if b == node.id)]
        marks = ", ".join("?" * len(ids))
        return list(self.world.store.db.execute(
            f"SELECT stamp, seq, kind, text, cause FROM changes WHERE thing IN ({marks}) ORDER BY seq DESC, n DESC", ids
        ))  # fmt: skip

    def _did(self, a: ActionRecord) -> str:
        target = self.world.resolve(a.target) if a.target else ""
        how = "" if a.status == "succeeded" else f", {(a.status or 'running').replace('_', ' ')}"
        who = name(self.world.label(target), target) if target else ""
        return " ".join(w for w in (a.verb, a.relation, who) if w) + how

    def _seq(self, a: ActionRecord) -> int:
        return self.telling.lessons.seq_of(a.id)


def verbs_in(text: str) -> set[str]:
    """The robot's verbs that the words of a text stand for, in whatever tense."""
    found = set()
    for full in re.findall(r"[a-z]+", text):
        forms = (full, *(full.removesuffix(end) for end in ("ed", "d", "ing")), *_PAST.get(full, ()))
        found |= {VERBS[w] for w in forms if w in VERBS}
    return found


_TURNED = (("open", "open"), ("clos", "closed"), ("shut", "closed"), ("switch", "on"), ("slic", "sliced"))
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
