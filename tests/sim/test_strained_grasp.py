"""What lies strained in the fingers is tied anew as it lies; a pick that was held up is tried from another stand."""

import numpy as np
import pytest

from loci.contracts import Action, Status, Target, Verb
from loci.geometry import Box, PinholeCamera, transform
from loci.sim import skill_pick
from loci.sim.body import ARM_JOINTS, READY, Body
from loci.sim.bullet import connect, pybullet
from loci.sim.grip import OBJECT_LIMIT, Grip
from loci.sim.kitchen import Kitchen
from loci.sim.one_action import Failed, to_the_end
from loci.sim.robot import KitchenRobot
from loci.sim.skill_place import stand_before


@pytest.fixture
def held():
    """A hand that holds a box, without gravity."""
    p, client = pybullet(), connect()
    body = Body(client, (0.0, 0.0, 0.0))
    body.command(dict(zip(ARM_JOINTS, READY, strict=True)), 1.0)
    for _ in range(400):
        body.drive()
        p.stepSimulation(physicsClientId=client)
    body.freeze()
    tcp = body.link_pose("panda_grasptarget")
    shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=[0.02, 0.02, 0.02], physicsClientId=client)
    box = p.createMultiBody(0.2, shape, basePosition=tcp[:3, 3].tolist(), physicsClientId=client)
    grip = Grip(body)
    grip.command(0.0)
    for _ in range(200):
        p.stepSimulation(physicsClientId=client)
        if grip.touching():
            break
    assert grip.attach(handle=False)
    yield client, grip, box
    p.disconnect(physicsClientId=client)


def settle(client, grip, steps=60):
    for _ in range(steps):
        pybullet().stepSimulation(physicsClientId=client)
        grip.watch()


def test_a_thing_at_ease_is_left_as_it_is(held):
    client, grip, _ = held
    settle(client, grip)
    assert grip.load < 0.3 * OBJECT_LIMIT
    assert not grip.ease()
    assert grip.attached


def test_a_strained_thing_is_held_as_it_lies(held):
    client, grip, _ = held
    p = pybullet()
    number = p.getConstraintUniqueId(0, physicsClientId=client)
    aside = np.array(p.getConstraintInfo(number, physicsClientId=client)[7]) + np.array([0.0, 0.03, 0.0])
    p.changeConstraint(number, jointChildPivot=aside.tolist(), maxForce=60.0, physicsClientId=client)
    settle(client, grip)  # the tie draws it against a finger that is open as far as it goes
    strain = grip.load
    assert strain > 0.3 * OBJECT_LIMIT
    assert grip.ease()
    assert grip.attached
    assert p.getNumConstraints(physicsClientId=client) == 1
    settle(client, grip)
    while grip.ease():
        settle(client, grip)
    assert grip.load < 0.3 * OBJECT_LIMIT


def test_held_up_on_its_way_in_it_comes_from_another_stand(monkeypatch):
    stands = []
    approach = skill_pick.approach

    def held_up_once(control, reach):
        stands.append(reach.base)
        if len(stands) == 1:
            raise Failed(Status.BLOCKED, "panda joint5 was held up by something")
        yield from approach(control, reach)

    monkeypatch.setattr(skill_pick, "approach", held_up_once)
    with Kitchen.build(0) as world:
        robot = KitchenRobot(world, seed=0, camera=PinholeCamera.from_fov(np.deg2rad(58), 160, 120))
        lower, upper = pybullet().getAABB(world.movables["apple_1"], physicsClientId=world.client)
        apple = Target("apple_1", "apple", Box.from_bounds(np.array(lower), np.array(upper)))
        outcome, frames = to_the_end(robot, Action(Verb.PICK, apple))
        assert outcome.ok, outcome
        assert frames[-1].gripper.holding
        first, second = stands
        turned = abs((first[2] - second[2] + np.pi) % (2 * np.pi) - np.pi)
        assert np.linalg.norm(first[:2] - second[:2]) > 0.14 or turned > 0.5
        spec = world.furniture["table"].spec
        table = Box(spec.T_world_piece @ transform(t=(0.0, 0.0, spec.size[2] / 2)), np.array(spec.size))
        control = robot._control
        one = stand_before(control, table, None)
        other = stand_before(control, table, None, other_than=[one])
        assert np.linalg.norm(one[:2] - other[:2]) > 0.6
        assert table.distance(np.array([*other[:2], 0.4])) < 1.1
