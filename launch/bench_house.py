"""`loci bench house`: what the mobile manipulator can do in generated houses, by what really came of it.

First the body: the targets are boxes of the truth, so that nothing is remembered or recognised. A try counts when the body
says that it succeeded and the simulator agrees. Then the whole loop: tasks of the suites, from English to the simulator's
verdict, and where each of the others was lost.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..contracts import Action, Outcome, Target, Verb
from ..geometry import Box, transform
from ..sim.bullet import pybullet
from ..sim.catalogue import FURNITURE, THINGS
from ..sim.house_plan import generate
from ..sim.house_robot import HouseRobot
from ..sim.one_action import to_the_end
from ..sim.procedural import HouseTruth, HouseWorld
from ..sim.suite import draw
from ..sim.task_worlds import WorldLibrary
from ..sim.truth import CLOSED_BELOW, OPEN_ABOVE
from .bench import Row, row
from .bench_cache import BenchCache
from .tasks_run import carried_out

HOUSES, QUICK = 6, 1
ROOMS = (4, 5, 6)
_NEAR = 1.6  # metres from a piece of furniture within which somebody stands before it
_HAND = 0.075  # metres: what is no wider one way fits between the fingers
_HEIGHTS = (0.4, 1.1)  # metres of surfaces that things are taken from and put on
_PICKS, _DOORS = 4, 4  # tries in a house


class Houses:
    """Results by verb, summed over houses."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.done: dict[str, Counter[str]] = defaultdict(Counter)
        self._say = say
        self._cache = BenchCache("house")

    def house(self, seed: int, rooms: int) -> None:
        """All tries in one house."""
        begun = time.process_time()
        for verb, status in self._cache.get(f"house {seed} {rooms}", lambda: self._tried(seed, rooms)):
            self.done[verb][status] += 1
        self._say(f"house {seed}: {time.process_time() - begun:.0f} s of the processor")

    def _tried(self, seed: int, rooms: int) -> list[tuple[str, str]]:
        """(verb, how it ended) of every try."""
        out = []
        with HouseWorld.of(generate(seed, rooms, 2)) as world:
            tries = Tries(world, HouseRobot(world, seed=seed), np.random.default_rng([seed, rooms, 3]))
            for verb, name, outcome, true in tries.all():
                status = "done" if outcome.ok and true else "claimed" if outcome.ok else str(outcome.status)
                self._say(f"house {seed}: {verb} {name}: {status} {outcome.detail}")
                out.append((verb, status))
        return out

    def task(self, suite: str, seed: int) -> None:
        """One task by the whole loop."""
        begun = time.process_time()
        for told in self._cache.get(f"{suite} {seed}", lambda: self._carried_out(suite, seed)):
            self.done[f"whole loop, {suite}"][told["end"]] += 1
            self._say(f"{told['task']}: {told['end']}: {told['text']} ({told['reason'][:160]})")
        self._say(f"{suite} {seed}: {time.process_time() - begun:.0f} s of the processor")

    def _carried_out(self, suite: str, seed: int) -> list[dict[str, object]]:
        library = WorldLibrary()
        return [told.as_json() for told in carried_out(draw(suite, "house", seed, library), library)]

    def rows(self) -> Iterator[Row]:
        """A row for each verb and suite: the share that was done, and how the others ended."""
        for verb, ends in self.done.items():
            n = ends.total()
            others = ", ".join(f"{k} {v}" for k, v in ends.most_common() if k != "done")
            yield row(verb, ends["done"] / n, "share", n, others)


