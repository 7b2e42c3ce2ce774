"""Shared by all tests: where the real data lies."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data (environment variable LOCI_DATA, else ../shared/data); skips where it is absent."""
    folder = Path(os.environ.get("LOCI_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder (set LOCI_DATA)")
    return folder
