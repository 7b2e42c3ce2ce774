"""One life seen by one patrol and told to all systems at once; questions are asked on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..contracts import Expected, ObservationBatch, Role
from ..geometry import F64, PinholeCamera
from ..memory import Memory
from ..sim.house_plan import generate
from ..sim.household import DAY, Household
from ..sim.household_state import State
from ..sim.patrol import Glance, Patrol, deliver
from ..sim.patrol_noise import Noise
from .truth_ablation import Ablation
from .truth_baselines import Karma, LastSeen, TextLog
from .truth_errands import EACH, Errand, live, tell
from .truth_ideal import Ideal
from .truth_loci import NAME, Loci
from .truth_questions import Questions
from .truth_stages import Stages, stages
from .truth_terms import Baseline, Question, Reply, Sight
from .truth_text import Emem, MeaningLog
from .truth_usual import routines, usual

PROBES = 6
"""Times a day at which questions are asked."""


@dataclass(frozen=True)
class Plan:
    """What is lived and seen. ``rounds``: hours of the day."""

    seed: int
    rooms: int = 4
    members: int = 2
    days: int = 2
    rounds: tuple[float, ...] = (7.5, 9.5, 12.0, 14.5, 17.0, 19.5, 22.0)
    most: int = 12
    noise: Noise = field(default_factory=Noise)
    ablation: Ablation = field(default_factory=Ablation)
    baselines: bool = True
    errands: int = EACH  # things that the robot puts elsewhere each night
    probes: int = PROBES  # times a day at which questions are asked; with 0 nothing is asked at all
    erased: int = 3  # things that are forgotten at the end
    floors: int = 1


@dataclass(frozen=True)
class Asked:
    """A question and what each system replied."""

    question: Question
    replies: Mapping[str, Reply]
    stages: Stages | None = None


@dataclass(frozen=True)
class Bet:
    """Probabilities of where a thing is, and where it was. ``probability``: that it is still where it is believed to be;
    ``true``: it was. ``age`` in seconds. ``gone``: to the ideal observer, from its last place.
    """

    probability: float
    true: bool
    age: float
    gone: bool
    places: tuple[tuple[float, bool], ...] = ()
    """Probability of every place named, and whether it was there; the rest stands for somewhere else."""

    @property
    def of_truth(self) -> float:
        """Probability given to where it really was, be it somewhere else."""
        return next((p for p, there in self.places if there), self.elsewhere)

    @property
    def elsewhere(self) -> float:
        """Probability of somewhere else."""
        return max(0.0, 1.0 - sum(p for p, _ in self.places))

    @property
    def error(self) -> float:
        """Brier's score over all places, somewhere else being one: 0 is perfect, 2 the worst."""
        known = any(there for _, there in self.places)
        return sum((p - there) ** 2 for p, there in self.places) + (self.elsewhere - (not known)) ** 2


@dataclass(frozen=True)
class Links:
    """Moves that the evidence decides, and how often the thing then was another one's id, or a new one."""

    moves: int
    switched: int
    lost: int
    misses: tuple[str, ...]


@dataclass
class Result:
    """All that came of one life."""

    asked: list[Asked]
    bets: list[Bet]
    links: Links
    collateral: tuple[int, int]
    """Things at their place that were taken for gone, of all that were asked about."""
    things: int
    looks: int


