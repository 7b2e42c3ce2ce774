"""Line charts as PNG files, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

COLORS = ("#7f7f7f", "#1f77b4", "#2ca02c", "#d62728", "#ff9f6b", "#c5b0d5", "#9467bd", "#000000", "#17becf")
WIDTH, HEIGHT = 620, 480
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 50, 60
LEGEND = 24
"""Pixels per line of the legend."""


@dataclass(frozen=True)
class Series:
    """One line: its name and its points."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def line_charts(path: Path, panels: Mapping[str, Sequence[Series]], x_label: str) -> None:
    """Draw panels (title → lines) side by side with equal axes and one legend below, and write them to ``path``."""
    from PIL import Image, ImageDraw, ImageFont

    every = [s for lines in panels.values() for s in lines]
    x_ticks = ticks(min(min(s.x) for s in every), max(max(s.x) for s in every))
    y_ticks = ticks(min(0.0, *(min(s.y) for s in every)), max(max(s.y) for s in every))
    names = list(dict.fromkeys(s.name for s in every))
    columns = max(1, len(panels) * WIDTH // 300)
    image = Image.new("RGB", (len(panels) * WIDTH, HEIGHT + LEGEND * (2 + (len(names) - 1) // columns)), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(15)

    for k, (title, lines) in enumerate(panels.items()):
        left, right, low, high = k * WIDTH + LEFT, (k + 1) * WIDTH - RIGHT, HEIGHT - BOTTOM, TOP
        draw.text(((left + right) / 2, high - 24), title, fill="black", font=font, anchor="mm")
        draw.text(((left + right) / 2, low + 40), x_label, fill="black", font=font, anchor="mm")
        for tick in y_ticks:
            y = _scaled(tick, y_ticks, low, high)
            draw.line([(left, y), (right, y)], fill="#dddddd")
            draw.text((left - 8, y), f"{tick:g}", fill="black", font=font, anchor="rm")
        for tick in x_ticks:
            x = _scaled(tick, x_ticks, left, right)
            draw.line([(x, low), (x, low + 5)], fill="black")
            draw.text((x, low + 16), f"{tick:g}", fill="black", font=font, anchor="mm")
        draw.line([(left, high), (left, low), (right, low)], fill="black")
        for line in lines:
            color = COLORS[names.index(line.name) % len(COLORS)]
            points = [
                (_scaled(x, x_ticks, left, right), _scaled(y, y_ticks, low, high))
                for x, y in zip(line.x, line.y, strict=True)
            ]
            for a, b in pairwise(points):
                draw.line([a, b], fill=color, width=2)
            for x, y in points:
                draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=color)
    for k, name in enumerate(names):
        x, y = LEFT + (k % columns) * 300, HEIGHT + LEGEND * (k // columns) + LEGEND // 2
        draw.line([(x, y), (x + 30, y)], fill=COLORS[k % len(COLORS)], width=3)
        draw.text((x + 38, y), name, fill="black", font=font, anchor="lm")
    image.save(path)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, evenly spaced, from at most ``low`` to at least ``high``: 5 to 12 of them."""
    span = max(high - low, 1e-9)
    step = 10.0 ** np.floor(np.log10(span))
    step *= next((f for f in (0.1, 0.2, 0.5) if span / (f * step) <= 10), 1.0)
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    return [float(i * step) for i in range(first, max(last, first + 1) + 1)]


def _scaled(value: float, axis: Sequence[float], start: float, end: float) -> float:
    return start + (value - axis[0]) / (axis[-1] - axis[0]) * (end - start)
