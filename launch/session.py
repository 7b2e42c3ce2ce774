"""Puts a world, a robot, perception, memory and a planner together, and takes them apart whole whatever happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..contracts import Policy
from ..memory import Memory
from ..perception import FramePerceiver, LabelledSegmenter
from ..planner import LLMPolicy, Loop, OfflinePolicy
from ..planner.watcher import Watcher

if TYPE_CHECKING:
    from ..sim.kitchen import Kitchen
    from ..sim.robot import KitchenRobot
    from ..sim.truth import Truth

PAUSE = 60.0
"""Simulated seconds between the end of one session on a memory file and the start of the next."""


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint."""

    base_url: str
    model: str
    api_key: str | None
    timeout: float


@dataclass(frozen=True)
class Session:
    """A robot in a world with its memory and planner, ready to be given instructions."""

    memory: Memory
    robot: KitchenRobot
    loop: Loop
    world: Kitchen
    truth: Truth
    """World and ground truth are for benchmarks and tests alone; nothing that decides holds them."""


@contextmanager
def open_session(
    world: str | Kitchen,
    memory_file: Path | str,
    seed: int,
    watchers: Sequence[Watcher],
    *,
    steps: int = 40,
    endpoint: Endpoint | None = None,
    viz: str = "off",
) -> Iterator[Session]:
    """Build everything, survey the room when memory does not know it yet, close everything at the end.

    ``world`` is a name, or a world that was built already; it is closed, too. ``viz`` is off, live or a file. Raises
    ``ConfigError`` for an unknown world and ``MemoryFileError`` for a memory file that cannot be written, both before
    anything is started.
    """
    from ..sim.worlds import build_world, check_world, classes_of, robot_in, truth_of

    if isinstance(world, str):
        check_world(world, seed)
    with ExitStack() as stack:
        if not isinstance(world, str):
            stack.callback(world.close)
        memory = stack.enter_context(Memory.open(memory_file))
        if isinstance(world, str):
            place = build_world(world, seed=seed, start_time=memory.now + PAUSE if memory.now > 0 else 0.0)
            stack.callback(place.close)
        else:
            place = world
        robot = robot_in(place, seed)
        stack.callback(robot.close)
        everyone = list(watchers)
        if viz != "off":
            from ..viz.recorder import Recorder

            recorder = Recorder(memory, "live" if viz == "live" else Path(viz))
            stack.callback(recorder.close)
            everyone.append(recorder)
        classes = classes_of(place)
        policy: Policy = OfflinePolicy(memory, classes)
        if endpoint is not None:
            policy = LLMPolicy(
                memory,
                base_url=endpoint.base_url,
                model=endpoint.model,
                api_key=endpoint.api_key,
                timeout=endpoint.timeout,
                fallback=OfflinePolicy(memory, classes),
            )
        perceiver = FramePerceiver(LabelledSegmenter())
        loop = Loop(robot, perceiver, memory, policy, watchers=everyone, step_budget=steps, classes=classes)
        yield Session(memory, robot, loop, place, truth_of(place))
