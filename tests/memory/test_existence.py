"""Seen, seen through, hidden: what counts as evidence that something is gone, and what does not."""

from __future__ import annotations

import pytest

from loci.memory import Knowledge
from loci.memory.existence import Presence


def test_one_look_through_the_spot_is_not_enough() -> None:
    """A single frame never makes a thing absent."""
    presence = Presence(odds=3.0)
    assert not presence.seen_through(1.0, 1.0)
    assert not presence.absent


def test_two_or_three_looks_are_enough() -> None:
    """Full views of the empty spot at different times settle it."""
    presence = Presence(odds=3.0)
    looks = [presence.seen_through(0.95, t) for t in (1.0, 1.5, 2.0)]
    assert looks.count(True) == 1
    assert presence.absent
    assert presence.probability < 0.12


def test_frames_of_the_same_moment_count_once() -> None:
    """Ten looks within a few hundredths of a second are one look."""
    presence = Presence(odds=1.4)
    for i in range(10):
        presence.seen_through(1.0, 1.0 + 0.005 * i)
    assert presence.misses == 1
    assert not presence.absent


@pytest.mark.parametrize("share", [0.0, 0.1, 0.19])
def test_a_sliver_of_the_spot_is_no_evidence(share: float) -> None:
    """Below a fifth visible, nothing is concluded, however often."""
    presence = Presence()
    before = presence.odds
    for t in range(50):
        presence.seen_through(share, float(t))
    assert presence.odds == before


def test_half_views_take_longer() -> None:
    """Evidence is weighted by how much of the spot was visible."""

    def needed(share: float) -> int:
        presence = Presence(odds=3.0)
        return next(n for n in range(1, 100) if presence.seen_through(share, float(n)))

    assert needed(0.95) < needed(0.5) < needed(0.3)


def test_a_thing_that_is_often_missed_gets_more_patience() -> None:
    """Misses that a later sighting refuted lower the measured detection probability."""
    flickering = Presence(odds=3.0)
    for t in range(0, 40, 2):
        flickering.seen()
        flickering.seen_through(0.9, float(t))
    flickering.seen()
    steady = Presence(odds=3.0, hits=20)
    assert flickering.detection < steady.detection

    def needed(presence: Presence) -> int:
        return next(n for n in range(1, 200) if presence.seen_through(0.9, 1000.0 + n))

    assert needed(flickering) > needed(steady)


def test_taken_away_is_absent_and_says_when_it_was_looked_for(stage) -> None:
    """The spot was seen empty a few times: gone, with a change that says so, once."""
    stage.kitchen()
    stage.looks(6)
    stage.props["apple"].visible = False
    changes = [c for w in stage.looks(8) for c in w.changes]
    apple = stage.ids["apple"]
    assert [(c.kind, c.id) for c in changes] == [("vanished", apple)]
    answer = stage.memory.where(apple)
    assert answer.knowledge is Knowledge.ABSENT
    assert "gone from the table" in answer.text
    assert stage.memory.get(apple).existence < 0.15
    assert changes[0].seq in answer.evidence


def test_hidden_for_minutes_is_still_there(stage) -> None:
    """Occluded a hundred times over: no evidence, only unobserved."""
    stage.kitchen()
    stage.looks(6)
    kinds = [c.kind for w in stage.looks(100, only=lambda p: p.name != "apple") for c in w.changes]
    thing = stage.memory.get(stage.ids["apple"])
    assert kinds == []
    assert thing.knowledge is Knowledge.UNOBSERVED
    assert thing.existence > 0.9


def test_out_of_view_is_no_evidence(stage) -> None:
    """A covered camera for an hour changes no existence beyond what time itself does."""
    stage.kitchen()
    stage.looks(6)
    stage.blank(60.0, steps=60)
    for name in ("mug", "apple", "milk"):
        assert stage.memory.get(stage.ids[name]).knowledge is Knowledge.UNOBSERVED
        assert stage.memory.get(stage.ids[name]).existence > 0.9


def test_back_at_the_same_spot_reappears(stage) -> None:
    """Gone and then there again is the same thing, and told as such."""
    stage.kitchen()
    stage.looks(6)
    apple = stage.ids["apple"]
    stage.props["apple"].visible = False
    stage.looks(8)
    stage.props["apple"].visible = True
    changes = [c for w in stage.looks(4) for c in w.changes]
    assert [(c.kind, c.id) for c in changes] == [("reappeared", apple)]
    assert stage.memory.get(apple).knowledge is Knowledge.SEEN


def test_another_thing_at_the_spot_is_evidence_of_absence(stage) -> None:
    """A bottle stands where the apple was: depth agrees, the apple is gone all the same."""
    stage.kitchen()
    stage.looks(6)
    apple = stage.ids["apple"]
    at = stage.props["apple"].center
    del stage.props["apple"]
    stage.add("bottle", "bottle", (at[0], at[1], at[2] + 0.02), (0.08, 0.08, 0.2), on="table", color=6)
    stage.looks(12)
    assert stage.memory.get(apple).knowledge is Knowledge.ABSENT
    assert stage.ids["bottle"] != apple


def test_expected_leaves_out_what_cannot_be_seen(stage) -> None:
    """Nothing shut in a container and nothing gone is expected in view; everything else in front of the camera is."""
    stage.kitchen()
    stage.looks(4)
    shown = {e.id for e in stage.memory.expected(stage.camera, stage.T_world_cam, stage.now)}
    assert shown == set(stage.ids.values())
    stage.props["fridge"].states = {"openness": {"closed": 0.95, "open": 0.05}}
    stage.props["milk"].visible = False
    stage.looks(4, verdicts=False)
    shown = {e.id for e in stage.memory.expected(stage.camera, stage.T_world_cam, stage.now)}
    assert stage.ids["milk"] not in shown
    assert stage.memory.get(stage.ids["milk"]).knowledge is Knowledge.BELIEVED
