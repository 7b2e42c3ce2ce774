"""Two floors in PyBullet: slab, stairwell and stairs; furniture and things at rest on both; wheels that stay on their floor."""

from dataclasses import replace

import numpy as np
import pytest

from loci.contracts import Status
from loci.errors import ConfigError
from loci.geometry import PinholeCamera
from loci.sim.bullet import pybullet
from loci.sim.house_plan import generate
from loci.sim.house_robot import HouseRobot
from loci.sim.house_stairs import RAIL_HEIGHT, STOREY
from loci.sim.household import Household
from loci.sim.one_action import Failed
from loci.sim.procedural import HouseTruth, HouseWorld
from loci.sim.skill_navigate import drive_to, fold
from loci.sim.worlds import check_world

ROOMS = ("hall", "landing", "bedroom")
CAMERA = PinholeCamera.from_fov(np.deg2rad(58.0), 160, 120)


@pytest.fixture(scope="module")
def life():
    house = generate(3, 5, 1, floors=2)
    pieces = tuple(f for f in house.furniture if f.room in ROOMS)
    here = {f.id for f in pieces}
    things = tuple(t for t in house.things if t.home in here)[::4]  # few, to keep it quick
    return Household(replace(house, furniture=pieces, things=things))


@pytest.fixture(scope="module")
def upstairs(life):
    with HouseWorld.of(life.house, life.start, floor=1) as world:
        yield world


def below(world, x, y, high):
    """Height of what a ray down from (x, y, high) meets."""
    hit = pybullet().rayTest([x, y, high], [x, y, high - 8.0], physicsClientId=world.client)[0]
    return float(hit[3][2])


def test_everything_rests_where_the_house_says_one_floor_lower(life, upstairs):
    """The robot's floor is height 0: all is a storey lower than in the file, what is below negative."""
    truth = HouseTruth(upstairs)
    levels = set()
    for name in upstairs.movables:
        want = life.start.boxes[name].center - (0.0, 0.0, STOREY)
        assert np.linalg.norm(upstairs.pose(name)[:3, 3] - want) < 0.03, f"{name} has moved"
        assert truth.at_start[name] == (life.start.relation[name], life.start.parent[name])
        levels.add(want[2] > 0)
    assert levels == {True, False}
    for piece, mine in zip(life.house.furniture, upstairs.house.furniture, strict=True):
        np.testing.assert_allclose(mine.box_world.center, piece.box_world.center - (0, 0, STOREY), atol=1e-9)


def test_the_slab_has_a_hole_where_the_stairs_are_and_nowhere_else(upstairs):
    house = upstairs.house
    (stairs,) = house.stairs
    tread = stairs.length / 13
    for i in range(13):
        x0, y0, x1, y1 = stairs.along((i + 0.5) * tread, (i + 0.5) * tread)
        assert below(upstairs, (x0 + x1) / 2, (y0 + y1) / 2, 1.5) == pytest.approx(
            (i + 1) * STOREY / 14 - STOREY, abs=0.01
        )
    for upper, level in ((True, 0.0), (False, -STOREY)):
        a, b, c, d = stairs.free(upper)
        assert below(upstairs, (a + c) / 2, (b + d) / 2, level + 1.2) == pytest.approx(level, abs=0.01)
    x0, y0, x1, y1 = stairs.outline
    for room in (r for r in house.rooms if r.floor == 0):
        a, b, c, d = room.bounds
        for x in np.arange(a + 0.2, c - 0.1, 0.7):
            for y in np.arange(b + 0.2, d - 0.1, 0.7):
                if not (x0 - 0.1 < x < x1 + 0.1 and y0 - 0.1 < y < y1 + 0.1):
                    assert below(upstairs, x, y, 1.5) >= -0.01, f"a hole in {room.id}"
    rails = stairs.rails(0.0, next(r.bounds for r in house.rooms if r.id == "landing"))
    assert len(rails) == 2
    for rail in rails:
        assert below(upstairs, *rail.center[:2], 1.5) == pytest.approx(RAIL_HEIGHT, abs=0.01)


@pytest.mark.parametrize("share", [0.15, 0.5])
def test_the_robot_does_not_drive_down_the_stairs(upstairs, share):
    """It is asked to drive to a spot over the hole, or beyond: there is no way, and no wheel comes near the edge."""
    robot = HouseRobot(upstairs, camera=CAMERA)
    assert robot.map_id == "house-3-floor-1"
    control, (stairs,) = robot._control, upstairs.house.stairs
    x0, y0, x1, y1 = stairs.outline
    head, foot = np.array(stairs.head), np.array(stairs.foot)
    goal = np.array([*(head + share * (foot - head)), 0.0])

    nearest = [np.inf]

    def way():
        yield from fold(control)
        for step in drive_to(control, goal):
            x, y, _ = control.body.base_pose()
            nearest.append(float(np.hypot(max(x0 - x, x - x1, 0.0), max(y0 - y, y - y1, 0.0))))
            yield step

    with pytest.raises(Failed) as failed:
        list(way())
    assert failed.value.status is Status.BLOCKED
    assert min(nearest) > 0.25
    assert control.voxels.hole.any()
    pybullet().removeBody(control.body.uid, physicsClientId=upstairs.client)


def test_worlds_with_floors_are_named(life, tmp_path):
    check_world("house:3:floors=2", 0)
    check_world("house:3:floors=2:start=1", 0)
    for name, said in (
        ("house:3:start=1", "no floor 1"),
        ("house:3:floors=3", "1 or 2"),
        ("house:3:roof=1", "nothing else"),
        ("home.json:floors=2", "the file says"),
        ("garage:start=1", "no world"),
    ):
        with pytest.raises(ConfigError, match=said):
            check_world(name, 0)
    with pytest.raises(ConfigError, match="no floor 2"):
        HouseWorld.of(life.house, life.start, floor=2)
