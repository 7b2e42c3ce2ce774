"""What is handed to a memory by a program, looked at before anything is believed because of it.

One report with a clock in the wrong unit would move memory's "now" for good, one with a probability that is no number would
spoil every fusion after it. What a stream says is held to the same bounds by ``stream_decode``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..contracts import Detection, Distribution, ObjectReport, ObservationBatch
from ..errors import InputError
from ..geometry import is_rigid
from .stream_fields import FAR, LATEST, name, short, text

_SUM_MOST = 1.01  # of probabilities, as they come rounded
_FAR_SIGMA = 100.0  # metres


def moment(value: object, what: str) -> float:
    """World time in seconds; ``InputError`` for what is none."""
    try:
        plain = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        plain = math.nan
    if not -LATEST <= plain <= LATEST:
        raise InputError(f"{what}: {short(value)} is no world time; seconds from {-LATEST:g} to {LATEST:g} are needed")
    return plain


def words(value: object, what: str) -> str:
    """Text that can be kept."""
    return text(value, what)


def kind(value: object, what: str) -> str:
    """A short word that says of what kind something is."""
    return name(value, what)


def corner(value: object, what: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A point (3,) in metres."""
    point = np.asarray(value, dtype=np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise InputError(f"{what}: {short(point.tolist())} is no point; three finite numbers (metres) are needed")
    return point


def observed(told: object) -> None:
    """``InputError`` if a frame or a report has something in it that no world can be like."""
    if isinstance(told, ObjectReport):
        where = f"report of {told.stamp}"
        moment(told.stamp, f"{where}: stamp")
        _classes(told.labels, where)
        _states(told.states, where)
        _placed(told.box_world.center, told.sigma, where)
        return
    if not isinstance(told, ObservationBatch):
        raise InputError(f"an ObservationBatch or an ObjectReport is needed, got {type(told).__name__}")
    where = f"frame {told.pose_id or told.stamp}"
    moment(told.stamp, f"{where}: stamp")
    if not is_rigid(told.T_world_cam):
        raise InputError(f"{where}: T_world_cam is no finite rigid transform (4, 4)")
    for i, detection in enumerate(told.detections):
        _detected(detection, where, i)
    if told.keyframe is not None and not told.keyframe.jpeg.startswith(b"\xff\xd8"):
        raise InputError(f"{where}: the keyframe is no JPEG; one begins with the bytes FF D8")
    count = len(told.detections)
    for relation in told.relations:
        ends = (relation.subject, relation.object)
        if any(isinstance(end, int) and not 0 <= end < count for end in ends):
            raise InputError(f"{where}: a relation is about detections {ends}, but there are {count} of them")


def _detected(detection: Detection, where: str, index: int) -> None:
    _classes(detection.labels, where, index)
    if detection.states:
        _states(detection.states, f"{where}, detection {index}")
    _placed(detection.box_cam.center, detection.sigma, where, index)
    for what, array in (("points_cam", detection.points_cam), ("appearance", detection.appearance)):
        flat = np.asarray(array).ravel()  # NaN and infinity outlive a product with itself, and it costs little
        if not math.isfinite(flat.dot(flat)) and not np.isfinite(array).all():
            raise InputError(f"{where}, detection {index}: {what} holds a number that is not finite")


def _classes(labels: Distribution, where: str, index: int | None = None) -> None:
    total = 0.0
    for label, probability in labels.items():
        if not (isinstance(label, str) and 0 < len(label) <= 200 and label.isascii() and "\0" not in label):
            name(label, _said(where, index, "label"))
        if not 0.0 <= probability <= 1.0:
            said = _said(where, index, f"the probability of {label!r}")
            raise InputError(f"{said} is {probability}; a number from 0 to 1 is needed")
        total += probability
    if total > _SUM_MOST:
        raise InputError(f"{_said(where, index, 'probabilities')} sum to {total:.3f}; at most 1 is needed")


def _states(states: Mapping[str, Distribution], where: str) -> None:
    for attribute, values in states.items():
        name(attribute, f"{where}: state")
        _classes(values, f"{where}, state {attribute}")


def _placed(center: np.ndarray[Any, Any], sigma: float, where: str, index: int | None = None) -> None:
    if not (abs(center[0]) <= FAR and abs(center[1]) <= FAR and abs(center[2]) <= FAR):
        raise InputError(
            f"{_said(where, index, 'box')} lies at {center.tolist()}; metres from {-FAR:g} to {FAR:g} are needed"
        )
    if not 0.0 <= sigma <= _FAR_SIGMA:
        raise InputError(f"{_said(where, index, 'sigma')} is {sigma}; metres from 0 to {_FAR_SIGMA:g} are needed")


def _said(where: str, index: int | None, what: str) -> str:
    return f"{where}: {what}" if index is None else f"{where}, detection {index}: {what}"
