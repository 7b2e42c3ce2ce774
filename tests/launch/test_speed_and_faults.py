"""The benches of memory's speed and of faults measure what they say."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from loci.launch import bench_memory_speed, speed_compare, speed_peers
from loci.launch.bench import row
from loci.launch.fault_cases import OBJECTS, filled, holds, kills, power_cuts
from loci.launch.fault_damage import Damage, damaged
from loci.launch.speed_build import EVENTS_EACH, furnish, live
from loci.launch.speed_world import LENGTH, StoreRoom
from loci.memory import Memory
from loci.memory.tables import KEPT


def test_a_room_follows_from_its_seed_and_is_seen_whole(tmp_path: Path) -> None:
    room = StoreRoom(45, 7)
    again = StoreRoom(45, 7)
    assert room.stations == 3
    for station in range(room.stations):
        for a, b in zip(room.things(station), again.things(station), strict=True):
            np.testing.assert_array_equal(a, b)
    assert sum(len(room.things(s)[0]) for s in range(room.stations)) == 45
    assert len(set(room.labels)) == len(room.labels)
    with Memory.open(tmp_path / "m.db") as memory:
        furnish(memory, room)
        assert memory.stats()["objects"] == 45
        live(memory, room)
        assert memory.stats()["events"] == EVENTS_EACH * 45
        assert memory.verify(deep=True).ok


def test_the_questions_have_the_answers_that_brute_force_gives(tmp_path: Path) -> None:
    room = StoreRoom(200, 1)
    speed_compare._questions(tmp_path / "q.npz", room, 12)
    data = dict(np.load(tmp_path / "q.npz"))
    assert data["vectors"].shape == (200, LENGTH)
    peer = speed_peers.Peer("x", data, tmp_path, 1.0)
    for i in range(12):
        same = np.flatnonzero(data["labels"] == data["asked_labels"][i])
        gaps = np.linalg.norm(data["vectors"][same] - data["asked"][i], axis=1)
        assert peer._ten(i) == set(same[np.argsort(gaps)[:10]].tolist())


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    rows = speed_compare.peers(StoreRoom(40, 0), tmp_path, 2, 10.0)
    named = {str(r["metric"]).split(":")[0].split(" ")[0] for r in rows}
    assert named >= {"emem", "Chroma", "LanceDB"}


def test_recall_counts_what_came_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {"labels": np.zeros(20), "asked_labels": np.zeros(1), "vectors": np.eye(20), "asked": np.arange(20.0)[None]}
    peer = speed_peers.Peer("x", data, tmp_path, 1.0)
    peer.right([[19, 18, 17, 16, 15, 1, 2, 3, 4, 5]])
    assert '"value": 0.5' in capsys.readouterr().out


def test_a_library_that_is_slow_is_asked_of_what_it_has_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    n = 3 * speed_peers.BATCH
    data = {"labels": np.zeros(n), "centers": np.zeros((n, 3)), "vectors": np.zeros((n, 2))}
    peer = speed_peers.Peer("x", data, tmp_path, 1e-9)
    added: list[range] = []
    peer.fill(added.append)
    assert added == [range(speed_peers.BATCH)] == [range(peer.count)]
    assert len(data["labels"]) == speed_peers.BATCH
    assert f'"value": {speed_peers.BATCH}' in capsys.readouterr().out


def test_what_a_write_changed_is_on_disk_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = speed_peers.Peer("x", {}, tmp_path, 10.0)
    (peer.folder / "old").write_bytes(b"1")
    os.utime(peer.folder / "old", (1.0, 1.0))
    synced: list[str] = []
    opened = {}
    real = os.open

    def note(path: Path, flags: int) -> int:
        descriptor = real(path, flags)
        opened[descriptor] = Path(path).name
        return descriptor

    monkeypatch.setattr(speed_peers.os, "open", note)
    monkeypatch.setattr(speed_peers.os, "fsync", lambda d: synced.append(opened[d]))
    peer.write("m", 7, lambda i: (peer.folder / f"new{i}").write_bytes(b"2"), synced=True, count=1)
    assert synced == ["x", "new7"]


def test_the_quickest_library_is_what_counts() -> None:
    own = [row("box query: ids and classes p50", 0.5, "ms", 9, "first time")]
    others = [row("a 1: box query p50", 2.0, "ms", 9, "x"), row("b 2: box query p50", 1.0, "ms", 9, "x")]
    (found,) = speed_compare.against(own, others)
    assert (found["value"], found["mode"]) == (2.0, "b 2")
    assert speed_compare.against(own, []) == []


def test_frames_are_timed_on_both_maps(tmp_path: Path) -> None:
    few, many = StoreRoom(20, 0), StoreRoom(40, 0)
    with Memory.open(tmp_path / "few.db") as a, Memory.open(tmp_path / "many.db") as b:
        furnish(a, few)
        furnish(b, many)
        rows = {r["metric"]: r for r in bench_memory_speed._frames({20: (a, few), 40: (b, many)}, stations=1)}
    assert rows["frame in the large map against the small one"]["value"] > 0
    assert rows["observations in full, wall"]["n"] == 2 * 10 * 21


def test_what_is_lost_or_damaged_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a" / "m.db"
    filled(path, visits=1)
    with Memory.open(path, read_only=True) as memory:
        ack, digest = memory.ack, memory.event(memory.ack).digest
    assert holds(path, ack, digest) == ""
    assert holds(path, ack + 1, digest).startswith("lost")
    assert holds(path, ack, "0" * 64).startswith("lost")
    with Memory.open(path) as memory:
        memory._store.db.execute("UPDATE events SET stamp = stamp + 1 WHERE seq = 3")
    assert holds(path, ack, digest).startswith("damaged")


def test_kills_and_power_cuts_lose_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    for found in (kills(tmp_path / "kills", 2, rng), power_cuts(tmp_path / "cuts", 3, rng)):
        assert found["acknowledged, lost"] == found["file not whole"] == 0
    assert OBJECTS == 60


@pytest.mark.parametrize("damage", [Damage.PAGE, Damage.EVENT, Damage.BIT])
def test_damage_is_found_and_not_answered_from(tmp_path: Path, damage: Damage) -> None:
    found = damaged(tmp_path, damage, 2, np.random.default_rng(4))[""]
    assert found["tried"] == 2
    assert found["answered wrongly"] == found["not found by verify"] == found["not repaired"] == 0
    assert found["refused"] + found["without effect"] > 0


def test_a_flipped_bit_in_any_table_is_found_and_not_answered_from(tmp_path: Path) -> None:
    found = damaged(tmp_path, Damage.VALUE, 22, np.random.default_rng(4))
    assert set(found) >= {"", *KEPT, "sums", "traits", "names", "boxes_node", "boxes_rowid", "blobs"} - {"habits"}
    assert all(counts["tried"] for counts in found.values())
    assert not any(c["answered wrongly"] or c["not found by verify"] or c["not repaired"] for c in found.values())
    assert found[""]["repaired"] > 0
