"""Where the labels go: above their things on thin stems, as low as they can be without covering each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import F64
from .eye import FOV_Y, Eye

CHARACTER = 0.0085  # width of a character and height of a line in units of the picture's height, at the poster's zoom
LINE = 0.027


@dataclass(frozen=True, eq=False)
class Placed:
    """A label's text, where its stem begins (3,) and ends (3,), metres, world."""

    text: str
    foot: F64
    head: F64


def place(
    texts: Sequence[str], tops: F64, eye: Eye, low: float = 0.05, step: float = 0.03, tries: int = 40
) -> list[Placed]:
    """Stem heads for ``texts`` over ``tops`` (N, 3), the middles of the upper faces of their boxes.

    Greedy: nearest to the lower edge of the picture first, each label takes the lowest free height, ``low`` metres and
    then ``step`` more for each of at most ``tries``.
    """
    placed: list[Placed | None] = [None] * len(texts)
    taken: list[tuple[float, float, float, float]] = []
    if not len(texts):
        return []
    xy, _ = eye.project(tops)
    for i in np.argsort(xy[:, 1], kind="stable"):
        width = CHARACTER * len(texts[i]) + 0.012
        heads = tops[i] + np.outer(low + step * np.arange(tries), (0.0, 0.0, 1.0))
        spots, _ = eye.project(heads)
        choice = next((k for k in range(tries) if not _hits(_rectangle(spots[k], width), taken)), tries - 1)
        taken.append(_rectangle(spots[choice], width))
        placed[i] = Placed(texts[i], tops[i], heads[choice])
    return [p for p in placed if p is not None]


def text_anchor(label: Placed, eye: Eye) -> F64:
    """Where to put the text (3,) so that it stands on its stem: rerun hangs a point's label below the point."""
    _, z = eye.project(label.head[None])
    return np.asarray(label.head + np.array([0.0, 0.0, 1.35 * LINE * 2 * np.tan(FOV_Y / 2) * float(z[0])]))


def _rectangle(spot: F64, width: float) -> tuple[float, float, float, float]:
    return (spot[0] - width / 2, spot[1], spot[0] + width / 2, spot[1] + LINE)


def _hits(box: tuple[float, float, float, float], others: list[tuple[float, float, float, float]]) -> bool:
    return any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in others)
