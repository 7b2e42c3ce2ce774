"""What is in the hand goes where the hand goes, however long it is carried."""

from __future__ import annotations

import numpy as np
import pytest

from loci.contracts import Decision, Gripper, Outcome, Status, Verb
from loci.geometry import rotation_z, transform


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_long_way_in_the_hand_leaves_the_box_rigid(stage, seed: int) -> None:
    """Hundreds of frames with the hand turning: the box keeps its size and its axes, and is where the hand is."""
    rng = np.random.default_rng(seed)
    stage.add("mug", "mug", (1.8, 0.3, 0.85), (0.09, 0.09, 0.1))
    stage.hand((1.8, 0.3, 0.95), False)
    stage.looks(3)
    mug = stage.ids["mug"]
    size = stage.memory.get(mug).box_world.size
    episode = stage.memory.begin_episode("carry the mug about", stage.now)
    action = stage.memory.begin_action(Decision(Verb.PICK, mug), stage.now)
    stage.hand((1.8, 0.3, 0.95), True)
    stage.memory.end_action(action, Outcome(Status.SUCCEEDED, "", stage.now, stage.now))
    for _ in range(300):
        at = np.array([1.8, 0.3, 0.95]) + rng.uniform(-0.5, 0.5, 3)
        stage.gripper = Gripper(0.04, True, transform(rotation_z(rng.uniform(-3, 3)), at))
        stage.look(sees=False)
    box = stage.memory.get(mug).box_world
    R = box.T_ref_box[:3, :3]
    assert stage.memory.held() is not None
    assert np.allclose(R @ R.T, np.eye(3), atol=1e-9)
    assert np.allclose(box.size, size)
    assert np.linalg.norm(box.center - stage.gripper.T_world_hand[:3, 3]) < 0.2
    stage.memory.end_episode(episode, "done", stage.now)
