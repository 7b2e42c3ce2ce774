"""Frames and reports of an observation stream: checked JSON to the records of ``contracts``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import (
    MAX_DEPTH,
    Detection,
    Distribution,
    Gripper,
    Keyframe,
    ObjectReport,
    ObservationBatch,
    Role,
    Verdict,
)
from ..errors import InputError
from ..geometry import F64, Box, PinholeCamera, apply, inverse
from .maps import KINDS, Corners
from .node import best_label
from .poses import PoseCorrection
from .stream_arrays import array_in, box_in, pose_in, raw_bytes
from .stream_fields import (
    LATEST,
    Fields,
    distribution,
    flag,
    items,
    keys,
    name,
    number,
    numbers,
    one_of,
    short,
    text,
    whole,
)
from .stream_lines import AreaLine, Correction, Named, Ref, Sight, Sighting
from .vocabulary import FURNITURE, canonical

MOST_DETECTIONS = 2000
MOST_POINTS = 4096
MOST_NAMED = 20_000
NO_CAMERA = PinholeCamera.from_fov(np.pi / 3, 320, 240)  # stands in where a producer has no pixels

_FRAME = keys("""type stamp robot map pose_id camera T_world_cam pose_cov detections relations visibility coverage gripper
    T_world_base keyframe cleared view""")
_REPORT = keys("type stamp robot map id label labels box_world states track sigma")
_JPEG = b"\xff\xd8"
_DETECTION = keys("""id label labels role track states box_cam box_world points_cam points_world colors appearance bbox pixels
    sigma cut""")
_CAMERA = keys("fx fy cx cy width height")
_THING = keys("label at")
_PARTS = frozenset({"door", "handle"})


def stamp_in(value: object, where: str) -> float:
    """Seconds."""
    return number(value, where, -LATEST, LATEST)


def thing_in(value: object, where: str) -> Named:
    """A thing: its memory id as text, or {"label", "at"}."""
    if isinstance(value, str):
        return name(value, where)
    fields = Fields(value, where, _THING)
    at = fields.get("at", numbers, (3,), default=None)
    found = Ref(fields.get("label", name, default=""), None if at is None else (at[0], at[1], at[2]))
    if found == Ref():
        raise InputError(f"{where}: names nothing; an id as text, or an object with label, at or both is needed")
    return found


def states_in(value: object, where: str) -> dict[str, dict[str, float]]:
    """Attribute → value → probability."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: {short(value)} is not usable; an object of attribute: distribution is needed")
    return {name(k, where): distribution(v, f"{where}.{k}") for k, v in value.items()}


def labels_in(fields: Fields) -> dict[str, float]:
    """``labels``, or ``label`` for a producer that is sure."""
    if fields.only_one("label", "labels") == "label":
        return {fields.get("label", name): 1.0}
    return fields.get("labels", distribution)


def report_in(data: dict[str, Any]) -> Sighting:
    """A line of type report."""
    fields = Fields(data, "", _REPORT)
    report = ObjectReport(
        fields.get("stamp", stamp_in),
        fields.get("robot", name, default="robot"),
        fields.get("map", name, default="map"),
        labels_in(fields),
        fields.get("box_world", box_in),
        fields.get("states", states_in, default={}),
        fields.get("track", whole, -1, default=-1),
        fields.get("sigma", number, 1e-6, 100.0, default=0.02),
    )
    return Sighting(report, fields.get("id", name, default=None))


def frame_in(data: dict[str, Any]) -> Sight:
    """A line of type frame."""
    fields = Fields(data, "", _FRAME)
    T: F64 = fields.get("T_world_cam", pose_in, default=np.eye(4))
    camera = fields.get("camera", _camera, default=None)
    keyframe = fields.get("keyframe", _keyframe, default=None)
    for needs in ("keyframe", "view"):
        if needs in fields and (camera is None or "T_world_cam" not in fields):
            raise InputError(f"{needs}: is of no use without camera and T_world_cam")
    found = fields.get("detections", items, MOST_DETECTIONS, default=[])
    detections = [detection_in(d, f"detections[{i}]", T) for i, d in enumerate(found)]
    count = len(detections)
    relations = _each(fields, "relations", _relation, count)
    from_keyframe = fields.raw("view") == "keyframe"
    if from_keyframe and keyframe is None:
        raise InputError('view: "keyframe" needs a keyframe in the same line')
    batch = ObservationBatch(
        stamp=fields.get("stamp", stamp_in),
        robot_id=fields.get("robot", name, default="robot"),
        map_id=fields.get("map", name, default="map"),
        pose_id=fields.get("pose_id", text, 200, default=""),
        camera=camera if camera is not None else NO_CAMERA,
        T_world_cam=T,
        pose_cov=fields.get("pose_cov", _covariance, default=np.diag([1e-6] * 6)),
        detections=detections,
        gripper=fields.get("gripper", _gripper, default=None),
        T_world_base=fields.get("T_world_base", pose_in, default=None),
        keyframe=keyframe,
    )
    if from_keyframe and keyframe is not None:
        depth = np.asarray(keyframe.depth_thumb, dtype=np.float32)
    else:
        depth = fields.get("view", _view, default=None)
    return Sight(
        batch,
        tuple(None if d.get("id") is None else name(d["id"], f"detections[{i}].id") for i, d in enumerate(found)),
        relations,
        _each(fields, "visibility", _verdict, count),
        _each(fields, "coverage", _share, count),
        tuple(box_in(b, f"cleared[{i}]") for i, b in enumerate(fields.get("cleared", items, 1000, default=[]))),
        depth,
        from_keyframe,
    )


