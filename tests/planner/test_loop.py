"""The loop: what it writes, tells and refuses; budgets, repetition, cancelling, bodies that misbehave."""

from __future__ import annotations

from types import ModuleType

import pytest

from loci.contracts import Action, Decision, Outcome, Situation, Status, Verb
from loci.errors import InstructionError, RobotError
from loci.planner import Loop, OfflinePolicy, Watcher


class Scripted:
    """Plays decisions by name, then gives up."""

    def __init__(self, s: object, *script: tuple[Verb, str | None, str | None]) -> None:
        self.s, self.script, self.seen = s, list(script), []

    def decide(self, situation: Situation) -> Decision:
        self.seen.append(situation)
        if not self.script:
            return Decision(Verb.DONE, why="the script is over")
        verb, name, relation = self.script.pop(0)
        target = self.s.memory.ids.get(name, name) if name else None  # type: ignore[attr-defined]
        return Decision(verb, target, relation, why="as scripted")


class Log(Watcher):
    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []

    def on_frame(self, frame: object, batch: object, written: object) -> None:
        self.events.append(("frame", frame))

    def on_decision(self, episode: str, step_no: int, decision: Decision, action: Action | None) -> None:
        self.events.append(("decision", (episode, step_no, decision, action)))

    def on_outcome(self, step_no: int, outcome: Outcome, written: object) -> None:
        self.events.append(("outcome", (step_no, outcome)))

    def on_text(self, kind: str, text: str, stamp: float) -> None:
        self.events.append(("text", (kind, text)))


def ready(toy: ModuleType, policy: object = None, **options: object) -> tuple[object, Loop, Log]:
    s = toy.setting()
    log = Log()
    loop = Loop(s.robot, s.perceiver, s.memory, policy or OfflinePolicy(s.memory), [log], **options)  # type: ignore[arg-type]
    loop.survey()
    return s, loop, log


def test_what_is_written_and_told(toy: ModuleType) -> None:
    s, loop, log = ready(toy)
    report = loop.run("Fetch the mug from the drawer and put it on the table.")
    episode = s.memory.log[-1]
    assert (report.status, report.episode, episode.status) == ("done", episode.id, "done")
    assert [a.verb for a in episode.actions] == ["open", "pick", "place", "close"]
    assert all(a.status == "succeeded" and a.why for a in episode.actions)
    assert s.memory.commits >= 2
    assert [t for t, _ in s.memory.subgoals][:2] == ["find the mug", "the mug from the drawer on the table"]
    assert all(status for _, status in s.memory.subgoals)
    kinds = [kind for kind, _ in log.events]
    assert kinds.count("decision") == 1 + 4 + 1  # survey, four actions, done
    assert kinds.count("outcome") == 5
    assert kinds.index("decision") < kinds.index("frame") < kinds.index("outcome")
    assert [step.decision.verb for step in report.history] == [Verb.OPEN, Verb.PICK, Verb.PLACE, Verb.CLOSE]


def test_not_understood_leaves_memory_untouched(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)
    before = (len(s.memory.log), s.memory.commits, list(s.memory.notes), dict(s.memory.beliefs))
    with pytest.raises(InstructionError):
        loop.run("Fetch the unicorn from the drawer.")
    assert before == (len(s.memory.log), s.memory.commits, list(s.memory.notes), dict(s.memory.beliefs))
    assert len(s.robot.started) == 1


def test_targets_carry_beliefs(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)
    loop.run("Put the apple on the counter.")
    action = s.robot.actions[-1]
    counter = s.memory.get(s.memory.ids["the_counter"])
    assert action.target is not None
    assert (action.target.id, action.target.label) == (counter.id, "counter")
    assert action.target.box_world is counter.box_world
    assert action.relation == "on"


def test_refused_by_the_gate_and_told_to_the_policy(toy: ModuleType) -> None:
    s, loop, log = ready(toy)
    loop.policy = policy = Scripted(s, (Verb.SLICE, "apple", None), (Verb.PICK, "o99", None))
    started = len(s.robot.started)
    report = loop.run("Put the apple in the sink.")
    assert report.status == "failed"
    assert [step.outcome.status for step in report.history] == [Status.REFUSED] * 2
    assert "slice" in policy.seen[1].feedback
    assert "o99" in policy.seen[2].feedback
    assert len(s.robot.started) == started  # the body was not asked
    assert [a.status for a in s.memory.log[-1].actions] == ["refused", "refused"]
    assert any(kind == "gate" for kind, _ in s.memory.notes)
    assert all(e[1][3] is None for e in log.events if e[0] == "decision" and e[1][0] == report.episode)


