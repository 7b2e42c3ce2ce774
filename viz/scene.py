"""Draws what memory believes: boxes, points, labels and relation lines of things, background cloud, evidence pictures.

Each thing is an entity of its own (``/world/things/objects/o7``), logged only when what is drawn of it has changed, so
that a recording stays small and the viewer's time slider shows every thing as it was believed to be at that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..contracts import Keyframe, Role
from ..geometry import F64, PinholeCamera, quat_from_matrix
from ..memory.records import Knowledge, Thing
from . import palette
from .cloud import FACINGS, WorldCloud
from .eye import Eye
from .labels import Labels, top

FOLDER: Mapping[Role, str] = {Role.OBJECT: "objects", Role.FURNITURE: "furniture", Role.PART: "parts"}
_STEP = 0.004  # metres; what moved by less is not drawn anew
LINES = ("on", "in", "held_by")  # relations worth a line; the others would only be clutter


class Scene:
    """Logs the map part of a recording into ``stream`` at whatever time is set there."""

    def __init__(self, stream: rr.RecordingStream) -> None:
        self._stream = stream
        self._boxes: dict[str, tuple[object, ...]] = {}
        self._points: dict[str, tuple[object, ...]] = {}
        self._paths: dict[str, str] = {}
        self._names = Labels(stream)
        self._lines: dict[str, bytes] = {}
        self._cloud: dict[str, int] = {}
        stream.log("/world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)

    def things(self, things: Sequence[Thing], now: float, eye: Eye, hand: F64 | None = None) -> None:
        """Draw ``things`` as believed at ``now``; what was drawn before and is no longer among them disappears.

        ``eye`` is used to keep labels apart; ``hand`` (3,) is where held things are tied to.
        """
        shown = [t for t in things if t.role in FOLDER]
        for thing in shown:
            self._box(thing)
            self._surface(thing)
        for gone in self._paths.keys() - {t.id for t in shown}:
            self._stream.log(self._paths.pop(gone), rr.Clear(recursive=True))
            for role in FOLDER:
                self._stream.log(_surface_path(gone, role), rr.Clear(recursive=True))
            self._boxes.pop(gone, None)
            self._points.pop(gone, None)
        self._names.update(shown, now, eye)
        self._relations(shown, hand)

    def _box(self, thing: Thing) -> None:
        path = self._paths.setdefault(thing.id, f"/world/things/{FOLDER[thing.role]}/{thing.id}")
        box, color, text = (
            thing.box_world,
            palette.thing_color(thing),
            f"{thing.label} {thing.id} · {thing.knowledge.value}",
        )
        at = np.rint([*box.center / _STEP, *box.size / _STEP, box.yaw / 0.02]).tobytes()
        drawn: tuple[object, ...] = (at, color, text)
        if self._boxes.get(thing.id) == drawn:
            return
        self._boxes[thing.id] = drawn
        thick = 1.2 if thing.role is Role.OBJECT else 0.8
        w, x, y, z = quat_from_matrix(box.T_ref_box[:3, :3])
        self._stream.log(
            path,
            rr.Boxes3D(
                centers=[box.center],
                half_sizes=[box.size / 2],
                quaternions=[rr.Quaternion(xyzw=[x, y, z, w])],
                colors=[color],
                radii=rr.Radius.ui_points(thick),
                labels=[text],
                show_labels=False,
            ),
        )

    def _surface(self, thing: Thing) -> None:
        if thing.role is Role.FURNITURE or not len(thing.points_world):
            return  # furniture is in the background cloud already, and finer
        points = thing.points_world
        drawn = (len(points), *np.rint(points.mean(axis=0) / _STEP), thing.knowledge is Knowledge.ABSENT)
        if self._points.get(thing.id) == drawn:
            return
        self._points[thing.id] = drawn
        x, y, z = np.maximum(thing.box_world.size, 0.01)
        radius = float(np.clip(0.6 * np.sqrt(2 * (x * y + y * z + z * x) / len(points)), 0.003, 0.03))
        colors = thing.colors
        shading = "Flat" if thing.role is Role.PART else "Gradient"  # doors are flat, things to hold are round
        if thing.knowledge is Knowledge.ABSENT:  # a memory of what was there
            colors = colors // 3 + 30
        self._stream.log(
            _surface_path(thing.id, thing.role), rr.Points3D(points, colors=colors, radii=radius, point_shading=shading)
        )

    def _relations(self, things: Sequence[Thing], hand: F64 | None) -> None:
        by_id = {t.id: t for t in things}
        strips: dict[str, list[list[F64]]] = {p: [] for p in LINES}
        for thing in things:
            place = thing.place
            if thing.role is not Role.OBJECT or place is None or place.predicate not in strips:
                continue
            other = by_id.get(place.id)
            if place.predicate == "held_by":
                end = hand
            elif other is not None:
                end = _anchor(other, place.predicate)
            else:
                end = None
            if end is not None and thing.knowledge is not Knowledge.ABSENT:
                strips[place.predicate].append([thing.box_world.center, end])
        for predicate, lines in strips.items():
            key = np.rint(np.array(lines) / 0.02).tobytes()
            if self._lines.get(predicate, b"") != key:
                self._lines[predicate] = key
                wide = rr.Radius.ui_points(1.1)
                color = palette.PREDICATE[predicate]
                self._stream.log(f"/world/relations/{predicate}", rr.LineStrips3D(lines, colors=[color], radii=wide))

    def cloud(self, cloud: WorldCloud, final: tuple[F64, F64] | None = None) -> None:
        """Draw the background, one entity per facing; again only once it has grown by a quarter.

        With ``final``, the corners (3,) of what matters, it is drawn in any case, and what lies outside fades away.
        """
        for facing in FACINGS:
            count, before = cloud.count(facing), self._cloud.get(facing, 0)
            if not count + before or not (final or abs(count - before) > 0.25 * before + 200):
                continue
            self._cloud[facing] = count
            points, colors = cloud.part(facing)
            if final:
                colors = _faded(points, colors, *final)
            self._stream.log(
                f"/world/cloud/{facing}",
                rr.Points3D(points, colors=colors, radii=0.71 * cloud.voxel, point_shading="Flat"),
            )  # discs as wide as the diagonal of a voxel leave no gaps

    def evidence(
        self, seq: int, keyframe: Keyframe, camera: PinholeCamera, T_world_cam: F64, far: float = 0.22
    ) -> None:
        """A picture kept as evidence, standing in space where it was taken; ``far`` metres from its camera."""
        log_camera(self._stream, f"/world/evidence/k{seq}", camera, far, palette.EVIDENCE, static=False)
        self._stream.log(f"/world/evidence/k{seq}", pose(T_world_cam))
        self._stream.log(
            f"/world/evidence/k{seq}/image", rr.EncodedImage(contents=keyframe.jpeg, media_type="image/jpeg")
        )

    def drawn(self) -> Iterable[str]:
        """Ids of the things that are drawn now."""
        return tuple(self._paths)


def log_camera(
    stream: rr.RecordingStream, path: str, camera: PinholeCamera, far: float, color: palette.Rgba, *, static: bool
) -> None:
    """A camera's frustum at ``path``, OpenCV axes; pictures below it are drawn ``far`` metres away."""
    frustum = rr.Pinhole(
        image_from_camera=camera.K,
        resolution=[camera.width, camera.height],
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=far,
        color=color,
        line_width=rr.Radius.ui_points(0.8),
    )
    stream.log(path, frustum, rr.TransformAxes3D(0.0), static=static)


