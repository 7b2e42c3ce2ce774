"""`loci/Kitchen-v0`: the PyBullet kitchen as an environment; every action is really driven, grasped, pulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import Action, Outcome, RGBDFrame, Status, Target, Verb
from ..geometry import F64, Box, PinholeCamera, transform
from .bullet import pybullet
from .camera import Camera
from .goals import Goal, GroundTruth, Inside, State, Which, check
from .gym_env import WorldEnv
from .gym_ground import WAYS, Seen, Shot, looking
from .kitchen import Kitchen
from .one_action import to_the_end
from .robot import KitchenRobot
from .standing import Standing
from .truth import CLOSED_BELOW, Truth

PIXELS = 12
"""A thing that covers fewer pixels of the robot's picture is not seen."""
_BODY_BITS = (1 << 24) - 1
_LOOKS = 14  # frames of one action that are looked at: two turns of the head
_OPENS = 0.2  # share of the goals that ask for an open piece of furniture


class Eyes(Camera):
    """A camera that knows the world's own names."""

    def shot(self, T_world_cam: F64) -> Shot:
        """Colour, depth without noise, and which thing each pixel shows."""
        rgb, depth, mask = self._raw(T_world_cam)
        world = self.world
        ids = [*world.furniture, *world.movables]
        table = {(body, -1): ids.index(name) for name, body in world.movables.items()}
        for name, piece in world.furniture.items():
            for link in (piece.link, piece.door, piece.handle):
                if link is not None:
                    table[piece.body, link] = ids.index(name)
        values, inverse = np.unique(mask, return_inverse=True)
        found = [table.get((int(v) & _BODY_BITS, (int(v) >> 24) - 1), -1) if v >= 0 else -1 for v in values]
        return Shot(rgb, depth, np.array(found, dtype=np.int32)[inverse].reshape(mask.shape), ids)


class KitchenTruth(Standing):
    """The kitchen as goals see it."""

    def __init__(self, world: Kitchen) -> None:
        super().__init__(world, Truth(world))
        self.hand: str | None = None

    def state(self, id: str, name: str) -> bool:
        """open: not shut."""
        return name == "open" and id in self.world.furniture and self.truth.open_fraction(id) > CLOSED_BELOW

    def held(self) -> str | None:
        """What is in the hand."""
        return self.hand


