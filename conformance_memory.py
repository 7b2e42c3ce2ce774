"""A conformance test for memories: what the planner's loop and the observation stream need of a store, law by law.

    from loci.conformance import check_memory

    def test_my_memory():
        check_memory(lambda path: MyMemory(path))

or, as one test for each law, a subclass of ``MemoryContract``.

Each law is a small scene on a stage of boxes (a table, a shelf, a fridge; a mug, a book), told to a memory of its own as
perception would tell it. Nothing but the public calls is used, and only what their docstrings promise is asked for. A
breach raises ``AssertionError`` that begins with the name of the law.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .contracts import (
    Decision,
    Detection,
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
from .errors import InputError
from .geometry import F64, Box, PinholeCamera, inverse, transform

CAMERA = PinholeCamera.from_fov(np.pi / 3, 320, 240)
T_WORLD_CAM = transform([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], (-2.0, 0.0, 1.0))
_FURNITURE = {"table": ((2.0, 0.0, 0.4), (1.0, 1.6, 0.8)), "shelf": ((2.0, -1.7, 0.5), (0.8, 0.8, 1.0)),
              "fridge": ((2.0, 1.7, 0.9), (0.8, 0.8, 1.8))}  # fmt: skip
_SIZES = {"mug": (0.09, 0.09, 0.1), "book": (0.2, 0.15, 0.05)}
ON_TABLE, ON_SHELF, IN_FRIDGE = (1.8, 0.3, 0.85), (1.8, -1.7, 1.05), (1.8, 1.7, 0.95)
ON_SHELF_TOO = (1.8, -1.4, 1.05)
STEP = 0.5  # seconds between frames
LOOKS = 5  # frames after which a plain fact has to be believed


class MemoryLike(Protocol):
    """The calls of ``loci.memory.Memory`` that the planner's loop and the stream use. Returned records are as there."""

    def expected(self, camera: PinholeCamera, T_world_cam: F64, stamp: float) -> Sequence[Any]: ...
    def write(self, batch: ObservationBatch | ObjectReport) -> Any: ...
    def begin_episode(self, instruction: str, stamp: float) -> str: ...
    def end_episode(self, episode_id: str, status: str, stamp: float) -> Any: ...
    def begin_action(self, decision: Decision, stamp: float) -> str: ...
    def end_action(self, action_id: str, outcome: Outcome) -> Any: ...
    def note(self, kind: str, text: str, stamp: float, refs: Sequence[str] = ()) -> Any: ...
    def commit(self) -> int: ...
    def close(self) -> None: ...
    def things(self) -> Sequence[Any]: ...
    def get(self, id: str) -> Any: ...
    def find(self, text: str) -> Sequence[Any]: ...
    def held(self) -> Any: ...
    def where(self, what: str, at: float | None = None) -> Any: ...
    def state(self, what: str) -> Any: ...
    def contents(self, place: str, at: float | None = None) -> Any: ...
    def recall(self, query: str, budget: int = 1000) -> Any: ...
    def episodes(self) -> Sequence[Any]: ...
    def failures(self, verb: str, target: str | None) -> Sequence[Any]: ...
    def event(self, seq: int) -> Any: ...
    def dump(self) -> Iterator[str]: ...


Make = Callable[[Path], MemoryLike]
"""Opens the memory at a path, made if there is none: as often as it is called, as long as the last one was closed."""


