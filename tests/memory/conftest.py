"""A small pretend kitchen with pretend perception: boxes in the world become detections, visibility and relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from loci.conformance_memory import CAMERA, T_WORLD_CAM
from loci.contracts import (
    Decision,
    Detection,
    Gripper,
    Keyframe,
    ObservationBatch,
    Outcome,
    Relation,
    Role,
    Status,
    Verb,
    Verdict,
    Visibility,
)
from loci.geometry import F64, Box, inverse, transform
from loci.memory import Memory, Written


@dataclass
class Prop:
    """A thing on the stage: axis-aligned box by centre and size, a class, and a colour that appearance is made of."""

    name: str
    label: str
    center: F64
    size: tuple[float, float, float]
    role: Role = Role.OBJECT
    color: int = 0
    states: dict[str, dict[str, float]] = field(default_factory=dict)
    on: str | None = None
    predicate: str = "on"
    visible: bool = True
    cut: bool = False
    track: int = -1
    labels: dict[str, float] | None = None

    def box(self) -> Box:
        half = np.asarray(self.size) / 2
        return Box.from_bounds(self.center - half, self.center + half)


class Stage:
    """Props, a clock and a seeded generator; ``look`` shows the props to a memory as one frame."""

    camera = CAMERA
    T_world_cam = T_WORLD_CAM

    def __init__(self, memory: Memory, seed: int = 0) -> None:
        self.memory = memory
        self.rng = np.random.default_rng(seed)
        self.now = 0.0
        self.props: dict[str, Prop] = {}
        self.ids: dict[str, str] = {}
        self.gripper: Gripper | None = None
        self.tracks = 0
        self.noise = 0.003
        self.keep_tracks = True
        self.pixels = 400
        self.sigma = 0.01

    def add(self, name: str, label: str, center: tuple[float, float, float], size: tuple[float, float, float],
            **more: object) -> Prop:  # fmt: skip
        self.tracks += 1
        prop = Prop(name, label, np.asarray(center, dtype=np.float64), size, track=self.tracks, **more)  # type: ignore[arg-type]
        self.props[name] = prop
        return prop

    def kitchen(self) -> Stage:
        """A table, a fridge, a mug and an apple on the table, a milk in the open fridge."""
        self.add("table", "table", (0.5, 0.0, 0.4), (1.0, 1.6, 0.8), role=Role.FURNITURE)
        self.add("fridge", "fridge", (0.5, 1.6, 0.9), (0.7, 0.7, 1.8), role=Role.FURNITURE,
                 states={"openness": {"open": 0.95, "closed": 0.05}})  # fmt: skip
        self.add("mug", "mug", (0.3, 0.2, 0.85), (0.09, 0.09, 0.1), on="table", color=1)
        self.add("apple", "apple", (0.3, -0.3, 0.84), (0.08, 0.08, 0.08), on="table", color=2)
        self.add("milk", "milk", (0.4, 1.6, 0.6), (0.09, 0.09, 0.22), on="fridge", predicate="in", color=3)
        return self

    def points(self, prop: Prop, count: int = 120) -> F64:
        p = self.rng.uniform(-0.5, 0.5, (count, 3))
        face = self.rng.integers(0, 3, count)
        p[np.arange(count), face] = np.sign(p[np.arange(count), face]) * 0.5
        return prop.center + p * np.asarray(prop.size)

    def appearance(self, prop: Prop) -> np.ndarray:
        vector = np.zeros(8)
        vector[prop.color % 8] = 1.0
        vector += self.rng.normal(0, 0.03, 8)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def detection(self, prop: Prop, T: F64) -> Detection:
        shift = self.rng.normal(0, self.noise, 3)
        world = self.points(prop) + shift
        cam = (world @ inverse(T)[:3, :3].T + inverse(T)[:3, 3]).astype(np.float32)
        box = Box(transform(t=prop.center + shift), np.asarray(prop.size)).moved(inverse(T))
        track = prop.track if self.keep_tracks else -1
        labels = (
            prop.labels
            if prop.labels is not None
            else {prop.label: 0.9, "bowl" if prop.label != "bowl" else "plate": 0.05}
        )
        return Detection(
            track, prop.role, labels, prop.states, cam, np.full((len(cam), 3), 40 * prop.color % 255, np.uint8), box,
            self.appearance(prop), (0, 0, 10, 10), self.pixels, self.sigma, prop.cut,
        )  # fmt: skip

    def look(self, dt: float = 0.5, only: Callable[[Prop], bool] | None = None, verdicts: bool = True,
             keyframe: bool = False, relations: bool = True, T: F64 = T_WORLD_CAM, sees: bool = True) -> Written:  # fmt: skip
        """One frame: props that are visible (and ``only``) are detected; what memory expects is judged by the props."""
        self.now += dt
        shown = [p for p in self.props.values() if p.visible and sees and (only is None or only(p))]
        order = self.rng.permutation(len(shown))
        shown = [shown[i] for i in order]
        detections = [self.detection(p, T) for p in shown]
        index = {p.name: i for i, p in enumerate(shown)}
        rel = [
            Relation(index[p.name], p.predicate, index[p.on] if p.on in index else self.ids.get(p.on, ""), 0.9)
            for p in shown if p.on is not None
        ] if relations else []  # fmt: skip
        judged = []
        if verdicts and sees:
            for e in self.memory.expected(CAMERA, T, self.now):
                near = [p for p in shown if np.linalg.norm(p.center - e.box_world.center) < 0.06 and p.role is e.role]
                if near:
                    judged.append(Visibility(e.id, Verdict.SEEN, 0.9, index[near[0].name]))
                elif any(self.ids.get(p.name) == e.id for p in self.props.values() if p.visible and p not in shown):
                    judged.append(Visibility(e.id, Verdict.OCCLUDED, 0.0))
                elif e.role is Role.OBJECT:
                    judged.append(Visibility(e.id, Verdict.SEEN_THROUGH, 0.9))
        picture = (
            Keyframe(b"\xff\xd8picture" + bytes([len(shown)]) * 50, np.zeros((60, 80), np.float16))
            if keyframe
            else None
        )
        written = self.memory.write(
            ObservationBatch(
                self.now,
                "robot",
                "map",
                f"f{self.now:.2f}",
                CAMERA,
                T,
                np.diag([1e-6] * 6),
                detections,
                rel,
                judged,
                {},
                self.gripper,
                transform(t=(-2, 0, 0)),
                picture,
            )
        )
        for p, id in zip(shown, written.ids, strict=True):
            if id is not None:
                self.ids[p.name] = id
        return written

    def looks(self, count: int, **how: object) -> list[Written]:
        return [self.look(**how) for _ in range(count)]  # type: ignore[arg-type]

    def blank(self, seconds: float, steps: int = 4) -> None:
        """Time passes with the camera covered: nothing is seen and nothing judged."""
        for _ in range(steps):
            self.look(seconds / steps, sees=False)

    def hand(self, at: tuple[float, float, float], holding: bool) -> None:
        self.gripper = Gripper(0.04, holding, transform(t=at))

    def pick_the_apple(self) -> tuple[str, str]:
        """A kitchen, looked at; the apple is picked up and lifted for an errand. Ids of the episode and of its sub-goal."""
        self.kitchen()
        memory = self.memory
        self.looks(6, keyframe=True)
        episode = memory.begin_episode("put the apple into the fridge", self.now)
        goal = memory.begin_subgoal("hold the apple", self.now)
        action = memory.begin_action(Decision(Verb.PICK, self.ids["apple"], why="asked for", cites=("o1",)), self.now)
        apple = self.props["apple"]
        self.hand(tuple(apple.center), True)
        self.looks(2)
        apple.center, apple.on = apple.center + np.array([0, 0, 0.3]), None
        self.hand(tuple(apple.center), True)
        self.looks(2)
        memory.end_action(action, Outcome(Status.SUCCEEDED, "", self.now - 1, self.now))
        return episode, goal


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    with Memory.open(tmp_path / "m.db", clock=lambda: 0.0) as opened:
        yield opened


@pytest.fixture
def stage(memory: Memory) -> Stage:
    return Stage(memory)


@pytest.fixture
def new_stage() -> Callable[..., Stage]:
    return Stage
