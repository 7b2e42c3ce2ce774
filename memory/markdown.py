"""A memory as a page that a person can read: what is where and how that is known, what happened, what was done.

The same memory gives the same page, wherever it lies. Text that came in through the world is escaped, never markup.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from ..contracts import Role
from . import codec
from .log import FORGOTTEN
from .maps import areas, innermost
from .queries import TOLD
from .reading import Reading
from .records import ROBOT, ActionRecord, EpisodeRecord, Knowledge, Thing
from .wording import ago, clock, span

_EPOCH = 1e8  # seconds; larger stamps are dates
_DAY = 86400.0
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")
_QUIET = ("recall", "answer", "decision")  # notes that a machine makes of its own working
_ERASED = {"thing": "a thing was erased", "place": "a place was erased", "span": "a span of time was erased",
           "note": "a remark was erased", "compacted": "older events were summed up"}  # fmt: skip


def markdown(memory: Reading, days: int | None = None) -> Iterator[str]:
    """The page, line by line without newlines; ``days`` limits history and remarks to that many days before now."""
    now = memory.now
    since = float("-inf") if days is None else now - days * _DAY
    things = memory.things()
    yield "# What is remembered"
    yield ""
    stats = memory.stats()
    when = f"As of {clock(now, now + 2 * _DAY)}" + (" UTC" if now >= _EPOCH else " after the start")
    counts = ((stats["objects"], "thing"), (stats["furnitures"], "place"), (stats["events"], "event"))
    yield f"{when}: {', '.join(f'{n} {word}' + 's' * (n != 1) for n, word in counts)} in the log."
    yield from _places(things, now, _rooms(memory, things))
    yield from _gone(things, now)
    yield from _usual(memory, things)
    yield from _learned(memory, now)
    yield from _history(memory, since)
    yield from _episodes(memory, since)
    yield from _remarks(memory, since)


def text(words: str) -> str:
    """Words as they are: on one line, with nothing in them taken for markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


# --- what is where --------------------------------------------------------------------------------------------------------
def _rooms(memory: Reading, things: list[Thing]) -> dict[str, str]:
    """For each thing the room or floor that it is in, and its map where there are several; "" where nothing is to be said."""
    known, several = areas(memory._world), len({t.map_id for t in things}) > 1
    rooms = {}
    for t in things:
        area = innermost(known, t.map_id, t.box_world.center)
        words = [f"in the {text(area.label)}"] if area is not None else []
        rooms[t.id] = ", ".join([*words, *([f"map {text(t.map_id)}"] if several else [])])
    return rooms


def _places(things: list[Thing], now: float, rooms: dict[str, str]) -> Iterator[str]:
    here = [t for t in things if t.knowledge is not Knowledge.ABSENT or t.role is not Role.OBJECT]
    known = {t.id for t in here}
    inside: dict[str, list[Thing]] = {}
    for t in here:
        inside.setdefault(t.place.id if t.place is not None else "", []).append(t)
    yield from ("", "## What is where", "")
    roots = [*(t for t in here if t.place is None)]
    for place in sorted(p for p in inside if p and p not in known):  # the floor, a robot's hand
        held = inside[place][0].place
        name = "in the robot's hand" if held is not None and held.predicate == "held_by" else f"on the {text(place)}"
        yield f"- {name}"
        for t in inside[place]:
            yield from _thing(t, inside, now, 1, rooms[t.id])
    for t in sorted(roots, key=lambda t: (t.role is not Role.FURNITURE, t.label, int(t.id[1:]))):
        yield from _thing(t, inside, now, 0, rooms[t.id])
    if not here:
        yield "Nothing is known yet."


def _thing(thing: Thing, inside: dict[str, list[Thing]], now: float, depth: int, room: str = "") -> Iterator[str]:
    if depth > 12:  # a circle of places would be a damaged memory; the page ends anyhow
        return
    where = f"{thing.place.predicate.replace('_', ' ')}: " if thing.place is not None and depth else ""
    states = ", ".join(f"{text(s.value)}" for _, s in sorted(thing.states.items()))
    words = [f"{where}**{text(thing.label)}** ({thing.id})", *([room] if room else []), *([states] if states else []),
             _how(thing, now)]  # fmt: skip
    if thing.place is None and thing.role is Role.OBJECT:
        x, y, z = (float(v) for v in thing.box_world.center)
        words.append(f"at ({x:.1f}, {y:.1f}, {z:.1f}) m")
    if thing.alike:
        words.append(f"could be mistaken for {' or '.join(thing.alike)}")
    yield f"{'  ' * depth}- {', '.join(words)}"
    order = {"part_of": 0, "in": 1, "on": 2}
    rows = sorted(
        inside.get(thing.id, ()),
        key=lambda t: (order.get(t.place.predicate, 3) if t.place else 3, t.label, int(t.id[1:])),
    )
    for t in rows:
        yield from _thing(t, inside, now, depth + 1)


def _how(thing: Thing, now: float) -> str:
    seen = ago(now - thing.last_seen)
    how = {
        Knowledge.SEEN: f"seen {seen}",
        Knowledge.BELIEVED: f"believed, last seen {seen}",
        Knowledge.UNOBSERVED: f"last seen {seen}, not looked at since",
        Knowledge.ABSENT: f"gone, looked {ago(now - thing.last_looked)}",
    }.get(thing.knowledge, "never seen")
    return f"{how}, {100 * thing.existence:.0f} % sure" if thing.role is Role.OBJECT else how


