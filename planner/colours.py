"""Which colour word fits a thing: by its vivid part if it has one, else by its lit side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64
from .vocabulary import COLOURS

GREYS = ("white", "grey", "black")
LIKE = {"silver": ("grey", "white")}
"""Colour words that are no colour of their own → what such a thing may look like."""
_VIVID = 30.0  # between the strongest and the weakest of a point's red, green and blue
_PURE = 0.3  # … and as a share of the strongest
_DARK = 60.0  # what is nowhere brighter than this is black, whatever its tinge
_SHARE = 0.3  # of the points: a toy car has white windows and black wheels
_LIT = 75  # percentile of brightness that is taken for the side in the light: the shaded side of white is grey
_WHITE, _BLACK = 165.0, 70.0  # brightness of that side above which it is white, below which black


def colour_of(colors: NDArray[np.uint8] | F64) -> str:
    """The colour word for points (N, 3) of 0 to 255; "" where there are none."""
    points = np.asarray(colors, dtype=np.float64)
    if len(points) == 0:
        return ""
    most, least = points.max(axis=1), points.min(axis=1)
    vivid = (most - least > _VIVID) & (most - least > _PURE * most) & (most > _DARK)
    if vivid.mean() >= _SHARE:
        return _nearest(points[vivid].mean(axis=0))
    light = float(np.percentile(points[~vivid].mean(axis=1), _LIT))
    return "white" if light > _WHITE else "grey" if light > _BLACK else "black"


def fits(word: str, colors: NDArray[np.uint8] | F64) -> bool:
    """True if a thing of these points may be called ``word``."""
    return colour_of(colors) in LIKE.get(word, (word,))


def _nearest(mean: F64) -> str:
    """The nearest colour that is no grey, by angle in RGB and brightness."""

    def distance(rgb: tuple[int, int, int]) -> float:
        reference = np.asarray(rgb, dtype=np.float64)
        chroma = (mean - mean.mean()) - (reference - reference.mean())
        return float(np.linalg.norm(chroma) + 0.3 * abs(mean.mean() - reference.mean()))

    return min((name for name in COLOURS if name not in GREYS), key=lambda name: distance(COLOURS[name]))
