"""What a view says of an expected thing: noise is allowed for, what hides it is told from what it stands on."""

from __future__ import annotations

import numpy as np
import pytest

from loci.contracts import Expected, Role, Verdict, Visibility
from loci.geometry import Box, transform
from loci.sim.patrol_scene import Shown
from loci.sim.patrol_verdict import Exact, asked_points, verdict_of

MUG = Box(transform(t=(0.0, 0.0, 0.85)), np.array((0.08, 0.08, 0.1)))
COUNT = 20
SHOWN = {
    "mug-1": Shown("mug-1", "mug", MUG, "red", Role.OBJECT, {}),
    "counter-1": Shown("counter-1", "counter", Box(np.eye(4), np.ones(3)), "", Role.FURNITURE, {}),
    "cupboard-1": Shown(
        "cupboard-1", "cupboard", Box(np.eye(4), np.ones(3)), "", Role.FURNITURE, {"openness": "closed"}
    ),
}


def judged(
    gap: float | np.ndarray, by: str | list[str], end: tuple[float, float, float] = (9.0, 9.0, 9.0), noise: float = 0.0,
    exact: bool = False,
) -> Visibility:  # fmt: skip
    """Twenty rays to a mug that ended ``gap`` behind their points, on ``by``, at ``end``."""
    kind = Exact if exact else Expected
    e = kind("o1", Role.OBJECT, "mug", MUG, np.zeros((0, 3), np.float32))
    owners = np.array([by] * COUNT if isinstance(by, str) else by)
    gaps = np.broadcast_to(np.asarray(gap, dtype=np.float64), (COUNT,))
    ends = np.broadcast_to(np.array(end), (COUNT, 3))
    inside = np.ones(COUNT, dtype=np.bool_)
    return verdict_of(e, inside, gaps, ends, owners, SHOWN, {"mug-1": 3}, COUNT, noise)[0]


def test_there_gone_and_hidden() -> None:
    """The plain cases."""
    assert judged(0.0, "mug-1") == Visibility("o1", Verdict.SEEN, 1.0, 3)
    assert judged(0.5, "counter-1").verdict is Verdict.SEEN_THROUGH
    assert judged(np.inf, "").verdict is Verdict.SEEN_THROUGH
    assert judged(-0.5, "counter-1").verdict is Verdict.OCCLUDED


@pytest.mark.parametrize("noise", [0.01, 0.03, 0.05])
def test_what_is_off_by_noise_is_no_occluder(noise: float) -> None:
    """Remembered too low by less than two deviations: the table top before its points hides nothing."""
    assert judged(-0.9 * 2 * noise, "counter-1", noise=noise).verdict is Verdict.SEEN_THROUGH
    assert judged(-0.9 * 2 * noise, "counter-1").verdict is Verdict.OCCLUDED
    assert judged(-4.0 * noise, "counter-1", noise=noise).verdict is Verdict.OCCLUDED


def test_at_a_grazing_angle_what_it_stands_on_lies_far_before_it() -> None:
    """The ray ended under the thing, on its support; on a closed door there it is hidden all the same; no noise, no excuse."""
    under = (0.03, 0.0, 0.82)
    assert judged(-0.15, "counter-1", under, noise=0.03).verdict is Verdict.SEEN_THROUGH
    assert judged(-0.15, "cupboard-1", under, noise=0.03).verdict is Verdict.OCCLUDED
    assert judged(-0.15, "counter-1", (0.3, 0.0, 0.82), noise=0.03).verdict is Verdict.OCCLUDED
    assert judged(-0.15, "counter-1", under, noise=0.03, exact=True).verdict is Verdict.OCCLUDED


def test_what_shows_beside_an_occluder_counts() -> None:
    """Twelve rays are stopped; eight pass, or meet the thing."""
    gap = np.array([-0.5] * 12 + [0.5] * 8)
    passed = judged(gap, ["counter-1"] * COUNT)
    assert passed.verdict is Verdict.SEEN_THROUGH
    assert passed.visible == pytest.approx(0.4)
    met = judged(np.array([-0.5] * 12 + [0.0] * 8), ["counter-1"] * 12 + ["mug-1"] * 8)
    assert met.verdict is Verdict.SEEN
    few = judged(np.array([-0.5] * 18 + [0.5] * 2), ["counter-1"] * COUNT)
    assert few.verdict is Verdict.OCCLUDED


def test_the_lowest_layer_is_not_asked_about() -> None:
    """Where it touches its support, the support would answer."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.5, 0.5, (200, 3)) * MUG.size + MUG.center
    asked = asked_points(Expected("o1", Role.OBJECT, "mug", MUG, points.astype(np.float32)))
    assert 8 <= len(asked) <= 32
    assert asked[:, 2].min() >= points[:, 2].min() + 0.25 * MUG.size[2]
