"""Erasure on request: what is asked for is gone from every byte, everything else stays, and the chain still verifies."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loci.contracts import Decision, Outcome, Status, Verb
from loci.errors import InputError, MemoryLocked
from loci.geometry import transform
from loci.memory import Memory, codec
from loci.memory.records import Event
from loci.memory.redaction import Redactor
from loci.memory.stream import replay
from loci.memory.traces import Traces, _nouns

LABEL = "heirloom"
T_WORLD_CAM_BESIDE = transform([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], (-1.0, 0.1, 1.2))


def house(stage, rng: np.random.Generator, steps: int = 12) -> None:
    """A random stretch of life around a table, a fridge and a thing with a class of its own."""
    stage.kitchen()
    stage.add(LABEL, LABEL, (0.4, 0.5, 0.86), (0.1, 0.1, 0.12), on="table", color=5)
    stage.props["mug"].labels = {"mug": 0.85, LABEL: 0.1}  # now and then the recogniser takes one for the other
    stage.add("counter", "counter", (0.5, -1.6, 0.4), (0.8, 0.8, 0.8), role=stage.props["table"].role)
    stage.looks(4, keyframe=True)
    memory = stage.memory
    small = ["mug", "apple", "milk", LABEL]
    for _ in range(steps):
        name = small[rng.integers(len(small))]
        prop = stage.props[name]
        what = rng.integers(7)
        if what == 0:  # moved while nobody looked
            host = ["table", "counter"][rng.integers(2)]
            prop.on, prop.predicate, prop.visible = host, "on", True
            prop.center = stage.props[host].center + np.array([rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3), 0.46])
            stage.looks(4, dt=1.1, keyframe=True)
        elif what == 1:
            prop.visible = not prop.visible
            stage.looks(3)
        elif what == 2:
            stage.props["fridge"].states = {"openness": {"open": 0.95, "closed": 0.05} if rng.random() < 0.5 else
                                            {"open": 0.05, "closed": 0.95}}  # fmt: skip
            stage.looks(5, dt=2.5)
        elif what == 3 and name in stage.ids:
            episode = memory.begin_episode(f"fetch the {name}", stage.now)
            memory.begin_subgoal(f"hold the {name}", stage.now)
            action = memory.begin_action(Decision(Verb.PICK, stage.ids[name], why=f"the {name} is wanted"), stage.now)
            stage.look()
            memory.end_action(action, Outcome(Status.SLIPPED, f"the {name} slid away", stage.now - 0.1, stage.now))
            memory.end_episode(episode, "failed", stage.now)
        elif what == 4:
            memory.note("search", f"looked for the {name}", stage.now, refs=(stage.ids.get(name, "o1"),))
        else:
            stage.looks(2, dt=float(rng.uniform(0.5, 6)), keyframe=bool(rng.integers(2)))
    stage.looks(2)


def everything(path: Path) -> bytes:
    """The file and its log as they lie on disk, and every packed value in it unpacked."""
    raw = b"".join(p.read_bytes() for p in sorted(path.parent.glob(path.name + "*")) if not p.name.endswith(".lock"))
    with Memory.open(path, read_only=True) as memory:
        bodies = [row[0] for row in memory._store.db.execute("SELECT body FROM payloads")]
    return raw + b"".join(map(codec.unsqueeze, bodies))


def told(memory: Memory, skip: set[str] = frozenset()) -> dict[str, object]:
    """Answers about everything but ``skip``, and but what has to do with it."""
    list(memory.dump())
    memory._world.load()  # so that everything is as it was logged
    found: dict[str, object] = {}
    for thing in memory.things():
        if thing.id in skip:
            continue
        facts = [(f.predicate, f.object, f.start, f.end, f.cause, f.seq) for f in memory.facts(thing.id)]
        found[f"{thing.id} facts"] = [f for f in facts if f[1] not in skip]
        found[f"{thing.id} state"] = memory.state(thing.id).text
        found[f"{thing.id} alike"] = set(thing.alike) - skip
        found[f"{thing.id} self"] = (thing.label, thing.box_world.center.tolist(), thing.knowledge,
                                     thing.last_seen, thing.sightings, thing.evidence)  # fmt: skip
        if skip.isdisjoint(f[1] for f in facts):
            where = memory.where(thing.id).text.partition(" Perhaps it is")[
                0
            ]  # a guess may have been the one that went
            found[f"{thing.id} where"] = (where, memory.history(thing.id).text)
        contents = memory.contents(thing.id).text
        if skip.isdisjoint(re.findall(r"o\d+", contents)):
            found[f"{thing.id} contents"] = contents
    return found


def whole(memory: Memory) -> None:
    """The laws that hold after any erasure."""
    assert memory.verify().faults == ()
    with memory.replay(":memory:") as again:
        assert list(again.dump()) == list(memory.dump())
        assert again.verify().ok


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), pick=st.integers(0, 5))
def test_forgetting_a_thing_changes_nothing_else(new_stage, seed: int, pick: int) -> None:
    """On random memories: verify, replay = live, and every answer that has nothing to do with it stays as it was."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        house(new_stage(memory, seed), np.random.default_rng(seed), 6)
        ids = [t.id for t in memory.things()]
        gone = ids[pick % len(ids)]
        aliases = {gone, *(i for i in memory._world.projection.merged if memory._world.resolve(i) == gone)}
        before, label = told(memory, aliases), memory.get(gone).label
        sure = {t.id: t.existence for t in memory.things() if t.id != gone}
        done = memory.forget(thing=gone)
        assert done.things == 1
        assert done.scrubbed
        after = told(memory)
        assert {key: after[key] for key in before} == before
        # how often things move was learned from it, too
        assert {t.id: t.existence for t in memory.things()} == pytest.approx(sure, abs=0.05)
        lines = "\n".join(line for line in memory.dump() if '"table":"counters"' not in line)
        assert not re.search(rf'"{gone}"|\({gone}\)|\b{gone}\b', re.sub(r'"__array__":\[[^\]]*\][^\]]*\]', "", lines))
        if label == LABEL:
            assert LABEL not in lines
        whole(memory)
        assert memory._world.new_id() not in ids


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), begin=st.floats(0, 1), length=st.floats(0.02, 1))
def test_forgetting_a_span_keeps_what_was_noticed_after(new_stage, seed: int, begin: float, length: float) -> None:
    """On random memories: nothing of the span is left in the beliefs; what was seen afterwards is where it was seen."""
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        house(new_stage(memory, seed), np.random.default_rng(seed), 6)
        told(memory)
        start = 0.5 + begin * (memory.now - 0.5)
        end = start + length * (memory.now - start)
        before = {t.id: (t, memory.where(t.id).text) for t in memory.things() if t.last_seen > end}
        memory.forget(between=(start, end))
        after = {t.id: t for t in memory.things()}
        for id, (thing, where) in before.items():
            assert after[id].box_world.center.tolist() == thing.box_world.center.tolist()
            assert memory.where(id).text == where
            assert {k: s.value for k, s in after[id].states.items()} == {k: s.value for k, s in thing.states.items()}
        db = memory._store.db
        within = (start, end)
        for table, column in (("changes", "stamp"), ("keyframes", "stamp"), ("path", "stamp"), ("notes", "stamp"),
                              ("facts", "start"), ("coverage", "stamp"), ("acts", "started")):  # fmt: skip
            query = f"SELECT count(*) FROM {table} WHERE {column} BETWEEN ? AND ?"
            assert db.execute(query, within).fetchone()[0] == 0, table
        for thing in after.values():
            assert not any(start <= t <= end for t in (thing.first_seen, thing.last_seen, thing.last_looked))
        whole(memory)


