"""Ground truth of a kitchen: for tests, benchmarks and the viewer. No robot, perceiver or planner is ever handed one."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..geometry import F64, Box, apply, transform
from .bullet import pybullet
from .kitchen import Kitchen

CLOSED_BELOW = 0.05  # of the full way
OPEN_ABOVE = 0.20
_TOUCH = 0.004  # metres: contacts nearer than this carry weight
_UP = 0.4  # smallest upward part of a supporting contact's normal
IN_THE_AIR = ("", "")


class Truth:
    """What is really where, by the simulator's poses and contacts. Names are the world's: ``mug_1``, ``fridge``, …"""

    def __init__(self, world: Kitchen) -> None:
        self._world = world
        self._places = {(piece.body, piece.link): name for name, piece in world.furniture.items()}
        self._things = {body: name for name, body in world.movables.items()}
        self.at_start = {name: self.where(name) for name in self.names}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all movables, sorted."""
        return tuple(sorted(self._world.movables))

    @property
    def drawer_mug(self) -> str:
        """The mug that was in the drawer when this object was made."""
        return next(n for n, where in self.at_start.items() if self.label(n) == "mug" and where == ("in", "drawer"))

    def label(self, name: str) -> str:
        """Class of a movable or a piece of furniture."""
        self._known(name)
        return self._world.label(name)

    def named(self, label: str) -> tuple[str, ...]:
        """Names of all movables of a class."""
        return tuple(name for name in self.names if self._world.label(name) == label)

    def pose(self, name: str) -> F64:
        """``T_world_body`` (4, 4) of a movable; its origin is in the middle of its height."""
        self._known(name)
        return self._world.pose(name)

    def box(self, name: str) -> Box:
        """Axis-aligned box around what is to be seen of a movable."""
        self._known(name)
        points = apply(self._world.pose(name), self._world.outlines[name])
        return Box.from_bounds(points.min(axis=0), points.max(axis=0))

    def interior(self, place: str) -> Box:
        """The free space inside a piece of furniture as it stands now: a drawer's moves with the drawer."""
        piece = self._world.furniture.get(place)
        if piece is None or piece.spec.interior is None:
            inner = sorted(n for n, p in self._world.furniture.items() if p.spec.interior is not None)
            raise InputError(f"{place!r} has no inside; these have: {', '.join(inner)}")
        return piece.spec.interior.moved(self._slid(place))

    def surface(self, place: str) -> Box:
        """Box above the surface of a piece of furniture that things stand on, as it stands now."""
        return self._world.furniture[place].spec.surface.moved(self._slid(place))

    def open_fraction(self, furniture: str) -> float:
        """0 closed … 1 as far open as it goes."""
        if furniture not in self._world.furniture:
            raise InputError(f"no furniture {furniture!r}; there are {', '.join(sorted(self._world.furniture))}")
        return self._world.openness(furniture)

    def upright(self, name: str) -> bool:
        """True if a movable's own z axis points up within 15 degrees."""
        return bool(self.pose(name)[2, 2] > np.cos(np.radians(15)))

    # --- relations ----------------------------------------------------------------------------------------------------
    def supporters(self, name: str) -> tuple[str, ...]:
        """What carries a movable directly: furniture, other movables or "floor"; nothing while a hand holds it."""
        self._known(name)
        world = self._world
        found = set()
        for contact in pybullet().getContactPoints(bodyA=world.movables[name], physicsClientId=world.client):
            body, link, normal, distance = contact[2], contact[4], contact[7], contact[8]
            if distance > _TOUCH or normal[2] < _UP:
                continue
            if body in self._things:
                found.add(self._things[body])
            elif (body, link) in self._places:
                found.add(self._places[(body, link)])
            elif world.labels.get((body, link), ("",))[0] == "floor":
                found.add("floor")
        return tuple(sorted(found))

    def inside(self, name: str, place: str) -> bool:
        """The movable's middle is in the place's interior, and the place carries it (perhaps through other things)."""
        within = bool(self.interior(place).contains(self.pose(name)[:3, 3]))
        return within and place in self._chain(name)

    def on(self, name: str, place: str) -> bool:
        """The place, or another movable, or the floor carries it, directly or through other things, and it is not inside."""
        piece = self._world.furniture.get(place)
        hollow = piece is not None and piece.spec.interior is not None
        if hollow and self.interior(place).contains(self.pose(name)[:3, 3]):
            return False
        return place in self._chain(name)

    def where(self, name: str) -> tuple[str, str]:
        """("in" | "on", place) by direct support; ``IN_THE_AIR`` while nothing carries it."""
        for place, piece in self._world.furniture.items():
            if piece.spec.interior is not None and self.inside(name, place):
                return ("in", place)
        direct = self.supporters(name)
        return ("on", direct[0]) if direct else IN_THE_AIR

    def holds(self, predicate: str, *names: str) -> bool:
        """Whether a goal holds: ("on" | "in", movable, place), ("open" | "closed", furniture)."""
        if predicate == "on":
            return self.on(*names)
        if predicate == "in":
            return self.inside(*names)
        if predicate == "closed":
            return self.open_fraction(*names) < CLOSED_BELOW
        if predicate == "open":
            return self.open_fraction(*names) > OPEN_ABOVE
        raise InputError(f"goal {predicate!r} is not understood; it is one of on, in, open, closed")

    def _chain(self, name: str) -> set[str]:
        """Everything that carries a movable, directly or indirectly."""
        carried, todo = set(), [name]
        while todo:
            for below in self.supporters(todo.pop()):
                if below not in carried and below != name:
                    carried.add(below)
                    if below in self._world.movables:
                        todo.append(below)
        return carried

    def _slid(self, place: str) -> F64:
        motion = self._world.furniture[place].spec.motion
        if motion is None or motion.kind != "slide":
            return np.eye(4)
        return transform(t=motion.axis * motion.upper * self._world.openness(place))

    def _known(self, name: str) -> None:
        if name not in self._world.movables and name not in self._world.furniture:
            raise InputError(f"no {name!r} in this kitchen; movables are {', '.join(self.names)}")
