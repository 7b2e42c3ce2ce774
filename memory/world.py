"""Everything that memory believes right now, ready to be worked on, and the one way to make decisions last (``emit``)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..geometry import F64, quat_from_matrix
from .apply import FAMILIES, LOOKS, Projection
from .node import Node, encode
from .node import arrays as node_arrays
from .nodes import Nodes
from .openfacts import Fact
from .records import Change
from .shortterm import ShortTerm, TaskAware
from .store import Store
from .worth import jumped, worth_logging

FLUSH_SECONDS = 10.0
EXOGENOUS = "exogenous"
FLOOR = "floor"
IDLE = frozenset({"look", "navigate", "ask", "done"})
AFTERMATH = 5.0  # seconds after its end in which a change that comes to light is put down to an action
_PATH_STEP = 0.05  # metres
_PATH_TURN = 0.1  # radians
_TRACKS = 2**40  # numbers that one tracker may use
_MOST_AHEAD = 1024  # working copies that differ from what is kept by less than is worth a log entry
_MOST_GONE = 64  # things that a look may be, of those that are gone
_MOST_TOGETHER = 200_000  # pairs
ChangeRow = tuple[str, str, str, str]  # kind, id, text, cause


@dataclass
class Running:
    """The action that the robot is carrying out, and what it has touched so far."""

    id: str
    verb: str
    target: str | None
    relation: str | None
    position: tuple[float, float, float] | None
    started: float
    touched: list[str] = field(default_factory=list)
    robot: str | None = None  # None: whichever has a hand


@dataclass(frozen=True, eq=False)
class Standpoint:
    """A frame's pose: ``T_world_cam`` (4, 4), the variance of its position along an axis (m²)."""

    stamp: float
    pose_id: str
    T_world_cam: F64
    variance: float


