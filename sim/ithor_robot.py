"""The iTHOR robot without any client: ``ThorRobot`` straight on a ``ThorStage`` in the same process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ithor_library import SceneLibrary
from .ithor_picture import FAR
from .ithor_world import IthorWorld
from .thor_robot import ThorRobot
from .thor_stage import ThorStage


class LocalEvent:
    """What a step led to, with the attributes of ``ai2thor.server.Event`` that the robot reads; pictures on demand."""

    def __init__(self, stage: ThorStage, metadata: Mapping[str, Any]) -> None:
        self.metadata = metadata
        self._stage = stage

    @property
    def frame(self) -> NDArray[np.uint8]:
        """Colours (H, W, 3)."""
        return self._stage.picture().rgb

    @property
    def depth_frame(self) -> NDArray[np.float32]:
        """Metres (H, W) along the axis."""
        depth = self._stage.picture().depth
        return np.where(depth > 0, depth, np.float32(FAR))

    @property
    def instance_segmentation_frame(self) -> NDArray[np.uint8]:
        """Instance colours (H, W, 3)."""
        picture = self._stage.picture()
        table = np.array([self._stage.color(i) for i in [*picture.ids, "Wall"]], dtype=np.uint8)
        return np.asarray(table[picture.index])

    @cached_property
    def color_to_object_id(self) -> dict[tuple[int, int, int], str]:
        """Name of each instance colour."""
        picture = self._stage.picture()
        return {self._stage.color(i): i for i in [*picture.ids, "Wall"]}


class LocalThor:
    """A ``ThorClient`` in the same process: no pipes, no msgpack, no copies."""

    def __init__(self, stage: ThorStage) -> None:
        self.stage = stage
        self.last_event = LocalEvent(stage, stage.step({"action": "Pass"}))

    def step(self, action: str, **arguments: Any) -> LocalEvent:
        """Carry out one action; ``ValueError`` where AI2-THOR's Controller raises it."""
        metadata = self.stage.step({"action": action, **arguments})
        self.last_event = LocalEvent(self.stage, metadata)
        if metadata["errorCode"] in ("InvalidAction", "MissingArguments", "InvalidArgument"):
            raise ValueError(metadata["errorMessage"])
        return self.last_event

    def stop(self) -> None:
        """Nothing to stop."""


class IthorRobot(ThorRobot):
    """A robot in an iTHOR scene: ``IthorRobot(scenes, "FloorPlan1")``, or in a ``world`` that was made already."""

    def __init__(
        self,
        scenes: SceneLibrary,
        scene: str | None = None,
        *,
        world: IthorWorld | None = None,
        width: int = 300,
        height: int = 300,
        fov: float = 90.0,
        seed: int = 0,
        images: bool = True,
    ) -> None:
        self.stage = ThorStage(scenes, width, height)
        if world is not None:
            self.stage.adopt(world)
        elif scene is not None:
            self.stage.load(scene)
        self.stage.settings.fieldOfView = fov
        self.stage.refit()
        super().__init__(LocalThor(self.stage), robot_id="ithor", seed=seed, images=images)
