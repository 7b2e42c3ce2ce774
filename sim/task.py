"""A task as data: a world, instructions in English with their times and goals, and what people do meanwhile.

One task is one line of a JSON Lines file; docs/tasks.md documents the form. Times are seconds since midnight of a Monday.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from .goals import Goal
from .goals import from_json as goal_from_json
from .goals import to_json as goal_to_json

FORMAT = "loci-task-1"
SUITES = ("composite", "complex", "moved", "repeat", "single")
PLACES = ("put", "take", "take_out", "bring", "use_up")
"""What a person does that changes where a thing is; ``put`` needs a place."""
CHANGES = ("open", "close", "switch_on", "switch_off", "use", "wash")


@dataclass(frozen=True)
class PersonDeed:
    """What a person does to ``thing`` at ``time``: one of ``PLACES`` or ``CHANGES``; ``place`` is where it is put."""

    time: float
    actor: str
    verb: str
    thing: str
    place: str = ""


@dataclass(frozen=True)
class WorldRef:
    """Which world a task is done in, as it is at ``time``: an iTHOR scene, rearranged by ``seed``, or a house and its life."""

    kind: str  # ithor | house
    seed: int
    time: float
    scene: str = ""
    rooms: int = 5
    members: int = 2
    life: int = 0

    def __str__(self) -> str:
        return (
            f"{self.scene}, arrangement {self.seed}" if self.kind == "ithor" else f"house {self.seed}, life {self.life}"
        )


@dataclass(frozen=True)
class Instruction:
    """What the robot is told at ``time``, what has to hold after it, and which thing each phrase of it means."""

    time: float
    text: str
    goal: Goal
    refers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """Instructions given one after the other in one world. The robot may look around at ``world.time`` before the first."""

    id: str
    suite: str
    seed: int
    world: WorldRef
    instructions: tuple[Instruction, ...]
    people: tuple[PersonDeed, ...] = ()


# --- the file form ----------------------------------------------------------------------------------------------------------
def to_json(task: Task) -> dict[str, Any]:
    """The file form of a task; ``from_json`` reads it back."""
    w = task.world
    own = {"scene": w.scene} if w.kind == "ithor" else {"rooms": w.rooms, "members": w.members, "life": w.life}
    return {
        "format": FORMAT,
        "id": task.id,
        "suite": task.suite,
        "seed": task.seed,
        "world": {"kind": w.kind, "seed": w.seed, "time": w.time, **own},
        "instructions": [
            {"time": i.time, "text": i.text, "goal": goal_to_json(i.goal), **({"refers": dict(i.refers)} if i.refers else {})}
            for i in task.instructions
        ],
        "people": [
            {"time": d.time, "actor": d.actor, "verb": d.verb, "thing": d.thing, **({"place": d.place} if d.place else {})}
            for d in task.people
        ],
    }  # fmt: skip


def from_json(data: Any) -> Task:
    """A task from its file form. ``InputError`` names the part that is wrong and what would be right."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        got = data.get("format") if isinstance(data, Mapping) else data
        raise InputError(f"this is no task: its format is {got!r}, expected {FORMAT!r}")
    fields = {"format": str, "id": str, "suite": str, "seed": int, "world": dict, "instructions": list}
    _check("task", data, fields, {"people": list})
    if data["suite"] not in SUITES:
        raise InputError(f"suite {data['suite']!r} is not one of {', '.join(SUITES)}")
    task = Task(
        data["id"],
        data["suite"],
        data["seed"],
        _world(data["world"]),
        tuple(_instruction(n, i) for n, i in enumerate(data["instructions"], 1)),
        tuple(_deed(n, d) for n, d in enumerate(data.get("people", ()), 1)),
    )
    if not task.instructions:
        raise InputError("a task needs at least one instruction")
    for what, times in (
        ("instructions", [i.time for i in task.instructions]),
        ("people", [d.time for d in task.people]),
    ):
        if times != sorted(times) or (times and times[0] < task.world.time):
            raise InputError(f"{what}: their times have to rise, from the world's own ({task.world.time}) on: {times}")
    return task


def _world(data: Mapping[str, Any]) -> WorldRef:
    kind = data.get("kind")
    if kind == "ithor":
        _check("world", data, {"kind": str, "seed": int, "time": float, "scene": str})
        return WorldRef(kind, data["seed"], float(data["time"]), data["scene"])
    if kind == "house":
        _check("world", data, {"kind": str, "seed": int, "time": float, "rooms": int, "members": int, "life": int})
        return WorldRef(kind, data["seed"], float(data["time"]), "", data["rooms"], data["members"], data["life"])
    raise InputError(f"world: kind {kind!r} is not one of ithor, house")


def _instruction(n: int, data: Any) -> Instruction:
    _check(f"instruction {n}", data, {"time": float, "text": str, "goal": dict}, {"refers": dict})
    if not data["text"].strip():
        raise InputError(f"instruction {n}: its text is empty")
    try:
        goal = goal_from_json(data["goal"])
    except InputError as error:
        raise InputError(f"instruction {n}: {error}") from error
    refers = data.get("refers", {})
    if not all(isinstance(v, str) for v in refers.values()):
        raise InputError(f"instruction {n}: refers has to be phrase → id, is {refers!r}")
    return Instruction(float(data["time"]), data["text"], goal, dict(refers))


def _deed(n: int, data: Any) -> PersonDeed:
    _check(f"people, deed {n}", data, {"time": float, "actor": str, "verb": str, "thing": str}, {"place": str})
    if data["verb"] not in PLACES + CHANGES:
        raise InputError(f"people, deed {n}: {data['verb']!r} is not one of {', '.join(PLACES + CHANGES)}")
    if (data["verb"] == "put") is not bool(data.get("place")):
        raise InputError(f"people, deed {n}: a place belongs to put, and only to that")
    return PersonDeed(float(data["time"]), data["actor"], data["verb"], data["thing"], data.get("place", ""))


def _check(where: str, data: Any, needed: Mapping[str, type], more: Mapping[str, type] | None = None) -> None:
    """Keys and their types, exactly."""
    if not isinstance(data, Mapping):
        raise InputError(f"{where} has to be an object, is {data!r}")
    known = {**needed, **(more or {})}
    missing, unknown = sorted(set(needed) - set(data)), sorted(set(data) - set(known))
    if missing or unknown:
        words = [f"{w} {', '.join(names)}" for w, names in (("lacks", missing), ("does not know", unknown)) if names]
        raise InputError(f"{where} {' and '.join(words)}; its keys are {', '.join(known)}")
    for key, value in data.items():
        kind = known[key]
        right = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
        if not right or (kind is float and not -1e12 < value < 1e12):
            raise InputError(f"{where}: {key} is {value!r}, has to be {_NAMES[kind]}")


_NAMES = {str: "a text", int: "a whole number", float: "a finite number", dict: "an object", list: "a list"}


def load_tasks(path: Path | str) -> list[Task]:
    """All tasks of a JSON Lines file; empty lines are skipped. ``InputError`` names file, line and what is wrong."""
    return [task for _, task in numbered(path)]


def numbered(path: Path | str) -> Iterator[tuple[int, Task]]:
    """(line, task) of a file, as ``load_tasks``."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}; expected tasks, one JSON object a line") from error
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield number, read_line(text)
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error


def read_line(text: str) -> Task:
    """The task of one line; ``InputError`` says what is wrong with it."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"this is no JSON: {error}") from error
    return from_json(data)


def line(task: Task) -> str:
    """One line of a task file, without its end."""
    return json.dumps(to_json(task), ensure_ascii=False, separators=(", ", ": "))
