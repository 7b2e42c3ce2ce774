"""What an environment stands on: a world with a robot in it, behind one small interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..contracts import Outcome, Verb
from ..geometry import F64, Box, PinholeCamera
from .goals import Goal, GroundTruth

WAYS = 8
"""Ways that the robot can go without a target: an eighth of a turn each, or the rooms of a house."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A thing that the robot sees now: its id in the world, class, upright box, the states that hold, what it affords, and
    whether it is in the hand."""

    id: str
    kind: str
    box_world: Box
    states: frozenset[str]
    affords: frozenset[str]
    held: bool = False


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture: ``rgb`` (H, W, 3) uint8, ``depth`` (H, W) float32 metres (0 = none), ``index`` (H, W) int into ``ids``,
    negative where nothing of them shows."""

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    index: NDArray[np.int32]
    ids: Sequence[str]


def looking(T_world_cam: F64) -> tuple[float, float, float, float]:
    """Where a camera is and looks, as ``Ground.pose`` says it: x, y in metres, heading, and how far down, in radians."""
    ahead = T_world_cam[:3, 2]
    yaw, down = np.arctan2(ahead[1], ahead[0]), -np.arcsin(np.clip(ahead[2], -1, 1))
    return float(T_world_cam[0, 3]), float(T_world_cam[1, 3]), float(yaw), float(down)


class Ground(Protocol):
    """One episode's world. Whatever the robot does is an ``Outcome``; nothing raises because an action failed."""

    @property
    def truth(self) -> GroundTruth:
        """What goals are checked against."""
        ...

    def draw_goal(self, rng: np.random.Generator) -> tuple[Goal, str]:
        """A goal that can be met here and is not met yet, and how a person would ask for it."""
        ...

    def seen(self) -> Sequence[Seen]:
        """What the robot saw during its last action, each thing once."""
        ...

    def pose(self) -> tuple[float, float, float, float]:
        """x, y (metres), heading and how far down the camera looks (radians)."""
        ...

    def do(self, verb: Verb, target: str) -> Outcome:
        """One action on a thing."""
        ...

    def look(self) -> Outcome:
        """Look all around."""
        ...

    def go(self, way: int) -> Outcome:
        """Go one of ``WAYS`` ways."""
        ...

    def ways(self) -> NDArray[np.bool_]:
        """Which of the ways (8,) are free as far as the robot knows."""
        ...

    def shot(self, camera: PinholeCamera) -> Shot:
        """What the robot's camera shows now."""
        ...

    def close(self) -> None:
        """Release what the world holds."""
        ...
