"""The recogniser of a house: the catalogue's classes, taken for each other where they are of about the same size."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts import Distribution, Role
from .catalogue import FURNITURE, THINGS
from .patrol_noise import alike
from .recogniser import Recogniser

ROLES: dict[str, Role] = {
    **dict.fromkeys(THINGS, Role.OBJECT),
    **dict.fromkeys(FURNITURE, Role.FURNITURE),
    **dict.fromkeys(("handle", "door"), Role.PART),
    **dict.fromkeys(("floor", "wall"), Role.STRUCTURE),
}
"""Every class that is told apart in a house."""
_ALIKE = {"handle": ("door",), "door": ("handle",), "floor": ("wall",), "wall": ("floor",)}


@dataclass(frozen=True)
class HouseRecogniser(Recogniser):
    """As sure and as often wrong as the kitchen's, over all classes of a house."""

    def alike(self, label: str) -> tuple[str, ...]:
        """The classes that ``label`` is taken for by mistake."""
        return _ALIKE[label] if label in _ALIKE else alike(label)

    def role(self, distribution: Distribution) -> Role:
        """The role of the most likely class."""
        return ROLES[max(distribution, key=lambda c: distribution[c])]
