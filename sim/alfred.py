"""ALFRED and EB-ALFRED tasks: start arrangements and goal conditions.

The seven task types' goal conditions are those of the ALFRED paper (Shridhar et al. 2020, section 3) on the final state.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .goals import All, Goal, Held, Inside, State, Which
from .ithor_library import SceneLibrary
from .ithor_scene import Scene, arrange
from .ithor_world import IthorWorld

SAME_PLACE = 0.6
"""Metres on the floor plan within which a renamed piece of furniture is taken for the plan's."""
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
