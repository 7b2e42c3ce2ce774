"""What the tidying bench runs, and for how many pairs of sentences and start each run stands."""

from __future__ import annotations

import json
from importlib import resources

from loci.launch.bench_tidy import CHECKED, _jobs, _meaning


def _triples() -> list[dict[str, str]]:
    text = resources.files("loci.launch").joinpath("paraphrases.json").read_text("utf-8")
    triples: list[dict[str, str]] = json.loads(text)["triples"]
    return triples


def test_every_pair_of_sentences_and_start_is_counted_once() -> None:
    """Twenty sets of sentences in ten starts are two hundred pairs, twenty in each start."""
    counted, _ = _jobs(_triples(), range(10))
    assert sum(counted.values()) == 200
    assert all(sum(n for (_, start), n in counted.items() if start == s) == 20 for s in range(10))


def test_a_run_stands_only_for_sentences_of_its_own_meaning() -> None:
    """The weight of a run is the number of sets that mean the same to the parser."""
    triples = _triples()
    counted, _ = _jobs(triples, range(10))
    for (i, _), times in counted.items():
        assert times == sum(_meaning(t) == _meaning(triples[i]) for t in triples)


def test_what_is_compared_is_the_same_meaning_in_other_words() -> None:
    """The check runs two different sets of sentences that mean the same, in one start, and in several starts."""
    triples = _triples()
    _, twins = _jobs(triples, range(10))
    assert len(twins) == CHECKED
    for (i, start), (j, other) in twins:
        assert start == other
        assert triples[i] != triples[j]
        assert _meaning(triples[i]) == _meaning(triples[j])


def test_a_different_goal_is_a_different_meaning() -> None:
    """Nouns, places and what has to be closed all count."""
    triple = _triples()[0]
    assert _meaning(triple) != _meaning({**triple, "t2": "Put the orange into the fridge and close it."})
    assert _meaning(triple) != _meaning({**triple, "t2": "Put the apple into the fridge."})
