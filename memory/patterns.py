"""The plainest questions, word for word, and the words for states and relations that the others are searched for.

Whatever is not as plain as this is told by ``nearest``. Groups: ``what`` a plain noun phrase, ``place`` another, ``state`` a
state's word, ``value`` a relation.
"""

from __future__ import annotations

import re

STATES = {"open": "openness", "opened": "openness", "closed": "openness", "shut": "openness", "ajar": "openness",
          "drawn": "openness", "on": "power", "off": "power", "running": "power", "lit": "power", "plugged in": "power",
          "finished": "power", "full": "fill", "filled": "fill", "empty": "fill", "clean": "cleanness", "dirty": "cleanness",
          "sliced": "sliced", "cut": "sliced", "broken": "broken", "locked": "lock", "unlocked": "lock", "wet": "wetness",
          "dry": "wetness", "watered": "wetness", "cooked": "cooked", "charged": "charge", "hot": "temperature",
          "cold": "temperature", "warm": "temperature", "made": "order", "folded": "order"}  # fmt: skip
VALUES = {"opened": "open", "ajar": "open", "shut": "closed", "running": "on"}
RELATION = r"(?:inside of|on top of|next to|in|inside|within|on|upon|underneath|under|beneath|near|beside|behind|around|by|at|into|onto)"

_BE = r"(?:is|are|was|were)"
_THE = r"(?:(?:the|a|an|any|my|your|our) )?"
_WHAT = rf"{_THE}(?P<what>\w[\w-]*(?: \w[\w-]*)?)"
_PLACE = r"(?:(?:the|my|your|our) |(?=o\d+\b))(?P<place>\w[\w-]*(?: \w[\w-]*)?)"
_SPOT = r"(?:in|inside|on|under|near|at)"
_USUALLY = r"(?:usually|normally|typically|generally|mostly|most often|always)"
_DURING = r"(?:in the|at|on|during the) \w+"
_STATE = rf"(?P<state>{'|'.join(STATES)})"

_PLAIN = (
    ("where", rf"where {_BE} {_WHAT}"),
    ("state", rf"{_BE} (?:the|my|your) (?P<what>\w[\w-]*(?: \w[\w-]*)?) {_STATE}"),
    ("contents", rf"what {_BE} (?:there )?(?P<value>{_SPOT}) {_PLACE}"),
    (
        "contents",
        rf"(?:is|are) (?:there )?(?:anything|something|any things|things) (?:left )?(?P<value>{_SPOT}) {_PLACE}",
    ),
    ("count", rf"how many (?P<what>\w[\w-]*(?: \w[\w-]*)?)(?: are there)?(?: {_SPOT} {_PLACE})?"),
    ("count", rf"how many (?P<what>\w[\w-]*(?: \w[\w-]*)?) {_BE} {_SPOT} {_PLACE}"),
    ("check", rf"{_BE} {_WHAT} (?P<value>{_SPOT}) {_PLACE}"),
    ("check", rf"(?:is|are) there {_WHAT} (?P<value>{_SPOT}) {_PLACE}"),
    (
        "where",
        rf"(?:in |on )?(?:what|which) (?:room|floor|storey|level|part of the house) {_BE} {_THE}(?P<what>\w[\w-]*(?: (?!in\b|on\b)\w[\w-]*)?)(?: in| on)?",
    ),
    ("where", rf"which (?:of the )?robots? (?:has|have|is holding|is carrying|holds|carries)(?: got)? {_WHAT}"),
    ("where", r"(?:the |my |our )?(?P<what>\w[\w-]*(?: \w[\w-]*)?) where"),
    ("last_seen", rf"when did you last see {_WHAT}"),
    ("usual_place", rf"where {_BE} {_WHAT} {_USUALLY}(?: kept| found| stored)?(?: {_DURING})?"),
    (
        "usual_place",
        rf"(?:{_DURING},? )?where (?:do|does) {_WHAT} {_USUALLY} (?:go|stand|lie|belong|live)(?: {_DURING})?",
    ),
    ("history", rf"when (?:did|was|were) {_WHAT} last (?:move|moved|change|changed|used|opened|closed|touched)"),
    (
        "history",
        rf"when did (?:you|the robot) (?:put|place|move|take|pick up|open|close|bring) {_WHAT}(?: {RELATION} .+)?",
    ),
    ("history", rf"what (?:has )?happened to {_WHAT}"),
    ("held", r"what are you (?:holding|carrying)"),
    ("changed", r"what (?:has )?changed"),
    ("done", r"what (?:did (?:you|the robot) do|have you done|has the robot done)"),
)
PLAIN = tuple((kind, re.compile(rf"^(?:{pattern})$")) for kind, pattern in _PLAIN)
