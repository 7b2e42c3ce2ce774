"""Questions in English: kinds, nouns, times; nonsense refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loci.errors import InstructionError
from loci.memory.english import parse
from loci.memory.vocabulary import canonical, matches, noun, plural, singular, with_article

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
BLIND = Path(__file__).parent.parent / "data" / "questions_blind.json"


@pytest.mark.parametrize(
    ("question", "kind", "about"),
    [
        ("Where is the mug?", "where", "mug"),
        ("hey robot, where did you put my red cup", "where", "mug"),
        ("What's in the fridge?", "contents", "fridge"),
        ("is the drawer empty", "contents", "drawer"),
        ("is the cupboard shut?", "state", "cupboard"),
        ("how many plates are on the table", "count", "plate"),
        ("did anyone touch the book?", "interacted", "book"),
        ("when was the milk last seen", "last_seen", "milk"),
        ("where might the sponge be?", "look_for", "sponge"),
        ("is there an apple in the fridge?", "check", "apple"),
        ("what did you do today?", "done", ""),
        ("what are you carrying?", "held", ""),
        ("what moved since 14:05", "changed", ""),
    ],
)
def test_kinds(question: str, kind: str, about: str) -> None:
    """Each kind of question, with the noun that it is about."""
    query = parse(question, NOW)
    assert query.kind == kind
    assert canonical(query.what or query.place) == about


@pytest.mark.parametrize(
    ("question", "at"),
    [
        ("where was the mug 5 minutes ago?", NOW - 300),
        ("where was the mug an hour ago?", NOW - 3600),
        ("what changed in the last ten minutes?", NOW - 600),
        ("where was the mug at 22:00?", NOW - 800),
        ("where was the mug at 23:00?", NOW - 800 - 23 * 3600),  # not in the future: yesterday's
        ("where is the mug?", None),
    ],
)
def test_times(question: str, at: float | None) -> None:
    """Times relative to now, and on the clock."""
    assert parse(question, NOW).at == (None if at is None else pytest.approx(at, abs=0.01))


@pytest.mark.parametrize(
    "text",
    ["", "   ", "flibber the snorgle", "make me a sandwich", "mug", "hello", "what?", "five twelve", "where is it?"],
)
def test_nonsense_is_refused(text: str) -> None:
    """The error carries examples."""
    with pytest.raises(InstructionError, match="ask for example"):
        parse(text, NOW)


def test_questions_written_before_the_parser() -> None:
    """Thirty questions from somebody who did not know the patterns. The first run scored 21; gaps of a general kind were
    then closed, so this now guards against losing ground and is no blind measurement any more.
    """
    questions = json.loads(BLIND.read_text())["questions"]
    right = 0
    for entry in questions:
        try:
            query = parse(entry["q"], NOW)
        except InstructionError:
            continue
        kind = "changed_since" if query.kind == "changed" else query.kind
        named = canonical(query.what or query.place)
        right += kind == entry["kind"] and (not entry.get("about") or named == canonical(entry["about"]))
    assert right >= 27


def test_words() -> None:
    """Plurals, articles, synonyms."""
    assert [singular(w) for w in ("mugs", "boxes", "berries", "dishes", "glass", "cereal boxes")] == [
        "mug", "box", "berry", "dish", "glass", "cereal box",
    ]  # fmt: skip
    assert [plural(w) for w in ("mug", "box", "dish", "berry")] == ["mugs", "boxes", "dishes", "berries"]
    assert noun("All the Mugs!") == "mug"
    assert with_article("apple") == "an apple"
    assert with_article("unicorn") == "a unicorn"
    assert matches("cup", "mug") == 0.9
    assert matches("coffee mug", "mug") == 0.9
    assert matches("mug", "apple") == 0.0
