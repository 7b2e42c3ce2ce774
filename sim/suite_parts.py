"""Single wishes: what can be asked in one clause of English, and the goal condition that it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .goals import All, Goal, Held, Inside, State, Which, check
from .suite_scene import MASS, PLURAL, Scenery, plural

DONE = {"wash": "cleaned", "heat": "heated", "cool": "cooled"}
PAST = {"wash": "washed", "heat": "heated", "cool": "chilled"}
_ON = (
    "put {x} on {p}",
    "place {x} on {p}",
    "set {x} down on {p}",
    "bring {x} to {p}",
    "move {x} onto {p}",
    "lay {x} on {p}",
)
_IN = (
    "put {x} in {p}",
    "put {x} into {p}",
    "place {x} in {p}",
    "put {x} away in {p}",
    "take {x} to {p} and put {it} inside",
)
_CHANGE = {
    "wash": (
        "wash {x} and put {it} {w} {p}",
        "rinse {x} and then put {it} {w} {p}",
        "put {x} {w} {p} once you have washed {it}",
    ),
    "heat": (
        "heat {x} in the microwave and put {it} {w} {p}",
        "warm {x} up and then put {it} {w} {p}",
        "microwave {x} and place {it} {w} {p}",
    ),
    "cool": (
        "chill {x} and put {it} {w} {p} when {they} {be} cold",
        "chill {x} in the fridge and then put {it} {w} {p}",
        "cool {x} down in the fridge and place {it} {w} {p}",
        "get {x} cold in the fridge and after that put {it} {w} {p}",
    ),
}
_WASH_UP = (
    "wash {x} and put {it} {w} {p}",
    "run {x} through {m} and put {it} {w} {p}",
    "wash {x} in {m} and then put {it} {w} {p}",
)
_SLICE = ("slice {x} and put a slice of {it} {w} {p}", "cut {x} into slices and put one of them {w} {p}")
_NEST = (
    "put {x} {w} {m} and then put {m} {v} {p}",
    "put {x} {w} {m} and carry {m} with it to {p}",
    "place {x} {w} {m} and carry the two of them to {p}",
)
_OPEN = {True: ("open {p}", "leave {p} open"), False: ("close {p}", "shut {p}", "make sure {p} is closed")}
_SWITCH = {
    True: ("switch on {p}", "turn on {p}", "turn {p} on"),
    False: ("switch off {p}", "turn off {p}", "turn {p} off"),
}
_HOLD = ("pick up {x} and keep {it} in your hand", "get {x} and hold on to {it}", "take {x} in your hand")


@dataclass(frozen=True)
class Wish:
    """A clause without its full stop, the goal that it means, and what it involves (ids that other wishes leave alone)."""

    text: str
    goal: Goal
    involves: tuple[str, ...]
    refers: tuple[tuple[str, str], ...] = ()


def put(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """One thing to a place."""
    for thing in scene.shuffled(scene.loose())[:12]:
        phrase = scene.thing(thing)
        if thing in used or phrase is None:
            continue
        for place in scene.places(thing):
            if place not in used:
                return put_at(scene, thing, phrase, place)
    return None


def put_at(scene: Scenery, thing: str, phrase: str, place: str) -> Wish:
    """That thing to that place."""
    name, which = scene.place(place)
    word = scene.word(thing, place)
    text = scene.pick(_ON if word == "on" else _IN).format(x=phrase, p=name, it=scene.it(thing))
    return Wish(text, Inside(Which(id=thing), which, word=word), (thing,), ((phrase, thing),))


def put_two(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """Two of a class to one place, whichever they are."""
    for thing in scene.shuffled(scene.loose())[:12]:
        kind = scene.stage.kind(thing)
        noun = scene.noun(kind)
        same = [i for i in scene.loose() if scene.stage.kind(i) == kind]
        if len(same) < 2 or noun in PLURAL | MASS or used & set(scene.twins(thing)):
            continue
        for place in scene.places(thing):
            if place in used or any(
                scene.stage.kind(place) == scene.stage.kind(h) for i in same for h in scene.stage.holder(i)
            ):
                continue
            name, which = scene.place(place)
            word = scene.word(thing, place)
            both = f"both {plural(noun)}" if len(scene.twins(thing)) == 2 else f"two {plural(noun)}"
            text = scene.pick(("put {x} {w} {p}", "place {x} {w} {p}", "see to it that {x} are {w} {p}"))
            goal = Inside(Which(kind), which, 2, word)
            return Wish(text.format(x=both, w=word, p=name), goal, tuple(scene.twins(thing)))
    return None


def changed(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """A thing washed, heated or cooled, and put somewhere."""
    for thing in scene.shuffled(scene.loose()):
        options, phrase = [c for c in scene.changes(thing) if c != "slice"], scene.thing(thing)
        if thing in used or not options or phrase is None:
            continue
        change = scene.pick(options)
        tools = scene.stage.tools(change, thing)
        kinds = {scene.stage.kind(t) for t in tools}
        for place in scene.places(thing):
            if place not in used and scene.stage.kind(place) not in kinds:
                return change_at(scene, change, thing, phrase, place)
    return None


def change_at(scene: Scenery, change: str, thing: str, phrase: str, place: str) -> Wish:
    """That thing changed and put to that place."""
    name, which = scene.place(place)
    word, machine = scene.word(thing, place), f"the {scene.noun(scene.stage.kind(scene.stage.tools(change, thing)[0]))}"
    texts = _WASH_UP if change == "wash" and scene.world == "house" else _CHANGE[change]
    if machine in phrase:  # not "wash the cup from the dishwasher in the dishwasher"
        texts = tuple(t for t in texts if "{m}" not in t and machine not in t) or texts
    be = "are" if scene.it(thing) == "them" else "is"
    text = scene.pick(texts).format(
        x=phrase, p=name, w=word, m=machine, it=scene.it(thing), be=be, they="they" if be == "are" else "it"
    )
    goal = Inside(Which(id=thing, state={DONE[change]: True}), which, word=word)
    return Wish(text, goal, (thing, *scene.stage.tools(change, thing)), ((phrase, thing),))


def sliced(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """A slice of something on something."""
    for thing in scene.shuffled(scene.loose()):
        if thing in used or "slice" not in scene.changes(thing) or len(scene.twins(thing)) > 1:
            continue
        phrase, kind = f"the {scene.noun(scene.stage.kind(thing))}", scene.stage.kind(thing)
        for place in scene.places(thing):
            if place not in used:
                name, which = scene.place(place)
                word = scene.word(thing, place)
                text = scene.pick(_SLICE).format(x=phrase, w=word, p=name, it="it")
                involves = (thing, *scene.stage.tools("slice", thing))
                return Wish(text, Inside(Which(f"{kind}Sliced"), which, word=word), involves, ((phrase, thing),))
    return None


def nested(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """A thing in something that is carried somewhere."""
    for thing in scene.shuffled(scene.loose())[:16]:
        phrase = scene.thing(thing)
        if thing in used or phrase is None:
            continue
        for carrier in scene.carriers(thing):
            named = scene.thing(carrier)
            places = [p for p in scene.places(carrier) if p not in used and not scene.stage.behind_door(carrier, p)]
            if carrier in used or named is None or not places:
                continue
            name, which = scene.place(places[0])
            words = scene.word(thing, carrier), scene.word(carrier, places[0])
            text = scene.pick(_NEST).format(x=phrase, m=named, p=name, w=words[0], v=words[1])
            inner = Inside(Which(id=thing), Which(id=carrier), word=words[0])
            goal = All((inner, Inside(Which(id=carrier), which, word=words[1])))
            return Wish(text, goal, (thing, carrier), ((phrase, thing), (named, carrier)))
    return None


def opened(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """A door or drawer open or closed."""
    for piece in scene.shuffled(scene.openables()):
        if piece not in used:
            return open_or_shut(scene, piece)
    return None


def open_or_shut(scene: Scenery, piece: str) -> Wish:
    """That piece as it is not now."""
    value, name = not scene.stage.state(piece, "open"), str(scene.exactly(piece))
    text = scene.pick(_OPEN[value]).format(p=name)
    return Wish(text, State(Which(id=piece), "open", value), (piece,), ((name, piece),))


def switched(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """Something switched on or off."""
    for piece in scene.shuffled(scene.switches()):
        if piece not in used:
            return switch(scene, piece)
    return None


def switch(scene: Scenery, piece: str) -> Wish:
    """That piece as it is not now."""
    value, name = not scene.stage.state(piece, "on"), scene.switch_name(piece)
    if scene.stage.kind(piece) == "Candle":
        text = ("light {p}" if value else "blow out {p}").format(p=name)
    else:
        text = scene.pick(_SWITCH[value]).format(p=name)
    return Wish(text, State(Which(id=piece), "on", value), (piece,), ((name, piece),))


def held(scene: Scenery, used: frozenset[str]) -> Wish | None:
    """A thing in the hand at the end."""
    for thing in scene.shuffled(scene.loose())[:12]:
        phrase = scene.thing(thing)
        if thing not in used and phrase is not None:
            text = scene.pick(_HOLD).format(x=phrase, it=scene.it(thing))
            return Wish(text, Held(Which(id=thing)), (thing,), ((phrase, thing),))
    return None


FORMS: dict[str, tuple[float, Callable[[Scenery, frozenset[str]], Wish | None]]] = {
    "put": (3.0, put),
    "two": (1.0, put_two),
    "change": (2.5, changed),
    "slice": (1.0, sliced),
    "nested": (1.0, nested),
    "open": (1.0, opened),
    "switch": (1.2, switched),
}
"""Form → (weight, how to draw one)."""


def draw_wish(scene: Scenery, used: frozenset[str] = frozenset(), forms: tuple[str, ...] = tuple(FORMS)) -> Wish | None:
    """A wish that is not fulfilled yet and leaves alone what is in use; None where a fair number of tries found none."""
    weights = [FORMS[f][0] for f in forms]
    for _ in range(12):
        form = forms[int(scene.rng.choice(len(forms), p=[w / sum(weights) for w in weights]))]
        wish = FORMS[form][1](scene, used)
        if wish is not None and not check(wish.goal, scene.stage) and not used & set(wish.involves):
            return wish
    return None
