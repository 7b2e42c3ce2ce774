"""What a robot's short-term memory is asked for: ALFRED's expert plans and what is perceived on the way, scene by scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..sim.alfred import AlfredTask, start_world
from ..sim.alfred_expert import STEP_LIMIT, expert_steps
from ..sim.ithor_library import SceneLibrary
from ..sim.ithor_sight import Sight
from ..sim.ithor_world import IthorWorld

_NAMES = ("object_target", "parent_target", "mrecep_target", "toggle_target")


class Use(NamedTuple):
    """One use of an object: ``asked`` if an action needs it, else it came into view; ``first``: asked for the first time in its
    task. ``focus``: what the task is about by then, that is, the objects of the kinds that the instruction names, and those
    that its actions needed so far."""

    key: str
    asked: bool
    first: bool
    focus: frozenset[str]


def scene_traces(
    tasks: Sequence[AlfredTask], scenes: SceneLibrary, rng: np.random.Generator
) -> dict[str, tuple[Use, ...]]:
    """Scene → the uses of all its tasks, one after the other in an order drawn by ``rng``; scenes by name."""
    by_scene: dict[str, list[AlfredTask]] = {}
    for task in sorted(tasks, key=lambda t: (t.scene, t.key)):
        by_scene.setdefault(task.scene, []).append(task)
    return {
        name: tuple(use for i in rng.permutation(len(group)) for use in _uses(group[int(i)], scenes, rng))
        for name, group in by_scene.items()
    }


def _uses(task: AlfredTask, scenes: SceneLibrary, rng: np.random.Generator) -> Iterator[Use]:
    world = start_world(task, scenes)
    sight, names = Sight(world), _Instances(world)
    kinds = {task.params.get(name) for name in _NAMES}
    focus = frozenset(names(i) for i in world.ids() if world.kind(i) in kinds)
    view: set[str] = set()
    needed: set[str] = set()

    def look() -> Iterator[Use]:
        """What was not in view a moment ago, in no particular order."""
        seen = [i for i in sight.visible() if world.kind(i) != "Floor"]
        fresh = [i for i in seen if i not in view]
        view.clear()
        view.update(seen)
        for k in rng.permutation(len(fresh)):
            yield Use(names(fresh[int(k)]), False, False, focus)

    yield from look()
    for step, planned in enumerate(expert_steps(task, world)):
        key = names(planned.target)
        first = key not in needed
        needed.add(key)
        focus |= {key}
        yield Use(key, True, first, focus)
        outcome = world.act(planned.verb, planned.target, value=planned.value)
        yield from look()
        if not outcome.ok or step + 1 >= STEP_LIMIT:
            break


class _Instances:
    """Names of objects that hold across a scene's tasks, although the tasks' start arrangements differ.

    Fixed things have one id in all. Loose ones are named as ALFRED names them; of copies with one name the k-th is the k-th.
    """

    def __init__(self, world: IthorWorld) -> None:
        self._names: dict[str, str] = {}
        copies: dict[str, int] = {}
        for id in world.ids():
            base = world.things[id].base
            if "pick" in base.affords:
                copies[base.name] = copies.get(base.name, 0) + 1
            self._names[id] = f"{base.name}#{copies[base.name]}" if "pick" in base.affords else id

    def __call__(self, id: str) -> str:
        if id not in self._names:  # a slice of something
            whole, _, piece = id.rpartition("|")
            self._names[id] = f"{self(whole)}|{piece}"
        return self._names[id]
