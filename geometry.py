"""Rigid transforms, boxes and pinhole cameras, on plain numpy arrays.

Conventions (docs/conventions.md): right-handed world, z up, metres, radians. Cameras have OpenCV axes: x right, y down,
z forward. ``T_a_b`` is a (4, 4) float64 matrix that maps points expressed in frame b to frame a. Quaternions are wxyz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import FrameError, InputError

F64 = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


# --- SE(3) ------------------------------------------------------------------------------------------------------------
def transform(R: ArrayLike | None = None, t: ArrayLike = (0.0, 0.0, 0.0)) -> F64:
    """``T`` (4, 4) from a rotation matrix (3, 3) (identity if None) and a translation (3,) in metres."""
    T = np.eye(4)
    if R is not None:
        T[:3, :3] = np.asarray(R, dtype=np.float64)
    T[:3, 3] = np.asarray(t, dtype=np.float64)
    return T


def inverse(T: ArrayLike) -> F64:
    """Inverse of a rigid transform (4, 4), exact in the rotation part (its transpose)."""
    M = np.asarray(T, dtype=np.float64)
    R = M[:3, :3].T
    return transform(R, -R @ M[:3, 3])


def apply(T: ArrayLike, points: ArrayLike) -> F64:
    """``points`` (..., 3) mapped by ``T`` (4, 4): from frame b to frame a for ``T_a_b``."""
    M = np.asarray(T, dtype=np.float64)
    p = np.asarray(points, dtype=np.float64)
    return np.asarray(p @ M[:3, :3].T + M[:3, 3])


def apart(a: F64, b: F64) -> float:
    """Distance in metres of two points (3,): what ``np.linalg.norm(a - b)`` gives, at a fifth of its cost."""
    gap = a - b
    return math.sqrt(float(gap.dot(gap)))


def is_rigid(T: ArrayLike, tolerance: float = 1e-3) -> bool:
    """True if ``T`` is a finite (4, 4) with an orthonormal, right-handed rotation and a last row 0 0 0 1."""
    M = np.asarray(T, dtype=np.float64)
    if M.shape != (4, 4) or not np.isfinite(M).all():
        return False
    R = M[:3, :3]
    (a, b, c), (d, e, f), (g, h, i) = R.tolist()
    handed = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)  # np.linalg.det, ten times as fast
    return bool(
        np.abs(R @ R.T - np.eye(3)).max() <= tolerance and handed > 0 and np.abs(M[3] - (0, 0, 0, 1)).max() <= 1e-9
    )


def quat_from_matrix(R: ArrayLike) -> F64:
    """Unit quaternion wxyz (w ≥ 0) of a rotation matrix (3, 3). Shepperd's method: divides by the largest component."""
    m = np.asarray(R, dtype=np.float64)
    four = np.array(
        [
            1 + m[0, 0] + m[1, 1] + m[2, 2],
            1 + m[0, 0] - m[1, 1] - m[2, 2],
            1 - m[0, 0] + m[1, 1] - m[2, 2],
            1 - m[0, 0] - m[1, 1] + m[2, 2],
        ]
    )
    i = int(np.argmax(four))
    a, b, c = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    d, e, f = m[1, 0] + m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2]
    rows = [(four[0], a, b, c), (a, four[1], d, e), (b, d, four[2], f), (c, e, f, four[3])]
    q = np.array(rows[i]) / (2.0 * np.sqrt(four[i]))
    q /= np.linalg.norm(q)
    return np.asarray(-q if q[0] < 0 else q)


