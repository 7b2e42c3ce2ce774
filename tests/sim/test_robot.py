"""The kitchen robot as a ``Robot``: frames, cancelling, determinism, and that nothing is moved but by physics."""

import numpy as np
import pytest

from loci.contracts import Action, Robot, Status, Target, Verb
from loci.errors import RobotError
from loci.geometry import Box, PinholeCamera
from loci.sim.bullet import pybullet
from loci.sim.kitchen import Kitchen
from loci.sim.one_action import to_the_end
from loci.sim.robot import KitchenRobot

CAMERA = PinholeCamera.from_fov(np.deg2rad(58), 80, 60)
TABLE = Target("t", "table", Box.from_bounds((-0.7, -1.055, 0.0), (0.5, -0.305, 0.72)))


@pytest.fixture
def robot():
    with Kitchen.build(3) as world:
        robot = KitchenRobot(world, seed=3, camera=CAMERA)
        yield robot
        robot.close()


def test_it_is_a_robot_and_starts_with_a_frame(robot):
    assert isinstance(robot, Robot)
    (frame,) = robot.frames()
    assert list(robot.frames()) == []
    assert frame.T_world_cam[2, 3] == pytest.approx(1.33, abs=0.05)
    assert frame.gripper is not None
    assert not frame.gripper.holding
    assert frame.segments is not None


def test_it_sees_itself_and_masks_it(robot):
    outcome, looks = to_the_end(robot, Action(Verb.LOOK, TABLE))
    assert outcome.ok
    control = robot._control
    for _ in control.turn_head(0.0, 1.3):
        pass
    frame = control.capture()
    assert frame.body_mask.any()
    assert (frame.segments.ids[frame.body_mask] == 0).all()
    assert all((f.segments.ids[f.body_mask] == 0).all() for f in looks)


def test_looking_at_something_brings_it_into_the_middle(robot):
    outcome, frames = to_the_end(robot, Action(Verb.LOOK, TABLE))
    assert outcome.ok
    frame = frames[-1]
    center = np.linalg.inv(frame.T_world_cam) @ np.array([*TABLE.box_world.center, 1.0])
    uv, depth = frame.camera.project(center[:3])
    assert depth > 0
    assert np.abs(uv - (frame.camera.cx, frame.camera.cy)).max() < 6


def test_the_first_look_around_sees_all_directions(robot):
    outcome, frames = to_the_end(robot, Action(Verb.LOOK))
    assert outcome.ok
    headings = np.array([np.arctan2(f.T_world_cam[1, 2], f.T_world_cam[0, 2]) for f in frames])
    gaps = np.diff(np.sort(headings), append=np.sort(headings)[0] + 2 * np.pi)
    assert gaps.max() < np.deg2rad(60)
    assert np.linalg.norm(frames[-1].T_world_base[:2, 3] - frames[0].T_world_base[:2, 3]) > 0.8


def test_driving_ends_near_the_target_and_touches_nothing(robot):
    p = pybullet()
    handle = robot.start(Action(Verb.NAVIGATE, TABLE))
    body = robot._control.body
    while not handle.poll():
        touched = p.getContactPoints(bodyA=body.uid, physicsClientId=body.client)
        assert not [c for c in touched if c[2] != body.uid and c[9] > 1.0]
    assert handle.result().ok
    away = TABLE.box_world.distance(np.array([*body.base_pose()[:2], 0.5]))
    assert 0.29 < away < 0.8


def test_what_it_cannot_do_it_says(robot):
    outcome, _ = to_the_end(robot, Action(Verb.SLICE, TABLE))
    assert outcome.status is Status.UNSUPPORTED
    outcome, _ = to_the_end(robot, Action(Verb.PICK))
    assert outcome.status is Status.UNSUPPORTED
    assert "target" in outcome.detail


def test_cancel_stops_it(robot):
    handle = robot.start(Action(Verb.NAVIGATE, TABLE))
    for _ in range(8):
        handle.poll()
    with pytest.raises(RobotError, match="busy"):
        robot.start(Action(Verb.LOOK))
    with pytest.raises(RobotError, match="no result"):
        handle.result()
    handle.cancel()
    assert handle.poll()
    assert handle.result().status is Status.CANCELLED
    control = robot._control
    for _ in control.wait(1.5):  # braking takes its time
        pass
    before = control.body.base_pose()
    for _ in control.wait(0.3):
        pass
    assert np.abs(control.body.base_pose() - before).max() < 1e-3
    robot.close()
    with pytest.raises(RobotError, match="closed"):
        robot.start(Action(Verb.LOOK))


def test_nothing_is_moved_but_by_physics(robot, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("a pose or joint state was set after the start")

    for name in ("resetJointState", "resetBasePositionAndOrientation", "resetBaseVelocity", "resetJointStateMultiDof"):
        monkeypatch.setattr(pybullet(), name, never)
    assert to_the_end(robot, Action(Verb.NAVIGATE, TABLE))[0].ok


def test_the_same_seed_gives_the_same_frames():
    def history():
        with Kitchen.build(5) as world:
            robot = KitchenRobot(world, seed=5, camera=CAMERA)
            return to_the_end(robot, Action(Verb.LOOK, TABLE))

    (one, first), (two, second) = history(), history()
    assert (one.status, one.ended) == (two.status, two.ended)
    assert len(first) == len(second) > 1
    for a, b in zip(first, second, strict=True):
        assert a.stamp == b.stamp
        assert np.array_equal(a.depth, b.depth)
        assert np.array_equal(a.rgb, b.rgb)
        assert np.array_equal(a.T_world_cam, b.T_world_cam)
