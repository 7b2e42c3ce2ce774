"""The page for people: complete, the same for equal runs, and nothing in it is taken for markup."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Status, Verb
from loci.errors import ConfigError
from loci.geometry import Box
from loci.launch import markdown as command
from loci.memory import Memory
from loci.memory.markdown import markdown


def day(stage) -> None:
    """A carry that fails, a closing fridge, a thing that vanishes, a remark with markup in it."""
    stage.kitchen()
    stage.looks(5)
    memory = stage.memory
    episode = memory.begin_episode("put the *apple* away", stage.now)
    action = memory.begin_action(Decision(Verb.PICK, stage.ids["apple"], subgoal="hold it"), stage.now)
    stage.looks(2)
    memory.end_action(action, Outcome(Status.SLIPPED, "it slid", stage.now - 0.5, stage.now))
    memory.end_episode(episode, "failed", stage.now)
    stage.props["mug"].visible = False
    stage.props["fridge"].states = {"openness": {"open": 0.05, "closed": 0.95}}
    stage.props["milk"].visible = False
    stage.looks(6)
    memory.note("preference", "# Ann: <b>no</b> | `milk`\n\n- after ten", stage.now, refs=(stage.ids["milk"],))
    memory.note("recall", "internal", stage.now)


def page(memory: Memory, days: int | None = None) -> str:
    return "\n".join(markdown(memory, days))


def test_every_thing_is_on_the_page_once(stage) -> None:
    """Present things in the tree of places, absent ones among what is gone; how each is known is said."""
    day(stage)
    text, ids = page(stage.memory), stage.ids
    tree = text.split("## What is where")[1].split("\n## ")[0]
    gone = text.split("## Gone from where it was")[1].split("\n## ")[0]
    for thing in stage.memory.things():
        absent = thing.knowledge == "absent"
        assert (tree.count(f"({thing.id})"), gone.count(f"({thing.id})")) == ((0, 1) if absent else (1, 0))
    assert re.search(rf"^  - on: \*\*apple\*\* \({ids['apple']}\), seen", tree, re.MULTILINE)
    assert re.search(rf"^  - in: \*\*milk\*\* \({ids['milk']}\), believed", tree, re.MULTILINE)
    assert f"**fridge** ({ids['fridge']}), closed" in tree
    assert ids["mug"] in gone


def test_what_happened_and_was_done_is_told(stage) -> None:
    """History by day with causes, episodes with their actions, remarks of people; not the machine's own notes."""
    day(stage)
    text = page(stage.memory)
    assert "## History, day 1" in text
    assert re.search(r"- 00:00:0\d the mug \(o\d\) is gone", text)
    assert f"1. pick the apple ({stage.ids['apple']}) (hold it), slipped: it slid" in text
    assert "| milk | fridge | 1 | 100 % |" in text
    assert "internal" not in text


def test_text_from_the_world_is_never_markup(stage) -> None:
    """Headings, tables, code and HTML in labels, instructions and remarks stay words on one line."""
    day(stage)
    stage.add("odd", "b|u*g", (0.4, 0.6, 0.85), (0.1, 0.1, 0.1), on="table", color=4)
    stage.looks(4)
    text = page(stage.memory)
    assert r"\# Ann: \<b\>no\</b\> \| \`milk\` - after ten" in text
    assert r"b\|u\*g" in text
    assert r"“put the \*apple\* away”" in text
    assert not re.search(r"(?<!\\)<", text)
    assert [line for line in text.splitlines() if line.startswith("# ")] == ["# What is remembered"]


def test_equal_runs_give_equal_pages(tmp_path: Path, new_stage) -> None:
    """Whatever the file is called and the record clock says; a replay gives the same page, and so does a reader."""
    pages = []
    for n in range(2):
        with Memory.open(tmp_path / f"{n}.db", clock=lambda n=n: 1e9 + n) as memory:
            stage = new_stage(memory, seed=2)
            stage.now = 1.7e9
            day(stage)
            list(memory.dump())
            pages.append(page(memory))
            with memory.replay(":memory:") as again:
                assert page(again) == pages[-1]
        with Memory.open(tmp_path / f"{n}.db", read_only=True) as reader:
            assert page(reader) == pages[-1]
    assert pages[0] == pages[1]
    assert "## History, Tuesday, 14 November 2023" in pages[0]


