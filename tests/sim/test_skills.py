"""Skills in the kitchen, with beliefs built from the truth (that is the test's privilege, not the robot's)."""

import numpy as np
import pytest

from loci.contracts import Action, Status, Target, Verb
from loci.geometry import Box, PinholeCamera, transform
from loci.sim.bullet import pybullet
from loci.sim.hinges import infer
from loci.sim.kitchen import Kitchen
from loci.sim.one_action import to_the_end
from loci.sim.robot import KitchenRobot


def _bounds(world, body, link):
    lower, upper = pybullet().getAABB(body, link, physicsClientId=world.client)
    return np.array(lower), np.array(upper)


def belief(world, name):
    """What a good memory would believe of ``name``: its box, and its handle's box as it is now."""
    if name in world.movables:
        lower, upper = _bounds(world, world.movables[name], -1)
        return Target(name, world.label(name), Box.from_bounds(lower, upper))
    piece = world.furniture[name]
    spec = piece.spec
    if piece.handle is None:
        size = np.array(spec.size)
        return Target(name, name, Box(spec.T_world_piece @ transform(t=(0, 0, size[2] / 2)), size))
    lower, upper = _bounds(world, piece.body, piece.link)
    if name != "drawer":
        lower, upper = np.minimum(lower, lower + 0.037 * spec.front), np.maximum(upper, upper + 0.037 * spec.front)
    return Target(name, name, Box.from_bounds(lower, upper), Box.from_bounds(*_bounds(world, piece.body, piece.handle)))


def act(robot, world, verb, name, relation=None):
    return to_the_end(robot, Action(verb, belief(world, name), relation=relation))


def inside(world, name, place):
    box = world.furniture[place].spec.interior
    if place == "drawer":
        spec = world.furniture[place].spec
        box = box.moved(transform(t=world.openness(place) * spec.motion.upper * spec.front))
    return bool(box.contains(world.pose(name)[:3, 3], 0.02))


@pytest.fixture
def scene():
    with Kitchen.build(0) as world:
        robot = KitchenRobot(world, seed=0, camera=PinholeCamera.from_fov(np.deg2rad(58), 160, 120))
        yield world, robot
        robot.close()


def test_apple_goes_from_the_table_to_the_counter(scene):
    world, robot = scene
    outcome, frames = act(robot, world, Verb.PICK, "apple_1")
    assert outcome.ok, outcome
    assert frames[-1].gripper.holding
    assert np.linalg.norm(frames[-1].gripper.T_world_hand[:3, 3] - world.pose("apple_1")[:3, 3]) < 0.2
    full, _ = act(robot, world, Verb.PICK, "mug_2")
    assert full.status is Status.HANDS_FULL
    outcome, frames = act(robot, world, Verb.PLACE, "counter", "on")
    assert outcome.ok, outcome
    assert not frames[-1].gripper.holding
    spec = world.furniture["counter"].spec
    assert world.pose("apple_1")[2, 3] == pytest.approx(spec.size[2] + 0.031, abs=0.01)
    assert spec.surface.contains(world.pose("apple_1")[:3, 3], 0.02)


@pytest.mark.slow
def test_mug_comes_out_of_the_drawer_and_the_drawer_shuts(scene):
    world, robot = scene
    mug = next(n for n in world.movables if n.startswith("mug") and inside(world, n, "drawer"))
    outcome, frames = act(robot, world, Verb.OPEN, "drawer")
    assert outcome.ok, outcome
    assert world.openness("drawer") * world.furniture["drawer"].spec.motion.upper > 0.28
    assert len(frames) >= 3
    outcome, _ = act(robot, world, Verb.PICK, mug)
    assert outcome.ok, outcome
    outcome, _ = act(robot, world, Verb.PLACE, "table", "on")
    assert outcome.ok, outcome
    assert world.pose(mug)[2, 2] > 0.95  # upright
    outcome, _ = act(robot, world, Verb.CLOSE, "drawer")
    assert outcome.ok, outcome
    assert world.openness("drawer") < 0.03


