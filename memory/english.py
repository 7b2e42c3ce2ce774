"""Questions in English → typed queries: cues and patterns first, then the nearest of many example questions (``nearest``).

No model that writes, no network, the same result every time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import InstructionError
from .nearest import nearest
from .patterns import IN, PATTERNS, STATES, VALUES
from .phrases import things, trim
from .times import Moment, take
from .topics import topic
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
    fridge", with ``word`` before, after, …). ``text`` is the cleaned question; ``how``: by a pattern, or an example?
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
        then = self.kind in ("where", "state", "contents") and (self.past or self.at is not None)
        return f"{self.kind}_then" if then else self.kind


KINDS = ("where", "state", "contents", "last_seen", "history", "count", "order", "changed", "cause", "usual_place",
         "interacted", "similar", "lessons", "routine", "preference", "held", "look_for", "check", "done")  # fmt: skip
_SHORT = {"ve": "have", "d": "would", "m": "am", "re": "are"}
_VESSELS = frozenset({"kettle", "bottle", "glass", "mug", "cup", "jug", "pot", "tank", "can", "bucket", "teapot", "carton",
                      "vase", "pitcher", "jar", "flask", "watering"})  # fmt: skip
_ABOUT_NOTHING = frozenset({"held", "done", "changed", "similar", "lessons", "routine", "preference", "order"})
_CLAUSED = frozenset(
    {"where", "state", "contents", "changed", "count", "check", "history", "done", "held", "last_seen"}
)
_COMPILED = tuple((kind, re.compile(rf"^(?:{pattern})$")) for kind, pattern in PATTERNS)

_WHICH = re.compile(r"^(?:in |on |at )?(?:which|what) \w+")
_PERSON = re.compile(
    r"\b(?:does|do|did|would) (?:the )?(?P<who>(?!i\b|you\b|we\b|they\b|people\b)\w+) (?:\w+ )?"
    r"(?:like|prefer|love|want|hate|dislike|enjoy|take|drink|have)\b"
    r"|\b(?P<whose>(?!what|where|who|how|that|it|there)\w+)'s (?:\w+ )?(?:favou?rite|preference|taste|preferred|wishes)"
)
_EARLIER = re.compile(r"\b(?:then|before|earlier|previously|start|beginning|originally)\b")
_POLITE = re.compile(r"^(?:(?:hey|hi|hello|ok|okay|so|well|please|robot|loci|and|now)[, ]+)+")
_ASIDE = re.compile(
    r"\b(?:please|by the way|for me|i want to know|currently|at the moment|right now|just now|exactly|actually)\b"
)


def parse(question: str, now: float) -> Query:
    """The typed query that ``question`` asks at world time ``now``; ``InstructionError`` with examples if none fits."""
    for text in _readings(question):
        for found in (_by_cue, _by_pattern, _by_example):
            query = found(text, now)
            if query is not None:
                return query
    examples = "; ".join(EXAMPLES[:4])
    raise InstructionError(f"the question {question.strip()!r} is not understood; ask for example: {examples}")


def _readings(question: str) -> list[str]:
    """The cleaned question; of several sentences the last with its pronouns filled in, then the ones before it."""
    plain = " ".join(question.lower().replace("’", "'").split())
    *before, last = [p for part in re.split(r"[.;?!]+(?:\s+|$)", plain) if (p := part.strip(" .,;"))] or [""]
    found = [_refer(last, before), *reversed(before)]
    return list(dict.fromkeys(text for part in found if (text := _clean(part))))


def _by_cue(text: str, now: float) -> Query | None:
    kind = topic(text)
    if kind == "order":  # "before lunch" is a time, and puts nothing in order
        rest, moment = take(text, now)
        if moment is not None and not moment.clause:
            kind = topic(rest)
            return None if kind is None else _loose(kind, text, now)
    return None if kind is None else _loose(kind, text, now)


def _by_pattern(text: str, now: float) -> Query | None:
    rest, moment = take(text, now)
    for kind, pattern in _COMPILED:
        found = pattern.match(rest)
        if found is not None:
            query = _build(kind, {k: v for k, v in found.groupdict().items() if v}, _point(kind, moment))
            if query is not None:
                if kind == "history" and text.startswith("where") and moment is not None and moment.end is None:
                    query = replace(query, kind="where", at=_point("where", moment))  # where it had been at that time
                return _timed(query, moment, text)
    return None


def _by_example(text: str, now: float) -> Query | None:
    kind = nearest(text)
    query = None if kind is None else _loose(kind, text, now)
    return None if query is None else replace(query, how="example")


def _loose(kind: str, text: str, now: float) -> Query | None:
    """A query of a known kind whose nouns are picked out of the whole question."""
    rest, moment = take(text, now)
    if moment is not None and moment.clause and kind not in _CLAUSED:
        rest, moment = text, None
    found = things(rest)
    if kind in ("usual_place", "where") and len(found) > 1:  # "in which drawer are the forks kept"
        found = things(_WHICH.sub("", rest)) or found
    person = _PERSON.search(rest) if kind == "preference" else None
    if person is not None:
        found = [f for f in found if f not in (person["who"], person["whose"])]
    if not found and moment is not None and moment.clause:  # "how long is it since you saw the keys"
        found, moment = things(text), None
    if kind == "state":
        state = next((w for w in re.findall(r"\w+", rest) if w in STATES), "")
        if state == "empty" and found and noun(found[0]).rpartition(" ")[2] not in _VESSELS:
            return _timed(Query("contents", place=noun(found[0])), moment, text)
        query = Query("state", _nouns(found)[0], attribute=STATES.get(state, ""), value=VALUES.get(state, state))
    elif kind == "contents":
        query = Query("contents", place=_body(noun(found[-1])) if found else "")
    elif kind == "changed":
        query = Query("changed", place=noun(found[0]) if found else "")
    elif kind == "check":
        query = Query("check", *_nouns(found))
    elif kind == "count":
        query = Query("count", *_nouns(found))
    else:
        nouns = [_body(noun(f)) for f in found]
        query = Query(kind, nouns[0] if nouns else "", other=nouns[1] if len(nouns) > 1 else "")
    if kind == "preference":
        query = replace(query, other=(person["who"] or person["whose"]) if person is not None else "i")
    if kind not in _ABOUT_NOTHING and not (query.what or query.place):
        return None
    return _timed(replace(query, at=_point(kind, moment)), moment, text)


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
    past = query.at is not None or bool(moment.clause) or _EARLIER.search(text) is not None
    return replace(
        query, start=moment.start, end=moment.end, word=moment.word, clause=moment.clause, past=past, text=text
    )


def _clean(question: str) -> str:
    text = _POLITE.sub("", question.strip(" .,;"))
    text = re.sub(
        r"^(?:have you|do you have|is there)?(?: got)? ?(?:any|a|the slightest) (?:clue|idea|memory)(?: about| of)? (?=wh|how)",
        "",
        text,
    )
    text = re.sub(
        r"^(?:if you had to guess|just a guess|i was wondering|i am wondering|i'm wondering),? (?=wh|how|if)", "", text
    )
    text = re.sub(r"^(?:can|could|would|will) you (?:please )?(?=count|list|show|find|locate|name|enumerate)", "", text)
    text = re.sub(
        r"^(?:can|could|would) you (?:please )?(?:tell|say|show|check)(?: to)?(?: me)?,? (if|whether) (.+)$",
        r"\1 \2",
        text,
    )
    text = re.sub(
        r"^(?:can|could|would|do) you (?:please )?(?:tell|say|show|know|check|see|find out|remember|recall)"
        r"(?: to)?(?: me)?,? (?=wh|how|if)",
        "",
        text,
    )
    text = re.sub(
        r"^(?:i (?:want|need|would like|'d like) to know|tell me|do you (?:know|remember)|i wonder) (?=wh|how)",
        "",
        text,
    )
    text = re.sub(r"\b(i|you|we|they)'(ve|d|m|re)\b", lambda m: f"{m[1]} {_SHORT[m[2]]}", text)
    text = re.sub(r"\bwhat's happened\b", "what has happened", _ASIDE.sub("", text))
    text = re.sub(r"\b(what|where|who|when|how|why|which|there|that|it)'s\b", r"\1 is", text)
    text = re.sub(
        r"\b(what|where|who|when|how|why)'(?:d|re|ve)\b",
        lambda m: f"{m[1]} {'did' if m[0].endswith('d') else 'are'}",
        text,
    )
    # "whether the cupboard is closed" → "is the cupboard closed"; "whether there is" → "is there"
    text = re.sub(r"^(?:if|whether) (there|(?:the|a|an|any|my|your) .+?) (is|are|was|were) (.+)$", r"\2 \1 \3", text)
    # indirect word order: "where the mug is" → "where is the mug"
    text = re.sub(r"^(where|what) ((?:the|a|my|your) .+) (is|are|was|were)$", r"\1 \3 \2", " ".join(text.split()))
    return " ".join(text.split()).strip(" .,;")


def _refer(last: str, before: list[str]) -> str:
    """An "it" in the last of several sentences stands for what the ones before are about; without any noun, likewise."""
    nouns = [n for part in reversed(before) for n in things(_clean(part))[:1]]
    if not nouns:
        return last
    filled = re.sub(r"\b(?:it|them|they)\b", f"the {nouns[0]}", last, count=1)
    filled = re.sub(r"\bits\b", f"the {nouns[0]}'s", filled, count=1)
    if filled == last and (not things(last) or re.match(r"how many (?:are|were|do|did) ", last)):
        many = re.match(r"how many ", last)
        return f"how many {nouns[0]} {last[many.end() :]}" if many else f"{last} the {nouns[0]}"
    return filled


def _body(phrase: str) -> str:
    """ "fridge door" → "fridge": a door's state is that of what it closes."""
    host, _, last = phrase.rpartition(" ")
    return host if last == "door" and canonical(host) in FURNITURE | CONTAINERS else phrase