def _gone(things: list[Thing], now: float) -> Iterator[str]:
    rows = [t for t in things if t.knowledge is Knowledge.ABSENT and t.role is Role.OBJECT]
    if rows:
        yield from ("", "## Gone from where it was", "")
    for t in rows:
        place = f" {t.place.predicate} the {text(t.place.label)}" if t.place is not None else ""
        yield (
            f"- **{text(t.label)}** ({t.id}): last seen{place} {ago(now - t.last_seen)}; "
            f"looked there {ago(now - t.last_looked)}"
        )


def _usual(memory: Reading, things: list[Thing]) -> Iterator[str]:
    labels = sorted({t.label for t in things if t.role is Role.OBJECT})
    rows = [(label, place, n, share) for label in labels for place, n, share in memory.usual_places(label)]
    if rows:
        yield from ("", "## Usual places", "", "| what | where | times | share |", "|---|---|---:|---:|")
    for label, place, n, share in rows:
        yield f"| {text(label)} | {text(place)} | {n} | {100 * share:.0f} % |"


def _learned(memory: Reading, now: float) -> Iterator[str]:
    rows = [one for one in memory.learned() if one.kind not in ("usual_place", "effect", "habit")]
    if rows:
        yield from ("", "## What was learned", "")
    for one in rows:
        until = f" (until {clock(one.until, now)})" if one.until is not None else ""
        against = " ".join(text(c) for c in one.contradicts)
        contradicts = f" Contradicts: {against}" if against else ""
        told = (
            f" (event {one.evidence[0]})" if one.kind == "preference" and one.evidence else ""
        )  # for `loci forget --note`
        yield f"- {one.kind}: {text(one.text)}{until}{contradicts}{told}"


# --- what happened --------------------------------------------------------------------------------------------------------
def _history(memory: Reading, since: float) -> Iterator[str]:
    marks = ", ".join("?" * len(TOLD))
    rows: list[tuple[float, int, str]] = [
        (stamp, seq, text(told) + (f" (by the robot, {cause})" if cause != "exogenous" else ""))
        for stamp, seq, told, cause in memory._store.db.execute(
            f"SELECT stamp, seq, text, cause FROM changes WHERE kind IN ({marks}) AND stamp >= ? ORDER BY seq, n",
            (*TOLD, since),
        )
    ]
    for (seq,) in memory._store.db.execute(
        f"SELECT seq FROM events WHERE kind = '{FORGOTTEN}' ORDER BY seq"
    ).fetchall():
        event = memory.event(seq)
        rows.append((event.stamp, seq, f"*{_ERASED.get(str(event.payload.get('what')), 'something was erased')}*"))
    day = None
    for stamp, _, told in sorted(rows, key=lambda row: row[:2]):
        if (head := _day(stamp)) != day:
            yield from ("", f"## History, {head}", "")
            day = head
        yield f"- {_time(stamp)} {told}"


def _day(stamp: float) -> str:
    if stamp < _EPOCH:
        return f"day {int(stamp // _DAY) + 1}"
    return datetime.datetime.fromtimestamp(stamp, datetime.UTC).strftime("%A, %d %B %Y")


def _time(stamp: float) -> str:
    """ "14:05:09" (UTC) of a date, hours from the start of the day for stamps that are no dates."""
    seconds = int(stamp % _DAY)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _episodes(memory: Reading, since: float) -> Iterator[str]:
    names = {t.id: f"the {text(t.label)} ({t.id})" for t in memory.things()}
    episodes = [e for e in memory.episodes() if e.started >= since]
    if episodes:
        yield from ("", "## What was asked and done")
    for e in episodes:
        yield from ("", f"### {e.id}: “{text(e.instruction)}”", "", _outcome(e), "")
        for n, a in enumerate(e.actions, 1):
            yield f"{n}. {_action(a, names)}"
    loose = [a for a in memory._episodic.actions() if not a.episode and a.started >= since]
    if loose:
        yield from ("", "## Done without an instruction", "")
    for a in loose:
        yield f"- {_day(a.started)}, {_time(a.started)}, {_action(a, names)}"


def _outcome(e: EpisodeRecord) -> str:
    begun = f"{_day(e.started)}, {_time(e.started)}"
    begun += f", {text(e.robot)}" if e.robot != ROBOT else ""
    if e.ended is None:
        return f"{begun}; not ended."
    return f"{begun}; {text(e.status or 'ended')} after {span(e.ended - e.started)}."


def _action(a: ActionRecord, names: dict[str, str]) -> str:
    goal = f" ({text(a.subgoal)})" if a.subgoal else ""
    detail = f": {text(a.detail)}" if a.detail else ""
    status = text(a.status.replace("_", " ")) if a.status else "its end is not known"
    what = f" {names.get(a.target, a.target)}" if a.target else ""
    if a.verb == "place":
        carried = next((names[t] for t in a.touched if t != a.target and t in names), "")
        what = "".join(f" {word}" for word in (carried, (a.relation or "on") if what else "") if word) + what
    who = f"{text(a.robot)}: " if a.robot != ROBOT else ""
    return f"{who}{a.verb}{what}{goal}, {status}{detail}"


def _remarks(memory: Reading, since: float) -> Iterator[str]:
    marks = ", ".join("?" * len(_QUIET))
    rows = memory._store.db.execute(
        f"SELECT seq, stamp, kind, text, refs FROM notes WHERE kind NOT IN ({marks}) AND stamp >= ? ORDER BY seq",
        (*_QUIET, since),
    ).fetchall()
    if rows:
        yield from ("", "## Remarks", "")
    for seq, stamp, kind, said, refs in rows:
        about = ", ".join((*codec.decode(refs.encode()), f"event {seq}"))
        yield f"- {_day(stamp)}, {_time(stamp)}, {text(kind)}: {text(said)} ({text(about)})"
