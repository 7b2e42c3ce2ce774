"""From replies to figures: agreement with the ideal observer by ability, Brier score, reliability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from ..memory.records import Knowledge
from .bench import Row, row
from .truth_loci import NAME
from .truth_run import Asked, Bet, Result
from .truth_terms import ABILITIES, Question, Reply

KNOWING = ("absent", "unobserved", "unknown")
STALE = "stale answers, of things moved or gone"
_BINS = np.linspace(0.0, 1.0, 11)


def score(question: Question, reply: Reply) -> float:
    """1 for the ideal observer's answer, 0 for another; for contents the F1 of the two multisets of classes."""
    if question.ability in KNOWING:
        return float(_knows(question, reply))
    if question.ability == "contents":
        return _f1(Counter(question.want), Counter(reply.value))
    if question.any_of:
        return float(any(v in question.want for v in reply.value[:1]))
    if question.ability == "where now" and not question.want:  # it is gone from its place, and nobody can know more
        return float(reply.knowledge is Knowledge.ABSENT or not reply.value)
    if question.ability in ("where now", "interference", "cascade") and reply.knowledge is Knowledge.ABSENT:
        return 0.0
    return float(reply.value[: len(question.want)] == question.want)


def _knows(question: Question, reply: Reply) -> bool:
    want = {Knowledge(w) for w in question.want}
    if Knowledge.BELIEVED in want:  # shut away: inferred, and certainly not looked at since
        want.add(Knowledge.UNOBSERVED)
    return reply.knowledge in want


def _f1(want: Counter[str], got: Counter[str]) -> float:
    if not want and not got:
        return 1.0
    return 2 * (want & got).total() / (want.total() + got.total())


def by_ability(asked: Iterable[Asked], system: str) -> dict[str, list[float]]:
    """Scores of one system."""
    found: dict[str, list[float]] = {}
    for a in asked:
        if system in a.replies:
            found.setdefault(a.question.ability, []).append(score(a.question, a.replies[system]))
    return {k: found[k] for k in ABILITIES if k in found}


def ability_rows(asked: Sequence[Asked], mode: str) -> list[Row]:
    """Every system's agreement with the ideal observer by ability, and how far Loci is ahead on what each supports."""
    systems = list(dict.fromkeys(s for a in asked for s in a.replies))
    rows: list[Row] = []
    own = {k: float(np.mean(v)) for k, v in by_ability(asked, NAME).items()}
    for system in systems:
        means = by_ability(asked, system)
        rows += [row(f"{system}: {k}", float(np.mean(v)), "of ideal", len(v), mode) for k, v in means.items()]
        mean = float(np.mean([np.mean(v) for v in means.values()]))
        rows.append(row(f"{system}: mean of its abilities", mean, "of ideal", len(means), mode))
        if system != NAME:
            ahead = float(np.mean([own[k] for k in means])) - mean
            rows.append(row(f"loci ahead of {system} on these", 100 * ahead, "points", len(means), mode))
    return rows


def truth_rows(results: Sequence[Result], mode: str, beside: Sequence[Result] = ()) -> list[Row]:
    """Stale answers, collateral invalidations, identity (also of the lives ``beside``), Brier score."""
    asked = [a for r in results for a in r.asked]
    bets = [b for r in results for b in r.bets]
    old = [a for a in asked if a.question.ability == "where now" and a.question.moved]
    stale = {
        system: [_stale(a.question, a.replies[system]) for a in old]
        for system in dict.fromkeys(s for a in old for s in a.replies)
    }
    harmed, of = (sum(r.collateral[i] for r in results) for i in (0, 1))
    moves, switched, lost = (
        sum(getattr(r.links, k) for r in [*results, *beside]) for k in ("moves", "switched", "lost")
    )
    moved = [
        score(a.question, a.replies[NAME])
        for a in asked
        if a.question.ability == "where now" and a.question.moved and a.question.want
    ]
    return [
        row("loci: where now, moved since", float(np.mean(moved or [0.0])), "of ideal", len(moved), mode),
        *(
            row(f"{s}: stale answers, of things moved or gone", float(np.mean(v)), "share", len(v), mode)
            for s, v in stale.items()
        ),
        row("collateral invalidations", harmed, "things", of, mode),
        row("identity switches", 100 * switched / max(1, moves), "per 100 moves", moves, mode),
        row("identity links missed", 100 * lost / max(1, moves), "per 100 moves", moves, mode),
        row("Brier score of 'still there'", brier(bets), "", len(bets), mode),
        row("… best constant rate, in hindsight", hindsight(bets), "", len(bets), mode),
        row("… share that was still there", sum(b.true for b in bets) / max(1, len(bets)), "share", len(bets), mode),
        *places_rows(bets, mode),
        row("looks", sum(r.looks for r in results), "looks", len(results), mode),
    ]


