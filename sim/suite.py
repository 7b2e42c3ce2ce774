"""Tasks without end: every seed gives one task of a suite, in an iTHOR scene or in a house, the same one each time.

A draw is kept only if the expert does it all, in a scene also by a robot that has to see what it touches; if no instruction
asks for what is so already; and if no goal is one that the world cannot meet. Else the seed's next draw is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import ConfigError
from .household_state import DAY, HOUR
from .suite_complex import complex_
from .suite_composite import composite, single
from .suite_draft import Draft, UnfitError
from .suite_moved import moved
from .suite_repeat import repeat
from .task import SUITES, Task, WorldRef
from .task_body import carried_out
from .task_oracle import solve
from .task_worlds import KINDS, WorldLibrary

_DRAWS = 60
_SHARED = 10  # consecutive seeds that share a house; half of them, a life in it
_RECIPES: dict[str, Callable[[Draft, WorldLibrary], None]] = {
    "composite": lambda draft, _: composite(draft),
    "complex": lambda draft, _: complex_(draft),
    "moved": moved,
    "repeat": repeat,
    "single": lambda draft, _: single(draft),
}
_BEGINS = {"composite": (8.0, 21.0), "complex": (7.5, 9.5), "moved": (8.0, 14.0), "repeat": (7.0, 9.0),
           "single": (8.0, 21.0)}  # fmt: skip
"""Suite → hours of the day between which the robot first looks around."""


def draw(suite: str, kind: str, seed: int, library: WorldLibrary) -> Task:
    """The task of ``seed``; ``ConfigError`` for a suite, kind of world or seed that there is not."""
    if suite not in SUITES:
        raise ConfigError(f"no suite {suite!r}; there are {', '.join(SUITES)}")
    if kind not in KINDS:
        raise ConfigError(f"no kind of world {kind!r}; there are {', '.join(KINDS)}")
    if seed < 0:
        raise ConfigError(f"seed {seed} is not usable; it has to be 0 or more")
    for attempt in range(_DRAWS):
        rng = np.random.default_rng([seed, SUITES.index(suite), KINDS.index(kind), attempt])
        world = _world(suite, kind, seed, library, rng)
        draft = Draft(world, library.open(world), rng)
        try:
            _RECIPES[suite](draft, library)
        except UnfitError:
            continue
        task = draft.task(f"{suite}-{kind}-{seed:06d}", suite, seed)
        if sound(task, library):
            return task
    raise ConfigError(f"seed {seed} gives no {suite} task in {kind} in {_DRAWS} draws; take another seed")


def draw_many(suite: str, kind: str, seed: int, count: int, library: WorldLibrary) -> Iterator[Task]:
    """``count`` tasks of the seeds from ``seed`` on."""
    for k in range(count):
        yield draw(suite, kind, seed + k, library)


def sound(task: Task, library: WorldLibrary) -> bool:
    """Can it be done from the start, in a scene also by a body that has to see, and is there always something to do?"""
    trial = library.trial(task)
    plans = solve(trial)
    if not trial.reached or any(v.held_before or v.failure is not None for v in trial.verdicts):
        return False
    return task.world.kind != "ithor" or carried_out(task, plans, library).reached


def _world(suite: str, kind: str, seed: int, library: WorldLibrary, rng: np.random.Generator) -> WorldRef:
    time = float(round(float(rng.uniform(*_BEGINS[suite])) * HOUR / 60.0) * 60)
    if kind == "ithor":
        names = library.scenes.names()
        return WorldRef(kind, int(rng.integers(2**31)), time, names[int(rng.integers(len(names)))])
    day = int(rng.integers(7)) if suite != "repeat" else int(rng.integers(2))
    house = seed // _SHARED
    return WorldRef(kind, house, day * DAY + time, "", 3 + house % 6, 1 + house // 6 % 4, seed % _SHARED // 5)
