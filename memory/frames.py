"""Which kept picture shows a thing best: whole, near, large, in the middle, from when it stood where it was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import Box, apply, inverse
from .keyframes import Keyframes
from .node import decode_box
from .records import KeyframeInfo
from .world import World


@dataclass(frozen=True)
class Shown:
    """How well a picture shows a thing: ``pixels`` of its projected box, the ``share`` of it in the image, how
    ``central`` (0 to 1).
    """

    seq: int
    stamp: float
    pixels: float
    share: float
    central: float

    @property
    def score(self) -> float:
        """Larger is better."""
        return float(np.sqrt(max(self.pixels, 0.0)) * self.share**2 * (0.5 + 0.5 * self.central))


def best_frames(world: World, keyframes: Keyframes, id: str) -> list[Shown]:
    """The keyframes in which a thing was recognised, the one that saw it best first; ties to the newer."""
    own = world.resolve(id)
    names = {own, *(a for a, b in world.projection.merged.items() if b == own)}
    shown = []
    for info in keyframes.all():
        box = _box_at(world, own, names, info) if names.intersection(info.ids) else None
        if box is not None:
            shown.append(_judge(info, box))
    return sorted(shown, key=lambda s: (-round(s.score, 6), -s.seq))


def _box_at(world: World, own: str, names: set[str], info: KeyframeInfo) -> Box | None:
    """Its box when the picture was taken: from the newest change before it that brought one, else as it is now."""
    marks = ", ".join("?" * len(names))
    rows = world.store.db.execute(
        f"SELECT seq FROM changes WHERE thing IN ({marks}) AND seq <= ? ORDER BY seq DESC LIMIT 8",
        (*sorted(names), info.seq),
    ).fetchall()
    for (seq,) in rows:
        things = world.store.event(seq).payload.get("things", {})
        assert isinstance(things, dict)
        for name in names:
            if "box" in things.get(name, {}):
                return decode_box(things[name]["box"])
    node = world.node(own)
    return node.box if node is not None else None


def _judge(info: KeyframeInfo, box: Box) -> Shown:
    camera = info.camera
    corners = apply(inverse(info.T_world_cam), _corners(box))
    if (corners[:, 2] <= 0.05).any():
        return Shown(info.seq, info.stamp, 0.0, 0.0, 0.0)
    u = camera.fx * corners[:, 0] / corners[:, 2] + camera.cx
    v = camera.fy * corners[:, 1] / corners[:, 2] + camera.cy
    low, high = np.array([u.min(), v.min()]), np.array([u.max(), v.max()])
    size = np.maximum(high - low, 1e-9)
    limit = np.array([camera.width, camera.height], dtype=np.float64)
    inside = np.maximum(np.minimum(high, limit - 0.5) - np.maximum(low, -0.5), 0.0)
    off = np.abs((low + high) / 2 - limit / 2) / (limit / 2)
    share = float(np.prod(inside) / np.prod(size))
    return Shown(
        info.seq, info.stamp, float(np.prod(inside)), min(1.0, share), float(np.clip(1.0 - off.max(), 0.0, 1.0))
    )


def _corners(box: Box) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    return np.asarray(apply(box.T_ref_box, signs * box.size), dtype=np.float64)
