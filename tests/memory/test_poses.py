"""Corrections of past poses: what was seen from them moves, what belongs together stays together, both versions are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loci.contracts import Decision, ObjectReport, Outcome, Role, Status, Verb
from loci.errors import InputError
from loci.geometry import Box, rotation_z, transform
from loci.memory import Memory, PoseCorrection
from loci.memory.stream import RecordedMemory, export, replay

BACK = transform(t=(-0.5, 0.3, 0.0))


def shifted(stage, by) -> None:
    """The world as a robot sees it whose pose is off by ``by`` (3,)."""
    for prop in stage.props.values():
        prop.center = prop.center + np.asarray(by)


def undrift(stage, stamps, T=BACK, **more) -> list[PoseCorrection]:
    return [PoseCorrection(T @ stage.T_world_cam, pose_id=f"f{s:.2f}", **more) for s in stamps]


def centers(memory: Memory) -> dict[str, np.ndarray]:
    return {t.id: t.box_world.center for t in memory.things()}


def lawful(memory: Memory) -> None:
    """Replay = live, and the file verifies."""
    live = list(memory.dump())
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == live
    assert memory.verify().ok


def test_all_that_was_seen_from_a_pose_moves_with_it(stage) -> None:
    """One pose, one correction: boxes and points move by just that, places stay, and nothing is told as moved by anybody."""
    stage.kitchen()
    stage.looks(6)
    memory, first = stage.memory, 0.5
    before, clouds = centers(memory), {t.id: t.points_world for t in memory.things()}
    done = memory.correct_poses(undrift(stage, [first]))
    assert (done.named, done.unknown) == (1, 0)
    assert set(done.things) == set(before)
    assert done.relations == 0
    for thing in memory.things():
        assert thing.box_world.center == pytest.approx(before[thing.id] + [-0.5, 0.3, 0.0], abs=1e-3)
        assert thing.points_world == pytest.approx(clouds[thing.id] + np.float32([-0.5, 0.3, 0.0]), abs=2e-3)
    assert memory.where("mug").value == (stage.ids["table"],)
    assert memory.where("milk").value == (stage.ids["fridge"],)
    assert stage.ids["mug"] in {t.id for t in memory.within([-0.25, 0.45, 0.8], [-0.15, 0.55, 0.9])}
    ids = dict(stage.ids)
    shifted(stage, BACK[:3, 3])
    looks = [stage.look(T=BACK @ stage.T_world_cam) for _ in range(4)]
    assert [c.kind for w in looks for c in w.changes] == []
    assert stage.ids == ids
    lawful(memory)


def test_both_versions_are_kept(stage) -> None:
    """What was believed before the correction is what a replay up to it gives; the old pictures' poses, too."""
    stage.kitchen()
    stage.looks(6, keyframe=True)
    memory = stage.memory
    list(memory.dump())
    then, upto = centers(memory), int(memory.stats()["events"])
    (shown,) = memory.keyframes()
    (_, base), *_ = memory.robot_path()
    memory.correct_poses(undrift(stage, [0.5]))
    (now,) = memory.keyframes()
    assert now.T_world_cam == pytest.approx(BACK @ shown.T_world_cam, abs=1e-5)
    assert memory.robot_path()[0][1] == pytest.approx(BACK @ base, abs=1e-3)
    with memory.replay(":memory:", upto=upto) as past:
        assert {k: v.tolist() for k, v in centers(past).items()} == {
            k: pytest.approx(v.tolist(), abs=1e-3) for k, v in then.items()
        }
        assert past.keyframes()[0].T_world_cam == pytest.approx(shown.T_world_cam, abs=1e-5)
        assert past.robot_path()[0][1] == pytest.approx(base, abs=1e-3)
    lawful(memory)


def test_a_closed_loop_makes_one_of_two(stage) -> None:
    """Seen again with a drift of metres everything is there twice; the corrected poses leave one of each, by its old id."""
    stage.kitchen()
    stage.looks(5)
    old = dict(stage.ids)
    stage.blank(20.0)
    shifted(stage, (0.0, 0.0, 4.0))
    for prop in stage.props.values():
        prop.track += 100
    stage.looks(5, T=transform(t=(0, 0, 4.0)) @ stage.T_world_cam, verdicts=False)
    assert len(stage.memory.things()) == 10
    late = stage.now - 4 * 0.5
    done = stage.memory.correct_poses([PoseCorrection(stage.T_world_cam, pose_id=f"f{late:.2f}")])
    assert len(done.merged) == 5
    assert {t.id for t in stage.memory.things()} == set(old.values())
    assert stage.memory.where("mug").value == (old["table"],)
    shifted(stage, (0.0, 0.0, -4.0))
    assert set(stage.look(verdicts=False).ids) == set(old.values())
    lawful(stage.memory)


