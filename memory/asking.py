"""A typed question → its answer: who is asked for what; the past without a time; why something is so, and by whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from .answers import when
from .apply import FAMILIES
from .around import MORE, Around
from .english import Query
from .narrative import Narrative
from .node import Node
from .queries import TOLD, Queries
from .records import ActionRecord, Answer, Knowledge
from .robots import named_robots
from .robots import robots as robots_of
from .rooms import Rooms, named_areas, room_text
from .telling import Telling
from .things import meant
from .timeline import JUST, MOVED, TURNED, Timeline
from .vocabulary import listing, noun
from .wording import clock, name, sentence, span
from .world import EXOGENOUS, FLOOR, IDLE

_ROBOT = "robot"
_OTHERS = "someone else"
_TURNING = {"open": "opened", "on": "switched on"}
_STATED = re.compile(
    r"\b(?:open|clos|shut|(?:on|off)(?! (?:the|my|our|your|a|an|top|o\d+)\b)|dirty|clean|slic|full|empty)"
)
_EVERYWHERE = frozenset({"kitchen", "room", "house", "flat", "memory", "world"})  # where memory was told of no rooms
_ASKED = re.compile(
    r"(?P<often>how often|how many times)|(?P<long>how long|since when)|(?P<when>when|(?:at )?what time)"
)


class Asking:
    """Every kind of question that ``english`` knows."""

    def __init__(self, queries: Queries, narrative: Narrative, telling: Telling) -> None:
        self.queries, self.narrative, self.telling = queries, narrative, telling
        self.around = Around(queries)
        self.rooms = Rooms(queries, narrative)
        self.timeline = Timeline(queries, telling.lessons, telling.retrieval)
        self.world = queries.world

    def answer(self, q: Query, since: float) -> Answer:
        """The answer; ``since`` is what "what changed?" without a time goes back to."""
        if q.clause and q.kind not in ("order", "lessons", "routine", "preference", "similar", "usual_place"):
            event = self.timeline.event(q.clause)
            if event is None:
                clause = re.sub(r"\bi\b", "I", q.clause)
                return Answer(
                    q.text, sentence(f"when {clause} is not known"), (), Knowledge.UNKNOWN, 0.0, None, None, ()
                )
            q = replace(q, at=self.timeline.beside(event, q.word))
        where = named_areas(self.world, q.place) if q.kind in ("contents", "changed", "count", "check") else None
        if where is not None and not self.queries.relevant(q.place):
            return self.rooms.answer(q, where, since)
        if noun(q.place) in _EVERYWHERE:
            if q.kind == "contents":
                return self.rooms.everything(q)
            q = replace(q, place="")
        known: dict[str, Callable[[Query], Answer]] = {
            "where": self._where, "state": self._state, "contents": self._contents,
            "count": self._count, "check": self._check,
            "changed": lambda q: self.narrative.changed(q.text, q.at, since, q.place),
            "held": self._held, "done": self._done,
            "history": self._history, "last_seen": lambda q: self.narrative.last_seen(q.what),
            "look_for": lambda q: self.narrative.look_for(q.what), "order": self.timeline.order, "cause": self.cause,
            "interacted": self.interacted, "usual_place": self.telling.usual_place, "lessons": self.telling.lesson,
            "routine": self.telling.routine, "preference": self.telling.preference, "similar": self.telling.similar,
        }  # fmt: skip
        return known[q.kind](q)

    # --- the past -----------------------------------------------------------------------------------------------------
    def _where(self, q: Query) -> Answer:
        if q.at is not None:
            return self.queries.where(q.what, q.at)
        nodes = self.queries.relevant(q.what)
        if q.past and nodes:
            stays = [f for f in self.queries.facts(nodes[0].id) if FAMILIES.get(f.predicate) == "place"]
            ended = [(f.end, f.start) for f in stays if f.end is not None]
            if ended:  # "where was it before": where it was seen before it came to where it is
                return self.queries.where(q.what, max(ended)[1] + JUST, nodes)
        found = self.queries.where(q.what, nodes=nodes)
        if nodes and found.knowledge is not Knowledge.ABSENT and found.text.count(". ") == 0:
            found = replace(found, text=f"{found.text.rstrip('.')}{_comma(room_text(self.world, nodes[0]))}.")
        return found

    def _done(self, q: Query) -> Answer:
        one = re.search(r"\b(?:first|last)\b", q.text) is not None and q.at is None
        return self.timeline.order(replace(q, what="", other="")) if one else self.narrative.done(q.at)

    def _count(self, q: Query) -> Answer:
        if q.place and MORE.search(q.text):
            return self.around.compare(q)
        return self.queries.count(q.what, q.place) if q.at is None else self.around.count_at(q)

    def _contents(self, q: Query) -> Answer:
        node = next(iter(self.queries.relevant(q.place)), None)
        if node is not None and (found := self.around.answer(q, node)) is not None:
            return found
        if node is not None and re.search(r"\b(?:missing|gone) from\b", q.text):
            return self.narrative.changed(q.text, q.at, float("-inf"), q.place)
        if q.at is None and q.past and node is not None:
            facts = [f for f in self.queries.facts() if f.object == node.id and FAMILIES.get(f.predicate) == "place"]
            if facts and re.search(r"\b(?:start|beginning|originally|first)\b", q.text):
                return self.queries.contents(q.place, min(f.start for f in facts) + JUST)
            turns = [t for f in facts for t in (f.start, f.end) if t is not None]
            if turns:  # "what was in it before": until the last change there
                return self.queries.contents(q.place, max(turns) - JUST)
        if node is None and q.at is None and noun(q.place) == FLOOR:
            return self.rooms.on_the_floor()
        found = self.queries.contents(q.place, q.at)
        if node is not None and re.search(r"\bempty\b", q.text) and found.knowledge is not Knowledge.UNKNOWN:
            found = replace(found, text=f"{'No. ' if found.value else 'Yes, as far as is known. '}{found.text}")
        return found

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
        if (
            nodes and q.attribute == "fill" and not any(n.states for n in nodes)
        ):  # a bowl that holds things is not empty
            held = self.queries.contents(q.what, q.at)
            if held.value:
                return replace(held, text=f"{'No. ' if q.value == 'empty' else ''}{held.text}")
        if q.at is None and q.past and nodes:
            names = {attribute} if attribute is not None else set(nodes[0].states)
            ended = [f.end for f in self.queries.facts(nodes[0].id) if f.predicate in names and f.end is not None]
            if ended:
                return self.queries.state(q.what, attribute, max(ended) - JUST)
        return self.queries.state(q.what, attribute, q.at)

    def _check(self, q: Query) -> Answer:
        if q.at is not None:
            return self.queries.where(q.what, q.at)
        return self.narrative.check(q.what, q.place, q.value)

    def _held(self, q: Query) -> Answer:
        """What is in the hand of the robot, or of those that are named; of a thing that is asked about first whether it is."""
        robots = named_robots(self.world, q.text)
        if robots is not None and not robots:
            known = listing(robots_of(self.world), "or") or "any robot"
            return self._no_robot(q, f"which robot is meant is not known: it is none of {known}")
        found = self.narrative.held(robots)
        whose = {n for r in robots or () for n in (noun(r), noun(f"robot {r}"))}
        what = next((w for w in (q.what, q.other) if w and noun(w) not in whose | {"hand", "gripper"}), "")
        if not what:
            return found
        if robots is None and re.match(rf"what\b.*\b{re.escape(what)}\b", q.text) and not self.queries.relevant(what):
            return self._no_robot(q, f"{what} is no robot that memory was told of")
        yes = not {n.id for n in meant(self.world, what)}.isdisjoint(found.value)
        return replace(found, text=f"{'Yes' if yes else 'No'}. {found.text}")

    def _no_robot(self, q: Query, text: str) -> Answer:
        return Answer(q.text, sentence(text), (), Knowledge.UNKNOWN, 0.0, None, None, ())

    def _history(self, q: Query) -> Answer:
        """What happened to a thing, or what was done; "how often", "when" and "how long" have their answer first."""
        if not q.what:
            return self.narrative.done(q.at)
        told = self.narrative.history(q.what)
        asked = _ASKED.match(q.text)
        node = next(iter(self.queries.relevant(q.what)), None)
        if asked is None or node is None:
            return told
        wanted = self._wanted(q)
        kinds = wanted - {"held"} if "placed" in wanted else wanted
        rows = [r for r in self._changes(node) if r[2] in kinds]
        value = next((v for w, v in TURNED if re.search(rf"\b{w}", q.text)), "") if "state" in wanted else ""
        if value:
            rows = [r for r in rows if value in r[3].split()]
        since = [r for r in rows if q.at is None or r[0] >= q.at]
        if asked["often"]:  # to be missed from one place and found in another is one move
            since = [r for i, r in enumerate(since) if not (i and r[2] == "vanished" and since[i - 1][2] != "vanished")]
        it, now = name(node.label, node.id), self.world.now
        if asked["often"]:
            what = "moved" if "placed" in wanted else _TURNING.get(value, value) if value else "changed"
            first = clock(q.at if q.at is not None else node.first_seen, now)
            last = f", last {when(since[0][0], now)}" if since else ""
            often = f"never {what}" if not since else f"{what} {_times(len(since))}"
            text = f"{it} was {often} since {first}{last}, as far as was noticed"
        elif not rows:
            text = f"no such change of {it} was noticed: so it was when first seen, {when(node.first_seen, now)}"
        elif asked["long"]:
            text = (
                f"for {span(now - rows[0][0])}: {rows[0][3]} {when(rows[0][0], now)}, and no later change was noticed"
            )
        else:
            text = f"{rows[0][3]} {when(rows[0][0], now)}"
            text += "" if rows[0][4] == EXOGENOUS else " by the robot"
        return replace(told, text=sentence(text))

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
        others = [r for r in self._changes(node) if r[4] == EXOGENOUS and r[2] in (*MOVED, "state") and r[0] >= since]
        said, who = [], []
        if actions:
            recent = [f"{self.timeline.did(a)} ({a.id}), {when(a.started, world.now)}" for a in actions[-4:]]
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
        if re.search(_STATED, q.text):
            return frozenset({"state"})
        if re.search(r"\b(?:gone|missing|disappear|vanish|not there|no longer)", q.text):
            return frozenset({"vanished", "held", "moved"})
        return MOVED

    def _changes(self, node: Node) -> list[tuple[float, int, str, str, str]]:
        ids = [node.id, *(a for a, b in self.world.projection.merged.items() if b == node.id)]
        marks = ", ".join("?" * len(ids))
        return list(self.world.store.db.execute(
            f"SELECT stamp, seq, kind, text, cause FROM changes WHERE thing IN ({marks}) ORDER BY seq DESC, n DESC", ids
        ))  # fmt: skip

    def _seq(self, a: ActionRecord) -> int:
        return self.telling.lessons.seq_of(a.id)


def _times(n: int) -> str:
    """ "once", "twice", "5 times"."""
    return ("", "once", "twice")[n] if n < 3 else f"{n} times"


def _comma(text: str) -> str:
    return f",{text}" if text else ""
