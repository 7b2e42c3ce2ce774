"""Every seam of Loci on one page: what passes between a robot, perception, memory and a planner.

All records are frozen. World frame: right-handed, z up, metres, radians; stamps are seconds (float64; simulation time or
UTC epoch, the robot says which). Camera axes are OpenCV's. ``T_a_b`` maps points in b to a. The shipped conformance
tests for implementers of the protocols are in ``loci.conformance``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .errors import FrameError
from .geometry import F64, Box, PinholeCamera, is_rigid

Distribution = Mapping[str, float]
"""Class or state name → probability; sums to at most 1, the rest is "something else"."""

MAX_DEPTH = 65.0  # metres; a 16-bit millimetre depth image cannot say more


class Role(StrEnum):
    """What part a thing plays in a scene."""

    OBJECT = "object"  # small enough to be moved by hand
    FURNITURE = "furniture"  # stays; things are on it or in it
    PART = "part"  # belongs to a piece of furniture: a handle, a door
    STRUCTURE = "structure"  # floor, wall, ceiling: occludes, is never an object


# --- what a robot senses ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Gripper:
    """Hand sensors: opening ``width`` in metres, ``holding`` while both fingers press on something, hand pose (4, 4)."""

    width: float
    holding: bool
    T_world_hand: F64


@dataclass(frozen=True, eq=False)
class SegmentImage:
    """A segmentation that came with the frame: ``ids`` (H, W) int32, 0 = nothing; numbers mean nothing across frames.

    ``labels``, ``states`` and ``roles`` are what a recogniser says of each number: a class distribution; for each state
    attribute (``"openness"``) a distribution over its values; the role of the most likely class.
    """

    ids: NDArray[np.int32]
    labels: Mapping[int, Distribution]
    states: Mapping[int, Mapping[str, Distribution]]
    roles: Mapping[int, Role]


@dataclass(frozen=True, eq=False)
class RGBDFrame:
    """One posed RGB-D image with what the robot knew of itself at that moment.

    ``rgb`` (H, W, 3) uint8; ``depth`` (H, W) float32 metres along the optical axis, 0 = no reading; ``T_world_cam``
    (4, 4); ``pose_cov`` (6, 6), translation (m²) before rotation (rad²); ``body_mask`` (H, W) bool, True on the robot's
    own body. Raises ``FrameError`` that says what is wrong with a frame that cannot be used.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    camera: PinholeCamera
    T_world_cam: F64
    stamp: float
    pose_id: str = ""
    robot_id: str = "robot"
    map_id: str = "map"
    pose_cov: F64 = field(default_factory=lambda: np.diag([1e-6] * 6))
    joints: Mapping[str, float] = field(default_factory=dict)
    gripper: Gripper | None = None
    body_mask: NDArray[np.bool_] | None = None
    segments: SegmentImage | None = None
    T_world_base: F64 | None = None

    def __post_init__(self) -> None:
        shape = (self.camera.height, self.camera.width)
        name = f"frame {self.pose_id or self.stamp}"
        _check_array(name, "rgb", self.rgb, (*shape, 3), np.uint8)
        _check_array(name, "depth", self.depth, shape, np.float32)
        if not np.isfinite(self.stamp):
            raise FrameError(f"{name}: stamp {self.stamp} is not a finite number of seconds")
        if not is_rigid(self.T_world_cam):
            raise FrameError(
                f"{name}: T_world_cam is not a finite rigid transform (4, 4) with an orthonormal rotation: "
                f"{np.asarray(self.T_world_cam).tolist()}"
            )
        lowest, highest = float(self.depth.min()), float(self.depth.max())
        if not (lowest >= 0 and highest <= MAX_DEPTH):  # written so that NaN fails too
            raise FrameError(
                f"{name}: depth spans {lowest} to {highest}; every value has to be metres in [0, {MAX_DEPTH}], 0 = none"
            )
        cov = np.asarray(self.pose_cov)
        if cov.shape != (6, 6) or not np.isfinite(cov).all() or np.linalg.eigvalsh((cov + cov.T) / 2)[0] < -1e-9:
            raise FrameError(
                f"{name}: pose_cov has to be a finite positive semi-definite (6, 6) matrix, is {cov.shape}"
            )
        if self.body_mask is not None:
            _check_array(name, "body_mask", self.body_mask, shape, np.bool_)
        if self.segments is not None:
            _check_array(name, "segments.ids", self.segments.ids, shape, np.int32)


