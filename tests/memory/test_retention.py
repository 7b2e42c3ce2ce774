"""Strength and forgetting obey their laws; a compacted file keeps its answers, verifies and replays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.errors import ConfigError, InputError
from loci.launch import compact as command
from loci.memory import Memory
from loci.memory.retention import DAY, Strength, Tier, retention, strengths, tier, tiers

counts = st.integers(0, 10_000)
shares = st.floats(0, 1)
ages = st.floats(0, 4000 * DAY)
strength = st.builds(Strength, counts, shares, counts)


@given(a=strength, more=st.tuples(counts, shares, counts), age=ages, later=ages)
def test_stronger_never_decays_faster(a: Strength, more: tuple[int, float, int], age: float, later: float) -> None:
    """More recalled, more important or oftener confirmed: kept at least as well at any age, and no larger share lost."""
    b = Strength(a.recalls + more[0], min(1.0, a.importance + more[1]), a.confirmations + more[2])
    assert retention(b, age) >= retention(a, age)
    left_a, left_b = (
        retention(a, age + later) / (retention(a, age) or 1),
        retention(b, age + later) / (retention(b, age) or 1),
    )
    if retention(a, age + later) > 1e-300:
        assert left_b >= left_a * (1 - 1e-12)
    assert list(Tier).index(tier(b, age)) <= list(Tier).index(tier(a, age))


@given(a=strength, age=ages, later=ages)
def test_time_only_takes_away(a: Strength, age: float, later: float) -> None:
    """Retention starts at 1, stays within [0, 1] and never rises; tiers only go down."""
    assert retention(a, 0.0) == retention(a, -5.0) == 1.0
    assert 0.0 <= retention(a, age + later) <= retention(a, age) <= 1.0
    assert list(Tier).index(tier(a, age + later)) >= list(Tier).index(tier(a, age))


@given(a=strength)
def test_each_input_strengthens(a: Strength) -> None:
    """One more recall or confirmation, or more importance, lengthens the half-life."""
    assert Strength(a.recalls + 1, a.importance, a.confirmations).half_life > a.half_life
    assert Strength(a.recalls, a.importance, a.confirmations + 1).half_life > a.half_life
    if a.importance < 0.99:
        assert Strength(a.recalls, a.importance + 0.01, a.confirmations).half_life > a.half_life


def test_what_cannot_be_a_strength_is_refused() -> None:
    """Negative counts and importances beyond 1."""
    for wrong in ((-1, 0.5, 0), (0, 1.5, 0), (0, 0.5, -2)):
        with pytest.raises(InputError, match="is no strength"):
            Strength(*wrong)


def test_what_was_recalled_and_preferred_is_stronger(stage) -> None:
    """Notes of recalls and preferences that cite a thing strengthen it, and only it."""
    stage.kitchen()
    stage.looks(5)
    world, (mug, apple) = stage.memory._world, (stage.ids["mug"], stage.ids["apple"])
    before = strengths(world)
    stage.memory.note("recall", "the mug was recalled", stage.now, refs=(mug,))
    stage.memory.note("preference", "leave the mug alone", stage.now, refs=(mug,))
    after = strengths(world)
    assert after[mug].half_life > before[mug].half_life
    assert after[apple] == before[apple]
    world.now += 30 * DAY
    order = list(Tier)
    assert order.index(tiers(world)[mug]) < order.index(tiers(world)[apple])


def answers(memory: Memory) -> dict[str, object]:
    """Everything that compaction must not change."""
    list(memory.dump())
    memory._world.load()
    found: dict[str, object] = {}
    for thing in memory.things():
        what = thing.id
        found[what] = (memory.where(what).text, memory.state(what).text, memory.contents(what).text, memory.facts(what))
        for at in (1.0, memory.now / 2):
            found[what, at] = (memory.where(what, at).text, memory.contents(what, at).text)
        if thing.knowledge != "absent":
            found[what, "history"] = memory.history(what).text
    return found


@pytest.fixture
def lived(tmp_path: Path, new_stage) -> tuple[Memory, object]:
    with Memory.open(tmp_path / "lived.db", clock=lambda: 0.0) as memory:
        stage = new_stage(memory)
        stage.kitchen()
        rng = np.random.default_rng(0)
        stage.looks(3, keyframe=True)
        for _ in range(25):
            prop = stage.props[("mug", "apple")[rng.integers(2)]]
            prop.center = np.array([rng.uniform(0.1, 0.8), rng.uniform(-0.7, 0.7), prop.center[2]])
            stage.looks(3, dt=1.2, keyframe=True)
            memory.note("answer", f"the mug was asked for {'again ' * 40}", stage.now)
        stage.props["milk"].visible = False
        stage.looks(4)
        yield memory, stage


def test_compaction_keeps_the_answers(lived) -> None:
    """Under ever smaller budgets: where, state, contents, facts and histories as before; verify; replay; reopening."""
    memory, stage = lived
    memory.commit()
    before, full = answers(memory), memory.stats()["bytes"]
    for budget in (full, int(0.8 * full), int(0.6 * full)):
        done = memory.compact(budget)
        assert done.fits == (done.size[1] <= budget)
        assert answers(memory) == before
        assert memory.verify().faults == ()
        with memory.replay(":memory:") as again:
            assert list(again.dump()) == list(memory.dump())
    assert done.sealed > 0
    assert done.size[1] < 0.75 * full  # some 60 kB are tables, indexes and triggers of any file
    assert memory._store.db.execute("SELECT count(*) FROM payloads").fetchone()[0] < memory.stats()["events"] / 4
    with pytest.raises(InputError, match="a budget of 0 bytes"):
        memory.compact(0)
    kinds = [c.kind for w in stage.looks(4) for c in w.changes]
    assert kinds == []


def test_sealed_twice_and_grown_between(lived) -> None:
    """What happens after a compaction is added to it, and sealed by the next."""
    memory, stage = lived
    memory.compact(1)
    stage.props["apple"].center = np.array([0.7, 0.6, 0.84])
    stage.looks(4, keyframe=True)
    before = answers(memory)
    first = memory.compact(1)
    assert not first.fits
    assert answers(memory) == before
    assert memory.verify().ok
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == list(memory.dump())


def test_a_budget_that_takes_pictures_only_leaves_the_telling_ones(lived) -> None:
    """Dropped pictures are said to be dropped; the newest one of each thing goes last."""
    memory, _ = lived
    full = memory.stats()["bytes"]
    memory.compact(int(0.55 * full))
    dropped = [e for e in memory.events() if e.kind == "blob.dropped"]
    gone = {d for e in dropped for d in e.payload["digests"]}
    assert memory.verify().ok
    for digest in gone:
        assert memory._store.get_blob(digest) is None


def test_the_command_line(tmp_path: Path, lived, capsys) -> None:
    """`loci compact` says what it did and whether it fits; bad budgets and names are refused."""
    memory, _ = lived
    memory.close()
    path = tmp_path / "lived.db"
    assert command.main(command.Compact(path, 50.0)) == 0
    assert command.main(command.Compact(path, 0.001)) == 1
    assert "the budget is not met" in capsys.readouterr().out
    for wrong in (command.Compact(path, 0.0), command.Compact(tmp_path / "none.db", 1.0)):
        with pytest.raises(ConfigError):
            command.main(wrong)


def test_a_checkpoint_that_is_gone_or_changed_is_found(lived) -> None:
    """A payload that was sealed away may lack; one of the checkpoint itself may not."""
    memory, _ = lived
    memory.compact(1)
    db = memory._store.db
    seq = db.execute("SELECT min(seq) FROM payloads").fetchone()[0]
    assert "tables" in memory.event(seq).payload
    assert memory.event(seq - 1).payload == {"erased": True}
    db.execute("SAVEPOINT damage")
    db.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
    assert [f.where for f in memory.verify().faults] == [f"event {seq}"]
    db.execute("ROLLBACK TO damage")
    db.execute("UPDATE payloads SET body = (SELECT body FROM payloads WHERE seq = ?) WHERE seq = ?", (seq + 1, seq))
    assert not memory.verify().ok
    db.execute("ROLLBACK TO damage")
    db.execute("RELEASE damage")
    assert memory.verify().ok


def test_erasing_from_what_was_sealed(lived) -> None:
    """A thing and a span also leave a checkpoint, learned counts with the thing."""
    memory, stage = lived
    memory.compact(1)
    mug = stage.ids["mug"]
    others = {k: v for k, v in answers(memory).items() if k == stage.ids["apple"]}
    memory.forget(thing=mug)
    assert memory.usual_places("mug") == []
    assert not any(f'"{mug}"' in line or "mug" in line for line in memory.dump())
    assert {k: answers(memory)[k] for k in others} == others
    memory.forget(between=(10.0, 40.0))
    db = memory._store.db
    for table in ("changes", "keyframes", "path", "notes"):
        assert db.execute(f"SELECT count(*) FROM {table} WHERE stamp BETWEEN 10 AND 40").fetchone()[0] == 0
    assert (
        db.execute("SELECT count(*) FROM facts WHERE start BETWEEN 10 AND 40 OR stop BETWEEN 10 AND 40").fetchone()[0]
        == 0
    )
    assert memory.where("apple").value
    assert memory.verify().ok
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == list(memory.dump())
    stage.looks(3)
