"""Where words for things stop meaning the same: what was never seen is not answered with something else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import ObjectReport
from loci.geometry import Box
from loci.memory import Knowledge, Memory
from loci.memory.vocabulary import (
    CONTAINERS,
    FURNITURE,
    GROUPS,
    KINDS,
    SYNONYMS,
    broader,
    canonical,
    keys,
    keys_for,
    matches,
    noun,
    plural,
    singular,
)
from loci.sim import catalogue

WORDS = sorted(
    {w for label, words in (*SYNONYMS.items(), *KINDS.items()) for w in (label, *words)}
    | FURNITURE | CONTAINERS | set(catalogue.THINGS) | set(catalogue.FURNITURE)
)  # fmt: skip
FAMILY = {word: label for label, words in SYNONYMS.items() for word in (label, *words)}
words = st.sampled_from(WORDS)


def same(a: str, b: str) -> bool:
    """Declared synonyms, or one the other's plural."""
    return FAMILY.get(a, a) == FAMILY.get(b, b) or noun(b) in (noun(a), singular(a))


def kind_of(narrow: str, broad: str) -> bool:
    """Declared to be a kind, or called by the broader word and something before it."""
    declared = any(narrow in names and same(broad, label) for label, names in KINDS.items())
    return declared or (narrow.endswith(f" {broad}") and " " not in broad)


@given(words, words)
@settings(max_examples=3000, deadline=None)
def test_a_class_means_itself_its_synonyms_and_its_kinds(word: str, label: str) -> None:
    """And nothing else of the vocabulary: a notebook may be meant by "book", but no book by "notebook"."""
    if matches(word, label) > 0:
        assert same(word, label) or kind_of(label, word)
    if same(word, label) and noun(word) == noun(label):
        assert matches(word, label) >= 0.9


@given(words, words, st.sampled_from(["", "red ", "big old ", "my ", "the "]))
@settings(max_examples=2000, deadline=None)
def test_what_fits_is_found_by_its_keys(word: str, label: str, how: str) -> None:
    """The index asks for keys only, so none may be missing; a description of a thing means that thing."""
    if matches(how + word, label) > 0:
        assert keys_for(how + word) & keys(label)
    assert matches(how + word, word) >= 0.5
    assert matches(how + plural(word), word) >= 0.5 or noun(plural(word)) != noun(word)
    assert word not in FAMILY or canonical(how + word) == canonical(word)


@given(st.lists(words, min_size=1, max_size=6, unique=True), st.lists(words, min_size=1, max_size=8, unique=True))
@settings(max_examples=25, deadline=None)
def test_what_was_never_seen_is_unknown(seen: list[str], asked: list[str]) -> None:
    """Whatever else is there; and whatever is there is found under its own name."""
    with Memory.open(":memory:", clock=lambda: 10.0) as memory:
        for k, label in enumerate(seen):
            box = Box.from_bounds(np.array([k, 0.0, 0.0]), np.array([k + 0.3, 0.3, 0.3]))
            memory.write(ObjectReport(1.0, "robot", "map", {label: 0.99}, box))
        for word in asked:
            answer = memory.where(word)
            meant = any(same(word, label) or kind_of(label, word) for label in seen) or word in GROUPS
            assert meant or (answer.knowledge, answer.value) == (Knowledge.UNKNOWN, ())
            assert meant or memory.count(word).value == ("0",)
        for label in seen:
            assert label in memory.where(label).text.lower()


@pytest.mark.parametrize(
    ("seen", "asked", "near"),
    [("book", "notebook", "book"), ("table", "coffee table", "table"), ("side table", "coffee table", "side table"),
     ("fridge", "freezer", "fridge"), ("cup", "egg cup", "cup")],
)  # fmt: skip
def test_the_nearest_thing_is_named_but_is_not_the_answer(seen: str, asked: str, near: str) -> None:
    """ "I do not know any, but …"."""
    with Memory.open(":memory:", clock=lambda: 10.0) as memory:
        memory.write(ObjectReport(1.0, "robot", "map", {seen: 0.99}, Box.from_bounds((0, 0, 0), (1, 1, 0.5))))
        answer = memory.ask(f"Where is the {asked}?")
        assert (answer.knowledge, answer.value, answer.probability) == (Knowledge.UNKNOWN, (), 0.0)
        assert "was never seen" in answer.text
        assert f"the {near} (o1)" in answer.text
        assert broader(asked)
        assert memory.ask(f"Where do the {plural(asked)} belong?").knowledge is Knowledge.UNKNOWN


@pytest.mark.parametrize(
    ("label", "word"),
    [("mug", "cup"), ("cup", "mug"), ("sofa", "couch"), ("tv", "telly"), ("glasses", "reading glasses"),
     ("glass", "glasses"), ("keys", "key"), ("remote", "tv remote control"), ("phone", "old mobile phone"),
     ("mug", "grandpa's red mug"), ("notebook", "book"), ("bin", "trash can")],
)  # fmt: skip
def test_other_words_for_the_same_are_understood(label: str, word: str) -> None:
    """Synonyms, descriptions, plurals, and the broader word."""
    with Memory.open(":memory:", clock=lambda: 10.0) as memory:
        memory.write(ObjectReport(1.0, "robot", "map", {label: 0.99}, Box.from_bounds((0, 0, 0), (1, 1, 0.5))))
        assert "o1" in memory.ask(f"Where is the {word}?").text


def test_spectacles_are_no_tumbler() -> None:
    """Glasses may be several of a glass; a glass is never a pair of glasses."""
    assert matches("glass", "glasses") == 0.0
    assert matches("reading glasses", "glass") == 0.0
    assert matches("wine glasses", "wine glass") == 0.95
