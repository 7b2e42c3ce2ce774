"""Houses with physics: everything stands where the house says, doors and drawers work, walls stop, door gaps do not."""

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Role
from loci.geometry import Box, PinholeCamera, transform
from loci.sim.bullet import pybullet
from loci.sim.camera import Camera
from loci.sim.catalogue import FURNITURE, THINGS
from loci.sim.house import Furniture
from loci.sim.house_plan import generate
from loci.sim.household import HOUR, Household
from loci.sim.patrol_views import choose_views
from loci.sim.procedural import HouseTruth, HouseWorld, hinge_side
from loci.sim.procedural_things import _MAKERS

SEED, ROOMS = 3, 4


@pytest.fixture(scope="module")
def life():
    found = Household(generate(SEED, ROOMS, 1))
    found.run(1)
    return found


@pytest.fixture(scope="module")
def world(life):
    with HouseWorld.of(life.house) as built:
        yield built


@pytest.fixture(scope="module")
def truth(world):
    return HouseTruth(world)


def test_every_class_has_a_shape_of_its_own():
    assert set(THINGS) - set(_MAKERS) <= {"butter", "cheese", "wallet", "cutting board"}, "only what is a plain block"


def test_everything_stands_where_the_house_says_and_rests(life, world):
    assert world.time == 0.0
    assert set(world.movables) == {t.id for t in life.house.things}
    for name in world.movables:
        pose = world.pose(name)
        assert np.linalg.norm(pose[:3, 3] - life.start.boxes[name].center) < 0.03, f"{name} has moved"
        assert pose[2, 2] > 0.97, f"{name} has tipped over"
    for piece in life.house.furniture:
        assert world.label(piece.id) == piece.kind
        assert world.openness(piece.id) < 0.02


def test_truth_agrees_with_the_household(life, truth):
    said = {n: truth.at_start[n] for n in truth.names}
    true = {n: (life.start.relation[n], life.start.parent[n]) for n in truth.names}
    wrong = {n: (said[n], true[n]) for n in said if said[n] != true[n]}
    assert len(wrong) <= 0.02 * len(said), wrong
    assert {relation for relation, _ in said.values()} == {"on", "in"}


def test_doors_hang_where_they_swing_free(life):
    house = life.house
    cupboard = next(f for f in house.furniture if f.kind == "cupboard")
    for side in (-1, 1):  # beyond a right angle a door meets what stands out on the side of its hinges
        shift = cupboard.box_world.T_ref_box[:3, :3] @ np.array([side * 0.7, 0.45, 0.0])
        box = Box(transform(np.eye(3), cupboard.box_world.center + shift), np.array([0.5, 0.5, 2.0]))
        pillar = Furniture("wardrobe-9", "wardrobe", cupboard.room, box)
        alone = replace(house, furniture=(cupboard, pillar))
        # the house's box faces +y, the piece's own frame -y: right and left change places
        assert hinge_side(alone, cupboard) == side


def test_things_have_the_size_that_the_file_gives(life, world):
    for item in life.house.things:
        points = world.outlines[item.id]
        span = np.ptp(points, axis=0)
        assert (span <= np.array(item.size) * 1.12 + 0.012).all(), f"{item.id} is too large: {span} for {item.size}"
        assert (span >= np.array(item.size) * 0.6 - 0.006).all(), f"{item.id} is too small: {span} for {item.size}"


