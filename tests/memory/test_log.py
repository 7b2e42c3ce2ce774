"""The event log: gap-free, chained, checked on reading; a model-based test of append, roll back, commit and reopen."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from loci.errors import DamagedMemory, InputError
from loci.memory.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:", clock=itertools.count(100.0).__next__, salt=bytes) as store:
        yield store


def test_events_come_back_as_they_were_written(store: Store) -> None:
    points = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert store.head == (0, "0" * 64)
    assert store.append("seen", 1.5, {"id": "o1", "points": points}) == 1
    assert store.append("moved", 2.5, {"id": "o1", "why": "é"}) == 2
    first, second = store.events()
    assert (first.seq, first.kind, first.stamp, first.recorded) == (1, "seen", 1.5, 100.0)
    np.testing.assert_array_equal(first.payload["points"], points)
    assert second.payload == {"id": "o1", "why": "é"}
    assert store.event(2) == second
    assert store.head == (2, second.digest)
    assert [event.seq for event in store.events(after=1)] == [2]
    assert [event.seq for event in store.events(upto=1)] == [1]


def test_equal_runs_have_equal_heads_and_any_difference_shows() -> None:
    def head(*events: tuple[str, float, dict[str, object]]) -> str:
        with Store.open(":memory:", clock=lambda: 5.0, salt=bytes) as store:
            for event in events:
                store.append(*event)
            return store.head[1]

    a: tuple[str, float, dict[str, object]] = ("a", 1.0, {"x": 1})
    b: tuple[str, float, dict[str, object]] = ("b", 1.0, {})
    assert head(a, b) == head(a, b)
    others = [head(a), head(b, a), head(("a", 1.0, {"x": 2}), b), head(("a", 2.0, {"x": 1}), b), head(a, b, b)]
    assert len({head(a, b), *others}) == 6


def test_payload_digests_are_salted(store: Store) -> None:
    with Store.open(":memory:") as salted:
        for _ in range(2):
            salted.append("a", 0.0, {"secret": "yes"})
        rows = salted.db.execute("SELECT payload_digest FROM events").fetchall()
    assert rows[0] != rows[1]


@pytest.mark.parametrize(
    ("kind", "stamp", "payload", "names"),
    [
        ("", 0.0, {}, "needs a kind"),
        ("a", float("nan"), {}, "stamp nan"),
        ("a", float("inf"), {}, "stamp inf"),
        ("a", 0.0, {"x": {1}}, "a set cannot be kept"),
    ],
)
def test_bad_events_are_refused_and_leave_nothing(
    store: Store, kind: str, stamp: float, payload: dict[str, object], names: str
) -> None:
    store.append("good", 0.0, {})
    before = store.head
    with pytest.raises(InputError, match=names):
        store.append(kind, stamp, payload)
    assert store.head == before
    assert store.append("good", 0.0, {}) == 2
    assert store.verify().ok


def test_unknown_events_are_named(store: Store) -> None:
    store.append("a", 0.0, {})
    with pytest.raises(InputError, match="no event 7; the log has events 1 to 1"):
        store.event(7)
    assert list(store.events(after=9)) == []


def test_a_payload_can_be_erased_and_the_chain_still_verifies(store: Store) -> None:
    store.append("seen", 1.0, {"who": "a visitor's face"})
    store.append("seen", 2.0, {"who": "a mug"})
    head = store.head[1]
    assert store.erase(1, 3.0, "asked to") == 3
    assert store.event(1).payload == {"erased": True}
    assert store.event(2).payload == {"who": "a mug"}
    assert store.verify(head).ok
    assert "visitor" not in "".join(store.db.iterdump())


def test_an_event_that_was_altered_is_refused_as_evidence(store: Store) -> None:
    for i in range(4):
        store.append("seen", float(i), {"x": i})
    store.db.execute("UPDATE events SET stamp = 9 WHERE seq = 2")
    assert store.event(1).seq == 1
    with pytest.raises(DamagedMemory, match=r"event 2 \(seen\)"):
        store.event(2)
    with pytest.raises(DamagedMemory, match="event 2"):
        list(store.events())
    assert [event.seq for event in store.events(after=2)] == [3, 4]
    store.db.execute("DELETE FROM events WHERE seq = 3")
    with pytest.raises(DamagedMemory, match="event 3 is missing"):
        store.event(3)
    with pytest.raises(DamagedMemory, match="event 3 is missing"):
        list(store.events(after=2))


def test_a_log_can_be_copied_event_by_event(store: Store) -> None:
    store.append("a", 1.0, {"x": 1}, {"keyframe": b"picture", "points": b"cloud"})
    store.append("b", 2.0, {"x": 2})
    store.erase(2, 3.0, "asked to")
    with Store.open(":memory:") as copy:
        for event in store.events():
            assert copy.copy_event(store, event.seq) == event
        assert copy.head == store.head
        assert copy.verify(store.head[1]).ok
        with pytest.raises(InputError, match="event 1 cannot follow event 3"):
            copy.copy_event(store, 1)


class LogMachine(RuleBasedStateMachine):
    """Any order of writes, nested and failing ones, commits and reopenings, against a list."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "m.db"
        self.model: list[int] = []
        self.committed = 0
        self.count = itertools.count()
        self.digests: list[str] = []

    @initialize()
    def start(self) -> None:
        self.store = Store.open(self.path, group_seconds=1e6)

    def _write(self) -> None:
        number = next(self.count)
        seq = self.store.append("n", float(number), {"n": number, "pad": "x" * (number % 700)})
        self.model.append(number)
        assert seq == len(self.model)

    @rule(n=st.integers(1, 4))
    def append(self, n: int) -> None:
        with self.store.transaction():
            for _ in range(n):
                self._write()

    @rule(before=st.integers(0, 2), inside=st.integers(0, 3), after=st.integers(0, 2))
    def inner_failure(self, before: int, inside: int, after: int) -> None:
        with self.store.transaction():
            for _ in range(before):
                self._write()
            kept = list(self.model)
            with suppress(ZeroDivisionError), self.store.transaction():
                for _ in range(inside):
                    self._write()
                raise ZeroDivisionError
            self.model = kept
            for _ in range(after):
                self._write()

    @rule(n=st.integers(0, 3))
    def outer_failure(self, n: int) -> None:
        kept, epoch = list(self.model), self.store.epoch
        with suppress(ZeroDivisionError), self.store.transaction(durable=True):
            for _ in range(n):
                self._write()
            with self.store.transaction():
                self._write()
            raise ZeroDivisionError
        self.model = kept
        assert self.store.epoch > epoch

    @rule()
    def commit(self) -> None:
        assert self.store.commit() == len(self.model)
        self.committed = len(self.model)

    @rule()
    def durable(self) -> None:
        with self.store.transaction(durable=True):
            self._write()
        self.committed = len(self.model)

    @rule(clean=st.booleans())
    def reopen(self, clean: bool) -> None:
        head = self.store.head[1]
        self.store.close()
        self.committed = len(self.model)
        self.store = Store.open(self.path, group_seconds=1e6)
        assert self.store.verify(head).ok

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "store"):
            return
        assert [event.payload["n"] for event in self.store.events()] == self.model
        assert self.store.head[0] == len(self.model)
        assert self.store.ack == self.committed
        with Store.open(self.path, read_only=True) as reader:
            assert reader.head[0] == self.committed

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert self.store.verify().ok
            self.store.close()
        shutil.rmtree(self.folder)


TestLogMachine = LogMachine.TestCase
TestLogMachine.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
