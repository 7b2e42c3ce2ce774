"""Questions in English → typed queries: the plainest word for word, all else by the examples that it is like (``nearest``).

No model that writes, no network, the same result every time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import InstructionError
from .nearest import nearest
from .patterns import PLAIN, RELATION, STATES, VALUES
from .phrases import known, plainly_named, things
from .rewording import readings
from .stood import STANDING, stood
from .storeys import said
from .times import Moment, take
from .vocabulary import CONTAINERS, FURNITURE, canonical, noun

EXAMPLES = (
    "where is the mug?",
    "what is in the fridge?",
    "is the drawer open?",
    "how many apples are there?",
    "what changed in the last 5 minutes?",
    "when did you last see the milk?",
    "what happened to the bowl?",
    "why is the apple not on the table?",
    "where do the plates belong?",
    "which was moved first, the mug or the bowl?",
    "have you done anything like this before?",
)


@dataclass(frozen=True)
class Query:
    """A typed question. ``kind`` is one of ``KINDS``.

    ``what``, ``other`` and ``place`` are noun phrases (or ids), ``value`` a state or a relation, ``at`` a point of world
    time in seconds (with ``start`` and ``end`` if it was a stretch), ``clause`` an event instead of a time ("you opened the
    fridge", with ``word`` before, after, …). ``text`` is the cleaned question; ``how``: by a plain pattern, or like examples?
    """

    kind: str
    what: str = ""
    place: str = ""
    attribute: str = ""
    value: str = ""
    at: float | None = None
    other: str = ""
    start: float | None = None
    end: float | None = None
    word: str = ""
    clause: str = ""
    past: bool = False
    text: str = ""
    how: str = "pattern"

    @property
    def topic(self) -> str:
        """The kind as people tell kinds apart: ``where``, ``state`` and ``contents`` of the past are kinds of their own."""
        then = self.kind in ("where", "state", "contents", "check") and (self.past or self.at is not None)
        return f"{self.kind}_then" if then else self.kind


KINDS = ("where", "state", "contents", "last_seen", "history", "count", "order", "changed", "cause", "usual_place",
         "interacted", "similar", "lessons", "routine", "preference", "held", "look_for", "check", "done")  # fmt: skip
_HOLLOW = FURNITURE | CONTAINERS | {"basket", "bag", "bin", "tray", "suitcase", "letterbox", "chest", "crate", "rack"}
_ABOUT_NOTHING = frozenset({"held", "done", "changed", "similar", "lessons", "routine", "preference", "order"})
_CLAUSED = frozenset(
    {"where", "state", "contents", "changed", "count", "check", "history", "done", "held", "last_seen"}
)
_WHICH = re.compile(r"^(?:in |on |at )?(?:which|what) \w+")
_TITLE = r"(?:(?:the|my|our|your|mrs|mr|ms|miss|dr) )?"
_NAME = r"(?!(?:i|you|we|they|people|it|that|there|what|which|where|who|how|he|she)\b)"
_PERSONS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:does|do|did|would|has|have) {_TITLE}(?P<who>{_NAME}\w+) (?:\w+ )?(?:like|prefer|love|want|hate|dislike|enjoy"
        r"|take|drink|have|tell|told|say|said|mention|mentioned|ask|asked|rather)\b",
        rf"\b{_TITLE}(?P<who>{_NAME}\w+) (?:\w+ly )?(?:likes|prefers|loves|wants|hates|dislikes|enjoys|takes|drinks)\b",
        rf"\b(?:is|are) {_TITLE}(?P<who>{_NAME}\w+) (?:fond|allergic|keen|picky|particular|a fan)\b",
        rf"\b(?P<who>{_NAME}\w+)'s (?:\w+ )?(?:favou?rite|preference|taste|preferred|wishes)",
    )
)
_WAS = re.compile(r"^(?:\w+ ){0,4}?(?:was|were|did|had)\b")
_EARLIER = re.compile(
    r"\b(?:then|before|earlier|previously|start|beginning|originally|used to (?:be|stand|lie|hang|sit|have|hold|contain))\b"
)
_AT = re.compile(rf"\b(?P<value>{RELATION})\b (?P<place>.+)$")
_COUNTED = re.compile(r"\b(?:things|objects|items|stuff)\b")
A_ROOM = re.compile(
    r"(?:[\w']+ )?\w*room|kitchen|hall|hallway|corridor|office|study|garage|cellar|basement|attic|loft|nursery|landing|porch"
    r"|utility|conservatory|balcony|terrace|flat|house"
)
_ROOM = re.compile(
    rf"\b(?:in|of|around|from|about|on|is|has|does) (?:the|my|our|your|this) (?P<room>{A_ROOM.pattern})\b"
    r"(?! (?:table|counter|door|window|floor|light|lamp|shelf|cupboard|sink))"
)
_SOME_ROOM = "kitchen"
_IN_ROOMS = frozenset({"contents", "changed", "count", "check"})
_WHY = re.compile(r"^(?:why (?:is|are|was|were)|how come|for what reason|what for)\b")
_OFTEN = re.compile(r"^how (?:often|many times) (?:did|has|have|was|were)\b")
_YES_OR_NO = re.compile(r"^(?:is|are|was|were)\b")
_MEAL = re.compile(r"\b(?:breakfast|lunch|dinner|supper)\b")


def parse(question: str, now: float) -> Query:
    """The typed query that ``question`` asks at world time ``now``; ``InstructionError`` with examples if none fits."""
    texts = readings(question)
    for text in texts:
        for found in (_on_a_floor, _by_pattern, _by_example):
            query = found(text, now)
            if query is not None:
                return _dated(query, texts, now)
    if "?" in question and len(texts) == 1 and things(texts[0]) == [texts[0]]:  # "keys?"
        return Query("where", _body(noun(texts[0])), text=texts[0])
    examples = "; ".join(EXAMPLES[:4])
    raise InstructionError(f"the question {question.strip()!r} is not understood; ask for example: {examples}")


def _on_a_floor(text: str, now: float) -> Query | None:
    """A question about a floor is understood as one about a room would be: "what is upstairs" as "what is in the kitchen"."""
    floor = said(take(text, now)[0])  # "while I was upstairs" is about no floor
    if floor is None:
        return None
    indoors = text.replace(floor[0], f"in the {_SOME_ROOM}", 1)
    query = _by_pattern(indoors, now) or _by_example(indoors, now)
    if query is None or query.place not in ("", _SOME_ROOM):
        return None
    if query.kind in ("where", "state") and query.what:
        query = replace(query, kind="check" if _YES_OR_NO.match(text) else "contents", attribute="", value="")
    return replace(query, place=floor[1], text=text) if query.kind in _IN_ROOMS else None


def _dated(query: Query, texts: list[str], now: float) -> Query:
    """ "We had guests on Sunday. What was on the table?": asked is how things stood on Sunday."""
    timed = query.past or query.at is not None or bool(query.clause)
    if timed or query.kind not in STANDING or not _WAS.search(query.text):
        return query
    moments = (take(text, now)[1] for text in texts if text != query.text)
    moment = next((m for m in moments if m is not None), None)
    return query if moment is None else _timed(replace(query, at=_point(query.kind, moment)), moment, query.text)


def _by_pattern(text: str, now: float) -> Query | None:
    rest, moment = take(text, now)
    if moment is not None and moment.clause and stood(text) is None:
        return None
    for kind, pattern in PLAIN:
        found = pattern.match(rest)
        if found is None:
            continue
        parts = {k: v for k, v in found.groupdict().items() if v}
        named = [
            parts[k] for k in ("what", "place") if k in parts and not (k == "place" and A_ROOM.fullmatch(parts[k]))
        ]
        if not all(plainly_named(phrase) for phrase in named):
            continue
        state, what, place = parts.get("state", ""), *(_body(noun(parts.get(k, ""))) for k in ("what", "place"))
        if kind == "state" and state == "empty":
            continue
        query = Query(kind, what, place, STATES.get(state, ""), parts.get("value", VALUES.get(state, state)))
        return _timed(replace(query, at=_point(kind, moment)), moment, text)
    return None


def _by_example(text: str, now: float) -> Query | None:
    kind = nearest(text)
    if kind in ("held", "where", "state", "contents", "check") and _WHY.match(
        text
    ):  # "how come the mug is in your hand"
        kind = "cause"
    if kind in ("lessons", "state") and _OFTEN.match(text):  # "how many times did you open the drawer"
        kind = "history"
    query = None if kind is None else _filled(kind, text, now)
    return None if query is None else replace(query, how="example")


def _filled(kind: str, text: str, now: float) -> Query | None:
    """A query of a known kind whose nouns are picked out of the whole question; None if it needs one and has none."""
    rest, moment = take(text, now)
    if moment is not None and moment.clause and kind not in _CLAUSED:
        rest, moment = text, None
    found = things(rest, in_order=":" in rest)  # "mustard: fridge or pantry"
    if kind in ("usual_place", "where", "last_seen", "look_for") and len(found) > 1:  # "in which drawer are the forks"
        found = (things(_WHICH.sub("", rest)) if _WHICH.match(rest) else found) or found
    if (
        not found and moment is not None and moment.clause and kind not in _ABOUT_NOTHING
    ):  # "how long is it since you saw the keys"
        found, moment = things(text), moment if kind in STANDING else None
    query = _with_nouns(kind, rest, found)
    room = _ROOM.search(rest) if kind in _IN_ROOMS and not query.place else None
    if room is not None:  # rooms are no things, but places
        query = replace(query, place=room["room"])
    if kind not in _ABOUT_NOTHING and not (query.what or query.place):
        return None
    return _timed(replace(query, at=_point(query.kind, moment)), moment, text)


def _with_nouns(kind: str, rest: str, found: list[str]) -> Query:
    what, other = _nouns(found)
    if kind == "state":
        return _state(rest, what, other)
    if kind == "contents":
        at = _AT.search(rest)
        inner = things(at["place"], in_order=True) if at is not None else []
        if at is not None and not inner and _ROOM.search(rest) and found:  # "which toys are in the kitchen"
            return Query(kind, found[0])
        place, other = _nouns(inner or found)
        what = _nouns(things(rest[: at.start()]))[0] if at is not None and inner else ""
        return Query(kind, what, place, other=other, value=at["value"] if at is not None and inner else "")
    if kind == "changed":
        return Query(kind, place=what)
    if kind in ("count", "check"):
        what, place = _nouns(things(rest, in_order=True))
        at = _AT.search(rest)
        if kind == "count" and _COUNTED.search(rest):
            what, place = "thing", what
        return Query(kind, what, place, value=at["value"] if at is not None and place and kind == "check" else "")
    if kind == "preference":
        who = next((m["who"] for p in _PERSONS if (m := p.search(rest)) is not None), "")
        bare = re.sub(rf"\b{_TITLE}{who}\b", ",", rest) if who else rest
        what = _nouns(things(bare, in_order=True))[0]
        return Query(kind, what or _meal(rest), other=who or "i")
    if kind == "routine" and (not what or not known(what)):  # "what time does anna make breakfast"
        what, other = (_meal(rest), what) if _meal(rest) else (what, other)
    return Query(kind, what, other=other)


def _state(rest: str, what: str, other: str) -> Query:
    state = next((w for w in re.findall(r"\w+", rest) if w in STATES), "")
    last = canonical(what).rpartition(" ")[2]
    if state == "empty" and last in _HOLLOW:  # whether a drawer is empty, what is in it says
        return Query("contents", place=what)
    return Query("state", what, attribute=STATES.get(state, ""), value=VALUES.get(state, state), other=other)


def _meal(text: str) -> str:
    found = _MEAL.search(text)
    return found[0] if found is not None else ""


def _nouns(found: list[str]) -> tuple[str, str]:
    first, second, *_ = [*(_body(noun(f)) for f in found), "", ""]
    return first, second


def _point(kind: str, moment: Moment | None) -> float | None:
    """The one time that a kind of question is about: of a stretch its middle, or its beginning where changes count from."""
    if moment is None:
        return None
    return moment.start if kind in ("changed", "done", "history", "interacted", "cause", "count") else moment.middle


def _timed(query: Query, moment: Moment | None, text: str) -> Query:
    if moment is None:
        return replace(query, text=text, past=_EARLIER.search(text) is not None)
    past = query.at is not None or bool(moment.clause or moment.word) or _EARLIER.search(text) is not None
    return replace(
        query, start=moment.start, end=moment.end, word=moment.word, clause=moment.clause, past=past, text=text
    )


def _body(phrase: str) -> str:
    """ "fridge door" → "fridge": a door's state is that of what it closes."""
    host, _, last = phrase.rpartition(" ")
    return host if last == "door" and canonical(host) in FURNITURE | CONTAINERS else phrase
