"""Places as facts, containment, what moves along, what an action does, boxes in the index."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loci.contracts import Decision, ObjectReport, Outcome, Role, Status, Verb
from loci.geometry import Box
from loci.memory import Knowledge, Memory
from loci.memory.node import Node
from loci.memory.spatial import vote


def done(stage, status: Status = Status.SUCCEEDED, detail: str = "") -> Outcome:
    return Outcome(status, detail, stage.now, stage.now)


def test_relations_become_places(stage) -> None:
    """What stands on and in what, from the first look on."""
    stage.kitchen()
    stage.looks(3)
    place = stage.memory.get(stage.ids["mug"]).place
    assert (place.predicate, place.id, place.label) == ("on", stage.ids["table"], "table")
    assert stage.memory.get(stage.ids["milk"]).place.predicate == "in"
    assert set(stage.memory.contents("table").value) == {stage.ids["mug"], stage.ids["apple"]}


def test_places_without_any_relation_come_from_the_boxes(stage) -> None:
    """A perceiver that reports no relations still gets things onto tables."""
    stage.kitchen()
    stage.looks(6, relations=False)
    assert stage.memory.get(stage.ids["mug"]).place.id == stage.ids["table"]
    assert stage.memory.get(stage.ids["milk"]).place.predicate == "in"


def test_one_odd_relation_changes_nothing(stage) -> None:
    """A settled place withstands a single wrong look and yields to a few consistent ones."""
    stage.kitchen()
    stage.looks(6)
    mug, props = stage.ids["mug"], stage.props
    props["mug"].on, props["mug"].predicate = "fridge", "on"
    stage.look()
    assert stage.memory.get(mug).place.label == "table"
    props["mug"].on = "table"
    stage.looks(2)
    assert stage.memory.get(mug).place.label == "table"
    props["mug"].on = "fridge"
    stage.looks(5)
    assert stage.memory.get(mug).place.label == "fridge"


def test_vote_needs_agreement() -> None:
    """Alternating votes never switch; repeated ones do."""
    zero = np.zeros(0, np.float32)
    node = Node("o1", Role.OBJECT, {"mug": 1.0}, Box.from_bounds([0, 0, 0], [0.1, 0.1, 0.1]), zero.reshape(0, 3),
                np.zeros((0, 3), np.uint8), zero, 0.0, 0.0, 0.0)  # fmt: skip
    here, there = ("on", "o2"), ("on", "o3")
    node.votes = {here: 2.0}
    for _ in range(20):
        assert vote(node, here, {there: 0.9}) is None
        assert vote(node, here, {here: 0.9}) is None
    assert there in [vote(node, here, {there: 0.9}) for _ in range(6)]


def test_a_new_place_closes_only_the_things_own(stage) -> None:
    """The old interval of the moved thing ends when the new one begins; all others stay open."""
    stage.kitchen()
    stage.looks(4)
    facts = {(f.subject, f.predicate): f for f in stage.memory.facts() if f.end is None}
    stage.props["mug"].center, stage.props["mug"].on = np.array([0.5, 1.6, 1.9]), "fridge"
    stage.looks(4)
    mug = stage.ids["mug"]
    intervals = [f for f in stage.memory.facts(mug) if f.predicate in ("on", "in", "at")]
    assert [f.end is None for f in intervals] == [False, True]
    assert intervals[0].end == intervals[1].start
    for (subject, predicate), fact in facts.items():
        if subject != mug:
            assert [f for f in stage.memory.facts(subject, predicate) if f.end is None] == [fact]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=25))
def test_functional_supersession_touches_only_its_own_subject(moves: list[tuple[int, int]]) -> None:
    """Whatever is opened in whatever order: at most one open place per thing, intervals without overlap, none reopened."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        world = memory._world
        for i in range(4):
            memory.write(ObjectReport(0.0, "r", "m", {"mug": 1.0}, _at(3.0 * i, 0.0, 2.0), track=i))
        ids = sorted(world.nodes)
        for n, (who, where) in enumerate(moves):
            before = {f for f in memory.facts() if f.subject != ids[who]}
            with memory._writing():
                world.emit("placed", float(n + 1), opens=[(ids[who], ("on", "in", "at")[where], f"p{where}")])
            assert {f for f in memory.facts() if f.subject != ids[who]} == before
        for id in ids:
            mine = [f for f in memory.facts(id) if f.predicate in ("on", "in", "at")]
            assert sum(f.end is None for f in mine) <= 1
            assert all(a.end is not None and a.end <= b.start for a, b in itertools.pairwise(mine))