class Tour:
    """Feeds the ideal observer, the memory and the baselines with one patrol."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.household = Household(generate(plan.seed, plan.rooms, plan.members, plan.floors), plan.seed)
        errands = np.random.default_rng([plan.seed, 13])
        self.errands: list[Errand] = live(self.household, plan.days, errands, plan.errands)
        self.patrol = Patrol(self.household, plan.seed, plan.noise, plan.rounds)
        self.ideal = Ideal(self.household)
        self.memory = Memory.open(":memory:", clock=lambda: 0.0)
        self.loci = Loci(self.memory, plan.ablation)
        bounds = np.array([r.bounds for r in self.household.house.rooms])
        karma = Karma(bounds[:, :2].min(axis=0).tolist(), bounds[:, 2:].max(axis=0).tolist())
        self.baselines: list[Baseline] = [LastSeen(), TextLog(), karma] if plan.baselines else []
        if plan.baselines:
            self.baselines += [kind() for kind in (MeaningLog, Emem) if kind.here()]
        self.state = self.household.start.copy()
        self._next = 0
        self._truths: dict[float, State] = {}
        self._batch: ObservationBatch | None = None

    # --- what ``deliver`` needs of a memory ---------------------------------------------------------------------------
    def expected(self, camera: PinholeCamera, T_world_cam: F64, stamp: float) -> list[Expected]:
        """What memory and ideal observer want to know; also the moment at which the truth is noted."""
        while self.errands and self.errands[0].time < stamp:
            self._errand(self.errands.pop(0))
        log = self.household.log
        while self._next < len(log) and log[self._next].time <= stamp:
            self.state.apply(log[self._next])
            self._next += 1
        self._truths[stamp] = self.state.copy()
        return [*self.loci.expected(camera, T_world_cam, stamp), *self.ideal.expected()]

    def _errand(self, errand: Errand) -> None:
        """The robot did something itself; it knows with what, if it knew where that was."""
        life, target = self.ideal.lives.get(errand.thing), self.ideal.lives.get(errand.target)
        if life is None or target is None or self.ideal.belief(errand.thing) != "at":
            return
        keys = life.seen[-1].keys
        thing, place = self.loci.id_of(keys.get(NAME)), self.loci.id_of(target.seen[-1].keys.get(NAME))
        if thing is None or place is None:
            return
        stamp = tell(self.memory, errand, thing, place)
        self.loci.deeds |= {a.id for e in self.memory.episodes()[-1:] for a in e.actions}
        box = errand.box
        x, y, z = box.center.tolist()
        sight = Sight(
            self.household.kind(errand.thing), life.seen[-1].track, True, errand.target, (x, y, z), life.seen[-1].states
        )
        for baseline in self.baselines:
            baseline.told(stamp, keys.get(baseline.name), sight)
        self.ideal.acted(errand.thing, stamp, errand.target, box)

    def write(self, batch: ObservationBatch) -> None:
        """Kept until its true names are known, a moment later."""
        self._batch = batch

    def _tell(self, glance: Glance) -> None:
        batch = self._batch
        assert batch is not None
        truth = self._truths.pop(batch.stamp)
        keys: dict[str, Sequence[object]] = {NAME: self.loci.write(batch, glance.names)}
        sights = self._sights(batch, glance.names, truth)
        for baseline in self.baselines:
            keys[baseline.name] = baseline.observe(batch.stamp, sights)
        self.ideal.observe(batch, glance.names, truth, keys)

    def _sights(self, batch: ObservationBatch, names: Sequence[str], truth: State) -> list[Sight]:
        told = {r.subject for r in batch.relations}
        found = []
        for i, (name, d) in enumerate(zip(names, batch.detections, strict=True)):
            center = d.box_cam.moved(batch.T_world_cam).center
            states = {k: max(v, key=lambda s: v[s]) for k, v in d.states.items()}
            label = max(d.labels, key=lambda k: d.labels[k])
            place = truth.parent[name] if i in told else ""
            found.append(Sight(label, d.track, d.role is Role.OBJECT, place, (center[0], center[1], center[2]), states))
        return found

    # --- the whole life -----------------------------------------------------------------------------------------------
    def run(self) -> Result:
        """Live, look, ask."""
        with self.plan.ablation.applied(self.memory):
            return self._run()

    def _run(self) -> Result:
        rng = np.random.default_rng([self.plan.seed, 11])
        questions = Questions(self.ideal, rng, self.plan.most)
        stamps = [t for t, _, _ in self.patrol._stops(0.0, self.plan.days * DAY)]
        first = sum(t < stamps[0] + 1800.0 for t in stamps)
        many = min(self.plan.probes * self.plan.days, len(stamps) - first)
        last = {len(stamps) - 1} if many else set()
        probes = set(rng.choice(np.arange(first, len(stamps)), many, replace=False).tolist()) | last
        result = Result([], [], Links(0, 0, 0, ()), (0, 0), len(self.household.items), len(stamps))
        for number, glance in enumerate(deliver(self.patrol.glances(0.0, self.plan.days * DAY), self)):
            self._tell(glance)
            if number in probes:
                asked = list(questions.draw())
                if number == len(stamps) - 1:
                    asked += [*usual(self.ideal), *routines(self.ideal)]
                result.asked += [self._ask(q) for q in asked]
                result.bets += self._bets()
                harmed, of = self._collateral()
                result.collateral = (result.collateral[0] + harmed, result.collateral[1] + of)
        result.links = self._links()
        result.asked += self._erasures(rng)
        self.memory.close()
        for baseline in self.baselines:
            if isinstance(baseline, Emem):
                baseline.close()
        return result

    def _ask(self, question: Question) -> Asked:
        replies = {b.name: b.answer(question) for b in self.baselines if question.ability in b.supports}
        own = self.loci.answer(question)
        return Asked(question, {NAME: own, **replies}, stages(self.loci, question, own))

    def _erasures(self, rng: np.random.Generator) -> list[Asked]:
        """Forget some things for good; whatever is left of one, or changed of another, is told."""
        owners = list(self.loci.owners().items())
        chosen = [owners[i] for i in rng.permutation(len(owners))[: self.plan.erased]]
        asked = []
        for id, name in chosen:
            question = Question("deletion", self.household.kind(name), ("nothing",), name=name, stamp=self.ideal.now)
            asked.append(Asked(question, {NAME: self.loci.erase(id)}))
        return asked

    def _bets(self) -> list[Bet]:
        found, names = [], self.loci.true_names()
        known = set(names.values())
        for id, name in self.loci.owners().items():
            thing = self.memory.get(id)
            if thing.place is None or name not in self.household.items or name not in self.ideal.lives:
                continue
            really = self.state.parent.get(name) if self.state.settled(name) else None
            there = really == names.get(thing.place.id)
            gone = self.ideal.belief(name) == "gone"
            here, spread = self.loci.spread(id)
            places = tuple((p, names.get(place) == really) for place, p in spread if place)
            if really in known and not any(right for _, right in places):
                places = (*places, (0.0, True))  # a place that memory knows is not somewhere else
            found.append(Bet(here, there, self.ideal.now - thing.last_seen, gone, places))
        return found

    def _collateral(self) -> tuple[int, int]:
        """Things that stayed where the evidence has them, taken for gone; and all of them."""
        harmed = of = 0
        for name in self.ideal.things():
            last = self.ideal.lives[name].seen[-1]
            if self.ideal.belief(name) != "at" or last.place != self.state.parent.get(name):
                continue
            id = self.loci.id_of(last.keys.get(NAME))
            if id is not None:
                of += 1
                harmed += self.memory.where(id).knowledge.value == "absent"
        return harmed, of

    def _links(self) -> Links:
        ideal, misses = self.ideal, list[str]()
        owner: dict[str, list[tuple[float, str]]] = {}
        for name in ideal.things():
            for s in ideal.lives[name].seen:
                id = self.loci.id_of(s.keys.get(NAME))
                if id is not None:
                    owner.setdefault(id, []).append((s.stamp, name))
        moves = switched = lost = 0
        for name in ideal.things():
            life, went = ideal.lives[name], set(ideal.moves(name))
            named = [(k, id) for k, s in enumerate(life.seen) if (id := self.loci.id_of(s.keys.get(NAME))) is not None]
            for (k, before), (m, after) in pairwise(named):  # over sightings that were taken for nothing yet
                a, b = life.seen[k], life.seen[m]
                gone = went & set(range(k, m))
                if not all(ideal.decided(name, j) for j in gone):
                    continue
                if a.track != b.track and (gone or before != after) and ideal.twin_beside(name, a.box, b.box):
                    continue
                moves += len(gone)
                if before != after:
                    others = any(n != name and t < b.stamp for t, n in owner.get(after, ()))
                    switched += others
                    lost += not others
                    misses.append(f"{'switch' if others else 'lost'} {name} {before}->{after} {a.stamp:.1f}->{b.stamp:.1f} "
                                  f"{a.place}->{b.place}")  # fmt: skip
        return Links(moves, switched, lost, tuple(misses))
