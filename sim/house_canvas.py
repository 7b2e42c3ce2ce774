"""A picture of a floor from above, drawn in metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..geometry import F64, Box, apply

Rgb = tuple[int, int, int]

INK: Rgb = (62, 58, 54)
PAPER: Rgb = (252, 251, 248)
_OVER = 2  # drawn that much larger, then reduced: smooth edges


class Canvas:
    """Shapes and text in metres. ``low``, ``high`` (2,): what is to be seen; ``scale``: pixels for a metre when finished."""

    def __init__(self, low: F64, high: F64, scale: float) -> None:
        from PIL import Image, ImageDraw

        self.low, self.high, self.scale = low, high, scale * _OVER
        width, height = (np.ceil((high - low) * self.scale)).astype(int).tolist()
        self.image: Any = Image.new("RGB", (width, height), PAPER)
        self.draw: Any = ImageDraw.Draw(self.image)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a point in metres; north is up."""
        return (float((x - self.low[0]) * self.scale), float((self.high[1] - y) * self.scale))

    def polygon(
        self, points: Sequence[Sequence[float]], fill: Rgb | None, ink: Rgb | None = INK, width: float = 0.012
    ) -> None:
        """A closed shape of points in metres."""
        pixels = [self.at(p[0], p[1]) for p in points]
        if fill is not None:
            self.draw.polygon(pixels, fill=fill)
        if ink is not None:
            self.draw.line(
                [*pixels, pixels[0], pixels[1]], fill=ink, width=max(1, round(width * self.scale)), joint="curve"
            )

    def line(self, a: tuple[float, float], b: tuple[float, float], ink: Rgb, width: float) -> None:
        """A straight line between two points in metres."""
        self.draw.line([self.at(*a), self.at(*b)], fill=ink, width=max(1, round(width * self.scale)))

    def local(self, box: Box, rect: tuple[float, float, float, float]) -> list[list[float]]:
        """Corners in the world of a rectangle (x0, y0, x1, y1) given in shares (-0.5 to 0.5) of a box's plan."""
        x0, y0, x1, y1 = rect
        corners = np.array([(x0, y0, 0), (x1, y0, 0), (x1, y1, 0), (x0, y1, 0)]) * box.size
        return [[float(p[0]), float(p[1])] for p in apply(box.T_ref_box, corners)]

    def disc(self, box: Box, x: float, y: float, radius: float, fill: Rgb | None, ink: Rgb = INK) -> None:
        """A circle at shares (x, y) of a box's plan; ``radius`` in metres."""
        px, py = self.at(*apply(box.T_ref_box, np.array((x, y, 0.0)) * box.size)[:2].tolist())
        r = radius * self.scale
        self.draw.ellipse(
            (px - r, py - r, px + r, py + r), fill=fill, outline=ink, width=max(1, round(0.01 * self.scale))
        )

    def text(self, x: float, y: float, words: str, size: float, fill: Rgb = INK, halo: Rgb | None = None) -> None:
        """Centred text, ``size`` metres high, smaller where it must be read on little room."""
        stroke = round(0.016 * self.scale) if halo is not None else 0
        self.draw.multiline_text(
            self.at(x, y), words, fill=fill, font=self._font(size), anchor="mm", align="center", stroke_width=stroke,
            stroke_fill=halo, spacing=0,
        )  # fmt: skip

    def width_of(self, words: str, size: float) -> float:
        """Metres that a text is wide."""
        font = self._font(size)
        return float(max(font.getlength(line) for line in words.split("\n"))) / self.scale

    def _font(self, size: float) -> Any:
        from PIL import ImageFont

        return ImageFont.load_default(size=max(9 * _OVER, round(size * self.scale)))

    def finished(self) -> Any:
        """The picture, reduced to its true size."""
        from PIL import Image

        w, h = self.image.size
        return self.image.resize((w // _OVER, h // _OVER), Image.Resampling.LANCZOS)