def test_every_byte_is_gone(tmp_path: Path, new_stage) -> None:
    """The raw file and its log hold neither the label, nor the appearance, nor the points, nor the pictures."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        stage = new_stage(memory)
        house(stage, np.random.default_rng(3))
        memory.note("preference", f"Ann wants the {LABEL} left alone", stage.now)
        id = stage.ids[LABEL]
        memory.commit()
        arrays = memory._world.projection.arrays(id)
        shown = [k.seq for k in memory.keyframes() if id in k.ids]
        pictures = [memory.keyframe(seq).jpeg for seq in shown]
        needles = [LABEL.encode(), LABEL.upper().encode(), *pictures]
        needles += [a.tobytes() for a in arrays.values()] + [base64.b64encode(a.tobytes()) for a in arrays.values()]
        assert shown
        here = everything(path)
        assert all(n in here for n in (needles[0], *pictures, arrays["appearance"].tobytes()))
        done = memory.forget(thing=id)
        assert done.pictures >= len(shown)
        assert done.size[1] < done.size[0]
        here = everything(path)  # while the writer still has it open
        assert not any(n in here for n in needles)
        assert memory.usual_places(LABEL) == []
        with pytest.raises(InputError, match=f"no thing '{id}'"):
            memory.get(id)
        assert "never seen" in memory.where(LABEL).text
    here = everything(path)
    assert not any(n in here for n in needles)
    with Memory.open(path) as again:
        assert again.verify().ok
        told = [e for e in again.events() if e.kind == "forgotten"]
        assert [e.payload["what"] for e in told] == ["thing"]


def test_a_span_leaves_no_byte_of_its_pictures(tmp_path: Path, new_stage) -> None:
    """Pictures, remarks and instructions of the span are gone from the raw file; those before and after are not."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        stage = new_stage(memory)
        stage.kitchen()
        stage.looks(4, dt=1.1, keyframe=True)
        start = stage.now + 0.1
        stage.add("vase", "vase", (0.4, 0.5, 0.86), (0.1, 0.1, 0.12), on="table", color=5)
        memory.note("preference", "Ben hides presents here", stage.now + 0.5)
        memory.end_episode(memory.begin_episode("fetch the wine", stage.now + 0.5), "done", stage.now + 1)
        stage.looks(4, dt=1.1, keyframe=True)
        end = stage.now + 0.1
        stage.props["vase"].visible = False
        stage.looks(2, dt=1.1, keyframe=True, T=T_WORLD_CAM_BESIDE)
        memory.commit()
        pictures = {k.stamp: memory.keyframe(k.seq).jpeg for k in memory.keyframes()}
        inside = [p for stamp, p in pictures.items() if start <= stamp <= end]
        outside = [p for stamp, p in pictures.items() if not start <= stamp <= end]
        assert inside
        assert outside
        assert all(p in everything(path) for p in pictures.values())
        memory.forget(between=(start, end))
        assert memory.find("vase") == []
    here = everything(path)
    assert not any(n in here for n in (b"vase", b"Ben hides", b"wine", *inside))
    assert all(p in here for p in outside)


