"""What memory hands out: things, answers, changes. Frozen; units are metres and seconds, boxes are in the world frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role
from ..geometry import Box, PinholeCamera

ROBOT = "robot"  # the one that is meant where none is named


class Knowledge(StrEnum):
    """How something is known. The last three are three different ways of not knowing where a thing is now."""

    SEEN = "seen"  # in the newest look at its spot, which was just now
    BELIEVED = (
        "believed"  # inferred, not looked at: inside what was closed, carried with its container, put there by hand
    )
    UNOBSERVED = "unobserved since"  # last seen there, and the spot was not looked at since
    ABSENT = "absent"  # the spot was looked at, and it was gone
    UNKNOWN = "unknown"  # never seen


@dataclass(frozen=True)
class StateBelief:
    """A state attribute's most likely value ("openness" → "open"), its probability, and when it was last observed."""

    value: str
    probability: float
    stamp: float


@dataclass(frozen=True)
class Place:
    """Where a thing is: ``predicate`` (on, in, part_of, held_by, near, at) and the id and label of what it relates to."""

    predicate: str
    id: str
    label: str

    def __str__(self) -> str:
        words = {"held_by": "in the hand of", "part_of": "part of", "at": "at"}
        return f"{words.get(self.predicate, self.predicate)} the {self.label}"


@dataclass(frozen=True)
class Link:
    """That a thing is what vanished from another spot: believed since ``stamp`` with a ``probability``.

    It was last seen there at ``left`` in its ``box`` (centre, yaw, size: 7 numbers) after ``sightings`` looks, and where it is
    now first at ``since``. ``undone``: a like thing stood at the old spot again while this one was elsewhere.
    """

    stamp: float
    probability: float
    left: float
    since: float
    sightings: int
    box: list[float]
    undone: bool = False


@dataclass(frozen=True, eq=False)
class Thing:
    """Current belief about one thing (an object, a piece of furniture, a part)."""

    id: str
    role: Role
    label: str
    labels: Mapping[str, float]
    box_world: Box
    points_world: NDArray[np.float32]  # (N ≤ 512, 3)
    colors: NDArray[np.uint8]  # (N, 3)
    appearance: NDArray[np.float32]
    states: Mapping[str, StateBelief]
    place: Place | None
    existence: float  # probability that it still is where ``place`` and ``box_world`` say
    knowledge: Knowledge
    first_seen: float
    last_seen: float
    last_looked: float  # when its spot was last really visible
    sightings: int
    sigma: float  # standard deviation of the centre, metres
    alike: tuple[str, ...] = ()  # ids it may have been mistaken for since it was last continuously watched
    evidence: tuple[int, ...] = ()  # sequence numbers of the log events behind this belief, newest first
    map_id: str = "map"  # the map that ``box_world`` is in
    link: Link | None = None  # the last time that it was taken for what vanished elsewhere


@dataclass(frozen=True)
class Change:
    """One change in what memory believes: appeared, moved, vanished, reappeared, separated, state, placed, held, …"""

    kind: str
    id: str
    text: str
    seq: int
    cause: str = "exogenous"  # or the id of the robot's action


@dataclass(frozen=True)
class Written:
    """What came of a write: the sequence number of its last event, the newest durable one, what changed, identities.

    ``ids[i]`` is the memory id given to detection ``i`` of the batch (None where it was not taken for a thing).
    """

    seq: int
    ack: int
    changes: tuple[Change, ...] = ()
    ids: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Interval:
    """A fact with its validity in world time; ``end`` is None while it holds. ``seq`` is the event that began it."""

    subject: str
    predicate: str
    object: str
    start: float
    end: float | None
    cause: str
    seq: int


@dataclass(frozen=True)
class Answer:
    """One answer: a value for people, ids for programs, how it is known, how surely, and on what evidence."""

    question: str
    text: str
    value: tuple[str, ...]  # ids of things or places, or state values, most likely first
    knowledge: Knowledge
    probability: float
    stamp: float | None  # of the newest evidence
    age: float | None  # seconds before "now"
    evidence: tuple[int, ...]  # log sequence numbers, see Memory.event
    keyframes: tuple[int, ...] = ()  # see Memory.keyframe
    caveat: str = ""  # what cannot be known, and why
    places: tuple[tuple[str, float], ...] = ()
    """Of `where`, now or at a time: (place id, probability) of the first thing meant, most likely first, "" for somewhere
    unknown; sums to 1.
    """

    def __str__(self) -> str:
        return f"{self.text} {self.caveat}".strip()


@dataclass(frozen=True)
class Recall:
    """Memory as text for a planner, within a token budget, with every id that the text names."""

    text: str
    ids: tuple[str, ...]
    evidence: tuple[int, ...]
    tokens: int


@dataclass(frozen=True)
class Candidate:
    """A place to look for something, with its probability and what that rests on."""

    place: str
    label: str
    probability: float
    why: str
    cost: float = 1.0  # seconds that looking there is expected to take: the way, opening, looking


@dataclass(frozen=True)
class ActionRecord:
    """An action that was started, and its outcome once there is one."""

    id: str
    episode: str
    subgoal: str
    verb: str
    target: str | None
    relation: str | None
    why: str
    started: float
    ended: float | None
    status: str | None
    detail: str
    touched: tuple[str, ...]
    robot: str = ROBOT


@dataclass(frozen=True)
class EpisodeRecord:
    """One instruction from its start to its end."""

    id: str
    instruction: str
    started: float
    ended: float | None
    status: str | None
    actions: tuple[ActionRecord, ...] = ()
    robot: str = ROBOT  # that it was given to


@dataclass(frozen=True)
class Event:
    """One entry of the append-only log."""

    seq: int
    kind: str
    stamp: float  # world time
    recorded: float  # record time
    payload: Mapping[str, object]
    digest: str


@dataclass(frozen=True)
class Fault:
    """One thing that ``verify`` found wrong."""

    where: str
    what: str


@dataclass(frozen=True)
class Integrity:
    """The result of ``verify``: events checked, the chain's head, faults (empty when all is well)."""

    events: int
    head: str
    faults: tuple[Fault, ...] = field(default_factory=tuple)

    @property
    def ok(self) -> bool:
        """True if nothing was found wrong."""
        return not self.faults


@dataclass(frozen=True, eq=False)
class KeyframeInfo:
    """A kept picture without its bytes: when, from where, and the ids of the things that were seen in it."""

    seq: int
    stamp: float
    camera: PinholeCamera
    T_world_cam: NDArray[np.float64]
    T_world_base: NDArray[np.float64] | None
    ids: tuple[str, ...] = ()
