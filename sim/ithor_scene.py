"""iTHOR scenes from AI2-THOR metadata: what is where, how large, and what can be done with it.

AI2-THOR's frame is left-handed, y up, with heading 0 along +z and clockwise from above. Exchanging y and z gives Loci's
right-handed world with z up: (x, y, z) → (x, z, y); a heading θ becomes the yaw π/2 − θ. Everything behind this file is in
Loci's frame.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..geometry import F64, Box, rotation_z, transform

AFFORDANCES = {
    "pickupable": "pick",
    "receptacle": "receptacle",
    "openable": "open",
    "toggleable": "toggle",
    "sliceable": "slice",
    "breakable": "break",
    "canFillWithLiquid": "fill",
    "dirtyable": "dirty",
    "cookable": "cook",
    "moveable": "push",
}
STATES = {
    "isOpen": "open",
    "isToggled": "on",
    "isBroken": "broken",
    "isFilledWithLiquid": "filled",
    "isDirty": "dirty",
    "isSliced": "sliced",
    "isCooked": "cooked",
}


NEWER_NAMES = {"Glassbottle": "Bottle", "ToiletPaperRoll": "ToiletPaper", "PaperTowel": "PaperTowelRoll"}
"""Types of ALFRED's build that AI2-THOR 5.0 calls otherwise: a pose keeps its old name and takes the new one's size."""


@dataclass(frozen=True, eq=False)
class SceneObject:
    """One object of a scene: its id and type as AI2-THOR spells them, its upright box in Loci's world, what it affords."""

    id: str
    type: str
    box_world: Box
    affords: frozenset[str]
    states: frozenset[str]
    parents: tuple[str, ...]
    controls: tuple[str, ...] = ()
    temperature: str = "room"
    mass: float = 0.0
    name: str = ""
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The metadata that it was read from."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A scene: objects by id, standing points (N, 2), where a receptacle is best seen from (x, y, yaw, pitch), bounds."""

    name: str
    objects: Mapping[str, SceneObject]
    standing: F64
    views: Mapping[str, tuple[float, float, float, float]]
    bounds: Box
    agent: tuple[float, float, float] = field(default=(0.0, 0.0, 0.0))  # x, y, yaw
    eye: float = 1.576
    """Height of the standing agent's camera, metres."""
    body: float = 0.901
    """Height of the point that AI2-THOR calls the agent's position, metres; 0.9 above the floor."""

    def of_type(self, kind: str) -> list[SceneObject]:
        """All objects of one type, by id."""
        return [o for _, o in sorted(self.objects.items()) if o.type == kind]


def position_from_unity(p: Mapping[str, float]) -> F64:
    """(3,) Loci position of a Unity position {"x", "y", "z"}."""
    return np.array([p["x"], p["z"], p["y"]], dtype=np.float64)


def position_to_unity(p: Sequence[float] | F64) -> dict[str, float]:
    """Unity position of a Loci position (3,)."""
    return {"x": float(p[0]), "y": float(p[2]), "z": float(p[1])}


def yaw_from_unity(degrees: float) -> float:
    """Yaw in radians, counter-clockwise about z, of a Unity heading in degrees."""
    return float((np.pi / 2 - np.deg2rad(degrees) + np.pi) % (2 * np.pi) - np.pi)


def yaw_to_unity(yaw: float) -> float:
    """Unity heading in degrees, [0, 360), of a yaw in radians."""
    return float(np.rad2deg(np.pi / 2 - yaw) % 360.0)


def load_scene(path: Path | str) -> Scene:
    """Read one metadata file (.json or .json.gz). Raises ``InputError`` that names the file and what is wrong with it."""
    path = Path(path)
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        data = json.loads(raw)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(
            f"scene file {path} cannot be read: {error}; expected AI2-THOR metadata, JSON or gzip"
        ) from error
    try:
        return scene_from_metadata(data)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise InputError(f"scene file {path} is not AI2-THOR metadata: {type(error).__name__} {error}") from error


