"""The mobile manipulator in a house: the kitchen's body and skills, and a first look that goes through all rooms."""

from __future__ import annotations

from ..contracts import Action, Status, Target, Verb
from ..geometry import PinholeCamera
from .control import Control, Failed, Motion
from .house_explore import explore
from .procedural import HouseWorld
from .robot import KitchenRobot
from .skill_look import look_at


class HouseRobot(KitchenRobot):
    """``KitchenRobot`` in a ``HouseWorld``. It is given no floor plan: the first look around goes wherever its map shows
    a way to what it has not seen (``explorer`` False: it turns on the spot as in a kitchen). It drives on wheels: it stays on
    the floor where it starts, which is height 0 of its map; the map of another floor has another ``map_id``."""

    time_limit = 600.0
    """Simulated seconds for one action: getting to know eight rooms takes minutes."""

    def __init__(
        self, world: HouseWorld, *, seed: int = 0, camera: PinholeCamera | None = None, explorer: bool = True
    ) -> None:
        self.map_id = f"house-{world.house.seed}" + (f"-floor-{world.floor}" if world.floor else "")
        super().__init__(world, seed=seed, camera=camera)
        self._explorer = explorer

    def _skill(self, action: Action) -> Motion:
        if action.verb is Verb.LOOK and action.target is None and not self._surveyed and self._explorer:
            self._surveyed = True
            return explore(self._control)
        if action.verb in (Verb.OPEN, Verb.CLOSE) and action.target is not None and action.target.handle_world is None:
            return _look_for_handle(self._control, action.target)
        return super()._skill(action)


def _look_for_handle(control: Control, target: Target) -> Motion:
    """A handle is a few pixels from across a room: look at the front from nearby, so that whoever asked may ask again."""
    yield from look_at(control, target)
    raise Failed(Status.NOT_THERE, f"no handle of the {target.label} was known; it was looked at from nearby just now")
