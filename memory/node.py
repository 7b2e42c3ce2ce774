"""The working copy of one thing while memory is open, and its plain form as the log and the tables keep it.

The log holds the plain form (``encode``), rounded to what matters; tables and replay use nothing else. The working copy
runs ahead of it between two flushes and is rebuilt from it (``decode``) when a file is opened again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import Role
from ..geometry import F64, Box, rotation_z, transform
from .existence import Presence
from .records import Link, StateBelief

GENERIC = frozenset({"object", "thing", "unknown", "something", "furniture", "surface", "support", "part", "plane", "segment",
                     "cluster", "region", ""})  # fmt: skip
"""Labels that say nothing about what a thing is."""
_STRAYED = 0.04  # metres; below what the search in the index allows for
ARRAYS = ("points", "colors", "appearance")
_POINT_STEP = 5e-4  # metres; points are kept as int16 multiples of it around the box centre

Arrays = Mapping[str, NDArray[Any]]
"""Points, colours and appearance as they are kept, see ``arrays``."""
_UNREAD: NDArray[Any] = np.zeros(0)


@dataclass
class Held:
    """In whose hand the thing is, and the rigid offset ``T_hand_box`` (4, 4) taken at the grasp, if hand poses are known."""

    robot: str
    T_hand_box: F64 | None


@dataclass(eq=False)
class Node:
    """One thing. Metres, seconds, world frame. ``label_weight`` counts the looks fused into ``labels``.

    ``believed`` is the time since which the place is inferred and not seen (None while it rests on a sighting);
    ``whole`` tells that it was seen uncut once; ``spread`` is the usual cosine distance of a look from ``appearance``;
    ``rest`` is how loosely the position is known beyond ``sigma`` (carried along unseen), metres.
    """

    id: str
    role: Role
    labels: dict[str, float]
    box: Box
    points: NDArray[np.float32]
    colors: NDArray[np.uint8]
    appearance: NDArray[np.float32]
    first_seen: float
    last_seen: float
    last_looked: float
    label_weight: float = 1.0
    sightings: int = 1
    sigma: float = 0.02
    rest: float = 0.0
    presence: Presence = field(default_factory=Presence)
    states: dict[str, StateBelief] = field(default_factory=dict)
    believed: float | None = None
    held: Held | None = None
    whole: bool = False
    spread: float = 0.05
    voxel: float = 0.01
    moves: int = 0
    alike: dict[str, float] = field(default_factory=dict)
    link: Link | None = None
    map: str = "map"  # in which it is
    anchors: list[list[float]] = field(
        default_factory=list
    )  # pose, spot in its camera (3), sigma; replaced, never changed
    # not kept: what only matters within a run
    votes: dict[tuple[str, str], float] = field(default_factory=dict)
    shift: tuple[F64, float, int] | None = None  # where it seems to have gone, since when, in how many looks
    fused_from: F64 | None = None  # camera position of the last look whose points were fused
    looks: int = 0  # since points were last fused
    released: bool = False  # let go of, while the action that did so still runs
    told: str = ""  # the class that it was last called
    unclear: int = 0  # looks since the gripper stopped reporting that it holds
    shaped: int = 0  # sightings when its points were last logged
    settled: tuple[F64, F64] | None = None  # its bounds in the index, see ``Nodes``
    strays: dict[str, Node] | None = None  # where it is noted once its bounds are far from these
    origin: list[float] | None = None  # what its points are around as they are kept, while they are yet to be read
    read: Callable[[], Arrays] | None = None  # by this

    def __post_init__(self) -> None:
        self.set_box(self.box)
        self._named: dict[str, float] | None = None
        self._label, self._generic = "", True

    def set_box(self, box: Box) -> None:
        """Give it a new box; keeps the axis-aligned bounds ``lower``, ``upper`` (3,) beside it."""
        self.box = box
        self.lower, self.upper = box.bounds()
        self.center = box.center
        if self.strays is not None and self.settled is not None:
            low, high = self.settled
            shift = max(map(abs, (*(self.lower - low).tolist(), *(self.upper - high).tolist())))
            if shift > _STRAYED:
                self.strays[self.id] = self

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Points, colours and appearance of a copy that was made without."""
            if name not in ARRAYS or self.read is None:
                raise AttributeError(f"a thing has no {name}")
            fill(self, self.read())
            return self.__dict__[name]

    @property
    def number(self) -> int:
        """The order of creation."""
        return int(self.id[1:])

    @property
    def label(self) -> str:
        """Most likely class; ties go to the alphabet. A class that says something goes before "object" and the like."""
        if self._named is not self.labels:  # distributions are replaced, never changed in place
            self._named, self._label = self.labels, best_label(self.labels)
            self._generic = self._label in GENERIC
        return self._label

    @property
    def generic(self) -> bool:
        """True while nothing says what it is."""
        return self.label in GENERIC if self._named is not self.labels else self._generic

    @property
    def small(self) -> bool:
        """An object that a hand may move."""
        return self.role is Role.OBJECT


def trusted_box(T_world_box: F64, size: F64) -> Box:
    """A box whose pose is rigid by construction: ``Box`` checks that, which costs more than all else in a frame."""
    box = object.__new__(Box)
    object.__setattr__(box, "T_ref_box", T_world_box)
    object.__setattr__(box, "size", size)
    return box


def best_label(labels: dict[str, float]) -> str:
    """Most likely label, ties to the alphabet; "object" if there is none."""
    if not labels:
        return "object"
    top = max(labels.values())
    return min([k for k, p in labels.items() if p == top])