def test_tray_takes_its_load_along(stage) -> None:
    """The tray was seen to move while its load was hidden: the load is believed to have moved with it."""
    stage.kitchen()
    stage.add("tray", "tray", (0.6, 0.4, 0.81), (0.4, 0.3, 0.02), on="table", color=4)
    stage.add("bowl", "bowl", (0.6, 0.4, 0.86), (0.12, 0.12, 0.08), on="tray", color=5)
    stage.looks(5)
    bowl = stage.ids["bowl"]
    before = stage.memory.get(bowl).box_world.center
    stage.props["tray"].center = stage.props["tray"].center + np.array([0.0, -0.5, 0.0])
    stage.props["bowl"].center = stage.props["bowl"].center + np.array([0.0, -0.5, 0.0])
    stage.looks(4, only=lambda p: p.name != "bowl")
    after = stage.memory.get(bowl)
    assert after.box_world.center - before == pytest.approx([0, -0.5, 0], abs=0.03)
    assert after.knowledge is Knowledge.BELIEVED
    assert after.place.label == "tray"


def test_closed_drawer_takes_its_contents_along(stage) -> None:
    """A drawer slides shut: the mug in it is out of sight, further back, still in the drawer, and never vanishes."""
    stage.kitchen()
    opened = {"openness": {"open": 0.95, "closed": 0.05}}
    stage.add("drawer", "drawer", (-0.2, -1.2, 0.6), (0.4, 0.4, 0.15), role=Role.FURNITURE, states=opened)
    stage.add("knob", "handle", (-0.42, -1.2, 0.6), (0.04, 0.15, 0.03), role=Role.PART, on="drawer", predicate="part_of",
              states={})  # fmt: skip
    stage.add("cup", "mug", (-0.2, -1.2, 0.6), (0.09, 0.09, 0.1), on="drawer", predicate="in", color=6)
    stage.looks(5)
    cup = stage.ids["cup"]
    before = stage.memory.get(cup).box_world.center
    action = stage.memory.begin_action(Decision(Verb.CLOSE, stage.ids["drawer"]), stage.now)
    drawer, knob, mug = (stage.props[k] for k in ("drawer", "knob", "cup"))
    drawer.center, drawer.size = np.array([-0.09, -1.2, 0.6]), (0.02, 0.4, 0.15)
    drawer.states = {"openness": {"closed": 0.95, "open": 0.05}}
    knob.center = knob.center + np.array([0.3, 0, 0])
    mug.visible = False
    stage.looks(3)
    stage.memory.end_action(action, done(stage))
    kinds = [c.kind for w in stage.looks(12) for c in w.changes]
    assert "vanished" not in kinds
    assert "moved" not in kinds
    thing = stage.memory.get(cup)
    assert thing.knowledge is Knowledge.BELIEVED
    assert thing.place.label == "drawer"
    assert thing.box_world.center - before == pytest.approx([0.3, 0, 0], abs=0.05)
    assert "drawer was closed" in stage.memory.where(cup).text


