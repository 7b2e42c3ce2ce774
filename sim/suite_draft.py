"""A task while it is drawn up: each instruction is carried out by the expert at once, so that the next can speak of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .goal_lint import faults
from .goals import Goal, Progress
from .suite_parts import Wish
from .suite_scene import Scenery
from .task import Instruction, PersonDeed, Task, WorldRef
from .task_oracle import reach
from .task_stage import STEPS, Stage


class UnfitError(Exception):
    """This draft leads to no task; another draw may."""


class Draft:
    """World, clock, and what was said and done so far. Raises ``UnfitError`` where the expert cannot do what is said."""

    def __init__(self, world: WorldRef, stage: Stage, rng: np.random.Generator) -> None:
        self.world, self.stage, self.rng = world, stage, rng
        self.scene = Scenery(stage, world.kind, rng)
        self.time = world.time
        self.instructions: list[Instruction] = []
        self.people: list[PersonDeed] = []

    def wait(self, least: float, most: float) -> None:
        """Let some minutes pass."""
        self.time = float(round(self.time + 60.0 * float(self.rng.uniform(least, most))))

    def say(self, text: str, goal: Goal, refers: Mapping[str, str] | None = None) -> None:
        """Give an instruction now, and have it carried out. It must ask for something that is not so already."""
        progress = Progress(goal)
        if progress.update(self.stage) or faults(goal, self.stage.facts()):
            raise UnfitError(text)
        reached = False
        for count, step in enumerate(reach(self.stage, goal)):
            if count >= STEPS or not self.stage.act(step.verb, step.target, value=step.value).ok:
                raise UnfitError(f"{text}: {step} cannot be done")
            reached = progress.update(self.stage)
        if not reached:
            raise UnfitError(text)
        self.instructions.append(Instruction(self.time, sentence(text), goal, dict(refers or {})))

    def ask(self, wish: Wish | None) -> None:
        """Say a wish in its own words."""
        if wish is None:
            raise UnfitError("there is nothing to wish for")
        self.say(wish.text, wish.goal, dict(wish.refers))

    def does(self, actor: str, verb: str, thing: str, place: str = "") -> None:
        """Somebody does something now."""
        deed = PersonDeed(self.time, actor, verb, thing, place)
        self.people.append(deed)
        self.stage.person(deed)

    def task(self, id: str, suite: str, seed: int) -> Task:
        """What was drawn up."""
        return Task(id, suite, seed, self.world, tuple(self.instructions), tuple(self.people))


def sentence(text: str) -> str:
    """With a capital at the beginning and a full stop at the end."""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
