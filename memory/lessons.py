"""What the robot's own actions taught: when they fail, what has to be true before, what follows from them.

Each action that ended is looked at together with what was believed when it began: was what the target was in open,
was the target itself open, was the hand empty? Where one value goes with failure and another with success, that is a
precondition, and a lesson with a clause that says when it does not apply. Everything is counted anew from the log's
tables; nothing is kept beside them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from .apply import FAMILIES
from .episodic import Episodic
from .learned import Cached, Learned, newest
from .records import ActionRecord
from .vocabulary import canonical, meanings
from .world import EXOGENOUS

TRIED = frozenset({"pick", "place", "open", "close", "toggle", "slice", "navigate"})
NOT_TRIED = frozenset({"refused", "cancelled", "unsupported"})  # says nothing about the world
APART = 0.2  # how far two rates of failure (Laplace) have to be apart to be a precondition
_DOING = {"pick": "picking", "place": "placing something on or in", "open": "opening", "close": "closing",
          "toggle": "toggling", "slice": "slicing", "navigate": "driving to"}  # fmt: skip
_HANDS = 4  # newest grasps that are looked at: as many as there may be hands
ANY = "thing"  # stands for every class


@dataclass
class _Tally:
    """Successes and failures under one condition."""

    good: int = 0
    bad: int = 0
    seqs: list[int] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def add(self, ok: bool, seq: int, stamp: float, detail: str) -> None:
        self.good += ok
        self.bad += not ok
        self.seqs.append(seq)
        self.stamps.append(stamp)
        if not ok:
            self.details.append(detail)

    @property
    def failing(self) -> float:
        return (self.bad + 1) / (self.good + self.bad + 2)


@dataclass(frozen=True)
class Conditions:
    """What was believed when an action began: name of a condition → its value."""

    action: ActionRecord
    label: str
    values: dict[str, str]
    seq: int

    @property
    def ok(self) -> bool:
        return self.action.status == "succeeded"


class Lessons(Cached):
    """Lessons, preconditions and effects of the robot's verbs on classes of things."""

    def __init__(self, episodic: Episodic) -> None:
        super().__init__(episodic.world)
        self.episodic = episodic
        self._found: list[Learned] = []
        self._tables = Cached(episodic.world)
        self._conditions: dict[str, Conditions] = {}  # of actions that have ended
        self._known_nodes: object = None
        self._version = -1
        self._grasps: list[tuple[float, float, str]] = []
        self._seqs: dict[str, int] = {}

    def all(self) -> list[Learned]:
        """Everything learned, the best supported first."""
        if self.stale() and (self._known_nodes is not self.world.nodes or self._version != self.episodic.version):
            if self._known_nodes is not self.world.nodes:
                self._conditions, self._known_nodes = {}, self.world.nodes
            self._version = self.episodic.version
            tried = [c for a in self.episodic.actions() if (c := self.conditions(a)) is not None]
            found = [*self._preconditions(tried), *self._failures(tried), *self._effects(tried)]
            self._found = sorted(found, key=lambda f: (-f.support, f.kind, f.text))
        return self._found

    def about(self, verb: str = "", label: str = "") -> list[Learned]:
        """What bears on a verb, or a class of things, or both; lessons and preconditions first."""
        wanted = {*meanings(label), canonical(label)} if label else set()
        rank = {"lesson": 0, "precondition": 1, "effect": 2}
        found = []
        for one in self.all():
            own, _, its = one.subject.partition(" ")
            if (not verb or own == verb) and (not wanted or its == ANY or canonical(its) in wanted or its in wanted):
                found.append(one)
        specific = {(f.kind, f.context) for f in found if not f.subject.endswith(f" {ANY}")}
        found = [f for f in found if not f.subject.endswith(f" {ANY}") or (f.kind, f.context) not in specific]
        return sorted(found, key=lambda f: rank[f.kind])

    def conditions(self, action: ActionRecord) -> Conditions | None:
        """What was believed when an action on a thing began; None if it says nothing about the world."""
        if action.verb not in TRIED or action.status is None or action.status in NOT_TRIED or action.target is None:
            return None
        if action.id in self._conditions:
            return self._conditions[action.id]
        at, target = action.started, self.world.resolve(action.target)
        label = self.world.label(target)
        if label == target:
            return None
        held = self.held(at)
        values = {"the hand": "full" if held else "empty"}
        if held is not None and action.verb == "place":
            label_held = self.world.label(held)
            values["what is held"] = label_held
        own = self._state(target, at)
        if own is not None:
            values["it"] = own
        for host in self._hosts(target, at):
            state = self._state(host, at)
            if state is not None:
                values[f"the {self.world.label(host)}"] = state
        found = Conditions(action, canonical(label), values, self.seq_of(action.id))
        self._conditions[action.id] = found
        return found

    # --- what was so at a time ----------------------------------------------------------------------------------------
    def held(self, at: float) -> str | None:
        """What was in the hand at world time ``at``."""
        self._load()
        k = bisect_left(self._grasps, (at, -1.0, ""))
        return next((id for _, stop, id in reversed(self._grasps[max(0, k - _HANDS) : k]) if stop >= at), None)

    def _load(self) -> None:
        """Grasps and the events that began acts, read once after each change."""
        if not self._tables.stale():
            return
        db = self.world.store.db
        self._grasps = sorted(
            (start, float("inf") if stop is None else stop, id)
            for id, start, stop in db.execute("SELECT subject, start, stop FROM facts WHERE predicate = 'held_by'")
        )
        self._seqs = dict(db.execute("SELECT id, seq FROM acts"))

    def _state(self, id: str, at: float) -> str | None:
        return self._fact(id, "openness", at)

    def _hosts(self, id: str, at: float) -> Iterable[str]:
        for _ in range(4):
            host = self._fact(id, "place", at) or self._fact(id, "whole", at)
            if host is None or host not in self.world.nodes:
                return
            yield host
            id = host

    def _fact(self, id: str, family: str, at: float) -> str | None:
        row = self.world.store.db.execute(
            "SELECT object FROM facts WHERE subject = ? AND family = ? AND start <= ? AND (stop IS NULL OR stop > ?) "
            "ORDER BY start DESC, num DESC LIMIT 1", (id, family, at, at),
        ).fetchone()  # fmt: skip
        return None if row is None else str(row[0])

    def seq_of(self, act: str) -> int:
        """The event that began an act."""
        self._load()
        return self._seqs[act]

    # --- what follows from it -----------------------------------------------------------------------------------------
    def _preconditions(self, tried: list[Conditions]) -> list[Learned]:
        table: dict[tuple[str, str, str], dict[str, _Tally]] = defaultdict(lambda: defaultdict(_Tally))
        for c in tried:
            ended = c.action.ended or c.action.started
            for name, value in c.values.items():
                for label in (c.label, ANY):
                    table[c.action.verb, label, name][value].add(c.ok, c.seq, ended, c.action.detail)
        found: list[Learned] = []
        for (verb, label, name), values in sorted(table.items()):
            if label == ANY and sum(len(v.seqs) for v in values.values()) == self._own(table, verb, name):
                continue  # only one class was ever tried
            found += self._contrast(verb, label, name, values)
        return found

    def _own(self, table: dict[tuple[str, str, str], dict[str, _Tally]], verb: str, name: str) -> int:
        counts = [
            sum(len(v.seqs) for v in t.values())
            for (v, own, n), t in table.items()
            if (v, n) == (verb, name) and own != ANY
        ]
        return max(counts, default=0)

    def _contrast(self, verb: str, label: str, name: str, values: dict[str, _Tally]) -> list[Learned]:
        good = [v for v, t in sorted(values.items()) if t.good]
        found = []
        for bad, tally in sorted(values.items()):
            if tally.bad <= tally.good:
                continue
            better = [v for v in good if tally.failing - values[v].failing >= APART and v != bad]
            if not better:
                continue
            best = min(better, key=lambda v: (values[v].failing, v))
            ok = values[best]
            what = f"{verb} {_the(label)}"
            how = f"{ok.good} of {ok.good + ok.bad} succeeded so"
            how += f", {tally.bad} of {tally.good + tally.bad} failed when {_is(name, bad)}"
            span = [*tally.stamps, *ok.stamps]
            both = newest([*tally.seqs, *ok.seqs])
            found.append(Learned(
                "precondition", f"{verb} {label}", f"To {what}, {_has(name, best)}: {how}.", (name, best),
                ok.good + tally.bad, ok.bad + tally.good, min(span), max(span), both, f"before {verb}", f"{_is(name, bad)}",
            ))  # fmt: skip
            detail = f" ({tally.details[-1]})" if tally.details[-1] else ""
            found.append(Learned(
                "lesson", f"{verb} {label}",
                f"To {what} fails when {_is(name, bad)}, {tally.bad} of {tally.bad + tally.good} times{detail}; "
                f"not when {_is(name, best)}.",
                (name, bad), tally.bad, tally.good, min(tally.stamps), max(tally.stamps), newest(tally.seqs),
                _is(name, bad), _is(name, best),
            ))  # fmt: skip
        return found

    def _failures(self, tried: list[Conditions]) -> list[Learned]:
        """Failures as they are, for what no condition explains."""
        groups: dict[tuple[str, str], list[Conditions]] = defaultdict(list)
        for c in tried:
            groups[c.action.verb, c.label].append(c)
        found = []
        for (verb, label), cs in sorted(groups.items()):
            bad = [c for c in cs if not c.ok]
            if not bad:
                continue
            status = max(
                {c.action.status or "" for c in bad}, key=lambda s: (sum(c.action.status == s for c in bad), s)
            )
            ends = [c.action.ended or c.action.started for c in bad]
            last_good = max((c.action.ended or c.action.started for c in cs if c.ok), default=None)
            since = "it has succeeded since" if last_good is not None and last_good > max(ends) else ""
            detail = bad[-1].action.detail
            text = f"To {verb} {_the(label)} failed {len(bad)} of {len(cs)} times, mostly {status.replace('_', ' ')}"
            text += (f"; the last time: {detail}" if detail else "") + (f"; {since}" if since else "") + "."
            found.append(Learned("lesson", f"{verb} {label}", text, (status,), len(bad), len(cs) - len(bad), min(ends),
                                 max(ends), newest(c.seq for c in bad), "", since))  # fmt: skip
        return found

    def _effects(self, tried: list[Conditions]) -> list[Learned]:
        caused: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for cause, subject, predicate, object in self.world.store.db.execute(
            "SELECT cause, subject, predicate, object FROM facts WHERE cause != ? ORDER BY num", (EXOGENOUS,)
        ):
            caused[cause].append((subject, predicate, object))
        counts: dict[tuple[str, str], dict[str, list[Conditions]]] = defaultdict(lambda: defaultdict(list))
        for c in tried:
            if c.ok:
                told = {self._effect(c, *row) for row in caused[c.action.id]} or {""}
                for effect in sorted(told):
                    counts[c.action.verb, c.label][effect].append(c)
        found = []
        for (verb, label), effects in sorted(counts.items()):
            total = len({c.seq for cs in effects.values() for c in cs})
            for effect, cs in sorted(effects.items()):
                if effect and 2 * len(cs) > total:
                    ends = [c.action.ended or c.action.started for c in cs]
                    text = f"After {_DOING[verb]} {_the(label)}, {effect} ({len(cs)} of {total} times)."
                    found.append(Learned("effect", f"{verb} {label}", text, (effect,), len(cs), total - len(cs), min(ends),
                                         max(ends), newest(c.seq for c in cs), f"after {verb}"))  # fmt: skip
        return found

    def _effect(self, c: Conditions, subject: str, predicate: str, object: str) -> str:
        target = self.world.resolve(c.action.target or "")
        if self._fact(subject, "whole", self.world.now) == target:
            return ""  # a door does what its fridge does
        who = "it" if self.world.resolve(subject) == target else "another thing"
        if who != "it" and c.action.verb == "place" and FAMILIES.get(predicate) == "place":
            who = "what was held"
        if predicate == "held_by":
            return f"{who} is in the hand"
        if FAMILIES.get(predicate) == "place":
            return f"{who} is {predicate} " + ("the target" if self.world.resolve(object) == target else "something")
        return "" if FAMILIES.get(predicate) == "whole" else f"{who} is {object}"


def _the(label: str) -> str:
    return "anything" if label == ANY else f"the {label}"


def _is(name: str, value: str) -> str:
    return f"{name} is {value}"


def _has(name: str, value: str) -> str:
    return f"{name} has to be {value}"
