"""The options of `loci world`, apart from the command itself, which loads the houses and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

File = tyro.conf.Positional[Path]


@dataclass(frozen=True)
class WorldNew:
    """Draw a house from a seed and write it as JSON (format: docs/house.md)."""

    file: File
    """The file to write."""
    seed: int = 0
    """Everything about the house follows from it."""
    rooms: int = 5
    """3 to 8."""
    members: int = 2
    """People who live there, 1 to 4."""
    floors: Literal[1, 2] = 1
    """Two: bedrooms, bathroom and study above, with a landing; 5 rooms at least."""


@dataclass(frozen=True)
class WorldLint:
    """Check a house file. Exit status 2 with all that is wrong."""

    file: File
    """The house file."""
    json: bool = False
    """One JSON object instead of a sentence."""


@dataclass(frozen=True)
class WorldPicture:
    """Draw a house from above."""

    file: File
    """The house file."""
    out: File
    """The picture to write (.png)."""
    day: int = 0
    """Show it after so many days of life in it."""
    hour: float = 0.0
    """Hour of that day."""
    scale: float = 90.0
    """Pixels for a metre."""
    floor: int | None = None
    """Only this floor; 0 is the ground floor. Default: all, side by side."""


@dataclass(frozen=True)
class WorldSheet:
    """Draw twelve houses, or twelve iTHOR scenes, on one picture."""

    out: File
    """The picture to write (.png)."""
    seed: int = 0
    """Seed of the first house."""
    floors: Literal[1, 2] = 1
    """Of each house."""
    scenes: Path | None = None
    """Folder of AI2-THOR metadata files: draw twelve of its scenes instead."""


@dataclass(frozen=True)
class World:
    """Houses drawn from a seed: new, lint, picture, sheet."""

    do: (
        Annotated[WorldNew, tyro.conf.subcommand("new")]
        | Annotated[WorldLint, tyro.conf.subcommand("lint")]
        | Annotated[WorldPicture, tyro.conf.subcommand("picture")]
        | Annotated[WorldSheet, tyro.conf.subcommand("sheet")]
    )
