"""What happens at the same time of day, and where things of a class are at what time: learned from the facts' intervals.

Days are UTC days, or stretches of 86,400 s from stamp 0 where stamps are no dates. A routine is something that was
noticed on at least three days and on half of all days with anything noticed, within two hours around the same time of
day. What the robot did itself is no routine of the house.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from .apply import FAMILIES
from .learned import Cached, Learned, contradicting, newest
from .vocabulary import canonical, matches, meanings, plural, with_article
from .world import EXOGENOUS, World

DAY = 86400.0
PARTS = {"night": (22.0, 6.0), "morning": (6.0, 12.0), "afternoon": (12.0, 18.0), "evening": (18.0, 22.0)}
WINDOW = 2 * 3600.0  # seconds
LEAST_DAYS = 3
_SHARE = 0.5
_EPOCH = 1e8  # larger stamps are dates
_BOUNDS = (6 * 3600.0, 12 * 3600.0, 18 * 3600.0, 22 * 3600.0, DAY)  # where parts of the day end
_MOST_STEPS = 2000  # parts of a stay that count: more than a year
_STALE = 100  # facts


@dataclass(frozen=True)
class Occurrence:
    """Something that was noticed to happen to one of a class."""

    label: str
    what: str
    stamp: float
    seq: int


class Routines(Cached):
    """Routines, and places by time of day and kind of day."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._routines: list[Learned] = []
        self._dwell: dict[str, dict[tuple[str, str], Counter[str]]] = {}
        self._habits: list[Learned] = []
        self._learned_from: object = None
        self._facts = 0

    def all(self) -> list[Learned]:
        """Every routine, the most regular first."""
        self._renew()
        return self._routines

    def habits(self) -> list[Learned]:
        """How often things of each class move."""
        self._renew()
        return self._habits

    def about(self, label: str = "", part: str = "", fresh: bool = True) -> list[Learned]:
        """Routines with things of a class, or in a part of the day ("morning").

        Not ``fresh``: as they were learned when a hundred fewer facts were known, or more, which costs less.
        """
        facts = int(self.world.projection.counters.get("facts", 0))
        if fresh or self._learned_from is not self.world.nodes or facts >= self._facts + _STALE:
            self._renew()
        wanted = {*meanings(label), canonical(label)} if label else set()
        return [
            r
            for r in self._routines
            if (not wanted or canonical(r.subject) in wanted) and (not part or part == r.value[1])
        ]

    def usual(self, label: str, part: str = "", weekend: bool | None = None) -> list[tuple[str, float, int]]:
        """Places of a class at a time: (place label, share of the time, days), most first. ``part`` of the day, or always."""
        self._renew()
        fits = {own: matches(label, own) for own in self._dwell}
        best = max(fits.values(), default=0.0)
        time: Counter[str] = Counter()
        days: dict[str, set[str]] = defaultdict(set)
        for own, contexts in self._dwell.items():
            if not 0 < best <= fits[own]:
                continue
            for (when, day), places in contexts.items():
                if part in ("", when) and (weekend is None or weekend == _weekend(float(day))):
                    time.update(places)
                    for place in places:
                        days[place].add(day)
        total = sum(time.values())
        return [(p, n / total, len(days[p])) for p, n in sorted(time.items(), key=lambda item: (-item[1], item[0]))]

    def learned(self) -> list[Learned]:
        """Usual places by part of the day, where they differ from the usual place in general."""
        self._renew()
        found = []
        for label in sorted(self._dwell):
            general = self.usual(label)
            for part in PARTS:
                own = self.usual(label, part)
                if own and general and own[0][0] != general[0][0] and own[0][1] > 0.5 and own[0][2] >= LEAST_DAYS:
                    place, share, days = own[0]
                    text = f"In the {part}, {with_article(label)} is usually at the {place} ({100 * share:.0f} % of the time, "
                    text += f"on {days} days); else at the {general[0][0]}."
                    found.append(Learned("usual_place", label, text, (place,), days, 0, context=part))
        return contradicting(found)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _renew(self) -> None:
        if not self.stale():
            return
        self._learned_from = self.world.nodes
        self._facts = int(self.world.projection.counters.get("facts", 0))
        self._dwell = {}
        happened: list[Occurrence] = []
        seen: set[tuple[str, str]] = set()
        rows = self.world.store.db.execute(
            "SELECT subject, predicate, object, family, start, stop, cause, seq FROM facts ORDER BY num"
        ).fetchall()
        labels: dict[str, str] = {}
        for subject, predicate, object, family, start, stop, cause, seq in rows:
            id = self.world.resolve(subject)
            if id not in labels:
                node = self.world.node(id)
                labels[id] = node.label if node is not None else ""
            label = labels[id]
            first = (subject, family) not in seen
            seen.add((subject, family))
            if not label:
                continue
            if predicate in ("on", "in"):
                self._dwells(label, object, start, self._until(id, stop))
            if not first and cause == EXOGENOUS and family != "whole":
                happened.append(Occurrence(canonical(label), self._what(predicate, family, object), start, seq))
        self._routines = routines(happened)
        self._habits = self._moves(happened)

    def _what(self, predicate: str, family: str, object: str) -> str:
        if FAMILIES.get(predicate) == "place":
            return f"comes to be {predicate} the {self.world.label(object)}"
        return f"is {object}"

    def _until(self, id: str, stop: float | None) -> float:
        if stop is not None:
            return stop
        node = self.world.node(id)
        return node.last_seen if node is not None else self.world.now

    def _dwells(self, label: str, place: str, start: float, stop: float) -> None:
        """Add the seconds from ``start`` to ``stop`` (one at least), part of the day by part of the day."""
        where = self.world.label(place)
        contexts = self._dwell.setdefault(label, {})
        at, stop = start, max(stop, start + 1.0)
        for _ in range(_MOST_STEPS):
            day, tod = at - at % DAY, at % DAY
            left = next(b - tod for b in _BOUNDS if b > tod)
            seconds = min(left, stop - at)
            contexts.setdefault((part_of_day(at), f"{day:.0f}"), Counter())[where] += max(1, round(seconds))
            at += left
            if at >= stop:
                break

    def _moves(self, happened: Iterable[Occurrence]) -> list[Learned]:
        found = []
        by_label: dict[str, list[Occurrence]] = defaultdict(list)
        for one in happened:
            if one.what.startswith("comes"):
                by_label[one.label].append(one)
        rates = self.world.projection.rates
        for label, moves in sorted(by_label.items()):
            pace = rates.pace(label)
            days = pace.time / max(pace.shape, 1e-9) / DAY
            often = f"every {days:.1f} days" if days >= 1 else f"every {24 * days:.1f} hours"
            text = f"{plural(label).capitalize()} move about {often}: {len(moves)} moves were noticed."
            found.append(Learned("habit", label, text, (f"{pace.shape / pace.time:.3g}",), len(moves), 0,
                                 moves[0].stamp, moves[-1].stamp, newest(m.seq for m in moves)))  # fmt: skip
        return found