@pytest.mark.slow
def test_apple_goes_into_the_fridge_and_the_fridge_shuts(scene):
    world, robot = scene
    for verb, name, relation in (
        (Verb.OPEN, "fridge", None),
        (Verb.PICK, "apple_1", None),
        (Verb.PLACE, "fridge", "in"),
        (Verb.CLOSE, "fridge", None),
    ):
        outcome, _ = act(robot, world, verb, name, relation)
        assert outcome.ok, (verb, outcome)
        if verb is Verb.OPEN:
            assert world.openness("fridge") * world.furniture["fridge"].spec.motion.upper > np.deg2rad(60)
    assert inside(world, "apple_1", "fridge")
    assert world.openness("fridge") < 0.03


def test_what_is_gone_is_not_there(scene):
    world, robot = scene
    target = belief(world, "apple_1")
    moved = Target("ghost", "apple", target.box_world.moved(transform(t=(-0.25, 0.0, 0.0))))
    outcome, _ = to_the_end(robot, Action(Verb.PICK, moved))
    assert outcome.status is Status.NOT_THERE


def test_what_is_too_high_is_out_of_reach(scene):
    _, robot = scene
    lamp = Target("lamp", "lamp", Box.from_bounds((0.0, 0.4, 2.2), (0.06, 0.46, 2.3)))
    outcome, _ = to_the_end(robot, Action(Verb.PICK, lamp))
    assert outcome.status is Status.OUT_OF_REACH


def test_placing_without_anything_fails(scene):
    world, robot = scene
    outcome, _ = act(robot, world, Verb.PLACE, "table", "on")
    assert outcome.status is Status.HANDS_EMPTY


def test_a_locked_door_is_not_forced(scene):
    world, robot = scene
    piece = world.furniture["cupboard"]
    p = pybullet()
    p.setJointMotorControl2(piece.body, piece.joint, p.POSITION_CONTROL, 0.0, force=4000, physicsClientId=world.client)
    outcome, _ = act(robot, world, Verb.OPEN, "cupboard")
    assert outcome.status in (Status.STUCK, Status.SLIPPED)
    assert world.openness("cupboard") < 0.1


@pytest.mark.slow
def test_a_fridge_that_stands_ajar_is_pushed_home(scene):
    world, robot = scene
    piece = world.furniture["fridge"]
    pybullet().resetJointState(piece.body, piece.joint, 0.14, physicsClientId=world.client)  # the test's privilege
    outcome, _ = act(robot, world, Verb.CLOSE, "fridge")
    assert outcome.ok, outcome
    assert world.openness("fridge") < 0.01


@pytest.mark.slow
def test_a_door_with_something_in_it_is_not_said_to_be_shut(scene):
    world, robot = scene
    outcome, _ = act(robot, world, Verb.OPEN, "fridge")
    assert outcome.ok, outcome
    p, spec = pybullet(), world.furniture["fridge"].spec
    wedge = p.createCollisionShape(p.GEOM_BOX, halfExtents=(0.03, 0.03, 0.03), physicsClientId=world.client)
    at = spec.grip.center - 0.05 * spec.front - np.array([0.05, 0.0, 0.2])
    p.createMultiBody(0.0, wedge, basePosition=at.tolist(), physicsClientId=world.client)
    outcome, _ = act(robot, world, Verb.CLOSE, "fridge")
    assert world.openness("fridge") > 0.04
    assert outcome.status is Status.STUCK


@pytest.mark.parametrize(("name", "turn"), [("fridge", -1.0), ("cupboard", 1.0)])
def test_articulation_of_a_door_is_inferred(scene, name, turn):
    world, _ = scene
    spec, target = world.furniture[name].spec, belief(world, name)
    art = infer(target.box_world, target.handle_world)
    assert art.hinge is not None
    assert np.linalg.norm(art.hinge - spec.motion.point[:2]) < 0.03
    assert np.allclose(art.normal, spec.front, atol=1e-6)
    assert art.turn == turn * np.sign(spec.motion.axis[2]) * turn
    there = art.handle(0.8)
    half = np.array([0.009, 0.009, 0.13])
    reopened = infer(target.box_world, Box.from_bounds(there - half, there + half))
    assert np.linalg.norm(reopened.hinge - art.hinge) < 0.03  # a shut bar tells where its face is, an open one does not
    assert reopened.position(there) == pytest.approx(0.8, abs=0.1)


def test_articulation_of_a_drawer_is_inferred(scene):
    world, _ = scene
    target = belief(world, "drawer")
    art = infer(target.box_world, target.handle_world)
    assert art.hinge is None
    assert np.allclose(art.normal, world.furniture["drawer"].spec.front, atol=1e-6)