def encode(node: Node) -> dict[str, Any]:
    """Everything that is kept of a thing as plain data, but for its ``arrays``."""
    p = node.presence
    return {
        "role": node.role.value,
        "labels": {k: round(v, 4) for k, v in sorted(node.labels.items()) if v >= 5e-4},
        "label_weight": round(node.label_weight, 2),
        "box": encode_box(node.box),
        "first_seen": node.first_seen,
        "last_seen": node.last_seen,
        "last_looked": node.last_looked,
        "sightings": node.sightings,
        "sigma": round(node.sigma, 4),
        "rest": round(node.rest, 3),
        "odds": round(p.odds, 2),
        "misses": [p.misses, round(p.weight, 2), p.last_miss if math.isfinite(p.last_miss) else None],
        "hits": [p.hits, p.flickers],
        "absent": p.absent,
        "states": {k: [s.value, round(s.probability, 3), s.stamp] for k, s in sorted(node.states.items())},
        "believed": node.believed,
        "held": _encode_held(node.held),
        "whole": node.whole,
        "spread": round(node.spread, 3),
        "voxel": round(node.voxel, 5),
        "moves": node.moves,
        "alike": dict(sorted(node.alike.items())),
        "map": node.map,
        "anchors": node.anchors,
        **({"link": list(astuple(node.link))} if node.link is not None else {}),
    }


def arrays(node: Node) -> dict[str, NDArray[Any]]:
    """Points, colours and appearance of a thing as they are kept (int16, uint8, float16); points around its box's centre."""
    center = np.round(node.box.center, 4)
    return {
        "points": np.clip(np.round((node.points - center) / _POINT_STEP), -32767, 32767).astype(np.int16),
        "colors": node.colors,
        "appearance": node.appearance.astype(np.float16),
    }


def decode(id: str, data: dict[str, Any], arrays: Arrays | Callable[[], Arrays]) -> Node:
    """A working copy from what ``encode`` and ``arrays`` made; if ``arrays`` is a function, it is called when one of
    these is asked for first.
    """
    box = decode_box(data["box"])
    misses, weight, last_miss = data["misses"]
    hits, flickers = data["hits"]
    presence = Presence(
        data["odds"], misses, weight, -math.inf if last_miss is None else last_miss, hits, flickers, data["absent"]
    )
    node = Node(
        id=id,
        role=Role(data["role"]),
        labels=dict(data["labels"]),
        box=box,
        points=_UNREAD,
        colors=_UNREAD,
        appearance=_UNREAD,
        first_seen=data["first_seen"],
        last_seen=data["last_seen"],
        last_looked=data["last_looked"],
        label_weight=data["label_weight"],
        sightings=data["sightings"],
        sigma=data["sigma"],
        rest=data["rest"],
        presence=presence,
        states={k: StateBelief(v, p, t) for k, (v, p, t) in data["states"].items()},
        believed=data["believed"],
        held=_decode_held(data["held"]),
        whole=data["whole"],
        spread=data["spread"],
        voxel=data["voxel"],
        moves=data["moves"],
        alike=dict(data["alike"]),
        map=data.get("map", "map"),
        anchors=data.get("anchors", []),
        link=Link(*data["link"]) if data.get("link") else None,
        shaped=data["sightings"],
    )
    node.origin = data["box"][:3]
    if callable(arrays):
        node.read = arrays
        del node.points, node.colors, node.appearance
    else:
        fill(node, arrays)
    return node


def fill(node: Node, arrays: Arrays) -> None:
    """Give a copy the arrays that were read later than the rest."""
    points = np.asarray(arrays["points"], dtype=np.float64) * _POINT_STEP + np.asarray(node.origin)
    node.points = points.astype(np.float32).reshape(-1, 3)
    node.colors = np.asarray(arrays["colors"], dtype=np.uint8).reshape(-1, 3)
    node.appearance = np.asarray(arrays["appearance"], dtype=np.float32)
    node.origin = node.read = None


def encode_box(box: Box) -> list[float]:
    """Centre (3), yaw, size (3), to a tenth of a millimetre (and milliradian); see ``decode_box``."""
    return [*np.round(box.center, 4).tolist(), round(box.yaw, 4), *np.round(box.size, 4).tolist()]


def decode_box(row: list[float]) -> Box:
    """An upright box from centre (3), yaw, size (3)."""
    x, y, z, yaw, *size = row
    if len(size) != 3 or not all(map(math.isfinite, row)) or min(size) < 0:
        return Box(transform(rotation_z(yaw), row[:3]), np.asarray(size, dtype=np.float64))  # says what is wrong
    c, s = math.cos(yaw), math.sin(yaw)
    T = np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, z], [0.0, 0.0, 0.0, 1.0]])
    return trusted_box(T, np.array(size, dtype=np.float64))


def _encode_held(held: Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    T = None if held.T_hand_box is None else np.round(held.T_hand_box[:3], 5).reshape(-1).tolist()
    return {"robot": held.robot, "T": T}


def _decode_held(data: dict[str, Any] | None) -> Held | None:
    if data is None:
        return None
    if data["T"] is None:
        return Held(data["robot"], None)
    T = np.eye(4)
    T[:3] = np.asarray(data["T"]).reshape(3, 4)
    u, _, vt = np.linalg.svd(T[:3, :3])  # rounding leaves the rotation a little off
    T[:3, :3] = u @ vt
    return Held(data["robot"], T)