class World:
    """Working copies of all things over the projection of one store."""

    def __init__(self, store: Store, short_term: ShortTerm | None = None) -> None:
        self.store = store
        self.projection = Projection(store.db)
        self.short_term = short_term if short_term is not None else ShortTerm(policy=TaskAware())
        self.scope: str | None = None
        self.load()

    def load(self) -> None:
        """Rebuild the working copies from the tables (after opening, and after a rollback)."""
        self.epoch = self.store.epoch
        self.projection.load()
        self.nodes = Nodes(self.projection)
        self.nodes.scope = self.scope
        self.now = self.projection.counters.get("now", 0.0)
        self.flushed = self.now
        self.tracks: dict[int, tuple[str, float, float]] = {}
        self.trackers: dict[tuple[str, str], int] = {}  # robot, map → which of the trackers at work, see ``own_track``
        self.seen_map: str | None = None  # of the newest observation
        self.grown: dict[str, int] = {}  # thing → points since its points were last logged
        self.slid: dict[str, float] = {}  # container → when it was last seen to move
        self.together: dict[tuple[str, str], int] = {}  # pairs seen side by side in one frame
        self.coverage: dict[str, tuple[float, float]] = {
            place: (share, stamp) for place, share, stamp in self.store.db.execute("SELECT * FROM coverage")
        }
        self.covered: set[str] = set()  # places whose coverage is not logged yet
        self.path: list[list[Any]] = []
        self.last_pose: F64 | None = None
        self.last_poses: dict[tuple[str, str], F64] = {}  # robot, map → where its base was last noted
        self.standpoints: dict[tuple[str, str], Standpoint] = {}  # robot, map → of its newest frame
        self.new_poses: list[list[Any]] = []  # of cameras, not logged yet
        self.viewpoints: dict[tuple[str, str], tuple[int, F64]] = {}  # robot, map → the newest pose that is kept
        self.running: Running | None = None
        self.recent: tuple[Running, float] | None = None  # the last action that could change something, and its end
        self.changes: list[Change] = []
        self.short_term.load(self.store.db.execute("SELECT thing, pinned FROM resident ORDER BY slot"))
        self.seq = self.store.head[0]

    # --- maps ---------------------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def within(self, map: str | None) -> Iterator[None]:
        """Within the block only the things of one map are found, unless by their id (None: of all maps)."""
        before, self.scope = self.scope, map
        self.nodes.scope = map
        try:
            yield
        finally:
            self.scope = self.nodes.scope = before

    def own_track(self, robot: str, map: str, track: int) -> int:
        """Two robots number their tracks as they please: a number that is this robot's alone."""
        tracker = self.trackers.setdefault((robot, map), len(self.trackers))
        return track if track < 0 else track + tracker * _TRACKS

    # --- reading ------------------------------------------------------------------------------------------------------
    def resolve(self, id: str) -> str:
        """The id of the thing that ``id`` is now known to be (the same unless it was merged)."""
        while id in self.projection.merged:
            id = self.projection.merged[id]
        return id

    def node(self, id: str | None) -> Node | None:
        """The working copy, also by an id that was merged; None if there is no such thing."""
        return None if id is None else self.nodes.get(self.resolve(id))

    def fact(self, id: str, family: str = "place") -> Fact | None:
        """The open fact of a thing in a family of relations."""
        return self.projection.open.get((id, family))

    def label(self, id: str) -> str:
        """What to call a thing or a place."""
        node = self.node(id)
        return node.label if node is not None else id

    def inside_of(self, place: str, predicates: Iterable[str] = ("on", "in", "at")) -> list[str]:
        """Things that are directly on, in or at ``place`` according to open facts, in order of their creation."""
        wanted = set(predicates)
        found = [
            f.subject
            for family, f in self.projection.open.at(place)
            if family == "place" and f.predicate in wanted and f.subject in self.nodes
        ]
        return sorted(found, key=lambda id: int(id[1:]))

    def parts_of(self, id: str) -> list[str]:
        """Parts of a piece of furniture."""
        found = [f.subject for family, f in self.projection.open.at(id) if family == "whole"]
        return sorted((s for s in found if s in self.nodes), key=lambda s: int(s[1:]))

    def in_hand(self) -> list[Node]:
        """What some robot holds, in order of creation."""
        held = self.nodes.some((id for id in self.projection.open.held() if id in self.nodes), everywhere=True)
        return sorted((n for n in held if n.held is not None), key=lambda n: n.number)

    def near(self, low: F64, high: F64, bare: bool = False) -> list[Node]:
        """Things whose axis-aligned bounds meet [low, high] (3,), in order of creation; ``bare``: see ``Nodes.some``."""
        return self.nodes.near(low, high, bare)

    def called(self, labels: Collection[str]) -> list[Node]:
        """Things that may be one of these classes, in order of creation."""
        return self.nodes.some(f"o{num}" for num in self.projection.finder.called(labels))

    def gone(self, labels: Collection[str], near: F64) -> list[Node]:
        """Objects that are known to be gone and may be one of these classes; of very many the nearest to a point (3,)."""
        finder = self.projection.finder
        nums = finder.nearest(finder.gone(labels), near, _MOST_GONE)
        return [n for n in self.nodes.some(f"o{num}" for num in sorted(nums)) if n.presence.absent]

    def cause(self, *ids: str | None) -> str:
        """The id of the action that touches one of these things now, or did a moment ago; else "exogenous".

        Looking and driving change nothing; what an action did is often seen only once it is over.
        """
        latest = [self.running] if self.running is not None else []
        if self.recent is not None and self.now - self.recent[1] <= AFTERMATH:
            latest.append(self.recent[0])
        for action in latest:
            if action.verb not in IDLE and any(i is not None and i in action.touched for i in ids):
                return action.id
        return EXOGENOUS

    def finish(self, stamp: float) -> None:
        """The running action is over."""
        if self.running is not None and self.running.verb not in IDLE:
            self.recent = (self.running, stamp)
        self.running = None

    def touch(self, *ids: str | None) -> None:
        """Note that the running action has to do with these things."""
        if self.running is not None:
            self.running.touched += [i for i in ids if i is not None and i not in self.running.touched]

    # --- deciding -----------------------------------------------------------------------------------------------------
    def new_id(self) -> str:
        """The next thing's id."""
        return f"o{max(int(self.projection.counters.get('things', 0)), self.nodes.newest) + 1}"

    def next_act(self, kind: str, prefix: str) -> str:
        """The next id of an episode, a sub-goal or an action."""
        return f"{prefix}{int(self.projection.counters.get(kind, 0)) + 1}"

    def emit(
        self,
        kind: str,
        stamp: float,
        *,
        things: Sequence[Node] = (),
        arrays: bool = False,
        opens: Sequence[tuple[str, str, str] | tuple[str, str, str, float]] = (),
        closes: Sequence[tuple[str, str]] = (),
        changes: Sequence[ChangeRow] = (),
        extra: Mapping[str, Any] | None = None,
        blobs: Mapping[str, bytes] | None = None,
        worth: float = 0.0,
    ) -> int:
        """Log one decision and apply it: the named things' differences, facts opened and closed, changes to tell.

        ``opens`` are (subject, predicate, object) and, if it began earlier, since when; their cause is that of
        the first change, or of the running action.
        """
        payload: dict[str, Any] = dict(extra or {})
        if things:
            payload["things"] = {n.id: self._difference(n, arrays) for n in things}
        if closes:
            payload["close"] = [[subject, family, stamp] for subject, family in closes]
        if opens:
            payload["open"] = [
                [
                    s,
                    p,
                    o,
                    since[0] if since else stamp,
                    changes[0][3] if changes else self.cause(s),
                    "" if since else self._class_of(s, p),
                    self.label(o),
                ]
                for s, p, o, *since in opens
            ]
        if changes:
            payload["changes"] = [list(row) for row in changes]
        seq = self._write(kind, stamp, payload, blobs, worth)
        for node in things:
            if "box" in payload["things"][node.id] and node.id in self.nodes:
                self.nodes.settle(node)
        self.changes += [Change(k, id, text, seq, cause) for k, id, text, cause in changes]
        for _, id, _, _ in changes:
            self.short_term.touch(id)
        return seq

    def _class_of(self, id: str, predicate: str) -> str:
        node = self.nodes.get(id)
        return node.label if node is not None and node.small and predicate in ("on", "in") else ""

    def _write(
        self,
        kind: str,
        stamp: float,
        payload: dict[str, Any],
        blobs: Mapping[str, bytes] | None = None,
        worth: float = 0.0,
    ) -> int:
        if self.new_poses:
            payload["poses"], self.new_poses = self.new_poses, []
        seq = self.store.append(kind, stamp, payload, blobs, worth)
        if blobs:
            payload = dict(self.store.event(seq).payload)  # with the digests that the store has added
        self.projection.apply(seq, kind, stamp, payload)
        self.now = max(self.now, stamp)
        self.seq = seq
        return seq

    def _difference(self, node: Node, arrays: bool) -> dict[str, Any]:
        before = self.projection.plain.get(node.id) or {}
        new = encode(node)
        full = arrays or "role" not in before
        if full:
            self.grown[node.id], node.shaped = 0, node.sightings
        kept = {k: v for k, v in new.items() if k not in before or before[k] != v}
        return kept | node_arrays(node) if full or "box" in kept else kept

    def flush(self, stamp: float, force: bool = False) -> None:
        """Log what the working copies have gathered since the last flush; ``force`` leaves no difference behind."""
        patches = self._patches(force)
        self.flushed = stamp
        if patches or self.path or self.covered or self.short_term.dirty:
            self._summarise(stamp, patches)
        self._let_go()

    def _summarise(self, stamp: float, patches: dict[str, Any]) -> None:
        payload: dict[str, Any] = {"things": patches}
        if self.short_term.dirty:
            payload["resident"] = self.short_term.plain()
        if self.covered:
            payload["coverage"] = {
                k: [round(self.coverage[k][0], 3), self.coverage[k][1]] for k in sorted(self.covered)
            }
        if self.path:
            payload["path"] = self.path
        self.covered, self.path = set(), []
        self._write(LOOKS, stamp, payload)
        for id, patch in patches.items():
            if "box" in patch:
                self.nodes.settle(self.nodes.here(id))

    def _patches(self, force: bool) -> dict[str, Any]:
        """What is to be logged of each thing that a write has asked for since the last flush."""
        nodes, late = self.nodes, set[str]()
        nodes.rest()
        if (
            len(nodes.ahead) > _MOST_AHEAD
        ):  # they must be logged to be let go, those first that were asked for longest ago
            late = set(list(nodes.ahead)[:-_MOST_AHEAD])
        due = nodes.touched.keys() | (nodes.ahead.keys() if force else late)
        patches: dict[str, Any] = {}
        for node in sorted((nodes.here(id) for id in due), key=lambda n: n.number):
            whole = force or (node.id in late and node.id not in nodes.touched)
            patch, differs = self._patch(node, whole)
            nodes.ahead.pop(node.id, None)
            if differs:
                nodes.ahead[node.id] = None
            if patch:
                patches[node.id] = patch
        return patches

    def _let_go(self) -> None:
        """Forget what only matters within a run of what was not looked at for long."""
        for id in self.nodes.trim():
            self.grown.pop(id, None)
        if len(self.together) > _MOST_TOGETHER:  # of pairs that were seen apart long ago
            self.together = dict(list(self.together.items())[_MOST_TOGETHER // 2 :])

    def _patch(self, node: Node, whole: bool) -> tuple[dict[str, Any], bool]:
        """What is to be logged of one thing (``whole``: all that differs), and whether something that differs is left out."""
        id = node.id
        before, new = self.projection.plain[id], encode(node)
        differing = {k: v for k, v in new.items() if before.get(k) != v}
        patch = dict(differing) if whole else worth_logging(before, new)
        grown = self.grown.get(id, 0)
        due = node.sightings >= 2.5 * node.shaped  # ever more rarely: the shape is known by then
        if not (whole or due or jumped(before, new)):
            patch.pop("box", None)
        elif "box" in patch or (grown and (whole or grown > 0.2 * len(node.points) + 4)):
            patch |= node_arrays(node) | {"box": new["box"]}
            self.grown[id], node.shaped = 0, node.sightings
        return patch, bool(differing.keys() - patch.keys() or self.grown.get(id, 0))

    def saw_base(self, stamp: float, T_world_base: F64 | None, robot: str = "robot", map: str = "map") -> None:
        """Keep the robot's path: a point where it has moved 5 cm or turned 6° since the last one."""
        if T_world_base is None:
            return
        T = np.asarray(T_world_base, dtype=np.float64)
        last = self.last_poses.get((robot, map))
        if last is not None:
            step = float(np.linalg.norm(T[:3, 3] - last[:3, 3]))
            turn = math.acos(max(-1.0, min(1.0, (float(np.trace(last[:3, :3].T @ T[:3, :3])) - 1) / 2)))
            if step < _PATH_STEP and turn < _PATH_TURN:
                return
        self.last_pose = self.last_poses[robot, map] = T
        pose = [*T[:3, 3].tolist(), *quat_from_matrix(T[:3, :3]).tolist()]
        whose = [] if (robot, map) == ("robot", "map") else [robot, map]
        self.path.append([stamp, *(round(v, 4) for v in pose), *whose])


def family(predicate: str) -> str:
    """The family of relations of which a thing has only one at a time."""
    return FAMILIES.get(predicate, predicate)
