"""AI2-THOR's actions, one function each: what the client may ask of a ``ThorStage``.

Each takes the stage and the action's arguments under AI2-THOR's names, returns the ``actionReturn`` and raises ``Refused``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..contracts import Verb
from .ithor_motion import move, nod, standing_points, teleport, turn
from .ithor_picture import FAR
from .ithor_scene import arrange, yaw_from_unity
from .ithor_world import IthorWorld
from .thor_metadata import bounds_metadata
from .thor_stage import NEAR, Refused, Settings, ThorStage
from .thor_things import Args, accept, doing, drop, in_frame, known, setting

SEARCHED = 24
"""Poses nearest to an object that GetInteractablePoses tries, per heading and horizon."""


# --- scene ----------------------------------------------------------------------------------------------------------------
def _reset(stage: ThorStage, a: Args) -> None:
    name = str(a.get("sceneName", stage.world.scene.name)).removesuffix("_physics")
    if name not in stage.scenes.names():
        raise Refused(f"scene {name!r} is not one of {', '.join(stage.scenes.names())}", "InvalidArgument")
    stage.settings = Settings(renderImage=stage.settings.renderImage)
    stage.load(name)


def _initialize(stage: ThorStage, a: Args) -> dict[str, float]:
    if int(a.get("agentCount", 1)) != 1:
        raise Refused(f"agentCount {a['agentCount']} is not served without Unity: 1", "InvalidArgument")
    if str(a.get("agentMode", "default")).lower() != "default":
        raise Refused(f"agentMode {a['agentMode']!r} is not served without Unity: default", "InvalidArgument")
    known = {k: type(v)(a[k]) for k, v in vars(Settings()).items() if a.get(k) is not None}
    settings = replace(stage.settings, **known)
    if not (0.01 <= settings.gridSize <= 5 and 1 <= settings.fieldOfView < 180 and settings.visibilityDistance > 0):
        raise Refused(
            f"gridSize {settings.gridSize}, fieldOfView {settings.fieldOfView}, visibilityDistance "
            f"{settings.visibilityDistance}: 0.01 to 5 m, 1 to below 180 degrees, above 0 m",
            "InvalidArgument",
        )
    stage.settings = settings
    stage.world.reach = settings.visibilityDistance
    stage.refit()
    return {"cameraNearPlane": NEAR, "cameraFarPlane": FAR}


def _resolution(stage: ThorStage, a: Args) -> None:
    stage.resize(int(a["x"]), int(a["y"]))


def _scenes(stage: ThorStage, _: Args) -> list[str]:
    return [f"{n}_physics" for n in stage.scenes.names()]


def _reachable(stage: ThorStage, _: Args) -> list[dict[str, float]]:
    height = stage.world.scene.body
    return [{"x": float(x), "y": height, "z": float(y)} for x, y in standing_points(stage.world)]


def _bounds(stage: ThorStage, _: Args) -> dict[str, Any]:
    return bounds_metadata(stage.world.scene.bounds)


def _object_poses(stage: ThorStage, a: Args) -> None:
    old = stage.world
    world = IthorWorld(arrange(old.scene, a["objectPoses"]))
    dirty = {t.type for t in old.things.values() if "pick" in t.base.affords and "dirty" in t.states}
    for id, thing in world.things.items():
        if "pick" not in thing.base.affords:
            before = old.things[id]
            thing.states, thing.temperature, thing.box_world = before.states, before.temperature, before.box_world
        elif thing.type in dirty:
            thing.states.add("dirty")
            thing.states.discard("filled")
    world.agent, world.horizon, world.time, world.reach = old.agent, old.horizon, old.time, old.reach
    stage.adopt(world)


def _object_toggles(stage: ThorStage, a: Args) -> None:
    for entry in a["objectToggles"]:
        for thing in stage.world.things.values():
            if thing.type == entry["objectType"] and "toggle" in thing.base.affords:
                (thing.states.add if entry["isOn"] else thing.states.discard)("on")


def _all_states(stage: ThorStage, a: Args) -> None:
    """ALFRED's older call: StateChange CanBeDirty or CanBeFilled for all, forceAction says which way."""
    name = {"CanBeDirty": "dirty", "CanBeFilled": "fill"}.get(str(a.get("StateChange")))
    if name is None:
        raise Refused(
            f"StateChange {a.get('StateChange')!r} is not served: CanBeDirty or CanBeFilled", "InvalidArgument"
        )
    for thing in stage.world.things.values():
        if name in thing.base.affords:
            state = "dirty" if name == "dirty" else "filled"
            (thing.states.add if a.get("forceAction") else thing.states.discard)(state)


# --- motion ---------------------------------------------------------------------------------------------------------------
def _mover(ahead: float, right: float) -> Callable[[ThorStage, Args], None]:
    def go(stage: ThorStage, a: Args) -> None:
        far = float(a.get("moveMagnitude") or stage.settings.gridSize)
        if not 0 < far < 100:
            raise Refused(f"moveMagnitude {far} is not usable: above 0 and below 100 m", "InvalidArgument")
        accept(move(stage.world, ahead * far, right * far))

    return go


def _turner(sign: float) -> Callable[[ThorStage, Args], None]:
    def go(stage: ThorStage, a: Args) -> None:
        degrees = float(a.get("degrees") or stage.settings.rotateStepDegrees)
        accept(turn(stage.world, sign * float(np.deg2rad(degrees))))

    return go


