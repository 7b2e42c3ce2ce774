"""Events that stand for a time in a question: "when the guests came", "the moment the bell rang", "during the meal".

They are told by the word that leads to them and by a verb in the past, or by a noun that names something that happens; which
event is meant, and when that was, only the memory knows.
"""

from __future__ import annotations

import re

_SUBJECT = (
    r"(?:i|you|we|he|she|it|they|the|my|your|our|his|her|their|someone|somebody|anyone|anybody|people|everyone|everybody"
    r"|nobody|that|this|mum|mom|dad|mummy|daddy|grandma|grandpa|granny|grandad)"
)
_IRREGULAR = (
    r"came|went|left|got|was|were|had|put|took|began|broke|brought|rang|fell|ate|slept|woke|sat|stood|met|saw|went|ran|set|shut"
    r"|drove|flew|got|gave|made|did|found|lost|told|said|kept|cut|drank|read|sold|bought|built|burst|caught|hit|let|swept|hung"
    r"|rose|sang|spoke|blew|cleaned|died|cried|tried|tidied|bit|hid|threw|spilt|wrote|paid|sent|lit|fed|shook|knew|grew|felt"
)
_PAST = rf"(?:{_IRREGULAR}|\w{{2,}}ed)"
_EVENTS = (
    r"party|meeting|meal|visit|move|trip|journey|storm|rain|thunderstorm|film|movie|match|game|lesson|class|walk|nap|shower|bath"
    r"|show|concert|call|phone call|delivery|wedding|funeral|birthday|exam|shift|guests?|visitors?|cleaning|tidying|tidy-up"
    r"|clean-up|cooking|power cut|blackout|accident|fire|flood|earthquake|burglary|break-in|holiday|holidays|vacation|school"
    r"|work|bedtime|brunch|teatime|tea time|picnic|barbecue|barbie|feast|celebration|ceremony|rehearsal|service|inspection"
    r"|renovation|repairs?|appointment|interview|conference|workout|training|practice|homework|siesta|sunrise|sunset|dawn|dusk"
    r"|christmas|easter|halloween|new year|dessert|coffee break|break|start|end|argument|fight|fall|crash|outage"
)
SAME = r"(?:moment|instant|minute|second|time|point|day|evening|morning|night|afternoon|week|weekend)"
_SOON = (
    r"(?:right |just |shortly |immediately |even |only |back |soon |long |straight |directly |"
    rf"(?:at )?the (?:very )?{SAME} (?=before|after)|at the point |earlier )*"
)
_LEAD = (
    r"before|after|when|while|whilst|until|till|since|by the time|as soon as|once|just as|prior to when"
    rf"|(?:(?:at|on|by|from|in|until) )?(?:the|that) (?:very |exact |same )?{SAME}(?: that| when| at which)?"
)
_CLAUSE = re.compile(
    rf"\b{_SOON}(?P<word>{_LEAD}) (?P<clause>(?:{_SUBJECT}\b|opening|closing|moving|picking|putting|placing|taking)\b[^,]+"
    rf"|(?!{_PAST}\b|did\b|and\b|last\b|what\b)(?:\w+(?:'s)? ){{1,4}}?{_PAST}\b[^,]*)(?:$|(?=,))"
)
_AS = re.compile(
    rf"\b{_SOON}(?P<word>as) (?P<clause>{_SUBJECT} (?!same\b|rule\b|usual\b)"
    rf"(?:\w+ ){{0,3}}?(?!(?:was|were|had|did)$){_PAST}\b[^,]*)(?:$|(?=,))"
)
_DURING = re.compile(
    rf"\b{_SOON}(?P<word>during|throughout|prior to|ahead of|in the middle of|halfway through) "
    r"(?P<clause>(?!(?:the |this |that )?(?:day|night|morning|evening|afternoon|week|last|past)\b)"
    r"(?!breakfast|lunch|dinner|supper)(?:\w[\w'-]* ?)+)$"
)
_EVENT = re.compile(
    rf"\b{_SOON}(?P<word>before|after|until|till|since|at|by|following|over|in time for) "
    rf"(?P<clause>(?:(?:the|my|your|our|his|her|their|that|this|last|\w+'s) )?(?:\w+ )?(?:{_EVENTS}))"
    r"(?P<rest>(?: (?:today|yesterday|last \w+|this \w+|on \w+))?)$"
)
_NOT_ALONE = re.compile(r"\b(?:which|did|do|or|first|last|later|earlier)\b")
_GERUND = (
    r"(?!opening|closing|picking|moving|using|lifting|\w+ing (?:the|a|my)\b"
    r"|and\b|did|do|does|was|were|is|are|has|have|can|will)"
)
_QUESTION = (
    r"(?:where|whereabouts|in which|on which|which|what|who|how|was|were|is|are|did|had|do you (?:know|remember|recall)"
    r"|tell me|can you (?:tell|say)|could you (?:tell|say))\b"
)
_FIRST = (
    rf"{_SOON}(?:before|after|when|while|whilst|until|till|by the time|as soon as|once|as|just as|during|prior to|at the"
    rf"|(?:on )?the (?:very )?{SAME})"
)
_FRONT = (
    re.compile(rf"^(?P<lead>{_FIRST} {_GERUND}[^,]+), (?P<asked>{_QUESTION} ?.+)$"),
    re.compile(
        rf"^(?P<lead>{_FIRST} {_GERUND}(?:[\w'-]+ )+?)(?P<asked>(?:where|what|which \w+|who|how \w+) (?:was|were|had|did)\b.+)$"
    ),
    re.compile(
        rf"^(?P<lead>{_FIRST} {_GERUND}(?:[\w'-]+ )+?{_PAST} (?:[\w'-]+ )*?)"
        r"(?P<asked>(?:was|were|had|did) (?:the|my|our|your|there|any)\b.+)$"
    ),
)


def behind(text: str) -> str:
    """ "when I left, was the door open" → "was the door open when I left"; also without the comma."""
    for front in _FRONT:
        found = front.match(text)
        if found is not None:
            return f"{found['asked'].strip(' ,')} {found['lead'].strip(' ,')}"
    return text


def occasion(text: str) -> tuple[re.Match[str], str, str] | None:
    """Where an event stands for a time at the end of a question, its word (before, when, …) and its clause; else None."""
    for pattern in (_DURING, _CLAUSE, _AS, _EVENT):
        found = pattern.search(text)
        if found is None or len(text[: found.start()].split()) < 2:
            continue
        if pattern is _EVENT and _NOT_ALONE.search(text[: found.start()]):
            continue
        return found, _word(found["word"]), found["clause"].strip()
    return None


def happens(clause: str) -> bool:
    """Does a clause tell of something that happens: has it a verb, or a noun of that kind? "the sink" does not."""
    verb = re.search(rf"\b(?:{_IRREGULAR}|\w{{2,}}(?:ed|ing))\b", clause)
    return verb is not None or re.search(rf"\b(?:{_EVENTS})$", clause) is not None


def _word(lead: str) -> str:
    plain = {"prior to": "before", "ahead of": "before", "prior to when": "before", "till": "until",
             "in time for": "by the time", "following": "after", "by": "by the time"}  # fmt: skip
    known = {"before", "after", "when", "while", "until", "since", "by the time", "as soon as", "once"}
    return plain.get(lead, lead if lead in known else "when")
