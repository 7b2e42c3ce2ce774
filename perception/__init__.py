"""Perception: posed RGB-D frames in, observations (``loci.contracts.ObservationBatch``) out.

``FramePerceiver`` does the work; what a frame's regions are is said by a ``Segmenter``: ``LabelledSegmenter`` for frames
that carry a segmentation (a simulator, a recogniser), ``GeometricSegmenter`` for bare depth
(loaded only when it is asked for).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .geometric import GeometricSegmenter
    from .labelled import LabelledSegmenter
    from .perceiver import FramePerceiver
    from .recording import Recording, RecordingWriter

__all__ = ["FramePerceiver", "GeometricSegmenter", "LabelledSegmenter", "Recording", "RecordingWriter"]

_HOME = {
    "FramePerceiver": "perceiver",
    "GeometricSegmenter": "geometric",
    "LabelledSegmenter": "labelled",
    "Recording": "recording",
    "RecordingWriter": "recording",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(f".{_HOME[name]}", __name__), name)
