"""A robot that patrols the house, upstairs too: rooms in order, a few views in each, and a report of what each view shows.

``Patrol.glances`` are its looks in order of time; ``Glance.look(expected)`` makes the observation batch that ``Memory.write``
takes unchanged. The true names behind the detections are beside it, for a benchmark's ideal observer only.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..contracts import Expected, ObservationBatch, Role
from ..geometry import F64, Box, PinholeCamera, transform
from .household import DAY, HOUR, Household, State
from .patrol_look import Eye, states_of
from .patrol_noise import Noise
from .patrol_scene import Scene, Shown, Solids, panels, room_solids, stair_solids, thing_solids
from .patrol_views import View, choose_views

LOOKS = 3  # of each view
_BETWEEN = 0.7  # seconds between the looks of one view
_TURN = 2.0  # seconds to the next view in the same place
_SPEED = 0.5  # metres a second

ROUNDS = (7.5, 9.5, 12.0, 14.5, 17.0, 19.5, 22.0)
"""Hours of the day at which a round begins."""


class Remembers(Protocol):
    """What a patrol needs of a memory."""

    def expected(self, camera: PinholeCamera, T_world_cam: F64, stamp: float) -> Sequence[Expected]: ...
    def write(self, batch: ObservationBatch) -> object: ...


@dataclass(eq=False)
class Glance:
    """One look, not yet taken. ``look`` may be called once."""

    stamp: float
    room: str
    T_world_cam: F64
    T_world_base: F64
    camera: PinholeCamera
    late: float  # seconds after ``stamp`` at which the report comes in
    names: tuple[str, ...] = ()  # true name behind each detection, once looked
    _take: Callable[[Sequence[Expected]], tuple[ObservationBatch, tuple[str, ...]]] = field(default=None, repr=False)  # type: ignore[assignment]

    def look(self, expected: Sequence[Expected] = ()) -> ObservationBatch:
        """What the robot reports of this view, and of each expected thing."""
        batch, self.names = self._take(expected)
        return batch


class Patrol:
    """A robot on its rounds through the life of ``household`` (which has to have been lived already).

    ``rounds``: hours of the day; ``looks``: looks of each view, ``_BETWEEN`` seconds apart, so that what happens meanwhile is
    watched. Everything is drawn from ``seed``.
    """

    def __init__(
        self,
        household: Household,
        seed: int = 0,
        noise: Noise | None = None,
        rounds: Sequence[float] = ROUNDS,
        looks: int = LOOKS,
    ) -> None:
        self.household, self.rounds, self.looks = household, tuple(rounds), looks
        self.noise = noise if noise is not None else Noise()
        self.camera = PinholeCamera.from_fov(np.radians(60.0), 640, 480)
        self.rng = np.random.default_rng([household.house.seed, seed, 91])
        self.eye = Eye(self.camera, self.noise, self.rng)
        self.views: dict[str, list[View]] = {
            room.id: choose_views(household.house, room, self.camera, self.rng) for room in household.house.rooms
        }
        self._carried = _journeys(household)
        self._times = [d.time for d in household.log]
        self._made: tuple[tuple[str, int], Scene] | None = None

    # --- the way ----------------------------------------------------------------------------------------------------------
    def tour(self, start: float) -> Iterator[tuple[float, str, View]]:
        """One round from time ``start``: (stamp, room, view) of every look."""
        house = self.household.house
        time, here, last = start, np.array(house.rooms[-1].center), house.rooms[-1]
        for room in house.rooms:
            for view in self.views[room.id]:
                time += max(_TURN, self._way(here, view.position, last.floor, room.floor) / _SPEED)
                here, last = view.position, room
                for _ in range(self.looks):
                    yield round(time, 3), room.id, view
                    time += _BETWEEN

    def _way(self, here: F64, there: F64, floor: int, other: int) -> float:
        """Metres from one point (2,) to another, over the stairs between their floors."""
        way, house, step = 0.0, self.household.house, 1 if other > floor else -1
        floors = {r.id: r.floor for r in house.rooms}
        while floor != other:  # a house without faults has stairs between any two floors
            stairs = next(s for s in house.stairs if floors[s.rooms[0]] == min(floor, floor + step))
            ends = (np.array(stairs.foot), np.array(stairs.head))[::step]
            way += float(np.linalg.norm(ends[0] - here)) + stairs.way
            here, floor = ends[1], floor + step
        return way + float(np.linalg.norm(there - here))

    def glances(self, start: float, end: float) -> Iterator[Glance]:
        """All looks between two times, in order; a round that has not ended when the next begins delays it."""
        stops = self._stops(start, end)
        moments = self.household.moments([stamp for stamp, _, _ in stops])
        for (stamp, room, view), (_, state) in zip(stops, moments, strict=True):
            yield self._glance(stamp, room, view, state)

    def watch(
        self, room: str, start: float, end: float, every: float = 1.0, view: int | None = None
    ) -> Iterator[Glance]:
        """Stay in a room from ``start`` to ``end`` and look every so often: ten looks of each view in turn, or of one view."""
        views = self.views[room] if view is None else [self.views[room][view]]
        times = np.arange(start, end, every).round(3).tolist()
        for i, (stamp, state) in enumerate(self.household.moments(times)):
            yield self._glance(stamp, room, views[(i // 10) % len(views)], state)

    def _stops(self, start: float, end: float) -> list[tuple[float, str, View]]:
        found: list[tuple[float, str, View]] = []
        for day in range(int(start // DAY), int(end // DAY) + 1):
            for hour in self.rounds:
                begin = max(day * DAY + hour * HOUR, found[-1][0] if found else 0.0)
                found += [stop for stop in self.tour(begin) if start <= stop[0] < end]
        return found

    def _glance(self, stamp: float, room: str, view: View, state: State) -> Glance:
        late = float(self.rng.uniform(1.0, self.noise.delay)) if self.rng.random() < self.noise.late else 0.0
        pose_id = f"{room}-{stamp:.1f}"

        def take(expected: Sequence[Expected]) -> tuple[ObservationBatch, tuple[str, ...]]:
            scene = self._scene_at(state, room, stamp)
            return self.eye.look(scene, view.T_world_cam, stamp, expected, pose_id, view.T_world_base)

        return Glance(stamp, room, view.T_world_cam, view.T_world_base, self.camera, late, (), take)

    def _scene_at(self, state: State, room: str, stamp: float) -> Scene:
        """``scene``, made anew only when something has happened since, or is being carried."""
        deeds = bisect_right(self._times, stamp)
        if self._made is None or self._made[0] != (room, deeds) or any(r == room for r in state.people.values()):
            self._made = ((room, deeds), self.scene(state, room, stamp))
        return self._made[1]

    # --- what is there ----------------------------------------------------------------------------------------------------
    def scene(self, state: State, room: str, stamp: float) -> Scene:
        """Everything in a room that could be seen at a moment, whoever looks."""
        life = self.household
        shown: list[Shown] = []
        here = next(r for r in life.house.rooms if r.id == room)
        solids: list[tuple[str, Box]] = [*room_solids(here), *stair_solids(life.house, here)]
        for piece in life.house.furniture:
            if piece.room == room:
                states = states_of(piece.kind, piece.id, state.open, state.on, state.dirty)
                shown.append(Shown(piece.id, piece.kind, piece.box_world, "", Role.FURNITURE, states))
                solids += panels(piece, piece.id in state.open)
        for name in sorted(state.parent):
            item, box = life.items[name], state.boxes[name]
            on: tuple[str, str] | None = (state.relation.get(name, ""), state.parent[name])
            if not state.settled(name):
                carried = self._carried_box(name, stamp, room)
                if carried is None:
                    continue
                box, on = carried, None
            elif self._room(state, name) != room or self._bagged(state, name):
                continue
            states = states_of(item.kind, name, state.open, state.on, state.dirty)
            shown.append(Shown(name, item.kind, box, item.color, Role.OBJECT, states, on))
            solids += thing_solids(name, item.kind, box)
        return Scene(shown, Solids.of(solids))

    def _room(self, state: State, name: str) -> str | None:
        pieces = self.household.pieces
        return next((pieces[p].room for p in state.chain(name) if p in pieces), None)

    def _bagged(self, state: State, name: str) -> bool:
        """In a bag, which nobody can see into."""
        items = self.household.items
        return any(p in items and items[p].kind == "bag" for p in state.chain(name))

    def _carried_box(self, name: str, stamp: float, room: str) -> Box | None:
        """Where a thing is while somebody carries it from one place of a room to another: on a line, at hand height."""
        for start, end, box0, box1, where in self._carried.get(name, ()):
            if start <= stamp < end and where == room:
                share = (stamp - start) / max(end - start, 1e-6)
                center = (1 - share) * box0.center + share * box1.center
                center[2] = max(center[2], 1.0)
                return Box(transform(box0.T_ref_box[:3, :3], center), box0.size)
        return None

    # --- feeding a memory -------------------------------------------------------------------------------------------------
    def feed(self, memory: Remembers, start: float, end: float) -> Iterator[Glance]:
        """Look, report, go on; late reports are written when they come in. Yields each glance once its report is written."""
        yield from deliver(self.glances(start, end), memory)


def deliver(glances: Iterable[Glance], memory: Remembers) -> Iterator[Glance]:
    """Take the looks in order of time; write each report when it is due."""
    waiting: list[tuple[float, int, Glance, ObservationBatch]] = []
    for number, glance in enumerate(glances):
        while waiting and waiting[0][0] <= glance.stamp:
            yield _written(heapq.heappop(waiting), memory)
        batch = glance.look(memory.expected(glance.camera, glance.T_world_cam, glance.stamp))
        if glance.late > 0:
            heapq.heappush(waiting, (glance.stamp + glance.late, number, glance, batch))
        else:
            memory.write(batch)
            yield glance
    while waiting:
        yield _written(heapq.heappop(waiting), memory)


def _written(entry: tuple[float, int, Glance, ObservationBatch], memory: Remembers) -> Glance:
    memory.write(entry[3])
    return entry[2]


def _journeys(household: Household) -> dict[str, list[tuple[float, float, Box, Box, str]]]:
    """Thing → (taken, put down, box before, box after, room) of every way within one room."""
    found: dict[str, list[tuple[float, float, Box, Box, str]]] = {}
    state = household.start.copy()
    taken: dict[str, tuple[float, Box, str]] = {}
    for deed in household.log:
        if deed.verb == "take" and deed.thing in state.boxes:
            taken[deed.thing] = (deed.time, state.boxes[deed.thing], state.people.get(deed.actor, ""))
        elif deed.verb == "put" and deed.thing in taken and deed.box_world is not None:
            time, box, room = taken.pop(deed.thing)
            if state.people.get(deed.actor) == room and deed.time - time < 60.0:
                found.setdefault(deed.thing, []).append((time, deed.time, box, deed.box_world, room))
        state.apply(deed)
    return found
