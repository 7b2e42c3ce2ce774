"""ALFRED's tasks through a robot, step by step beside the world itself: do both come to the same end?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contracts import Action, Outcome, Robot, Target
from .alfred import AlfredTask, start_world
from .alfred_expert import expert_steps
from .goals import check
from .ithor_labels import label_of
from .ithor_library import SceneLibrary
from .ithor_world import IthorWorld
from .task_stage import PlanStep
from .thor_robot import ThorClient, ThorRobot
from .thor_truth import ThorTruth

SAYS = {True: "on", False: "off", None: ""}


@dataclass(frozen=True)
class Twin:
    """A task done twice: directly and through a robot. ``steps`` ends at the first step where either fails."""

    key: str
    steps: tuple[tuple[PlanStep, Outcome, Outcome], ...]
    reached: bool
    reached_by_robot: bool

    @property
    def same(self) -> bool:
        """True if every step and the end agree."""
        return self.reached is self.reached_by_robot and all(a.ok is b.ok for _, a, b in self.steps)


def set_up(client: Any, task: AlfredTask) -> None:
    """Start a task's scene behind an AI2-THOR client, with the actions of ALFRED's own environment.

    ``client`` needs ``reset`` (a Controller). Raises ``RuntimeError`` when AI2-THOR refuses one of them.
    """
    client.reset(task.scene)
    start = task.start
    toggles = [{"objectType": t["objectType"], "isOn": bool(t["isOn"])} for t in start.get("object_toggles", ())]
    poses = [dict(p) for p in start["object_poses"]]
    client.step("SetObjectPoses", objectPoses=poses, raise_for_failure=True)
    if toggles:
        client.step("SetObjectToggles", objectToggles=toggles, raise_for_failure=True)
    if start.get("dirty_and_empty"):
        for change, value in (("CanBeDirty", True), ("CanBeFilled", False)):
            client.step("SetStateOfAllObjects", StateChange=change, forceAction=value, raise_for_failure=True)


def action_of(step: PlanStep, world: IthorWorld) -> Action:
    """A plan's step as a planner would ask for it: the target by class and box, not by its id in the world."""
    thing = world.things[step.target]
    return Action(step.verb, Target("t1", label_of(thing.type), thing.box_world), text=SAYS[step.value])


def side_by_side(task: AlfredTask, scenes: SceneLibrary, robot: ThorRobot) -> Twin:
    """The expert's plan in a fresh world and by ``robot``, whose AI2-THOR was set up for the same task."""
    world, client = start_world(task, scenes), robot.client
    truth = ThorTruth(client.last_event.metadata)
    done: list[tuple[PlanStep, Outcome, Outcome]] = []
    for step in expert_steps(task, world):
        action = action_of(step, world)
        direct = world.act(step.verb, step.target, value=step.value)
        outcome = follow(robot, action, client, truth)
        done.append((step, direct, outcome))
        if not (direct.ok and outcome.ok):
            break
    return Twin(task.key, tuple(done), check(task.goal, world), check(task.goal, truth))


def follow(robot: Robot, action: Action, client: ThorClient, truth: ThorTruth) -> Outcome:
    """Carry one action out, with every event shown to the ground truth."""
    handle = robot.start(action)
    while not handle.poll():
        truth.update(client.last_event.metadata)
    truth.update(client.last_event.metadata)
    return handle.result()