def test_days_limit_history_and_erasures_are_told(stage) -> None:
    """Older days are left out; that something was erased is told, what it was is not."""
    stage.kitchen()
    stage.looks(4)
    stage.blank(3 * 86400.0, 2)
    stage.props["apple"].center = np.array([0.7, 0.5, 0.84])
    stage.looks(4)
    stage.memory.forget(thing=stage.ids["milk"])
    text = page(stage.memory, days=1)
    assert "day 4" in text
    assert "## History, day 1" not in text
    assert "*a thing was erased*" in text
    assert "milk" not in page(stage.memory)


def test_an_empty_memory_has_a_page() -> None:
    """Nothing is known, and it says so."""
    with Memory.open(":memory:") as memory:
        assert "Nothing is known yet." in page(memory)


def test_the_command_writes_it(tmp_path: Path, new_stage, capsys) -> None:
    """To a file or to standard output; bad options are refused."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        day(new_stage(memory))
    assert command.main(command.ExportMd(path)) == 0
    said = capsys.readouterr().out
    assert command.main(command.ExportMd(path, tmp_path / "m.md")) == 0
    assert (tmp_path / "m.md").read_text(encoding="utf-8") == said
    with pytest.raises(ConfigError, match="--days 0"):
        command.main(command.ExportMd(path, days=0))
    with pytest.raises(ConfigError, match="cannot be written"):
        command.main(command.ExportMd(path, tmp_path / "no" / "m.md"))


def test_maps_rooms_robots_and_what_was_learned_are_told(tmp_path: Path) -> None:
    """Two shelves in two maps are told apart, who did what is said, and so is what was said for good and taken back."""
    box = Box.from_bounds((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    cup = Box.from_bounds((0.4, 0.4, 1.0), (0.5, 0.5, 1.1))
    with Memory.open(":memory:") as memory:
        memory.add_area("room", "den", map_id="home", box=((-1, -1, -1), (3, 3, 3)))
        home, cellar = (
            memory.write(ObjectReport(1.0, "tom", m, {"shelf": 0.9}, box)).ids[0] for m in ("home", "cellar")
        )
        mug = memory.write(ObjectReport(1.0, "tom", "home", {"mug": 0.9}, cup)).ids[0]
        assert "map" not in page(Memory.open(":memory:"))
        for verb, target in ((Verb.PICK, mug), (Verb.PLACE, home)):
            action = memory.begin_action(Decision(verb, target), 2.0, robot_id="tom")
            memory.end_action(action, Outcome(Status.SUCCEEDED, "", 2.0, 3.0))
        memory.note("remark", "The mugs belong on the shelf", 4.0)
        memory.note("remark", "The mugs belong in the cupboard", 5.0)
        text = page(memory)
    assert f"**shelf** ({home}), in the den, map home" in text
    assert f"**shelf** ({cellar}), map cellar" in text
    assert "1 thing, 2 places" in text
    done = text.split("## Done without an instruction")[1].split("\n## ")[0]
    assert f"tom: pick the mug ({mug}), succeeded" in done
    assert f"tom: place the mug ({mug}) on the shelf ({home}), succeeded" in done
    learned = text.split("## What was learned")[1].split("\n## ")[0]
    assert learned.count("Contradicts: You said") == 2
    assert learned.count("(until ") == 1


def test_the_event_of_a_preference_is_told_so_that_it_can_be_forgotten() -> None:
    """What `loci forget --note` needs is on the page."""
    with Memory.open(":memory:") as memory:
        memory.note("remark", "Ann likes the blue cup", 4.0)
        found = re.findall(r"Ann likes the blue cup.*\(event (\d+)\)", page(memory))
        assert len(found) == 2
        memory.forget(note=int(found[0]))
        assert "Ann" not in page(memory)
