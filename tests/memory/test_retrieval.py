"""Finding what was lived through: six channels, one fusion whose law is that no order matters, and what pictures show best."""

from __future__ import annotations

import math

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loci.contracts import Decision, Outcome, Status, Verb
from loci.errors import InputError
from loci.geometry import transform
from loci.memory import Memory
from loci.memory.association import Association
from loci.memory.embedding import find_weights
from loci.memory.retrieval import CHANNELS, SMOOTHING, WEIGHT, fuse

RANKED = st.dictionaries(
    st.sampled_from(sorted(WEIGHT)),
    st.lists(st.sampled_from([f"c{i}.0" for i in range(12)]), unique=True, max_size=12).map(
        lambda ids: [(id, 1.0 / (k + 1)) for k, id in enumerate(ids)]
    ),
)


@given(RANKED, st.randoms())
def test_fusion_does_not_depend_on_the_order_of_channels(channels, random) -> None:
    """Exact sums: any order gives the same scores, bit for bit."""
    names = list(channels)
    random.shuffle(names)
    assert fuse(channels) == fuse({name: channels[name] for name in names})


@given(RANKED)
def test_the_parts_of_a_score_add_up(channels) -> None:
    """Each part is weight / (20 + rank), and a piece that is first everywhere beats all others."""
    found = fuse(channels)
    assert [f[1] for f in found] == sorted((f[1] for f in found), reverse=True)
    for id, score, parts in found:
        assert score == math.fsum(p.score for p in parts.values())
        for name, part in parts.items():
            assert part.score == WEIGHT[name] / (SMOOTHING + part.rank)
            assert (id, part.value) in channels[name]
            same = [k for k, (_, v) in enumerate(channels[name], 1) if v == part.value]
            assert part.rank == sum(same) / len(same)


@pytest.fixture
def lived(stage):
    """Three tasks, moves, a failure and a remark."""
    stage.kitchen()
    stage.looks(5, keyframe=True)
    memory = stage.memory
    for wish, verb, name, status in (("close the fridge", Verb.CLOSE, "fridge", Status.SUCCEEDED),
                                     ("bring the mug", Verb.PICK, "mug", Status.SLIPPED),
                                     ("fetch an apple from the table", Verb.PICK, "apple", Status.BLOCKED)):  # fmt: skip
        episode = memory.begin_episode(wish, stage.now)
        action = memory.begin_action(Decision(verb, stage.ids[name]), stage.now)
        stage.looks(3, dt=1.1, keyframe=True)
        detail = "too smooth" if status is Status.SLIPPED else ""
        memory.end_action(action, Outcome(status, detail, stage.now - 1, stage.now))
        memory.end_episode(episode, "done" if status is Status.SUCCEEDED else "failed", stage.now)
    memory.note("remark", "the window squeaks in the wind", stage.now, refs=(stage.ids["table"],))
    stage.props["mug"].center = np.array([0.5, -0.5, 0.85])
    stage.looks(8, dt=1.0, keyframe=True)
    return stage


def test_each_channel_finds_its_own(lived) -> None:
    """By word, by thing, by place, by time, by kind; every score explains itself."""
    memory = lived.memory
    assert memory.search("squeaking window")[0].moment.kind == "note"
    assert "words" in memory.search("squeaking window")[0].parts
    slipped = memory.search("slippery", things=(lived.ids["mug"],), kinds=("action",))[0]
    assert slipped.moment.text.endswith("slipped, too smooth")
    fridge = memory.search(things=(lived.ids["fridge"],), tier="low")
    assert all(lived.ids["fridge"] in f.moment.things for f in fridge)
    first = memory.search(at=0.0, tier="low")[0]
    assert first.moment.stamp == min(m.stamp for m in memory._retrieval.moments.all().values())
    for f in memory.search("what happened to the mug"):
        assert f"{f.score:.4f}" in f.explain()
        assert f.score == math.fsum(p.score for p in f.parts.values())
        assert set(f.parts) <= set(CHANNELS["high"])


@pytest.mark.skipif(find_weights() is None, reason="the weights of MiniLM are not installed")
def test_meaning_finds_what_no_word_tells(lived) -> None:
    """ "Coffee to drink" shares no word with "bring the mug"."""
    found = lived.memory.search("a cup of coffee to drink", kinds=("episode",))
    assert found[0].moment.text.startswith("“bring the mug”")
    assert found[0].parts["meaning"].rank == 1


