"""Houses of two floors: people who climb stairs, a patrol that sees through no slab, holes that are no floor."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loci.contracts import Expected, Role, Verdict
from loci.errors import ConfigError
from loci.geometry import Box
from loci.launch import world
from loci.memory import Memory
from loci.sim.catalogue import ROOMS
from loci.sim.gym_house import HouseEnv
from loci.sim.house_areas import tell
from loci.sim.house_file import from_json, to_json
from loci.sim.house_lint import lint
from loci.sim.house_picture import floor_plan
from loci.sim.house_plan import generate
from loci.sim.house_stairs import STOREY, overlap, rect_of
from loci.sim.household import DAY, Household
from loci.sim.household_laws import breaches
from loci.sim.household_person import CLIMB
from loci.sim.patrol import Patrol
from loci.sim.voxels import VoxelMap


def digest(house):
    return hashlib.sha256(json.dumps(to_json(house), sort_keys=True).encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def life():
    found = Household(generate(4, 6, 2, floors=2), 1)
    found.run(2)
    return found


@pytest.fixture(scope="module")
def patrol(life):
    return Patrol(life, rounds=(9.0,), looks=1)


# --- the plan -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seed", "rooms", "members", "known"),
    [(1, 3, 1, "3a734c4f24951315"), (4, 6, 2, "f4b86f435139fb2f"), (2, 8, 4, "4211f2f73f915342")],
)
def test_houses_of_one_floor_are_what_they_were(seed, rooms, members, known):
    """Files and figures of before two floors could be drawn still hold."""
    house = generate(seed, rooms, members)
    assert digest(house) == known
    assert house.floors == (0,)
    assert "stairs" not in to_json(house)


@pytest.mark.parametrize("rooms", [5, 6, 7, 8])
def test_two_floors_are_sound_and_complete(rooms):
    house = generate(rooms, rooms, rooms - 4, floors=2)
    assert lint(house) == []
    assert to_json(from_json(json.loads(json.dumps(to_json(house))))) == to_json(house)
    where = {r.id: r.floor for r in house.rooms}
    assert len(where) == rooms + 1
    assert [where[r] for r in ("kitchen", "living room", "hall")] == [0, 0, 0]
    assert [where[r] for r in ("bedroom", "bathroom", "landing")] == [1, 1, 1]
    assert all(where.get(r, 1) == 1 for r in ("study", "child's room"))
    outlines = [[r.bounds for r in house.rooms if r.floor == n] for n in (0, 1)]
    assert np.allclose(*(np.concatenate([np.min(b, 0)[:2], np.max(b, 0)[2:]]) for b in outlines))
    for room in house.rooms:
        wanted = Counter(kind for group in ROOMS[room.kind] for kind in group)
        there = Counter(f.kind for f in house.furniture if f.room == room.id)
        assert sum((wanted - there).values()) <= 1, f"{room.id} lacks {wanted - there}"
    for piece in house.furniture:
        assert piece.box_world.bounds()[0][2] >= house.level(piece.room) - 1e-9
        assert piece.box_world.bounds()[1][2] < house.level(piece.room) + STOREY


def test_the_stairs_join_the_halls_and_every_room_can_be_reached():
    house = generate(5, 5, 2, floors=2)
    assert digest(house) == digest(generate(5, 5, 2, floors=2)) != digest(generate(6, 5, 2, floors=2))
    (stairs,) = house.stairs
    assert stairs.rooms == ("hall", "landing")
    for room in house.rooms:
        way = house.route(house.entrance, room.id)
        assert room.id == house.entrance or way[-1] == room.id
        assert (("hall", "landing") in zip((house.entrance, *way), way, strict=False)) == (room.floor == 1)
    steps = stairs.steps(0.0)
    tops = [float(b.bounds()[1][2]) for b in steps]
    assert tops == sorted(tops)
    assert np.allclose(np.diff([0.0, *tops, STOREY]), STOREY / 14)
    for step in steps:
        assert all(overlap(rect_of(step), stairs.outline, 0.0) for _ in (0,))


# --- life ---------------------------------------------------------------------------------------------------------------
def test_people_live_on_both_floors_and_keep_the_laws(life):
    house = life.house
    assert list(breaches(house, life.items, life.start, life.log)) == []
    climbs = carried = 0
    state, last = life.start.copy(), {}
    for deed in life.log:
        here = state.people.get(deed.actor, "")
        if deed.verb == "enter" and house.flight(here, deed.thing) is not None:
            climbs += 1
            carried += len(state.inside(deed.actor))
            assert deed.time - last.get(deed.actor, -CLIMB[0]) >= CLIMB[0]
        last[deed.actor] = deed.time
        state.apply(deed)
    assert climbs > 25
    assert carried > 15


def test_the_laws_know_stairs(life):
    """Nobody flies: a climb of a second or two is refused, and so is one through the ceiling."""
    house = life.house
    number, before = next(_climbs(life))
    quick = replace(life.log[number], time=max(before + 1.0, life.log[number - 1].time))
    through = replace(life.log[number], thing="kitchen")
    for deed, says in ((quick, "up or down the stairs"), (through, "no door leads there from 'landing'")):
        (fault,) = breaches(house, life.items, life.start, [*life.log[:number], deed])
        assert says in fault


def _climbs(life):
    """Ways down right after which nothing else happens: number in the log, time of the actor's last deed before."""
    state, last = life.start.copy(), {}
    for number, deed in enumerate(life.log):
        before = last.get(deed.actor, -np.inf)
        down = deed.thing == "hall" and state.people.get(deed.actor) == "landing"
        if deed.verb == "enter" and down and life.log[number - 1].time - before < 3.0:
            yield number, before
        last[deed.actor] = deed.time
        state.apply(deed)