def test_what_opens_opens_and_a_drawer_takes_its_contents_along(life):
    p = pybullet()
    with HouseWorld.of(life.house) as world:
        truth = HouseTruth(world)
        inside = {n: place for n, (how, place) in truth.at_start.items() if how == "in"}
        before = {n: world.pose(n)[:3, 3].copy() for n in inside}
        opening = [f for f in life.house.furniture if FURNITURE[f.kind].opens]
        assert {f.kind for f in opening} >= {"fridge", "cupboard", "drawer", "dishwasher"}

        def drive(pieces, sign):
            for f in pieces:
                piece = world.furniture[f.id]
                speed = 0.8 if piece.spec.motion.kind == "slide" else 2.5
                motor = {"targetVelocity": sign * speed, "force": 30, "physicsClientId": world.client}
                p.setJointMotorControl2(piece.body, piece.joint, p.VELOCITY_CONTROL, **motor)
            world.step(200)

        slid = 0
        for batch in range(3):  # neighbours one after the other: people do not open all doors at once either
            pieces = opening[batch::3]
            drive(pieces, 1.0)
            for f in pieces:
                assert world.openness(f.id) > 0.85, f"{f.id} does not open"
            for name in (n for n, place in inside.items() if place in {f.id for f in pieces}):
                spec = world.furniture[inside[name]].spec
                if spec.motion.kind == "slide":
                    slid += 1
                    way = (world.pose(name)[:3, 3] - before[name]) @ spec.motion.axis
                    assert way > 0.6 * spec.motion.upper, f"{name} stayed behind"
                    assert truth.inside(name, inside[name])
            drive(pieces, -1.0)
            for f in pieces:
                assert world.openness(f.id) < 0.05, f"{f.id} does not close"
        assert slid >= 3


def test_walls_stop_a_ray_and_door_gaps_do_not(life, world):
    p = pybullet()

    def hit(start, end):
        body = p.rayTest(start, end, physicsClientId=world.client)[0][0]
        return world.labels.get((body, -1), ("nothing",))[0] if body >= 0 else "nothing"

    for door in life.house.doors:
        x, y = door.at
        room = next(r for r in life.house.rooms if r.id in door.rooms)
        level = min(abs(y - room.bounds[1]), abs(y - room.bounds[3])) < 0.06
        way = np.array([0.0, 1.0]) if level else np.array([1.0, 0.0])
        a, b = np.array([x, y]) - 0.3 * way, np.array([x, y]) + 0.3 * way
        through = hit([*a, 1.0], [*b, 1.0])
        above = hit([*a, 2.3], [*b, 2.3])
        assert above == "wall"
        assert through == ("wall" if "outside" in door.rooms else "nothing")
    for room in life.house.rooms:
        x0, y0, x1, y1 = room.bounds
        assert hit([x0 + 0.12, y0 + 0.12, 2.2], [x0 + 0.12, y0 - 0.3, 2.2]) == "wall"
        assert hit([x1 - 0.12, y1 - 0.12, 2.2], [x1 + 0.3, y1 - 0.12, 2.2]) == "wall"


def test_the_camera_sees_furniture_and_things_by_class(life, world):
    camera = PinholeCamera.from_fov(np.radians(60), 160, 120)
    eye = Camera(world, camera)
    seen, roles = set(), set()
    for room in life.house.rooms:
        for view in choose_views(life.house, room, camera, np.random.default_rng(0))[:3]:
            picture = eye.render(view.T_world_cam)
            assert (picture.depth > 0).mean() > 0.7
            for number, labels in picture.segments.labels.items():
                seen.add(max(labels, key=labels.get))
                roles.add(picture.segments.roles[number])
                assert sum(labels.values()) <= 1.0
    assert roles == {Role.OBJECT, Role.FURNITURE, Role.PART, Role.STRUCTURE}
    assert len(seen & set(FURNITURE)) >= 10
    assert len(seen & set(THINGS)) >= 6


def test_an_evening_of_the_household_is_built_as_it_is(life):
    state = life.at(19.9 * HOUR)
    for piece in ("fridge", "drawer"):  # somebody left them open
        state.open.add(next(f.id for f in life.house.furniture if f.kind == piece))
    with HouseWorld.of(life.house, state, life.items) as world:
        truth = HouseTruth(world)
        for piece in life.house.furniture:
            assert (world.openness(piece.id) > 0.5) == (piece.id in state.open), piece.id
        moved = [
            n for n in truth.names if not set(truth.at_start[n]) & {state.parent[n], "floor"} and state.relation[n]
        ]
        assert len(moved) <= 0.06 * len(truth.names), moved
        assert all(n not in world.movables for n in state.parent if not state.settled(n))


def test_same_house_same_world(life, world):
    with HouseWorld.of(life.house) as again:
        assert again.robot_start == world.robot_start
        for name in world.movables:
            np.testing.assert_array_equal(again.pose(name), world.pose(name))
