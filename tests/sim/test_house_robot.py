"""The mobile manipulator in a generated house: it gets to know all rooms, drives between them, carries and opens."""

import json
from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Action, Status, Target, Verb
from loci.errors import ConfigError
from loci.geometry import Box, PinholeCamera, transform
from loci.sim.catalogue import FURNITURE, THINGS
from loci.sim.house_explore import Looked
from loci.sim.house_file import to_json
from loci.sim.house_plan import generate
from loci.sim.house_recogniser import ROLES, HouseRecogniser
from loci.sim.house_robot import HouseRobot
from loci.sim.kitchen import Kitchen
from loci.sim.navigation import Floor
from loci.sim.one_action import to_the_end
from loci.sim.procedural import HouseTruth, HouseWorld
from loci.sim.robot import KitchenRobot
from loci.sim.voxels import VoxelMap
from loci.sim.worlds import build_world, check_world, classes_in, robot_in, truth_of

CAMERA = PinholeCamera.from_fov(np.deg2rad(58.0), 160, 120)


def believed(world, name):
    spec = world.furniture[name].spec
    size = np.array(spec.size)
    return Target(name, world.label(name), Box(spec.T_world_piece @ transform(t=(0.0, 0.0, size[2] / 2)), size))


@pytest.fixture(scope="module")
def explored():
    house = generate(7, 3, 1)
    with HouseWorld.of(replace(house, things=house.things[::9])) as world:  # fewer things to keep in motion
        robot = HouseRobot(world, camera=CAMERA)
        outcome, frames = to_the_end(robot, Action(Verb.LOOK))
        yield world, robot, outcome, frames


def test_the_first_look_goes_through_all_rooms(explored):
    world, _, outcome, frames = explored
    assert outcome.ok, outcome
    places = np.array([f.T_world_base[:2, 3] for f in frames])
    seen = set()
    for frame in frames:
        seen |= {max(labels, key=labels.get) for labels in frame.segments.labels.values()}
    for room in world.house.rooms:
        x0, y0, x1, y1 = room.bounds
        assert ((places > (x0, y0)) & (places < (x1, y1))).all(axis=1).any(), f"nobody went into the {room.id}"
    there = {f.kind for f in world.house.furniture}
    assert len(seen & there) >= 0.9 * len(there), there - seen


def test_it_drives_from_room_to_room(explored):
    world, robot, _, _ = explored
    arrived = 0
    rooms = [*world.house.rooms, world.house.rooms[0]]
    for room in rooms:
        name = next(f.id for f in world.house.furniture if f.room == room.id and f.kind in ("fridge", "bed", "sofa"))
        outcome, frames = to_the_end(robot, Action(Verb.NAVIGATE, believed(world, name)))
        x, y = frames[-1].T_world_base[:2, 3]
        x0, y0, x1, y1 = room.bounds
        arrived += bool(outcome.ok and x0 < x < x1 and y0 < y < y1)
    assert arrived == len(rooms)


def test_what_it_cannot_get_to_is_blocked_and_not_stood_before_in_the_next_room(explored):
    """Between bed and wardrobe there is 0.46 m: that nightstand is near the kitchen's wall, but not in the kitchen."""
    world, robot, _, _ = explored
    outcome, _ = to_the_end(robot, Action(Verb.NAVIGATE, believed(world, "nightstand-1")))
    assert outcome.status is Status.BLOCKED, outcome


def test_where_no_handle_is_known_it_looks_at_the_front_and_says_so(explored):
    world, robot, _, _ = explored
    fridge = believed(world, "fridge-1")
    outcome, frames = to_the_end(robot, Action(Verb.OPEN, fridge))
    assert outcome.status is Status.NOT_THERE
    assert "handle" in outcome.detail
    assert fridge.box_world.distance([*frames[-1].T_world_base[:2, 3], 0.9]) < 1.6
    assert any("handle" in {max(d, key=d.get) for d in f.segments.labels.values()} for f in frames)


def test_a_sink_is_looked_down_on_from_nearby(explored):
    """From a metre away what lies in it is small, and behind its rim."""
    world, robot, _, _ = explored
    sink = believed(world, "sink-1")
    outcome, frames = to_the_end(robot, Action(Verb.LOOK, sink))
    assert outcome.ok, outcome
    assert sink.box_world.distance([*frames[-1].T_world_base[:2, 3], 0.5]) < 0.5


def test_a_second_look_stays_where_it_is(explored):
    _, robot, _, _ = explored
    _, frames = to_the_end(robot, Action(Verb.LOOK))
    places = np.array([f.T_world_base[:2, 3] for f in frames])
    assert len(frames) >= 7
    assert np.ptp(places, axis=0).max() < 0.3


