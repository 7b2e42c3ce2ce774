"""What the agent of an iTHOR scene sees: against AI2-THOR's own flags, behind doors, in pictures, while it walks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import Status, Verb
from loci.errors import InputError
from loci.geometry import Box
from loci.launch.cli import main
from loci.sim.alfred import load_trajectories, start_world
from loci.sim.alfred_expert import expert_steps
from loci.sim.ithor_library import SceneLibrary
from loci.sim.ithor_motion import is_free, move, nod, standing_points, teleport, turn
from loci.sim.ithor_picture import pinhole
from loci.sim.ithor_rays import RayScene, first_box, vertices_of
from loci.sim.ithor_shapes import Parts, front_of, parts_of
from loci.sim.ithor_sheet import dolls_house, kind_of, scene_sheet
from loci.sim.ithor_sight import Sight
from loci.sim.ithor_world import IthorWorld


def test_visible_things_are_those_of_ai2thor(scenes: SceneLibrary) -> None:
    """The metadata say what Unity's camera (145°) saw in the first event; a scene in eight is compared here."""
    right = wrong = missed = 0
    for name in scenes.names()[::8]:
        world = IthorWorld(scenes[name])
        seen = set(Sight(world, fov=145.0).visible())
        for id, thing in scenes[name].objects.items():
            there = bool(thing.source["visible"])
            right += there and id in seen
            wrong += not there and id in seen
            missed += there and id not in seen
    assert right / (right + wrong) > 0.9
    assert right / (right + missed) > 0.9


def test_a_closed_fridge_hides_what_an_open_one_shows(scenes: SceneLibrary) -> None:
    """Doors, the hand and the distance decide what is visible."""
    world = IthorWorld(scenes["FloorPlan1"])
    sight = Sight(world, fov=90.0)
    egg = next(i for i in world.ids() if world.kind(i) == "Egg")
    fridge = world.holder(egg)[0]
    assert world.act(Verb.NAVIGATE, fridge).ok
    assert sight.sees(fridge)
    assert not sight.sees(egg)
    assert world.act(Verb.OPEN, fridge).ok
    spots = world.scene.standing[
        np.argsort(np.linalg.norm(world.scene.standing - world.things[egg].box_world.center[:2], axis=1))
    ]
    found = []
    for x, y in spots[:25]:
        world.agent[:2] = x, y
        world.look_at(world.things[egg].box_world.center)
        found.append(sight.sees(egg))
    assert any(found)
    assert not all(found)  # the door and the sides still hide it from somewhere
    world.agent[:2] = spots[int(np.argmax(found))]
    world.look_at(world.things[egg].box_world.center)
    assert world.act(Verb.PICK, egg).ok
    assert egg in sight.visible()  # in the hand
    turn(world, np.pi)
    assert egg in sight.visible()
    assert fridge not in sight.visible()
    report = next(r for r in sight.reports() if "egg" in r.labels)
    assert report.map_id == "FloorPlan1"


def test_a_box_that_is_larger_than_the_furniture_hides_nothing(data_dir: Path, scenes: SceneLibrary) -> None:
    """A bowl on a desk, within the box of the computer beside it: seen from somewhere, as in AI2-THOR."""
    tasks = load_trajectories(data_dir / "alfred" / "eb_alfred_dev_trajectories.json.gz")
    task = next(t for k, t in tasks.items() if k.startswith("look_at_obj_in_light-Bowl-None-DeskLamp-316"))
    world = start_world(task, scenes)
    sight = Sight(world, fov=90.0)
    (bowl,) = (i for i in world.ids() if world.kind(i) == "Bowl")
    box = world.things[bowl].box_world
    around = {world.kind(i) for i in world.ids() if i != bowl and world.things[i].box_world.contains(box.center)}
    assert around - {world.kind(i) for i in world.holder(bowl)}
    grid = standing_points(world)
    near = grid[np.linalg.norm(grid - box.center[:2], axis=1) < 1.4]
    found = 0
    for x, y in near:
        world.agent[:2] = x, y
        world.look_at(box.center)
        found += sight.sees(bowl)
    assert found > 0


