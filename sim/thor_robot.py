"""A ``Robot`` over AI2-THOR's ``Controller``: the real one with Unity, or with `loci thor-server` in Unity's place.

It takes from an event's metadata what a body knows of itself (pose, hand, its map of standing points) and what its camera
recognises now (visible objects with boxes, the instance image). A target is found among *visible* objects by box and label;
memory's ids mean nothing here, and objects that are out of sight are never asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..contracts import Action, ObjectReport, RGBDFrame, Status, Target, Verb
from ..errors import ConfigError, RobotError
from ..geometry import Box
from .ithor_labels import label_of
from .ithor_scene import position_from_unity, yaw_from_unity, yaw_to_unity
from .ithor_world import REACH
from .one_action import Failed, OneAction, failing
from .thor_finding import box_gap, spread, status_of
from .thor_frames import frame_of, report_of
from .thor_metadata import box_of
from .thor_running import ThorRunning

NEAR_ENOUGH = 0.35
"""A visible object of the target's class is the target when it differs as little from the believed box, metres."""
OTHER_CLASS = 0.06
"""… and one of another class, metres: the recogniser may have been wrong, but then the box has to fit."""
TRIES = 16
"""Standing points from which a target is looked for before the nearest one has to do."""
SECONDS = {"motion": 0.5, "hand": 1.0}
"""Duration of one AI2-THOR action on the robot's clock."""
_STEP_OF = {Verb.OPEN: "OpenObject", Verb.CLOSE: "CloseObject", Verb.SLICE: "SliceObject", Verb.PICK: "PickupObject"}


class ThorClient(Protocol):
    """The part of ``ai2thor.controller.Controller`` that the robot uses."""

    @property
    def last_event(self) -> Any: ...
    def step(self, action: str, **arguments: Any) -> Any: ...
    def stop(self) -> Any: ...


