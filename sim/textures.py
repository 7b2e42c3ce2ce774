"""Pictures for the kitchen's surfaces, drawn by the program: planks, tiles, stone, labels. Always the same pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (H, W, 3)


def write_texture(name: str, folder: Path) -> Path:
    """``folder/name.png``, drawn unless it is there already."""
    path = folder / f"{name}.png"
    if not path.exists():
        from PIL import Image

        Image.fromarray(_PAINTERS[name]()).save(path)
    return path


def _noise(shape: tuple[int, int], seed: int, coarse: tuple[int, int]) -> NDArray[np.float64]:
    """Smooth noise in [0, 1]: a small random grid, stretched; it repeats at the borders."""
    from PIL import Image

    grid = np.random.default_rng(seed).random(coarse)
    grid = np.pad(grid, ((0, 1), (0, 1)), mode="wrap")
    image = Image.fromarray((grid * 255).astype(np.uint8)).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float64) / 255


def _paint(base: tuple[int, int, int], light: NDArray[np.float64]) -> Picture:
    return np.clip(np.array(base) * light[..., None], 0, 255).astype(np.uint8)


def _wood(base: tuple[int, int, int], seed: int) -> Picture:
    grain = _noise((256, 256), seed, (48, 3)) * 0.6 + _noise((256, 256), seed + 1, (90, 5)) * 0.4
    return _paint(base, 0.82 + 0.3 * grain)


def _planks() -> Picture:
    """Four rows of floor boards, 2 × 2 boards each."""
    image = np.zeros((256, 256, 3), dtype=np.uint8)
    rng = np.random.default_rng(5)
    for row in range(4):
        board = _wood((176, 138, 100), 20 + row)
        rows = slice(row * 64, row * 64 + 64)
        image[rows] = np.clip(board[rows] * (0.9 + 0.16 * rng.random()), 0, 255)
        image[row * 64 : row * 64 + 2] = image[row * 64 : row * 64 + 2] * 0.6
        seam = (row * 97) % 256
        image[rows, seam : seam + 2] = image[rows, seam : seam + 2] * 0.6
    return image


def _tiles() -> Picture:
    """Wall tiles: white in brick bond with grey joints."""
    image = np.full((128, 128, 3), (228, 233, 232), dtype=np.uint8)
    for row in range(4):
        image[row * 32 : row * 32 + 2] = (186, 190, 190)
        for seam in (0, 64):
            u = (seam + 32 * (row % 2)) % 128
            image[row * 32 : row * 32 + 32, u : u + 2] = (186, 190, 190)
    return image


def _stone() -> Picture:
    """A speckled dark worktop."""
    rng = np.random.default_rng(9)
    image = _paint((88, 90, 96), 0.85 + 0.3 * _noise((128, 128), 8, (16, 16)))
    dots = rng.integers(0, 128, (500, 2))
    image[dots[:, 0], dots[:, 1]] = rng.choice([60, 140, 165], (500, 1))
    return image


def _window() -> Picture:
    """A window with a garden behind it."""
    image = np.zeros((192, 256, 3), dtype=np.uint8)
    sky = np.linspace(0, 1, 192)[:, None, None]
    image[:] = (1 - sky) * np.array((150, 200, 240)) + sky * np.array((225, 240, 248))
    hill = 120 + 14 * np.sin(np.arange(256) / 38.0)
    image[np.arange(192)[:, None] > hill] = (120, 168, 96)
    for frame in (slice(0, 12), slice(-12, None)):
        image[frame] = 245
        image[:, frame] = 245
    image[:, 123:133] = 245
    return image


def _label(ground: tuple[int, int, int], ink: tuple[int, int, int], text: str) -> Picture:
    """A pack: ground colour, a band, a disc and a word."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (128, 160), ground)
    draw: Any = ImageDraw.Draw(image)
    draw.rectangle((0, 8, 128, 20), fill=ink)
    draw.rectangle((0, 140, 128, 152), fill=ink)
    draw.ellipse((34, 78, 94, 134), fill=ink)
    draw.ellipse((46, 90, 82, 122), fill=ground)
    font = ImageFont.load_default(size=30)
    draw.text((64, 48), text, fill=ink, font=font, anchor="mm")
    return np.asarray(image)


def _can() -> Picture:
    image = np.full((128, 128, 3), (196, 200, 204), dtype=np.uint8)
    label = np.tile(_label((190, 30, 34), (250, 240, 215), "TOMATO"), (1, 1, 1))
    image[22:106] = label[38:122]
    return image


def _apple() -> Picture:
    glow = _noise((128, 128), 3, (5, 9))
    image = _paint((196, 34, 38), 0.8 + 0.35 * glow)
    image[(glow > 0.78)] = (214, 132, 60)
    image[:10] = (122, 92, 44)  # the dimple at the stem; pictures start at the top
    return image


def _orange() -> Picture:
    return _paint((242, 140, 24), 0.86 + 0.2 * _noise((128, 128), 4, (32, 64)))


def _banana() -> Picture:
    image = _paint((240, 206, 62), 0.92 + 0.12 * _noise((128, 32), 6, (12, 4)))
    image[:8] = (92, 70, 36)
    image[-8:] = (92, 70, 36)
    return image


def _book() -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (128, 200), (34, 66, 120))
    draw: Any = ImageDraw.Draw(image)
    draw.rectangle((10, 10, 118, 190), outline=(230, 190, 90), width=3)
    draw.text((64, 70), "LOCI", fill=(230, 190, 90), font=ImageFont.load_default(size=38), anchor="mm")
    draw.ellipse((44, 112, 84, 152), outline=(230, 190, 90), width=4)
    return np.asarray(image)


_PAINTERS: dict[str, Callable[[], Picture]] = {
    "planks": _planks,
    "tiles": _tiles,
    "stone": _stone,
    "window": _window,
    "oak": lambda: _wood((196, 148, 96), 1),
    "walnut": lambda: _wood((142, 98, 66), 2),
    "birch": lambda: _wood((222, 196, 156), 3),
    "cereal": lambda: _label((244, 176, 40), (150, 44, 30), "CRUNCH"),
    "milk": lambda: _label((246, 248, 250), (40, 96, 190), "MILK"),
    "can": _can,
    "apple": _apple,
    "orange": _orange,
    "banana": _banana,
    "book": _book,
}
