"""Table-top scenes with a person's instance labels (mOSD, after Richtsfeld et al.): reader, and scores of a segmenter."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contracts import RGBDFrame, Role, Segmenter
from ..errors import InputError
from ..geometry import PinholeCamera
from ..perception.gravity import level

_TYPES = {"F4": "<f4", "F8": "<f8", "U1": "u1", "U2": "<u2", "U4": "<u4", "I4": "<i4"}


@dataclass(frozen=True, eq=False)
class Scene:
    """One organised cloud: the frame (levelled) and a person's object number per pixel (0 = none)."""

    name: str
    frame: RGBDFrame
    objects: NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """How well segments meet objects: ``ious`` is the best intersection over union of each object.

    ``matched`` of ``segments`` thing segments meet an object with IoU ≥ 0.5. ``over`` is the mean share of an object that
    its best segment misses, ``under`` the mean share of that segment outside the object (Richtsfeld et al. 2012).
    """

    ious: tuple[float, ...]
    segments: int
    matched: int
    over: float
    under: float

    @property
    def found(self) -> int:
        """Objects with IoU ≥ 0.5."""
        return sum(v >= 0.5 for v in self.ious)


def read_scene(path: Path) -> Scene:
    """A scene from an organised PCD file with fields label, x, y, z, rgba. Raises ``InputError`` for another file."""
    fields = read_pcd(path)
    missing = {"label", "x", "y", "z", "rgba"} - set(fields)
    if missing or fields["z"].shape[0] < 2:
        raise InputError(f"{path}: lacks {sorted(missing) or 'rows'}; expected an organised cloud with labels")
    z = np.nan_to_num(fields["z"].astype(np.float64))
    ok = z > 0
    v, u = np.nonzero(ok)
    fx, cx = np.polyfit(fields["x"].astype(np.float64)[ok] / z[ok], u, 1)
    fy, cy = np.polyfit(fields["y"].astype(np.float64)[ok] / z[ok], v, 1)
    camera = PinholeCamera(float(fx), float(fy), float(cx), float(cy), z.shape[1], z.shape[0])
    rgba = np.ascontiguousarray(fields["rgba"]).view(np.uint8).reshape(*z.shape, 4)
    rgb = np.ascontiguousarray(rgba[..., 2::-1])
    frame = RGBDFrame(rgb, z.astype(np.float32), camera, np.eye(4), 0.0, pose_id=path.stem)
    frame = RGBDFrame(rgb, frame.depth, camera, level([frame]), 0.0, pose_id=path.stem)
    label = fields["label"].astype(np.int64)
    return Scene(path.stem, frame, np.where(label >= 20, label // 10, 0))  # 1–9 are parts of the table


def score(scene: Scene, segmenter: Segmenter) -> Score:
    """Compare the segmenter's things with the scene's objects."""
    masks = [s.mask for s in segmenter.segment(scene.frame) if s.role is Role.OBJECT]
    numbers = [int(n) for n in np.unique(scene.objects) if n]
    ious = np.zeros((len(numbers), len(masks)))
    over, under = [], []
    for i, n in enumerate(numbers):
        truth = scene.objects == n
        shared = [int((truth & m).sum()) for m in masks]
        for j, m in enumerate(masks):
            ious[i, j] = shared[j] / max(int(truth.sum()) + int(m.sum()) - shared[j], 1)
        best = int(np.argmax(shared)) if masks else -1
        over.append(1 - shared[best] / truth.sum() if masks else 1.0)
        under.append(1 - shared[best] / max(int(masks[best].sum()), 1) if masks and shared[best] else 0.0)
    return Score(
        tuple(float(row.max(initial=0.0)) for row in ious),
        len(masks),
        int((ious.max(axis=0, initial=0.0) >= 0.5).sum()),
        float(np.mean(over)),
        float(np.mean(under)),
    )


def read_pcd(path: Path) -> dict[str, NDArray[np.generic]]:
    """Fields (H, W) of a binary-compressed PCD 0.7 file (all numbers of one field together, LZF)."""
    data = path.read_bytes()
    mark = b"DATA binary_compressed\n"
    if mark not in data[:2000]:
        raise InputError(f"{path}: is no binary-compressed PCD file")
    start = data.index(mark) + len(mark)
    lines = (line.split() for line in data[:start].decode("ascii").splitlines() if line and line[0] != "#")
    header = {words[0]: words[1:] for words in lines}
    height, width = int(header["HEIGHT"][0]), int(header["WIDTH"][0])
    packed, size = struct.unpack("<II", data[start : start + 8])
    raw = unpack_lzf(data[start + 8 : start + 8 + packed])
    if len(raw) != size:
        raise InputError(f"{path}: unpacks to {len(raw)} bytes, its header says {size}; is it truncated?")
    out: dict[str, NDArray[np.generic]] = {}
    at = 0
    for name, kind, bytes_, count in zip(
        header["FIELDS"], header["TYPE"], header["SIZE"], header["COUNT"], strict=True
    ):
        length = height * width * int(bytes_) * int(count)
        out[name] = np.frombuffer(raw[at : at + length], _TYPES[kind + bytes_]).reshape(height, width)
        at += length
    return out


def unpack_lzf(data: bytes) -> bytes:
    """LZF (Lehmann): runs of literal bytes, and copies from up to 8 KiB back that may overlap what they write."""
    out = bytearray()
    i = 0
    while i < len(data):
        control = data[i]
        i += 1
        if control < 32:
            out += data[i : i + control + 1]
            i += control + 1
            continue
        length = control >> 5
        if length == 7:
            length += data[i]
            i += 1
        source = len(out) - ((control & 31) << 8) - data[i] - 1
        i += 1
        for k in range(length + 2):
            out.append(out[source + k])
    return bytes(out)
