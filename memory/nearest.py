"""The kind of a question by what it is like: the kind of the example questions that it resembles most.

Examples are in ``questions.json``, with a kind "none" for what is no question to a memory. A linear rule tells the kinds apart
(ridge regression onto ±1, closed form; Rifkin, Yeo and Poggio 2003). It goes by two vectors of the question, as it is and with
what it is about replaced by the same nouns everywhere, so that "where has the vase got to" is near "where has the mug got to";
and by the words, pairs and triples of words of the latter (hashed: Weinberger et al. 2009), since a sentence's vector hardly
tells "did you close it before" from "before you closed it". Cues and patterns by hand did not add to that (docs/recall.md). The
rules for the shipped examples, with MiniLM and without, are in ``kinds.json``; for other examples or vectors one is worked out
on first use. ``train`` writes that file.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np

from .embedding import F32, Embedder, Lexical, embedder
from .phrases import things
from .rewording import readings
from .stood import BLAMING, STANDING, stood, who

NONE = "none"
RIDGE = 1.0
DOUBT = 0.15  # of the score of "none": better an answer to what was no question than none to one; examples are at ±1
_HASHED = 1024
_STAND_INS = ("mug", "table", "drawer")
Rule = tuple[tuple[str, ...], F32]


def nearest(text: str) -> str | None:
    """The kind of a cleaned question, or None if it is like no question to a memory."""
    space = embedder()
    kinds, weights = _rule(space.name)
    at_noon = stood(text)
    if at_noon is not None and (kind := choose(kinds, features([at_noon], space)[0] @ weights)) in STANDING:
        return kind
    blamed = who(text)
    if blamed is not None and (kind := choose(kinds, features([blamed], space)[0] @ weights)) in BLAMING:
        return kind
    return choose(kinds, features([text], space)[0] @ weights)


def choose(kinds: tuple[str, ...], scores: F32) -> str | None:
    """The kind with the highest score, the first of equals; None if that is "none"."""
    best = kinds[int(np.argmax(np.round(scores, 5)))]
    return None if best == NONE else best


def features(texts: list[str], space: Embedder) -> F32:
    """(N, 2 dim + 1024 + 1): the vectors of the masked and of the plain text, the words of the masked one, and a one."""
    hidden = [masked(text) for text in texts]
    vectors = space.embed([*hidden, *texts]) / np.float32(np.sqrt(2.0))
    half = len(texts)
    words = np.array([_hashed(text) for text in hidden], np.float32).reshape(half, _HASHED)
    return np.hstack([vectors[:half], vectors[half:], words, np.ones((half, 1), np.float32)])


def masked(text: str) -> str:
    """The question with the same stand-ins for whatever it is about."""
    for k, phrase in enumerate(things(text)[: len(_STAND_INS)]):
        text = re.sub(rf"\b{re.escape(phrase)}(?!\w)", _STAND_INS[k], text, count=1)
    return text


def _hashed(text: str) -> F32:
    """Words, pairs and triples of neighbours as a unit vector (1024,); zero for a text without words."""
    row = np.zeros(_HASHED, np.float32)
    words = re.findall(r"[\w']+|[,;:]", text)
    ends = ["<", *words, ">"]
    pieces = {*words, *map(" ".join, pairwise(ends)),
              *map(" ".join, zip(ends, ends[1:], ends[2:], strict=False))} if words else set()  # fmt: skip
    for piece in sorted(pieces):
        number = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "little")
        row[number % _HASHED] += 1.0 if number >> 63 else -1.0
    length = float(np.linalg.norm(row))
    return row / np.float32(length) if length > 0 else row


def examples() -> dict[str, list[str]]:
    """Kind → example questions, as shipped."""
    found: dict[str, list[str]] = json.loads(_shipped("questions.json"))
    return found


def fit(x: F32, kinds: list[str]) -> Rule:
    """Kinds in the order of their names, and weights (features, kinds) of the ridge regression, in double precision."""
    names = tuple(sorted(set(kinds)))
    target = np.where(np.asarray(kinds)[:, None] == np.asarray(names)[None], 1.0, -1.0)
    full = x.astype(np.float64)
    if len(full) <= full.shape[1]:  # the dual form has the smaller matrix
        weights = full.T @ np.linalg.solve(full @ full.T + RIDGE * np.eye(len(full)), target)
    else:
        weights = np.linalg.solve(full.T @ full + RIDGE * np.eye(full.shape[1]), full.T @ target)
    weights[-1] -= DOUBT * (np.asarray(names) == NONE)
    return names, np.asarray(weights, dtype=np.float32)


def train(path: Path) -> None:
    """Work the rules out with what is installed here and write them to ``path`` (``kinds.json``)."""
    rules = {}
    for space in {s.name: s for s in (embedder(), Lexical())}.values():
        names, weights = _learn(space)
        body = base64.b64encode(weights.astype("<f2").tobytes()).decode()
        rules[space.name] = {"kinds": list(names), "shape": list(weights.shape), "weights": body}
    path.write_text(json.dumps({"examples": _digest(), "rules": rules}, indent=1) + "\n", encoding="utf-8")


@functools.lru_cache(maxsize=2)
def _rule(space: str) -> Rule:
    kept = json.loads(_shipped("kinds.json"))
    rule = kept["rules"].get(space)
    if rule is None or kept["examples"] != _digest():
        return _learn(embedder())
    weights = np.frombuffer(base64.b64decode(rule["weights"]), "<f2").astype(np.float32)
    return tuple(rule["kinds"]), weights.reshape(rule["shape"])


def _learn(space: Embedder) -> Rule:
    pairs = [(kind, read[0]) for kind, texts in examples().items() for text in texts if (read := readings(text))]
    pairs = [(kind, (stood(text) if kind in STANDING else None) or text) for kind, text in pairs]
    return fit(features([text for _, text in pairs], space), [kind for kind, _ in pairs])


def _digest() -> str:
    """Of what the rules depend on: the examples, and the words that nouns are told by."""
    shipped = _shipped("questions.json") + _shipped("words.json")
    return hashlib.sha256(shipped.encode()).hexdigest()[:16]


def _shipped(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