def _each(fields: Fields, key: str, read: Any, count: int) -> tuple[Any, ...]:
    return tuple(
        read(item, f"{key}[{i}]", count) for i, item in enumerate(fields.get(key, items, MOST_NAMED, default=[]))
    )


# --- areas ----------------------------------------------------------------------------------------------------------------
def area_in(data: dict[str, Any]) -> AreaLine:
    """A line of type area."""
    fields = Fields(data, "", keys("type id kind label stamp parent map box"))
    return AreaLine(
        fields.get("id", name),
        fields.get("kind", one_of, tuple(KINDS)),
        fields.get("label", name),
        fields.get("stamp", stamp_in),
        fields.get("parent", name, default=None),
        fields.get("map", name, default=None),
        fields.get("box", _corners, default=None),
    )


def _corners(value: object, where: str) -> Corners:
    fields = Fields(value, where, keys("lower upper"))
    (a, b, c), (d, e, f) = (fields.get(k, numbers, (3,)) for k in ("lower", "upper"))
    if a > d or b > e or c > f:
        raise InputError(f"{where}: lower is above upper")
    return (a, b, c), (d, e, f)


# --- poses as they are known later ------------------------------------------------------------------------------------------
def correction_in(data: dict[str, Any]) -> Correction:
    """A line of type correction."""
    fields = Fields(data, "", keys("type stamp poses"))
    rows = fields.get("poses", items, MOST_NAMED)
    return Correction(fields.get("stamp", stamp_in), tuple(_corrected(p, f"poses[{i}]") for i, p in enumerate(rows)))


def _corrected(value: object, where: str) -> PoseCorrection:
    fields = Fields(value, where, keys("pose_id stamp robot map T_world_cam pose_cov before"))
    correction = PoseCorrection(
        T_world_cam=fields.get("T_world_cam", pose_in),
        pose_cov=fields.get("pose_cov", _covariance, default=np.diag([1e-6] * 6)),
        pose_id=fields.get("pose_id", name, default=""),
        stamp=fields.get("stamp", stamp_in, default=None),
        robot_id=fields.get("robot", name, default="robot"),
        map_id=fields.get("map", name, default="map"),
        before=fields.get("before", pose_in, default=None),
    )
    if not correction.pose_id and correction.stamp is None:
        raise InputError(f"{where}: names no pose; pose_id or stamp is needed")
    return correction


# --- detections -----------------------------------------------------------------------------------------------------------
def detection_in(data: object, where: str, T_world_cam: F64) -> Detection:
    """One detection; boxes and points given in the world frame are taken to the camera's."""
    fields = Fields(data, where, _DETECTION)
    labels = labels_in(fields)
    if fields.only_one("box_cam", "box_world") == "box_world":
        box = fields.get("box_world", box_in).moved(inverse(T_world_cam))
    else:
        box = fields.get("box_cam", box_in)
    points = _points(fields, box, T_world_cam)
    black = np.zeros((len(points), 3), np.uint8)
    colors: NDArray[np.uint8] = fields.get("colors", array_in, ("uint8",), 2, MOST_POINTS, default=black)
    if colors.shape != points.shape:
        raise InputError(f"{where}.colors: shape {colors.shape} is not that of the points, {points.shape}")
    bbox = fields.get("bbox", numbers, (4,), -1e5, 1e5, default=[0, 0, 0, 0])
    return Detection(
        track=fields.get("track", whole, -1, default=-1),
        role=Role(fields.get("role", one_of, tuple(Role), default=_usual_role(labels))),
        labels=labels,
        states=fields.get("states", states_in, default={}),
        points_cam=points,
        colors=colors,
        box_cam=box,
        appearance=_appearance(fields),
        bbox=(int(bbox[0]), int(bbox[1]), int(bbox[2]), int(bbox[3])),
        pixels=fields.get("pixels", whole, 0, 10**9, default=1000),
        sigma=fields.get("sigma", number, 1e-6, 100.0, default=0.02),
        cut=fields.get("cut", flag, default=False),
    )


