"""The suites: every task can be done, none by doing nothing, wrong plans fail, and there are as many as one asks for."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from loci.errors import ConfigError, InputError
from loci.sim.goals import All, Inside, Ordered
from loci.sim.suite import draw, draw_many
from loci.sim.suite_composite import ordered, unordered
from loci.sim.suite_scene import articled, plural
from loci.sim.task import SUITES, Task, from_json, line, load_tasks, to_json
from loci.sim.task_body import carried_out
from loci.sim.task_lint import task_faults
from loci.sim.task_mutants import mutants
from loci.sim.task_oracle import solve
from loci.sim.task_worlds import KINDS, WorldLibrary


@pytest.fixture(scope="module")
def library(data_dir: Path) -> WorldLibrary:
    return WorldLibrary(data_dir / "ithor")


@pytest.fixture(scope="module")
def drawn(library: WorldLibrary) -> dict[tuple[str, str], list[Task]]:
    return {(s, k): list(draw_many(s, k, 40, 2, library)) for s in SUITES for k in KINDS}


def every(drawn: dict[tuple[str, str], list[Task]], suite: str = "") -> Iterator[Task]:
    return (t for (name, _), tasks in drawn.items() for t in tasks if suite in ("", name))


def test_the_expert_does_every_task(drawn: dict[tuple[str, str], list[Task]], library: WorldLibrary) -> None:
    """In a fresh world, without one failed action, and with something to do in every instruction."""
    for task in every(drawn):
        trial = library.trial(task)
        solve(trial)
        assert trial.reached, task.id
        assert trial.credit == 1.0
        assert not any(v.held_before or v.failure for v in trial.verdicts), task.id


def test_a_robot_that_has_to_see_does_them_too(drawn: dict[tuple[str, str], list[Task]], library: WorldLibrary) -> None:
    """In scenes: targets named by class and box, found among what is visible."""
    for suite in SUITES:
        task = drawn[suite, "ithor"][0]
        assert carried_out(task, solve(library.trial(task)), library).reached, task.id


def test_doing_nothing_does_no_task(drawn: dict[tuple[str, str], list[Task]], library: WorldLibrary) -> None:
    """And earns nothing for the instructions whose goal holds by itself."""
    for task in every(drawn):
        trial = library.trial(task)
        for _ in trial:
            pass
        assert not trial.reached, task.id
        assert trial.credit < 0.7
        assert all(v.credit == 0.0 for v in trial.verdicts if v.held_before)


def test_experts_led_astray_fail(drawn: dict[tuple[str, str], list[Task]], library: WorldLibrary) -> None:
    """Every kind of mistake, where it can be made: all but a few in a hundred are noticed by the goals."""
    tried: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for task in every(drawn):
        plans = solve(library.trial(task))
        for mutant in mutants(task, plans, library.trial, np.random.default_rng(task.seed)):
            tried[mutant.name] += 1
            reached[mutant.name] += mutant.reached
    assert set(tried) == {
        "step dropped", "order swapped", "wrong receptacle", "closed container", "second object", "wrong thing", "stale",
    }  # fmt: skip
    assert min(tried.values()) >= 3
    assert sum(reached.values()) <= 0.02 * sum(tried.values()), reached


def test_tasks_are_sound_and_round_trip(drawn: dict[tuple[str, str], list[Task]], library: WorldLibrary) -> None:
    """No fault is found in them, and the file form loses nothing."""
    for task in every(drawn):
        assert task_faults(task, library) == []
        assert from_json(json.loads(line(task))) == task


def test_the_same_seed_gives_the_same_task(drawn: dict[tuple[str, str], list[Task]], data_dir: Path) -> None:
    """Whatever was drawn before: another library, another order."""
    fresh = WorldLibrary(data_dir / "ithor")
    for (suite, kind), tasks in reversed(drawn.items()):
        assert draw(suite, kind, tasks[-1].seed, fresh) == tasks[-1]


def test_what_each_suite_is_about(drawn: dict[tuple[str, str], list[Task]]) -> None:
    """Sub-goals, references, moved things, days."""
    for task in every(drawn, "composite"):
        goal = task.instructions[0].goal
        assert len(task.instructions) == 1
        assert isinstance(goal, (All, Ordered))
        assert 3 <= len(goal.parts) <= 5
    for task in every(drawn, "complex"):
        assert 2 <= len(task.instructions) <= 4
        assert task.instructions[-1].refers
    for task in every(drawn, "moved"):
        moved = {d.thing for d in task.people if d.time <= task.instructions[0].time}
        assert moved & set(task.instructions[0].refers.values())
        assert task.instructions[0].time > task.world.time
    for task in every(drawn, "repeat"):
        days = [i.time // 86400 for i in task.instructions]
        assert len(days) == len(set(days)) >= 3
        assert len({json.dumps(to_json(task)["instructions"][n]["goal"]) for n in range(len(days))}) == 1


def test_put_back_means_where_it_was(library: WorldLibrary) -> None:
    """References are resolved to the place of the start, by id, in scenes and in houses."""
    checked = 0
    for task in [*draw_many("complex", "house", 500, 12, library), *draw_many("complex", "ithor", 500, 2, library)]:
        last = task.instructions[-1]
        if "where it was" in last.refers:
            assert isinstance(last.goal, Inside)
            home = library.open(task.world).holder(last.goal.what.id)[0]
            assert home == last.refers["where it was"] == last.goal.where.id
            checked += 1
    assert checked >= 2


def test_moved_things_are_not_where_they_were_seen(
    drawn: dict[tuple[str, str], list[Task]], library: WorldLibrary
) -> None:
    """Between the look and the instruction people have really carried them off."""
    for task in every(drawn, "moved"):
        trial = library.trial(task)
        things = [i for p, i in task.instructions[0].refers.items() if p != "where it was"]
        seen = {i: trial.stage.holder(i) for i in things}
        next(iter(trial))
        assert all(trial.stage.holder(i)[0] != seen[i][0] for i in things), task.id


def test_seeds_give_distinct_tasks(library: WorldLibrary) -> None:
    """Fast and distinct; the wordings differ as well."""
    _without_end(library, {"house": 3, "ithor": 1})


@pytest.mark.slow
def test_suites_have_no_end(library: WorldLibrary) -> None:
    """Fifty seeds of each suite; `loci bench tasks` draws more."""
    _without_end(library, {"house": 46, "ithor": 4})


def _without_end(library: WorldLibrary, counts: dict[str, int]) -> None:
    begun, count = time.process_time(), sum(counts.values())
    for suite in SUITES:
        tasks = [t for kind in KINDS for t in draw_many(suite, kind, 10_000, counts[kind], library)]
        content = {json.dumps({k: v for k, v in to_json(t).items() if k not in ("id", "seed")}) for t in tasks}
        texts = {tuple(i.text for i in t.instructions) for t in tasks}
        assert len({t.id for t in tasks}) == len(content) == count
        assert len(texts) >= (0.5 if suite == "single" else 0.95) * len(
            tasks
        )  # there are only so many things in a house
    assert (time.process_time() - begun) / (len(SUITES) * count) < 1.0  # seconds of the processor for a task


def test_no_template_is_left_open(drawn: dict[tuple[str, str], list[Task]]) -> None:
    """Sentences begin with a capital, end with a stop, and have no gaps, doubled words or names of the program's."""
    for task in every(drawn):
        for text in (i.text for i in task.instructions):
            assert text[0].isupper(), text
            assert text[-1] in ".!?", text
            assert not any(mark in text for mark in "{}|_@"), text
            words = text.lower().replace(",", "").split()
            assert not any(a == b for a, b in pairwise(words)), text
            assert " a a" not in text, text
            assert " a e" not in text, text


