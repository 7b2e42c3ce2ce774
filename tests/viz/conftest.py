"""A small kitchen made of boxes, seen through a ray caster: posed RGB-D frames and observation batches with real numbers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rerun.chunk import RrdReader

from loci.contracts import (
    Decision,
    Detection,
    Keyframe,
    ObservationBatch,
    Outcome,
    Relation,
    RGBDFrame,
    Role,
    SegmentImage,
    Status,
    Verb,
)
from loci.geometry import F64, Box, PinholeCamera, apply, inverse, transform
from loci.memory import Memory
from loci.planner.watcher import Watcher
from loci.viz.recorder import Recorder


@dataclass
class Solid:
    """One axis-aligned box of the scene, in metres, with its colour."""

    label: str
    role: Role
    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    color: tuple[int, int, int]


def kitchen_solids() -> list[Solid]:
    """Room 5 × 4 m, floor at z = 0, with a counter along one wall, a fridge, a table, and six things to hold."""
    s, f, o = Role.STRUCTURE, Role.FURNITURE, Role.OBJECT
    return [
        Solid("floor", s, (0, 0, -0.1), (5, 4, 0), (176, 158, 136)),
        Solid("ceiling", s, (0, 0, 2.4), (5, 4, 2.5), (235, 235, 230)),
        Solid("wall", s, (-0.1, 0, 0), (0, 4, 2.5), (205, 214, 220)),
        Solid("wall", s, (5, 0, 0), (5.1, 4, 2.5), (205, 214, 220)),
        Solid("wall", s, (0, -0.1, 0), (5, 0, 2.5), (214, 206, 196)),
        Solid("wall", s, (0, 4, 0), (5, 4.1, 2.5), (214, 206, 196)),
        Solid("counter", f, (1.2, 3.4, 0), (4.2, 4, 0.9), (120, 86, 60)),
        Solid("fridge", f, (0.1, 3.3, 0), (0.8, 4, 1.7), (225, 228, 232)),
        Solid("table", f, (3.0, 0.8, 0.66), (4.4, 1.7, 0.74), (160, 110, 64)),
        Solid("mug", o, (1.6, 3.6, 0.9), (1.68, 3.68, 1.0), (196, 60, 60)),
        Solid("bowl", o, (2.2, 3.6, 0.9), (2.36, 3.76, 0.97), (70, 120, 200)),
        Solid("apple", o, (3.3, 1.1, 0.74), (3.37, 1.17, 0.81), (180, 40, 40)),
        Solid("cereal box", o, (3.8, 1.2, 0.74), (4.0, 1.27, 1.04), (230, 180, 40)),
        Solid("milk", o, (3.0, 3.6, 0.9), (3.08, 3.68, 1.12), (240, 240, 250)),
        Solid("bottle", o, (3.5, 3.6, 0.9), (3.57, 3.67, 1.18), (40, 140, 80)),
    ]


def look_at(eye: tuple[float, float, float], target: tuple[float, float, float]) -> F64:
    """``T_world_cam`` (4, 4) of a camera (OpenCV axes) at ``eye`` that looks at ``target`` with the world's z up."""
    forward = np.subtract(target, eye).astype(float)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return transform(np.stack([right, np.cross(forward, right), forward], axis=1), eye)


