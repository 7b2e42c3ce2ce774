"""Questions about how things stood at a time, read without the words of that time.

"Before the guests came" makes "what was on the table before the guests came" look like a question for an order; what it
is about shows when the time is taken out. Whatever asks what was done, or what came first, is left as it is.
"""

from __future__ import annotations

import re

from .occasions import happens
from .times import take

STANDING = frozenset({"where", "state", "contents", "check"})
_WAS = re.compile(r"\b(?:was|were|had|did|'d|contained|held|stood|lay|sat|hung)\b")
_DONE = re.compile(
    r"^(?:is|are|has|have|does|do)\b|^(?:who|why|how come|how often|how many|when)\b|\b(?:happen\w*|chang\w+|move[ds]?"
    r"|first|last|next|usually|normally|different|reason|earlier|later|you d(?:o|id)|which (?:came|one))\b"
    r"|^had (?:i|you|we|they|he|she|any\w+|some\w+)\b"
    r"|^did (?!.*\b(?:have|stand|lie|hold|sit|contain|stay|hang|run|burn|still)\b)"
)
_ACTED = re.compile(
    r"^(?:was|were|had|did|whether|if) .*\b(?:opened|switched|turned|washed|cleaned|put|taken|picked|used|emptied|filled"
    r"|cleared|loaded|brought|dropped|carried|wiped|removed|placed|touched|started|fed|swept|mopped|vacuumed|watered"
    r"|set down|thrown)\b"
)
_ORDERED = re.compile(r"^or (?:after|before)\b|\bor (?:after(?:wards)?|before|later|earlier|the other)\b")
_WHO = re.compile(r"^(?:who|whose|why|how come|what made)\b")
BLAMING = frozenset({"cause", "interacted"})
_SEEN = re.compile(
    r"\b(?:last (?:\w+ )?(?:saw|seen|noticed|spotted|looked)|(?:saw|seen|noticed|spotted)\b.*\blast"
    r"|(?:was|were) (?:a child|a kid|young|little|small|born))\b"  # not in this memory's time
)


def who(text: str) -> str | None:
    """A question for who did something, or why, without the event that says when: "who moved it" of "… while I was out"."""
    rest, moment = take(text, 0.0)
    return rest if moment is not None and moment.clause and _WHO.search(rest) else None


def stood(text: str) -> str | None:
    """A cleaned question with "at noon" for its time, if it may be about how things stood then; else None."""
    rest, moment = take(text, 0.0)
    if moment is None or _DONE.search(rest) or not _WAS.search(rest):
        return None
    if _ORDERED.search(f"{moment.clause} {rest}") or _SEEN.search(moment.clause):
        return None
    if moment.word in ("before", "after") and (_ACTED.search(rest) or (moment.clause and not happens(moment.clause))):
        return None
    return f"{rest} at noon"