def test_a_place_goes_with_all_that_is_in_it(stage) -> None:
    """The fridge, the milk in it and the path beneath it; the mug on the table is where it was."""
    stage.kitchen()
    stage.looks(6, keyframe=True)
    memory = stage.memory
    where, table = memory.where("mug").text, memory.contents("table").value
    done = memory.forget(place=stage.ids["fridge"])
    assert (done.what, done.things) == ("place", 2)
    assert memory.find("milk") == memory.find("fridge") == []
    assert (memory.where("mug").text, memory.contents("table").value) == (where, table)
    assert memory.usual_places("milk") == []
    whole(memory)


@pytest.mark.parametrize("content", ["", ", content=''", ", content='notes', content_rowid='seq'"])
def test_word_indexes_are_emptied_of_words(tmp_path: Path, new_stage, content: str) -> None:
    """FTS5 tables of any kind that a later layout may have: no word of what was erased is left in their segments."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        house(new_stage(memory), np.random.default_rng(6), 3)
        db = memory._store.db
        memory.commit()
        db.execute(f"CREATE VIRTUAL TABLE words USING fts5(text{content})")
        for n in range(40):
            db.execute("INSERT INTO words(rowid, text) VALUES (?, ?)", (1000 + n, f"the {LABEL} again and again {n}"))
        memory.forget(thing=memory.find(LABEL)[0].id)
        assert memory.verify().ok
    assert LABEL.encode() not in everything(path)


def test_a_place_alone_leaves_what_was_on_it_somewhere(stage) -> None:
    """Forgetting the table as a thing: the mug stays, and its stay on the table has ended."""
    stage.kitchen()
    stage.looks(6)
    memory = stage.memory
    memory.forget(thing=stage.ids["table"])
    assert memory.get(stage.ids["mug"]).place is None
    assert memory.facts(stage.ids["mug"], "on") == []
    whole(memory)


def test_a_remark_goes_alone(stage) -> None:
    """A stated preference is a note; nothing else changes."""
    stage.kitchen()
    stage.looks(4)
    memory = stage.memory
    seq = memory.note("preference", "Ann likes the blue cup best", stage.now).seq
    before = told(memory)
    assert memory.forget(note=seq).events == 1
    assert told(memory) == before
    assert not any("Ann" in line for line in memory.dump())
    whole(memory)


def test_what_cannot_be_forgotten_is_said(stage) -> None:
    """Unknown ids, empty spans, no or two requests: clear errors, and nothing is changed."""
    stage.kitchen()
    stage.looks(4)
    memory = stage.memory
    before = list(memory.dump())
    for wrong, message in (
        ({"thing": "o99"}, "no thing 'o99' to forget; 5 things are known"),
        ({"place": "hall"}, "no thing 'hall'"),
        ({"between": (500, 600)}, "nothing is known of the time from 500.0 to 600.0; records go from 0.5 to 2.0"),
        ({"between": (2, 1)}, "ends before it begins"),
        ({"note": 1}, "event 1 is no note"),
        ({}, "say one thing"),
        ({"thing": "o1", "place": "o2"}, "say one thing"),
    ):
        with pytest.raises(InputError, match=message):
            memory.forget(**wrong)
    assert list(memory.dump()) == before


def test_twice_and_both_ways(stage) -> None:
    """Erasures add up; the chain holds every one of them; a changed remainder is found."""
    house(stage, np.random.default_rng(1))
    memory = stage.memory
    memory.forget(thing=stage.ids["apple"])
    memory.forget(between=(2.0, 4.0))
    memory.forget(thing=stage.ids[LABEL])
    whole(memory)
    db = memory._store.db
    seq, digest = db.execute("SELECT seq, digest FROM redactions LIMIT 1").fetchone()
    forged = codec.encode({"things": {}})
    db.execute("UPDATE payloads SET salt = x'00', body = ? WHERE seq = ?", (forged, seq))
    assert any(f.where.startswith(f"event {seq}") for f in memory.verify().faults)
    db.execute("UPDATE redactions SET digest = ? WHERE digest = ?", (codec.digest(b"\0" + forged), digest))
    assert any("replaced in its name" in f.what for f in memory.verify().faults)


def test_a_reader_with_an_old_state_only_delays_the_scrubbing(tmp_path: Path, new_stage) -> None:
    """The old bytes are gone once the reader is; beliefs are gone at once. A second writer is refused."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        house(new_stage(memory), np.random.default_rng(2), 4)
        id = memory.find(LABEL)[0].id
        memory.commit()
        memory._store.db.execute("PRAGMA busy_timeout = 50")
        with Memory.open(path, read_only=True) as reader:
            reader._store.db.execute("BEGIN")
            reader._store.db.execute("SELECT count(*) FROM things").fetchone()
            assert not memory.forget(thing=id).scrubbed
            assert memory.find(LABEL) == []
        with pytest.raises(MemoryLocked):
            Memory.open(path)
    with Memory.open(path) as again:
        assert again.verify().ok
    assert LABEL.encode() not in everything(path)


