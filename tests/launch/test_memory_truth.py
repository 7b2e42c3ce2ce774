"""The memory-truth bench: its ideal observer knows what could be known, its scores tell right from wrong, runs repeat."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Role, Verdict, Visibility
from loci.errors import ConfigError, InputError
from loci.geometry import transform
from loci.launch.bench_memory_truth import ABLATIONS, FRESH, NOISY, TUNED_ON, plot, quiet, report, run
from loci.launch.truth_ablation import Ablation
from loci.launch.truth_baselines import Karma, LastSeen, TextLog
from loci.launch.truth_errands import ROBOT
from loci.launch.truth_foreign import read_truth
from loci.launch.truth_ideal import PREFIX
from loci.launch.truth_loci import NAME
from loci.launch.truth_run import Bet, Links, Plan, Result, Tour
from loci.launch.truth_score import brier, hindsight, score
from loci.launch.truth_terms import Question, Reply, Sight
from loci.memory import Memory, identity
from loci.memory.observe import Observer
from loci.memory.records import Knowledge
from loci.memory.stream_record import RecordedMemory
from loci.memory.vanishing import Vanishing
from loci.sim.house_plan import generate
from loci.sim.household import DAY, Household
from loci.sim.patrol import Patrol

PLAN = Plan(3, rooms=3, days=2, rounds=(8.0, 18.0), most=6, baselines=False)
PARTS = ((Observer, "_carry"), (Vanishing, "_newcomer"), (identity._Pairs, "elsewhere"))
SMALL = replace(PLAN, days=1, rounds=(8.0,), most=3, erased=1)


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


def test_the_ideal_observer_is_not_fooled_by_looks_past_an_edge(tour: Tour, result: Result) -> None:
    """Looks that seem to see through a thing that is still there say nothing; once it has left they do."""
    ideal, life = tour.ideal, tour.household
    name = next(n for n in ideal.things() if ideal.belief(n) == "at" and not ideal.since(n))
    mine, now = ideal.lives[name], ideal.lives[name].seen[-1].stamp
    truth = life.at(now)
    empty = Visibility(PREFIX + name, Verdict.SEEN_THROUGH, 1.0)
    try:
        for k in range(1, 4):
            ideal._judge(empty, now + k, [], set(), truth)
        assert ideal.belief(name) == "at"
        truth.boxes[name] = truth.boxes[name].moved(transform(t=(0.0, 0.0, 3.0)))
        for k in range(1, 4):
            ideal._judge(empty, now + k, [], set(), truth)
        assert ideal.belief(name) == "gone"
    finally:
        mine.through.clear()


def test_the_memory_is_right_far_more_often_than_not(result: Result) -> None:
    """Clean perception, a small house: near the ideal observer on every ability, and nothing that stayed is taken for gone."""
    rows = {r["metric"]: r["value"] for r in report([result], "clean")}
    assert rows["loci: mean of its abilities"] > 0.93
    for ability in ("where now", "where then", "state now", "contents", "absent", "unknown"):
        assert rows[f"loci: {ability}"] > 0.9, ability
    assert rows["collateral invalidations"] == 0
    assert rows["Brier score of 'still there'"] < 0.08
    for stage in ("written", "updated", "retrieved", "answered"):
        assert rows[f"loci: where now: {stage}"] > 0.9


def test_baselines_are_asked_what_they_support_and_are_behind() -> None:
    """In the same life; none of them knows that a thing is gone."""
    result = Tour(replace(SMALL, rounds=(8.0, 18.0), baselines=True)).run()
    rows = {r["metric"]: r["value"] for r in report([result], "clean")}
    for name in ("last-seen table", "text log, lexical", "KARMA-style"):
        assert rows[f"loci ahead of {name} on these"] > 5.0
        assert f"{name}: absent" not in rows
        assert rows[f"{name}: stale answers, of things moved or gone"] > 0.3
    assert rows["loci: stale answers, of things moved or gone"] < 0.1


def test_the_robots_own_deeds_have_it_as_their_cause(result: Result) -> None:
    """And what the people of the house did has not."""
    causes = [a for a in result.asked if a.question.ability == "cause"]
    assert {a.question.want for a in causes} >= {(ROBOT,)}
    assert np.mean([score(a.question, a.replies[NAME]) for a in causes]) > 0.9


def test_what_was_forgotten_is_nowhere(result: Result) -> None:
    """Erased things are not known, not named, and no other answer has changed."""
    told = [a.replies[NAME].value for a in result.asked if a.question.ability == "deletion"]
    assert told
    assert all(value == ("nothing",) for value in told)


def test_reported_houses_were_never_tuned_on() -> None:
    """The seeds are apart."""
    assert FRESH not in TUNED_ON


def test_a_quiet_life_asks_nothing_and_still_tells_who_is_who() -> None:
    """Of it only the identities count, beside those of the lives that are asked about."""
    assert all(p.seed not in TUNED_ON and p.noise == NOISY for p in quiet(FRESH + 500))
    still = Tour(replace(SMALL, probes=0, erased=0)).run()
    assert still.asked == still.bets == []
    loud = replace(still, links=Links(10, 0, 2, ()))
    told = {r["metric"]: r for r in report([loud], "noisy", [replace(still, links=Links(10, 1, 0, ()))])}
    assert (told["identity switches"]["value"], told["identity switches"]["n"]) == (5.0, 20)
    assert told["identity links missed"]["value"] == 10.0


def test_the_same_seed_asks_the_same_and_is_answered_the_same() -> None:
    """Bit for bit; nothing depends on the wall clock."""
    once, again = Tour(SMALL).run(), Tour(SMALL).run()
    assert [(a.question, a.replies) for a in again.asked] == [(a.question, a.replies) for a in once.asked]
    assert again.bets == once.bets


def test_without_negative_evidence_nothing_is_ever_gone(result: Result) -> None:
    """The ablation withholds what it says that it withholds."""
    blind = Tour(replace(SMALL, rounds=(8.0, 18.0), ablation=Ablation("", no_negative=True))).run()
    replies = [a.replies[NAME] for a in blind.asked if a.question.ability == "absent"]
    assert replies
    assert not any(r.knowledge is Knowledge.ABSENT for r in replies)
    assert any(a.replies[NAME].knowledge is Knowledge.ABSENT for a in result.asked if a.question.ability == "absent")


def test_every_part_that_is_taken_out_is_put_back() -> None:
    """An ablation holds for its own run only."""
    plain = [vars(t)[n] for t, n in PARTS]
    for ablation in ABLATIONS:
        with Memory.open(":memory:") as memory:
            with ablation.applied(memory):
                swapped = [vars(t)[n] is not was for (t, n), was in zip(PARTS, plain, strict=True)]
                assert any(swapped) == (ablation.no_cascade or ablation.no_link)
            assert [vars(t)[n] for t, n in PARTS] == plain


def test_without_the_filter_nothing_is_a_matter_of_degree(result: Result) -> None:
    """The ablation answers yes or no; memory does not."""
    sure = Tour(replace(SMALL, ablation=Ablation("", no_filter=True))).run()
    assert {b.probability for b in sure.bets} <= {0.0, 1.0}
    assert any(0.0 < b.probability < 1.0 for b in result.bets)


@pytest.mark.parametrize(
    ("question", "reply", "points"),
    [
        (Question("where now", "mug", ("table-1",)), Reply(("table-1",), Knowledge.UNOBSERVED), 1.0),
        (Question("where now", "mug", ("table-1",)), Reply(("sink-1",), Knowledge.SEEN), 0.0),
        (Question("where now", "mug", ("table-1",)), Reply(("table-1",), Knowledge.ABSENT), 0.0),
        (Question("where now", "mug", ()), Reply(("table-1",), Knowledge.ABSENT), 1.0),
        (Question("where now", "mug", ()), Reply(("table-1",), Knowledge.UNOBSERVED), 0.0),
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


def test_somebody_elses_data(tmp_path: Path) -> None:
    """A recorded stream and its truth: asked while it is told, scored; what truth says wrongly is scored wrong."""
    stream, truth = tmp_path / "seen.jsonl", tmp_path / "truth.jsonl"
    life = Household(generate(5, 3, 1), 5)
    life.run(1)
    lines: list[dict[str, object]] = []
    with RecordedMemory.record(tmp_path / "m.db", stream, clock=lambda: 0.0) as memory:
        for _ in Patrol(life, 5, rounds=(8.0,)).feed(memory, 0.0, DAY):
            pass
        after = memory.now
        for thing in memory.things(Role.OBJECT):
            if thing.place is not None and len(lines) < 12:
                lines.append({"after": after, "ability": "where now", "thing": thing.id, "want": [thing.place.id]})
                lines.append({"after": after, "thing": thing.id, "place": thing.place.label})
        lines.append({"after": after, "ability": "unknown", "noun": "violin", "want": ["unknown"]})
        lines.append({"after": after, "ability": "where now", "thing": lines[0]["thing"], "want": ["garage"]})
    truth.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    rows = {r["metric"]: r for r in run(0, True, stream, truth)}
    asked = sum(line.get("ability") == "where now" for line in lines)
    assert rows["loci: where now"]["value"] == pytest.approx((asked - 1) / asked)
    assert rows["loci: unknown"]["value"] == 1.0
    assert rows["Brier score of 'still there'"]["value"] < 0.05
    assert rows["stream lines that could not be taken"]["value"] == 0
    assert rows["last-seen table: where now"]["n"] == asked
    with pytest.raises(ConfigError, match="go together"):
        run(0, True, stream=stream)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"ability": "where now"}', "after"),
        ('{"after": 1, "ability": "smell", "noun": "x", "want": []}', "none of"),
        ('{"after": 1, "ability": "where now", "want": []}', "noun"),
        ('{"after": 1, "ability": "where now", "noun": "x"}', "want"),
        ("[1", "JSON"),
    ],
)
def test_a_truth_that_is_not_usable_is_told_by_line(tmp_path: Path, line: str, reason: str) -> None:
    """With the number of the line and what it needs."""
    (tmp_path / "t.jsonl").write_text('{"after": 1, "thing": "a", "place": null}\n' + line, encoding="utf-8")
    with pytest.raises(InputError, match=f"line 2: .*{reason}"):
        list(read_truth(tmp_path / "t.jsonl"))
