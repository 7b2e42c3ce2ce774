"""Houses: drawn complete and free of faults, kept as JSON without loss, and refused with the reason when they cannot be."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from loci.errors import ConfigError, InputError
from loci.sim.catalogue import ROOMS
from loci.sim.house_file import from_json, load_house, to_json
from loci.sim.house_lint import lint
from loci.sim.house_plan import generate

SIZES = [(3, 1), (4, 2), (5, 2), (6, 3), (7, 2), (8, 4)]


@pytest.mark.parametrize(("rooms", "members"), SIZES)
def test_generated_houses_are_sound_and_rich(rooms, members):
    for seed in (1, 2):
        house = generate(seed, rooms, members)
        assert lint(house) == []
        assert len(house.rooms) == rooms
        assert len(house.members) == members
        assert 60 <= len(house.things) <= 130
        assert len({t.kind for t in house.things}) >= 38
        for room in house.rooms:
            wanted = Counter(kind for group in ROOMS[room.kind] for kind in group)
            there = Counter(f.kind for f in house.furniture if f.room == room.id)
            assert sum((wanted - there).values()) <= 1, f"{room.id} lacks {wanted - there}"


def test_same_seed_same_house_other_seed_other_house():
    a, b, c = generate(5, 6), generate(5, 6), generate(6, 6)
    assert to_json(a) == to_json(b)
    assert to_json(a) != to_json(c)


def test_every_room_can_be_reached_from_the_entrance():
    house = generate(3, 8, 3)
    for room in house.rooms:
        way = house.route(house.entrance, room.id)
        steps = [house.entrance, *way]
        assert steps[-1] == room.id
        assert all(b in house.neighbours(a) for a, b in pairwise(steps))


def test_json_round_trip(tmp_path):
    house = generate(4, 7, 3)
    path = tmp_path / "house.json"
    path.write_text(json.dumps(to_json(house)))
    again = load_house(path)
    assert to_json(again) == to_json(house)
    np.testing.assert_allclose(
        again.furniture[3].box_world.T_ref_box, house.furniture[3].box_world.T_ref_box, atol=1e-12
    )


def _spoil_class(data):
    data["things"][0]["class"] = "dragon"


def _spoil_wall(data):
    data["furniture"][0]["box"]["center"][0] += 50.0


def _spoil_home(data):
    data["things"][3]["home"] = "nowhere-1"


def _spoil_nan(data):
    data["rooms"][0]["bounds"][2] = float("nan")


def _spoil_door(data):
    data["doors"][0]["at"] = [0.3, 0.3]


def _spoil_twice(data):
    data["things"].append(dict(data["things"][0]))


def _spoil_size(data):
    data["things"][0]["size"] = [0.1, -1.0, 0.1]


def _spoil_type(data):
    data["rooms"] = 7


def _spoil_missing(data):
    del data["furniture"][2]["room"]


def _spoil_inside_each_other(data):
    data["furniture"][1]["box"] = data["furniture"][0]["box"]
    data["furniture"][1]["room"] = data["furniture"][0]["room"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_spoil_class, "dragon"),
        (_spoil_wall, "reaches out"),
        (_spoil_home, "nowhere-1"),
        (_spoil_nan, "bounds"),
        (_spoil_door, "not on a wall"),
        (_spoil_twice, "2 times"),
        (_spoil_size, "size"),
        (_spoil_type, "docs/house.md"),
        (_spoil_missing, "room"),
        (_spoil_inside_each_other, "stand in each other"),
    ],
)
def test_bad_files_are_refused_with_the_reason(spoil, says):
    data = to_json(generate(1, 5))
    spoil(data)
    with pytest.raises(InputError, match=says):
        from_json(data)


def test_files_that_are_no_houses_are_refused(tmp_path):
    with pytest.raises(InputError, match="format"):
        from_json({"format": "something"})
    with pytest.raises(InputError, match="format"):
        from_json([1, 2])
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    with pytest.raises(InputError, match=r"bad\.json"):
        load_house(bad)
    with pytest.raises(InputError, match="cannot be read"):
        load_house(tmp_path / "missing.json")


@pytest.mark.parametrize(("rooms", "members", "seed"), [(2, 2, 0), (9, 2, 0), (5, 0, 0), (5, 5, 0), (5, 2, -1)])
def test_impossible_houses_are_refused(rooms, members, seed):
    with pytest.raises(ConfigError):
        generate(seed, rooms, members)
