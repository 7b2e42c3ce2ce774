"""The robot's kinematics, its joints and its grip, in a kitchen."""

import numpy as np
import pytest

from loci.geometry import PinholeCamera, inverse, transform
from loci.sim import arm
from loci.sim.body import ARM_JOINTS, BASE_JOINTS, TUCK_EMPTY, arm_foot
from loci.sim.bullet import pybullet
from loci.sim.control import TICK, Control
from loci.sim.kitchen import Kitchen
from loci.sim.one_action import Failed


@pytest.fixture(scope="module")
def control():
    with Kitchen.build(0) as world:
        yield Control(world, "robot", "kitchen", PinholeCamera.from_fov(1.0, 80, 60), np.random.default_rng(0))


def _random_joints(n, seed=0):
    q = np.random.default_rng(seed).uniform(arm.LOWER + 0.05, arm.UPPER - 0.05, (n, 7))
    q[:, 3] = np.clip(q[:, 3], -3.0, -0.5)  # beyond, the arm is straighter than the closed form looks for
    return q


def test_closed_form_finds_the_joints_that_made_a_pose():
    q = _random_joints(500)
    found = arm.inverse_kinematics(arm.forward(q), q[:, 6], margin=0.0)
    nearest = np.where(found.valid, np.abs(found.q - q[:, None]).max(-1), np.inf).min(axis=1)
    assert nearest.max() < 1e-6


def test_every_solution_reaches_the_pose_within_the_limits():
    T = arm.forward(_random_joints(200, seed=1))
    q, cost = arm.all_solutions(T, samples=9, margin=0.05)
    ok = np.isfinite(cost)
    assert ok.any(axis=1).mean() > 0.9
    assert np.abs(arm.forward(q) - T[:, None])[ok].max() < 1e-9
    assert (q[ok] >= arm.LOWER + 0.0499).all()
    assert (q[ok] <= arm.UPPER - 0.0499).all()


def test_a_pose_out_of_reach_has_no_solution():
    T = transform(np.diag([1.0, -1.0, -1.0]), (1.5, 0.0, 0.2))
    assert not np.isfinite(arm.best_solutions(T[None])[1]).any()


def test_jacobian_is_the_derivative_of_the_pose():
    q = _random_joints(1, seed=3)[0]
    T, J = arm.jacobian(q)
    for i in range(7):
        step = np.zeros(7)
        step[i] = 1e-6
        assert np.allclose((arm.forward(q + step)[:3, 3] - T[:3, 3]) / 1e-6, J[:3, i], atol=1e-4)


def test_tracking_follows_a_line_without_jumps():
    q = np.array([0.1, 0.2, 0.0, -1.9, 0.1, 2.1, 0.8])
    T = arm.forward(q)
    for _ in range(60):
        T[0, 3] += 0.002
        new, error = arm.track(T, q, q)
        assert np.abs(new - q).max() < 0.03
        assert error < 2e-3
        q = new


def test_own_forward_chain_agrees_with_the_engine(control):
    body = control.body
    T = arm_foot(body.base_pose(), body.joints()["lift"]) @ arm.forward(body.arm())
    hand = body.link_pose("panda_hand") @ transform(t=(0, 0, arm.TCP_OFFSET))
    assert np.allclose(T, hand, atol=1e-6)


def test_motors_follow_a_smooth_motion(control):
    body, start = control.body, control.body.base_pose()
    lag = 0.0
    for k in range(1, 91):
        s = k / 90
        s = s * s * (3 - 2 * s)
        goal = start + s * np.array([-0.4, 0.1, 0.8])
        control.tick(dict(zip(BASE_JOINTS, goal, strict=True)))
        lag = max(lag, float(np.abs(body.base_pose() - goal).max()))
    assert lag < 0.03
    for _ in control.wait(0.3):
        pass
    assert np.allclose(body.base_pose(), start + np.array([-0.4, 0.1, 0.8]), atol=2e-3)


def test_tuck_brings_the_arm_into_the_footprint(control):
    for _ in control.move_arm(np.array([0.3, 0.2, 0.0, -1.9, 0.1, 2.1, 0.8]), lift=0.4):
        pass
    assert control.unfolded()
    for _ in control.tuck():
        pass
    assert np.allclose(control.body.arm(), TUCK_EMPTY, atol=0.02)
    base = inverse(control.body.T_world_base())
    reach = [np.linalg.norm((base @ control.body.link_pose(f"panda_link{i}"))[:2, 3]) for i in range(1, 8)]
    assert max(reach) < 0.30


def test_a_joint_that_cannot_follow_fails_as_blocked(control):
    body = control.body
    strong, body.forces["panda_joint2"] = body.forces["panda_joint2"], 0.5
    with pytest.raises(Failed, match="held up"):
        for _ in control.move_arm(np.array([0.0, 0.6, 0.0, -1.2, 0.0, 2.1, 0.785])):
            pass
    body.forces["panda_joint2"] = strong
    for _ in control.tuck():
        pass
    assert not control.unfolded()


def test_nothing_is_held_before_both_fingers_touch(control):
    assert not control.grip.touching()
    assert not control.grip.attach(handle=False)
    assert not control.grip.attached


@pytest.mark.parametrize(("pull", "holds"), [(30.0, True), (110.0, False)])
def test_a_grasp_holds_until_it_is_overloaded(pull, holds):
    p = pybullet()
    with Kitchen.build(1) as world:
        control = Control(world, "robot", "kitchen", PinholeCamera.from_fov(1.0, 80, 60), np.random.default_rng(0))
        block = _block_between_fingers(control)
        control.grip.command(0.0)
        for _ in range(40):
            control.tick()
        assert control.grip.touching()
        assert control.grip.attach(handle=False)
        slipped = False
        for _ in range(40):
            at = p.getBasePositionAndOrientation(block, physicsClientId=world.client)[0]
            for _ in range(4):
                p.applyExternalForce(block, -1, (0, 0, -pull), at, p.WORLD_FRAME, physicsClientId=world.client)
                world.step(1, control.grip.watch)
            slipped |= control.grip.lost
        assert slipped is not holds
        assert control.grip.attached is holds
        if not holds:
            with pytest.raises(Failed, match="torn out"):
                control.tick()


def _block_between_fingers(control):
    """A light block, put where the open hand is: the test's own, so that it may be placed by hand."""
    p, client = pybullet(), control.world.client
    for _ in control.move_arm(np.array([0.0, 0.2, 0.0, -1.9, 0.0, 2.1, 0.785]), lift=0.4):
        pass
    control.grip.command(0.08)
    for _ in control.wait(0.3):
        pass
    shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=(0.02, 0.02, 0.02), physicsClientId=client)
    T = control.body.link_pose("panda_grasptarget")
    block = p.createMultiBody(0.05, shape, basePosition=T[:3, 3].tolist(), physicsClientId=client)
    hold = p.createConstraint(
        block, -1, -1, -1, p.JOINT_FIXED, (0, 0, 0), (0, 0, 0), T[:3, 3].tolist(), physicsClientId=client
    )
    control.grip.command(0.0)
    for _ in control.wait(0.5):
        pass
    p.removeConstraint(hold, physicsClientId=client)
    return block


def test_one_tick_is_four_steps(control):
    before = control.now
    control.tick()
    assert control.now - before == pytest.approx(TICK)
    assert set(ARM_JOINTS) <= set(control.body.joints())
