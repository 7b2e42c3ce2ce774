"""Rows that follow from the log add up: what was altered, lost or is no longer led to is refused, and built anew."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.errors import DamagedMemory, InputError, MemoryFileError
from loci.launch.fault_damage import answers, lived, unnoticed
from loci.memory import Memory
from loci.memory.checked import Checked
from loci.memory.repair import repair
from loci.memory.store import Store
from loci.memory.sums import GROUPS, SUMMED, row_sum


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A memory with something in every table."""
    path = tmp_path_factory.mktemp("whole") / "m.db"
    lived(path)
    return path.read_bytes()


@pytest.fixture
def path(whole: bytes, tmp_path: Path) -> Path:
    (tmp_path / "m.db").write_bytes(whole)
    return tmp_path / "m.db"


def tamper(path: Path, *statements: str) -> None:
    with unnoticed(path) as db:
        for statement in statements:
            db.execute(statement)


def test_a_checksum_is_the_same_in_every_python() -> None:
    assert row_sum(7, "mug", 1, 0.5, None, b"\x00\xff") == 1227344113
    assert row_sum("mug") == row_sum("".join(["m", "ug"])) != row_sum("mub")
    assert row_sum(2**40, -0.25) == 2919253618


VALUES = st.tuples(
    st.text(max_size=9), st.one_of(st.none(), st.floats(allow_nan=False)), st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=9),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2000), VALUES, st.sampled_from("irud")), max_size=30))
@settings(max_examples=60, deadline=None)
def test_triggers_follow_whatever_is_done_to_rows(steps: list[tuple[int, tuple[object, ...], str]]) -> None:
    """The triggers' sums are those of the rows, for values of all types as SQLite gives them back."""
    db = sqlite3.connect(":memory:", isolation_level=None, factory=Checked)
    db.execute("PRAGMA recursive_triggers = ON")
    db.execute("CREATE TABLE t (num INTEGER PRIMARY KEY, a TEXT, p REAL, c INTEGER, d BLOB) STRICT")
    db.execute("CREATE TABLE sums (tab TEXT, part ANY, total INTEGER, PRIMARY KEY (tab, part)) STRICT, WITHOUT ROWID")
    from loci.memory.sums import Summed, _triggers, of_what_is_there

    columns = ("num", "a", "p", "c", "d")
    kinds = {"all": Summed("t", columns, "{r}num", shift=9), "some": Summed("t", columns, "{r}c", "{r}p IS NULL")}
    for name, summed in kinds.items():
        db.execute(of_what_is_there(name, summed))
        for trigger in _triggers(name, summed):
            db.execute(trigger)
    for num, row, what in steps:
        if what == "r":
            db.execute("INSERT OR REPLACE INTO t VALUES (?, ?, ?, ?, ?)", (num, *row))
        elif what == "u":
            db.execute("UPDATE t SET a = ?, p = ?, c = ?, d = ? WHERE num = ?", (*row, num))
        elif what == "d":
            db.execute("DELETE FROM t WHERE num = ?", (num,))
        else:
            sets = "a = excluded.a, p = excluded.p, c = excluded.c, d = excluded.d"
            db.execute(f"INSERT INTO t VALUES (?, ?, ?, ?, ?) ON CONFLICT (num) DO UPDATE SET {sets}", (num, *row))
    for name, summed in kinds.items():
        found: dict[object, int] = {}
        for row in db.raw(f"SELECT {summed.part_of('')}, * FROM t WHERE {summed.meets('')}"):
            found[row[0]] = found.get(row[0], 0) + row_sum(*row[1:])
        assert db._stored(name) == found
    db.close()