def test_pictures_agree_with_rays(scenes: SceneLibrary) -> None:
    """The filled-in picture is the picture that a ray a pixel would give; odd sizes too."""
    world = IthorWorld(scenes["FloorPlan205"])
    sight = Sight(world, width=61, height=43, fov=90.0)
    world.agent[2] += 0.4
    picture = sight.picture()
    assert picture.rgb.shape == (43, 61, 3)
    assert picture.depth.dtype == np.float32
    c, T = picture.camera, picture.T_world_cam
    rng = np.random.default_rng(0)
    same = 0
    for u, v in rng.integers((61, 43), size=(200, 2)):
        point = T[:3, :3] @ np.array([(u - c.cx) / c.fx, (v - c.cy) / c.fy, 1.0]) * picture.depth[v, u] + T[:3, 3]
        k = picture.index[v, u]
        if k < 0:  # a wall, at the bounds of the scene
            same += bool(Box.distance(world.scene.bounds, point) < 0.05)
        else:
            same += bool(world.things[picture.ids[k]].box_world.distance(point) < 0.62)  # an open door reaches that far
    assert same == 200
    assert len(set(picture.index.ravel().tolist())) > 5
    with pytest.raises(InputError, match="180"):
        pinhole(300, 300, 180.0)


def test_eyes_that_followed_see_what_fresh_eyes_see(data_dir: Path, scenes: SceneLibrary) -> None:
    """Whatever is opened, taken, carried, put, cut: nothing of the past is left in what is seen."""
    tasks = list(load_trajectories(data_dir / "alfred" / "eb_alfred_dev_trajectories.json.gz").values())
    looks = 0
    for task in tasks[2::16]:
        world = start_world(task, scenes)
        sight = Sight(world)
        for step in expert_steps(task, world):
            assert world.act(step.verb, step.target, value=step.value).ok
            fresh = Sight(world)
            assert sorted(sight.visible()) == sorted(fresh.visible())
            assert np.array_equal(sight.picture().depth[::16], fresh.picture().depth[::16])
            looks += 1
    assert looks > 30


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_a_slab_test_is_a_ray_scene(seed: int, boxes: int) -> None:
    """What moves is met by the same rays at the same distance as if it had been built in."""
    rng = np.random.default_rng(seed)
    parts = Parts(rng.uniform(-3, 3, (boxes, 3)), rng.uniform(-4, 4, boxes), rng.uniform(0.1, 1.5, (boxes, 3)))
    eye, rays = np.array([6.0, 0.0, 0.5]), rng.normal((-1.0, 0.0, 0.0), 0.4, (200, 3)).astype(np.float32)
    cast = np.concatenate([np.tile(eye, (200, 1)), rays], axis=1).astype(np.float32)
    t, face = RayScene([vertices_of(parts)], np.arange(boxes, dtype=np.int32)).faces(cast)
    near, which = first_box(parts.centers, parts.yaws, parts.sizes / 2, eye, rays)
    grazing = np.isfinite(t) != np.isfinite(near)
    assert grazing.sum() <= 2
    both = np.isfinite(t) & np.isfinite(near)
    assert (np.abs(t[both] - near[both]) > 1e-3).sum() <= 2
    assert ((face // 6)[both] != which[both]).sum() <= 2


def test_walking_keeps_to_the_free_floor(scenes: SceneLibrary) -> None:
    """A step forward and back; walls and furniture stop the agent where it is; the neck has its limits."""
    world = IthorWorld(scenes["FloorPlan10"])
    start = world.agent.copy()
    grid = standing_points(world)
    assert is_free(world, *grid[0])
    walked = 0
    for _ in range(4):
        before = world.agent.copy()
        status, why = move(world, 0.25, 0.0)
        if status is Status.SUCCEEDED:
            walked += 1
            assert np.isclose(np.linalg.norm(world.agent[:2] - before[:2]), 0.25)
            assert move(world, -0.25, 0.0)[0] is Status.SUCCEEDED
            assert np.allclose(world.agent, before)
        else:
            assert "in the way" in why or "blocking" in why
        turn(world, np.pi / 2)
    assert walked
    status, why = move(world, 50.0, 0.0)
    assert status is Status.BLOCKED
    assert np.allclose(world.agent[:2], start[:2])
    assert nod(world, np.pi / 6)[0] is Status.SUCCEEDED
    assert nod(world, np.pi / 6)[0] is Status.SUCCEEDED
    assert nod(world, np.pi / 6)[0] is Status.BLOCKED
    assert teleport(world, 40.0, 0.0, 0.0, 0.0)[0] is Status.BLOCKED
    assert teleport(world, *grid[3], 0.0, 0.5)[0] is Status.SUCCEEDED


def test_a_sheet_shows_rooms_from_outside(scenes: SceneLibrary, tmp_path: Path) -> None:
    """Every cell shows furniture of its scene, whole; no ceiling is in the way."""
    worlds = [IthorWorld(scenes[n]) for n in ("FloorPlan1", "FloorPlan303")]
    for world in worlds:
        picture = dolls_house(world, 120, 90)
        shown = {world.kind(picture.ids[k]) for k in np.unique(picture.index) if k >= 0}
        assert len(shown & {"Floor", "Fridge", "CounterTop", "Bed", "Desk", "Drawer", "Cabinet"}) >= 3
        border = np.concatenate([picture.depth[0], picture.depth[-1], picture.depth[:, 0], picture.depth[:, -1]])
        assert (border == 0).all()
    assert scene_sheet(worlds, columns=2, cell=(200, 160)).size == (400, 160)
    assert [kind_of(n) for n in ("FloorPlan7", "FloorPlan211", "FloorPlan430")] == [
        "kitchen",
        "living room",
        "bathroom",
    ]
    assert main(["world", "sheet", str(tmp_path / "s.png"), "--scenes", str(scenes.folder)]) == 0
    assert (tmp_path / "s.png").stat().st_size > 50_000
    assert main(["world", "sheet", str(tmp_path / "s.png"), "--scenes", str(tmp_path)]) == 2


def test_boxes_stand_for_shells_tables_and_vessels() -> None:
    """An open cupboard has a hole in front; a table's top has one over the sink; a bowl has no lid."""
    box = Box.from_bounds((0, 0, 0), (1.0, 0.6, 0.8))
    front = front_of(box, np.array([[0.5, -0.7], [0.5, -1.0]]))
    assert np.allclose(front, (0, -1, 0))
    shut = parts_of("Cabinet", box, is_open=False, front=front)
    assert len(shut.yaws) == 1
    shell = parts_of("Cabinet", box, is_open=True, front=front)
    middle = np.array([0.5, 0.0, 0.4])  # the middle of the front side
    assert not any((np.abs(middle - c) <= s / 2).all() for c, s in zip(shell.centers, shell.sizes, strict=True))
    assert (shell.centers - shell.sizes / 2).min(axis=0)[1] < -0.3  # the door stands out into the room
    sink = Box.from_bounds((0.3, 0.2, 0.6), (0.6, 0.4, 0.8))
    table = parts_of("CounterTop", box, is_open=False, holes=[sink])
    over = np.array([0.45, 0.3, 0.79])
    beside = np.array([0.8, 0.3, 0.79])
    hit = [
        [(np.abs(p - c) <= s / 2).all() for c, s in zip(table.centers, table.sizes, strict=True)]
        for p in (over, beside)
    ]
    assert not any(hit[0])
    assert any(hit[1])
    bowl = parts_of("Bowl", box, is_open=False)
    assert not any((np.abs((0.5, 0.3, 0.7) - c) <= s / 2).all() for c, s in zip(bowl.centers, bowl.sizes, strict=True))
