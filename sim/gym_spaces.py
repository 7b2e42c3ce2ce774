"""Spaces of the environments: actions with a mask, reports of visible things as padded arrays, pictures with depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..contracts import MAX_DEPTH, Status, Verb
from .goals import Any_, Goal, GroundTruth, Held, Inside, State, Which
from .gym_ground import WAYS, Seen, Shot

SLOTS = 64
"""Things that one observation can hold."""
CONDITIONS = 8
"""Conditions of a goal that one observation can hold."""
STATES = ("open", "on", "dirty", "filled", "sliced", "cooked", "broken")
"""States in the order of their columns; −1 where a thing cannot have one, 0 no, 1 yes."""
NEEDS = {"on": "toggle", "filled": "fill", "sliced": "slice", "cooked": "cook", "broken": "break"}
"""State → the affordance without which a thing never has it, where that is another word."""
FORMS = ("", "in", "on", "state", "held")
"""Kinds of goal conditions, by number."""
CHANGES = ("", *STATES, "clean", "cleaned", "hot", "cold", "heated", "cooled")
"""States that goals name, by number."""
STATUSES = tuple(Status)
_FAR = 1000.0  # metres: no house is larger
_MOST = np.iinfo(np.int16).max


class Actions:
    """The numbers of the actions: 0 looks around, 1 to 8 go, and then each verb has one number for each slot."""

    def __init__(self, verbs: Sequence[Verb]) -> None:
        self.verbs = tuple(verbs)
        self.space = spaces.Discrete(1 + WAYS + len(self.verbs) * SLOTS)

    def number(self, verb: Verb, slot: int | None = None) -> int:
        """The action that does ``verb`` to the thing in ``slot``; NAVIGATE and LOOK without a target by ``go`` and 0."""
        if verb is Verb.LOOK and slot is None:
            return 0
        if verb not in self.verbs or slot is None or not 0 <= slot < SLOTS:
            raise ValueError(
                f"{verb} {slot} is no action here: one of {', '.join(self.verbs)} and a slot below {SLOTS}"
            )
        return 1 + WAYS + self.verbs.index(verb) * SLOTS + slot

    def go(self, way: int) -> int:
        """The action that goes one of the eight ways."""
        if not 0 <= way < WAYS:
            raise ValueError(f"there is no way {way}: 0 to {WAYS - 1}")
        return 1 + way

    def meaning(self, action: int) -> tuple[Verb, int | None]:
        """(LOOK, None), (NAVIGATE, −1 − way) or (verb, slot)."""
        if action == 0:
            return Verb.LOOK, None
        if action <= WAYS:
            return Verb.NAVIGATE, -action
        verb, slot = divmod(action - 1 - WAYS, SLOTS)
        return self.verbs[verb], slot

    def mask(self, seen: Sequence[Seen], ways: NDArray[np.bool_], knives: frozenset[str]) -> NDArray[np.int8]:
        """(n,) int8: 1 where an action makes sense by what the robot sees and holds; only classes in ``knives`` slice."""
        mask = np.zeros(int(self.space.n), dtype=np.int8)
        mask[0] = 1
        mask[1 : 1 + WAYS] = ways
        hand = next((s for s in seen if s.held), None)
        for slot, one in enumerate(seen[:SLOTS]):
            for k, verb in enumerate(self.verbs):
                mask[1 + WAYS + k * SLOTS + slot] = _sensible(verb, one, hand, knives)
        return mask


def _sensible(verb: Verb, one: Seen, hand: Seen | None, knives: frozenset[str]) -> bool:
    if one.held:
        return False
    if verb is Verb.PICK:
        return hand is None and "pick" in one.affords
    if verb is Verb.PLACE:
        return hand is not None and "receptacle" in one.affords
    if verb in (Verb.OPEN, Verb.CLOSE):
        return "open" in one.affords and ("open" in one.states) is (verb is Verb.CLOSE)
    if verb is Verb.TOGGLE:
        return "toggle" in one.affords
    if verb is Verb.SLICE:
        return "slice" in one.affords and hand is not None and hand.kind in knives
    return True


class Views:
    """The observation space and what goes into it. ``kinds``: the classes, numbered from 1; 0 is none, the last others."""

    def __init__(self, kinds: Sequence[str], observation: str, width: int, height: int) -> None:
        self.kinds = tuple(kinds)
        self.numbers = {kind: k for k, kind in enumerate(self.kinds, 1)}
        self.pictures = observation == "rgbd"
        common: dict[str, spaces.Space[Any]] = {
            "agent": spaces.Box(-_FAR, _FAR, (4,), np.float32),
            "goal": spaces.Box(-1, _MOST, (CONDITIONS, 8), np.int16),
            "status": spaces.Discrete(len(STATUSES)),
            "class": spaces.Box(0, len(self.kinds) + 1, (SLOTS,), np.int16),
            "number": spaces.Box(0, _MOST, (SLOTS,), np.int16),
            "states": spaces.Box(-1, 1, (SLOTS, len(STATES)), np.int8),
            "held": spaces.Box(0, 1, (SLOTS,), np.int8),
        }
        if self.pictures:
            common |= {
                "rgb": spaces.Box(0, 255, (height, width, 3), np.uint8),
                "depth": spaces.Box(0.0, MAX_DEPTH, (height, width), np.float32),
                "slots": spaces.Box(0, SLOTS, (height, width), np.int16),
            }
        else:
            common["box"] = spaces.Box(-_FAR, _FAR, (SLOTS, 7), np.float32)
        self.space = spaces.Dict(common)

    def number(self, kind: str) -> int:
        """The number of a class."""
        return self.numbers.get(kind, len(self.kinds) + 1)

    def things(self, seen: Sequence[Seen], numbers: Mapping[str, int]) -> dict[str, NDArray[Any]]:
        """The rows of what is seen; ``numbers``: id → its number in this episode."""
        found: dict[str, NDArray[Any]] = {
            "class": np.zeros(SLOTS, dtype=np.int16),
            "number": np.zeros(SLOTS, dtype=np.int16),
            "states": np.full((SLOTS, len(STATES)), -1, dtype=np.int8),
            "held": np.zeros(SLOTS, dtype=np.int8),
        }
        boxes = np.zeros((SLOTS, 7), dtype=np.float32)
        for k, one in enumerate(seen[:SLOTS]):
            found["class"][k], found["number"][k], found["held"][k] = self.number(one.kind), numbers[one.id], one.held
            for j, state in enumerate(STATES):
                if state in one.states or NEEDS.get(state, state) in one.affords:
                    found["states"][k, j] = state in one.states
            boxes[k, :3], boxes[k, 3:6], boxes[k, 6] = one.box_world.center, one.box_world.size, one.box_world.yaw
        return found if self.pictures else found | {"box": boxes}

    def picture(self, shot: Shot, seen: Sequence[Seen]) -> dict[str, NDArray[Any]]:
        """Colour, depth, and the slot plus one of what each pixel shows."""
        slot = {one.id: k + 1 for k, one in enumerate(seen[:SLOTS])}
        table = np.array([*(slot.get(i, 0) for i in shot.ids), 0], dtype=np.int16)
        index = np.where(shot.index < 0, len(shot.ids), shot.index)
        return {"rgb": shot.rgb.copy(), "depth": np.minimum(shot.depth, MAX_DEPTH), "slots": table[index]}

    def goal(self, goal: Goal, truth: GroundTruth, numbers: Mapping[str, int]) -> NDArray[np.int16]:
        """(8, 8) int16, a row for each condition: form, class and number of what, class and number of where, state, wanted
        value or count, group. Conditions of one group are alternatives; groups come in order where the goal is ordered."""
        rows = np.zeros((CONDITIONS, 8), dtype=np.int16)
        for k, (leaf, group) in enumerate(_grouped(goal)[:CONDITIONS]):
            what = leaf.what
            rows[k, 1], rows[k, 2] = self._which(what, truth, numbers)
            rows[k, 7] = group
            if isinstance(leaf, Inside):
                rows[k, 0], rows[k, 6] = FORMS.index(leaf.word), leaf.count
                rows[k, 3], rows[k, 4] = self._which(leaf.where, truth, numbers)
                state = next(iter(what.state), "")
                rows[k, 5] = CHANGES.index(state) if state in CHANGES else -1
            elif isinstance(leaf, State):
                rows[k, 0], rows[k, 6] = FORMS.index("state"), leaf.value
                rows[k, 5] = CHANGES.index(leaf.name) if leaf.name in CHANGES else -1
            else:
                rows[k, 0], rows[k, 6] = FORMS.index("held"), 1
        return rows

    def _which(self, which: Which, truth: GroundTruth, numbers: Mapping[str, int]) -> tuple[int, int]:
        kind = which.type or (truth.kind(which.id) if which.id in truth.ids() else "")
        return self.number(kind), numbers.get(which.id, 0)


def _grouped(goal: Goal, group: int = 1) -> list[tuple[Inside | State | Held, int]]:
    """The conditions of a goal, those of alternatives under one number."""
    if isinstance(goal, (Inside, State, Held)):
        return [(goal, group)]
    found: list[tuple[Inside | State | Held, int]] = []
    for part in goal.parts:
        inner = _grouped(part, group)
        found += [(leaf, group) for leaf, _ in inner] if isinstance(goal, Any_) else inner
        group = group if isinstance(goal, Any_) else inner[-1][1] + 1
    return found
