"""The kind of a question that no pattern fits, from its sentence vector: the kind whose example questions it is like.

Examples are in ``questions.json``, with a kind "none" for what is no question to a memory. A linear rule tells the kinds apart
(ridge regression onto ±1, closed form), over two vectors of the question: as it is, and with what it is about replaced by the
same nouns everywhere, so that "where has the vase got to" is near "where has the mug got to". The rule for the shipped examples
and MiniLM is in ``kinds.json``; for other examples or vectors it is worked out on first use. ``train`` writes that file.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import numpy as np

from .embedding import F32, Embedder, embedder
from .phrases import things

NONE = "none"
RIDGE = 0.3
SURE = {"MiniLM": 0.05, "lexical": 0.3}  # how far the best kind has to lead the second; examples are at ±1
FLOOR = -0.55  # and the least that it has to reach
_STAND_INS = ("mug", "table", "drawer")
Rule = tuple[tuple[str, ...], F32]


def nearest(text: str) -> str | None:
    """The kind of a cleaned question, or None if it is like no question to a memory or like several kinds."""
    space = embedder()
    kinds, weights = _rule(space.name)
    sure = SURE["lexical" if space.name.startswith("lexical") else "MiniLM"]
    return choose(kinds, features([text], space)[0] @ weights, sure)


def choose(kinds: tuple[str, ...], scores: F32, lead: float) -> str | None:
    """The kind with the highest score; None if that is "none", low, or less than ``lead`` above the next."""
    first, second = np.argsort(-np.round(scores, 5), kind="stable")[:2]
    sure = scores[first] - scores[second] >= lead and scores[first] >= FLOOR
    return kinds[first] if sure and kinds[first] != NONE else None


def features(texts: list[str], space: Embedder) -> F32:
    """(N, 2 dim + 1): the vectors of the masked and of the plain text, and a one."""
    vectors = space.embed([*map(masked, texts), *texts]) / np.float32(np.sqrt(2.0))
    half = len(texts)
    return np.hstack([vectors[:half], vectors[half:], np.ones((half, 1), np.float32)])


def masked(text: str) -> str:
    """The question with the same stand-ins for whatever it is about."""
    for k, phrase in enumerate(things(text)[: len(_STAND_INS)]):
        text = re.sub(rf"\b{re.escape(phrase)}(?!\w)", _STAND_INS[k], text, count=1)
    return text


def examples() -> dict[str, list[str]]:
    """Kind → example questions, as shipped."""
    found: dict[str, list[str]] = json.loads(_shipped("questions.json"))
    return found


def fit(x: F32, kinds: list[str]) -> Rule:
    """Kinds in the order of their names, and weights (features, kinds) of the ridge regression in its dual form."""
    names = tuple(sorted(set(kinds)))
    target = np.where(np.asarray(kinds)[:, None] == np.asarray(names)[None], 1.0, -1.0)
    gram = x.astype(np.float64) @ x.T.astype(np.float64)
    dual = np.linalg.solve(gram + RIDGE * np.eye(len(x)), target)
    return names, np.asarray(x.T @ dual, dtype=np.float32)


def train(path: Path) -> None:
    """Work the rule out with what is installed here and write it to ``path`` (``kinds.json``)."""
    names, weights = _learn()
    body = base64.b64encode(weights.astype("<f2").tobytes()).decode()
    head = {"space": embedder().name, "examples": _digest(), "kinds": list(names), "shape": list(weights.shape)}
    path.write_text(json.dumps({**head, "weights": body}, indent=1) + "\n", encoding="utf-8")


@functools.lru_cache(maxsize=2)
def _rule(space: str) -> Rule:
    kept = json.loads(_shipped("kinds.json"))
    if (kept["space"], kept["examples"]) != (space, _digest()):
        return _learn()
    weights = np.frombuffer(base64.b64decode(kept["weights"]), "<f2").astype(np.float32)
    return tuple(kept["kinds"]), weights.reshape(kept["shape"])


def _learn() -> Rule:
    pairs = [(kind, text) for kind, texts in examples().items() for text in texts]
    return fit(features([text for _, text in pairs], embedder()), [kind for kind, _ in pairs])


def _digest() -> str:
    return hashlib.sha256(_shipped("questions.json").encode()).hexdigest()[:16]


def _shipped(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
