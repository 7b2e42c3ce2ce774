"""A spinning laser scanner on top of the head: ranges only, no names. The robot sees its own arm in it and leaves it out."""

from __future__ import annotations

import numpy as np

from ..geometry import F64, BoolArray, apply
from .body import HEAD_X, HEAD_Z, Body
from .bullet import pybullet

RANGE = 6.0
"""Metres."""
_BEAMS = np.deg2rad([3, -2, -6, -10, -14, -18, -22, -27, -32, -38, -44, -51, -58, -66, -74])
_AZIMUTHS = 160


def scan(body: Body) -> tuple[F64, F64, BoolArray]:
    """One turn: start (3,), ends (N, 3) in world metres, and ``hit`` (N,), False where a ray met nothing in range."""
    T = body.T_world_base()
    start = apply(T, (HEAD_X, 0.0, HEAD_Z + 0.10))
    turn, tilt = np.meshgrid(np.linspace(-np.pi, np.pi, _AZIMUTHS, endpoint=False), _BEAMS, indexing="ij")
    rays = np.stack([np.cos(tilt) * np.cos(turn), np.cos(tilt) * np.sin(turn), np.sin(tilt)], axis=-1).reshape(-1, 3)
    rays = rays @ T[:3, :3].T
    found = pybullet().rayTestBatch(
        np.broadcast_to(start + 0.12 * rays, rays.shape).tolist(),
        (start + RANGE * rays).tolist(),
        physicsClientId=body.client,
    )
    ids = np.array([f[0] for f in found])
    ends = np.where((ids >= 0)[:, None], np.array([f[3] for f in found]), start + RANGE * rays)
    other = ids != body.uid
    return start, ends[other], (ids >= 0)[other]
