"""A question as people type it → plain readings of it: no politeness, no slang, usual word order, pronouns filled in."""

from __future__ import annotations

import difflib
import re

from .occasions import SAME, behind
from .phrases import things

_SHORT = {"ve": "have", "d": "would", "m": "am", "re": "are"}
_POLITE = re.compile(r"^(?:(?:hey|hi|hello|ok|okay|so|well|please|robot|loci|and|now|yo|oi|say|um|erm|oh)\b[, ]*)+")
_ASIDE = re.compile(
    r"\b(?:please|by the way|for me|i want to know|currently|"
    r"at the moment(?! (?:that|when|the|my|our|i|you|we|he|she|they)\b)|right now|just now|exactly|actually|on earth|"
    r"the hell|thanks|thank you)\b|,? (?:my )?(?:dear|love|mate|darling)$"
)
_BUT = re.compile(r",? (?:apart from|except(?: for)?|not counting) (?:(?:the|my|our|your|any|some) )?\w+(?: \w+)?$")
_LEADS = (
    r"(?:have you|do you have|is there)?(?: got)? ?(?:any|a|the slightest) (?:clue|idea|memory)(?: about| of)? (?=wh|how)",
    r"(?:if you had to guess|just a guess|i was wondering|i am wondering|i'm wondering),? (?=wh|how|if)",
    r"(?:can|could|would|will) you (?:please )?(?=count|list|show|find|locate|name|enumerate)",
    r"(?:can|could|would) you (?:please )?(?:tell|say|show|check)(?: to)?(?: me)?,? (?=(?:if|whether) )",
    r"(?:can|could|would|do) you (?:please |possibly |happen to )?(?:tell|say|show|know|check|see|find out|point out|work out"
    r"|figure out|say again|confirm|remember|recall)(?: to)?(?: me)?,? (?=wh|how|if)",
    r"(?:i (?:want|need|would like|would love|'d like|'d love) to (?:know|hear)|i'(?:d|m) (?:like|love|curious)(?: to know)?|"
    r"tell me|do you (?:know|remember)|i wonder|please say|let me know) (?=wh|how)",
)
_TOLD = re.compile(rf"^(?!the (?:very )?{SAME} )"
                   r"((?:the|my|our|i|i've|i'm|there|there's|somebody|someone|nobody) (?:(?! and | or )[^,.;?!])+), "
                   r"((?:where|who|what|why|how|when|which|have you|has|did you|do you)\b.+)")  # fmt: skip
_SLANG = {
    "u": "you", "ur": "your", "r": "are", "da": "the", "wat": "what", "wot": "what", "wots": "what is", "wats": "what is",
    "whats": "what is", "wheres": "where is", "whers": "where is", "whos": "who is", "whens": "when is", "hows": "how is",
    "whys": "why is", "wher": "where", "whre": "where", "wer": "where", "wen": "when", "wich": "which", "dat": "that",
    "dis": "this", "wit": "with", "hav": "have", "plz": "please", "pls": "please", "thx": "thanks", "shud": "should",
    "cud": "could", "wud": "would", "luk": "look", "gimme": "give me", "wanna": "want to", "gonna": "going to",
    "gotta": "have to", "didja": "did you", "wotcha": "what are you", "whatcha": "what are you", "dunno": "do not know",
    "cant": "can't", "dont": "don't", "isnt": "isn't", "didnt": "didn't", "nite": "night", "sumthing": "something",
    "yestaday": "yesterday", "be4": "before", "b4": "before", "abt": "about", "sb": "somebody", "smth": "something",
    "im": "i'm", "ive": "i've", "thats": "that is", "theres": "there is", "howmany": "how many", "diffrent": "different",
    "wherabouts": "whereabouts", "abouts": "about",
}  # fmt: skip
_OFTEN = ("where", "which", "usually", "normally", "happened", "yesterday", "should", "could", "would", "before", "morning",
          "evening", "somebody", "someone", "anyone", "favourite", "different", "everything", "anything", "something",
          "because", "changed", "recently", "typically", "generally", "similar", "holding", "belong")  # fmt: skip
_NEAR = 0.87  # of two words' letters; "usualy" and "usually" have 0.92 in common, "trough" and "through" are both words
_WORDS = frozenset({"where's", "shoulder", "shoulders", "mornings", "evenings", "there", "these", "were", "here", "change",
                    "changes", "belongs", "belonged", "favourites", "anyones", "happens", "happen", "differents", "wheres",
                    "witch", "usual", "normal", "mould", "cloud", "wood", "similarly", "becomes", "wherever", "typical",
                    "differently", "difference", "mourning", "changing"})  # fmt: skip


def readings(question: str) -> list[str]:
    """The cleaned question; of several sentences the last with its pronouns filled in, then the ones before it."""
    plain = " ".join(question.lower().replace("’", "'").split())
    plain = _TOLD.sub(r"\1. \2", plain)
    *before, last = [p for part in re.split(r"[.;?!]+(?:\s+|$)", plain) if (p := part.strip(" .,;"))] or [""]
    found = [_refer(last, before), *reversed(before)]
    return list(dict.fromkeys(text for part in found if (text := clean(part))))


def clean(question: str) -> str:
    """One sentence in lower case → its plain form."""
    text = _POLITE.sub("", " ".join(_spell(w) for w in question.strip(" .,;").split()))
    text = behind(text)
    for lead in _LEADS:
        text = re.sub(f"^{lead}", "", text)
    text = re.sub(r"\b(i|you|we|they)'(ve|d|m|re)\b", lambda m: f"{m[1]} {_SHORT[m[2]]}", text)
    text = _BUT.sub("", _ASIDE.sub("", text))
    text = re.sub(r"\bhow (long|many|often|much)'s it\b", r"how \1 has it", text)
    text = re.sub(r"\b(\w+)'s (been|got|gone|become|happened)\b", r"\1 has \2", text)
    text = re.sub(r"\b(what|where|who|when|how|why|which|there|that|it)'s\b", r"\1 is", text)
    text = re.sub(r"\b(\w+)'s (open|closed|shut|ajar|on|off|locked|full|empty|clean|dirty)$", r"\1 is \2", text)
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


def _spell(word: str) -> str:
    """Slang and slips in the words that questions are made of; nouns are left alone."""
    bare = word.strip(",:")
    plain = _SLANG.get(bare, bare)
    if plain == bare and len(bare) > 4 and bare.isalpha() and bare not in _OFTEN and bare not in _WORDS:
        plain = next(iter(difflib.get_close_matches(bare, _OFTEN, 1, _NEAR)), bare)
        plain = plain if plain[0] == bare[0] else bare
    return word.replace(bare, plain, 1) if bare else word


def _refer(last: str, before: list[str]) -> str:
    """An "it" in the last of several sentences stands for what the ones before are about; without any noun, likewise."""
    nouns = [n for part in reversed(before) for n in things(clean(part))[:1]]
    if not nouns:
        return last
    filled = re.sub(r"\b(?:it|them|they)\b", f"the {nouns[0]}", last, count=1)
    filled = re.sub(r"\bits\b", f"the {nouns[0]}'s", filled, count=1)
    if filled == last and (not things(last) or re.match(r"how many (?:are|were|do|did) ", last)):
        many = re.match(r"how many ", last)
        return f"how many {nouns[0]} {last[many.end() :]}" if many else f"{last} the {nouns[0]}"
    return filled
