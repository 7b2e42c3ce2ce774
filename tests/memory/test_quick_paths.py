"""Ways that are quick give what the plain ones give, to the last bit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loci.contracts import Decision, Outcome, Status, Verb
from loci.geometry import apart, rotation_z, transform
from loci.launch.speed_world import StoreRoom
from loci.memory import Memory
from loci.memory.belief_habits import _Share
from loci.memory.fusion import _first_in_voxel
from loci.memory.look import looks_of, upright
from loci.memory.node import best_label
from loci.memory.vocabulary import GROUPS, SYNONYMS, keys, keys_for, matches

WORDS = sorted(
    {w for ws in SYNONYMS.values() for w in ws}
    | set(SYNONYMS)
    | set(GROUPS)
    | {"Books", "the red mug", "glasses", "box", ""}
)
PLACES = st.sampled_from([f"o{i}" for i in range(12)] + ["floor"])


def test_keys_lead_to_every_label_that_a_phrase_fits() -> None:
    for text in WORDS:
        asked = keys_for(text)
        for label in WORDS:
            assert not matches(text, label) or asked & keys(label), (text, label)


@given(st.dictionaries(PLACES, st.floats(0.01, 1.0)), st.dictionaries(PLACES, st.integers(1, 9)), st.floats(0.5, 9.0),
       st.integers(1, 6), PLACES)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_shares_are_blended_and_ranked_as_dictionaries_would_be(
    share: dict[str, float], counts: dict[str, int], worth: float, most: int, but: str
) -> None:
    total = sum(counts.values()) + (worth if share else 0.0)
    plain = dict(share)
    if total > 0:
        plain = {p: worth * w / total for p, w in share.items()}
        for place, n in counts.items():
            plain[place] = plain.get(place, 0.0) + n / total
    plain.pop(but, None)
    right = sorted(plain.items(), key=lambda item: (-item[1], item[0]))[:most]
    start = _Share({p: i for i, p in enumerate(share)}, np.array(list(share.values())))
    assert start.blend(Counter(counts), worth).best(most, but) == right


@given(st.dictionaries(st.text(max_size=3), st.sampled_from([0.0, 0.25, 0.5]), max_size=5))
def test_the_best_label_is_the_first_of_the_likeliest(labels: dict[str, float]) -> None:
    assert best_label(labels) == (min(labels, key=lambda k: (-labels[k], k)) if labels else "object")


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 9.0, 1e4]))
@settings(max_examples=40, deadline=None)
def test_one_point_of_each_voxel_is_kept_the_first(seed: int, extent: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-extent, extent, (60, 3)).astype(np.float32)
    points[30:] = points[:30]
    cells = [tuple(c) for c in np.floor(points / 0.006).astype(np.int64).tolist()]
    assert _first_in_voxel(points, 0.006).tolist() == [i for i, c in enumerate(cells) if c not in cells[:i]]


def test_boxes_of_a_frame_are_turned_as_one_by_one() -> None:
    batch = StoreRoom(20, 3).frame(0, 1.0, 1)
    tilted = transform(rotation_z(0.3), [1.0, 2.0, 0.5])
    tilted[:3, :3] = tilted[:3, :3] @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    for T in (batch.T_world_cam, tilted):
        object.__setattr__(batch, "T_world_cam", T)
        for look, d in zip(looks_of(batch), batch.detections, strict=True):
            box = upright(T @ d.box_cam.T_ref_box, d.box_cam.size)
            np.testing.assert_array_equal(look.box.T_ref_box, box.T_ref_box)
            np.testing.assert_array_equal(look.box.size, box.size)
            np.testing.assert_array_equal((look.lower, look.upper), box.bounds())


def test_distance_is_the_norm() -> None:
    points = np.random.default_rng(0).normal(size=(200, 3))
    assert all(apart(a, b) == float(np.linalg.norm(a - b)) for a, b in zip(points, points[::-1], strict=True))


def test_what_is_watched_for_lookalikes_does_not_pile_up(tmp_path: Path) -> None:
    room = StoreRoom(100, 1)
    with Memory.open(tmp_path / "m.db") as memory:
        for station in range(room.stations):
            room.look(memory, station, 2.0 * station, 1)
        nodes = memory._world.nodes
        assert len(nodes.asked) <= 21  # of this frame's write alone, not of all before it
        assert len(memory._observer.lookalikes._about) == 20
        assert len(nodes.touched) >= 21  # a flush still looks at all of them


def test_the_newest_actions_are_the_last_of_all(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        memory.begin_episode("look around", 0.0)
        for i in range(7):
            id = memory.begin_action(Decision(Verb.LOOK, None), float(i))
            if i < 6:
                memory.end_action(id, Outcome(Status.SUCCEEDED, "", float(i), i + 0.5))
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        newest = memory._episodic.latest(4)
        assert [a.id for a in newest] == ["a4", "a5", "a6", "a7"]
        assert newest == memory._episodic.actions()[-4:] == memory._episodic.latest(4)


def test_whether_there_is_any_thing(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        assert not memory._world.nodes
        StoreRoom(20, 1).look(memory, 0, 0.0, 1)
        assert memory._world.nodes
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        assert memory._world.nodes
