"""The state of an iTHOR world in the words of AI2-THOR's event metadata."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ..geometry import Box
from .ithor_rules import CLEANS_IN
from .ithor_scene import STATES, position_from_unity, position_to_unity, yaw_to_unity
from .ithor_world import IthorWorld, Thing

_TEMPERATURES = {"hot": "Hot", "cold": "Cold", "room": "RoomTemp"}
_EMPTY: dict[str, Any] = {
    "isSceneAtRest": True,
    "arm": None,
    "articulationAgent": None,
    "cameraOrthSize": 0.0,
    "thirdPartyCameras": [],
    "collided": False,
    "collidedObjects": [],
    "agentId": 0,
    "depthFormat": "Meters",
    "flatSurfacesOnGrid": [],
    "distances": [],
    "normals": [],
    "isOpenableGrid": [],
    "segmentedObjectIds": [],
    "objectIdsInBox": [],
    "actionIntReturn": 0,
    "actionFloatReturn": 0.0,
    "actionStringsReturn": None,
    "actionFloatsReturn": None,
    "actionVector3sReturn": None,
    "visibleRange": None,
}


def world_metadata(world: IthorWorld, visible: Collection[str]) -> dict[str, Any]:
    """Everything about the world, its agent and its objects; what concerns the last action is the caller's to add."""
    x, y, yaw = (float(v) for v in world.agent)
    turned = {"x": 0.0, "y": yaw_to_unity(yaw), "z": 0.0}
    position = {"x": x, "y": world.scene.body, "z": y}
    seen, inside = set(visible), _contents(world)
    held = world.held()
    hand = position_to_unity(world.things[held].box_world.center) if held else position
    return {
        **_EMPTY,
        "objects": [object_metadata(world, i, i in seen, inside.get(i, [])) for i in world.ids()],
        "agent": {
            "name": "agent",
            "position": position,
            "rotation": turned,
            "cameraHorizon": float(np.rad2deg(world.horizon)),
            "isStanding": not world.crouched,
            "inHighFrictionArea": False,
        },
        "heldObjectPose": {
            "position": hand,
            "rotation": turned,
            "localPosition": {"x": 0.0, "y": -0.16, "z": 0.38},
            "localRotation": {"x": 0.0, "y": 0.0, "z": 0.0},
        },
        "cameraPosition": {"x": x, "y": world.eye, "z": y},
        "inventoryObjects": [{"objectId": held, "objectType": world.kind(held)}] if held else [],
        "sceneName": f"{world.scene.name}_physics",
        "currentTime": world.time,
        "sceneBounds": bounds_metadata(world.scene.bounds),
    }


def object_metadata(world: IthorWorld, id: str, visible: bool, contents: list[str]) -> dict[str, Any]:
    """One object as AI2-THOR describes it."""
    thing = world.things[id]
    found = _lasting(thing).copy()
    x, y, _ = world.agent.tolist()
    at = found["position"]
    held = world.held() == id
    parents = world.holder(id) if "pick" in thing.base.affords else thing.base.parents
    found["visible"] = found["isInteractable"] = visible
    found["isPickedUp"] = held
    found["distance"] = math.dist((at["x"], at["z"], at["y"]), (x, y, world.scene.body))
    found["receptacleObjectIds"] = contents
    found["parentReceptacles"] = None if held else list(parents) or None
    return found


def _lasting(thing: Thing) -> dict[str, Any]:
    """What stays the same while the thing keeps its place and its states; kept with the thing until one changes."""
    base, box = thing.base, thing.box_world
    key = (frozenset(thing.states), thing.temperature)
    kept = thing.described
    if kept is not None and kept[0] is box and kept[1] == key:
        return kept[2]
    loose = "pick" in base.affords
    found = {
        **base.source,
        **{name: state in thing.states for name, state in STATES.items()},
        "name": base.name or base.id,
        "objectId": base.id,
        "objectType": thing.type,
        "position": position_to_unity(_pivot(thing) + (box.center - base.box_world.center)),
        "rotation": _rotation(thing),
        "receptacle": "receptacle" in base.affords or thing.type in CLEANS_IN,
        "sliceable": "slice" in base.affords,
        "openness": float("open" in thing.states),
        "temperature": _TEMPERATURES[thing.temperature],
        "isMoving": False,
        "fillLiquid": "water" if "filled" in thing.states else None,
        "axisAlignedBoundingBox": bounds_metadata(box),
        "objectOrientedBoundingBox": {"cornerPoints": box.corners()[:, [0, 2, 1]].tolist()} if loose else None,
    }
    thing.described = (box, key, found)
    return found


def bounds_metadata(box: Box) -> dict[str, Any]:
    """The axis-aligned hull of a box: corner points, centre and size in Unity's axes."""
    (x0, z0, y0), (x1, z1, y1) = (b.tolist() for b in box.bounds())
    return {
        "cornerPoints": [[x, y, z] for x in (x1, x0) for y in (y1, y0) for z in (z1, z0)],
        "center": {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "z": (z0 + z1) / 2},
        "size": {"x": x1 - x0, "y": y1 - y0, "z": z1 - z0},
    }


def box_of(metadata: Mapping[str, Any]) -> Box:
    """The upright box in Loci's world of an object's metadata."""
    oriented = (metadata.get("objectOrientedBoundingBox") or {}).get("cornerPoints")
    corners = np.asarray(oriented or metadata["axisAlignedBoundingBox"]["cornerPoints"], dtype=np.float64)[:, [0, 2, 1]]
    return Box.upright(corners) if oriented else Box.from_bounds(corners.min(axis=0), corners.max(axis=0))


def _pivot(thing: Thing) -> Any:
    """Where the pivot is while the thing stands where it started; the box's middle where that is not known."""
    source = thing.base.source
    started = source.get("position")
    if started is None or source.get("objectId") != thing.base.id:
        return thing.base.box_world.center
    return position_from_unity(started)


def _rotation(thing: Thing) -> dict[str, float]:
    source = thing.base.source
    if source.get("objectId") == thing.base.id and "rotation" in source:
        return {k: float(source["rotation"][k]) for k in "xyz"}
    return {"x": 0.0, "y": yaw_to_unity(thing.box_world.yaw), "z": 0.0}


def _contents(world: IthorWorld) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id in world.ids():
        for place in world.holder(id):
            found.setdefault(place, []).append(id)
    return found