def test_what_came_apart_is_placed_anew(stage) -> None:
    """Seen from a wrong pose a book seemed to be on the next table: it never was, and it is said so of the past as well."""
    stage.add("left", "table", (0.5, -1.0, 0.4), (1.0, 1.0, 0.8), role=Role.FURNITURE)
    stage.add("right", "counter", (0.5, 0.4, 0.4), (1.0, 1.0, 0.8), role=Role.FURNITURE, color=2)
    stage.looks(4)
    memory, away = stage.memory, transform(t=(0.0, 0.0, 0.6)) @ stage.T_world_cam
    book = stage.add("book", "book", (0.5, 0.4, 0.83), (0.2, 0.15, 0.05), color=5)  # really on the left one
    stage.looks(4, T=away, relations=False, verdicts=False, only=lambda p: p is book)
    first = stage.now - 3 * 0.5
    assert memory.where("book").value == (stage.ids["right"],)
    list(memory.dump())
    upto = int(memory.stats()["events"])
    done = memory.correct_poses([PoseCorrection(transform(t=(0, -1.4, 0)) @ away, pose_id=f"f{first:.2f}")])
    assert done.things == (stage.ids["book"],)
    assert done.relations == 1
    assert memory.where("book").value == (stage.ids["left"],)
    assert memory.where("book", at=stage.now).value == (stage.ids["left"],)
    (wrong, right) = memory.facts(stage.ids["book"])
    assert (wrong.object, wrong.end) == (stage.ids["right"], wrong.start)
    assert (right.object, right.start, right.end) == (stage.ids["left"], wrong.start, None)
    with memory.replay(":memory:", upto=upto) as past:
        assert past.where("book").value == (stage.ids["right"],)
    lawful(memory)


def test_a_turn_turns_boxes(stage) -> None:
    """A correction with a rotation: centres go round, boxes turn, sizes stay."""
    stage.kitchen()
    stage.looks(4)
    turn = transform(rotation_z(0.4), (0.2, -0.1, 0.0))
    before = {t.id: t.box_world for t in stage.memory.things()}
    stage.memory.correct_poses(undrift(stage, [0.5], turn))
    for thing in stage.memory.things():
        old = before[thing.id]
        assert thing.box_world.center == pytest.approx((turn @ np.append(old.center, 1))[:3], abs=2e-3)
        assert thing.box_world.size == pytest.approx(old.size, abs=1e-3)
        assert thing.box_world.yaw - old.yaw == pytest.approx(0.4, abs=1e-3)
    lawful(stage.memory)


def views(stage, count: int) -> list[tuple[float, np.ndarray]]:
    """Looks from poses half a metre apart; (stamp, pose) of each."""
    found = []
    for i in range(count):
        T = transform(t=(-0.1 * i, 0.5 * i - 0.5, 0.0)) @ stage.T_world_cam
        stage.look(T=T)
        found.append((stage.now, T))
    return found


def test_poses_between_corrected_ones_follow(stage) -> None:
    """Only the first and the last are named: the middle one moves half as far; outside of the two nothing does."""
    stage.kitchen()
    seen = views(stage, 3)
    book = stage.add("book", "book", (0.6, 0.5, 0.83), (0.2, 0.15, 0.05), color=5, on="table")
    stage.looks(3, T=transform(t=(0, 0, 0.7)) @ stage.T_world_cam, only=lambda p: p is book, verdicts=False)
    before = centers(stage.memory)
    (first, T0), _, (last, T2) = seen
    drift = transform(t=(0.4, 0.0, 0.0))
    done = stage.memory.correct_poses([PoseCorrection(T0, stamp=first), PoseCorrection(drift @ T2, stamp=last)])
    assert (done.named, done.between, done.unknown) == (2, 1, 0)
    after = centers(stage.memory)
    assert after[stage.ids["book"]] == pytest.approx(before[stage.ids["book"]])
    # the mean of three looks that moved by 0, 0.2 and 0.4 m
    assert after[stage.ids["mug"]] - before[stage.ids["mug"]] == pytest.approx([0.2, 0, 0], abs=5e-3)
    lawful(stage.memory)


