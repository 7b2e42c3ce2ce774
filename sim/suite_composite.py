"""Composite tasks: one instruction with three to five sub-goals, in any order or in a given one; and those with one alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .goals import All, Ordered
from .suite_draft import Draft, UnfitError
from .suite_parts import Wish, draw_wish, held

_IN_ORDER = 0.35  # share of tasks that ask for an order
_HELD_LAST = 0.12


def composite(draft: Draft) -> None:
    """Three to five wishes about different things."""
    rng = draft.rng
    number = 3 + int(rng.integers(3))
    wishes: list[Wish] = []
    used: frozenset[str] = frozenset()
    for k in range(number):
        last = k == number - 1 and rng.random() < _HELD_LAST
        wish = held(draft.scene, used) if last else draw_wish(draft.scene, used)
        if wish is None:
            raise UnfitError("too little to wish for")
        wishes.append(wish)
        used |= set(wish.involves)
    parts = tuple(w.goal for w in wishes)
    in_order = rng.random() < _IN_ORDER
    text = (ordered if in_order else unordered)([w.text for w in wishes], rng)
    draft.say(text, Ordered(parts) if in_order else All(parts), dict(r for w in wishes for r in w.refers))


def single(draft: Draft) -> None:
    """One wish: a thing to a place, or a door."""
    draft.ask(draw_wish(draft.scene, forms=("put", "open")))


def unordered(clauses: Sequence[str], rng: np.random.Generator) -> str:
    """Several wishes at once, in one of several ways to say so."""
    *first, last = clauses
    ways: tuple[Callable[[], str], ...] = (
        lambda: f"{', '.join(first)}, and {last}",
        lambda: f"please {', '.join(first)} and {last}",
        lambda: ". ".join(_capital(c) for c in clauses),
        lambda: f"there are {_NUMBER[len(clauses)]} things to do: {'; '.join(clauses)}",
        lambda: f"could you {', '.join(first)} and also {last}?",
        lambda: f"I would like you to {', '.join(first)}, and {last}",
        lambda: f"{first[0]}. I also need you to {', '.join(first[1:])} and {last}",
    )
    return ways[int(rng.integers(len(ways)))]()


def ordered(clauses: Sequence[str], rng: np.random.Generator) -> str:
    """Several wishes one after the other."""
    first, *middle, last = clauses
    ways: tuple[Callable[[], str], ...] = (
        lambda: f"first {first}, then {', then '.join(middle)}, and finally {last}",
        lambda: f"{first}. After that, {'. Next, '.join(middle)}. Last of all, {last}",
        lambda: f"in this order: {'; '.join(clauses)}",
        lambda: f"start with this: {first}. Then {'. Then '.join(middle)}. When all that is done, {last}",
        lambda: f"please {first}, and only then {', after that '.join(middle)}, and {last} at the very end",
    )
    return ways[int(rng.integers(len(ways)))]()


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


_NUMBER = {3: "three", 4: "four", 5: "five"}
