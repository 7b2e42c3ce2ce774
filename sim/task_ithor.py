"""Tasks in an iTHOR scene: its things rearranged by a seed, some of them twice, and people who put things elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..contracts import Outcome, Verb
from ..geometry import F64
from . import ithor_rules as rules
from .goal_lint import Facts
from .ithor_places import free_spot, standing_point
from .ithor_scene import Scene, SceneObject, object_id
from .ithor_world import IthorWorld
from .task import PersonDeed
from .task_sense import places_for

_MOVED = 0.5  # share of the loose things that the arrangement moves
_COPIES = 3  # classes at most of which there is one more
_TAP = 1.0  # metres from a basin to a tap that fills it


class IthorStage:
    """A ``Stage`` over an ``IthorWorld``; ``world`` can be handed to ``IthorRobot`` as it is."""

    def __init__(self, world: IthorWorld, time: float) -> None:
        self.world = world
        world.time = time
        self._can: dict[str, frozenset[str]] = {}

    # --- ground truth ---------------------------------------------------------------------------------------------------
    def ids(self) -> Sequence[str]:
        """Every thing there is."""
        return self.world.ids()

    def kind(self, id: str) -> str:
        """AI2-THOR's object type."""
        return self.world.things[id].base.type

    def holder(self, id: str) -> tuple[str, ...]:
        """What it is in or on, nearest first."""
        return self.world.holder(id)

    def state(self, id: str, name: str) -> bool:
        """A state, or what was done to it."""
        return self.world.state(id, name)

    def held(self) -> str | None:
        """What the hand holds."""
        return self.world.held()

    def room(self, id: str) -> str:
        """A scene is one room, and has no name."""
        return ""

    # --- the robot ------------------------------------------------------------------------------------------------------
    def act(self, verb: Verb, target: str, *, value: bool | None = None) -> Outcome:
        """The robot does one thing."""
        return self.world.act(verb, target, value=value)

    def affords(self, id: str) -> frozenset[str]:
        """What can be done with it in this scene."""
        if id not in self._can:
            more = {change for change in ("wash", "heat", "cool") if self.tools(change, id)}
            self._can[id] = self.world.things[id].base.affords | more
        return self._can[id]

    def tools(self, change: str, thing: str) -> Sequence[str]:
        """Basin and tap, microwave, fridge or knife; empty where the scene has none that takes the thing."""
        kind = self.kind(thing)
        if change == "slice":
            able = "slice" in self.world.things[thing].base.affords
            return next(([i] for i in self._at_hand if able and self.kind(i) in rules.KNIVES), ())
        if change == "wash":
            if rules.KIND_OF.get(kind) not in rules.RINSED:
                return ()
            return next((pair for pair in self._basins if rules.accepts(self.kind(pair[0]), kind)), ())
        places = rules.HEATS if change == "heat" else rules.COOLS
        if rules.KIND_OF.get(kind) not in ("food", "dish", "bottle", "cookware"):
            return ()
        return next(([i] for i in self._at_hand if self.kind(i) in places and rules.accepts(self.kind(i), kind)), ())

    @cached_property
    def _at_hand(self) -> list[str]:
        """Knives, microwaves and fridges; none comes or goes."""
        return [i for i in self.world.ids() if self.kind(i) in rules.KNIVES | rules.HEATS | rules.COOLS]

    @cached_property
    def _basins(self) -> list[tuple[str, str]]:
        """Basins with the tap that fills them, the nearest pair first."""
        basins = [i for i in self.world.ids() if self.kind(i) in rules.CLEANS_IN]
        taps = [i for i in self.world.ids() if self.kind(i) in rules.WATER]
        pairs = [(b, t) for b in basins for t in taps if self._apart(b, t) < _TAP]
        return sorted(pairs, key=lambda p: (not self.kind(p[0]).endswith("Basin"), self._apart(*p), p))

    def _apart(self, a: str, b: str) -> float:
        gap = self.world.things[a].box_world.center - self.world.things[b].box_world.center
        return float(np.linalg.norm(gap[:2]))

    def shut_in(self, id: str) -> str | None:
        """The closed container that hides it, if one does."""
        return self.world.shut_in(id)

    def behind_door(self, thing: str, place: str) -> bool:
        """What opens has nothing on its top."""
        return "open" in self.world.things[place].base.affords

    def available(self, id: str) -> bool:
        """Everything is, but what was sliced."""
        return id in self.world.things and id not in self.world.broken_out

    def within_reach(self, thing: str, place: str) -> bool:
        """Is it less than the arm's length away from where one stands to use the place?"""
        spot = standing_point(self.world, place)
        return spot is not None and self.world.floor_distance(thing, spot[:2]) <= self.world.reach

    def room_for(self, thing: str, place: str) -> bool:
        """Does the thing belong there, and is there a free spot?"""
        host, what = self.world.things[place], self.world.things[thing]
        holds = "receptacle" in host.base.affords or host.type in rules.CLEANS_IN
        if not holds or place == thing or thing in self.holder(place) or not rules.accepts(host.type, what.type):
            return False
        spot = free_spot(self.world, host, what)
        return spot is not None and self._clear(spot, place, thing)

    def _clear(self, spot: F64, place: str, thing: str) -> bool:
        """Nothing else of the place there: what stands in another thing could not be seen."""
        size = self.world.things[thing].box_world.size
        others = [t.box_world for i, t in self.world.things.items() if t.parent == place and i != thing]
        return all((np.abs(spot - o.center)[:2] > (size + o.size)[:2] / 2).any() for o in others)

    # --- people -----------------------------------------------------------------------------------------------------------
    def person(self, deed: PersonDeed) -> None:
        """Somebody does something; the robot's hand, place and gaze stay as they are."""
        world = self.world
        world.time = max(world.time, deed.time)
        if not self.available(deed.thing) or deed.thing in world.carried():
            return
        thing = world.things[deed.thing]
        if deed.verb == "put":
            if (
                deed.place in world.things
                and deed.place not in world.carried()
                and self.room_for(deed.thing, deed.place)
            ):
                self.carry(deed.thing, deed.place)
        elif deed.verb == "use":
            thing.states = thing.states - {"clean", "cleaned"} | ({"dirty"} & thing.base.affords)
            thing.temperature = "room"
            thing.states -= {"heated", "cooled"}
        elif deed.verb == "wash":
            thing.states = thing.states - {"dirty"} | {"clean"}
        elif deed.verb in ("open", "close"):
            self._force(Verb.OPEN if deed.verb == "open" else Verb.CLOSE, deed.thing)
        elif deed.verb in ("switch_on", "switch_off"):
            self._force(Verb.TOGGLE, deed.thing, deed.verb == "switch_on")

    def _force(self, verb: Verb, target: str, value: bool | None = None) -> bool:
        now = self.world.time
        done = self.world.act(verb, target, value=value, force=True).ok
        self.world.time = now
        return done

    def carry(self, thing: str, place: str) -> None:
        """Through every door that is in the way, closed again afterwards; back where it was if it cannot be put there."""
        world = self.world
        hand, world.hand = world.hand, None
        opened: list[str] = []
        for target in (thing, place):
            around = [*reversed(self.holder(target)), *([place] if target == place else [])]
            for piece in around:
                shut = "open" in world.things[piece].base.affords and not self.state(piece, "open")
                if shut and self._force(Verb.OPEN, piece):
                    opened.append(piece)
        before, home = world.things[thing].box_world.center.copy(), world.things[thing].parent
        if self._force(Verb.PICK, thing) and not self._force(Verb.PLACE, place):
            moved = before - world.things[thing].box_world.center
            for member in world.carried():
                world.shift(member, moved)
            world.things[thing].parent, world.hand = home, None
        for piece in reversed(opened):
            self._force(Verb.CLOSE, piece)
        world.hand = hand

    # --- what there is ------------------------------------------------------------------------------------------------------
    def facts(self) -> Facts:
        """What the scene has."""
        ids = {i: self.kind(i) for i in self.ids()}
        kinds: dict[str, frozenset[str]] = {}
        made: dict[str, int] = {}
        for id, kind in ids.items():
            can = self.affords(id) | ({"receptacle"} if kind in rules.CLEANS_IN else frozenset())
            kinds[kind] = kinds.get(kind, frozenset()) | can
            if self.tools("slice", id):
                kinds[f"{kind}Sliced"] = can - {"slice"}
                made[f"{kind}Sliced"] = made.get(f"{kind}Sliced", 0) + rules.SLICES
        # some things are where AI2-THOR itself would not put them: candles on the rim of a bath
        there = {(self.kind(h), kind) for i, kind in ids.items() for h in self.holder(i)}
        return Facts(kinds, ids, lambda where, what: rules.accepts(where, what) or (where, what) in there, made)


