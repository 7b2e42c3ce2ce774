"""What is torn off the tie and caught again: the robot still knows how it lies in the hand."""

import numpy as np

from loci.contracts import Action, Status, Target, Verb
from loci.geometry import Box, PinholeCamera
from loci.sim import skill_pick
from loci.sim.bullet import pybullet
from loci.sim.kitchen import Kitchen
from loci.sim.one_action import Failed, to_the_end
from loci.sim.robot import KitchenRobot


def test_what_was_caught_again_lies_in_the_hand_as_it_did(monkeypatch) -> None:
    """Measured where it stood, it would lie where the hand has left; no way for the arm is free with such a thing in it."""
    bring_out, torn = skill_pick._bring_out, []

    def torn_off(control, reach):
        up = reach.hand.T.copy()
        up[2, 3] += 0.12
        yield from control.move_line(up)
        try:
            control.grip._held.limit = 0.01  # no load is this small
            yield from bring_out(control, reach)
        except Failed as failure:
            torn.append(failure.status)
            raise

    monkeypatch.setattr(skill_pick, "_bring_out", torn_off)
    with Kitchen.build(0) as world:
        robot = KitchenRobot(world, seed=0, camera=PinholeCamera.from_fov(np.deg2rad(58), 160, 120))
        lower, upper = pybullet().getAABB(world.movables["apple_1"], -1, physicsClientId=world.client)
        apple = Target("apple_1", "apple", Box.from_bounds(np.array(lower), np.array(upper)))
        outcome, _ = to_the_end(robot, Action(Verb.PICK, apple))
        control = robot._control
        assert torn == [Status.SLIPPED]
        assert outcome.ok, outcome
        assert control.held is not None
        assert np.linalg.norm(control.held.points, axis=1).max() < 0.12
        assert 0.0 < control.held.grip_height < 0.1
        robot.close()
