"""The memory of an embodied robot: what was seen where, when, how surely and why, in one crash-safe file."""

from .compaction import Compacted
from .erasure import Erased
from .frames import Shown
from .learned import Learned
from .maps import Area
from .memory import Memory
from .moments import Moment
from .poses import Corrected, PoseCorrection
from .procedures import Bound, Procedure
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
    Link,
    Place,
    Recall,
    StateBelief,
    Thing,
    Written,
)
from .retrieval import Found
from .segments import Segment
from .shortterm import FIFO, LFU, LRU, ReplacementPolicy, ShortTerm, TaskAware, WTinyLFU

__all__ = [
    "FIFO",
    "LFU",
    "LRU",
    "ActionRecord",
    "Answer",
    "Area",
    "Bound",
    "Candidate",
    "Change",
    "Compacted",
    "Corrected",
    "EpisodeRecord",
    "Erased",
    "Event",
    "Fault",
    "Found",
    "Integrity",
    "Interval",
    "KeyframeInfo",
    "Knowledge",
    "Learned",
    "Link",
    "Memory",
    "Moment",
    "Place",
    "PoseCorrection",
    "Procedure",
    "Recall",
    "ReplacementPolicy",
    "Segment",
    "ShortTerm",
    "Shown",
    "StateBelief",
    "TaskAware",
    "Thing",
    "WTinyLFU",
    "Written",
]
