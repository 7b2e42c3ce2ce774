"""A whole house in PyBullet from a house file: walls with door gaps, furniture that opens, things of every class, settled.

``HouseWorld`` is a ``Kitchen`` to everybody who uses one (camera, truth, robot): the same attributes, names from the house.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..contracts import Role
from ..errors import ConfigError
from ..geometry import F64, apply
from .bullet import connect, pybullet
from .catalogue import FURNITURE
from .house import Furniture, House, Item
from .house_recogniser import HouseRecogniser
from .house_stairs import STOREY, raised
from .household import Household
from .household_state import State
from .kitchen import Kitchen
from .procedural_furniture import Links, piece_pose, write_piece
from .procedural_things import write_thing
from .procedural_walls import HEIGHT, THICK, write_floor, write_stairs, write_walls
from .truth import Truth

_WOODS = ("oak", "walnut", "birch")
_AJAR = 0.8  # share of its way to which people leave open what they leave open
_HAND = 0.09  # metres beside a handle's bar that a hand needs


class HouseWorld(Kitchen):
    """A house with physics. ``house`` is what it was built from, with the robot's ``floor`` as number 0 at height 0;
    ``furniture`` and ``movables`` go by the file's names."""

    house: House
    floor: int
    """The floor of the file that the robot starts on. It has wheels: it stays there."""
    trays: dict[tuple[int, int], str]  # (body, link) of drawers in pieces that things also stand on → the piece
    recogniser = HouseRecogniser()

    @property
    def extent(self) -> tuple[tuple[float, float], float]:
        """Middle (x, y) and edge in metres of a square of floor that holds the whole house."""
        bounds = np.array([room.bounds for room in self.house.rooms])
        lower, upper = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
        x, y = ((lower + upper) / 2).tolist()
        return (x, y), float(np.ceil((upper - lower).max() + 1.0))

    @classmethod
    def of(
        cls,
        house: House,
        state: State | None = None,
        items: Mapping[str, Item] | None = None,
        client: int | None = None,
        renderer: str = "tiny",
        floor: int = 0,
    ) -> HouseWorld:
        """Build ``house`` as it is in ``state`` (None: the first morning of its household), and let everything come to rest.

        ``items``: all things, where some were bought since (``Household.items``). What people carry or have outside is not
        there. ``client``, ``renderer``: as ``Kitchen.build``. ``floor``: where the robot is; the world's height 0 is that
        floor, what is below has negative heights. ``ConfigError`` if the house has no such floor.
        """
        if floor not in house.floors:
            raise ConfigError(f"the house has no floor {floor}: {', '.join(map(str, house.floors))}")
        world = cls(
            connect() if client is None else client, house.seed, np.random.default_rng([house.seed, 5]), renderer
        )
        world.house, world.floor, world.trays = house.seen_from(floor), floor, {}
        world._prepare()
        now = _lowered(state if state is not None else Household(house).start, floor * STOREY)
        with tempfile.TemporaryDirectory(prefix="loci-house-") as folder:
            world._raise_walls(Path(folder))
            world._furnish(Path(folder), now)
            world._fill(Path(folder), now, items if items is not None else {t.id: t for t in house.things})
        world.robot_start = world._free_floor()
        world._settle()
        return world

    def _load(self, path: Path, T: F64, fixed: bool) -> int:
        """As the kitchen's; OpenGL multiplies a texture by the colour of its shape, which Bullet sets to green or red where
        the file names none, so textured shapes are made white."""
        body = super()._load(path, T, fixed)
        if self.renderer == "egl":
            p = pybullet()
            count: Counter[int] = Counter()
            for shape in p.getVisualShapeData(body, physicsClientId=self.client):
                link, file = int(shape[1]), bytes(shape[4]).decode()
                if file.endswith(".obj") and Path(file).with_suffix(".mtl").exists():
                    p.changeVisualShape(
                        body, link, shapeIndex=count[link], rgbaColor=[1, 1, 1, 1], physicsClientId=self.client
                    )
                count[link] += 1
        return body

    # --- building -----------------------------------------------------------------------------------------------------
    def _raise_walls(self, folder: Path) -> None:
        ground = self.house.floors[0]
        for room in self.house.rooms:
            holes = [s.outline for s in self.house.stairs if s.rooms[1] == room.id]
            path = write_floor(room, folder, holes, THICK if room.floor == ground else STOREY - HEIGHT)
            self._name(self._load(path, np.eye(4), True), -1, "floor", Role.STRUCTURE)
        for stairs in self.house.stairs:
            path = write_stairs(stairs, self.house, folder)
            self._name(self._load(path, np.eye(4), True), -1, "wall", Role.STRUCTURE)
        for path in write_walls(self.house, folder):
            self._name(self._load(path, np.eye(4), True), -1, "wall", Role.STRUCTURE)

    def _furnish(self, folder: Path, state: State) -> None:
        woods = {room.id: str(self.rng.choice(_WOODS)) for room in self.house.rooms}
        for piece in self.house.furniture:
            path, spec, links = write_piece(piece, folder, woods[piece.room], hinge_side(self.house, piece))
            body = self._load(path, piece_pose(piece), True)
            drawer = FURNITURE[piece.kind].slides
            link = links.joint if drawer and links.joint is not None and not FURNITURE[piece.kind].on_top else -1
            self._add_piece(spec, body, link, links.joint, None if drawer else links.door, links.handle)
            self.labels[(body, link)] = (piece.kind, Role.FURNITURE)
            if link != -1:
                self.labels[(body, -1)] = (piece.kind, Role.FURNITURE)
            self._label_of[piece.id] = piece.kind
            if drawer and link == -1 and links.joint is not None:
                self.trays[(body, links.joint)] = piece.id
            if drawer and links.joint is not None:  # the front that slides and the carcass are one piece to look at
                self.labels[(body, links.joint)] = (piece.kind, Role.FURNITURE)
                self.opens |= {(body, shown): piece.id for shown in (-1, links.joint)}
                self.parts_of[(body, links.joint)] = (body, -1)
            self._more_leaves(piece.id, body, links)
            if links.friction is not None:
                pybullet().setJointMotorControl2(
                    body, links.joint, pybullet().VELOCITY_CONTROL, targetVelocity=0, force=links.friction,
                    physicsClientId=self.client,
                )  # fmt: skip
            if piece.id in state.open:
                self._set_open(piece.id, links)

    def _more_leaves(self, name: str, body: int, links: Links) -> None:
        p = pybullet()
        for leaf in links.leaves:
            self.labels[(body, leaf)] = ("door", Role.PART)
            self.labels[(body, leaf + 1)] = ("handle", Role.PART)
            self.opens[(body, leaf)] = name
            p.changeDynamics(body, leaf, jointDamping=0.8, physicsClientId=self.client)
            p.setJointMotorControl2(
                body, leaf, p.VELOCITY_CONTROL, targetVelocity=0, force=0.5, physicsClientId=self.client
            )

    def _set_open(self, name: str, links: Links) -> None:
        """As people left it. Joint states are set before the first step only."""
        piece = self.furniture[name]
        motion = piece.spec.motion
        if motion is not None and links.joint is not None:
            for joint in (links.joint, *links.leaves):
                pybullet().resetJointState(piece.body, joint, _AJAR * motion.upper, physicsClientId=self.client)

    def _fill(self, folder: Path, state: State, items: Mapping[str, Item]) -> None:
        p = pybullet()
        for name in sorted(state.parent):
            if not state.settled(name) or name not in items:
                continue
            item = items[name]
            path, self.outlines[name] = write_thing(item.kind, name, item.size, item.color, folder)
            body = self._load(path, self._pose_in_drawer(state, name), False)
            self.movables[name] = body
            self._label_of[name] = item.kind
            self._name(body, -1, item.kind, Role.OBJECT)
            p.changeDynamics(
                body, -1, linearDamping=0.1, angularDamping=0.3, activationState=p.ACTIVATION_STATE_ENABLE_SLEEPING,
                physicsClientId=self.client,
            )  # fmt: skip

    def _pose_in_drawer(self, state: State, name: str) -> F64:
        """A thing's pose; in a drawer that stands open it is out with the drawer."""
        T = np.array(state.boxes[name].T_ref_box)
        inner = name
        for place in state.chain(name):
            piece = self.furniture.get(place)
            motion = piece.spec.motion if piece is not None else None
            if (
                motion is not None
                and motion.kind == "slide"
                and place in state.open
                and state.relation.get(inner) == "in"
            ):
                T[:3, 3] += _AJAR * motion.upper * motion.axis
            inner = place
        return T

    def _free_floor(self) -> tuple[float, float, float]:
        """The middle of the free floor near the middle of the entrance room, or of the room that the stairs lead to, looking
        along the room."""
        ends = [name for s in self.house.stairs for name in s.rooms]
        names = [r.id for r in self.house.rooms if r.floor == 0]
        name = next(n for n in (self.house.entrance, *ends, *names) if n in names)
        room = next(r for r in self.house.rooms if r.id == name)
        x0, y0, x1, y1 = room.bounds
        bodies = [f.box_world for f in self.house.furniture if f.room == room.id]
        bodies += [s.footprint for s in self.house.stairs if name in s.rooms]
        spots = [(x, y) for x in np.arange(x0 + 0.6, x1 - 0.5, 0.2) for y in np.arange(y0 + 0.6, y1 - 0.5, 0.2)]
        spots = spots or [room.center]

        def worth(spot: tuple[float, float]) -> float:
            gaps = [float(b.distance((*spot, float(b.center[2])))) for b in bodies]
            middle = np.hypot(spot[0] - room.center[0], spot[1] - room.center[1])
            return min([1.0, *gaps]) - 0.05 * float(middle)

        x, y = max(spots, key=worth)
        return (float(x), float(y), 0.0 if x1 - x0 > y1 - y0 else float(np.pi / 2))


