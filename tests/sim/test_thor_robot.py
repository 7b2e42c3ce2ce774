"""The body over AI2-THOR: the contract, and the same tasks through the real client, in process and in the bare world."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Action, Role, Status, Target, Verb
from loci.errors import ConfigError, RobotError
from loci.geometry import Box
from loci.launch.thor_server import write_launcher
from loci.sim.alfred import AlfredTask, load_trajectories, start_world
from loci.sim.ithor_library import SceneLibrary
from loci.sim.ithor_robot import IthorRobot
from loci.sim.thor_robot import ThorRobot
from loci.sim.thor_tasks import set_up, side_by_side


@pytest.fixture(scope="module")
def tasks(data_dir: Path) -> list[AlfredTask]:
    """Ten of the dev set, of all task types."""
    return list(load_trajectories(data_dir / "alfred" / "eb_alfred_dev_trajectories.json.gz").values())[4::9][:10]


@pytest.fixture(scope="module")
def real(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThorRobot]:
    """The robot over the real client, with the stand-in in Unity's place."""
    pytest.importorskip("ai2thor", reason="the AI2-THOR client is not installed")
    launcher = write_launcher(tmp_path_factory.mktemp("thor") / "unity", data_dir / "ithor")
    robot = ThorRobot.launch("FloorPlan1", executable=launcher)
    yield robot
    robot.close()
    with pytest.raises(RobotError, match="closed"):
        robot.start(Action(Verb.LOOK))


def done(robot: ThorRobot, action: Action) -> Status:
    """Its frames stay to be fetched."""
    handle = robot.start(action)
    while not handle.poll():
        pass
    return handle.result().status


def run(robot: ThorRobot, kind: str, verb: Verb, text: str = "") -> Status:
    """An action on the first object of a kind, by its class and box."""
    from loci.sim.ithor_labels import label_of
    from loci.sim.thor_metadata import box_of

    entry = next(o for o in robot.client.last_event.metadata["objects"] if o["objectType"] == kind)
    return done(robot, Action(verb, Target("o1", label_of(kind), box_of(entry)), text=text))


def test_the_same_tasks_give_the_same_result(tasks: list[AlfredTask], scenes: SceneLibrary, real: ThorRobot) -> None:
    """Directly in the world, and through robot, real client, pipes and stand-in."""
    assert len({t.task_type for t in tasks}) >= 5
    real.images = False
    for flag in ("renderDepthImage", "renderInstanceSegmentation", "renderImage"):
        real.client.step("Pass", **{flag: False})
    twins = []
    for task in tasks:
        set_up(real.client, task)
        real.refresh()
        for flag in ("renderDepthImage", "renderInstanceSegmentation", "renderImage"):
            real.client.step("Pass", **{flag: False})
        twins.append(side_by_side(task, scenes, real))
    assert [t.key for t in twins if not t.same] == []
    assert sum(t.reached for t in twins) >= 9
    assert sum(len(t.steps) for t in twins) > 60


def test_frames_from_the_client_are_frames(real: ThorRobot) -> None:
    """Depth, pose and segments fit together; the round trip with images is short."""
    client = real.client
    client.reset("FloorPlan1", renderDepthImage=True, renderInstanceSegmentation=True, renderImage=True)  # type: ignore[attr-defined]
    real.images = True
    real.refresh()
    begun = time.perf_counter()
    assert done(real, Action(Verb.LOOK)) is Status.SUCCEEDED
    assert time.perf_counter() - begun < 4.0  # eight looks; a bound for a busy machine, the figure is in the benchmark
    frames = list(real.frames())
    assert len(frames) >= 8
    assert list(real.frames()) == []
    entries = {o["objectType"]: o for o in client.last_event.metadata["objects"]}
    low = np.array(entries["Fridge"]["axisAlignedBoundingBox"]["cornerPoints"]).min(axis=0)[[0, 2, 1]] - 0.7
    high = np.array(entries["Fridge"]["axisAlignedBoundingBox"]["cornerPoints"]).max(axis=0)[[0, 2, 1]] + 0.7
    seen = 0
    for frame in frames:
        assert frame.segments is not None
        for number, labels in frame.segments.labels.items():
            if "fridge" in labels:
                assert frame.segments.roles[number] is Role.FURNITURE
                assert "openness" in frame.segments.states[number]
                v, u = np.nonzero(frame.segments.ids == number)
                c, z = frame.camera, frame.depth[v, u]
                points = np.column_stack([(u - c.cx) / c.fx * z, (v - c.cy) / c.fy * z, z])
                world = points @ frame.T_world_cam[:3, :3].T + frame.T_world_cam[:3, 3]
                assert ((world > low) & (world < high)).all()
                seen += len(v)
    assert seen > 500