def test_killed_at_any_moment_it_is_before_or_after(tmp_path: Path, new_stage) -> None:
    """kill -9 at 12 moments of an erasure: the memory is as it was or as it is meant to be, and never keeps bytes."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        house(new_stage(memory), np.random.default_rng(4), 10)
        id = memory.find(LABEL)[0].id
        before = list(memory.dump())
    original = path.read_bytes()
    start = time.monotonic()
    with Memory.open(path, clock=lambda: 0.0) as memory:
        memory.forget(thing=id)
        after = without_root(memory)
    took = time.monotonic() - start
    seen = set()
    for k in range(12):
        path.write_bytes(original)
        kill_after(lambda: forget_in(path, id), took * (k + 0.5) / 10)
        with Memory.open(path, clock=lambda: 0.0) as memory:
            now = without_root(memory)
            assert now in (before, after), k
            assert memory.verify().ok
            seen.add(now == after)
        if now == after:
            assert LABEL.encode() not in everything(path)
    assert False in seen


def without_root(memory: Memory) -> list[str]:
    """The dump but for what depends on salts."""
    return [re.sub(r'"root":"\w+"', "", line) for line in memory.dump()]


def forget_in(path: Path, id: str) -> None:
    with Memory.open(path, clock=lambda: 0.0) as memory:
        memory.forget(thing=id)


def kill_after(work: Callable[[], None], seconds: float) -> None:
    """Run ``work`` in a child process and kill it after so many seconds."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, b"!")
        try:
            work()
        finally:
            os._exit(0)
    os.read(reads, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reads), os.close(writes)


def test_killed_before_the_scrubbing_the_next_writer_does_it(tmp_path: Path, new_stage, monkeypatch) -> None:
    """Erased but for the free pages, then gone: opening the file for writing finishes the job."""
    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        house(new_stage(memory), np.random.default_rng(5), 4)
        id = memory.find(LABEL)[0].id
        monkeypatch.setattr(type(memory._store), "scrub", lambda self: False)
        assert not memory.forget(thing=id).scrubbed
    with Memory.open(path):
        pass
    assert LABEL.encode() not in everything(path)


def test_entries_of_unknown_kind_go_when_they_name_it() -> None:
    """Payload keys that a later version may add are dropped whole where they name the thing, and kept elsewhere."""
    redactor = Redactor(Traces(ids=frozenset({"o7"})), {})
    named = Event(1, "x", 0.0, 0.0, {"links": {"a": ["o3", "o7"]}, "coverage": {"o3": [1, 2]}}, "")
    assert redactor.redact(named) == {"coverage": {"o3": [1, 2]}}
    assert redactor.redact(Event(2, "x", 0.0, 0.0, {"links": {"a": ["o3", "o77"]}}, "")) is None


