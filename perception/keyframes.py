"""Which frames to keep a picture of, and the picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..contracts import Keyframe, RGBDFrame, Verdict, Visibility
from ..errors import ConfigError
from ..geometry import F64

THUMB = (80, 60)  # columns, rows


@dataclass
class KeyframePolicy:
    """Keeps a frame from a new viewpoint, or when something changed.

    A viewpoint is new when no kept one of the last ``remembered`` lies within ``distance`` metres and ``angle`` radians; a
    change is an expected thing that is seen through now and was not in the frame before, or a new track that none of the
    expected things accounts for. Changes are kept at most once in ``pause`` seconds.
    """

    distance: float = 0.4
    angle: float = 0.35
    remembered: int = 24
    pause: float = 1.0
    quality: int = 80
    _kept: list[F64] = field(default_factory=list)
    _last: float = -np.inf
    _missing: frozenset[str] = frozenset()
    _tracks: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not (self.distance > 0 and self.angle > 0 and self.remembered > 0 and 1 <= self.quality <= 95):
            raise ConfigError(f"{self} is not usable: distance, angle, remembered above 0, JPEG quality 1 to 95")

    def choose(self, frame: RGBDFrame, visibility: Sequence[Visibility], tracks: Sequence[int]) -> Keyframe | None:
        """The keyframe if this frame is worth keeping. ``tracks`` are its objects' tracks, in the detections' order."""
        if frame.stamp < self._last:  # another recording, or a replay
            self._kept, self._last = [], -np.inf
        missing = frozenset(v.id for v in visibility if v.verdict is Verdict.SEEN_THROUGH)
        fresh = bool(missing - self._missing) or bool(frozenset(tracks) - self._tracks)
        self._missing, self._tracks = missing, frozenset(tracks)
        changed = fresh and frame.stamp - self._last >= self.pause
        if not changed and not self._new_viewpoint(frame.T_world_cam):
            return None
        self._kept = [*self._kept[-self.remembered + 1 :], frame.T_world_cam]
        self._last = frame.stamp
        return picture(frame, self.quality)

    def _new_viewpoint(self, T: F64) -> bool:
        if not self._kept:
            return True
        kept = np.array(self._kept)
        far = np.linalg.norm(kept[:, :3, 3] - T[:3, 3], axis=1) > self.distance
        turned = np.einsum("nij,ij->n", kept[:, :3, :3], T[:3, :3])  # trace of the relative rotation
        return bool((far | (np.arccos(np.clip((turned - 1) / 2, -1, 1)) > self.angle)).all())


def picture(frame: RGBDFrame, quality: int = 80) -> Keyframe:
    """A frame's JPEG and its 80×60 depth thumbnail (the nearest pixel of each cell's middle)."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(frame.rgb).save(buffer, format="JPEG", quality=quality)
    height, width = frame.depth.shape
    columns = ((np.arange(THUMB[0]) + 0.5) * width / THUMB[0]).astype(np.int64)
    rows = ((np.arange(THUMB[1]) + 0.5) * height / THUMB[1]).astype(np.int64)
    thumb: NDArray[np.float16] = frame.depth[np.ix_(rows, columns)].astype(np.float16)
    return Keyframe(buffer.getvalue(), thumb)
