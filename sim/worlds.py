"""The worlds that can be named on the command line."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConfigError
from .kitchen import Kitchen

WORLDS: dict[str, Callable[[int], Kitchen]] = {
    "kitchen": Kitchen.build,
    "kitchen-twins": lambda seed: Kitchen.build(seed, alike_mugs=True),
}
"""Name → builder from a seed. ``kitchen-twins`` has two mugs that look the same."""


def check_world(name: str, seed: int) -> None:
    """Raises ``ConfigError`` if there is no world called ``name`` or the seed is negative; builds nothing."""
    if name not in WORLDS:
        raise ConfigError(f"no world {name!r}; there are {', '.join(sorted(WORLDS))}")
    if seed < 0:
        raise ConfigError(f"seed {seed} is not usable; it has to be 0 or more")


def build_world(name: str, seed: int, start_time: float = 0.0) -> Kitchen:
    """Build the world called ``name``; its clock starts at ``start_time`` seconds. ``ConfigError`` as ``check_world``."""
    check_world(name, seed)
    world = WORLDS[name](seed)
    world.start_time = start_time
    return world
