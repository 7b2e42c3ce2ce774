"""`loci run` from start to end in real processes: progress, crashes, signals, repetition."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loci.memory import Memory

LOCI = [sys.executable, "-m", "loci.launch"]
FETCH = "Fetch the mug from the drawer and put it on the table."


def start(folder: Path, *argv: str) -> subprocess.Popen[str]:
    """A `loci` in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*LOCI, *argv], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines_of(text: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_the_same_seed_twice_is_the_same_run(tmp_path: Path) -> None:
    """Actions, outcomes, and the canonical dump of the memory; and the run gets done."""
    runs, dumps = [], []
    both = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        both.append(start(tmp_path / name, "run", "--task", FETCH, "--memory", "m.db", "--seed", "3", "--json"))
    for name, process in zip(("a", "b"), both, strict=True):
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        runs.append([line for line in lines_of(out) if "step" in line])
        with Memory.open(tmp_path / name / "m.db", read_only=True) as memory:
            dumps.append(list(memory.dump()))
            assert memory.verify().ok
    assert runs[0] == runs[1]
    assert dumps[0] == dumps[1]
    assert len(runs[0]) >= 3


@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Every event up to the last printed ack is there, the file is whole, questions are answered."""
    process = start(tmp_path, "run", "--task", FETCH, "--memory", "m.db", "--seed", "1", "--json")
    assert process.stdout is not None
    acks, steps = [0], 0
    for line in process.stdout:
        record = json.loads(line)
        acks.append(record.get("ack", acks[-1]))
        steps += "step" in record
        if steps >= 2 and "ack" in record:
            break
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    acks += [r["ack"] for r in lines_of("\n".join(rest.splitlines()[:-1])) if "ack" in r]
    process.communicate(timeout=30)
    assert acks[-1] > 0
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        assert memory.verify().ok
        assert [e.seq for e in memory.events()][: acks[-1]] == list(range(1, acks[-1] + 1))
    asked = start(tmp_path, "ask", "m.db", "what is on the table?", "--json")
    out, err = asked.communicate(timeout=60)
    assert asked.returncode == 0, err
    assert json.loads(out)["evidence"]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_cleanly(number: signal.Signals, status: int, tmp_path: Path) -> None:
    """Memory and recording are whole, the episode is closed as cancelled."""
    process = start(tmp_path, "run", "--task", FETCH, "--memory", "m.db", "--seed", "1", "--json", "--viz", "r.rrd")
    assert process.stdout is not None
    steps = 0
    for line in process.stdout:
        steps += "step" in json.loads(line)
        if steps >= 2:
            break
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert "Traceback" not in err
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        assert memory.verify().ok
        assert memory.episodes()[-1].status == "cancelled"
    verified = subprocess.run(
        [str(Path(sys.executable).parent / "rerun"), "rrd", "verify", "r.rrd"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert verified.returncode == 0, verified.stderr


@pytest.mark.slow
def test_what_is_not_there_is_searched_for_and_the_search_remembered(tmp_path: Path) -> None:
    """Exit 1, and memory knows where was looked."""
    process = start(
        tmp_path,
        "run",
        "--task",
        "fetch the banana from the cupboard",
        "--memory",
        "m.db",
        "--seed",
        "2",
        "--json",
        "--steps",
        "14",
    )
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1, err
    report = lines_of(out)[-2:]
    assert any("banana" in str(line.get("reason", "")) for line in report), report
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        assert any(e.kind == "note.search" and "banana" in json.dumps(e.payload) for e in memory.events())
