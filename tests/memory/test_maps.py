"""Several maps, robots and floors in one memory: what is apart stays apart, what is shared is shared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import networkx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loci.contracts import Decision, Gripper, ObjectReport, Outcome, Role, Status, Verb, Verdict, Visibility
from loci.errors import InputError
from loci.geometry import Box, transform
from loci.memory import Knowledge, Memory
from loci.memory.stream import RecordedMemory, export, replay


class Renamed:
    """Stands before a memory for a stage: what the stage says comes from another robot, or from another map."""

    def __init__(self, memory: Memory, map_id: str = "map", robot_id: str = "robot", track: int = 0) -> None:
        self.memory, self.map_id, self.robot_id, self.track = memory, map_id, robot_id, track

    def write(self, batch):
        found = [replace(d, track=d.track + self.track) for d in batch.detections]
        return self.memory.write(replace(batch, map_id=self.map_id, robot_id=self.robot_id, detections=found))

    def expected(self, camera, T, stamp):
        return self.memory.expected(camera, T, stamp, self.map_id)


def stages(memory: Memory, new_stage, *maps: str):
    """A kitchen for each map, all at the same coordinates."""
    found = [new_stage(Renamed(memory, m), seed=i).kitchen() for i, m in enumerate(maps)]
    return found[0] if len(found) == 1 else found


def summary(memory: Memory, map_id: str) -> list[tuple]:
    with memory.on_map(map_id):
        return [
            (t.label, t.role, None if t.place is None else (t.place.predicate, t.place.label), t.sightings,
             t.knowledge is Knowledge.ABSENT, np.round(t.box_world.center, 6).tolist(), t.states.get("openness"))
            for t in memory.things()
        ]  # fmt: skip


def lawful(memory: Memory) -> None:
    live = list(memory.dump())
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == live
    assert memory.verify().ok


def test_the_same_spot_in_two_maps_is_two_spots(memory, new_stage) -> None:
    """Two floors, each with a kitchen at the same coordinates: ten things; what is gone from one is there in the other."""
    up, down = stages(memory, new_stage, "up", "down")
    for _ in range(4):
        up.look()
        down.now = up.now
        down.look()
        up.now = down.now
    assert len(memory.things()) == 10
    assert set(up.ids.values()).isdisjoint(down.ids.values())
    down.props["mug"].visible = False
    for _ in range(5):
        down.look()
    assert memory.where(down.ids["mug"]).knowledge is Knowledge.ABSENT
    assert memory.where(up.ids["mug"]).value == (up.ids["table"],)
    assert {t.map_id for t in memory.things()} == {"up", "down"}
    lawful(memory)


def test_gone_here_and_new_there_is_not_a_move(memory, new_stage) -> None:
    """Nothing but a robot carries a thing from one map to another: a mug that turns up downstairs is another mug."""
    up, down = stages(memory, new_stage, "up", "down")
    up.looks(4)
    down.props["mug"].visible = False
    down.now = up.now
    down.looks(4)
    up.now = down.now
    up.props["mug"].visible = False
    up.looks(5)
    down.now, down.props["mug"].visible = up.now, True
    down.looks(4)
    assert down.ids["mug"] != up.ids["mug"]
    assert memory.where(up.ids["mug"]).knowledge is Knowledge.ABSENT
    assert memory.get(down.ids["mug"]).alike == ()


STEPS = st.lists(st.tuples(st.sampled_from(["up", "down"]), st.sampled_from(["look", "hide", "shift", "close"])), min_size=2,
                 max_size=8)  # fmt: skip


def act(stage, step: str) -> None:
    if step == "hide":
        stage.props["mug"].visible = not stage.props["mug"].visible
    elif step == "shift":
        stage.props["apple"].center = stage.props["apple"].center + np.array([0.0, 0.35, 0.0])
    elif step == "close":
        stage.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
        stage.props["milk"].visible = False
    stage.looks(4)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_each_map_is_as_if_it_were_alone(new_stage, steps) -> None:
    """Whatever happens in two maps in turn: of each, memory believes what a memory of that map alone believes."""
    with Memory.open(":memory:") as both, Memory.open(":memory:") as up, Memory.open(":memory:") as down:
        shared = dict(zip(("up", "down"), stages(both, new_stage, "up", "down"), strict=True))
        alone = {m: new_stage(Renamed(memory, m), seed=i).kitchen() for i, (m, memory) in
                 enumerate((("up", up), ("down", down)))}  # fmt: skip
        now = 0.0
        for where, step in [("up", "look"), ("down", "look"), *steps]:
            for stage in (shared[where], alone[where]):
                stage.now = now
                act(stage, step)
            now = shared[where].now
        for name, memory in (("up", up), ("down", down)):
            assert summary(both, name) == summary(memory, name)


def test_two_robots_share_things_and_keep_their_tracks_apart(memory, new_stage) -> None:
    """Their trackers give the same numbers to different things; a thing that one has seen the other recognises."""
    first, second = new_stage(Renamed(memory, robot_id="ann")), new_stage(Renamed(memory, robot_id="bob"), seed=1)
    first.kitchen()
    second.kitchen()
    names = list(second.props)
    tracks = [second.props[n].track for n in names]
    for name, track in zip(names, [*tracks[1:], tracks[0]], strict=True):
        second.props[name].track = track
    for _ in range(6):
        first.look()
        second.now = first.now
        second.look(0.1)
        first.now = second.now
    assert len(memory.things()) == 5
    assert first.ids == second.ids
    assert "moved" not in {e.kind for e in memory.events()}
    lawful(memory)


def test_each_robot_has_its_hand_and_its_way(memory, new_stage) -> None:
    """What one holds the other does not; an action is the doing of the robot whose hand was heard of last."""
    ann, bob = (new_stage(Renamed(memory, robot_id=name), seed=i) for i, name in enumerate(("ann", "bob")))
    for stage in (ann, bob):
        stage.kitchen()
        stage.hand((-1.0, 0.0, 1.0), False)
        stage.looks(3)
    action = memory.begin_action(Decision(Verb.PICK, ann.ids["mug"]), bob.now)
    memory.end_action(action, Outcome(Status.SUCCEEDED, "", bob.now, bob.now))
    assert memory.held("bob").id == ann.ids["mug"]
    assert memory.held("ann") is None
    assert len(memory.robot_path("ann")) == len(memory.robot_path("bob")) == 1
    assert memory.robot_path("carl") == []
    assert len(memory.robot_path()) == 2


def test_a_robot_carries_a_thing_downstairs(memory, new_stage) -> None:
    """In its hand a thing comes along into another map, and stands there by its old id."""
    up, down = stages(memory, new_stage, "up", "down")
    up.looks(4)
    down.now = up.now
    down.props["mug"].visible = False
    down.looks(4)
    mug = up.ids["mug"]
    hand = Gripper(0.04, True, transform(t=up.props["mug"].center))
    action = memory.begin_action(Decision(Verb.PICK, mug), down.now)
    up.now, up.gripper = down.now, hand
    up.looks(2, only=lambda p: p.name == "table", verdicts=False)
    memory.end_action(action, Outcome(Status.SUCCEEDED, "", up.now, up.now))
    spot = np.array([0.3, 0.3, 0.85])
    down.now, down.gripper = up.now, Gripper(0.04, True, transform(t=spot))
    down.looks(2, only=lambda p: p.name == "table", verdicts=False)
    assert memory.get(mug).map_id == "down"
    action = memory.begin_action(Decision(Verb.PLACE, down.ids["table"], "on", tuple(spot)), down.now)
    memory.end_action(action, Outcome(Status.SUCCEEDED, "", down.now, down.now + 1))
    assert memory.where(mug).value == (down.ids["table"],)
    down.now, down.gripper = down.now + 2, None
    down.props["mug"].visible, down.props["mug"].center = True, spot
    down.looks(3)
    assert down.ids["mug"] == mug
    lawful(memory)


def test_what_is_said_of_another_map_is_not_heard(memory, new_stage) -> None:
    """A verdict, a relation or a share about a thing of another map means nothing."""
    up, down = stages(memory, new_stage, "up", "down")
    up.looks(4)
    down.now = up.now
    write = down.memory.write

    def confused(batch):
        blind = [Visibility(up.ids["apple"], Verdict.SEEN_THROUGH, 1.0)]
        wrong = [replace(r, object=up.ids["fridge"]) for r in batch.relations]
        return write(replace(batch, visibility=blind, relations=wrong, coverage={up.ids["table"]: 1.0}))

    down.memory.write = confused
    down.looks(6)
    assert memory.where(up.ids["apple"]).value == (up.ids["table"],)
    assert memory.where(down.ids["mug"]).value != (up.ids["fridge"],)
    assert {f.object for f in memory.facts(down.ids["mug"])} <= set(down.ids.values()) | {"floor"}


def house(memory: Memory, new_stage):
    up, down = stages(memory, new_stage, "up", "down")
    up.looks(4)
    down.now = up.now
    down.add("book", "book", (0.5, 0.5, 0.83), (0.2, 0.15, 0.05), on="table")
    down.looks(4)
    ids = {"home": memory.add_area("building", "home")}
    ids["first"] = memory.add_area("floor", "first floor", parent=ids["home"], map_id="up")
    ids["ground"] = memory.add_area("floor", "ground floor", parent=ids["home"], map_id="down")
    ids["kitchen"] = memory.add_area("room", "kitchen", parent=ids["first"], box=((-1, -2, 0), (1.5, 1.1, 2.5)))
    return up, down, ids


def test_building_floor_room_furniture_object_part(memory, new_stage) -> None:
    """The scene graph is a tree of typed nodes from the building down to the part, with relations across."""
    up, down, ids = house(memory, new_stage)
    up.add("handle", "handle", (0.1, 1.6, 0.9), (0.04, 0.04, 0.2), role=Role.PART, on="fridge", predicate="part_of")
    up.now = down.now
    up.looks(6)
    graph = memory.graph()
    assert [graph.nodes[ids[k]]["role"] for k in ("home", "first", "kitchen")] == ["building", "floor", "room"]
    way = networkx.shortest_path(networkx.DiGraph(graph), up.ids["mug"], ids["home"])
    assert way == [up.ids["mug"], up.ids["table"], ids["kitchen"], ids["first"], ids["home"]]
    way = networkx.shortest_path(networkx.DiGraph(graph), up.ids["handle"], ids["home"])
    assert way == [
        up.ids["handle"],
        up.ids["fridge"],
        ids["first"],
        ids["home"],
    ]  # the fridge stands outside the kitchen
    assert graph.has_edge(down.ids["table"], ids["ground"])
    assert all(networkx.has_path(graph, n, "map") for n in graph)
    assert memory.area_of(up.ids["mug"]).label == "kitchen"
    assert memory.area_of(down.ids["mug"]).label == "ground floor"
    assert [a.id for a in memory.areas()] == ["b1", "f1", "f2", "r1"]
    lawful(memory)


def test_questions_about_one_map(memory, new_stage) -> None:
    """On a map, things, places, counts and boxes are those of that map; outside the block of all."""
    up, down, _ = house(memory, new_stage)
    assert memory.count("mug").value == ("2",)
    with memory.on_map("down"):
        assert memory.count("mug").value == ("1",)
        assert memory.where("mug").value == (down.ids["table"],)
        assert [t.id for t in memory.find("book")] == [down.ids["book"]]
        assert {t.map_id for t in memory.things()} == {"down"}
        assert {t.map_id for t in memory.within([-5, -5, -5], [5, 5, 5])} == {"down"}
        assert set(memory.graph()) >= set(down.ids.values())
        assert set(memory.graph()).isdisjoint(up.ids.values())
        assert memory.get(up.ids["mug"]).map_id == "up"
    with memory.on_map("up"):
        assert memory.find("book") == []
        assert memory.where("book").knowledge is Knowledge.UNKNOWN
    assert len(memory.things()) == 11


def test_areas_that_fit_nowhere(memory) -> None:
    """Each refusal names what is wrong; nothing is left behind."""
    floor = memory.add_area("floor", "ground floor", map_id="map")
    for how, says in (
        ({"kind": "cellar"}, "one of building, floor, room"),
        ({"kind": "floor"}, "the map that it lies in"),
        ({"kind": "room", "parent": floor}, "its box is needed"),
        ({"kind": "room", "parent": "r9", "map_id": "map"}, "no area 'r9'"),
        ({"kind": "building", "parent": floor}, "cannot be part of floor"),
        ({"kind": "room", "parent": floor, "box": ((1, 1, 1), (0, 2, 2))}, "no lower and upper corner"),
    ):
        with pytest.raises(InputError, match=says):
            memory.add_area(how.pop("kind"), "hall", **how)
    assert [a.id for a in memory.areas()] == ["f1"]


def test_through_the_stream(tmp_path: Path, new_stage) -> None:
    """Maps, robots and areas survive recording, replay and export, bit for bit."""
    recording, copy = tmp_path / "r.jsonl", tmp_path / "e.jsonl"
    with RecordedMemory.record(tmp_path / "a.db", recording, clock=lambda: 0.0) as memory:
        house(memory, new_stage)
        memory.write(ObjectReport(99.0, "eve", "down", {"vase": 0.9}, Box.from_bounds([1, 1, 1], [1.1, 1.1, 1.2])))
        live = list(memory.dump())
        export(memory, copy)
    for name, stream in (("b", recording), ("c", copy)):
        with Memory.open(tmp_path / f"{name}.db", clock=lambda: 0.0) as again:
            assert replay(again, stream, strict=True).skipped == 0
            assert list(again.dump()) == live
    with Memory.open(tmp_path / "a.db", read_only=True) as reader:
        assert [a.label for a in reader.areas()] == ["home", "first floor", "ground floor", "kitchen"]
        with reader.on_map("down"):
            assert len(reader.find("vase")) == 1


@pytest.mark.parametrize("sealed", [False, True])
def test_a_room_is_forgotten_with_all_that_is_in_it(tmp_path: Path, new_stage, sealed: bool) -> None:
    """The things in it, its own name, what was said of it: out of every byte; another floor keeps what it has."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        up, down, ids = house(memory, new_stage)
        den = memory.add_area("room", "scriptorium", parent=ids["ground"], box=((-1, -2, 0), (1.5, 1.1, 2.5)))
        memory.note("remark", "the scriptorium is always locked", down.now)
        if sealed:
            memory.compact(1)
        memory.forget(place=den)
        assert {t.label for t in memory.things() if t.map_id == "down"} == {"fridge", "milk"}
        assert len([t for t in memory.things() if t.map_id == "up"]) == 5
        assert memory.where(up.ids["mug"]).value == (up.ids["table"],)
        assert [a.label for a in memory.areas()] == ["home", "first floor", "ground floor", "kitchen"]
        assert "scriptorium" not in "\n".join(memory.dump())
        lawful(memory)
        assert b"scriptorium" not in path.read_bytes()
        memory.forget(place=ids["home"])
        assert memory.things() == []
        assert memory.areas() == []
        lawful(memory)
