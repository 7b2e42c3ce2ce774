"""`loci/House-v0`: a household as an environment; people go on living while the robot acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..contracts import Outcome, Status, Verb
from ..errors import ConfigError
from ..geometry import F64, Box, PinholeCamera
from .catalogue import FURNITURE, THINGS
from .goals import Goal, GroundTruth
from .gym_env import WorldEnv
from .gym_ground import WAYS, Seen, Shot, looking
from .house_plan import generate
from .house_stairs import rect_of
from .household import HOUR, Household
from .household_state import State
from .ithor_picture import Model, Painter, camera_pose, tint
from .ithor_rays import NOTHING, lit, vertices_of
from .ithor_shapes import Parts
from .patrol import Patrol
from .patrol_scene import WALL, Scene
from .suite_parts import draw_wish
from .suite_scene import Scenery
from .task_house import HouseStage
from .task_house_people import ROBOT

EYE = 1.35
"""Height of the robot's camera, metres."""
SECONDS = {Verb.NAVIGATE: 6.0, Verb.PICK: 4.0, Verb.PLACE: 4.0, Verb.OPEN: 3.0, Verb.CLOSE: 3.0, Verb.TOGGLE: 2.0}
"""How long an action takes, in which people go on."""
_ROOM = 5.0  # seconds for each further room
_VIEW = 2.0  # seconds for each view when it looks around
_BODY = 0.3  # metres between the robot's middle and furniture
_ROOMS = {1: (3, 9), 2: (5, 8)}  # floors → rooms that are drawn, the last one not


class Shared(Household):
    """A household in which a robot lives, too: what both do is in one log, and time goes on as the robot needs it."""

    def _morning(self) -> State:
        state = super()._morning()
        state.people[ROBOT] = self.house.entrance
        return state

    def live_until(self, time: float) -> None:
        """Let people live up to ``time``."""
        self._until(max(time, self.now))


class Lived(HouseStage):
    """The robot's stage in a house whose people live on."""

    def __init__(self, life: Shared) -> None:
        self.life = life
        super().__init__(life.house, life.items, life.state, life.now)

    def wait(self, seconds: float) -> None:
        """Time passes; people may bring and use up things."""
        self.life.live_until(self.life.now + seconds)
        self.time = self.life.now
        self.items.update(self.life.items)
        self._follow()

    def _deed(self, verb: str, thing: str, place: str = "", box: Box | None = None, relation: str = "") -> None:
        self.life.log_deed(ROBOT, verb, thing, place or thing, "task", box, relation)


