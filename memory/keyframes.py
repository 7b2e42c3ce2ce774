"""Pictures as evidence: kept when the view is new or something changed in it, under the store's byte budget."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from ..contracts import Keyframe, ObservationBatch
from ..errors import InputError
from ..geometry import F64, PinholeCamera, transform
from . import codec
from .records import KeyframeInfo
from .world import World

NEW_VIEW_METRES = 0.4
NEW_VIEW_COSINE = 0.94  # 20°
SECONDS_APART = 1.0


class Keyframes:
    """Chooses, keeps and finds the keyframes of one memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._views: list[tuple[F64, F64]] | None = None  # camera positions and viewing directions
        self._last = -np.inf

    def reload(self) -> None:
        """Some keyframes are gone: what was seen in them counts as a new view again."""
        self._views = None

    def consider(self, batch: ObservationBatch, seen: set[str]) -> None:
        """Keep the batch's picture if it is worth it."""
        if batch.keyframe is None:
            return
        if self._views is None:
            poses = [info.T_world_cam for info in self.all()]
            self._views = [(T[:3, 3], T[:3, 2]) for T in poses]
        T = np.asarray(batch.T_world_cam, dtype=np.float64)
        news = len(self.world.changes)
        known = any(
            float(np.linalg.norm(T[:3, 3] - at)) < NEW_VIEW_METRES and float(T[:3, 2] @ facing) > NEW_VIEW_COSINE
            for at, facing in self._views
        )
        if (known and not news) or batch.stamp - self._last < SECONDS_APART:
            return
        if not known:
            self._views.append((T[:3, 3], T[:3, 2]))
        self._last = batch.stamp
        k = batch.camera
        thumb = zlib.compress(codec.array_to_bytes(np.asarray(batch.keyframe.depth_thumb, dtype=np.float16)), 6)
        payload: dict[str, Any] = {
            "camera": [k.fx, k.fy, k.cx, k.cy, k.width, k.height],
            "T": np.round(T[:3], 6).reshape(-1).tolist(),
            "base": None if batch.T_world_base is None else np.round(batch.T_world_base[:3], 6).reshape(-1).tolist(),
            "ids": sorted(seen, key=lambda i: int(i[1:])),
        }
        blobs = {"keyframe.jpeg": batch.keyframe.jpeg, "keyframe.depth": thumb}
        self.world.emit("keyframe", batch.stamp, extra={"keyframe": payload}, blobs=blobs, worth=1.0 + news)

    def all(self) -> list[KeyframeInfo]:
        """Every keyframe, oldest first."""
        rows = self.world.store.db.execute("SELECT seq, stamp, data FROM keyframes ORDER BY seq")
        return [_info(seq, stamp, codec.decode(data.encode())) for seq, stamp, data in rows]

    def showing(self, id: str, limit: int = 3) -> tuple[int, ...]:
        """The newest keyframes that show a thing."""
        rows = self.world.store.db.execute("SELECT seq, data FROM keyframes ORDER BY seq DESC LIMIT 400")
        found = []
        for seq, data in rows:
            if f'"{id}"' in data:
                found.append(seq)
                if len(found) == limit:
                    break
        return tuple(found)

    def load(self, seq: int) -> Keyframe:
        """The picture of one keyframe; ``InputError`` if there is none or it was dropped to keep the budget."""
        row = self.world.store.db.execute("SELECT data FROM keyframes WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise InputError(f"event {seq} is no keyframe; Memory.keyframes lists them")
        blobs = codec.decode(row[0].encode())["blobs"]
        jpeg = self.world.store.get_blob(blobs["keyframe.jpeg"])
        depth = self.world.store.get_blob(blobs["keyframe.depth"])
        if jpeg is None or depth is None:
            raise InputError(f"keyframe {seq} was dropped to keep the memory file within its budget")
        return Keyframe(jpeg, codec.bytes_to_array(zlib.decompress(depth)).astype(np.float16))


def _info(seq: int, stamp: float, data: dict[str, Any]) -> KeyframeInfo:
    fx, fy, cx, cy, width, height = data["camera"]
    return KeyframeInfo(
        seq, stamp, PinholeCamera(fx, fy, cx, cy, int(width), int(height)), _pose(data["T"]),
        None if data["base"] is None else _pose(data["base"]), tuple(data["ids"]),
    )  # fmt: skip


def _pose(row: list[float]) -> F64:
    M = np.asarray(row, dtype=np.float64).reshape(3, 4)
    return transform(M[:, :3], M[:, 3])