def test_a_pose_that_is_not_known(stage) -> None:
    """Counted; with the pose as it was before, it counts for the poses around it."""
    stage.kitchen()
    seen = views(stage, 3)
    memory, before = stage.memory, centers(stage.memory)
    done = memory.correct_poses([PoseCorrection(np.eye(4), pose_id="never")])
    assert (done.seq, done.unknown, done.things) == (0, 1, ())
    around = [seen[0][0] - 0.1, seen[-1][0] + 0.1]
    done = memory.correct_poses([PoseCorrection(BACK, stamp=s, before=np.eye(4)) for s in around])
    assert (done.named, done.between) == (0, 3)
    for id, center in centers(memory).items():
        assert center == pytest.approx(before[id] + BACK[:3, 3], abs=2e-3)
    assert memory.correct_poses([PoseCorrection(BACK, stamp=seen[0][0], robot_id="another")]).unknown == 1
    with pytest.raises(InputError, match="names no pose"):
        memory.correct_poses([PoseCorrection(np.eye(4))])
    with pytest.raises(InputError, match="no rigid transform"):
        memory.correct_poses([PoseCorrection(2 * np.eye(4), pose_id="f0.50")])


def test_what_has_moved_since_stays(stage) -> None:
    """A thing that was seen in another place later rests on no look from the corrected pose any more."""
    stage.kitchen()
    stage.looks(5)
    mug = stage.props["mug"]
    mug.center = mug.center + np.array([0.3, -0.6, 0.0])
    away = transform(t=(0.0, 0.0, 0.8)) @ stage.T_world_cam
    stage.looks(8, T=away, only=lambda p: p is mug)
    before = centers(stage.memory)
    stage.memory.correct_poses(undrift(stage, [0.5]))
    after = centers(stage.memory)
    assert after[stage.ids["mug"]] == pytest.approx(before[stage.ids["mug"]])
    assert after[stage.ids["apple"]] == pytest.approx(before[stage.ids["apple"]] + BACK[:3, 3], abs=2e-3)


def test_twice_is_once(stage) -> None:
    """A pose that is corrected twice moves things by the difference; back again is where they were."""
    stage.kitchen()
    stage.looks(4)
    before = centers(stage.memory)
    stage.memory.correct_poses(undrift(stage, [0.5]))
    assert stage.memory.correct_poses(undrift(stage, [0.5])).things == ()
    stage.memory.correct_poses(undrift(stage, [0.5], np.eye(4)))
    for id, center in centers(stage.memory).items():
        assert center == pytest.approx(before[id], abs=1e-3)


def test_a_surer_pose_makes_things_surer(stage) -> None:
    """The covariance of the corrected pose takes the place of the old one's."""
    stage.kitchen()
    stage.looks(2)
    memory, mug = stage.memory, stage.ids["mug"]
    before = memory.get(mug).sigma
    memory.correct_poses(undrift(stage, [0.5], np.eye(4), pose_cov=np.diag([0.04] * 3 + [1e-6] * 3)))
    assert memory.get(mug).sigma == pytest.approx(before)  # nothing moved: nothing is touched
    memory.correct_poses(undrift(stage, [0.5], pose_cov=np.diag([0.09] * 3 + [1e-6] * 3)))
    assert memory.get(mug).sigma > 0.1


def test_through_the_stream_and_back(tmp_path: Path, new_stage) -> None:
    """Recorded, replayed and exported with a correction in it: the same dump, bit for bit, every way."""
    recording, copy = tmp_path / "r.jsonl", tmp_path / "e.jsonl"
    with RecordedMemory.record(tmp_path / "a.db", recording, clock=lambda: 0.0) as memory:
        stage = new_stage(memory)
        stage.kitchen()
        stage.looks(4, keyframe=True)
        memory.correct_poses(undrift(stage, [0.5]))
        shifted(stage, BACK[:3, 3])
        stage.looks(4, T=BACK @ stage.T_world_cam)
        live = list(memory.dump())
        export(memory, copy)
    assert '"type":"correction"' in recording.read_text()
    for name, stream in (("b", recording), ("c", copy)):
        with Memory.open(tmp_path / f"{name}.db", clock=lambda: 0.0) as again:
            assert replay(again, stream, strict=True).skipped == 0
            assert list(again.dump()) == live