def test_understood_but_not_capable(toy: ModuleType) -> None:
    _, loop, _ = ready(toy)
    report = loop.run("Slice the apple.")
    assert report.status == "failed"
    assert "capabilities" in report.reason


def test_saying_done_does_not_make_it_so(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)
    loop.policy = policy = Scripted(s)
    report = loop.run("Put the apple in the sink.")
    assert report.status == "failed"
    assert "does not hold" in policy.seen[-1].feedback
    assert report.steps == 0


def test_the_same_again_and_again(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)
    s.robot.lies.add((Verb.OPEN, "the_fridge"))
    loop.policy = Scripted(s, *[(Verb.NAVIGATE, "the_fridge", None)] * 20)
    report = loop.run("Put the apple in the sink.")
    assert report.status == "failed"
    assert "no progress" in report.reason
    assert report.steps == 6
    loop.policy = Scripted(s, *[(Verb.PLACE, "the_table", "on")] * 20)
    assert loop.run("Put the apple in the sink.").steps == 3


def test_step_budget(toy: ModuleType) -> None:
    _, loop, _ = ready(toy, step_budget=2)
    report = loop.run("Fetch the mug from the drawer and put it on the table.")
    assert (report.status, report.steps) == ("failed", 2)
    assert "budget of 2" in report.reason


def test_false_success_is_corrected_before_memory_believes_it(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)
    s.robot.lies.add((Verb.PICK, "apple"))
    report = loop.run("Bring me the apple.")
    assert report.status == "failed"
    picks = [a for a in s.memory.log[-1].actions if a.verb == "pick"]
    assert {a.status for a in picks} == {"slipped"}
    assert s.memory.held() is None


def test_stop_ends_as_cancelled(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)
    s.robot.on_start = lambda action: loop.stop()
    report = loop.run("Fetch the mug from the drawer and put it on the table.")
    assert report.status == "cancelled"
    assert s.memory.log[-1].status == "cancelled"
    assert [a.status for a in s.memory.log[-1].actions] == ["cancelled"]
    assert s.kitchen.open == set()
    s.robot.on_start = None
    assert loop.run("Fetch the mug from the drawer and put it on the table.").done


def test_keyboard_interrupt_leaves_memory_whole(toy: ModuleType) -> None:
    s, loop, log = ready(toy)
    handles = []
    start = s.robot.start

    def interrupted(action: Action) -> object:
        handle = start(action)
        handles.append(handle)
        poll = handle.poll
        calls = iter([1])

        def once() -> bool:
            if next(calls, None):
                raise KeyboardInterrupt
            return poll()

        handle.poll = once
        return handle

    s.robot.start = interrupted
    commits = s.memory.commits
    with pytest.raises(KeyboardInterrupt):
        loop.run("Fetch the mug from the drawer and put it on the table.")
    assert handles[0].result().status is Status.CANCELLED
    assert s.memory.log[-1].status == "cancelled"
    assert [a.status for a in s.memory.log[-1].actions] == ["cancelled"]
    assert s.memory.commits > commits
    assert log.events[-1] == ("text", ("report", "cancelled: interrupted"))


def test_a_broken_robot_ends_the_episode(toy: ModuleType) -> None:
    s, loop, _ = ready(toy)

    def broken(action: Action) -> object:
        raise RobotError("the arm is unplugged")

    s.robot.start = broken
    with pytest.raises(RobotError, match="unplugged"):
        loop.run("Put the apple in the sink.")
    assert s.memory.log[-1].status == "failed"
    assert s.memory.log[-1].actions[-1].status is not None


def test_an_action_that_never_ends_is_cancelled(toy: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    s, loop, _ = ready(toy)
    monkeypatch.setattr("loci.planner.acting._MAX_POLLS", 5)
    start = s.robot.start

    def endless(action: Action) -> object:
        handle = start(action)
        end = handle.poll
        handle.poll = lambda: handle._cancelled and end()
        return handle

    s.robot.start = endless
    loop.policy = Scripted(s, (Verb.LOOK, None, None))
    report = loop.run("Put the apple in the sink.")
    assert report.history[0].outcome.status is Status.TIMED_OUT


def test_same_start_same_run(toy: ModuleType) -> None:
    runs = []
    for _ in range(2):
        s, loop, _ = ready(toy)
        s.robot.faults[Verb.PICK, "mug_a"] = [Status.SLIPPED]
        loop.run("Fetch the mug from the drawer and put it on the table.")
        loop.run("Put the sponge in the sink.")
        runs.append((s.robot.started, s.memory.log, s.memory.notes))
    assert runs[0] == runs[1]