# --- the patrol ---------------------------------------------------------------------------------------------------------
def test_the_patrol_goes_round_both_floors_and_sees_only_the_one_it_is_on(life, patrol):
    levels = {r.id: r.level for r in life.house.rooms}
    (stairs,) = life.house.stairs
    x0, y0, x1, y1 = stairs.outline
    seen = {0.0: 0, STOREY: 0}
    stamps = []
    for glance in patrol.glances(0, DAY):
        level, eye = levels[glance.room], glance.T_world_cam[:3, 3]
        assert eye[2] == pytest.approx(level + 1.35)
        assert glance.T_world_base[2, 3] == level
        on_stairs = x0 - 0.25 < eye[0] < x1 + 0.25 and y0 - 0.25 < eye[1] < y1 + 0.25
        assert not (on_stairs and glance.room in stairs.rooms), "stands on the stairs, or over the hole"
        batch = glance.look()
        for detection in batch.detections:
            z = detection.box_cam.moved(batch.T_world_cam).center[2]
            assert level < z < level + STOREY - 0.2, "seen through the slab"
        seen[level] += len(batch.detections)
        stamps.append((glance.stamp, level))
    assert min(seen.values()) > 20
    jumps = [b[0] - a[0] for a, b in pairwise(stamps) if a[1] != b[1]]
    assert jumps
    assert min(jumps) > stairs.way / 0.5


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pick=st.integers(0, 10_000), dx=st.floats(-1.5, 1.5), dy=st.floats(-1.5, 1.5), away=st.floats(0.2, 2.4))
def test_nothing_of_the_other_floor_is_ever_seen_or_seen_through(life, patrol, pick, dx, dy, away):
    """Wherever memory expects a thing on the other floor, near the view or on its axis, the slab hides it."""
    views = [(r, v) for r in life.house.rooms for v in patrol.views[r.id]]
    room, view = views[pick % len(views)]
    other = STOREY if room.floor == 0 else 0.0
    ahead = view.T_world_cam[:3, 3] + 2.0 * view.T_world_cam[:3, 2]
    low = np.array([ahead[0] + dx, ahead[1] + dy, other + away])
    box = Box.from_bounds(low, low + 0.3)
    asked = Expected("o1", Role.OBJECT, "mug", box, np.zeros((0, 3), dtype=np.float32))
    scene = patrol.scene(life.start, room.id, 0.0)
    batch, _ = patrol.eye.look(scene, view.T_world_cam, 0.0, [asked], "", view.T_world_base)
    assert batch.visibility[0].verdict in (Verdict.OCCLUDED, Verdict.OUT_OF_VIEW)


