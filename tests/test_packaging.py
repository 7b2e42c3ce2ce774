"""What ships in the wheel, and that the suite really runs against it when it is told to."""

import os
import zipfile
from pathlib import Path

import pytest

import loci

ROOT = Path(__file__).resolve().parents[1]


def test_the_suite_imports_the_wheel_when_told_to() -> None:
    """`make test` sets LOCI_WHEEL: then loci has to come from there, not from the checkout."""
    site = os.environ.get("LOCI_WHEEL")
    if site is None:
        pytest.skip("runs on the working tree (LOCI_WHEEL is not set)")
    assert Path(loci.__file__).resolve().is_relative_to(Path(site).resolve())


def test_the_wheel_holds_every_package_and_no_tests() -> None:
    """Every module of the six folders ships; tests, docs and the data of others do not."""
    site = os.environ.get("LOCI_WHEEL")
    if site is None:
        pytest.skip("runs on the working tree (LOCI_WHEEL is not set)")
    (wheel,) = (ROOT / "dist").glob("loci-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    folders = ("memory", "perception", "planner", "sim", "viz", "launch")
    sources = [*ROOT.glob("*.py"), *(p for f in folders for p in (ROOT / f).glob("*.py"))]
    assert {f"loci/{p.relative_to(ROOT)}" for p in sources} <= names
    assert not [n for n in names if n.startswith(("tests/", "loci/tests", "memory/", "launch/")) or n.endswith(".db")]
