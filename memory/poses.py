"""Past camera poses, and what follows when they turn out to have been wrong: a loop was closed, a map was optimised.

A thing's box and points are kept in the world, but for some of the looks that they rest on (``Node.anchors``) memory also
keeps the spot in the camera frame and the number of the camera pose. A correction moves these poses; each thing then goes
where its looks, seen from the corrected poses, say that it is, and turns with them. Relations between things that moved
together stay; where they came apart the boxes decide anew, and since the old relation never was true, it ends where it
began. Two records that now lie in one place are one thing. All of it is one event: what was believed before it stays in
the log, ``Memory.replay(upto=...)`` gives that back.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..contracts import ObjectReport, ObservationBatch, Role
from ..errors import InputError
from ..geometry import (
    F64,
    apply,
    exp,
    inverse,
    is_rigid,
    log,
    matrix_from_quat,
    quat_from_matrix,
    rotation_z,
    transform,
)
from . import codec
from .duplicates import find_duplicate, touching
from .frame import Frame
from .look import FINEST, Look
from .node import Node, trusted_box
from .spatial import support_of
from .vanishing import Vanishing
from .world import Standpoint, World

NEW_VIEW_METRES = 0.4  # nearer looks from one direction share a pose
NEW_VIEW_COSINE = 0.94
SAME_WORLD = 1.0  # seconds after a frame in which a report means the world as that frame has it
MOST_ANCHORS = 8  # looks a thing; the first and the newest half stay
CAUSE = "correction"
_SAME_STAMP = 1e-3  # seconds
_TOLD = 0.02  # metres that a thing has to move for people to be told
_APART = 0.05  # metres by which a thing and what it is on have to move apart before that is asked about anew
_STILL_IN = 0.05  # metres around a container
_FAR = 3.0  # metres from a camera pose within which a picture or a robot's base belongs to it
_GROUP = "SELECT num, pose_id, stamp, pose, variance FROM poses WHERE robot = ? AND map = ? ORDER BY stamp, num"


@dataclass(frozen=True, eq=False)
class PoseCorrection:
    """A past camera pose as it is known now: ``T_world_cam`` (4, 4) and ``pose_cov`` (6, 6), translation first.

    Which pose: by the ``pose_id`` that its frame had, or by its ``stamp`` (s), of one robot in one map. ``before``, the pose as
    the frame gave it, makes it count also where memory has kept no look from that very frame. Poses of the same robot and
    map between two corrected ones are corrected in between.
    """

    T_world_cam: F64
    pose_cov: F64 = field(default_factory=lambda: np.diag([1e-6] * 6))
    pose_id: str = ""
    stamp: float | None = None
    robot_id: str = "robot"
    map_id: str = "map"
    before: F64 | None = None


@dataclass(frozen=True)
class Corrected:
    """What a correction did: its event (0: nothing to do), poses ``named`` and found, ``between`` them, ``unknown`` to memory;
    ``things`` that moved, ``relations`` that changed, records that were ``merged``.
    """

    seq: int
    named: int
    between: int
    unknown: int
    things: tuple[str, ...]
    relations: int
    merged: tuple[tuple[str, str], ...]


@dataclass
class _Pose:
    num: int
    stamp: float
    old: F64
    variance: float
    new: F64 | None = None
    new_variance: float = 0.0

    @property
    def delta(self) -> F64:
        assert self.new is not None
        return self.new @ inverse(self.old)


def check(correction: PoseCorrection) -> None:
    """``InputError`` for a correction that names no pose or is none."""
    name = correction.pose_id or correction.stamp
    if not correction.pose_id and correction.stamp is None:
        raise InputError("a pose correction names no pose: give its pose_id or its stamp")
    for what, T in (("T_world_cam", correction.T_world_cam), ("before", correction.before)):
        if T is not None and not is_rigid(T):
            raise InputError(
                f"correction of pose {name}: {what} is no rigid transform (4, 4): {np.asarray(T).tolist()}"
            )
    if np.shape(correction.pose_cov) != (6, 6) or not np.isfinite(correction.pose_cov).all():
        raise InputError(f"correction of pose {name}: pose_cov has to be a finite (6, 6) matrix")


def variance_of(pose_cov: F64) -> float:
    """Mean variance of the camera's position along an axis, m²."""
    return max(0.0, float(np.trace(np.asarray(pose_cov)[:3, :3])) / 3)