def test_nothing_is_proposed_where_all_was_looked_at_or_given_up():
    voxels = VoxelMap((0.0, 0.0), 8.0)
    voxels.seen[:] = True
    for wall in (slice(0, 2), slice(-2, None)):
        voxels.filled[wall] = True
        voxels.filled[:, wall] = True
    looked, here = Looked(voxels), np.zeros(3)
    looked.add(here[:2])
    goal = looked.next_view(here)
    assert goal is not None
    assert looked.gain(goal[None, :2])[0] > looked.gain(here[None, :2])[0]
    for _ in range(12):
        goal = looked.next_view(here)
        if goal is None:
            break
        looked.add(goal[:2])
    assert goal is None, "looking everywhere never ends"
    other = Looked(voxels)
    first = other.next_view(here)
    other.give_up(first[:2])
    assert np.linalg.norm(other.next_view(here)[:2] - first[:2]) > 0.5


def test_a_wall_between_is_known_and_a_table_is_none():
    voxels = VoxelMap((0.0, 0.0), 6.0)
    a, b = voxels.cell(np.array([0.0, -3.0])), voxels.cell(np.array([0.0, 1.0]))
    voxels.filled[a[0], : b[1] : 2, :] = True  # a wall along x = 0 up to y = 1, seen with gaps
    voxels.filled[voxels.cell(np.array([1.0, 0.0]))[0], :, :19] = True  # a table's edge along x = 1
    floor = Floor(voxels)
    xy = np.array([[-1.0, 0.0], [0.8, 0.0], [2.0, 0.0], [-0.5, 2.6]])
    assert floor.walled(xy, np.array([0.5, 0.0])).tolist() == [True, False, False, False]
    assert floor.walled(xy[:2], np.array([[-0.5, 0.0], [-0.5, 0.0]])).tolist() == [False, True]
    assert not floor.walled(np.array([[0.5, 0.0]]), np.array([0.08, 0.0])).any(), "what leans on a wall is in the open"


def test_what_hangs_over_a_counter_is_no_wall_before_what_lies_on_it():
    voxels = VoxelMap((0.0, 0.0), 6.0)
    voxels.filled[voxels.cell(np.array([0.6, 0.0]))[0], :, :] = True  # the wall, x = 0.6
    front, back = (voxels.cell(np.array([x, 0.0]))[0] for x in (0.2, 0.6))
    voxels.filled[front:back, :, 35:] = True  # a microwave hangs from 1.4 m up
    voxels.filled[front - 5 : back, :, 22] = True  # over the worktop
    kettle = voxels.cell(np.array([0.1, 0.0]))
    voxels.filled[kettle[0], kettle[1], 22:29] = True
    floor = Floor(voxels)
    assert not floor.walled(np.array([[-0.6, 0.0]]), np.array([0.5, 0.0])).any(), "the arm reaches in under it"
    assert floor.walled(np.array([[1.4, 0.0]]), np.array([0.45, 0.0])).all()


def test_a_recogniser_of_houses_knows_every_class_and_mistakes_it_for_one_of_its_size():
    rng = np.random.default_rng(0)
    named = HouseRecogniser()
    assert {*THINGS, *FURNITURE, "door", "handle", "floor", "wall"} == set(ROLES)
    for label, role in ROLES.items():
        said = [named.classify(label, 2000, rng) for _ in range(40)]
        best = [max(d, key=d.get) for d in said]
        assert best.count(label) >= 36
        assert {named.role(d) for d in said} == {role}
        assert all(sum(d.values()) <= 1.0 for d in said)
        if label not in THINGS and label not in FURNITURE:
            continue
        few = [named.classify(label, 6, rng) for _ in range(60)]
        assert 0 < sum(max(d, key=d.get) != label for d in few) < 40, "small regions are hard"


def test_a_house_is_a_world_by_its_seed_and_by_its_file(tmp_path):
    house = generate(9, 3, 1)
    file = tmp_path / "home.json"
    file.write_text(json.dumps(to_json(replace(house, things=house.things[:5]))))
    check_world("house:7", 0)
    assert {"sofa", "umbrella"} <= {label for label, _ in classes_in("house:7")}
    assert classes_in("kitchen") == ()
    with build_world(str(file), 2, start_time=50.0) as world:
        assert isinstance(world, HouseWorld)
        assert world.time == 50.0
        robot, truth = robot_in(world, 2), truth_of(world)
        assert isinstance(robot, HouseRobot)
        assert robot.map_id == "house-9"
        assert isinstance(truth, HouseTruth)
        assert truth.names == tuple(sorted(t.id for t in house.things[:5]))
        assert set(truth.at_start.values()) == {("in", t.home) for t in house.things[:5]}
    for name, said in (("house:x", "whole number"), ("garage", "house:SEED")):
        with pytest.raises(ConfigError, match=said):
            check_world(name, 0)


def test_a_kitchen_keeps_its_own_robot():
    with Kitchen.build(0) as world:
        robot = robot_in(world, 0)
        assert type(robot) is KitchenRobot
        assert robot.map_id == "kitchen"
        assert {max(d, key=d.get) for f in robot.frames() for d in f.segments.labels.values()} - set(ROLES) <= {
            "can",
            "bottle",
            "orange",
        }
