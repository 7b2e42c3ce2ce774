"""Evidence bytes: content-addressed, checked, and dropped under a budget in a way that the log remembers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loci.errors import DamagedMemory, InputError
from loci.memory import codec
from loci.memory.blobs import DROPPED
from loci.memory.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:", budget=1000) as store:
        yield store


def digests(store: Store, seq: int) -> dict[str, str]:
    found = store.event(seq).payload["blobs"]
    assert isinstance(found, dict)
    return found


def test_attachments_come_back_and_are_named_by_their_event(store: Store) -> None:
    seq = store.append("look", 1.0, {"x": 1}, {"keyframe.jpeg": b"picture", "points": b"cloud"})
    named = digests(store, seq)
    assert store.get_blob(named["keyframe.jpeg"]) == b"picture"
    assert store.get_blob(named["points"]) == b"cloud"
    info = store.blob_info(named["points"])
    assert info is not None
    assert (info.kind, info.seq, info.size, info.kept) == ("points", seq, 5, True)
    assert store.blob_bytes == len(b"picture")  # only keyframes are under the budget


def test_unknown_and_ill_formed_digests(store: Store) -> None:
    with pytest.raises(InputError, match="there is no blob 00"):
        store.get_blob("00" * 32)
    with pytest.raises(InputError, match="'mug' is no blob digest"):
        store.get_blob("mug")
    assert store.blob_info("00" * 32) is None
    with pytest.raises(InputError, match='key "blobs"'):
        store.append("look", 0.0, {"blobs": 1}, {"keyframe": b"x"})
    with pytest.raises(InputError, match="no event 5"):
        store.put_blob("keyframe", b"x", 5)


def test_over_the_budget_the_least_valuable_and_oldest_go_and_the_log_says_so(store: Store) -> None:
    worth = [5.0, 0.0, 0.0, 0.0, 5.0]
    seqs = [store.append("look", float(i), {}, {"keyframe": bytes([i]) * 190}, worth[i]) for i in range(5)]
    store.append("map", 5.0, {}, {"points": b"p" * 5000})
    assert store.verify().ok
    assert store.blob_bytes == 950
    last = store.append("look", 6.0, {}, {"keyframe": b"z" * 190}, 1.0)
    kept = [store.get_blob(digests(store, seq)["keyframe"]) is not None for seq in seqs]
    assert kept == [True, False, True, True, True]
    (event,) = [event for event in store.events() if event.kind == DROPPED]
    assert event.payload == {"digests": [digests(store, seqs[1])["keyframe"]], "bytes": 190}
    assert event.seq == last + 1
    assert store.blob_bytes == 950
    info = store.blob_info(digests(store, seqs[1])["keyframe"])
    assert info is not None
    assert not info.kept
    assert info.size == 190
    assert store.verify().ok


def test_what_came_together_goes_together(store: Store) -> None:
    seqs = [
        store.append("look", float(i), {}, {"keyframe.jpeg": bytes([i]) * 300, "keyframe.depth": bytes([i]) * 10})
        for i in range(6)
    ]
    kept = [{store.get_blob(key) is not None for key in digests(store, seq).values()} for seq in seqs]
    assert all(len(both) == 1 for both in kept)
    assert kept[-1] == {True}


def test_the_budget_holds_over_many_pictures_and_a_reopening(tmp_path: Path) -> None:
    for start in (0, 100):
        with Store.open(tmp_path / "m.db", budget=10_000) as store:
            for i in range(start, start + 100):
                store.append("look", float(i), {}, {"keyframe": bytes([i]) * (100 + 7 * (i % 30))})
                assert store.blob_bytes <= 10_000
            (held,) = store.db.execute("SELECT sum(length(body)) FROM blobs").fetchone()
            assert held == store.blob_bytes
            assert store.verify().ok


def test_equal_bytes_are_kept_once(store: Store) -> None:
    a = store.append("look", 0.0, {}, {"keyframe": b"same" * 100}, 1.0)
    b = store.append("look", 1.0, {}, {"keyframe": b"same" * 100}, 3.0)
    assert digests(store, a) == digests(store, b)
    assert store.blob_bytes == 400
    key = digests(store, a)["keyframe"]
    info = store.blob_info(key)
    assert info is not None
    assert info.value == 3.0
    c = store.append("map", 2.0, {}, {"points": b"same" * 100})  # needed for good from now on
    assert store.blob_bytes == 0
    for i in range(4):
        store.append("look", 3.0, {}, {"keyframe": bytes([i]) * 400}, 9.0)
    assert store.get_blob(digests(store, c)["points"]) == b"same" * 100
    assert store.verify().ok


def test_a_dropped_picture_that_is_seen_again_is_kept_again(store: Store) -> None:
    first = store.append("look", 0.0, {}, {"keyframe": b"a" * 600})
    store.append("look", 1.0, {}, {"keyframe": b"b" * 600})
    key = digests(store, first)["keyframe"]
    assert store.get_blob(key) is None
    store.append("look", 2.0, {}, {"keyframe": b"a" * 600})
    assert store.get_blob(key) == b"a" * 600
    assert store.blob_bytes <= 1000
    assert store.verify().ok


def test_a_copied_log_has_the_same_pictures_kept_and_dropped(store: Store) -> None:
    for i in range(12):
        store.append("look", float(i), {}, {"keyframe": bytes([i]) * 150, "points": bytes([i])}, float(i % 3))
    with Store.open(":memory:", budget=1000) as copy:
        for event in store.events():
            copy.copy_event(store, event.seq)
        query = "SELECT digest, kind, seq, value, size, body FROM blobs ORDER BY digest"
        assert copy.db.execute(query).fetchall() == store.db.execute(query).fetchall()
        assert copy.blob_bytes == store.blob_bytes
        assert copy.verify(store.head[1]).ok


def test_an_altered_picture_is_refused(store: Store) -> None:
    seq = store.append("look", 0.0, {}, {"keyframe": b"picture"})
    key = digests(store, seq)["keyframe"]
    store.db.execute("UPDATE blobs SET body = ? WHERE digest = ?", (b"Picture", codec.digest(b"picture")))
    with pytest.raises(DamagedMemory, match=r"blob .* was altered"):
        store.get_blob(key)
    with Store.open(":memory:") as copy, pytest.raises(DamagedMemory):
        copy.copy_event(store, seq)