class Scene:
    """A memory and what is put before it. ``spots``: thing → centre (3,); ``host``: thing → (predicate, furniture)."""

    def __init__(self, make: Make, folder: Path) -> None:
        self.make, self.path = make, folder / "memory.db"
        self.memory = make(self.path)
        self.now = 0.0
        self.door = "open"
        self.spots: dict[str, tuple[float, float, float]] = {"mug": ON_TABLE, "book": ON_SHELF}
        self.host = {"mug": ("on", "table"), "book": ("on", "shelf")}
        self.ids: dict[str, str] = {}
        self.seed = 0

    def put(self, name: str, spot: tuple[float, float, float], predicate: str, place: str) -> None:
        """A thing stands elsewhere from now on."""
        self.spots[name], self.host[name] = spot, (predicate, place)

    def look(self, hidden: Sequence[str] = (), gone: Sequence[str] = (), *, count: int = LOOKS,
             verdicts: Mapping[str, Verdict] | None = None, stamp: float | None = None, map_id: str = "map",
             robot_id: str = "robot") -> Any:  # fmt: skip
        """Frames that show all but what is ``hidden`` or ``gone``; of these memory is told that they are just that."""
        written = None
        for _ in range(count):
            if stamp is None:
                self.now += STEP
            written = self.memory.write(self._batch(hidden, gone, verdicts or {}, stamp, map_id, robot_id))
            if map_id == "map":
                names = self._shown(hidden, gone)
                self.ids |= {n: i for n, i in zip(names, written.ids, strict=True) if i is not None}
        return written

    def _shown(self, hidden: Sequence[str], gone: Sequence[str]) -> list[str]:
        return [*_FURNITURE, *(n for n in self.spots if n not in hidden and n not in gone)]

    def _batch(
        self,
        hidden: Sequence[str],
        gone: Sequence[str],
        verdicts: Mapping[str, Verdict],
        stamp: float | None,
        map_id: str,
        robot_id: str,
    ) -> ObservationBatch:
        shown = self._shown(hidden, gone)
        relations = [
            Relation(shown.index(n), p, shown.index(place), 0.9) for n, (p, place) in self.host.items() if n in shown
        ]
        seen = {self.ids[n]: i for i, n in enumerate(shown) if n in self.ids}
        judged = {id: Visibility(id, Verdict.SEEN, 0.9, i) for id, i in seen.items()} if map_id == "map" else {}
        told = dict.fromkeys((self.ids[n] for n in hidden if n in self.ids), Verdict.OCCLUDED)
        told |= dict.fromkeys((self.ids[n] for n in gone if n in self.ids), Verdict.SEEN_THROUGH)
        told |= verdicts
        judged |= {id: Visibility(id, v, 0.0 if v is Verdict.OCCLUDED else 0.9, None) for id, v in told.items()}
        when = self.now if stamp is None else stamp
        return ObservationBatch(when, robot_id, map_id, f"{robot_id} {when:.2f}", CAMERA, T_WORLD_CAM, np.diag([1e-6] * 6),
                                [self._detection(n) for n in shown], relations, list(judged.values()))  # fmt: skip

    def _detection(self, name: str) -> Detection:
        self.seed += 1
        rng = np.random.default_rng(self.seed)
        center, size = _FURNITURE.get(name) or (self.spots[name], _SIZES[name])
        p = rng.uniform(-0.5, 0.5, (60, 3))
        face = rng.integers(0, 3, 60)
        p[np.arange(60), face] = np.sign(p[np.arange(60), face]) * 0.5
        T = inverse(T_WORLD_CAM)
        points = ((np.asarray(center) + p * size) @ T[:3, :3].T + T[:3, 3]).astype(np.float32)
        role = Role.FURNITURE if name in _FURNITURE else Role.OBJECT
        states = {"openness": {self.door: 0.95}} if name == "fridge" else {}
        look = np.zeros(8, np.float32)
        look[sorted([*_FURNITURE, *_SIZES]).index(name)] = 1.0
        box = Box(transform(t=center), np.asarray(size)).moved(T)
        return Detection(-1, role, {name: 0.95}, states, points, np.zeros((60, 3), np.uint8), box, look, (0, 0, 9, 9), 400,
                         0.008, False)  # fmt: skip

    def act(self, verb: Verb, target: str, status: Status = Status.SUCCEEDED, relation: str | None = None,
            position: tuple[float, float, float] | None = None) -> str:  # fmt: skip
        """An action from beginning to end."""
        action = self.memory.begin_action(Decision(verb, self.ids[target], relation, position), self.now)
        self.now += STEP
        self.memory.end_action(action, Outcome(status, "", self.now - STEP, self.now))
        return action

    def reopen(self) -> None:
        """Closed and opened again."""
        self.memory.close()
        self.memory = self.make(self.path)


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


# --- the laws -------------------------------------------------------------------------------------------------------------
def unseen_is_unknown(s: Scene) -> None:
    """Before anything was seen, every question has an answer, and it is "unknown"."""
    _need(not s.memory.things(), "an empty memory holds things")
    _need(s.memory.held() is None, "an empty memory holds something in a hand")
    for answer in (s.memory.where("mug"), s.memory.state("fridge"), s.memory.contents("table")):
        _need(answer.knowledge == "unknown" and not answer.value, f"{answer.question}: {answer.text}")


