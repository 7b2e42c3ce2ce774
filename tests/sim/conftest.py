"""Shared by the tests of the worlds: iTHOR's scenes, the kitchen, and a morning of a household."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loci.sim.house_plan import generate
from loci.sim.household import Household
from loci.sim.ithor_library import SceneLibrary
from loci.sim.kitchen import Kitchen


@pytest.fixture(scope="module")
def scenes(data_dir: Path) -> SceneLibrary:
    return SceneLibrary(data_dir / "ithor")


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    with Kitchen.build(0) as world:
        yield world


@pytest.fixture(scope="module")
def life() -> Household:
    """Four rooms, two people, after their first day."""
    found = Household(generate(3, 4, 2))
    found.run(1)
    return found