# --- keeping the link from a thing to the poses it was seen from ------------------------------------------------------------
def anchor(world: World, frame: Frame, batch: ObservationBatch, looks: Sequence[Look]) -> None:
    """Note for the things of this frame from where they were seen, if that is a new view of them."""
    T, key = np.asarray(batch.T_world_cam, dtype=np.float64), (batch.robot_id, batch.map_id)
    seen_from = Standpoint(batch.stamp, batch.pose_id, T, variance_of(batch.pose_cov))
    if batch.stamp >= world.now:
        world.standpoints[key] = seen_from
    _anchor(world, frame, key, seen_from, looks)


def anchor_report(world: World, frame: Frame, report: ObjectReport, looks: Sequence[Look]) -> None:
    """The same for a report, which has no camera: it was made in the world as its robot's newest frame has it, if that is not
    long ago, so that it moves with that frame's pose. Otherwise nothing is known that could ever be corrected.
    """
    key = (report.robot_id, report.map_id)
    seen_from = world.standpoints.get(key)
    if seen_from is not None and 0.0 <= report.stamp - seen_from.stamp <= SAME_WORLD:
        _anchor(world, frame, key, seen_from, looks)
        return
    for node in (world.nodes.get(frame.ids[look.index] or "") for look in looks):
        if node is not None and node.id in frame.shifted:  # where it was seen before says nothing of where it is now
            node.anchors = []


