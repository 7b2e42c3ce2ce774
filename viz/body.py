"""Draws the robot and what it senses: body, path, camera, colour, depth, segments and detections of each frame."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..contracts import Detection, RGBDFrame, SegmentImage
from ..geometry import F64, PinholeCamera, apply, inverse
from . import palette
from .scene import log_camera, pose

_WIDTH = 160  # pixels; depth and segments are for looking at, not for measuring: this wide at most
_MAX_PATH = 4000  # points; a longer path is thinned to half


class Body:
    """Logs the robot's part of a recording into ``stream`` at whatever time is set there."""

    def __init__(self, stream: rr.RecordingStream) -> None:
        self._stream = stream
        self._path: list[F64] = []
        self._camera: PinholeCamera | None = None
        self._pose: tuple[float, ...] = ()
        self._classes: dict[str, int] = {}

    @property
    def path(self) -> F64:
        """Where the base has been so far (N, 3), metres, world."""
        return np.array(self._path).reshape(-1, 3)

    def pose(self, T_world_base: F64 | None, T_world_cam: F64, hand: F64 | None = None) -> None:
        """The body as a sketch (base, mast to the camera, line to the ``hand`` (3,)), and the path so far."""
        if T_world_base is None:
            return
        hands = [] if hand is None else np.round(hand, 3).tolist()
        key = (*np.round(T_world_base[:3], 3).ravel(), *np.round(T_world_cam[:3, 3], 3), *hands)
        if key == self._pose:
            return
        if not self._pose:
            self._sketch()
        self._pose = key
        self._stream.log("/world/robot", pose(T_world_base))
        inward = inverse(T_world_base)
        lines = [[(0.0, 0.0, 0.3), apply(inward, T_world_cam[:3, 3])]]
        if hand is not None:
            lines.append([(0.0, 0.0, 0.45), apply(inward, hand)])
        self._stream.log(
            "/world/robot/sketch", rr.LineStrips3D(lines, colors=[palette.ROBOT], radii=rr.Radius.ui_points(2.0))
        )
        self.walk(T_world_base[:3, 3])

    def _sketch(self) -> None:
        """What of the robot never changes in its own frame: a drum for the base, an arrow for its heading."""
        drum = rr.Cylinders3D(
            lengths=[0.3], radii=[0.22], centers=[(0, 0, 0.15)], colors=[(*palette.ROBOT[:3], 150)], fill_mode="solid"
        )
        arrow = rr.Arrows3D(origins=[(0, 0, 0.31)], vectors=[(0.3, 0, 0)], colors=[palette.PATH], radii=0.012)
        self._stream.log("/world/robot", rr.TransformAxes3D(0.0), static=True)
        self._stream.log("/world/robot/base", drum, static=True)
        self._stream.log("/world/robot/heading", arrow, static=True)

    def walk(self, position: F64) -> None:
        """Add a point (3,) to the path and draw it, if it is more than 2 cm from the last one."""
        point = np.array([position[0], position[1], max(float(position[2]), 0.0) + 0.025])
        if self._path and np.linalg.norm(point - self._path[-1]) < 0.02:
            return
        self._path.append(point)
        if len(self._path) > _MAX_PATH:
            self._path = self._path[::2]
        glow = [p - (0.0, 0.0, 0.015) for p in self._path]  # below the line itself, so that the two do not flicker
        for name, strip, color, wide in (
            ("path", self._path, palette.PATH, 1.5),
            ("path/glow", glow, palette.PATH_GLOW, 5.0),
        ):
            self._stream.log(
                f"/world/{name}", rr.LineStrips3D([strip], colors=[color], radii=rr.Radius.ui_points(wide))
            )

    def picture(self, camera: PinholeCamera, T_world_cam: F64, jpeg: bytes) -> None:
        """The camera where it is, with the JPEG it took."""
        if camera != self._camera:
            log_camera(self._stream, "/world/camera", camera, 0.32, palette.ROBOT, static=True)
            self._camera = camera
        self._stream.log("/world/camera", pose(T_world_cam))
        self._stream.log("/world/camera/image", rr.EncodedImage(contents=jpeg, media_type="image/jpeg"))

    def depth(self, depth: NDArray[np.floating]) -> None:
        """A depth image (H, W) in metres, thinned, 0 = no reading."""
        step = max(1, depth.shape[1] // _WIDTH)
        image = (np.asarray(depth[::step, ::step], dtype=np.float32) * 1000).astype(np.uint16)
        self._stream.log("/depth/image", rr.DepthImage(image, meter=1000.0, colormap="turbo", depth_range=[0, 5000]))

    def segments(self, segments: SegmentImage) -> None:
        """The segmentation, coloured by most likely class (its own numbers mean nothing across frames)."""
        step = max(1, segments.ids.shape[1] // _WIDTH)
        ids = segments.ids[::step, ::step]
        table = np.zeros(max(int(ids.max(initial=0)), *segments.labels, 0) + 1, dtype=np.uint8)
        known = len(self._classes)
        for number, labels in segments.labels.items():
            name = max(labels, key=lambda k: labels[k], default="")
            table[number] = self._classes.setdefault(name, len(self._classes) + 1) % 256
        if len(self._classes) > known:
            about = [(i, name, palette.class_color(i)) for name, i in self._classes.items() if i < 256]
            self._stream.log("/segments", rr.AnnotationContext([(0, "nothing", (0, 0, 0, 0)), *about]), static=True)
        self._stream.log("/segments/image", rr.SegmentationImage(table[np.maximum(ids, 0)]))

    def detections(self, detections: Sequence[Detection], ids: Sequence[str | None]) -> None:
        """Boxes in the picture with the class and the memory id that each detection was given."""
        boxes, names, colors = [], [], []
        for i, d in enumerate(detections):
            name = max(d.labels, key=lambda k: d.labels[k], default="?")
            known = ids[i] if i < len(ids) else None
            boxes.append((d.bbox[0], d.bbox[1], d.bbox[2] - d.bbox[0], d.bbox[3] - d.bbox[1]))
            names.append(f"{name} {known}" if known else name)
            colors.append(palette.class_color(self._classes.setdefault(name, len(self._classes) + 1)))
        self._stream.log(
            "/world/camera/image/detections",
            rr.Boxes2D(
                array=np.array(boxes, dtype=np.float32).reshape(-1, 4), array_format=rr.Box2DFormat.XYWH, labels=names,
                colors=colors, radii=rr.Radius.ui_points(0.8), show_labels=len(boxes) <= 12,
            ),
        )  # fmt: skip

    def frame(self, frame: RGBDFrame, jpeg: bytes | None) -> None:
        """All of one frame; ``jpeg`` is its picture where somebody encoded it already."""
        hand = None if frame.gripper is None else frame.gripper.T_world_hand[:3, 3]
        self.pose(frame.T_world_base, frame.T_world_cam, hand)
        self.picture(frame.camera, frame.T_world_cam, jpeg or encode(frame.rgb))
        self.depth(frame.depth)
        if frame.segments is not None:
            self.segments(frame.segments)


def encode(rgb: NDArray[np.uint8], quality: int = 75) -> bytes:
    """JPEG bytes of ``rgb`` (H, W, 3)."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
