"""A symbolic kitchen for planner tests: a world with true state, a robot that acts in it, a memory that only knows looks.

Nothing here is geometry: boxes are stacked in a row. What the planner sees of it is what memory would tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from loci.contracts import (
    Action,
    Decision,
    Gripper,
    Outcome,
    RGBDFrame,
    Role,
    Status,
    Verb,
)
from loci.geometry import Box, PinholeCamera
from loci.memory.records import (
    ActionRecord,
    Candidate,
    EpisodeRecord,
    Interval,
    Knowledge,
    Place,
    Recall,
    StateBelief,
    Thing,
    Written,
)

DOORS = ("fridge", "cupboard", "drawer")
INSIDE = (*DOORS, "sink")
ACTING = frozenset({Verb.NAVIGATE, Verb.LOOK, Verb.PICK, Verb.PLACE, Verb.OPEN, Verb.CLOSE})
CAMERA = PinholeCamera.from_fov(1.0, 4, 4)


@dataclass
class Kitchen:
    """The truth: ``at`` object → (relation, furniture), ``open`` furniture, ``held`` object or None. Names are keys."""

    furniture: dict[str, str]  # name → class
    objects: dict[str, str]
    at: dict[str, tuple[str, str]]
    open: set[str] = field(default_factory=set)
    held: str | None = None
    time: float = 0.0
    stiff: set[str] = field(default_factory=set)  # opens only half way at the first try
    narrow: set[str] = field(default_factory=set)  # open, but no hand gets in

    @classmethod
    def standard(cls) -> Kitchen:
        """Table, counter, sink, fridge, cupboard, drawer; a mug in the drawer, one on the counter, an apple on the table."""
        furniture = {f"the_{c}": c for c in ("table", "counter", "sink", "fridge", "cupboard", "drawer")}
        objects = {
            "mug_a": "mug",
            "mug_b": "mug",
            "apple": "apple",
            "banana": "banana",
            "milk": "milk",
            "plate": "plate",
        }
        at = {
            "mug_a": ("in", "the_drawer"),
            "mug_b": ("on", "the_counter"),
            "apple": ("on", "the_table"),
            "banana": ("in", "the_cupboard"),
            "milk": ("in", "the_fridge"),
            "plate": ("on", "the_counter"),
        }
        return cls(furniture, objects, at)

    @classmethod
    def random(cls, rng: np.random.Generator) -> Kitchen:
        """Random places of the same things, doors open or closed at random."""
        kitchen = cls.standard()
        names = sorted(kitchen.furniture)
        for name in sorted(kitchen.objects):
            place = names[int(rng.integers(len(names)))]
            kitchen.at[name] = ("in" if kitchen.furniture[place] in INSIDE else "on", place)
        kitchen.open = {n for n, c in sorted(kitchen.furniture.items()) if c in DOORS and rng.random() < 0.3}
        return kitchen

    def visible(self, place: str) -> list[str]:
        """Objects that a look at a piece of furniture shows."""
        shut = self.furniture[place] in DOORS and place not in self.open
        return [o for o, (rel, p) in sorted(self.at.items()) if p == place and not (rel == "in" and shut)]


@dataclass
class Look:
    """What one frame of the toy shows: places looked at, what lies there, which doors stand how, what is held."""

    stamp: float
    seen: dict[str, list[str]]
    open: dict[str, bool]
    held: str | None


class ToyHandle:
    """Ends at the second poll."""

    def __init__(self, run: Callable[[], Outcome]) -> None:
        self._run, self._polls, self._outcome, self._cancelled = run, 0, None, False

    def poll(self) -> bool:
        self._polls += 1
        if self._cancelled:
            self._outcome = self._outcome or Outcome(Status.CANCELLED)
        elif self._polls >= 2 and self._outcome is None:
            self._outcome = self._run()
        return self._outcome is not None

    def cancel(self) -> None:
        self._cancelled = True

    def result(self) -> Outcome:
        assert self._outcome is not None
        return self._outcome


class ToyRobot:
    """Acts on the kitchen by the rules of the real thing. ``faults`` maps (verb, name) to outcomes to fail with first."""

    robot_id = "toy"
    map_id = "toy"

    def __init__(self, kitchen: Kitchen, capabilities: frozenset[Verb] = ACTING) -> None:
        self.kitchen, self.capabilities = kitchen, capabilities
        self.faults: dict[tuple[Verb, str], list[Status]] = {}
        self.lies: set[tuple[Verb, str]] = set()  # reported as done, without effect
        self.names: dict[str, str] = {}  # memory id → name, filled by the memory
        self.started: list[tuple[Verb, str | None]] = []
        self.actions: list[Action] = []
        self._looks: list[Look] = []
        self.on_start: Callable[[Action], None] | None = None

    def frames(self) -> Iterable[RGBDFrame]:
        looks, self._looks = self._looks, []
        for look in looks:
            frame = RGBDFrame(
                np.zeros((4, 4, 3), np.uint8),
                np.zeros((4, 4), np.float32),
                CAMERA,
                np.eye(4),
                look.stamp,
                gripper=Gripper(0.05, look.held is not None, np.eye(4)),
            )
            object.__setattr__(frame, "look", look)
            yield frame

    def start(self, action: Action) -> ToyHandle:
        name = self.names[action.target.id] if action.target else None
        self.started.append((action.verb, name))
        self.actions.append(action)
        if self.on_start is not None:
            self.on_start(action)
        return ToyHandle(lambda: self._end(action, name))

    def close(self) -> None:
        pass

    def _end(self, action: Action, name: str | None) -> Outcome:
        kitchen, before = self.kitchen, self.kitchen.time
        kitchen.time += 1.0
        faults = self.faults.get((action.verb, name or ""), [])
        if faults:
            status = faults.pop(0)
        elif (action.verb, name or "") in self.lies:
            status = Status.SUCCEEDED
        else:
            status = self._do(action, name)
        places = self._shown(name)
        self._looks.append(self.look(places))
        return Outcome(status, "" if status is Status.SUCCEEDED else "toy failure", before, kitchen.time)

    def look(self, places: Sequence[str]) -> Look:
        kitchen = self.kitchen
        doors = {p: p in kitchen.open for p in places if kitchen.furniture[p] in DOORS}
        return Look(kitchen.time, {p: kitchen.visible(p) for p in places}, doors, kitchen.held)

    def _shown(self, name: str | None) -> list[str]:
        kitchen = self.kitchen
        if name is None:
            return sorted(kitchen.furniture)
        if name in kitchen.furniture:
            return [name]
        return [kitchen.at[name][1]] if name in kitchen.at and kitchen.at[name][1] in kitchen.furniture else []

    def _do(self, action: Action, name: str | None) -> Status:
        k, verb = self.kitchen, action.verb
        if verb in (Verb.LOOK, Verb.NAVIGATE):
            return Status.SUCCEEDED
        assert name is not None
        inside = k.at[name][1] if verb is Verb.PICK and name in k.at else name if action.relation == "in" else ""
        if inside in k.narrow:
            return Status.BLOCKED
        if verb is Verb.PICK:
            if k.held is not None:
                return Status.HANDS_FULL
            if name not in k.at or (
                k.at[name][0] == "in" and k.furniture.get(k.at[name][1]) in DOORS and k.at[name][1] not in k.open
            ):
                return Status.NOT_THERE
            k.held = name
            del k.at[name]
        elif verb is Verb.PLACE:
            if k.held is None:
                return Status.HANDS_EMPTY
            if action.relation == "in" and k.furniture.get(name) in DOORS and name not in k.open:
                return Status.BLOCKED
            k.at[k.held] = (action.relation or "on", name)
            k.held = None
        elif verb in (Verb.OPEN, Verb.CLOSE):
            if k.held is not None:
                return Status.HANDS_FULL
            (k.open.add if verb is Verb.OPEN else k.open.discard)(name)
            k.narrow.discard(name)
            if verb is Verb.OPEN and name in k.stiff:
                k.stiff.remove(name)
                k.narrow.add(name)
                return Status.STUCK
        else:
            return Status.UNSUPPORTED
        return Status.SUCCEEDED


class ToyPerceiver:
    """Hands the look on; what it "perceives" is what the frame shows."""

    def observe(self, frame: RGBDFrame, expected: object) -> Look:
        return frame.look  # type: ignore[attr-defined,no-any-return]


class ToyMemory:
    """The part of ``loci.memory.Memory`` that the planner uses, on symbols, by looks alone."""

    def __init__(self, robot: ToyRobot) -> None:
        self.robot, self.kitchen = robot, robot.kitchen
        self.now = 0.0
        self.ids: dict[str, str] = {}
        self.beliefs: dict[str, Thing] = {}
        self.notes: list[tuple[str, str]] = []
        self.log: list[EpisodeRecord] = []
        self.intervals: list[Interval] = []
        self.commits = 0
        self._counter: Counter[str] = Counter()
        self._current: ActionRecord | None = None
        self._decision: Decision | None = None
        self._held: str | None = None
        self.subgoals: list[tuple[str, str]] = []

    # reading
    def things(self, role: Role | None = None) -> list[Thing]:
        return [t for t in self.beliefs.values() if role is None or t.role is role]

    def get(self, id: str) -> Thing:
        return self.beliefs[id]

    def held(self, robot_id: str | None = None) -> Thing | None:
        return self.beliefs[self._held] if self._held else None

    def parts(self, id: str) -> list[Thing]:
        return []

    def facts(
        self, subject: str | None = None, predicate: str | None = None, at: float | None = None
    ) -> list[Interval]:
        return [f for f in self.intervals if subject in (None, f.subject)]

    def episodes(self) -> list[EpisodeRecord]:
        return list(self.log)

    def failures(self, verb: str, target: str | None) -> list[ActionRecord]:
        done = [a for e in self.log for a in e.actions if a.verb == verb and a.target == target]
        return [a for a in reversed(done) if a.status not in (None, "succeeded")]

    def places_to_look(self, label: str) -> list[Candidate]:
        out = []
        for thing in self.things(Role.FURNITURE):
            shut = thing.states.get("openness")
            probability = 0.2 if shut is not None and shut.value == "closed" else 0.05
            out.append(
                Candidate(
                    thing.id, thing.label, probability, "closed: not seen inside" if probability > 0.1 else "a place"
                )
            )
        return out

    def recall(self, query: str, budget: int = 1000, focus: tuple[str, ...] = ()) -> Recall:
        lines = [f"{t.id} {t.label} {t.place or ''} ({t.knowledge.value})" for t in self.beliefs.values()]
        text = "\n".join(lines)[: budget * 4]
        return Recall(text, tuple(self.beliefs), (), len(text) // 4)

    def expected(self, camera: object, T_world_cam: object, stamp: float) -> list[object]:
        return []

    # writing
    def write(self, look: Look) -> Written:
        self.now = max(self.now, look.stamp)
        for place, names in look.seen.items():
            self._see_furniture(place, look)
            for name in names:
                rel, _ = self.kitchen.at[name]
                self._see(
                    name,
                    self.kitchen.objects[name],
                    Role.OBJECT,
                    Place(rel, self.ids[place], self.kitchen.furniture[place]),
                )
            shown = {self.ids[n] for n in names}
            shut = place in look.open and not look.open[place]
            for thing in self.things(Role.OBJECT):
                if (
                    thing.place is not None
                    and thing.place.id == self.ids[place]
                    and thing.id not in shown
                    and thing.id != self._held
                ) and not (shut and thing.place.predicate == "in"):
                    self.beliefs[thing.id] = replace(thing, existence=0.02, knowledge=Knowledge.ABSENT)
        if look.held is None and self._held is not None:
            self._held = None
        return Written(0, 0)

    def _see_furniture(self, name: str, look: Look) -> None:
        states = {}
        if name in look.open:
            states = {"openness": StateBelief("open" if look.open[name] else "closed", 0.95, look.stamp)}
        self._see(name, self.kitchen.furniture[name], Role.FURNITURE, None, states)

    def _see(
        self, name: str, label: str, role: Role, place: Place | None, states: dict[str, StateBelief] | None = None
    ) -> None:
        if name not in self.ids:
            self.ids[name] = f"o{len(self.ids) + 1}"
            self.robot.names[self.ids[name]] = name
        id = self.ids[name]
        old = self.beliefs.get(id)
        box = Box.from_bounds((len(self.ids), 0, 0), (len(self.ids) + 0.5, 1, 0.8))
        self.beliefs[id] = Thing(
            id, role, label, {label: 0.9}, old.box_world if old else box,
            np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8),
            np.zeros(4, np.float32), states or (old.states if old else {}), place, 0.97, Knowledge.SEEN,
            old.first_seen if old else self.now, self.now, self.now, 1, 0.01,
        )  # fmt: skip
        if place is not None:
            self._fact(id, place.predicate, place.id, "exogenous")

    def _fact(self, id: str, predicate: str, object: str, cause: str) -> None:
        last = next((f for f in reversed(self.intervals) if f.subject == id), None)
        if last is None or (last.predicate, last.object) != (predicate, object):
            self.intervals.append(Interval(id, predicate, object, self.now, None, cause, len(self.intervals)))

    def begin_episode(self, instruction: str, stamp: float) -> str:
        id = f"e{len(self.log) + 1}"
        self.log.append(EpisodeRecord(id, instruction, stamp, None, None))
        return id

    def end_episode(self, episode: str, status: str, stamp: float) -> Written:
        self.log[-1] = replace(self.log[-1], status=status, ended=stamp)
        return Written(0, 0)

    def begin_subgoal(self, text: str, stamp: float) -> str:
        self.subgoals.append((text, ""))
        return f"g{len(self.subgoals)}"

    def end_subgoal(self, id: str, status: str, stamp: float) -> Written:
        self.subgoals[-1] = (self.subgoals[-1][0], status)
        return Written(0, 0)

    def begin_action(self, decision: Decision, stamp: float) -> str:
        self._counter["a"] += 1
        id = f"a{self._counter['a']}"
        self._decision = decision
        self._current = ActionRecord(
            id, self.log[-1].id if self.log else "", "", decision.verb.value, decision.target, decision.relation, decision.why,
            stamp, None, None, "", (),
        )  # fmt: skip
        return id

    def end_action(self, action_id: str, outcome: Outcome) -> Written:
        assert self._current is not None
        assert self._decision is not None
        done = replace(self._current, status=outcome.status.value, detail=outcome.detail, ended=outcome.ended)
        self.log[-1] = replace(self.log[-1], actions=(*self.log[-1].actions, done))
        verb, target = self._decision.verb, self._decision.target
        if outcome.ok and verb is Verb.PICK and target is not None:
            self._held = target
            self._fact(target, "held_by", "robot", action_id)
            self.beliefs[target] = replace(
                self.beliefs[target], place=Place("held_by", "robot", "robot"), knowledge=Knowledge.SEEN, existence=1.0
            )
        self._current = None
        return Written(0, 0)

    def note(self, kind: str, text: str, stamp: float, refs: tuple[str, ...] = ()) -> Written:
        self.notes.append((kind, text))
        return Written(0, 0)

    def commit(self) -> int:
        self.commits += 1
        return 0


@dataclass
class Setting:
    """A kitchen with robot, memory and loop, ready to run."""

    kitchen: Kitchen
    robot: ToyRobot
    memory: ToyMemory
    perceiver: ToyPerceiver = field(default_factory=ToyPerceiver)


def setting(kitchen: Kitchen | None = None, capabilities: frozenset[Verb] = ACTING) -> Setting:
    """A fresh toy setting (the standard kitchen if None)."""
    kitchen = kitchen or Kitchen.standard()
    robot = ToyRobot(kitchen, capabilities)
    return Setting(kitchen, robot, ToyMemory(robot))