def _check_array(name: str, what: str, array: object, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != dtype:
        got = f"{array.shape} {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        raise FrameError(f"{name}: {what} has to be an array {shape} {np.dtype(dtype).name}, got {got}")


# --- what perception makes of it ----------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Segment:
    """One image region that a segmenter takes for one thing: ``mask`` (H, W) bool, and what it may be."""

    mask: NDArray[np.bool_]
    labels: Distribution
    role: Role = Role.OBJECT
    states: Mapping[str, Distribution] = field(default_factory=dict)


@runtime_checkable
class Segmenter(Protocol):
    """Finds the things in a frame. Masks do not overlap; the robot's own body is in none of them."""

    def segment(self, frame: RGBDFrame) -> Sequence[Segment]:
        """Segments of this frame alone, in any order."""
        ...


@dataclass(frozen=True, eq=False)
class Detection:
    """One thing in one frame, in the camera frame, so that a later correction of the camera pose moves it.

    ``track`` is the perceiver's own short-lived number: equal for the same thing over consecutive frames, never for ever.
    ``points_cam`` (N ≤ 256, 3) float32 with ``colors`` (N, 3) uint8; ``box_cam`` encloses them and is upright in the
    world; ``appearance`` is a unit float32 vector; ``pixels`` counts the mask; ``sigma`` is the position's standard
    deviation in metres (depth noise at that range and the pose covariance); ``cut`` is True where the image border or an
    occluder cuts the thing, so that its box is only a lower bound.
    """

    track: int
    role: Role
    labels: Distribution
    states: Mapping[str, Distribution]
    points_cam: NDArray[np.float32]
    colors: NDArray[np.uint8]
    box_cam: Box
    appearance: NDArray[np.float32]
    bbox: tuple[int, int, int, int]  # u0, v0, u1, v1 in pixels, half open
    pixels: int
    sigma: float
    cut: bool


@dataclass(frozen=True)
class Relation:
    """``subject`` (index of a detection) stands in ``predicate`` (on, in, near, part_of) to ``object``.

    ``object`` is the index of another detection, or the memory id of an expected thing.
    """

    subject: int
    predicate: str
    object: int | str
    score: float


class Verdict(StrEnum):
    """What a frame says of a thing that memory expected somewhere."""

    SEEN = "seen"  # something like it is there
    SEEN_THROUGH = "seen_through"  # the camera sees what lies behind where it should be
    OCCLUDED = "occluded"  # something nearer hides the spot
    OUT_OF_VIEW = "out_of_view"


@dataclass(frozen=True, eq=False)
class Expected:
    """A thing that memory believes in: perception is asked what the frame says of it.

    ``points_world`` (N, 3) are points of its surface seen before; ``box_world`` is upright. For furniture the perceiver
    also reports how much of ``box_world`` was really visible.
    """

    id: str
    role: Role
    label: str
    box_world: Box
    points_world: NDArray[np.float32]


@dataclass(frozen=True)
class Visibility:
    """The frame's verdict on one expected thing; ``visible`` is the share of its points that agree with the verdict."""

    id: str
    verdict: Verdict
    visible: float
    detection: int | None = None  # index of the detection at that spot, when seen


@dataclass(frozen=True, eq=False)
class Keyframe:
    """A picture kept as evidence: JPEG bytes and an 80×60 depth thumbnail (float16 metres, 0 = none)."""

    jpeg: bytes
    depth_thumb: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class ObservationBatch:
    """All that perception says of one frame; the only thing memory ever learns from a camera.

    ``coverage`` maps a place's id to the share of it that was really visible.
    """

    stamp: float
    robot_id: str
    map_id: str
    pose_id: str
    camera: PinholeCamera
    T_world_cam: F64
    pose_cov: F64
    detections: Sequence[Detection]
    relations: Sequence[Relation] = ()
    visibility: Sequence[Visibility] = ()
    coverage: Mapping[str, float] = field(default_factory=dict)
    gripper: Gripper | None = None
    T_world_base: F64 | None = None
    keyframe: Keyframe | None = None


@runtime_checkable
class Perceiver(Protocol):
    """Frame in, observations out. Keeps tracklets between calls, but knows no identities."""

    def observe(self, frame: RGBDFrame, expected: Sequence[Expected]) -> ObservationBatch:
        """What ``frame`` shows, and what it says of each expected thing."""
        ...


@dataclass(frozen=True)
class ObjectReport:
    """A thing reported by a system that has no pixels to show (a tracker, a simulator's visible-object list)."""

    stamp: float
    robot_id: str
    map_id: str
    labels: Distribution
    box_world: Box
    states: Mapping[str, Distribution] = field(default_factory=dict)
    track: int = -1
    sigma: float = 0.02


# --- what a planner asks of a body --------------------------------------------------------------------------------------
class Verb(StrEnum):
    """The typed actions."""

    NAVIGATE = "navigate"  # to where the target can be reached
    LOOK = "look"  # at the target; all around when there is none
    PICK = "pick"
    PLACE = "place"  # what is held: on or in the target
    OPEN = "open"
    CLOSE = "close"
    TOGGLE = "toggle"
    SLICE = "slice"
    ASK = "ask"  # a person
    DONE = "done"


@dataclass(frozen=True, eq=False)
class Target:
    """Something in the world as memory believes it to be: id, best label, upright box, and its handle's box if it has one."""

    id: str
    label: str
    box_world: Box
    handle_world: Box | None = None


@dataclass(frozen=True, eq=False)
class Action:
    """One request to a body. ``relation`` ("on" or "in") and ``position`` (3,) world metres, if any, refine a place."""

    verb: Verb
    target: Target | None = None
    relation: str | None = None
    position: tuple[float, float, float] | None = None
    text: str = ""


class Status(StrEnum):
    """How an action ended. Failure is data."""

    SUCCEEDED = "succeeded"
    OUT_OF_REACH = "out_of_reach"
    BLOCKED = "blocked"  # no way there, or something was in the way
    NOT_THERE = "not_there"  # the hand closed on nothing
    SLIPPED = "slipped"  # held, then lost
    OCCUPIED = "occupied"  # no free spot to place on
    HANDS_FULL = "hands_full"
    HANDS_EMPTY = "hands_empty"
    STUCK = "stuck"  # a door or drawer did not move as asked
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNSUPPORTED = "unsupported"  # the body has no such capability
    REFUSED = "refused"  # the gate stopped it before it started


@dataclass(frozen=True)
class Outcome:
    """What came of an action, as far as the body itself can tell; looking is what verifies it."""

    status: Status
    detail: str = ""
    started: float = 0.0
    ended: float = 0.0

    @property
    def ok(self) -> bool:
        """True if the body believes that it succeeded."""
        return self.status is Status.SUCCEEDED


@runtime_checkable
class Handle(Protocol):
    """A running action."""

    def poll(self) -> bool:
        """Let the body go on for a moment (a simulator advances by some 0.1 s); True once the action has ended."""
        ...

    def cancel(self) -> None:
        """Stop safely; ``poll`` soon returns True and ``result`` says CANCELLED."""
        ...

    def result(self) -> Outcome:
        """The outcome; ``RobotError`` while the action runs."""
        ...


@runtime_checkable
class Robot(Protocol):
    """The only door to a body."""

    @property
    def robot_id(self) -> str: ...
    @property
    def map_id(self) -> str: ...
    @property
    def capabilities(self) -> frozenset[Verb]:
        """Verbs that ``start`` may be given; others end as UNSUPPORTED."""
        ...

    def frames(self) -> Iterable[RGBDFrame]:
        """The frames taken since the last call, oldest first; never blocks; empty when there are none."""
        ...

    def start(self, action: Action) -> Handle:
        """Begin an action; ``RobotError`` while another runs."""
        ...

    def close(self) -> None:
        """Stop and release the body. May be called twice."""
        ...


# --- what a policy decides ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Decision:
    """The next action by memory ids, with the reason and the evidence or belief ids that it rests on."""

    verb: Verb
    target: str | None = None
    relation: str | None = None
    position: tuple[float, float, float] | None = None
    why: str = ""
    cites: tuple[str, ...] = ()
    subgoal: str = ""


@dataclass(frozen=True)
class Step:
    """A decision that was carried out (or refused), and what came of it."""

    decision: Decision
    outcome: Outcome


@dataclass(frozen=True)
class Situation:
    """What a policy is shown: nothing but the instruction, what memory recalls, and what happened so far."""

    instruction: str
    recall: str  # text within the token budget, with the ids that may be cited or acted on
    steps: tuple[Step, ...]
    holding: str | None  # memory id of what is in the hand
    capabilities: frozenset[Verb]
    steps_left: int
    feedback: str = ""  # why the last decision was refused


@runtime_checkable
class Policy(Protocol):
    """Chooses the next action. Raises ``InstructionError`` when it cannot make sense of the instruction."""

    def decide(self, situation: Situation) -> Decision:
        """The next decision; ``Verb.DONE`` ends the task."""
        ...
