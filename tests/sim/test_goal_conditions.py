"""Goals are data: they round-trip, they are checked on ground truth, the linter finds the impossible ones."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.errors import InputError
from loci.sim.goal_lint import Facts, faults
from loci.sim.goals import Progress, Which, check, from_json, to_json


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
    st.builds(lambda n, w: {"count": [n, {"state": [w, "open", True]}]}, st.integers(2, 4), which),
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


moments = st.lists(st.lists(st.booleans(), min_size=8, max_size=8), min_size=1, max_size=6)


def moment(bits: list[bool]) -> Tiny:
    """One of 256 arrangements of the little world."""
    where = {
        "m1": ("s1",) if bits[0] else ("s2",),
        "m2": ("s1",) if bits[1] else ("f",),
        "a": ("f",) if bits[2] else (),
    }
    states = {(i, "open") for i, bit in zip(("f", "m1", "a", "s1"), bits[3:7], strict=True) if bit}
    return Tiny(KINDS, where, states, "a" if bits[7] and not bits[2] else None)


@given(goals, moments)
def test_credit_is_full_exactly_when_the_goal_is_reached(data: object, run: list[list[bool]]) -> None:
    """Whatever the goal and whatever happens: a share in [0, 1], and 1 means reached."""
    goal = from_json(data)
    progress = Progress(goal)
    for bits in run:
        truth = moment(bits)
        reached, credit = progress.update(truth), progress.credit(truth)
        assert 0.0 <= credit <= 1.0
        assert (credit == 1.0) is reached
        if reached:
            assert check(goal, truth)


def test_count_of_states() -> None:
    """Two open shelves, not one."""
    goal = from_json({"count": [2, {"state": ["Shelf", "open"]}]})
    assert not check(goal, Tiny(KINDS, states={("s1", "open"), ("f", "open")}))
    assert check(goal, Tiny(KINDS, states={("s1", "open"), ("s2", "open")}))


ORDER = {"ordered": [{"state": ["Fridge", "open", True]}, {"held": "Apple"}]}


def test_ordered_goals_need_their_order() -> None:
    """Both parts hold at the end, but only one run had them in order."""
    opened, held = Tiny(KINDS, states={("f", "open")}), Tiny(KINDS, hand="a")
    right, wrong = Progress(from_json(ORDER)), Progress(from_json(ORDER))
    assert not right.update(opened)
    assert right.credit(opened) == 0.5
    assert right.update(held)
    assert right.credit(held) == 1.0  # the first part was reached in its turn; it need not hold any more
    assert not wrong.update(held)
    assert wrong.credit(held) == 0.0
    assert not wrong.update(opened)
    assert wrong.credit(opened) == 0.5


def test_what_held_before_its_turn_has_to_come_true_again() -> None:
    """Held first, opened then: in order only after the apple was put down and picked up once more."""
    both, opened = Tiny(KINDS, states={("f", "open")}, hand="a"), Tiny(KINDS, states={("f", "open")})
    progress = Progress(from_json(ORDER))
    assert not progress.update(Tiny(KINDS, hand="a"))
    assert not progress.update(both)
    assert not progress.update(both)
    assert progress.credit(both) == 0.5
    assert not progress.update(opened)
    assert progress.update(both)
    assert not progress.update(opened)  # the last part no longer holds


def test_credit_of_alternatives_and_parts() -> None:
    """The best alternative counts; conditions weigh the same wherever they stand."""
    inside = {"in": ["Apple", "Fridge"]}
    truth = Tiny(KINDS, {"a": ("f",), "m1": ("s1",)})
    for data, credit in (
        ({"or": [{"held": "Mug"}, inside]}, 1.0),
        ({"and": [inside, {"held": "Mug"}]}, 0.5),
        ({"and": [inside, {"and": [{"on": ["Mug", "Shelf"]}, {"held": "Mug"}]}]}, 2 / 3),
        ({"or": [{"held": "Mug"}, {"and": [inside, {"held": "Mug"}]}]}, 0.5),
    ):
        assert Progress(from_json(data)).credit(truth) == pytest.approx(credit)


FACTS = Facts(
    {
        "Apple": frozenset({"pick", "cool", "slice"}),
        "AppleSliced": frozenset({"pick"}),
        "Fridge": frozenset({"receptacle", "open"}),
        "Table": frozenset({"receptacle"}),
        "Mug": frozenset({"pick", "receptacle", "wash"}),
        "Pillow": frozenset({"pick"}),
        "Lamp": frozenset({"toggle"}),
    },
    {"a1": "Apple", "m1": "Mug", "m2": "Mug", "f": "Fridge", "t": "Table", "p": "Pillow", "l": "Lamp"},
    lambda where, what: (where, what) != ("Fridge", "Pillow"),
    {"AppleSliced": 3},
)


@pytest.mark.parametrize(
    ("goal", "says"),
    [
        ({"in": ["Mug", "Apple"]}, "no receptacle"),
        ({"held": "Fridge"}, "picked up"),
        ({"held": "Unicorn"}, "no Unicorn"),
        ({"held": {"id": "m3"}}, "no m3"),
        ({"state": ["Apple", "open", True]}, "never be open"),
        ({"state": ["Lamp", "open", False]}, "never be open"),
        ({"state": ["Pillow", "cleaned", True]}, "never be cleaned"),
        ({"state": ["Lamp", "purple", True]}, "'purple' is no state"),
        ({"in": [{"type": "Pillow", "state": {"heated": True}}, "Table"]}, "never be heated"),
        ({"in": ["Pillow", "Fridge"]}, "cannot be put in a Fridge"),
        ({"count": [3, {"on": ["Mug", "Table"]}]}, "at most 2"),
        ({"count": [4, {"on": ["AppleSliced", "Table"]}]}, "at most 3"),
        ({"count": [2, {"state": ["Lamp", "on"]}]}, "at most 1"),
        ({"and": [{"held": "Mug"}, {"held": "Apple"}]}, "held at once"),
        ({"and": [{"held": {"id": "m1"}}, {"held": {"id": "m2"}}]}, "held at once"),
        ({"and": [{"held": "Apple"}, {"in": ["Apple", "Fridge"]}]}, "held and in"),
        ({"and": [{"state": ["Lamp", "on"]}, {"state": ["Lamp", "on", False]}]}, "on and not on at once"),
        ({"and": [{"state": ["Apple", "hot"]}, {"state": ["Apple", "cold"]}]}, "hot and cold"),
        ({"and": [{"in": ["Apple", "Fridge"]}, {"on": ["Apple", "Table"]}]}, "in Fridge and on Table at once"),
        ({"and": [{"in": [{"id": "m1"}, {"id": "m2"}]}, {"in": [{"id": "m2"}, {"id": "m1"}]}]}, "in each other"),
        ({"and": [{"count": [2, {"in": ["Mug", "Fridge"]}]}, {"on": ["Mug", "Table"]}]}, "3 × Mug"),
        ({"or": [{"held": "Unicorn"}, {"held": "Fridge"}]}, "no Unicorn"),
        ({"ordered": [{"held": "Mug"}, {"held": "Fridge"}]}, "picked up"),
    ],
)
def test_the_linter_names_what_no_world_can_meet(goal: object, says: str) -> None:
    """One sentence for each kind of impossibility."""
    assert any(says in fault for fault in faults(from_json(goal), FACTS)), faults(from_json(goal), FACTS)


@pytest.mark.parametrize(
    "goal",
    [
        {"in": ["Apple", "Fridge"]},
        {"or": [{"held": "Unicorn"}, {"held": "Mug"}]},
        {"ordered": [{"held": "Mug"}, {"held": "Apple"}]},
        {"and": [{"in": ["Apple", "Mug"]}, {"in": ["Apple", "Fridge"]}, {"in": ["Mug", "Fridge"]}]},
        {"and": [{"in": ["Mug", "Fridge"]}, {"on": ["Mug", "Table"]}]},
        {"and": [{"held": "Mug"}, {"held": {"id": "m2"}}]},
        {"count": [3, {"on": ["AppleSliced", "Table"]}]},
    ],
)
def test_the_linter_lets_the_possible_pass(goal: object) -> None:
    """One way out is enough, an order is no contradiction, a thing may be in a thing that is somewhere."""
    assert faults(from_json(goal), FACTS) == []


def test_contradictions_are_named_without_a_world() -> None:
    """Two certain things in one hand can be in no world at all."""
    assert faults(from_json({"and": [{"held": {"id": "x"}}, {"held": {"id": "y"}}]}))
    assert faults(from_json({"held": "Unicorn"})) == []


@pytest.mark.parametrize(
    "bad",
    [
        {},
        [],
        {"in": ["Mug"]},
        {"and": []},
        {"near": ["a", "b"]},
        {"count": [0, {"in": ["a", "b"]}]},
        {"count": [True, {"in": ["a", "b"]}]},
        {"count": [2, {"held": "a"}]},
        {"state": ["Mug", "clean", "yes"]},
        {"held": 3},
        {"held": {"id": 3}},
        {"held": {"type": "Mug", "state": {"clean": 1}}},
        {"held": {"type": ""}},
    ],
)
def test_a_malformed_goal_is_named(bad: object) -> None:
    """The message shows what was given."""
    with pytest.raises(InputError, match=r"goal|describes"):
        from_json(bad)


def test_a_description_by_id() -> None:
    """One certain thing, whatever its class."""
    assert Which(id="m2").all(Tiny(KINDS)) == ["m2"]
