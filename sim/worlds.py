"""The worlds that can be named on the command line, and the robot and the ground truth that belong to each."""

from __future__ import annotations

from collections.abc import Callable

from ..contracts import Role
from ..errors import ConfigError
from .house_name import house_named
from .house_recogniser import ROLES
from .house_robot import HouseRobot
from .kitchen import Kitchen
from .procedural import HouseTruth, HouseWorld
from .robot import KitchenRobot
from .truth import Truth

WORLDS: dict[str, Callable[[int], Kitchen]] = {
    "kitchen": Kitchen.build,
    "kitchen-twins": lambda seed: Kitchen.build(seed, alike_mugs=True),
}
"""Name → builder from a seed. ``kitchen-twins`` has two mugs that look the same."""
_IN_HOUSES = tuple(ROLES.items())


def check_world(name: str, seed: int) -> None:
    """Raises ``ConfigError`` if there is no world called ``name`` or the seed is negative; builds nothing.

    Beside ``WORLDS`` there is a house for every whole number ("house:3": five rooms, two people) and every house file
    ("home.json"), which is read and checked. "house:3:floors=2" has two floors; ":start=1" after either says on which of
    them the robot is (it stays there).
    """
    if name not in WORLDS and house_named(name) is None:
        raise ConfigError(
            f"no world {name!r}; there are {', '.join(sorted(WORLDS))}, house:SEED, or a house file (.json)"
        )
    if seed < 0:
        raise ConfigError(f"seed {seed} is not usable; it has to be 0 or more")


def build_world(name: str, seed: int, start_time: float = 0.0) -> Kitchen:
    """Build the world called ``name``; its clock starts at ``start_time`` seconds. ``ConfigError`` as ``check_world``.

    A house is as on the first morning of its household, whatever the ``seed``: that is the robot's.
    """
    check_world(name, seed)
    named = None if name in WORLDS else house_named(name)
    world = WORLDS[name](seed) if named is None else HouseWorld.of(named[0], floor=named[1])
    world.start_time = start_time
    return world


def classes_in(name: str) -> tuple[tuple[str, Role], ...]:
    """What a recogniser may say in the world called ``name`` beyond a kitchen's classes: (class, role)."""
    return () if name in WORLDS else _IN_HOUSES


def classes_of(world: Kitchen) -> tuple[tuple[str, Role], ...]:
    """What a recogniser may say in ``world`` beyond a kitchen's classes: (class, role)."""
    return _IN_HOUSES if isinstance(world, HouseWorld) else ()


def robot_in(world: Kitchen, seed: int) -> KitchenRobot:
    """The mobile manipulator for ``world``."""
    return HouseRobot(world, seed=seed) if isinstance(world, HouseWorld) else KitchenRobot(world, seed=seed)


def truth_of(world: Kitchen) -> Truth:
    """Ground truth of ``world``, for tests and benchmarks."""
    return HouseTruth(world) if isinstance(world, HouseWorld) else Truth(world)
