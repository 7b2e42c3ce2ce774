"""Other libraries at the same work, each in one process of a Python in which it is installed; see ``speed_peers``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .bench import Row, row
from .speed_world import StoreRoom

PEERS_PYTHON = "LOCI_PEERS_PYTHON"
"""Environment variable: a Python in which emem, chromadb and lancedb are installed; else this one is asked for them."""


def spread(metric: str, mode: str, values: Sequence[float]) -> list[Row]:
    """Median and 95th percentile of times in milliseconds."""
    n = len(values)
    return [row(f"{metric} p{q}", round(float(np.percentile(values, q)), 4), "ms", n, mode) for q in (50, 95)]


def peers(room: StoreRoom, folder: Path, n: int, limit: float) -> list[Row]:
    """What each library that is installed takes for the things of ``room``, for ``n`` questions of each kind; see there for
    ``limit`` (seconds).
    """
    data = folder / "peers.npz"
    _questions(data, room, n)
    python = os.environ.get(PEERS_PYTHON, sys.executable)
    script = Path(__file__).with_name("speed_peers.py")
    said = subprocess.run(
        [python, "-I", str(script), str(data), str(folder), str(limit)],
        stdout=subprocess.PIPE, stderr=None if sys.stderr.isatty() else subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    rows, version = [], ""
    for line in (json.loads(text) for text in said.stdout.splitlines() if text.startswith("{")):
        peer, mode = line["peer"], str(line.get("mode", ""))
        version = line.get("version", version)
        name = f"{peer} {version}: {line.get('metric', '')}"
        if line.get("missing"):
            rows.append(row(f"{peer}: not installed in {python}", "", "", 0))
        elif "failed" in line:
            rows.append(row(f"{peer} {version}: broken off, {line['failed']}", "", "", 0))
        elif "values" in line:
            rows += spread(name, mode, [1e3 * v for v in line["values"]])
        elif "value" in line:
            rows.append(row(name, round(line["value"], 4), _unit(line["metric"]), line["n"], mode))
    if said.returncode:
        rows.append(row(f"other libraries: broken off with exit status {said.returncode}", "", "", 0))
    return rows


def against(own: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """The quickest library against Loci in what both do: their medians' ratio, above 1 where Loci is ahead."""
    rows = []
    for what, mine, mode, theirs, durable in _SAME_WORK:
        ours = next((r for r in own if r["metric"] == f"{mine} p50" and r["mode"] == mode), None)
        found = [r for r in others if r["metric"].endswith(f": {theirs} p50") and durable in r["mode"]]
        if ours is not None and found:
            best = min(found, key=lambda r: float(r["value"]))
            ratio = round(float(best["value"]) / float(ours["value"]), 2)
            rows.append(row(f"{what}: quickest other library against Loci, p50", ratio, "ratio", best["n"],
                            best["metric"].partition(":")[0]))  # fmt: skip
    return rows


_SAME_WORK = (
    (
        "durable write of one thing, on disk",
        "durable observation, again at its table",
        "disk",
        "single write",
        "durable",
    ),
    ("box query", "box query: ids and classes", "first time", "box query", ""),
    ("filtered top-10", "filtered top-10", "by class", "filtered top-10", ""),
)


def _unit(metric: str) -> str:
    units = {"recall of the ten": "share", "things taken in": "things", "things a second, in batches": "1/s"}
    return units.get(metric, "s")


def _questions(path: Path, room: StoreRoom, n: int) -> None:
    rng = np.random.default_rng(room.seed)
    found = [room.things(station) for station in range(room.stations)]
    labels, centers = np.concatenate([np.array(f[0]) for f in found]), np.concatenate([f[1] for f in found])
    vectors = np.concatenate([f[3] for f in found])
    spots = np.array([room.center(int(s)) for s in rng.integers(0, room.stations, n)])
    asked = rng.integers(0, len(vectors), n)
    more = rng.integers(0, len(vectors), 200)
    np.savez(
        path, labels=labels, centers=centers, vectors=vectors, lows=spots - 0.3, highs=spots + 0.3,
        asked=vectors[asked], asked_labels=labels[asked],
        more_labels=labels[more], more_centers=centers[more] + 0.01, more_vectors=vectors[more],
    )  # fmt: skip
