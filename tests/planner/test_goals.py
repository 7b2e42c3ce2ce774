"""Goal conditions, where a thing came from, and the symbolic search."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from loci.contracts import Verb
from loci.planner import Held, In, Loop, OfflinePolicy, On, Ref, State
from loci.planner.goals import simplified
from loci.planner.origin import last_moved, original_place
from loci.planner.strips import Atom, Move, Problem, World, plan

MUG, CUP, TABLE, FRIDGE = (Ref((n,), f"the {n}", key=i) for i, n in enumerate(("mug", "bowl", "table", "fridge")))


def test_means_are_dropped_and_ends_stay() -> None:
    held, on = Held(MUG), On(MUG, TABLE)
    assert simplified((held, on)) == (on,)
    assert simplified((on, held)) == (on, held)
    open_, close = State(FRIDGE, "openness", "open"), State(FRIDGE, "openness", "closed")
    assert simplified((open_, In(MUG, FRIDGE), close)) == (In(MUG, FRIDGE), close)
    passing = simplified((open_, close))
    assert [getattr(g, "passing", False) for g in passing] == [True, False]
    assert [getattr(g, "passing", False) for g in simplified((on, In(MUG, FRIDGE)))] == [True, False]


def problem(world: World, *goals: Atom, banned: frozenset[Move] = frozenset()) -> Problem:
    return Problem(
        world, goals, frozenset({"fridge", "drawer"}), ("table",), lambda m: None if m in banned else 1.0, {}
    )


def test_search_opens_with_a_free_hand_and_ends_as_wished() -> None:
    world = World(None, (("apple", ("on", "table")),), frozenset())
    moves = plan(problem(world, Atom("in", "apple", "fridge"), Atom("closed", "fridge")))
    assert moves is not None
    assert [m.verb for m in moves] == [Verb.OPEN, Verb.PICK, Verb.PLACE, Verb.CLOSE]


def test_search_puts_down_what_is_in_the_way() -> None:
    world = World("apple", (("apple", None), ("mug", ("in", "drawer"))), frozenset())
    moves = plan(problem(world, Atom("in", "apple", "fridge")))
    assert moves is not None
    assert [(m.verb, m.target) for m in moves] == [
        (Verb.PLACE, "table"),
        (Verb.OPEN, "fridge"),
        (Verb.PICK, "apple"),
        (Verb.PLACE, "fridge"),
    ]


def test_search_says_when_there_is_no_way() -> None:
    world = World(None, (("mug", ("in", "drawer")),), frozenset())
    goal = Atom("on", "mug", "table")
    assert plan(problem(world, goal, banned=frozenset({Move(Verb.OPEN, "drawer")}))) is None
    assert plan(problem(world)) == []


def test_search_is_optimal_on_small_worlds() -> None:
    """Against plain breadth-first search over the same operators."""
    from loci.planner.strips import _moves

    rng = np.random.default_rng(3)
    spots = [("on", "table"), ("in", "fridge"), ("in", "drawer"), ("on", "counter")]
    for _ in range(60):
        at = tuple((n, spots[int(rng.integers(4))]) for n in ("apple", "mug"))
        world = World(None, at, frozenset(d for d in ("drawer", "fridge") if rng.random() < 0.5))
        goals = [Atom(*spots[int(rng.integers(4))][:1], n, "") for n in ("apple", "mug")]
        goals = [Atom(rel, n, place) for n in ("apple", "mug") for rel, place in [spots[int(rng.integers(4))]]]
        goals += [Atom("closed" if rng.random() < 0.5 else "open", "drawer")]
        p = problem(world, *goals)
        found = plan(p)
        assert found is not None
        layer, depth, seen = {world}, 0, {world}
        while not any(all(w.holds(g) for g in goals) for w in layer):
            layer = {after for w in layer for _, after in _moves(w, p)} - seen
            seen |= layer
            depth += 1
        assert len(found) == depth


def run(toy: ModuleType, *tasks: str) -> object:
    s = toy.setting()
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory))
    loop.survey()
    for task in tasks:
        assert loop.run(task).done, task
    return s


def test_original_place_goes_back_through_the_robots_own_moves(toy: ModuleType) -> None:
    s = run(
        toy,
        "Fetch the mug from the drawer and put it on the table.",
        "Put the mug from the table into the sink.",
    )
    mug = s.memory.ids["mug_a"]
    assert last_moved(s.memory)[0] == mug
    origin = original_place(s.memory, mug)
    assert origin is not None
    assert (origin.relation, origin.place) == ("in", s.memory.ids["the_drawer"])
    assert origin.moved


def test_a_persons_hand_in_between_starts_anew(toy: ModuleType) -> None:
    s = run(toy, "Fetch the mug from the drawer and put it on the table.")
    s.kitchen.at["mug_a"] = ("in", "the_sink")
    s.memory.write(s.robot.look(["the_sink", "the_table"]))
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory))
    assert loop.run("Put the mug from the sink on the counter.").done
    origin = original_place(s.memory, s.memory.ids["mug_a"])
    assert origin is not None
    assert origin.place == s.memory.ids["the_sink"]


def test_what_slipped_out_of_the_robots_hand_still_belongs_where_it_was(toy: ModuleType) -> None:
    s = run(toy, "Fetch the mug from the drawer and put it on the table.", "Pick up the mug from the table.")
    assert s.kitchen.held == "mug_a"
    s.kitchen.held, s.kitchen.at["mug_a"] = None, ("on", "the_counter")
    s.memory.write(s.robot.look(["the_counter", "the_table"]))
    loop = Loop(s.robot, s.perceiver, s.memory, OfflinePolicy(s.memory))
    assert loop.run("Put the mug back where you found it.").done
    assert s.kitchen.at["mug_a"] == ("in", "the_drawer")


def test_never_moved_means_first_place(toy: ModuleType) -> None:
    s = run(toy)
    origin = original_place(s.memory, s.memory.ids["apple"])
    assert origin is not None
    assert not origin.moved
    assert origin.place == s.memory.ids["the_table"]
    assert original_place(s.memory, "o99") is None


@pytest.mark.parametrize("task", ["Put the mug back where you found it.", "Put it back."])
def test_put_back_means_the_one_moved_last(toy: ModuleType, task: str) -> None:
    s = run(toy, "Fetch the mug from the drawer and put it on the table.", task)
    assert s.kitchen.at["mug_a"] == ("in", "the_drawer")
    assert s.kitchen.at["mug_b"] == ("on", "the_counter")
    assert s.kitchen.open == set()
