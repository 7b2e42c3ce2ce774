"""Noun phrases in a question, found by what they are not: function words and the verbs that people use of things."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources

from .vocabulary import FURNITURE, GROUPS, SYNONYMS, canonical, noun, singular

_RELATIVE = re.compile(r"\b(?:that|which|who) (?:is|are|was|were|i|you|we|the|has|had|have)\b.*$")


@functools.cache
def _words(name: str) -> frozenset[str]:
    """A list of ``words.json``: determiners, function, verbs, after_article, no_things, nouns."""
    lists = json.loads(resources.files(__package__).joinpath("words.json").read_text("utf-8"))
    return frozenset(lists[name].split(","))


@functools.cache
def _breaks() -> frozenset[str]:
    return _words("function") | _words("verbs")


def phrases(text: str) -> list[str]:
    """Noun phrases without their determiners, in order: "did the red mug move to a shelf" → ["red mug", "shelf"]."""
    return [phrase for phrase, _ in _chunks(text)]


def _chunks(text: str) -> list[tuple[str, bool]]:
    """Phrases, and whether a determiner (or a preposition) led to each."""
    found: list[tuple[str, bool]] = []
    run: list[str] = []
    led = False  # after a determiner a verb's form may well be a noun: "the watch"

    def end() -> None:
        nonlocal run, led
        while run and run[-1] == "of":
            run.pop()
        if run:
            found.append((" ".join(run), led))
        run, led = [], False

    tokens = re.findall(
        r"[\w'-]+|[,;:]", re.sub(r"(\w)'s?(?=\s|$)", r"\1 ,", re.sub(r"'([^']*)'", r"\1", text.lower()))
    )
    for i, token in enumerate(tokens):
        if token in _words("determiners"):
            end()
            led = True
        elif token == "of" and run and i + 1 < len(tokens) and tokens[i + 1] not in _breaks() | _words("determiners"):
            run.append(token)
        elif re.fullmatch(r"[,;:]", token) or (token in _breaks() and not _noun_here(tokens, i, led and not run)):
            end()
        elif led or not re.fullmatch(r"\w{3,}(?:ing|ed|ly)", token) or token in _words("nouns"):
            run.append(token)
        else:  # "grasping", "involved": a noun of that shape comes with its article
            end()
    end()
    return [(p, how) for p, how in found if not p.isdigit()]


def _noun_here(tokens: list[str], i: int, first: bool) -> bool:
    """Is a verb's form right after an article a noun, or part of one: "the watch", "the washing machine"?"""
    if not first:
        return False
    follows = i + 1 < len(tokens) and tokens[i + 1] not in _breaks() and tokens[i + 1].isalpha()
    return tokens[i] in _words("after_article") or (tokens[i].endswith("ing") and follows)


def things(text: str) -> list[str]:
    """Phrases that may name things (not the robot, the kitchen, the reason), those with a determiner first."""
    found = []
    for phrase, led in _chunks(text):
        while phrase and " of " in phrase and _nothing(phrase.partition(" of ")[0]):
            phrase = phrase.partition(" of ")[2]  # "number of chairs"
        if not _nothing(phrase):
            found.append((not (led or known(phrase) or re.fullmatch(r"o\d+", phrase)), phrase))
    return [phrase for _, phrase in sorted(found, key=lambda f: f[0])]


def _nothing(phrase: str) -> bool:
    last = noun(phrase).rpartition(" ")[2]
    return not {noun(phrase), phrase}.isdisjoint(_words("no_things")) or last in _words("no_things") - {"hand", "place"}


def content(text: str) -> list[str]:
    """The words that say something: no function words, no determiners."""
    empty = _words("function") | _words("determiners")
    return [w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in empty]


def trim(phrase: str) -> str:
    """The first noun phrase of a longer one: "mug that was on the table" → "mug"; the whole if there is none."""
    cut = _RELATIVE.sub("", phrase).strip() or phrase
    whole = noun(cut)
    if not whole or re.fullmatch(r"[a-z]\d+", whole) or known(whole):
        return whole
    found = things(cut) or phrases(cut)
    return noun(found[0]) if found else whole


def known(phrase: str) -> bool:
    """Is it a word that the shipped vocabulary has?"""
    word = noun(phrase)
    if not _breaks().isdisjoint(word.split()):
        return False
    return word in GROUPS or canonical(word) in SYNONYMS or singular(word) in FURNITURE