class KitchenGround:
    """The kitchen, its robot, and what the robot's own pictures showed during the last action."""

    def __init__(self, seed: int, alike_mugs: bool) -> None:
        self.world = Kitchen.build(seed, alike_mugs)
        camera = PinholeCamera.from_fov(float(np.deg2rad(58.0)), 160, 120)
        self.robot = KitchenRobot(self.world, seed=seed, camera=camera)
        self.kitchen = KitchenTruth(self.world)
        self._eyes = Eyes(self.world, camera, noisy=False)
        self._cameras: dict[PinholeCamera, Eyes] = {}
        self._took(list(self.robot.frames()))

    @property
    def truth(self) -> GroundTruth:
        """Poses and contacts."""
        return self.kitchen

    def draw_goal(self, rng: np.random.Generator) -> tuple[Goal, str]:
        """A thing to another place, or a door to be opened."""
        world, names = self.world, sorted(self.world.furniture)
        while True:
            place = names[int(rng.integers(len(names)))]
            piece = world.furniture[place]
            if rng.random() < _OPENS and piece.joint is not None:
                goal: Goal = State(Which(place), "open")
                text = f"open the {place}"
            else:
                kinds = sorted({world.label(m) for m in world.movables})
                kind, word = kinds[int(rng.integers(len(kinds)))], "on" if piece.spec.interior is None else "in"
                goal, text = Inside(Which(kind), Which(place), word=word), f"put the {kind} {word} the {place}"
            if not check(goal, self.kitchen):
                return goal, text

    # --- what is seen ---------------------------------------------------------------------------------------------------
    def seen(self) -> Sequence[Seen]:
        """What showed, with the simulator's own boxes, and what is in the hand."""
        held = self.kitchen.held()
        names = dict.fromkeys([*self._shown, *([held] if held else [])])
        found = []
        for name in names:
            states = frozenset({"open"} if self.kitchen.state(name, "open") else ())
            box = self.target(name).box_world
            found.append(Seen(name, self.world.label(name), box, states, self.affords(name), name == held))
        return found

    def affords(self, name: str) -> frozenset[str]:
        """What can be done with it."""
        if name in self.world.movables:
            return frozenset({"pick"})
        return frozenset({"receptacle", *(["open"] if self.world.furniture[name].joint is not None else [])})

    def target(self, name: str) -> Target:
        """A movable or a piece of furniture as the robot is told of it."""
        label, world = self.world.label(name), self.world
        if name in world.movables:
            return Target(name, label, self.kitchen.truth.box(name))
        piece = world.furniture[name]
        if piece.handle is None:
            size = np.array(piece.spec.size)
            return Target(name, label, Box(piece.spec.T_world_piece @ transform(t=(0, 0, size[2] / 2)), size))
        return Target(name, label, self._bounds(piece.body, piece.link), self._bounds(piece.body, piece.handle))

    def _bounds(self, body: int, link: int) -> Box:
        return Box.from_bounds(*pybullet().getAABB(body, link, physicsClientId=self.world.client))

    def _took(self, frames: Sequence[RGBDFrame]) -> None:
        """Which things the frames of an action show, and what the hand feels."""
        last = frames[-1] if frames else None
        if last is not None:
            self._T = last.T_world_cam
        self._shown: list[str] = []
        for frame in frames[-_LOOKS:]:
            shot = self._eyes.shot(frame.T_world_cam)
            counts = np.bincount(shot.index[shot.index >= 0], minlength=len(shot.ids))
            self._shown += [n for n, k in zip(shot.ids, counts.tolist(), strict=True) if k >= PIXELS]
        hand = None if last is None else last.gripper
        if hand is not None:
            at = hand.T_world_hand[:3, 3]
            gaps = {n: float(np.linalg.norm(self.world.pose(n)[:3, 3] - at)) for n in sorted(self.world.movables)}
            self.kitchen.hand = min(gaps, key=lambda n: gaps[n]) if hand.holding else None

    def pose(self) -> tuple[float, float, float, float]:
        """Where the camera was at the last frame, and how it looked."""
        return looking(self._T)

    def shot(self, camera: PinholeCamera) -> Shot:
        """A picture from where the camera was at the last frame."""
        if camera not in self._cameras:
            self._cameras[camera] = Eyes(self.world, camera, noisy=False)
        return self._cameras[camera].shot(self._T)

    # --- actions --------------------------------------------------------------------------------------------------------
    def do(self, verb: Verb, target: str) -> Outcome:
        """The robot's skill, to its end."""
        return self._run(Action(verb, self.target(target)))

    def look(self) -> Outcome:
        """All around; the first time from a second place, too."""
        return self._run(Action(Verb.LOOK))

    def go(self, way: int) -> Outcome:
        """The robot drives to what it has seen only."""
        now = self.world.time
        return Outcome(Status.UNSUPPORTED, f"this robot does not go {way} without a target", now, now)

    def ways(self) -> NDArray[np.bool_]:
        """None."""
        return np.zeros(WAYS, dtype=np.bool_)

    def _run(self, action: Action) -> Outcome:
        outcome, frames = to_the_end(self.robot, action)
        self._took(frames)
        return outcome

    def close(self) -> None:
        """Release the simulator."""
        self.robot.close()
        self.world.close()


class KitchenEnv(WorldEnv):
    """The kitchen, arranged by the seed. ``alike_mugs``: two mugs that look the same."""

    kinds = (
        "fridge", "counter", "sink", "drawer", "cupboard", "table", "apple", "banana", "book", "bottle", "bowl", "can",
        "cereal box", "milk", "mug", "orange", "plate", "sponge",
    )  # fmt: skip
    verbs = (Verb.NAVIGATE, Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE)

    def __init__(self, *, alike_mugs: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self._alike = alike_mugs

    def _begin(self, rng: np.random.Generator, options: Mapping[str, Any]) -> KitchenGround:
        return KitchenGround(int(rng.integers(2**31)), self._alike)
