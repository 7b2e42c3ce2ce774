"""Where things stand when the day begins: drawn by a seed, upright, within reach, with room for a hand between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..geometry import F64, rotation_z, transform
from .furniture import FurnitureSpec
from .movables import KINDS

GAP = 0.12  # metres between two footprints: a finger and half a palm on either side
_HOMES: dict[str, tuple[str, ...]] = {
    "apple": ("table", "counter"),
    "plate": ("table", "counter"),
    "bowl": ("table", "counter"),
    "orange": ("table", "counter", "fridge"),
    "banana": ("table", "counter"),
    "bottle": ("counter", "fridge", "table"),
    "milk": ("fridge",),
    "can": ("cupboard", "counter"),
    "cereal box": ("cupboard",),
    "sponge": ("counter", "table"),
    "book": ("table", "cupboard"),
}
_ROOM_FOR = {"table": 5, "counter": 4, "fridge": 2, "cupboard": 2}
INSET = {  # metres kept free at left, right, front and back of a surface, as seen from its front
    "table": (0.13, 0.13, 0.13, 0.13),
    "counter": (0.14, 0.10, 0.12, 0.24),
    "fridge": (0.13, 0.13, 0.14, 0.20),
    "cupboard": (0.13, 0.13, 0.13, 0.12),
    "drawer": (0.14, 0.14, 0.11, 0.29),  # near the front, so that a hand finds it before the worktop
}


@dataclass(frozen=True, eq=False)
class Start:
    """One movable's name, class, the piece of furniture that it starts on or in, and its pose."""

    name: str
    label: str
    home: str
    T_world_body: F64


def draw_starts(rng: np.random.Generator, specs: Mapping[str, FurnitureSpec]) -> list[Start]:
    """A start for every movable: one mug in the drawer, the other on table or counter, the rest where such things are.

    Which of the two mugs is in the drawer is drawn too. Placements are drawn until all fit with ``GAP`` between them.
    """
    while True:
        homes = _draw_homes(rng)
        groups = {home: [n for n in homes if homes[n] == home] for home in sorted(set(homes.values()))}
        spots = {home: _draw_spots(rng, specs[home], names) for home, names in groups.items()}
        if all(spot is not None for spot in spots.values()):
            break
    starts = []
    for name, home in homes.items():
        placed = spots[home]
        assert placed is not None
        starts.append(Start(name, _label(name), home, placed[name]))
    return starts


def _label(name: str) -> str:
    return name.rsplit("_", 1)[0].replace("_", " ")


def _draw_homes(rng: np.random.Generator) -> dict[str, str]:
    """Name → piece of furniture, within how many things each may hold; sorted by name."""
    while True:
        hidden = int(rng.integers(1, 3))
        homes = {f"mug_{hidden}": "drawer", f"mug_{3 - hidden}": str(rng.choice(["table", "counter"]))}
        homes |= {f"{label.replace(' ', '_')}_1": str(rng.choice(choices)) for label, choices in _HOMES.items()}
        if all(list(homes.values()).count(place) <= most for place, most in _ROOM_FOR.items()):
            return dict(sorted(homes.items()))


def _draw_spots(rng: np.random.Generator, spec: FurnitureSpec, names: list[str]) -> dict[str, F64] | None:
    """Poses on one surface by rejection; None if they did not fit in a fair number of tries."""
    left, right, front, back = INSET[spec.name]
    half = spec.surface.size / 2
    toward = spec.T_world_piece[:3, :3].T @ spec.front  # ±y in the piece's frame
    near, far = (front, back) if toward[1] < 0 else (back, front)
    lower, upper = -half[:2] + (left, near), half[:2] - (right, far)
    for _ in range(200):
        placed: list[tuple[float, float, float]] = []
        poses = {}
        for name in names:
            kind = KINDS[_label(name)]
            x, y = rng.uniform(lower, upper)
            if any(np.hypot(x - a, y - b) < r + kind.radius + GAP for a, b, r in placed):
                break
            placed.append((x, y, kind.radius))
            local = transform(rotation_z(rng.uniform(-np.pi, np.pi)), (x, y, -half[2] + kind.height / 2 + 0.001))
            poses[name] = spec.surface.T_ref_box @ local
        if len(poses) == len(names):
            return poses
    return None
