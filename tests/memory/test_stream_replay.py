"""Streams into memories: recorded ones, exports, bad ones, broken-off ones."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import ObjectReport, Outcome, Status
from loci.errors import ConfigError, DamagedMemory, InputError
from loci.geometry import Box
from loci.memory import Memory
from loci.memory.repair import repair
from loci.memory.stream import (
    RecordedMemory,
    StreamWriter,
    StrictStop,
    export,
    replay,
)
from loci.memory.stream_note import KEPT


def eventful(stage: Any) -> None:
    """A carry, a slip, a vanishing, a link, a door, notes, sub-goals, and attention moved by hand."""
    memory = stage.memory
    episode, goal = stage.pick_the_apple()
    apple = stage.props["apple"]
    memory.short_term.touch(stage.ids["milk"])
    memory.short_term.pin(stage.ids["mug"])
    memory.recall("where is the apple?")
    memory.end_subgoal(goal, "done", stage.now)
    apple.visible = False
    stage.hand(tuple(apple.center), False)
    stage.looks(4)
    memory.commit()
    stage.blank(4.0)
    stage.props["mug"].center, stage.props["mug"].track = np.array([0.6, -0.6, 0.85]), 99
    stage.look(only=lambda p: p.name == "mug")
    stage.looks(8)
    memory.write(
        ObjectReport(stage.now + 0.1, "robot", "map", {"book": 0.9}, Box.from_bounds([0.7, 0.3, 0.8], [0.9, 0.5, 0.84]))
    )
    memory.note("search", "searched the fridge: sponge not found", stage.now, refs=("o5",))
    memory.end_episode(episode, "failed", stage.now)
    stage.looks(12, keyframe=True)


@pytest.fixture
def recorded(tmp_path: Path, new_stage) -> tuple[Path, Path]:
    """A memory and the stream that was recorded while it lived, through two sessions and a write that failed."""
    db, stream = tmp_path / "live.db", tmp_path / "live.jsonl"
    with RecordedMemory.record(db, stream, clock=lambda: 5.0) as memory:
        stage = new_stage(memory)
        eventful(stage)
        list(memory.dump())
        with pytest.raises(InputError):
            memory.end_action("a77", Outcome(Status.SLIPPED))
        stage.looks(2)
    with RecordedMemory.record(db, stream, clock=lambda: 9.0) as memory:
        stage.memory = memory
        stage.props["mug"].visible = False
        stage.looks(5)
    return db, stream


def dump(path: Path) -> list[str]:
    with Memory.open(path, read_only=True) as memory:
        return list(memory.dump())


def reports(path: Path, count: int, start: int = 0, **more: Any) -> None:
    """A stream of plain reports, one thing each."""
    with path.open("a") as file:
        for i in range(start, start + count):
            box = {"center": [i % 10, i // 10, 0.5], "size": [0.1, 0.1, 0.1]}
            print(json.dumps({"type": "report", "stamp": i, "label": f"k{i}", "box_world": box, **more}), file=file)


def test_a_recorded_stream_gives_an_equal_memory(recorded, tmp_path: Path) -> None:
    """Every decision is made again as it was."""
    db, stream = recorded
    with Memory.open(tmp_path / "again.db") as memory:
        result = replay(memory, stream, strict=True)
        assert (result.skipped, result.unknown) == (0, 0)
        assert list(memory.dump()) == dump(db)


def test_an_export_gives_an_equal_memory(recorded, tmp_path: Path) -> None:
    """Bit for bit: dump, head of the chain, pictures; and what is asked of it."""
    db, _ = recorded
    with Memory.open(db, read_only=True) as memory:
        head = memory.verify().head
        events = export(memory, tmp_path / "x.jsonl")
        assert events == memory.stats()["events"]
        pictures = [memory.keyframe(k.seq).jpeg for k in memory.keyframes()]
        where = memory.where("mug").text
    with Memory.open(tmp_path / "again.db") as again:
        result = replay(again, tmp_path / "x.jsonl", strict=True)
        assert result.taken == events + 2
        assert again.where("mug").text == where  # before anything was closed and opened
        assert list(again.dump()) == dump(db)
        assert again.verify(head).ok
        assert again.verify().head == head
        assert [again.keyframe(k.seq).jpeg for k in again.keyframes()] == pictures
        assert len(pictures) > 0
    with Memory.open(tmp_path / "again.db", read_only=True) as again:
        export(again, tmp_path / "y.jsonl")
    assert (tmp_path / "y.jsonl").read_bytes() == (tmp_path / "x.jsonl").read_bytes()


def test_an_export_without_pictures(recorded, tmp_path: Path) -> None:
    """Beliefs, poses and digests are all there; only the bytes are not, and the log says so."""
    db, _ = recorded
    with Memory.open(db, read_only=True) as memory:
        export(memory, tmp_path / "x.jsonl.gz", pictures=False)
    with Memory.open(tmp_path / "again.db") as again:
        replay(again, tmp_path / "x.jsonl.gz", strict=True)
        more = set(again.dump()) - set(dump(db))
        assert [json.loads(line)["kind"] for line in more] == ["blob.dropped"]
        assert again.verify().ok
        assert replay(again, tmp_path / "x.jsonl.gz", again=True).skipped == 0
        assert set(again.dump()) - set(dump(db)) == more
        with pytest.raises(InputError, match="dropped"):
            again.keyframe(again.keyframes()[0].seq)


def test_an_erased_payload_stays_erased(recorded, tmp_path: Path) -> None:
    """The chain goes on over the gap."""
    db, _ = recorded
    with Memory.open(db) as memory:
        note = next(e.seq for e in memory.events() if e.kind == "note.search")
        memory._store.erase(note, memory.now, "asked to")
    with Memory.open(db, read_only=True) as memory:
        export(memory, tmp_path / "x.jsonl")
    assert b"sponge" not in (tmp_path / "x.jsonl").read_bytes()
    with Memory.open(tmp_path / "again.db") as again:
        replay(again, tmp_path / "x.jsonl", strict=True)
        assert again.event(note).payload == {"erased": True}
        with Memory.open(db, read_only=True) as memory:
            assert again.verify(memory.verify().head).ok


def test_a_forgotten_thing_stays_forgotten(recorded, tmp_path: Path) -> None:
    """What was left of the payloads is carried over, with the proof that the rest was erased on purpose."""
    db, _ = recorded
    with Memory.open(db) as memory:
        memory.forget(thing=memory.find("milk")[0].id)
        live, head = list(memory.dump()), memory.verify().head
        export(memory, tmp_path / "x.jsonl")
    assert '"milk"' not in (tmp_path / "x.jsonl").read_text()
    with Memory.open(tmp_path / "again.db") as again:
        replay(again, tmp_path / "x.jsonl", strict=True)
        assert list(again.dump()) == live
        assert again.verify(head).ok
        assert again.find("milk") == []


def test_an_altered_export_is_found(recorded, tmp_path: Path) -> None:
    """A changed line is refused, with all that follow from it; so is an export without its end."""
    db, _ = recorded
    with Memory.open(db, read_only=True) as memory:
        export(memory, tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    changed = [*lines[:4], lines[4].replace('"stamp":0.5', '"stamp":0.6'), *lines[5:]]
    assert changed != lines
    (tmp_path / "y.jsonl").write_text("\n".join(changed) + "\n")
    with Memory.open(tmp_path / "again.db") as again:
        result = replay(again, tmp_path / "y.jsonl")
        assert result.taken == 4
        assert "altered" in result.first_bad[0].reason
        assert "cannot follow event 3" in result.first_bad[1].reason
        assert "not every line was taken in" in result.first_bad[-1].reason
        assert again.stats()["events"] == 3
    with Memory.open(":memory:") as other:
        other.note("mine", "x", 1.0)
        with pytest.raises(StrictStop, match="another event 1"):
            replay(other, tmp_path / "x.jsonl", strict=True)


def test_bad_lines_are_told_and_leave_no_trace(recorded, tmp_path: Path) -> None:
    """With bad lines in between, the memory is the same as without them."""
    db, stream = recorded
    bad = ["", "nonsense", '{"type":"video"}', '{"type":"action.end","id":"a9","status":"slipped","ended":1}',
           '{"type":"note","kind":"n","text":"t","stamp":1e30}', '{"type":"report","stamp":1}']  # fmt: skip
    lines = stream.read_text().splitlines()
    mixed = [x for i, line in enumerate(lines) for x in (line, bad[i % len(bad)])]
    (tmp_path / "mixed.jsonl").write_text("\n".join(mixed) + "\n")
    told = []
    with Memory.open(tmp_path / "again.db") as memory:
        result = replay(memory, tmp_path / "mixed.jsonl", on_bad=told.append)
        assert list(memory.dump()) == dump(db)
    blank = len([x for x in mixed if not x])
    assert result.skipped == len(told) == len(lines) - blank
    assert told[0].number == 4
    assert "not JSON" in told[0].reason
    assert result.taken == len(lines)


def test_strict_stops_and_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    """What came before stays; nothing is written twice."""
    stream = tmp_path / "s.jsonl"
    reports(stream, 5)
    good = stream.read_bytes()
    stream.write_bytes(good + b'{"type":"report"}\n')
    reports(stream, 3, start=5)
    with Memory.open(tmp_path / "m.db") as memory:
        with pytest.raises(StrictStop, match=r"line 6: .* is missing"):
            replay(memory, stream, strict=True)
        assert len(memory.things()) == 5
    stream.write_bytes(good)
    reports(stream, 3, start=5)
    with Memory.open(tmp_path / "m.db") as memory:
        result = replay(memory, stream, strict=True)
        assert (result.resumed, result.taken) == (5, 3)
        assert len(memory.things()) == 8
        assert all(t.sightings == 1 for t in memory.things())


def test_a_stream_that_grows(tmp_path: Path) -> None:
    """Replayed again and again, each line is taken in once; a line half written is waited for."""
    stream = tmp_path / "s.jsonl"
    with Memory.open(tmp_path / "m.db") as memory:
        for n in range(4):
            reports(stream, 2, start=2 * n)
            whole = stream.read_bytes()
            stream.write_bytes(whole[:-7])
            result = replay(memory, stream)
            assert (result.taken, result.skipped, result.resumed) == (1 if n == 0 else 2 - 1, 1, 2 * n)
            assert "cut off" in result.first_bad[0].reason
            stream.write_bytes(whole)
            assert replay(memory, stream).taken == 1
            assert replay(memory, stream).taken == 0
        assert len(memory.things()) == 8
        assert all(t.sightings == 1 for t in memory.things())


def test_two_streams_and_again(tmp_path: Path) -> None:
    """Positions are kept by content: a copy under another name is known, another stream is not mistaken for it."""
    a, b, copy = tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "c.jsonl.gz"
    reports(a, 50)
    reports(b, 50, start=100)
    copy.write_bytes(gzip.compress(a.read_bytes()))
    with Memory.open(tmp_path / "m.db") as memory:
        assert [replay(memory, s).taken for s in (a, b, copy, b, a)] == [50, 50, 0, 0, 0]
        assert replay(memory, a, again=True).taken == 50
        assert {t.sightings for t in memory.things()} == {1, 2}
        text = a.read_text()
        assert len(text) > 4096
        for changed in (text[:4200] + "\n", text.replace('stamp": 49', 'stamp": 48')):
            a.write_text(changed)
            with pytest.raises(ConfigError, match="begins like a stream"):
                replay(memory, a)


def test_no_such_stream(tmp_path: Path) -> None:
    """Said in a sentence; a damaged .gz keeps what could be read."""
    reports(tmp_path / "s.jsonl", 300)
    packed = gzip.compress((tmp_path / "s.jsonl").read_bytes())
    (tmp_path / "s.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "not.gz").write_bytes(b"plain text")
    with Memory.open(tmp_path / "m.db") as memory:
        for path, says in (
            (tmp_path / "no", "cannot be read"),
            (tmp_path, "folder"),
            (tmp_path / "not.gz", "beyond line 0"),
        ):
            with pytest.raises(InputError, match=says):
                replay(memory, path)
        with pytest.raises(InputError, match="cannot be read beyond line"):
            replay(memory, tmp_path / "s.jsonl.gz")
        assert 0 < len(memory.things()) < 300


def test_killed_replays_write_nothing_twice(tmp_path: Path) -> None:
    """kill -9 at four moments; in the end every report was taken in once."""
    stream = tmp_path / "s.jsonl"
    reports(stream, 1400, sigma=0.01)
    code = (
        "import sys; from loci.memory import Memory; from loci.memory.stream import replay\n"
        "with Memory.open(sys.argv[1]) as m: replay(m, sys.argv[2], on_progress=lambda r: print(r.lines, flush=True))"
    )
    resumed = []
    for wait in (200, 200):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "m.db"), str(stream)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= wait:
                break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with Memory.open(tmp_path / "m.db", read_only=True) as memory:
            resumed.append(len(memory.things()))
    small = stream.read_bytes().splitlines(keepends=True)[: resumed[-1] + 100]
    stream.write_bytes(b"".join(small))
    with Memory.open(tmp_path / "m.db") as memory:
        result = replay(memory, stream)
        assert result.resumed == resumed[-1]
        assert result.taken == 100
        assert len(memory.things()) == len(small)
        assert all(t.sightings == 1 for t in memory.things())
        assert memory.verify().ok


def test_a_pipe(tmp_path: Path) -> None:
    """Lines are taken in as they come."""
    stream = tmp_path / "s.jsonl"
    reports(stream, 3)
    code = (
        "import sys; from loci.memory import Memory; from loci.memory.stream import replay\n"
        "with Memory.open(sys.argv[1]) as m: print(replay(m, '-', on_progress=lambda r: print(r.taken, flush=True)).taken)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "m.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for n, line in enumerate(stream.read_text().splitlines(keepends=True)):
        process.stdin.write(line)
        process.stdin.flush()
        assert int(process.stdout.readline()) == n + 1
    assert process.communicate(timeout=20)[0] == "3\n"
    with Memory.open(tmp_path / "m.db") as memory:
        assert replay(memory, stream).resumed == 3  # the same lines, now from a file


def test_the_writer(tmp_path: Path) -> None:
    """A head on a new stream, none in the middle of it; what cannot be said leaves nothing behind."""
    path = tmp_path / "s.jsonl"
    report = ObjectReport(1.0, "robot", "map", {"mug": 0.9}, Box.from_bounds([0, 0, 0], [1, 1, 1]))
    for _ in range(2):
        with StreamWriter(path) as writer:
            writer.write(report)
            with pytest.raises(InputError, match="ObjectReport"):
                writer.write(ObjectReport(float("nan"), "robot", "map", {"mug": 0.9}, report.box_world))
    assert [json.loads(line)["type"] for line in path.read_text().splitlines()] == ["stream", "report", "report"]


NUMBER = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e-9, 1e6, -1e6, 1e-300]))
STAMP = st.one_of(st.floats(0, 100), st.sampled_from([-1e11, 1e11, 0.0, 1e9]))
FUZZBOX = st.fixed_dictionaries(
    {"center": st.lists(NUMBER, min_size=3, max_size=3), "size": st.lists(st.floats(0, 1e4), min_size=3, max_size=3)}
)
LABEL = st.sampled_from(["mug", "table", "fridge", "drawer", "handle", "object", "x'\"; --", "ü" * 20, " "])
THING = st.one_of(LABEL, st.fixed_dictionaries({"label": LABEL}), st.fixed_dictionaries({"at": st.just([0.0, 0, 0])}))
DETECTION = st.fixed_dictionaries(
    {"label": LABEL, "box_world": FUZZBOX},
    optional={
        "id": LABEL, "track": st.integers(-1, 3), "states": st.just({"openness": {"closed": 0.9}}), "cut": st.booleans(),
        "role": st.sampled_from(["object", "furniture", "part", "structure"]), "points_world": st.just([[0.0, 0, 0]] * 9),
        "appearance": st.sampled_from([[1.0], [0.0, 1.0], []]), "sigma": st.sampled_from([1e-6, 100.0]),
        "pixels": st.sampled_from([0, 10**9]),
    },
)  # fmt: skip
FRAME = st.fixed_dictionaries(
    {"type": st.just("frame"), "stamp": STAMP, "detections": st.lists(DETECTION, min_size=1, max_size=4)},
    optional={
        "relations": st.lists(st.fixed_dictionaries({"subject": st.just(0), "object": st.one_of(st.just(0), THING),
                              "predicate": st.sampled_from(["on", "in", "part_of"])}), max_size=2),
        "visibility": st.lists(st.fixed_dictionaries({"thing": THING, "detection": st.just(0),
                               "verdict": st.sampled_from(["seen", "seen_through"])}), max_size=2),
        "coverage": st.lists(st.fixed_dictionaries({"thing": THING, "share": st.floats(0, 1)}), max_size=2),
        "cleared": st.lists(FUZZBOX, max_size=2),
        "T_world_cam": st.just({"position": [-2, 0, 1], "quat_wxyz": [0.5, -0.5, 0.5, -0.5]}),
        "gripper": st.fixed_dictionaries({"holding": st.booleans(), "T_world_hand": st.just({"position": [0, 0, 0]})}),
    },
)  # fmt: skip
OTHER = st.one_of(
    st.fixed_dictionaries({"type": st.just("area"), "id": LABEL, "kind": st.sampled_from(["building", "floor", "room"]),
                           "label": LABEL, "stamp": STAMP}, optional={"parent": LABEL, "map": LABEL, "box": st.just(
                               {"lower": [0, 0, 0], "upper": [1, 1, 1]})}),
    st.fixed_dictionaries({"type": st.just("correction"), "stamp": STAMP, "poses": st.lists(st.fixed_dictionaries(
        {"stamp": STAMP, "T_world_cam": st.fixed_dictionaries({"position": st.lists(NUMBER, min_size=3, max_size=3)})},
        optional={"before": st.just({"position": [0, 0, 0]})}), max_size=3)}),
    st.fixed_dictionaries({"type": st.just("report"), "stamp": STAMP, "label": LABEL, "box_world": FUZZBOX}),
    st.fixed_dictionaries({"type": st.just("action"), "id": LABEL, "verb": st.sampled_from(["pick", "place", "open", "close"]),
                           "target": THING, "status": st.sampled_from(["succeeded", "slipped", "not_there"]),
                           "started": STAMP, "ended": STAMP}),
    st.fixed_dictionaries({"type": st.sampled_from(["commit", "flush", "close", "undone"])}),
    st.fixed_dictionaries({"type": st.just("attention"), "op": st.sampled_from(["touch", "pin", "unpin", "focus"]),
                           "things": st.lists(LABEL, min_size=1, max_size=1)}),
    st.fixed_dictionaries({"type": st.just("episode.begin"), "id": LABEL, "text": LABEL, "stamp": STAMP}),
    st.fixed_dictionaries({"type": st.just("subgoal.end"), "id": LABEL, "status": LABEL, "stamp": STAMP}),
    st.fixed_dictionaries({"type": st.just("note"), "kind": LABEL, "text": LABEL, "stamp": STAMP}),
)  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.one_of(FRAME, FRAME, OTHER), max_size=8))
def test_whatever_the_format_allows_memory_survives(lines: list[dict[str, Any]]) -> None:
    """Nothing crashes, and the memory that comes of it is whole: it verifies, replays, and answers."""
    from loci.memory.stream_apply import Applier
    from loci.memory.stream_decode import decode_line

    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        applier = Applier(memory)
        for line in lines:
            before = memory._store.head
            try:
                applier.apply(decode_line(json.dumps(line)))
            except InputError as error:
                accident, after = "Error" in str(error), memory._store.head
            else:
                accident, after = False, before
            assert not accident, line
            assert after == before
        live = list(memory.dump())
        assert memory.verify().ok
        assert memory.where("mug").text
        with memory.replay(":memory:") as again:
            assert list(again.dump()) == live


def test_progress_is_told_a_batch_at_a_time(tmp_path: Path) -> None:
    """Two hundred lines become durable together, and are then told."""
    stream, seen = tmp_path / "s.jsonl", []
    reports(stream, 300)
    with Memory.open(tmp_path / "m.db") as memory:
        replay(memory, stream, on_progress=lambda r: seen.append((r.lines, memory.ack > 0)))
    assert [lines for lines, _ in seen] == [200, 300]


def test_a_recorded_stream_that_was_broken_off(recorded, tmp_path: Path) -> None:
    """Interrupted thrice, ids may come to differ; what the stream says of them still reaches the right things."""
    db, stream = recorded
    lines = stream.read_text().splitlines(keepends=True)
    for part in (7, 20, 41, len(lines)):
        (tmp_path / "part.jsonl").write_text("".join(lines[:part]))
        with Memory.open(tmp_path / "again.db") as memory:
            assert replay(memory, tmp_path / "part.jsonl", strict=True).unknown == 0
    with Memory.open(tmp_path / "again.db") as again, Memory.open(db, read_only=True) as live:
        mine, theirs = ([(t.label, str(t.place), t.knowledge) for t in m.things()] for m in (again, live))
        assert sorted(mine) == sorted(theirs)
        assert [e.status for e in again.episodes()] == [e.status for e in live.episodes()]


def test_into_a_memory_that_knows_other_things(recorded, tmp_path: Path) -> None:
    """The recorded ids are names there: nothing is said of the things that had them before."""
    _, stream = recorded
    with Memory.open(tmp_path / "m.db") as memory:
        for i in range(3):
            box = Box.from_bounds([7 + i, 7, 0], [7.1 + i, 7.1, 0.1])
            memory.write(ObjectReport(-100.0, "robot", "map", {f"k{i}": 0.9}, box))
        assert replay(memory, stream, strict=True).unknown == 0
        assert memory.get("o1").last_looked == -100.0
        assert memory.where("mug").value == ()  # it was taken away in the second session
        (fridge,) = memory.find("fridge")
        assert fridge.id not in ("o1", "o2", "o3")


def test_ctrl_c_in_the_middle(tmp_path: Path) -> None:
    """What is under way is undone, and goes on next time."""
    stream = tmp_path / "s.jsonl"
    reports(stream, 30)
    with stream.open("a") as file:
        print("nonsense", file=file)
    reports(stream, 10, start=30)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with Memory.open(tmp_path / "m.db") as memory:
        with pytest.raises(KeyboardInterrupt):
            replay(memory, stream, on_bad=interrupt)
        result = replay(memory, stream)
        assert (result.taken, result.skipped, result.resumed) == (40, 1, 0)
        assert all(t.sightings == 1 for t in memory.things())


def test_an_altered_note_of_what_was_taken_in_is_found(tmp_path: Path) -> None:
    """Names would stand for other things: no replay goes on from it, verify tells, repair and --again do without it."""
    stream, path = tmp_path / "s.jsonl", tmp_path / "m.db"
    reports(stream, 5, id="anns-cup")
    with Memory.open(path) as memory:
        replay(memory, stream, strict=True)
    good = path.read_bytes()
    for old, new in ((b'"anns-cup": "o', b'"anns-cup": "p'), (b'{"bytes"', b'{"bytas"'), (b'[{"bytes"', b'{{"bytes"')):
        assert good.count(old) == 1, old
        path.write_bytes(good.replace(old, new))
        with Memory.open(path) as memory:
            assert [f.where for f in memory.verify().faults] == ["streams"]
            with pytest.raises(DamagedMemory, match="--again"):
                replay(memory, stream)
            memory.forget(thing="o1")  # is not stopped by it, and leaves no name
            assert b"anns-cup" not in path.read_bytes()
        path.write_bytes(good.replace(old, new))
        with Memory.open(path) as memory:
            assert replay(memory, stream, again=True).taken == 5
            assert memory.verify().ok
        path.write_bytes(good.replace(old, new))
        assert repair(path).faults
        with Memory.open(path) as memory:
            assert memory.verify().ok
            assert len(memory.things()) == 5


def test_a_note_without_a_digest_is_still_read(tmp_path: Path) -> None:
    """As it was written before there was one."""
    stream, path = tmp_path / "s.jsonl", tmp_path / "m.db"
    reports(stream, 5)
    with Memory.open(path) as memory:
        replay(memory, stream, strict=True)
        kept = memory._store.kept(KEPT)
        assert kept is not None
        memory._store.keep(KEPT, kept.partition(" ")[2])
        assert memory.verify().ok
        assert replay(memory, stream).resumed == 5
