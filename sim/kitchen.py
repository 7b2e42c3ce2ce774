"""A kitchen in PyBullet: built once from a seed, settled, and from then on moved by physics alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from ..contracts import Role
from ..geometry import F64, quat_from_matrix
from . import cabinets
from . import furniture as fu
from .bullet import body_pose, connect, load_renderer, pybullet, quiet
from .movables import KINDS, MUG_COLORS, write_movable
from .recogniser import Recogniser
from .starts import Start, draw_starts
from .textures import write_texture
from .urdf import Color, Urdf

TIME_STEP = 1.0 / 240.0
ROOM = (5.0, 4.0, 2.4)  # metres; the origin is in the middle of the floor
_AT = {
    "fridge": fu.place(-1.62, 2.0 - 0.345, 0.0),
    "counter": fu.place(-0.08, 2.0 - 0.305, 0.0),
    "cupboard": fu.place(2.5 - 0.235, 0.15, -np.pi / 2),
    "table": fu.place(-0.1, -0.68, 0.0),
}
_DOOR_FRICTION = 0.5  # N m, what it takes to start a door
_DRAWER_FRICTION = 2.5  # N


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of furniture in the simulator: its measures, body and links (−1 is the base; None where it has none)."""

    spec: fu.FurnitureSpec
    body: int
    link: int  # the link that carries the piece's name
    joint: int | None = None
    door: int | None = None
    handle: int | None = None


