"""A long benchmark that was interrupted goes on where it stopped."""

from pathlib import Path

import pytest

from loci.launch import bench_cache
from loci.launch.bench_cache import BenchCache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bench_cache.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_is_known_is_not_found_again(folder: Path) -> None:
    calls: list[str] = []

    def find(name: str) -> list[object]:
        calls.append(name)
        return [name, {"n": len(calls)}]

    cache = BenchCache("tries")
    assert cache.get("a", lambda: find("a")) == ["a", {"n": 1}]
    with pytest.raises(KeyboardInterrupt):
        cache.get("b", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    again = BenchCache("tries")
    assert again.get("a", lambda: find("a")) == ["a", {"n": 1}]
    assert again.get("b", lambda: find("b")) == ["b", {"n": 2}]
    assert calls == ["a", "b"]
    assert BenchCache("others").get("a", lambda: 7) == 7


def test_a_changed_program_starts_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    BenchCache("tries").get("a", lambda: 1)
    (folder / "planner").mkdir()
    (folder / "planner" / "new.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(bench_cache, "__file__", str(folder / "launch" / "bench_cache.py"))
    assert BenchCache("tries").get("a", lambda: 2) == 2
