"""Which way is up in a recording whose world frame has some other direction, and how high the floor lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contracts import RGBDFrame
from ..errors import InputError
from ..geometry import F64, apply, transform
from .planes import steps, surface_normals

CONE = np.cos(np.radians(60))  # how far up may be from the cameras' own up axes, on average
SAME = np.cos(np.radians(8))
FINE = np.cos(np.radians(4))
LEAST_EYE, EYE = 1.0, 1.5  # metres from the floor to a camera, at least and as a guess
BIN = 0.02  # metres, of the height histogram


def level(frames: Sequence[RGBDFrame]) -> F64:
    """``T_level_world`` (4, 4): turns a recording's world so that z is up, and lifts the lowest large level to z = 0.

    The mean of the cameras' up axes is a first guess; the direction within 60° of it that most surface normals share
    (tables, counters, floor; the nearer the better) is the answer, refined by mean shift and by planes fitted to the
    levels where most of them lie. The rotation is the smallest that does it.
    A level less than 1 m below the cameras is taken for a table; the floor is then put 1.5 m below them, as for a camera in
    the hand. Some ten frames spread over the recording are enough. Raises ``InputError`` where no horizontal surface is seen.
    """
    rough = np.sum([-f.T_world_cam[:3, 1] for f in frames], axis=0) if frames else np.zeros(3)
    if np.linalg.norm(rough) < 1e-6:
        raise InputError(f"up cannot be found: {len(frames)} frames whose cameras have no common upright direction")
    points, normals = _surfaces(frames)
    rough /= np.linalg.norm(rough)
    guesses = normals[normals @ rough > CONE]
    if len(guesses) < 200:
        raise InputError(
            f"up cannot be found: only {len(guesses)} of {len(normals)} surface samples face upwards; "
            "the recording has to show a floor, a table or a counter"
        )
    guesses = guesses[:: len(guesses) // 200]
    votes = (guesses @ guesses.T > SAME).sum(axis=1) * (guesses @ rough)
    up = guesses[int(np.argmax(votes))]
    for cone in (SAME, SAME, FINE, FINE, FINE):
        near = normals[normals @ up > cone]
        up = near.sum(axis=0) / np.linalg.norm(near.sum(axis=0))
    for _ in range(2):
        up = _by_planes(points, normals, up)
    heights = points[normals @ up > np.cos(np.radians(10))] @ up
    floor = _lowest(heights)
    eye = float(np.median([f.T_world_cam[:3, 3] @ up for f in frames]))
    if eye - floor < LEAST_EYE:
        floor = eye - EYE  # that was a table: the floor is out of sight
    return transform(_turn(up), (0.0, 0.0, -floor))


def _surfaces(frames: Sequence[RGBDFrame]) -> tuple[F64, F64]:
    """World points (N, 3) and normals (N, 3), every eighth pixel or so of each frame."""
    points, normals = [], []
    for frame in frames:
        stride = max(1, frame.depth.shape[1] // 160)
        z = np.ascontiguousarray(frame.depth[::stride, ::stride])
        v, u = np.mgrid[0 : z.shape[0], 0 : z.shape[1]] * stride
        cloud = frame.camera.backproject(np.stack([u, v], axis=-1), z).astype(np.float32)
        n = surface_normals(cloud, *steps(z), 3)[::2, ::2].reshape(-1, 3)
        good = n[:, 2] != 0
        points.append(apply(frame.T_world_cam, cloud[::2, ::2].reshape(-1, 3)[good]))
        normals.append(n[good].astype(np.float64) @ frame.T_world_cam[:3, :3].T)
    return np.concatenate(points), np.concatenate(normals)


def _by_planes(points: F64, normals: F64, up: F64) -> F64:
    """``up`` (3,) again, as the mean normal of planes fitted to the three fullest levels."""
    level_points = points[normals @ up > SAME]
    heights = level_points @ up
    total = np.zeros(3)
    free = np.ones(len(heights), dtype=np.bool_)
    for _ in range(3):
        if free.sum() < 200:
            break
        low = heights[free].min()
        histogram = np.bincount(((heights[free] - low) / (2 * BIN)).astype(np.int64))
        peak = low + (int(np.argmax(histogram)) + 0.5) * 2 * BIN
        near = free & (np.abs(heights - peak) < 3 * BIN)
        free &= np.abs(heights - peak) >= 6 * BIN
        p = level_points[near] - level_points[near].mean(axis=0)
        normal = np.linalg.eigh(p.T @ p)[1][:, 0]
        total += len(p) * normal * np.sign(normal @ up)
    return np.asarray(total / np.linalg.norm(total)) if np.linalg.norm(total) > 0 else up


def _turn(up: F64) -> F64:
    """The smallest rotation (3, 3) that takes the unit vector ``up`` to z (Rodrigues)."""
    v = np.cross(up, (0.0, 0.0, 1.0))
    c = float(up[2])
    if c < -0.999999:
        return np.diag([1.0, -1.0, -1.0])
    K = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.asarray(np.eye(3) + K + K @ K / (1 + c))


def _lowest(heights: F64) -> float:
    """Height of the lowest level that holds at least a tenth of what the fullest one does."""
    low = np.floor(heights.min() / BIN)
    histogram = np.bincount((heights / BIN - low).astype(np.int64))
    smooth = np.convolve(histogram, np.ones(3), mode="same")
    first = int(np.flatnonzero(smooth >= 0.1 * smooth.max())[0])
    peak = first + int(np.argmax(smooth[first : first + 6]))
    return float(np.median(heights[np.abs(heights - (low + peak + 0.5) * BIN) < 1.5 * BIN]))
