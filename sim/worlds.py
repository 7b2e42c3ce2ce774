"""The worlds that can be named on the command line, and the robot and the ground truth that belong to each."""

from __future__ import annotations

from collections.abc import Callable

from ..contracts import Role
from ..errors import ConfigError
from .house import House
from .house_file import load_house
from .house_plan import generate
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
_HOUSE = "house:"
_SETTINGS = ("floors", "start")


def check_world(name: str, seed: int) -> None:
    """Raises ``ConfigError`` if there is no world called ``name`` or the seed is negative; builds nothing.

    Beside ``WORLDS`` there is a house for every whole number ("house:3": five rooms, two people) and every house file
    ("home.json"), which is read and checked. "house:3:floors=2" has two floors; ":start=1" after either says on which of
    them the robot is (it stays there).
    """
    named = None if name in WORLDS else _house(name)
    if name not in WORLDS and named is None:
        raise ConfigError(
            f"no world {name!r}; there are {', '.join(sorted(WORLDS))}, house:SEED, or a house file (.json)"
        )
    if named is not None and named[1] not in named[0].floors:
        raise ConfigError(f"world {name!r}: the house has no floor {named[1]}: {', '.join(map(str, named[0].floors))}")
    if seed < 0:
        raise ConfigError(f"seed {seed} is not usable; it has to be 0 or more")


def build_world(name: str, seed: int, start_time: float = 0.0) -> Kitchen:
    """Build the world called ``name``; its clock starts at ``start_time`` seconds. ``ConfigError`` as ``check_world``.

    A house is as on the first morning of its household, whatever the ``seed``: that is the robot's.
    """
    check_world(name, seed)
    named = None if name in WORLDS else _house(name)
    world = WORLDS[name](seed) if named is None else HouseWorld.of(named[0], floor=named[1])
    world.start_time = start_time
    return world


def classes_in(name: str) -> tuple[tuple[str, Role], ...]:
    """What a recogniser may say in the world called ``name`` beyond a kitchen's classes: (class, role)."""
    return () if name in WORLDS else tuple(ROLES.items())


def classes_of(world: Kitchen) -> tuple[tuple[str, Role], ...]:
    """What a recogniser may say in ``world`` beyond a kitchen's classes: (class, role)."""
    return tuple(ROLES.items()) if isinstance(world, HouseWorld) else ()


def robot_in(world: Kitchen, seed: int) -> KitchenRobot:
    """The mobile manipulator for ``world``."""
    return HouseRobot(world, seed=seed) if isinstance(world, HouseWorld) else KitchenRobot(world, seed=seed)


def truth_of(world: Kitchen) -> Truth:
    """Ground truth of ``world``, for tests and benchmarks."""
    return HouseTruth(world) if isinstance(world, HouseWorld) else Truth(world)


def _house(name: str) -> tuple[House, int] | None:
    """The house that ``name`` stands for, if it is one, and the floor that the robot is on."""
    if name.startswith(_HOUSE):
        given, _, said = name.removeprefix(_HOUSE).partition(":")
    elif (cut := name.rfind(".json") + len(".json")) >= len(".json") and name[cut:][:1] in ("", ":"):
        given, said = name[:cut], name[cut + 1 :]
    else:
        return None
    settings = dict(part.partition("=")[::2] for part in said.split(":") if part)
    if not set(settings) <= set(_SETTINGS) or not all(value.isdecimal() for value in settings.values()):
        raise ConfigError(f"world {name!r}: a house may be followed by :floors=2 and :start=1, nothing else")
    start = int(settings.get("start", "0"))
    if not name.startswith(_HOUSE):
        if "floors" in settings:
            raise ConfigError(f"world {name!r}: the file says how many floors there are")
        return load_house(given), start
    if not given.isdecimal():
        raise ConfigError(f"world {name!r}: the seed of a house is a whole number, as in house:3")
    return generate(int(given), floors=int(settings.get("floors", "1"))), start
