"""Time phrases in questions: "five minutes ago", "yesterday evening", "at 3 pm", "before you opened the fridge".

Days are UTC days; of stamps that are no dates the day has 86,400 seconds from stamp 0. A span has both ends; a clause is left
as words, since only the memory knows when that was.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from .occasions import occasion

_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "hour": 3600.0, "h": 3600.0, "hr": 3600.0,
          "day": 86400.0, "week": 604800.0, "month": 2592000.0}  # fmt: skip
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "fifteen": 15, "half a": 0.5, "half an": 0.5, "twenty": 20, "thirty": 30, "forty": 40,
            "few": 3, "a few": 3, "couple of": 2, "a couple of": 2, "couple": 2, "a couple": 2, "several": 4}  # fmt: skip
_COUNTED = r"(?P<n>\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_SPAN = rf"(?:{_COUNTED} )?(?P<unit>s|secs?|seconds?|mins?|minutes?|hours?|hrs?|h|days?|weeks?|months?)"
_AGO = re.compile(rf"\b(?:(?:as of|since|from|about|around|roughly) )?{_SPAN} (?:ago|earlier|back|before(?= *$))\b")
_WITHIN = re.compile(rf"\b(?:in|within|during|over|for|since)(?: the)?(?: last| past| previous)? {_SPAN}$")
_PAST = re.compile(rf"\b(?:in|within|during|over|for)(?: the)? (?:last|past|previous) {_SPAN}\b")
_CLOCK = re.compile(
    r"\b(?:at|since|after|around|about|from|before|by|until|yesterday|today) (?P<h>\d{1,2})(?::(?P<m>\d{2})(?::(?P<s>\d{2}))?)?"
    r"(?P<o> ?o'clock)? ?(?P<half>a\.?m\b\.?|p\.?m\b\.?)?(?! ?(?:s|sec|seconds?)\b|\.\d)"
)
_NAMED = re.compile(r"\b(?:at|since|after|around|before|until) (?P<name>noon|midday|midnight)\b")
_STAMP = re.compile(
    r"\b(?:at|since|after|from)(?: (?:t ?=|time|second|stamp))? ?(?P<t>\d+(?:\.\d+)?)(?: ?(?:s|sec|seconds?))?\b"
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS = {"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 22), "night": (22, 30), "noon": (11.5, 12.5)}
_MEALS = {"breakfast": 8.0, "lunch": 12.5, "dinner": 19.0, "supper": 19.0}
_PART = "|".join(_PARTS)
_DAY = re.compile(
    r"\b(?:(?:since|during|as of|until|before|by|from|back) )?(?:"
    rf"(?P<yesterday>yesterday)(?:(?:'s)?,? ?(?:in the |at )?(?P<p1>{_PART}))?"
    rf"|(?P<this>this|earlier this) (?P<p2>{_PART})"
    rf"|last (?P<p3>{_PART})"
    rf"|(?:on |last |since )+(?P<day>{'|'.join(_DAYS)})(?:(?:'s)? ?(?:in the |at )?(?P<p4>{_PART}))?"
    r"|(?P<today>earlier today|today|tonight)"
    r"|(?:the day before yesterday)(?P<before>)"
    r"|(?P<week>last week)"
    r")\b"
)
_EATING = (
    r"(?:(?:i|we|you|they|everyone|everybody) "
    r"(?:had|ate|were having|were eating|finished|started|had had|sat down to|sat down for) )?"
)
_MEAL = re.compile(
    rf"\b(?:(?:right|just|shortly|immediately|soon) )*(?P<word>before|after|at|during|since|over|by|around|until|when|while"
    rf"|by the time|as soon as|once) {_EATING}(?:the )?(?P<meal>{'|'.join(_MEALS)})(?: ?time)?\b"
)
_VAGUE = re.compile(
    r"\b(?:(?:quite )?(?:a|some) (?:while|time) (?:ago|back)|(?:earlier|before) (?:on|that day)|(?:at|back) then|at that time"
    r"|the other (?:day|night|evening|morning)|overnight|at the weekend"
    r"|(?:in|at|on|over|during) (?:the|that|last) (?:night|weekend|summer|winter|spring|autumn|day)"
    r"|last (?:weekend|month|year|summer|winter|spring|autumn|christmas)|that (?:day|morning|afternoon|evening|night)"
    r"|the (?:day|night|evening|morning) before|the night before last)$"
)
_AWAY = re.compile(
    r"\b(?:since (?:then|i left|you started|we started|the start|the beginning|last time|you last looked|we last spoke)"
    r"|while (?:i|you|we) (?:was|were) (?:away|gone|out|asleep)|recently|lately|so far|until now|since|the last time"
    r"|(?:at|in|from) the (?:start|beginning))$"
)


@dataclass(frozen=True)
class Moment:
    """What a phrase means: world time from ``start`` to ``end`` (s), or a ``clause`` with its ``word`` (before, after, …).

    All empty: some earlier time that the phrase leaves open.
    """

    start: float | None = None
    end: float | None = None
    word: str = ""
    clause: str = ""

    @property
    def middle(self) -> float | None:
        """A point in it."""
        return self.start if self.end is None or self.start is None else (self.start + self.end) / 2


_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
          "eleven": 11, "twelve": 12}  # fmt: skip
_HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(_WORDS)})"
_SPOKEN = re.compile(
    rf"\b(?P<part>half|(?:a )?quarter|ten|five|twenty) (?P<side>past|to|after|before) {_HOUR}\b|"
    rf"\b(?P<word>at|around|since|after|before|by|until) (?P<alone>{'|'.join(_WORDS)})(?: o'clock)?\b(?! \w)"
)
_MINUTES = {"half": 30, "quarter": 15, "a quarter": 15, "ten": 10, "five": 5, "twenty": 20}


def digits(text: str) -> str:
    """Spoken clock times in figures: "a quarter past nine" → "9:15", "at five" → "at 5:00"."""

    def write(found: re.Match[str]) -> str:
        if found["alone"]:
            return f"{found['word']} {_WORDS[found['alone']]}:00"
        hour = _WORDS.get(found["hour"]) or int(found["hour"])
        minutes = _MINUTES[found["part"]]
        if found["side"] in ("to", "before"):
            hour, minutes = hour - 1, 60 - minutes
        return f"{hour % 24}:{minutes:02d}"

    return _SPOKEN.sub(write, text)


def take(text: str, now: float) -> tuple[str, Moment | None]:
    """The question without its time phrase, and what that means at world time ``now``; None if there is none."""
    text = digits(text)
    for pattern in (_AGO, _WITHIN, _PAST):
        found = pattern.search(text)
        if found is not None:
            count = found["n"]
            number = float(_NUMBERS.get(count, 0) or count) if count else 1.0
            seconds = number * _UNITS[found["unit"].rstrip("s") or "s"]
            return _without(text, found), Moment(now - seconds, None if pattern is _AGO else now)
    event = occasion(text)
    if event is not None and not _MEAL.search(text, event[0].start()):
        return _without(text, event[0]), Moment(word=event[1], clause=event[2])
    for pattern, mean in ((_CLOCK, _clock), (_NAMED, _named), (_DAY, _day), (_MEAL, _meal)):
        found = pattern.search(text)
        if found is not None and (moment := mean(found, now, text)) is not None:
            return _without(text, found), moment
    found = _STAMP.search(text)
    if found is not None:
        return _without(text, found), Moment(float(found["t"]))
    found = _VAGUE.search(text)
    if found is not None:
        return _without(text, found), Moment(word="then")
    found = _AWAY.search(text)
    if found is not None:
        return _without(text, found), Moment()
    return text, None


def _midnight(now: float) -> float:
    return now - now % 86400.0


def _clock(found: re.Match[str], now: float, text: str) -> Moment | None:
    hour, minute, second = int(found["h"]), int(found["m"] or 0), int(found["s"] or 0)
    half = (found["half"] or "").replace(".", "")
    if not (found["m"] or half or found["o"]):
        return None  # a bare number is a stamp
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if not (hour < 24 and minute < 60 and second < 60):
        return None
    moment = _midnight(now) + 3600.0 * hour + 60.0 * minute + second
    back = re.search(r"\byesterday\b", text)
    return Moment(moment - 86400.0 if back or moment > now else moment)


def _named(found: re.Match[str], now: float, text: str) -> Moment:
    moment = _midnight(now) + (0.0 if found["name"] == "midnight" else 43200.0)
    return Moment(moment - 86400.0 if moment > now or "yesterday" in text else moment)


def _day(found: re.Match[str], now: float, _text: str) -> Moment:
    today = _midnight(now)
    part = found["p1"] or found["p2"] or found["p3"] or found["p4"]
    if found["yesterday"] or found["p3"]:
        day = today - 86400.0
    elif found["day"]:
        weekday = datetime.datetime.fromtimestamp(today, datetime.UTC).weekday()
        day = today - 86400.0 * ((weekday - _DAYS.index(found["day"])) % 7 or 7)
    elif found["before"] is not None:
        day = today - 2 * 86400.0
    elif found["week"]:
        return Moment(today - 7 * 86400.0, today)
    else:
        day = today
    low, high = _PARTS[part] if part else (0, 24)
    start, end = day + 3600.0 * low, day + 3600.0 * high
    if start > now and found["p2"]:
        start, end = start - 86400.0, end - 86400.0
    return Moment(start, min(end, now))


def _meal(found: re.Match[str], now: float, _text: str) -> Moment:
    moment = _midnight(now) + 3600.0 * _MEALS[found["meal"]]
    moment -= 86400.0 if moment > now else 0.0
    shift = {"before": -3600.0, "after": 3600.0}.get(found["word"], 0.0)
    return Moment(moment + shift)


def _without(text: str, found: re.Match[str]) -> str:
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    rest = re.sub(r"\byesterday\b", " ", rest)
    return re.sub(r"\b(?:since|for|from|about|around|to|with|than|right|just)\s*$", "", " ".join(rest.split())).strip(
        " ,;"
    )
