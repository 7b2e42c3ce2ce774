"""Whatever is changed in a memory file behind Loci's back is found by verify and refused as evidence."""

import os
import sqlite3
from pathlib import Path

import pytest

from loci.errors import DamagedMemory, InputError
from loci.launch.fault_damage import unnoticed
from loci.memory import codec, schema
from loci.memory.store import Store

MARK = "the blue mug by the window"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A memory of 30 events, a picture and a belief table of its own."""
    monkeypatch.setitem(schema.DIGESTED, "beliefs", ("id", "place", "p"))
    for module in ("dbfile", "store"):
        table = "CREATE TABLE beliefs (id TEXT PRIMARY KEY, place TEXT, p REAL, digest BLOB) WITHOUT ROWID;"
        monkeypatch.setattr(f"loci.memory.{module}.MIGRATIONS", (*schema.MIGRATIONS, table))
    path = tmp_path / "m.db"
    with Store.open(path) as store:
        for i in range(30):
            with store.transaction():
                store.append("seen", float(i), {"n": i, "text": MARK if i == 7 else "", "pad": os.urandom(20).hex()})
                row = (f"o{i}", "on the table beside the fridge", i / 30)
                store.db.execute("INSERT INTO beliefs VALUES (?, ?, ?, ?)", (*row, codec.row_digest(*row)))
        store.append("look", 30.0, {}, {"keyframe": b"JPEG of a kitchen in the morning" * 40})
    return path


def head(path: Path) -> str:
    with Store.open(path, read_only=True) as store:
        return store.head[1]


def tamper(path: Path, *statements: str) -> None:
    with unnoticed(path) as db:
        for statement in statements:
            db.execute(statement)


def flip(path: Path, needle: bytes) -> None:
    """Change one bit of the file in the middle of ``needle``, which SQLite itself does not notice."""
    data = bytearray(path.read_bytes())
    assert data.count(needle) >= 1
    data[data.index(needle) + len(needle) // 2] ^= 1
    path.write_bytes(data)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def faults(path: Path, noted: str | None = None) -> list[str]:
    with Store.open(path, read_only=True) as store:
        report = store.verify(noted)
    assert report.ok == (not report.faults)
    return [f"{fault.where}: {fault.what}" for fault in report.faults]


def test_an_untouched_memory_is_whole(path: Path) -> None:
    noted = head(path)
    with Store.open(path, read_only=True) as store:
        report = store.verify(noted)
    assert report.ok
    assert report.events == 31
    assert report.head == noted
    assert faults(path, "0" * 64) == []  # where every log begins


def test_a_flipped_bit_in_a_payload(path: Path) -> None:
    flip(path, MARK.encode())
    (fault,) = faults(path)
    assert fault.startswith("event 8 (seen): its payload was altered")
    with Store.open(path, read_only=True) as store:
        with pytest.raises(DamagedMemory, match=r"event 8 \(seen\): its payload was altered"):
            store.event(8)
        assert store.event(9).seq == 9


def test_a_flipped_bit_in_a_deflated_payload(path: Path) -> None:
    with Store.open(path) as store:
        seq = store.append("long", 40.0, {"text": "mug " * 400, "noise": os.urandom(300).hex()})
        (body,) = store.db.execute("SELECT body FROM payloads WHERE seq = ?", (seq,)).fetchone()
    flip(path, body[100:200])
    (fault,) = faults(path)
    assert fault.startswith(f"event {seq} (long): its payload was altered")


def test_a_flipped_bit_in_a_picture(path: Path) -> None:
    flip(path, b"JPEG of a kitchen in the morning" * 4)
    (fault,) = faults(path)
    assert fault.startswith("blob ")
    with Store.open(path, read_only=True) as store:
        attached = store.event(31).payload["blobs"]
        assert isinstance(attached, dict)
        with pytest.raises(DamagedMemory, match="altered"):
            store.get_blob(attached["keyframe"])


def test_a_flipped_bit_in_a_belief(path: Path) -> None:
    flip(path, b"o5on the table beside the fridge")
    (fault,) = faults(path)
    assert fault == "beliefs o5: was altered after it was written: its digest does not match"
    with Store.open(path, read_only=True) as store:
        for name in ("o4", "o5"):
            row = store.db.execute("SELECT id, place, p, digest FROM beliefs WHERE id = ?", (name,)).fetchone()
            if name == "o4":
                codec.check_row("belief about o4", row[3], *row[:3])
            else:
                with pytest.raises(DamagedMemory, match="belief about o5 was altered"):
                    codec.check_row("belief about o5", row[3], *row[:3])


@pytest.mark.parametrize(
    ("statements", "where"),
    [
        (["UPDATE events SET kind = 'unseen' WHERE seq = 8"], "event 8 (unseen)"),
        (["UPDATE events SET stamp = 7.5 WHERE seq = 8"], "event 8 (seen)"),
        (["UPDATE events SET recorded = 0 WHERE seq = 8"], "event 8 (seen)"),
        (["DELETE FROM events WHERE seq = 8", "DELETE FROM payloads WHERE seq = 8"], "event 8"),
        (["DELETE FROM events WHERE seq = 1", "DELETE FROM payloads WHERE seq = 1"], "event 1"),
        (["DELETE FROM payloads WHERE seq = 8"], "event 8"),
        (["DELETE FROM events WHERE seq = 31"], "payload 31"),
        (["UPDATE payloads SET salt = x'00' WHERE seq = 8"], "event 8 (seen)"),
        (["UPDATE payloads SET body = (SELECT body FROM payloads WHERE seq = 9) WHERE seq = 8"], "event 8 (seen)"),
        (
            [  # two events change places, payloads and all
                "UPDATE events SET seq = seq + 1000 WHERE seq IN (8, 9)",
                "UPDATE events SET seq = CASE seq WHEN 1008 THEN 9 ELSE 8 END WHERE seq > 1000",
                "UPDATE payloads SET seq = seq + 1000 WHERE seq IN (8, 9)",
                "UPDATE payloads SET seq = CASE seq WHEN 1008 THEN 9 ELSE 8 END WHERE seq > 1000",
            ],
            "event 8 (seen)",
        ),
        (["DELETE FROM blobs"], "blob "),
        (["UPDATE blobs SET body = NULL"], "blob "),
        (["UPDATE beliefs SET p = 0.99 WHERE id = 'o5'"], "beliefs o5"),
        (["UPDATE beliefs SET digest = NULL WHERE id = 'o5'"], "beliefs o5"),
        (["DROP TABLE beliefs"], "beliefs: the table is missing"),
    ],
)
def test_edits_with_another_tool(path: Path, statements: list[str], where: str) -> None:
    tamper(path, *statements)
    assert any(fault.startswith(where) for fault in faults(path)), faults(path)


def test_a_cut_off_tail_is_found_by_a_head_noted_earlier(path: Path) -> None:
    noted = head(path)
    with Store.open(path) as store:  # as Loci itself would, sums and all
        for table in ("events", "payloads", "blobs"):
            store.db.execute(f"DELETE FROM {table} WHERE seq > 25")
    assert faults(path) == []  # the rest is a whole chain
    (fault,) = faults(path, noted)
    assert fault.startswith(f"log: no event has the digest {noted}: the log's tail was cut off after event 25")


def test_a_head_noted_long_ago_still_counts(path: Path) -> None:
    noted = head(path)
    with Store.open(path) as store:
        store.append("later", 50.0, {})
        assert store.verify(noted).ok
        with pytest.raises(InputError, match="'abc' is no chain digest; 64 hexadecimal digits"):
            store.verify("abc")


def test_a_page_of_rubbish_is_reported_and_not_raised(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(MARK.encode()) // 4096 * 4096
    data[at : at + 4096] = os.urandom(4096)
    path.write_bytes(data)
    assert any(fault.startswith("file: ") for fault in faults(path))

    def read_all(store: Store) -> None:
        for event in store.events():
            assert event.seq

    with Store.open(path, read_only=True) as store, pytest.raises(DamagedMemory):
        read_all(store)


@pytest.mark.parametrize(
    ("table", "column"),
    [("events", "payload_digest"), ("events", "digest"), ("payloads", "salt"), ("payloads", "body")],
)
def test_any_single_byte_of_what_was_logged_matters(path: Path, table: str, column: str) -> None:
    """Change bytes of every log row's values, one at a time: none goes unnoticed."""
    update = f"UPDATE {table} SET {column} = ? WHERE seq = ?"
    checked = 0
    with Store.open(path) as store:
        for seq, value in store.db.execute(f"SELECT seq, {column} FROM {table} WHERE seq > 10").fetchall():
            for at in range(seq % 7, len(value), 7):
                changed = bytearray(value)
                changed[at] ^= 1 << (at % 8)
                store.db.execute(update, (bytes(changed), seq))
                assert not store.verify().ok, (seq, at)
                store.db.execute(update, (value, seq))
                checked += 1
        assert checked > 40
        assert store.verify().ok
