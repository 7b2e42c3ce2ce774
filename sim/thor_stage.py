"""The Unity side of AI2-THOR without Unity: takes actions as its client sends them, answers with its metadata and images.

One agent in one iTHOR scene. Scenes come from metadata files, behaviour from ``ithor_world``, sight from ``ithor_sight``. An
action that is not served fails in AI2-THOR's own shape: ``lastActionSuccess`` false, ``errorCode`` "InvalidAction".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np

from ..errors import InputError
from .ithor_library import SceneLibrary
from .ithor_picture import FAR, Picture, pinhole
from .ithor_sight import Sight
from .ithor_world import IthorWorld
from .thor_metadata import world_metadata
from .thor_protocol import Field

NEAR = 0.1
STEP = 0.25
LARGEST = 2048


class Refused(Exception):
    """An action that is not carried out; ``code`` is AI2-THOR's errorCode."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Settings:
    """What Initialize sets, by AI2-THOR's names and defaults."""

    gridSize: float = STEP
    fieldOfView: float = 90.0
    visibilityDistance: float = 1.5
    rotateStepDegrees: float = 90.0
    snapToGrid: bool = True
    renderImage: bool = True
    renderDepthImage: bool = False
    renderInstanceSegmentation: bool = False
    renderSemanticSegmentation: bool = False


@dataclass(eq=False)
class ThorStage:
    """One simulated AI2-THOR process. ``step`` takes an action, ``images`` gives the pictures after it."""

    scenes: SceneLibrary
    width: int = 300
    height: int = 300
    world: IthorWorld = field(init=False)
    sight: Sight = field(init=False)
    settings: Settings = field(default_factory=Settings)
    openness: dict[str, float] = field(default_factory=dict)
    _visible: list[str] | None = field(default=None, init=False)
    _picture: tuple[Any, Picture] | None = field(default=None, init=False)
    _colors: dict[str, tuple[int, int, int]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        names = self.scenes.names()
        if not names:
            raise InputError(f"no iTHOR scenes in {self.scenes.folder}: expected FloorPlan1.json.gz and the like")
        self.load(names[0])

    # --- one step -------------------------------------------------------------------------------------------------------
    def step(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one action; the agent's metadata after it. Failure is in the metadata, never raised."""
        from .thor_actions import ACTIONS

        name = str(action.get("action", ""))
        value: Any = None
        error, code = "", ""
        try:
            handler: Callable[[ThorStage, Mapping[str, Any]], Any] | None = ACTIONS.get(name)
            if handler is None:
                raise Refused(
                    f"Action: {name} is not served without Unity; there are {', '.join(sorted(ACTIONS))}",
                    "InvalidAction",
                )
            self.flags(action)
            value = handler(self, action)
        except Refused as refused:
            error, code = str(refused), refused.code
        except (KeyError, TypeError, ValueError) as wrong:
            error, code = f"{name}: an argument is missing or wrong: {type(wrong).__name__} {wrong}", "InvalidArgument"
        self._visible = None
        return self.metadata(name, value, error, code)

    def metadata(self, name: str, value: Any, error: str, code: str) -> dict[str, Any]:
        """The agent's metadata with what is to say of the last action."""
        found = world_metadata(self.world, self.visible())
        for entry in found["objects"] if self.openness else ():
            if entry["objectId"] in self.openness and entry["isOpen"]:
                entry["openness"] = self.openness[entry["objectId"]]
        return found | {
            "fov": self.settings.fieldOfView,
            "lastAction": name,
            "lastActionSuccess": not error,
            "errorMessage": error,
            "errorCode": code,
            "actionReturn": value,
            "screenWidth": self.width,
            "screenHeight": self.height,
            "colors": self._color_list() if self._colored else None,
        }

    def visible(self) -> list[str]:
        """Ids of the visible things."""
        if self._visible is None:
            self._visible = self.sight.visible()
        return self._visible

    # --- scene and settings ---------------------------------------------------------------------------------------------
    def load(self, name: str) -> None:
        """Start a scene as its file has it."""
        self.adopt(IthorWorld(self.scenes[name.removesuffix("_physics")]))

    def adopt(self, world: IthorWorld) -> None:
        """Go on in another world."""
        self.world = world
        self.openness = {}
        self._visible, self._picture = None, None
        self._colors = {}
        self.refit()

    def refit(self) -> None:
        """New eyes after a change of resolution, field of view or visibility distance."""
        s = self.settings
        self.sight = Sight(
            self.world, width=self.width, height=self.height, fov=s.fieldOfView, reach=s.visibilityDistance
        )
        self._visible, self._picture = None, None

    def flags(self, action: Mapping[str, Any]) -> None:
        """Rendering flags may come with any action."""
        for key in ("renderImage", "renderDepthImage", "renderInstanceSegmentation", "renderSemanticSegmentation"):
            if key in action:
                setattr(self.settings, key, bool(action[key]))

    def resize(self, width: int, height: int) -> None:
        """Another resolution."""
        if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
            raise Refused(f"resolution {width}×{height} is not usable: 1 to {LARGEST} pixels", "InvalidArgument")
        self.width, self.height = width, height
        self.refit()

    # --- pictures ---------------------------------------------------------------------------------------------------------
    def images(self) -> Iterator[tuple[Field, bytes]]:
        """The images that are switched on, raw, bottom row first; each is made when it is asked for."""
        s = self.settings
        if s.renderImage:
            yield Field.RGB, self.picture().rgb[::-1].tobytes()
        if s.renderDepthImage:
            depth = self.picture().depth[::-1].copy()
            depth[depth == 0] = FAR
            yield Field.DEPTH, depth.tobytes()
        if s.renderInstanceSegmentation:
            picture = self.picture()
            yield Field.IDS, self._painted(picture, picture.ids)
        if s.renderSemanticSegmentation:
            picture = self.picture()
            yield Field.CLASSES, self._painted(picture, [self.world.kind(i) for i in picture.ids])

    def picture(self) -> Picture:
        """What the camera shows now."""
        camera = pinhole(self.width, self.height, self.settings.fieldOfView)
        key = (self.sight.T_world_cam.tobytes(), camera, self.sight.version())
        if self._picture is None or self._picture[0] != key:
            self._picture = (key, self.sight.picture(camera))
        return self._picture[1]

    @property
    def _colored(self) -> bool:
        return self.settings.renderInstanceSegmentation or self.settings.renderSemanticSegmentation

    def _painted(self, picture: Picture, names: Any) -> bytes:
        table = np.array([(*self.color(n), 255) for n in [*names, "Wall"]], dtype=np.uint8).view(np.uint32).ravel()
        return table.take(picture.index[::-1], mode="wrap").tobytes()

    def _color_list(self) -> list[dict[str, Any]]:
        kinds = sorted({self.world.kind(i) for i in self.world.ids()} | {"Wall"})
        return [{"name": n, "color": list(self.color(n))} for n in [*kinds, *self.world.ids()]]

    def color(self, name: str) -> tuple[int, int, int]:
        """The segmentation colour of an object id or a class: fixed by its name, unique in the scene."""
        if name not in self._colors:
            value, taken = crc32(name.encode()) & 0xFFFFFF, set(self._colors.values())
            while (color := (value >> 16, value >> 8 & 255, value & 255)) in taken:
                value = (value + 0x9E3779) & 0xFFFFFF
            self._colors[name] = color
        return self._colors[name]
