"""Questions in English → typed queries, by patterns: no model, no network, the same result every time."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from ..errors import InstructionError
from .patterns import IN, PATTERNS, STATES, VALUES
from .vocabulary import noun

EXAMPLES = (
    "where is the mug?",
    "what is in the fridge?",
    "is the drawer open?",
    "how many apples are there?",
    "what changed in the last 5 minutes?",
    "when did you last see the milk?",
    "what happened to the bowl?",
)


@dataclass(frozen=True)
class Query:
    """A typed question. ``kind``: where, state, contents, history, changed, count, check, last_seen, look_for, held, done.

    ``what`` and ``place`` are noun phrases (or ids), ``value`` a state or a relation, ``at`` world time in seconds.
    """

    kind: str
    what: str = ""
    place: str = ""
    attribute: str = ""
    value: str = ""
    at: float | None = None


_COMPILED = tuple((kind, re.compile(rf"^(?:{pattern})$")) for kind, pattern in PATTERNS)

_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "hour": 3600.0, "h": 3600.0, "day": 86400.0}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "half a": 0.5,
            "half an": 0.5, "twenty": 20, "thirty": 30, "few": 3, "a few": 3, "couple of": 2, "a couple of": 2}  # fmt: skip
_COUNTED = r"(?P<n>\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_SPAN = rf"(?:{_COUNTED} )?(?P<unit>s|secs?|seconds?|mins?|minutes?|hours?|h|days?)"
_AGO = re.compile(rf"\b{_SPAN.replace('(?:', '(?:', 1)} (?:ago|earlier|before)\b")
_WITHIN = re.compile(rf"\b(?:in|within|during|over|for|since)(?: the)?(?: last| past| previous)? {_SPAN}$")
_CLOCK = re.compile(
    r"\b(?P<word>at|since|after|around|from|before) (?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?: ?o'clock)?\b"
)
_STAMP = re.compile(
    r"\b(?P<word>at|since|after|from)(?: (?:t ?=|time|second))? ?(?P<t>\d+(?:\.\d+)?)(?: ?(?:s|sec|seconds?))?\b"
)
_VAGUE = re.compile(
    r"\b(?:since (?:then|i left|you started|the start|the beginning|this morning|yesterday|last time)"
    r"|while (?:i|you|we) (?:was|were) (?:away|gone|out)|recently|lately|today|so far|until now|since)\b"
)
_POLITE = re.compile(r"^(?:(?:hey|hi|hello|ok|okay|so|well|please|robot|loci|and|now)[, ]+)+")
_ASIDE = re.compile(
    r"\b(?:please|by the way|for me|i want to know|currently|at the moment|right now|just now|exactly|actually)\b"
)


def parse(question: str, now: float) -> Query:
    """The typed query that ``question`` asks at world time ``now``; ``InstructionError`` with examples if none fits."""
    text = _clean(question)
    text, at = _take_time(text, now)
    for kind, pattern in _COMPILED:
        found = pattern.match(text)
        if found is not None:
            query = _build(kind, {k: v for k, v in found.groupdict().items() if v}, at)
            if query is not None:
                return query
    examples = "; ".join(EXAMPLES[:4])
    raise InstructionError(f"the question {question.strip()!r} is not understood; ask for example: {examples}")


def _clean(question: str) -> str:
    text = " ".join(question.lower().replace("’", "'").replace("?", " ").replace("!", " ").split()).strip(" .,;")
    text = _refer(_POLITE.sub("", text))
    text = re.sub(r"^(?:can|could|would|will) you (?:please )?(?=count|list|show|find|locate|name|enumerate)", "", text)
    text = re.sub(
        r"^(?:can|could|would) you (?:please )?(?:tell|say|show|check)(?: to)?(?: me)?,? (if|whether) (.+)$",
        r"\1 \2",
        text,
    )
    text = re.sub(
        r"^(?:can|could|would|do) you (?:please )?(?:tell|say|show|know)(?: to)?(?: me)?,? (?=wh|how|if)", "", text
    )
    text = re.sub(
        r"^(?:i (?:want|need|would like|'d like) to know|tell me|do you (?:know|remember)|i wonder) (?=wh|how)",
        "",
        text,
    )
    text = _ASIDE.sub("", text)
    text = re.sub(r"^(what|where|who|when|how)'s\b", r"\1 is", text)
    # "whether the cupboard is closed" → "is the cupboard closed"; "whether there is" → "is there"
    text = re.sub(r"^(?:if|whether) (there|(?:the|a|an|any|my|your) .+?) (is|are|was|were) (.+)$", r"\2 \1 \3", text)
    # indirect word order: "where the mug is" → "where is the mug"
    text = re.sub(r"^(where|what) ((?:the|a|my|your) .+) (is|are|was|were)$", r"\1 \3 \2", " ".join(text.split()))
    return " ".join(text.split()).strip(" .,;")


def _refer(text: str) -> str:
    """Of several sentences the last; an "it" in it stands for the last noun phrase of the ones before."""
    *before, last = [part.strip() for part in re.split(r"[.;]\s+", text) if part.strip()] or [text]
    nouns = re.findall(r"\b(?:my|the|our|a|an|your) ((?:\w+ )?\w+)$", before[-1]) if before else []
    return re.sub(r"\b(?:it|them)\b", f"the {nouns[-1]}", last) if nouns else last


def _take_time(text: str, now: float) -> tuple[str, float | None]:
    """The question without its time phrase, and the world time (seconds) that the phrase means."""
    for pattern in (_AGO, _WITHIN):
        found = pattern.search(text)
        if found is not None:
            count = found.group("n")
            number = float(_NUMBERS.get(count, 0) or count) if count else 1.0
            seconds = number * _UNITS[found.group("unit").rstrip("s") or "s"]
            return _without(text, found), now - seconds
    found = _CLOCK.search(text)
    if found is not None:
        day = datetime.datetime.fromtimestamp(now, datetime.UTC)
        hour, minute, second = int(found["h"]), int(found["m"]), int(found["s"] or 0)
        if hour < 24 and minute < 60 and second < 60:
            moment = day.replace(hour=hour, minute=minute, second=second, microsecond=0).timestamp()
            return _without(text, found), moment if moment <= now else moment - 86400.0
    found = _STAMP.search(text)
    if found is not None:
        return _without(text, found), float(found["t"])
    found = _VAGUE.search(text)
    if found is not None:
        return _without(text, found), None
    return text, None


def _body(phrase: str) -> str:
    """ "fridge door" → "fridge": a door's state is that of what it closes."""
    host, _, last = phrase.rpartition(" ")
    return host if host and last == "door" else phrase


def _without(text: str, found: re.Match[str]) -> str:
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return re.sub(r"\b(?:since|for|from|about|around|to|with|than)\s*$", "", " ".join(rest.split())).strip(" ,;")


def _build(kind: str, parts: dict[str, str], at: float | None) -> Query | None:
    what, place = noun(parts.get("what", "")), noun(parts.get("place", ""))
    what, place = _body(what.removesuffix(" left")), _body(place)
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
        return Query("count", what, place, at=at)
    if kind == "state":
        state = parts.get("state", "")
        if what.startswith("there "):
            return None
        if state == "empty":
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
