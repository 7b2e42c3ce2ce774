"""Memory tells the truth about a house of two floors as it does about one: the same machinery, the same measure."""

import pytest

from loci.launch.bench_memory_truth import report
from loci.launch.truth_run import Plan, Tour
from loci.sim.house_stairs import STOREY

pytestmark = pytest.mark.slow  # two lives of a day, seen and asked about

PLANS = {n: Plan(14, rooms=5, days=1, rounds=(8.0, 18.0), most=6, baselines=False, erased=1, floors=n) for n in (1, 2)}


@pytest.fixture(scope="module")
def told():
    """(tour, rows by metric) by number of floors."""
    found = {}
    for floors, plan in PLANS.items():
        tour = Tour(plan)
        found[floors] = (tour, {r["metric"]: r for r in report([tour.run()], "clean")})
    return found


def test_where_now_stays_as_good_on_two_floors(told):
    score = {n: rows["loci: where now"]["value"] for n, (_, rows) in told.items()}
    asked = {n: rows["loci: where now"]["n"] for n, (_, rows) in told.items()}
    assert min(asked.values()) > 30
    assert score[2] > 0.95
    assert score[2] > score[1] - 0.03
    rows = told[2][1]
    for ability in ("where then", "state now", "contents", "unknown"):
        assert rows[f"loci: {ability}"]["value"] > 0.9, ability
    assert rows["collateral invalidations"]["value"] == 0
    assert rows["loci: mean of its abilities"]["value"] > 0.93


def test_both_floors_are_known_and_nothing_lies_between_them(told):
    """Every thing is remembered at the height of the floor that it was seen on."""
    tour, _ = told[2]
    house = tour.household.house
    assert house.floors == (0, 1)
    floors = set()
    for name, life in tour.ideal.lives.items():
        last = life.seen[-1]
        room = tour.household.pieces[name].room if name in tour.household.pieces else None
        level = house.level(room) if room else STOREY * (last.box.center[2] > STOREY)
        assert level < last.box.center[2] < level + STOREY - 0.2
        floors.add(level)
    assert floors == {0.0, STOREY}