def test_english_details() -> None:
    """Plurals, articles, and that a joined sentence holds every clause in its order."""
    assert [plural(n) for n in ("knife", "shelf", "box", "keys", "dish", "mug")] == [
        "knives", "shelves", "boxes", "keys", "dishes", "mugs",
    ]  # fmt: skip
    assert articled("a armchair") == "an armchair"
    assert articled("a mug") == "a mug"
    clauses = ["open the fridge", "take the cup", "close the box", "light the candle"]
    for join in (ordered, unordered):
        said = {join(clauses, np.random.default_rng(k)) for k in range(60)}
        assert len(said) >= 5
        for text in said:
            places = [text.lower().find(c) for c in clauses]
            assert min(places) >= 0
            assert places == sorted(places)


def test_the_documented_task_can_be_done() -> None:
    """The example of docs/tasks.md."""
    text = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text(encoding="utf-8")
    example = next(block for block in text.split("```") if "loci-task-1" in block and block.startswith("json"))
    task, houses = from_json(json.loads(example.removeprefix("json"))), WorldLibrary()
    assert task_faults(task, houses) == []
    trial = houses.trial(task)
    solve(trial)
    assert trial.reached


def test_what_cannot_be_drawn_is_named(library: WorldLibrary) -> None:
    """Unknown suite, world or seed; scenes that are not there."""
    for suite, kind, seed, says in (
        ("easy", "house", 0, "no suite 'easy'"),
        ("moved", "barn", 0, "no kind of world 'barn'"),
        ("moved", "house", -1, "seed -1"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=says):
            draw(suite, kind, seed, library)
    with pytest.raises(InputError, match="no folder was given"):
        draw("moved", "ithor", 0, WorldLibrary())


def test_a_bad_task_file_is_named_by_line(tmp_path: Path, drawn: dict[tuple[str, str], list[Task]]) -> None:
    """Whatever is wrong: the file, the line, the part, and what would be right."""
    good = to_json(drawn["moved", "house"][0])
    bad: list[tuple[object, str]] = [
        ("{", "no JSON"),
        ([], "format"),
        ({**good, "format": "loci-task-9"}, "loci-task-9"),
        ({k: v for k, v in good.items() if k != "world"}, "lacks world"),
        ({**good, "colour": 1}, "does not know colour"),
        ({**good, "suite": "easy"}, "'easy' is not one of"),
        ({**good, "seed": 1.5}, "a whole number"),
        ({**good, "instructions": []}, "at least one instruction"),
        ({**good, "instructions": [{**good["instructions"][0], "goal": {"near": 1}}]}, "instruction 1: goal 'near'"),
        ({**good, "instructions": [{**good["instructions"][0], "time": float("nan")}]}, "finite"),
        ({**good, "instructions": [{**good["instructions"][0], "time": -5.0}]}, "have to rise"),
        ({**good, "instructions": [{**good["instructions"][0], "text": "  "}]}, "text is empty"),
        ({**good, "people": [{**good["people"][0], "verb": "eat"}]}, "'eat' is not one of"),
        ({**good, "people": [{**good["people"][0], "verb": "put", "place": ""}]}, "a place belongs to put"),
        ({**good, "world": {"kind": "barn"}}, "'barn' is not one of"),
        ({**good, "world": {**good["world"], "rooms": True}}, "rooms is True"),
    ]
    for data, says in bad:
        path = tmp_path / "tasks.jsonl"
        text = data if isinstance(data, str) else json.dumps(data)
        path.write_text(f"{json.dumps(good)}\n\n{text}\n")
        with pytest.raises(InputError, match="line 3") as caught:
            load_tasks(path)
        assert says in str(caught.value), str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        load_tasks(tmp_path / "nowhere.jsonl")