def test_the_same_search_gives_the_same(lived) -> None:
    """Also from a replayed memory: what is found follows from the log."""
    here = [(f.moment.id, f.score) for f in lived.memory.search("the mug slipped")]
    assert here == [(f.moment.id, f.score) for f in lived.memory.search("the mug slipped")]
    with lived.memory.replay(":memory:") as again:
        assert [(f.moment.id, f.score) for f in again.search("the mug slipped")] == here


def test_edges_tell_before_and_why(lived) -> None:
    """Each move of a thing comes before the next; a change that the robot made is caused by its action, of its episode."""
    graph = lived.memory.event_graph()
    assert isinstance(graph, networkx.MultiDiGraph)
    kinds = {key for _, _, key in graph.edges(keys=True)}
    assert {"about", "before", "caused_by", "part_of"} <= kinds
    for a, b, key in graph.edges(keys=True):
        if key == "before":
            assert graph.nodes[a]["stamp"] <= graph.nodes[b]["stamp"]
        if key == "caused_by":
            assert graph.nodes[b]["kind"] == "action"


def test_association_is_a_distribution_that_stays_near(lived) -> None:
    """Personalised PageRank: sums to one, and what belongs to the seed gets more than what does not."""
    association = Association(lived.memory._retrieval.moments)
    mug, apple = lived.ids["mug"], lived.ids["apple"]
    reached = association.reach({mug: 1.0})
    assert sum(reached.values()) == pytest.approx(1.0, abs=1e-6)
    assert reached[mug] > reached.get(apple, 0.0)
    assert association.reach({"o999": 1.0}) == {}


def test_new_events_are_found_at_once(lived) -> None:
    """The index keeps up with the log, and an act's words with its end."""
    memory = lived.memory
    assert memory.search("zebra", tier="mid") == []
    episode = memory.begin_episode("paint a zebra", lived.now)
    assert memory.search("zebra", tier="mid")[0].moment.status == "running"
    memory.end_episode(episode, "failed", lived.now)
    assert memory.search("zebra", tier="mid")[0].moment.status == "failed"


def test_a_reader_finds_what_the_writer_commits(lived, tmp_path) -> None:
    """Beside the writer, with an index of its own."""
    path = lived.memory._store.path
    with Memory.open(path, read_only=True) as reader:
        assert reader.search("zebra", tier="mid") == []
        lived.memory.begin_episode("paint a zebra", lived.now)
        lived.memory.commit()
        assert reader.search("zebra", tier="mid")[0].moment.kind == "episode"


def test_tiers_are_named(lived) -> None:
    """An unknown tier is refused; each tier's recall keeps to the budget and says at least as much."""
    with pytest.raises(InputError, match="low, mid and high"):
        lived.memory.search("mug", tier="best")
    texts = [lived.memory.recall("bring the mug", 600, tier=t) for t in ("low", "mid", "high")]
    assert all(r.tokens <= 600 for r in texts)
    assert "Remembered:" not in texts[0].text
    assert "Remembered:" in texts[1].text
    assert "Remembered:" in texts[2].text


@pytest.mark.parametrize("budget", [1, 20, 90, 300])
def test_no_tier_exceeds_its_budget(lived, budget: int) -> None:
    """Whatever was learned and found."""
    for tier in ("low", "mid", "high"):
        assert lived.memory.recall("pick the mug from the table", budget, tier=tier).tokens <= budget


def test_the_frame_that_saw_it_best(stage) -> None:
    """Near and in the middle beats far and at the edge; the picture can be loaded."""
    stage.kitchen()
    stage.looks(3, keyframe=True)
    near = transform([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], (-0.6, 0.2, 0.9))
    stage.looks(1, dt=2.0, keyframe=True, T=near)
    aside = transform([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], (-2.0, -0.9, 1.0))
    stage.looks(1, dt=2.0, keyframe=True, T=aside)
    ranked = stage.memory.best_frames(stage.ids["mug"])
    infos = {info.seq: info for info in stage.memory.keyframes()}
    assert len(ranked) == len(infos) == 3
    assert infos[ranked[0].seq].T_world_cam[0, 3] == pytest.approx(-0.6)
    assert ranked[0].pixels > 2 * ranked[1].pixels
    assert stage.memory.keyframe(ranked[0].seq).jpeg
    assert [s.score for s in ranked] == sorted((s.score for s in ranked), reverse=True)
