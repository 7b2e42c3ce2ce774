"""Observations that come late: the past becomes right, the present stays."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from loci.contracts import ObjectReport, Role
from loci.geometry import Box
from loci.memory import Knowledge, Memory
from loci.memory.stream import RecordedMemory, export, replay

ON = {"table": (0.3, 0.2, 0.85), "counter": (0.3, -1.5, 0.85), "shelf": (0.3, 1.6, 1.05)}


def hall(stage):
    """Three places to stand on, a mug on the table and an apple on the counter."""
    stage.add("table", "table", (0.5, 0.0, 0.4), (1.0, 1.6, 0.8), role=Role.FURNITURE)
    stage.add("counter", "counter", (0.5, -1.6, 0.4), (1.0, 1.0, 0.8), role=Role.FURNITURE, color=4)
    stage.add("shelf", "shelf", (0.5, 1.6, 0.5), (1.0, 1.0, 1.0), role=Role.FURNITURE, color=5)
    stage.add("fridge", "fridge", (0.5, 3.2, 0.9), (0.7, 0.7, 1.8), role=Role.FURNITURE,
              states={"openness": {"open": 0.95, "closed": 0.05}}, color=6)  # fmt: skip
    stage.add("mug", "mug", ON["table"], (0.09, 0.09, 0.1), on="table", color=1)
    stage.add("apple", "apple", (0.5, -1.7, 0.84), (0.08, 0.08, 0.08), on="counter", color=2)
    return stage


def put(stage, name: str, place: str) -> None:
    prop = stage.props[name]
    prop.center, prop.on, prop.visible = np.asarray(ON[place]), place, True
    stage.tracks += 1
    prop.track = stage.tracks + 100


def move(stage, name: str, place: str, seconds: float = 20.0) -> float:
    """It goes to a place out of sight, and is seen there ``seconds`` later; the stamp of the first look."""
    old = stage.props[name].center
    stage.props[name].visible = False
    stage.looks(4, only=lambda p: bool(np.linalg.norm(p.center - old) > 0.01))
    put(stage, name, place)
    stage.now += seconds
    first = stage.now + 0.5
    stage.looks(5)
    return first


def late(stage, stamp: float, count: int = 1, **how) -> list[str | None]:
    """Frames from an earlier time arrive now; the clock stays."""
    now, ids = stage.now, []
    stage.now = stamp - 0.1
    for _ in range(count):
        ids = stage.look(0.1, verdicts=False, **how).ids
    stage.now = now
    return ids


def present(memory: Memory) -> dict[str, tuple]:
    """All that is believed now, but for how long it has been known."""
    return {
        t.id: (
            t.label,
            t.place,
            t.box_world.center.tolist(),
            t.knowledge,
            t.last_seen,
            dict(t.states),
            t.points_world.tobytes(),
        )
        for t in memory.things()
    }


def lawful(memory: Memory) -> None:
    live = list(memory.dump())
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == live
    assert memory.verify().ok
    for thing in memory.things():
        facts = [f for f in memory.facts(thing.id) if f.predicate in ("on", "in", "at", "held_by") and f.end != f.start]
        for a, b in itertools.combinations(
            facts, 2
        ):  # what was merged into it may have been at the same place meanwhile
            apart = (a.end is not None and a.end <= b.start) or (b.end is not None and b.end <= a.start)
            assert apart or a.object == b.object or a.subject != b.subject, (a, b)


def test_what_has_not_moved_stays_as_it_is(stage) -> None:
    """A late frame of a scene that is known since: nobody new, nothing newer, no event but the lookers' count."""
    hall(stage).looks(6)
    stage.now += 50
    stage.looks(6)
    memory, before = stage.memory, present(stage.memory)
    ids = late(stage, 30.0, 3)
    assert set(ids) == set(stage.ids.values())
    assert present(memory) == before
    assert memory.now == stage.now
    assert "late" not in {e.kind for e in memory.events()}
    lawful(memory)


def test_a_late_look_at_the_old_place_is_the_same_thing(stage) -> None:
    """By now it stands elsewhere: it is known by where it was, and its past is as it was."""
    hall(stage).looks(6)
    mug = stage.ids["mug"]
    move(stage, "mug", "shelf", 40.0)
    before, facts = present(stage.memory), stage.memory.facts(mug)
    there = stage.props["mug"].center
    put(stage, "mug", "table")
    assert mug in late(stage, 2.7)
    stage.props["mug"].center = there
    assert present(stage.memory) == before
    assert stage.memory.facts(mug) == facts
    lawful(stage.memory)


