"""The coloured background: posed depth pictures fused into one voxel-thinned cloud in the world frame.

Each voxel keeps the point seen from nearest, its colour and which way its surface faces. The facing lets a viewer leave
out what would hide the scene (the ceiling seen from above, the backs of the walls on the viewer's side), as one lifts the
front off a doll's house. A later picture that sees through a voxel removes it, so that things that moved leave no ghosts.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from ..contracts import Keyframe
from ..errors import InputError
from ..geometry import F64, BoolArray, PinholeCamera, apply, inverse

FACINGS = ("up", "down", "east", "west", "north", "south")
"""Names of the six facings, in the order of their numbers: +z, -z, +x, -x, +y, -y."""

BODY = 0.55  # metres around the base that a robot's own body may fill
_REACH = 8.0  # metres; what is farther is too coarse to be worth drawing
_SHIFT = 0.37  # of a voxel: surfaces at round coordinates must not lie on a border, where noise would split them in two
_SPAN = 1 << 20  # voxel indices along an axis, so that three fit into one int64


class WorldCloud:
    """A growing cloud in the world frame, at most one point per cube of ``voxel`` metres."""

    def __init__(self, voxel: float = 0.025) -> None:
        if not 0.002 <= voxel <= 1.0:
            raise InputError(f"voxel size {voxel} m is not usable: 0.002 to 1 m")
        self.voxel = voxel
        self._keys = np.zeros(0, dtype=np.int64)  # sorted voxel numbers, and the row of each in the arrays below
        self._rows = np.zeros(0, dtype=np.int64)
        self._points = np.zeros((0, 3), dtype=np.float32)
        self._colors = np.zeros((0, 3), dtype=np.uint8)
        self._facing = np.zeros(0, dtype=np.uint8)
        self._range = np.zeros(0, dtype=np.float32)  # distance from which the kept point was seen, metres

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def points(self) -> NDArray[np.float32]:
        """All points (N, 3), metres, world."""
        return self._points

    @property
    def colors(self) -> NDArray[np.uint8]:
        """Their colours (N, 3)."""
        return self._colors

    @property
    def facing(self) -> NDArray[np.uint8]:
        """Which way their surfaces face (N,): index into ``FACINGS``."""
        return self._facing

    def add(
        self, rgb: NDArray[np.uint8], depth: NDArray[np.floating], camera: PinholeCamera, T_world_cam: F64,
        skip: BoolArray | None = None,
    ) -> int:  # fmt: skip
        """Fuse one picture; returns how many voxels came or went.

        ``rgb`` (H, W, 3), ``depth`` (H, W) metres (0 = none) and ``camera`` are of one size; pixels in ``skip`` (H, W)
        add nothing, but still prove that what lies in front of them is empty unless their depth is 0.
        """
        z = np.asarray(depth, dtype=np.float32)
        good = (z > 0.1) & (z < _REACH)
        cloud = camera.cloud(z).astype(np.float32)
        facing, smooth = _facings(cloud, good, T_world_cam)
        gone = self._carve(z, camera, T_world_cam)
        use = good & smooth if skip is None else good & smooth & ~skip
        world = apply(T_world_cam, cloud[use]).astype(np.float32)
        return gone + self._merge(world, rgb[use], facing[use], z[use])

    def add_keyframe(
        self, keyframe: Keyframe, camera: PinholeCamera, T_world_cam: F64, stride: int = 2, base: F64 | None = None
    ) -> int:
        """Fuse a picture kept as evidence: JPEG colours, and the depth thumbnail filled in on smooth surfaces.

        ``stride`` takes every n-th pixel of the JPEG along both axes. What stands within ``BODY`` metres of the robot's
        ``base`` (4, 4) is the robot itself and left out. Returns how many voxels came or went: none if the JPEG is unreadable.
        """
        from PIL import Image

        try:
            image = Image.open(io.BytesIO(keyframe.jpeg)).convert("RGB")
        except OSError:  # somebody else's evidence, and no picture
            return 0
        size = (max(1, camera.width // stride), max(1, camera.height // stride))
        rgb = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
        depth = densify(keyframe.depth_thumb, size[0], size[1])
        small = camera.scaled(*size)
        skip = None
        if base is not None:
            world = apply(T_world_cam, small.cloud(depth))
            skip = (np.hypot(*np.moveaxis(world[..., :2] - base[:2, 3], -1, 0)) < BODY) & (world[..., 2] > 0.04)
        return self.add(rgb, depth, small, T_world_cam, skip)

    def part(self, facing: str) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Points and colours of the surfaces that face ``facing`` (one of ``FACINGS``), lone points left out."""
        if facing not in FACINGS:
            raise InputError(f"facing {facing!r} is not one of {', '.join(FACINGS)}")
        chosen = self._facing == FACINGS.index(facing)
        points, colors = self._points[chosen], self._colors[chosen]
        company = self._company(points)
        return points[company], colors[company]

    def count(self, facing: str) -> int:
        """How many points face ``facing``, lone ones included; cheaper than ``part``."""
        return int(np.count_nonzero(self._facing == FACINGS.index(facing)))

    def _company(self, points: NDArray[np.float32]) -> BoolArray:
        """Which of ``points`` (N, 3) have at least four others near them; lone ones are mixed pixels mostly."""
        cells = np.floor(points / (4 * self.voxel)).astype(np.int64) + _SPAN // 2
        keys = (cells[:, 0] * _SPAN + cells[:, 1]) * _SPAN + cells[:, 2]
        _, inverse_of, counts = np.unique(keys, return_inverse=True, return_counts=True)
        return np.asarray(counts[inverse_of] >= 5)

    def _merge(self, points: NDArray[np.float32], rgb: NDArray[np.uint8], facing: NDArray[np.uint8],
               distance: NDArray[np.float32]) -> int:  # fmt: skip
        if not len(points):
            return 0
        cells = np.floor(points / self.voxel + _SHIFT).astype(np.int64) + _SPAN // 2
        keys = (cells[:, 0] * _SPAN + cells[:, 1]) * _SPAN + cells[:, 2]
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        start = np.nonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))[0]
        share = 1.0 / np.diff(np.append(start, len(keys)))[:, None]
        mean = (np.add.reduceat(points[order], start) * share).astype(np.float32)
        color = (np.add.reduceat(rgb[order].astype(np.float32), start) * share).astype(np.uint8)
        side, far = facing[order[start]], distance[order[start]]
        self._tile(mean, side)
        keys = keys[start]
        at = np.searchsorted(self._keys, keys)
        known = at < len(self._keys)
        known[known] = self._keys[at[known]] == keys[known]
        nearer = known.copy()
        nearer[known] = far[known] < 0.8 * self._range[self._rows[at[known]]]  # worth repainting only if clearly nearer
        rows = self._rows[at[nearer]]
        self._points[rows], self._colors[rows] = mean[nearer], color[nearer]
        self._facing[rows], self._range[rows] = side[nearer], far[nearer]
        new, where = ~known, at[~known]
        fresh = len(self._rows) + np.arange(len(where))
        self._keys, self._rows = np.insert(self._keys, where, keys[new]), np.insert(self._rows, where, fresh)
        self._points = np.concatenate([self._points, mean[new]])
        self._colors = np.concatenate([self._colors, color[new]])
        self._facing = np.concatenate([self._facing, side[new]])
        self._range = np.concatenate([self._range, far[new]])
        return int(new.sum())

    def _tile(self, points: NDArray[np.float32], facing: NDArray[np.uint8]) -> None:
        """Move points along their surface to the middle of their voxels, in place: an even cover without holes."""
        middle = (np.floor(points / self.voxel + _SHIFT) + 0.5 - _SHIFT) * self.voxel
        across = np.array([2, 2, 0, 0, 1, 1])[facing]  # the axis that the surface faces along keeps its measured value
        kept = np.take_along_axis(points, across[:, None], axis=1)
        points[:] = middle
        np.put_along_axis(points, across[:, None], kept, axis=1)

    def _carve(self, depth: NDArray[np.float32], camera: PinholeCamera, T_world_cam: F64) -> int:
        """Remove voxels that this picture sees through; nothing is removed at depth edges, where pixels may mix."""
        if not len(self._keys):
            return 0
        T = inverse(T_world_cam).astype(np.float32)
        cam = self._points @ T[:3, :3].T + T[:3, 3]
        rows = np.nonzero(cam[:, 2] > 0.1)[0]
        x, y, z = cam[rows].T
        u, v = np.rint(x / z * camera.fx + camera.cx), np.rint(y / z * camera.fy + camera.cy)
        inside = (u >= 1) & (v >= 1) & (u < camera.width - 1) & (v < camera.height - 1)
        rows, z = rows[inside], z[inside]
        seen = _lowest_around(depth)[v[inside].astype(np.int64), u[inside].astype(np.int64)]
        through = rows[(seen > 0) & (seen > z * 1.03 + 2.5 * self.voxel)]
        if len(through):
            keep = np.ones(len(self._keys), dtype=bool)
            keep[through] = False
            left = keep[self._rows]
            moved = np.cumsum(keep) - 1  # row → row once the seen-through ones are gone
            self._keys, self._rows = self._keys[left], moved[self._rows[left]]
            self._points, self._colors = self._points[keep], self._colors[keep]
            self._facing, self._range = self._facing[keep], self._range[keep]
        return len(through)


