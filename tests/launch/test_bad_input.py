"""What a user can get wrong at the command line: one clear line that names the thing, exit 2, memory untouched."""

import json
import os
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from loci.launch.cli import main

ROOT = Path(__file__).resolve().parents[2]
NONSENSE = json.loads((ROOT / "tests/data/nonsense.json").read_text(encoding="utf-8"))["refuse"]


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run, expect exit status 2 and exactly one line on standard error, return it."""
    assert main(list(argv)) == 2
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("loci: ")
    assert "Traceback" not in captured.err
    return lines[0]


@pytest.mark.parametrize("case", NONSENSE, ids=range(len(NONSENSE)))
def test_an_instruction_that_makes_no_sense(
    case: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused before a memory file exists."""
    memory = tmp_path / "m.db"
    refused(capsys, "run", "--task", case["text"], "--memory", str(memory))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_world_names_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And leaves no memory file behind."""
    line = refused(capsys, "run", "--world", "castle", "--task", "open the fridge", "--memory", str(tmp_path / "m.db"))
    assert "castle" in line
    assert "kitchen" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["ask", "view", "verify", "dump", "stats"])
def test_a_memory_file_that_is_not_there(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reading never creates a file."""
    more = ["where is the mug?"] if command == "ask" else []
    line = refused(capsys, command, str(tmp_path / "none.db"), *more)
    assert "none.db" in line
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture, an empty file, a folder, somebody else's database."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    empty = tmp_path / "empty.db"
    empty.touch()
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    db.close()
    for path in (picture, empty, other, tmp_path):
        assert str(path) in refused(capsys, "ask", str(path), "where is the mug?")
        before = path.read_bytes() if path.is_file() else b""
        assert str(path) in refused(capsys, "run", "--task", "open the fridge", "--memory", str(path))
        assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_memory_file_of_a_newer_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is left alone, and the message says which version would read it."""
    from loci.memory import Memory

    path = tmp_path / "m.db"
    Memory.open(path).close()
    data = bytearray(path.read_bytes())
    data[60:64] = struct.pack(">I", 9999)  # SQLite's user_version
    path.write_bytes(bytes(data))
    assert "9999" in refused(capsys, "ask", str(path), "where is the mug?")


def test_a_memory_file_that_another_process_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second writer is told who has it; readers are welcome."""
    path = tmp_path / "m.db"
    code = f"from loci.memory import Memory; m = Memory.open({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        line = refused(capsys, "run", "--task", "open the fridge", "--memory", str(path))
        assert str(other.pid) in line
        assert main(["stats", str(path)]) == 0
        other.communicate("\n")


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["run", "--task", "open the fridge", "--viz", "nowhere/x.rrd"], "nowhere"),
        (["run", "--task", "open the fridge", "--viz", "sometimes"], "sometimes"),
        (["run", "--task", "open the fridge", "--steps", "0"], "--steps"),
        (["run", "--task", "open the fridge", "--seed", "-1"], "seed"),
        (["run", "--task", "open the fridge", "--llm-base-url", "http://127.0.0.1:9"], "--llm-model"),
        (["map", "--rgbd", "nowhere", "--memory", "m.db"], "nowhere"),
    ],
)
def test_options_that_cannot_be(
    argv: list[str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message names the value."""
    monkeypatch.chdir(tmp_path)
    assert word in refused(capsys, *argv)
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_is_not_understood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what can be asked."""
    from loci.memory import Memory

    path = tmp_path / "m.db"
    Memory.open(path).close()
    assert "where" in refused(capsys, "ask", str(path), "why do birds sing?")


@pytest.mark.parametrize("argv", [["export", "m.db", "--out", "m.db"], ["export", "m.db", "--out", "n.db"],
                                  ["export-md", "m.db", "--out", "m.db"], ["export-md", "m.db", "--out", "n.db"]])  # fmt: skip
def test_no_memory_is_written_over(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the one that is read nor another."""
    from loci.memory import Memory

    monkeypatch.chdir(tmp_path)
    for name in ("m.db", "n.db"):
        with Memory.open(name) as memory:
            memory.note("remark", "the only copy", 1.0)
    before = Path(argv[-1]).read_bytes()
    assert argv[-1] in refused(capsys, *argv)
    assert Path(argv[-1]).read_bytes() == before


def test_where_an_export_cannot_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder and a full disk are told in a line; a pipe or a device is written to, not replaced by a file."""
    from loci.memory import Memory

    monkeypatch.chdir(tmp_path)
    Memory.open("m.db").close()
    Path("folder").mkdir()
    assert "folder" in refused(capsys, "export", "m.db", "--out", "folder")
    assert "No space" in refused(capsys, "export", "m.db", "--out", "/dev/full")
    os.mkfifo("pipe")
    with open("pipe", "r+b", buffering=0):  # somebody who reads
        assert main(["export", "m.db", "--out", "pipe"]) == 0
    assert Path("pipe").is_fifo()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "m.db", "pipe"]


def test_an_output_that_is_full(tmp_path: Path) -> None:
    """One line, no traceback."""
    from loci.memory import Memory

    Memory.open(tmp_path / "m.db").close()
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "-m", "loci.launch", "stats", str(tmp_path / "m.db")]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["loci: the output cannot be written: No space left on device"]


def test_a_noun_is_not_forgotten_by_but_answered_with_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks to forget the mug must not read that there is none."""
    from loci.contracts import ObjectReport
    from loci.geometry import Box
    from loci.memory import Memory

    path = str(tmp_path / "m.db")
    with Memory.open(path) as memory:
        memory.add_area("room", "kitchen", map_id="map", box=((0, 0, 0), (2, 2, 2)))
        memory.write(ObjectReport(1.0, "robot", "map", {"mug": 0.9}, Box.from_bounds((0, 0, 0), (0.1, 0.1, 0.1))))
    assert "o1 (mug)" in refused(capsys, "forget", path, "--thing", "mug")
    assert "r1 (room kitchen)" in refused(capsys, "forget", path, "--place", "kitchen")
    assert "there is no thing 'sofa'" in refused(capsys, "forget", path, "--thing", "sofa")
    assert "too large" in refused(capsys, "forget", path, "--note", str(10**30))


def test_a_stream_of_which_no_line_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not done, which the exit status says; into a file all bad lines are told, one by one."""
    stream, path = tmp_path / "s.jsonl", str(tmp_path / "m.db")
    stream.write_text("no line\n" * 50)
    assert main(["replay", str(stream), "--memory", path]) == 1
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == [str(n) for n in range(1, 51)]
    stream.write_text('{"type":"note","kind":"remark","text":"hello","stamp":1}\nno line\n')
    assert main(["replay", str(stream), "--memory", path]) == 0
    assert "The memory has 1 events." in capsys.readouterr().out


def test_an_output_without_utf8(tmp_path: Path) -> None:
    """People lose a letter, programs none."""
    from loci.memory import Memory

    path = tmp_path / "m.db"
    with Memory.open(path) as memory:
        memory.note("remark", "the Käse is out", 1.0)
    told = {}
    for command in ("export-md", "dump", "export"):
        argv = [sys.executable, "-m", "loci.launch", command, str(path)]
        environment = os.environ | {"PYTHONIOENCODING": "ascii"}
        done = subprocess.run(argv, capture_output=True, env=environment, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")
        told[command] = done.stdout
    assert b"the K?se is out" in told["export-md"]
    assert "the Käse is out" in told["dump"].decode()
    assert "the Käse is out" in "".join(str(json.loads(line)) for line in told["export"].splitlines())
