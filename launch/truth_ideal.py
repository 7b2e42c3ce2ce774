"""The ideal observer: fed what the patrol reported, with true names, it answers exactly what could be known from that.

It knows where each thing was seen last and in which looks its spot was seen empty. A thing moved unseen it cannot know of
either. ``decidable`` says between which sightings the evidence tells that both were of one thing, though names were unknown.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..contracts import Expected, ObservationBatch, Role, Verdict, Visibility
from ..geometry import F64, Box, apply, inverse
from ..sim.household import Household
from ..sim.household_state import State
from ..sim.patrol_look import states_of
from ..sim.patrol_verdict import Exact

PREFIX = "ideal:"
THROUGH = 0.5  # share of a thing's points through which a look has to see, so that the spot counts as seen empty
HINT = 0.15  # from here on there is a hint that it is gone
LOOKS = 2  # looks that have to agree
MOVED = 0.08  # metres
_POINTS = 192
_SAME = 0.2  # metres within which a like thing may have taken its spot
_CHECKED = 12  # looks at an empty spot after which it is not asked about any more


@dataclass(frozen=True, eq=False)
class Sighting:
    """One report of one thing. ``place`` is what it was in or on, None while somebody carried it; ``keys``: system → its id."""

    stamp: float
    place: str | None
    box: Box
    states: Mapping[str, str]
    track: int
    keys: dict[str, object]


@dataclass
class Left:
    """A spot that was left, not yet seen empty: its box and surface; ``looks`` that saw it empty."""

    box: Box
    points: NDArray[np.float32]
    looks: int = 0


@dataclass
class Life:
    """All that was observed of one thing. ``through``: (stamp, share) of looks that saw its last known spot empty."""

    seen: list[Sighting] = field(default_factory=list)
    points: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """What of its surface was seen since it came to its spot."""
    through: list[tuple[float, float]] = field(default_factory=list)
    occupied: float = -np.inf  # when something was last seen at the spot without being recognised
    left: dict[float, Left] = field(default_factory=dict)
    """Spots that it must have left, by the stamp of the last sighting there."""


class Ideal:
    """Exact bookkeeping over the reports; never looks at what nobody could see."""

    def __init__(self, household: Household) -> None:
        self.household = household
        self.lives: dict[str, Life] = {}
        self.own: set[tuple[str, float]] = set()
        """(thing, stamp) of what the robot did itself."""
        self.now = 0.0

    # --- taking in --------------------------------------------------------------------------------------------------------
    def expected(self) -> list[Expected]:
        """Every thing at its last known spot, so that the look says what shows there."""
        spots: list[tuple[str, str, Box, NDArray[np.float32]]] = []
        for name in self.things():
            life, kind = self.lives[name], self.household.items[name].kind
            if life.seen[-1].place is not None and sum(s >= THROUGH for _, s in self.since(name)) < _CHECKED:
                points = apply(self._motion(name), life.points).astype(np.float32)
                spots.append((PREFIX + name, kind, self.spot(name), points))
            spots += [(f"{PREFIX}{name}@{t}", kind, s.box, s.points) for t, s in life.left.items() if s.looks < LOOKS]
        return [Exact(id, Role.OBJECT, kind, box, points) for id, kind, box, points in spots]

    def observe(
        self, batch: ObservationBatch, names: Sequence[str], truth: State, keys: Mapping[str, Sequence[object]]
    ) -> None:
        """One report: true ``names`` and the systems' ``keys`` of its detections, and the ``truth`` when it was taken."""
        self.now = max(self.now, batch.stamp)
        items, seen = self.household.items, set(names)
        for i, (name, detection) in enumerate(zip(names, batch.detections, strict=True)):
            loose = name in items
            place = truth.parent[name] if loose and truth.settled(name) else None
            box = truth.boxes[name] if loose and place is not None else detection.box_cam.moved(batch.T_world_cam)
            kind = self.household.kind(name)
            states = states_of(kind, name, truth.open, truth.on, truth.dirty)
            mine = {system: rows[i] for system, rows in keys.items()}
            points = apply(batch.T_world_cam, detection.points_cam)
            points = points + (box.center - detection.box_cam.moved(batch.T_world_cam).center)  # without the jitter
            sighting = Sighting(batch.stamp, place, box, states, detection.track, mine)
            self._add(name, sighting, points.astype(np.float32))
        for verdict in batch.visibility:
            if verdict.id.startswith(PREFIX):
                self._judge(verdict, batch.stamp, names, seen, truth)

    def acted(self, name: str, stamp: float, place: str, box: Box) -> None:
        """The robot has put a thing somewhere itself, which it knows as surely as if it had watched."""
        last = self.lives[name].seen[-1]
        points = apply(box.T_ref_box @ inverse(last.box.T_ref_box), self.lives[name].points).astype(np.float32)
        self.own.add((name, stamp))
        self.now = max(self.now, stamp)
        self._add(name, replace(last, stamp=stamp, place=place, box=box), points)

    def _add(self, name: str, sighting: Sighting, points: NDArray[np.float32]) -> None:
        life = self.lives.setdefault(name, Life())
        at = bisect_right([s.stamp for s in life.seen], sighting.stamp)
        if at and life.seen[at - 1].stamp == sighting.stamp:
            return  # a double report
        newest = not life.seen or life.seen[-1].stamp < sighting.stamp
        insort(life.seen, sighting, key=lambda s: s.stamp)
        k = len(life.seen) - 2
        went = k >= 0 and _differ(life.seen[k], sighting)
        if newest and went and name in self.household.items:
            before = life.seen[k]
            if before.place is not None and not self.vacated(name, k):
                life.left[before.stamp] = Left(before.box, life.points)
        if newest:
            life.points = (
                points if went else np.unique(np.concatenate([life.points, points]).round(3), axis=0)[:_POINTS]
            )

    def _judge(self, v: Visibility, stamp: float, names: Sequence[str], seen: set[str], truth: State) -> None:
        name, _, old = v.id.removeprefix(PREFIX).partition("@")
        life = self.lives[name]
        other = names[v.detection] if v.verdict is Verdict.SEEN and v.detection is not None else None
        spot = life.left[float(old)].box if old else self.spot(name)
        replaced = other in truth.boxes and other != name and _same_spot(spot, truth.boxes[str(other)])
        # past the edge of what is still there a look may fall through to what lies behind: nobody who knows it is fooled
        there = not old and truth.settled(name) and _same_spot(spot, truth.boxes[name])
        empty = (v.verdict is Verdict.SEEN_THROUGH or replaced) and not there
        if old:
            life.left[float(old)].looks += int(empty and v.visible >= THROUGH)
        elif name not in seen and life.seen[-1].stamp < stamp:
            if empty:
                insort(life.through, (stamp, v.visible))
            elif v.verdict is Verdict.SEEN:
                life.occupied = max(life.occupied, stamp)

    # --- what could be known ----------------------------------------------------------------------------------------------
    def since(self, name: str) -> list[tuple[float, float]]:
        """Looks that saw through the spot since the last sighting."""
        life = self.lives[name]
        return life.through[bisect_right(life.through, (life.seen[-1].stamp, np.inf)) :]

    def belief(self, name: str) -> str:
        """``at`` its last known place, ``gone`` from there, ``carried`` when last seen, or ``hint`` (too little to tell)."""
        if self.lives[name].seen[-1].place is None:
            return "carried"
        looks = [share for _, share in self.since(name)]
        if sum(s >= THROUGH for s in looks) >= LOOKS:
            return "gone"
        return "hint" if any(s >= HINT for s in looks) else "at"

    def place(self, name: str) -> str | None:
        """Where it was seen last."""
        return self.lives[name].seen[-1].place

    def chain(self, name: str) -> list[str]:
        """Its place, and the place of that, outwards; what moves on a tray moves with it."""
        found: list[str] = []
        here = self.place(name)
        while here is not None and here not in found:
            found.append(here)
            here = self.place(here) if here in self.household.items and here in self.lives else None
        return found

    def spot(self, name: str) -> Box:
        """Its box as last seen, moved along with what it is in or on."""
        return self.lives[name].seen[-1].box.moved(self._motion(name))

    def _motion(self, name: str) -> F64:
        """How what it is in or on has moved since it was seen there (4, 4)."""
        last = self.lives[name].seen[-1]
        carrier = self.lives.get(last.place or "")
        if carrier is None or last.place not in self.household.items:
            return np.eye(4)
        then = carrier.seen[max(0, bisect_right([s.stamp for s in carrier.seen], last.stamp) - 1)]
        return np.asarray(carrier.seen[-1].box.T_ref_box @ inverse(then.box.T_ref_box))

    def twin_beside(self, name: str, *spots: Box) -> bool:
        """Was a thing that looks like it ever seen so near to one of the ``spots`` that noise may confuse the two?"""
        me = self.household.items[name]
        return any(
            float(np.linalg.norm(s.box.center - spot.center)) < _SAME
            for other in self.things()
            if other != name
            and (self.household.items[other].kind, self.household.items[other].color) == (me.kind, me.color)
            for s in self.lives[other].seen
            for spot in spots
        )

    def supplanted(self, name: str) -> bool:
        """Did a thing that looks like it take its spot since, or turn up once it was gone? Then that may as well be it."""
        if self.unique(name):
            return False
        me, last, spot = self.household.items[name], self.lives[name].seen[-1].stamp, self.spot(name).center
        for other in self.things():
            like = self.household.items[other]
            if other == name or (like.kind, like.color) != (me.kind, me.color):
                continue
            seen = self.lives[other].seen
            after = bisect_right([s.stamp for s in seen], last)
            if any(float(np.linalg.norm(s.box.center - spot)) < _SAME for s in seen[after:]):
                return True
            came = after < len(seen) and (after == 0 or any(k >= after - 1 for k in self.moves(other)))
            if came and self.belief(name) == "gone":
                return True
        return False

    def things(self) -> list[str]:
        """Loose things seen so far."""
        return [n for n in self.lives if n in self.household.items]

    # --- identity ---------------------------------------------------------------------------------------------------------
    def unique(self, name: str) -> bool:
        """Does nothing else that ever was in the house look like it?"""
        me = self.household.items[name]
        return not any(o.id != name and (o.kind, o.color) == (me.kind, me.color) for o in self.household.items.values())

    def moves(self, name: str) -> Iterable[int]:
        """Numbers k of sightings after which it was seen elsewhere (in or on another thing, or ``MOVED`` metres away)."""
        seen = self.lives[name].seen
        for k in range(len(seen) - 1):
            if _differ(seen[k], seen[k + 1]):
                yield k

    def vacated(self, name: str, k: int) -> bool:
        """Was the spot of sighting ``k``, which it left, ever seen empty; or was it watched as it went?"""
        life = self.lives[name]
        a, b = life.seen[k], life.seen[k + 1]
        if a.track == b.track or sum(a.stamp < t <= b.stamp and s >= THROUGH for t, s in life.through) >= LOOKS:
            return True
        return a.stamp in life.left and life.left[a.stamp].looks >= LOOKS

    def lingering(self, name: str) -> list[str]:
        """Places where one who knows no names may think that it still is: left, and not seen empty since."""
        seen = self.lives[name].seen
        return [str(seen[k].place) for k in self.moves(name) if seen[k].place is not None and not self.vacated(name, k)]

    def decided(self, name: str, k: int) -> bool:
        """Does the evidence tell that sightings ``k`` and the next, which is elsewhere, are of the same thing?"""
        a, b = self.lives[name].seen[k : k + 2]
        return a.track == b.track or (self.unique(name) and self.vacated(name, k))

    def decided_from(self, name: str) -> int:
        """The first sighting from which on the evidence tells that all later ones are of the same thing."""
        return max((k + 1 for k in self.moves(name) if not self.decided(name, k)), default=0)


def _differ(a: Sighting, b: Sighting) -> bool:
    return a.place != b.place or float(np.linalg.norm(a.box.center - b.box.center)) > MOVED


def _same_spot(a: Box, b: Box) -> bool:
    low_a, high_a = a.bounds()
    low_b, high_b = b.bounds()
    edges = np.minimum(high_a, high_b) - np.maximum(low_a, low_b)
    smaller = min(np.prod(high_a - low_a), np.prod(high_b - low_b))
    return bool((edges > 0).all() and np.prod(edges) > 0.4 * smaller)