class Tries:
    """One robot in one house: it gets to know it, then drives, carries, opens and closes."""

    def __init__(self, world: HouseWorld, robot: HouseRobot, rng: np.random.Generator) -> None:
        self._world, self._robot, self._rng = world, robot, rng
        self._truth = HouseTruth(world)
        self._kind = {f.id: f.kind for f in world.house.furniture}

    def all(self) -> Iterator[tuple[str, str, Outcome, bool]]:
        """(verb, name, outcome, whether it is so) of every try."""
        look = self._run(Action(Verb.LOOK))
        yield "get to know the house", "", look, True
        yield from self._drives()
        yield from self._carries()
        yield from self._doors()

    def _drives(self) -> Iterator[tuple[str, str, Outcome, bool]]:
        """To a piece of furniture in every room, in an order drawn by chance."""
        house = self._world.house
        for room in self._rng.permutation(len(house.rooms)):
            own = [f.id for f in house.furniture if f.room == house.rooms[room].id and FURNITURE[f.kind].mount == 0.0]
            name = str(self._rng.choice(own))
            outcome = self._run(Action(Verb.NAVIGATE, self._target(name)))
            x, y = self._xy()
            box = self._target(name).box_world
            x0, y0, x1, y1 = house.rooms[room].bounds
            there = x0 < x < x1 and y0 < y < y1 and box.distance((x, y, float(box.center[2]))) < _NEAR
            yield "navigate to another room", name, outcome, bool(there)

    def _carries(self) -> Iterator[tuple[str, str, Outcome, bool]]:
        """Small things from one open surface to another."""
        surfaces = [n for n in self._kind if self._surface(n)]
        small = [
            n for n, (how, place) in self._truth.at_start.items()
            if how == "on" and place in surfaces and min(self._size(n)[:2]) <= _HAND and self._size(n)[2] >= 0.02
        ]  # fmt: skip
        for k in self._rng.permutation(len(small))[:_PICKS]:
            name = small[int(k)]
            outcome = self._run(Action(Verb.PICK, self._target(name)))
            held = self._truth.where(name) == ("", "")
            yield "pick from an open surface", name, outcome, held
            if outcome.ok:
                goal = str(self._rng.choice([n for n in surfaces if n != self._truth.at_start[name][1]]))
                outcome = self._run(Action(Verb.PLACE, self._target(goal), relation="on"))
                yield "place on another one", f"{name} on {goal}", outcome, self._truth.on(name, goal)
                if not outcome.ok:  # back to where it came from, so that the hand is free
                    home = self._truth.at_start[name][1]
                    outcome = self._run(Action(Verb.PLACE, self._target(home), relation="on"))
                    yield "place back", f"{name} on {home}", outcome, self._truth.on(name, home)
                    if not outcome.ok:
                        return

    def _doors(self) -> Iterator[tuple[str, str, Outcome, bool]]:
        """Furniture with a handle: open, then closed again."""
        handled = [n for n, piece in self._world.furniture.items() if piece.handle is not None and piece.spec.motion]
        for k in self._rng.permutation(len(handled))[:_DOORS]:
            name = handled[int(k)]
            motion = self._world.furniture[name].spec.motion
            way = "drawer" if motion is not None and motion.kind == "slide" else "door"
            outcome = self._run(Action(Verb.OPEN, self._target(name)))
            yield f"open a {way}", name, outcome, self._truth.open_fraction(name) > OPEN_ABOVE
            if outcome.ok:
                outcome = self._run(Action(Verb.CLOSE, self._target(name)))
                yield f"close a {way}", name, outcome, self._truth.open_fraction(name) < CLOSED_BELOW

    # --- the world as it is -------------------------------------------------------------------------------------------
    def _run(self, action: Action) -> Outcome:
        return to_the_end(self._robot, action)[0]

    def _xy(self) -> tuple[float, float]:
        self._robot.take_frame()
        frame = list(self._robot.frames())[-1]
        assert frame.T_world_base is not None
        return float(frame.T_world_base[0, 3]), float(frame.T_world_base[1, 3])

    def _surface(self, name: str) -> bool:
        cls = FURNITURE[self._kind[name]]
        height = float(self._world.furniture[name].spec.size[2])
        return cls.on_top and not cls.inside and _HEIGHTS[0] < height < _HEIGHTS[1]

    def _size(self, name: str) -> Sequence[float]:
        return THINGS[self._world.label(name)].size

    def _target(self, name: str) -> Target:
        """What a good memory would believe of a thing or a piece of furniture as it stands now."""
        world = self._world
        if name in world.movables:
            return Target(name, world.label(name), self._truth.box(name))
        piece = world.furniture[name]
        size = np.array(piece.spec.size)
        box = Box(piece.spec.T_world_piece @ transform(t=(0.0, 0.0, size[2] / 2)), size)
        handle = None
        if piece.handle is not None:
            lower, upper = pybullet().getAABB(piece.body, piece.handle, physicsClientId=world.client)
            handle = Box.from_bounds(np.array(lower), np.array(upper))
        return Target(name, world.label(name), box, handle)


def run(seed: int, quick: bool) -> list[Row]:
    """Tries in houses drawn from ``seed`` on: shares per verb, with how the others ended in the last column. A started bench
    that was interrupted goes on where it stopped."""
    houses = Houses(lambda text: print(text, file=sys.stderr, flush=True))
    for k in range(QUICK if quick else HOUSES):
        houses.house(seed + k, ROOMS[k % len(ROOMS)])
    for suite, each in (("single", 1 if quick else 2), ("composite", 0 if quick else 1)):
        for k in range(each * (QUICK if quick else HOUSES)):
            houses.task(suite, 10 * (seed + k // each) + 3 + k % each)
    return list(houses.rows())