def _build(kind: str, parts: dict[str, str], at: float | None) -> Query | None:
    raw = parts.get("what", "")
    what = noun(raw) if kind in ("count", "check") else trim(raw)
    what, place = _body(what.removesuffix(" left")), _body(trim(parts.get("place", parts.get("host", ""))))
    if kind == "changed" and place in ("kitchen", "room", "house", "memory", "world"):
        place = ""
    if kind not in ("held", "done", "changed") and not (what or place):
        return None
    if what in ("it", "they", "them", "he", "she", "one"):
        return None
    if kind == "count":
        rest = parts.get("rest", "")
        inside = re.search(rf"(?:^|\s){IN} (?P<place>.+)$", rest) or re.search(rf"\s{IN} (?P<place>.+)$", parts["what"])
        if inside is not None:
            place = noun(inside["place"])
            what = noun(re.sub(rf"\s{IN} .+$", "", parts["what"]))
            if place in ("kitchen", "room", "house", "memory", "world", "scene", "total"):
                place = ""
        if what not in ("thing", "object", "item", "stuff"):
            what = trim(what)
        return Query("count", what, place, at=at)
    if kind == "state":
        state = parts.get("state", "")
        if what.startswith("there "):
            return None
        if state == "empty" and what.rpartition(" ")[2] not in _VESSELS:
            return Query("contents", place=what, at=at)
        state = {"close": "closed"}.get(state, state)
        return Query("state", what, attribute=STATES.get(state, ""), value=VALUES.get(state, state), at=at)
    if kind == "check":
        if what in ("anything", "something", "nothing", "there anything", "there something"):
            return Query("contents", place=place, value=parts.get("value", ""), at=at) if place else None
        value = parts.get("value", "")
        if place in ("kitchen", "room", "house", "memory"):
            place = ""
        return Query("check", what, place, value=value, at=at)
    if kind == "contents" and place in ("it", "them"):
        return None
    return Query(kind, what, place, value=parts.get("value", ""), at=at)
