"""What the body says of its hand is believed, whatever became of the action."""

import numpy as np
import pytest

from loci.contracts import Decision, Outcome, Status, Verb

FAR = (-1.0, 0.2, 0.6)  # a metre from the apple: the hand folded away before the next frame


def ended(stage, status: Status) -> Outcome:
    return Outcome(status, "held up", stage.now - 0.1, stage.now)


@pytest.fixture
def known(stage):
    stage.kitchen()
    stage.looks(4)
    return stage


def picked(stage) -> str:
    """The apple is in the hand; its id."""
    apple = stage.ids["apple"]
    action = stage.memory.begin_action(Decision(Verb.PICK, apple), stage.now)
    stage.hand(tuple(stage.props["apple"].center), True)
    stage.look()
    stage.memory.end_action(action, Outcome(Status.SUCCEEDED, "", stage.now - 0.1, stage.now))
    stage.props["apple"].visible = False
    return apple


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.TIMED_OUT, Status.CANCELLED, Status.OUT_OF_REACH])
def test_a_pick_that_failed_with_the_thing_in_the_hand_leaves_it_there(known, status) -> None:
    """The arm was held up on its way out: the first frame with closed fingers comes when the hand is far from the spot."""
    action = known.memory.begin_action(Decision(Verb.PICK, known.ids["apple"]), known.now)
    known.props["apple"].visible = False
    known.hand(FAR, True)
    known.looks(2)
    written = known.memory.end_action(action, ended(known, status))
    assert known.memory.held().id == known.ids["apple"]
    assert [c.kind for c in written.changes] == ["held"]


def test_a_pick_that_failed_with_an_empty_hand_holds_nothing(known) -> None:
    action = known.memory.begin_action(Decision(Verb.PICK, known.ids["apple"]), known.now)
    known.hand(FAR, False)
    known.looks(2)
    known.memory.end_action(action, ended(known, Status.BLOCKED))
    assert known.memory.held() is None


def test_what_was_thought_to_have_slipped_is_held_when_the_fingers_say_so(known) -> None:
    apple = picked(known)
    known.hand(FAR, False)
    known.looks(3)
    assert known.memory.held() is None
    known.hand(FAR, True)
    known.look()
    assert known.memory.held().id == apple
    at = known.memory.get(apple).box_world.center
    assert np.linalg.norm(at - FAR) < 0.2


def test_hands_full_is_believed(known) -> None:
    """The body refuses to pick up the milk, for its hand is full: of what slipped out of it last, as memory thought."""
    apple = picked(known)
    known.hand(FAR, False)
    known.looks(3)
    action = known.memory.begin_action(Decision(Verb.PICK, known.ids["milk"]), known.now)
    known.hand(FAR, True)
    known.look()
    known.memory.end_action(action, ended(known, Status.HANDS_FULL))
    assert known.memory.held().id == apple


def test_hands_empty_is_believed(known) -> None:
    picked(known)
    action = known.memory.begin_action(Decision(Verb.PLACE, known.ids["table"], "on"), known.now)
    written = known.memory.end_action(action, ended(known, Status.HANDS_EMPTY))
    assert known.memory.held() is None
    assert [c.kind for c in written.changes] == ["slipped"]
