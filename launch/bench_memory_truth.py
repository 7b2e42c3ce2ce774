"""Does the memory tell the truth? Days of house life, seen in part by a patrolling robot; scored against an ideal observer.

The ideal observer is fed the same reports with true names and answers what could be known from them; a thing moved unseen it
does not know of either. There the probability is what is scored. No language model takes part.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import ConfigError
from ..sim.patrol_noise import Noise
from .bench import Row
from .chart import Series, line_charts
from .truth_ablation import Ablation
from .truth_foreign import MODE, Trial
from .truth_run import Plan, Result, Tour
from .truth_score import ability_rows, reliability, stage_rows, truth_rows

NOISY = Noise.noisy()
ENOUGH = 8
"""Cases that a tenth of probability needs to be drawn; the figures tell of fewer."""
TUNED_ON = frozenset({*range(100), *range(1000, 1004), *range(1100, 1110), *range(2000, 2008), *range(2500, 2508)})
"""Seeds of the houses on which anything was ever tuned or tried; ``--seed 0`` reports on none of them."""
FRESH = 3000
"""What is added to ``--seed``: the first house that is reported on."""
HOUSES = 8
MORE = 8
"""Noisy houses beside these in which nothing is asked, so that there are enough moves to count identity switches on."""
ABLATIONS = (
    Ablation("no negative evidence", no_negative=True),
    Ablation("no belief filter", no_filter=True),
    Ablation("no cascade", no_cascade=True),
    Ablation("no identity link", no_link=True),
    Ablation("no tracks, no looks", no_tracks=True),
)


def run(seed: int, quick: bool, stream: Path | None = None, truth: Path | None = None) -> list[Row]:
    """Agreement with the ideal observer by ability and system, clean and noisy; truthfulness; ablations. With ``stream`` and
    ``truth`` instead the scores on somebody else's data (``truth_foreign``).
    """
    if stream is not None and truth is not None:
        return Trial(stream, truth).run()
    if stream is not None or truth is not None:
        raise ConfigError("--stream and --truth go together: what was seen, and what was true")
    plans = [Plan(FRESH + HOUSES * seed + k, rooms=4 + k % 2) for k in range(HOUSES)]
    if quick:
        plans = [Plan(FRESH + HOUSES * seed, rooms=3, rounds=(8.0, 18.0), most=6)]
    rows: list[Row] = []
    for mode, noise in (("clean", Noise()), ("noisy", NOISY)):
        results = [_lived(replace(p, noise=noise), mode) for p in plans]
        more = [] if quick or mode == "clean" else quiet(FRESH + 500 + MORE * seed)
        rows += report(results, mode, [_lived(p, f"{mode}, identities only") for p in more])
    for ablation in ABLATIONS[:1] if quick else ABLATIONS:
        mode = f"clean, {ablation.name}"
        result = _lived(replace(plans[0], ablation=ablation, baselines=False), mode)
        rows += [r for r in report([result], mode) if r["unit"] != "reliability"]
    return rows


def _lived(plan: Plan, mode: str) -> Result:
    """One life, told on standard error."""
    print(f"house {plan.seed}, {plan.days} days, {mode}", file=sys.stderr, flush=True)
    return Tour(plan).run()


def quiet(first: int) -> list[Plan]:
    """Noisy lives of which only the identities are looked at."""
    return [Plan(first + k, rooms=4 + k % 2, noise=NOISY, baselines=False, probes=0, erased=0) for k in range(MORE)]


def report(results: Sequence[Result], mode: str, beside: Sequence[Result] = ()) -> list[Row]:
    """The figures of some lives together; the identities are also counted in those ``beside`` them."""
    asked = [a for r in results for a in r.asked]
    bets = [b for r in results for b in r.bets]
    return (
        ability_rows(asked, mode)
        + stage_rows(asked, mode)
        + truth_rows(results, mode, beside)
        + reliability(bets, mode)
    )


def plot(rows: list[Row], path: Path) -> None:
    """The reliability diagram: how often a thing was still there against how probable the memory said it was."""
    said = {
        mode: [r for r in rows if r["mode"] == mode and r["unit"] == "reliability" and int(r["n"]) >= ENOUGH]
        for mode in ("clean", "noisy", MODE)
    }
    lines = [
        Series(mode, [float(str(r["metric"]).rsplit(" ", 1)[1]) for r in mine], [float(r["value"]) for r in mine])
        for mode, mine in said.items()
        if mine
    ]
    panels = {
        f"still there: how often, by how probable memory said ({ENOUGH} cases or more)": [
            Series("perfect", [0.0, 1.0], [0.0, 1.0]),
            *lines,
        ]
    }
    line_charts(path, panels, "probability said")
