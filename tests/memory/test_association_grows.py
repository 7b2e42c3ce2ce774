"""The graph of what comes to mind grows with the log, and is the one that would be made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import Decision, Outcome, Status, Verb
from loci.launch.speed_world import StoreRoom
from loci.memory import Memory
from loci.memory.association import _WEIGHT, Association

STEPS = st.lists(
    st.tuples(st.sampled_from(["look", "toggle", "note", "episode"]), st.integers(2, 21)), min_size=1, max_size=9
)


def plain(association: Association) -> dict[tuple[str, str], float]:
    """Edges by name with their weights, both ways as one."""
    association.moments.all()
    found: dict[tuple[str, str], float] = {}
    for a, b, kind in association.moments.edges():
        found[a, b] = found.get((a, b), 0.0) + _WEIGHT[kind]
    return found


def grown(association: Association) -> dict[tuple[str, str], float]:
    """The same of the graph that was kept up."""
    association._renew()
    found: dict[tuple[str, str], float] = {}
    for a, b, w in association._edges:
        key = association._names[a], association._names[b]
        found[key] = found.get(key, 0.0) + w
    return found


@given(STEPS)
@settings(max_examples=10, deadline=None)
def test_the_graph_grows_into_what_would_be_made_anew(steps: list[tuple[str, int]]) -> None:
    room = StoreRoom(20, 1)
    with Memory.open(":memory:", clock=lambda: 0.0) as memory:
        room.look(memory, 0, 0.0, 1)
        association = memory._retrieval.association
        memory.begin_episode("tidy", 1.0)
        for i, (what, number) in enumerate(steps):
            stamp, thing = memory.now + 1.0, f"o{number}"
            if what == "look":
                room.look(memory, 0, stamp, 2 + i)
            elif what == "toggle":
                action = memory.begin_action(Decision(Verb.TOGGLE, thing), stamp)
                association.reach({thing: 1.0})  # while it runs
                room.look(memory, 0, stamp + 0.1, 2 + i)
                memory.end_action(action, Outcome(Status.SUCCEEDED, "", stamp, stamp + 0.5))
            elif what == "note":
                memory.note("search", f"looked for {thing}", stamp, [thing])
            else:
                memory.begin_episode(f"another {i}", stamp)
            assert grown(association) == pytest.approx(plain(association))
            anew = Association(association.moments).reach({thing: 1.0})
            near = association.reach({thing: 1.0})
            assert near.keys() == anew.keys()
            np.testing.assert_allclose([near[k] for k in sorted(near)], [anew[k] for k in sorted(anew)], atol=1e-12)


def test_a_write_does_not_make_the_graph_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = StoreRoom(40, 1)
    with Memory.open(tmp_path / "m.db") as memory:
        for station in range(room.stations):
            room.look(memory, station, 2.0 * station, 1)
        association = memory._retrieval.association
        association.reach({"o2": 1.0})
        added: list[str] = []
        real = association._add
        monkeypatch.setattr(association, "_add", lambda before, moment: added.append(moment.id) or real(before, moment))
        memory.note("search", "looked for it", memory.now, ["o2"])
        association.reach({"o2": 1.0})
        assert len(added) == 1