def routines(happened: list[Occurrence]) -> list[Learned]:
    """What happened on many days around the same time of day."""
    days = {one.stamp // DAY for one in happened}
    groups: dict[tuple[str, str], list[Occurrence]] = defaultdict(list)
    for one in happened:
        groups[one.label, one.what].append(one)
    found = []
    for (label, what), ones in sorted(groups.items()):
        centre = min(ones, key=lambda o: (-len({x.stamp // DAY for x in _around(ones, o)}), o.stamp % DAY, o.seq))
        near = _around(ones, centre)
        own = {o.stamp // DAY for o in near}
        kind, among = _kind_of_day(own, days)
        if len(own) >= LEAST_DAYS and len(own) >= _SHARE * len(among):
            hour = _mean_time(near, centre)
            clock = f"{hour // 3600:02.0f}:{hour % 3600 // 60:02.0f}"
            text = f"The {label} usually {what} around {clock} {kind} ({len(own)} of {len(among)})."
            stamps = [o.stamp for o in near]
            found.append(Learned("routine", label, text, (what, part_of_day(hour), f"{hour:.0f}"), len(own), len(among - own),
                                 min(stamps), max(stamps), newest(o.seq for o in near), kind))  # fmt: skip
    return sorted(found, key=lambda r: (-r.probability, r.text))


def part_of_day(stamp: float) -> str:
    """night, morning, afternoon or evening."""
    hour = stamp % DAY / 3600.0
    return next(
        (name for name, (a, b) in PARTS.items() if (a <= hour < b if a < b else hour >= a or hour < b)), "night"
    )


def _around(ones: list[Occurrence], centre: Occurrence) -> list[Occurrence]:
    return [o for o in ones if abs(_gap(o.stamp, centre.stamp)) <= WINDOW / 2]


def _gap(a: float, b: float) -> float:
    """Seconds from b's time of day to a's, the short way round."""
    return (a - b + DAY / 2) % DAY - DAY / 2


def _mean_time(ones: list[Occurrence], centre: Occurrence) -> float:
    return (centre.stamp + sum(_gap(o.stamp, centre.stamp) for o in ones) / len(ones)) % DAY


def _weekend(day: float) -> bool:
    return day >= _EPOCH and (int(day // DAY) + 3) % 7 >= 5  # 1970-01-01 was a Thursday


def _kind_of_day(own: set[float], days: set[float]) -> tuple[str, set[float]]:
    """On every day, or only on weekdays or weekends, if both kinds were seen and it kept to one."""
    weekends = {d for d in days if _weekend(d * DAY)}
    weekdays = days - weekends
    if weekends and weekdays and all(d * DAY >= _EPOCH for d in days):
        if own <= weekdays:
            return "on weekdays", weekdays
        if own <= weekends:
            return "at weekends", weekends
    return "every day" if own == days else "on most days", days