class Scene:
    """Renders ``solids`` and says of each frame what an ideal perceiver would report."""

    def __init__(self, solids: list[Solid], camera: PinholeCamera) -> None:
        self.solids = solids
        self.camera = camera

    def without(self, label: str) -> Scene:
        """The same scene after the things called ``label`` have been taken away."""
        return Scene([s for s in self.solids if s.label != label], self.camera)

    def render(self, T_world_cam: F64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """rgb (H, W, 3) uint8, depth (H, W) float32 metres and index + 1 of the solid hit (H, W) int32."""
        h, w = self.camera.height, self.camera.width
        rays = self.camera.cloud(np.ones((h, w))).reshape(-1, 3) @ T_world_cam[:3, :3].T
        rays = np.where(np.abs(rays) < 1e-9, 1e-9, rays)
        eye = T_world_cam[:3, 3]
        best = np.full(len(rays), np.inf)
        ids = np.zeros(len(rays), dtype=np.int32)
        rgb = np.zeros((len(rays), 3))
        for number, solid in enumerate(self.solids, start=1):
            t0, t1 = (np.array(solid.lower) - eye) / rays, (np.array(solid.upper) - eye) / rays
            near, far = np.minimum(t0, t1), np.maximum(t0, t1)
            enter = near.max(axis=1)
            hit = (enter > 0.05) & (enter < far.min(axis=1)) & (enter < best)
            best[hit] = enter[hit]
            ids[hit] = number
            shade = np.array([0.85, 0.75, 1.0])[near[hit].argmax(axis=1)]
            rgb[hit] = np.array(solid.color) * shade[:, None]
        depth = np.where(np.isfinite(best), best, 0.0).astype(np.float32)
        return rgb.reshape(h, w, 3).astype(np.uint8), depth.reshape(h, w), ids.reshape(h, w)

    def frame(self, T_world_cam: F64, stamp: float) -> RGBDFrame:
        """A frame with segments, as a robot would hand it out."""
        rgb, depth, ids = self.render(T_world_cam)
        seen = [int(i) for i in np.unique(ids) if i]
        return RGBDFrame(
            rgb=rgb,
            depth=depth,
            camera=self.camera,
            T_world_cam=T_world_cam,
            stamp=stamp,
            pose_id=f"p{stamp:g}",
            segments=SegmentImage(
                ids,
                {i: {self.solids[i - 1].label: 0.9} for i in seen},
                {i: {} for i in seen},
                {i: self.solids[i - 1].role for i in seen},
            ),
            T_world_base=transform(t=(T_world_cam[0, 3], T_world_cam[1, 3], 0.0)),
        )

    def batch(self, frame: RGBDFrame, *, keyframe: bool = True) -> ObservationBatch:
        """What an ideal perceiver makes of ``frame``."""
        assert frame.segments is not None
        ids = frame.segments.ids
        cloud = self.camera.cloud(frame.depth)
        detections, where = [], {}
        for i in frame.segments.labels:
            solid = self.solids[i - 1]
            mask = ids == i
            if solid.role is Role.STRUCTURE or mask.sum() < 20:
                continue
            where[solid.label] = len(detections)
            points = cloud[mask]
            points = points[:: len(points) // 256 + 1]
            v, u = np.nonzero(mask)
            box = Box.upright(apply(frame.T_world_cam, points)).moved(inverse(frame.T_world_cam))
            feature = np.zeros(8, dtype=np.float32)
            feature[i % 8] = 1.0
            detections.append(
                Detection(
                    track=i,
                    role=solid.role,
                    labels={solid.label: 0.9},
                    states={},
                    points_cam=points.astype(np.float32),
                    colors=np.tile(np.array(solid.color, dtype=np.uint8), (len(points), 1)),
                    box_cam=box,
                    appearance=feature,
                    bbox=(int(u.min()), int(v.min()), int(u.max()) + 1, int(v.max()) + 1),
                    pixels=int(mask.sum()),
                    sigma=0.01,
                    cut=False,
                )
            )
        on = {"mug": "counter", "bowl": "counter", "milk": "counter", "apple": "table", "cereal box": "table"}
        relations = [Relation(where[a], "on", where[b], 0.9) for a, b in on.items() if a in where and b in where]
        return ObservationBatch(
            stamp=frame.stamp,
            robot_id=frame.robot_id,
            map_id=frame.map_id,
            pose_id=frame.pose_id,
            camera=frame.camera,
            T_world_cam=frame.T_world_cam,
            pose_cov=frame.pose_cov,
            detections=detections,
            relations=relations,
            T_world_base=frame.T_world_base,
            keyframe=self.picture(frame) if keyframe else None,
        )

    def picture(self, frame: RGBDFrame) -> Keyframe:
        """The frame as evidence: JPEG bytes and an 80×60 depth thumbnail (nearest pixel)."""
        buffer = io.BytesIO()
        Image.fromarray(frame.rgb).save(buffer, "JPEG", quality=85)
        v = ((np.arange(60) + 0.5) * frame.depth.shape[0] / 60).astype(int)
        u = ((np.arange(80) + 0.5) * frame.depth.shape[1] / 80).astype(int)
        return Keyframe(buffer.getvalue(), frame.depth[np.ix_(v, u)].astype(np.float16))

    def tour(self, count: int, start: float = 0.0) -> list[RGBDFrame]:
        """``count`` frames from a walk around the middle of the room, 0.5 s apart, looking outwards and a little down."""
        frames = []
        for k in range(count):
            a = 2 * np.pi * k / count
            eye = (2.4 + 0.5 * np.cos(a), 2.1 + 0.4 * np.sin(a), 1.4)
            target = (eye[0] + 2 * np.cos(a), eye[1] + 2 * np.sin(a), 0.75)
            frames.append(self.frame(look_at(eye, target), start + 0.5 * k))
        return frames


@pytest.fixture(scope="session")
def scene() -> Scene:
    """The kitchen seen by a 160×120 camera."""
    return Scene(kitchen_solids(), PinholeCamera.from_fov(1.1, 160, 120))


@pytest.fixture(scope="session")
def tour(scene: Scene) -> list[RGBDFrame]:
    """Sixteen frames all around the room."""
    return scene.tour(16)


def walk_through(scene: Scene, frames: list[RGBDFrame], memory, watcher=None) -> None:
    """Write ``frames`` to ``memory`` as a run would, with one task and one action in the middle; ``watcher`` follows."""
    watcher = watcher or Watcher()
    half = len(frames) // 2
    episode = action = ""
    decision = Decision(Verb.LOOK, "o1", why="the mug was seen on the counter", cites=("o1",))
    for i, frame in enumerate(frames):
        if i == half:
            watcher.on_text("task", "Find the mug.", frame.stamp)
            episode = memory.begin_episode("Find the mug.", frame.stamp)
            action = memory.begin_action(decision, frame.stamp)
            watcher.on_decision(episode, 1, decision, None)
        batch = scene.batch(frame)
        watcher.on_frame(frame, batch, memory.write(batch))
        if i == half + 2:
            outcome = Outcome(Status.SUCCEEDED, "seen", frames[half].stamp, frame.stamp)
            watcher.on_outcome(1, outcome, memory.end_action(action, outcome))
            memory.end_episode(episode, "done", frame.stamp)
            watcher.on_text("answer", "the mug is on the counter", frame.stamp)


@pytest.fixture(scope="session")
def recording(scene: Scene, tour: list[RGBDFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of the tour, made by a ``Recorder``."""
    path = tmp_path_factory.mktemp("recording") / "tour.rrd"
    with Memory.open(":memory:") as memory, Recorder(memory, path) as recorder:
        walk_through(scene, tour, memory, recorder)
    return path


@pytest.fixture(scope="session")
def memory_file(scene: Scene, tour: list[RGBDFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory file of the tour."""
    path = tmp_path_factory.mktemp("memory") / "kitchen.db"
    with Memory.open(path) as memory:
        walk_through(scene, tour, memory)
    return path


@pytest.fixture(scope="session")
def walk():
    """The function ``walk_through``."""
    return walk_through


@pytest.fixture(scope="session")
def rows():
    """A function that reads a recording back: (file, entity filter) → rows (time in s, entity, component → value)."""
    return read


def read(recording: Path, content: str) -> list[tuple[float, str, dict[str, list]]]:
    """Rows of ``recording`` below ``content`` in time's order; NaN is the time of what is static."""
    found = []
    for chunk in RrdReader(recording).stream().filter(content=content).to_chunks():
        batch = chunk.to_record_batch()
        names = batch.schema.names
        times = batch.column("time").cast("int64").to_pylist() if "time" in names else [None] * batch.num_rows
        values = {n.split(":")[-1]: batch.column(n).to_pylist() for n in names if ":" in n}
        for i, t in enumerate(times):
            row = {k: v[i] for k, v in values.items() if v[i] is not None}
            found.append((float("nan") if t is None else t / 1e9, chunk.entity_path, row))
    return sorted(found, key=lambda r: (r[0], r[1]))