def one_id_per_detection(s: Scene) -> None:
    """``write`` gives one id for each detection, in their order, the same in every further look; labels belong to them."""
    first = s.look(count=1)
    names = s._shown((), ())
    _need(len(first.ids) == len(names), f"{len(names)} detections brought {len(first.ids)} ids")
    before = dict(zip(names, first.ids, strict=True))
    after = dict(zip(names, s.look().ids, strict=True))
    _need(None not in after.values() and len(set(after.values())) == len(names), f"ids {after} are not one for each")
    changed = {n for n in names if before[n] is not None and before[n] != after[n]}
    _need(not changed, f"{sorted(changed)} changed their ids although nothing moved")
    _need(all(s.memory.get(id).label == n for n, id in after.items()), "a thing is not called what it was seen as")
    _need([t.id for t in s.memory.find("mug")] == [after["mug"]], "find('mug') does not give the mug alone")


def places_follow_looks(s: Scene) -> None:
    """Where a thing is and what a place holds follow from the relations seen."""
    s.look()
    _need(s.memory.where(s.ids["mug"]).value[:1] == (s.ids["table"],), f"the mug: {s.memory.where('mug').text}")
    _need(set(s.memory.contents(s.ids["table"]).value) == {s.ids["mug"]}, "the table does not hold the mug alone")


def answers_rest_on_evidence(s: Scene) -> None:
    """Each answer names events that can be fetched."""
    s.look()
    answer = s.memory.where(s.ids["mug"])
    _need(bool(answer.evidence), "an answer without evidence")
    for seq in answer.evidence:
        _need(s.memory.event(seq).seq == seq, f"event {seq}, which an answer rests on, is another one")


def expected_is_what_may_show(s: Scene) -> None:
    """``expected`` gives what was seen in a view when asked about that view, and nothing when looking the other way."""
    s.look()
    shown = {e.id: e for e in s.memory.expected(CAMERA, T_WORLD_CAM, s.now)}
    _need(s.ids["mug"] in shown, "a thing that was just seen in this view is not expected in it")
    gap = float(np.linalg.norm(shown[s.ids["mug"]].box_world.center - np.asarray(ON_TABLE)))
    _need(gap < 0.05, f"the mug is expected {gap:.2f} m from where it was seen")
    back = T_WORLD_CAM.copy()
    back[:3, :3] = back[:3, :3] @ np.diag([-1.0, 1.0, -1.0])
    _need(not s.memory.expected(CAMERA, back, s.now), "things are expected behind the camera")


def hidden_is_not_gone(s: Scene) -> None:
    """Occluded, however often, is no evidence against a thing."""
    s.look()
    s.look(hidden=["mug"], count=20)
    answer = s.memory.where(s.ids["mug"])
    _need(answer.value[:1] == (s.ids["table"],) and answer.knowledge != "absent", f"after being hidden: {answer.text}")


def out_of_view_is_not_gone(s: Scene) -> None:
    """A thing that no verdict names is where it was, and said to be unobserved since."""
    s.look()
    s.now += 60.0
    s.look(hidden=["mug"], verdicts={s.ids["mug"]: Verdict.OUT_OF_VIEW})
    _need(s.memory.where(s.ids["mug"]).knowledge == "unobserved since", s.memory.where(s.ids["mug"]).text)


def an_empty_spot_is_gone(s: Scene) -> None:
    """Seen through, a few times: gone, with no place as the answer; what else is there stays."""
    s.look()
    s.look(gone=["mug"])
    answer = s.memory.where(s.ids["mug"])
    _need(answer.knowledge == "absent" and not answer.value, f"after its spot was seen empty: {answer.text}")
    _need(s.memory.where(s.ids["book"]).value[:1] == (s.ids["shelf"],), "the book went with the mug")


def a_move_keeps_the_id(s: Scene) -> None:
    """Gone here and seen there: one thing, by its old id, in its new place; the past stays as it was."""
    s.look()
    mug, then = s.ids["mug"], s.now
    s.look(gone=["mug"])
    s.put("mug", IN_FRIDGE, "in", "fridge")
    s.look()
    _need(s.ids["mug"] == mug, f"the mug was {mug} and is now {s.ids['mug']}")
    _need(s.memory.where(mug).value[:1] == (s.ids["fridge"],), f"after it moved: {s.memory.where(mug).text}")
    _need(s.memory.where(mug, at=then).value[:1] == (s.ids["table"],), "the past was overwritten by a move")


