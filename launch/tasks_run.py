"""Tasks in houses by the whole loop: perceive, remember, plan, act with physics; what came of it is judged by the simulator."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..contracts import Decision, Outcome, Status, Verb
from ..errors import InstructionError
from ..memory.records import Written
from ..planner import TaskReport
from ..planner.watcher import Watcher
from ..sim.goals import Goal, Held, Inside, Progress, State, leaves
from ..sim.task import Task
from ..sim.task_physics import PhysicalTruth, check, open_house
from ..sim.task_worlds import WorldLibrary
from .console import Console
from .session import Session, open_session

REFUSED = frozenset({Status.OUT_OF_REACH, Status.BLOCKED, Status.OCCUPIED, Status.UNSUPPORTED, Status.REFUSED})
"""The body saw no way and did nothing; what else fails was begun."""
ENDS = (
    "done", "claimed but false", "done but not said", "not understood", "not found", "wrong thing", "skill refused",
    "skill failed", "given up",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What came of one instruction. ``end`` is one of ``ENDS``; ``credit`` the share of its conditions that are met."""

    task: str
    text: str
    end: str
    claimed: bool
    reached: bool
    credit: float
    reason: str
    goals: str  # what was understood
    steps: tuple[tuple[str, str, str], ...]  # verb and label, status, detail
    seconds: float  # of the robot's time
    cpu: float  # seconds, the survey's among the first instruction's

    def as_json(self) -> dict[str, object]:
        """As plain data."""
        return asdict(self)


def run(tasks: Sequence[Task], as_json: bool) -> int:
    """`loci tasks run`: 0 if every instruction was done. All tasks are looked at before the first is begun."""
    for task in tasks:
        check(task)
    library, ends = WorldLibrary(), Counter[str]()
    console = [] if as_json else [Console()]
    for task in tasks:
        for told in carried_out(task, library, console):
            ends[told.end] += 1
            print(
                json.dumps(told.as_json()) if as_json else f"{told.end}: {told.task}: {told.text} ({told.reason})",
                flush=True,
            )
    if not as_json:
        print(", ".join(f"{end} {ends[end]}" for end in ENDS if ends[end]))
    return 0 if set(ends) == {"done"} else 1


class _Judge(Watcher):
    """Follows the goal after every action, and what the hand really took."""

    def __init__(self, truth: PhysicalTruth, goal: Goal) -> None:
        self._truth = truth
        self.progress = Progress(goal)
        self.reached = self.progress.update(truth)
        self.taken: list[str] = []
        self._verb: Verb | None = None

    def on_decision(self, episode: str, step_no: int, decision: Decision, action: object) -> None:
        """What is being tried."""
        self._verb = decision.verb

    def on_outcome(self, step_no: int, outcome: Outcome, written: Written) -> None:
        """How things really are now."""
        self._truth.follow()
        self.reached = self.progress.update(self._truth)
        held = self._truth.held()
        if self._verb is Verb.PICK and held is not None:
            self.taken.append(held)


def carried_out(task: Task, library: WorldLibrary, watchers: Sequence[Watcher] = (), steps: int = 40) -> list[Told]:
    """All instructions of ``task`` by a robot that has looked around once. Deterministic.

    Raises ``InputError`` as ``open_house``.
    """
    world, truth = open_house(task, library)
    begun = time.process_time()
    out = []
    with open_session(world, ":memory:", task.seed, watchers, steps=steps) as session:
        session.loop.survey()
        for instruction in task.instructions:
            out.append(_one(task.id, instruction.text, instruction.goal, session, truth, begun))
            begun = time.process_time()
    return out


def _one(id: str, text: str, goal: Goal, session: Session, truth: PhysicalTruth, begun: float) -> Told:
    judge, loop = _Judge(truth, goal), session.loop
    loop.watch(judge)
    before = session.world.time
    report: TaskReport | None = None
    try:
        report = loop.run(text)
        reason = report.reason
    except InstructionError as error:
        reason = str(error)
    finally:
        loop.unwatch(judge)
    label = session.memory.get
    history = report.history if report is not None else ()
    return Told(
        id, text, _end(report, judge, goal, truth), report is not None and report.done, judge.reached,
        judge.progress.credit(truth), reason, report.goals if report is not None else "",
        tuple(
            (f"{s.decision.verb} {label(s.decision.target).label if s.decision.target else ''}".strip(),
             str(s.outcome.status), s.outcome.detail)
            for s in history
        ),
        session.world.time - before, time.process_time() - begun,
    )  # fmt: skip


def _end(report: TaskReport | None, judge: _Judge, goal: Goal, truth: PhysicalTruth) -> str:
    """One of ``ENDS``: the stage at which it was lost."""
    if report is None:
        return "not understood"
    if judge.reached:
        return "done" if report.done else "done but not said"
    if report.done:
        return "claimed but false"
    if any(not _meant(thing, goal, truth) for thing in judge.taken):
        return "wrong thing"
    if report.reason.startswith("searched"):
        return "not found"
    failed = [s for s in report.history if not s.outcome.ok]
    if not failed:
        return "given up"
    return "skill refused" if failed[-1].outcome.status in REFUSED else "skill failed"


def _meant(thing: str, goal: Goal, truth: PhysicalTruth) -> bool:
    """Does some condition of the goal speak of such a thing, whatever its state?"""
    whats = [leaf.what for leaf in leaves(goal) if isinstance(leaf, Inside | State | Held)]
    return any(thing == w.id if w.id else truth.kind(thing) == w.type for w in whats)
