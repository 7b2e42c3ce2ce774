"""Goals are data: they round-trip, they are checked on ground truth, the linter finds the impossible ones."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.errors import InputError
from loci.sim.goals import Progress, Which, check, from_json, lint, to_json


@dataclass
class Tiny:
    """Ground truth in a few dictionaries."""

    kinds: dict[str, str]
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    states: set[tuple[str, str]] = field(default_factory=set)
    hand: str | None = None

    def ids(self) -> list[str]:
        return list(self.kinds)

    def kind(self, id: str) -> str:
        return self.kinds[id]

    def holder(self, id: str) -> tuple[str, ...]:
        return self.where.get(id, ())

    def state(self, id: str, name: str) -> bool:
        return (id, name) in self.states

    def held(self) -> str | None:
        return self.hand


KINDS = {"m1": "Mug", "m2": "Mug", "a": "Apple", "f": "Fridge", "s1": "Shelf", "s2": "Shelf"}
names = st.sampled_from(["Mug", "Apple", "Fridge", "Shelf"])
which = st.one_of(names, st.builds(lambda t, v: {"type": t, "state": {"open": v}}, names, st.booleans()))
leaf = st.one_of(
    st.builds(lambda w, p, k: {k: [w, p]}, which, names, st.sampled_from(["in", "on"])),
    st.builds(lambda w, v: {"state": [w, "open", v]}, which, st.booleans()),
    st.builds(lambda w: {"held": w}, which),
    st.builds(lambda n, w, p: {"count": [n, {"in": [w, p]}]}, st.integers(2, 4), which, names),
)
goals = st.recursive(
    leaf,
    lambda g: st.builds(
        lambda w, b: {w: b}, st.sampled_from(["and", "or", "ordered"]), st.lists(g, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(goals)
def test_the_file_form_round_trips(data: dict[str, object]) -> None:
    """What is read can be written, and reads the same again."""
    assert to_json(from_json(data)) == data


def test_count_wants_different_things_in_one_place() -> None:
    """Two mugs on two shelves are not two mugs on a shelf."""
    goal = from_json({"count": [2, {"on": ["Mug", "Shelf"]}]})
    assert not check(goal, Tiny(KINDS, {"m1": ("s1",), "m2": ("s2",)}))
    assert check(goal, Tiny(KINDS, {"m1": ("s1",), "m2": ("s1",)}))


def test_ordered_goals_need_their_order() -> None:
    """Both parts hold at the end, but only one run had them in order."""
    data = {"ordered": [{"state": ["Fridge", "open", True]}, {"held": "Apple"}]}
    opened, held = Tiny(KINDS, states={("f", "open")}), Tiny(KINDS, hand="a")
    right, wrong = Progress(from_json(data)), Progress(from_json(data))
    assert not right.update(opened)
    assert right.update(held)
    assert not wrong.update(held)
    assert not wrong.update(opened)
    assert wrong.credit(opened) == 0.5


def test_the_linter_names_what_no_world_can_meet() -> None:
    """An apple holds nothing, a fridge is not carried, nobody has a unicorn."""
    kinds = {"Apple": frozenset({"pick"}), "Fridge": frozenset({"receptacle", "open"}), "Mug": frozenset({"pick"})}
    assert lint(from_json({"in": ["Apple", "Fridge"]}), kinds) == []
    assert "no receptacle" in lint(from_json({"in": ["Mug", "Apple"]}), kinds)[0]
    assert "picked up" in lint(from_json({"held": "Fridge"}), kinds)[0]
    assert "no Unicorn" in lint(from_json({"held": "Unicorn"}), kinds)[0]
    assert "never be open" in lint(from_json({"state": ["Apple", "open", True]}), kinds)[0]


@pytest.mark.parametrize(
    "bad", [{}, [], {"in": ["Mug"]}, {"and": []}, {"near": ["a", "b"]}, {"count": [0, {"in": ["a", "b"]}]}, {"held": 3}]
)
def test_a_malformed_goal_is_named(bad: object) -> None:
    """The message shows what was given."""
    with pytest.raises(InputError, match=r"goal|describes"):
        from_json(bad)


def test_a_description_by_id() -> None:
    """One certain thing, whatever its class."""
    assert Which(id="m2").all(Tiny(KINDS)) == ["m2"]
