"""The kitchen's build, starts and mechanics. Physics only: nothing here sets a pose after the build."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from loci.errors import ConfigError
from loci.sim.body import FOOTPRINT, Body
from loci.sim.bullet import pybullet
from loci.sim.furniture import BAR_GAP
from loci.sim.kitchen import Kitchen
from loci.sim.lidar import RANGE, scan
from loci.sim.member import Member
from loci.sim.movables import KINDS
from loci.sim.truth import Truth
from loci.sim.worlds import build_world

HASH = """
import hashlib, numpy as np
from loci.sim.kitchen import Kitchen
from loci.sim.member import Member
world = Kitchen.build({seed})
Member(world, np.random.default_rng(0)).open("drawer")
poses = np.stack([world.pose(name) for name in sorted(world.movables)])
world.close()
import sys
sys.stderr.write(hashlib.sha256(poses.tobytes()).hexdigest())
"""


def in_new_process(seed: int) -> tuple[str, str]:
    done = subprocess.run([sys.executable, "-c", HASH.format(seed=seed)], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr[-64:]


def test_same_seed_gives_the_same_poses_in_two_processes_and_stdout_stays_clean():
    out, first = in_new_process(3)
    assert out == ""
    assert in_new_process(3)[1] == first
    assert in_new_process(4)[1] != first


def test_what_is_in_it(kitchen):
    labels = [kitchen.label(name) for name in kitchen.movables]
    assert len(labels) >= 12
    assert labels.count("mug") == 2
    assert set(kitchen.furniture) == {"table", "counter", "sink", "drawer", "fridge", "cupboard"}


@pytest.mark.slow
def test_thirty_seeds_settle_with_nothing_fallen_or_crowded():
    homes = set()
    for seed in range(30):
        with Kitchen.build(seed) as world:
            truth = Truth(world)
            before = {name: truth.pose(name) for name in truth.names}
            world.step(240)
            for name, T in before.items():
                assert np.linalg.norm(truth.pose(name)[:3, 3] - T[:3, 3]) < 1e-3, (seed, name)
                assert truth.upright(name), (seed, name)
            check_starts(truth, seed)
            homes.add((truth.at_start["apple_1"], truth.drawer_mug))
    assert len(homes) == 4  # apple on table or counter, one or the other mug in the drawer


def check_starts(truth: Truth, seed: int) -> None:
    places = truth.at_start
    allowed = {("on", "table"), ("on", "counter"), ("in", "fridge"), ("in", "cupboard"), ("in", "drawer")}
    assert set(places.values()) <= allowed, seed
    mugs = sorted(places[name] for name in truth.named("mug"))
    assert mugs[0] == ("in", "drawer"), seed
    assert mugs[1][0] == "on", seed
    assert places["apple_1"] in {("on", "table"), ("on", "counter")}
    for a in truth.names:
        for b in truth.names:
            if a < b and places[a] == places[b]:
                apart = np.linalg.norm((truth.pose(a) - truth.pose(b))[:2, 3])
                assert apart - KINDS[truth.label(a)].radius - KINDS[truth.label(b)].radius > 0.115, (seed, a, b)


def test_most_things_fit_between_two_fingers(kitchen):
    narrow = 0
    for body in kitchen.movables.values():
        lower, upper = np.array(pybullet().getAABB(body, physicsClientId=kitchen.client))
        yaw = np.linspace(0, np.pi / 2, 16)
        points = surface_points(kitchen, body)
        widths = [np.ptp(points[:, 0] * np.cos(a) + points[:, 1] * np.sin(a)) for a in (*yaw, *(yaw + np.pi / 2))]
        assert (upper - lower)[2] > 0.02
        narrow += min(widths) < 0.075
    assert narrow >= len(kitchen.movables) - 2  # plate and bowl are held by the rim


def surface_points(world: Kitchen, body: int) -> np.ndarray:
    """Where vertical rays over the body's box meet it."""
    p = pybullet()
    lower, upper = p.getAABB(body, physicsClientId=world.client)
    xs, ys = np.meshgrid(np.linspace(lower[0], upper[0], 41), np.linspace(lower[1], upper[1], 41))
    starts = np.stack([xs.ravel(), ys.ravel(), np.full(xs.size, upper[2] + 0.02)], axis=1)
    ends = starts - (0, 0, upper[2] - lower[2] + 0.01)
    hits = p.rayTestBatch(starts.tolist(), ends.tolist(), physicsClientId=world.client)
    return np.array([hit[3] for hit in hits if hit[0] == body])


