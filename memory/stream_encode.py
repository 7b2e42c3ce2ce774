"""Records → lines of an observation stream: the inverse of ``stream_decode``, bit for bit."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..contracts import Detection, Keyframe, ObjectReport, ObservationBatch
from ..errors import InputError
from ..geometry import F64, PinholeCamera
from .poses import PoseCorrection
from .stream_arrays import array_out, box_out, pose_out
from .stream_lines import (
    FORMAT,
    VERSION,
    Act,
    ActionBegin,
    ActionEnd,
    AreaLine,
    Attention,
    Begin,
    Closing,
    Correction,
    End,
    Line,
    Logged,
    Mark,
    Named,
    Note,
    Opening,
    Ref,
    Sight,
    Sighting,
)


def encode_line(line: Line | ObservationBatch | ObjectReport) -> str:
    """The line as text, without the newline. ``InputError`` for numbers that JSON has no word for."""
    try:
        return json.dumps(_data(line), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise InputError(f"a {type(line).__name__} cannot be written to a stream: {error}") from None


def _data(line: Line | ObservationBatch | ObjectReport) -> dict[str, Any]:
    match line:
        case ObservationBatch():
            return _frame(sight_of(line))
        case Sight():
            return _frame(line)
        case ObjectReport():
            return _report(line)
        case Sighting():
            return _report(line.report) | ({} if line.name is None else {"id": line.name})
        case Opening():
            head: dict[str, Any] = {"type": "stream", "format": FORMAT, "version": VERSION}
            if line.source:
                head["source"] = line.source
            if line.ids != "own":
                head["ids"] = line.ids
            return head if line.events is None else {**head, "recorded": {"events": line.events}}
        case Correction():
            return {"type": "correction", "stamp": float(line.stamp), "poses": [_corrected(p) for p in line.poses]}
        case AreaLine():
            given = {"parent": line.parent, "map": line.map_id}
            box = None if line.box is None else {"lower": list(line.box[0]), "upper": list(line.box[1])}
            known = {k: v for k, v in {**given, "box": box}.items() if v is not None}
            return {
                "type": "area",
                "id": line.name,
                "kind": line.kind,
                "label": line.label,
                "stamp": line.stamp,
                **known,
            }
        case Begin():
            whose = {} if line.robot is None else {"robot": line.robot}
            return {"type": f"{line.kind}.begin", "id": line.name, "text": line.text, "stamp": line.stamp, **whose}
        case End():
            return {"type": f"{line.kind}.end", "id": line.name, "status": line.status, "stamp": line.stamp}
        case ActionBegin():
            return {"type": "action.begin", "id": line.name, "stamp": line.stamp, **_decision(line)}
        case ActionEnd():
            return {"type": "action.end", "id": line.name, **_outcome(line)}
        case Act():
            return {"type": "action", "id": line.begin.name, **_decision(line.begin), **_outcome(line.end)}
        case Note():
            return {"type": "note", "kind": line.kind, "text": line.text, "stamp": line.stamp, "refs": list(line.refs)}
        case Mark():
            return {"type": line.kind}
        case Attention():
            return {"type": "attention", "op": line.op, "things": list(line.things)}
        case Logged():
            return _logged(line)
        case Closing():
            left = {} if line.pictures else {"pictures": False}
            return {"type": "end", "events": line.events, "head": line.head, **left}


# --- what was sensed ----------------------------------------------------------------------------------------------------
def sight_of(batch: ObservationBatch, names: Sequence[str | None] = ()) -> Sight:
    """A batch whose things are all known by memory's ids; ``names``: the ids that memory gave to its detections."""
    return Sight(
        batch,
        tuple(names),
        tuple((r.subject, r.predicate, r.object, float(r.score)) for r in batch.relations),
        tuple((v.id, v.verdict, float(v.visible), v.detection) for v in batch.visibility),
        tuple((id, float(share)) for id, share in batch.coverage.items()),
    )


def _frame(sight: Sight) -> dict[str, Any]:
    b = sight.batch
    data: dict[str, Any] = {
        "type": "frame", "stamp": float(b.stamp), "robot": b.robot_id, "map": b.map_id, "pose_id": b.pose_id,
        "camera": _camera(b.camera), "T_world_cam": pose_out(b.T_world_cam), "pose_cov": _covariance(b.pose_cov),
        "detections": [_detection(d) for d in b.detections],
    }  # fmt: skip
    for detection, given in zip(data["detections"], sight.names, strict=False):
        if given is not None:
            detection["id"] = given
    if sight.relations:
        data["relations"] = [
            {"subject": s, "predicate": p, "object": o if isinstance(o, int) else _named(o), "score": score}
            for s, p, o, score in sight.relations
        ]
    if sight.visibility:
        data["visibility"] = [
            {"thing": _named(thing), "verdict": verdict.value, "visible": visible}
            | ({} if detection is None else {"detection": detection})
            for thing, verdict, visible, detection in sight.visibility
        ]
    if sight.coverage:
        data["coverage"] = [{"thing": _named(thing), "share": share} for thing, share in sight.coverage]
    if b.gripper is not None:
        g = b.gripper
        data["gripper"] = {
            "width": float(g.width), "holding": bool(g.holding), "T_world_hand": pose_out(g.T_world_hand)
        }  # fmt: skip
    if b.T_world_base is not None:
        data["T_world_base"] = pose_out(b.T_world_base)
    if b.keyframe is not None:
        data["keyframe"] = _keyframe(b.keyframe)
    if sight.cleared:
        data["cleared"] = [box_out(box) for box in sight.cleared]
    if sight.from_keyframe:
        data["view"] = "keyframe"
    elif sight.depth is not None:
        data["view"] = {"depth": array_out(sight.depth)}
    return data


