"""A store room of any size for measuring memory: tables in a grid, twenty things on each, and a robot that looks at one table
after the other. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..contracts import Detection, Expected, ObservationBatch, Relation, Role, Verdict, Visibility
from ..geometry import F64, Box, PinholeCamera, inverse, transform
from ..memory import Memory, Written

LENGTH = 384  # of an appearance vector
ON_A_TABLE = 20
CLASSES = 400
POINTS = 48  # of each detection
_APART = 3.0  # metres from table to table
CAMERA = PinholeCamera.from_fov(np.pi / 2, 640, 480)
_HEIGHT, _BACK = 1.4, 1.6  # metres of the camera above the floor and in front of the table
_TOP = 0.75  # metres, the table's height
_SAME = 0.05  # metres between where a thing is expected and where it is seen
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def class_name(number: int) -> str:
    """A made-up noun of three syllables, another one for each number."""
    syllables = [c + v for c in _CONSONANTS for v in _VOWELS]
    n = len(syllables)
    return syllables[number % n] + syllables[number * 7 // n % n] + syllables[(number * 31 + 5) % n]


class StoreRoom:
    """``objects`` things on tables. Stations are numbered; ``look`` is one frame at one of them."""

    def __init__(self, objects: int, seed: int) -> None:
        self.objects, self.seed = objects, seed
        self.stations = -(-objects // ON_A_TABLE)
        self._row = int(np.ceil(np.sqrt(self.stations)))
        rng = np.random.default_rng(seed)
        self.labels = [class_name(i) for i in range(CLASSES)]
        looks = rng.normal(size=(CLASSES, LENGTH))
        self._looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
        surface = rng.uniform(-0.5, 0.5, (POINTS, 3))
        face = rng.integers(0, 3, POINTS)
        surface[np.arange(POINTS), face] = np.sign(surface[np.arange(POINTS), face]) * 0.5
        self._surface = surface

    def center(self, station: int) -> F64:
        """Middle of the table's top (3,)."""
        return np.array([station % self._row * _APART, station // self._row * _APART, _TOP])

    def pose(self, station: int) -> F64:
        """Where the camera is when it looks at a table, T_world_cam (4, 4)."""
        at = self.center(station) + np.array([-_BACK, 0.0, _HEIGHT - _TOP])
        return transform([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], at)

    def things(self, station: int) -> tuple[list[int], F64, F64, NDArray[np.float32]]:
        """Classes, centres (N, 3), sizes (N, 3) and vectors (N, D) of what is on a table."""
        rng = np.random.default_rng((self.seed, station))
        n = min(ON_A_TABLE, self.objects - station * ON_A_TABLE)
        kinds = rng.integers(0, CLASSES, n)
        spots = np.array([(-0.4 + 0.2 * (i // 4), -0.42 + 0.28 * (i % 4)) for i in range(ON_A_TABLE)])[:n]
        sizes = rng.uniform(0.06, 0.11, (n, 3))
        centers = np.zeros((n, 3))
        centers[:, :2] = self.center(station)[:2] + spots + rng.uniform(-0.02, 0.02, (n, 2))
        centers[:, 2] = _TOP + sizes[:, 2] / 2
        vectors = self._looks[kinds] + rng.normal(0, 0.4 / np.sqrt(LENGTH), (n, LENGTH)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return kinds.tolist(), centers, sizes, vectors.astype(np.float32)

    def frame(self, station: int, stamp: float, visit: int, expected: Sequence[Expected] = ()) -> ObservationBatch:
        """What perception would say of one look; in every other visit each thing's switch is the other way round.

        ``expected``: what memory expects there; what stands where it should is reported as seen.
        """
        rng = np.random.default_rng((self.seed, station, visit))
        T = self.pose(station)
        T_cam_world = inverse(T)
        kinds, centers, sizes, vectors = self.things(station)
        noise = rng.normal(0, 0.002, (len(kinds) + 1, 3))
        table = self.center(station) - np.array([0.0, 0.0, _TOP / 2])
        shape = np.array([1.2, 1.2, _TOP])
        nothing = np.zeros(0, dtype=np.float32)
        found = [
            self._seen(T_cam_world, 0, Role.FURNITURE, {"table": 0.95}, table + noise[0], shape, nothing, {}, station)
        ]
        switch = {"power": {"on": 0.96, "off": 0.04} if visit % 2 else {"on": 0.04, "off": 0.96}}
        for i, (kind, center, size) in enumerate(zip(kinds, centers, sizes, strict=True), start=1):
            labels = {self.labels[kind]: 0.9, self.labels[(kind + 1) % CLASSES]: 0.05}
            look = vectors[i - 1] + rng.normal(0, 0.05 / np.sqrt(LENGTH), LENGTH).astype(np.float32)
            look = (look / np.linalg.norm(look)).astype(np.float32)
            found.append(
                self._seen(T_cam_world, i, Role.OBJECT, labels, center + noise[i], size, look, switch, station)
            )
        relations = [Relation(i, "on", 0, 0.9) for i in range(1, len(found))]
        verdicts, coverage = self._verdicts(np.vstack([table, centers]), expected)
        return ObservationBatch(
            stamp, "robot", "map", f"f{stamp:.3f}", CAMERA, T, np.diag([1e-6] * 6), found, relations, verdicts, coverage,
            T_world_base=transform(t=(*T[:2, 3], 0.0)),
        )  # fmt: skip

    def look(self, memory: Memory, station: int, stamp: float, visit: int) -> Written:
        """One whole step: what is expected there, what is seen of it, and writing that down."""
        return memory.write(self.frame(station, stamp, visit, memory.expected(CAMERA, self.pose(station), stamp)))

    def _verdicts(self, centers: F64, expected: Sequence[Expected]) -> tuple[list[Visibility], dict[str, float]]:
        verdicts, coverage = [], {}
        for e in expected:
            gaps = np.linalg.norm(centers - e.box_world.center, axis=1)
            nearest = int(gaps.argmin())
            if gaps[nearest] < _SAME:
                verdicts.append(Visibility(e.id, Verdict.SEEN, 0.9, nearest))
                if nearest == 0:
                    coverage[e.id] = 0.9
        return verdicts, coverage

    def _seen(
        self, T_cam_world: F64, index: int, role: Role, labels: dict[str, float], center: F64, size: F64,
        look: NDArray[np.float32], states: dict[str, dict[str, float]], station: int,
    ) -> Detection:  # fmt: skip
        world = center + self._surface * size
        cam = (world @ T_cam_world[:3, :3].T + T_cam_world[:3, 3]).astype(np.float32)
        box = Box(T_cam_world @ transform(t=center), size)
        colors = np.full((POINTS, 3), 90, dtype=np.uint8)
        track = station * (ON_A_TABLE + 1) + index
        return Detection(track, role, labels, states, cam, colors, box, look, (0, 0, 40, 40), 900, 0.005, False)
