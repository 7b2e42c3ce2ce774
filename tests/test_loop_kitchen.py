"""The whole loop in the simulated kitchen: what the robot says that it did is what ground truth says."""

from __future__ import annotations

import pytest

from loci.contracts import Verb
from loci.launch.session import open_session
from loci.memory.records import Knowledge
from loci.planner import Watcher


class Told(Watcher):
    def __init__(self) -> None:
        self.frames = 0
        self.decisions: list[str] = []

    def on_frame(self, frame: object, batch: object, written: object) -> None:
        self.frames += 1

    def on_decision(self, episode: str, step_no: int, decision: object, action: object) -> None:
        self.decisions.append(decision.why)


@pytest.mark.slow
def test_what_is_reported_is_true() -> None:
    told = Told()
    with open_session("kitchen", ":memory:", 3, [told]) as session:
        assert session.loop.survey().ok
        mug = session.truth.drawer_mug
        report = session.loop.run("Fetch the mug from the drawer and put it on the table.")
        assert report.done, report.reason
        assert session.truth.on(mug, "table")
        assert told.frames > 20
        assert all(told.decisions)
        placed = next(s for s in report.history if s.decision.verb is Verb.PLACE)
        picked = next(s for s in report.history if s.decision.verb is Verb.PICK)
        answer = session.memory.where(picked.decision.target)
        assert answer.value[0] == placed.decision.target
        assert answer.knowledge not in (Knowledge.ABSENT, Knowledge.UNKNOWN)
        episode = session.memory.episodes()[-1]
        assert (episode.status, len(episode.actions)) == ("done", report.steps)
        assert all(a.status for a in episode.actions)

        episodes = len(session.memory.episodes())
        with pytest.raises(ValueError, match="unicorn"):
            session.loop.run("Put the unicorn in the fridge.")
        assert len(session.memory.episodes()) == episodes

        refused = session.loop.run("Slice the apple.")
        assert refused.status == "failed"
        assert "capabilities" in refused.reason
