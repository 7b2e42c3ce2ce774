"""Tasks in scenes by a body that has to see what it touches: an expert's plan, its targets named by class and box alone."""

from __future__ import annotations

from collections.abc import Sequence

from .ithor_robot import IthorRobot
from .one_action import to_the_end
from .task import Task
from .task_ithor import IthorStage
from .task_stage import PlanStep, Trial
from .task_worlds import WorldLibrary
from .thor_tasks import action_of


def carried_out(task: Task, plans: Sequence[Sequence[PlanStep]], library: WorldLibrary) -> Trial:
    """The plans done by ``IthorRobot``; each ends at its first failed action. The task has to be one in a scene."""
    trial = library.trial(task)
    assert isinstance(trial.stage, IthorStage)
    world = trial.stage.world
    robot = IthorRobot(library.scenes, world=world, images=False)
    for number in trial:
        for step in plans[number]:
            outcome, _ = to_the_end(robot, action_of(step, world))
            trial.note(step, outcome)
            if not outcome.ok:
                break
    robot.close()
    return trial
