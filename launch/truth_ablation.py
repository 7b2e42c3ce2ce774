"""What a memory is worth without one of its parts: what the memory-truth bench withholds from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..contracts import ObservationBatch, Verdict
from ..memory import Memory, identity
from ..memory.likeness import NEVER


@dataclass(frozen=True)
class Ablation:
    """``no_negative``: looks at empty spots and what was covered are withheld; ``no_tracks``: track numbers and appearance;
    ``no_filter``: it is where it was last seen, for sure, unless it is known to be gone; ``no_cascade``: what moves takes
    nothing along; ``no_link``: a thing that vanished here and one that appeared there are never one.
    """

    name: str = ""
    no_negative: bool = False
    no_tracks: bool = False
    no_filter: bool = False
    no_cascade: bool = False
    no_link: bool = False

    def of(self, batch: ObservationBatch) -> ObservationBatch:
        """The batch without what is withheld."""
        if self.no_negative:
            kept = tuple(v for v in batch.visibility if v.verdict is not Verdict.SEEN_THROUGH)
            batch = replace(batch, visibility=kept, coverage={})
        if self.no_tracks:
            blind = [replace(d, track=-1, appearance=np.zeros(0, np.float32)) for d in batch.detections]
            batch = replace(batch, detections=tuple(blind))
        return batch

    @contextmanager
    def applied(self, memory: Memory) -> Iterator[None]:
        """Take the part out of ``memory`` while the block runs; ``AttributeError`` if it has no such part any more."""
        swapped: list[tuple[Any, str, Any]] = []
        observer = memory._observer
        if self.no_cascade:
            swapped.append((type(observer), "_carry", lambda self, frame: None))
        if self.no_link:
            swapped.append((type(observer.vanishing), "_newcomer", lambda self, node: (None, 0.0)))
            swapped.append((identity._Pairs, "elsewhere", lambda self, likeness, here: np.full_like(here, NEVER)))
        kept = [(owner, name, getattr(owner, name)) for owner, name, _ in swapped]
        try:
            for owner, name, instead in swapped:
                setattr(owner, name, instead)
            yield
        finally:
            for owner, name, was in kept:
                setattr(owner, name, was)