def test_every_table_that_follows_from_the_log_is_summed(path: Path) -> None:
    with Store.open(path) as store:
        names = {n for (n,) in store.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        own = {n for n in names if not n.startswith(("sqlite_", "boxes"))}
        assert own - {"meta", "events", "payloads", "redactions", "sums"} == SUMMED.keys() - {"boxes_node"}
        assert {s.table for s in GROUPS.values()} <= SUMMED.keys()
        for name, summed in SUMMED.items():
            kinds = {c[1]: c[2] for c in store.db.execute(f"PRAGMA table_info({name})")}
            for column in summed.columns:
                assert (kinds[column] == "REAL") == (f"_real({column})" in summed.sum_of("")), (name, column)


DAMAGE: list[tuple[str, Callable[[Memory], object]]] = [
    ("DELETE FROM changes WHERE thing = 'o5'", lambda m: m.history("o5")),
    ("UPDATE changes SET thing = 'o6' WHERE thing = 'o5'", lambda m: m.history("o7")),
    ("DELETE FROM facts WHERE subject = 'o5'", lambda m: m.where("o5")),
    ("UPDATE facts SET stop = 1.0 WHERE subject = 'o5'", lambda m: m.where("o5")),
    ("UPDATE facts SET object = 'o9' WHERE object = 'o1'", lambda m: m.contents("o1")),
    ("DELETE FROM things WHERE id = 'o5'", lambda m: m.get("o5")),
    ("UPDATE things SET merged = 'o6' WHERE id = 'o5'", lambda m: m.get("o5")),
    ("DELETE FROM clouds WHERE thing = 'o5' AND name = 'points'", lambda m: m.get("o5")),
    ("DELETE FROM clouds WHERE thing = 'o5' AND name = 'appearance'", lambda m: m.similar([1.0] * 384)),
    ("UPDATE traits SET label = 'tabla' WHERE num = 1", lambda m: m.find("table")),
    ("UPDATE names SET label = 'tabla' WHERE num = 1", lambda m: m.find("table")),
    ("DELETE FROM names WHERE label = 'table'", lambda m: m.count("table")),
    ("UPDATE usual SET count = count + 1", lambda m: m.places_to_look("teapot")),
    ("DELETE FROM acts WHERE kind = 'action' AND num = 1", lambda m: m.episodes()),
    ("UPDATE coverage SET share = share / 2", lambda m: m.where("o5")),
    ("UPDATE boxes_node SET data = zeroblob(length(data)) WHERE nodeno = 2", lambda m: m.within((0, 0, 0), (9, 9, 9))),
    ("DELETE FROM sums WHERE tab = 'names'", lambda m: m.find("table")),
]


MENDED = ("DELETE FROM facts WHERE subject = 'o5'", "UPDATE usual SET count = count + 1")


@pytest.mark.parametrize(("statement", "question"), DAMAGE, ids=[s for s, _ in DAMAGE])
def test_what_was_altered_or_lost_is_refused_found_and_repaired(
    path: Path, statement: str, question: Callable[[Memory], object]
) -> None:
    with Memory.open(path, read_only=True) as memory:
        right = repr(question(memory)), memory.verify().head
    tamper(path, statement)

    def ask() -> object:
        with Memory.open(path, read_only=True) as memory:
            return question(memory)

    with pytest.raises(DamagedMemory, match="verify"):
        ask()
    with Store.open(path, read_only=True) as store:
        assert not store.verify().ok
    if statement not in MENDED:
        return
    done = repair(path)
    assert done.faults
    assert done.head == right[1]
    with Memory.open(path, read_only=True) as memory:
        assert (memory.verify(deep=True).faults, memory.verify().head) == ((), right[1])
        assert repr(question(memory)) == right[0]
    assert sorted(p.name for p in path.parent.iterdir()) == ["m.db"]


def test_a_question_after_one_that_ran_into_damage_does_not_go_on_with_half(path: Path) -> None:
    right = answers(path)
    tamper(path, "DELETE FROM acts WHERE kind = 'episode'")
    said = answers(path)
    assert {q for q, a in said.items() if a != right[q]} == {q for q, a in said.items() if a is None} > {"episodes"}


def test_a_sound_memory_is_left_alone_and_one_with_a_damaged_log_too(path: Path) -> None:
    before = path.read_bytes()
    assert repair(path).faults == ()
    assert path.read_bytes() == before
    tamper(path, "UPDATE notes SET text = 'x'", "UPDATE events SET stamp = stamp + 1 WHERE seq = 5")
    before = path.read_bytes()
    with pytest.raises(DamagedMemory, match=r"its log is damaged, too \(event 5"):
        repair(path)
    assert path.read_bytes() == before


def test_a_memory_that_is_open_elsewhere_is_not_replaced(path: Path) -> None:
    tamper(path, "UPDATE notes SET text = 'x'")
    with Memory.open(path, read_only=True), pytest.raises(MemoryFileError, match="close its readers"):
        repair(path)
    assert repair(path).faults


def test_an_older_layout_is_brought_up_to_date(path: Path) -> None:
    right = answers(path)
    db = sqlite3.connect(path, isolation_level=None)
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("DROP TABLE sums")
    db.execute("PRAGMA user_version = 5")
    db.close()
    with pytest.raises(InputError, match="older layout; open it for writing once"):
        Memory.open(path, read_only=True)
    with Memory.open(path) as memory:
        assert memory.verify(deep=True).ok
    assert answers(path) == right


def test_readers_look_again_at_what_a_writer_has_changed(path: Path) -> None:
    with Memory.open(path) as memory, Memory.open(path, read_only=True) as reader:
        for n in range(5):
            memory.note("preference", f"Ann likes tea {n}", memory.now + 1)
            memory.write(_report(memory.now + 10, n))
            memory.commit()
            assert reader.changed_since(0.0).text == memory.changed_since(0.0).text
            assert [f.text for f in reader.learned("preference")] == [f.text for f in memory.learned("preference")]
            assert reader.where("kettle").text == memory.where("kettle").text
        assert reader.verify().ok


def test_other_programs_can_copy_it(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    db = sqlite3.connect(path)
    db.execute("VACUUM INTO ?", (str(copy),))
    db.close()
    assert answers(copy) == answers(path)


def _report(stamp: float, n: int):
    from loci.contracts import ObjectReport
    from loci.geometry import Box

    return ObjectReport(stamp, "robot", "map", {"kettle": 0.9}, Box.from_bounds((n, 0, 1), (n + 0.2, 0.2, 1.2)))


def test_threads_that_read_beside_one_that_writes_raise_no_false_alarm(path: Path) -> None:
    """One memory, one thread that writes and two that ask: rows and their sums are never of two moments."""
    wrong: list[BaseException] = []
    with Memory.open(path) as memory:
        done = threading.Event()

        def ask() -> None:
            try:
                while not done.is_set():
                    memory._world.projection.open.forget()
                    memory._world.projection.open.at("o1")
                    memory._world.projection.open.held()
                    memory._world.projection.finder.forget()
                    assert memory._world.projection.finder.labels
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for n in range(25):
            memory.write(_report(memory.now + 10, n))
            memory.commit()
        done.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert memory.verify().ok
