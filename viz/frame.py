"""The frame around a picture: title, what the colours mean, a line of facts. Drawn with Pillow onto the screenshot."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from ..memory.records import Knowledge
from . import palette
from .caption import Caption

_MEANING = (
    (Knowledge.SEEN, "seen in the newest look"),
    (Knowledge.BELIEVED, "believed, not looked at"),
    (Knowledge.UNOBSERVED, "not looked at since"),
    (Knowledge.ABSENT, "looked, and gone"),
)


def compose(shot: Image.Image, caption: Caption) -> Image.Image:
    """``shot`` with the title at the upper left and the legend at the lower left, in the same size."""
    image = shot.convert("RGB")
    unit = image.height / 100  # so that the frame looks the same at every size
    image.paste(_backing(image.size), (0, 0), _shade(image.size))
    draw = ImageDraw.Draw(image, "RGBA")
    edge = 3.2 * unit
    draw.text((edge, edge), "Loci", font=_font(5.2 * unit), fill=palette.INK)
    y = edge + 6.6 * unit
    for line in ("what the robot remembers, and how it knows", *caption.lines):
        draw.text((edge, y), line, font=_font(1.75 * unit), fill=palette.FAINT)
        y += 2.6 * unit
    rows = [(k, f"{words}  ({caption.known[k.value]})") for k, words in _MEANING if caption.known.get(k.value)]
    y = image.height - edge - 2.9 * unit * (len(rows) + 1)
    for knowledge, words in rows:
        _dot(draw, edge, y, unit, palette.KNOWLEDGE[knowledge])
        draw.text((edge + 2.4 * unit, y), words, font=_font(1.75 * unit), fill=palette.INK)
        y += 2.9 * unit
    draw.line([(edge, y + unit), (edge + 1.5 * unit, y + unit)], fill=palette.PATH, width=max(2, int(unit / 3)))
    draw.text((edge + 2.4 * unit, y), "where the robot has been", font=_font(1.75 * unit), fill=palette.INK)
    return image


def _backing(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, palette.BACKGROUND[:3])


def _shade(size: tuple[int, int]) -> Image.Image:
    """How much of the background shows: dark at the left, where the words stand, and clear from a third on."""
    ramp = Image.new("L", (256, 1))
    ramp.putdata([round(215 * min(1.0, max(0.0, (92 - x) / 40))) for x in range(256)])
    return ramp.resize(size)


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, color: palette.Rgba) -> None:
    draw.rounded_rectangle((x, y + 0.25 * unit, x + 1.5 * unit, y + 1.75 * unit), radius=0.35 * unit, fill=color)


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=max(8, round(size)))  # comes with Pillow, so that it is the same everywhere