def matrix_from_quat(quat_wxyz: ArrayLike) -> F64:
    """Rotation matrix (3, 3) of a quaternion wxyz; it need not be of unit length, but must not be zero."""
    q = np.asarray(quat_wxyz, dtype=np.float64)
    n = float(np.linalg.norm(q))
    if q.shape != (4,) or not np.isfinite(n) or n < 1e-12:
        raise InputError(f"quaternion {q.tolist()} is not usable: four finite numbers (w, x, y, z), not all zero")
    w, x, y, z = q / n
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def rotation_z(yaw: float) -> F64:
    """Rotation matrix (3, 3) about z by ``yaw`` radians."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def exp(twist: ArrayLike) -> F64:
    """``T`` (4, 4) of a twist (6,): translation part (metres) first, rotation vector (radians) second.

    Closed form of the matrix exponential on se(3) (Lynch & Park, Modern Robotics, 3.3.3).
    """
    v, w = np.split(np.asarray(twist, dtype=np.float64), 2)
    angle = float(np.linalg.norm(w))
    W = _skew(w)
    a = float(np.sinc(angle / np.pi))
    b = float(np.sinc(angle / 2 / np.pi)) ** 2 / 2  # (1 − cos x) / x², which loses all digits near 0
    c = (1 - a) / angle**2 if angle > 1e-2 else 1 / 6 - angle**2 / 120
    return transform(np.eye(3) + a * W + b * W @ W, (np.eye(3) + b * W + c * W @ W) @ v)


def log(T: ArrayLike) -> F64:
    """Twist (6,) of a rigid ``T`` (4, 4): translation part first, rotation vector second. Inverse of ``exp`` below π."""
    M = np.asarray(T, dtype=np.float64)
    q = quat_from_matrix(M[:3, :3])
    sine = float(np.linalg.norm(q[1:]))
    angle = 2.0 * np.arctan2(sine, q[0])
    w = q[1:] * (angle / sine if sine > 1e-12 else 2.0)
    W = _skew(w)
    half = angle / 2
    d = (1 - half / np.tan(half)) / angle**2 if angle > 1e-2 else 1 / 12 + angle**2 / 720
    V_inv = np.eye(3) - 0.5 * W + d * W @ W
    return np.concatenate([V_inv @ M[:3, 3], w])


def _skew(w: F64) -> F64:
    return np.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])


# --- boxes ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Box:
    """An oriented box: centre pose ``T_ref_box`` (4, 4) float64 in some reference frame, full edge lengths ``size`` (3,) m.

    The reference frame is named where the box is kept (``box_world``, ``box_cam``). Axis-aligned boxes are boxes with an
    identity rotation (``Box.from_bounds``).
    """

    T_ref_box: F64
    size: F64

    def __post_init__(self) -> None:
        T = np.array(self.T_ref_box, dtype=np.float64)
        size = np.array(self.size, dtype=np.float64)
        if not is_rigid(T):
            raise InputError(f"box pose is no finite rigid transform: {T.tolist()}")
        if size.shape != (3,) or not np.isfinite(size).all() or (size < 0).any():
            raise InputError(f"box size {size.tolist()} is not usable: three finite lengths ≥ 0 in metres")
        T.setflags(write=False)
        size.setflags(write=False)
        object.__setattr__(self, "T_ref_box", T)
        object.__setattr__(self, "size", size)

    @classmethod
    def from_bounds(cls, lower: ArrayLike, upper: ArrayLike) -> Box:
        """Axis-aligned box between two corners (3,)."""
        lo, hi = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        return cls(transform(t=(lo + hi) / 2), hi - lo)

    @classmethod
    def upright(cls, points: ArrayLike, percentile: float = 0.0) -> Box:
        """Box around ``points`` (N ≥ 1, 3) whose z axis is the reference frame's z axis, with a small footprint.

        The yaw, in [0, π/2), is searched over the directions of the footprint's convex hull (rotating calipers: one edge
        of the smallest rectangle lies on a hull edge, Freeman & Shapira 1975). Two sides of a cupboard seen at a corner
        are a triangle, whose smallest rectangles along its legs and along its long side are equal; so the distance of
        the points from the nearest side counts as well (closeness, Zhang et al. 2017). ``percentile`` in [0, 50) trims
        that share at each end of each axis, against flying pixels. Raises ``InputError`` without points, or for ones not
        finite.
        """
        p = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        if len(p) == 0 or not np.isfinite(p).all():
            raise InputError(f"a box needs at least one point and only finite ones, got {len(p)}")
        if not 0 <= percentile < 50:
            raise InputError(f"percentile {percentile} cannot be trimmed at both ends: it has to be in [0, 50)")
        hull = _hull(p[:, :2])
        yaws = _edge_yaws(hull, 24 if percentile else len(hull))
        across = np.stack([np.cos(yaws), np.sin(yaws), -np.sin(yaws), np.cos(yaws)]).reshape(2, 2, -1)
        votes = p[:: len(p) // 257 + 1, :2]
        lo, hi = _ends(np.einsum("nk,akm->amn", votes if percentile else hull, across), percentile)
        score = _badness(votes, across, lo, hi)
        best = int(np.argmin(score))
        R = rotation_z(float(yaws[0 if score[0] <= score[best] + 1e-9 else best]))
        lo, hi = _ends((p @ R).T, percentile)
        return cls(transform(R, R @ ((lo + hi) / 2)), hi - lo)

    @property
    def center(self) -> F64:
        """Centre (3,) in the reference frame."""
        return self.T_ref_box[:3, 3]

    @property
    def yaw(self) -> float:
        """Heading of the box's x axis about the reference z axis, radians."""
        return float(np.arctan2(self.T_ref_box[1, 0], self.T_ref_box[0, 0]))

    @property
    def volume(self) -> float:
        """Cubic metres."""
        return float(np.prod(self.size))

    def corners(self) -> F64:
        """The eight corners (8, 3) in the reference frame."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
        return apply(self.T_ref_box, signs * self.size / 2)

    def bounds(self) -> tuple[F64, F64]:
        """Lower and upper corner (3,), (3,) of the axis-aligned box around this one."""
        half = np.abs(self.T_ref_box[:3, :3]) @ self.size / 2
        return self.center - half, self.center + half

    def contains(self, points: ArrayLike, margin: float = 0.0) -> BoolArray:
        """For ``points`` (..., 3): inside, or at most ``margin`` metres outside, along each of the box's axes."""
        q = apply(inverse(self.T_ref_box), points)
        return np.asarray((np.abs(q) <= self.size / 2 + margin).all(axis=-1))

    def distance(self, points: ArrayLike) -> F64:
        """Distance (...,) in metres of ``points`` (..., 3) from the box; 0 inside."""
        q = np.abs(apply(inverse(self.T_ref_box), points)) - self.size / 2
        return np.asarray(np.linalg.norm(np.maximum(q, 0.0), axis=-1))

    def moved(self, T_new_ref: ArrayLike) -> Box:
        """The same box seen from another frame, or carried along by a rigid motion."""
        return Box(np.asarray(T_new_ref, dtype=np.float64) @ self.T_ref_box, self.size)

    def iou(self, other: Box) -> float:
        """Intersection over union of the two axis-aligned bounds; in [0, 1]."""
        (a0, a1), (b0, b1) = self.bounds(), other.bounds()
        shared = float(np.prod(np.maximum(np.minimum(a1, b1) - np.maximum(a0, b0), 0.0)))
        union = float(np.prod(a1 - a0) + np.prod(b1 - b0)) - shared
        return shared / union if union > 0 else 0.0

    def to_dict(self) -> dict[str, list[float]]:
        """Plain data: centre, quaternion wxyz and size, for JSON."""
        quat = quat_from_matrix(self.T_ref_box[:3, :3])
        return {"center": self.center.tolist(), "quat_wxyz": quat.tolist(), "size": self.size.tolist()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Box:
        """Inverse of ``to_dict``."""
        return cls(transform(matrix_from_quat(data["quat_wxyz"]), data["center"]), data["size"])


def _ends(values: F64, percentile: float) -> tuple[F64, F64]:
    """Lower and upper ends (...,) of ``values`` (..., N) without the given share of percent at each end (interpolated)."""
    if not percentile:
        return values.min(axis=-1), values.max(axis=-1)
    rank = percentile / 100 * (values.shape[-1] - 1)
    i, share = int(rank), rank % 1.0
    last = values.shape[-1] - 1
    kth = sorted({i, min(i + 1, last), max(last - i - 1, 0), last - i})
    v = np.partition(values, kth, axis=-1)
    return (
        v[..., i] * (1 - share) + v[..., min(i + 1, last)] * share,
        v[..., last - i] * (1 - share) + v[..., max(last - i - 1, 0)] * share,
    )


def _badness(xy: F64, across: F64, lo: F64, hi: F64) -> F64:
    """How badly rectangles ``lo`` … ``hi`` (2, M) along M headings, ``across`` (2, 2, M), fit the points ``xy`` (N, 2).

    The area as a share of the smallest, plus the points' mean distance from the nearest side as a share of the
    rectangle's edge. Only the dozen smallest are looked at closely.
    """
    area = np.asarray(np.prod(hi - lo, axis=0))
    least = float(area.min())
    if least < 1e-12 or len(area) < 2:
        return area
    score = area / least
    near = np.flatnonzero(score < 1.5)
    near = near[np.argsort(score[near], kind="stable")[:12]]
    local = np.einsum("nk,akm->amn", xy, across[:, :, near])
    apart = np.minimum(np.abs(local - lo[:, near, None]), np.abs(hi[:, near, None] - local)).min(axis=0).mean(axis=1)
    out = score + 1.0
    out[near] = score[near] + apart / np.sqrt(least)
    return np.asarray(out)


def _edge_yaws(hull: F64, limit: int) -> F64:
    """Directions in [0, π/2) of at most ``limit`` of the longest edges of ``hull`` (H, 2), ascending, after a 0."""
    edges = np.roll(hull, -1, axis=0) - hull
    longest = np.argsort(-np.einsum("ij,ij->i", edges, edges), kind="stable")[:limit]
    yaws = np.round(np.arctan2(edges[longest, 1], edges[longest, 0]) % (np.pi / 2), 6)
    return np.concatenate([[0.0], np.unique(yaws[(yaws > 0) & (yaws < 1.57079)])])


def _hull(xy: F64) -> F64:
    """Corners (H, 2) of the convex hull of ``xy`` (N, 2), counter-clockwise (Andrew's monotone chain).

    What lies inside the octagon of the extremes is dropped first (Akl & Toussaint 1978); of more than 64 candidates those
    farthest out in 64 directions stand for all.
    """
    pts = xy - xy[0]  # near the origin, so that cross products keep their digits far from it
    angles = np.arange(8) * (np.pi / 4)
    corners = pts[(pts @ np.stack([np.cos(angles), np.sin(angles)])).argmax(axis=0)]
    sides = np.roll(corners, -1, axis=0) - corners
    turn = sides[:, 0] * (pts[:, 1, None] - corners[:, 1]) - sides[:, 1] * (pts[:, 0, None] - corners[:, 0])
    real = (sides != 0).any(axis=1)
    pts = pts[~(turn[:, real] > 0).all(axis=1)] if real.any() else pts[:1]
    if len(pts) > 64:
        angles = np.arange(64) * (2 * np.pi / 64)
        pts = pts[np.unique((pts @ np.stack([np.cos(angles), np.sin(angles)])).argmax(axis=0))]
    rows: list[tuple[float, float]] = sorted(set(map(tuple, pts.tolist())))
    if len(rows) < 3:
        return np.asarray(np.array(rows) + xy[0])

    def chain(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
        out: list[tuple[float, float]] = []
        for x, y in ordered:
            while len(out) > 1:
                (x0, y0), (x1, y1) = out[-2], out[-1]
                if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0:
                    break
                out.pop()
            out.append((x, y))
        return out[:-1]

    return np.asarray(np.array(chain(rows) + chain(rows[::-1])) + xy[0])


# --- cameras ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PinholeCamera:
    """A pinhole camera without distortion: focal lengths and principal point in pixels, image size in pixels.

    Pixel (u, v) has its centre at integer coordinates; u runs right, v down. Raises ``FrameError`` on a camera that
    cannot be one.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if not all(np.isfinite(v) for v in (self.fx, self.fy, self.cx, self.cy)) or self.fx <= 0 or self.fy <= 0:
            raise FrameError(
                f"intrinsics fx={self.fx} fy={self.fy} cx={self.cx} cy={self.cy} are not usable: "
                "finite numbers in pixels, focal lengths above 0"
            )
        if self.width < 1 or self.height < 1:
            raise FrameError(f"image size {self.width}×{self.height} is not usable: at least 1×1 pixels")
        if not (-self.width <= self.cx <= 2 * self.width and -self.height <= self.cy <= 2 * self.height):
            raise FrameError(
                f"principal point ({self.cx}, {self.cy}) lies far outside the {self.width}×{self.height} image: "
                "are these the intrinsics of another camera?"
            )

    @classmethod
    def from_fov(cls, vertical_fov: float, width: int, height: int) -> PinholeCamera:
        """Square pixels, centred principal point; ``vertical_fov`` in radians."""
        f = height / 2 / float(np.tan(vertical_fov / 2))
        return cls(f, f, (width - 1) / 2, (height - 1) / 2, width, height)

    def scaled(self, width: int, height: int) -> PinholeCamera:
        """The same camera for an image resized to ``width`` × ``height`` pixels."""
        sx, sy = width / self.width, height / self.height
        return PinholeCamera(
            self.fx * sx, self.fy * sy, (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5, width, height
        )

    @property
    def K(self) -> F64:
        """Intrinsic matrix (3, 3)."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def project(self, points_cam: ArrayLike) -> tuple[F64, F64]:
        """Pixels (..., 2) and depths (...,) in metres of ``points_cam`` (..., 3). Points with depth ≤ 0 give NaN pixels."""
        p = np.asarray(points_cam, dtype=np.float64)
        z = p[..., 2]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            uv = np.stack([p[..., 0] / z * self.fx + self.cx, p[..., 1] / z * self.fy + self.cy], axis=-1)
        return np.where((z > 0)[..., None], uv, np.nan), z

    def backproject(self, uv: ArrayLike, depth: ArrayLike) -> F64:
        """Camera points (..., 3) of pixels (..., 2) at depths (...,) metres along the optical axis."""
        p = np.asarray(uv, dtype=np.float64)
        z = np.asarray(depth, dtype=np.float64)
        return np.stack([(p[..., 0] - self.cx) / self.fx * z, (p[..., 1] - self.cy) / self.fy * z, z], axis=-1)

    def cloud(self, depth: ArrayLike) -> F64:
        """Camera points (H, W, 3) of a depth image (H, W) in metres."""
        z = np.asarray(depth, dtype=np.float64)
        v, u = np.mgrid[0 : z.shape[0], 0 : z.shape[1]]
        return self.backproject(np.stack([u, v], axis=-1), z)