def _detection(d: Detection) -> dict[str, Any]:
    points = np.asarray(d.points_cam, dtype=np.float32).reshape(-1, 3)
    data: dict[str, Any] = {
        "track": int(d.track), "role": d.role.value, "labels": _shares(d.labels), "box_cam": box_out(d.box_cam),
        "points_cam": array_out(points),
        "colors": array_out(np.asarray(d.colors, dtype=np.uint8).reshape(-1, 3)),
        "bbox": [int(v) for v in d.bbox], "pixels": int(d.pixels), "sigma": float(d.sigma), "cut": bool(d.cut),
    }  # fmt: skip
    if d.states:
        data["states"] = {k: _shares(v) for k, v in d.states.items()}
    if np.size(d.appearance):
        data["appearance"] = array_out(np.asarray(d.appearance, dtype=np.float32).reshape(-1))
    return data


def _report(r: ObjectReport) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": "report", "stamp": float(r.stamp), "robot": r.robot_id, "map": r.map_id, "labels": _shares(r.labels),
        "box_world": box_out(r.box_world), "track": int(r.track), "sigma": float(r.sigma),
    }  # fmt: skip
    if r.states:
        data["states"] = {k: _shares(v) for k, v in r.states.items()}
    return data


def _corrected(c: PoseCorrection) -> dict[str, Any]:
    named = ({"pose_id": c.pose_id} if c.pose_id else {}) | ({} if c.stamp is None else {"stamp": float(c.stamp)})
    before = {} if c.before is None else {"before": pose_out(c.before)}
    return {**named, "robot": c.robot_id, "map": c.map_id, "T_world_cam": pose_out(c.T_world_cam),
            "pose_cov": _covariance(c.pose_cov), **before}  # fmt: skip


def _shares(distribution: Any) -> dict[str, float]:
    return {str(k): float(v) for k, v in distribution.items()}


def _named(thing: Named) -> Any:
    if not isinstance(thing, Ref):
        return thing
    return ({"label": thing.label} if thing.label else {}) | ({} if thing.at is None else {"at": list(thing.at)})


def _camera(k: PinholeCamera) -> dict[str, float | int]:
    return {"fx": float(k.fx), "fy": float(k.fy), "cx": float(k.cx), "cy": float(k.cy),
            "width": int(k.width), "height": int(k.height)}  # fmt: skip


def _covariance(cov: F64) -> list[float]:
    """Six numbers where only the diagonal is not 0, else 36."""
    full = np.asarray(cov, dtype=np.float64)
    diagonal = np.diag(full)
    row: list[float] = (diagonal if np.array_equal(full, np.diag(diagonal)) else full.reshape(-1)).tolist()
    return row


def _keyframe(keyframe: Keyframe) -> dict[str, Any]:
    jpeg = base64.b64encode(keyframe.jpeg).decode("ascii")
    return {"jpeg": jpeg, "depth": array_out(np.asarray(keyframe.depth_thumb, dtype=np.float16))}


# --- what was done ------------------------------------------------------------------------------------------------------
def _decision(begin: ActionBegin) -> dict[str, Any]:
    d = begin.decision
    data: dict[str, Any] = {"verb": d.verb.value}
    if begin.robot is not None:
        data["robot"] = begin.robot
    if begin.target is not None:
        data["target"] = _named(begin.target)
    if d.relation is not None:
        data["relation"] = d.relation
    if d.position is not None:
        data["position"] = [float(v) for v in d.position]
    return data | {k: v for k, v in (("why", d.why), ("cites", list(d.cites)), ("subgoal", d.subgoal)) if v}


def _outcome(end: ActionEnd) -> dict[str, Any]:
    o = end.outcome
    detail = {"detail": o.detail} if o.detail else {}
    return {"status": o.status.value, **detail, "started": float(o.started), "ended": float(o.ended)}


def _logged(event: Logged) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": "event", "seq": event.seq, "kind": event.kind, "stamp": event.stamp, "recorded": event.recorded,
        "salt": None if event.salt is None else base64.b64encode(event.salt).decode("ascii"),
        "payload_digest": event.payload_digest, "digest": event.digest, "payload": event.payload,
    }  # fmt: skip
    if event.blobs:
        data["blobs"] = [
            {"digest": b.digest, "kind": b.kind, "value": b.value, "size": b.size,
             "data": None if b.data is None else base64.b64encode(b.data).decode("ascii")}
            for b in event.blobs
        ]  # fmt: skip
    if event.redactions:
        data["redactions"] = [{"by": by, "digest": digest} for by, digest in event.redactions]
    return data
