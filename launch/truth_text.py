"""Two baselines that search by meaning: the text log with sentence embeddings, and the package ``emem`` where installed."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..memory.embedding import embedder, find_weights
from .truth_baselines import TOP, Row, TextLog
from .truth_terms import Sight


def sentence(row: Row) -> str:
    """What is written of one sighting: class, place, states; the time is kept beside it."""
    states = f", {' and '.join(sorted(row.states.values()))}" if row.states else ""
    return f"a {row.label} at the {row.place.replace('-', ' ')}{states}" if row.place else f"a {row.label}{states}"


class MeaningLog(TextLog):
    """ReMEmbR's way: sentences, fetched by the cosine of their all-MiniLM-L6-v2 vectors with the question, then by time."""

    name = "text log, MiniLM"

    def __init__(self) -> None:
        super().__init__()
        self._embedder = embedder()
        self._numbers: dict[str, int] = {}
        self._vectors: list[NDArray[np.float32]] = []
        self._of: list[int] = []  # sentence → vector

    @classmethod
    def here(cls) -> bool:
        """Are the weights installed?"""
        return find_weights() is not None

    def observe(self, stamp: float, sights: Sequence[Sight]) -> list[object]:
        """Write a sentence per thing, with its vector."""
        keys = super().observe(stamp, sights)
        for row in self.rows[len(self._of) :]:
            self._of.append(self._number(sentence(row)))
        return keys

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self._vectors)
            self._vectors.append(self._embedder.embed([text])[0])
        return self._numbers[text]

    def _top(self, words: Sequence[str], near: float | None = None, about: str = "where is") -> list[Row]:
        if not self.rows:
            return []
        question = self._embedder.embed([f"{about} the {' '.join(words).replace('-', ' ')}?"])[0]
        cosine = (np.array(self._vectors) @ question)[self._of]
        time = self.now if near is None else near
        gaps = np.abs(np.array([r.stamp for r in self.rows]) - time)
        order = np.lexsort((-np.arange(len(gaps)), gaps, -cosine.round(6)))
        return [self.rows[i] for i in order[:TOP]]


class Emem(TextLog):
    """The package ``emem``: the same sentences with their coordinates, in its SQLite file and HNSW index; its semantic search,
    with the same embeddings, fetches.
    """

    name = "emem"

    def __init__(self) -> None:
        super().__init__()
        package, provider = import_module("emem"), import_module("emem.embeddings")
        vectors: dict[str, Any] = {}
        inner = embedder()

        def embed(texts: str | list[str]) -> list[Any]:
            wanted = [texts] if isinstance(texts, str) else list(texts)
            for text in wanted:
                if text not in vectors:
                    vectors[text] = inner.embed([text])[0]
            return [vectors[t] for t in wanted]

        self._folder = tempfile.TemporaryDirectory(prefix="loci-emem-")
        path = str(Path(self._folder.name) / "memory.db")
        self._memory = package.SpatioTemporalMemory(
            db_path=path,
            embedding_provider=provider.CallableEmbeddingProvider(embed),
            get_current_time=lambda: self.now,
        )

    @classmethod
    def here(cls) -> bool:
        """Is it installed, with what it needs?"""
        return all(importlib.util.find_spec(name) is not None for name in ("emem", "hnswlib", "rtree"))

    def observe(self, stamp: float, sights: Sequence[Sight]) -> list[object]:
        """Add a text with coordinates per thing."""
        first = len(self.rows)
        keys = super().observe(stamp, sights)
        for row in self.rows[first:]:
            x, y, z = row.center
            self._memory.add(sentence(row), x=x, y=y, z=z, timestamp=row.stamp, metadata={"row": row.key})
        return keys

    def _top(self, words: Sequence[str], near: float | None = None, about: str = "where is") -> list[Row]:
        self._memory._ensure_flushed()
        question = f"{about} the {' '.join(words).replace('-', ' ')}?"
        span = None if near is None else (0.0, near)
        found = self._memory.store.semantic_search(question, n_results=TOP, time_range=span, reference_time=self.now)
        rows = [self.rows[int(o.metadata["row"])] for o in found if "row" in getattr(o, "metadata", {})]
        return sorted(rows, key=lambda r: -r.stamp)

    def close(self) -> None:
        """Remove its files."""
        self._memory.close()
        self._folder.cleanup()
