"""Tasks of the suites with physics: the simulator's account of a goal, and at which stage a task was lost."""

from types import SimpleNamespace

import pytest

from loci.contracts import Decision, Outcome, Status, Step, Verb
from loci.errors import InputError
from loci.launch.tasks_run import ENDS, _end
from loci.planner import TaskReport
from loci.sim.bullet import pybullet
from loci.sim.goals import All, Held, Inside, Progress, State, Which
from loci.sim.suite import draw
from loci.sim.task_physics import check, open_house
from loci.sim.task_worlds import WorldLibrary


@pytest.fixture(scope="module")
def opened():
    task = draw("single", "house", 1, WorldLibrary())
    world, truth = open_house(task, WorldLibrary())
    yield task, world, truth
    world.close()


def swing(world, name, share):
    """A door where the test wants it."""
    piece = world.furniture[name]
    pybullet().resetJointState(piece.body, piece.joint, share * piece.spec.motion.upper, physicsClientId=world.client)


def test_the_house_with_physics_is_the_one_of_the_task(opened) -> None:
    """Things are where the symbolic house has them, its clock goes on, and the goal does not hold yet."""
    task, world, truth = opened
    stage = WorldLibrary().open(task.world)
    assert world.time == task.world.time
    assert {truth.kind(i) for i in truth.ids()} <= {stage.kind(i) for i in stage.ids()}
    same = [truth.holder(i)[:1] == stage.holder(i)[:1] for i in world.movables]
    assert sum(same) >= len(same) - 1  # something may roll
    assert [truth.state(n, "open") for n in world.furniture] == [stage.state(n, "open") for n in world.furniture]
    assert not Progress(task.instructions[0].goal).update(truth)


def test_a_door_ajar_is_neither_opened_nor_closed(opened) -> None:
    """It stays what it was until it is plainly the other."""
    _, world, truth = opened
    said = []
    for share in (0.12, 0.5, 0.12, 0.0):
        swing(world, "fridge-1", share)
        truth.follow()
        said.append(truth.state("fridge-1", "open"))
    assert said == [False, True, True, False]


def test_a_closed_fridge_cools_and_an_open_one_does_not(opened) -> None:
    _, world, truth = opened
    inside = [i for i in world.movables if "fridge-1" in truth.holder(i)]
    outside = [i for i in world.movables if "fridge-1" not in truth.holder(i)]
    assert inside
    assert all(truth.state(i, "cooled") for i in inside)
    assert not any(truth.state(i, "cooled") for i in outside)
    swing(world, "fridge-1", 0.5)
    truth.follow()
    assert all(truth.state(i, "cooled") for i in inside)  # and what was cooled was cooled
    swing(world, "fridge-1", 0.0)


def test_what_is_tied_to_something_is_held(opened) -> None:
    _, world, truth = opened
    assert truth.held() is None
    name = sorted(world.movables)[0]
    p = pybullet()
    tie = p.createConstraint(
        world.furniture["table-1"].body, -1, world.movables[name], -1, p.JOINT_FIXED, [0, 0, 0], [0, 0, 1], [0, 0, 0],
        physicsClientId=world.client,
    )  # fmt: skip
    assert truth.held() == name
    p.removeConstraint(tie, physicsClientId=world.client)
    assert truth.held() is None


def test_only_houses_with_nobody_else_have_physics() -> None:
    moved = draw("moved", "house", 3, WorldLibrary())
    with pytest.raises(InputError, match="people have no bodies"):
        check(moved)
    check(draw("composite", "house", 3, WorldLibrary()))


def report(status, *outcomes, reason=""):
    steps = tuple(Step(Decision(Verb.PICK, "o1"), Outcome(o)) for o in outcomes)
    return TaskReport("", status, len(steps), reason, "e1", steps)


@pytest.mark.parametrize(
    ("told", "reached", "taken", "end"),
    [
        (None, False, [], "not understood"),
        (report("done"), True, ["mug-1"], "done"),
        (report("done"), False, ["mug-1"], "claimed but false"),
        (report("failed"), True, [], "done but not said"),
        (report("failed", reason="searched the sink: the mug not found"), False, [], "not found"),
        (report("failed", Status.SLIPPED), False, ["mug-2"], "wrong thing"),
        (report("failed", Status.SLIPPED), False, ["mug-1"], "skill failed"),
        (report("failed", Status.BLOCKED), False, [], "skill refused"),
        (report("failed", Status.SUCCEEDED), False, ["cup-9"], "given up"),
    ],
)
def test_where_a_task_was_lost(told, reached, taken, end) -> None:
    goal = All((Inside(Which(id="mug-1"), Which("table")), State(Which("fridge"), "open"), Held(Which("cup"))))
    truth = SimpleNamespace(kind=lambda id: id.split("-")[0])
    assert _end(told, SimpleNamespace(reached=reached, taken=taken), goal, truth) == end
    assert end in ENDS
