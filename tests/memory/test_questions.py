"""Questions of every kind, understood without a language model: patterns, sentence vectors, times, what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.errors import InputError, InstructionError
from loci.launch.bench_recall import right
from loci.memory import embedding, nearest
from loci.memory.embedding import Lexical, MiniLM, find_weights
from loci.memory.english import KINDS, parse
from loci.memory.phrases import phrases, things
from loci.memory.rewording import readings
from loci.memory.times import take
from loci.memory.vocabulary import canonical

NOW = 1_700_000_000.0  # Tuesday 2023-11-14, 22:13:20 UTC
TODAY = NOW - NOW % 86400.0
DATA = Path(__file__).parent.parent / "data"
weights = pytest.mark.skipif(find_weights() is None, reason="the weights of MiniLM are not installed")


def plain(question: str) -> str:
    """Letters and digits alone, in lower case."""
    return " ".join(re.findall(r"\w+", question.lower()))


def understood(questions: list[dict[str, str]]) -> tuple[int, int]:
    """How many are taken for their kind, and how many for their kind and what they are about."""
    kinds = both = 0
    for entry in questions:
        try:
            query = parse(entry["q"], NOW)
        except InstructionError:
            query = None
        kind, noun = right(entry, query)
        kinds, both = kinds + kind, both + (kind and noun)
    return kinds, both


@pytest.mark.parametrize(
    ("name", "least", "lexical"),
    [
        ("questions_200.json", (195, 194), (188, 185)),  # written before the parser, from the list of kinds alone
        ("questions_200b.json", (195, 193), (190, 187)),  # by another author
        ("questions_200c.json", (183, 177), (174, 169)),  # by a third; its texts unread by whoever works on the parser
        ("questions_200d.json", (179, 169), (160, 151)),  # by a fourth, as unread; first seen by the parser it scores
        (
            "questions_184.json",
            (169, 165),
            (152, 147),
        ),  # odd voices, written before the examples and held back from them
        ("questions_157.json", (142, 140), (133, 131)),  # most of them about things at a time or an event; held back
    ],
)
def test_two_hundred_questions(name: str, least: tuple[int, int], lexical: tuple[int, int]) -> None:
    """None of their texts is among the examples; docs/recall.md has the first, blind scores."""
    kinds, both = understood(json.loads((DATA / name).read_text())["questions"])
    wanted = least if find_weights() is not None else lexical
    assert (kinds >= wanted[0], both >= wanted[1]) == (True, True), (kinds, both)


def test_no_tested_question_is_among_the_examples() -> None:
    """Else the scores would say nothing."""
    shipped = {plain(q) for texts in nearest.examples().values() for q in texts}
    tested = {
        plain(e["q"]) for path in DATA.glob("questions_[12]*.json") for e in json.loads(path.read_text())["questions"]
    }
    assert not shipped & tested


@weights
def test_without_weights_words_and_letters_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lexical fallback knows fewer phrasings and takes as little nonsense for a question."""
    space = Lexical()
    monkeypatch.setattr(nearest, "embedder", lambda: space)
    kinds, _ = understood(json.loads((DATA / "questions_200.json").read_text())["questions"])
    assert kinds >= 180


@pytest.mark.parametrize(
    ("question", "topic", "about"),
    [
        ("Where was the mug yesterday evening?", "where_then", "mug"),
        ("Where was the bowl before you opened the fridge?", "where_then", "bowl"),
        ("Was the drawer open at 3 pm?", "state_then", "drawer"),
        ("What was on the table this morning?", "contents_then", "table"),
        ("Which was moved first, the mug or the bowl?", "order", "mug"),
        ("Why is the apple on the floor?", "cause", "apple"),
        ("Where do the plates belong?", "usual_place", "plate"),
        ("Has anyone used the knife?", "interacted", "knife"),
        ("Have you done anything like this before?", "similar", ""),
        ("What should I watch out for when opening the drawer?", "lessons", "drawer"),
        ("When is the kettle usually used?", "routine", "kettle"),
        ("How do I like my tea?", "preference", "tea"),
        ("I lost my ring. Where could it be?", "look_for", "ring"),
    ],
)
def test_topics(question: str, topic: str, about: str) -> None:
    """Kinds beyond the present, with the noun that each is about; pronouns point back."""
    query = parse(question, NOW)
    assert query.topic == topic
    assert query.kind in KINDS
    assert canonical(query.what or query.place) == about


