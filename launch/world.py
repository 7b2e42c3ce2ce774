"""`loci world new | lint | picture | sheet`: houses drawn from a seed, checked, and shown from above; iTHOR scenes shown."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import ConfigError, InputError
from ..sim import ithor_sheet
from ..sim.house import House
from ..sim.house_file import load_house, to_json
from ..sim.house_picture import floor_plan
from ..sim.house_plan import generate
from ..sim.house_sheet import contact_sheet
from ..sim.household import DAY, HOUR, Household
from ..sim.ithor_library import SceneLibrary
from ..sim.ithor_world import IthorWorld
from .world_options import World, WorldLint, WorldNew, WorldPicture


def main(command: World) -> int:
    """The `loci world` command."""
    do = command.do
    if isinstance(do, WorldNew):
        return new(do.file, do.seed, do.rooms, do.members, do.floors)
    if isinstance(do, WorldLint):
        return lint(do.file, do.json)
    if isinstance(do, WorldPicture):
        return picture(do.file, do.out, do.day, do.hour, do.scale, do.floor)
    return sheet(do.out, do.seed, do.floors) if do.scenes is None else scene_sheet(do.out, do.scenes)


_SHEET = 12  # houses on a contact sheet
_LONGEST = 60  # days that `picture --day` will live through


def new(file: Path, seed: int = 0, rooms: int = 5, members: int = 2, floors: int = 1) -> int:
    """Draw a house and write it; what was in the file before is replaced. 0."""
    house = generate(seed, rooms, members, floors)
    _write(file, json.dumps(to_json(house), indent=1, ensure_ascii=False) + "\n")
    print(f"{file}: {_said(house)}")
    return 0


def lint(file: Path, as_json: bool = False) -> int:
    """0 if a house file is sound; 2 (by ``InputError``, with every kind of fault named) if not."""
    house = load_house(file)
    if as_json:
        kinds = {"rooms": len(house.rooms), "furniture": len(house.furniture), "things": len(house.things)}
        print(json.dumps({"ok": True, "file": str(file), **kinds}))
    else:
        print(f"{file}: sound: {_said(house)}")
    return 0


def picture(
    file: Path, out: Path, day: int = 0, hour: float = 0.0, scale: float = 90.0, floor: int | None = None
) -> int:
    """Draw a house file from above as it is on ``day`` at ``hour`` (0, 0: the first morning, everything at home). 0.

    ``floor``: only that one; None draws all, side by side.
    """
    if not 0 <= day <= _LONGEST or not 0.0 <= hour <= 24.0:
        raise ConfigError(f"day {day}, hour {hour} cannot be shown: 0 to {_LONGEST}, 0 to 24")
    if not 20.0 <= scale <= 300.0:
        raise ConfigError(f"a scale of {scale} pixels for a metre cannot be drawn: 20 to 300")
    house = load_house(file)
    if day or hour:
        life = Household(house)
        life.run(day + 1)
        image = floor_plan(house, life.at(day * DAY + hour * HOUR), life.items, scale, floor=floor)
    else:
        image = floor_plan(house, scale=scale, floor=floor)
    _save(image, out)
    return 0


def sheet(out: Path, seed: int = 0, floors: int = 1) -> int:
    """Twelve houses from ``seed`` on, of 3 to 8 rooms (5 to 8 on two floors), on one picture. 0."""
    few = 3 if floors == 1 else 5
    houses = [generate(seed + i, few + i % (9 - few), 1 + i % 4, floors) for i in range(_SHEET)]
    _save(contact_sheet(houses) if floors == 1 else contact_sheet(houses, columns=3, cell=(760, 400)), out)
    return 0


def scene_sheet(out: Path, scenes: Path) -> int:
    """Twelve iTHOR scenes of a folder, three of each kind of room if it has all of AI2-THOR's, on one picture. 0."""
    library = SceneLibrary(scenes)
    names = library.names()
    if not names:
        raise ConfigError(f"{scenes} holds no scenes: files FloorPlanN.json or FloorPlanN.json.gz")
    chosen = [names[k * len(names) // min(_SHEET, len(names))] for k in range(min(_SHEET, len(names)))]
    _save(ithor_sheet.scene_sheet([IthorWorld(library[name]) for name in chosen]), out)
    return 0


def _said(house: House) -> str:
    kinds = len({t.kind for t in house.things})
    people = ", ".join(house.members)
    floors = f" on {len(house.floors)} floors" if len(house.floors) > 1 else ""
    return (
        f"{len(house.rooms)} rooms{floors}, {len(house.furniture)} pieces of furniture, {len(house.things)} things of {kinds} "
        f"classes, home of {people}"
    )


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error}") from error


def _save(image: object, out: Path) -> None:
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ConfigError(f"{out} is no picture file: it has to end in .png or .jpg")
    try:
        image.save(out)  # type: ignore[attr-defined]
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error}") from error
    print(f"{out}: {image.size[0]} × {image.size[1]} pixels")  # type: ignore[attr-defined]
