"""The memory of an embodied robot: what was seen where, when, how surely and why, in one crash-safe file."""

from .compaction import Compacted
from .erasure import Erased
from .maps import Area
from .memory import Memory
from .poses import Corrected, PoseCorrection
from .records import (
    ActionRecord,
    Answer,
    Candidate,
    Change,
    EpisodeRecord,
    Event,
    Fault,
    Integrity,
    Interval,
    KeyframeInfo,
    Knowledge,
    Place,
    Recall,
    StateBelief,
    Thing,
    Written,
)
from .shortterm import FIFO, LFU, LRU, ReplacementPolicy, ShortTerm, TaskAware, WTinyLFU

__all__ = [
    "FIFO",
    "LFU",
    "LRU",
    "ActionRecord",
    "Answer",
    "Area",
    "Candidate",
    "Change",
    "Compacted",
    "Corrected",
    "EpisodeRecord",
    "Erased",
    "Event",
    "Fault",
    "Integrity",
    "Interval",
    "KeyframeInfo",
    "Knowledge",
    "Memory",
    "Place",
    "PoseCorrection",
    "Recall",
    "ReplacementPolicy",
    "ShortTerm",
    "StateBelief",
    "TaskAware",
    "Thing",
    "WTinyLFU",
    "Written",
]