def hidden_from(position: F64, lower: F64, upper: F64) -> tuple[str, ...]:
    """Facings that turn their back on a viewer at ``position`` (3,) outside the room from ``lower`` to ``upper`` (3,).

    Who stands west of the room looks at the back of its west wall, which faces east: that is best not drawn.
    """
    below, above = position < lower, position > upper
    turned = (below[2], above[2], below[0], above[0], below[1], above[1])
    return tuple(name for name, away in zip(FACINGS, turned, strict=True) if away)


def densify(thumb: NDArray[np.floating], width: int, height: int) -> NDArray[np.float32]:
    """Depth (height, width) from a smaller depth image: bilinear in 1/z (exact on planes), 0 across depth steps.

    A cell between four thumbnail pixels is filled where their depths agree within 4 %, or within 20 % while the inverse
    depth is straight around each of them (a slanted plane).
    """
    z = np.asarray(thumb, dtype=np.float32)
    rows, cols = z.shape
    with np.errstate(divide="ignore"):
        inv = np.where(z > 0, 1.0 / z, 0.0).astype(np.float32)
    bend = np.zeros_like(z)
    bend[1:-1] = np.abs(inv[:-2] - 2 * inv[1:-1] + inv[2:]) * z[1:-1]
    bend[:, 1:-1] = np.maximum(bend[:, 1:-1], np.abs(inv[:, :-2] - 2 * inv[:, 1:-1] + inv[:, 2:]) * z[:, 1:-1])
    corners = [(slice(None, -1), slice(None, -1)), (slice(None, -1), slice(1, None)),
               (slice(1, None), slice(None, -1)), (slice(1, None), slice(1, None))]  # fmt: skip
    low = np.minimum.reduce([z[c] for c in corners])
    high = np.maximum.reduce([z[c] for c in corners])
    flat = np.maximum.reduce([bend[c] for c in corners]) < 0.02
    fill = (low > 0) & ((high < 1.04 * low) | (flat & (high < 1.2 * low)))
    y = (np.arange(height) + 0.5) * rows / height - 0.5
    x = (np.arange(width) + 0.5) * cols / width - 0.5
    r, c = np.clip(np.floor(y).astype(int), 0, rows - 2), np.clip(np.floor(x).astype(int), 0, cols - 2)
    fy, fx = (y - r).astype(np.float32)[:, None], (x - c).astype(np.float32)[None, :]
    r0, c0 = r[:, None], c[None, :]
    top = inv[r0, c0] * (1 - fx) + inv[r0, c0 + 1] * fx
    low_row = inv[r0 + 1, c0] * (1 - fx) + inv[r0 + 1, c0 + 1] * fx
    value = top * (1 - fy) + low_row * fy
    return np.where(fill[r0, c0] & (value > 0), 1.0 / np.maximum(value, 1e-6), 0.0).astype(np.float32)


