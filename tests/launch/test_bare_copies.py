"""Copies of things that are made without points, colours and appearance, which are read when they are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loci.launch.fault_damage import lived
from loci.memory import Memory
from loci.memory.node import ARRAYS


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bare") / "m.db"
    lived(path)
    return path


def test_what_is_read_later_is_what_is_read_at_once(path: Path) -> None:
    with Memory.open(path, read_only=True) as one, Memory.open(path, read_only=True) as other:
        ids = list(one._world.nodes)
        at_once = one._world.nodes.some(ids)
        one_by_one = other._world.nodes.some(ids, bare=True)
        assert all(name not in vars(n) for n in one_by_one for name in ARRAYS)
        assert any(n.points.size for n in at_once)
        for a, b in zip(at_once, one_by_one, strict=True):
            for name in ARRAYS:
                assert getattr(a, name).dtype == getattr(b, name).dtype
                assert np.array_equal(getattr(a, name), getattr(b, name))


def test_many_are_read_together_and_moved_boxes_leave_points_where_they_are(path: Path) -> None:
    with Memory.open(path, read_only=True) as one, Memory.open(path, read_only=True) as other:
        ids = list(one._world.nodes)
        right = {n.id: n.points for n in one._world.nodes.some(ids)}
        for node in other._world.nodes.some(ids, bare=True):
            node.set_box(type(node.box)(node.box.T_ref_box, node.box.size * 2))
        for node in other._world.nodes.some(ids):
            assert node.read is None
            assert set(ARRAYS) <= vars(node).keys()
            assert np.array_equal(node.points, right[node.id])


def test_where_reads_no_points_and_find_does(path: Path) -> None:
    with Memory.open(path, read_only=True) as memory:
        memory.where("table")
        nodes = memory._world.nodes.made()
        assert nodes
        assert all("points" not in vars(n) for n in nodes)
        assert memory.find("table")
        assert any("points" in vars(n) for n in memory._world.nodes.made())


def test_a_copy_has_no_other_names(path: Path) -> None:
    with Memory.open(path, read_only=True) as memory:
        node = memory._world.nodes.some(["o1"], bare=True)[0]
        with pytest.raises(AttributeError, match="no colour"):
            _ = node.colour  # type: ignore[attr-defined]


@pytest.mark.parametrize("id", ["o01", "o0005", "on", "floor", "o", "o1\n", "o9999999"])
def test_what_is_no_id_is_no_thing_and_no_damage(path: Path, id: str) -> None:
    with Memory.open(path, read_only=True) as memory:
        world = memory._world
        assert id not in world.nodes
        assert world.node(id) is None
        assert world.nodes.there([id, "o1", "floor"]) == {"o1"}
        memory.where(id)