def test_drawer_pushed_in_behind_an_arm_takes_its_contents_along(stage) -> None:
    """Neither handle nor tray is seen while it slides, only its front: still no wrong place, and nothing vanishes."""
    stage.kitchen()
    states = {"openness": {"open": 0.95, "closed": 0.05}}
    stage.add("drawer", "drawer", (-0.2, -1.2, 0.6), (0.4, 0.4, 0.15), role=Role.FURNITURE, states=states)
    stage.add(
        "knob", "handle", (-0.42, -1.2, 0.6), (0.04, 0.15, 0.03), role=Role.PART, on="drawer", predicate="part_of"
    )
    stage.add("cup", "mug", (-0.2, -1.2, 0.6), (0.09, 0.09, 0.1), on="drawer", predicate="in", color=6)
    stage.looks(5)
    cup, knob = stage.ids["cup"], stage.ids["knob"]
    drawer = stage.props["drawer"]
    drawer.center, drawer.size = np.array([-0.24, -1.2, 0.6]), (0.02, 0.4, 0.15)  # the front, 15 cm further in
    stage.props["cup"].center = stage.props["cup"].center + np.array([0.15, 0, 0])
    stage.looks(3, only=lambda p: p.name not in ("cup", "knob"))
    assert stage.memory.get(cup).box_world.center[0] == pytest.approx(-0.05, abs=0.04)
    assert stage.memory.get(knob).box_world.center[0] == pytest.approx(-0.27, abs=0.04)
    kinds = [c.kind for w in stage.looks(6, only=lambda p: p.name not in ("cup", "knob")) for c in w.changes]
    assert kinds == []


def test_closed_container_hides_and_opening_finds_again(stage) -> None:
    """Behind a closed door existence does not decay; opened again and seen, it is the same thing."""
    stage.kitchen()
    stage.looks(4)
    milk, fridge = stage.ids["milk"], stage.props["fridge"]
    action = stage.memory.begin_action(Decision(Verb.CLOSE, stage.ids["fridge"]), stage.now)
    fridge.states, stage.props["milk"].visible = {"openness": {"closed": 0.95, "open": 0.05}}, False
    changes = stage.memory.end_action(action, done(stage)).changes
    assert [(c.kind, c.cause) for c in changes] == [("state", action)]
    assert [c.kind for w in stage.looks(40) for c in w.changes] == []
    assert stage.memory.get(milk).knowledge is Knowledge.BELIEVED
    assert stage.memory.get(milk).existence > 0.9
    fridge.states, stage.props["milk"].visible = {"openness": {"open": 0.95, "closed": 0.05}}, True
    assert [c.kind for w in stage.looks(4) for c in w.changes] == ["state"]
    assert stage.ids["milk"] == milk
    assert stage.memory.get(milk).knowledge is Knowledge.SEEN


def carry_apple(stage) -> str:
    """Pick the apple up and lift it by 25 cm; returns the action's id."""
    apple = stage.props["apple"]
    action = stage.memory.begin_action(Decision(Verb.PICK, stage.ids["apple"]), stage.now)
    at = apple.center.copy()
    stage.hand(tuple(at), False)
    stage.look()
    stage.hand(tuple(at), True)
    stage.look()
    apple.on, apple.center = None, at + np.array([0, 0, 0.25])
    stage.hand(tuple(apple.center), True)
    stage.look()
    stage.memory.end_action(action, done(stage))
    return action


def test_picked_thing_is_held_and_follows_the_hand(stage) -> None:
    """From the grasp on the hand says where the thing is, seen or not."""
    stage.kitchen()
    stage.looks(4)
    action = carry_apple(stage)
    apple = stage.ids["apple"]
    assert stage.memory.held().id == apple
    fact = next(f for f in stage.memory.facts(apple, "held_by") if f.end is None)
    assert fact.cause == action
    stage.props["apple"].visible = False
    stage.hand((-1.0, 0.5, 1.2), True)
    stage.looks(6)
    thing = stage.memory.get(apple)
    assert thing.box_world.center == pytest.approx([-1.0, 0.5, 1.2], abs=0.03)
    assert "hand" in stage.memory.where("apple").text
    assert thing.knowledge is not Knowledge.ABSENT


