"""How wrong a depth reading and a camera pose may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from ..geometry import F64


@dataclass(frozen=True)
class DepthNoise:
    """Standard deviation of a depth reading, ``floor + scale · (z − nearest)²`` metres for a reading at ``z`` metres.

    The defaults are the axial noise of a structured-light sensor (Nguyen, Izadi & Lovell 2012): 1 mm at 0.5 m, 4 mm at
    1.6 m, 14 mm at 3 m. ``lateral`` is the noise across the image, in pixels (same source).
    """

    floor: float = 0.0012
    scale: float = 0.0019
    nearest: float = 0.4
    lateral: float = 0.8

    def __post_init__(self) -> None:
        if not (self.floor > 0 and self.scale >= 0 and self.nearest >= 0 and self.lateral >= 0):
            raise ConfigError(f"depth noise {self} is not usable: floor above 0, the rest not below 0")

    @overload
    def sigma(self, z: float) -> float: ...
    @overload
    def sigma(self, z: NDArray[np.floating]) -> F64: ...
    def sigma(self, z: float | NDArray[np.floating]) -> float | F64:
        """Standard deviation in metres of readings at ``z`` metres; grows with z, never below ``floor``."""
        if isinstance(z, np.ndarray):
            return self.floor + self.scale * np.maximum(np.asarray(z, dtype=np.float64) - self.nearest, 0.0) ** 2
        return float(self.floor + self.scale * max(float(z) - self.nearest, 0.0) ** 2)


@dataclass(frozen=True)
class PoseNoise:
    """The largest variances of a camera pose along any direction: ``translation`` m², ``rotation`` rad²."""

    translation: float
    rotation: float

    @classmethod
    def of(cls, pose_cov: F64) -> PoseNoise:
        """From a covariance (6, 6), translation before rotation; the worst direction of each block is kept."""
        cov = (np.asarray(pose_cov, dtype=np.float64) + np.asarray(pose_cov, dtype=np.float64).T) / 2
        return cls(
            max(float(np.linalg.eigvalsh(cov[:3, :3])[-1]), 0.0), max(float(np.linalg.eigvalsh(cov[3:, 3:])[-1]), 0.0)
        )

    def variance(self, distance: F64) -> F64:
        """Variance (...,) in m² that the pose adds to points at ``distance`` (...,) metres from the camera."""
        return np.asarray(self.translation + self.rotation * np.asarray(distance, dtype=np.float64) ** 2)