def test_a_stay_that_nobody_knew_of(stage) -> None:
    """On the table, later on the counter; a frame from in between shows it on the shelf."""
    hall(stage).looks(6)
    memory, mug, ids = stage.memory, stage.ids["mug"], stage.ids
    left = stage.now
    arrived = move(stage, "mug", "counter", 60.0)
    before = present(memory)
    put(stage, "mug", "shelf")
    middle = (stage.now + left) / 2
    assert mug in late(stage, middle)
    assert len(memory.things()) == 6
    assert present(memory) == before
    assert memory.where(mug, at=left).value == (ids["table"],)
    assert memory.where(mug, at=middle + 1).value == (ids["shelf"],)
    assert memory.where(mug, at=arrived + 1).value == (ids["counter"],)
    assert memory.where(mug).value == (ids["counter"],)
    assert mug in memory.contents("shelf", at=middle + 1).value
    assert mug not in memory.contents("shelf").value
    told = memory.history(mug).text
    assert told.index("shelf") < told.index("counter")
    lawful(memory)


def test_known_earlier_than_was_known(stage) -> None:
    """First noticed on the counter; a late frame shows that it had been on the shelf before."""
    hall(stage)
    stage.props["mug"].visible = False
    stage.looks(4)
    stage.now += 60
    put(stage, "mug", "counter")
    stage.looks(5)
    memory, mug, before = stage.memory, stage.ids["mug"], present(stage.memory)
    put(stage, "mug", "shelf")
    assert mug in late(stage, 30.0)
    assert present(memory) == before
    assert memory.get(mug).first_seen == pytest.approx(30.0)
    assert memory.where(mug, at=29.0).knowledge is Knowledge.UNKNOWN
    assert memory.where(mug, at=40.0).value == (stage.ids["shelf"],)
    assert memory.where(mug, at=stage.now).value == (stage.ids["counter"],)
    lawful(memory)


def test_missed_then_seen_in_between(stage) -> None:
    """Gone from the table, back on the counter: where it was meanwhile is filled in."""
    hall(stage).looks(6)
    memory, mug, ids = stage.memory, stage.ids["mug"], stage.ids
    stage.props["mug"].visible = False
    stage.looks(5)
    gone = stage.now
    stage.now += 60
    put(stage, "mug", "counter")
    stage.looks(5)
    before = present(memory)
    assert memory.where(mug, at=gone + 10).knowledge is Knowledge.ABSENT
    put(stage, "mug", "shelf")
    assert mug in late(stage, gone + 30)
    assert present(memory) == before
    assert memory.where(mug, at=gone + 10).knowledge is Knowledge.ABSENT
    assert memory.where(mug, at=gone + 40).value == (ids["shelf"],)
    assert memory.where(mug, at=stage.now).value == (ids["counter"],)
    lawful(memory)


def test_a_door_was_closed_earlier(stage) -> None:
    """Seen open, later seen closed; a late frame tells that it was closed before that."""
    hall(stage).looks(5)
    fridge, last_open = stage.ids["fridge"], stage.now
    stage.now += 60
    stage.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    stage.looks(4)
    before = present(stage.memory)
    late(stage, last_open + 20)
    assert present(stage.memory) == before
    assert stage.memory.state(fridge, at=last_open + 10).value == ("open",)
    assert stage.memory.state(fridge, at=last_open + 25).value == ("closed",)
    lawful(stage.memory)


def test_late_news_is_news(stage) -> None:
    """Of what nothing newer is known a late frame is the newest word: gone, moved and new things are taken in."""
    hall(stage).looks(6)
    memory, ids = stage.memory, dict(stage.ids)
    stage.now += 60
    stage.looks(3, only=lambda p: p.name in ("fridge", "apple", "counter"), verdicts=False)
    now = stage.now
    put(stage, "mug", "shelf")
    stage.add("book", "book", (0.6, 0.4, 0.83), (0.2, 0.15, 0.05), on="table", color=7)
    stage.now = 20.0
    stage.looks(6, only=lambda p: p.name in ("table", "shelf", "mug", "book"))
    stage.now = now
    assert memory.now == now
    assert stage.ids["mug"] == ids["mug"]
    assert memory.where("mug").value == (ids["shelf"],)
    assert memory.where("mug").knowledge is Knowledge.UNOBSERVED
    assert memory.where("book").value == (ids["table"],)
    assert memory.get(ids["apple"]).last_seen == pytest.approx(now)
    lawful(memory)


