"""The worlds that tasks are done in: iTHOR scenes from a folder of metadata, and houses drawn from seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError
from .house import Item
from .house_plan import generate
from .household import DAY, Household
from .ithor_library import SceneLibrary
from .task import Task, WorldRef
from .task_house import HouseStage
from .task_ithor import Arrangement, rearranged
from .task_stage import Stage, Trial

KINDS = ("ithor", "house")
_KEPT = 8  # lives and arrangements kept at hand


def _make_room(kept: dict[Any, Any]) -> None:
    while len(kept) >= _KEPT:
        kept.pop(next(iter(kept)))


class WorldLibrary:
    """Opens the world of a task as it is before the first instruction. ``scenes``: folder of AI2-THOR metadata files."""

    def __init__(self, scenes: Path | str | None = None) -> None:
        self._scenes = None if scenes is None else SceneLibrary(scenes)
        self._lives: dict[tuple[int, int, int, int], Household] = {}
        self._arrangements: dict[tuple[str, int], Arrangement] = {}

    @property
    def scenes(self) -> SceneLibrary:
        """The iTHOR scenes; ``InputError`` where there are none."""
        if self._scenes is None or not self._scenes.names():
            where = "no folder was given" if self._scenes is None else f"there are none in {self._scenes.folder}"
            raise InputError(f"tasks in iTHOR need scenes (FloorPlanN.json or .json.gz): {where}")
        return self._scenes

    def open(self, world: WorldRef) -> Stage:
        """A fresh stage; ``InputError`` for a world that there is not."""
        if world.kind == "ithor":
            return self._arranged(world.scene, world.seed).begin(world.time)
        life = self.life(world, days=int(world.time // DAY) + 1)
        state = life.at(world.time)
        items: dict[str, Item] = {i: item for i, item in life.items.items() if i in state.parent}
        return HouseStage(life.house, items, state, world.time)

    def _arranged(self, scene: str, seed: int) -> Arrangement:
        key = (scene, seed)
        if key not in self._arrangements:
            _make_room(self._arrangements)
            self._arrangements[key] = rearranged(self.scenes[scene], seed)
        return self._arrangements[key]

    def life(self, world: WorldRef, days: int) -> Household:
        """The life in a house, lived for at least so many days."""
        key = (world.seed, world.rooms, world.members, world.life)
        if key not in self._lives:
            _make_room(self._lives)
            self._lives[key] = Household(generate(world.seed, world.rooms, world.members), world.life)
        life = self._lives[key]
        lived = round(life.now / DAY)
        if lived < days:
            life.run(days - lived)
        return life

    def trial(self, task: Task) -> Trial:
        """A fresh run of a task."""
        return Trial(task, self.open(task.world))
