"""The README's code blocks run as they stand, and what it says about the command line is true."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loci.launch.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON_BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SHELL_BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("code", PYTHON_BLOCKS, ids=range(len(PYTHON_BLOCKS)))
def test_a_python_block_runs(code: str, tmp_path: Path) -> None:
    """A user can paste any Python block of the README into an empty folder."""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr


@pytest.mark.slow
def test_the_shell_blocks_run(tmp_path: Path) -> None:
    """The `loci` lines of the README, one after another in one empty folder; set-up and the long jobs are left out."""
    lines = [line.split("  #")[0].strip() for block in SHELL_BLOCKS for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("loci ") and not line.startswith(("loci demo", "loci bench"))]
    assert len(lines) >= 4
    data = Path(os.environ.get("LOCI_DATA", ROOT.parent / "shared" / "data")).absolute()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DISPLAY": "",
        "LOCI_DATA": str(data),
    }
    for line in lines:
        if ("../shared/data" in line or "thor-server" in line) and not data.is_dir():
            continue
        line = line.replace("../shared/data", str(data))
        run = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert run.returncode == 0, f"{line}\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}"


def test_every_command_is_in_the_readme() -> None:
    """A command that the README does not name is one that nobody finds."""
    for options in COMMANDS:
        name = re.sub(r"(?<=.)([A-Z])", r"-\1", options.__name__).lower()
        assert f"loci {name}" in TEXT


def test_the_readme_links_to_files_that_exist() -> None:
    """Relative links lead somewhere."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