def _anchor(world: World, frame: Frame, key: tuple[str, str], seen_from: Standpoint, looks: Sequence[Look]) -> None:
    T, view = seen_from.T_world_cam, world.viewpoints.get(key)
    if view is not None and not (
        float(np.linalg.norm(view[1][:3, 3] - T[:3, 3])) < NEW_VIEW_METRES
        and float(view[1][:3, 2] @ T[:3, 2]) > NEW_VIEW_COSINE
    ):
        view = None
    for look in looks:
        node = world.nodes.get(frame.ids[look.index] or "")
        if node is None or node.shift is not None:
            continue
        if node.held is not None:
            node.anchors = []
            continue
        if node.id in frame.shifted or frame.fresh.get(node.id) == ("", "confirmed"):
            node.anchors = []
        if view is not None and any(row[0] == view[0] for row in node.anchors):
            continue
        if view is None:
            view = world.viewpoints[key] = _register(world, key, seen_from)
        spot = (inverse(view[1]) @ np.append(look.center, 1.0))[:3]
        row = [view[0], *(round(v, 4) for v in spot.tolist()), round(look.sigma, 4)]
        kept = node.anchors[: MOST_ANCHORS // 2] + node.anchors[MOST_ANCHORS // 2 :][-(MOST_ANCHORS // 2 - 1) :]
        node.anchors = [*(node.anchors if len(node.anchors) < MOST_ANCHORS else kept), row]


def _register(world: World, key: tuple[str, str], seen_from: Standpoint) -> tuple[int, F64]:
    num = int(world.projection.counters.get("poses", 0)) + len(world.new_poses) + 1
    kept = np.round(seen_from.T_world_cam[:3], 6).reshape(-1).tolist()
    world.new_poses.append([num, seen_from.pose_id, seen_from.stamp, *key, kept, float(f"{seen_from.variance:.3g}")])
    return num, _matrix(kept)


def _matrix(row: Sequence[float]) -> F64:
    T = np.eye(4)
    T[:3] = np.asarray(row, dtype=np.float64).reshape(3, 4)
    u, _, vt = np.linalg.svd(T[:3, :3])  # rounding leaves the rotation a little off
    T[:3, :3] = u @ vt
    return T


# --- correcting -----------------------------------------------------------------------------------------------------------
def correct(world: World, vanishing: Vanishing, corrections: Sequence[PoseCorrection], stamp: float) -> Corrected:
    """Take in corrected poses, within a write; see the top. ``InputError`` if one of them names nothing or is no pose."""
    for correction in corrections:
        check(correction)
    world.flush(world.now, force=True)  # so that the tables say which things rest on which pose
    poses, named, unknown = _corrected(world, corrections)
    if not poses:
        return Corrected(0, 0, 0, unknown, (), 0, ())
    by_num = {p.num: p for p in poses}
    moved: dict[str, F64] = {}
    for node in _resting_on(world, by_num):
        motion = _motion(node, by_num)
        if motion is not None:
            moved[node.id] = motion
    _ride(world, moved)
    for id, motion in moved.items():
        _move(world.nodes[id], motion, by_num)
    opens = _relations(world, moved)
    changes = []
    for id, motion in moved.items():
        center = world.nodes[id].center
        if float(np.linalg.norm(center - apply(inverse(motion), center[None])[0])) >= _TOLD:
            text = f"where the {world.label(id)} ({id}) is was corrected, with the poses it was seen from"
            changes.append(("corrected", id, text, CAUSE))
    extra = {"correct": [[p.num, np.round(p.new[:3], 6).reshape(-1).tolist(), p.new_variance] for p in poses
                         if p.new is not None]} | _pictures(world, poses) | _path(world, poses)  # fmt: skip
    things = [world.nodes[id] for id in sorted(moved, key=lambda i: int(i[1:]))]
    seq = world.emit("corrected", stamp, things=things, arrays=True, opens=opens, changes=changes, extra=extra)
    world.viewpoints.clear()
    world.standpoints.clear()
    merged = _merge(world, vanishing, things, stamp)
    return Corrected(seq, named, len(poses) - named, unknown, tuple(moved), len(opens), merged)


def _corrected(world: World, corrections: Sequence[PoseCorrection]) -> tuple[list[_Pose], int, int]:
    """The poses to change, with how many of them were named, and how many corrections name none that memory knows."""
    found: list[_Pose] = []
    named = unknown = 0
    for robot, map in sorted({(c.robot_id, c.map_id) for c in corrections}):
        rows = world.store.db.execute(_GROUP, (robot, map)).fetchall()
        poses = [_Pose(num, when, _matrix(codec.decode(T.encode())), var) for num, _, when, T, var in rows]
        ids = {row[1]: i for i, row in enumerate(rows) if row[1]}  # of those with one id the newest
        known: list[tuple[float, F64, float]] = []  # stamp, how the pose changed, variance now
        for c in (c for c in corrections if (c.robot_id, c.map_id) == (robot, map)):
            new = np.asarray(c.T_world_cam, dtype=np.float64)
            at = ids.get(c.pose_id) if c.pose_id else None
            if at is None and c.stamp is not None:
                at = next((i for i, p in enumerate(poses) if abs(p.stamp - c.stamp) <= _SAME_STAMP), None)
            if at is not None:
                poses[at].new, poses[at].new_variance = new, variance_of(c.pose_cov)
                known.append((poses[at].stamp, poses[at].delta, poses[at].new_variance))
            elif c.before is not None and c.stamp is not None:
                known.append((c.stamp, new @ inverse(c.before), variance_of(c.pose_cov)))
            else:
                unknown += 1
        named += sum(p.new is not None for p in poses)
        known.sort(key=lambda k: k[0])
        for pose in poses:
            if pose.new is None and (between := _between(known, pose.stamp)) is not None:
                pose.new, pose.new_variance = between[0] @ pose.old, between[1]
        found += [p for p in poses if p.new is not None]
    return found, named, unknown


def _between(known: Sequence[tuple[float, F64, float]], stamp: float) -> tuple[F64, float] | None:
    """How a pose between two corrected ones changed: rotation and translation in proportion to time; None outside of them."""
    i = bisect.bisect_left([k[0] for k in known], stamp)
    if i < len(known) and known[i][0] - stamp <= _SAME_STAMP:
        return known[i][1], known[i][2]
    if i == 0 or i == len(known):
        return None
    (t0, a, va), (t1, b, vb) = known[i - 1], known[i]
    share = (stamp - t0) / (t1 - t0)
    return a @ exp(share * log(inverse(a) @ b)), (1 - share) * va + share * vb


def _resting_on(world: World, poses: dict[int, _Pose]) -> list[Node]:
    """Things with a look from one of these poses, in order of creation."""
    query = """SELECT DISTINCT t.num FROM things t, json_each(t.data, '$.anchors') a
               WHERE t.merged IS NULL AND json_extract(a.value, '$[0]') IN (SELECT value FROM json_each(?)) ORDER BY t.num"""
    rows = world.store.db.execute(query, (codec.encode(sorted(poses)).decode(),)).fetchall()
    return [node for (num,) in rows if (node := world.nodes.get(f"o{num}")) is not None and node.held is None]


def _motion(node: Node, poses: dict[int, _Pose]) -> F64 | None:
    """How the thing moves in the world (4, 4): the mean of what its looks say, those from other poses holding it back."""
    weights, spots, shifts, turns = [], [], [], []
    for num, x, y, z, sigma in node.anchors:
        pose = poses.get(int(num))
        weights.append(1.0 / max(sigma, FINEST) ** 2)
        if pose is None:
            spots.append(node.center)
            shifts.append(np.zeros(3))
            turns.append(0.0)
            continue
        assert pose.new is not None
        was, now = (apply(T, np.array([[x, y, z]]))[0] for T in (pose.old, pose.new))
        spots.append(was)
        shifts.append(now - was)
        turns.append(float(np.arctan2(pose.delta[1, 0] - pose.delta[0, 1], pose.delta[0, 0] + pose.delta[1, 1])))
    share = np.array(weights) / np.sum(weights)
    shift, pivot = share @ np.array(shifts), share @ np.array(spots)
    R = rotation_z(float(share @ np.array(turns)))
    if float(np.abs(shift).max()) < 1e-4 and abs(R[1, 0]) < 1e-4:
        return None
    return transform(R, pivot + shift - R @ pivot)


def _ride(world: World, moved: dict[str, F64]) -> None:
    """What was put there unseen rests on no look of its own: it is on the thing that it was put on, wherever that is."""
    todo = list(moved)
    while todo:
        host = todo.pop(0)
        for id in world.inside_of(host, ("on", "in")):
            node = world.nodes[id]
            if id not in moved and not node.anchors and node.believed is not None and node.held is None:
                moved[id] = moved[host]
                todo.append(id)


def _move(node: Node, motion: F64, poses: dict[int, _Pose]) -> None:
    node.set_box(trusted_box(motion @ node.box.T_ref_box, node.box.size))
    node.points = apply(motion, node.points).astype(np.float32)
    touched = [p for row in node.anchors if (p := poses.get(int(row[0]))) is not None]
    change = sum(p.new_variance - p.variance for p in touched) / max(1, len(node.anchors))
    node.sigma = max(0.005, max(0.0, node.sigma**2 + change) ** 0.5)
    node.fused_from, node.looks = None, 0


def _relations(world: World, moved: dict[str, F64]) -> list[tuple[str, str, str, float]]:
    """Places that the boxes now call otherwise, of things that came apart from what they were on or in."""
    asked = set(moved)
    for id in moved:
        asked |= set(world.inside_of(id))
    opens = []
    for id in sorted(asked, key=lambda i: int(i[1:])):
        node, fact = world.nodes[id], world.fact(id)
        if fact is None or node.role is Role.PART or node.held is not None or fact.predicate == "held_by":
            continue
        host = world.node(fact.object)
        if host is None or float(np.linalg.norm(_shift(node, moved) - _shift(node, moved, host.id))) < _APART:
            continue
        if fact.predicate == "in" and host.box.contains(node.center[None], _STILL_IN)[0]:
            continue
        place = support_of(world, node.box, skip=id)
        if place is not None and place != (fact.predicate, fact.object):
            opens.append((id, *place, fact.start))
    return opens


def _shift(node: Node, moved: dict[str, F64], other: str = "") -> F64:
    """How far (3,) the spot of ``node`` goes with its own motion, or with that of ``other``."""
    motion = moved.get(other or node.id)
    return np.zeros(3) if motion is None else apply(motion, node.center[None])[0] - node.center


def _near_pose(poses: Sequence[_Pose], stamp: float, at: F64) -> _Pose | None:
    """The newest corrected pose not after ``stamp`` that a picture or a base at ``at`` (3,) may belong to."""
    found = [p for p in poses if p.stamp <= stamp + _SAME_STAMP and float(np.linalg.norm(p.old[:3, 3] - at)) <= _FAR]
    return max(found, key=lambda p: (p.stamp, p.num)) if found else None


def _pictures(world: World, poses: Sequence[_Pose]) -> dict[str, Any]:
    """The poses that pictures were taken from: they show what is there now from where they really were."""
    rows = []
    for seq, stamp, data in world.store.db.execute("SELECT seq, stamp, data FROM keyframes ORDER BY seq").fetchall():
        plain = codec.decode(data.encode())
        T = _matrix(plain["T"])
        pose = _newest_view(world, stamp, poses, T[:3, 3])
        if pose is None:
            continue
        base = None if plain["base"] is None else pose.delta @ _matrix(plain["base"])
        flat = [None if M is None else np.round(M[:3], 6).reshape(-1).tolist() for M in (pose.delta @ T, base)]
        rows.append([seq, *flat])
    return {"views": rows} if rows else {}


def _path(world: World, poses: Sequence[_Pose]) -> dict[str, Any]:
    """The robot's way, as far as it belongs to corrected poses."""
    rows = []
    for num, stamp, data in world.store.db.execute("SELECT num, stamp, pose FROM path ORDER BY num").fetchall():
        row = codec.decode(data.encode())
        pose = _newest_view(world, stamp, poses, np.asarray(row[:3]))
        if pose is None:
            continue
        T = pose.delta @ transform(matrix_from_quat(row[3:7]), row[:3])
        new = [*T[:3, 3].tolist(), *quat_from_matrix(T[:3, :3]).tolist()]
        rows.append([num, [*(round(v, 4) for v in new), *row[7:]]])
    return {"way": rows} if rows else {}


def _newest_view(world: World, stamp: float, poses: Sequence[_Pose], at: F64) -> _Pose | None:
    """The corrected pose that holds at ``stamp``; None if a newer one that was not corrected stands between."""
    pose = _near_pose(poses, stamp, at)
    if pose is None:
        return None
    query = """SELECT max(stamp) FROM poses p WHERE stamp <= ? AND EXISTS
               (SELECT 1 FROM poses q WHERE q.num = ? AND q.robot = p.robot AND q.map = p.map)"""
    newest = world.store.db.execute(query, (stamp + _SAME_STAMP, pose.num)).fetchone()[0]
    return pose if newest is not None and newest <= pose.stamp + _SAME_STAMP else None


def _merge(world: World, vanishing: Vanishing, things: Sequence[Node], stamp: float) -> tuple[tuple[str, str], ...]:
    """What was taken for two things because the map did not close is one."""
    merged = []
    frame = Frame(stamp, np.zeros(3), [])
    for node in things:
        if node.id not in world.nodes:
            continue
        with world.within(node.map):
            same = find_duplicate(world, node, touching(world, [node]).get(node.id, []))
        if same is not None:
            older, newer = sorted((node, same), key=lambda n: n.number)
            vanishing.merge(frame, newer, older)
            merged.append((newer.id, older.id))
    return tuple(merged)