def _points(fields: Fields, box: Box, T_world_cam: F64) -> NDArray[np.float32]:
    given = fields.only_one("points_cam", "points_world")
    if given is None:  # a producer without a cloud: the box's corners
        return box.corners().astype(np.float32)
    points: NDArray[Any] = fields.get(given, array_in, ("float32", "float16"), 2, MOST_POINTS)
    if points.shape[1] != 3:
        raise InputError(f"{fields.path(given)}: shape {points.shape} is not usable; (N, 3) is needed")
    if given == "points_world":
        points = apply(inverse(T_world_cam), points)
    return points.astype(np.float32)


def _appearance(fields: Fields) -> NDArray[np.float32]:
    vector: NDArray[Any] = fields.get(
        "appearance", array_in, ("float32", "float16"), 1, MOST_POINTS, default=np.zeros(0, np.float32)
    )
    vector = vector.astype(np.float32)
    if vector.size:
        length = float(np.linalg.norm(vector.astype(np.float64)))
        if length < 1e-6:
            raise InputError(f"{fields.path('appearance')}: is all zero; a unit vector is needed")
        if abs(length - 1.0) > 1e-3:
            vector = (vector / length).astype(np.float32)
    return vector


def _usual_role(labels: Distribution) -> Role:
    label = canonical(best_label(dict(labels)))
    return Role.PART if label in _PARTS else Role.FURNITURE if label in FURNITURE else Role.OBJECT


# --- what belongs to the frame --------------------------------------------------------------------------------------------
def _camera(value: object, where: str) -> PinholeCamera:
    fields = Fields(value, where, _CAMERA)
    fx, fy, cx, cy = (fields.get(k, number) for k in ("fx", "fy", "cx", "cy"))
    try:
        return PinholeCamera(fx, fy, cx, cy, *(fields.get(k, whole, 1, 100_000) for k in ("width", "height")))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _covariance(value: object, where: str) -> F64:
    row = numbers(value, where, (6, 36))
    cov = np.diag(row) if len(row) == 6 else np.array(row).reshape(6, 6)
    if np.linalg.eigvalsh((cov + cov.T) / 2)[0] < -1e-9:
        raise InputError(f"{where}: is not positive semi-definite; variances in m² and rad² are needed")
    return cov


def _gripper(value: object, where: str) -> Gripper:
    fields = Fields(value, where, keys("width holding T_world_hand"))
    return Gripper(
        fields.get("width", number, 0.0, 10.0, default=0.0),
        fields.get("holding", flag),
        fields.get("T_world_hand", pose_in),
    )


def _keyframe(value: object, where: str) -> Keyframe:
    fields = Fields(value, where, keys("jpeg depth"))
    depth = fields.get("depth", array_in, ("float16",), 2, 2000, default=np.zeros((60, 80), np.float16))
    jpeg = fields.get("jpeg", raw_bytes)
    if not jpeg.startswith(_JPEG):
        raise InputError(f"{where}.jpeg: is no JPEG; one begins with the bytes FF D8")
    return Keyframe(jpeg, _depths(depth, f"{where}.depth"))


def _view(value: object, where: str) -> NDArray[np.float32]:
    fields = Fields(value, where, keys("depth"))
    depth: NDArray[Any] = fields.get("depth", array_in, ("float32", "float16"), 2, 2000)
    return _depths(depth, f"{where}.depth").astype(np.float32)


def _depths(depth: NDArray[Any], where: str) -> NDArray[Any]:
    if depth.size == 0 or float(depth.min()) < 0 or float(depth.max()) > MAX_DEPTH:
        raise InputError(f"{where}: every value has to be metres in [0, {MAX_DEPTH:g}], 0 = no reading")
    return depth


def _relation(value: object, where: str, count: int) -> tuple[int, str, int | Named, float]:
    fields = Fields(value, where, keys("subject predicate object score"))
    subject = fields.get("subject", whole, 0, count - 1)
    predicate = fields.get("predicate", one_of, ("on", "in", "near", "part_of"))
    other = fields.raw("object")
    target: int | Named = (
        whole(other, fields.path("object"), 0, count - 1)
        if isinstance(other, int) and not isinstance(other, bool)
        else fields.get("object", thing_in)
    )
    return subject, predicate, target, fields.get("score", number, 0.0, 1.0, default=1.0)


def _verdict(value: object, where: str, count: int) -> tuple[Named, Verdict, float, int | None]:
    fields = Fields(value, where, keys("thing verdict visible detection"))
    return (
        fields.get("thing", thing_in),
        Verdict(fields.get("verdict", one_of, tuple(Verdict))),
        fields.get("visible", number, 0.0, 1.0, default=1.0),
        fields.get("detection", whole, 0, count - 1, default=None),
    )


def _share(value: object, where: str, _count: int) -> tuple[Named, float]:
    fields = Fields(value, where, keys("thing share"))
    return fields.get("thing", thing_in), fields.get("share", number, 0.0, 1.0)