@pytest.mark.parametrize(
    ("phrase", "start", "end"),
    [
        ("where was it yesterday morning", TODAY - 64800, TODAY - 43200),
        ("where was it on monday", TODAY - 86400, TODAY),
        ("where was it last tuesday", TODAY - 7 * 86400, TODAY - 6 * 86400),
        ("where was it at a quarter past nine", TODAY + 33300, None),
        ("where was it at 3 pm", TODAY + 54000, None),
        ("where was it at 11:30 pm", TODAY - 1800, None),
        ("where was it at noon", TODAY + 43200, None),
        ("where was it after lunch", TODAY + 48600, None),
        ("what changed in the last two hours", NOW - 7200, NOW),
        ("what changed since 120.5", 120.5, None),
    ],
)
def test_time_phrases(phrase: str, start: float, end: float | None) -> None:
    """Days, parts of days, spoken clock times, spans; never in the future."""
    rest, moment = take(phrase, NOW)
    assert moment is not None
    assert (moment.start, moment.end) == (pytest.approx(start), pytest.approx(end) if end is not None else None)
    assert rest in ("where was it", "what changed")


def test_an_event_may_stand_for_a_time() -> None:
    """Its words are kept: only memory knows when that was."""
    query = parse("Where was the mug before you moved the bowl?", NOW)
    assert (query.word, query.clause, query.at) == ("before", "you moved the bowl", None)
    assert query.what == "mug"


@pytest.mark.parametrize(
    ("question", "topic", "about", "word", "clause"),
    [
        ("What was on the table before the guests came?", "contents_then", "table", "before", "the guests came"),
        ("The moment the bell rang, was the gate shut?", "state_then", "gate", "when", "the bell rang"),
        ("during the meeting where was the laptop", "where_then", "laptop", "when", "the meeting"),
        ("by the time Tom got up what was in the sink", "contents_then", "sink", "by the time", "tom got up"),
        ("What was in the drawer as we left, and what else?", "contents_then", "drawer", "when", "we left"),
        ("When you opened the drawer, what was in it?", "contents_then", "drawer", "when", "you opened the drawer"),
        ("Was the lamp switched on before the window was opened?", "order", "lamp", "", ""),
        ("Did you clean the bath before the sink?", "order", "bath", "", ""),
        ("Who moved the mug while I was out?", "cause", "mug", "", ""),
    ],
)
def test_how_things_stood_at_an_event(question: str, topic: str, about: str, word: str, clause: str) -> None:
    """The event is taken out before the kind is told; what was done before what stays a question for an order."""
    query = parse(question, NOW)
    assert (query.topic, canonical(query.what or query.place)) == (topic, about)
    assert (query.word, query.clause) == (word, clause)


def test_the_sentence_before_tells_the_time() -> None:
    """But not for what is asked of now."""
    assert parse("We had guests yesterday evening. What was on the table?", NOW).topic == "contents_then"
    assert parse("We had guests yesterday evening. What is on the table?", NOW).topic == "contents"


def test_noun_phrases() -> None:
    """Found by what they are not; what follows an article is a noun even if it looks like a verb."""
    assert phrases("did the red mug move to a shelf") == ["red mug", "shelf"]
    assert things("how many times was the washing machine used by the robot") == ["washing machine"]
    assert things("the number of chairs in the kitchen") == ["chairs"]


@pytest.mark.parametrize(
    "text", ["what is the capital of france", "sing a song", "paint the fridge blue", "asdf jkl", "?", "…"]
)
def test_what_is_no_question_to_a_memory_is_refused(text: str) -> None:
    """Chat, orders and noise."""
    with pytest.raises(InstructionError, match="not understood"):
        parse(text, NOW)


@given(st.text(max_size=80))
def test_no_text_does_harm(text: str) -> None:
    """Whatever is typed: a query of a known kind, or the one error."""
    try:
        kind = parse(text, NOW).kind
    except InstructionError:
        return
    assert kind in KINDS


