"""`loci/Ithor-v0`: iTHOR scenes as an environment; visible-object reports under AI2-THOR's rules, or pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..contracts import Outcome, Status, Verb
from ..errors import ConfigError
from ..geometry import PinholeCamera
from .goals import Goal, GroundTruth
from .gym_env import WorldEnv
from .gym_ground import WAYS, Seen, Shot
from .ithor_motion import standing_points, teleport
from .ithor_rules import KNIVES
from .ithor_sight import Sight
from .suite_parts import draw_wish
from .suite_scene import Scenery
from .task import WorldRef
from .task_ithor import IthorStage
from .task_worlds import WorldLibrary

STRIDE = 1.0
"""Metres that the robot goes without a target."""
_NEAR = 0.6  # metres between where it wants to go and where it can stand
_DOWN = float(np.deg2rad(20.0))
_KINDS = (
    "AlarmClock Apple ArmChair BaseballBat BasketBall Bathtub BathtubBasin Bed Blinds Book Boots Bottle Bowl Box Bread "
    "ButterKnife CD Cabinet Candle CellPhone Chair Cloth CoffeeMachine CoffeeTable CounterTop CreditCard Cup Curtains Desk "
    "DeskLamp Desktop DiningTable DishSponge DogBed Drawer Dresser Dumbbell Egg Faucet Floor FloorLamp Footstool Fork Fridge "
    "GarbageBag GarbageCan HandTowel HandTowelHolder HousePlant Kettle KeyChain Knife Ladle Laptop LaundryHamper Lettuce "
    "LightSwitch Microwave Mirror Mug Newspaper Ottoman Painting Pan PaperTowelRoll Pen Pencil PepperShaker Pillow Plate "
    "Plunger Poster Pot Potato RemoteControl RoomDecor Safe SaltShaker ScrubBrush Shelf ShelvingUnit ShowerCurtain ShowerDoor "
    "ShowerGlass ShowerHead SideTable Sink SinkBasin SoapBar SoapBottle Sofa Spatula Spoon SprayBottle Statue Stool "
    "StoveBurner StoveKnob TVStand TableTopDecor TeddyBear Television TennisRacket TissueBox Toaster Toilet ToiletPaper "
    "ToiletPaperHanger Tomato Towel TowelHolder Vase Watch WateringCan Window WineBottle AppleSliced BreadSliced EggCracked "
    "LettuceSliced PotatoSliced TomatoSliced"
)


class IthorGround:
    """An iTHOR scene in which ``stage`` says what happens."""

    def __init__(self, stage: IthorStage, fov: float) -> None:
        self.stage, self.world = stage, stage.world
        self.sight = Sight(self.world, fov=fov)
        self._visible = self.sight.visible()

    @property
    def truth(self) -> GroundTruth:
        """The scene."""
        return self.stage

    def draw_goal(self, rng: np.random.Generator) -> tuple[Goal, str]:
        """A wish in one clause."""
        wish = draw_wish(Scenery(self.stage, "ithor", rng))
        if wish is None:
            raise ConfigError(f"nothing can be asked for in {self.world.scene.name}: name a goal")
        return wish.goal, wish.text

    def seen(self) -> Sequence[Seen]:
        """Visible things, and what is in the hand."""
        world, held = self.world, set(self.world.carried())
        found = []
        for id in self._visible:
            thing = world.things[id]
            affords = thing.base.affords
            found.append(Seen(id, thing.type, thing.box_world, frozenset(thing.states), affords, id in held))
        return found

    def pose(self) -> tuple[float, float, float, float]:
        """Where the agent stands and looks."""
        x, y, yaw = self.world.agent.tolist()
        return x, y, yaw, self.world.horizon

    def do(self, verb: Verb, target: str) -> Outcome:
        """As ``IthorWorld.act``."""
        outcome = self.stage.act(verb, target)
        self._visible = self.sight.visible()
        return outcome

    def look(self) -> Outcome:
        """Once around in eight views; it ends as it began."""
        world, started = self.world, self.world.time
        yaw, horizon = float(world.agent[2]), world.horizon
        found: dict[str, None] = {}
        for k in range(WAYS):
            world.agent[2], world.horizon = yaw + k * np.pi / 4, _DOWN
            found |= dict.fromkeys(self.sight.visible())
        world.agent[2], world.horizon = yaw, horizon
        world.time += 1.0
        self._visible = list(found)
        return Outcome(Status.SUCCEEDED, "", started, world.time)

    def go(self, way: int) -> Outcome:
        """A stride: way 0 is ahead, then counter-clockwise."""
        started = self.world.time
        self.world.time += 1.0
        spots, free = self._strides()
        if not free[way]:
            return Outcome(Status.BLOCKED, "nobody can stand there", started, self.world.time)
        yaw = float(self.world.agent[2]) + way * np.pi / 4
        yaw = (yaw + np.pi) % (2 * np.pi) - np.pi
        status, why = teleport(self.world, float(spots[way][0]), float(spots[way][1]), yaw, self.world.horizon)
        self._visible = self.sight.visible()
        return Outcome(status, why, started, self.world.time)

    def ways(self) -> NDArray[np.bool_]:
        """Where there is a place to stand about a stride away."""
        return self._strides()[1]

    def _strides(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The standing point (8, 2) nearest to a stride each way, and whether it is near enough (8,)."""
        x, y, yaw = self.world.agent
        angles = yaw + np.arange(WAYS) * np.pi / 4
        wanted = np.array([x, y]) + STRIDE * np.column_stack([np.cos(angles), np.sin(angles)])
        grid = standing_points(self.world)
        if not len(grid):
            return wanted, np.zeros(WAYS, dtype=np.bool_)
        gaps = np.linalg.norm(grid[None] - wanted[:, None], axis=2)
        best = gaps.argmin(axis=1)
        return grid[best], gaps[np.arange(WAYS), best] < _NEAR

    def shot(self, camera: PinholeCamera) -> Shot:
        """The agent's picture."""
        picture = self.sight.picture(camera)
        return Shot(picture.rgb, picture.depth, picture.index, picture.ids)

    def close(self) -> None:
        """Nothing is held."""


class IthorEnv(WorldEnv):
    """Scenes of AI2-THOR's iTHOR from their metadata. ``scenes``: the folder (default: ithor/ in $LOCI_DATA); ``scene``: the
    name of the only one to use; else each episode draws its scene, and how things lie in it."""

    kinds = tuple(_KINDS.split())
    verbs = (Verb.NAVIGATE, Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE, Verb.TOGGLE, Verb.SLICE)
    knives = KNIVES
    asks: ClassVar[frozenset[str]] = frozenset({"scene"})

    def __init__(self, *, scenes: Path | str | None = None, scene: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self._library = WorldLibrary(scenes if scenes is not None else default_folder())
        self._names = self._library.scenes.names()
        self._scene = scene

    def _begin(self, rng: np.random.Generator, options: Mapping[str, Any]) -> IthorGround:
        drawn = self._names[int(rng.integers(len(self._names)))]
        scene = str(options.get("scene", self._scene or drawn))
        stage = self._library.open(WorldRef("ithor", int(rng.integers(2**31)), 0.0, scene))
        assert isinstance(stage, IthorStage)
        return IthorGround(stage, 90.0)


def default_folder() -> Path:
    """ithor/ in the folder that LOCI_DATA names, or in shared/data beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("LOCI_DATA", beside)) / "ithor"
