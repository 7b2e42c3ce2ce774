"""Would a limb or the palm touch something? For many thousand postures at once: a map of where no sphere may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..geometry import F64, BoolArray, Box
from .collision import N_LIMBS, RADII, Obstacles
from .voxels import VoxelMap

_CELL = 0.025  # metres
_REACH = 1.2  # metres around the place that is asked about
_COARSE_SLACK = 0.035  # metres that a voxel's centre may be off the surface that filled it
PALM = 5
"""Spheres of the palm; those of the fingers, which are where they ought to touch, are left out."""


class Clutter:
    """What the camera and the map show within reach of ``middle`` (3,), without what is in the boxes ``ignore``.

    Each obstacle's point is grown by the radius of each sphere of ``collision.spheres`` (Lozano-Perez 1983), so that a
    posture costs a few look-ups.
    """

    def __init__(self, cloud: F64, voxels: VoxelMap, middle: F64, ignore: Sequence[Box] = ()) -> None:
        seen = Obstacles(cloud, voxels, middle, reach=_REACH - 0.1)
        fine, coarse = seen.fine, seen.coarse
        for box in ignore:
            fine, coarse = fine[~box.contains(fine, 0.015)], coarse[~box.contains(coarse, 0.06)]
        self._origin = middle - _REACH
        self._n = round(2 * _REACH / _CELL)
        self._taken: dict[tuple[float, bool], BoolArray] = {}
        for j in range(N_LIMBS + PALM):
            key = (float(RADII[j]), j < N_LIMBS)
            if key not in self._taken:
                taken: BoolArray = np.zeros((self._n,) * 3, dtype=np.bool_)
                self._grow(taken, fine, key[0])
                if key[1]:
                    self._grow(taken, coarse, key[0] - _COARSE_SLACK)
                self._taken[key] = taken

    def _grow(self, taken: BoolArray, points: F64, radius: float) -> None:
        if len(points) == 0:
            return
        r = int(radius / _CELL)
        steps = np.stack(np.meshgrid(*[np.arange(-r, r + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        steps = steps[np.linalg.norm(steps, axis=1) * _CELL <= radius]
        cells = np.unique(np.floor((points - self._origin) / _CELL).astype(np.int64), axis=0)
        for step in steps:
            at = cells + step
            x, y, z = at[((at >= 0) & (at < self._n)).all(axis=1)].T
            taken[x, y, z] = True

    def hits(self, centers: F64) -> BoolArray:
        """True (N,) where one of ``collision.spheres`` at ``centers`` (N, S, 3) touches something."""
        out = np.zeros(len(centers), dtype=np.bool_)
        i = np.floor((centers[:, : N_LIMBS + PALM] - self._origin) / _CELL).astype(np.int64)
        within: BoolArray = np.asarray(((i >= 0) & (i < self._n)).all(axis=2))
        i = np.clip(i, 0, self._n - 1)
        for j in range(N_LIMBS + PALM):
            taken = self._taken[float(RADII[j]), j < N_LIMBS]
            out |= within[:, j] & taken[i[:, j, 0], i[:, j, 1], i[:, j, 2]]
        return out
