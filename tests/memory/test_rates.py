"""How often things move is learned per class, from the log alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.memory import Memory
from loci.memory.rates import STAYS, Rates

HOUR = 3600.0


def known(rates: Rates, label: str, hours: float, moves: int) -> None:
    """Things of a class watched over some hours, in which they moved so often."""
    rates.thing({"role": "object", "labels": {label: 0.9}, "first_seen": 0.0, "last_seen": hours * HOUR})
    if moves:
        rates.moved(label, moves)


@given(st.floats(0, 1000), st.integers(0, 50), st.floats(0, 1e6), st.floats(0, 1e6))
def test_trust_only_falls_with_time(hours: float, moves: int, a: float, b: float) -> None:
    """A probability, 1 at once, never rising."""
    rates = Rates()
    known(rates, "mug", hours, moves)
    near, far = rates.stays("mug", min(a, b)), rates.stays("mug", max(a, b))
    assert 0.0 < far <= near <= 1.0
    assert rates.stays("mug", 0.0) == 1.0


def test_knowing_nothing_the_prior_holds() -> None:
    """About even odds after the prior's time."""
    assert rates_after(Rates(), STAYS) == pytest.approx(0.54, abs=0.06)


def rates_after(rates: Rates, seconds: float) -> float:
    return rates.stays("mug", seconds)


def test_what_moves_often_is_trusted_less_than_what_stays() -> None:
    """Each class by its own record; one never seen before, by the household's."""
    rates = Rates()
    known(rates, "mug", 40.0, 20)
    known(rates, "vase", 400.0, 0)
    mug, vase, new = (rates.stays(k, 10 * HOUR) for k in ("mug", "vase", "candle"))
    assert mug < 0.4
    assert vase > 0.85
    assert mug < new < vase


@given(st.floats(0.02, 0.5), st.integers(0, 10_000))
def test_the_learned_rate_is_near_the_true_one(rate: float, seed: int) -> None:
    """Moves drawn at a known rate (per hour): the chance of staying four hours comes out within a few per cent."""
    rates, hours = Rates(), 2000.0
    moves = int(np.random.default_rng(seed).poisson(rate * hours))
    known(rates, "mug", hours, moves)
    assert rates.stays("mug", 4 * HOUR, moves, hours * HOUR) == pytest.approx(np.exp(-4 * rate), abs=0.12)


def test_a_thing_is_judged_by_its_own_record_too() -> None:
    """Of one class, some are in daily use and some never are."""
    rates = Rates()
    known(rates, "mug", 100.0, 10)
    used, unused, new = (rates.stays("mug", 10 * HOUR, *own) for own in ((10, 50 * HOUR), (0, 50 * HOUR), (0, 0.0)))
    assert used < new < unused


@given(st.integers(0, 200), st.floats(0, 1e7), st.floats(1.0, 1e6))
def test_a_few_rates_stand_for_all_of_them(moves: int, watched: float, seconds: float) -> None:
    """The grid of rates has weights that sum to 1, the distribution's mean, and gives nearly its chance of staying."""
    pace = Rates().pace("mug", moves, watched)
    rates, weights = pace.grid()
    assert weights.sum() == pytest.approx(1.0)
    assert rates @ weights == pytest.approx(pace.shape / pace.time)
    assert float(weights @ np.exp(-rates * seconds)) == pytest.approx(pace.stays(seconds), abs=0.05)


def test_rates_follow_the_log(stage, tmp_path) -> None:
    """Merged, moved, vanished: rebuilt from the tables, or from the log, they are what they were live."""
    stage.kitchen()
    stage.looks(4)
    stage.blank(4000.0)
    stage.props["mug"].center = stage.props["mug"].center + np.array((0.2, -0.75, 0.0))
    stage.looks(8, dt=1.5)
    stage.props["apple"].visible = False
    stage.looks(8, dt=1.5)
    memory = stage.memory
    memory.commit()
    live = memory._world.projection.rates
    assert live.moves == {"mug": 1, "apple": 1}
    assert live.watched["milk"] > 4000.0
    with memory.replay(tmp_path / "again.db") as again:
        rebuilt = again._world.projection.rates
        assert rebuilt.moves == live.moves
        assert rebuilt.watched == pytest.approx(live.watched)
    list(memory.dump())
    with Memory.open(tmp_path / "m.db", read_only=True) as reader:
        assert reader._world.projection.rates.moves == live.moves
        assert reader._world.projection.rates.watched == pytest.approx(live.watched)
