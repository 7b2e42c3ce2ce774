"""Shared by all tests: where the real data lies."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if (
    ROOT.parent / "shared" / "data"
).is_dir():  # also for what runs from the wheel, which cannot know where the checkout is
    os.environ.setdefault("LOCI_DATA", str(ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data (environment variable LOCI_DATA, else ../shared/data); skips where it is absent."""
    folder = Path(os.environ.get("LOCI_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder (set LOCI_DATA)")
    return folder