def test_the_command_line(tmp_path: Path, new_stage, capsys) -> None:
    """`loci forget` erases, prints the new head, and refuses what cannot be."""
    from loci.errors import ConfigError
    from loci.launch import forget

    path = tmp_path / "m.db"
    with Memory.open(path, clock=lambda: 0.0) as memory:
        stage = new_stage(memory)
        stage.kitchen()
        stage.looks(4)
    assert forget.main(forget.Forget(path, thing=stage.ids["mug"], json=True)) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["what"], said["things"]) == ("thing", 1)
    with Memory.open(path, read_only=True) as memory:
        assert memory.verify(said["head"]).ok
    assert forget.main(forget.Forget(path, between=("1.0", "1970-01-01T00:00:02"))) == 0
    assert "erased a span" in capsys.readouterr().out
    for wrong in (forget.Forget(path), forget.Forget(tmp_path / "none.db", thing="o1"),
                  forget.Forget(path, between=("noon", "1"))):  # fmt: skip
        with pytest.raises(ConfigError):
            forget.main(wrong)


@pytest.mark.parametrize("text", ["heirloom_7", "the Heirloom2 fell", "grasp/heirloom-7", "two heirlooms", "HEIRLOOM"])
def test_a_noun_is_found_however_programs_write_it(text: str) -> None:
    assert Traces(own=_nouns(["heirloom"])).named(text)
    assert not Traces(own=_nouns(["heirloom"])).named("an heirloomish thing")


@pytest.mark.parametrize("text", ["coffee mug", "coffee_mug_2", "coffee-mugs"])
def test_a_noun_of_two_words_is_found_however_programs_write_it(text: str) -> None:
    assert Traces(own=_nouns(["coffee mug"])).named(text)
    assert Traces(own=_nouns(["coffee_mug"])).named(text)
    assert not Traces(own=_nouns(["coffee mug"])).named("coffee, mug")
    assert Traces(own=_nouns(["猫の皿"])).named("赤い猫の皿が割れた")


@pytest.mark.parametrize("what", ["thing", "place", "span"])
def test_the_names_that_a_stream_has_for_what_is_erased_go_with_it(what: str, tmp_path: Path) -> None:
    """A tracker's own names tell as much as labels do."""
    box = {"center": [1.0, 0.0, 0.9], "size": [0.1, 0.1, 0.1]}
    shelf = {"center": [1.0, 0.0, 0.4], "size": [1.0, 1.0, 0.8]}
    lines: list[dict[str, object]] = [
        {"type": "stream", "format": "loci-observations", "version": 1},
        {"type": "area", "id": "annshideout", "kind": "room", "label": "attic", "stamp": 1.0, "map": "map",
         "box": {"lower": [0, -1, 0], "upper": [2, 1, 2]}},
        {"type": "report", "stamp": 1.0, "id": "shelf-1", "label": "shelf", "box_world": shelf},
        {"type": "report", "stamp": 1.0, "id": "annspills", "label": LABEL, "box_world": box},
        {"type": "action.begin", "id": f"fetch {LABEL}_1", "stamp": 2.0, "verb": "pick", "target": "annspills"},
    ]  # fmt: skip
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    path = tmp_path / "memory.db"
    with Memory.open(path) as memory:
        replay(memory, tmp_path / "s.jsonl", strict=True)
        memory.commit()
        assert b"annspills" in everything(path)
        (thing,) = memory.find(LABEL)
        kept = memory.find("shelf")[0].id
        if what == "thing":
            memory.forget(thing=thing.id)
        elif what == "place":
            memory.forget(place="r1")
        else:
            memory.forget(between=(0.0, 3.0))
        whole(memory)
    for name in ("annspills", f"fetch {LABEL}_1") + (() if what == "thing" else ("annshideout", "shelf-1")):
        assert name.encode() not in everything(path)
    if what == "thing":  # what is left is still known by the stream's names
        lines = [{"type": "note", "kind": "remark", "text": "dusty", "stamp": 9.0, "refs": ["shelf-1"]}]
        with (tmp_path / "s.jsonl").open("a") as file:
            file.write(json.dumps(lines[0]) + "\n")
        with Memory.open(path) as memory:
            assert replay(memory, tmp_path / "s.jsonl", strict=True).taken == 1
            assert kept in list(memory.events())[-1].payload["note"]["refs"]  # type: ignore[index]
