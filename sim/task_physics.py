"""A task's moment of a house with physics, and the goals' ground truth in it: poses and contacts of the simulator."""

from __future__ import annotations

from ..errors import InputError
from .bullet import pybullet
from .procedural import HouseTruth, HouseWorld
from .standing import Standing
from .task import Task
from .task_house import HouseStage
from .task_worlds import WorldLibrary
from .truth import CLOSED_BELOW, OPEN_ABOVE


def check(task: Task) -> None:
    """Raises ``InputError`` for a task in a scene, and for one in which people move things between its instructions: nothing
    is moved here but by a body."""
    if task.world.kind != "house":
        raise InputError(f"{task.id}: a task in {task.world} has no physics; houses have")
    if task.people:
        raise InputError(
            f"{task.id}: {task.people[0].actor} moves things in it, and people have no bodies here; "
            "tasks of the suites single and composite have nobody else in them"
        )


def open_house(task: Task, library: WorldLibrary) -> tuple[HouseWorld, PhysicalTruth]:
    """The house of ``task`` as it is before the first instruction, with physics, and what is really so in it; ``InputError``
    as ``check``."""
    check(task)
    stage = library.open(task.world)
    assert isinstance(stage, HouseStage)
    world = HouseWorld.of(stage.house, stage.state_now, stage.items)
    world.start_time = stage.time
    return world, PhysicalTruth(world, stage)


class PhysicalTruth(Standing):
    """What goals are checked against. ``stage``: the house as it was at the start, for what physics does not show.

    A piece counts as open from ``OPEN_ABOVE`` of its way, as closed below ``CLOSED_BELOW``, and between the two as what it
    was before. What is behind the closed door of a fridge is cold. No hand here turns a switch or runs a machine.
    """

    def __init__(self, world: HouseWorld, stage: HouseStage) -> None:
        super().__init__(world, HouseTruth(world))
        self._stage = stage
        self._open = {n: n in stage.state_now.open for n in world.furniture}
        self._cooled: set[str] = set()
        self.follow()

    def follow(self) -> None:
        """To be called after every action: which doors stand open now, and what a fridge has cooled."""
        for name in self._open:
            share = self.truth.open_fraction(name)
            if share > OPEN_ABOVE or share < CLOSED_BELOW:
                self._open[name] = share > OPEN_ABOVE
        shut = {n for n, is_open in self._open.items() if self.kind(n) == "fridge" and not is_open}
        self._cooled.update(i for i in self.world.movables if shut & set(self.holder(i)))

    def state(self, id: str, name: str) -> bool:
        """open; cooled, cold; on, dirty, clean, cleaned, heated, hot as they were at the start."""
        if name == "open":
            return self._open.get(id, False)
        if name in ("cooled", "cold") and id in self._cooled:
            return True
        return self._stage.state(id, name)

    def held(self) -> str | None:
        """What is tied to the hand."""
        p, client = pybullet(), self.world.client
        things = {body: name for name, body in self.world.movables.items()}
        for k in range(p.getNumConstraints(physicsClientId=client)):
            number = p.getConstraintUniqueId(k, physicsClientId=client)
            child = p.getConstraintInfo(number, physicsClientId=client)[2]
            if child in things:
                return things[child]
        return None