def _lowered(state: State, dz: float) -> State:
    """The same state with every thing ``dz`` metres lower."""
    if dz == 0.0:
        return state
    lower = state.copy()
    lower.boxes = {name: raised(box, -dz) for name, box in state.boxes.items()}
    return lower


def hinge_side(house: House, piece: Furniture) -> int:
    """−1 or +1: on which side a single door should hang so that its handle is in nobody's way and it swings free.

    Next to a wall the hinges are on the wall's side, as fitters have it: a hand does not get to a handle in the corner.
    """
    width, depth = float(piece.box_world.size[0]), float(piece.box_world.size[1])
    x0, y0, x1, y1 = next(r.bounds for r in house.rooms if r.id == piece.room)
    low, high = piece.box_world.bounds()
    others = [
        f.box_world for f in house.furniture
        if f.room == piece.room and f.id != piece.id
        and f.box_world.bounds()[0][2] < high[2] and f.box_world.bounds()[1][2] > low[2]
    ]  # fmt: skip
    hits = {}
    for side in (-1, 1):
        angles, along = np.meshgrid(np.linspace(0.3, 1.75, 10), np.linspace(0.15, 1.0, 8) * width)
        # the piece's own frame has its front towards -y, the house's box towards +y: x turns round too
        x = -side * (width / 2 - along * np.cos(angles))
        y = depth / 2 + along * np.sin(angles)
        points = apply(piece.box_world.T_ref_box, np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1))
        inside = np.zeros(len(points), dtype=np.bool_)
        for box in others:
            level = points.copy()
            level[:, 2] = box.center[2]
            inside |= box.contains(level, 0.03)
        walls = (
            (points[:, 0] < x0 + 0.06)
            | (points[:, 0] > x1 - 0.06)
            | (points[:, 1] < y0 + 0.06)
            | (points[:, 1] > y1 - 0.06)
        )
        bar = width / 2 - 0.056 + _HAND
        beside = apply(piece.box_world.T_ref_box, np.array([side * bar, depth / 2 + 0.07, 0.0]))
        corner = not (x0 + 0.05 < beside[0] < x1 - 0.05 and y0 + 0.05 < beside[1] < y1 - 0.05)
        corner |= any(box.contains(np.array([[*beside[:2], box.center[2]]]))[0] for box in others)
        hits[side] = int((inside | walls).sum()) + 1000 * corner
    return -1 if hits[-1] <= hits[1] else 1


class HouseTruth(Truth):
    """Ground truth of a house; knows drawers in pieces that have a top as well."""

    def __init__(self, world: HouseWorld) -> None:
        super().__init__(world)
        self._places.update(world.trays)
        self.at_start = {name: self.where(name) for name in self.names}
