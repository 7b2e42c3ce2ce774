"""Many iTHOR scenes on one picture: each as a doll's house, its near walls and its ceiling taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..geometry import F64, transform
from .ithor_picture import Picture, pinhole, tint
from .ithor_shapes import Parts, room
from .ithor_sight import Sight
from .ithor_world import IthorWorld

ROOMS = {"FloorPlan2": "living room", "FloorPlan3": "bedroom", "FloorPlan4": "bathroom"}
"""What AI2-THOR's numbers from 200 on mean; those below are kitchens."""
_INK = (62, 58, 54)
_PAPER = (252, 251, 248)
_FOV = 20.0  # degrees: a long lens, so that walls stand almost straight
_SLANT = np.deg2rad(52.0)
_KEPT = (0, 3, 5)  # of the walls: the two behind, and the ground
_HUNG = frozenset(
    ("Window", "Curtains", "Blinds", "Mirror", "Painting", "Poster", "LightSwitch", "ShowerGlass", "ShowerDoor",
     "ShowerCurtain", "RoomDecor", "TowelHolder", "HandTowelHolder", "ShowerHead", "ToiletPaperHanger", "Television")
)  # fmt: skip
_COLORS = {
    "Floor": (203, 171, 132),
    "CounterTop": (128, 122, 118),
    "Cabinet Drawer Dresser Desk": (166, 124, 84),
    "DiningTable CoffeeTable SideTable Shelf ShelvingUnit TVStand Chair Stool": (148, 104, 66),
    "Fridge Microwave Toaster CoffeeMachine": (206, 210, 214),
    "Sink SinkBasin Bathtub BathtubBasin Toilet": (232, 234, 236),
    "Bed Pillow": (222, 216, 204),
    "Sofa ArmChair Ottoman Footstool DogBed": (112, 128, 150),
    "Window Mirror ShowerGlass": (190, 214, 228),
    "Television Laptop Desktop StoveBurner StoveKnob": (58, 60, 64),
    "HousePlant Lettuce": (92, 138, 82),
    "Curtains Blinds ShowerCurtain Towel": (214, 204, 188),
    "Faucet ShowerHead": (172, 176, 180),
    "FloorLamp DeskLamp": (196, 160, 104),
    "GarbageCan LaundryHamper Safe": (150, 152, 154),
}


def kind_of(scene: str) -> str:
    """Which room a scene is, by its name."""
    return ROOMS.get(scene[:10], "kitchen") if len(scene) == 12 else "kitchen"


def dolls_house(world: IthorWorld, width: int, height: int) -> Picture:
    """The whole room from above and from one side."""
    camera = pinhole(width, height, _FOV)
    walls = room(world.scene.bounds, world.scene.body - 0.9)
    kept = Parts(walls.centers[list(_KEPT)], walls.yaws[list(_KEPT)], walls.sizes[list(_KEPT)])
    bounds = np.array([b.bounds() for b in (world.scene.bounds, *(t.box_world for t in world.things.values()))])
    low, high = bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0)
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    T = _from_afar(corners, camera.fx, width, height)
    return Sight(world).overview(camera, T, walls=kept, without=_on_walls(world), color=_color)


def _on_walls(world: IthorWorld) -> set[str]:
    """What hangs on the walls that are taken away, which would hide the room."""
    (x, y, _) = world.scene.bounds.center
    hidden = set()
    for id, thing in world.things.items():
        low, high = thing.box_world.bounds()
        along_x = high[0] - low[0] > high[1] - low[1]
        middle = (low + high) / 2
        if thing.type in _HUNG and (middle[1] < y if along_x else middle[0] > x):
            hidden.add(id)
    return hidden


def _color(kind: str, id: str) -> F64:
    """Ordinary colours of furniture; of other things those that tell classes apart, softened."""
    for words, color in _COLORS.items():
        if kind in words.split():
            return np.array(color, dtype=np.float64)
    return 0.75 * tint(kind, id) + 45.0


def _from_afar(corners: F64, focal: float, width: int, height: int) -> F64:
    """The camera pose (4, 4) on a slanted line at which all ``corners`` (8, 3) just fit into the picture."""
    turn = np.deg2rad(125.0)  # looks along this heading, away from the two walls that were taken away
    ahead = np.array([np.cos(turn) * np.cos(_SLANT), np.sin(turn) * np.cos(_SLANT), -np.sin(_SLANT)])
    right = np.array([np.sin(turn), -np.cos(turn), 0.0])
    R = np.array([right, np.cross(ahead, right), ahead]).T
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    local = (corners - middle) @ R
    need = np.maximum(np.abs(local[:, 0]) * 2 * focal / width, np.abs(local[:, 1]) * 2 * focal / height) - local[:, 2]
    return transform(R, middle - ahead * 1.04 * float(need.max()))


def scene_sheet(worlds: Sequence[IthorWorld], columns: int = 4, cell: tuple[int, int] = (560, 460)) -> Any:
    """One picture (Pillow) of many scenes, each with its name and its numbers under it."""
    from PIL import Image, ImageDraw, ImageFont

    rows = -(-len(worlds) // columns)
    sheet: Any = Image.new("RGB", (columns * cell[0], rows * cell[1]), _PAPER)
    draw: Any = ImageDraw.Draw(sheet)
    size = (cell[0] - 20, cell[1] - 44)
    for i, world in enumerate(worlds):
        picture = dolls_house(world, 2 * size[0], 2 * size[1])
        rgb = np.where((picture.depth > 0)[..., None], picture.rgb, np.array(_PAPER, dtype=np.uint8))
        x, y = (i % columns) * cell[0], (i // columns) * cell[1]
        sheet.paste(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS), (x + 10, y + 6))
        loose = sum("pick" in t.base.affords for t in world.things.values())
        words = f"{world.scene.name}: {kind_of(world.scene.name)}, {len(world.things) - loose} pieces, {loose} things"
        font = ImageFont.load_default(size=min(15, cell[0] // 32))
        draw.text((x + cell[0] / 2, y + cell[1] - 18), words, fill=_INK, font=font, anchor="mm")
    return sheet
