"""What homes are made of: rooms, furniture and household things by class, with sizes and the places where they live.

Sizes (metres: along the wall, depth, height) are ordinary household measures. ``homes`` are furniture classes with
weights (``drawer@kitchen``: only those in a kitchen); which one a thing really lives in differs from house to house (the generator draws it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Size = tuple[float, float, float]


@dataclass(frozen=True)
class FurnitureClass:
    """A kind of furniture: outer size, whether it opens, and whether things are put in it, on it or both.

    ``boards`` are heights above the piece's underside of the boards inside that things stand on; ``wall`` is how thick its sides
    are, ``back`` how deep a backrest is that takes room from the top. ``mount``: height of the underside above the floor.
    ``keeps``: classes that go inside where there is both an inside and a top. ``pile``: things may lie on each other inside.
    """

    size: Size
    opens: bool = False
    inside: bool = False
    on_top: bool = True
    switch: bool = False
    boards: tuple[float, ...] = ()
    wall: float = 0.02
    back: float = 0.0
    mount: float = 0.0
    keeps: tuple[str, ...] = ()
    pile: bool = False
    slides: bool = False  # opens like a drawer


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
    "counter": FurnitureClass((1.8, 0.6, 0.9)),
    "table": FurnitureClass((1.2, 0.75, 0.75)),
    "fridge": FurnitureClass((0.7, 0.7, 1.8), opens=True, inside=True, on_top=False, boards=(0.2, 0.6, 1.0, 1.4), wall=0.05),
    "cupboard": FurnitureClass((0.8, 0.45, 2.0), opens=True, inside=True, on_top=False, boards=(0.1, 0.55, 0.95, 1.3, 1.65)),
    "drawer": FurnitureClass(
        (0.6, 0.45, 0.9), opens=True, inside=True, on_top=False, boards=(0.5,), pile=True, slides=True
    ),
    "sink": FurnitureClass((0.6, 0.6, 0.9), inside=True, on_top=False, boards=(0.72,), wall=0.05, pile=True),
    "stove": FurnitureClass((0.6, 0.6, 0.9), switch=True),
    "microwave": FurnitureClass(
        (0.5, 0.4, 0.35), opens=True, inside=True, on_top=False, switch=True, boards=(0.04,), wall=0.03, mount=1.4
    ),
    "dishwasher": FurnitureClass(
        (0.6, 0.6, 0.9), opens=True, inside=True, on_top=False, switch=True, boards=(0.15, 0.5), wall=0.03, pile=True
    ),
    "sofa": FurnitureClass((2.0, 0.9, 0.45), back=0.22),
    "coffee table": FurnitureClass((1.0, 0.6, 0.45)),
    "shelf": FurnitureClass((0.9, 0.35, 1.8), boards=(0.1, 0.55, 0.95, 1.35)),
    "tv stand": FurnitureClass((1.4, 0.4, 0.5), switch=True, back=0.12),
    "armchair": FurnitureClass((0.85, 0.85, 0.45), back=0.2),
    "side table": FurnitureClass((0.5, 0.5, 0.55)),
    "bed": FurnitureClass((1.6, 2.0, 0.5)),
    "wardrobe": FurnitureClass(
        (1.5, 0.6, 2.0), opens=True, inside=True, on_top=False, boards=(0.1, 0.6, 1.1, 1.6), wall=0.03, pile=True
    ),
    "nightstand": FurnitureClass((0.45, 0.4, 0.55)),
    "dresser": FurnitureClass(
        (1.0, 0.5, 0.9), opens=True, inside=True, boards=(0.5,), keeps=("shirt", "trousers", "towel"), pile=True, slides=True
    ),
    "desk": FurnitureClass((1.4, 0.7, 0.75)),
    "washbasin": FurnitureClass((0.7, 0.5, 0.85)),
    "bathroom cabinet": FurnitureClass(
        (0.7, 0.3, 0.8), opens=True, inside=True, on_top=False, boards=(0.03, 0.4), mount=1.3, pile=True
    ),
    "laundry basket": FurnitureClass((0.5, 0.45, 0.6), opens=True, inside=True, on_top=False, boards=(0.03,), pile=True),
    "washing machine": FurnitureClass(
        (0.6, 0.6, 0.85), opens=True, inside=True, switch=True, boards=(0.2,), wall=0.06,
        keeps=("shirt", "trousers", "towel", "dish towel"), pile=True,
    ),
    "console table": FurnitureClass((1.0, 0.35, 0.8)),
    "shoe rack": FurnitureClass((0.9, 0.35, 0.5), on_top=True, boards=(0.05,)),
    "coat rack": FurnitureClass((0.9, 0.35, 1.7), on_top=False, boards=(0.05, 0.9)),
    "sideboard": FurnitureClass(
        (1.6, 0.5, 0.9), opens=True, inside=True, boards=(0.1, 0.5), keeps=("plate", "glass", "bowl"), pile=True
    ),
    "dining table": FurnitureClass((1.6, 0.9, 0.75)),
}  # fmt: skip

ROOMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "kitchen": (
        ("fridge", "counter", "sink", "dishwasher", "stove"),
        ("cupboard", "drawer"),
        ("cupboard", "drawer"),
        ("microwave",),
        ("table",),
    ),
    "living room": (("sofa",), ("tv stand",), ("coffee table",), ("shelf",), ("armchair", "side table")),
    "bedroom": (("nightstand", "bed", "nightstand"), ("wardrobe",), ("dresser",)),
    "bathroom": (("washbasin",), ("bathroom cabinet",), ("washing machine", "laundry basket")),
    "hall": (("console table",), ("shoe rack", "coat rack")),
    "landing": (("shelf",), ("armchair", "side table")),
    "study": (("desk",), ("shelf",), ("drawer",), ("armchair",)),
    "dining room": (("sideboard",), ("dining table",)),
    "child's room": (("bed", "nightstand"), ("desk",), ("shelf",), ("dresser",)),
}
"""Room kind → groups of furniture that stand side by side, in the order in which they are placed."""

IN_THE_MIDDLE = ("table", "dining table")
ABOVE = {"microwave": "counter", "bathroom cabinet": "washbasin"}
"""Hangs on the wall over another piece."""
OPPOSITE = {"tv stand": "sofa"}
BEFORE = {"coffee table": "sofa"}

ROOM_ORDER = ("kitchen", "living room", "bedroom", "bathroom", "hall", "study", "dining room", "child's room")

DISHES = ("mug", "glass", "plate", "bowl", "fork", "knife", "spoon", "pan", "pot", "cutting board")
CLOTHES = ("shirt", "trousers", "towel", "dish towel")
USED_UP: dict[str, float] = {
    "apple": 1.0, "banana": 1.0, "yoghurt": 1.0, "milk": 0.25, "juice": 0.3, "butter": 0.15, "cheese": 0.25, "bread": 0.35,
    "cereal box": 0.15, "soap": 0.05,
}  # fmt: skip
"""Class → probability that one use finishes it; people buy new ones."""

_KITCHEN_STORE = {"cupboard": 0.8, "counter": 0.2}
THINGS: dict[str, ThingClass] = {
    "mug": ThingClass((0.08, 0.08, 0.1), (3, 6), {"cupboard": 0.8, "counter": 0.2}),
    "glass": ThingClass((0.07, 0.07, 0.13), (3, 6), {"cupboard": 0.9, "sideboard": 0.1}, colors=("clear",)),
    "plate": ThingClass((0.24, 0.24, 0.02), (3, 6), {"cupboard": 1.0}, colors=("white", "blue")),
    "bowl": ThingClass((0.16, 0.16, 0.07), (2, 4), {"cupboard": 1.0}),
    "fork": ThingClass((0.19, 0.02, 0.02), (2, 4), {"drawer@kitchen": 1.0}, colors=("silver",)),
    "knife": ThingClass((0.21, 0.02, 0.02), (2, 4), {"drawer@kitchen": 1.0}, colors=("silver",)),
    "spoon": ThingClass((0.17, 0.03, 0.02), (2, 4), {"drawer@kitchen": 1.0}, colors=("silver",)),
    "pan": ThingClass((0.3, 0.26, 0.08), (1, 2), {"cupboard": 0.6, "stove": 0.4}, colors=("black",)),
    "pot": ThingClass((0.25, 0.22, 0.15), (1, 2), {"cupboard": 0.7, "stove": 0.3}, colors=("silver", "red")),
    "kettle": ThingClass((0.2, 0.16, 0.24), (1, 1), {"counter": 1.0}),
    "cutting board": ThingClass((0.35, 0.22, 0.02), (1, 2), {"counter": 0.7, "drawer@kitchen": 0.3}, colors=("brown",)),
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
    "dish towel": ThingClass((0.3, 0.2, 0.03), (1, 2), {"counter": 0.7, "drawer@kitchen": 0.3}),
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
    "umbrella": ThingClass((0.08, 0.08, 0.75), (1, 1), {"coat rack": 1.0}, colors=("black", "red")),
    "toothbrush": ThingClass((0.19, 0.02, 0.02), (1, 1), {"washbasin": 0.8, "bathroom cabinet": 0.2}, personal=True),
    "towel": ThingClass((0.4, 0.3, 0.06), (2, 4), {"bathroom cabinet": 0.7, "washing machine": 0.3}),
    "soap": ThingClass((0.09, 0.06, 0.03), (1, 2), {"washbasin": 1.0}, colors=("white",)),
    "shirt": ThingClass((0.4, 0.3, 0.05), (2, 5), {"wardrobe": 0.9, "dresser": 0.1}),
    "trousers": ThingClass((0.4, 0.35, 0.06), (1, 4), {"wardrobe": 1.0}, colors=("blue", "black", "grey")),
    "pillow": ThingClass((0.6, 0.4, 0.15), (2, 3), {"bed": 1.0}, colors=("white",)),
    "pen": ThingClass(
        (0.14, 0.01, 0.01), (2, 4), {"desk": 0.8, "drawer@study": 0.2, "console table": 0.01}, colors=("blue", "black")
    ),
    "notebook": ThingClass((0.21, 0.15, 0.02), (1, 3), {"desk": 0.7, "shelf": 0.3, "nightstand": 0.01}),
    "box": ThingClass((0.35, 0.25, 0.2), (1, 2), {"shelf": 0.6, "wardrobe": 0.4}, holds=True, colors=("brown",)),
    "toy car": ThingClass((0.12, 0.06, 0.05), (1, 4), {"shelf": 1.0}, colors=("red", "blue", "green")),
    "teddy bear": ThingClass((0.25, 0.2, 0.3), (1, 2), {"bed": 1.0}, colors=("brown",)),
    "watering can": ThingClass((0.3, 0.15, 0.25), (1, 1), {"counter": 0.5, "shelf": 0.5}, colors=("green",)),
}
