"""Results of a long benchmark kept between its runs: one that was interrupted goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


class BenchCache:
    """JSON results by name, of exactly this code: a changed program starts again."""

    def __init__(self, bench: str) -> None:
        self._file = cache_file(bench)
        lines = self._file.read_text("utf-8").splitlines()
        self._known: dict[str, Any] = dict(json.loads(line) for line in lines)

    def get(self, name: str, find: Callable[[], Any]) -> Any:
        """The result called ``name``: as it is known, or as ``find`` finds it now."""
        if name not in self._known:
            self._known[name] = find()
            with self._file.open("a", encoding="utf-8") as file:
                print(json.dumps([name, self._known[name]]), file=file, flush=True)
        return self._known[name]


def cache_file(bench: str) -> Path:
    """The file of a benchmark's results for this code; empty at first."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(p for p in root.glob("*/*.py") if p.parent.name != "tests"):
        digest.update(path.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"loci-bench-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    file = folder / f"{bench}-{digest.hexdigest()[:12]}.jsonl"
    file.touch()
    return file
