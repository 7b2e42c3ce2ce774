"""What AI2-THOR lets happen: what may go where, what water, heat and cold do, what a knife cuts.

Facts after AI2-THOR's object-type documentation and ALFRED's task definitions; the grouping by kind is ours.
"""

from __future__ import annotations

_KINDS = {
    "food": "Apple AppleSliced Bread BreadSliced Egg EggCracked Lettuce LettuceSliced Potato PotatoSliced Tomato TomatoSliced",
    "cutlery": "ButterKnife Fork Knife Ladle Spatula Spoon",
    "dish": "Bowl Cup Mug Plate",
    "cookware": "Kettle Pan Pot",
    "bottle": "Bottle Glassbottle WineBottle PepperShaker SaltShaker",
    "cloth": "Cloth HandTowel Towel",
    "bath": "DishSponge SoapBar SoapBottle SprayBottle ToiletPaper ToiletPaperRoll PaperTowel PaperTowelRoll TissueBox Plunger "
    "ScrubBrush",
    "small": "CD CellPhone CreditCard KeyChain Pen Pencil RemoteControl Watch",
    "thing": "AlarmClock Book Box Candle Laptop Newspaper Statue Vase WateringCan AluminumFoil Dumbbell TableTopDecor Boots",
    "soft": "Pillow TeddyBear",
    "sport": "BaseballBat BasketBall TennisRacket",
}
KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}

_EVERYTHING = frozenset(_KINDS)
ACCEPTS: dict[str, frozenset[str]] = {
    "Pot": frozenset({"food", "cutlery", "bath"}),
    "Pan": frozenset({"food", "cutlery", "bath"}),
    "Bowl": frozenset({"food", "cutlery", "bath", "small", "cloth", "thing", "dish"}),
    "Plate": frozenset({"food", "cutlery", "bath", "small", "cloth", "thing", "dish", "bottle"}),
    "Cup": frozenset({"cutlery", "small"}),
    "Mug": frozenset({"cutlery", "small"}),
    "Box": frozenset({"bath", "small", "cloth", "thing", "dish", "bottle"}),
    "CoffeeMachine": frozenset({"dish"}),
    "Toaster": frozenset({"food"}),
    "Microwave": frozenset({"food", "dish", "bottle", "cutlery"}),
    "StoveBurner": frozenset({"cookware"}),
    "Fridge": frozenset({"food", "dish", "bottle", "cookware", "cutlery"}),
    "SinkBasin": frozenset({"food", "dish", "bottle", "cookware", "cutlery", "cloth", "bath"}),
    "Sink": frozenset({"food", "dish", "bottle", "cookware", "cutlery", "cloth", "bath"}),
    "BathtubBasin": frozenset({"cloth", "bath"}),
    "Bathtub": frozenset({"cloth", "bath"}),
    "Toilet": frozenset({"cloth", "bath", "thing"}),
    "ToiletPaperHanger": frozenset({"bath"}),
    "TowelHolder": frozenset({"cloth"}),
    "HandTowelHolder": frozenset({"cloth"}),
    "LaundryHamper": frozenset({"cloth"}),
    "Bed": frozenset({"thing", "small", "soft", "sport", "cloth"}),
    "Sofa": frozenset({"thing", "small", "soft", "sport", "cloth"}),
    "ArmChair": frozenset({"thing", "small", "soft", "sport", "cloth"}),
    "Ottoman": frozenset({"thing", "small", "soft", "sport", "cloth"}),
    "Safe": _EVERYTHING - {"food", "cookware", "soft", "sport"},
}
"""Receptacle type → kinds that it takes; a receptacle type that is not named takes everything (tables, counters, shelves …)."""

CLEANS_IN = frozenset({"SinkBasin", "Sink", "BathtubBasin", "Bathtub"})
RINSED = frozenset({"food", "dish", "cookware", "cutlery", "cloth", "bath", "bottle"})
HEATS = frozenset({"Microwave"})
COOLS = frozenset({"Fridge"})
KNIVES = frozenset({"Knife", "ButterKnife"})
WATER = frozenset({"Faucet", "ShowerHead"})
MOVABLE_RECEPTACLES = frozenset({"Bowl", "Box", "Cup", "Mug", "Pan", "Plate", "Pot"})
LEANING = frozenset(_KINDS["cutlery"].split())
SLICES = 3
"""Pieces that slicing makes."""


def accepts(receptacle: str, thing: str) -> bool:
    """True if AI2-THOR would take a thing of that type into (or onto) a receptacle of that type."""
    if receptacle == thing:
        return False
    kinds = ACCEPTS.get(receptacle)
    return kinds is None or KIND_OF.get(thing, "thing") in kinds
