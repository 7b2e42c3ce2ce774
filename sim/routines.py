"""What people do at home: activities as data, and a person's habits drawn from a seed.

An activity names what it needs, where it is done, what is switched or opened, and what becomes of the things afterwards. Habits
(times, how tidy, which mug, where the keys end up) are drawn once for each member of each house, so houses differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

After = Mapping[str, float]
"""What becomes of a thing: "leave" where it was used, "home", "carry" (stays with the person), or a furniture class."""

_DISHES: After = {"sink": 0.45, "leave": 0.3, "dishwasher": 0.25}
_PUT_BACK: After = {"home": 0.85, "leave": 0.15}


@dataclass(frozen=True)
class Activity:
    """One thing that people do: where (furniture classes, first one there is), with what, for how long (minutes)."""

    name: str
    places: tuple[str, ...]
    needs: Mapping[str, After]
    minutes: tuple[float, float]
    switches: tuple[str, ...] = ()  # furniture classes switched on at the start, off at the end
    on_tray: float = 0.0  # probability that everything is carried on a tray


ACTIVITIES: dict[str, Activity] = {
    a.name: a
    for a in (
        Activity(
            "breakfast",
            ("table", "dining table", "counter"),
            {"bowl": _DISHES, "spoon": _DISHES, "mug": _DISHES, "milk": _PUT_BACK, "cereal box": _PUT_BACK},
            (10, 25),
            on_tray=0.15,
        ),
        Activity(
            "lunch",
            ("table", "dining table", "desk"),
            {
                "plate": _DISHES,
                "knife": _DISHES,
                "bread": _PUT_BACK,
                "butter": _PUT_BACK,
                "cheese": _PUT_BACK,
                "glass": _DISHES,
            },
            (15, 30),
            on_tray=0.2,
        ),
        Activity("coffee", ("desk", "coffee table", "table"), {"mug": {"leave": 0.6, "sink": 0.4}}, (5, 20)),
        Activity(
            "cooking",
            ("counter", "stove"),
            {
                "pan": {"sink": 0.5, "leave": 0.5},
                "knife": _DISHES,
                "cutting board": {"home": 0.7, "sink": 0.3},
                "salt": _PUT_BACK,
                "butter": _PUT_BACK,
            },
            (20, 45),
            switches=("stove",),
        ),
        Activity(
            "dinner",
            ("dining table", "table"),
            {"plate": _DISHES, "fork": _DISHES, "glass": _DISHES, "juice": _PUT_BACK},
            (20, 45),
            on_tray=0.3,
        ),
        Activity(
            "snack",
            ("sofa", "table", "desk"),
            {"apple": {"leave": 1.0}, "yoghurt": {"leave": 1.0}, "spoon": _DISHES, "plate": _DISHES},
            (5, 15),
        ),
        Activity(
            "television",
            ("sofa", "armchair"),
            {
                "remote": {"leave": 0.5, "coffee table": 0.5},
                "blanket": {"leave": 1.0},
                "glass": {"coffee table": 0.6, "sink": 0.4},
            },
            (40, 120),
            switches=("tv stand",),
        ),
        Activity(
            "reading",
            ("armchair", "sofa", "bed"),
            {"book": {"leave": 0.4, "home": 0.4, "nightstand": 0.2}, "glasses": _PUT_BACK},
            (20, 60),
        ),
        Activity(
            "desk work",
            ("desk", "table"),
            {"laptop": {"leave": 0.7, "home": 0.3}, "notebook": {"leave": 1.0}, "pen": {"leave": 1.0}},
            (60, 180),
        ),
        Activity(
            "shower",
            ("washbasin",),
            {"towel": {"laundry basket": 0.5, "leave": 0.5}, "toothbrush": {"home": 1.0}},
            (10, 20),
        ),
        Activity("getting dressed", ("bed", "dresser"), {"shirt": {"carry": 1.0}, "trousers": {"carry": 1.0}}, (5, 10)),
        Activity(
            "undressing",
            ("bed",),
            {"shirt": {"laundry basket": 0.6, "leave": 0.4}, "trousers": {"leave": 0.6, "wardrobe": 0.4}},
            (5, 10),
        ),
        Activity("watering plants", ("shelf", "console table"), {"watering can": {"home": 0.8, "leave": 0.2}}, (5, 10)),
        Activity("phone call", ("sofa", "desk", "table"), {"phone": {"leave": 0.8, "home": 0.2}}, (5, 20)),
        Activity(
            "packing a box", ("desk", "table"), {"box": {"leave": 0.5, "home": 0.5}, "book": {"box": 1.0}}, (10, 30)
        ),
        Activity(
            "playing",
            ("bed", "sofa", "desk"),
            {"toy car": {"leave": 0.8, "home": 0.2}, "teddy bear": {"leave": 1.0}},
            (20, 60),
        ),
    )
}

WEEKDAY = (
    ("shower", 6.8, 0.7),
    ("getting dressed", 7.0, 0.95),
    ("emptying the dishwasher", 7.1, 0.5),
    ("breakfast", 7.3, 0.9),
    ("leave", 8.3, 0.75),
    ("desk work", 9.5, 0.5),
    ("coffee", 10.5, 0.5),
    ("laundry", 11.0, 0.25),
    ("lunch", 12.6, 0.8),
    ("shopping", 15.0, 0.25),
    ("snack", 17.8, 0.4),
    ("folding", 18.0, 0.4),
    ("cooking", 18.3, 0.5),
    ("dinner", 19.0, 0.9),
    ("washing up", 19.7, 0.6),
    ("tidying", 19.9, 0.5),
    ("phone call", 20.0, 0.3),
    ("television", 20.3, 0.7),
    ("reading", 21.7, 0.5),
    ("undressing", 22.7, 0.95),
)
WEEKEND = (
    ("emptying the dishwasher", 8.8, 0.6),
    ("breakfast", 9.0, 0.95),
    ("shower", 9.5, 0.8),
    ("getting dressed", 9.8, 0.9),
    ("watering plants", 10.5, 0.5),
    ("shopping", 10.8, 0.5),
    ("desk work", 11.5, 0.2),
    ("coffee", 11.0, 0.6),
    ("laundry", 11.5, 0.6),
    ("packing a box", 12.0, 0.15),
    ("cooking", 12.5, 0.6),
    ("lunch", 13.1, 0.8),
    ("washing up", 14.0, 0.5),
    ("folding", 14.5, 0.6),
    ("playing", 14.8, 0.3),
    ("snack", 15.0, 0.5),
    ("tidying", 16.0, 0.7),
    ("guests", 17.5, 0.4),
    ("dinner", 19.3, 0.9),
    ("washing up", 20.2, 0.6),
    ("television", 20.5, 0.7),
    ("reading", 22.0, 0.4),
    ("undressing", 23.0, 0.95),
)
CHILD_WEEKDAY = (
    ("getting dressed", 7.1, 0.95),
    ("breakfast", 7.4, 0.95),
    ("leave", 7.9, 0.95),
    ("snack", 15.2, 0.6),
    ("desk work", 15.6, 0.6),
    ("playing", 16.5, 0.9),
    ("playing", 17.6, 0.7),
    ("dinner", 19.0, 0.9),
    ("reading", 19.8, 0.5),
    ("undressing", 20.6, 0.95),
)
CHILD_WEEKEND = (
    ("playing", 8.0, 0.7),
    ("breakfast", 9.1, 0.95),
    ("getting dressed", 9.9, 0.9),
    ("playing", 10.5, 0.9),
    ("lunch", 13.1, 0.8),
    ("playing", 14.0, 0.9),
    ("snack", 15.5, 0.6),
    ("reading", 16.5, 0.4),
    ("playing", 17.0, 0.7),
    ("dinner", 19.3, 0.9),
    ("television", 20.0, 0.5),
    ("undressing", 21.0, 0.95),
)
"""(activity, usual hour, probability): what a day may hold."""

CHORES = (
    "leave", "shopping", "tidying", "guests", "washing up", "emptying the dishwasher", "laundry", "folding", "night",
)  # fmt: skip
"""Activities with rules of their own (``household_days``)."""

TAKEN_OUT = ("keys", "wallet", "phone", "bag", "jacket", "shoes")
"""What people take along when they leave the house, and put down somewhere when they return."""


@dataclass(frozen=True)
class Habits:
    """What is particular to one member: how tidy, how punctual, how often they break routine, and their favourites."""

    name: str
    child: bool
    tidy: float
    jitter: float  # hours, standard deviation
    breaks: float  # probability that a planned activity is dropped or something unplanned happens
    shift: float  # hours: an early bird or a late riser
    seats: Mapping[str, int]  # activity → which of its possible places
    drop: Mapping[str, str]  # class taken out → furniture class where it is usually put down on return
    favourites: Mapping[str, int]  # class → which of the household's they like best
    likes: Mapping[str, float] = field(default_factory=dict)  # activity → factor on its probability


def draw_habits(name: str, rng: np.random.Generator, child: bool = False) -> Habits:
    """A person."""
    places = ("console table", "table", "coat rack", "shoe rack", "desk", "dresser", "counter")
    return Habits(
        name=name,
        child=child,
        tidy=float(rng.uniform(0.1, 0.5) if child else rng.uniform(0.3, 0.9)),
        jitter=float(rng.uniform(0.1, 0.5)),
        breaks=float(rng.uniform(0.05, 0.2)),
        shift=float(rng.normal(0.0, 0.7)),
        seats={a: int(rng.integers(3)) for a in ACTIVITIES},
        drop={kind: str(rng.choice(("shoe rack", "coat rack") if kind == "shoes" else places)) for kind in TAKEN_OUT},
        favourites={kind: int(rng.integers(8)) for kind in ("mug", "glass", "bowl", "book", "towel")},
        likes={a: float(rng.uniform(0.4, 1.4)) for a in sorted({*ACTIVITIES, *CHORES})},
    )


def plan_day(habits: Habits, day: int, rng: np.random.Generator) -> list[tuple[float, str]]:
    """(hour, activity) of one day, in order: what is usual that day, less what is dropped, with what is not planned."""
    weekend = day % 7 >= 5
    usual = (CHILD_WEEKEND if weekend else CHILD_WEEKDAY) if habits.child else (WEEKEND if weekend else WEEKDAY)
    plan = []
    for activity, hour, p in usual:
        if rng.random() > p * habits.likes.get(activity, 1.0) or rng.random() < habits.breaks:
            continue
        plan.append(
            (hour + habits.shift * (0.4 if hour > 12 else 1.0) + float(rng.normal(0.0, habits.jitter)), activity)
        )
    if rng.random() < habits.breaks * 2:  # something that nobody planned
        plan.append((float(rng.uniform(9, 21)), str(rng.choice(sorted(ACTIVITIES)))))
    plan.append((23.3 + float(rng.normal(0.0, 0.2)), "night"))
    return sorted((min(max(hour, 5.0), 23.7), activity) for hour, activity in plan)
