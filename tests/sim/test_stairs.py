"""Stairs as data: the floor that they take, the hole above them, and what is wrong with those that cannot be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.errors import ConfigError, InputError
from loci.sim.house_file import from_json, to_json
from loci.sim.house_plan import generate
from loci.sim.house_stairs import STOREY, Stairs, without


@given(
    st.lists(st.tuples(*[st.integers(-20, 120)] * 4), max_size=3),
    st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)), min_size=1, max_size=20),
)
def test_a_floor_less_its_holes_is_the_rest_once(holes, points):
    """Every point lies in exactly one part, or in a hole."""
    cut = [(min(a, c) + 0.5, min(b, d) + 0.5, max(a, c) + 0.5, max(b, d) + 0.5) for a, b, c, d in holes]
    parts = without((0.0, 0.0, 100.0, 100.0), cut)
    for x, y in points:
        inside = sum(p[0] < x < p[2] and p[1] < y < p[3] for p in parts)
        in_hole = any(h[0] < x < h[2] and h[1] < y < h[3] for h in cut)
        on_edge = any(x in (p[0], p[2]) or y in (p[1], p[3]) for p in parts)
        assert on_edge or inside == (not in_hole)


def _spoil_foot(data):
    data["stairs"][0]["foot"][0] += 0.7
    data["stairs"][0]["foot"][1] += 0.7


def _spoil_away(data):
    for end in ("foot", "head"):
        data["stairs"][0][end][0] += 30.0


def _spoil_floor(data):
    data["stairs"][0]["rooms"] = ["hall", "kitchen"]


def _spoil_short(data):
    stairs = data["stairs"][0]
    stairs["head"] = [(a + 2 * b) / 3 for a, b in zip(stairs["head"], stairs["foot"], strict=True)]


def _spoil_gone(data):
    del data["stairs"]


def _spoil_furniture(data):
    stairs, piece = data["stairs"][0], next(f for f in data["furniture"] if f["class"] == "console table")
    piece["box"]["center"][:2] = [(a + b) / 2 for a, b in zip(stairs["foot"], stairs["head"], strict=True)]


def _spoil_way(data):
    stairs, piece = data["stairs"][0], next(f for f in data["furniture"] if f["room"] == "landing")
    up = np.array(stairs["head"]) - stairs["foot"]
    piece["box"]["center"][:2] = (np.array(stairs["head"]) + 0.4 * up / np.linalg.norm(up)).tolist()


def _spoil_door(data):
    data["doors"][0]["rooms"] = ["kitchen", "bathroom"]


def _spoil_number(data):
    for room in data["rooms"]:
        room["floor"] *= 2


def _spoil_height(data):
    piece = next(f for f in data["furniture"] if f["room"] == "bedroom")
    piece["box"]["center"][2] -= STOREY


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_spoil_foot, "neither along x nor along y"),
        (_spoil_away, "reach out of 'hall'"),
        (_spoil_floor, "not one floor higher"),
        (_spoil_short, "long on the floor"),
        (_spoil_gone, "no way leads"),
        (_spoil_furniture, "stands in stairs"),
        (_spoil_way, "in the way to stairs"),
        (_spoil_door, "joins two floors"),
        (_spoil_number, "without a gap"),
        (_spoil_height, "wrong height: its underside belongs at 2.8"),
    ],
)
def test_stairs_that_cannot_be_are_refused_with_the_reason(spoil, says):
    data = to_json(generate(1, 5, 2, floors=2))
    spoil(data)
    with pytest.raises(InputError) as caught:
        from_json(data)
    assert says in str(caught.value)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ConfigError, match="3 floors"):
        generate(1, 5, 2, floors=3)
    with pytest.raises(ConfigError, match="needs its hall"):
        generate(1, 4, 2, floors=2)


def test_a_bad_flight_is_told_by_its_own_measures():
    steep = Stairs("s", ("a", "b"), (0.0, 0.0), (1.0, 0.0))
    assert steep.length == 1.0
    assert steep.free(upper=True) == (1.0, -0.45, 1.8, 0.45)
    assert steep.free(upper=False) == (-0.8, -0.45, 0.0, 0.45)
    assert [len(steep.rails(0.0, b)) for b in ((-3, -3, 3, 3), (-3, -0.5, 3, 3), (-3, -0.5, 3, 0.5))] == [3, 2, 1]
    assert np.allclose(steep.footprint.bounds(), [(0.0, -0.45, 0.0), (1.0, 0.45, 1.0)])