def states_follow_looks(s: Scene) -> None:
    """The newest looks decide a state."""
    s.look()
    _need(s.memory.state(s.ids["fridge"]).value == ("open",), "a fridge seen open is not open")
    s.door = "closed"
    s.look()
    _need(s.memory.state(s.ids["fridge"]).value == ("closed",), "a fridge seen closed is not closed")


def closing_hides_and_keeps(s: Scene) -> None:
    """What was in a container that was closed is believed to be in it, whatever the closed door looks like."""
    s.put("mug", IN_FRIDGE, "in", "fridge")
    s.look()
    s.act(Verb.CLOSE, "fridge")
    s.door = "closed"
    s.look(gone=["mug"], count=10)
    answer = s.memory.where(s.ids["mug"])
    _need(answer.value[:1] == (s.ids["fridge"],) and answer.knowledge == "believed", f"shut in: {answer.text}")


def the_hand_takes_and_gives(s: Scene) -> None:
    """A pick that succeeded puts the thing into the hand, a place puts it there, both before any look."""
    s.look()
    s.act(Verb.PICK, "mug")
    held = s.memory.held()
    _need(held is not None and held.id == s.ids["mug"], "what was picked is not in the hand")
    s.act(Verb.PLACE, "shelf", relation="on", position=(1.8, -1.5, 1.05))
    _need(s.memory.held() is None, "what was placed is still in the hand")
    answer = s.memory.where(s.ids["mug"])
    _need(answer.value[:1] == (s.ids["shelf"],), f"after it was placed: {answer.text}")


def failure_is_data(s: Scene) -> None:
    """A failed action changes no place and is found among the failures and in its episode."""
    s.look()
    episode = s.memory.begin_episode("bring the mug", s.now)
    action = s.act(Verb.PICK, "mug", Status.BLOCKED)
    s.memory.end_episode(episode, "failed", s.now)
    _need(s.memory.held() is None, "a pick that was blocked filled the hand")
    _need([a.id for a in s.memory.failures("pick", s.ids["mug"])] == [action], "the failure is not remembered")
    (record,) = s.memory.episodes()
    _need((record.id, record.status, [a.id for a in record.actions]) == (episode, "failed", [action]), f"{record}")


def recall_keeps_its_budget(s: Scene) -> None:
    """Text for a planner is within its budget, and the ids that it offers are things."""
    s.look()
    for budget in (30, 300):
        recall = s.memory.recall("put the mug into the fridge", budget)
        _need(recall.tokens <= budget, f"{recall.tokens} tokens of a budget of {budget}")
    _need(s.ids["mug"] in recall.ids and s.ids["mug"] in recall.text, "recall does not offer what was asked about")
    for id in recall.ids:
        s.memory.get(id)


def what_is_acknowledged_lasts(s: Scene) -> None:
    """Closed and opened again: the same things, places, states and acts, and no id is given out twice."""
    s.look()
    s.act(Verb.PICK, "mug", Status.OUT_OF_REACH)
    s.memory.commit()
    before = {t.id: (t.label, s.memory.where(t.id).value) for t in s.memory.things()}
    s.reopen()
    after = {t.id: (t.label, s.memory.where(t.id).value) for t in s.memory.things()}
    _need(before == after, f"before it was closed {before}, after it was opened again {after}")
    _need(len(s.memory.failures("pick", None)) == 1, "an action was lost")
    mug = s.ids["mug"]
    s.look()
    _need(s.ids["mug"] == mug, "a thing was not recognised after opening again")


def equal_runs_dump_equally(s: Scene) -> None:
    """The same input into a new memory gives the same dump, line by line."""
    other = Scene(s.make, s.path.parent / "other")
    try:
        dumps = []
        for scene in (s, other):
            scene.look()
            scene.look(gone=["book"])
            scene.act(Verb.OPEN, "fridge")
            dumps.append(list(scene.memory.dump()))
        _need(bool(dumps[0]) and dumps[0] == dumps[1], "two equal runs dump differently")
    finally:
        other.memory.close()


