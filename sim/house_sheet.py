"""Many floor plans on one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .house import House
from .house_canvas import PAPER
from .house_picture import floor_plan

_INK = (62, 58, 54)


def contact_sheet(houses: Sequence[House], columns: int = 4, cell: tuple[int, int] = (560, 460)) -> Any:
    """One picture of many floor plans, each with its seed and its numbers under it."""
    from PIL import Image, ImageDraw, ImageFont

    rows = -(-len(houses) // columns)
    sheet: Any = Image.new("RGB", (columns * cell[0], rows * cell[1]), PAPER)
    draw: Any = ImageDraw.Draw(sheet)
    for i, house in enumerate(houses):
        picture = floor_plan(house, scale=80.0)
        room = (cell[0] - 20, cell[1] - 44)
        share = min(room[0] / picture.width, room[1] / picture.height)
        small = picture.resize((int(picture.width * share), int(picture.height * share)), Image.Resampling.LANCZOS)
        x, y = (i % columns) * cell[0], (i // columns) * cell[1]
        sheet.paste(small, (x + (cell[0] - small.width) // 2, y + 6 + (room[1] - small.height) // 2))
        words = (
            f"seed {house.seed}: {len(house.rooms)} rooms, {len(house.furniture)} pieces, {len(house.things)} things"
        )
        draw.text(
            (x + cell[0] / 2, y + cell[1] - 18),
            words,
            fill=_INK,
            font=ImageFont.load_default(size=min(15, cell[0] // 32)),
            anchor="mm",
        )
    return sheet