def _facings(cloud: NDArray[np.float32], good: BoolArray, T_world_cam: F64) -> tuple[NDArray[np.uint8], BoolArray]:
    """Per pixel of ``cloud`` (H, W, 3): which way the surface faces, and whether the surface is smooth there."""
    h, w = good.shape
    facing, smooth = np.zeros((h, w), dtype=np.uint8), np.zeros((h, w), dtype=bool)
    if h < 3 or w < 3:
        return facing, smooth
    across, along = cloud[1:-1, 2:] - cloud[1:-1, :-2], cloud[2:, 1:-1] - cloud[:-2, 1:-1]
    normal = np.cross(along, across)  # towards the camera: image axes are x right, y down, z away
    length = np.linalg.norm(normal, axis=-1)
    z = cloud[1:-1, 1:-1, 2]
    jump = np.maximum(np.abs(across[..., 2]), np.abs(along[..., 2]))
    near = good[1:-1, 2:] & good[1:-1, :-2] & good[2:, 1:-1] & good[:-2, 1:-1]
    smooth[1:-1, 1:-1] = near & (length > 0) & (jump < 0.25 * z)
    world = normal @ T_world_cam[:3, :3].T.astype(np.float32)
    axis = np.abs(world).argmax(axis=-1)
    negative = np.take_along_axis(world, axis[..., None], axis=-1)[..., 0] < 0
    base = np.array([2, 4, 0], dtype=np.uint8)[axis]
    facing[1:-1, 1:-1] = base + negative
    return facing, smooth


def _lowest_around(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smallest depth in each pixel's 3×3 neighbourhood, 0 where any of them has no reading."""
    padded = np.pad(depth, 1, mode="edge")
    h, w = depth.shape
    lowest: NDArray[np.float32] = np.minimum.reduce([padded[i : i + h, j : j + w] for i in range(3) for j in range(3)])
    return lowest