def pose(T: F64) -> rr.Transform3D:
    """``T`` (4, 4) for the viewer."""
    return rr.Transform3D(translation=T[:3, 3], mat3x3=T[:3, :3])


def _surface_path(thing_id: str, role: Role) -> str:
    return f"/world/surfaces/{FOLDER[role]}/{thing_id}"


def _faded(points: NDArray[np.float32], colors: NDArray[np.uint8], lower: F64, upper: F64) -> NDArray[np.uint8]:
    """``colors`` (N, 3), blended into the background where ``points`` (N, 3) lie 0.3 to 1.7 m beside the box in plan."""
    outside = np.maximum(np.maximum(lower[:2] - points[:, :2], points[:, :2] - upper[:2]), 0.0)
    share = np.clip((np.linalg.norm(outside, axis=1) - 0.3) / 1.4, 0.0, 0.93)[:, None]
    dark = np.array(palette.BACKGROUND[:3], dtype=np.float64)
    return np.asarray(colors * (1 - share) + dark * share).astype(np.uint8)


def _anchor(place: Thing, predicate: str) -> F64:
    """Where relation lines to a place end: the middle of its top for things on it, its middle for things in it."""
    lower, upper = place.box_world.bounds()
    middle = (lower + upper) / 2
    return top(place) if predicate == "on" else np.asarray(middle)
