"""An AI2-THOR event as Loci sees it: a posed RGB-D frame with segments, or a report of each visible object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..contracts import Distribution, Gripper, ObjectReport, RGBDFrame, Role, SegmentImage
from ..geometry import F64, rotation_z, transform
from .ithor_labels import label_of, role_of, states_of
from .ithor_picture import FAR, camera_pose, pinhole
from .ithor_scene import AFFORDANCES, STATES, position_from_unity, yaw_from_unity
from .thor_metadata import box_of

SURE = 0.9
"""Probability that the simulated recogniser gives to what it names; the rest is "something else"."""
_STRUCTURES = frozenset({"Wall", "Ceiling", "Floor"})


def frame_of(event: Any, stamp: float, robot_id: str, map_id: str, rng: np.random.Generator) -> RGBDFrame:
    """The frame of an event that has colour, depth and instance images. Segment numbers are drawn from ``rng``.

    What is in the hand belongs to the robot's own body, and to no segment.
    """
    m = event.metadata
    where = position_from_unity(m["agent"]["position"])
    yaw = yaw_from_unity(m["agent"]["rotation"]["y"])
    camera = pinhole(int(m["screenWidth"]), int(m["screenHeight"]), float(m["fov"]))
    eye = position_from_unity(m["cameraPosition"])
    depth = np.array(event.depth_frame, dtype=np.float32)
    depth[~np.isfinite(depth) | (depth >= 0.999 * FAR)] = 0.0
    held = m["inventoryObjects"][0]["objectId"] if m["inventoryObjects"] else None
    segments, own = _segments(event, held, rng)
    return RGBDFrame(
        rgb=np.ascontiguousarray(event.frame, dtype=np.uint8),
        depth=depth,
        camera=camera,
        T_world_cam=camera_pose(
            float(eye[0]), float(eye[1]), float(eye[2]), yaw, _radians(m["agent"]["cameraHorizon"])
        ),
        stamp=stamp,
        pose_id=f"{map_id}@{stamp:.1f}",
        robot_id=robot_id,
        map_id=map_id,
        gripper=Gripper(0.0 if held is None else 0.05, held is not None, _hand(where, yaw)),
        body_mask=own,
        segments=segments,
        T_world_base=transform(rotation_z(yaw), (where[0], where[1], where[2] - 0.9)),
    )


def report_of(entry: Mapping[str, Any], stamp: float, robot_id: str, map_id: str) -> ObjectReport:
    """An object's metadata as a report without pixels."""
    label = {label_of(entry["objectType"]): 1.0}
    return ObjectReport(stamp, robot_id, map_id, label, box_of(entry), _states(entry, 1.0))


def _segments(event: Any, held: str | None, rng: np.random.Generator) -> tuple[SegmentImage, Any]:
    image = np.asarray(event.instance_segmentation_frame)
    packed = image[..., 0].astype(np.int64) << 16 | image[..., 1].astype(np.int64) << 8 | image[..., 2]
    values, inverse = np.unique(packed, return_inverse=True)
    entries = {o["objectId"]: o for o in event.metadata["objects"]}
    fresh = 1000 + rng.permutation(9000)[: len(values)]
    numbers = np.zeros(len(values), dtype=np.int32)
    labels: dict[int, Distribution] = {}
    roles: dict[int, Role] = {}
    states: dict[int, Mapping[str, Distribution]] = {}
    own = np.zeros(len(values), dtype=bool)
    for k, value in enumerate(values.tolist()):
        name = event.color_to_object_id.get((value >> 16, value >> 8 & 255, value & 255))
        if name is None:
            continue
        if name == held:
            own[k] = True
            continue
        number, entry = int(fresh[k]), entries.get(name)
        kind = entry["objectType"] if entry else name.split("|")[0]
        if entry is None and kind not in _STRUCTURES:
            continue
        numbers[k] = number
        labels[number] = {label_of(kind): SURE}
        roles[number] = Role.STRUCTURE if entry is None else role_of(kind, _affords(entry))
        states[number] = {} if entry is None else _states(entry, 0.95)
    shape = image.shape[:2]
    return SegmentImage(numbers[inverse].reshape(shape), labels, states, roles), own[inverse].reshape(shape)


def _affords(entry: Mapping[str, Any]) -> set[str]:
    return {name for key, name in AFFORDANCES.items() if entry.get(key)}


def _states(entry: Mapping[str, Any], sure: float) -> dict[str, Distribution]:
    found = states_of({name for key, name in STATES.items() if entry.get(key)}, _affords(entry))
    return {a: dict.fromkeys(values, sure) for a, values in found.items()}


def _hand(where: F64, yaw: float) -> F64:
    forward = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    return transform(rotation_z(yaw), where + 0.4 * forward + (0.0, 0.0, 0.375))


def _radians(degrees: float) -> float:
    return float(np.deg2rad(degrees))
