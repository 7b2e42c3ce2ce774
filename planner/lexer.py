"""English instruction → tokens: contractions and politeness removed, longest known phrases found, the rest named unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import lexicon
from .colours import LIKE
from .vocabulary import COLOURS, Noun, Vocabulary

_CONTRACTIONS = (
    (r"\bcan't\b|\bcannot\b", "can not"),
    (r"\bwon't\b", "will not"),
    (r"n't\b", " not"),
    (r"\b(i)'m\b", r"\1 am"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'ll\b", " will"),
    (r"\b(i|you|we|they|he|she)'d\b", r"\1 would"),
    (r"\blet's\b", "let us"),
    (r"\b(it|that|there|here|what|he|she|who|dinner|everything)'s\b", r"\1 is"),
    (r"'s\b", ""),
    (r"\bgrey\b|\bgray\b", "grey"),
    (r"\bdont\b", "do not"),
    (r"\b(that|what|there)s\b", r"\1 is"),
    (r"\bu\b", "you"),
    (r"\bur\b", "your"),
    (r"\b(?:pls|plz|plis)\b", "please"),
    (r"\b(?:thx|ta)\b", "thanks"),
    (r"\bw/\s*", "with "),
    (r"\b2\b", "two"),
    (r"\b3\b", "three"),
)
_STOP = r"(?!(?:and|then|please|but|so|because)\b)(?!(?:before|after|while)\s+\w+ing\b)"
_TAIL = rf"(?:\s+{_STOP}[^\s,.;:!?]+)*"
_ORIGIN_VERB = re.compile(
    r"\b(found|find|got|get|gotten|took|take|taken|was|were|been|came|come|comes|belongs?|picked|started|stood|sat|lay|"
    r"used to|lived?|lives|goes|originally|before|had|discovered|removed|fetched|grabbed|kept|retrieved|collected|"
    r"brought|is supposed to|should|spotted|saw|seen|pulled|had|stays|usually)\b"
)
_WHERE = re.compile(
    r"(?:\b(?:to|in|into|at|on|onto|from)\s+)*(?:\b(?:exactly|right|just|precisely|there)\s+)*"
    rf"\b(?:wherever|where|whence)\s+(?:exactly\s+|ever\s+)?(?:you|it|they|he|she|i|we|(?:the|that|this)\s+\w+){_TAIL}"
)
_SPOT = re.compile(
    r"(?:\b(?:to|in|into|at|on|onto)\s+)*(?:\b(?:exactly|just|right)\s+)?"
    r"(?:\b(?:its|the|their|his|her|that|original|old|previous|prior|former|usual|proper|rightful|initial|first|earlier|"
    r"starting|own|normal|same|correct|right|exact|very|regular)\s+)+"
    rf"(?:(?:hiding|storage|resting|starting)\s+)?(?:place|spot|location|position|home|whereabouts)\b"
    rf"(?:\s+(?:that|which|from|in|at|where|it|you|they|as|we|i)\b{_TAIL})?"
)
_RELATIVE = re.compile(
    r"\b(?:(?:that|(?:in |from )?which|from where)\s+)?(?:you|it|they)\s+(?:(?:have|had|just|originally|first)\s+)*"
    r"(?:found|took|taken|got|came|was|were|picked|fetched|removed|been|brought|pulled)(?:\s+(?:it|them))?"
    r"(?:\s+(?:up|out|originally|first))*(?:\s+(?:in|from|of|off|before))+(?=\s*(?:$|[,.;!?]|and\b|then\b|please\b))"
)
_AS_BEFORE = re.compile(
    r"\b(?:(?:just\s+)?(?:the\s+way|as|like|how)\s+(?:it|you|they)\s+(?:was|were|had|found|has been|used to)\b"
    rf"{_TAIL}|(?:just\s+)?as\s+before)"
)
_AFTER = (
    r"\b(?:once(?! more| again)|after|as soon as|when|having)\s+(?:(?:you|that|this|it)\s+)?"
    r"(?:(?:have|has|are|is|had|will|would)\s+)*"
    r"(?:done|finished|over)?(?:\s+(?:with that|with it|so|doing so|that|this))?"
)
_MARKS: tuple[tuple[str, str], ...] = (
    (r"\b(?:you\s+(?:(?:will|can|should|may|might|would)\s+)+find|"
     r"there\s+(?:is|are|should be|must be)|here\s+is)\b", " |there| "),
    (r"\b(?:make (?:sure|certain)|be (?:sure|certain)|ensure|see to it|do not forget|remember|be careful|take care|"
     r"make it so|check)\s+(?:(?:that|to|about)\b)?|\bensure\b|\bdo not forget\b", " |ensure| "),
    (r"\b(?:let me have|(?:may|can|could|might) i (?:please )?(?:have|get))\b", " fetch "),
    (lexicon.POLITE, " "),
    (_AFTER, " |after| "),
    (r"\bif you (?:please|can|could|would|do not mind|will|would not mind|like|have \w+ (?:minute|moment|second|time))\b", " "),
    (r"\b(?:instead of|rather than)\b", " |instead| "),
    (r"\b(?:so that|so as to|in order (?:to|that)|lest|so (?=(?:it|he|she|they|we|i|nobody|no one|nothing|everyone|you)\b))",
     " |reason| "),
    (r"\bnow that\b", " |reason| "),
    (r"\b(turn|switch) ((?:the|both|all|my|our) \w+(?: \w+)?) (on|off)\b(?! (?:the|a|my|top|to)\b)", r" \1 \3 \2 "),
    (r"\bone of (?=(?:the|my|our|your|these|those)\b)", " oneof "),
    (r"\b(?:and )?(?:(?:keep|hold) (?:it|them) in your hands?|hold on to (?:it|them))\b|\bin your hands?\b", " "),
    (r"\bat the (?:very )?end\b", " "),
    (r"\b(?:could|can|would) (?=(?:go|belong|be (?:put|placed|moved|stored|returned|closed|shut))\b)", " |must| "),
    (r"\b(?:should|must|ought to|needs? to|has to|have to|is to|are to|(?:is|are) (?:supposed|meant) to|shall)\b", " |must| "),
    (r"\b(?:(?:that|which|whom)\s+)?you(?:\s+(?:have|had|just|already|only|recently|earlier|did|now))*\s+"
     r"(?:moved|fetched|brought|took|taken|got|gotten|placed|put|picked up|picked|removed|carried|retrieved|grabbed|"
     r"collected|set|left|handled|touched|used|found)"
     r"(?:\s+(?:me|out|up|down|away|here|there|earlier|before|just now|last|a moment ago|previously|already|over|for me))*\b",
     " |recent| "),
    (r"\b(?:most recently|last|previously|just) (?:moved|fetched|used|carried)\b", " |recent| "),
)  # fmt: skip
_SUBORDINATE = (r"\bbefore\s+(?=(?:you\b|\w+ing\b))(?:you\s+)?", " , |before| ")
_COLOURS = frozenset({*COLOURS, *LIKE})
_DOOR = frozenset({"door", "doors", "lid"})
_QUANTITIES = {"oneof": 1, "all": 0, "every": 0, "each": 0, "both": 2, "two": 2, "three": 3, "four": 4}
_FIXED = {
    **dict.fromkeys(("and", "then", "but", "so"), "and"),
    **dict.fromkeys(("back", "away"), "back"),
    **dict.fromkeys(("not", "never", "without"), "not"),
    **dict.fromkeys(("me", "us"), "me"),
    **dict.fromkeys(("if", "unless"), "if"),
    "or": "or",
    "there": "yonder",
    "out": "out",
    "i": "i",
}
_BE = lexicon.words("is are was were be been being am stays stay remains remain")


@dataclass(frozen=True)
class Token:
    """One token: ``kind`` (verb, noun, prep, pron, door, state, …), ``value`` (what it stands for) and its ``text``."""

    kind: str
    value: str
    text: str
    noun: Noun | None = None


def normalised(text: str) -> str:
    """Lower case, straight apostrophes, contractions expanded, hyphens and brackets turned into blanks and commas."""
    s = text.lower().replace("\u2019", "'").replace("\u2018", "'").replace("`", "'")
    s = re.sub(r"[\u2013\u2014]|\s-\s|[()\[\]]|\.\.\.|\u2026", " , ", s)
    s = re.sub(r"[\"\u201c\u201d*_]|(?<=\s)'|'(?=\s)", " ", s).replace("-", " ")
    for pattern, replacement in _CONTRACTIONS:
        s = re.sub(pattern, replacement, s)
    return " ".join(s.split())


def marked(text: str) -> str:
    """``normalised`` text with phrases that work as one word replaced by marks such as ``|origin|`` and ``|ensure|``."""
    s = _WHERE.sub(lambda m: " |origin| " if _ORIGIN_VERB.search(m.group()) else " ", text)
    s = _AS_BEFORE.sub(" |origin| ", _RELATIVE.sub(" |origin| ", _SPOT.sub(" |origin| ", s)))
    s = re.sub(_SUBORDINATE[0], _SUBORDINATE[1], s)
    for pattern, replacement in _MARKS:
        s = re.sub(pattern, replacement, s)
    return " ".join(s.split())


def tokens(text: str, vocabulary: Vocabulary) -> list[Token]:
    """The tokens of an instruction, in order; unknown words come as kind "unknown"."""
    words = re.findall(r"\|\w+\||[^\W_]+(?:'[^\W_]+)?|[.,;:!?]", marked(normalised(text)))
    out: list[Token] = []
    i = 0
    while i < len(words):
        token, used = _next(words, i, out, vocabulary)
        if token is not None:
            out.append(token)
        i += used
    return out


def _next(words: Sequence[str], i: int, before: Sequence[Token], vocabulary: Vocabulary) -> tuple[Token | None, int]:
    """The token at ``words[i]`` (None: nothing of interest) and the number of words that it takes."""
    word = words[i]
    if word.startswith("|"):
        return Token(word.strip("|"), "", word), 1
    if word in ".;:!?":
        return Token("stop", word, word), 1
    if word == ",":
        return Token("comma", "", word), 1
    in_phrase = bool(before) and before[-1].kind in ("det", "adj", "colour", "quantity", "other")
    if (word in lexicon.STATES or word == "opened") and (token := _openness(words, i, before, in_phrase, vocabulary)):
        return token, 1
    noun, length = _noun(words, i, vocabulary)
    if noun is not None and not _is_modal_can(words, i, before, in_phrase, length):
        if word in _COLOURS and length == 1 and _noun(words, i + 1, vocabulary)[0] is not None:
            return Token("colour", word, word), 1
        return Token("noun", "", " ".join(words[i : i + length]), noun), length
    if not in_phrase:
        for table, kind in ((lexicon.VERBS, "verb"), (lexicon.PREPOSITIONS, "prep")):
            phrase, size = _longest(words, i, table)
            if phrase.endswith(" out") and words[i + size : i + size + 1] == ["of"]:
                phrase, size = phrase.removesuffix(" out"), size - 1  # "take out of the drawer": out of is the source
            if kind == "verb" and phrase and table[phrase] == "process" and not _ordered(words, i + size, before):
                continue  # "the mug has run dry"
            if phrase and not (kind == "verb" and _finite(phrase, before)):
                return Token(kind, table[phrase], phrase), size
        if word in lexicon.FINITE and _finite(word, before):
            return Token("finite", lexicon.FINITE[word], word), 1
        phrase, size = _longest(words, i, lexicon.FINITE)
        if phrase:
            return Token("finite", lexicon.FINITE[phrase], phrase), size
    return _small(word, before, in_phrase), 1


def _small(word: str, before: Sequence[Token], in_phrase: bool) -> Token | None:
    """Tokens of one word that are neither noun, verb nor preposition; None for words that carry nothing."""
    if word in _DOOR:
        return Token("door", "", word)
    if word in _QUANTITIES:
        return Token("quantity", str(_QUANTITIES[word]), word)
    if word in ("other", "another", "second"):
        return Token("other", "", word)
    if word in _COLOURS:
        return Token("colour", word, word)
    if word in ("it", "them", "they"):
        return Token("pron", "", word)
    if word == "one" and in_phrase:
        return Token("one", "", word)
    if word in ("that", "this") and before and before[-1].kind in ("verb", "prep"):
        return Token("det", "that", word)
    if word in _FIXED:
        return Token(_FIXED[word], "", word)
    if word in ("will", "might", "may", "does", "did") and before and before[-1].kind in ("noun", "pron"):
        return Token("aux", "", word)
    if word in _BE:
        return Token("be", "", word)
    if word in lexicon.REASONS:
        return Token("reason", "", word)
    if word in lexicon.DETERMINERS:
        return Token("det", "", word)
    if word == "first" and not in_phrase:
        return None  # "first open the fridge": in time
    if word in lexicon.ADJECTIVES or word in ("original", "previous"):
        return Token("adj", "", word)
    if word in lexicon.PARTICIPLES and before and before[-1].kind == "be":
        return Token("finite", lexicon.PARTICIPLES[word], word)
    if word in lexicon.FILLER:
        return None
    return Token("unknown", "", word)


def _openness(
    words: Sequence[str], i: int, before: Sequence[Token], in_phrase: bool, vocabulary: Vocabulary
) -> Token | None:
    """ "open", "close", "shut", "closed": a state, an adjective before a noun, or None where it is the verb."""
    word = words[i]
    following = words[i + 1] if i + 1 < len(words) else ""
    if in_phrase and _noun(words, i + 1, vocabulary)[0] is not None:
        return Token("adj", "", word)
    starts_phrase = following in lexicon.DETERMINERS or following in ("it", "them", "both", "all") or following in _DOOR
    starts_phrase = starts_phrase or _noun(words, i + 1, vocabulary)[0] is not None
    last = before[-1].kind if before else ""
    if word in ("closed", "ajar") or last == "be":
        return Token("state", lexicon.STATES[word], word)
    if last in ("noun", "pron", "door", "one") and not starts_phrase:
        return Token("state", lexicon.STATES[word], word)
    return None


def _ordered(words: Sequence[str], i: int, before: Sequence[Token]) -> bool:
    """True if a word before ``words[i]`` that may be a verb is one: it has an object, and nobody else does it."""
    following = words[i] if i < len(words) else ""
    has_object = following in lexicon.DETERMINERS or following in ("it", "them", "both", "two", "all", "oneof")
    return has_object and not (before and before[-1].kind in ("i", "aux", "noun", "be"))


def _finite(phrase: str, before: Sequence[Token]) -> bool:
    """True if a word such as "go" or "belong" here has the thing itself as its subject, or a participle follows "be"."""
    last = before[-1].kind if before else ""
    if phrase in lexicon.PARTICIPLES and last == "be":
        return True
    return phrase in lexicon.FINITE and last in ("noun", "pron", "must", "one")


def _is_modal_can(words: Sequence[str], i: int, before: Sequence[Token], in_phrase: bool, length: int) -> bool:
    if words[i] != "can" or length > 1 or in_phrase:
        return False
    return not before or before[-1].kind not in ("verb", "prep", "and")


def _noun(words: Sequence[str], i: int, vocabulary: Vocabulary) -> tuple[Noun | None, int]:
    for size in range(min(vocabulary.longest(), len(words) - i), 0, -1):
        noun = vocabulary.noun(" ".join(words[i : i + size]))
        if noun is not None:
            return noun, size
    return None, 0


def _longest(words: Sequence[str], i: int, table: object) -> tuple[str, int]:
    assert hasattr(table, "__contains__")
    for size in range(min(4, len(words) - i), 0, -1):
        phrase = " ".join(words[i : i + size])
        if phrase in table:
            return phrase, size
    return "", 0
