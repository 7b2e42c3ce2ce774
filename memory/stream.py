"""The observation stream, for people with their own perception: write one, replay one, export a memory as one.

The format is described in docs/stream.md and by ``SCHEMA``; the records behind the lines are in ``stream_lines``.
"""

from __future__ import annotations

from pathlib import Path

from .export import export, export_lines
from .stream_decode import decode_line
from .stream_encode import encode_line, sight_of
from .stream_record import RecordedMemory, StreamWriter
from .stream_replay import BadLine, Replayed, StrictStop, replay

SCHEMA = Path(__file__).with_name("stream.schema.json")
"""JSON Schema (2020-12) of one line."""

__all__ = [
    "SCHEMA",
    "BadLine",
    "RecordedMemory",
    "Replayed",
    "StreamWriter",
    "StrictStop",
    "decode_line",
    "encode_line",
    "export",
    "export_lines",
    "replay",
    "sight_of",
]