def test_placed_thing_is_believed_until_seen(stage) -> None:
    """After a good place it is where the hand let it go; a look there turns belief into sight."""
    stage.kitchen()
    stage.looks(4)
    carry_apple(stage)
    apple = stage.ids["apple"]
    action = stage.memory.begin_action(Decision(Verb.PLACE, stage.ids["fridge"], "in"), stage.now)
    stage.props["apple"].visible = False
    stage.hand((0.45, 1.55, 0.9), True)
    stage.look()
    stage.hand((0.45, 1.55, 0.9), False)
    stage.look()
    stage.hand((-0.5, 1.5, 1.0), False)
    stage.look()
    changes = stage.memory.end_action(action, done(stage)).changes
    assert [(c.kind, c.id, c.cause) for c in changes] == [("placed", apple, action)]
    thing = stage.memory.get(apple)
    assert (thing.place.predicate, thing.place.label, thing.knowledge) == ("in", "fridge", Knowledge.BELIEVED)
    assert thing.box_world.center == pytest.approx([0.45, 1.55, 0.9], abs=0.03)
    prop = stage.props["apple"]
    prop.visible, prop.center, prop.on, prop.predicate = True, np.array([0.42, 1.57, 0.84]), "fridge", "in"
    assert [c.kind for w in stage.looks(3) for c in w.changes] == []
    assert stage.memory.get(apple).knowledge is Knowledge.SEEN
    assert stage.ids["apple"] == apple


def test_lost_contact_for_one_frame_is_no_slip(stage) -> None:
    """Contacts flicker; two frames without are needed."""
    stage.kitchen()
    stage.looks(4)
    carry_apple(stage)
    apple = stage.props["apple"]
    stage.hand(tuple(apple.center), False)
    stage.look()
    stage.hand(tuple(apple.center), True)
    stage.look()
    assert stage.memory.held().id == stage.ids["apple"]


def test_slipped_thing_is_near_where_it_was_lost(stage) -> None:
    """The hand is empty all at once: the thing is somewhere below, believed, not held."""
    stage.kitchen()
    stage.looks(4)
    carry_apple(stage)
    stage.props["apple"].visible = False
    stage.hand(tuple(stage.props["apple"].center), False)
    changes = [c for w in stage.looks(3) for c in w.changes]
    assert [c.kind for c in changes] == ["slipped"]
    thing = stage.memory.get(stage.ids["apple"])
    assert stage.memory.held() is None
    assert (thing.place.predicate, thing.place.label) == ("at", "table")
    assert thing.knowledge is Knowledge.BELIEVED


def test_opening_with_the_hand_on_the_handle_grasps_no_thing(stage) -> None:
    """While a door is opened, pressing fingers mean the handle, not the apple beside it."""
    stage.kitchen()
    stage.looks(4)
    stage.memory.begin_action(Decision(Verb.OPEN, stage.ids["fridge"]), stage.now)
    stage.hand(tuple(stage.props["apple"].center), True)
    stage.looks(3)
    assert stage.memory.held() is None


def test_parts_belong_to_their_furniture(stage) -> None:
    """Handles and doors by part_of; a door that swings open is the same door and has not "moved"."""
    stage.kitchen()
    stage.add("door", "door", (0.13, 1.6, 0.9), (0.04, 0.7, 1.8), role=Role.PART, on="fridge", predicate="part_of")
    stage.looks(4)
    door = stage.ids["door"]
    assert [p.id for p in stage.memory.parts(stage.ids["fridge"])] == [door]
    stage.props["door"].center, stage.props["door"].size = np.array([-0.2, 1.95, 0.9]), (0.7, 0.04, 1.8)
    stage.props["door"].track = 77
    assert [c.kind for w in stage.looks(4) for c in w.changes] == []
    assert stage.ids["door"] == door
    assert stage.memory.get(door).box_world.center == pytest.approx([-0.2, 1.95, 0.9], abs=0.03)


def test_what_can_be_seen_is_not_in_something_closed(stage) -> None:
    """A wrong relation "in the fridge" while the fridge is closed is not believed."""
    stage.kitchen()
    stage.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    del stage.props["milk"]
    stage.looks(3)
    stage.add("can", "can", (0.3, 0.6, 0.86), (0.07, 0.07, 0.12), on="fridge", predicate="in", color=5)
    stage.looks(5)
    assert stage.memory.get(stage.ids["can"]).place.label == "table"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-5, 5)] * 3), min_size=1, max_size=12), st.tuples(*[st.floats(-5, 5)] * 3))
