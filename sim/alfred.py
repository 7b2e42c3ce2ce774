"""ALFRED and EB-ALFRED tasks: start arrangements, goal conditions, expert plans, and plans that ought to fail.

The seven task types' goal conditions are those of the ALFRED paper (Shridhar et al. 2020, section 3) on the final state.
Object ids of a plan come from another build of the scenes and are joined by type and position (``Join``).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import Outcome, Verb
from ..errors import InputError
from .alfred_join import Join
from .goals import All, Goal, Held, Inside, State, Which, check
from .ithor_scene import Scene, arrange, load_scene
from .ithor_world import IthorWorld
from .task_stage import PlanStep as PlanStep

STEP_LIMIT = 30
"""EB-ALFRED ends an episode after as many steps."""
SAME_PLACE = 0.6
"""Metres on the floor plan within which a renamed piece of furniture is taken for the plan's."""
GRID = 0.25
"""Metres per unit of ALFRED's coordinateObjectId."""
NEEDED = {
    "PickupObject": ("objectId",),
    "SliceObject": ("objectId",),
    "PutObject": ("receptacleObjectId", "coordinateReceptacleObjectId"),
}
"""What a planner action has to say."""


@dataclass(frozen=True)
class AlfredTask:
    """One trajectory: how the scene starts, what has to hold at the end, and the expert's high-level plan."""

    key: str
    task_type: str
    scene: str
    goal: Goal
    params: Mapping[str, Any]
    start: Mapping[str, Any]
    high_pddl: Sequence[Mapping[str, Any]]
    instructions: tuple[str, ...]


def load_trajectories(path: Path | str) -> dict[str, AlfredTask]:
    """All trajectories of a file (key → trajectory, JSON or gzip). Raises ``InputError`` naming file and entry."""
    entries = _read(Path(path))
    if not isinstance(entries, Mapping) or not entries:
        raise InputError(f"{path} holds no trajectories: expected an object of key → ALFRED trajectory")
    tasks = {}
    for key, entry in entries.items():
        try:
            tasks[key] = _trajectory(key, entry)
        except InputError as error:
            raise InputError(f"{path}: entry {key!r}: {error}") from error
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise InputError(f"{path}: entry {key!r} is no ALFRED trajectory: {error!r} is missing or wrong") from error
    return tasks


def _trajectory(key: str, entry: Mapping[str, Any]) -> AlfredTask:
    start, plan = entry["scene"], entry["plan"]["high_pddl"]
    for pose in start["object_poses"]:
        if not {"objectName", "position", "rotation"} <= set(pose):
            raise InputError(f"object pose {pose!r} needs objectName, position and rotation")
    for step in plan:
        action = step["planner_action"]
        lacking = [field for field in NEEDED.get(action["action"], ()) if field not in action]
        if lacking:
            raise InputError(f"planner action {action['action']} lacks {', '.join(lacking)}")
    return AlfredTask(
        key=key,
        task_type=entry["task_type"],
        scene=start["floor_plan"],
        goal=goal_of(entry["task_type"], entry["pddl_params"]),
        params=entry["pddl_params"],
        start=start,
        high_pddl=plan,
        instructions=tuple(a["task_desc"] for a in entry.get("annotations", ())),
    )


def load_eb_tasks(path: Path | str) -> list[tuple[str, str, str]]:
    """EB-ALFRED's task list as (subset, instruction, trajectory key). Raises ``InputError``."""
    try:
        found = [(name, t["instruction"], t["task"]) for name, rows in _read(Path(path)).items() for t in rows]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no EB-ALFRED task list (subset → [{{task, instruction}}]): {error!r}") from error
    if not found:
        raise InputError(f"{path} lists no tasks")
    return found


def _read(path: Path) -> Any:
    try:
        raw = path.read_bytes()
        return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; expected JSON or gzip-compressed JSON") from error


