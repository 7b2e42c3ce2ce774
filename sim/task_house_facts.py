"""What a house has, for the goal linter: classes, what can be done with them, and what goes where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalogue import THINGS
from .goal_lint import Facts

if TYPE_CHECKING:
    from .task_house import HouseStage


def facts_of(stage: HouseStage) -> Facts:
    """Of every class what any of its things can do; what goes where by size, as if nothing else were there."""
    ids = {i: stage.kind(i) for i in stage.ids()}
    kinds: dict[str, frozenset[str]] = {}
    for id, kind in ids.items():
        kinds[kind] = kinds.get(kind, frozenset()) | stage.affords(id)

    def accepts(where: str, what: str) -> bool:
        holders = [h for h, kind in ids.items() if kind == where and (h in stage.pieces or THINGS[kind].holds)]
        return any(_fits(stage, t, h) for t, kind in ids.items() if kind == what for h in holders if h != t)

    return Facts(kinds, ids, accepts, {})


def _fits(stage: HouseStage, thing: str, place: str) -> bool:
    w, d, h = stage.items[thing].size
    for level in stage.levels(thing, place):
        x, y = level.rect[2] - level.rect[0], level.rect[3] - level.rect[1]
        if h <= level.headroom and ((w <= x and d <= y) or (d <= x and w <= y)):
            return True
    return False