def test_box_search_equals_brute_force(centers: list[tuple[float, ...]], probe: tuple[float, ...]) -> None:
    """The R*Tree's answer, refined on doubles, is what a scan over all boxes gives."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        for i, c in enumerate(centers):
            memory.write(ObjectReport(float(i), "r", "m", {f"kind {i}": 1.0}, _at(*c), track=-1))
        low, high = np.array(probe) - 1.0, np.array(probe) + 1.0
        found = {t.id for t in memory.within(low, high)}
        scan = {
            t.id for t in memory.things()
            if (t.box_world.bounds()[0] <= high).all() and (t.box_world.bounds()[1] >= low).all()
        }  # fmt: skip
        assert found == scan


def test_graph_has_things_and_relations(stage) -> None:
    """The networkx view: every thing is a node and leads to the map."""
    import networkx

    stage.kitchen()
    stage.looks(4)
    graph = stage.memory.graph()
    mug, table = stage.ids["mug"], stage.ids["table"]
    assert graph.nodes[mug]["label"] == "mug"
    assert graph.has_edge(mug, table, key="on")
    assert graph.has_edge(table, "map", key="in")
    assert networkx.has_path(graph, mug, "map")


def _at(x: float, y: float, z: float) -> Box:
    return Box.from_bounds([x - 0.05, y - 0.05, z - 0.05], [x + 0.05, y + 0.05, z + 0.05])


def test_a_glimpse_of_a_handle_does_not_make_it_short(stage) -> None:
    """Seen past the robot's own arm, three centimetres of a bar are still the bar."""
    stage.kitchen()
    stage.add("bar", "handle", (0.1, 1.25, 1.0), (0.04, 0.06, 0.25), role=Role.PART, on="fridge", predicate="part_of")
    stage.looks(6)
    stage.props["bar"].center, stage.props["bar"].size = np.array([0.1, 1.25, 0.89]), (0.04, 0.06, 0.03)
    stage.looks(4)
    box = stage.memory.get(stage.ids["bar"]).box_world
    assert box.size[2] > 0.2
    assert abs(box.center[2] - 1.0) < 0.03


def test_what_was_missed_with_its_tray_is_found_with_it(stage) -> None:
    """Tray and bowl are missed, the tray shows elsewhere: the bowl is believed to be on it; what was taken off is not."""
    stage.kitchen()
    stage.add("tray", "tray", (0.6, 0.4, 0.81), (0.4, 0.3, 0.02), on="table", color=4)
    stage.add("bowl", "bowl", (0.55, 0.4, 0.86), (0.12, 0.12, 0.08), on="tray", color=5)
    stage.add("cup", "cup", (0.72, 0.4, 0.87), (0.07, 0.07, 0.1), on="tray", color=6)
    stage.looks(6)
    ids, tray, bowl = dict(stage.ids), stage.props["tray"], stage.props["bowl"]
    stage.props["cup"].visible = False
    stage.looks(6)
    tray.visible = bowl.visible = False
    stage.looks(6)
    assert {stage.memory.get(ids[n]).knowledge for n in ("tray", "bowl", "cup")} == {Knowledge.ABSENT}
    tray.visible, tray.center, tray.track = True, np.array([0.5, -0.6, 0.81]), 99
    stage.looks(2, only=lambda p: p.name != "bowl")
    found = stage.memory.get(ids["bowl"])
    assert stage.ids["tray"] == ids["tray"]
    assert (found.knowledge, found.place.id) == (Knowledge.BELIEVED, ids["tray"])
    assert found.box_world.center == pytest.approx([0.45, -0.6, 0.86], abs=0.04)
    assert stage.memory.get(ids["cup"]).knowledge is Knowledge.ABSENT