class Kitchen:
    """The world. ``client`` is PyBullet's; ``furniture`` and ``movables`` are for the simulator's own parts.

    A robot may step it and sense it through cameras and contacts of its own body; the names of things are for the
    camera's recogniser and for the ground truth only.
    """

    robot_start = (0.95, 0.25, 2.4)  # x, y, yaw: free floor with a view of table, counter and fridge
    recogniser = Recogniser()
    """What a camera of this world says of what it shows."""

    def __init__(self, client: int, seed: int, rng: np.random.Generator, renderer: str = "tiny") -> None:
        self.client = client
        self.renderer = renderer
        self.seed = seed
        self.rng = rng
        self.furniture: dict[str, Piece] = {}
        self.movables: dict[str, int] = {}
        self.outlines: dict[str, F64] = {}  # points (N, 3) around each movable, in its own frame
        self.labels: dict[tuple[int, int], tuple[str, Role]] = {}
        self.opens: dict[tuple[int, int], str] = {}  # (body, link) that shows whether a piece is open → its name
        self.parts_of: dict[tuple[int, int], tuple[int, int]] = {}  # (body, link) → the one it is seen with
        self.steps = 0
        self.start_time = 0.0  # a session that goes on with an older memory starts its clock later
        self._label_of: dict[str, str] = {}
        self._open = True

    @classmethod
    def build(cls, seed: int, alike_mugs: bool = False, client: int | None = None, renderer: str = "tiny") -> Kitchen:
        """Build, place by ``seed``, and let everything come to rest.

        ``client``: an empty PyBullet client to build in. ``renderer``: "tiny" or "egl", see ``bullet.load_renderer``.
        """
        world = cls(connect() if client is None else client, seed, np.random.default_rng(seed), renderer)
        world._prepare()
        with tempfile.TemporaryDirectory(prefix="loci-kitchen-") as folder:
            world._build_room(Path(folder))
            world._build_furniture(Path(folder))
            world._build_movables(Path(folder), alike_mugs)
        world._settle()
        return world

    def _prepare(self) -> None:
        """Renderer, gravity and time step, before anything is built."""
        p = pybullet()
        load_renderer(self.client, self.renderer)
        p.setGravity(0, 0, -9.81, physicsClientId=self.client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=TIME_STEP, deterministicOverlappingPairs=1, physicsClientId=self.client
        )

    @property
    def time(self) -> float:
        """Simulated seconds; 0, or ``start_time``, when the world came to rest."""
        return self.start_time + self.steps * TIME_STEP

    @property
    def extent(self) -> tuple[tuple[float, float], float]:
        """Middle (x, y) and edge in metres of the square of floor that a robot's map has to cover."""
        return self.robot_start[:2], 10.0

    def step(self, count: int = 1, after_each: Callable[[], None] | None = None) -> None:
        """Advance by ``count`` time steps of 1/240 s; ``after_each`` is called after every one."""
        p = pybullet()
        for _ in range(count):
            p.stepSimulation(physicsClientId=self.client)
            self.steps += 1
            if after_each is not None:
                after_each()

    def label(self, name: str) -> str:
        """The class of a movable or a piece of furniture by its name (``mug_1`` → ``mug``)."""
        return self._label_of.get(name, name)

    def openness(self, name: str) -> float:
        """How far a door or drawer is open, 0 to 1; 0 for furniture that does not open."""
        piece = self.furniture[name]
        if piece.joint is None or piece.spec.motion is None:
            return 0.0
        q = pybullet().getJointState(piece.body, piece.joint, physicsClientId=self.client)[0]
        return float(np.clip(q / piece.spec.motion.upper, 0.0, 1.0))

    def pose(self, name: str) -> F64:
        """``T_world_body`` (4, 4) of a movable. For the simulator's own parts, see ``truth``."""
        return body_pose(self.client, self.movables[name])

    def close(self) -> None:
        """Release the physics server. May be called twice."""
        if self._open:
            self._open = False
            with quiet():
                pybullet().disconnect(physicsClientId=self.client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- building -----------------------------------------------------------------------------------------------------
    def _load(self, path: Path, T: F64, fixed: bool) -> int:
        w, x, y, z = quat_from_matrix(T[:3, :3])
        with quiet():
            return int(
                pybullet().loadURDF(
                    str(path), T[:3, 3].tolist(), [x, y, z, w], useFixedBase=fixed, physicsClientId=self.client
                )
            )

    def _build_room(self, folder: Path) -> None:
        w, d, h = ROOM
        planks, tiles = write_texture("planks", folder), write_texture("tiles", folder)
        floor = Urdf("floor", folder)
        floor.link("body").box((w + 0.2, d + 0.2, 0.1), (0, 0, -0.05), texture=planks, tiles=1.0)
        self._name(self._load(floor.write(), np.eye(4), True), -1, "floor", Role.STRUCTURE)
        paint = ((0.90, 0.87, 0.80), (0.86, 0.88, 0.84), (0.90, 0.87, 0.80), (0.86, 0.88, 0.84))
        sides = (
            ("north", (w + 0.2, 0.1, h), (0.0, d / 2 + 0.05)),
            ("east", (0.1, d, h), (w / 2 + 0.05, 0.0)),
            ("south", (w + 0.2, 0.1, h), (0.0, -d / 2 - 0.05)),
            ("west", (0.1, d, h), (-w / 2 - 0.05, 0.0)),
        )
        for (side, size, (x, y)), color in zip(sides, paint, strict=True):
            wall = Urdf(f"wall_{side}", folder)
            link = wall.link("body")
            link.box(size, (x, y, h / 2), color)
            if side == "north":
                link.box((2.3, 0.01, 0.5), (-0.08, d / 2 - 0.003, 1.12), texture=tiles, tiles=2.5, solid=False)
                view = write_texture("window", folder)
                link.box((1.0, 0.03, 0.75), (0.5, d / 2, 1.80), texture=view, solid=False)
            self._name(self._load(wall.write(), np.eye(4), True), -1, "wall", Role.STRUCTURE)

    def _build_furniture(self, folder: Path) -> None:
        self._add_piece(fu.table_spec(_AT["table"]), self._load(cabinets.write_table(folder), _AT["table"], True), -1)
        counter = self._load(cabinets.write_counter(fu.COUNTER, folder), _AT["counter"], True)
        top, sink, drawer = fu.counter_specs(fu.COUNTER, _AT["counter"])
        self._add_piece(top, counter, -1)
        self._add_piece(sink, counter, 0)
        self._add_piece(drawer, counter, 1, joint=1, handle=2)
        looks: dict[str, tuple[fu.Cabinet, Color, Color, str | None]] = {
            "fridge": (fu.FRIDGE, (0.80, 0.83, 0.86), (0.96, 0.97, 0.98), None),
            "cupboard": (fu.CUPBOARD, (0.56, 0.38, 0.25), (0.80, 0.66, 0.50), "walnut"),
        }
        for name, (cabinet, shell, inside, skin) in looks.items():
            body = self._load(cabinets.write_cabinet(cabinet, folder, shell, inside, skin), _AT[name], True)
            self._add_piece(fu.cabinet_spec(cabinet, _AT[name]), body, -1, joint=0, door=0, handle=1)

    def _add_piece(
        self,
        spec: fu.FurnitureSpec,
        body: int,
        link: int,
        joint: int | None = None,
        door: int | None = None,
        handle: int | None = None,
    ) -> None:
        self.furniture[spec.name] = Piece(spec, body, link, joint, door, handle)
        self._name(body, link, spec.name, Role.FURNITURE)
        if door is not None:
            self._name(body, door, "door", Role.PART)
        if handle is not None:
            self._name(body, handle, "handle", Role.PART)
        if joint is not None:
            self.opens |= {(body, shown): spec.name for shown in (link, door) if shown is not None}
            p = pybullet()
            hinged = spec.motion is not None and spec.motion.kind == "hinge"
            p.changeDynamics(body, joint, jointDamping=0.8 if hinged else 6.0, physicsClientId=self.client)
            friction = _DOOR_FRICTION if hinged else _DRAWER_FRICTION
            p.setJointMotorControl2(
                body, joint, p.VELOCITY_CONTROL, targetVelocity=0, force=friction, physicsClientId=self.client
            )  # a velocity motor of limited force is dry friction: the door stays where it is left

    def _build_movables(self, folder: Path, alike_mugs: bool) -> None:
        specs = {name: piece.spec for name, piece in self.furniture.items()}
        colors = list(self.rng.permutation(sorted(MUG_COLORS)))
        for start in draw_starts(self.rng, specs):
            color: Color = (1.0, 1.0, 1.0)
            if start.label == "mug":
                color = MUG_COLORS[colors[0] if alike_mugs else colors.pop(0)]
            self._add_movable(start, folder, color)

    def _add_movable(self, start: Start, folder: Path, color: Color) -> None:
        path, self.outlines[start.name] = write_movable(KINDS[start.label], start.name, folder, color)
        body = self._load(path, start.T_world_body, False)
        self.movables[start.name] = body
        self._label_of[start.name] = start.label
        self._name(body, -1, start.label, Role.OBJECT)

    def _name(self, body: int, link: int, label: str, role: Role) -> None:
        self.labels[(body, link)] = (label, role)

    def _settle(self) -> None:
        """Step until nothing moves any more (at most 4 s), then start the clock."""
        p = pybullet()
        for _ in range(16):
            self.step(60)
            speeds = [p.getBaseVelocity(body, physicsClientId=self.client) for body in self.movables.values()]
            if max((np.abs(np.array(s)).max() for s in speeds), default=0.0) < 2e-3:
                break
        self.steps = 0