@pytest.mark.parametrize("name", ["drawer", "fridge", "cupboard"])
def test_two_fingers_fit_around_each_handle(kitchen, name):
    piece = kitchen.furniture[name]
    grip = piece.spec.grip
    p = pybullet()
    beside = np.cross(grip.along, piece.spec.front) * 0.03
    out = grip.center + 0.2 * piece.spec.front
    bar = p.rayTest(out.tolist(), (out - 0.4 * piece.spec.front).tolist(), physicsClientId=kitchen.client)[0]
    assert (bar[0], bar[1]) == (piece.body, piece.handle)
    for side in (beside, -beside):
        hit = p.rayTest(
            (out + side).tolist(), (out + side - 0.4 * piece.spec.front).tolist(), physicsClientId=kitchen.client
        )[0]
        assert hit[1] != piece.handle  # past the bar …
        depth = (grip.center - np.array(hit[3])) @ piece.spec.front
        assert depth > BAR_GAP > 0.035  # … to the panel behind it


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_hand_can_come_down_on_the_mug_in_the_open_drawer(seed):
    with Kitchen.build(seed) as world:
        truth = Truth(world)
        assert Member(world, np.random.default_rng(0)).open("drawer", 0.8)  # 0.32 m
        mug, drawer = truth.pose(truth.drawer_mug)[:3, 3], world.furniture["drawer"]
        for dx in (-0.10, 0.0, 0.10):
            for dy in (-0.04, 0.04):
                above = mug + np.array((dx, dy, 0.7))
                hit = pybullet().rayTest(above.tolist(), (above - (0, 0, 1)).tolist(), physicsClientId=world.client)[0]
                assert hit[0] in (drawer.body, world.movables[truth.drawer_mug])
                assert hit[3][2] < mug[2] + 0.05, (
                    seed,
                    dx,
                    dy,
                    hit,
                )  # neither worktop nor tray wall above the mug's rim


@pytest.mark.parametrize("name", ["table", "counter", "drawer", "fridge", "cupboard"])
def test_there_is_room_for_a_robot_in_front(kitchen, name):
    spec = kitchen.furniture[name].spec
    if name == "table":
        start, away = np.array([-0.1, -0.68 + 0.375, 0.0]), np.array([0.0, 1.0, 0.0])
    else:
        start, away = spec.T_world_piece[:3, 3] + (spec.size[1] / 2 + 0.06) * spec.front, spec.front
        if name == "drawer":
            start = spec.grip.center * (1, 1, 0) + 0.02 * spec.front
    for height in (0.2, 0.7, 1.0):
        begin = start * (1, 1, 0) + (0, 0, height)
        hit = pybullet().rayTest(begin.tolist(), (begin + 1.25 * away).tolist(), physicsClientId=kitchen.client)[0]
        assert hit[0] == -1, (height, hit)


def test_a_door_stays_where_it_was_left_and_a_drawer_has_an_end(kitchen):
    p = pybullet()
    for name, force in (("fridge", 8.0), ("drawer", 15.0)):
        piece = kitchen.furniture[name]
        for _ in range(120):
            state = p.getLinkState(piece.body, piece.handle, physicsClientId=kitchen.client)
            pull = (force * piece.spec.front).tolist()
            p.applyExternalForce(
                piece.body, piece.handle, pull, state[0], p.WORLD_FRAME, physicsClientId=kitchen.client
            )
            kitchen.step()
        kitchen.step(480)
        rest = kitchen.openness(name)
        assert 0.1 < rest <= 1.0
        kitchen.step(240)
        assert kitchen.openness(name) == pytest.approx(rest, abs=2e-3)


def test_round_things_stop_rolling(kitchen):
    p = pybullet()
    body = kitchen.movables["apple_1"]
    start = kitchen.pose("apple_1")[:3, 3]
    for _ in range(24):
        at = p.getBasePositionAndOrientation(body, physicsClientId=kitchen.client)[0]
        p.applyExternalForce(body, -1, [0.12, 0, 0], at, p.WORLD_FRAME, physicsClientId=kitchen.client)
        kitchen.step()
    kitchen.step(480)
    velocity = p.getBaseVelocity(body, physicsClientId=kitchen.client)[0]
    assert 0.002 < np.linalg.norm(kitchen.pose("apple_1")[:3, 3] - start) < 0.25
    assert np.linalg.norm(velocity) < 0.01


def test_alike_mugs_look_the_same_and_others_do_not():
    def colours(alike: bool) -> set[tuple[float, ...]]:
        with Kitchen.build(2, alike_mugs=alike) as world:
            bodies = [world.movables[name] for name in ("mug_1", "mug_2")]
            return {pybullet().getVisualShapeData(b, physicsClientId=world.client)[0][7] for b in bodies}

    assert len(colours(True)) == 1
    assert len(colours(False)) == 2


def test_the_scanner_meets_walls_and_floor_and_not_the_robot_that_carries_it(kitchen):
    body = Body(kitchen.client, kitchen.robot_start)
    start, ends, hit = scan(body)
    assert hit.all()  # nothing is out of range in a closed room
    assert np.linalg.norm(ends - start, axis=1).max() < RANGE
    assert (ends.min(axis=0) > (-2.51, -2.01, -0.01)).all()
    assert (ends.max(axis=0)[:2] < (2.51, 2.01)).all()
    on = {"east": ends[:, 0] - 2.5, "south": ends[:, 1] + 2.0, "floor": ends[:, 2]}
    assert min(int((np.abs(gap) < 0.01).sum()) for gap in on.values()) > 200
    assert np.linalg.norm(ends[:, :2] - body.base_pose()[:2], axis=1).min() > FOOTPRINT
    assert len(ends) < 15 * 160  # some rays end on the robot itself, and are left out


def test_an_unknown_world_is_refused_with_the_alternatives():
    with pytest.raises(ConfigError, match=r"'garage'.*kitchen"):
        build_world("garage", 0)
    with pytest.raises(ConfigError, match="seed -1"):
        build_world("kitchen", -1)


def test_closing_twice_is_fine():
    world = Kitchen.build(1)
    digest = hashlib.sha256(world.pose("apple_1").tobytes()).hexdigest()
    assert len(digest) == 64
    world.close()
    world.close()
