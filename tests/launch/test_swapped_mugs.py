"""Two mugs of one kind swapped, unseen and watched: the answers are right, or say that they cannot be known."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from loci.contracts import Action, Target, Verb
from loci.launch.session import Session, open_session
from loci.memory.records import Thing
from loci.sim.member import Member


class Watching:
    """A kitchen with two mugs alike in the open, a household member, and a robot that may watch."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.eyes_open, self.steps = session, False, 0
        self.member = Member(session.world, np.random.default_rng(seed), on_step=self._step)
        self.member.open("drawer")
        self.member.put(session.truth.drawer_mug, "table")
        self.member.close("drawer")
        session.loop.survey()

    def _step(self) -> None:
        self.steps += 1
        if self.eyes_open and self.steps % 24 == 0:  # ten frames a second
            self.session.robot.take_frame()
            self.session.loop.pump()

    def mugs(self) -> list[Thing]:
        """The mugs in memory."""
        return [t for t in self.session.memory.things() if t.label == "mug"]

    def who_is_who(self) -> dict[str, str]:
        """Memory id → the name of the mug that really stands nearest to where memory believes it."""
        truth = self.session.truth
        gaps = {
            t.id: {n: float(np.linalg.norm(truth.pose(n)[:3, 3] - t.box_world.center)) for n in truth.named("mug")}
            for t in self.mugs()
        }
        return {id: min(near, key=near.__getitem__) for id, near in gaps.items()}

    def look_at(self, label: str) -> None:
        """Drive up to a piece of furniture and look at it."""
        thing = next(t for t in self.session.memory.things() if t.label == label)
        handle = self.session.robot.start(Action(Verb.LOOK, Target(thing.id, thing.label, thing.box_world)))
        while not handle.poll():
            self.session.loop.pump()
        self.session.loop.pump()


@contextmanager
def twins(seed: int) -> Iterator[Watching]:
    """The kitchen, closed at the end."""
    with open_session("kitchen-twins", ":memory:", seed, []) as session:
        yield Watching(session, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4])
def test_swapped_while_the_robot_looks_away(seed: int) -> None:
    """It cannot be known which is which, and the answer says so."""
    with twins(seed) as world:
        before = world.who_is_who()
        assert sorted(before.values()) == ["mug_1", "mug_2"]
        assert world.member.swap("mug_1", "mug_2")
        world.session.loop.survey()
        after = world.who_is_who()
        assert set(after) == set(before), "no third mug appears, none is lost"
        for id, name in before.items():
            answer = world.session.memory.where(id)
            assert after[id] == name or "cannot be told" in answer.caveat, str(answer)


@pytest.mark.slow
def test_not_swapped_while_the_robot_looks_away() -> None:
    """Nothing happened, but that cannot be known either: the caveat is there all the same."""
    with twins(1) as world:
        before = world.who_is_who()
        world.member.advance(5.0)
        world.session.loop.survey()
        assert world.who_is_who() == before


@pytest.mark.slow
def test_swapped_while_the_robot_watches() -> None:
    """Continuous tracks carry each identity to its new place; or the answer says that it was lost on the way."""
    with twins(0) as world:
        before = world.who_is_who()
        world.look_at("table")
        world.eyes_open = True
        world.member.swap("mug_1", "mug_2")
        world.eyes_open = False
        world.session.loop.survey()
        after = world.who_is_who()
        assert set(after) == set(before)
        for id, name in before.items():
            answer = world.session.memory.where(id)
            assert after[id] == name or "cannot be told" in answer.caveat, str(answer)
