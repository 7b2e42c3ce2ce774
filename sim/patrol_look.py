"""One look of the patrolling robot: what of a room shows in one view, as the observation batch that memory takes.

The reports are those of a good perceiver with a depth camera: things and furniture with a class distribution, points on the
faces that are visible, states; on what things stand; what the view says of each expected thing; how much of each place showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..contracts import Detection, Expected, ObservationBatch, Relation, Role, Verdict, Visibility
from ..geometry import F64, Box, PinholeCamera, apply, inverse, transform
from .catalogue import DISHES, FURNITURE
from .patrol_noise import Noise
from .patrol_scene import Scene, Shown, surface
from .patrol_verdict import TOLERANCE, asked_points, place_points, verdict_of

FAR = 6.0  # metres
_POINTS = 64
_LEAST = 4  # visible points of a thing, so that it counts as seen
_SIGMA = 0.006  # metres, of a reported position
APPEARANCE = 48
_RGB = {
    "white": (235, 235, 230), "red": (190, 40, 40), "blue": (50, 80, 180), "green": (50, 140, 70), "black": (35, 35, 38),
    "grey": (130, 132, 135), "silver": (190, 195, 200), "brown": (120, 80, 50), "yellow": (235, 200, 60),
    "orange": (240, 140, 40), "clear": (215, 230, 235),
}  # fmt: skip


class Eye:
    """A camera that reports. Keeps the track numbers of what stays in view; draws its noise from ``rng``."""

    def __init__(self, camera: PinholeCamera, noise: Noise, rng: np.random.Generator) -> None:
        self.camera, self.noise, self.rng = camera, noise, rng
        self._tracks: dict[str, tuple[int, float]] = {}
        self._next = 0
        self._last: tuple[Scene, F64, list[tuple[Shown, F64, int, float]]] | None = None

    def look(
        self,
        scene: Scene,
        T_world_cam: F64,
        stamp: float,
        expected: Sequence[Expected],
        pose_id: str,
        T_world_base: F64,
    ) -> tuple[ObservationBatch, tuple[str, ...]]:
        """The batch, and for the benchmark's ideal observer the true name behind each detection."""
        if self._last is None or self._last[0] is not scene or self._last[1] is not T_world_cam:
            self._last = (scene, T_world_cam, self._seen(scene, T_world_cam))
        seen = self._last[2]
        detections: list[Detection] = []
        names: list[str] = []
        for shown, points, pixels, share in seen:
            for copy in range(self._times(shown, pixels)):
                names.append(shown.name)
                detections.append(self._detection(shown, points, pixels, share, T_world_cam, stamp, copy))
        index = {name: i for i, name in reversed(list(enumerate(names)))}
        visibility, coverage, known = self._judge(scene, T_world_cam, expected, index)
        batch = ObservationBatch(
            stamp=stamp, robot_id="patrol", map_id="house", pose_id=pose_id, camera=self.camera, T_world_cam=T_world_cam,
            pose_cov=np.diag([1e-6] * 6), detections=tuple(detections), relations=self._relations(scene, names, index, known),
            visibility=visibility, coverage=coverage, T_world_base=T_world_base,
        )  # fmt: skip
        return batch, tuple(names)

    # --- what shows -----------------------------------------------------------------------------------------------------
    def _inside(self, T_world_cam: F64, points: F64) -> NDArray[np.bool_]:
        uv, z = self.camera.project(apply(inverse(T_world_cam), points))
        with np.errstate(invalid="ignore"):
            ok = (z > 0.2) & (uv > 0).all(axis=1) & (uv[:, 0] < self.camera.width) & (uv[:, 1] < self.camera.height)
        return np.asarray(ok & (np.linalg.norm(points - T_world_cam[:3, 3], axis=1) < FAR))

    def _seen(self, scene: Scene, T_world_cam: F64) -> list[tuple[Shown, F64, int, float]]:
        """(what, visible points, pixels, visible share) of everything of which enough shows."""
        eye = T_world_cam[:3, 3]
        clouds = [surface(s.box, eye, 4 if s.role is Role.OBJECT else 5) for s in scene.shown]
        every = self._inside(T_world_cam, np.concatenate(clouds)) if clouds else np.zeros(0, dtype=np.bool_)
        parts = np.split(every, np.cumsum([len(c) for c in clouds])[:-1]) if clouds else []
        within = {i: part for i, part in enumerate(parts) if part.sum() >= _LEAST}
        keep = list(within)
        if not keep:
            return []
        points = np.concatenate([clouds[i][within[i]] for i in keep])
        owner = np.repeat(keep, [int(within[i].sum()) for i in keep])
        first, by = scene.solids.first(eye, points)
        length = np.linalg.norm(points - eye, axis=1)
        names = np.array([s.name for s in scene.shown])
        visible = (first * length > length - TOLERANCE) | ((by == names[owner]) & (first * length > length - 0.1))
        found = []
        for i in keep:
            mine = np.zeros(len(clouds[i]), dtype=np.bool_)
            mine[within[i]] = visible[owner == i]
            if mine.sum() >= _LEAST:
                found.append(
                    (scene.shown[i], clouds[i][mine], self._pixels(clouds[i], T_world_cam, mine), float(mine.mean()))
                )
        return found

    def _pixels(self, cloud: F64, T_world_cam: F64, mine: NDArray[np.bool_]) -> int:
        """About how many pixels the visible part covers: the hull's box in the image, thinned to two thirds."""
        uv, z = self.camera.project(apply(inverse(T_world_cam), cloud))
        span = np.ptp(uv[z > 0.05], axis=0) if (z > 0.05).any() else np.zeros(2)
        return int(0.66 * float(np.prod(span + 1.0)) * float(mine.mean()))

    def _times(self, shown: Shown, pixels: int) -> int:
        """How often it is reported: small and far things are missed, noise misses more, a few are reported twice."""
        if shown.role is Role.OBJECT:
            missed = np.exp(-max(pixels - 4, 0) / self.noise.small_pixels)
            if self.rng.random() < missed or self.rng.random() < self.noise.misses:
                return 0
            return 2 if self.rng.random() < self.noise.duplicates else 1
        return 1

    # --- one detection --------------------------------------------------------------------------------------------------
    def _detection(
        self, shown: Shown, points: F64, pixels: int, share: float, T_world_cam: F64, stamp: float, copy: int
    ) -> Detection:
        some = points[np.linspace(0, len(points) - 1, min(len(points), _POINTS)).astype(np.int64)]
        shift = (
            self.rng.normal(0.0, self.noise.jitter, 3)
            if self.noise.jitter and shown.role is Role.OBJECT
            else np.zeros(3)
        )
        T_cam_world = inverse(T_world_cam)
        moved = apply(T_cam_world, some + shift)
        box = Box(transform(t=shift) @ shown.box.T_ref_box, shown.box.size).moved(T_cam_world)
        uv, _ = self.camera.project(moved)
        low, high = np.floor(uv.min(axis=0)).astype(int), np.ceil(uv.max(axis=0)).astype(int) + 1
        shade = np.array(_RGB.get(shown.color, (160, 150, 140)), dtype=np.float64)
        colors = np.clip(shade + self.rng.normal(0, 4.0, (len(some), 3)), 0, 255).astype(np.uint8)
        return Detection(
            track=self._track(shown.name if not copy else f"{shown.name}#{copy}", stamp),
            role=shown.role,
            labels=self.noise.labels(shown.kind, pixels, shown.role, self.rng),
            states={k: self.noise.state(k, v, self.rng) for k, v in shown.states.items()},
            points_cam=moved.astype(np.float32),
            colors=colors,
            box_cam=box,
            appearance=appearance(shown.kind, shown.color, self.rng),
            bbox=(int(low[0]), int(low[1]), int(high[0]), int(high[1])),
            pixels=pixels,
            sigma=max(_SIGMA, self.noise.jitter),
            cut=share < 0.7,
        )

    def _track(self, name: str, stamp: float) -> int:
        number, last = self._tracks.get(name, (-1, -np.inf))
        if number < 0 or stamp - last > 2.0:
            number = self._next
            self._next += 1
        self._tracks[name] = (number, stamp)
        return number

    # --- what it says of the expected -------------------------------------------------------------------------------------
    def _judge(
        self, scene: Scene, T_world_cam: F64, expected: Sequence[Expected], index: Mapping[str, int]
    ) -> tuple[list[Visibility], dict[str, float], dict[str, str]]:
        """Verdicts; coverage by memory id; and the memory id of each piece of furniture that was recognised as expected."""
        eye = T_world_cam[:3, 3]
        roles = {s.name: s for s in scene.shown}
        verdicts: list[Visibility] = []
        coverage: dict[str, float] = {}
        known: dict[str, str] = {}
        if not expected:
            return verdicts, coverage, known
        clouds = [asked_points(e) for e in expected]
        points = np.concatenate(clouds)
        inside = self._inside(T_world_cam, points)
        first, by = scene.solids.first(eye, points)
        gap = (first - 1.0) * np.linalg.norm(points - eye, axis=1)
        ends = eye + np.where(np.isfinite(first), first, 1e6)[:, None] * (points - eye)
        at = 0
        for e, cloud in zip(expected, clouds, strict=True):
            mine = slice(at, at + len(cloud))
            at += len(cloud)
            verdict, name = verdict_of(
                e, inside[mine], gap[mine], ends[mine], by[mine], roles, index, len(cloud), self.noise.jitter
            )
            verdicts.append(verdict)
            if e.role is Role.FURNITURE and verdict.verdict is Verdict.SEEN and name in roles:
                known[name] = e.id
                coverage[e.id] = self.coverage(scene, roles[name], T_world_cam)
        return verdicts, coverage, known

    def coverage(self, scene: Scene, piece: Shown, T_world_cam: F64) -> float:
        """Share of the room on and in a piece of furniture that this view really shows."""
        grid = place_points(piece.kind, piece.box)
        inside = self._inside(T_world_cam, grid)
        first, _ = scene.solids.first(T_world_cam[:3, 3], grid)
        return float((inside & (first > 0.99)).mean())

    def _relations(
        self, scene: Scene, names: Sequence[str], index: Mapping[str, int], known: Mapping[str, str]
    ) -> list[Relation]:
        """On or in what each detected thing stands, where that is seen too or was expected."""
        on = {s.name: s.on for s in scene.shown}
        found = []
        for i, name in enumerate(names):
            place = on.get(name)
            if place is None:
                continue
            target = index.get(place[1], known.get(place[1]))
            if target is not None:
                found.append(Relation(i, place[0], target, 0.9))
        return found


def appearance(kind: str, color: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """A unit vector (48,) of class and colour, the same for look-alikes but for a little noise."""
    base = np.random.default_rng(crc32(kind.encode())).random(APPEARANCE) ** 3
    tint = np.random.default_rng(crc32(color.encode())).random(APPEARANCE) ** 3
    vector = base + 1.2 * tint + np.abs(rng.normal(0.0, 0.02, APPEARANCE))
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def states_of(kind: str, name: str, opened: set[str], on: set[str], dirty: set[str]) -> dict[str, str]:
    """The states that can be seen of a thing or a piece of furniture, by the names that memory and planner use."""
    states = {}
    cls = FURNITURE.get(kind)
    if cls is not None and cls.opens:
        states["openness"] = "open" if name in opened else "closed"
    if cls is not None and cls.switch:
        states["power"] = "on" if name in on else "off"
    if kind in DISHES:
        states["cleanness"] = "dirty" if name in dirty else "clean"
    return states
