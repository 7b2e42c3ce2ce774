"""A fridge that memory knows in two halves is opened by the handle of either."""

from types import SimpleNamespace

import numpy as np
import pytest

from loci.contracts import Role
from loci.geometry import Box
from loci.planner.whole import whole


def thing(id, label, low, high, role=Role.FURNITURE):
    return SimpleNamespace(id=id, label=label, role=role, box_world=Box.from_bounds(np.array(low), np.array(high)))


def memory(things, parts):
    return SimpleNamespace(
        parts=lambda id: list(parts.get(id, ())), things=lambda role=None: [t for t in things if t.role is role]
    )


LEFT = thing("o1", "fridge", (2.60, 7.4, 0.0), (2.95, 8.1, 1.8))
SIDE = thing("o2", "fridge", (3.32, 7.4, 0.5), (3.33, 8.1, 1.6))
DOOR = thing("o3", "door", (2.63, 7.38, 0.1), (3.31, 7.44, 1.75), Role.PART)
HANDLE = thing("o4", "handle", (3.24, 7.34, 0.9), (3.30, 7.38, 1.15), Role.PART)
WHOLE = thing("o5", "fridge", (2.60, 7.4, 0.0), (3.30, 8.1, 1.8))
NEXT = thing("o6", "cupboard", (3.31, 7.4, 0.0), (4.1, 8.0, 2.0))


def test_two_halves_are_one_piece() -> None:
    box, handle = whole(memory([LEFT, SIDE, NEXT], {"o1": [DOOR], "o2": [HANDLE]}), LEFT)
    low, high = box.bounds()
    assert low == pytest.approx([2.60, 7.4, 0.0])
    assert high == pytest.approx([3.33, 8.1, 1.8])
    assert handle is HANDLE.box_world


@pytest.mark.parametrize(
    ("things", "parts", "target"),
    [
        ([WHOLE, NEXT], {"o5": [DOOR], "o6": [HANDLE]}, WHOLE),  # the neighbour's handle is the neighbour's
        ([LEFT, SIDE], {"o2": [HANDLE]}, LEFT),  # nothing between them says that they are one
        ([WHOLE, thing("o7", "fridge", (3.31, 7.4, 0.0), (4.0, 8.1, 1.8))], {"o7": [HANDLE]}, WHOLE),  # two fridges
    ],
)
def test_what_is_not_one_piece_stays_apart(things, parts, target) -> None:
    assert whole(memory(things, parts), target) == (target.box_world, None)


def test_its_own_handle_is_enough() -> None:
    """A piece whose handle is known stays as memory has it: the one nearest to its middle counts."""
    far = thing("o8", "handle", (2.6, 7.3, 0.1), (2.65, 7.35, 0.2), Role.PART)
    assert whole(memory([LEFT, SIDE], {"o1": [DOOR, far, HANDLE], "o2": []}), LEFT) == (
        LEFT.box_world,
        HANDLE.box_world,
    )