def _stale(question: Question, reply: Reply) -> bool:
    """Does the reply name a place where the thing is not, as if it were there?"""
    told = bool(reply.value) and reply.knowledge not in (Knowledge.ABSENT, Knowledge.UNKNOWN)
    return told and reply.value[:1] != question.want[:1]


def stage_rows(asked: Sequence[Asked], mode: str) -> list[Row]:
    """Of the questions told apart by stage, how many got that far."""
    rows: list[Row] = []
    for ability in dict.fromkeys(a.question.ability for a in asked if a.stages is not None):
        left = [a.stages for a in asked if a.stages is not None and a.question.ability == ability]
        for stage in ("written", "updated", "retrieved", "answered"):
            passed = [s for s in left if getattr(s, stage)]
            rows.append(
                row(
                    f"loci: {ability}: {stage}", len(passed) / max(1, len(left)), "of the stage before", len(left), mode
                )
            )
            left = passed
    return rows


def places_rows(bets: Sequence[Bet], mode: str) -> list[Row]:
    """The probabilities over all places: the Brier score over them, and what was given to the truth."""
    gone = [b for b in bets if b.gone]
    return [
        row("Brier score over all places", float(np.mean([b.error for b in bets] or [0.0])), "", len(bets), mode),
        row(
            "probability given to the true place",
            float(np.mean([b.of_truth for b in bets] or [0.0])),
            "",
            len(bets),
            mode,
        ),
        row(
            "… of things that are gone from theirs",
            float(np.mean([b.of_truth for b in gone] or [0.0])),
            "",
            len(gone),
            mode,
        ),
    ]


def brier(bets: Sequence[Bet]) -> float:
    """Mean squared error of the probabilities."""
    return float(np.mean([(b.probability - b.true) ** 2 for b in bets] or [0.0]))


def hindsight(bets: Sequence[Bet]) -> float:
    """The Brier score of an ideal observer that forgets at one constant rate, the best one for these very bets."""
    age = np.array([b.age for b in bets])
    true, gone = np.array([b.true for b in bets], dtype=float), np.array([b.gone for b in bets])
    scores = [
        float(np.mean((np.where(gone, 0.0, np.exp(-age / (3600.0 * hours))) - true) ** 2)) if len(bets) else 0.0
        for hours in np.geomspace(1.0, 400.0, 25)
    ]
    return min(scores)


def reliability(bets: Sequence[Bet], mode: str) -> list[Row]:
    """By tenth of probability: how often it was still there, and at what mean probability."""
    p, true = np.array([b.probability for b in bets]), np.array([b.true for b in bets], dtype=float)
    rows: list[Row] = []
    for low, high in pairwise(_BINS.tolist()):
        mine = (p >= low) & ((p < high) if high < 1.0 else (p <= 1.0))
        if mine.any():
            mean = round(float(p[mine].mean()), 4)
            rows.append(
                row(f"still there when said {mean}", float(true[mine].mean()), "reliability", int(mine.sum()), mode)
            )
    return rows