def maps_are_apart(s: Scene) -> None:
    """The same coordinates in another map are another place: what stands there are other things."""
    s.look()
    other = s.look(map_id="cellar")
    both = set(other.ids) & set(s.ids.values())
    _need(not both, f"{sorted(both)} were taken for things of another map")
    _need(s.memory.where(s.ids["mug"]).value[:1] == (s.ids["table"],), "a look into another map changed this one")


def late_looks_change_the_past(s: Scene) -> None:
    """A frame that comes late changes no newer belief, and tells where a thing was then."""
    s.look()
    mug, left = s.ids["mug"], s.now
    s.look(gone=["mug"])
    s.now += 60.0
    s.put("mug", ON_SHELF_TOO, "on", "shelf")
    s.look()
    now = s.memory.where(mug)
    s.put("mug", IN_FRIDGE, "in", "fridge")
    s.look(count=1, stamp=left + 40.0)
    after = s.memory.where(mug)
    _need((after.value, after.knowledge) == (now.value, now.knowledge), f"after a late look: {after.text}")
    then = s.memory.where(mug, at=left + 45.0)
    _need(then.value[:1] == (s.ids["fridge"],), f"what a late look showed is not known: {then.text}")
    _need(s.memory.where(mug, at=left).value[:1] == (s.ids["table"],), "the past before it was overwritten")


def what_is_not_there_is_said(s: Scene) -> None:
    """An id that memory never gave out raises ``InputError`` that names it."""
    s.look()
    try:
        s.memory.get("o999")
    except InputError as error:
        _need("o999" in str(error), f"the error does not name what was asked for: {error}")
        return
    raise AssertionError("get('o999') gave something")


LAWS: tuple[Callable[[Scene], None], ...] = (
    unseen_is_unknown, one_id_per_detection, places_follow_looks, answers_rest_on_evidence, expected_is_what_may_show,
    hidden_is_not_gone, out_of_view_is_not_gone, an_empty_spot_is_gone, a_move_keeps_the_id, states_follow_looks,
    closing_hides_and_keeps, the_hand_takes_and_gives, failure_is_data, recall_keeps_its_budget,
    what_is_acknowledged_lasts, equal_runs_dump_equally, maps_are_apart, late_looks_change_the_past,
    what_is_not_there_is_said,
)  # fmt: skip
"""Every law, in the order in which ``check_memory`` goes through them."""


def check_memory(make: Make, laws: Sequence[Callable[[Scene], None]] = LAWS) -> None:
    """Raises ``AssertionError`` where a memory opened by ``make`` breaks one of ``laws``, or lacks a call that they need.

    ``make(path)`` opens the memory at ``path`` and makes it if there is none; every law gets a path of its own.
    """
    for law in laws:
        with tempfile.TemporaryDirectory(prefix="loci-law-") as folder:
            (Path(folder) / "other").mkdir()
            scene = Scene(make, Path(folder))
            lacking = [call for call in _CALLS if not callable(getattr(scene.memory, call, None))]
            _need(not lacking, f"{type(scene.memory).__name__} has no {', '.join(lacking)}")
            try:
                law(scene)
            except AssertionError as error:
                raise AssertionError(f"{law.__name__}: {error}") from error
            except Exception as error:
                raise AssertionError(f"{law.__name__}: raised {type(error).__name__}: {error}") from error
            finally:
                scene.memory.close()


_CALLS = tuple(name for name in vars(MemoryLike) if not name.startswith("_"))


class MemoryContract:
    """The laws as tests, one each. In a test module of yours:

    class TestMyMemory(MemoryContract):
        def make(self, path: Path) -> MyMemory:
            return MyMemory(path)
    """

    def make(self, path: Path) -> MemoryLike:
        """Open the memory at ``path``; made if there is none."""
        raise NotImplementedError("a MemoryContract needs make(path), which opens the memory that is to be tested")

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for law in LAWS:
            setattr(cls, f"test_{law.__name__}", _as_test(law))


def _as_test(law: Callable[[Scene], None]) -> Callable[[MemoryContract], None]:
    def test(self: MemoryContract) -> None:
        check_memory(self.make, [law])

    test.__doc__ = law.__doc__
    return test
