"""The worlds as environments: steps and frames a second, reset, determinism; rows of `loci bench world`."""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from ..geometry import PinholeCamera
from ..sim import gym_register
from ..sim.gym_env import WorldEnv
from ..sim.house_plan import generate
from ..sim.ithor_picture import camera_pose, pinhole
from .bench import Row, row

SIZES = ((128, 128), (300, 300), (640, 480))
_STEPS = {"Ithor": (400, 100), "House": (200, 40), "Kitchen": (12, 2)}
"""Environment → steps that are timed, in full and quick."""
_FRAMES = {"Ithor": (60, 15), "House": (40, 10), "Kitchen": (12, 3)}
_RESETS = {"Ithor": (10, 4), "House": (6, 2), "Kitchen": (2, 1)}


def run(seed: int, quick: bool, scenes: Path, say: Callable[[str], None]) -> list[Row]:
    """All rows of this file. ``scenes``: folder of iTHOR metadata; ``say`` is told what is being done."""
    gym_register.register()
    rows: list[Row] = []
    for name in _STEPS:
        say(f"environment loci/{name}-v0")
        more: dict[str, Any] = {"scenes": scenes} if name == "Ithor" else {}
        env = gymnasium.make(f"loci/{name}-v0", disable_env_checker=True, max_episode_steps=10**6, **more).unwrapped
        assert isinstance(env, WorldEnv)
        with closing(env):
            rows += _environment(env, name, seed, int(quick))
    say("a house with physics")
    return rows + _physics(seed, quick)


def _environment(env: WorldEnv, name: str, seed: int, quick: int) -> list[Row]:
    mode = f"loci/{name}-v0"
    resets = _RESETS[name][quick]
    used = time.process_time()
    for k in range(resets):
        env.reset(seed=seed + k)
    reset = (time.process_time() - used) / resets
    steps, first, cpu, wall = _walk(env, seed, _STEPS[name][quick])
    again = _walk(env, seed, _STEPS[name][quick])[1]
    rows = [
        row("reset, processor time", 1000 * reset, "ms", resets, mode),
        row("steps per second, visible-object reports", steps / wall, "1/s", steps, mode),
        row("… by processor time", steps / cpu, "1/s", steps, mode),
        row("determinism hash", first, "sha256", steps, mode),
        row("the same again", float(first == again), "share", 2, mode),
    ]
    return rows + _frames(env, mode, _FRAMES[name][quick]) + [_memory(mode)]


def _walk(env: WorldEnv, seed: int, steps: int) -> tuple[int, str, float, float]:
    """Random sensible actions from one seed: how many, hash of what they led to, processor time and wall time in steps."""
    digest = hashlib.sha256()
    _, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    cpu = wall = 0.0
    for _ in range(steps):
        action = env.action_space.sample(mask=info["action_mask"])
        begun, used = time.perf_counter(), time.process_time()
        obs, reward, over, _, info = env.step(action)
        wall += time.perf_counter() - begun
        cpu += time.process_time() - used
        for key in sorted(obs):
            digest.update(np.asarray(obs[key]).tobytes())
        digest.update(repr((reward, over, info["status"])).encode())
        if over:
            _, info = env.reset()
    return steps, digest.hexdigest()[:16], cpu, wall


def _frames(env: WorldEnv, mode: str, n: int) -> list[Row]:
    ground = env.ground
    assert ground is not None
    rows = []
    for width, height in SIZES:
        camera = pinhole(width, height, 90.0)
        ground.shot(camera)
        rows.append(_per_second(f"frames per second {width}×{height}", partial(ground.shot, camera), n, mode))
    return rows


def _per_second(metric: str, do: Callable[[], object], n: int, mode: str) -> Row:
    used = time.process_time()
    for _ in range(n):
        do()
    return row(f"{metric}, by processor time", n / (time.process_time() - used), "1/s", n, mode)


def _physics(seed: int, quick: bool) -> list[Row]:
    """A house in PyBullet: building, physics steps, frames."""
    from ..sim.camera import Camera
    from ..sim.procedural import HouseWorld

    mode = "house with physics"
    house = generate(seed, 3 if quick else 6, 2)
    used = time.process_time()
    with HouseWorld.of(house) as world:
        rows = [row("reset, processor time", 1000 * (time.process_time() - used), "ms", 1, mode)]
        rows.append(_per_second("physics steps per second", world.step, 240 if quick else 1200, mode))
        eye = camera_pose(world.robot_start[0], world.robot_start[1], 1.4, world.robot_start[2], 0.3)
        for width, height in SIZES:
            camera = Camera(world, PinholeCamera.from_fov(np.deg2rad(60.0), width, height))
            rows.append(
                _per_second(f"frames per second {width}×{height}", partial(camera.render, eye), 2 if quick else 8, mode)
            )
    return [*rows, _memory(mode)]


def _memory(mode: str) -> Row:
    """The most that the process has held so far."""
    return row("peak memory so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", 1, mode)