class SceneLibrary:
    """Scenes by name from a folder of metadata files, read once."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._scenes: dict[str, Scene] = {}

    def names(self) -> list[str]:
        """The scenes that there are, by number."""
        found = {p.name.split(".")[0] for p in self.folder.glob("FloorPlan*.json*")}
        return sorted(found, key=lambda n: (len(n), n))

    def __getitem__(self, name: str) -> Scene:
        """A scene; ``InputError`` with the alternatives when there is none of that name."""
        if name not in self._scenes:
            paths = [self.folder / f"{name}.json.gz", self.folder / f"{name}.json"]
            path = next((p for p in paths if p.is_file()), None)
            if path is None:
                raise InputError(f"no scene {name} in {self.folder}; there are {', '.join(self.names()) or 'none'}")
            self._scenes[name] = load_scene(path)
        return self._scenes[name]


def start_world(task: AlfredTask, scenes: SceneLibrary) -> IthorWorld:
    """The scene as the trajectory starts it."""
    scene = renamed(arrange(scenes[task.scene], task.start["object_poses"]), task)
    toggles = [(t["objectType"], bool(t["isOn"])) for t in task.start.get("object_toggles", ())]
    return IthorWorld(scene, bool(task.start.get("dirty_and_empty")), toggles)


def renamed(scene: Scene, task: AlfredTask) -> Scene:
    """The scene with the type names of ALFRED's build where the two builds differ.

    A receptacle of the plan whose type the scene does not have at all (a Cart, a Dresser) is the one that stands at its place
    under another name.
    """
    types = {o.type for o in scene.objects.values()}
    objects = dict(scene.objects)
    for entry in task.high_pddl:
        plan_id = entry["planner_action"].get("receptacleObjectId", "")
        kind = plan_id.split("|")[0]
        if not kind or kind in types:
            continue
        x, _, z = (float(v) for v in plan_id.split("|")[1:4])
        fixed = [
            o for o in objects.values() if {"receptacle"} <= o.affords and "pick" not in o.affords and o.type != "Floor"
        ]
        gaps = [(float(np.linalg.norm(o.box_world.center[:2] - (x, z))), o.id) for o in fixed]
        if gaps and min(gaps)[0] < SAME_PLACE:
            found = objects[min(gaps)[1]]
            objects[found.id] = replace(found, type=kind)
    return replace(scene, objects=objects)


def goal_of(task_type: str, params: Mapping[str, Any]) -> Goal:
    """The goal conditions of one of ALFRED's seven task types; ``InputError`` for another."""
    kind = params["object_target"]
    if params.get("object_sliced") and not kind.endswith("Sliced"):
        kind += "Sliced"
    parent, movable = params.get("parent_target", ""), params.get("mrecep_target", "")
    # ALFRED counts a thing as heated once it was, whatever became of it since (a hot apple goes into the fridge)
    change = {"clean": "cleaned", "heat": "heated", "cool": "cooled"}.get(task_type.split("_")[1], "")
    if task_type == "pick_and_place_simple":
        return Inside(Which(kind), Which(parent))
    if task_type == "pick_two_obj_and_place":
        return Inside(Which(kind), Which(parent), 2)
    if task_type == "look_at_obj_in_light":
        return All((Held(Which(kind)), State(Which(params["toggle_target"]), "on")))
    if task_type == "pick_and_place_with_movable_recep":
        return All((Inside(Which(kind), Which(movable)), Inside(Which(movable), Which(parent))))
    if change and task_type.endswith("_then_place_in_recep"):
        return Inside(Which(kind, {change: True}), Which(parent))
    raise InputError(f"task type {task_type!r} is not one of ALFRED's seven")


def expert_steps(task: AlfredTask, world: IthorWorld) -> Iterator[PlanStep]:
    """The expert's plan in this world's actions, made as it goes: yields a step, and expects it to have been done."""
    join = Join(world)
    for entry in task.high_pddl:
        action = entry["planner_action"]
        name = action["action"]
        if name == "PickupObject":
            target = join(action["objectId"])
            if target is not None:
                yield from _pick(world, target)
        elif name == "PutObject":
            place = _receptacle(join, action)
            if place is not None:
                yield from _put(world, place)
        elif name == "SliceObject":
            target = join(action["objectId"])
            if target is not None:
                yield from _opened(world, target)
                yield PlanStep(Verb.NAVIGATE, target)
                yield PlanStep(Verb.SLICE, target)
        elif name == "ToggleObject":
            target = join(action.get("toggleObjectId") or action["objectId"])
            if target is not None:
                yield PlanStep(Verb.NAVIGATE, target)
                yield PlanStep(Verb.TOGGLE, target, True)
        elif name in ("CleanObject", "HeatObject", "CoolObject"):
            yield from _change(name, world, join, action)


