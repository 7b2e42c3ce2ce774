"""The worlds as gymnasium environments: typed actions on visible things, a goal in data, reward by partial credit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from ..contracts import Outcome, Status, Verb
from ..errors import ConfigError, InputError
from .goals import Goal, Progress, from_json, to_json
from .gym_ground import Ground, Seen
from .gym_spaces import SLOTS, STATUSES, Actions, Views
from .ithor_picture import pinhole

OBSERVATIONS = ("reports", "rgbd")


class WorldEnv(gymnasium.Env[dict[str, Any], np.int64]):
    """A world of Loci for learners. A subclass says which: ``kinds``, ``verbs``, and how an episode begins.

    ``observation``: "reports" (visible things as arrays) or "rgbd" (pictures). ``goal``: a goal in its file form for every
    episode; without one each episode draws its own. ``reset(options={"goal": …})`` sets one for one episode.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 2}  # type: ignore[misc]
    kinds: ClassVar[tuple[str, ...]]
    verbs: ClassVar[tuple[Verb, ...]]
    knives: ClassVar[frozenset[str]] = frozenset()
    asks: ClassVar[frozenset[str]] = frozenset()
    """Further options that ``reset`` understands."""

    def __init__(
        self,
        *,
        observation: str = "reports",
        width: int = 160,
        height: int = 120,
        goal: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> None:
        if observation not in OBSERVATIONS:
            raise ConfigError(f"observation {observation!r} is not one of {', '.join(OBSERVATIONS)}")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"render_mode {render_mode!r} is not one of {', '.join(self.metadata['render_modes'])}")
        self.render_mode = render_mode
        self.actions = Actions(self.verbs)
        self.views = Views(self.kinds, observation, width, height)
        self.action_space = self.actions.space
        self.observation_space = self.views.space
        self.camera = pinhole(width, height, 90.0)
        self._fixed_goal = None if goal is None else from_json(goal)
        self.ground: Ground | None = None

    @abstractmethod
    def _begin(self, rng: np.random.Generator, options: Mapping[str, Any]) -> Ground:
        """The world of a new episode, drawn from ``rng``."""

    # --- gymnasium ------------------------------------------------------------------------------------------------------
    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A new episode; the same seed begins the same one. Options: "goal" (its file form), and those of the world."""
        super().reset(seed=seed)
        options = options or {}
        strange = sorted(set(options) - {"goal"} - self.asks)
        if strange:
            raise InputError(f"option {strange[0]!r} is not known: {', '.join(sorted({'goal'} | self.asks))}")
        rng = np.random.default_rng(int(self.np_random.integers(2**62)))
        self._release()
        self.ground = ground = self._begin(rng, options)
        self._numbers: dict[str, int] = {}
        self.goal, self.instruction = self._goal_of(ground, rng, options)
        self._progress = Progress(self.goal)
        self._progress.update(ground.truth)
        self._credit = self._progress.credit(ground.truth)
        self._outcome = Outcome(Status.SUCCEEDED)
        self._look()
        return self._observation(), self._info()

    def step(self, action: np.int64) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """One action. The reward is what the goal's partial credit has gained; the episode ends when the goal is met."""
        ground = self._now()
        if not self.action_space.contains(action):
            raise InputError(f"action {action!r} is not in {self.action_space}")
        verb, slot = self.actions.meaning(int(action))
        if slot is None:
            self._outcome = ground.look()
        elif slot < 0:
            self._outcome = ground.go(-1 - slot)
        elif slot < len(self._seen):
            self._outcome = ground.do(verb, self._seen[slot].id)
        else:
            self._outcome = Outcome(Status.NOT_THERE, f"nothing is in slot {slot}")
        self._look()
        reached = self._progress.update(ground.truth)
        credit = 1.0 if reached else self._progress.credit(ground.truth)
        reward, self._credit = credit - self._credit, credit
        return self._observation(), float(reward), reached, False, self._info(reached)

    def render(self) -> NDArray[np.uint8]:
        """What the robot's camera shows, (H, W, 3) uint8."""
        return self._now().shot(self.camera).rgb.copy()

    def close(self) -> None:
        """Release the world. May be called twice."""
        self._release()
        super().close()

    # --- parts ----------------------------------------------------------------------------------------------------------
    def seen(self) -> Sequence[Seen]:
        """What is in the slots now; a learner sees the same as arrays."""
        return tuple(self._seen)

    def _now(self) -> Ground:
        if self.ground is None:
            raise InputError("the environment has no episode yet: call reset first")
        return self.ground

    def _release(self) -> None:
        if self.ground is not None:
            self.ground.close()
            self.ground = None

    def _goal_of(self, ground: Ground, rng: np.random.Generator, options: Mapping[str, Any]) -> tuple[Goal, str]:
        given = from_json(options["goal"]) if "goal" in options else self._fixed_goal
        return ground.draw_goal(rng) if given is None else (given, "")

    def _look(self) -> None:
        """Number what is new, and bring what is seen into its slots: the nearest ones, in the order of their numbers."""
        x, y, _, _ = self._now().pose()
        seen = list(self._now().seen())
        if len(seen) > SLOTS:
            seen.sort(key=lambda s: (not s.held, float(np.hypot(s.box_world.center[0] - x, s.box_world.center[1] - y))))
        for one in seen[:SLOTS]:
            self._numbers.setdefault(one.id, len(self._numbers) + 1)
        self._seen = sorted(seen[:SLOTS], key=lambda s: self._numbers[s.id])

    def _observation(self) -> dict[str, Any]:
        ground = self._now()
        found: dict[str, Any] = {
            "agent": np.array(ground.pose(), dtype=np.float32),
            "goal": self.views.goal(self.goal, ground.truth, self._numbers),
            "status": np.int64(STATUSES.index(self._outcome.status)),
            **self.views.things(self._seen, self._numbers),
        }
        if self.views.pictures:
            found |= self.views.picture(ground.shot(self.camera), self._seen)
        return found

    def _info(self, reached: bool = False) -> dict[str, Any]:
        return {
            "action_mask": self.actions.mask(self._seen, self._now().ways(), self.knives),
            "status": self._outcome.status.value,
            "detail": self._outcome.detail,
            "credit": self._credit,
            "is_success": reached,
            "instruction": self.instruction,
            "goal": to_json(self.goal),
        }
