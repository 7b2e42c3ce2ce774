"""Everything that opens in a house: how it moves is told by its box and its bar, and the body opens and closes it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import Action, Target, Verb
from loci.geometry import Box, PinholeCamera, transform
from loci.sim.body import arm_foot
from loci.sim.bullet import pybullet
from loci.sim.catalogue import FURNITURE
from loci.sim.clutter import Clutter
from loci.sim.collision import N_LIMBS, RADII, spheres
from loci.sim.handles import seen_panel
from loci.sim.hinges import infer
from loci.sim.house_plan import generate
from loci.sim.house_robot import HouseRobot
from loci.sim.navigation import FloorPlan
from loci.sim.one_action import to_the_end
from loci.sim.procedural import HouseTruth, HouseWorld, hinge_side
from loci.sim.procedural_furniture import write_piece
from loci.sim.pull import hand_on_bar, plan_pull
from loci.sim.truth import CLOSED_BELOW, OPEN_ABOVE
from loci.sim.voxels import VoxelMap

HOUSE = generate(3, 4, 2)
KINDS = sorted(kind for kind, cls in FURNITURE.items() if cls.opens and kind != "sideboard")


def true_grip(spec, s):
    """Where the bar of a piece is (3,) when it is open by ``s`` radians or metres."""
    motion = spec.motion
    if motion.kind == "slide":
        return spec.grip.center + s * motion.axis
    arm, axis = spec.grip.center - motion.point, motion.axis
    along = (arm @ axis) * axis
    return motion.point + along + np.cos(s) * (arm - along) + np.sin(s) * np.cross(axis, arm)


def believed(spec, s=0.0):
    """The outer box and the box of the bar of a piece that is open by ``s``."""
    size = np.array(spec.size)
    half = np.abs(spec.grip.along) * (spec.grip.length / 2 - 0.01) + 0.01
    center = true_grip(spec, s)
    return (
        Box(spec.T_world_piece @ transform(t=(0.0, 0.0, size[2] / 2)), size),
        Box.from_bounds(center - half, center + half),
    )


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_how_a_piece_moves_is_told_by_its_box_and_its_bar(kind, side, tmp_path):
    piece = next(f for f in HOUSE.furniture if f.kind == kind)
    _, spec, _ = write_piece(piece, tmp_path, "oak", side)
    art = infer(*believed(spec))
    assert art.kind == spec.motion.kind
    assert art.level == (spec.motion.kind == "hinge" and abs(spec.motion.axis[2]) < 0.5)
    for s in (0.0, 0.3, 0.8, 1.3):
        assert np.linalg.norm(art.handle(s) - true_grip(spec, s)) < 0.04, f"{kind} at {s}"
        assert art.position(true_grip(spec, s)) == pytest.approx(s, abs=0.06)


@pytest.mark.parametrize("kind", ["dishwasher", "laundry basket", "fridge"])
def test_what_stands_open_is_known_by_its_bar_too(kind, tmp_path):
    piece = next(f for f in HOUSE.furniture if f.kind == kind)
    _, spec, _ = write_piece(piece, tmp_path, "oak")
    art = infer(*believed(spec, 1.2))
    assert art.position(true_grip(spec, 1.2)) == pytest.approx(1.2, abs=0.16)
    assert np.linalg.norm(art.handle(0.0) - spec.grip.center) < 0.12


def test_a_door_beside_a_wall_has_its_hinges_there():
    fridge = next(f for f in HOUSE.furniture if f.kind == "fridge")
    x0, y0, x1, y1 = next(r.bounds for r in HOUSE.rooms if r.id == fridge.room)
    R, width = fridge.box_world.T_ref_box[:3, :3], float(fridge.box_world.size[0])
    for side in (-1, 1):  # moved along its wall until its side is 1 cm from the next one
        ends = np.array([[x0, y0], [x1, y1]])
        corner = (ends * np.abs(R[:2, 0])).sum(axis=1)  # along the wall
        along = corner[int((R[:2, 0].sum() * side) > 0)]
        center = fridge.box_world.center.copy()
        axis = int(np.abs(R[1, 0]) > 0.5)
        center[axis] = along - np.sign(along - corner.mean()) * (width / 2 + 0.06)
        box = Box(transform(R, center), fridge.box_world.size)
        moved = replace(fridge, box_world=box)
        # the house's box has its x axis the other way round than the piece's own frame
        assert hinge_side(replace(HOUSE, furniture=(moved,)), moved) == -side


@settings(max_examples=25, deadline=None)
@given(st.floats(0.4, 1.45), st.booleans(), st.integers(0, 99))
def test_an_open_flap_is_seen_by_its_panel(s, level, seed):
    rng = np.random.default_rng(seed)
    box = Box(transform(t=(0.0, 0.0, 0.45)), np.array([0.6, 0.6, 0.9]))
    size = (0.30, 0.018, 0.018) if level else (0.018, 0.018, 0.24)
    at = np.array([0.0 if level else 0.25, 0.375, 0.80])
    art = infer(box, Box.from_bounds(at - np.array(size) / 2, at + np.array(size) / 2))
    assert art.level == level
    a, b = art.panel(s)
    across = art.bar * 0.25
    u, v = np.meshgrid(np.linspace(0.1, 1.0, 40), np.linspace(-1.0, 1.0, 20), indexing="ij")
    points = a + u.reshape(-1, 1) * (b - a) + v.reshape(-1, 1) * across + rng.normal(0, 0.0015, (800, 3))
    found = seen_panel(points, art)
    assert found is not None
    assert found == pytest.approx(s, abs=0.07)
    assert seen_panel(points - 0.5 * art.facing(0.0), art) is None, "what is behind the front is no open panel"


def free_floor(*boxes):
    voxels = VoxelMap((0.0, 0.0), 6.0)
    voxels.seen[:] = True
    for box in boxes:
        lower, upper = box.bounds()
        (i0, j0), (i1, j1) = voxels.cell(lower[:2]), voxels.cell(upper[:2])
        voxels.filled[i0 : i1 + 1, j0 : j1 + 1, round(lower[2] / 0.04) : round(upper[2] / 0.04)] = True
    return voxels


def test_a_palm_keeps_off_the_wall_beside_a_bar():
    """The bar is 8 cm from a wall: a hand that comes straight at it would touch the wall with its palm."""
    box = Box(transform(t=(0.0, 0.0, 0.7)), np.array([0.6, 0.5, 1.4]))
    half = np.array([0.009, 0.009, 0.12])
    bar = np.array([0.25, 0.32, 1.0])
    art = infer(box, Box.from_bounds(bar - half, bar + half))
    voxels = free_floor(box)
    floor = FloorPlan(voxels, np.array([-0.3, 1.4, -1.57]))
    y, z = np.meshgrid(np.arange(0.2, 1.3, 0.02), np.arange(0.6, 1.5, 0.02), indexing="ij")
    wall = np.column_stack([np.full(y.size, 0.33), y.ravel(), z.ravel()])

    def reached(cloud):
        """How far over to the wall's side the palm is that takes hold of the bar."""
        clutter = Clutter(cloud, voxels, art.handle(0.7), (art.box(0.0), art.box(1.45)))
        plan = plan_pull(art, 0.0, 0.6, floor, floor, bar, clutter)
        assert plan is not None
        hand = np.eye(4)
        hand[:3, :3], hand[:3, 3] = hand_on_bar(art, 0.0, float(plan.swivels[0]), plan.pitch), bar
        foot = arm_foot(plan.bases[0], plan.lift)
        palm = spheres(plan.joints[:1], foot[None])[0, N_LIMBS : N_LIMBS + 5]
        return float((palm[:, 0] + RADII[N_LIMBS]).max())

    assert reached(np.zeros((0, 3))) > 0.33
    assert reached(wall) < 0.345


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dishwasher", "bathroom cabinet"])
def test_flaps_and_high_doors_are_opened_and_shut(kind):
    piece = next(f for f in HOUSE.furniture if f.kind == kind)
    house = replace(HOUSE, furniture=(piece,), things=())
    R = piece.box_world.T_ref_box[:3, :3]
    x0, y0, x1, y1 = next(r.bounds for r in house.rooms if r.id == piece.room)
    spot = piece.box_world.center + 1.3 * R[:, 1]
    spot = np.clip(spot[:2], (x0 + 0.5, y0 + 0.5), (x1 - 0.5, y1 - 0.5))
    with HouseWorld.of(house) as world:
        world.robot_start = (float(spot[0]), float(spot[1]), float(np.arctan2(-R[1, 1], -R[0, 1])))
        robot = HouseRobot(world, camera=PinholeCamera.from_fov(np.deg2rad(58), 160, 120), explorer=False)
        truth, spec = HouseTruth(world), world.furniture[piece.id].spec
        for action in (Action(Verb.LOOK), Verb.OPEN, Verb.CLOSE):
            if isinstance(action, Verb):
                body, link = world.furniture[piece.id].body, world.furniture[piece.id].handle
                bar = Box.from_bounds(*map(np.array, pybullet().getAABB(body, link, physicsClientId=world.client)))
                action = Action(action, Target(piece.id, kind, believed(spec)[0], bar))
            outcome, _ = to_the_end(robot, action)
            assert outcome.ok, outcome
            if action.verb is Verb.OPEN:
                assert truth.open_fraction(piece.id) > OPEN_ABOVE
        assert truth.open_fraction(piece.id) < CLOSED_BELOW
