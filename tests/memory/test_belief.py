"""The location belief: a filter that is right about jump processes, calibrated, told by where(), and never kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.contracts import Role
from loci.memory import Knowledge, Memory
from loci.memory.belief import UNKNOWN, _Look, run
from loci.memory.belief_habits import context
from loci.memory.rates import Pace

HOUR = 3600.0
shares = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6).map(lambda w: np.array(w) / sum(w))
paces = st.builds(Pace, st.floats(0.3, 30.0), st.floats(600.0, 1e6))


@st.composite
def histories(draw):
    """Destinations of a move, and looks in order of time within ten hours."""
    goes = draw(shares)
    stamps = sorted(draw(st.lists(st.floats(0, 10 * HOUR), max_size=5)))
    looks = [_Look(t, draw(st.integers(-1, len(goes) - 2)), draw(st.floats(0.01, 1.0))) for t in stamps]
    return goes, looks


@given(paces, histories())
def test_it_is_a_probability_distribution(pace: Pace, history) -> None:
    """Whatever was seen, the places and the spot share one."""
    goes, looks = history
    stay, moved = run(pace, goes, looks, 0.0, 10 * HOUR)
    assert stay >= 0
    assert (moved >= 0).all()
    assert stay + moved.sum() == pytest.approx(1.0)


@given(paces, shares, st.floats(1.0, 1e6))
def test_without_looks_only_time_counts(pace: Pace, goes: np.ndarray, seconds: float) -> None:
    """The chance of no move, and moves that go where moves go."""
    stay, moved = run(pace, goes, [], 0.0, seconds, spot=1.0)
    assert stay == pytest.approx(pace.stays(seconds), abs=0.06)
    assert moved == pytest.approx((1.0 - stay) * goes, abs=1e-9)


@given(paces, histories(), st.integers(0, 4), st.floats(0.01, 0.9))
def test_an_empty_place_is_less_likely_afterwards_and_the_rest_no_less(
    pace: Pace, history, at: int, missed: float
) -> None:
    """One more look at the end that shows nothing."""
    goes, looks = history
    at %= len(goes) - 1
    end = 10 * HOUR
    stay, moved = run(pace, goes, looks, 0.0, end)
    after_stay, after = run(pace, goes, [*looks, _Look(end, at, missed)], 0.0, end)
    assert after[at] <= moved[at] + 1e-12
    assert after_stay >= stay - 1e-12
    assert all(after[i] >= moved[i] - 1e-12 for i in range(len(goes)) if i != at)


def test_it_equals_the_exact_sum_over_all_histories() -> None:
    """Two places and one rate: the two-state Markov chain has a closed form."""
    rate, goes = 1e-4, np.array([0.7, 0.3])
    _, moved = run(Pace(1e6, 1e6 / rate), goes, [], 0.0, 2 * HOUR, away=np.array([0.0, 1.0]), spot=0.0)
    forgotten = 1.0 - math.exp(-rate * 2 * HOUR)
    assert moved == pytest.approx(forgotten * goes + (1.0 - forgotten) * np.array([0.0, 1.0]), abs=0.01)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_calibrated_where_its_model_holds(seed: int) -> None:
    """Lives drawn from the model itself: what is said with probability p is so about as often."""
    rng = np.random.default_rng(seed)
    pace, goes, hit = Pace(1.0, 3 * HOUR), np.array([0.5, 0.3, 0.15, 0.05]), 0.8
    said, true = [], []
    for _ in range(1000):
        rate, end = rng.gamma(pace.shape, 1.0 / pace.time), float(rng.uniform(1, 12)) * HOUR
        looked = {p: float(rng.uniform(0, end)) for p in range(3)}
        place, time, track = -1, 0.0, []
        while (time := time + rng.exponential(1.0 / rate)) < end:
            track.append((time, place := int(rng.choice(4, p=goes))))
        where = {p: next((q for t, q in reversed(track) if t <= s), -1) for p, s in looked.items()}
        if any(where[p] == p and rng.random() < hit for p in looked):
            continue  # it was seen: another run begins
        looks = sorted((_Look(s, p, 1.0 - hit) for p, s in looked.items()), key=lambda k: k.stamp)
        stay, moved = run(pace, goes, looks, 0.0, end, spot=1.0)
        said += [stay, *moved.tolist()]
        true += [place == -1, *(place == p for p in range(4))]
    p, y = np.array(said), np.array(true)
    for low in np.arange(0.0, 1.0, 0.2):
        mine = (p >= low) & (p < low + 0.2)
        if mine.sum() >= 200:
            assert y[mine].mean() == pytest.approx(p[mine].mean(), abs=0.07)


def test_time_has_parts_and_kinds_of_day() -> None:
    """Simulation begins on a Monday at midnight; 1 January 2000 was a Saturday."""
    assert context(2 * HOUR) == (False, 0)
    assert context(5 * 86400.0 + 12 * HOUR) == (True, 2)
    assert context(946684800.0 + 20 * HOUR) == (True, 3)


# --- in a memory ------------------------------------------------------------------------------------------------------
def test_where_tells_all_places(stage) -> None:
    """They sum to one; the place that is told is the first; a little later it is a little less sure."""
    stage.kitchen()
    stage.looks(6)
    said = stage.memory.where("mug")
    assert sum(p for _, p in said.places) == pytest.approx(1.0)
    assert said.places[0] == (stage.ids["table"], pytest.approx(said.probability))
    assert said.value[0] == said.places[0][0]
    stage.blank(6 * HOUR)
    later = stage.memory.where("mug")
    assert later.probability < said.probability
    assert later.knowledge is Knowledge.UNOBSERVED


def test_what_is_gone_is_elsewhere(stage) -> None:
    """Its old place keeps next to nothing; a place that has been looked over since gets less than it had."""
    stage.kitchen()
    stage.looks(6)
    stage.props["milk"].visible = False
    stage.looks(8)
    said = dict(stage.memory.where("milk").places)
    assert said.get(stage.ids["fridge"], 0.0) < 0.1
    assert said[UNKNOWN] > 0.1
    world = stage.memory._world
    world.coverage[stage.ids["table"]] = (0.95, stage.now)
    after = dict(stage.memory.where("milk").places)
    assert after[stage.ids["table"]] < 0.2 * said[stage.ids["table"]]


def test_a_look_counts_when_it_was_taken_not_when_it_was_told(stage) -> None:
    """A late report of an empty table says little about now, one of just now a lot, and the order of telling nothing."""
    stage.kitchen()
    stage.looks(6)
    stage.props["milk"].visible = False
    stage.looks(8)
    stage.blank(4 * HOUR)
    memory, table, told = stage.memory, stage.ids["table"], {}
    for ago in (4 * HOUR - 60.0, 2 * HOUR, 0.0):
        memory._world.coverage[table] = (0.95, stage.now - ago)
        told[ago] = dict(memory.where("milk").places)[table]
    assert told[0.0] < told[2 * HOUR] < told[4 * HOUR - 60.0]


def test_it_learns_where_a_thing_goes(stage) -> None:
    """A mug that was found in the sink again and again is expected there once it is gone."""
    stage.kitchen()
    stage.add("sink", "sink", (0.5, -1.6, 0.45), (0.6, 0.6, 0.9), role=Role.FURNITURE)
    stage.add("shelf", "shelf", (0.5, 2.6, 0.45), (0.6, 0.4, 0.9), role=Role.FURNITURE)
    stage.looks(4)
    mug, home, sink = stage.props["mug"], stage.props["mug"].center.copy(), np.array((0.5, -1.6, 0.95))
    for _ in range(3):
        for at, on in ((sink, "sink"), (home, "table")):
            stage.blank(2 * HOUR)
            mug.center, mug.on = at.copy(), on
            stage.looks(8)
    mug.visible = False
    stage.looks(8)
    said = dict(stage.memory.where(stage.ids["mug"]).places)
    assert said[stage.ids["sink"]] > 3 * said[stage.ids["shelf"]]
    times = stage.memory.usual_times("mug")
    assert sum(n for _, n, _ in times) == 6
    assert sum(share for _, _, share in times) == pytest.approx(1.0)


def test_nothing_is_kept_and_a_replay_answers_alike(stage, tmp_path) -> None:
    """Asking leaves no trace in the file; live, replayed and read beside the writer, the probabilities are the same."""
    stage.kitchen()
    stage.looks(6)
    stage.props["apple"].visible = False
    stage.looks(8)
    stage.blank(HOUR)
    stage.look(only=lambda p: p.name != "mug")
    memory = stage.memory
    memory.note("test", "what time it is", stage.now)
    memory.commit()
    before = list(memory.dump())
    said = {name: memory.where(stage.ids[name]).places for name in ("mug", "apple", "milk")}
    assert list(memory.dump()) == before
    with memory.replay(tmp_path / "again.db") as again, Memory.open(tmp_path / "m.db", read_only=True) as reader:
        for name, places in said.items():
            for other in (again, reader):
                found = dict(other.where(stage.ids[name]).places)
                assert found.keys() == dict(places).keys()
                assert all(found[p] == pytest.approx(q, abs=0.01) for p, q in places)


# --- late reports -----------------------------------------------------------------------------------------------------
def test_a_late_report_is_filed_into_the_past(stage) -> None:
    """On the table, then in the sink; a look from in between, told last, has it on the shelf: it was, and is no more."""
    stage.kitchen()
    stage.add("sink", "sink", (0.5, -1.6, 0.45), (0.6, 0.6, 0.9), role=Role.FURNITURE)
    stage.add("shelf", "shelf", (0.5, 2.6, 0.45), (0.6, 0.4, 0.9), role=Role.FURNITURE)
    stage.looks(6)
    first, mug = stage.now, stage.props["mug"]
    stage.blank(100.0)
    mug.center, mug.on = np.array((0.5, -1.6, 0.95)), "sink"
    stage.looks(6)
    memory, mug_id, newest = stage.memory, stage.ids["mug"], stage.now
    before = memory.where(mug_id)
    box, known = memory.get(mug_id).box_world, len(memory.things())
    mug.center, mug.on = np.array((0.5, 2.6, 0.95)), "shelf"
    stage.look(dt=first + 50.0 - newest, only=lambda p: p.name in ("mug", "shelf"), verdicts=False)
    after = memory.where(mug_id)
    assert (after.value, after.knowledge, after.stamp) == (before.value, before.knowledge, before.stamp)
    assert memory.get(mug_id).box_world.center == pytest.approx(box.center)
    assert len(memory.things()) == known
    then = [memory.where(mug_id, at=first + t).value[:1] for t in (1.0, 60.0, 102.0)]
    assert then == [(stage.ids[p],) for p in ("table", "shelf", "sink")]
    usual = memory.usual_places("mug")
    assert {(place, n) for place, n, _ in usual} == {("table", 1), ("shelf", 1), ("sink", 1)}
    assert usual[0][0] == "table", "where it was for the longest time"


def test_an_empty_spot_told_late_takes_nothing_away(stage) -> None:
    """It was not there earlier; it has been seen there since."""
    stage.kitchen()
    stage.looks(6)
    stage.blank(100.0)
    stage.looks(2)
    newest = stage.now
    stage.props["mug"].visible = False
    for k in range(6):
        stage.now = newest - 50.0 + k
        stage.look()
    stage.now = newest
    assert stage.memory.where("mug").knowledge is not Knowledge.ABSENT
    assert stage.memory.where("mug").probability > 0.9


# --- where to look first ----------------------------------------------------------------------------------------------
def test_near_and_open_places_are_looked_at_before_far_and_shut_ones(stage) -> None:
    """Candidates come by probability per second; the last one is "somewhere unknown"."""
    stage.kitchen()
    stage.add("near", "shelf", (-1.0, 0.5, 0.5), (0.4, 0.4, 1.0), role=Role.FURNITURE)
    stage.add("far", "shelf", (6.0, 0.5, 0.5), (0.4, 0.4, 1.0), role=Role.FURNITURE)
    stage.looks(4)
    found = stage.memory.places_to_look("teapot")
    assert sum(c.probability for c in found) == pytest.approx(1.0)
    assert found[-1].place == UNKNOWN
    worth = [c.probability / c.cost for c in found[:-1]]
    assert worth == sorted(worth, reverse=True)
    order = [c.place for c in found]
    assert order.index(stage.ids["near"]) < order.index(stage.ids["far"])
    open_cost = next(c.cost for c in found if c.place == stage.ids["fridge"])
    stage.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    stage.looks(4)
    shut_cost = next(c.cost for c in stage.memory.places_to_look("teapot") if c.place == stage.ids["fridge"])
    assert shut_cost > open_cost + 5.0