class HouseGround:
    """A house, its people, and where the robot stands and looks in it."""

    def __init__(self, life: Shared, seed: int) -> None:
        self.life, self.stage = life, Lived(life)
        self.patrol = Patrol(life, seed, looks=1)
        self._rooms = [r.id for r in life.house.rooms]
        self._painter = Painter()
        self._stand(self.patrol.views[life.house.entrance][0].T_world_cam)
        self._glimpse()

    @property
    def room(self) -> str:
        """Where the robot is."""
        return self.life.state.people[ROBOT]

    @property
    def truth(self) -> GroundTruth:
        """The house."""
        return self.stage

    def draw_goal(self, rng: np.random.Generator) -> tuple[Goal, str]:
        """A wish in one clause."""
        wish = draw_wish(Scenery(self.stage, "house", rng))
        if wish is None:
            raise ConfigError(f"nothing can be asked for in house {self.life.house.seed}: name a goal")
        return wish.goal, wish.text

    # --- what is seen ---------------------------------------------------------------------------------------------------
    def seen(self) -> Sequence[Seen]:
        """What showed during the last action, and what is in the hand."""
        state, stage = self.life.state, self.stage
        held = stage.held()
        ids = [i for i in self._shown if i in stage.pieces or state.settled(i)] + ([held] if held else [])
        found = []
        for id in ids:
            states = frozenset(name for name in ("open", "on", "dirty") if stage.state(id, name))
            box = stage.pieces[id].box_world if id in stage.pieces else state.boxes[id]
            found.append(Seen(id, stage.kind(id), box, states, stage.affords(id), id == held))
        return found

    def _scene(self) -> Scene:
        return self.patrol.scene(self.life.state, self.room, self.life.now)

    def _glimpse(self, more: Sequence[str] = ()) -> None:
        """What shows from here, after what showed before."""
        scene = self._scene()
        _, names = self.patrol.eye.look(scene, self._T, self.life.now, (), "", self._T)
        self._shown = list(dict.fromkeys([*more, *names]))

    def pose(self) -> tuple[float, float, float, float]:
        """Where the robot's camera is and looks."""
        return looking(self._T)

    def _stand(self, T_world_cam: F64) -> None:
        self._T = np.array(T_world_cam)

    def _face(self, box: Box) -> None:
        """Stand on the free floor nearest to a thing, and look at it."""
        house = self.life.house
        here = next(r for r in house.rooms if r.id == self.room)
        x0, y0, x1, y1 = here.bounds
        eye = here.level + EYE
        xs, ys = np.meshgrid(np.arange(x0 + 0.35, x1 - 0.3, 0.15), np.arange(y0 + 0.35, y1 - 0.3, 0.15))
        grid = np.stack([xs.ravel(), ys.ravel()], axis=1)
        free = np.ones(len(grid), dtype=np.bool_)
        pieces = [f.box_world for f in house.furniture if f.room == self.room]
        taken = [rect_of(b) for b in pieces if b.bounds()[0][2] < here.level + 1.0]
        taken += [s.outline for s in house.stairs if self.room in s.rooms]
        for low, high in np.reshape(taken, (-1, 2, 2)):
            gap = np.maximum(np.maximum(low - grid, grid - high), 0.0)
            free &= np.linalg.norm(gap, axis=1) > _BODY
        spots = grid[free] if free.any() else np.array([[(x0 + x1) / 2, (y0 + y1) / 2]])
        level = np.column_stack([spots, np.full(len(spots), box.center[2])])
        # before the front rather than beside it: from there one sees into what opens
        front = box.T_ref_box[:2, 1]
        beside = np.maximum(0.0, -(spots - box.center[:2]) @ front)
        x, y = spots[int(np.argmin(box.distance(level) + beside))]
        gap = box.center - (x, y, eye)
        down = float(np.clip(np.arctan2(-gap[2], np.hypot(gap[0], gap[1])), -0.5, 1.1))
        self._stand(camera_pose(float(x), float(y), eye, float(np.arctan2(gap[1], gap[0])), down))

    # --- actions --------------------------------------------------------------------------------------------------------
    def do(self, verb: Verb, target: str) -> Outcome:
        """The household's own rules, after the time that it takes."""
        started, stage = self.life.now, self.stage
        there = stage.room(target)
        far = len(self.life.house.route(self.room, there)) if verb is Verb.NAVIGATE and there else 0
        stage.wait(SECONDS.get(verb, 1.0) + _ROOM * far)
        outcome = stage.act(verb, target)
        if verb is Verb.NAVIGATE and outcome.ok:
            self._face(stage.pieces[target].box_world if target in stage.pieces else self.life.state.boxes[target])
        self._glimpse()
        return Outcome(outcome.status, outcome.detail, started, self.life.now)

    def look(self) -> Outcome:
        """Through all the views of the room, one after the other."""
        started = self.life.now
        shown: list[str] = []
        for view in self.patrol.views[self.room]:
            self.stage.wait(_VIEW)
            self._stand(view.T_world_cam)
            self._glimpse(shown)
            shown = self._shown
        self.stage.at = None
        return Outcome(Status.SUCCEEDED, "", started, self.life.now)

    def go(self, way: int) -> Outcome:
        """To the room of that number, in the order of the house file."""
        started = self.life.now
        if way >= len(self._rooms):
            return Outcome(Status.BLOCKED, f"there is no room {way}", started, started)
        route = self.life.house.route(self.room, self._rooms[way])
        for room in route:
            self.stage.wait(_ROOM)
            self.life.log_deed(ROBOT, "enter", room, room, "task")
        self._stand(self.patrol.views[self.room][0].T_world_cam)
        self.stage.at = None
        self._glimpse()
        return Outcome(Status.SUCCEEDED, "", started, self.life.now)

    def ways(self) -> NDArray[np.bool_]:
        """The other rooms."""
        free = np.zeros(WAYS, dtype=np.bool_)
        free[: len(self._rooms)] = [room != self.room for room in self._rooms[:WAYS]]
        return free

    def shot(self, camera: PinholeCamera) -> Shot:
        """What the robot's camera shows of the room."""
        scene = self._scene()
        shown = {s.name: k for k, s in enumerate(scene.shown)}
        solids = scene.solids
        yaws = np.arctan2(solids.R[:, 1, 0], solids.R[:, 0, 0])
        owners = np.array([shown.get(str(name), NOTHING) for name in solids.owner], dtype=np.int32)
        colors = [
            lit(np.array([214.0, 208.0, 198.0]) if name == WALL else tint(self.stage.kind(str(name)), str(name)), 1)
            for name in solids.owner
        ]
        parts = Parts(solids.center, yaws, 2 * solids.half)
        model = Model.of([vertices_of(parts)], owners, np.concatenate(colors))
        picture = self._painter.paint(model, tuple(s.name for s in scene.shown), camera, self._T)
        return Shot(picture.rgb, picture.depth, picture.index, picture.ids)

    def close(self) -> None:
        """Nothing is held."""


class HouseEnv(WorldEnv):
    """Houses drawn from a seed, with people who live in them. ``rooms`` (3 to 8) and ``members`` (1 to 4) are drawn for each
    episode unless they are given; so is the hour at which it begins (option "hour"). With two ``floors`` there are 5 to 7
    rooms and a landing: no more than there are ways to go."""

    kinds = (*sorted(FURNITURE), *sorted(THINGS))
    verbs = (Verb.NAVIGATE, Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE, Verb.TOGGLE)
    asks: ClassVar[frozenset[str]] = frozenset({"hour", "house"})

    def __init__(
        self, *, rooms: int | None = None, members: int | None = None, floors: int = 1, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self._rooms, self._members, self._floors = rooms, members, floors

    def _begin(self, rng: np.random.Generator, options: Mapping[str, Any]) -> HouseGround:
        rooms, members, hour = (int(rng.integers(low, high)) for low, high in (_ROOMS[self._floors], (1, 5), (7, 22)))
        given = options.get("house")
        seed = int(rng.integers(2**31)) if given is None else int(given)
        life = Shared(generate(seed, self._rooms or rooms, self._members or members, self._floors), seed)
        life.live_until(float(options.get("hour", hour)) * HOUR)
        return HouseGround(life, seed)
