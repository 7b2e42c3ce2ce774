"""What is sensible to ask for at home: where things of a class are put, what is washed, heated, chilled, switched on.

The rules of a world say what is *possible* (a shoe in a fridge may be); this says what people ask for.
"""

from __future__ import annotations

from .catalogue import CLOTHES, DISHES
from .ithor_rules import KIND_OF

_TOPS = "CounterTop DiningTable SideTable CoffeeTable Desk Shelf Dresser TVStand Ottoman"
_ITHOR = {
    "food": "Fridge CounterTop DiningTable SinkBasin Plate Bowl Pan Pot Microwave",
    "cutlery": "Drawer CounterTop DiningTable SinkBasin Cup Mug Plate Bowl",
    "dish": "CounterTop DiningTable Cabinet Shelf SinkBasin Fridge SideTable CoffeeTable Desk",
    "cookware": "StoveBurner CounterTop Cabinet SinkBasin DiningTable Shelf",
    "bottle": "CounterTop DiningTable Cabinet Shelf Drawer SideTable GarbageCan Fridge",
    "cloth": "CounterTop Cabinet Drawer BathtubBasin SinkBasin Shelf LaundryHamper",
    "bath": "CounterTop Cabinet Drawer SinkBasin Shelf SideTable GarbageCan BathtubBasin",
    "small": f"{_TOPS} Drawer Bed Sofa ArmChair Safe Box Bowl",
    "thing": f"{_TOPS} Bed Sofa ArmChair Box Drawer Cabinet",
    "soft": "Bed Sofa ArmChair Ottoman",
    "sport": "Bed Sofa ArmChair Ottoman Desk",
}
_ONLY_ITHOR = {  # classes with places of their own
    "Mug": "CoffeeMachine CounterTop DiningTable Cabinet Shelf SinkBasin SideTable CoffeeTable Desk Microwave",
    "Cup": "CounterTop DiningTable Cabinet Shelf SinkBasin Fridge SideTable Microwave",
    "Bread": "CounterTop DiningTable Fridge Cabinet",
    "Kettle": "StoveBurner CounterTop DiningTable",
    "Towel": "TowelHolder BathtubBasin Shelf LaundryHamper",
    "HandTowel": "HandTowelHolder BathtubBasin Shelf LaundryHamper",
    "ToiletPaper": "ToiletPaperHanger CounterTop Cabinet Shelf",
    "ToiletPaperRoll": "ToiletPaperHanger CounterTop Cabinet Shelf",
    "Box": f"{_TOPS} Bed Sofa ArmChair",
    "Plunger": "Cabinet CounterTop",
    "ScrubBrush": "Cabinet CounterTop",
    "WateringCan": f"{_TOPS}",
    "Dumbbell": f"{_TOPS} Bed",
    "Boots": "Bed Ottoman",
    "Newspaper": f"{_TOPS} Bed Sofa ArmChair GarbageCan",
    "TissueBox": f"{_TOPS} Bed",
}
_STAYS = frozenset({"Footstool", "TableTopDecor", "AluminumFoil", "Boots", "SoapBar"})
"""iTHOR things that nobody asks to move."""

_HOUSE = {
    "mug,glass,plate,bowl": "sink,dishwasher,cupboard,table,dining table,coffee table,counter,desk,sideboard,tray",
    "fork,knife,spoon": "drawer@kitchen,sink,dishwasher,table,dining table,counter,tray",
    "pan,pot": "stove,sink,dishwasher,cupboard,counter",
    "cutting board,kettle": "counter,table,dining table",
    "milk,juice,butter,cheese,yoghurt": "fridge,table,dining table,counter,tray",
    "bread,cereal box,salt": "cupboard,counter,table,dining table",
    "apple,banana": "counter,table,dining table,fridge,coffee table,tray,bowl",
    "sponge,dish towel": "sink,counter,drawer@kitchen",
    "remote": "tv stand,coffee table,sofa,side table",
    "book,magazine,notebook": "shelf,desk,nightstand,coffee table,bed,sofa,armchair,box",
    "cushion,blanket": "sofa,armchair,bed",
    "vase,candle": "table,dining table,console table,shelf,side table,sideboard,coffee table",
    "laptop,pen": "desk,table,coffee table,drawer@study",
    "phone,keys,wallet,glasses": "console table,nightstand,desk,table,counter,dresser,side table",
    "bag,jacket": "coat rack,armchair,bed,wardrobe",
    "shoes": "shoe rack,wardrobe",
    "umbrella": "coat rack",
    "toothbrush,soap": "washbasin,bathroom cabinet",
    "shirt,trousers,towel": "laundry basket,washing machine,wardrobe,bed,bathroom cabinet,dresser",
    "pillow": "bed,sofa,armchair",
    "toy car,teddy bear": "shelf,bed,desk,box,sofa",
    "box,watering can,tray": "shelf,counter,table,dining table,desk",
}


def places_for(world: str, kind: str) -> tuple[str, ...]:
    """Classes of places (``drawer@kitchen``: only those in a kitchen) where people put a thing of class ``kind``."""
    if world == "house":
        return next((tuple(p.split(",")) for names, p in _HOUSE.items() if kind in names.split(",")), ())
    if kind in _STAYS:
        return ()
    kind = kind.removesuffix("Sliced")
    return tuple((_ONLY_ITHOR.get(kind) or _ITHOR.get(KIND_OF.get(kind, ""), "")).split())


SWITCHED = frozenset(
    ("DeskLamp", "FloorLamp", "LightSwitch", "Television", "Faucet", "CoffeeMachine", "Candle", "stove",
     "tv stand")
)  # fmt: skip
"""What people ask to be switched on and off by itself."""
OPENED = frozenset(
    ("Fridge", "Cabinet", "Drawer", "Microwave", "Safe", "Blinds", "ShowerDoor", "ShowerCurtain", "Laptop", "fridge",
     "cupboard", "drawer", "microwave", "dishwasher", "wardrobe", "dresser", "bathroom cabinet", "sideboard", "laundry basket",
     "washing machine")
)  # fmt: skip
"""What people ask to be opened or closed by itself."""
HEATED = ("Apple", "Bread", "Egg", "Potato", "Tomato", "Mug", "Cup", "Plate", "mug", "bowl", "plate", "milk", "bread")
COOLED = ("Apple", "Bread", "Egg", "Lettuce", "Potato", "Tomato", "Mug", "Cup", "Bottle", "WineBottle", "Bowl", "Pot", "mug",
          "glass", "juice", "milk", "apple", "banana", "bowl")  # fmt: skip
SLICED = ("Apple", "Bread", "Lettuce", "Potato", "Tomato")
_WASHED = frozenset(
    ("Apple", "Tomato", "Potato", "Lettuce", "Bowl", "Cup", "Mug", "Plate", "ButterKnife", "Fork", "Knife", "Ladle",
     "Spatula", "Spoon", "Pan", "Pot", "Cloth", *DISHES, *CLOTHES)
)  # fmt: skip


def changes_for(kind: str) -> tuple[str, ...]:
    """What people ask to be done to a thing of that class: wash, heat, cool, slice."""
    table = {"wash": kind in _WASHED, "heat": kind in HEATED, "cool": kind in COOLED, "slice": kind in SLICED}
    return tuple(change for change, sensible in table.items() if sensible)
