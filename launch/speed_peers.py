"""The same work by other libraries, in a Python of their own: ``python speed_peers.py DATA.npz FOLDER`` prints JSON lines.

Runs without Loci. Each line is {"peer", "version", "mode", "metric", "values" (seconds) or "value", "n"}; a library that is not
installed says so in a line {"peer", "missing"}. DATA has centers (N, 3), labels (N,), vectors (N, D), and the questions: lows,
highs (Q, 3), asked (Q, D), asked_labels (Q,); more_* are the things that are written one by one.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 2000
TOP = 10


def tell(peer: str, **what: Any) -> None:
    """One line of output."""
    sys.stdout.write(json.dumps({"peer": peer, **what}) + "\n")
    sys.stdout.flush()


def timed(peer: str, metric: str, mode: str, count: int, call: Callable[[int], Any]) -> list[Any]:
    """Call it ``count`` times and tell how long each took; returns what came back."""
    seconds, found = [], []
    for i in range(count):
        start = time.perf_counter()
        found.append(call(i))
        seconds.append(time.perf_counter() - start)
    tell(peer, metric=metric, mode=mode, values=seconds, n=count)
    return found


def truth(data: Any, i: int) -> set[int]:
    """The right ten for question ``i``."""
    rows = np.flatnonzero(data["labels"] == data["asked_labels"][i])
    cosines = data["vectors"][rows].astype(np.float64) @ data["asked"][i].astype(np.float64)
    return {int(r) for r in rows[np.lexsort((rows, -cosines))[:TOP]]}


def recall(peer: str, mode: str, data: Any, found: list[list[int]]) -> None:
    """Tell how many of the right ten came back."""
    shares = [len(truth(data, i) & set(ids)) / max(1, len(truth(data, i))) for i, ids in enumerate(found)]
    tell(peer, metric="recall of the ten", mode=mode, value=float(np.mean(shares)), n=len(shares))


def emem(data: Any, folder: Path) -> None:
    """The package emem: SQLite, hnswlib and an R-tree in RAM; its vectors are written by ``save`` alone."""
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

    start = time.perf_counter()
    for at in range(0, len(data["centers"]), BATCH):
        store.add_observations_batch([node("", i) for i in range(at, min(at + BATCH, len(data["centers"])))])
    store.save()
    tell("emem", metric="things a second, in batches", mode="", value=len(data["centers"]) / (time.perf_counter() - start),
         n=len(data["centers"]))  # fmt: skip

    def box(i: int) -> list[Any]:
        low, high = data["lows"][i], data["highs"][i]
        near = store.spatial_query((low + high) / 2, float(np.linalg.norm(high - low)) / 2, n_results=1000)
        return [o for o in near if (o.coordinates >= low).all() and (o.coordinates <= high).all()]

    timed("emem", "box query", "", len(data["lows"]), box)
    found = timed("emem", "filtered top-10", "", len(data["asked"]), lambda i: [
        int(o.id) for o in store.semantic_search_by_vector(data["asked"][i], TOP, layer=str(int(data["asked_labels"][i])))
    ])  # fmt: skip
    recall("emem", "", data, found)
    timed("emem", "single write", "as shipped: not safe from a power cut, vectors lost on kill -9", 100,
          lambda i: store.add_observation(node("more_", i)))  # fmt: skip
    store._db.execute("PRAGMA synchronous=FULL")

    def durable(i: int) -> None:
        store.add_observation(node("more_", 100 + i))
        store.save()

    timed("emem", "single write", "durable: synchronous=FULL and save()", 5, durable)
    store.close()
    start = time.perf_counter()
    again = module.MemoryStore(config)
    again.spatial_query(data["centers"][0], 1.0)
    tell("emem", metric="reopen to the first answer", mode="", value=time.perf_counter() - start, n=1)


def chroma(data: Any, folder: Path) -> None:
    """Chroma with its files on disk."""
    module = importlib.import_module("chromadb")
    settings = importlib.import_module("chromadb.config").Settings(anonymized_telemetry=False)
    client = module.PersistentClient(path=str(folder / "chroma"), settings=settings)
    table = client.create_collection("things", metadata={"hnsw:space": "cosine"})

    def about(prefix: str, i: int) -> dict[str, Any]:
        x, y, z = data[f"{prefix}centers"][i].tolist()
        return {"label": int(data[f"{prefix}labels"][i]), "x": x, "y": y, "z": z}

    def rows(prefix: str, ids: range) -> dict[str, Any]:
        vectors = [data[f"{prefix}vectors"][i] for i in ids]
        return {
            "ids": [f"{prefix}{i}" for i in ids],
            "embeddings": vectors,
            "metadatas": [about(prefix, i) for i in ids],
        }

    start = time.perf_counter()
    for at in range(0, len(data["centers"]), BATCH):
        table.add(**rows("", range(at, min(at + BATCH, len(data["centers"])))))
    tell("Chroma", metric="things a second, in batches", mode="", value=len(data["centers"]) / (time.perf_counter() - start),
         n=len(data["centers"]))  # fmt: skip

    def box(i: int) -> Any:
        low, high = data["lows"][i].tolist(), data["highs"][i].tolist()
        bounds = [{k: {"$gte": v}} for k, v in zip("xyz", low, strict=True)]
        bounds += [{k: {"$lte": v}} for k, v in zip("xyz", high, strict=True)]
        return table.get(where={"$and": bounds}, include=["metadatas"])

    timed("Chroma", "box query", "", len(data["lows"]), box)
    found = timed("Chroma", "filtered top-10", "", len(data["asked"]), lambda i: [
        int(id) for id in table.query(query_embeddings=[data["asked"][i]], n_results=TOP,
                                      where={"label": int(data["asked_labels"][i])})["ids"][0]
    ])  # fmt: skip
    recall("Chroma", "", data, found)
    timed("Chroma", "single write", "as shipped", 50, lambda i: table.add(**rows("more_", range(i, i + 1))))


def lance(data: Any, folder: Path) -> None:
    """LanceDB, exact search (no index was asked for)."""
    lancedb, pa = importlib.import_module("lancedb"), importlib.import_module("pyarrow")

    def rows(prefix: str, ids: range) -> Any:
        part = slice(ids.start, ids.stop)
        flat = pa.array(data[f"{prefix}vectors"][part].reshape(-1))
        columns = {"id": pa.array([f"{prefix}{i}" for i in ids]), "label": pa.array(data[f"{prefix}labels"][part])}
        columns |= {k: pa.array(data[f"{prefix}centers"][part, c]) for c, k in enumerate("xyz")}
        columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, data["vectors"].shape[1])
        return pa.table(columns)

    start = time.perf_counter()
    table = lancedb.connect(str(folder / "lance")).create_table("things", rows("", range(len(data["centers"]))))
    tell("LanceDB", metric="things a second, in batches", mode="", value=len(data["centers"]) / (time.perf_counter() - start),
         n=len(data["centers"]))  # fmt: skip

    def box(i: int) -> Any:
        low, high = data["lows"][i], data["highs"][i]
        bounds = " AND ".join(f"{k} >= {a} AND {k} <= {b}" for k, a, b in zip("xyz", low, high, strict=True))
        return table.search().where(bounds).select(["id", "x", "y", "z"]).limit(1000).to_list()

    timed("LanceDB", "box query", "", len(data["lows"]), box)
    found = timed("LanceDB", "filtered top-10", "", len(data["asked"]), lambda i: [
        int(r["id"]) for r in table.search(data["asked"][i]).distance_type("cosine")
        .where(f"label = {int(data['asked_labels'][i])}", prefilter=True).select(["id"]).limit(TOP).to_list()
    ])  # fmt: skip
    recall("LanceDB", "", data, found)
    timed("LanceDB", "single write", "as shipped", 50, lambda i: table.add(rows("more_", range(i, i + 1))))


PEERS: dict[str, tuple[str, Callable[[Any, Path], None]]] = {
    "emem": ("emem", emem),
    "Chroma": ("chromadb", chroma),
    "LanceDB": ("lancedb", lance),
}


def main(data_file: str, folder: str) -> None:
    """Every library that is installed."""
    data = dict(np.load(data_file))
    for peer, (package, run) in PEERS.items():
        try:
            tell(peer, version=importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            tell(peer, missing=True)
            continue
        run(data, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
