"""`loci tasks`: draws, checks and shows; bad input gives one clear line and exit status 2. Other ALFRED files are taken."""

import gzip
import json
from pathlib import Path

import pytest

from loci.errors import InputError
from loci.launch import bench_world
from loci.launch.cli import main
from loci.sim.alfred import load_trajectories


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """Three tasks in houses."""
    path = tmp_path / "tasks.jsonl"
    assert (
        main(["tasks", "new", str(path), "--suite", "moved", "--world", "house", "--seed", "70", "--count", "3"]) == 0
    )
    return path


def test_new_lint_show(tasks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same options give the same file; what was drawn is sound, and can be read by people."""
    before = tasks.read_bytes()
    assert (
        main(["tasks", "new", str(tasks), "--suite", "moved", "--world", "house", "--seed", "70", "--count", "3"]) == 0
    )
    assert tasks.read_bytes() == before
    assert main(["tasks", "lint", str(tasks)]) == 0
    assert "sound: 3 tasks" in capsys.readouterr().out
    assert main(["tasks", "show", str(tasks), "--id", "moved-house-000071", "--plan"]) == 0
    shown = capsys.readouterr().out
    assert "moved-house-000071" in shown
    assert "moved-house-000070" not in shown
    assert "goal: {" in shown
    assert "pick " in shown


def test_lint_names_every_fault(tasks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its line; lines that are sound are not held against the file, bad ones do not hide others."""
    lines = tasks.read_text().splitlines()
    task = json.loads(lines[1])
    task["instructions"][0]["goal"] = {"held": {"type": "unicorn"}}
    task["people"][0] = {"time": task["world"]["time"], "actor": "Ada", "verb": "open", "thing": "dragon-1"}
    tasks.write_text("\n".join([lines[0], "{", json.dumps(task), lines[0]]))
    assert main(["tasks", "lint", str(tasks)]) == 2
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 4
    assert "line 2: this is no JSON" in out[0]
    assert "line 3, moved-house-000071: people, deed 1 (Ada open dragon-1): there is no dragon-1" in out[1]
    assert "instruction 1: there is no unicorn" in out[2]
    assert "line 4" in out[3]
    assert "line 1 already" in out[3]
    assert main(["tasks", "lint", str(tasks), "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert not report["ok"]
    assert len(report["faults"]) == 4


@pytest.mark.parametrize(
    ("goal", "world", "says"),
    [
        ({"in": ["milk", "fridge"]}, "house:3", None),
        ({"in": ["milk", "fridge"]}, None, None),
        ({"in": ["fridge", "milk"]}, "house:3", "a fridge cannot be picked up"),
        ({"in": ["bag", "microwave"]}, "house:3", "a bag cannot be put in a microwave"),
        ({"and": [{"held": "milk"}, {"held": "mug"}]}, None, "held at once"),
        ({"nearby": []}, None, "goal 'nearby' is not known"),
    ],
)
def test_lint_of_one_goal(
    goal: object, world: str | None, says: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file with a goal alone, against a world or against none."""
    path = tmp_path / "goal.json"
    path.write_text(json.dumps(goal))
    status = main(["tasks", "lint", str(path), *(["--world", world] if world else [])])
    out = capsys.readouterr().out
    assert status == (0 if says is None else 2)
    assert says is None or says in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["tasks", "lint", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["tasks", "show", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["tasks", "new", "x.jsonl", "--count", "0"], "--count 0 is not usable"),
        (["tasks", "new", "x.jsonl", "--seed", "-1"], "seed -1 is not usable"),
        (["tasks", "new", "nowhere/x.jsonl", "--count", "1"], "cannot be written"),
        (["tasks", "new", "x.jsonl", "--world", "ithor", "--scenes", "nowhere"], "--scenes nowhere is no folder"),
        (["tasks", "new", "x.jsonl", "--world", "ithor", "--scenes", "."], "there are none in"),
        (["bench", "map", "--scenes", "."], "--scenes . is nothing that `bench map` can use"),
        (["bench", "world", "--trajectories", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_bad_options_are_named(
    options: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, one line, nothing written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(options) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert says in said[0]
    assert not list(tmp_path.iterdir())


def test_other_alfred_files_are_taken(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trajectories, task list and scenes from elsewhere; a list whose trajectories are not there is named."""
    for figures in (bench_world.bench_ithor, bench_world.bench_gym):  # what they measure is no matter of the files
        monkeypatch.setattr(figures, "run", lambda *_: [])
    loaded = json.loads(_unpacked(data_dir / "alfred" / "eb_alfred_dev_trajectories.json.gz"))
    some = {key: loaded[key] for key in sorted(loaded)[:4]}
    (tmp_path / "some.json").write_text(json.dumps(some))
    listed = {
        "base": [{"task": key, "instruction": "do it"} for key in some]
        + [{"task": sorted(some)[0], "instruction": "again"}]
    }
    (tmp_path / "list.json").write_text(json.dumps(listed))
    files = {"tasks": tmp_path / "list.json", "trajectories": tmp_path / "some.json", "scenes": data_dir / "ithor"}
    rows = {(r["metric"], r["mode"]): r for r in bench_world.run(0, False, **files)}
    assert rows["expert plans reach the goal", "given"]["n"] == 4
    assert rows["tasks of the list: expert plan reaches the goal", "given"]["n"] == 5
    listed["base"].append({"task": "elsewhere", "instruction": "x"})
    (tmp_path / "list.json").write_text(json.dumps(listed))
    with pytest.raises(
        InputError, match=r"list.json lists 1 trajectories .*some.json does not hold, such as 'elsewhere'"
    ):
        bench_world.run(0, True, **files)


def test_a_bad_trajectory_is_named(data_dir: Path, tmp_path: Path) -> None:
    """The file, the entry, and what is missing in it."""
    loaded = json.loads(_unpacked(data_dir / "alfred" / "eb_alfred_dev_trajectories.json.gz"))
    key = next(k for k in sorted(loaded) if loaded[k]["task_type"] == "pick_and_place_simple")
    path = tmp_path / "t.json"
    for change, says in (
        ({"task_type": "dance"}, "is no ALFRED trajectory|not one of ALFRED's seven"),
        ({"task_type": "do_a_dance"}, "not one of ALFRED's seven"),
        ({"plan": {}}, "high_pddl"),
        ({"scene": {"floor_plan": "FloorPlan1"}}, "object_poses"),
        ({"scene": {"floor_plan": "FloorPlan1", "object_poses": [{}]}}, "needs objectName"),
        ({"plan": {"high_pddl": [{"planner_action": {"action": "PutObject"}}]}}, "PutObject lacks receptacleObjectId"),
        ({"pddl_params": {}}, "object_target"),
    ):
        path.write_text(json.dumps({"an-entry": {**loaded[key], **change}}))
        with pytest.raises(InputError, match="an-entry") as caught:
            load_trajectories(path)
        assert any(word in str(caught.value) for word in says.split("|")), str(caught.value)
    path.write_text("[]")
    with pytest.raises(InputError, match="holds no trajectories"):
        load_trajectories(path)


def _unpacked(path: Path) -> bytes:

    return gzip.decompress(path.read_bytes())


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("# Loci\n\nWords.\n{}\n", "it begins with '# Loci'"),
        ('[{"format": "loci-task-1"},\n {"format": "loci-task-1"}]\n', "one JSON list of 2"),
        ('{\n "format": "loci-task-1",\n "id": "x"\n}\nmore', "it begins with '{'"),
        ('{"a": 1}\n{"b": 2}\n', "it begins with"),
        ('{\n "format": "loci-task-1",\n "instructions": []\n}\n', "one JSON object written over 4 lines"),
    ],
)
def test_lint_says_once_that_it_is_no_task_file(
    text: str, looks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault for each line of somebody's essay helps nobody."""
    path = tmp_path / "file.jsonl"
    path.write_text(text, encoding="utf-8")
    assert main(["tasks", "lint", str(path)]) == 2
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert looks in said[0]
    assert "JSON Lines" in said[0]
