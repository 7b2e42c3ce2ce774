"""The examples run with the installed package, from another folder."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run_example(name: str, folder: Path) -> str:
    """Standard output of an example started elsewhere."""
    path = ROOT / "examples" / name
    run = subprocess.run([sys.executable, str(path)], cwd=folder, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_own_segmenter(tmp_path: Path) -> None:
    """Four looks, a block is taken away, and memory says that it is gone from where it was."""
    on_table, before, after = run_example("own_segmenter.py", tmp_path).splitlines()
    assert all(colour in on_table for colour in ("red", "green", "blue"))
    assert "table" in before
    assert "gone" in after


def test_own_robot(tmp_path: Path) -> None:
    """A robot that can only look passes the conformance test, surveys, and is refused what it cannot do."""
    out = run_example("own_robot.py", tmp_path)
    assert "block" in out
    assert "open the fridge:" in out
