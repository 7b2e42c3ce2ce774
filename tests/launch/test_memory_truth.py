"""The memory-truth bench: its ideal observer knows what could be known, its scores tell right from wrong, runs repeat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loci.launch.bench_memory_truth import plot, report
from loci.launch.truth_baselines import Karma, LastSeen, TextLog
from loci.launch.truth_loci import NAME, Ablation
from loci.launch.truth_run import Bet, Plan, Result, Tour
from loci.launch.truth_score import brier, hindsight, score
from loci.launch.truth_terms import Question, Reply, Sight
from loci.memory.records import Knowledge

PLAN = Plan(3, rooms=3, days=1, rounds=(8.0, 18.0), most=6)


@pytest.fixture(scope="module")
def tour() -> Tour:
    """A day that was lived and seen."""
    return Tour(PLAN)


@pytest.fixture(scope="module")
def result(tour: Tour) -> Result:
    """What came of it."""
    return tour.run()


def test_the_ideal_observer_believes_only_what_was_seen(tour: Tour, result: Result) -> None:
    """Its place is where the thing was at the last sighting; what it holds for gone did leave; the never seen is unknown."""
    ideal, life = tour.ideal, tour.household
    assert len(ideal.things()) > 20
    gone = [n for n in ideal.things() if ideal.belief(n) == "gone"]
    assert gone
    for name in ideal.things():
        last = ideal.lives[name].seen[-1]
        assert last.place is None or life.at(last.stamp).parent[name] == last.place
        looks = ideal.since(name)
        if name in gone:
            assert len(looks) >= 2
            deeds = [d for d in life.log if last.stamp < d.time <= looks[-1][0]]
            assert any(d.thing in (name, last.place) for d in deeds), f"{name} was gone, and nobody had touched it"
    assert set(ideal.lives) < {*life.items, *life.pieces}


def test_the_memory_is_right_far_more_often_than_not(result: Result) -> None:
    """Clean perception, a small house: near the ideal observer on every ability, and nothing that stayed is taken for gone."""
    rows = {r["metric"]: r["value"] for r in report([result], "clean")}
    assert rows["loci: mean of its abilities"] > 0.93
    for ability in ("where now", "where then", "state now", "contents", "absent", "unknown"):
        assert rows[f"loci: {ability}"] > 0.9, ability
    assert rows["collateral invalidations"] == 0
    assert rows["Brier score of 'still there'"] < 0.08
    assert rows["loci ahead of KARMA-style on these"] > 5.0


def test_the_same_seed_asks_the_same_and_is_answered_the_same(result: Result) -> None:
    """Bit for bit; nothing depends on the wall clock."""
    again = Tour(PLAN).run()
    assert [(a.question, a.replies) for a in again.asked] == [(a.question, a.replies) for a in result.asked]
    assert again.bets == result.bets


def test_without_negative_evidence_nothing_is_ever_gone(result: Result) -> None:
    """The ablation withholds what it says that it withholds."""
    blind = Tour(replace(PLAN, ablation=Ablation("", no_negative=True), baselines=False)).run()
    replies = [a.replies[NAME] for a in blind.asked if a.question.ability == "absent"]
    assert replies
    assert not any(r.knowledge is Knowledge.ABSENT for r in replies)
    assert any(a.replies[NAME].knowledge is Knowledge.ABSENT for a in result.asked if a.question.ability == "absent")


@pytest.mark.parametrize(
    ("question", "reply", "points"),
    [
        (Question("where now", "mug", ("table-1",)), Reply(("table-1",), Knowledge.UNOBSERVED), 1.0),
        (Question("where now", "mug", ("table-1",)), Reply(("sink-1",), Knowledge.SEEN), 0.0),
        (Question("where now", "mug", ("table-1",)), Reply(("table-1",), Knowledge.ABSENT), 0.0),
        (Question("cascade", "mug", ("tray-1", "table-1")), Reply(("tray-1", "sink-1"), Knowledge.SEEN), 0.0),
        (Question("contents", "table", ("apple", "apple", "mug")), Reply(("apple", "mug")), 0.8),
        (Question("contents", "table", ()), Reply(()), 1.0),
        (Question("usual place", "mug", ("sink", "table"), any_of=True), Reply(("table",)), 1.0),
        (Question("absent", "mug", ("absent",)), Reply(("table-1",), Knowledge.UNOBSERVED), 0.0),
        (Question("unobserved", "mug", ("believed",)), Reply(("drawer-1",), Knowledge.UNOBSERVED), 1.0),
        (Question("unobserved", "mug", ("unobserved since",)), Reply(("drawer-1",), Knowledge.BELIEVED), 0.0),
    ],
)
def test_scores(question: Question, reply: Reply, points: float) -> None:
    """Right is 1, wrong is 0, contents by F1."""
    assert score(question, reply) == pytest.approx(points)


def test_probabilities_are_scored_as_brier_did() -> None:
    """And in hindsight the best constant rate is at least as good as none."""
    bets = [Bet(1.0, True, 0.0, False), Bet(0.5, False, 3600.0, False), Bet(0.0, False, 9e5, True)]
    assert brier(bets) == pytest.approx(0.25 / 3)
    assert hindsight(bets) <= brier([replace(b, probability=1.0 - b.gone) for b in bets])


def sight(label: str, place: str, x: float, track: int = -1, loose: bool = True) -> Sight:
    """Something seen."""
    return Sight(label, track, loose, place, (x, 0.0, 1.0), {"cleanness": "clean"})


def test_baselines_remember_what_their_kind_remembers() -> None:
    """Two mugs: the table keeps both, the log the newest first, KARMA's type memory only one; none notices that one is gone."""
    systems = [LastSeen(), TextLog(), Karma((0.0, 0.0), (9.0, 9.0))]
    keys: dict[str, list[list[object]]] = {s.name: [] for s in systems}
    for system in systems:
        for stamp, seen in ((0.0, [sight("mug", "table-1", 1.0, 1)]), (50.0, [sight("mug", "shelf-1", 6.0, 2)])):
            keys[system.name].append(system.observe(stamp, seen))
    places = {}
    for system in systems:
        ask = Question("where now", "mug", ("table-1",), {system.name: keys[system.name][0][0]})
        places[system.name] = system.answer(ask).value[0]
    assert places == {"last-seen table": "table-1", "text log, lexical": "shelf-1", "KARMA-style": "shelf-1"}
    assert systems[0].answer(Question("count", "mug", ("2",))).value == ("2",)
    assert systems[1].answer(Question("where then", "mug", (), at=1.0)).value[0] == "table-1"
    assert all(s.answer(Question("unknown", "violin", ())).knowledge is Knowledge.UNKNOWN for s in systems)


def test_the_reliability_diagram_is_drawn(result: Result, tmp_path: Path) -> None:
    """Beside the figures, with ink on it."""
    from PIL import Image

    plot(report([result], "clean"), tmp_path / "truth.png")
    with Image.open(tmp_path / "truth.png") as image:
        assert np.asarray(image.convert("L")).min() < 100