def _receptacle(join: Join, action: Mapping[str, Any]) -> str | None:
    kind, c = action["coordinateReceptacleObjectId"][0], action["coordinateReceptacleObjectId"][1]
    near = [c[0] * GRID, c[4] * GRID, c[2] * GRID]
    return join(action["receptacleObjectId"], kind if "SinkBasin" in kind or "Basin" in kind else "", near)


def _opened(world: IthorWorld, target: str) -> Iterator[PlanStep]:
    for holder in reversed(world.holder(target)):
        thing = world.things[holder]
        if "open" in thing.base.affords and "open" not in thing.states and thing.type != "Book":
            yield PlanStep(Verb.NAVIGATE, holder)
            yield PlanStep(Verb.OPEN, holder)


def _closed(world: IthorWorld, holders: Sequence[str]) -> Iterator[PlanStep]:
    for holder in holders:
        thing = world.things[holder]
        if "open" in thing.base.affords and "open" in thing.states and "pick" not in thing.base.affords:
            yield PlanStep(Verb.CLOSE, holder)


def _pick(world: IthorWorld, target: str) -> Iterator[PlanStep]:
    holders = world.holder(target)
    opened = list(_opened(world, target))
    yield from opened
    if not opened:
        yield PlanStep(Verb.NAVIGATE, target)
    yield PlanStep(Verb.PICK, target)
    if opened:
        yield from _closed(world, holders)


def _put(world: IthorWorld, place: str) -> Iterator[PlanStep]:
    thing = world.things[place]
    yield from _opened(world, place)
    yield PlanStep(Verb.NAVIGATE, place)
    opens = "open" in thing.base.affords and "pick" not in thing.base.affords
    if opens and "open" not in thing.states:
        yield PlanStep(Verb.OPEN, place)
    yield PlanStep(Verb.PLACE, place)
    if opens and thing.type != "Toilet":
        yield PlanStep(Verb.CLOSE, place)


def _change(name: str, world: IthorWorld, join: Join, action: Mapping[str, Any]) -> Iterator[PlanStep]:
    """Clean under the tap, heat in the microwave, cool in the fridge; the thing is in the hand again at the end."""
    held = world.held()
    if held is None:
        return
    kinds = {
        "CleanObject": ("SinkBasin", "BathtubBasin", "Sink"),
        "HeatObject": ("Microwave",),
        "CoolObject": ("Fridge",),
    }
    places = [i for k in kinds[name] for i in world.ids() if world.kind(i) == k]
    if not places:
        return
    named, c = action.get("coordinateReceptacleObjectId", ["", None])
    places = [i for i in places if world.kind(i) == named] or places
    spot = np.array([c[0] * GRID, c[2] * GRID]) if c else world.agent[:2]
    place = min(places, key=lambda i: float(np.linalg.norm(world.things[i].box_world.center[:2] - spot)))
    yield from _put(world, place)
    if name == "HeatObject":
        yield PlanStep(Verb.TOGGLE, place, True)
        yield PlanStep(Verb.TOGGLE, place, False)
    if name == "CleanObject":
        taps = [i for i in world.ids() if world.kind(i) in ("Faucet", "ShowerHead")]
        basin = world.things[place].box_world.center
        tap = min(taps, key=lambda i: float(np.linalg.norm(world.things[i].box_world.center - basin)))
        yield PlanStep(Verb.TOGGLE, tap, True)
        yield PlanStep(Verb.TOGGLE, tap, False)
        yield PlanStep(Verb.PICK, held)
        return
    yield PlanStep(Verb.OPEN, place)
    yield PlanStep(Verb.PICK, held)
    yield PlanStep(Verb.CLOSE, place)


@dataclass(frozen=True)
class PlanResult:
    """How a plan went: the steps with their outcomes, and whether the goal holds at the end."""

    steps: tuple[tuple[PlanStep, Outcome], ...]
    reached: bool

    @property
    def failure(self) -> Outcome | None:
        """The first action that failed."""
        return next((o for _, o in self.steps if not o.ok), None)


def run_plan(world: IthorWorld, goal: Goal, steps: Iterator[PlanStep] | Sequence[PlanStep]) -> PlanResult:
    """Carry out a plan; it ends at its first failed action, as a program without eyes would."""
    done: list[tuple[PlanStep, Outcome]] = []
    for step in steps:
        outcome = world.act(step.verb, step.target, value=step.value)
        done.append((step, outcome))
        if not outcome.ok or len(done) >= STEP_LIMIT:
            break
    return PlanResult(tuple(done), check(goal, world))
