"""Segments of frames that carry a segmentation already: a simulator's, or another recogniser's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contracts import RGBDFrame, Role, Segment
from ..errors import FrameError


@dataclass(frozen=True)
class LabelledSegmenter:
    """Turns ``RGBDFrame.segments`` into segments: body pixels removed, regions below ``min_pixels`` dropped.

    ``exhaustive`` tells the perceiver that whatever can be seen has a segment of its own, so that pixels of the table where
    a plate should be are evidence that the plate is gone.
    """

    min_pixels: int = 10
    exhaustive: bool = True

    def segment(self, frame: RGBDFrame) -> Sequence[Segment]:
        """Segments in order of their number. Numbers that the recogniser says nothing of are left out.

        Raises ``FrameError`` for a frame without segments.
        """
        image = frame.segments
        if image is None:
            raise FrameError(
                f"frame {frame.pose_id or frame.stamp}: carries no segments, which LabelledSegmenter needs; "
                "GeometricSegmenter works on bare depth"
            )
        ids = image.ids if frame.body_mask is None else np.where(frame.body_mask, 0, image.ids)
        lowest, highest = int(ids.min()), int(ids.max())
        if lowest >= 0 and highest < 65536:
            counts = np.bincount(ids.ravel())
            present = [(int(n), int(counts[n])) for n in np.flatnonzero(counts)]
        else:
            numbers, sizes = np.unique(ids, return_counts=True)
            present = [(int(n), int(c)) for n, c in zip(numbers, sizes, strict=True)]
        return [
            Segment(ids == n, image.labels.get(n, {}), image.roles.get(n, Role.OBJECT), image.states.get(n, {}))
            for n, pixels in present
            if n != 0 and pixels >= self.min_pixels and (n in image.labels or n in image.roles)
        ]
