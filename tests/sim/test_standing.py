"""What carries a thing, through as many others as there are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from loci.sim.goals import check, from_json
from loci.sim.standing import Standing


class Told(Standing):
    """Contacts as they are told: thing → what is right under it."""

    def __init__(self, under: dict[str, str]) -> None:
        things = tuple(sorted(set(under)))
        world: Any = SimpleNamespace(furniture={"counter": None}, movables=set(things), label=str)
        truth: Any = SimpleNamespace(names=things, where=lambda name: ("on", under[name]))
        super().__init__(world, truth)

    def state(self, id: str, name: str) -> bool:
        return False

    def held(self) -> str | None:
        return None


def test_the_whole_stack_down_to_the_furniture_carries_a_thing() -> None:
    truth = Told({"apple": "bowl", "bowl": "plate", "plate": "counter", "mug": "floor", "can": ""})
    assert truth.ids() == ["counter", "apple", "bowl", "can", "mug", "plate"]
    assert truth.holder("apple") == ("bowl", "plate", "counter")
    assert check(from_json({"on": ["apple", "counter"]}), truth)
    assert not check(from_json({"on": ["plate", "bowl"]}), truth)
    assert [truth.holder(i) for i in ("mug", "can", "counter")] == [(), (), ()]


@pytest.mark.parametrize("under", [{"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}, {"a": "a"}])
def test_things_that_lean_on_each_other_end_somewhere(under: dict[str, str]) -> None:
    found = Told(under).holder("a")
    assert len(found) == len(set(found)) <= len(under)
