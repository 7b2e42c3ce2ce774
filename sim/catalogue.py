"""What homes are made of: rooms, furniture and household things by class, with sizes and the places where they live.

Sizes (metres: along the wall, depth, height) are ordinary household measures. ``homes`` are furniture classes with weights; which
one a thing really lives in differs from house to house (the generator draws it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Size = tuple[float, float, float]


@dataclass(frozen=True)
class FurnitureClass:
    """A kind of furniture: outer size, whether it opens, and whether things are put in it, on it or both."""

    size: Size
    opens: bool = False
    inside: bool = False
    on_top: bool = True
    switch: bool = False


@dataclass(frozen=True)
class ThingClass:
    """A kind of movable thing: size, how many a home has (least, most), and where it lives."""

    size: Size
    count: tuple[int, int]
    homes: Mapping[str, float]
    personal: bool = False  # one for each member
    holds: bool = False  # a tray, a box: other things travel in it
    colors: tuple[str, ...] = field(default=("white", "red", "blue", "green", "black", "grey"))


FURNITURE: dict[str, FurnitureClass] = {
    "counter": FurnitureClass((2.0, 0.6, 0.9)),
    "table": FurnitureClass((1.4, 0.8, 0.75)),
    "fridge": FurnitureClass((0.7, 0.7, 1.8), opens=True, inside=True, on_top=False),
    "cupboard": FurnitureClass((0.8, 0.4, 2.0), opens=True, inside=True, on_top=False),
    "drawer": FurnitureClass((0.6, 0.5, 0.9), opens=True, inside=True, on_top=False),
    "sink": FurnitureClass((0.6, 0.6, 0.9), inside=True, on_top=False),
    "stove": FurnitureClass((0.6, 0.6, 0.9), switch=True),
    "microwave": FurnitureClass((0.5, 0.4, 0.35), opens=True, inside=True, on_top=False, switch=True),
    "dishwasher": FurnitureClass((0.6, 0.6, 0.85), opens=True, inside=True, on_top=False, switch=True),
    "sofa": FurnitureClass((2.0, 0.9, 0.5)),
    "coffee table": FurnitureClass((1.0, 0.6, 0.45)),
    "shelf": FurnitureClass((0.9, 0.35, 1.8)),
    "tv stand": FurnitureClass((1.4, 0.4, 0.5), switch=True),
    "armchair": FurnitureClass((0.9, 0.9, 0.5)),
    "side table": FurnitureClass((0.5, 0.5, 0.55)),
    "bed": FurnitureClass((2.0, 1.6, 0.5)),
    "wardrobe": FurnitureClass((1.5, 0.6, 2.0), opens=True, inside=True, on_top=False),
    "nightstand": FurnitureClass((0.45, 0.4, 0.55)),
    "dresser": FurnitureClass((1.0, 0.5, 0.9), opens=True, inside=True),
    "desk": FurnitureClass((1.4, 0.7, 0.75)),
    "washbasin": FurnitureClass((0.6, 0.5, 0.85)),
    "bathroom cabinet": FurnitureClass((0.6, 0.3, 0.7), opens=True, inside=True, on_top=False),
    "laundry basket": FurnitureClass((0.5, 0.4, 0.6), opens=True, inside=True, on_top=False),
    "washing machine": FurnitureClass((0.6, 0.6, 0.85), opens=True, inside=True, switch=True),
    "console table": FurnitureClass((1.0, 0.35, 0.8)),
    "shoe rack": FurnitureClass((0.8, 0.3, 0.5)),
    "coat rack": FurnitureClass((0.6, 0.3, 1.7)),
    "sideboard": FurnitureClass((1.6, 0.5, 0.9), opens=True, inside=True),
    "dining table": FurnitureClass((1.8, 0.9, 0.75)),
}

ROOMS: dict[str, tuple[str, ...]] = {
    "kitchen": (
        "fridge",
        "counter",
        "sink",
        "stove",
        "microwave",
        "dishwasher",
        "cupboard",
        "cupboard",
        "drawer",
        "drawer",
        "table",
    ),
    "living room": ("sofa", "coffee table", "shelf", "tv stand", "armchair", "side table"),
    "bedroom": ("bed", "wardrobe", "nightstand", "nightstand", "dresser"),
    "bathroom": ("washbasin", "bathroom cabinet", "laundry basket", "washing machine"),
    "hall": ("console table", "shoe rack", "coat rack"),
    "study": ("desk", "shelf", "drawer"),
    "dining room": ("dining table", "sideboard"),
    "child's room": ("bed", "shelf", "desk", "dresser"),
}
"""Room kind → its furniture, in the order in which it is placed along the walls."""

ROOM_ORDER = ("kitchen", "living room", "bedroom", "bathroom", "hall", "study", "dining room", "child's room")

_KITCHEN_STORE = {"cupboard": 0.8, "drawer": 0.1, "counter": 0.1}
THINGS: dict[str, ThingClass] = {
    "mug": ThingClass((0.08, 0.08, 0.1), (3, 6), {"cupboard": 0.8, "counter": 0.2}),
    "glass": ThingClass((0.07, 0.07, 0.13), (3, 6), {"cupboard": 0.9, "sideboard": 0.1}, colors=("clear",)),
    "plate": ThingClass((0.24, 0.24, 0.02), (3, 6), {"cupboard": 1.0}, colors=("white", "blue")),
    "bowl": ThingClass((0.16, 0.16, 0.07), (2, 4), {"cupboard": 1.0}),
    "fork": ThingClass((0.19, 0.02, 0.02), (2, 4), {"drawer": 1.0}, colors=("silver",)),
    "knife": ThingClass((0.21, 0.02, 0.02), (2, 4), {"drawer": 1.0}, colors=("silver",)),
    "spoon": ThingClass((0.17, 0.03, 0.02), (2, 4), {"drawer": 1.0}, colors=("silver",)),
    "pan": ThingClass((0.3, 0.26, 0.08), (1, 2), {"cupboard": 0.6, "stove": 0.4}, colors=("black",)),
    "pot": ThingClass((0.25, 0.22, 0.15), (1, 2), {"cupboard": 0.7, "stove": 0.3}, colors=("silver", "red")),
    "kettle": ThingClass((0.2, 0.16, 0.24), (1, 1), {"counter": 1.0}),
    "cutting board": ThingClass((0.35, 0.22, 0.02), (1, 2), {"counter": 0.7, "drawer": 0.3}, colors=("brown",)),
    "milk": ThingClass((0.07, 0.07, 0.2), (1, 2), {"fridge": 1.0}, colors=("white",)),
    "juice": ThingClass((0.07, 0.07, 0.22), (1, 1), {"fridge": 1.0}, colors=("orange",)),
    "butter": ThingClass((0.11, 0.07, 0.05), (1, 1), {"fridge": 1.0}, colors=("yellow",)),
    "cheese": ThingClass((0.12, 0.1, 0.05), (1, 1), {"fridge": 1.0}, colors=("yellow",)),
    "yoghurt": ThingClass((0.07, 0.07, 0.09), (1, 3), {"fridge": 1.0}, colors=("white",)),
    "bread": ThingClass((0.28, 0.12, 0.12), (1, 1), {"counter": 0.7, "cupboard": 0.3}, colors=("brown",)),
    "cereal box": ThingClass((0.19, 0.06, 0.28), (1, 2), _KITCHEN_STORE, colors=("yellow", "red")),
    "apple": ThingClass((0.07, 0.07, 0.07), (2, 4), {"counter": 0.6, "table": 0.4}, colors=("red", "green")),
    "banana": ThingClass((0.18, 0.05, 0.05), (1, 3), {"counter": 0.6, "table": 0.4}, colors=("yellow",)),
    "salt": ThingClass((0.05, 0.05, 0.1), (1, 1), _KITCHEN_STORE, colors=("white",)),
    "sponge": ThingClass((0.1, 0.07, 0.03), (1, 2), {"sink": 0.8, "counter": 0.2}, colors=("yellow",)),
    "dish towel": ThingClass((0.3, 0.2, 0.03), (1, 2), {"counter": 0.7, "drawer": 0.3}),
    "tray": ThingClass((0.45, 0.3, 0.04), (1, 1), {"counter": 0.6, "sideboard": 0.4}, holds=True, colors=("brown",)),
    "remote": ThingClass((0.18, 0.05, 0.02), (1, 2), {"coffee table": 0.7, "tv stand": 0.3}, colors=("black",)),
    "book": ThingClass((0.2, 0.14, 0.03), (3, 7), {"shelf": 0.8, "nightstand": 0.2}),
    "magazine": ThingClass((0.28, 0.21, 0.01), (1, 3), {"coffee table": 0.6, "shelf": 0.4}),
    "cushion": ThingClass((0.4, 0.4, 0.15), (2, 3), {"sofa": 0.8, "armchair": 0.2}),
    "blanket": ThingClass((0.5, 0.4, 0.12), (1, 2), {"sofa": 0.6, "bed": 0.4}),
    "vase": ThingClass((0.12, 0.12, 0.25), (1, 2), {"table": 0.3, "console table": 0.4, "shelf": 0.3}),
    "candle": ThingClass((0.07, 0.07, 0.1), (1, 2), {"shelf": 0.5, "side table": 0.5}, colors=("white", "red")),
    "laptop": ThingClass(
        (0.33, 0.23, 0.02), (1, 1), {"desk": 0.7, "coffee table": 0.3}, personal=True, colors=("grey", "black")
    ),
    "phone": ThingClass(
        (0.15, 0.07, 0.01), (1, 1), {"nightstand": 0.6, "console table": 0.4}, personal=True, colors=("black",)
    ),
    "keys": ThingClass((0.08, 0.04, 0.02), (1, 1), {"console table": 1.0}, personal=True, colors=("silver",)),
    "wallet": ThingClass(
        (0.11, 0.09, 0.02), (1, 1), {"console table": 0.7, "dresser": 0.3}, personal=True, colors=("brown", "black")
    ),
    "glasses": ThingClass(
        (0.14, 0.05, 0.04), (1, 1), {"nightstand": 0.8, "desk": 0.2}, personal=True, colors=("black", "brown")
    ),
    "bag": ThingClass((0.4, 0.15, 0.3), (1, 1), {"coat rack": 0.8, "desk": 0.2}, personal=True, holds=True),
    "jacket": ThingClass((0.5, 0.15, 0.6), (1, 1), {"coat rack": 0.9, "wardrobe": 0.1}, personal=True),
    "shoes": ThingClass(
        (0.3, 0.22, 0.12), (1, 1), {"shoe rack": 1.0}, personal=True, colors=("black", "brown", "white")
    ),
    "umbrella": ThingClass((0.8, 0.08, 0.08), (1, 1), {"coat rack": 1.0}, colors=("black", "red")),
    "toothbrush": ThingClass((0.19, 0.02, 0.02), (1, 1), {"washbasin": 0.8, "bathroom cabinet": 0.2}, personal=True),
    "towel": ThingClass((0.4, 0.3, 0.06), (2, 4), {"bathroom cabinet": 0.7, "washing machine": 0.3}),
    "soap": ThingClass((0.09, 0.06, 0.03), (1, 2), {"washbasin": 1.0}, colors=("white",)),
    "shirt": ThingClass((0.4, 0.3, 0.05), (2, 5), {"wardrobe": 0.9, "dresser": 0.1}),
    "trousers": ThingClass((0.4, 0.35, 0.06), (1, 4), {"wardrobe": 1.0}, colors=("blue", "black", "grey")),
    "pillow": ThingClass((0.6, 0.4, 0.15), (2, 3), {"bed": 1.0}, colors=("white",)),
    "pen": ThingClass((0.14, 0.01, 0.01), (2, 4), {"desk": 0.8, "drawer": 0.2}, colors=("blue", "black")),
    "notebook": ThingClass((0.21, 0.15, 0.02), (1, 3), {"desk": 0.7, "shelf": 0.3}),
    "box": ThingClass((0.35, 0.25, 0.2), (1, 2), {"shelf": 0.6, "wardrobe": 0.4}, holds=True, colors=("brown",)),
    "toy car": ThingClass((0.12, 0.06, 0.05), (0, 3), {"shelf": 1.0}, colors=("red", "blue", "green")),
    "teddy bear": ThingClass((0.25, 0.2, 0.3), (0, 1), {"bed": 1.0}, colors=("brown",)),
    "watering can": ThingClass((0.3, 0.15, 0.25), (1, 1), {"counter": 0.5, "shelf": 0.5}, colors=("green",)),
}
