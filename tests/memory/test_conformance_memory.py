"""The shipped laws for memories: Loci's own keeps them, and a memory that breaks one of them is found out by that law."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loci import conformance_memory as laws
from loci.conformance import MemoryContract, check_memory
from loci.contracts import ObservationBatch, Role, Status, Verdict
from loci.memory import Knowledge, Memory


def opened(kind=Memory):
    return lambda path: kind.open(path, clock=lambda: 0.0)


def judging(change):
    """A memory that takes in other verdicts than it was told."""

    class Judging(Memory):
        def write(self, batch, **more):
            if isinstance(batch, ObservationBatch):
                batch = replace(batch, visibility=[change(v) for v in batch.visibility])
            return super().write(batch, **more)

    return Judging


class Inventive(Memory):
    def where(self, what, at=None, **more):
        answer = super().where(what, at, **more)
        return replace(answer, knowledge=Knowledge.SEEN) if answer.knowledge is Knowledge.UNKNOWN else answer


class Shuffled(Memory):
    def write(self, batch, **more):
        written = super().write(batch, **more)
        return replace(written, ids=tuple(reversed(written.ids)))


class Homeless(Memory):
    def write(self, batch, **more):
        away = [replace(r, object=1) for r in batch.relations] if isinstance(batch, ObservationBatch) else []
        return super().write(replace(batch, relations=away), **more)


class Unfounded(Memory):
    def where(self, what, at=None, **more):
        return replace(super().where(what, at, **more), evidence=())


class Everywhere(Memory):
    def expected(self, camera, T_world_cam, stamp, **more):
        return super().expected(camera, laws.T_WORLD_CAM, stamp, **more)


class Forever(Memory):
    def where(self, what, at=None, **more):
        answer = super().where(what, at, **more)
        return replace(answer, knowledge=Knowledge.SEEN) if answer.knowledge is Knowledge.UNOBSERVED else answer


class Overwriting(Memory):
    def where(self, what, at=None, **more):
        return super().where(what, None, **more)


class Stubborn(Memory):
    def write(self, batch, **more):
        if isinstance(batch, ObservationBatch):
            still = [replace(d, states={}) if self.things(Role.FURNITURE) else d for d in batch.detections]
            batch = replace(batch, detections=still)
        return super().write(batch, **more)


class Doubting(Memory):
    def where(self, what, at=None, **more):
        answer = super().where(what, at, **more)
        return replace(answer, value=()) if answer.knowledge is Knowledge.BELIEVED else answer


class Idle(Memory):
    """Believes of no action that it did anything."""

    def end_action(self, action_id, outcome):
        return super().end_action(action_id, replace(outcome, status=Status.BLOCKED))


class Boastful(Memory):
    def end_action(self, action_id, outcome):
        return super().end_action(action_id, replace(outcome, status=Status.SUCCEEDED))


class Talkative(Memory):
    def recall(self, query, budget=1000, focus=()):
        return super().recall(query, 10 * budget, focus)


class Restless(Memory):
    runs = 0

    def write(self, batch, **more):
        if not self.things():
            type(self).runs += 1
            self.note("run", f"number {self.runs}", batch.stamp)
        return super().write(batch, **more)


class Mapless(Memory):
    def write(self, batch, **more):
        return super().write(replace(batch, map_id="map"), **more)


class Hasty(Memory):
    """Takes every frame for the newest."""

    def write(self, batch, **more):
        return super().write(replace(batch, stamp=max(batch.stamp, self.now + 0.1)), **more)


class Obliging(Memory):
    def get(self, id):
        return super().get(id if self.find(id) else "o1")


def forgetful(path):
    """Keeps nothing when it is closed."""
    return Memory.open(":memory:")


def _gone(v):
    return replace(v, verdict=Verdict.SEEN_THROUGH, visible=0.9) if v.verdict is Verdict.OCCLUDED else v


def _hidden(v):
    return replace(v, verdict=Verdict.OCCLUDED) if v.verdict is Verdict.SEEN_THROUGH else v


BREACHES = {
    laws.unseen_is_unknown: opened(Inventive),
    laws.one_id_per_detection: opened(Shuffled),
    laws.places_follow_looks: opened(Homeless),
    laws.answers_rest_on_evidence: opened(Unfounded),
    laws.expected_is_what_may_show: opened(Everywhere),
    laws.hidden_is_not_gone: opened(judging(_gone)),
    laws.out_of_view_is_not_gone: opened(Forever),
    laws.an_empty_spot_is_gone: opened(judging(_hidden)),
    laws.a_move_keeps_the_id: opened(Overwriting),
    laws.states_follow_looks: opened(Stubborn),
    laws.closing_hides_and_keeps: opened(Doubting),
    laws.the_hand_takes_and_gives: opened(Idle),
    laws.failure_is_data: opened(Boastful),
    laws.recall_keeps_its_budget: opened(Talkative),
    laws.what_is_acknowledged_lasts: forgetful,
    laws.equal_runs_dump_equally: opened(Restless),
    laws.maps_are_apart: opened(Mapless),
    laws.late_looks_change_the_past: opened(Hasty),
    laws.what_is_not_there_is_said: opened(Obliging),
}


def test_the_memory_of_loci_keeps_all_laws() -> None:
    """What is shipped is held to what is asked of others."""
    check_memory(opened())


def test_every_law_has_a_breach() -> None:
    """None of them is one that cannot fail."""
    assert set(BREACHES) == set(laws.LAWS)


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_a_breach_is_found(law) -> None:
    """And by the law that it breaks."""
    with pytest.raises(AssertionError, match=f"^{law.__name__}: "):
        check_memory(BREACHES[law], (law,))


class TestAsAClass(MemoryContract):
    """One test for each law is collected from this."""

    def make(self, path):
        return Memory.open(path, clock=lambda: 0.0)


def test_a_contract_has_a_test_for_each_law_and_fails_by_it() -> None:
    class Contract(MemoryContract):
        def make(self, path):
            return Inventive.open(path, clock=lambda: 0.0)

    tests = [name for name in dir(Contract) if name.startswith("test_")]
    assert sorted(tests) == sorted(f"test_{law.__name__}" for law in laws.LAWS)
    with pytest.raises(AssertionError, match="unseen_is_unknown"):
        Contract().test_unseen_is_unknown()


def test_what_a_memory_lacks_or_raises_is_a_breach() -> None:
    """By name, and always as an ``AssertionError``."""

    class Empty:
        def close(self) -> None: ...

    with pytest.raises(AssertionError, match=r"Empty has no .*where"):
        check_memory(lambda path: Empty())

    class Raising(Memory):
        def held(self, robot_id=None):
            raise RuntimeError("no hands")

    with pytest.raises(AssertionError, match="unseen_is_unknown: raised RuntimeError: no hands"):
        check_memory(opened(Raising))