@weights
def test_minilm_gives_the_published_similarities() -> None:
    """The values of the library's own documentation for these three sentences."""
    space = MiniLM(find_weights())  # type: ignore[arg-type]
    v = space.embed(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    assert v.shape == (3, 384)
    assert v[0] @ v[1] == pytest.approx(0.6660, abs=2e-4)
    assert v[0] @ v[2] == pytest.approx(0.1046, abs=2e-4)
    assert v[1] @ v[2] == pytest.approx(0.1411, abs=2e-4)
    alone = space.embed(["It's so sunny outside!"])[0]
    assert np.abs(alone - v[1]).max() < 1e-5  # a sentence's vector does not depend on its neighbours


@weights
def test_altered_weights_are_refused(tmp_path: Path) -> None:
    """The file's digest is checked before anything of it is used."""
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 64)
    (tmp_path / "vocab.txt").write_text("[UNK]\n[CLS]\n[SEP]\n")
    with pytest.raises(InputError, match="sha256"):
        embedding.MiniLM(tmp_path)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_lexical_vectors_are_units_or_nothing(texts: list[str]) -> None:
    """Same text, same vector; length one wherever there is a letter."""
    a, b = Lexical().embed(texts), Lexical().embed(list(texts))
    assert np.array_equal(a, b)
    lengths = np.linalg.norm(a, axis=1)
    assert all(n == 0 or abs(n - 1) < 1e-5 for n in lengths)


@weights
def test_the_shipped_rules_are_of_the_shipped_examples() -> None:
    """``kinds.json`` is up to date, for both kinds of vectors, and gives examples back as they were taught."""
    kept = json.loads((Path(nearest.__file__).parent / "kinds.json").read_text())
    assert kept["examples"] == nearest._digest(), "work the rules out anew: nearest.train(Path('memory/kinds.json'))"
    some = [(kind, text) for kind, texts in nearest.examples().items() for text in texts[::40]]
    cleaned = [readings(text)[0] for _, text in some]
    for space, least in ((nearest.embedder(), 0.97), (Lexical(), 0.93)):
        kinds, weights_of = nearest._rule(space.name)
        found = [nearest.choose(kinds, row) or "none" for row in nearest.features(cleaned, space) @ weights_of]
        assert np.mean([a == b for a, (b, _) in zip(found, some, strict=True)]) >= least
        assert sorted(nearest.examples()) == list(kinds)


@given(st.integers(2, 40), st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_both_forms_of_the_regression_agree(n: int, width: int, seed: int) -> None:
    """The weights are where the ridge regression's gradient vanishes, whichever matrix is the smaller one."""
    rng = np.random.default_rng(seed)
    x = np.hstack([rng.normal(size=(n, width)), np.ones((n, 1))]).astype(np.float32)
    kinds = [str(k) for k in rng.integers(0, 3, n)]
    names, w = nearest.fit(x, kinds)
    y = np.where(np.asarray(kinds)[:, None] == np.asarray(names)[None], 1.0, -1.0)
    full = x.astype(np.float64)
    assert np.abs(full.T @ (full @ w - y) + nearest.RIDGE * w).max() < 1e-3 * n


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("where is mum's handbag", ["handbag"]),
        ("what is the mug's story", ["mug"]),
        ("where is the first aid kit", ["first aid kit"]),
        ("how does she like her pillows arranged", ["pillows"]),
        ("what is the usual spot for the dog lead", ["dog lead"]),
        ("where is the missing glove", ["missing glove"]),
        ("where are tom's two reading glasses", ["reading glasses"]),
        ("where is the lunch bag", ["lunch bag"]),
        ("how soft does she take her eggs boiled", ["eggs"]),
        ("where is the mug that i got for my birthday", ["mug"]),
    ],
)
def test_nouns_of_more_words_and_their_owners(question: str, found: list[str]) -> None:
    """Compounds are one thing; an owner is none unless what is owned is none."""
    assert things(question) == found


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("wheres da remote", ["where is the remote"]),
        ("Could you please tell me where the mug is?", ["where is the mug"]),
        ("I lost my ring. Where could it be?", ["where could the ring be", "i lost my ring"]),
        ("My cup is gone, who took it?", ["who took the cup", "my cup is gone"]),
        ("When I left, was the door open?", ["was the door open when i left"]),
        ("where is the water trough", ["where is the water trough"]),
    ],
)
def test_readings(typed: str, read: list[str]) -> None:
    """Slang, politeness, several sentences; nouns are not corrected."""
    assert readings(typed) == read
