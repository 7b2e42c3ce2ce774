"""What a thing looks like, as one short unit vector: a colour histogram that bears changes of brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import F64

HUES, SATURATIONS, GREYS = 12, 3, 12
SIZE = HUES * SATURATIONS + GREYS
"""Length of an appearance vector: 12 hues × 3 saturations, and 12 greys."""


def appearances(colors: NDArray[np.uint8], things: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Unit vectors (count, 48) float32 of ``count`` things from pixel colours (M, 3) uint8 and each pixel's thing (M,).

    Pixels vote softly for the two nearest hues and greys (so that a small shift of light moves little), coloured pixels
    for hue, colourless ones for grey; the square root of the shares makes dot products Hellinger affinities. A thing with
    no pixels gets the uniform vector.
    """
    rgb = colors.astype(np.float64) / 255.0
    hue, saturation, value = _hsv(rgb)
    coloured = np.clip((saturation * value - 0.06) / 0.14, 0.0, 1.0)  # dark and pale pixels have no reliable hue
    base = things.astype(np.int64) * SIZE
    h, h_share = np.floor(hue * HUES), (hue * HUES) % 1.0
    s = np.clip(saturation * SATURATIONS - 0.5, 0, SATURATIONS - 1)
    g = np.clip(value * GREYS - 0.5, 0, GREYS - 1)
    s_low, g_low = np.floor(s), np.floor(g)
    bins, weights = [], []
    for dh in (0, 1):
        for ds in (0, 1):
            column = (h + dh) % HUES * SATURATIONS + np.minimum(s_low + ds, SATURATIONS - 1)
            bins.append(base + column.astype(np.int64))
            weights.append(coloured * np.abs(1 - dh - h_share) * np.abs(1 - ds - (s - s_low)))
    for dg in (0, 1):
        bins.append(base + HUES * SATURATIONS + np.minimum(g_low + dg, GREYS - 1).astype(np.int64))
        weights.append((1 - coloured) * np.abs(1 - dg - (g - g_low)))
    votes = np.bincount(np.concatenate(bins), np.concatenate(weights), minlength=count * SIZE).reshape(count, SIZE)
    total = votes.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, votes / np.maximum(total, 1e-12), 1.0 / SIZE)
    roots = np.sqrt(shares)
    return np.asarray(roots / np.linalg.norm(roots, axis=1, keepdims=True), dtype=np.float32)


def _hsv(rgb: F64) -> tuple[F64, F64, F64]:
    """Hue, saturation, value (N,) in [0, 1] of colours (N, 3) in [0, 1]; the hue of a grey is 0."""
    value = rgb.max(axis=1)
    chroma = value - rgb.min(axis=1)
    r, g, b = rgb.T
    safe = np.where(chroma > 0, chroma, 1.0)
    hue = np.where(value == r, ((g - b) / safe) % 6.0, np.where(value == g, (b - r) / safe + 2.0, (r - g) / safe + 4.0))
    return hue / 6.0 % 1.0, np.where(value > 0, chroma / np.where(value > 0, value, 1.0), 0.0), value