def test_skills_end_as_they_should(scenes: SceneLibrary) -> None:
    """Failure is data: full hands, empty hands, closed, not there, not able, out of the world, cancelled."""
    robot = IthorRobot(scenes, "FloorPlan1", images=False)
    assert run(robot, "Egg", Verb.PICK) is Status.NOT_THERE  # inside the closed fridge
    assert run(robot, "Fridge", Verb.NAVIGATE) is Status.SUCCEEDED
    assert run(robot, "Fridge", Verb.CLOSE) is Status.STUCK
    assert run(robot, "Fridge", Verb.PLACE) is Status.HANDS_EMPTY
    assert run(robot, "Fridge", Verb.PICK) is Status.UNSUPPORTED
    assert run(robot, "Bread", Verb.SLICE) is Status.HANDS_EMPTY
    assert run(robot, "Tomato", Verb.PICK) is Status.SUCCEEDED
    assert run(robot, "Mug", Verb.PICK) is Status.HANDS_FULL
    assert run(robot, "Fridge", Verb.PLACE) is Status.STUCK
    assert run(robot, "Fridge", Verb.OPEN) is Status.SUCCEEDED
    assert run(robot, "Egg", Verb.PICK) is Status.HANDS_FULL
    assert run(robot, "Fridge", Verb.PLACE) is Status.SUCCEEDED
    assert run(robot, "Fridge", Verb.CLOSE) is Status.SUCCEEDED
    assert run(robot, "Faucet", Verb.TOGGLE, "on") is Status.SUCCEEDED
    assert run(robot, "Faucet", Verb.TOGGLE, "on") is Status.STUCK
    assert run(robot, "Faucet", Verb.TOGGLE) is Status.SUCCEEDED
    nowhere = Target("o9", "mug", Box.from_bounds((50, 50, 0), (51, 51, 1)))
    assert done(robot, Action(Verb.NAVIGATE, nowhere)) is Status.BLOCKED
    assert done(robot, Action(Verb.PICK)) is Status.UNSUPPORTED
    handle = robot.start(Action(Verb.LOOK))
    assert not handle.poll()
    with pytest.raises(RobotError, match="busy"):
        robot.start(Action(Verb.LOOK))
    with pytest.raises(RobotError, match="still runs"):
        handle.result()
    handle.cancel()
    assert handle.poll()
    assert handle.result().status is Status.CANCELLED
    assert list(robot.frames()) == []
    labels = {name for r in robot.reports() for name in r.labels}
    assert {"fridge", "faucet", "counter"} <= labels


def test_equal_seeds_give_equal_frames(scenes: SceneLibrary, tasks: list[AlfredTask]) -> None:
    """Bit for bit, segment numbers included; another seed permutes them."""

    def numbers(seed: int) -> tuple[bytes, bytes]:
        world = start_world(tasks[0], scenes)
        robot = IthorRobot(scenes, world=world, width=40, height=30, seed=seed)
        assert done(robot, Action(Verb.LOOK)) is Status.SUCCEEDED
        frame = list(robot.frames())[-1]
        assert frame.segments is not None
        return frame.segments.ids.tobytes(), frame.depth.tobytes()

    assert numbers(1) == numbers(1)
    assert numbers(1)[1] == numbers(2)[1]
    assert numbers(1)[0] != numbers(2)[0]


def test_what_cannot_be_started_is_named_at_once(tmp_path: Path) -> None:
    """A missing or not executable program would be waited for for ever."""
    with pytest.raises(ConfigError, match="no executable"):
        ThorRobot.launch("FloorPlan1", executable=tmp_path / "unity")
    (tmp_path / "unity").write_text("")
    with pytest.raises(ConfigError, match="no executable"):
        ThorRobot.launch("FloorPlan1", executable=tmp_path / "unity")