def test_an_erased_time_takes_its_poses_along(stage) -> None:
    """A span that is forgotten leaves no camera pose; a corrected memory can be forgotten from and still replays."""
    stage.kitchen()
    seen = views(stage, 3)
    stage.memory.correct_poses([PoseCorrection(BACK @ seen[2][1], stamp=seen[2][0])])
    stage.memory.forget(between=(seen[1][0] - 0.1, seen[1][0] + 0.1))
    stamps = [s for (s,) in stage.memory._store.db.execute("SELECT stamp FROM poses ORDER BY num")]
    assert stamps == [seen[0][0], seen[2][0]]
    stage.memory.compact(200_000)
    lawful(stage.memory)


def test_what_was_put_unseen_rides(stage) -> None:
    """Put on a table by a hand and not looked at since, a thing rests on no look of its own: it stays on that table."""
    stage.kitchen()
    stage.looks(4)
    memory, mug = stage.memory, stage.ids["mug"]
    for verb, target in ((Verb.PICK, mug), (Verb.PLACE, stage.ids["table"])):
        action = memory.begin_action(Decision(verb, target, "on", (0.6, 0.5, 0.85)), stage.now)
        memory.end_action(action, Outcome(Status.SUCCEEDED, "", stage.now, stage.now + 1))
    before = centers(memory)[mug]
    done = memory.correct_poses(undrift(stage, [0.5]))
    assert mug in done.things
    assert centers(memory)[mug] == pytest.approx(before + BACK[:3, 3], abs=2e-3)
    assert memory.where(mug).value == (stage.ids["table"],)
    assert done.relations == 0
    lawful(memory)


def told(stage, label: str, spot, after: float, track: int = -1) -> str:
    """A report of a thing at a spot, so many seconds after the newest frame; the thing's id."""
    stage.now += after
    half = np.array([0.04, 0.04, 0.1])
    box = Box.from_bounds(np.asarray(spot) - half, np.asarray(spot) + half)
    (id,) = stage.memory.write(ObjectReport(stage.now, "robot", "map", {label: 0.95}, box, track=track)).ids
    return id


def test_what_is_reported_beside_a_frame_moves_with_its_pose(stage) -> None:
    """A report means the world as its robot's newest frame has it; of one without a frame nothing can be corrected."""
    stage.kitchen()
    stage.looks(6)
    memory = stage.memory
    beside = told(stage, "bottle", (0.6, -0.5, 0.9), after=0.4)
    alone = told(stage, "vase", (0.6, 0.5, 0.9), after=30.0)
    before = centers(memory)
    done = memory.correct_poses(undrift(stage, [0.5]))
    assert beside in done.things
    assert alone not in done.things
    assert centers(memory)[beside] == pytest.approx(before[beside] + BACK[:3, 3], abs=1e-3)
    assert centers(memory)[alone] == pytest.approx(before[alone])
    lawful(memory)


def test_a_report_of_another_robot_has_another_world(stage) -> None:
    stage.kitchen()
    stage.looks(3)
    half = np.array([0.04, 0.04, 0.1])
    spot = np.array([0.6, -0.5, 0.9])
    box = Box.from_bounds(spot - half, spot + half)
    stage.memory.write(ObjectReport(stage.now + 0.2, "bob", "map", {"bottle": 0.95}, box))
    bottle = stage.memory.find("bottle")[0].id
    assert bottle not in stage.memory.correct_poses(undrift(stage, [0.5])).things


def test_where_a_thing_was_seen_before_does_not_move_where_it_is_reported(stage) -> None:
    """Seen on the table, later followed to the floor without a frame: a corrected pose of then says nothing of now."""
    stage.kitchen()
    stage.looks(6)
    memory, mug = stage.memory, stage.ids["mug"]
    there = np.array([0.3, 0.9, 0.05])
    for _ in range(3):
        assert told(stage, "mug", there, after=1.1, track=stage.props["mug"].track) == mug
    before = centers(memory)[mug]
    assert before == pytest.approx(there, abs=0.02)
    assert mug not in memory.correct_poses(undrift(stage, [0.5])).things
    assert centers(memory)[mug] == pytest.approx(before)
    lawful(memory)
