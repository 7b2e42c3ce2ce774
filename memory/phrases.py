"""Noun phrases in a question, found by what they are not: function words and the verbs that people use of things."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources

from .vocabulary import FURNITURE, GROUPS, SYNONYMS, canonical, noun, singular

_COLOURS = ("black", "white", "red", "blue", "green", "yellow")  # "my coffee black"

_HOW = re.compile(r"\bhow (?!many\b|much\b)\w+(?= (?:is|are|was|were|do|does|did|should|would)\b)")


@functools.cache
def _words(name: str) -> frozenset[str]:
    """A list of ``words.json``: determiners, function, verbs, adjectives, compounds, nouns, …"""
    lists = json.loads(resources.files(__package__).joinpath("words.json").read_text("utf-8"))
    return frozenset(lists[name].split(","))


@functools.cache
def _breaks() -> frozenset[str]:
    return _words("function") | _words("verbs")


def phrases(text: str) -> list[str]:
    """Noun phrases without their determiners, in order: "did the red mug move to a shelf" → ["red mug", "shelf"]."""
    return [phrase for phrase, _ in _chunks(text)]


def _chunks(text: str) -> list[tuple[str, bool]]:
    """Phrases, and whether a determiner (or a preposition) led to each. Of "dad's watch" the watch is one, dad is none."""
    found: list[tuple[str, bool]] = []
    run: list[str] = []
    led = False  # after a determiner a verb's form may well be a noun: "the watch"
    owner = ""

    def end(keep: bool = False) -> None:
        nonlocal run, led, owner
        while run and (run[-1] == "of" or (len(run) > 1 and _dangling(run[-1]))):
            run.pop()
        phrase = " ".join(run).replace("_", " ")
        if owner and (not run or _nothing(phrase)):  # "the mug's story" is about the mug
            phrase = owner
        elif owner and phrase == "door":
            phrase = f"{owner} door"
        if phrase:
            found.append((phrase, led))
        run, led, owner = [], led and keep and not phrase, ""

    tokens = re.findall(r"[\w'-]+|[,;:]", _join(re.sub(r"(?<!\w)'([^']*)'", r"\1", text.lower())))
    for i, token in enumerate(tokens):
        if (owned := re.fullmatch(r"(\w[\w-]*)'s|(\w+s)'", token)) and (owned[1] or owned[2]) not in _breaks():
            if led or not run:
                run.append(owned[1] or owned[2])
                holder = " ".join(run)
            else:
                end()
                holder = owned[1] or owned[2]
            run, led, owner = [], True, holder
        elif token in _words("determiners"):
            if run or not owner:  # "tom's two glasses"
                end()
            led = True
        elif token == "of" and run and i + 1 < len(tokens) and tokens[i + 1] not in _breaks() | _words("determiners"):
            run.append(token)
        elif re.fullmatch(r"[,;:]", token) or (token in _breaks() and not _noun_here(tokens, i, led, bool(run))):
            end(keep=token in _words("adjectives"))
        elif led or not re.fullmatch(r"\w{3,}(?:ing|ed|ly)", token) or token in _words("nouns"):
            run.append(token)
        else:  # "grasping", "involved": a noun of that shape comes with its article
            end()
    end()
    return [(p, how) for p, how in found if not p.isdigit()]


def _join(text: str) -> str:
    """Words that are one thing in one: "first aid kit" → "first_aid_kit"."""
    for whole in _words("compounds"):
        text = re.sub(rf"\b{whole}(?=s?\b)", whole.replace(" ", "_"), text)
    return text


def _dangling(word: str) -> bool:
    """Does it say what is done with the thing before it, rather than name one: "the pillows arranged"?"""
    shaped = re.fullmatch(r"\w{3,}(?:ing|ed|ly)", word) is not None or word in _COLOURS or word in _words("how_done")
    return shaped and word not in _words("nouns")


def _noun_here(tokens: list[str], i: int, led: bool, inside: bool) -> bool:
    """Is a verb's form after an article a noun, or part of one: "the watch", "the washing machine", "the dog lead"?"""
    if not led:
        return False
    follows = i + 1 < len(tokens) and tokens[i + 1] not in _breaks() and tokens[i + 1].isalpha()
    if inside:
        return tokens[i] in _words("last_in_noun") and not follows
    shaped = tokens[i].endswith("ing") or tokens[i] in _words("before_noun")
    return tokens[i] in _words("after_article") or (shaped and follows)


def things(text: str, in_order: bool = False) -> list[str]:
    """Phrases that may name things (not the robot, the kitchen, the reason), those with a determiner first, or in order."""
    found = []
    for phrase, led in _chunks(_HOW.sub("how", text)):
        while phrase and " of " in phrase and _nothing(phrase.partition(" of ")[0]):
            phrase = phrase.partition(" of ")[2]  # "number of chairs"
        if not _nothing(phrase):
            found.append((not (led or known(phrase) or re.fullmatch(r"o\d+", phrase)), phrase))
    return [phrase for _, phrase in (found if in_order else sorted(found, key=lambda f: f[0]))]


def _nothing(phrase: str) -> bool:
    last = noun(phrase).rpartition(" ")[2]
    return not {noun(phrase), phrase}.isdisjoint(_words("no_things")) or last in _words("no_things") - {"hand", "place"}


def content(text: str) -> list[str]:
    """The words that say something: no function words, no determiners."""
    empty = _words("function") | _words("determiners")
    return [w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in empty]


def plainly_named(phrase: str) -> bool:
    """Is it a noun phrase and nothing else: no function word, no verb, no "place" or "reason"?"""
    words = phrase.split()
    if any(w.endswith("ly") and w not in _words("nouns") for w in words[1:]):  # "fridge properly"
        return False
    return not _nothing(phrase) and _breaks().isdisjoint(words[:-1]) and (words[-1] not in _breaks() or known(phrase))


def known(phrase: str) -> bool:
    """Is it a word that the shipped vocabulary has?"""
    word = noun(phrase)
    if not _breaks().isdisjoint(word.split()):
        return False
    return word in GROUPS or canonical(word) in SYNONYMS or singular(word) in FURNITURE