def test_a_late_frame_moves_no_hand(stage) -> None:
    """Where the gripper was a while ago is not where it is."""
    hall(stage).looks(3)
    stage.hand((0.0, 0.0, 1.0), True)
    stage.look()
    now, held = stage.now, stage.memory._observer.hands.last["robot"]
    stage.now = 0.6
    stage.hand((0.3, 0.2, 0.85), False)
    stage.look(0.1)
    stage.now = now
    assert stage.memory._observer.hands.last["robot"] is held


def test_late_reports(memory) -> None:
    """The same for producers without pixels."""

    def report(stamp: float, label: str, low, high) -> str:
        return memory.write(ObjectReport(stamp, "r", "m", {label: 0.9}, Box.from_bounds(low, high))).ids[0]

    tables = [report(float(i), f"{name}", [x, 0, 0], [x + 1, 1, 0.8]) for i, (name, x) in
              enumerate([("table", 0), ("counter", 3), ("desk", 6)])]  # fmt: skip
    spot = {i: ([x + 0.4, 0.4, 0.8], [x + 0.5, 0.5, 0.9]) for i, x in enumerate([0, 3, 6])}
    mug = report(5.0, "mug", *spot[0])
    for i in range(4):
        moved = report(100.0 + i, "mug", *spot[2])
    before = present(memory)
    assert report(50.0, "mug", *spot[1]) in (mug, moved)
    assert present(memory) == before
    assert len(memory.things()) == 3 + len({mug, moved})
    there = [memory.where(id, at=60.0).value for id in (mug, moved)]
    assert (tables[1],) in there
    lawful(memory)


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    places=st.lists(st.sampled_from(sorted(ON)), min_size=3, max_size=5),
    delayed=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_whatever_comes_late_the_present_stays(new_stage, places, delayed, seed) -> None:
    """A mug goes from place to place; the looks of one stop come last. Now is as before they came, then is as it was.

    Not if it was seen in one place before and after: what stood elsewhere meanwhile may have been another.
    """
    k = delayed % (len(places) - 1)
    assume(places[k] == places[k + 1] or ["table", *places][k] != places[k + 1])
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        stage = hall(new_stage(memory, seed))
        stage.looks(4)
        missed = None
        stops = []
        for i, place in enumerate(places):
            stage.now += 60
            put(stage, "mug", place)
            stops.append((stage.now, place))
            if i == k:
                missed = (stage.now, place)
            else:
                stage.looks(5)
        before = present(memory)
        stamp, place = missed
        put(stage, "mug", place)
        late(stage, stamp + 1.0, 2)
        after = present(memory)
        assert after == before
        assert memory.where("mug", at=stamp + 2.0).value[:1] == (stage.ids[place],)
        lawful(memory)


def test_erased_with_the_rest(stage) -> None:
    """A thing and a time that are forgotten take along what was filed late; compaction keeps it."""
    hall(stage).looks(6)
    memory, left = stage.memory, stage.now
    move(stage, "mug", "counter", 60.0)
    put(stage, "mug", "shelf")
    middle = (stage.now + left) / 2
    late(stage, middle)
    mug, shelf = stage.ids["mug"], stage.ids["shelf"]
    memory.compact(150_000)
    assert memory.where(mug, at=middle + 1).value == (shelf,)
    lawful(memory)
    memory.forget(between=(middle - 1, middle + 1))
    assert memory.where(mug).value == (stage.ids["counter"],)
    lawful(memory)
    memory.forget(thing=mug)
    assert f'"{mug}"' not in "\n".join(memory.dump())
    lawful(memory)


def test_through_the_stream(tmp_path: Path, new_stage) -> None:
    """Late lines in a stream: recorded, replayed, exported to the same dump."""
    recording, copy = tmp_path / "r.jsonl", tmp_path / "e.jsonl"
    with RecordedMemory.record(tmp_path / "a.db", recording, clock=lambda: 0.0) as memory:
        stage = hall(new_stage(memory))
        stage.looks(6)
        left = stage.now
        move(stage, "mug", "counter", 60.0)
        put(stage, "mug", "shelf")
        late(stage, (stage.now + left) / 2)
        live = list(memory.dump())
        assert "late" in {e.kind for e in memory.events()}
        export(memory, copy)
    for name, stream in (("b", recording), ("c", copy)):
        with Memory.open(tmp_path / f"{name}.db", clock=lambda: 0.0) as again:
            assert replay(again, stream, strict=True).skipped == 0
            assert list(again.dump()) == live
