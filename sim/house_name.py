"""Names of houses on the command line: house:SEED, house:SEED:floors=2:start=1, or a house file."""

from __future__ import annotations

from ..errors import ConfigError
from .house import House
from .house_file import load_house
from .house_plan import generate

_HOUSE = "house:"
_SETTINGS = ("floors", "start")


def house_named(name: str) -> tuple[House, int] | None:
    """The house that ``name`` stands for, and the floor that the robot is on; None if it is no name of a house.

    Raises ``ConfigError`` for a name of a house that there is not, and what ``load_house`` raises for its file.
    """
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
        house = load_house(given)
    elif given.isdecimal():
        house = generate(int(given), floors=int(settings.get("floors", "1")))
    else:
        raise ConfigError(f"world {name!r}: the seed of a house is a whole number, as in house:3")
    if start not in house.floors:
        raise ConfigError(f"world {name!r}: the house has no floor {start}: {', '.join(map(str, house.floors))}")
    return house, start
