"""Houses: drawn complete and free of faults, kept as JSON without loss, and refused with the reason when they cannot be."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from loci.errors import ConfigError, InputError
from loci.launch import world
from loci.sim.catalogue import ROOMS
from loci.sim.house_file import from_json, load_house, to_json
from loci.sim.house_lint import lint
from loci.sim.house_picture import floor_plan
from loci.sim.house_plan import generate
from loci.sim.house_sheet import contact_sheet
from loci.sim.household import Household, State

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


# --- pictures and the command -----------------------------------------------------------------------------------------
def test_a_floor_plan_shows_walls_floors_and_things():
    house = generate(2, 4, 1)
    with_things = np.asarray(floor_plan(house, scale=40, labels=False)).astype(int)
    bare = np.asarray(floor_plan(house, State(), {}, scale=40, labels=False)).astype(int)
    assert with_things.shape == bare.shape
    bounds = np.array([r.bounds for r in house.rooms])
    low, high = bounds[:, :2].min(axis=0) - 0.75, bounds[:, 2:].max(axis=0) + 0.75
    assert abs(with_things.shape[1] - 40 * (high - low)[0]) <= 2
    assert (bare.sum(axis=2) < 260).mean() > 0.01, "no walls"
    changed = np.abs(with_things - bare).max(axis=2) > 30
    assert 0.001 < changed.mean() < 0.2
    life = Household(house)
    on_table = [t for t, p in life.start.parent.items() if life.kind(p) in ("table", "counter", "coffee table")]
    for thing in on_table:
        x, y = life.start.boxes[thing].center[:2]
        u, v = int((x - low[0]) * 40), int((high[1] - y) * 40)
        assert changed[max(v - 3, 0) : v + 4, max(u - 3, 0) : u + 4].any(), f"{thing} is not drawn where it lies"


def test_commands_write_what_they_say(tmp_path, capsys):
    file, png = tmp_path / "house.json", tmp_path / "plan.png"
    assert world.new(file, seed=3, rooms=4, members=2) == 0
    assert world.lint(file) == 0
    assert world.lint(file, as_json=True) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["rooms"] == 4
    assert world.picture(file, png, scale=30) == 0
    before = png.read_bytes()
    assert world.picture(file, png, day=0, hour=20.0, scale=30) == 0
    assert png.read_bytes() != before
    with pytest.raises(ConfigError, match="png"):
        world.picture(file, tmp_path / "plan.txt")
    with pytest.raises(ConfigError, match="scale"):
        world.picture(file, png, scale=5000)
    with pytest.raises(ConfigError, match="day"):
        world.picture(file, png, day=-1)
    with pytest.raises(InputError, match="cannot be written"):
        world.new(tmp_path / "no" / "house.json")
    file.write_text(file.read_text().replace('"fridge"', '"spaceship"'))
    with pytest.raises(InputError, match="spaceship"):
        world.lint(file)


def test_a_contact_sheet_holds_all_houses():
    houses = [generate(s, 3, 1) for s in range(3)]
    sheet = contact_sheet(houses, columns=2, cell=(200, 160))
    assert sheet.size == (400, 320)
    pixels = np.asarray(sheet).astype(int)
    for i in range(3):
        cell = pixels[(i // 2) * 160 : (i // 2 + 1) * 160, (i % 2) * 200 : (i % 2 + 1) * 200]
        assert (cell.sum(axis=2) < 300).sum() > 50
    assert (pixels[160:, 200:].sum(axis=2) < 300).sum() == 0
