"""The shipped conformance tests accept what keeps the contracts and name what does not."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from loci.conformance import check_policy, check_robot, check_segmenter
from loci.contracts import Action, Decision, Outcome, RGBDFrame, Segment, SegmentImage, Status, Verb
from loci.errors import InstructionError, RobotError
from loci.geometry import PinholeCamera
from loci.launch.thor_server import write_launcher
from loci.sim.house_plan import generate
from loci.sim.house_robot import HouseRobot
from loci.sim.ithor_library import SceneLibrary
from loci.sim.ithor_robot import IthorRobot
from loci.sim.kitchen import Kitchen
from loci.sim.procedural import HouseWorld
from loci.sim.robot import KitchenRobot
from loci.sim.thor_robot import ThorRobot


def frame(stamp=0.0, robot_id="stub", **more):
    camera = PinholeCamera.from_fov(1.0, 8, 6)
    rgb, depth = np.zeros((6, 8, 3), np.uint8), np.ones((6, 8), np.float32)
    return RGBDFrame(rgb, depth, camera, np.eye(4), stamp, robot_id=robot_id, **more)


class Stub:
    """A robot that only looks, two polls long. Each flaw is switched on by name."""

    robot_id, map_id = "stub", "map"
    capabilities = frozenset({Verb.LOOK})

    def __init__(self, flaw=""):
        self.flaw, self.queue, self.running, self.closed = flaw, [], None, 0

    def frames(self):
        out = list(self.queue)
        if self.flaw != "repeats":
            self.queue = []
        return out

    def start(self, action: Action):
        if self.running and not self.running.over and self.flaw != "two at once":
            raise RobotError("busy")
        self.running = StubHandle(self, action)
        return self.running

    def close(self):
        self.closed += 1
        if self.closed > 1 and self.flaw == "closes once":
            raise RobotError("closed already")


class StubHandle:
    def __init__(self, robot, action):
        self.robot, self.left = robot, 2
        self.status = Status.SUCCEEDED
        if action.verb is not Verb.LOOK and robot.flaw != "does anything":
            self.status, self.left = Status.UNSUPPORTED, 0

    @property
    def over(self):
        return self.left <= 0

    def poll(self):
        if self.left > 0:
            self.left -= 1
            stamps = {"backwards": -self.left * -1.0}
            name = "other" if self.robot.flaw == "another's name" else "stub"
            if self.robot.flaw != "blind":
                self.robot.queue.append(frame(stamps.get(self.robot.flaw, 0.0), robot_id=name))
        return self.over

    def cancel(self):
        if self.robot.flaw != "deaf":
            self.status = Status.CANCELLED
        self.left = 0

    def result(self):
        if not self.over and self.robot.flaw != "early result":
            raise RobotError("still running")
        return Outcome(self.status, started=1.0, ended=0.0 if self.robot.flaw == "time runs back" else 2.0)


def test_a_robot_that_keeps_the_contract_passes():
    check_robot(Stub)


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ("repeats", "nothing happened"),
        ("two at once", "while an action runs"),
        ("closes once", "closed already"),
        ("does anything", "unsupported"),
        ("backwards", "oldest first"),
        ("another's name", "robot_id"),
        ("blind", "no frame"),
        ("deaf", "cancelled"),
        ("early result", "result"),
        ("time runs back", "before it began"),
    ],
)
def test_a_robot_that_breaks_it_is_told_how(flaw, message):
    with pytest.raises(RobotError, match=message):
        check_robot(lambda: Stub(flaw))


def test_a_robot_without_a_member_is_named():
    with pytest.raises(RobotError, match="object lacks"):
        check_robot(object)


CAMERA = PinholeCamera.from_fov(1.0, 80, 60)


@contextmanager
def kitchen(data, tmp_path):
    with Kitchen.build(0) as world:
        yield KitchenRobot(world, seed=0, camera=CAMERA)


@contextmanager
def ithor(data, tmp_path):
    yield IthorRobot(SceneLibrary(data / "ithor"), "FloorPlan1", width=64, height=48)


@contextmanager
def ithor_by_client(data, tmp_path):
    pytest.importorskip("ai2thor", reason="the AI2-THOR client is not installed")
    yield ThorRobot.launch(
        "FloorPlan1", executable=write_launcher(tmp_path / "unity", data / "ithor"), width=64, height=48
    )


@contextmanager
def house(data, tmp_path):
    home = generate(7, 3, 1)
    with HouseWorld.of(replace(home, things=home.things[::9])) as world:
        yield HouseRobot(world, camera=CAMERA, explorer=False)


ROBOTS = [kitchen, house, ithor, ithor_by_client]
"""Every body in every world: one that is new is added here."""


@pytest.mark.parametrize("world", ROBOTS, ids=lambda w: w.__name__)
def test_every_robot_keeps_the_contract(world, data_dir, tmp_path):
    with world(data_dir, tmp_path) as robot:
        check_robot(lambda: robot)


class Halves:
    """Left half and right half of the picture. Each flaw is switched on by name."""

    def __init__(self, flaw=""):
        self.flaw = flaw

    def segment(self, frame):
        left, right = np.zeros((2, *frame.depth.shape), bool)
        left[:, :4] = True
        right[:, 3 if self.flaw == "overlap" else 4 :] = True
        if self.flaw == "empty":
            left[:] = False
        if self.flaw == "writes":
            frame.depth[0, 0] = 7.0
        if self.flaw == "integers":
            left = left.astype(int)
        chance = {"too sure": 1.4, "too much": 0.8}.get(self.flaw, 0.5)
        labels = {"mug": chance, "bowl": 0.4}
        return [Segment(left, labels), Segment(right, {"table": 0.9}, states={"openness": {"open": 0.5}})]


def test_a_segmenter_that_keeps_the_contract_passes():
    check_segmenter(Halves(), [frame(0.0), frame(1.0)])


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ("overlap", "belong to"),
        ("empty", "is empty"),
        ("writes", "changed the frame"),
        ("integers", "bool"),
        ("too sure", "in \\[0, 1\\]"),
        ("too much", "more than 1"),
    ],
)
def test_a_segmenter_that_breaks_it_is_told_how(flaw, message):
    with pytest.raises(AssertionError, match=message):
        check_segmenter(Halves(flaw), [frame()])


def test_the_body_belongs_to_no_segment():
    body = np.zeros((6, 8), bool)
    body[5] = True
    with pytest.raises(AssertionError, match="own body"):
        check_segmenter(Halves(), [frame(body_mask=body)])
    with pytest.raises(AssertionError, match="at least one frame"):
        check_segmenter(Halves(), [])


class Fixed:
    def __init__(self, answer):
        self.answer = answer

    def decide(self, situation):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_policies():
    good = Decision(Verb.LOOK, why="nothing is known")
    check_policy(lambda: Fixed(good))
    check_policy(lambda: Fixed(InstructionError("what?")))
    with pytest.raises(AssertionError, match="not a Decision"):
        check_policy(lambda: Fixed(None))
    with pytest.raises(AssertionError, match="finite"):
        check_policy(lambda: Fixed(replace(good, position=(0.0, float("nan"), 0.0))))
    with pytest.raises(AssertionError, match="decide"):
        check_policy(object)


def test_segments_need_labels():
    nameless = SegmentImage(np.ones((6, 8), np.int32), {}, {}, {})

    class Nameless(Stub):
        def frames(self):
            return [replace(f, segments=nameless) for f in super().frames()]

    with pytest.raises(RobotError, match="no label"):
        check_robot(Nameless)
