"""The JSON form of a house: written, read and checked. docs/house.md documents it.

The file form (``to_json``/``from_json``; the format is documented in docs/house.md):

    {"format": "loci-house-1", "seed": 3,
     "rooms":     [{"id": "kitchen", "kind": "kitchen", "bounds": [x0, y0, x1, y1], "floor": 0}],
     "doors":     [{"rooms": ["kitchen", "hall"], "at": [x, y], "width": 0.9}],
     "furniture": [{"id": "fridge-1", "class": "fridge", "room": "kitchen", "box": {"center", "quat_wxyz", "size"}}],
     "things":    [{"id": "mug-1", "class": "mug", "color": "red", "home": "cupboard-1", "size": [x, y, z], "owner": ""}],
     "stairs":    [{"id": "stairs-1", "rooms": ["hall", "landing"], "foot": [x, y], "head": [x, y], "width": 0.9}]}

``stairs`` is there only where there are some.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..geometry import Box
from .house import Door, Furniture, House, Item, Room
from .house_lint import lint
from .house_stairs import Stairs

FORMAT = "loci-house-1"


def to_json(house: House) -> dict[str, Any]:
    """Plain data in the documented format."""
    stairs = [
        {"id": s.id, "rooms": list(s.rooms), "foot": list(s.foot), "head": list(s.head), "width": s.width}
        for s in house.stairs
    ]
    return {
        "format": FORMAT,
        "seed": house.seed,
        "members": list(house.members),
        "rooms": [{"id": r.id, "kind": r.kind, "bounds": list(r.bounds), "floor": r.floor} for r in house.rooms],
        "doors": [{"rooms": list(d.rooms), "at": list(d.at), "width": d.width} for d in house.doors],
        "furniture": [{"id": f.id, "class": f.kind, "room": f.room, "box": _box(f.box_world)} for f in house.furniture],
        "things": [
            {"id": t.id, "class": t.kind, "color": t.color, "home": t.home, "size": list(t.size), "owner": t.owner}
            for t in house.things
        ],
        **({"stairs": stairs} if stairs else {}),
    }


def _box(box: Box) -> dict[str, list[float]]:
    """Rounded, so that reading and writing again changes nothing."""
    return {key: [round(v, 9) for v in values] for key, values in box.to_dict().items()}


def from_json(data: Any) -> House:
    """Inverse of ``to_json``; ``InputError`` with everything that is wrong."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        got = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise InputError(f"this is no house file: its format is {got!r}, expected {FORMAT!r}")
    try:
        house = House(
            int(data["seed"]),
            tuple(Room(r["id"], r["kind"], tuple(map(float, r["bounds"])), int(r["floor"])) for r in data["rooms"]),  # type: ignore[arg-type]
            tuple(Door((d["rooms"][0], d["rooms"][1]), (d["at"][0], d["at"][1]), d["width"]) for d in data["doors"]),
            tuple(Furniture(f["id"], f["class"], f["room"], Box.from_dict(f["box"])) for f in data["furniture"]),
            tuple(
                Item(t["id"], t["class"], t["color"], t["home"], tuple(t["size"]), t["owner"]) for t in data["things"]
            ),
            tuple(data["members"]),
            tuple(
                Stairs(s["id"], (s["rooms"][0], s["rooms"][1]), _point(s["foot"]), _point(s["head"]), float(s["width"]))
                for s in data.get("stairs", ())
            ),
        )
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise InputError(f"house file: {type(error).__name__} {error}; see docs/house.md for the format") from error
    faults = lint(house)
    if faults:
        raise InputError(
            "house file: " + "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        )
    return house


def _point(xy: Any) -> tuple[float, float]:
    return (float(xy[0]), float(xy[1]))


def load_house(path: Path | str) -> House:
    """Read a house file; ``InputError`` names the file and what is wrong."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"house file {path} cannot be read: {error}") from error
    try:
        return from_json(data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
