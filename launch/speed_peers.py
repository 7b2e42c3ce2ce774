"""The same work by other libraries, in a Python of their own: ``speed_peers.py DATA.npz FOLDER LIMIT`` prints JSON lines.

Runs without Loci. Each line is {"peer", "version", "mode", "metric", "values" (seconds) or "value", "n"}; a library that is not
installed says so in a line {"peer", "missing"}. DATA has centers (N, 3), labels (N,), vectors (N, D), and the questions: lows,
highs (Q, 3), asked (Q, D), asked_labels (Q,); more_* are the things that are written one by one. Each library may take LIMIT
seconds to take in the things and a fifth of that for each kind of question; how far it came is told.

Equal durability: Loci's write is on disk when it returns. A library that does not see to that is measured twice: as it is
shipped, and with every file that the write has changed fsynced after it, and the folders they are in.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 2000
TOP = 10
WRITES = 50  # things written one by one, in each mode
SYNCED = "durable: every changed file fsynced after the write"


def tell(peer: str, **what: Any) -> None:
    """One line of output."""
    sys.stdout.write(json.dumps({"peer": peer, **what}) + "\n")
    sys.stdout.flush()


class Peer:
    """What is the same for all: filling within a limit of time, questions, recall, single writes."""

    def __init__(self, name: str, data: dict[str, Any], folder: Path, limit: float) -> None:
        self.name, self.data, self.folder, self.limit = name, data, folder / name, limit
        self.folder.mkdir()
        self.count = 0

    def fill(self, add: Callable[[range], Any]) -> None:
        """Add the things in batches until all are in or the time is over; from then on there are no others."""
        start, total = time.perf_counter(), len(self.data["centers"])
        while self.count < total and (self.count == 0 or time.perf_counter() - start < self.limit):
            rows = range(self.count, min(self.count + BATCH, total))
            add(rows)
            self.count = rows.stop
            if self.count % 20_000 == 0:
                sys.stderr.write(f"{self.name}: {self.count} of {total}, {time.perf_counter() - start:.0f} s\n")
        took = time.perf_counter() - start
        for key in ("labels", "centers", "vectors"):
            self.data[key] = self.data[key][: self.count]
        tell(self.name, metric="things taken in", mode=f"of {total}, {took:.0f} s", value=self.count, n=self.count)
        tell(self.name, metric="things a second, in batches", mode="", value=self.count / took, n=self.count)

    def ask(self, metric: str, count: int, call: Callable[[int], Any]) -> list[Any]:
        """Ask as long as there is time, and tell how long each took; returns what came back."""
        seconds: list[float] = []
        found: list[Any] = []
        end = time.perf_counter() + self.limit / 5
        while len(found) < count and (time.perf_counter() < end or not found):
            start = time.perf_counter()
            found.append(call(len(found)))
            seconds.append(time.perf_counter() - start)
        tell(self.name, metric=metric, mode=f"{self.count} things", values=seconds, n=len(seconds))
        return found

    def right(self, found: list[list[int]]) -> None:
        """Tell how many of the right ten came back."""
        shares = [len((ten := self._ten(i)) & set(ids)) / max(1, len(ten)) for i, ids in enumerate(found)]
        tell(
            self.name,
            metric="recall of the ten",
            mode=f"{self.count} things",
            value=float(np.mean(shares)),
            n=len(shares),
        )

    def _ten(self, i: int) -> set[int]:
        rows = np.flatnonzero(self.data["labels"] == self.data["asked_labels"][i])
        cosines = self.data["vectors"][rows].astype(np.float64) @ self.data["asked"][i].astype(np.float64)
        return {int(r) for r in rows[np.lexsort((rows, -cosines))[:TOP]]}

    def write(self, mode: str, first: int, call: Callable[[int], Any], synced: bool, count: int = WRITES) -> None:
        """Write things one by one; ``synced``: what each write changed is on disk before the next. Looking for what has
        changed is not counted: a caller who knows the files would not have to.
        """
        seconds: list[float] = []
        end = time.perf_counter() + self.limit / 5
        while len(seconds) < count and (time.perf_counter() < end or not seconds):
            since = time.time_ns() - 20_000_000  # file times tick coarsely
            start = time.perf_counter()
            call(first + len(seconds))
            took = time.perf_counter() - start
            if synced:
                took += self._sync(since)
            seconds.append(took)
        tell(self.name, metric="single write", mode=mode, values=seconds, n=len(seconds))

    def _sync(self, since: int) -> float:
        changed = [p for p in (self.folder, *self.folder.rglob("*")) if p.stat().st_mtime_ns >= since]
        start = time.perf_counter()
        for path in changed:
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        return time.perf_counter() - start


def emem(peer: Peer) -> None:
    """The package emem: SQLite, hnswlib and an R-tree in RAM; its vectors are written by ``save`` alone."""
    data, folder = peer.data, peer.folder
    module, types = importlib.import_module("emem.store"), importlib.import_module("emem.types")
    config = importlib.import_module("emem.config").SpatioTemporalMemoryConfig(
        db_path=str(folder / "emem.db"), hnsw_path=str(folder / "emem.bin"), embedding_dim=data["vectors"].shape[1],
        hnsw_max_elements=len(data["vectors"]) + 1000,
    )  # fmt: skip
    store = module.MemoryStore(config)

    def node(prefix: str, i: int) -> Any:
        return types.ObservationNode(
            text=f"{prefix}{i}", coordinates=data[f"{prefix}centers"][i], timestamp=float(i),
            layer_name=str(int(data[f"{prefix}labels"][i])), id=f"{prefix}{i}", embedding=data[f"{prefix}vectors"][i],
        )  # fmt: skip

    peer.fill(lambda rows: store.add_observations_batch([node("", i) for i in rows]))
    store.save()

    def box(i: int) -> list[Any]:
        low, high = data["lows"][i], data["highs"][i]
        near = store.spatial_query((low + high) / 2, float(np.linalg.norm(high - low)) / 2, n_results=1000)
        return [o for o in near if (o.coordinates >= low).all() and (o.coordinates <= high).all()]

    def similar(i: int) -> list[int]:
        found = store.semantic_search_by_vector(data["asked"][i], TOP, layer=str(int(data["asked_labels"][i])))
        return [int(o.id) for o in found]

    peer.ask("box query", len(data["lows"]), box)
    peer.right(peer.ask("filtered top-10", len(data["asked"]), similar))
    peer.write("as shipped: not safe from a power cut, vectors lost on kill -9", 0,
               lambda i: store.add_observation(node("more_", i)), False)  # fmt: skip
    store._db.execute("PRAGMA synchronous=FULL")

    def kept(i: int) -> None:
        store.add_observation(node("more_", i))
        store.save()

    peer.write("durable: synchronous=FULL, save(), fsync of the index", WRITES, kept, True, 20)
    store.close()
    start = time.perf_counter()
    module.MemoryStore(config).spatial_query(data["centers"][0], 1.0)
    tell(peer.name, metric="reopen to the first answer", mode="", value=time.perf_counter() - start, n=1)


def chroma(peer: Peer) -> None:
    """Chroma with its files on disk."""
    data = peer.data
    module = importlib.import_module("chromadb")
    settings = importlib.import_module("chromadb.config").Settings(anonymized_telemetry=False)
    client = module.PersistentClient(path=str(peer.folder), settings=settings)
    table = client.create_collection("things", metadata={"hnsw:space": "cosine"})

    def about(prefix: str, i: int) -> dict[str, Any]:
        x, y, z = data[f"{prefix}centers"][i].tolist()
        return {"label": int(data[f"{prefix}labels"][i]), "x": x, "y": y, "z": z}

    def add(prefix: str, ids: range) -> None:
        vectors = [data[f"{prefix}vectors"][i] for i in ids]
        told = [about(prefix, i) for i in ids]
        table.add(ids=[f"{prefix}{i}" for i in ids], embeddings=vectors, metadatas=told)

    def box(i: int) -> Any:
        low, high = data["lows"][i].tolist(), data["highs"][i].tolist()
        bounds = [{k: {"$gte": v}} for k, v in zip("xyz", low, strict=True)]
        bounds += [{k: {"$lte": v}} for k, v in zip("xyz", high, strict=True)]
        return table.get(where={"$and": bounds}, include=["metadatas"])

    def similar(i: int) -> list[int]:
        label = {"label": int(data["asked_labels"][i])}
        return [
            int(id) for id in table.query(query_embeddings=[data["asked"][i]], n_results=TOP, where=label)["ids"][0]
        ]

    peer.fill(lambda rows: add("", rows))
    peer.ask("box query", len(data["lows"]), box)
    peer.right(peer.ask("filtered top-10", len(data["asked"]), similar))
    peer.write("as shipped", 0, lambda i: add("more_", range(i, i + 1)), False)
    peer.write(SYNCED, WRITES, lambda i: add("more_", range(i, i + 1)), True)


def lance(peer: Peer) -> None:
    """LanceDB, exact search (no index was asked for)."""
    data = peer.data
    lancedb, pa = importlib.import_module("lancedb"), importlib.import_module("pyarrow")

    def rows(prefix: str, ids: range) -> Any:
        part = slice(ids.start, ids.stop)
        flat = pa.array(data[f"{prefix}vectors"][part].reshape(-1))
        columns = {
            "id": pa.array([f"{prefix}{i}" for i in ids], pa.string()),
            "label": pa.array(data[f"{prefix}labels"][part]),
        }
        columns |= {k: pa.array(data[f"{prefix}centers"][part, c]) for c, k in enumerate("xyz")}
        columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, data["vectors"].shape[1])
        return pa.table(columns)

    table = lancedb.connect(str(peer.folder)).create_table("things", rows("", range(0)))

    def box(i: int) -> Any:
        low, high = data["lows"][i], data["highs"][i]
        bounds = " AND ".join(f"{k} >= {a} AND {k} <= {b}" for k, a, b in zip("xyz", low, high, strict=True))
        return table.search().where(bounds).select(["id", "x", "y", "z"]).limit(1000).to_list()

    def similar(i: int) -> list[int]:
        near = table.search(data["asked"][i]).distance_type("cosine")
        near = near.where(f"label = {int(data['asked_labels'][i])}", prefilter=True)
        return [int(r["id"]) for r in near.select(["id"]).limit(TOP).to_list()]

    peer.fill(lambda ids: table.add(rows("", ids)))
    table.optimize()
    peer.ask("box query", len(data["lows"]), box)
    peer.right(peer.ask("filtered top-10", len(data["asked"]), similar))
    peer.write("as shipped: no fsync", 0, lambda i: table.add(rows("more_", range(i, i + 1))), False)
    peer.write(SYNCED, WRITES, lambda i: table.add(rows("more_", range(i, i + 1))), True)


PEERS: dict[str, tuple[str, Callable[[Peer], None]]] = {
    "emem": ("emem", emem),
    "Chroma": ("chromadb", chroma),
    "LanceDB": ("lancedb", lance),
}


def main(data_file: str, folder: str, limit: str) -> None:
    """Every library that is installed; one that fails says so, and the next has its turn."""
    for name, (package, run) in PEERS.items():
        try:
            tell(name, version=importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            tell(name, missing=True)
            continue
        try:
            run(Peer(name, dict(np.load(data_file)), Path(folder), float(limit)))
        except Exception as error:  # whatever another library may raise
            tell(name, failed=f"{type(error).__name__}: {error}"[:200])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
