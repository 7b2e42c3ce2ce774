"""What memory believes, as symbols: what is where, what is open, what is in the hand. A snapshot to plan on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contracts import Role
from ..errors import InputError
from ..memory.records import Knowledge, Thing
from .vocabulary import canonical, container, openable, spelled

if TYPE_CHECKING:
    from ..memory import Memory

USABLE = 0.3
"""Existence below which a thing is not taken to be where memory last had it (it is searched for instead)."""


@dataclass(frozen=True, eq=False)
class Belief:
    """Symbols over memory ids. ``held`` is the id of what is in the hand, or None."""

    things: Mapping[str, Thing]
    held: str | None

    @classmethod
    def of(cls, memory: Memory) -> Belief:
        """The present belief of ``memory``: objects and furniture, no parts or structure."""
        things = {t.id: t for t in memory.things() if t.role in (Role.OBJECT, Role.FURNITURE)}
        held = memory.held()
        return cls(things, None if held is None else held.id)

    def label(self, id: str) -> str:
        """Class of a thing as memory names it; for what is no object or furniture (the floor), its name as a place."""
        thing = self.things.get(id)
        if thing is not None:
            return spelled(thing.label)
        named = (t.place.label for t in self.things.values() if t.place is not None and t.place.id == id)
        return spelled(next(named, "thing"))

    def located(self, id: str) -> bool:
        """True if memory has a spot for it that is worth going to."""
        if id == self.held:
            return True
        thing = self.things.get(id)
        return (
            thing is not None
            and thing.knowledge not in (Knowledge.ABSENT, Knowledge.UNKNOWN)
            and thing.existence >= USABLE
        )

    def place(self, id: str) -> tuple[str, str] | None:
        """(relation, id) of what the thing is on or in; None if that is not known or it is in the hand."""
        thing = self.things.get(id)
        if thing is None or id == self.held or thing.place is None or thing.place.predicate not in ("on", "in"):
            return None
        return thing.place.predicate, thing.place.id

    def at(self, id: str, relation: str, place: str) -> bool:
        """True if the thing is on or in ``place`` itself, or on a movable thing (a plate, a bowl) that is.

        Geometry helps out where the relation alone is too fine: a thing *on* the shelf of a fridge is in the fridge.
        """
        seen: set[str] = set()
        current: str | None = id
        while current is not None and current not in seen:
            seen.add(current)
            where = self.place(current)
            if where is None:
                return False
            if where[1] == place:
                return (
                    where[0] == relation
                    or not container(self.label(place))
                    or self._within(id, place) == (relation == "in")
                )
            thing = self.things.get(where[1])
            current = where[1] if thing is not None and thing.role is Role.OBJECT else None
        return False

    def within(self, id: str, place: str) -> bool:
        """True if the thing is on or in ``place``, by memory's relation or because its centre lies within its box."""
        if self.at(id, "in", place) or self.at(id, "on", place):
            return True
        where = self.place(id)
        beside = where is None or not container(self.label(where[1]))
        return container(self.label(place)) and beside and self._within(id, place)

    def _within(self, id: str, place: str) -> bool:
        thing, host = self.things.get(id), self.things.get(place)
        return thing is not None and host is not None and bool(host.box_world.contains(thing.box_world.center))

    def openness(self, id: str) -> str | None:
        """ "open" or "closed"; None for what has no door, or where the state was never observed."""
        thing = self.things.get(id)
        state = thing.states.get("openness") if thing is not None else None
        return state.value if state is not None else None

    def openable(self, id: str) -> bool:
        """True if it has a door or a front that moves, by its class or because such a state was seen."""
        return openable(self.label(id)) or self.openness(id) is not None

    def shut_in(self, id: str) -> str | None:
        """The closed container that the thing is in, directly or on something inside; None if it can be reached."""
        seen: set[str] = set()
        where = self.place(id)
        while where is not None and where[1] not in seen:
            seen.add(where[1])
            if where[0] == "in" and self.openness(where[1]) == "closed":
                return where[1]
            where = self.place(where[1])
        return None

    def of_class(self, labels: tuple[str, ...], role: Role) -> list[str]:
        """Ids of things of a role, of one of the classes (any if empty), the likeliest and most certain first.

        Another word for a class ("cup" for "mug", "dining table" for "table") will do where nothing goes by the very name.
        """
        every = [t for t in self.things.values() if t.role is role]
        found = [t for t in every if not labels or spelled(t.label) in labels]
        if not found:
            kinds = {canonical(label) for label in labels}
            found = [t for t in every if canonical(t.label) in kinds]
        return [t.id for t in sorted(found, key=lambda t: (-round(_certainty(t, labels), 3), _order(t.id)))]


def current(memory: Memory, id: str) -> str:
    """The id under which a thing goes now: memory may have found out that two ids were one thing."""
    try:
        return memory.get(id).id
    except (InputError, KeyError):
        return id


def _certainty(thing: Thing, labels: tuple[str, ...]) -> float:
    share = max((p for name, p in thing.labels.items() if not labels or _named(name, labels)), default=0.5)
    return share * thing.existence * (1.0 if thing.knowledge in (Knowledge.SEEN, Knowledge.BELIEVED) else 0.8)


def _named(name: str, labels: tuple[str, ...]) -> bool:
    return spelled(name) in labels or canonical(name) in labels


def _order(id: str) -> tuple[int, str]:
    """Ids in order of creation: o2 before o10."""
    digits = "".join(c for c in id if c.isdigit())
    return (int(digits) if digits else 0, id)
