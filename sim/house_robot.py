"""The mobile manipulator in a house: the kitchen's body and skills, and a first look that goes through all rooms."""

from __future__ import annotations

from ..contracts import Action, Verb
from ..geometry import PinholeCamera
from .control import Motion
from .house_explore import explore
from .procedural import HouseWorld
from .robot import KitchenRobot


class HouseRobot(KitchenRobot):
    """``KitchenRobot`` in a ``HouseWorld``. It is given no floor plan: the first look around goes wherever its map shows
    a way to what it has not seen (``explorer`` False: it turns on the spot as in a kitchen)."""

    time_limit = 600.0
    """Simulated seconds for one action: getting to know eight rooms takes minutes."""

    def __init__(
        self, world: HouseWorld, *, seed: int = 0, camera: PinholeCamera | None = None, explorer: bool = True
    ) -> None:
        self.map_id = f"house-{world.house.seed}"
        super().__init__(world, seed=seed, camera=camera)
        self._explorer = explorer

    def _skill(self, action: Action) -> Motion:
        if action.verb is Verb.LOOK and action.target is None and not self._surveyed and self._explorer:
            self._surveyed = True
            return explore(self._control)
        return super()._skill(action)
