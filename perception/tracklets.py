"""Short-lived numbers for things that stay in view: equal from frame to frame while motion is continuous, never for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role
from ..geometry import F64, PinholeCamera
from .assignment import assign
from .kinds import NAMELESS, best_kind

NEW = float("inf")
SAME_LOOKS = 0.9  # cosine of the appearances of something nameless before and after it has moved between two frames
SAME_PLACE = 0.3  # share of the smaller bounds in the other's from which on it has not moved but shows another part
SAME_SIZE = 0.5  # log-ratio of its edges


@dataclass(frozen=True, eq=False)
class Sighting:
    """What the tracker needs to know of one thing in one frame; world frame, metres."""

    role: Role
    labels: Mapping[str, float]
    lower: F64
    upper: F64
    appearance: NDArray[np.float32]
    sigma: float

    @property
    def center(self) -> F64:
        """Middle (3,) of the axis-aligned bounds."""
        return (self.lower + self.upper) / 2


@dataclass(eq=False)
class _Track:
    number: int
    last: Sighting
    stamp: float
    velocity: F64
    missed: int = 0


@dataclass
class Tracker:
    """Matches the things of consecutive frames one to one by place, label and looks.

    A thing may move at up to ``speed`` m/s between frames (plus ``slack`` metres for what boxes of partial views wander).
    A track ends when its thing leaves the view, when it was last seen more than ``gap`` seconds ago, or when it is not
    found for more than ``patience`` frames although the camera pointed there; while it is missing it may not have moved.
    Where two look-alikes could as well have been exchanged between two frames, both get new numbers: a track never claims
    more than was watched.
    """

    speed: float = 0.8
    slack: float = 0.08
    patience: int = 2
    gap: float = 1.5
    _tracks: list[_Track] = field(default_factory=list)
    _next: int = 1

    def update(self, sightings: Sequence[Sighting], stamp: float, in_view: InView) -> list[int]:
        """Track numbers of ``sightings``, in their order. ``in_view`` says which world points (N, 3) the frame shows."""
        tracks = [t for t in self._tracks if 0 <= stamp - t.stamp <= self.gap]
        if len(tracks) < len(self._tracks) and any(t.stamp > stamp for t in self._tracks):
            tracks = []  # time went back: a new recording, or a replay
        numbers = [0] * len(sightings)
        cost = self._costs(tracks, sightings, stamp)
        pairs = assign(cost)
        doubtful = self._exchanged(tracks, cost, pairs)
        kept: list[_Track] = []
        matched: set[int] = set()
        for t, s in pairs:
            matched.add(t)
            if t in doubtful:
                continue
            numbers[s] = tracks[t].number
            kept.append(self._moved(tracks[t], sightings[s], stamp))
        lost = [t for i, t in enumerate(tracks) if i not in matched]
        if lost:
            shown = in_view(np.array([t.last.center for t in lost]))
            for track, visible in zip(lost, shown, strict=True):
                track.missed += 1
                if visible and track.missed <= self.patience and stamp - track.stamp <= self.gap:
                    kept.append(track)
        for s, sighting in enumerate(sightings):
            if numbers[s] == 0:
                numbers[s] = self._next
                self._next += 1
                kept.append(_Track(numbers[s], sighting, stamp, np.zeros(3)))
        self._tracks = kept
        return numbers

    def _moved(self, track: _Track, sighting: Sighting, stamp: float) -> _Track:
        dt = stamp - track.stamp
        velocity = np.zeros(3)
        if dt > 1e-6 and not track.missed:
            step = sighting.center - track.last.center
            if np.linalg.norm(step) > 0.03 + 2 * sighting.sigma:  # below that it is the box that wanders
                velocity = step / dt
        return _Track(track.number, sighting, stamp, velocity)

    def _costs(self, tracks: Sequence[_Track], sightings: Sequence[Sighting], stamp: float) -> F64:
        """Cost (tracks, sightings) of a match, in about metres; infinite where it is out of the question."""
        if not tracks or not sightings:
            return np.full((len(tracks), len(sightings)), NEW)
        dt = np.array([stamp - t.stamp for t in tracks])
        guess = np.array([t.last.center + t.velocity * (stamp - t.stamp) for t in tracks])
        lower, upper = np.array([t.last.lower for t in tracks]), np.array([t.last.upper for t in tracks])
        centers = np.array([s.center for s in sightings])
        here_low, here_up = np.array([s.lower for s in sightings]), np.array([s.upper for s in sightings])
        still = np.linalg.norm((lower + upper)[:, None] / 2 - centers[None], axis=2)
        distance = np.minimum(np.linalg.norm(guess[:, None] - centers[None], axis=2), still)
        apart = np.maximum(lower[:, None] - here_up[None], here_low[None] - upper[:, None])
        gap = np.linalg.norm(np.maximum(apart, 0), axis=2)
        sigma = np.array([s.sigma for s in sightings])
        missed = np.array([t.missed for t in tracks])
        reach = np.where(missed > 0, self.slack, self.slack + self.speed * np.minimum(dt, 0.7))
        gate = reach[:, None] + 2 * sigma[None]
        fixed = np.array([t.last.role is not Role.OBJECT for t in tracks])
        # Large things are seen in part: the middle of what is seen wanders, but the parts seen stay in contact.
        offset = np.where(fixed[:, None], np.maximum(gap, 0.1 * distance), distance)
        same_role = np.array([[t.last.role is s.role for s in sightings] for t in tracks])
        labels = _shared_mass([t.last.labels for t in tracks], [s.labels for s in sightings])
        looks = np.array([t.last.appearance for t in tracks]) @ np.array([s.appearance for s in sightings]).T
        cost = offset + 0.15 * (1 - labels) + 0.15 * (1 - looks)
        possible = same_role & (offset <= gate) & ((labels > 0.15) | (looks > 0.9))
        # A thing without a name that seems to have jumped: another one has come into view as this one was lost sight of.
        nameless = np.array([best_kind(t.last.labels) in NAMELESS for t in tracks])[:, None]
        nameless = nameless | np.array([best_kind(s.labels) in NAMELESS for s in sightings])[None]
        shared = np.clip(
            np.minimum(upper[:, None], here_up[None]) - np.maximum(lower[:, None], here_low[None]) + 0.02, 0, None
        )
        smaller = np.minimum(np.prod(upper - lower + 0.02, axis=1)[:, None], np.prod(here_up - here_low + 0.02, axis=1))
        jumped = (offset > self.slack + 2 * sigma[None]) & (np.prod(shared, axis=2) < SAME_PLACE * smaller)
        edges, here = np.sort(upper - lower, axis=1), np.sort(here_up - here_low, axis=1)
        ratio = np.abs(np.log((edges[:, None] + 0.02) / (here[None] + 0.02))).max(axis=2)
        possible &= ~nameless | ~jumped | ((looks > SAME_LOOKS) & (ratio < SAME_SIZE))
        return np.asarray(np.where(possible, cost, NEW))

    def _exchanged(self, tracks: Sequence[_Track], cost: F64, pairs: Sequence[tuple[int, int]]) -> set[int]:
        """Tracks whose match could as well be the other way round: look-alikes whose paths met between the frames."""
        doubtful: set[int] = set()
        objects = [(t, s) for t, s in pairs if tracks[t].last.role is Role.OBJECT]
        if len(objects) < 2:
            return doubtful
        t, s = np.array(objects).T
        crossed = cost[np.ix_(t, s)]
        kept = np.diag(crossed)
        centers = np.array([tracks[i].last.center for i in t])
        apart = np.linalg.norm(centers[:, None] - centers[None], axis=2)
        extra = crossed + crossed.T - kept[:, None] - kept[None]  # what the other way round would cost more
        for i, j in np.argwhere(np.triu(extra < np.minimum(0.04, 0.5 * apart), 1)):
            doubtful |= {int(t[i]), int(t[j])}
        return doubtful


class InView:
    """Which world points a camera shows: callable on points (N, 3), gives (N,) bool."""

    def __init__(self, camera: PinholeCamera, T_world_cam: F64) -> None:
        self._camera, self._T = camera, T_world_cam

    def __call__(self, points: F64) -> NDArray[np.bool_]:
        """True where a point lies in front of the camera and inside the image."""
        uv, z = self._camera.project((points - self._T[:3, 3]) @ self._T[:3, :3])
        with np.errstate(invalid="ignore"):
            inside = (uv >= 0).all(axis=1) & (uv[:, 0] < self._camera.width) & (uv[:, 1] < self._camera.height)
        return np.asarray(inside & (z > 0))


def _shared_mass(a: Sequence[Mapping[str, float]], b: Sequence[Mapping[str, float]]) -> F64:
    """Overlap (len(a), len(b)) of class distributions, Σ min(p, q), as a share of what the two say; 1 if one is empty."""
    names = sorted({name for d in (*a, *b) for name in d})
    if not names:
        return np.ones((len(a), len(b)))
    p = np.array([[d.get(n, 0.0) for n in names] for d in a])
    q = np.array([[d.get(n, 0.0) for n in names] for d in b])
    shared = np.minimum(p[:, None], q[None]).sum(axis=2)
    said = np.minimum(p.sum(axis=1)[:, None], q.sum(axis=1)[None])
    return np.asarray(np.where(said > 0, shared / np.where(said > 0, said, 1.0), 1.0))
