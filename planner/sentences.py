"""Tokens → sentences → clauses → frames, with loose phrases such as a fronted "from the drawer," put where they belong."""

from __future__ import annotations

from collections.abc import Sequence

from .clauses import Clause
from .frames import Frame
from .lexer import Token

_BREAKERS = ("verb", "not", "after", "before", "reason", "there", "ensure", "if")


def frames(tokens: Sequence[Token]) -> list[list[Frame]]:
    """The frames of each sentence, in the order in which they were said."""
    out = []
    for sentence in _split_stops(tokens):
        parts: list[Frame] = []
        for clause in _split_clauses(sentence):
            parts.extend(Clause(clause).frames())
        out.append([f for f in _attached(parts) if f.verb or not f.empty])
    return [s for s in out if s]


def _split_stops(tokens: Sequence[Token]) -> list[list[Token]]:
    out: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "stop":
            out.append([])
        else:
            out[-1].append(token)
    return [s for s in out if s]


def _split_clauses(tokens: Sequence[Token]) -> list[list[Token]]:
    out: list[list[Token]] = [[]]
    for i, token in enumerate(tokens):
        if token.kind in ("comma", "and") and _breaks(tokens, i + 1):
            out.append([])
        elif token.kind in ("reason", "after", "before", "ensure", "if", "there") and out[-1]:
            out.append([token])
        else:
            out[-1].append(token)
    return [c for c in out if c]


def _breaks(tokens: Sequence[Token], i: int) -> bool:
    """True if a new clause begins at ``i``, False if a list of noun phrases goes on."""
    while i < len(tokens) and tokens[i].kind in ("comma", "and", "back", "i", "me"):
        i += 1
    if i == len(tokens) or tokens[i].kind in (*_BREAKERS, "prep", "unknown"):
        return True
    for token in tokens[i:]:
        if token.kind in ("comma", "and"):
            return False
        if token.kind in ("verb", "be", "must", "finite", "state"):
            return token.kind != "verb" or not any(t.kind == "prep" for t in tokens[i : tokens.index(token, i)])
    return False


def _attached(parts: list[Frame]) -> list[Frame]:
    """``parts`` with phrases like a fronted "from the drawer," moved to the frame that they belong to."""
    out: list[Frame] = []
    for i, part in enumerate(parts):
        places = part.sources + part.dests + part.statics
        loose = not part.verb and not part.asserted and not part.themes and not part.states and bool(places)
        loose = loose or (not part.verb and not part.empty and not part.themes and (part.origin or part.back))
        host = next((f for f in reversed(out) if f.verb), None) or next((f for f in parts[i + 1 :] if f.verb), None)
        if not loose or host is None or part.unknown:
            out.append(part)
            continue
        host.sources += part.sources
        host.dests += part.dests
        host.statics += part.statics
        host.origin |= part.origin
        host.back |= part.back
    return out