def scene_from_metadata(data: Mapping[str, Any]) -> Scene:
    """A scene from the metadata of its first event, with `_reachable_xz` and `_receptacle_view_poses` if they are there."""
    objects = {o["objectId"]: _object(o) for o in data["objects"]}
    if not objects:
        raise ValueError("no objects")
    views = {
        key: (float(x), float(z), yaw_from_unity(rotation), float(np.deg2rad(horizon)))
        for key, (x, z, rotation, horizon) in data.get("_receptacle_view_poses", {}).items()
    }
    agent = data["agent"]
    where = position_from_unity(agent["position"])
    return Scene(
        name=str(data["sceneName"]).removesuffix("_physics"),
        objects=objects,
        standing=np.asarray(data.get("_reachable_xz", []), dtype=np.float64).reshape(-1, 2),
        views=views,
        bounds=_bounds(data["sceneBounds"]["cornerPoints"]),
        agent=(float(where[0]), float(where[1]), yaw_from_unity(agent["rotation"]["y"])),
        eye=float((data.get("cameraPosition") or {}).get("y", where[2] + 0.675)),
        body=float(where[2]),
    )


def _object(o: Mapping[str, Any]) -> SceneObject:
    return SceneObject(
        id=o["objectId"],
        type=o["objectType"],
        box_world=_box(o),
        affords=frozenset(name for key, name in AFFORDANCES.items() if o.get(key)),
        states=frozenset(name for key, name in STATES.items() if o.get(key)),
        parents=tuple(o.get("parentReceptacles") or ()),
        controls=tuple(o.get("controlledObjects") or ()),
        temperature={"Hot": "hot", "Cold": "cold"}.get(o.get("temperature", ""), "room"),
        mass=float(o.get("mass") or 0.0),
        name=str(o.get("name", "")),
        source=o,
    )


def _box(o: Mapping[str, Any]) -> Box:
    """The oriented box where there is one that stands upright, else the axis-aligned one."""
    corners = (o.get("objectOrientedBoundingBox") or {}).get("cornerPoints")
    if corners:
        points = _corners(corners)
        box = Box.upright(points)
        # a lying object's oriented box is not upright; its upright hull is what the robot sees anyway
        if np.isfinite(box.size).all() and (box.size > 0).all():
            return box
    return _bounds(o["axisAlignedBoundingBox"]["cornerPoints"])


def _bounds(corners: Sequence[Sequence[float]]) -> Box:
    points = _corners(corners)
    return Box.from_bounds(points.min(axis=0), points.max(axis=0))


def _corners(corners: Sequence[Sequence[float]]) -> F64:
    return np.asarray(corners, dtype=np.float64)[:, [0, 2, 1]]


def arrange(scene: Scene, poses: Sequence[Mapping[str, Any]], sizes: Mapping[str, SceneObject] | None = None) -> Scene:
    """The scene with ALFRED's ``object_poses`` instead of its own loose things.

    Names in ``poses`` are ``Type_suffix``; they are joined by type, because the suffixes come from another build. The size
    and affordances of a type are those of the scene's own object of that type (or of ``sizes``); a type known to neither is
    left out. Loose things that no pose names are taken away, as AI2-THOR's SetObjectPoses does.
    """
    known = {o.type: o for o in (sizes or {}).values()} | {o.type: o for o in scene.objects.values()}
    fixed = {k: o for k, o in scene.objects.items() if "pick" not in o.affords}
    loose: dict[str, SceneObject] = {}
    for pose in poses:
        kind = pose["objectName"].split("_")[0]
        model = known.get(kind) or known.get(NEWER_NAMES.get(kind, ""))
        if model is None or "pick" not in model.affords:
            continue
        model = model if model.type == kind else replace(model, type=kind)
        pivot = position_from_unity(pose["position"])
        key = object_id(model.type, pivot)
        while key in loose or key in fixed:
            key += "'"
        turned, center = _posed(model, pivot, yaw_from_unity(pose["rotation"]["y"]))
        box = Box(transform(turned, center), model.box_world.size)
        loose[key] = replace(model, id=key, box_world=box, parents=(), name=str(pose["objectName"]))
    return replace(scene, objects={**fixed, **loose})


def _posed(model: SceneObject, pivot: F64, yaw: float) -> tuple[F64, F64]:
    """Rotation (3, 3) and centre (3,) of the model's box when its pivot, which is seldom its middle, has that pose."""
    box, source = model.box_world, model.source
    if "position" not in source:
        return rotation_z(yaw), pivot
    turn = rotation_z(yaw - yaw_from_unity(source["rotation"]["y"]))
    return turn @ box.T_ref_box[:3, :3], pivot + turn @ (box.center - position_from_unity(source["position"]))


def object_id(kind: str, center: Sequence[float] | F64) -> str:
    """AI2-THOR's spelling: type and position, ``Apple|-00.47|+01.15|+00.48`` (x, y up, z)."""
    x, z, y = (float(v) for v in center)
    return f"{kind}|{x:+06.2f}|{y:+06.2f}|{z:+06.2f}"
