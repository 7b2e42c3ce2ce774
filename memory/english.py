"""Questions in English → typed queries, by patterns: no model, no network, the same result every time."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from ..errors import InstructionError
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


_STATES = {"open": "openness", "opened": "openness", "closed": "openness", "shut": "openness", "ajar": "openness",
           "on": "power", "off": "power", "running": "power", "full": "fill", "empty": "fill", "clean": "cleanness",
           "dirty": "cleanness", "sliced": "sliced", "cut": "sliced", "broken": "broken"}  # fmt: skip
_VALUES = {"opened": "open", "ajar": "open", "shut": "closed", "running": "on"}
_BE = r"(?:is|are|was|were|'s|’s)"
_IN = r"(?:in|inside|inside of|within|on|on top of|upon|under|near|next to|beside|by|at|into|onto)"
_SEE = r"(?:see|saw|seen|notice|noticed|observe|observed|spot|spotted|look at|looked at|encounter|find|found)"
_THERE = r"(?:\s+(?:there|here|around|(?:that )?you (?:know|know of|know about|have seen|saw|see|remember)|in total|altogether|in (?:the|this|that|your) (?:kitchen|room|house|memory|world|scene)" \
         r"|do you know(?: of| about)?|(?:have|did) you (?:seen|see)|can you see|do you see|are there|exist))*"  # fmt: skip

_PATTERNS: tuple[tuple[str, str], ...] = (
    # what the robot holds or did
    ("held", rf"(?:what|which \w+) (?:{_BE}|are) (?:you|the robot|it|in your|in the robot's)(?: currently| now)? ?(?:holding|carrying|gripping|hand|gripper|hands)"),
    ("held", rf"what(?: {_BE})? (?:do you have )?in (?:your|the|the robot's) (?:hand|gripper|hands)"),
    ("held", r"(?:are you|is the robot) (?:holding|carrying) (?:anything|something)"),
    ("done", r"what (?:did you do|have you done|were you doing|are you doing|tasks? (?:did you|have you) (?:do|done|finish|finished))\b.*"),
    # changes
    ("changed", rf"(?:what|which things|anything|has anything|did anything|did something|has something|what has|what have|what else)\s?(?:{_BE}|has|have|did)?\s?(?:has )?(?:changed?|moved?|happened|happen|(?:is|was) (?:new|different|moved)|new|different|appeared|disappeared|vanished|gone missing)(?: here| there| around here)?(?: (?:in|on|at|inside) (?P<place>.+?))?(?: compared (?:to|with))?"),
    ("changed", rf"(?:what|which) (?:things|objects|items) (?:{_BE}|were|have been|have|did) ?(?:been )?(?:move|moved|changed?|new|appear|appeared|disappear|disappeared|vanished?|gone)"),
    ("changed", r"(?:list|show|tell me)(?: me)?(?: all)?(?: the| about)? ?(?:changes|what changed|what has changed|what moved)"),
    # counts
    ("count", rf"how many (?P<what>.+?)(?: (?:{_BE}|are|do|did|have|can|could)\b(?P<rest>.*))?"),
    ("count", rf"(?:(?:what is|what's|give me|tell me) )?the number of (?P<what>.+?){_THERE}"),
    ("count", rf"count (?:the |all |all the )?(?P<what>.+?){_THERE}"),
    # last seen
    ("last_seen", rf"when (?:did|do|have|had) (?:you|the robot|we|i)(?: last| most recently)? {_SEE}(?: the last time)? (?P<what>.+?)(?: last| the last time| most recently)?"),
    ("last_seen", rf"when (?:was|were|is) (?:the last time (?:that )?(?:you|the robot) {_SEE} )(?P<what>.+)"),
    ("last_seen", r"when (?:was|were) (?P<what>.+?) (?:last |most recently )?(?:seen|observed|noticed|spotted|looked at)(?: last)?"),
    ("last_seen", rf"how (?:long|old|recently|long ago) .*?(?:since )?(?:you(?:'ve| have)?|the robot|has)? ?(?:last )?{_SEE} (?P<what>.+)"),
    # where to look
    ("look_for", r"where (?:should|could|can|would|might|must|do) (?:i|we|you|one|the robot) (?:look|search|find|go looking|check|get)(?: for| to find)?(?: for)? (?P<what>.+)"),
    ("look_for", r"where (?:might|could|may|would|should|can) (?P<what>.+?)(?: possibly| probably| likely)? be(?: now| right now| hiding| kept)?"),
    ("look_for", r"where (?:else )?(?:is|are) (?P<what>.+?) (?:likely|probably)(?: to be)?"),
    # usual place, history
    ("history", r"(?:what|tell me what) (?:has |had |did )?(?:happened|happen|become|became|been done) (?:to|with|of) (?P<what>.+)"),
    ("history", r"(?:what|which) (?:is|was) the (?:history|story) of (?P<what>.+)"),
    ("history", r"(?:(?:show|tell|give)(?: me)? )?(?:the )?(?:history|story) (?:of|about|for) (?P<what>.+)"),
    ("history", r"(?:has|have|did|was|were) (?P<what>.+?) (?:ever )?(?:been )?(?:moved?|change[sd]? place|relocated|touched|displaced|move around)"),
    ("history", r"(?:who|what) (?:moved|took|touched|displaced|put away|picked up|has moved|has taken) (?P<what>.+)"),
    ("history", r"(?:has|have|did) (?:anyone|anybody|someone|somebody|you|we|the robot) (?:move|moved|touch|touched|take|taken|took|displace|displaced|use|used) (?P<what>.+)"),
    ("history", r"where (?:has|have|had) (?P<what>.+?) been(?: before| so far)?"),
    ("history", r"where (?:was|were|did) (?P<what>.+?) (?:stand |lie |go )?(?:before|earlier|previously|originally|at first)(?: that| this)?"),
    ("history", r"how often (?:was|were|did|has|have|is|are) (?P<what>.+?) (?:been )?(?:moved?|used|picked up)"),
    ("history", r"(?:what did you do|what have you done|what was done) (?:to|with) (?P<what>.+)"),
    # where
    ("where", rf"where(?: exactly)? ?(?:{_BE}|are|has|have|did|do) (?:you |i |we |the robot )?(?:last |leave |put |left |keep |see |find |place )*(?P<what>.+?)(?: located| kept| stored| placed| gone| go| at| now| right now| currently| last seen| last| put| to)*"),
    ("where", r"where (?:did|do|have|had) (?:you|i|we|the robot|someone|anyone|somebody) (?:last )?(?:leave|put|place|placed|left|store|keep|kept|drop|dropped|see|saw|seen|find|found|set down|set) (?P<what>.+?)(?: last| down)?"),
    ("where", r"(?:do you know|can you tell me|could you tell me|tell me|i wonder|any idea|show me) where (?:(?:is|are|to find|i can find|i left|you put|you left) )?(?P<what>.+?)(?: is| are| was| were| went| has gone| might be| could be)?"),
    ("where", r"(?:find|locate|look up|show me|what is the location of|what's the location of|what is the position of|location of|position of|whereabouts of|what are the whereabouts of) (?P<what>.+)"),
    ("where", r"(?:on|in|at|inside) (?:what|which) (?:\w+ )?(?:is|are|was|were) (?P<what>.+?)(?: now| kept| stored)?"),
    ("where", r"(?:what|which) (?:place|furniture|container|surface|spot|room) (?:is|are|was|were|holds|contains|has) (?P<what>.+?)(?: in| on| at)?"),
    # state of one thing
    ("state", rf"(?:{_BE}) (?P<what>.+?) (?:still |currently |now |already |left |standing )*(?P<state>{'|'.join(_STATES)})(?: or (?:not|{'|'.join(_STATES)}))?(?: now| right now| currently)?"),
    ("state", r"(?:what|in what|in which|what is the|what's the) (?:state|condition|status)(?: (?:is|of|was|are))?(?: (?:is|of))? (?P<what>.+?)(?: in)?"),
    ("state", r"(?:did|have|has) (?:you|i|we|the robot|someone|anyone|anybody|somebody) (?:left |leave |forget to |forgotten to )?(?P<state>open|close|opened|closed|shut)(?:ed)? (?P<what>.+)"),
    ("state", r"did (?:you|i|we|the robot|someone|anyone) leave (?P<what>.+?) (?P<state>open|closed|shut|ajar|on|off)"),
    ("state", r"how is (?P<what>.+)"),
    # is X in/on Y? is there an X?
    ("check", rf"(?:{_BE}) there (?:still |now )?(?P<what>.+?) (?P<value>{_IN}) (?P<place>.+)"),
    ("check", rf"(?:{_BE}) (?P<what>.+?) (?:still |currently |now |already )*(?P<value>{_IN}) (?P<place>.+)"),
    ("check", r"does (?P<place>.+?) (?P<value>contain|hold|have) (?P<what>.+?)(?: in it| on it| inside)?"),
    ("check", rf"(?:{_BE}) there (?:still |now )?(?P<what>.+?)(?: left| anywhere| around| here| at all| in the kitchen| somewhere)*"),
    ("check", rf"(?:{_BE}) (?P<what>.+?) (?:still )?(?P<value>there|here|gone|missing|around)"),
    ("check", rf"(?:have|did|do|has) (?:you|the robot|we) (?:ever )?(?:{_SEE}|know|know about|know of|have|remember)(?: of)? (?P<what>.+?)(?: anywhere| recently| before| around)?"),
    # contents
    ("contents", rf"(?:what|what all|which things|which objects|which items|what things|what objects|what else|anything|what stuff)\s?(?:{_BE}|are|do you (?:see|know to be|have)|can be found|do we have|lies|lie|stands|sits|did you (?:see|put|place|find)|will i find|would i find|can i find|could i find|is there|are there|is kept|is stored)?(?: (?:there|all|lying|kept|stored|standing|sitting|left|currently|now|placed|still))*\s?(?P<value>{_IN}) (?P<place>.+)"),
    ("contents", rf"(?:{_BE}) there (?:anything|something|nothing) (?P<value>{_IN}) (?P<place>.+)"),
    ("contents", rf"(?:{_BE}) (?P<place>.+?) empty"),
    ("contents", r"(?:what|which things|what all|which objects) (?:does|do|did) (?P<place>.+?) (?:contain|hold|have(?: in it| on it| inside)?)"),
    ("contents", rf"(?:list|show me|tell me|give me|name|enumerate)(?: me)?(?: all)?(?: the)? ?(?:things|objects|items|contents|stuff|everything|what is|what's|what)?(?: that is| that's| that are| there is)? (?P<value>{_IN}|of) (?P<place>.+)"),
    ("contents", r"(?:what are )?(?:the )?contents of (?P<place>.+)"),
    ("history", r"(?:what do you (?:know|remember)|tell me(?: everything)?|what can you tell me) about (?P<what>.+)"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(rf"^(?:{pattern})$")) for kind, pattern in _PATTERNS)

_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "hour": 3600.0, "h": 3600.0, "day": 86400.0}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "half a": 0.5,
            "half an": 0.5, "twenty": 20, "thirty": 30, "few": 3, "a few": 3, "couple of": 2, "a couple of": 2}  # fmt: skip
_COUNTED = r"(?P<n>\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_SPAN = rf"(?:{_COUNTED} )?(?P<unit>s|secs?|seconds?|mins?|minutes?|hours?|h|days?)"
_AGO = re.compile(rf"\b{_SPAN.replace('(?:', '(?:', 1)} (?:ago|earlier|before)\b")
_WITHIN = re.compile(rf"\b(?:in|within|during|over|for|since)(?: the)?(?: last| past| previous)? {_SPAN}$")
_CLOCK = re.compile(r"\b(?P<word>at|since|after|around|from|before) (?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?: ?o'clock)?\b")
_STAMP = re.compile(r"\b(?P<word>at|since|after|from)(?: (?:t ?=|time|second))? ?(?P<t>\d+(?:\.\d+)?)(?: ?(?:s|sec|seconds?))?\b")
_VAGUE = re.compile(r"\b(?:since (?:then|i left|you started|the start|the beginning|this morning|yesterday|last time)"
                    r"|while (?:i|you|we) (?:was|were) (?:away|gone|out)|recently|lately|today|so far|until now|since)\b")  # fmt: skip
_POLITE = re.compile(r"^(?:(?:hey|hi|hello|ok|okay|so|well|please|robot|loci|and|now)[, ]+)+")
_ASIDE = re.compile(r"\b(?:please|by the way|for me|i want to know|currently|at the moment|right now|just now|exactly|actually)\b")


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
    text = re.sub(r"^(?:can|could|would) you (?:please )?(?:tell|say|show|check)(?: to)?(?: me)?,? (if|whether) (.+)$", r"\1 \2", text)
    text = re.sub(r"^(?:can|could|would|do) you (?:please )?(?:tell|say|show|know)(?: to)?(?: me)?,? (?=wh|how|if)", "", text)
    text = re.sub(r"^(?:i (?:want|need|would like|'d like) to know|tell me|do you (?:know|remember)|i wonder) (?=wh|how)", "", text)
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
        inside = re.search(rf"(?:^|\s){_IN} (?P<place>.+)$", rest) or re.search(rf"\s{_IN} (?P<place>.+)$", parts["what"])
        if inside is not None:
            place = noun(inside["place"])
            what = noun(re.sub(rf"\s{_IN} .+$", "", parts["what"]))
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
        return Query("state", what, attribute=_STATES.get(state, ""), value=_VALUES.get(state, state), at=at)
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