# --- the arrangement --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Arrangement:
    """A scene with its things elsewhere, and what each thing is in or on."""

    scene: Scene
    parents: Mapping[str, str | None]

    def begin(self, time: float) -> IthorStage:
        """A fresh stage."""
        world = IthorWorld(self.scene)
        for id, parent in self.parents.items():
            world.things[id].parent = parent
        return IthorStage(world, time)


def rearranged(scene: Scene, seed: int) -> Arrangement:
    """The scene with its things rearranged by ``seed``: half of them elsewhere, a few classes once more."""
    rng = np.random.default_rng([seed, 31])
    loose = [i for i, o in sorted(scene.objects.items()) if "pick" in o.affords and places_for("ithor", o.type)]
    twice = [loose[k] for k in rng.permutation(len(loose))][:_COPIES]
    copies = {f"{i}|again": replace(scene.objects[i], id=f"{i}|again", parents=()) for i in twice}
    stage = IthorStage(IthorWorld(replace(scene, objects={**scene.objects, **copies})), 0.0)
    order = [*loose, *copies]
    for id in [order[k] for k in rng.permutation(len(order))]:
        if (id in copies or rng.random() < _MOVED) and not _contents(stage, id):
            place = _draw_place(stage, id, rng)
            if place is not None:
                stage.carry(id, place)
    return _settled(scene, stage, copies)


