"""What stands where in a world with physics, as goals ask for it: by the simulator's contacts."""

from __future__ import annotations

from collections.abc import Sequence

from .goals import GroundTruth
from .kitchen import Kitchen
from .truth import Truth


class Standing(GroundTruth):
    """The part of a goal's ground truth that contacts tell; states and the hand are each world's own.

    ``truth`` is the ground truth of ``world``.
    """

    def __init__(self, world: Kitchen, truth: Truth) -> None:
        self.world, self.truth = world, truth

    def ids(self) -> Sequence[str]:
        """Furniture, and the things that are in the world."""
        return [*self.world.furniture, *self.truth.names]

    def kind(self, id: str) -> str:
        """Class of a piece of furniture or of a thing."""
        return self.world.label(id)

    def holder(self, id: str) -> tuple[str, ...]:
        """What carries it, nearest first."""
        found: list[str] = []
        while id in self.world.movables:
            _, place = self.truth.where(id)
            if place in ("", "floor") or place in found:
                break
            found.append(place)
            id = place
        return tuple(found)