class ThorRobot(OneAction):
    """AI2-THOR's default agent as a body. One action at a time; each ``poll`` is one AI2-THOR step.

    ``client`` has to render depth and instance segmentation, unless ``images`` is False: then ``frames`` stays empty and
    ``reports`` lists what was visible instead. ``seed`` permutes the segment numbers of each frame.
    """

    capabilities = frozenset(
        {Verb.NAVIGATE, Verb.LOOK, Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE, Verb.TOGGLE, Verb.SLICE}
    )

    def __init__(self, client: ThorClient, *, robot_id: str = "thor", seed: int = 0, images: bool = True) -> None:
        super().__init__()
        self.client = client
        self.robot_id = robot_id
        self.images = images
        self.now = 0.0
        self._rng = np.random.default_rng([seed, 17])
        self._frames: list[RGBDFrame] = []
        self._reports: list[ObjectReport] = []
        self.refresh()
        self._look()

    @classmethod
    def launch(
        cls, scene: str, *, executable: Path | str | None = None, cloud: bool = False, seed: int = 0, **settings: Any
    ) -> ThorRobot:
        """Start AI2-THOR: ``executable`` (a Unity build, or a launcher of `loci thor-server`), else AI2-THOR's own build,
        with ``cloud`` the headless one (needs Vulkan; downloads some 700 MB the first time). ``settings`` go to the Controller.

        Raises ``ConfigError`` before anything is started that could not speak and would be waited for.
        """
        options: dict[str, Any] = {
            "scene": scene,
            "renderDepthImage": True,
            "renderInstanceSegmentation": True,
            **settings,
        }
        if executable is not None:
            path = Path(executable).absolute()
            if not path.is_file() or not path.stat().st_mode & 0o111:
                raise ConfigError(f"{path} is no executable file: a Unity build, or one of `loci thor-server`")
            options |= {"local_executable_path": str(path), "x_display": settings.get("x_display", ":0")}
            options.setdefault("server_start_timeout", 60.0)
        with warnings.catch_warnings():  # the client's sources carry escapes that Python warns of
            warnings.simplefilter("ignore")
            try:
                controller = import_module("ai2thor.controller").Controller
                if cloud:
                    options["platform"] = import_module("ai2thor.platform").CloudRendering
            except ImportError as error:
                raise ConfigError(
                    f'the AI2-THOR client is not installed: pip install "ai2thor>=5" ({error})'
                ) from error
            return cls(controller(**options), seed=seed)

    def refresh(self) -> None:
        """Learn the scene's name and standing points again, after the client was given another scene."""
        metadata = self.client.step("GetReachablePositions").metadata
        self.map_id = str(metadata["sceneName"]).removesuffix("_physics")
        self._grid = np.array([position_from_unity(p)[:2] for p in metadata["actionReturn"] or []]).reshape(-1, 2)

    # --- contracts.Robot ----------------------------------------------------------------------------------------------
    def frames(self) -> Iterable[RGBDFrame]:
        """The frames taken since the last call, oldest first."""
        out, self._frames = self._frames, []
        return out

    def reports(self) -> list[ObjectReport]:
        """The visible objects of each look since the last call, where images are off."""
        out, self._reports = self._reports, []
        return out

    def _begin(self, action: Action) -> ThorRunning:
        return ThorRunning(self, self._skill(action))

    def close(self) -> None:
        """Stop the client. May be called twice."""
        if not self._closed:
            super().close()
            self.client.stop()

    # --- skills: generators that yield after each AI2-THOR step ---------------------------------------------------------
    def _skill(self, action: Action) -> Iterator[None]:
        target = action.target
        if action.verb not in self.capabilities:
            return failing(Status.UNSUPPORTED, f"this robot cannot {action.verb}")
        if action.verb is Verb.LOOK and target is None:
            return self._look_around()
        if target is None:
            return failing(Status.UNSUPPORTED, f"{action.verb} needs a target")
        if action.verb in (Verb.NAVIGATE, Verb.LOOK):
            return self._approach(target)
        return self._manipulate(action.verb, target, action.text)

    def _look_around(self) -> Iterator[None]:
        """Full circle in eight views, looking a little down."""
        here = self._pose()
        for k in range(8):
            self._stand(*here[:2], here[2] + k * np.pi / 4, float(np.deg2rad(20.0)))
            self._look()
            yield

    def _approach(self, target: Target) -> Iterator[None]:
        """To the nearest standing point from which the target is seen; to the nearest one at all if it is seen from none."""
        if not len(self._grid):
            raise Failed(Status.BLOCKED, "there is nowhere to stand")
        box = target.box_world
        gaps = box.distance(np.column_stack([self._grid, np.full(len(self._grid), box.center[2])]))
        order = [int(k) for k in np.argsort(gaps, kind="stable") if gaps[k] <= REACH]
        if not order:
            raise Failed(Status.BLOCKED, f"no standing point within {REACH} m of the {target.label}")
        chosen = spread(self._grid, order)[:TRIES]
        for k in [*chosen, chosen[0]]:
            self._face(self._grid[k], box)
            yield
            if self.find(target) is not None:
                break
        self._look()

    def _manipulate(self, verb: Verb, target: Target, text: str) -> Iterator[None]:
        held = self._metadata["inventoryObjects"]
        if verb is Verb.PICK and held:
            raise Failed(Status.HANDS_FULL, f"the hand holds a {label_of(held[0]['objectType'])}")
        if verb is Verb.PLACE and not held:
            raise Failed(Status.HANDS_EMPTY, "nothing is held")
        found = self.find(target)
        if found is None:
            yield from self._approach(target)
            found = self.find(target)
        if found is None:
            raise Failed(Status.NOT_THERE, f"no {target.label} is to be seen there")
        name = _STEP_OF.get(verb, "")
        if verb is Verb.PLACE:
            name = "PutObject"
        if verb is Verb.TOGGLE:
            wanted = not found["isToggled"] if text not in ("on", "off") else text == "on"
            name = "ToggleObjectOn" if wanted else "ToggleObjectOff"
        event = self._step(name, "hand", objectId=found["objectId"])
        yield
        self._look()
        if not event.metadata["lastActionSuccess"]:
            raise Failed(status_of(verb, found, event.metadata), str(event.metadata["errorMessage"]))

    # --- the client's steps ----------------------------------------------------------------------------------------------
    @property
    def _metadata(self) -> Mapping[str, Any]:
        metadata: Mapping[str, Any] = self.client.last_event.metadata
        return metadata

    def _step(self, name: str, kind: str, **arguments: Any) -> Any:
        self.now += SECONDS[kind]
        try:
            return self.client.step(name, **arguments)
        except ValueError as error:  # the Controller's way to report an action that the build does not have
            raise Failed(Status.UNSUPPORTED, str(error)) from error
        except (RuntimeError, TimeoutError, OSError) as error:
            raise RobotError(f"AI2-THOR did not answer {name}: {error}") from error

    def _pose(self) -> tuple[float, float, float]:
        agent = self._metadata["agent"]
        where = position_from_unity(agent["position"])
        return float(where[0]), float(where[1]), yaw_from_unity(agent["rotation"]["y"])

    def _stand(self, x: float, y: float, yaw: float, horizon: float) -> None:
        height = float(self._metadata["agent"]["position"]["y"])
        event = self._step(
            "TeleportFull",
            "motion",
            position={"x": float(x), "y": height, "z": float(y)},
            rotation={"x": 0.0, "y": yaw_to_unity(yaw), "z": 0.0},
            horizon=float(np.rad2deg(horizon)),
            standing=True,
        )
        if not event.metadata["lastActionSuccess"]:
            raise Failed(Status.BLOCKED, str(event.metadata["errorMessage"]))

    def _face(self, spot: NDArray[np.float64], box: Box) -> None:
        eye = float(self._metadata["cameraPosition"]["y"])
        gap = box.center - (*spot, eye)
        horizon = np.clip(np.arctan2(-gap[2], np.hypot(gap[0], gap[1])), np.deg2rad(-30), np.deg2rad(60))
        self._stand(spot[0], spot[1], float(np.arctan2(gap[1], gap[0])), float(horizon))

    def _look(self) -> None:
        """Keep what the camera shows now."""
        event = self.client.last_event
        if self.images:
            self._frames.append(frame_of(event, self.now, self.robot_id, self.map_id, self._rng))
        else:
            seen = [o for o in event.metadata["objects"] if o["visible"]]
            self._reports += [report_of(o, self.now, self.robot_id, self.map_id) for o in seen]

    def find(self, target: Target) -> Mapping[str, Any] | None:
        """The visible object that a target means: the one nearest to its box, its class counting; None without any."""
        best: tuple[bool, float, str] | None = None
        found: Mapping[str, Any] | None = None
        for entry in self._metadata["objects"]:
            if not entry["visible"] or entry.get("isPickedUp"):
                continue
            other = label_of(entry["objectType"]) != target.label
            gap = box_gap(box_of(entry), target.box_world)
            score = (other, gap, str(entry["objectId"]))
            if gap <= (OTHER_CLASS if other else NEAR_ENOUGH) and (best is None or score < best):
                best, found = score, entry
        return found