def _settled(scene: Scene, stage: IthorStage, copies: Mapping[str, SceneObject]) -> Arrangement:
    """What came of it; a copy is called by its place, as everything is in AI2-THOR."""
    objects, parents = {}, {}
    for id, thing in stage.world.things.items():
        name = object_id(thing.type, thing.box_world.center) if id in copies else id
        if id in copies and (thing.parent is None or _still(stage, id) or name in objects or name in scene.objects):
            continue  # it found no place of its own
        objects[name] = replace(thing.base, id=name, box_world=thing.box_world, parents=stage.holder(id))
        parents[name] = thing.parent
    return Arrangement(replace(scene, objects=objects), parents)


def _still(stage: IthorStage, id: str) -> bool:
    """Has a copy not been moved from where its original was?"""
    thing = stage.world.things[id]
    return bool(np.allclose(thing.box_world.center, thing.base.box_world.center))


def _contents(stage: IthorStage, id: str) -> bool:
    return any(id in stage.holder(i) for i in stage.ids())


def _draw_place(stage: IthorStage, thing: str, rng: np.random.Generator) -> str | None:
    """A place of the thing's sensible ones that is not where it is, with room; None if there is none."""
    kinds = places_for("ithor", stage.kind(thing))
    found = [i for i in stage.ids() if stage.kind(i) in kinds and i not in stage.holder(thing)]
    found = [i for i in found if "pick" not in stage.affords(i) and stage.kind(i) not in rules.CLEANS_IN]
    return next((found[k] for k in rng.permutation(len(found)) if stage.room_for(thing, found[k])), None)