def _nodder(sign: float) -> Callable[[ThorStage, Args], None]:
    def go(stage: ThorStage, a: Args) -> None:
        accept(nod(stage.world, sign * float(np.deg2rad(float(a.get("degrees") or 30.0)))))

    return go


def _teleport(stage: ThorStage, a: Args) -> None:
    world = stage.world
    x, y, yaw = (float(v) for v in world.agent)
    position = a.get("position") or {k: a[k] for k in "xyz" if k in a}
    if position:
        x, y = float(position["x"]), float(position["z"])
    if a.get("rotation") is not None:
        turned = a["rotation"]
        yaw = yaw_from_unity(float(turned["y"] if isinstance(turned, Mapping) else turned))
    horizon = world.horizon if a.get("horizon") is None else float(np.deg2rad(float(a["horizon"])))
    if not np.isfinite([x, y, yaw, horizon]).all():
        raise Refused("position, rotation and horizon have to be finite numbers", "InvalidArgument")
    accept(teleport(world, x, y, yaw, horizon, force=bool(a.get("forceAction"))))
    if a.get("standing") is not None:
        world.crouched = not a["standing"]


def _teleport_full(stage: ThorStage, a: Args) -> None:
    missing = [k for k in ("rotation", "horizon", "standing") if a.get(k) is None]
    if not (a.get("position") or "x" in a):
        missing.insert(0, "position")
    if missing:
        raise Refused(f"TeleportFull is missing the arguments {', '.join(missing)}", "MissingArguments")
    _teleport(stage, a)


def _posture(crouched: bool) -> Callable[[ThorStage, Args], None]:
    def go(stage: ThorStage, _: Args) -> None:
        if stage.world.crouched is crouched:
            raise Refused(f"the agent is already {'crouching' if crouched else 'standing'}")
        stage.world.crouched = crouched

    return go


def _nothing(_: ThorStage, __: Args) -> None:
    return None


def _interactable(stage: ThorStage, a: Args) -> list[dict[str, Any]]:
    """Poses on the grid from which the object is visible, nearest first."""
    world, id = stage.world, known(stage, str(a["objectId"]))
    rotations = [float(r) for r in a.get("rotations") or (0.0, 90.0, 180.0, 270.0)]
    horizons = [float(h) for h in a.get("horizons") or (-30.0, 0.0, 30.0, 60.0)]
    before = world.agent.copy(), world.horizon
    box = world.things[id].box_world
    grid = standing_points(world)
    gaps = box.distance(np.column_stack([grid, np.full(len(grid), box.center[2])]))
    found = []
    for k in np.argsort(gaps, kind="stable")[:SEARCHED]:
        if gaps[k] > stage.settings.visibilityDistance:
            break
        for rotation in rotations:
            for horizon in horizons:
                world.agent[:] = (*grid[k], yaw_from_unity(rotation))
                world.horizon = float(np.deg2rad(horizon))
                if stage.sight.sees(id):
                    spot = {"x": float(grid[k][0]), "y": world.scene.body, "z": float(grid[k][1])}
                    found.append(spot | {"rotation": rotation, "horizon": horizon, "standing": not world.crouched})
    world.agent[:], world.horizon = before
    return found


ACTIONS: dict[str, Callable[[ThorStage, Args], Any]] = {
    "Reset": _reset,
    "Initialize": _initialize,
    "ChangeResolution": _resolution,
    "ChangeQuality": _nothing,
    "GetScenesInBuild": _scenes,
    "GetSceneBounds": _bounds,
    "GetReachablePositions": _reachable,
    "GetInteractablePoses": _interactable,
    "GetObjectInFrame": in_frame,
    "SetObjectPoses": _object_poses,
    "SetObjectToggles": _object_toggles,
    "SetStateOfAllObjects": _all_states,
    "MoveAhead": _mover(1, 0),
    "MoveBack": _mover(-1, 0),
    "MoveRight": _mover(0, 1),
    "MoveLeft": _mover(0, -1),
    "RotateLeft": _turner(1),
    "RotateRight": _turner(-1),
    "LookUp": _nodder(-1),
    "LookDown": _nodder(1),
    "Teleport": _teleport,
    "TeleportFull": _teleport_full,
    "Crouch": _posture(True),
    "Stand": _posture(False),
    "Pass": _nothing,
    "NoOp": _nothing,
    "Done": _nothing,
    "PickupObject": doing(Verb.PICK),
    "PutObject": doing(Verb.PLACE),
    "DropHandObject": drop,
    "DropHeldObject": drop,
    "OpenObject": doing(Verb.OPEN),
    "CloseObject": doing(Verb.CLOSE),
    "ToggleObjectOn": doing(Verb.TOGGLE, True),
    "ToggleObjectOff": doing(Verb.TOGGLE, False),
    "SliceObject": doing(Verb.SLICE),
    "BreakObject": setting("broken", True, "break"),
    "DirtyObject": setting("dirty", True, "dirty"),
    "CleanObject": setting("dirty", False, "dirty"),
    "FillObjectWithLiquid": setting("filled", True, "fill"),
    "EmptyLiquidFromObject": setting("filled", False, "fill"),
    "CookObject": setting("cooked", True, "cook"),
}
