"""Colour words for things as a camera saw them: lit and shaded, plain and of several colours."""

import numpy as np
import pytest

from loci.planner.colours import colour_of, fits
from loci.planner.instruction import parse
from loci.planner.vocabulary import COLOURS


def points(*parts: tuple[tuple[int, int, int], int]) -> np.ndarray:
    """So many points of each colour."""
    return np.concatenate([np.tile(np.array(rgb, dtype=np.uint8), (n, 1)) for rgb, n in parts])


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("light", [1.0, 0.8])
def test_plain_colours_in_light_and_shade(name: str, light: float) -> None:
    """One side lit fully, one dimmer."""
    rgb = np.array(COLOURS[name])
    shaded = points((tuple(rgb.tolist()), 60), (tuple((rgb * light).astype(int).tolist()), 60))
    assert colour_of(shaded) == name


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ([((145, 145, 142), 80), ((252, 252, 250), 40)], "white"),  # a bowl: most of it in the shade
        ([((50, 72, 128), 50), ((240, 240, 235), 60)], "blue"),  # a book with white pages
        ([((180, 40, 36), 60), ((20, 20, 20), 50), ((231, 231, 231), 40)], "red"),  # a toy car
        ([((34, 44, 58), 90)], "black"),  # a phone with a bluish screen
        ([((124, 124, 127), 60), ((80, 80, 84), 60)], "grey"),
        ([], ""),
    ],
)
def test_things_as_they_were_seen(parts, name: str) -> None:
    assert colour_of(points(*parts) if parts else np.zeros((0, 3), np.uint8)) == name


def test_silver_is_a_bright_grey() -> None:
    assert fits("silver", points(((150, 152, 156), 50)))
    assert fits("silver", points(((200, 204, 208), 50)))
    assert not fits("silver", points(((20, 20, 20), 50)))
    assert not fits("white", points(((120, 120, 120), 50)))
    assert str(parse("Put the silver bowl on the table.")) == "the silver bowl on the table"
