"""The whole memory against a naive one: random lives of a small house, and plain dicts that say what must be known.

The reference knows nothing of memory's ways: a thing is where it was last seen or put, gone where it was missed, shut away
where it was shut away. Where even that is open (seen in a new place while nobody looked at the old one) it says nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loci.conformance_memory import CAMERA, T_WORLD_CAM
from loci.contracts import (
    Decision,
    Detection,
    Gripper,
    ObjectReport,
    ObservationBatch,
    Outcome,
    Relation,
    Role,
    Status,
    Verb,
    Verdict,
    Visibility,
)
from loci.geometry import Box, inverse, transform
from loci.memory import Knowledge, Memory, PoseCorrection
from loci.memory.existence import Presence

FURNITURE = {"table": (4.0, 0.0, 0.4, 1.0, 1.6, 0.8), "shelf": (4.0, -2.5, 0.5, 1.0, 1.6, 1.0),
             "fridge": (4.0, 2.5, 0.9, 0.8, 1.6, 1.8)}  # fmt: skip
INSIDE = frozenset({"fridge"})
THINGS = {"mug": (0.09, 0.09, 0.10), "apple": (0.08, 0.08, 0.08), "book": (0.2, 0.15, 0.05), "vase": (0.07, 0.07, 0.13)}
SLOTS = 4
FRAMES = 4  # a look at a place lasts so many frames
STEP = 0.4  # seconds


def spot(place: str, slot: int, size: tuple[float, float, float]) -> np.ndarray:
    """Centre of a thing in one of the slots of a piece of furniture."""
    x, y, z, _, depth, height = FURNITURE[place]
    low = z if place in INSIDE else z + height / 2
    return np.array([x - 0.2, y - depth / 2 + depth * (slot + 0.5) / SLOTS, low + size[2] / 2])


@dataclass
class Fact:
    """What the reference holds of one thing. ``place`` is where it is (or was, when ``gone``)."""

    id: str
    place: str
    seen: float
    gone: bool = False
    held: bool = False
    unsure: bool = False  # perhaps it has left: seen elsewhere before anybody looked, or another stands in its spot
    elsewhere: str = ""  # where it was seen while unsure
    at: np.ndarray = field(default_factory=lambda: np.zeros(3))  # its spot
    history: list[tuple[float, str, np.ndarray]] = field(
        default_factory=list
    )  # arrivals: when, at what place, at what spot


class House(RuleBasedStateMachine):
    """Rules: what happens in the house and what memory is told of it. Invariants: what memory has to know."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="loci-machine-"))
        self.path = self.folder / "m.db"
        self.memory = Memory.open(self.path, clock=lambda: 0.0)
        self.rng = np.random.default_rng(7)
        self.now = 0.0
        self.opens = 1
        self.true: dict[str, tuple[str, int]] = {}  # thing → where it really is
        self.hand: str | None = None
        self.door = True  # of the fridge: open
        self.known: dict[str, Fact] = {}
        self.ids: dict[str, str] = {}  # furniture → id
        self.door_known: bool | None = None
        self.erased: set[str] = set()
        self.episodes: list[str] = []
        self.instructions: list[str] = []

    def teardown(self) -> None:
        self.memory.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the house --------------------------------------------------------------------------------------------------------
    @initialize()
    def furnish(self) -> None:
        """Everything has its place, and the robot looks round once."""
        for i, name in enumerate(THINGS):
            self.true[name] = (("table", "shelf", "fridge", "table")[i], i)
        for place in FURNITURE:
            self._look(place)

    def _free(self, place: str) -> list[int]:
        taken = {slot for where, slot in self.true.values() if where == place}
        return [s for s in range(SLOTS) if s not in taken]

    def _movable(self, name: str) -> bool:
        """A thing that may be moved behind memory's back, if what follows is to be certain."""
        where = self.true.get(name)
        if where is None or name == self.hand or (where[0] == "fridge" and not self.door):
            return False
        fact = self.known.get(name)
        return fact is None or not fact.unsure

    @rule(
        name=st.sampled_from(sorted(THINGS)),
        place=st.sampled_from(sorted(FURNITURE)),
        slot=st.integers(0, SLOTS - 1),
        then=st.sampled_from(["", "old", "new", "old new", "new old"]),
    )
    def somebody_moves(self, name: str, place: str, slot: int, then: str) -> None:
        """Unseen, so that memory cannot know yet; perhaps the robot comes by ``then``, in this order."""
        free = self._free(place)
        if self._movable(name) and free and (place != "fridge" or self.door) and self.true[name][0] != place:
            ways = {"old": self.true[name][0], "new": place}
            self.true[name] = (place, free[slot % len(free)])
            for way in then.split():
                self._look(ways[way])

    # --- looking ----------------------------------------------------------------------------------------------------------
    def _seen_in(self, place: str) -> list[str]:
        if place == "fridge" and not self.door:
            return []
        return [n for n, (where, _) in self.true.items() if where == place and n != self.hand]

    def _center(self, name: str) -> np.ndarray:
        return spot(*self.true[name], THINGS[name])

    def _detection(self, name: str, center: np.ndarray, size, role: Role, states=None) -> Detection:
        p = self.rng.uniform(-0.5, 0.5, (60, 3))
        face = self.rng.integers(0, 3, 60)
        p[np.arange(60), face] = np.sign(p[np.arange(60), face]) * 0.5
        T = inverse(T_WORLD_CAM)
        cam = ((center + p * size) @ T[:3, :3].T + T[:3, 3]).astype(np.float32)
        look = np.zeros(8)
        look[sorted({*THINGS, *FURNITURE}).index(name) % 8] = 1.0
        return Detection(-1, role, {name: 0.95}, states or {}, cam, np.zeros((60, 3), np.uint8),
                         Box(transform(t=center), np.asarray(size)).moved(T), look.astype(np.float32),
                         (0, 0, 10, 10), 400, 0.008, False)  # fmt: skip

    def _frame(self, place: str, hidden: frozenset[str], missed: bool = True) -> tuple[str | None, ...]:
        """One frame of one place: the furniture, what is seen there, and the verdict on what was expected there."""
        self.now += STEP
        x, y, z, *size = FURNITURE[place]
        states = {"openness": {"open" if self.door else "closed": 0.95}} if place == "fridge" else {}
        shown = [n for n in self._seen_in(place) if n not in hidden]
        detections = [self._detection(place, np.array([x, y, z]), tuple(size), Role.FURNITURE, states)]
        detections += [self._detection(n, self._center(n), THINGS[n], Role.OBJECT) for n in shown]
        word = "in" if place in INSIDE else "on"
        verdicts = []
        for e in self.memory.expected(CAMERA, T_WORLD_CAM, self.now):
            low = spot(place, 0, (0, 0, 0)) - np.array([0.3, 0.3, 0.05])
            high = spot(place, SLOTS - 1, (0, 0, 0)) + 0.3
            at = e.box_world.center
            if e.role is not Role.OBJECT or not ((at >= low).all() and (at <= high).all()):
                continue
            near = [i for i, n in enumerate(shown, 1) if np.linalg.norm(self._center(n) - at) < 0.08]
            behind = any(np.linalg.norm(self._center(n) - at) < 0.15 for n in hidden & set(self._seen_in(place)))
            if near:
                verdicts.append(Visibility(e.id, Verdict.SEEN, 0.9, near[0]))
            else:
                verdict = Verdict.OCCLUDED if behind or not missed else Verdict.SEEN_THROUGH
                verdicts.append(Visibility(e.id, verdict, 0.9))
        written = self.memory.write(ObservationBatch(
            self.now, "robot", "map", f"f{self.now:.1f}", CAMERA, T_WORLD_CAM, np.diag([1e-6] * 6), detections,
            [Relation(i, word, 0, 0.9) for i in range(1, len(detections))], verdicts, {}, self._gripper(),
        ))  # fmt: skip
        self.ids[place] = written.ids[0]
        for name, id in zip(shown, written.ids[1:], strict=True):
            assert id is not None, f"{name} was not taken for a thing"
            self._saw(name, place, id)
        return written.ids

    def _gripper(self) -> Gripper | None:
        return None if self.hand is None else Gripper(0.04, True, transform(t=(-1.5, 0.0, 1.0)))

    def _saw(self, name: str, place: str, id: str) -> None:
        fact = self.known.get(name)
        if fact is None:
            self.known[name] = fact = Fact(id, place, self.now, history=[(self.now, place, self._center(name))])
        elif fact.place != place and (fact.unsure or not fact.gone):
            fact.unsure, fact.elsewhere = True, place
        elif fact.gone or fact.unsure:
            fact.gone = fact.unsure = False
            fact.elsewhere = ""
            fact.history.append((self.now, place, self._center(name)))
            fact.place = place
        if not fact.unsure:
            fact.at = self._center(name)
        fact.seen = self.now

    def _look(self, place: str, hidden: frozenset[str] = frozenset(), missed: bool = True) -> None:
        before = {n: (f.place, f.gone) for n, f in self.known.items()}
        for _ in range(FRAMES):
            self._frame(place, hidden, missed)
        if place == "fridge":
            self.door_known = self.door
        there = set(self._seen_in(place))
        if not missed or (place == "fridge" and not self.door):
            return
        for name, fact in self.known.items():
            if fact.held or name in hidden or name in there or before.get(name) != (place, False):
                continue
            if any(np.linalg.norm(self._center(n) - fact.at) < 0.15 for n in there):
                fact.unsure = True  # what stands in its spot is weaker evidence than an empty one
            elif fact.elsewhere:  # the old place turns out to be empty: what was seen elsewhere was it
                fact.unsure, fact.place, fact.elsewhere = False, fact.elsewhere, ""
                fact.at = self._center(name)
                fact.history.append((self.now, fact.place, fact.at))
            else:
                fact.unsure, fact.gone = False, True

    @rule(place=st.sampled_from(sorted(FURNITURE)))
    def look(self, place: str) -> None:
        """At one place, with nothing in the way."""
        self._look(place)

    @rule(place=st.sampled_from(sorted(FURNITURE)), name=st.sampled_from(sorted(THINGS)))
    def look_past(self, place: str, name: str) -> None:
        """Something hides one thing, and that is no evidence against it."""
        if self.true.get(name, ("",))[0] == place:
            self._look(place, frozenset({name}), missed=False)

    @rule(seconds=st.sampled_from([5.0, 40.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule(name=st.sampled_from(sorted(THINGS)))
    def report(self, name: str) -> None:
        """A tracker tells of a thing that is where memory has it."""
        fact = self.known.get(name)
        if fact is None or fact.gone or fact.held or fact.unsure or self.true[name][0] != fact.place or not self.door:
            return
        if self._moved_within(name):
            return
        self.now += STEP
        box = Box(transform(t=self._center(name)), np.asarray(THINGS[name]))
        written = self.memory.write(ObjectReport(self.now, "robot", "map", {name: 0.95}, box))
        assert written.ids == (fact.id,)
        fact.seen = self.now

    @rule(name=st.sampled_from(sorted(THINGS)), which=st.integers(0, 3))
    def late_report(self, name: str, which: int) -> None:
        """A tracker tells, late, of where a thing was just after it had come there: that is known, and nothing changes, but
        that what was put down unseen has now been seen there.
        """
        fact = self.known.get(name)
        if fact is None or fact.unsure:
            return
        stamp, place, center = fact.history[which % len(fact.history)]
        before = self.memory.where(fact.id), self.memory.get(fact.id).last_seen
        if stamp + STEP / 8 < self.memory.now and not (place == "fridge" and not self.door):
            box = Box(transform(t=center), np.asarray(THINGS[name]))
            written = self.memory.write(ObjectReport(stamp + STEP / 8, "robot", "map", {name: 0.95}, box))
            assert written.ids == (fact.id,)
            after = self.memory.where(fact.id)
            newly = before[0].knowledge is Knowledge.BELIEVED and stamp + STEP / 8 > before[1]
            assert after.value == before[0].value
            assert after.knowledge in {before[0].knowledge, Knowledge.SEEN if newly else before[0].knowledge}
            fact.seen = max(fact.seen, stamp + STEP / 8)

    @rule(place=st.sampled_from(["table", "shelf"]))
    def look_into_the_cellar(self, place: str) -> None:
        """In another map there are like things at the same coordinates; they have nothing to do with these."""
        self.now += STEP
        found = [self._detection(place, np.array(FURNITURE[place][:3]), FURNITURE[place][3:], Role.FURNITURE)]
        found += [self._detection("vase", spot(place, 1, THINGS["vase"]), THINGS["vase"], Role.OBJECT)]
        written = self.memory.write(ObservationBatch(
            self.now, "mole", "cellar", f"c{self.now:.1f}", CAMERA, T_WORLD_CAM, np.diag([1e-6] * 6), found,
            [Relation(1, "on", 0, 0.9)], [Visibility(f.id, Verdict.SEEN_THROUGH, 1.0) for f in self.known.values()],
        ))  # fmt: skip
        mine = {f.id for f in self.known.values()} | set(self.ids.values())
        assert mine.isdisjoint(written.ids)

    @rule(shift=st.sampled_from([(0.7, 0.0, 0.0), (0.0, -0.4, 0.2)]))
    def correct_poses_and_back(self, shift: tuple[float, float, float]) -> None:
        """All that was seen from the corrected poses moves, by what they moved; corrected back, all is as it was."""
        robot = ("robot", "map")
        self.memory.commit()
        poses = self.memory._store.db.execute("SELECT stamp FROM poses WHERE robot = ? AND map = ?", robot).fetchall()
        there = transform(t=shift) @ T_WORLD_CAM
        where = {t.id: t.box_world.center for t in self.memory.things()}
        moved = self.memory.correct_poses([PoseCorrection(there, stamp=s) for (s,) in poses]).things
        for thing in self.memory.things():
            by = thing.box_world.center - where[thing.id]
            assert by == pytest.approx(np.asarray(shift) if thing.id in moved else np.zeros(3), abs=1e-3)
        self.memory.correct_poses([PoseCorrection(T_WORLD_CAM, stamp=s) for (s,) in poses])
        for thing in self.memory.things():
            assert thing.box_world.center == pytest.approx(where[thing.id], abs=2e-3)

    def _moved_within(self, name: str) -> bool:
        at = self.memory.get(self.known[name].id).box_world.center
        return bool(np.linalg.norm(at - self._center(name)) > 0.04)

    # --- acting -----------------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.ids.get("fridge"))
    @rule(open_it=st.booleans(), works=st.booleans())
    def turn_the_door(self, open_it: bool, works: bool) -> None:
        """The robot opens or closes the fridge, or fails to."""
        action = self.memory.begin_action(Decision(Verb.OPEN if open_it else Verb.CLOSE, self.ids["fridge"]), self.now)
        self.now += STEP
        status = Status.SUCCEEDED if works else Status.STUCK
        self.memory.end_action(action, Outcome(status, "", self.now - STEP, self.now))
        if works:
            self.door = self.door_known = open_it

    @precondition(lambda self: self.hand is None)
    @rule(name=st.sampled_from(sorted(THINGS)))
    def pick(self, name: str) -> None:
        """Something that is where memory has it goes into the hand."""
        fact = self.known.get(name)
        if fact is None or fact.gone or fact.unsure or self.true[name][0] != fact.place:
            return
        if fact.place == "fridge" and not (self.door and self.door_known):
            return
        action = self.memory.begin_action(Decision(Verb.PICK, fact.id), self.now)
        self.now += STEP
        self.memory.end_action(action, Outcome(Status.SUCCEEDED, "", self.now - STEP, self.now))
        self.hand, fact.held = name, True

    @precondition(lambda self: self.hand is not None)
    @rule(place=st.sampled_from(sorted(FURNITURE)), slot=st.integers(0, SLOTS - 1))
    def put(self, place: str, slot: int) -> None:
        """It is put where there is room; memory believes that unseen."""
        free = self._free(place)
        if not free or (place == "fridge" and not (self.door and self.door_known)):
            return
        name = str(self.hand)
        fact = self.known[name]
        self.true[name] = (place, free[slot % len(free)])
        word = "in" if place in INSIDE else "on"
        position = tuple(float(v) for v in self._center(name))
        action = self.memory.begin_action(Decision(Verb.PLACE, self.ids[place], word, position), self.now)
        self.now += STEP
        self.memory.end_action(action, Outcome(Status.SUCCEEDED, "", self.now - STEP, self.now))
        self.hand, fact.held, fact.place = None, False, place
        fact.at = self._center(name)
        fact.history.append((self.now, place, fact.at))

    @rule(name=st.sampled_from(sorted(THINGS)))
    def fail_to_pick(self, name: str) -> None:
        """An action that did nothing changes nothing."""
        fact = self.known.get(name)
        if fact is not None and not fact.held:
            action = self.memory.begin_action(Decision(Verb.PICK, fact.id), self.now)
            self.now += STEP
            self.memory.end_action(action, Outcome(Status.BLOCKED, "in the way", self.now - STEP, self.now))

    @rule(text=st.sampled_from(["tidy up", "lay the table", "look round"]))
    def episode(self, text: str) -> None:
        """An instruction with its end."""
        id = self.memory.begin_episode(text, self.now)
        self.now += STEP
        self.memory.end_episode(id, "done", self.now)
        self.instructions.append(text)

    # --- what may happen to a file ------------------------------------------------------------------------------------------
    @rule()
    def reopen(self) -> None:
        """Closed in order and opened again."""
        self.memory.close()
        self.memory = Memory.open(self.path, clock=lambda: 0.0)

    @rule()
    def kill(self) -> None:
        """As after kill -9: the file as it lies there is opened elsewhere. What was committed is all there."""
        self.memory.commit()
        self.opens += 1
        copy = self.folder / f"m{self.opens}.db"
        for suffix in ("", "-wal"):
            if (other := Path(f"{self.path}{suffix}")).exists():
                shutil.copy(other, f"{copy}{suffix}")
        self.memory.close()
        self.path = copy
        self.memory = Memory.open(copy, clock=lambda: 0.0)
        assert self.memory.verify().ok

    @rule(budget=st.sampled_from([150_000, 10_000_000]))
    def compact(self, budget: int) -> None:
        """The log is sealed; the answers stay."""
        self.memory.compact(budget)
        assert self.memory.verify().ok

    @rule(name=st.sampled_from(sorted(THINGS)))
    def forget(self, name: str) -> None:
        """Gone from the file's every byte, with its name; what is there can be noticed anew as another thing."""
        fact = self.known.get(name)
        if fact is None or fact.held or fact.unsure or any(f.unsure for f in self.known.values()):
            return
        self.memory.forget(thing=fact.id)
        del self.known[name]
        self.erased.add(fact.id)
        if self.memory.find(name):
            return  # others in the cellar go by that name
        text = "\n".join(self.memory.dump())
        assert f'"{fact.id}"' not in text
        assert f'"{name}"' not in text
        assert f" {name} " not in text
        self.memory.commit()
        assert f" {name} ".encode() not in self.path.read_bytes()

    @rule()
    def replay(self) -> None:
        """All tables from the log alone."""
        live = list(self.memory.dump())
        with self.memory.replay(":memory:") as again:
            assert list(again.dump()) == live
        assert self.memory.verify().ok

    # --- what has to hold ---------------------------------------------------------------------------------------------------
    @invariant()
    def places_agree(self) -> None:
        """Where, contents, held, count, last seen."""
        for name, fact in self.known.items():
            if fact.unsure:
                continue
            answer = self.memory.where(fact.id)
            thing = self.memory.get(fact.id)
            assert thing.last_seen == pytest.approx(fact.seen), name
            assert fact.id not in self.erased
            if fact.held:
                assert self.memory.held().id == fact.id
                assert answer.value == ("robot",)
            elif fact.gone:
                assert answer.knowledge is Knowledge.ABSENT, (name, answer)
                assert answer.value == ()
            else:
                assert answer.value[:1] == (self.ids[fact.place],), (name, fact, answer)
                assert answer.knowledge is not Knowledge.ABSENT
            if not any(f.unsure for f in self.known.values()):
                with self.memory.on_map("map"):
                    assert self.memory.count(name).value == (str(int(not fact.gone)),), (name, self.memory.count(name))
        if self.hand is None:
            assert self.memory.held() is None

    @invariant()
    def contents_agree(self) -> None:
        """What is on and in each piece of furniture."""
        if any(f.unsure for f in self.known.values()):
            return
        for place, id in self.ids.items():
            there = {f.id for f in self.known.values() if f.place == place and not f.gone and not f.held}
            assert set(self.memory.contents(id).value) == there, place

    @invariant()
    def states_agree(self) -> None:
        """The door is as it was last seen or turned."""
        if self.door_known is not None:
            assert self.memory.state(self.ids["fridge"]).value == ("open" if self.door_known else "closed",)

    @invariant()
    def the_past_agrees(self) -> None:
        """Shortly after each arrival a thing was where it had arrived."""
        for name, fact in self.known.items():
            for stamp, place, _ in fact.history if not fact.unsure else ():
                then = self.memory.where(fact.id, at=stamp + STEP / 4).value
                assert then[:1] == (self.ids[place],), (name, stamp, place, then)

    @invariant()
    def boxes_agree(self) -> None:
        """A box query gives what going through all things gives."""
        low, high = np.array([3.5, -1.0, 0.0]), np.array([4.6, 1.2, 0.86])
        found = {t.id for t in self.memory.within(low, high)}
        bounds = {t.id: t.box_world.bounds() for t in self.memory.things()}
        assert found == {id for id, (lo, hi) in bounds.items() if (lo <= high).all() and (hi >= low).all()}

    @invariant()
    def episodes_agree(self) -> None:
        """No instruction is lost."""
        assert [e.instruction for e in self.memory.episodes()] == self.instructions


def live(examples: int, steps: int) -> None:
    """So many lives of so many steps."""
    run_state_machine_as_test(
        House,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, print_blob=False,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate,), database=None,
        ),
    )  # fmt: skip


def test_memory_agrees_with_plain_dicts() -> None:
    """A few short lives, in every run of the suite."""
    live(8, 16)


def test_a_memory_that_misses_nothing_is_found_out(monkeypatch) -> None:
    """The reference can tell: a memory in which nothing is ever gone does not pass."""
    monkeypatch.setattr(Presence, "seen_through", lambda *_: False)
    house = House()
    try:
        house.furnish()
        house.somebody_moves("mug", "shelf", 0, "old")
        with pytest.raises(AssertionError):
            house.places_agree()
    finally:
        house.teardown()


@pytest.mark.slow
def test_memory_agrees_with_plain_dicts_for_long() -> None:
    """Many longer ones."""
    live(60, 40)