def test_memory_keeps_the_floors_apart(life, patrol):
    """Rooms and floors that memory was told of hold what is really in them."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        ids = tell(memory, life.house)
        assert len(memory.areas()) == 1 + 2 + len(life.house.rooms)
        names = {}
        for glance in patrol.glances(0, DAY):
            written = memory.write(glance.look(memory.expected(glance.camera, glance.T_world_cam, glance.stamp)))
            names |= {i: n for i, n in zip(written.ids, glance.names, strict=True) if i is not None}
        upper = next(a for a in memory.areas() if a.label == "upper floor")
        above = {t.id for t in memory.within(*upper.box)}
        upstairs = 0
        for id, name in names.items():
            if name in life.pieces:
                area = memory.area_of(id)
                assert area is not None
                assert area.id == ids[life.pieces[name].room]
                assert (id in above) == (life.house.level(area.label) > 0)
                upstairs += id in above
        assert upstairs >= 8


# --- pictures and commands ------------------------------------------------------------------------------------------------
def test_both_floors_are_drawn_side_by_side_or_one_alone(tmp_path, capsys):
    file, png = tmp_path / "house.json", tmp_path / "plan.png"
    assert world.new(file, seed=3, rooms=5, members=2, floors=2) == 0
    assert "6 rooms on 2 floors" in capsys.readouterr().out
    house = from_json(json.loads(file.read_text()))
    both, up, down = (np.asarray(floor_plan(house, scale=30, floor=n)).astype(int) for n in (None, 1, 0))
    assert both.shape[1] == up.shape[1] + down.shape[1]
    assert (both[:, : down.shape[1]] == down).all()
    assert (both[:, down.shape[1] :] == up).all()
    assert np.abs(up - down).max(axis=2).mean() > 5
    bare = np.asarray(floor_plan(replace(house, stairs=()), scale=30, floor=0)).astype(int)
    x0, y0, x1, y1 = house.stairs[0].outline
    changed = np.argwhere(np.abs(down - bare).max(axis=2) > 8)
    low = np.min([r.bounds[:2] for r in house.rooms], axis=0) - 0.75
    high = np.max([r.bounds[2:] for r in house.rooms], axis=0) + 0.75
    spots = np.stack([low[0] + changed[:, 1] / 30, high[1] - changed[:, 0] / 30], axis=1)
    inside = (spots > (x0 - 0.2, y0 - 0.2)).all(axis=1) & (spots < (x1 + 0.2, y1 + 0.2)).all(axis=1)
    assert inside.mean() > 0.5  # the rest is the title of the hall, which makes room
    assert world.picture(file, png, scale=30, floor=1) == 0
    with pytest.raises(ConfigError, match="no floor 2"):
        world.picture(file, png, scale=30, floor=2)


def test_a_learner_may_have_two_floors():
    """The same seed, the same house; the robot gets upstairs by the rooms' numbers and sees what is there."""
    env = HouseEnv(floors=2)
    env.reset(seed=3)
    ground = env._now()
    rooms = {r.id: r for r in ground.life.house.rooms}
    assert ground.life.house.floors == (0, 1)
    assert len(rooms) <= 8
    for number, room in enumerate(ground.life.house.rooms):
        assert ground.go(number).ok
        assert ground.room == room.id
        assert ground._T[2, 3] == pytest.approx(room.level + 1.35)
        assert all(abs(s.box_world.center[2] - room.level - 1.25) < 1.3 for s in ground.seen() if not s.held)
    env.close()


# --- holes in the floor ---------------------------------------------------------------------------------------------------
@given(edge=st.floats(0.5, 1.6), drop=st.floats(0.19, 3.0), width=st.floats(0.5, 1.2))
@settings(max_examples=6, deadline=None)
def test_a_hole_is_no_free_floor_nor_is_its_brink(edge, drop, width):
    """Rays over an edge: where they end below the floor, and what the edge hides of it, nothing can stand."""
    voxels, eye = VoxelMap((1.0, 0.0), 4.0), np.array([0.0, 0.0, 1.4])
    xs, ys = np.meshgrid(np.arange(0.1, 2.4, 0.035), np.arange(-0.8, 0.8, 0.035))
    flat = np.stack([xs.ravel(), ys.ravel(), np.zeros(xs.size)], axis=1)
    over = (flat[:, 0] > edge) & (np.abs(flat[:, 1]) < width / 2)
    ends = np.where(over[:, None], eye + (1.4 + drop) / 1.4 * (flat - eye), flat)
    voxels.integrate(eye, ends, np.ones(len(ends), dtype=bool))
    clear = voxels.clearance()
    spots = voxels.cell(np.stack([np.linspace(edge + 0.06, 2.3, 30), np.zeros(30)], axis=1))
    assert (clear[tuple(spots.T)] < 0.25).all()
    assert clear[tuple(voxels.cell(np.array([0.0, 0.0])))] > min(edge - 0.45, 0.5)
    for _ in range(2):  # somebody has put a lid on it
        voxels.integrate(eye, flat, np.ones(len(flat), dtype=bool))
    assert not voxels.hole[tuple(spots.T)].any()
